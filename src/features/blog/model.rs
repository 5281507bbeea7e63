//! Where the words that were searched for are in a text, compared as search compares them.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{features::companies::model::PREFIX, types::text::fold};

/// Characters of what is shown of a text.
const SHOWN: usize = 220;

/// As many of them may stand before the first word that was found.
const BEFORE: usize = 60;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    pub text: String,
    /// What was searched for.
    pub is_found: bool,
}

/// The whole text. `words` are folded.
pub fn pieces(text: &str, words: &[String]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |text: &str, is_found: bool| {
        if !text.is_empty() {
            pieces.push(Piece {
                text: text.to_owned(),
                is_found,
            });
        }
    };
    let mut end = 0;
    for hit in hits(text, words) {
        push(&text[end..hit.start], false);
        push(&text[hit.clone()], true);
        end = hit.end;
    }
    push(&text[end..], false);
    pieces
}

/// What stands around the first of the words, if one is there.
pub fn around(text: &str, words: &[String]) -> Option<Vec<Piece>> {
    let first = hits(text, words).next()?;
    let mut begin = text[..first.start]
        .char_indices()
        .rev()
        .nth(BEFORE)
        .map_or(0, |(at, _)| at);
    if begin > 0 {
        // From a whole word on, unless there is no blank as far as that.
        begin += text[begin..first.start].find(' ').map_or(0, |at| at + 1);
    }
    let rest = &text[begin..];
    let mut end = rest
        .char_indices()
        .nth(SHOWN)
        .map_or(rest.len(), |(at, _)| at);
    if end < rest.len() {
        let found = first.end - begin;
        end = rest[..end]
            .rfind(' ')
            .filter(|at| *at >= found)
            .unwrap_or(end);
    }
    let before = if begin > 0 { "… " } else { "" };
    let after = if end < rest.len() { " …" } else { "" };
    let shown = format!("{before}{}{after}", &rest[..end]);
    Some(pieces(&shown, words))
}

/// The letters that were searched for: a word is met by its beginning, a short one only as a whole.
fn hits<'a>(text: &'a str, words: &'a [String]) -> impl Iterator<Item = Range<usize>> + 'a {
    tokens(text).filter_map(|token| {
        let folded = fold(&text[token.clone()]);
        let is_met = |word: &&String| {
            folded == **word || word.chars().count() >= PREFIX && folded.starts_with(word.as_str())
        };
        let word = words.iter().filter(is_met).max_by_key(|word| word.len())?;
        let length = letters(&text[token.clone()], word);
        Some(token.start..token.start + length)
    })
}

/// The words of a text, marks that stand on letters included.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let begin = rest + text[rest..].find(char::is_alphanumeric)?;
        let is_end = |c: char| !c.is_alphanumeric() && !is_mark(c);
        let end = text[begin..]
            .find(is_end)
            .map_or(text.len(), |at| begin + at);
        rest = end;
        Some(begin..end)
    })
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// How many bytes of a word fold to another one: İ is one letter of two bytes, and folds to one byte.
fn letters(token: &str, folded: &str) -> usize {
    let mut ends = token.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = ends
        .find(|end| fold(&token[..*end]).starts_with(folded))
        .unwrap_or(token.len());
    let marks = token[end..].find(|c| !is_mark(c));
    marks.map_or(token.len(), |at| end + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(pieces: &[Piece]) -> String {
        let mark = |piece: &Piece| {
            if piece.is_found {
                format!("[{}]", piece.text)
            } else {
                piece.text.clone()
            }
        };
        pieces.iter().map(mark).collect()
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_right_letters_are_marked_whatever_their_case_and_marks() {
        for (text, wanted, expected) in [
            ("İstanbul'da iş", "istanbul", "[İstanbul]'da iş"),
            ("ISPARTA ve ısparta", "isparta", "[ISPARTA] ve [ısparta]"),
            ("İSTANBULLULAR", "istanbul", "[İSTANBUL]LULAR"),
            ("I\u{307}stanbul", "istan", "[I\u{307}stan]bul"),
            ("i\u{307}stanbul", "ist", "[i\u{307}st]anbul"),
            ("s\u{327}irketi", "sirket", "[s\u{327}irket]i"),
            ("sa\u{308}k sakı", "sak", "sa\u{308}k [sak]ı"),
            ("çağrı ÇAĞRI", "cagr", "[çağr]ı [ÇAĞR]I"),
            ("ağ, ağaç", "ag", "[ağ], ağaç"),
            ("önsöz söz", "soz", "önsöz [söz]"),
            ("👷\u{1f3fd}‍♀️ baret👷", "baret", "👷\u{1f3fd}‍♀️ [baret]👷"),
            (
                "<b>baret</b> & \"baret\"",
                "baret",
                "<b>[baret]</b> & \"[baret]\"",
            ),
            ("", "baret", ""),
        ] {
            assert_eq!(marked(&pieces(text, &words(&[wanted]))), expected, "{text}");
        }
        let both = words(&["guvenli", "guvenlik", "is"]);
        assert_eq!(
            marked(&pieces("İş güvenliği, İŞLER, güvenlikte", &both)),
            "[İş] [güvenli]ği, İŞLER, [güvenlik]te"
        );
    }

    #[test]
    fn the_text_around_a_word_begins_and_ends_with_whole_words() {
        let text = format!(
            "{}İSKELE kurulur {}",
            "önce gelen ".repeat(20),
            "sonra ".repeat(90)
        );
        let shown = marked(&around(&text, &words(&["iskele"])).unwrap());
        assert!(
            shown.starts_with("… gelen önce") || shown.starts_with("… önce gelen"),
            "{shown}"
        );
        assert!(
            shown.contains("gelen [İSKELE] kurulur sonra") && shown.ends_with("sonra …"),
            "{shown}"
        );
        assert!(shown.chars().count() <= SHOWN + 6, "{shown}");
        assert_eq!(around("hiçbiri yok", &words(&["iskele"])), None);
        let short = around("bir iskele", &words(&["iskele"])).unwrap();
        assert_eq!(marked(&short), "bir [iskele]");
    }

    #[test]
    fn a_text_without_blanks_is_cut_at_a_letter() {
        let text = format!("{}-iskele{}", "ş".repeat(500), "ğ".repeat(500));
        let shown = marked(&around(&text, &words(&["iskele"])).unwrap());
        assert!(shown.contains("-[iskele]ğ"), "{shown}");
        assert!(shown.chars().count() <= SHOWN + 6, "{shown}");
    }
}
