//! An e-mail address, as people type it and mail servers take it.

use std::fmt;

use serde::Serialize;

use super::Invalid;

/// RFC 5321 §4.5.3.1.3 leaves this many bytes for an address in a path.
const MAX: usize = 254;

/// ASCII, lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// The rule of the HTML standard for `<input type=email>`, so that browser and server agree.
    /// It knows no quoted names, comments or commas. International domains are refused with a
    /// reason of their own: the mail goes out over plain SMTP, which wants their `xn--` form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if !text.is_ascii() {
            return Err(Invalid::EmailNotAscii);
        }
        match text.split_once('@') {
            Some((name, domain))
                if text.len() <= MAX
                    && !name.is_empty()
                    && name.bytes().all(is_name_byte)
                    && domain.split('.').all(is_label) =>
            {
                Ok(Self(text.to_ascii_lowercase()))
            }
            _ => Err(Invalid::Email),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::Email;
    use crate::types::Invalid;
    use crate::types::golden::Generator;

    #[test]
    fn ordinary_addresses_are_taken_in_ascii_lower_case() {
        for (typed, stored) in [
            ("ada@demo.test", "ada@demo.test"),
            (" Ofis+Fatura@Demo.Test\n", "ofis+fatura@demo.test"),
            ("ILGI@FIRMA.COM.TR", "ilgi@firma.com.tr"),
            ("o'neil_1.x@a-b.co", "o'neil_1.x@a-b.co"),
            ("x@localhost", "x@localhost"),
            ("bilgi@xn--rnek-5qa.com.tr", "bilgi@xn--rnek-5qa.com.tr"),
        ] {
            assert_eq!(Email::parse(typed).unwrap().as_str(), stored);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ada",
            "ada@",
            "@demo.test",
            "ada@@demo.test",
            "ada@demo@test",
            "ada@demo..test",
            "ada@.demo.test",
            "ada@demo.test.",
            "ada@-demo.test",
            "ada@demo-.test",
            "ada@de_mo.test",
            "ada lovelace@demo.test",
            "ada@demo.test,cem@demo.test",
            "ada@demo.test;cem@demo.test",
            "Ada <ada@demo.test>",
            "\"ada\"@demo.test",
            "ada@[127.0.0.1]",
            "ada(x)@demo.test",
            "ada\\@demo.test",
        ] {
            assert_eq!(Email::parse(text), Err(Invalid::Email), "{text}");
        }
    }

    #[test]
    fn no_control_character_or_blank_gets_inside() {
        for byte in (0..=32).chain([127]) {
            let c = char::from(byte);
            for text in [
                format!("ad{c}a@demo.test"),
                format!("ada@de{c}mo.test"),
                format!("ada@demo.test{c}bcc:x@demo.test"),
            ] {
                assert_eq!(Email::parse(&text), Err(Invalid::Email), "{text:?}");
            }
        }
    }

    #[test]
    fn letters_outside_ascii_get_a_reason_of_their_own() {
        for text in ["bilgi@örnek.com.tr", "çelik@demo.test", "İlgi@demo.test"] {
            assert_eq!(Email::parse(text), Err(Invalid::EmailNotAscii), "{text}");
        }
    }

    #[test]
    fn the_limits_are_254_bytes_and_63_in_a_label() {
        let address = |name: usize| format!("{}@{}.test", "a".repeat(name), "b".repeat(63));
        let rest = address(0).len();
        assert!(Email::parse(&address(254 - rest)).is_ok());
        assert!(Email::parse(&address(255 - rest)).is_err());
        assert!(Email::parse(&format!("a@{}.test", "b".repeat(64))).is_err());
    }

    #[test]
    fn one_wrong_byte_anywhere_spoils_a_generated_address() {
        let mut generator = Generator(41);
        let letters: Vec<char> = ('a'..='z').chain('0'..='9').collect();
        for _ in 0..300 {
            let mut part =
                |count: u64| -> String { (0..=count).map(|_| generator.pick(&letters)).collect() };
            let address = format!(
                "{}.{}@{}-{}.{}",
                part(5),
                part(5),
                part(4),
                part(4),
                part(2)
            );
            assert_eq!(Email::parse(&address).unwrap().as_str(), address);
            assert_eq!(
                Email::parse(&address.to_ascii_uppercase())
                    .unwrap()
                    .as_str(),
                address
            );
            for wrong in [',', '"', '<', '(', ':', '@', ' ', '\n', '\0'] {
                for place in 1..address.len() {
                    let mut spoiled = address.clone();
                    spoiled.insert(place, wrong);
                    assert_eq!(Email::parse(&spoiled), Err(Invalid::Email), "{spoiled:?}");
                }
            }
        }
    }
}
