//! Running text without terminal sequences, secrets and e-mail addresses.

use std::borrow::Cow;

use super::redact::{REDACTED, is_sensitive};

const EMAIL: &str = "[email]";

pub(super) fn redacted_text(text: &str) -> String {
    let plain = without_terminal_sequences(text);
    let pairs = without_secrets(&plain);
    without_emails(&pairs).into_owned()
}

/// Removes ECMA-48 escape sequences: colours, cursor moves, window titles.
fn without_terminal_sequences(text: &str) -> Cow<'_, str> {
    if !text.contains(['\u{1b}', '\u{9b}', '\u{9d}']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let kind = match char {
            '\u{1b}' => chars.next(),
            '\u{9b}' => Some('['),
            '\u{9d}' => Some(']'),
            _ => {
                out.push(char);
                continue;
            }
        };
        match kind {
            // Parameters, then one final character.
            Some('[') => {
                while let Some('\u{20}'..='\u{3f}') = chars.peek() {
                    chars.next();
                }
                chars.next_if(|char| matches!(char, '\u{40}'..='\u{7e}'));
            }
            // A string up to BEL or ST; an unclosed one ends with its line.
            Some(']' | 'P' | '^' | '_' | 'X') => {
                while let Some(char) = chars.next_if(|char| *char != '\n') {
                    if matches!(char, '\u{7}' | '\u{9c}') {
                        break;
                    }
                    if char == '\u{1b}' {
                        chars.next_if_eq(&'\\');
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    Cow::Owned(out)
}

/// Blanks the values of sensitive names in running text: query strings, headers, a `Debug` of a struct.
fn without_secrets(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find([':', '=']) {
        let separator = at + found;
        at = separator + 1;
        if text[at..].starts_with(':') {
            // A Rust path.
            at += 1;
            continue;
        }
        let name = name_before(&text[..separator]);
        if !is_sensitive(name) {
            continue;
        }
        let (start, end) = value_after(text, at, name);
        if start < end {
            out.push_str(&text[copied..start]);
            out.push_str(REDACTED);
            copied = end;
            at = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

fn name_before(text: &str) -> &str {
    let text = text.trim_end_matches([' ', '"', '\'', '\\']);
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    let start = text.trim_end_matches(is_part).len();
    &text[start..]
}

/// Where the value that begins at `from` starts and ends.
fn value_after(text: &str, from: usize, name: &str) -> (usize, usize) {
    let rest = &text[from..];
    let start = from + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
    let value = &text[start..];

    // A quote keeps the backslashes that came with it, as in JSON within JSON.
    let slashes = value.len() - value.trim_start_matches('\\').len();
    if let Some(quote @ ('"' | '\'')) = value[slashes..].chars().next() {
        let start = start + slashes + 1;
        return (start, start + quoted_length(&text[start..], quote, slashes));
    }

    // `Some(…)`, `[…]`, and as `Debug` writes a struct: `Email {…}`.
    let word = value
        .find(|char: char| !(char.is_alphanumeric() || matches!(char, '_' | ':' | '&')))
        .unwrap_or(value.len());
    let is_type = value.starts_with(|char: char| char.is_ascii_uppercase());
    let open = word + usize::from(is_type && value[word..].starts_with(' '));
    if value[open..].starts_with(['(', '[', '{']) {
        return (start, start + open + bracketed_length(&value[open..]));
    }

    let lower = name.to_ascii_lowercase();
    if lower.contains("cookie") || lower.contains("authorization") {
        return (
            start,
            start + value.find(['\n', '"']).unwrap_or(value.len()),
        );
    }
    let is_end = |char: char| char.is_whitespace() || ",;&\"')]}".contains(char);
    let mut length = value.find(is_end).unwrap_or(value.len());
    let scheme = &value[..length];
    if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("basic") {
        let after = value[length..].trim_start();
        length = value.len() - after.len() + after.find(is_end).unwrap_or(after.len());
    }
    (start, start + length)
}

fn quoted_length(text: &str, quote: char, slashes: usize) -> usize {
    for (at, _) in text.match_indices(quote) {
        let before = at - text[..at].trim_end_matches('\\').len();
        if slashes == 0 && before.is_multiple_of(2) {
            return at;
        }
        if slashes > 0 && before == slashes {
            return at - slashes;
        }
    }
    text.len()
}

fn bracketed_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut in_quotes = false;
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_quotes = !in_quotes,
            '(' | '[' | '{' if !in_quotes => depth += 1,
            ')' | ']' | '}' if !in_quotes => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Replaces whatever stands around an `@` (or `%40`) as in RFC 5321; what is none after all is no loss.
fn without_emails(text: &str) -> Cow<'_, str> {
    let is_local = |char: char| char.is_alphanumeric() || "._+-%!#$*^~'".contains(char);
    let is_domain = |char: char| char.is_alphanumeric() || matches!(char, '.' | '-');

    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find(['@', '%']) {
        let sign = at + found;
        at = sign + 1;
        let after = if text[sign..].starts_with('@') {
            sign + 1
        } else if text[sign..].starts_with("%40") {
            sign + 3
        } else {
            continue;
        };

        let before = &text[copied..sign];
        let local = if let Some(inner) = before.strip_suffix('"') {
            inner.rfind('"').map_or(0, |open| before.len() - open)
        } else {
            let run = before.trim_end_matches(is_local).len();
            before[run..].trim_start_matches('\'').len()
        };
        let domain = if text[after..].starts_with('[') {
            text[after..].find(']').map_or(0, |close| close + 1)
        } else {
            let rest = &text[after..];
            let run = &rest[..rest.len() - rest.trim_start_matches(is_domain).len()];
            run.trim_end_matches(['.', '-']).len()
        };
        if local > 0 && domain > 0 {
            out.push_str(&text[copied..sign - local]);
            out.push_str(EMAIL);
            copied = after + domain;
            at = copied;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}
