//! Values that know when they end: a list of posts is another one once the next post is due, and nobody tells.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A value, and until when it is right at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timed<T> {
    pub value: T,
    /// From this moment on it is not given, not even if loading fails.
    pub until: Option<DateTime<Utc>>,
}
