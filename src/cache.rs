//! Every family of what is cached, one policy each.

use std::time::Duration;

use crate::platform::cache::{Policy, Tag};

const MINUTE: Duration = Duration::from_mins(1);

/// How many companies there are, and of what status. It is cheap to ask again after a write.
pub static DASHBOARD_STATS: Policy = dashboard("dashboard:stats");
/// What the subscriptions bring.
pub static DASHBOARD_SERVICES: Policy = dashboard("dashboard:services");

/// All figures of the dashboard.
pub const DASHBOARD: Tag = Tag::of("dashboard:");

pub static FAMILIES: [&Policy; 2] = [&DASHBOARD_STATS, &DASHBOARD_SERVICES];

/// Figures of today: a night later they are others.
const fn dashboard(name: &'static str) -> Policy {
    Policy::new(name, 1)
        .fresh_for(Duration::from_secs(30))
        .kept_for(MINUTE)
        .shared_for(MINUTE)
        .stale_if_error(MINUTE)
}
