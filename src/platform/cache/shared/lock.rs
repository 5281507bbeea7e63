//! A lock in Redis that saves work: whoever has it loads, the others look whether the value has come. Nothing is wrong
//! without it.

use std::{sync::LazyLock, time::Duration};

use ::redis::{Script, aio::MultiplexedConnection, cmd};

use super::{PREFIX, RemoteCounts, Turn, millis};
use crate::platform::{clock::random, redis::Redis};

static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// Released when it is dropped, if it is still its owner's; it runs out by itself.
pub(super) struct Lock {
    redis: Redis,
    counts: RemoteCounts,
    name: String,
    token: [u8; 16],
}

impl Lock {
    pub(super) async fn take(
        redis: &Redis,
        counts: &RemoteCounts,
        key: &str,
        ttl: Duration,
    ) -> Turn {
        let (name, token) = (format!("{PREFIX}lock:{key}"), random::<16>());
        let mut set = cmd("SET");
        set.arg(&name)
            .arg(&token)
            .arg("NX")
            .arg("PX")
            .arg(millis(ttl).max(1));
        let asked = redis.run(async |mut line: MultiplexedConnection| {
            set.query_async::<Option<String>>(&mut line).await
        });
        match counts.noted(asked.await) {
            Ok(Some(_)) => Turn::Ours(Box::new(Self {
                redis: redis.clone(),
                counts: counts.clone(),
                name,
                token,
            })),
            Ok(None) => Turn::Theirs,
            Err(_) => Turn::Away,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (redis, counts) = (self.redis.clone(), self.counts.clone());
        let (name, token) = (std::mem::take(&mut self.name), self.token);
        runtime.spawn(async move {
            let mut call = RELEASE.key(name);
            call.arg(&token);
            let asked = redis.run(async |mut line: MultiplexedConnection| {
                call.invoke_async::<()>(&mut line).await
            });
            // If it fails, the lock runs out.
            let _ = counts.noted(asked.await);
        });
    }
}
