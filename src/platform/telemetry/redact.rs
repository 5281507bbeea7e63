//! What a log may not say: secrets and contact data by name, at any depth, and e-mail addresses anywhere.

use std::borrow::Cow;

use serde_json::Value;

use super::text::redacted_text;

/// Bytes of one value, before JSON escapes it.
pub(super) const VALUE_LIMIT: usize = 2 * 1024;
/// Text is redacted before it is cut, so more than a value's worth is looked at: what a replacement shortens moves up.
const READ_LIMIT: usize = 2 * VALUE_LIMIT;
/// A string above this is not parsed as JSON, only searched as text.
pub(super) const JSON_LIMIT: usize = 64 * 1024;
pub(super) const REDACTED: &str = "[redacted]";

/// Letters of the names whose values never appear in a log.
const SENSITIVE: [&str; 10] = [
    "password",
    "passwd",
    "token",
    "secret",
    "authorization",
    "cookie",
    "email",
    "phone",
    "address",
    "tckn",
];

/// Compares letters only, so that `X-Auth-Token`, `auth_token` and `authToken` are one.
pub(super) fn is_sensitive(name: &str) -> bool {
    let name = name.as_bytes();
    (0..name.len()).any(|start| {
        let rest = &name[start..];
        // Each field of each line comes by here, and few letters begin a word.
        let first = rest[0].to_ascii_lowercase();
        matches!(first, b'p' | b't' | b's' | b'a' | b'c' | b'e')
            && SENSITIVE
                .iter()
                .any(|word| word.as_bytes()[0] == first && begins_with(rest, word))
    })
}

fn begins_with(name: &[u8], word: &str) -> bool {
    let mut letters = name.iter().filter(|byte| byte.is_ascii_alphabetic());
    let mut is_next = |byte| {
        letters
            .next()
            .is_some_and(|letter| letter.to_ascii_lowercase() == byte)
    };
    word.bytes().all(&mut is_next)
}

/// Only what has one of these is looked at more closely: the beginnings of an address, a pair, a sequence, JSON.
const fn is_suspect(byte: u8) -> bool {
    matches!(byte, b'@' | b'%' | b'=' | b':' | 0x1b | 0xc2 | b'{' | b'[')
}

/// Short, and of characters that neither `clean` nor JSON changes: one look for what most values are.
pub(super) fn is_innocent(text: &str) -> bool {
    const INNOCENT: [bool; 256] = {
        let mut innocent = [false; 256];
        let mut byte = b' ';
        while byte <= b'~' {
            innocent[byte as usize] = !is_suspect(byte) && !matches!(byte, b'"' | b'\\');
            byte += 1;
        }
        innocent
    };
    text.len() <= VALUE_LIMIT && text.bytes().all(|byte| INNOCENT[usize::from(byte)])
}

/// A text as it may be logged: redacted, without terminal sequences, cut.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.len() <= VALUE_LIMIT && !text.bytes().any(is_suspect) {
        return Cow::Borrowed(text);
    }
    let (safe, whole) = if let Some(json) = redacted_json(text) {
        (json, true)
    } else {
        let head = head(text);
        (redacted_text(head), head.len() == text.len())
    };
    if whole && safe.len() <= VALUE_LIMIT {
        return safe.into();
    }
    let kept = prefix(&safe, VALUE_LIMIT - '…'.len_utf8());
    format!("{kept}…").into()
}

/// What of a text is looked at. An address that the cut would halve could not be told any more, so it is left out.
fn head(text: &str) -> &str {
    const LONGEST_EMAIL: usize = 320;
    if text.len() <= READ_LIMIT {
        return text;
    }
    let head = prefix(text, READ_LIMIT);
    let safe = prefix(head, READ_LIMIT - LONGEST_EMAIL);
    head.rfind(char::is_whitespace)
        .map_or(safe, |end| &head[..end.max(safe.len())])
}

pub(super) fn prefix(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// The text with its secrets gone if it is a JSON object or array, or one that was quoted by `Debug`.
fn redacted_json(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > JSON_LIMIT {
        return None;
    }
    match text.as_bytes() {
        [b'{' | b'[', ..] => {
            let mut value = serde_json::from_str(text).ok()?;
            redact(&mut value);
            Some(value.to_string())
        }
        [b'"', b'{' | b'[', ..] => redacted_json(&serde_json::from_str::<String>(text).ok()?),
        _ => None,
    }
}

pub(super) fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            *members = std::mem::take(members)
                .into_iter()
                .map(|(name, mut value)| {
                    if is_sensitive(&name) {
                        value = Value::from(REDACTED);
                    } else {
                        redact(&mut value);
                    }
                    (redacted_text(&name), value)
                })
                .collect();
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) => {
            *text = redacted_json(text).unwrap_or_else(|| redacted_text(text));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::style::{enclose, quote},
        *,
    };

    #[test]
    fn what_is_innocent_is_changed_neither_by_cleaning_nor_by_json() {
        for char in (0..=0x1ff).filter_map(char::from_u32) {
            let text = format!("a{char}b");
            let mut quoted = String::new();
            quote(&mut quoted, &clean(&text));
            let mut enclosed = String::new();
            enclose(&mut enclosed, &text);
            assert!(!is_innocent(&text) || quoted == enclosed, "{char:?}");
            assert_eq!(
                is_innocent(&text),
                char.is_ascii_graphic() && !r#""\@%=:{["#.contains(char) || char == ' '
            );
        }
        assert!(
            is_innocent(&"x".repeat(VALUE_LIMIT)) && !is_innocent(&"x".repeat(VALUE_LIMIT + 1))
        );
    }

    #[test]
    fn every_name_is_found_by_its_first_letter() {
        for word in SENSITIVE {
            assert!(is_sensitive(word) && is_sensitive(&format!("x_{word}")));
            assert!(!is_sensitive(&word[1..]), "{word}");
        }
    }

    #[test]
    fn secrets_in_running_text_are_blanked() {
        for (text, expected) in [
            (
                "/reset?token=canary&next=/",
                "/reset?token=[redacted]&next=/",
            ),
            (
                "Draft { password: \"can\\\"ary\", n: 1 }",
                "Draft { password: \"[redacted]\", n: 1 }",
            ),
            (
                "User { email: Email(\"canary\"), id: 3 }",
                "User { email: [redacted], id: 3 }",
            ),
            (
                "phone: Some([\"canary )\", \"canary\"]) end",
                "phone: [redacted] end",
            ),
            ("Authorization: Bearer canary", "Authorization: [redacted]"),
            ("api-token: Bearer canary, x", "api-token: [redacted], x"),
            (
                "cookie: a=canary; b=canary\nnext",
                "cookie: [redacted]\nnext",
            ),
            (
                r#"cut {"secret":"canary","a":1"#,
                r#"cut {"secret":"[redacted]","a":1"#,
            ),
            (
                r#"cut "{\"secret\":\"canary\",\"a\":1"#,
                r#"cut "{\"secret\":\"[redacted]\",\"a\":1"#,
            ),
            ("secret = 'canary", "secret = '[redacted]"),
            ("mysql://app:canary@db/x", "mysql://app:[email]/x"),
            (
                "tokens::parse: failed at 12:30",
                "tokens::parse: failed at 12:30",
            ),
            ("a=b: c", "a=b: c"),
            ("token=", "token="),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn addresses_in_free_text_become_a_word() {
        for (text, expected) in [
            ("mail to ada@acme.com.tr.", "mail to [email]."),
            ("<ada.o'neil+x@acme.tr>, b@c", "<[email]>, [email]"),
            ("'ada@acme.tr'", "'[email]'"),
            ("/s?q=ada%40acme.tr&p=2", "/s?q=[email]&p=2"),
            ("gül@örnek.com.tr'ye", "[email]'ye"),
            ("\"ada l\"@acme.tr x", "[email] x"),
            ("a@[10.0.0.1] b@c.d@e.f", "[email] [email]@e.f"),
            ("@ada 50% 3 @ 4 a@", "@ada 50% 3 @ 4 a@"),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn a_cut_never_leaves_half_an_address() {
        for pad in 0..40 {
            let mut text = "a@b.tr ".repeat(600);
            text.truncate(READ_LIMIT - pad);
            text.push_str(" canary@acme.tr ");
            text.push_str(&"x ".repeat(READ_LIMIT));
            assert!(!clean(&text).contains("canary"), "{pad}");

            let mut text = "a@b.tr,".repeat(600);
            text.truncate(READ_LIMIT - pad);
            text.push_str(",canary@acme.tr,");
            text.push_str(&"x,".repeat(READ_LIMIT));
            assert!(!clean(&text).contains("canary"), "{pad}");
        }
    }
}
