//! The code of a workplace's economic activity, from which its danger class follows.

use std::fmt;

use serde::Serialize;

use super::Invalid;

/// Six digits in the Turkish form, stored as `43.12.01`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Nace(String);

impl Nace {
    /// With both dots or with none. The division must exist; the four digits after it are not
    /// checked, as the Turkish list below it changes from year to year.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let parts: Vec<&str> = text.trim().split('.').collect();
        let digits = match parts[..] {
            [whole] if whole.len() == 6 => whole.to_owned(),
            [_, _, _] if parts.iter().all(|part| part.len() == 2) => parts.concat(),
            _ => return Err(Invalid::Nace),
        };
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Invalid::Nace);
        }
        let (division, class, activity) = (&digits[..2], &digits[2..4], &digits[4..]);
        if division.parse().is_ok_and(is_division) {
            Ok(Self(format!("{division}.{class}.{activity}")))
        } else {
            Err(Invalid::Nace)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The 88 divisions of NACE Rev. 2 (Regulation (EC) No 1893/2006). Rev. 2.1 drops 45 and adds
/// none, and codes given under Rev. 2 stay in use.
fn is_division(division: u8) -> bool {
    matches!(
        division,
        1..=3
            | 5..=33
            | 35..=39
            | 41..=43
            | 45..=47
            | 49..=53
            | 55..=56
            | 58..=66
            | 68..=75
            | 77..=82
            | 84..=88
            | 90..=99
    )
}

#[cfg(test)]
mod tests {
    use super::Nace;
    use crate::types::Invalid;
    use crate::types::golden::{Generator, digits_to_text, texts};

    #[test]
    fn the_golden_codes_hold() {
        for text in texts("nace", "valid") {
            let digits = |text: &str| text.replace('.', "");
            let nace = Nace::parse(&text).unwrap();
            assert_eq!(nace.as_str().len(), 8);
            assert_eq!(digits(nace.as_str()), digits(&text));
        }
        for text in texts("nace", "invalid") {
            assert_eq!(Nace::parse(&text), Err(Invalid::Nace), "{text}");
        }
    }

    #[test]
    fn eighty_eight_divisions_exist_and_these_do_not() {
        let missing: Vec<u32> = (0..100)
            .filter(|division| Nace::parse(&format!("{division:02}.11.01")).is_err())
            .collect();
        assert_eq!(missing, [0, 4, 34, 40, 44, 48, 54, 57, 67, 76, 83, 89]);
    }

    #[test]
    fn dotted_and_bare_forms_are_the_same_code() {
        let mut generator = Generator(31);
        for _ in 0..500 {
            let division = generator.pick(&["01", "08", "25", "43", "47", "62", "86", "97"]);
            let (group, leaf) = (generator.digits(2), generator.digits(2));
            let (group, leaf) = (digits_to_text(&group), digits_to_text(&leaf));
            let dotted = format!("{division}.{group}.{leaf}");
            let bare = Nace::parse(&format!(" {division}{group}{leaf}\n")).unwrap();
            assert_eq!(bare.as_str(), dotted);
            assert_eq!(Nace::parse(&dotted), Ok(bare));
        }
    }

    #[test]
    fn any_other_shape_is_refused() {
        for text in [
            "",
            "43",
            "43.12",
            "43.12.011",
            "43.1201",
            "4312.01",
            "43-12-01",
            "43 12 01",
            ".431201.",
            "٤٣.١٢.٠١",
            "٤٣١",
        ] {
            assert_eq!(Nace::parse(text), Err(Invalid::Nace), "{text}");
        }
    }
}
