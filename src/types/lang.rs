//! The two languages of the product and the choice between them.

use std::cmp::Reverse;

use super::choice;

choice! {
    pub enum Lang {
        En = "en",
        Tr = "tr",
    }
}

impl Lang {
    /// The tag, as in `lang="tr"`.
    pub const fn code(self) -> &'static str {
        self.as_str()
    }

    /// The better of the two by an `Accept-Language` field (RFC 9110 §12.5.4), English if it
    /// favours neither. Between equal weights the one named first wins.
    pub fn negotiate(accept_language: &str) -> Self {
        let ranges: Vec<(&str, u16)> = accept_language.split(',').filter_map(range).collect();
        let best_of = |wanted: &str| {
            ranges
                .iter()
                .enumerate()
                .filter(|(_, (language, _))| language.eq_ignore_ascii_case(wanted))
                .map(|(place, (_, weight))| (*weight, Reverse(place)))
                .max()
        };
        let rank = |lang: Self| {
            best_of(lang.code())
                .or_else(|| best_of("*"))
                .filter(|(weight, _)| *weight > 0)
        };
        if rank(Self::Tr) > rank(Self::En) {
            Self::Tr
        } else {
            Self::En
        }
    }
}

/// The language of one range (`tr` of `tr-TR;q=0.8`) and its weight in thousandths.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let language = parts.next()?.split('-').next()?;
    let weight = match parts.next() {
        None => 1000,
        Some(parameter) => {
            let (name, value) = parameter.split_once('=')?;
            if !name.trim_end().eq_ignore_ascii_case("q") {
                return None;
            }
            thousandths(value.trim_start())?
        }
    };
    Some((language, weight))
}

/// RFC 9110 §12.4.2: 0 to 1 with at most three decimals.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction = format!("{fraction:0<3}").parse().ok()?;
    match (whole, fraction) {
        ("0", _) => Some(fraction),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Lang, thousandths};

    #[test]
    fn the_heavier_language_wins() {
        for (header, lang) in [
            ("tr", Lang::Tr),
            ("tr-TR,tr;q=0.9,en-US;q=0.8,en;q=0.7", Lang::Tr),
            ("en-GB,en;q=0.9,tr;q=0.8", Lang::En),
            ("en;q=0.4, tr;q=0.5", Lang::Tr),
            ("EN;Q=0.4,TR-tr;Q=0.401", Lang::Tr),
            ("de, tr;q=0.1", Lang::Tr),
            ("tr ; q = 0.2 , en ; q=0.1", Lang::Tr),
            ("tr;q=0.1, tr-TR;q=0.9, en;q=0.5", Lang::Tr),
        ] {
            assert_eq!(Lang::negotiate(header), lang, "{header}");
        }
    }

    #[test]
    fn between_equal_weights_the_first_wins() {
        assert_eq!(Lang::negotiate("tr,en"), Lang::Tr);
        assert_eq!(Lang::negotiate("en,tr"), Lang::En);
        assert_eq!(Lang::negotiate("en;q=0.5,tr;q=0.500"), Lang::En);
    }

    #[test]
    fn a_star_stands_for_the_language_not_named() {
        assert_eq!(Lang::negotiate("*"), Lang::En);
        assert_eq!(Lang::negotiate("en;q=0.1, *;q=0.9"), Lang::Tr);
        assert_eq!(Lang::negotiate("en;q=0, *"), Lang::Tr);
        assert_eq!(Lang::negotiate("tr;q=0, *"), Lang::En);
    }

    #[test]
    fn english_answers_when_neither_is_wanted() {
        for header in [
            "",
            ",,;",
            "de",
            "fr-FR,fr;q=0.9",
            "tr;q=0",
            "tr;q=0.000",
            "trk",
            "x-tr",
        ] {
            assert_eq!(Lang::negotiate(header), Lang::En, "{header:?}");
        }
    }

    #[test]
    fn a_range_with_a_broken_weight_does_not_count() {
        for weight in [
            "2", "1.1", "0.1234", "-1", "nan", "", "0,5", "0.5x", "+1", "1e0", "٠",
        ] {
            assert_eq!(thousandths(weight), None, "{weight}");
            assert_eq!(
                Lang::negotiate(&format!("tr;q={weight}")),
                Lang::En,
                "{weight}"
            );
        }
    }

    #[test]
    fn every_weight_of_the_grammar_is_read_and_compared() {
        for weight in 0..=1000 {
            let text = format!("{}.{:03}", weight / 1000, weight % 1000);
            assert_eq!(thousandths(&text), Some(weight));
            let header = format!("en;q=0.5,tr;q={text}");
            let expected = if weight > 500 { Lang::Tr } else { Lang::En };
            assert_eq!(Lang::negotiate(&header), expected, "{header}");
        }
        assert_eq!(thousandths("1"), Some(1000));
        assert_eq!(thousandths("0.5"), Some(500));
        assert_eq!(thousandths("0."), Some(0));
    }

    #[test]
    fn a_stored_code_comes_back() {
        for &lang in Lang::ALL {
            assert_eq!(Lang::parse(lang.code()), Ok(lang));
        }
    }
}
