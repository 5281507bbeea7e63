//! The words of cleaned HTML.

use super::scan::{Token, Tokens, name};

/// Cleaned HTML escapes with these and no others.
const ESCAPES: [(&str, &str); 5] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&nbsp;", "\u{a0}"),
    ("&amp;", "&"),
];

/// Text of cleaned HTML as it reads.
pub fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = ESCAPES
            .iter()
            .find(|(escape, _)| rest.starts_with(escape))
            .copied()
            .unwrap_or(("&", "&"));
        decoded.push_str(found.1);
        rest = &rest[found.0.len()..];
    }
    decoded.push_str(rest);
    decoded
}

/// Elements within a line of text.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s",
    "samp", "small", "span", "strong", "sub", "sup", "u", "var",
];

/// The text of cleaned HTML alone, with one blank between words.
#[must_use]
pub fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for token in Tokens(html) {
        match token {
            Token::Text(found) => text.push_str(&decoded(found)),
            Token::Tag(tag) if INLINE.contains(&name(tag).0.as_str()) => {}
            Token::Tag(_) => text.push(' '),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn count(html: &str) -> usize {
    plain(html)
        .split(' ')
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .count()
}

/// The beginning of a plain text: whole words within `max` characters, with an ellipsis if there is more.
#[must_use]
pub fn excerpt(text: &str, max: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(max) else {
        return text.to_owned();
    };
    let room = text.char_indices().nth(max.saturating_sub(1));
    let cut = &text[..room.map_or(end, |(at, _)| at)];
    let whole = cut.rfind(' ').map_or(cut, |at| &cut[..at]);
    format!(
        "{}…",
        whole.trim_end_matches([' ', ',', ';', ':', '.', '-'])
    )
}
