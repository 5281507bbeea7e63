//! Windows in Redis: a list of times for each, decided by one script on the server's own clock.

use std::{sync::LazyLock, time::Duration};

use ::redis::{Script, aio::MultiplexedConnection, cmd};

use super::{Limit, Standing, Subject};
use crate::platform::redis::{Redis, Trouble};

/// Answers whether there was room, how many are in the window, and the microseconds until the oldest leaves it. A clock
/// that was put back counts as standing still; one that was put back by more than the window begins it anew.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local key, max, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
         local time = redis.call('TIME')
         local now = time[1] * 1000000 + time[2]
         local last = tonumber(redis.call('LINDEX', key, -1) or '0')
         if last > now + window then redis.call('DEL', key) elseif last > now then now = last end
         local first = tonumber(redis.call('LINDEX', key, 0) or '0')
         while first > 0 and first + window <= now do
           redis.call('LPOP', key)
           first = tonumber(redis.call('LINDEX', key, 0) or '0')
         end
         local used, allowed = redis.call('LLEN', key), 0
         if used < max then
           redis.call('RPUSH', key, string.format('%.0f', now))
           redis.call('PEXPIRE', key, math.ceil(window / 1000))
           used, allowed = used + 1, 1
           if first == 0 then first = now end
         end
         return {allowed, used, first + window - now}",
    )
});

fn key(limit: Limit, subject: Subject) -> String {
    format!("prosektorweb:limit:{}:{subject}", limit.name)
}

pub(super) async fn take(
    redis: &Redis,
    limit: Limit,
    subject: Subject,
) -> Result<Standing, Trouble> {
    let mut call = TAKE.key(key(limit, subject));
    call.arg(limit.max)
        .arg(u64::try_from(limit.window.as_micros()).unwrap_or(u64::MAX));
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        call.invoke_async::<(bool, u32, u64)>(&mut line).await
    });
    let (is_allowed, used, reset) = asked.await?;
    Ok(Standing {
        limit,
        is_allowed,
        remaining: limit.max.saturating_sub(used),
        reset: Duration::from_micros(reset),
    })
}

/// What cannot be taken back now leaves by itself.
pub(super) async fn give_back(redis: &Redis, limit: Limit, subject: Subject) {
    forget(redis, "RPOP", key(limit, subject)).await;
}

pub(super) async fn clear(redis: &Redis, limit: Limit, subject: Subject) {
    forget(redis, "DEL", key(limit, subject)).await;
}

async fn forget(redis: &Redis, command: &'static str, key: String) {
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        cmd(command).arg(key).query_async::<()>(&mut line).await
    });
    if let Err(trouble) = asked.await {
        tracing::debug!(%trouble, "limit_not_forgotten");
    }
}
