//! When a clock asks for jobs: cron expressions on Istanbul's clock.

use std::str::FromStr as _;

use chrono::{DateTime, Utc};
use chrono_tz::Europe::Istanbul;
use croner::Cron;

use crate::error::{Error, Result};

/// A cron expression of five fields, read by a clock in Istanbul.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub text: &'static str,
    cron: Cron,
}

impl Schedule {
    pub fn parse(text: &'static str) -> Result<Self> {
        let cron =
            Cron::from_str(text).map_err(|error| Error::internal(format!("{text}: {error}")))?;
        Ok(Self { text, cron })
    }

    /// The first time after this one.
    pub fn after(&self, moment: DateTime<Utc>) -> Result<DateTime<Utc>> {
        self.cron
            .find_next_occurrence(&moment.with_timezone(&Istanbul), false)
            .map(|next| next.to_utc())
            .map_err(|error| Error::internal(format!("{}: {error}", self.text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &'static str, moment: &str) -> String {
        let moment: DateTime<Utc> = moment.parse().unwrap();
        Schedule::parse(text)
            .unwrap()
            .after(moment)
            .unwrap()
            .to_rfc3339()
    }

    #[test]
    fn nine_in_the_morning_is_nine_in_istanbul() {
        assert_eq!(
            after("0 9 * * *", "2026-11-24T05:59:59Z"),
            "2026-11-24T06:00:00+00:00"
        );
        assert_eq!(
            after("0 9 * * *", "2026-11-24T06:00:00Z"),
            "2026-11-25T06:00:00+00:00"
        );
        // When Turkey still changed its clocks: nine o'clock was an hour earlier in summer.
        assert_eq!(
            after("0 9 * * *", "2015-07-01T00:00:00Z"),
            "2015-07-01T06:00:00+00:00"
        );
        assert_eq!(
            after("0 9 * * *", "2015-01-01T00:00:00Z"),
            "2015-01-01T07:00:00+00:00"
        );
    }

    #[test]
    fn an_expression_that_is_none_is_an_error() {
        assert!(Schedule::parse("every day at nine").is_err());
    }
}
