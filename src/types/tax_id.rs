//! The number a company pays taxes under: the VKN of a firm or the TCKN of a person.

use std::fmt;

use serde::Serialize;

use super::Invalid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxIdKind {
    /// Vergi kimlik numarası: ten digits.
    Vkn,
    /// T.C. kimlik numarası: eleven digits, personal data.
    Tckn,
}

/// The digits alone, with their check digits verified.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct TaxId(String);

impl TaxId {
    /// Blanks may stand anywhere.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let values: Option<Vec<u32>> = digits.chars().map(|c| c.to_digit(10)).collect();
        let valid = match values.as_deref() {
            Some(vkn @ [_, _, _, _, _, _, _, _, _, _]) => is_vkn(vkn),
            Some(tckn @ [_, _, _, _, _, _, _, _, _, _, _]) => is_tckn(tckn),
            _ => false,
        };
        if valid {
            Ok(Self(digits))
        } else {
            Err(Invalid::TaxId)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn kind(&self) -> TaxIdKind {
        if self.0.len() == 10 {
            TaxIdKind::Vkn
        } else {
            TaxIdKind::Tckn
        }
    }

    /// For the audit trail: a TCKN shows its last two digits only, a VKN is public.
    pub fn masked(&self) -> String {
        match self.kind() {
            TaxIdKind::Vkn => self.0.clone(),
            TaxIdKind::Tckn => format!("*********{}", &self.0[9..]),
        }
    }
}

impl fmt::Display for TaxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The check of the Revenue Administration (GİB); ten equal digits are refused by our own policy.
fn is_vkn(digits: &[u32]) -> bool {
    let sum: u32 = (1..=9)
        .rev()
        .zip(digits)
        .map(|(weight, digit)| match (digit + weight) % 10 {
            9 => 9,
            moved => (moved << weight) % 9,
        })
        .sum();
    digits[9] == (10 - sum % 10) % 10 && digits.iter().any(|d| *d != digits[0])
}

/// The check of the Population Administration (NVİ): the tenth digit from the first nine, the
/// eleventh from the first ten.
fn is_tckn(digits: &[u32]) -> bool {
    let odd: u32 = digits[..9].iter().step_by(2).sum();
    let even: u32 = digits[1..8].iter().step_by(2).sum();
    let sum: u32 = digits[..10].iter().sum();
    // 9 × even instead of −even: the same remainder without a negative number.
    digits[0] != 0 && digits[9] == (7 * odd + 9 * even) % 10 && digits[10] == sum % 10
}

#[cfg(test)]
mod tests {
    use super::{TaxId, TaxIdKind};
    use crate::types::Invalid;
    use crate::types::golden::{Generator, digits_to_text, single_digit_errors, texts};

    /// Written from the published steps, not from the code above.
    fn vkn(nine: &[u8]) -> Vec<u8> {
        let mut sum = 0;
        for (i, digit) in nine.iter().enumerate() {
            let place = u32::try_from(i).unwrap() + 1;
            let moved = (u32::from(*digit) + 10 - place) % 10;
            let mut part = moved * 2_u32.pow(10 - place) % 9;
            if moved != 0 && part == 0 {
                part = 9;
            }
            sum += part;
        }
        let mut whole = nine.to_vec();
        whole.push(u8::try_from((10 - sum % 10) % 10).unwrap());
        whole
    }

    fn tckn(nine: &[u8]) -> Vec<u8> {
        let digit = |i: usize| i32::from(nine[i]);
        let tenth = ((digit(0) + digit(2) + digit(4) + digit(6) + digit(8)) * 7
            - (digit(1) + digit(3) + digit(5) + digit(7)))
        .rem_euclid(10);
        let eleventh = (nine.iter().map(|d| i32::from(*d)).sum::<i32>() + tenth) % 10;
        let mut whole = nine.to_vec();
        whole.push(u8::try_from(tenth).unwrap());
        whole.push(u8::try_from(eleventh).unwrap());
        whole
    }

    fn refused(text: &str) -> bool {
        TaxId::parse(text) == Err(Invalid::TaxId)
    }

    #[test]
    fn the_golden_numbers_hold() {
        for (section, kind) in [("tckn", TaxIdKind::Tckn), ("vkn", TaxIdKind::Vkn)] {
            for text in texts(section, "valid") {
                let tax_id = TaxId::parse(&text).unwrap();
                assert_eq!(tax_id.as_str(), text);
                assert_eq!(tax_id.kind(), kind);
            }
        }
        for text in texts("vkn", "invalid") {
            assert!(refused(&text), "{text}");
        }
        for text in texts("tckn", "invalid") {
            // One of them is ten digits long and happens to be a good VKN.
            let is_tckn = TaxId::parse(&text).is_ok_and(|t| t.kind() == TaxIdKind::Tckn);
            assert!(!is_tckn, "{text}");
        }
    }

    #[test]
    fn every_number_with_right_check_digits_is_taken() {
        let mut generator = Generator(11);
        for _ in 0..2000 {
            let mut nine = generator.digits(9);
            let firm = digits_to_text(&vkn(&nine));
            assert_eq!(TaxId::parse(&firm).unwrap().kind(), TaxIdKind::Vkn);
            nine[0] = nine[0].max(1);
            let person = digits_to_text(&tckn(&nine));
            assert_eq!(TaxId::parse(&person).unwrap().kind(), TaxIdKind::Tckn);
        }
    }

    #[test]
    fn every_single_wrong_digit_is_caught() {
        let mut generator = Generator(12);
        for _ in 0..300 {
            let mut nine = generator.digits(9);
            for wrong in single_digit_errors(&vkn(&nine)) {
                assert!(refused(&wrong), "{wrong}");
            }
            nine[0] = nine[0].max(1);
            for wrong in single_digit_errors(&tckn(&nine)) {
                assert!(refused(&wrong), "{wrong}");
            }
        }
    }

    #[test]
    fn a_tckn_does_not_start_with_zero() {
        let mut generator = Generator(13);
        for _ in 0..200 {
            let mut nine = generator.digits(9);
            nine[0] = 0;
            assert!(refused(&digits_to_text(&tckn(&nine))));
        }
    }

    #[test]
    fn ten_equal_digits_are_no_vkn() {
        for digit in 0..10 {
            assert!(refused(&digits_to_text(&[digit; 10])), "{digit}");
        }
    }

    #[test]
    fn blanks_may_stand_anywhere() {
        assert_eq!(
            TaxId::parse(" 454 053\u{a0}6920\t").unwrap().as_str(),
            "4540536920"
        );
        assert_eq!(
            TaxId::parse("100 000 001 46").unwrap().as_str(),
            "10000000146"
        );
    }

    #[test]
    fn nothing_but_ascii_digits_and_blanks_is_taken() {
        for text in [
            "",
            "  ",
            "454-053-6920",
            "+4540536920",
            "TR4540536920",
            "454053692",
            "045405369200",
            "４５４０５３６９２０",
            "٤٥٤٠٥٣٦٩٢٠",
        ] {
            assert!(refused(text), "{text}");
        }
    }

    #[test]
    fn a_masked_tckn_shows_its_last_two_digits_only() {
        assert_eq!(TaxId::parse("10000000146").unwrap().masked(), "*********46");
        assert_eq!(TaxId::parse("4540536920").unwrap().masked(), "4540536920");
    }
}
