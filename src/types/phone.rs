//! A telephone number, stored in E.164 form.

use std::fmt;

use serde::Serialize;

use super::Invalid;

/// `+`, country code and subscriber number, digits only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// A Turkish number with or without `+90`, `0090`, `90` or the trunk `0` before its ten digits.
    pub fn parse_turkish(text: &str) -> Result<Self, Invalid> {
        let (plus, digits) = dialled(text)?;
        let national = if plus {
            digits.strip_prefix("90")
        } else {
            match digits.len() {
                10 => Some(digits.as_str()),
                11 => digits.strip_prefix('0'),
                12 => digits.strip_prefix("90"),
                _ => None,
            }
        };
        match national {
            Some(national) if is_turkish(national) => Ok(Self(format!("+90{national}"))),
            _ => Err(Invalid::Phone),
        }
    }

    /// Any country's number after `+` or `00`; without them, or with `+90`, a Turkish one.
    pub fn parse_international(text: &str) -> Result<Self, Invalid> {
        let (plus, digits) = dialled(text)?;
        if !plus || digits.starts_with("90") {
            return Self::parse_turkish(text);
        }
        // ITU-T E.164: at most 15 digits, and no country code begins with 0. It names no least
        // length; the shortest numbers in use have seven digits with their country code.
        if !digits.starts_with('0') && (7..=15).contains(&digits.len()) {
            Ok(Self(format!("+{digits}")))
        } else {
            Err(Invalid::Phone)
        }
    }

    /// E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For reading: `+90 555 123 45 67`. Other countries group in their own ways and stay as stored.
    pub fn display(&self) -> String {
        match self.0.strip_prefix("+90") {
            Some(n) => format!("+90 {} {} {} {}", &n[..3], &n[3..6], &n[6..8], &n[8..]),
            None => self.0.clone(),
        }
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether the number came in international form, and its digits without `+` or `00`.
fn dialled(text: &str) -> Result<(bool, String), Invalid> {
    let text = text.trim();
    let (mut plus, rest) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let separator = |c: char| c.is_whitespace() || matches!(c, '-' | '–' | '.' | '/' | '(' | ')');
    let mut digits: String = rest.chars().filter(|c| !separator(*c)).collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Invalid::Phone);
    }
    if !plus && digits.starts_with("00") {
        plus = true;
        digits.drain(..2);
    }
    Ok((plus, digits))
}

/// By area code: 2xx–4xx land lines, 5xx mobiles, 800 free, 850 country-wide, 900 premium.
fn is_turkish(national: &str) -> bool {
    national.len() == 10
        && (matches!(national.as_bytes()[0], b'2'..=b'5')
            || matches!(&national[..3], "800" | "850" | "900"))
}

#[cfg(test)]
mod tests {
    use super::Phone;
    use crate::types::Invalid;
    use crate::types::golden::{Generator, digits_to_text, vectors};

    fn turkish(text: &str) -> Option<String> {
        Phone::parse_turkish(text)
            .ok()
            .map(|p| p.as_str().to_owned())
    }

    fn international(text: &str) -> Option<String> {
        Phone::parse_international(text)
            .ok()
            .map(|p| p.as_str().to_owned())
    }

    #[test]
    fn the_golden_numbers_hold() {
        for case in vectors("phone").as_array().unwrap() {
            let input = case["input"].as_str().unwrap();
            let expected = case["e164"].as_str().map(str::to_owned);
            assert_eq!(turkish(input), expected, "{input}");
            assert_eq!(international(input), expected, "{input}");
        }
    }

    #[test]
    fn every_area_code_is_decided_by_its_rule() {
        let mut generator = Generator(21);
        for area in 0..1000 {
            let national = format!("{area:03}{}", digits_to_text(&generator.digits(7)));
            let known = (200..=599).contains(&area) || [800, 850, 900].contains(&area);
            let expected = known.then(|| format!("+90{national}"));
            let plus = format!("+90{national}");
            assert_eq!(turkish(&plus), expected, "{plus}");
            assert_eq!(international(&plus), expected, "{plus}");
            if area >= 10 {
                assert_eq!(turkish(&national), expected, "{national}");
            }
        }
    }

    #[test]
    fn every_way_of_writing_a_number_gives_the_same_value() {
        let mut generator = Generator(22);
        for _ in 0..500 {
            let area =
                generator.pick(&[212, 216, 312, 412, 488, 505, 532, 555, 599, 800, 850, 900]);
            let rest = digits_to_text(&generator.digits(7));
            let (a, b, c) = (&rest[..3], &rest[3..5], &rest[5..]);
            let expected = Some(format!("+90{area}{rest}"));
            for text in [
                format!("{area}{rest}"),
                format!("0{area}{rest}"),
                format!("90{area}{rest}"),
                format!("+90{area}{rest}"),
                format!("0090{area}{rest}"),
                format!(" 0 ({area}) {a} {b} {c} "),
                format!("+90 {area} {a}-{b}-{c}"),
                format!("0{area}.{a}.{b}.{c}"),
                format!("0{area}/{rest}"),
                format!("+90\u{a0}{area}\u{a0}{rest}"),
            ] {
                assert_eq!(turkish(&text), expected, "{text}");
                assert_eq!(international(&text), expected, "{text}");
            }
        }
    }

    #[test]
    fn a_turkish_number_with_a_digit_more_or_less_is_refused() {
        let mut generator = Generator(23);
        for _ in 0..200 {
            let seven = digits_to_text(&generator.digits(7));
            for prefix in ["+90555", "0555", "0090555"] {
                let right = format!("{prefix}{seven}");
                assert!(turkish(&right).is_some());
                assert_eq!(turkish(&format!("{right}0")), None);
                assert_eq!(turkish(&right[..right.len() - 1]), None);
            }
        }
    }

    #[test]
    fn another_country_is_taken_only_where_the_field_allows_it() {
        for (text, e164) in [
            ("+49 30 901820", "+4930901820"),
            ("0044 20 7946 0958", "+442079460958"),
            ("+1 (202) 555-0143", "+12025550143"),
            ("+683 4000", "+6834000"),
        ] {
            assert_eq!(international(text).as_deref(), Some(e164));
            assert_eq!(turkish(text), None, "{text}");
        }
    }

    #[test]
    fn an_international_number_has_7_to_15_digits_and_no_leading_zero() {
        for length in 1..30 {
            let digits = "4".repeat(length);
            let expected = (7..=15).contains(&length).then(|| format!("+{digits}"));
            assert_eq!(international(&format!("+{digits}")), expected);
        }
        assert_eq!(international("+0301234567"), None);
        assert_eq!(international("000301234567"), None);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            " ",
            "+",
            "00",
            "112",
            "444 0 444",
            "++905551234567",
            "555+1234567",
            "0555 123 45 67 dahili 3",
            "٠٥٥٥١٢٣٤٥٦٧",
            "0555,1234567",
            "0555\u{0}1234567",
        ] {
            assert_eq!(Phone::parse_turkish(text), Err(Invalid::Phone), "{text}");
            assert_eq!(
                Phone::parse_international(text),
                Err(Invalid::Phone),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_shown_can_be_typed_again() {
        let mut generator = Generator(24);
        let shown = Phone::parse_turkish("05551234567").unwrap().display();
        assert_eq!(shown, "+90 555 123 45 67");
        for _ in 0..200 {
            let length = usize::try_from(6 + generator.below(9)).unwrap();
            let text = format!("+4{}", digits_to_text(&generator.digits(length)));
            let phone = Phone::parse_international(&text).unwrap();
            assert_eq!(Phone::parse_international(&phone.display()), Ok(phone));
        }
    }
}
