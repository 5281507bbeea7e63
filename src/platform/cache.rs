//! The one seam through which figures are cached: `get_or_set` by a key that holds its scope.

use std::{
    any::Any,
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cached::{Expires, ShardedExpiringLruCache, time::Instant};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    types::Lang,
};

/// Whose data a value is made of. A key cannot be written without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every company: staff.
    All,
    /// One company: its client, or a job about it.
    Company(Uuid),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Company(id) => write!(f, "company:{id}"),
        }
    }
}

/// `entity:what:variant`, for example `dashboard:stats:all`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    #[must_use]
    pub fn new(entity: &'static str, what: &'static str, scope: Scope) -> Self {
        Self(format!("{entity}:{what}:{scope}"))
    }

    #[must_use]
    pub fn lang(mut self, lang: Lang) -> Self {
        self.0.push(':');
        self.0.push_str(lang.code());
        self
    }
}

#[derive(Clone)]
struct Entry {
    value: Arc<dyn Any + Send + Sync>,
    until: Instant,
}

impl Expires for Entry {
    fn is_expired(&self) -> bool {
        Instant::now() >= self.until
    }
}

/// Values in this process, bounded by their number.
#[derive(Clone)]
pub struct Cache(Arc<Shared>);

struct Shared {
    entries: ShardedExpiringLruCache<Key, Entry>,
    /// Counts invalidations: a value that was being loaded meanwhile is not kept.
    generation: AtomicU64,
}

impl Cache {
    #[must_use]
    pub fn new(entries: usize) -> Self {
        Self(Arc::new(Shared {
            entries: ShardedExpiringLruCache::new(entries),
            generation: AtomicU64::new(0),
        }))
    }

    /// The cached value, or the loader's, which is then kept for `ttl`. Errors are not kept, nor is a value that was
    /// loaded while something was invalidated: it may be the old one.
    pub async fn get_or_set<T, F>(
        &self,
        key: &Key,
        ttl: Duration,
        load: impl FnOnce() -> F,
    ) -> Result<Arc<T>>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T>>,
    {
        if let Some(entry) = self.0.entries.get(key) {
            tracing::debug!(key = %key.0, "cache_hit");
            return entry
                .value
                .downcast()
                .map_err(|_| Error::internal(format!("two types under the key {}", key.0)));
        }
        tracing::debug!(key = %key.0, "cache_miss");
        let generation = self.0.generation.load(Ordering::SeqCst);
        let value = Arc::new(load().await?);
        let entry = Entry {
            value: Arc::clone(&value) as _,
            until: Instant::now() + ttl,
        };
        self.0.entries.set(key.clone(), entry);
        // Asked after storing, so that an invalidation is either seen here or finds the value there.
        if self.0.generation.load(Ordering::SeqCst) != generation {
            self.0.entries.remove(key);
        }
        Ok(value)
    }

    /// Forgets every key that starts so, for example `dashboard:`.
    pub fn invalidate_prefix(&self, prefix: &str) {
        self.0.generation.fetch_add(1, Ordering::SeqCst);
        self.0.entries.retain(|key, _| !key.0.starts_with(prefix));
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache({} entries)", self.0.entries.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_is_loaded_once_until_it_is_invalidated_and_errors_are_not_kept() {
        let cache = Cache::new(64);
        let key = Key::new("dashboard", "stats", Scope::All);
        let minute = Duration::from_mins(1);
        let failed = cache
            .get_or_set(&key, minute, || async { Err::<i64, _>(Error::NotFound) })
            .await;
        assert!(failed.is_err());
        assert_eq!(
            *cache
                .get_or_set(&key, minute, || async { Ok(1_i64) })
                .await
                .unwrap(),
            1
        );
        assert_eq!(
            *cache
                .get_or_set(&key, minute, || async { Ok(2_i64) })
                .await
                .unwrap(),
            1
        );
        cache.invalidate_prefix("dashboard:");
        assert_eq!(
            *cache
                .get_or_set(&key, minute, || async { Ok(3_i64) })
                .await
                .unwrap(),
            3
        );
    }

    #[tokio::test]
    async fn two_scopes_never_share_a_value() {
        let cache = Cache::new(64);
        let minute = Duration::from_mins(1);
        let all = Key::new("dashboard", "stats", Scope::All);
        let one = Key::new("dashboard", "stats", Scope::Company(Uuid::nil()));
        cache
            .get_or_set(&all, minute, || async { Ok(1_i64) })
            .await
            .unwrap();
        assert_eq!(
            *cache
                .get_or_set(&one, minute, || async { Ok(2_i64) })
                .await
                .unwrap(),
            2
        );
    }

    #[tokio::test]
    async fn a_value_that_was_loaded_during_an_invalidation_is_not_kept() {
        let cache = Cache::new(64);
        let key = Key::new("dashboard", "stats", Scope::All);
        let minute = Duration::from_mins(1);
        let old = cache
            .get_or_set(&key, minute, || async {
                cache.invalidate_prefix("dashboard:");
                Ok(1_i64)
            })
            .await;
        assert_eq!(*old.unwrap(), 1);
        let new = cache.get_or_set(&key, minute, || async { Ok(2_i64) }).await;
        assert_eq!(*new.unwrap(), 2);
    }
}
