//! What one client may take, and how many clients the process can afford.

use std::{fs, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use super::door::TURNED_AWAY_AT_ONCE;

/// Files that everything but connections may need open: databases, Redis, mail, logs.
const OTHER_FILES: usize = 128;

/// What one client may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once; lowered to what the process may open.
    pub connections: usize,
    /// Time for a request's line and headers to arrive, and for a new connection to send its first byte.
    pub head: Duration,
    /// Time between two requests; less than `head` may be seen late by as much as that.
    pub idle: Duration,
    /// Time for a request's body to arrive, see `body::PACE`.
    pub body: Duration,
    /// Time in which a client must take all that there is for it, see `body::PACE`.
    pub write: Duration,
    /// Time that shutdown gives to requests in flight.
    pub drain: Duration,
    /// Bytes of a request's line and headers, from 8 KiB to 64 KiB.
    pub head_bytes: usize,
    /// Bytes of a request's URL.
    pub url_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            head: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
            drain: Duration::from_secs(25),
            head_bytes: 64 * 1024,
            url_bytes: 8 * 1024,
        }
    }
}

/// The connections that there may be at once.
#[derive(Clone)]
pub(super) struct Places {
    pub(super) free: Arc<Semaphore>,
    all: usize,
}

impl Places {
    pub(super) fn new(all: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(all)),
            all,
        }
    }

    /// Whether more than three quarters are taken: from then on nobody keeps one for later.
    pub(super) fn are_few(&self) -> bool {
        self.free.available_permits() < self.all / 4
    }
}

/// As many connections as leave files for everything else.
pub(super) fn affordable(wanted: usize, open_files: Option<usize>) -> usize {
    let Some(open_files) = open_files else {
        return wanted;
    };
    let left = open_files.saturating_sub(TURNED_AWAY_AT_ONCE + OTHER_FILES);
    wanted.min(left.max(open_files / 4)).max(1)
}

/// The soft limit, where the system tells it.
pub(super) fn open_files() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_everything_else() {
        assert_eq!(affordable(4096, None), 4096);
        assert_eq!(affordable(4096, Some(1_048_576)), 4096);
        assert_eq!(affordable(4096, Some(1024)), 640);
        assert_eq!(affordable(4096, Some(256)), 64);
        assert!(open_files().is_none_or(|files| files > 0));
    }
}
