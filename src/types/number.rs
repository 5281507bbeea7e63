//! Numbers as people read them.

use super::Lang;

/// Digits in groups of three: `1.234` in Turkish, `1,234` in English.
pub fn group(number: i64, lang: Lang) -> String {
    let separator = match lang {
        Lang::En => ',',
        Lang::Tr => '.',
    };
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3 + 2);
    if number < 0 {
        grouped.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

/// With two decimals: `0,39` in Turkish, `0.39` in English.
pub fn hundredths(number: f64, lang: Lang) -> String {
    let text = format!("{number:.2}");
    match lang {
        Lang::En => text,
        Lang::Tr => text.replace('.', ","),
    }
}

#[cfg(test)]
mod tests {
    use super::{group, hundredths};
    use crate::types::Lang;
    use crate::types::golden::Generator;

    #[test]
    fn numbers_are_grouped_by_three_from_the_right() {
        for (number, tr, en) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1234, "1.234", "1,234"),
            (-100_000, "-100.000", "-100,000"),
            (1_000_000, "1.000.000", "1,000,000"),
            (
                i64::MIN,
                "-9.223.372.036.854.775.808",
                "-9,223,372,036,854,775,808",
            ),
        ] {
            assert_eq!(group(number, Lang::Tr), tr);
            assert_eq!(group(number, Lang::En), en);
        }
    }

    #[test]
    fn taking_the_separators_out_gives_the_number_back() {
        let mut generator = Generator(51);
        for _ in 0..1000 {
            let number = generator.next().cast_signed() >> generator.below(64);
            let text = group(number, Lang::Tr);
            assert_eq!(text.replace('.', "").parse(), Ok(number));
            let mut parts = text.trim_start_matches('-').split('.');
            assert!((1..=3).contains(&parts.next().unwrap().len()), "{text}");
            assert!(parts.all(|part| part.len() == 3), "{text}");
        }
    }

    #[test]
    fn decimals_stand_behind_the_languages_sign() {
        assert_eq!(hundredths(0.394, Lang::En), "0.39");
        assert_eq!(hundredths(1234.5, Lang::Tr), "1234,50");
    }
}
