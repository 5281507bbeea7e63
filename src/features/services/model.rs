//! What a subscription is, when it renews, and which reminders are due before.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc};

use crate::{
    features::companies::model::{Company, Field},
    platform::db::text_column,
    types::{Currency, Id, Money, choice, text},
};

choice! {
    /// What is sold.
    pub enum Kind {
        Hosting = "hosting",
        Domain = "domain",
        Seo = "seo",
        Maintenance = "maintenance",
        SocialMedia = "social_media",
        Ads = "ads",
        Other = "other",
    }
}

choice! {
    /// How often it is paid for.
    pub enum Cycle {
        Monthly = "monthly",
        Yearly = "yearly",
        Once = "once",
    }
}

choice! {
    /// A cancelled one renews nothing, and so would an expired one; but nothing expires by itself.
    pub enum Status {
        Active = "active",
        Cancelled = "cancelled",
        Expired = "expired",
    }
}

choice! {
    /// What became of a step of the reminders.
    pub enum Outcome {
        Mailed = "mailed",
        NoAddress = "no_address",
        MailOff = "mail_off",
        /// A more urgent step was due already.
        Passed = "passed",
    }
}

text_column!(Kind, Cycle, Status, Outcome);

impl Status {
    /// Those that a subscription is ever in, and that a list can be narrowed to.
    pub const IN_USE: &'static [Self] = &[Self::Active, Self::Cancelled];
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Service {
    pub id: Id<Service>,
    pub company_id: Id<Company>,
    pub company: String,
    pub name: String,
    #[sqlx(rename = "type")]
    pub kind: Kind,
    price_minor: i64,
    currency: Currency,
    pub cycle: Cycle,
    pub starts_on: NaiveDate,
    pub renews_on: Option<NaiveDate>,
    pub anchor_day: i64,
    pub status: Status,
    pub cancelled_on: Option<NaiveDate>,
    pub notes: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Service {
    #[must_use]
    pub fn price(&self) -> Money {
        Money::new(self.price_minor, self.currency)
    }

    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft {
            name: self.name.clone(),
            kind: self.kind,
            price: self.price(),
            cycle: self.cycle,
            starts_on: self.starts_on,
            renews_on: self.renews_on,
            anchor_day: self.anchor_day,
            notes: self.notes.clone(),
        }
    }
}

/// Checked values on their way into the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub name: String,
    pub kind: Kind,
    pub price: Money,
    pub cycle: Cycle,
    pub starts_on: NaiveDate,
    /// None for what is paid once.
    pub renews_on: Option<NaiveDate>,
    pub anchor_day: i64,
    pub notes: Option<String>,
}

/// The texts of a draft's values that are not text.
pub struct Texts {
    price: String,
    starts_on: String,
    renews_on: Option<String>,
}

impl Draft {
    #[must_use]
    pub fn texts(&self) -> Texts {
        Texts {
            price: self.price.to_string(),
            starts_on: self.starts_on.to_string(),
            renews_on: self.renews_on.map(|date| date.to_string()),
        }
    }

    #[must_use]
    pub fn fields<'a>(&'a self, texts: &'a Texts) -> [Field<'a>; 7] {
        [
            ("name", Some(&self.name)),
            ("type", Some(self.kind.as_str())),
            ("price", Some(&texts.price)),
            ("cycle", Some(self.cycle.as_str())),
            ("starts_on", Some(&texts.starts_on)),
            ("renews_on", texts.renews_on.as_deref()),
            ("notes", self.notes.as_deref()),
        ]
    }
}

/// A period that was renewed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Renewal {
    pub service_id: Id<Service>,
    pub service: String,
    pub period_start: NaiveDate,
    pub period_end: NaiveDate,
    price_minor: i64,
    currency: Currency,
    pub created_at: DateTime<Utc>,
}

impl Renewal {
    #[must_use]
    pub fn price(&self) -> Money {
        Money::new(self.price_minor, self.currency)
    }
}

/// The words of a name, each after a blank, so that ` word` is found at a word's beginning only.
#[must_use]
pub fn searched(name: &str) -> String {
    let mut searched = String::new();
    for word in text::words(name) {
        if searched.len() + word.len() >= 500 {
            break;
        }
        searched.push(' ');
        searched.push_str(&word);
    }
    searched
}

// ---- when it renews

/// The next renewal: a month or a year on, at the anchor day or, where a month is shorter, at its last day.
#[must_use]
pub fn next(anchor_day: i64, from: NaiveDate, cycle: Cycle) -> Option<NaiveDate> {
    let months = match cycle {
        Cycle::Monthly => 1,
        Cycle::Yearly => 12,
        Cycle::Once => return None,
    };
    let month = from.year() * 12 + from.month0().cast_signed() + months;
    let month0 = month.rem_euclid(12).cast_unsigned();
    let first = NaiveDate::from_ymd_opt(month.div_euclid(12), month0 + 1, 1)?;
    let last = first.num_days_in_month();
    first.with_day(u32::try_from(anchor_day).ok()?.clamp(1, last.into()))
}

/// The first renewal on or after a day, counted on from an earlier one.
#[must_use]
pub fn next_from(
    anchor_day: i64,
    from: NaiveDate,
    cycle: Cycle,
    today: NaiveDate,
) -> Option<NaiveDate> {
    let mut renews_on = from;
    while renews_on < today {
        renews_on = next(anchor_day, renews_on, cycle)?;
    }
    Some(renews_on)
}

/// The day of the month that renewals keep to. It is the start's, unless the next renewal was set to another.
#[must_use]
pub fn anchor_of(starts_on: NaiveDate, renews_on: Option<NaiveDate>) -> i64 {
    let start = starts_on.day();
    let kept =
        renews_on.is_none_or(|date| start.min(date.num_days_in_month().into()) == date.day());
    match renews_on {
        Some(date) if !kept => date.day().into(),
        _ => start.into(),
    }
}

// ---- reminders

/// So many days before a renewal, the earliest first.
pub const STEPS: [i64; 4] = [30, 15, 3, 0];

/// The steps whose day has come and that were not noted yet, the earliest first, and whether each is the one that is
/// told: the most urgent one, if none as urgent was told before.
#[must_use]
pub fn due_steps(renews_on: NaiveDate, today: NaiveDate, noted: &[i64]) -> Vec<(i64, bool)> {
    let left = (renews_on - today).num_days();
    let due = STEPS.into_iter().filter(|step| left <= *step);
    let most_urgent = due.clone().next_back();
    due.filter(|step| !noted.contains(step))
        .map(|step| (step, Some(step) == most_urgent))
        .collect()
}

/// The first day on which a renewal that soon is told of.
#[must_use]
pub fn horizon(today: NaiveDate) -> NaiveDate {
    today + Days::new(30)
}

/// Yearly and monthly sums as one month's: a year's twelfth, rounded half up once.
#[must_use]
pub fn monthly(monthly: i64, yearly: i64) -> i64 {
    let year = i128::from(monthly) * 12 + i128::from(yearly);
    i64::try_from((year + 6).div_euclid(12)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};
    use serde_json::Value;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn golden() -> Value {
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/vectors/formats.json"
        ));
        let mut all: Value = serde_json::from_str(text).unwrap();
        all["renewal"].take()
    }

    #[test]
    fn the_golden_renewals_hold() {
        for case in golden().as_array().unwrap() {
            let start = day(case["start"].as_str().unwrap());
            let cycle = Cycle::parse(case["cycle"].as_str().unwrap()).unwrap();
            let mut from = start;
            for expected in case["next"].as_array().unwrap() {
                from = next(start.day().into(), from, cycle).unwrap();
                assert_eq!(from, day(expected.as_str().unwrap()), "{start}");
            }
        }
    }

    #[test]
    fn what_is_paid_once_never_renews() {
        assert_eq!(next(31, day("2026-01-31"), Cycle::Once), None);
        assert_eq!(
            next_from(31, day("2026-01-31"), Cycle::Once, day("2026-02-01")),
            None
        );
    }

    #[test]
    fn the_anchor_is_the_starts_day_unless_the_renewal_was_set_to_another() {
        let start = day("2026-01-31");
        assert_eq!(anchor_of(start, None), 31);
        assert_eq!(anchor_of(start, Some(day("2026-02-28"))), 31);
        assert_eq!(anchor_of(start, Some(day("2026-03-28"))), 28);
        assert_eq!(anchor_of(day("2026-01-15"), Some(day("2026-03-01"))), 1);
    }

    #[test]
    fn only_the_most_urgent_step_is_told_and_each_once() {
        let renews_on = day("2026-12-24");
        let due =
            |days: u64, noted: &[i64]| due_steps(renews_on, renews_on - Days::new(days), noted);
        assert_eq!(due(31, &[]), []);
        assert_eq!(due(30, &[]), [(30, true)]);
        assert_eq!(due(30, &[30]), []);
        assert_eq!(due(16, &[30]), []);
        assert_eq!(due(10, &[]), [(30, false), (15, true)]);
        assert_eq!(due(10, &[15]), [(30, false)]);
        assert_eq!(due(3, &[30, 15]), [(3, true)]);
        assert_eq!(due(0, &[30]), [(15, false), (3, false), (0, true)]);
        let late = renews_on + Days::new(7);
        assert_eq!(due_steps(renews_on, late, &[30, 15, 3]), [(0, true)]);
    }

    #[test]
    fn a_year_is_rounded_to_a_month_once() {
        assert_eq!(monthly(0, 0), 0);
        assert_eq!(monthly(0, 5), 0);
        assert_eq!(monthly(0, 6), 1);
        assert_eq!(monthly(100, 17), 101);
        assert_eq!(monthly(100, 18), 102);
        assert_eq!(monthly(i64::MAX, i64::MAX), i64::MAX);
    }

    #[test]
    fn the_search_looks_at_the_beginnings_of_words() {
        assert_eq!(searched("İSG: Diyarbakır'da SEO"), " isg diyarbakir da seo");
        assert!(searched(&"uzun kelime ".repeat(100)).len() <= 500);
    }

    fn days() -> impl Strategy<Value = NaiveDate> {
        (0..100_000_u64).prop_map(|days| day("1950-01-01") + Days::new(days))
    }

    fn cycles() -> impl Strategy<Value = Cycle> {
        prop_oneof![Just(Cycle::Monthly), Just(Cycle::Yearly)]
    }

    fn months(date: NaiveDate) -> i32 {
        date.year() * 12 + date.month0().cast_signed()
    }

    proptest! {
        #[test]
        fn a_renewal_is_later_skips_nothing_and_keeps_the_anchor(
            start in days(),
            cycle in cycles(),
            steps in 1..200_i32,
        ) {
            let anchor = i64::from(start.day());
            let stride = if cycle == Cycle::Monthly { 1 } else { 12 };
            let mut date = start;
            for step in 1..=steps {
                let following = next(anchor, date, cycle).unwrap();
                prop_assert!(following > date);
                prop_assert_eq!(months(following), months(start) + step * stride);
                let longest = u32::from(following.num_days_in_month());
                prop_assert_eq!(following.day(), start.day().min(longest));
                date = following;
            }
        }

        #[test]
        fn so_many_steps_are_one_step_so_long(start in days(), steps in 1..40_u32) {
            let anchor = i64::from(start.day());
            let walk = |cycle| (0..steps).try_fold(start, |date, _| next(anchor, date, cycle));
            let months = chrono::Months::new(steps);
            prop_assert_eq!(walk(Cycle::Monthly), start.checked_add_months(months));
            let years = chrono::Months::new(steps * 12);
            prop_assert_eq!(walk(Cycle::Yearly), start.checked_add_months(years));
        }

        #[test]
        fn a_resumed_one_renews_at_the_first_day_that_is_not_past(
            start in days(),
            cycle in cycles(),
            later in 0..3000_u64,
        ) {
            let today = start + Days::new(later);
            let anchor = i64::from(start.day());
            let renews_on = next_from(anchor, start, cycle, today).unwrap();
            prop_assert!(renews_on >= today);
            prop_assert!(next(anchor, today, cycle).unwrap() >= renews_on);
        }

        #[test]
        fn however_often_and_late_it_runs_each_step_is_noted_once(
            late in proptest::collection::vec(0..40_i64, 0..8),
        ) {
            let renews_on = day("2028-02-29");
            let mut today = renews_on - Days::new(45);
            let mut noted: Vec<i64> = Vec::new();
            let mut told = 0;
            for days in late {
                today += chrono::TimeDelta::days(days);
                let due = due_steps(renews_on, today, &noted);
                prop_assert!(due.iter().filter(|(_, is_told)| *is_told).count() <= 1);
                told += due.iter().filter(|(_, is_told)| *is_told).count();
                noted.extend(due.iter().map(|(step, _)| *step));
            }
            let mut once = noted.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), noted.len());
            prop_assert!(told <= 4);
            prop_assert_eq!(noted.contains(&0), today >= renews_on);
        }
    }
}
