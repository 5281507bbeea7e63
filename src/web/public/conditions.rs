//! Whether the client has the page already (RFC 9110, section 13).

use poem::http::{HeaderMap, HeaderValue, header};

/// `If-None-Match` decides where there is one, and only without it `If-Modified-Since`: where the page has a date, that very
/// date, because on another instance the same page may have a later one.
pub(super) fn is_known(asked: &HeaderMap, etag: &HeaderValue, last_modified: Option<u64>) -> bool {
    let mut tags = asked.get_all(header::IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        return tags.any(|known| known == etag || has_tag(known.as_bytes(), etag.as_bytes()));
    }
    asked
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok())
        .is_some_and(|since| Some(seconds(since)) == last_modified)
}

/// Whether `list` is `*` or holds the tag, by weak comparison. Commas may stand within tags.
fn has_tag(list: &[u8], etag: &[u8]) -> bool {
    let mut rest = list.trim_ascii();
    if rest == b"*" {
        return true;
    }
    while !rest.is_empty() {
        let tag = rest.strip_prefix(b"W/").unwrap_or(rest);
        let Some(length) = quoted_length(tag) else {
            return false;
        };
        if &tag[..length] == etag {
            return true;
        }
        rest = tag[length..].trim_ascii_start();
        rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
    }
    false
}

/// The length of the quoted tag that `text` begins with, quotes included.
fn quoted_length(text: &[u8]) -> Option<usize> {
    let inner = text.strip_prefix(b"\"")?;
    let end = inner.iter().position(|byte| *byte == b'"')?;
    Some(end + 2)
}

pub(super) fn seconds(time: std::time::SystemTime) -> u64 {
    time.duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_795_510_800;

    fn known(headers: &[(header::HeaderName, &str)]) -> bool {
        let mut asked = HeaderMap::new();
        for (name, value) in headers {
            asked.append(name, value.parse().unwrap());
        }
        let etag = HeaderValue::from_static("\"a,b\"");
        assert!(asked.contains_key(header::IF_NONE_MATCH) || !is_known(&asked, &etag, None));
        is_known(&asked, &etag, Some(NOON))
    }

    #[test]
    fn a_tag_is_found_in_a_list_by_weak_comparison() {
        for (list, expected) in [
            ("\"a,b\"", true),
            ("W/\"a,b\"", true),
            ("*", true),
            (" * ", true),
            ("\"x\" , W/\"y\",\"a,b\"", true),
            ("\"a\", \"b\"", false),
            ("\"a,b", false),
            ("a,b", false),
            ("\"a,b-gzip\"", false),
            ("w/\"a,b\"", false),
            ("\"x\", *", false),
            ("", false),
            (",,,", false),
        ] {
            assert_eq!(known(&[(header::IF_NONE_MATCH, list)]), expected, "{list}");
        }
        let two = [
            (header::IF_NONE_MATCH, "\"x\""),
            (header::IF_NONE_MATCH, "\"a,b\""),
        ];
        assert!(known(&two));
    }

    #[test]
    fn a_date_decides_only_where_there_is_no_tag() {
        let at = |shift: i64| {
            let time = NOON.saturating_add_signed(shift);
            httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(time))
        };
        for (since, expected) in [
            (at(0), true),
            (at(1), false),
            (at(-1), false),
            ("yesterday".into(), false),
            ("Tue, 99 Nov 2026 09:00:00 GMT".into(), false),
            (String::new(), false),
        ] {
            assert_eq!(
                known(&[(header::IF_MODIFIED_SINCE, &since)]),
                expected,
                "{since}"
            );
        }
        let both = [
            (header::IF_NONE_MATCH, "\"x\""),
            (header::IF_MODIFIED_SINCE, &at(0)),
        ];
        assert!(!known(&both));
        assert!(!known(&[]));
    }
}
