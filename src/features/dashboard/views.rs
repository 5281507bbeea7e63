//! What the dashboard's template sees; the chart's geometry is worked out here.

use chrono::NaiveDate;
use serde::Serialize;

use super::queries::{Recurring, Stats};
use crate::{
    features::{
        activities::views::Row,
        companies::{model::Status, views::ChangeView},
        services,
    },
    types::Money,
};

#[derive(Serialize)]
pub struct Show {
    total: i64,
    by_status: Vec<StatusCount>,
    per_month: Vec<Month>,
    chart: Chart,
    services: Option<Services>,
    pub overdue: Agenda,
    pub coming: Agenda,
    pub changes: Vec<ChangeView>,
}

#[derive(Serialize)]
struct StatusCount {
    status: Status,
    count: i64,
    href: String,
    /// Per cent of all, rounded.
    share: i64,
}

#[derive(Clone, Serialize)]
struct Month {
    #[serde(rename = "month")]
    first_day: NaiveDate,
    count: i64,
    /// What the count stands for, where it is about money.
    sums: Vec<Money>,
    href: String,
}

/// What the subscriptions bring, what renews soon, and what renews in each month.
#[derive(Serialize)]
pub struct Services {
    per_month: Vec<Sum>,
    coming: Vec<services::views::Row>,
    months: Vec<Month>,
    chart: Chart,
}

#[derive(Serialize)]
struct Sum {
    sum: Money,
    href: String,
}

impl Services {
    #[must_use]
    pub fn new(figures: &Recurring, coming: Vec<services::views::Row>) -> Self {
        let months: Vec<Month> = figures
            .renewals
            .iter()
            .map(|(first, count, sums)| Month {
                first_day: *first,
                count: *count,
                sums: sums.clone(),
                href: format!("/services?renews={first}"),
            })
            .collect();
        Self {
            per_month: figures
                .per_month
                .iter()
                .map(|sum| Sum {
                    sum: *sum,
                    href: format!(
                        "/services?status=active&cycle=recurring&currency={}",
                        sum.currency
                    ),
                })
                .collect(),
            coming,
            chart: chart(&months),
            months,
        }
    }
}

#[derive(Serialize)]
pub struct Agenda {
    pub count: i64,
    pub href: String,
    pub rows: Vec<Row>,
}

/// Bars in user units of the SVG's view box.
#[derive(Serialize)]
struct Chart {
    width: i64,
    height: i64,
    baseline: i64,
    bars: Vec<Bar>,
    ticks: Vec<Tick>,
}

#[derive(Serialize)]
struct Bar {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
    label_x: i64,
    label_y: i64,
    #[serde(flatten)]
    month: Month,
}

#[derive(Serialize)]
struct Tick {
    y: i64,
    value: i64,
}

impl Show {
    #[must_use]
    pub fn new(
        stats: &Stats,
        services: Option<Services>,
        overdue: Agenda,
        coming: Agenda,
        changes: Vec<ChangeView>,
    ) -> Self {
        let total: i64 = stats.by_status.iter().map(|(_, count)| count).sum();
        let per_month: Vec<Month> = stats
            .per_month
            .iter()
            .map(|(month, count)| Month {
                first_day: *month,
                count: *count,
                sums: Vec::new(),
                href: format!("/companies?created={month}&sort=-created_at"),
            })
            .collect();
        Self {
            total,
            by_status: stats
                .by_status
                .iter()
                .map(|(status, count)| StatusCount {
                    status: *status,
                    count: *count,
                    href: format!("/companies?status={status}"),
                    share: (count * 200 + total) / (2 * total).max(1),
                })
                .collect(),
            chart: chart(&per_month),
            per_month,
            services,
            overdue,
            coming,
            changes,
        }
    }
}

fn chart(months: &[Month]) -> Chart {
    const WIDTH: i64 = 720;
    const BASELINE: i64 = 176;
    const TOP: i64 = 24;
    const GAP: i64 = 10;
    let most = months
        .iter()
        .map(|month| month.count)
        .max()
        .unwrap_or(0)
        .max(1);
    let slots = i64::try_from(months.len()).unwrap_or(1).max(1);
    let slot = WIDTH / slots;
    let height_of = |count: i64| (BASELINE - TOP) * count / most;
    let bars = months.iter().zip(0_i64..).map(|(month, at)| {
        let height = height_of(month.count);
        let x = at * slot + GAP / 2;
        Bar {
            x,
            y: BASELINE - height,
            width: slot - GAP,
            height,
            label_x: at * slot + slot / 2,
            label_y: BASELINE - height - 6,
            month: month.clone(),
        }
    });
    Chart {
        width: WIDTH,
        height: BASELINE + 44,
        baseline: BASELINE,
        bars: bars.collect(),
        ticks: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(count: i64) -> Month {
        Month {
            first_day: "2026-01-01".parse().unwrap(),
            count,
            sums: Vec::new(),
            href: String::new(),
        }
    }

    #[test]
    fn bars_start_at_zero_and_the_highest_fills_the_chart() {
        let chart = chart(&[month(0), month(5), month(10)]);
        let heights: Vec<_> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [0, 76, 152]);
        assert!(
            chart
                .bars
                .iter()
                .all(|bar| bar.y + bar.height == chart.baseline)
        );
    }

    #[test]
    fn an_office_without_companies_has_a_flat_chart_and_no_shares() {
        let stats = Stats {
            by_status: vec![(Status::Lead, 0)],
            per_month: vec![],
        };
        let none = || Agenda {
            count: 0,
            href: String::new(),
            rows: Vec::new(),
        };
        let show = Show::new(&stats, None, none(), none(), Vec::new());
        assert_eq!(show.by_status[0].share, 0);
    }
}
