//! Turkish text: its letter case, the folded form that search compares, slugs, sort keys, and what a typed text may hold.

use std::collections::HashSet;
use std::sync::LazyLock;

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use icu_locale_core::locale;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::Invalid;

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
const NFD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfd();

const COMBINING_DOT_ABOVE: char = '\u{307}';

/// As many bytes as a key column of the databases holds.
pub const SORT_KEY_MAX: usize = 255;

static COLLATOR: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    Collator::try_new(locale!("tr").into(), CollatorOptions::default())
        .expect("the collation data is compiled in")
});

pub fn lower(text: &str) -> String {
    // Rust's mapping knows no language: it makes i of I, and i + U+0307 of İ.
    NFC.normalize(text)
        .replace('İ', "i")
        .replace('I', "ı")
        .to_lowercase()
}

pub fn upper(text: &str) -> String {
    NFC.normalize(text)
        .replace('i', "İ")
        .replace('ı', "I")
        .to_uppercase()
}

/// The form that search stores and compares: `DİYARBAKIR`, `Diyarbakır` and `diyarbakir` are one.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in NFC.normalize(text).chars() {
        match c {
            'İ' | 'I' | 'ı' | 'Î' | 'î' => folded.push('i'),
            'Ğ' | 'ğ' => folded.push('g'),
            'Ü' | 'ü' | 'Û' | 'û' => folded.push('u'),
            'Ş' | 'ş' => folded.push('s'),
            'Ö' | 'ö' => folded.push('o'),
            'Ç' | 'ç' => folded.push('c'),
            'Â' | 'â' => folded.push('a'),
            // What programs without Turkish rules leave of a lower-cased İ; it has no composed form.
            COMBINING_DOT_ABOVE if folded.ends_with('i') => {}
            _ => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// The distinct folded words of a text, in the order of their first use.
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut seen = HashSet::new();
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && seen.insert(*word))
        .map(str::to_owned)
        .collect()
}

/// Lower-case ASCII letters and digits with single hyphens between them; empty if none is left.
pub fn slug(text: &str) -> String {
    let folded = fold(text);
    let mut slug = String::with_capacity(folded.len());
    let mut gap = false;
    for c in NFD.normalize(&folded).chars() {
        match c {
            'a'..='z' | '0'..='9' => {
                if gap && !slug.is_empty() {
                    slug.push('-');
                }
                gap = false;
                slug.push(c);
            }
            // Marks that NFD has taken off their letters: café is cafe, not caf.
            '\u{300}'..='\u{36f}' => {}
            _ => gap = true,
        }
    }
    slug
}

/// Bytes that compare as the Turkish alphabet sorts, cut to [`SORT_KEY_MAX`].
///
/// A stored key is worth as much as the collation data it was made with: rebuild the stored keys
/// when `icu_collator` moves to newer data.
pub fn sort_key(text: &str) -> Vec<u8> {
    let mut key = Vec::new();
    let Ok(()) = COLLATOR.write_sort_key_to(text, &mut key);
    key.truncate(SORT_KEY_MAX);
    key
}

/// One line of typed text: trimmed, NFC, no control characters.
pub fn clean_line(text: &str) -> Result<String, Invalid> {
    clean(text, |_| false)
}

/// Typed text of many lines: trimmed, NFC, lines ended by LF; tabs may stay.
pub fn clean_text(text: &str) -> Result<String, Invalid> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    clean(&text, |c| matches!(c, '\n' | '\t'))
}

fn clean(text: &str, allowed: impl Fn(char) -> bool) -> Result<String, Invalid> {
    // Pasted text often brings these two invisible characters along; a name made of them is empty.
    let invisible = |c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}');
    let text = text.trim_matches(invisible);
    if text.chars().any(|c| c.is_control() && !allowed(c)) {
        return Err(Invalid::ControlCharacters);
    }
    Ok(NFC.normalize(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{NFC, NFD, SORT_KEY_MAX};
    use super::{clean_line, clean_text, fold, lower, slug, sort_key, upper, words};
    use crate::types::Invalid;
    use crate::types::golden::{Generator, texts, vectors};

    const ALPHABET: [(&str, &str); 29] = [
        ("A", "a"),
        ("B", "b"),
        ("C", "c"),
        ("Ç", "ç"),
        ("D", "d"),
        ("E", "e"),
        ("F", "f"),
        ("G", "g"),
        ("Ğ", "ğ"),
        ("H", "h"),
        ("I", "ı"),
        ("İ", "i"),
        ("J", "j"),
        ("K", "k"),
        ("L", "l"),
        ("M", "m"),
        ("N", "n"),
        ("O", "o"),
        ("Ö", "ö"),
        ("P", "p"),
        ("R", "r"),
        ("S", "s"),
        ("Ş", "ş"),
        ("T", "t"),
        ("U", "u"),
        ("Ü", "ü"),
        ("V", "v"),
        ("Y", "y"),
        ("Z", "z"),
    ];

    /// A random Turkish word and the place of each of its letters in the alphabet.
    fn word(generator: &mut Generator) -> (String, Vec<usize>) {
        let length = 1 + generator.below(8);
        let places: Vec<usize> = (0..length)
            .map(|_| usize::try_from(generator.below(29)).unwrap())
            .collect();
        let text = places.iter().map(|p| ALPHABET[*p].1).collect();
        (text, places)
    }

    #[test]
    fn the_golden_texts_hold() {
        for case in vectors("turkish_text").as_array().unwrap() {
            let input = case["input"].as_str().unwrap();
            assert_eq!(lower(input), case["lower"], "{input}");
            assert_eq!(upper(input), case["upper"], "{input}");
            assert_eq!(fold(input), case["folded"], "{input}");
            assert_eq!(slug(input), case["slug"], "{input}");
        }
        for case in vectors("turkish_text_decomposed").as_array().unwrap() {
            let input = case["input"].as_str().unwrap();
            assert_eq!(fold(input), case["folded"], "{input}");
            assert_eq!(slug(input), case["slug"], "{input}");
        }
    }

    #[test]
    fn every_letter_of_the_alphabet_changes_case_both_ways() {
        for (capital, small) in ALPHABET {
            assert_eq!(lower(capital), small);
            assert_eq!(upper(small), capital);
        }
    }

    #[test]
    fn case_and_composition_never_change_the_folded_form() {
        let mut generator = Generator(1);
        for _ in 0..2000 {
            let (word, _) = word(&mut generator);
            let folded = fold(&word);
            assert!(folded.bytes().all(|b| b.is_ascii_lowercase()), "{folded}");
            assert_eq!(fold(&upper(&word)), folded, "{word}");
            assert_eq!(fold(&NFD.normalize(&upper(&word))), folded, "{word}");
            assert_eq!(fold(&upper(&word).to_lowercase()), folded, "{word}");
            assert_eq!(fold(&word.to_uppercase()), folded, "{word}");
            assert_eq!(lower(&upper(&word)), word);
            assert_eq!(slug(&upper(&word)), folded);
        }
    }

    #[test]
    fn circumflexes_fold_in_either_case() {
        assert_eq!(fold("Âlâ ÎÎî Ûû"), "ala iii uu");
    }

    #[test]
    fn folding_twice_changes_nothing_for_any_character() {
        for c in '\0'..=char::MAX {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "{c:?}");
        }
    }

    #[test]
    fn words_are_distinct_folded_and_in_order() {
        assert_eq!(
            words("  İş Sağlığı & Güvenliği: iş, SAĞLIĞI (A-101) Diyarbakır'da…"),
            ["is", "sagligi", "guvenligi", "a", "101", "diyarbakir", "da"]
        );
        assert!(words(" -&%_ ").is_empty());
    }

    #[test]
    fn the_words_of_a_text_do_not_depend_on_its_case() {
        let mut generator = Generator(2);
        for _ in 0..300 {
            let text: Vec<String> = (0..4).map(|_| word(&mut generator).0).collect();
            let text = text.join(" / ");
            assert_eq!(words(&text), words(&upper(&text)));
        }
    }

    #[test]
    fn a_slug_has_ascii_letters_digits_and_single_inner_hyphens_only() {
        assert_eq!(
            slug("--- İSG: 2026'nın  Yenilikleri!"),
            "isg-2026-nin-yenilikleri"
        );
        assert_eq!(slug("Café Ångström"), "cafe-angstrom");
        assert_eq!(slug("日本"), "");
        let mut generator = Generator(3);
        for _ in 0..3000 {
            let text: String = (0..12)
                .filter_map(|_| char::from_u32(u32::try_from(generator.below(0x2ff)).unwrap()))
                .collect();
            let slug = slug(&text);
            let parts_are_whole = slug.split('-').all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            });
            assert!(slug.is_empty() || parts_are_whole, "{text:?} gave {slug:?}");
            assert_eq!(super::slug(&slug), slug);
        }
    }

    #[test]
    fn the_golden_names_sort_by_the_turkish_alphabet() {
        let mut names = texts("turkish_sort", "input");
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, texts("turkish_sort", "sorted"));
    }

    #[test]
    fn any_two_words_sort_as_their_letters_stand_in_the_alphabet() {
        let mut generator = Generator(4);
        for _ in 0..5000 {
            let (one, one_places) = word(&mut generator);
            let (two, two_places) = word(&mut generator);
            assert_eq!(
                sort_key(&one).cmp(&sort_key(&two)),
                one_places.cmp(&two_places),
                "{one} {two}"
            );
        }
    }

    #[test]
    fn case_counts_only_between_equal_words() {
        assert!(sort_key("ırmak") < sort_key("IRMAK"));
        assert!(sort_key("IRMAK") < sort_key("ırmaklar"));
        assert!(sort_key("IRMAK") < sort_key("irem"));
    }

    #[test]
    fn a_sort_key_fits_its_column() {
        let long = "Şişli ".repeat(500);
        assert_eq!(sort_key(&long).len(), SORT_KEY_MAX);
        assert!(sort_key("") < sort_key("a"));
    }

    #[test]
    fn a_line_is_trimmed_and_composed() {
        assert_eq!(
            clean_line("\u{feff} \tI\u{307}stanbul A.S\u{327}.\u{200b}\r\n").unwrap(),
            "İstanbul A.Ş."
        );
        assert_eq!(clean_line(" \u{200b}\u{a0} ").unwrap(), "");
    }

    #[test]
    fn a_line_holds_no_control_character() {
        for c in ('\0'..=char::MAX).filter(|c| c.is_control()) {
            assert_eq!(
                clean_line(&format!("a{c}b")),
                Err(Invalid::ControlCharacters),
                "{c:?}"
            );
        }
        assert_eq!(clean_line("a\0"), Err(Invalid::ControlCharacters));
    }

    #[test]
    fn a_text_keeps_lines_and_tabs_and_no_other_control_character() {
        assert_eq!(
            clean_text(" bir\r\niki\rüç\n\tdört\r\n ").unwrap(),
            "bir\niki\nüç\n\tdört"
        );
        for c in ('\0'..=char::MAX).filter(|c| c.is_control()) {
            let cleaned = clean_text(&format!("a{c}b"));
            if matches!(c, '\n' | '\t' | '\r') {
                assert!(cleaned.is_ok(), "{c:?}");
            } else {
                assert_eq!(cleaned, Err(Invalid::ControlCharacters), "{c:?}");
            }
        }
    }

    #[test]
    fn clean_text_is_composed_whatever_was_typed() {
        let mut generator = Generator(5);
        for _ in 0..500 {
            let word = upper(&word(&mut generator).0);
            let cleaned = clean_text(&NFD.normalize(&word)).unwrap();
            assert_eq!(cleaned, word);
            assert!(NFC.is_normalized(&cleaned));
        }
    }
}
