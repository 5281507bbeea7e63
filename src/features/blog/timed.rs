//! What readers see, through the cache: true until the moment at which the next post becomes public by itself.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    app::App,
    error::Result,
    platform::cache::{Key, Policy},
};

/// Data of a moment.
#[derive(Debug, Serialize, Deserialize)]
pub struct Timed<T> {
    pub value: T,
    /// From then on it is another.
    pub next_change: Option<DateTime<Utc>>,
}

/// The value of now. Nobody tells when a scheduled post's moment has come, so whoever finds an older value replaces it.
pub async fn timed<T, F, L>(
    app: &App,
    key: &Key,
    policy: &'static Policy,
    load: L,
) -> Result<Arc<Timed<T>>>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<Timed<T>>> + Send + 'static,
    L: Fn() -> F + Clone + Send + 'static,
{
    let known = app.cache.get_or_set(key, policy, load.clone()).await?;
    if known.next_change.is_none_or(|at| app.clock.now() < at) {
        return Ok(known);
    }
    app.cache.set(key, policy, load().await?).await
}
