//! The figures of the dashboard, through the cache.

use std::{sync::Arc, time::Duration};

use chrono::{Datelike as _, Months, NaiveDate};

use crate::{
    error::Result,
    features::companies::{self, model::Status},
    platform::cache::{Key, Scope},
    types::date,
    web::cx::Cx,
};

/// A year of months.
const MONTHS: u32 = 12;

#[derive(Debug)]
pub struct Stats {
    pub by_status: Vec<(Status, i64)>,
    /// The first day of each month, the oldest first, and how many companies were added in it.
    pub per_month: Vec<(NaiveDate, i64)>,
}

/// Changes are seen at once by the instance that makes them. Others see them when the value has run out, so with a
/// shared database it lives two seconds only.
fn ttl(cx: &Cx) -> Duration {
    if cx.app.db.is_embedded() {
        Duration::from_mins(1)
    } else {
        Duration::from_secs(2)
    }
}

pub async fn stats(cx: &Cx, scope: Scope) -> Result<Arc<Stats>> {
    let key = Key::new("dashboard", "stats", scope);
    cx.app
        .cache
        .get_or_set(&key, ttl(cx), || load(cx, scope))
        .await
}

async fn load(cx: &Cx, scope: Scope) -> Result<Stats> {
    let mut conn = cx.read().await?;
    let counted = companies::queries::count_by_status(&mut conn, scope).await?;
    let of = |status: Status| {
        counted
            .iter()
            .find(|(counted, _)| *counted == status)
            .map_or(0, |(_, count)| *count)
    };
    let months = months(cx.app.clock.today());
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
