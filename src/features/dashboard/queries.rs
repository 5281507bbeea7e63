//! The figures of the dashboard, through the cache.

use std::sync::Arc;

use chrono::{Datelike as _, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    cache::{DASHBOARD_SERVICES, DASHBOARD_STATS},
    error::Result,
    features::{
        companies::{self, model::Status},
        services::{self, model::Cycle, queries::Group, views::coming_months},
    },
    platform::cache::{Key, Scope},
    types::{Currency, Money, date},
    web::cx::Cx,
};

/// A year of months.
const MONTHS: u32 = 12;

#[derive(Debug, Serialize, Deserialize)]
pub struct Stats {
    pub by_status: Vec<(Status, i64)>,
    /// The first day of each month, the oldest first, and how many companies were added in it.
    pub per_month: Vec<(NaiveDate, i64)>,
}

pub async fn stats(cx: &Cx, scope: Scope) -> Result<Arc<Stats>> {
    let key = Key::new(&DASHBOARD_STATS, scope);
    let app = cx.app.clone();
    let load = async move || load(&app, scope).await;
    cx.app.cache.get_or_set(&key, &DASHBOARD_STATS, load).await
}

async fn load(app: &App, scope: Scope) -> Result<Stats> {
    let mut conn = app.db.read().await?;
    let counted = companies::queries::count_by_status(&mut conn, scope).await?;
    let of = |status: Status| {
        counted
            .iter()
            .find(|(counted, _)| *counted == status)
            .map_or(0, |(_, count)| *count)
    };
    let months = months(app.clock.today());
    let bounds: Vec<_> = months
        .iter()
        .map(|(first, next)| (date::day_start(*first), date::day_start(*next)))
        .collect();
    let counts = companies::queries::count_created(&mut conn, scope, &bounds).await?;
    Ok(Stats {
        by_status: Status::ALL
            .iter()
            .map(|status| (*status, of(*status)))
            .collect(),
        per_month: months
            .into_iter()
            .map(|(first, _)| first)
            .zip(counts)
            .collect(),
    })
}

/// What the subscriptions bring, and when they renew.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recurring {
    /// Of each currency that there is.
    pub per_month: Vec<Money>,
    /// The first day of each of the next twelve months, how many renew in it, and for how much.
    pub renewals: Vec<(NaiveDate, i64, Vec<Money>)>,
}

pub async fn recurring(cx: &Cx, scope: Scope) -> Result<Arc<Recurring>> {
    let key = Key::new(&DASHBOARD_SERVICES, scope);
    let app = cx.app.clone();
    let load = async move || load_recurring(&app, scope).await;
    cx.app
        .cache
        .get_or_set(&key, &DASHBOARD_SERVICES, load)
        .await
}

async fn load_recurring(app: &App, scope: Scope) -> Result<Recurring> {
    let mut conn = app.db.read().await?;
    let groups = services::queries::groups(&mut conn, scope).await?;
    Ok(recurring_of(&groups, app.clock.today()))
}

fn recurring_of(groups: &[Group], today: NaiveDate) -> Recurring {
    let of = |currency: Currency, cycle: Cycle| {
        groups
            .iter()
            .filter(|group| group.currency == currency && group.cycle == cycle)
            .fold(0_i64, |sum, group| sum.saturating_add(group.sum))
    };
    let per_month = Currency::ALL
        .iter()
        .filter(|currency| groups.iter().any(|group| group.currency == **currency))
        .map(|currency| {
            let monthly = of(*currency, Cycle::Monthly);
            let yearly = of(*currency, Cycle::Yearly);
            Money::new(services::model::monthly(monthly, yearly), *currency)
        })
        .collect();
    Recurring {
        per_month,
        renewals: coming_months(today)
            .into_iter()
            .map(|first| renewals_in(groups, first))
            .collect(),
    }
}

/// What renews within a month: each month from its next renewal on what is paid by the month, the same month of each
/// year what is paid by the year.
fn renewals_in(groups: &[Group], first: NaiveDate) -> (NaiveDate, i64, Vec<Money>) {
    let next = first + Months::new(1);
    let due: Vec<&Group> = groups
        .iter()
        .filter(|group| group.renews_on < next)
        .filter(|group| group.cycle == Cycle::Monthly || group.renews_on.month() == first.month())
        .collect();
    let sums = Currency::ALL.iter().filter_map(|currency| {
        let in_it = due.iter().filter(|group| group.currency == *currency);
        let sum = in_it
            .clone()
            .fold(0_i64, |sum, group| sum.saturating_add(group.sum));
        (in_it.count() > 0).then_some(Money::new(sum, *currency))
    });
    (
        first,
        due.iter().map(|group| group.count).sum(),
        sums.collect(),
    )
}

/// The first days of the last twelve months, this one included, each with the first day after it.
fn months(today: NaiveDate) -> Vec<(NaiveDate, NaiveDate)> {
    let this = today.with_day(1).unwrap_or(today);
    (0..MONTHS)
        .rev()
        .map(|back| this - Months::new(back))
        .map(|first| (first, first + Months::new(1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(currency: Currency, cycle: Cycle, renews_on: &str, count: i64, sum: i64) -> Group {
        Group {
            currency,
            cycle,
            renews_on: renews_on.parse().unwrap(),
            count,
            sum,
        }
    }

    #[test]
    fn a_months_sum_is_rounded_once_per_currency_and_renewals_fall_into_their_months() {
        let groups = [
            group(Currency::Try, Cycle::Monthly, "2026-12-15", 2, 20_000),
            group(Currency::Try, Cycle::Yearly, "2027-02-01", 1, 17),
            group(Currency::Try, Cycle::Yearly, "2027-02-03", 1, 1),
            group(Currency::Eur, Cycle::Yearly, "2026-11-30", 1, 1200),
        ];
        let figures = recurring_of(&groups, "2026-11-24".parse().unwrap());
        assert_eq!(
            figures.per_month,
            [
                Money::new(20_002, Currency::Try),
                Money::new(100, Currency::Eur)
            ]
        );
        let counts: Vec<i64> = figures
            .renewals
            .iter()
            .map(|(_, count, _)| *count)
            .collect();
        assert_eq!(counts, [1, 2, 2, 4, 2, 2, 2, 2, 2, 2, 2, 2]);
        assert_eq!(figures.renewals[3].2, [Money::new(20_018, Currency::Try)]);
    }

    #[test]
    fn a_year_ends_with_this_month_and_crosses_the_turn_of_the_year() {
        let months = months("2026-03-31".parse().unwrap());
        assert_eq!(months.len(), 12);
        assert_eq!(months[0].0.to_string(), "2025-04-01");
        assert_eq!(
            months[9],
            ("2026-01-01".parse().unwrap(), "2026-02-01".parse().unwrap())
        );
        assert_eq!(months[11].1.to_string(), "2026-04-01");
    }
}
