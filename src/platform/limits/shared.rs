//! Windows in Redis: a list of times for each, decided by one script on the server's own clock.

use std::{sync::LazyLock, time::Duration};

use ::redis::{Script, aio::MultiplexedConnection, cmd, pipe};

use super::{Counted, Limit, Standing, Subject};
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
        subject,
        is_allowed,
        counted: if is_allowed {
            Counted::There
        } else {
            Counted::Nowhere
        },
        remaining: limit.max.saturating_sub(used),
        reset: Duration::from_micros(reset),
    })
}

/// What cannot be taken back now leaves by itself.
pub(super) async fn give_back(redis: &Redis, limit: Limit, subject: Subject) {
    let key = key(limit, subject);
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        cmd("RPOP").arg(key).query_async::<()>(&mut line).await
    });
    if let Err(trouble) = asked.await {
        tracing::debug!(%trouble, "limit_not_given_back");
    }
}

/// Leaves a mark for as long as any instance may remember what was in the window.
pub(super) async fn clear(redis: &Redis, limit: Limit, subject: Subject) {
    let (key, mark) = (key(limit, subject), mark(limit, subject));
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        let mut both = pipe();
        both.atomic().del(key).ignore();
        both.pset_ex(mark, 1, millis(limit.window)).ignore();
        both.query_async::<()>(&mut line).await
    });
    if let Err(trouble) = asked.await {
        tracing::debug!(%trouble, "limit_not_cleared");
    }
}

/// How long ago the window was cleared, if it was within its length.
pub(super) async fn cleared(redis: &Redis, limit: Limit, subject: Subject) -> Option<Duration> {
    let mark = mark(limit, subject);
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        cmd("PTTL").arg(mark).query_async::<i64>(&mut line).await
    });
    let left = asked.await.ok().and_then(|left| u64::try_from(left).ok())?;
    Some(limit.window.saturating_sub(Duration::from_millis(left)))
}

fn mark(limit: Limit, subject: Subject) -> String {
    format!("{}:cleared", key(limit, subject))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
