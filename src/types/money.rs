//! Sums of money: whole minor units and a currency, never a float.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Invalid, Lang, choice, number};

choice! {
    /// What a sum is in. Each of them has a hundred minor units.
    pub enum Currency {
        Try = "TRY",
        Usd = "USD",
        Eur = "EUR",
    }
}

impl Currency {
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Try => "₺",
            Self::Usd => "$",
            Self::Eur => "€",
        }
    }

    /// What people write before or after a number.
    fn marks(self) -> &'static [&'static str] {
        match self {
            Self::Try => &["₺", "TRY", "TL"],
            Self::Usd => &["$", "USD"],
            Self::Eur => &["€", "EUR"],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// A million millions: as many of these as any table has rows can be added up.
    pub const MAX_MINOR: i64 = 100_000_000_000_000;

    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// `1.234,56` in Turkish, `1,234.56` in English, with or without the currency's sign. One separator alone with one
    /// or two digits behind it is the decimal one in both; three digits behind the language's own group separator are a
    /// group: `1.234` is 1234 lira.
    pub fn parse(text: &str, currency: Currency, lang: Lang) -> Result<Self, Invalid> {
        let digits = bare(text, currency);
        if digits.is_empty() {
            return Err(if text.trim().is_empty() {
                Invalid::Required
            } else {
                Invalid::Money
            });
        }
        let (group, decimal) = separators(lang);
        let minor = split(digits, group, decimal)
            .and_then(|(whole, cents)| {
                let whole: i64 = whole.parse().ok()?;
                let cents: i64 = format!("{cents:0<2}").parse().ok()?;
                whole.checked_mul(100)?.checked_add(cents)
            })
            .filter(|minor| *minor <= Self::MAX_MINOR)
            .ok_or(Invalid::Money)?;
        Ok(Self { minor, currency })
    }

    /// `1.234,56 ₺` or `₺1,234.56`.
    #[must_use]
    pub fn display(self, lang: Lang) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        let (amount, symbol) = (self.unsigned(lang), self.currency.symbol());
        match lang {
            Lang::En => format!("{sign}{symbol}{amount}"),
            Lang::Tr => format!("{sign}{amount}\u{a0}{symbol}"),
        }
    }

    /// The number alone, as a form shows it; it parses back to itself.
    #[must_use]
    pub fn amount(self, lang: Lang) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        format!("{sign}{}", self.unsigned(lang))
    }

    fn unsigned(self, lang: Lang) -> String {
        let minor = self.minor.unsigned_abs();
        let whole = i64::try_from(minor / 100).unwrap_or(i64::MAX);
        let (_, decimal) = separators(lang);
        format!("{}{decimal}{:02}", number::group(whole, lang), minor % 100)
    }

    /// `1234.56`, for files that other programs read.
    #[must_use]
    pub fn plain(self) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        format!("{sign}{}.{:02}", minor / 100, minor % 100)
    }

    /// Reads `1234.56 TRY`, as `Display` writes it.
    #[must_use]
    pub fn from_plain(text: &str) -> Option<Self> {
        let (amount, currency) = text.split_once(' ')?;
        let currency = Currency::parse(currency).ok()?;
        let (is_negative, amount) = match amount.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, amount),
        };
        let (whole, cents) = amount.split_once('.')?;
        let well_formed = cents.len() == 2 && is_digits(cents) && is_digits(whole);
        if !well_formed {
            return None;
        }
        let sign = if is_negative { -1 } else { 1 };
        let whole: i128 = whole.parse().ok()?;
        let cents: i128 = cents.parse().ok()?;
        let minor = i64::try_from(sign * (whole.checked_mul(100)? + cents)).ok()?;
        Some(Self { minor, currency })
    }
}

/// `1234.56 TRY`: the form that no language has, for the audit and for templates.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.plain(), self.currency)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_plain(&text)
            .ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&text), &"1234.56 TRY"))
    }
}

/// Between groups, and before the cents.
fn separators(lang: Lang) -> (char, char) {
    match lang {
        Lang::En => (',', '.'),
        Lang::Tr => ('.', ','),
    }
}

/// Without blanks around it and without the currency's sign, before or behind it.
fn bare(text: &str, currency: Currency) -> &str {
    let text = text.trim();
    for mark in currency.marks() {
        let head = text
            .get(..mark.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(mark));
        if head {
            return text[mark.len()..].trim_start();
        }
        let rest = text.len().saturating_sub(mark.len());
        let tail = text
            .get(rest..)
            .is_some_and(|tail| tail.eq_ignore_ascii_case(mark));
        if tail {
            return text[..rest].trim_end();
        }
    }
    text
}

/// The digits before and behind the decimal separator.
fn split(text: &str, group: char, decimal: char) -> Option<(String, &str)> {
    if let Some((whole, cents)) = text.split_once(decimal) {
        return Some((whole_digits(whole, group)?, cents)).filter(|_| is_cents(cents));
    }
    if let Some(whole) = whole_digits(text, group) {
        return Some((whole, ""));
    }
    let (whole, cents) = text.split_once(group)?;
    (is_digits(whole) && is_cents(cents)).then(|| (whole.to_owned(), cents))
}

/// Plain digits, or groups of three after a first one of one to three that does not begin with 0.
fn whole_digits(text: &str, group: char) -> Option<String> {
    if is_digits(text) {
        return Some(text.to_owned());
    }
    let mut groups = text.split(group);
    let first = groups.next()?;
    let well_formed = is_digits(first)
        && first.len() <= 3
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3 && is_digits(group));
    well_formed.then(|| text.replace(group, ""))
}

fn is_cents(text: &str) -> bool {
    text.len() <= 2 && is_digits(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{Currency, Money};
    use crate::types::{Invalid, Lang, golden::vectors};

    fn lira(text: &str, lang: Lang) -> Option<i64> {
        Money::parse(text, Currency::Try, lang)
            .ok()
            .map(|money| money.minor)
    }

    #[test]
    fn the_golden_sums_hold() {
        for case in vectors("money_tr").as_array().unwrap() {
            let input = case["input"].as_str().unwrap();
            assert_eq!(lira(input, Lang::Tr), case["minor"].as_i64(), "{input}");
        }
    }

    #[test]
    fn english_has_the_separators_the_other_way_round() {
        for (input, minor) in [
            ("1,234.56", Some(123_456)),
            ("1234.56", Some(123_456)),
            ("1,234", Some(123_400)),
            ("1234,5", Some(123_450)),
            ("1.234", None),
            ("1.234,56", None),
            ("12.345", None),
            ("0,123", None),
            ("TRY 10", Some(1000)),
            ("10 tl", Some(1000)),
            ("$10", None),
            ("-1", None),
            (".5", None),
            ("5.", None),
            ("٣", None),
        ] {
            assert_eq!(lira(input, Lang::En), minor, "{input}");
        }
    }

    #[test]
    fn nothing_typed_is_missing_and_too_much_is_refused() {
        let parse = |text: &str| Money::parse(text, Currency::Eur, Lang::Tr);
        assert_eq!(parse("  "), Err(Invalid::Required));
        assert_eq!(parse("€"), Err(Invalid::Money));
        assert_eq!(parse(&"9".repeat(40)), Err(Invalid::Money));
        assert_eq!(parse("1000000000000,01"), Err(Invalid::Money));
        assert_eq!(
            parse("1.000.000.000.000,00").unwrap().minor,
            Money::MAX_MINOR
        );
    }

    #[test]
    fn each_language_shows_a_sum_its_own_way() {
        let money = Money::new(123_456_780, Currency::Try);
        assert_eq!(money.display(Lang::Tr), "1.234.567,80\u{a0}₺");
        assert_eq!(money.display(Lang::En), "₺1,234,567.80");
        assert_eq!(Money::new(-5, Currency::Usd).display(Lang::En), "-$0.05");
        assert_eq!(money.to_string(), "1234567.80 TRY");
        assert_eq!(Money::from_plain("1.2 TRY"), None);
        assert_eq!(Money::from_plain("1.20"), None);
    }

    proptest! {
        #[test]
        fn what_a_form_shows_is_read_back(minor in 0..=Money::MAX_MINOR, place in 0..3_usize) {
            let money = Money::new(minor, Currency::ALL[place]);
            for lang in Lang::ALL {
                prop_assert_eq!(Money::parse(&money.amount(*lang), money.currency, *lang), Ok(money));
                prop_assert_eq!(Money::parse(&money.display(*lang), money.currency, *lang), Ok(money));
            }
        }

        #[test]
        fn the_plain_form_holds_any_sum(minor in any::<i64>(), place in 0..3_usize) {
            let money = Money::new(minor, Currency::ALL[place]);
            prop_assert_eq!(Money::from_plain(&money.to_string()), Some(money));
            prop_assert!(!money.display(Lang::Tr).is_empty());
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,24}") {
            for lang in Lang::ALL {
                if let Ok(money) = Money::parse(&text, Currency::Try, *lang) {
                    prop_assert!((0..=Money::MAX_MINOR).contains(&money.minor));
                }
            }
        }
    }
}
