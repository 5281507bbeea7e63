//! The line between instances: a stream of invalidations in Redis, which each instance follows over a connection of its own.
//!
//! An instance uses what it remembers for a lease after it last asked for the stream's end and had applied all of it. A
//! writer waits until everybody on the line has said so of its message, or longer than a lease. No clock but each
//! process's own decides, and what is missing in the stream is seen by its numbers.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak, atomic::Ordering},
    time::Duration,
};

use ::redis::{RedisResult, Script, aio::MultiplexedConnection, cmd};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};
use uuid::Uuid;

use super::{
    DONE_SECONDS, GENERATION_SECONDS, Inner, LEASE, PREFIX, Stamp, Tag, WAIT, millis, pending,
};
use crate::platform::{
    clock::{random, since_boot},
    redis::Redis,
};

/// How long Redis keeps a look for something new that finds nothing.
const BLOCK: Duration = Duration::from_millis(300);
/// What an answer may take beyond that.
const LATE: Duration = Duration::from_millis(400);
/// Less is left of the lease: time to ask again.
const SOON: Duration = Duration::from_millis(600);
/// Between two connections.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(2);

static CARRY_OUT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("carry_out.lua")));
static TURN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("turn.lua")));
static LEAVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("leave.lua")));

fn line_name() -> String {
    format!("{PREFIX}line")
}

fn stream_name() -> String {
    format!("{PREFIX}inval")
}

fn acks_name(of: &str) -> String {
    format!("{PREFIX}ack:{of}")
}

/// What writers of this process know of the line.
#[derive(Default)]
pub(super) struct Line {
    /// The epoch that this instance follows, and since when without a break.
    following: Mutex<Option<(Stamp, Instant)>>,
    acked: watch::Sender<Acked>,
}

/// By instance: in which epoch, and up to which message, it has applied everything.
type Acked = HashMap<String, (Stamp, u64)>;

impl Line {
    fn follow(&self, epoch: Option<Stamp>) {
        let mut following = self
            .following
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if following.map(|(known, _)| known) != epoch {
            *following = epoch.map(|epoch| (epoch, Instant::now()));
        }
    }

    /// Whether every lease from before this epoch has run out, so that all who count are on the line.
    fn is_settled(&self, epoch: &Stamp) -> bool {
        let following = self
            .following
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        following
            .as_ref()
            .is_some_and(|(known, since)| known == epoch && since.elapsed() >= WAIT)
    }
}

/// A message that is on the line.
pub(super) struct Told {
    at: Instant,
    /// None if somebody else had put it there.
    message: Option<Message>,
}

struct Message {
    epoch: Stamp,
    number: u64,
    /// With the beat that was heard of each.
    others: Vec<(String, u64)>,
}

type CarriedOut = (String, Vec<u8>, u64, HashMap<Vec<u8>, Vec<u8>>);

/// Changes the generations and puts the message on the line. Nothing, if Redis did not do it.
pub(super) async fn tell(
    inner: &Inner,
    redis: &Redis,
    id: Uuid,
    tags: &[Tag],
) -> Option<Option<Told>> {
    let mut call = CARRY_OUT.key(line_name());
    call.key(stream_name()).key(format!("{PREFIX}done:{id}"));
    for tag in tags {
        call.key(format!("{PREFIX}g:{}", tag.as_str()));
    }
    call.arg(id.as_bytes())
        .arg(&inner.me)
        .arg(pending::join(tags))
        .arg(GENERATION_SECONDS)
        .arg(DONE_SECONDS);
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        call.invoke_async::<CarriedOut>(&mut line).await
    });
    let (how, epoch, number, everybody) = asked.await.ok()?;
    let at = Instant::now();
    let message = match how.as_str() {
        "told" => Some(Message {
            epoch: epoch.try_into().ok()?,
            number,
            others: others(&inner.me, everybody),
        }),
        "repeated" => None,
        _ => return None,
    };
    Some(Some(Told { at, message }))
}

/// Those on the line but for this instance: what else is in the hash has names that are no instance's.
fn others(me: &str, everybody: HashMap<Vec<u8>, Vec<u8>>) -> Vec<(String, u64)> {
    let text = |bytes| String::from_utf8(bytes).ok();
    everybody
        .into_iter()
        .filter_map(|(name, beat)| Some((text(name)?, text(beat)?.parse().ok()?)))
        .filter(|(name, _)| name.len() == me.len() && name != me)
        .collect()
}

/// Waits until everybody who may remember the old value has said that they do not, or has lost their lease.
pub(super) async fn heard(inner: &Inner, redis: &Redis, told: &Told) {
    let end = told.at + WAIT;
    let message = told.message.as_ref();
    let Some(message) = message.filter(|message| inner.line.is_settled(&message.epoch)) else {
        sleep_until(end).await;
        return;
    };
    let has_heard = |acked: &Acked, name: &str| {
        acked
            .get(name)
            .is_some_and(|(epoch, number)| *epoch == message.epoch && *number >= message.number)
    };
    let mut acked = inner.line.acked.subscribe();
    let everybody = acked.wait_for(|acked| {
        message
            .others
            .iter()
            .all(|(name, _)| has_heard(acked, name))
    });
    if timeout_at(end, everybody).await.is_ok() {
        return;
    }
    let mut call = LEAVE.key(line_name());
    for (name, beat) in &message.others {
        if !has_heard(&inner.line.acked.borrow(), name) {
            call.arg(name).arg(*beat);
        }
    }
    left(redis, call).await;
}

async fn left(redis: &Redis, call: ::redis::ScriptInvocation<'_>) {
    let asked =
        redis.run(async |mut line: MultiplexedConnection| call.invoke_async::<()>(&mut line).await);
    // Whoever stays on the line for nothing is waited for once more.
    let _ = asked.await;
}

pub(super) async fn leave(inner: &Inner, redis: &Redis) {
    inner.lease.store(0, Ordering::Release);
    let mut remove = cmd("HDEL");
    remove.arg(line_name()).arg(&inner.me);
    let asked = redis
        .run(async |mut line: MultiplexedConnection| remove.query_async::<()>(&mut line).await);
    let _ = asked.await;
}

fn in_need(inner: &Weak<Inner>) -> Option<Arc<Inner>> {
    let inner = inner.upgrade()?;
    (!inner.is_leaving.load(Ordering::Acquire)).then_some(inner)
}

/// Follows the line until nobody needs it any more.
pub(super) async fn run(inner: Weak<Inner>) {
    let mut place = Place::default();
    let mut pause = PAUSE;
    let mut is_on_line = false;
    while let Some(redis) = in_need(&inner).and_then(|inner| inner.redis.clone()) {
        // The probe of Redis looks for a server that is away.
        if redis.is_up()
            && let Ok(connection) = redis.connect().await
        {
            let mut follower = Follower {
                inner: Weak::clone(&inner),
                connection,
                place: &mut place,
                acks: BTreeSet::new(),
                read: "0-0".into(),
            };
            let begun = Instant::now();
            let ended = follower.follow(&mut is_on_line).await;
            if let Some(inner) = inner.upgrade() {
                inner.line.follow(None);
                inner.doubt();
                if is_on_line && ended.is_err() {
                    let cause = ended.err().map(|error| error.to_string());
                    tracing::warn!(cause, "cache_line_down");
                    is_on_line = false;
                }
            }
            if begun.elapsed() > PAUSE_MAX {
                pause = PAUSE;
            }
            // If the server is away, everybody learns it now.
            redis.ping().await;
        }
        drop(redis);
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// How far the instance has applied what is on the line. It outlives a connection.
#[derive(Default)]
struct Place {
    epoch: Option<Stamp>,
    number: u64,
    beat: u64,
}

struct Follower<'a> {
    inner: Weak<Inner>,
    connection: MultiplexedConnection,
    place: &'a mut Place,
    /// Whose messages were applied since the last turn.
    acks: BTreeSet<String>,
    /// The last acknowledgement that was read.
    read: String,
}

type Entry = (String, HashMap<String, Vec<u8>>);

impl Follower<'_> {
    /// Ends with the connection, or with the last who needs it.
    async fn follow(&mut self, is_on_line: &mut bool) -> RedisResult<()> {
        while let Some(inner) = in_need(&self.inner) {
            while self.turn(&inner).await? {}
            if !*is_on_line {
                *is_on_line = true;
                tracing::info!("cache_line_up");
                // Values in Redis count as soon as it is known that it missed nothing.
                inner.look.notify_one();
            }
            drop(inner);
            while !self.listen().await? {}
        }
        Ok(())
    }

    /// Says what was applied and reads what is new. Whether there may be more to say or to read.
    async fn turn(&mut self, inner: &Inner) -> RedisResult<bool> {
        self.place.beat += 1;
        let mut call = TURN.key(line_name());
        call.key(stream_name())
            .key(format!("{PREFIX}g:{}", Tag::EVERYTHING.as_str()));
        for writer in std::mem::take(&mut self.acks) {
            call.key(acks_name(&writer));
        }
        call.arg(&inner.me)
            .arg(self.place.beat)
            .arg(self.place.epoch.as_ref().map_or(&[][..], |epoch| epoch))
            .arg(self.place.number)
            .arg(&random::<16>())
            .arg(GENERATION_SECONDS);
        let asked = since_boot();
        let answer = timeout(
            LATE,
            call.invoke_async::<(Vec<u8>, u64, Vec<Entry>)>(&mut self.connection),
        );
        let (epoch, end, entries) = answer.await.map_err(|_| late())??;
        let epoch: Stamp = epoch.try_into().map_err(|_| strange())?;
        if self.place.epoch != Some(epoch) {
            // Whatever was said before is lost.
            inner.local.forget_all();
            inner.line.acked.send_modify(Acked::clear);
            (self.place.epoch, self.place.number) = (Some(epoch), end);
        }
        inner.line.follow(Some(epoch));
        let is_news = !entries.is_empty();
        self.apply(inner, entries);
        if !is_news && self.place.number != end {
            // Cut off before it was read.
            inner.local.forget_all();
            self.place.number = end;
        }
        if self.place.number >= end {
            inner.lease.store(millis(asked + LEASE), Ordering::Release);
        }
        Ok(is_news)
    }

    fn apply(&mut self, inner: &Inner, entries: Vec<Entry>) {
        let (mut ids, mut tags) = (Vec::new(), Vec::new());
        for (name, mut fields) in entries {
            let number = name
                .split_once('-')
                .and_then(|(number, _)| number.parse().ok());
            let Some(number) = number.filter(|number| *number > self.place.number) else {
                continue;
            };
            let mut text = |field| String::from_utf8(fields.remove(field)?).ok();
            let (from, about) = (text("from"), text("tags"));
            let id = fields
                .remove("id")
                .and_then(|id| Uuid::from_slice(&id).ok());
            if number != self.place.number + 1 {
                tags.push(Tag::EVERYTHING);
            }
            self.place.number = number;
            let (Some(from), Some(about), Some(id)) = (from, about, id) else {
                tags.push(Tag::EVERYTHING);
                continue;
            };
            if !inner.book.is_carried(id) {
                tags.extend(pending::split(&about));
                ids.push(id);
            }
            if from != inner.me {
                self.acks.insert(from);
            }
        }
        if !tags.is_empty() {
            inner.invalidate(&tags);
        }
        for id in ids {
            inner.book.note_carried(id);
        }
    }

    /// Waits for something new. Whether it is time for a turn.
    async fn listen(&mut self) -> RedisResult<bool> {
        let Some(inner) = self.inner.upgrade() else {
            return Ok(true);
        };
        let acks = acks_name(&inner.me);
        drop(inner);
        let mut read = cmd("XREAD");
        read.arg("COUNT")
            .arg(500)
            .arg("BLOCK")
            .arg(millis(BLOCK))
            .arg("STREAMS")
            .arg(stream_name())
            .arg(&acks)
            .arg(format!("{}-0", self.place.number))
            .arg(&self.read);
        let answer = timeout(
            BLOCK + LATE,
            read.query_async::<Option<Vec<(String, Vec<Entry>)>>>(&mut self.connection),
        );
        let found = answer.await.map_err(|_| late())??.unwrap_or_default();
        let Some(inner) = self.inner.upgrade() else {
            return Ok(true);
        };
        let mut is_news = false;
        for (stream, entries) in found {
            if stream == acks {
                self.hear(&inner, entries);
            } else {
                is_news = true;
                self.apply(&inner, entries);
            }
        }
        Ok(is_news || millis(since_boot() + SOON) > inner.lease.load(Ordering::Acquire))
    }

    fn hear(&mut self, inner: &Inner, acks: Vec<Entry>) {
        if acks.is_empty() {
            return;
        }
        inner.line.acked.send_modify(|acked| {
            for (name, mut fields) in acks {
                let mut text = |field| String::from_utf8(fields.remove(field)?).ok();
                let applied = text("applied").and_then(|number| number.parse().ok());
                let from = text("from");
                let epoch = fields
                    .remove("epoch")
                    .and_then(|epoch| epoch.try_into().ok());
                if let (Some(from), Some(epoch), Some(applied)) = (from, epoch, applied) {
                    acked.insert(from, (epoch, applied));
                }
                self.read = name;
            }
        });
    }
}

fn late() -> ::redis::RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

fn strange() -> ::redis::RedisError {
    std::io::Error::from(std::io::ErrorKind::InvalidData).into()
}
