//! A mail's bytes as RFC 5322 wants them: whatever people typed becomes text, never a header.

use mail_send::mail_builder::{
    MessageBuilder,
    headers::{address::Address, date::Date, message_id::MessageId, raw::Raw, text::Text},
};
use url::Url;

use super::{Envelope, Refused};
use crate::types::Email;

/// Longer subjects are none.
const SUBJECT_MAX: usize = 400;
const NAME_MAX: usize = 200;
/// A line of a mail has at most 998 bytes, and a URL cannot be folded.
const URL_MAX: usize = 900;

pub(super) fn message(from: &Email, host: &str, mail: &Envelope<'_>) -> Result<Vec<u8>, Refused> {
    let name = mail
        .to_name
        .map(|name| line(name, NAME_MAX))
        .filter(|name| !name.is_empty());
    let mut message = MessageBuilder::new()
        .message_id(MessageId::new(format!("{}@{host}", mail.id)))
        .date(Date::new(mail.at.timestamp()))
        .from(Address::new_address(None::<String>, from.as_str()))
        .to(Address::new_address(name, mail.to.as_str()))
        .subject(Text::new(line(mail.subject, SUBJECT_MAX)))
        .header("Content-Language", Raw::new(mail.lang.code()))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"));
    if let Some(address) = mail.reply_to {
        message = message.reply_to(Address::new_address(None::<String>, address.as_str()));
    }
    if let Some(url) = mail.unsubscribe {
        let url = link(url).ok_or_else(|| Refused::never("its unsubscribe link is no URL"))?;
        message = message.header("List-Unsubscribe", Raw::new(format!("<{url}>")));
    }
    let mut bytes = Vec::new();
    message
        .text_body(lines(mail.text))
        .html_body(lines(mail.html))
        .serialize(&mut bytes);
    Ok(bytes)
}

/// One line: control characters and the line ends of Unicode are blanks, and so are those that turn text around.
fn line(text: &str, max: usize) -> String {
    let is_blank = |c: char| {
        c.is_control()
            || c.is_whitespace()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let words: Vec<&str> = text
        .split(is_blank)
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(max).collect()
}

/// Lines that end as lines of a mail do.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n")
}

fn link(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let fits = matches!(url.scheme(), "http" | "https" | "mailto")
        && url.as_str().len() <= URL_MAX
        && url
            .as_str()
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte));
    fits.then(|| url.into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::types::{Lang, golden::Generator};

    fn composed(to_name: Option<&str>, subject: &str, text: &str) -> String {
        let bytes = message(
            &Email::parse("ofis@prosektor.test").unwrap(),
            "office.example",
            &Envelope {
                id: Uuid::nil(),
                at: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
                lang: Lang::Tr,
                to: &Email::parse("cem@acme.test").unwrap(),
                to_name,
                reply_to: Some(&Email::parse("deniz@example.test").unwrap()),
                subject,
                text,
                html: &format!("<p>{text}</p>\n"),
                unsubscribe: Some("https://office.example/u?x=1"),
            },
        )
        .unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// The header fields of a mail, unfolded, by their names in small letters.
    fn headers(mail: &str) -> BTreeMap<String, Vec<String>> {
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for field in head
            .replace("\r\n ", " ")
            .replace("\r\n\t", " ")
            .split("\r\n")
        {
            let (name, value) = field.split_once(':').unwrap_or_else(|| panic!("{field:?}"));
            assert!(
                name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
                "{name:?}"
            );
            all.entry(name.to_ascii_lowercase())
                .or_default()
                .push(value.trim().to_owned());
        }
        all
    }

    const FIELDS: [&str; 12] = [
        "auto-submitted",
        "content-language",
        "content-type",
        "date",
        "from",
        "list-unsubscribe",
        "message-id",
        "mime-version",
        "reply-to",
        "subject",
        "to",
        "x-auto-response-suppress",
    ];

    /// Exactly our fields, each once, in lines that every server takes.
    fn check(mail: &str) -> BTreeMap<String, String> {
        assert!(mail.is_ascii());
        for line in mail.split("\r\n") {
            assert!(line.len() <= 998, "{} bytes", line.len());
            assert!(!line.contains(['\r', '\n']), "{line:?}");
        }
        let headers = headers(mail);
        let names: Vec<&str> = headers.keys().map(String::as_str).collect();
        assert_eq!(names, FIELDS);
        assert!(headers.values().all(|values| values.len() == 1));
        assert!(headers["to"][0].ends_with("<cem@acme.test>"), "{headers:?}");
        headers
            .into_iter()
            .map(|(name, mut values)| (name, values.remove(0)))
            .collect()
    }

    #[test]
    fn a_mail_has_its_headers_and_both_parts() {
        let mail = composed(Some("Cem Acar"), "Hello", "One line\nand another");
        let headers = check(&mail);
        assert_eq!(headers["from"], "<ofis@prosektor.test>");
        assert_eq!(
            headers["message-id"],
            "<00000000-0000-0000-0000-000000000000@office.example>"
        );
        assert_eq!(headers["date"], "Tue, 14 Nov 2023 22:13:20 +0000");
        assert_eq!(headers["auto-submitted"], "auto-generated");
        assert_eq!(headers["x-auto-response-suppress"], "All");
        assert_eq!(
            headers["list-unsubscribe"],
            "<https://office.example/u?x=1>"
        );
        assert_eq!(headers["content-language"], "tr");
        assert!(headers["content-type"].starts_with("multipart/alternative;"));
        let (plain, html) = (mail.find("text/plain"), mail.find("text/html"));
        assert!(plain.unwrap() < html.unwrap(), "the best part is the last");
        assert!(mail.contains("One line\r\nand another"));
    }

    #[test]
    fn whatever_is_typed_stays_in_its_field() {
        let long = "Şirket ".repeat(2000);
        for typed in [
            "x\r\nBcc: x@evil.test",
            "x\nBcc: x@evil.test\n\nbody",
            "x\rBcc: x@evil.test",
            "x\u{85}Bcc: x@evil.test",
            "x\u{2028}Bcc: x@evil.test",
            "\0\u{1b}[31m\u{7f}",
            "a@b,c@d <x@evil.test>",
            "\"a\r\n\"@b",
            "=?utf-8?Q?=0D=0ABcc:_x@evil.test?=",
            "Ömür Şahin, \"Müdür\"; (x) <y>",
            "\u{202e}txet",
            "{{7*7}} <script>",
            "",
            "   ",
            &long,
            &"a".repeat(10_000),
        ] {
            let mail = composed(Some(typed), typed, typed);
            check(&mail);
        }
    }

    #[test]
    fn no_generated_text_makes_a_header() {
        let mut generator = Generator(71);
        let pieces = [
            "\r\n",
            "\n",
            "\r",
            ":",
            " ",
            "\t",
            ",",
            ";",
            "<",
            ">",
            "@",
            "\"",
            "\\",
            "=?",
            "?=",
            "Bcc: x@evil.test",
            "ş",
            "İ",
            "€",
            "\0",
            "a",
            "To",
            ".",
            "(",
            ")",
            "😀",
        ];
        for _ in 0..500 {
            let text: String = (0..generator.below(40))
                .map(|_| generator.pick(&pieces))
                .collect();
            check(&composed(Some(&text), &text, &text));
        }
    }

    #[test]
    fn only_a_web_or_mail_address_is_a_link_out_of_the_list() {
        assert_eq!(link("https://a.test/x"), Some("https://a.test/x".into()));
        let mailto = "mailto:a@b.test?subject=unsubscribe";
        assert_eq!(link(mailto), Some(mailto.into()));
        for text in ["", "x", "javascript:alert(1)", "ftp://a.test"] {
            assert_eq!(link(text), None, "{text}");
        }
        assert_eq!(link(&format!("https://a.test/{}", "x".repeat(1000))), None);
        // What the URL's own rules encode cannot end the header.
        let link = link("https://a.test/\r\n>x y").unwrap();
        assert!(link.bytes().all(|b| b.is_ascii_graphic()) && !link.contains('>'));
    }
}
