//! Numbers as the runner prints them: a median between the least and the most of several runs.

use std::fmt;

pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    pub fn of(runs: &mut [f64]) -> Self {
        runs.sort_by(f64::total_cmp);
        Self {
            median: runs[runs.len() / 2],
            min: runs[0],
            max: runs[runs.len() - 1],
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2}–{:.2})", self.median, self.min, self.max)
    }
}

pub fn millis(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1000.0)
}

pub fn verdict(fits: bool) -> &'static str {
    if fits { "ok" } else { "MISSED" }
}
