//! The line between instances: a stream of invalidations in Redis, which each instance follows over a connection of its own.
//!
//! An instance uses what it remembers for a lease after it last asked for the stream's end and had applied all of it. A
//! writer waits until everybody on the line has said so of its message, or longer than a lease. No clock but each
//! process's own decides, and what is missing in the stream is seen by its numbers.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Display,
    sync::{
        Arc, LazyLock, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ::redis::{RedisError, RedisResult, Script, aio::MultiplexedConnection, cmd};
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
    redis::{Redis, Trouble, is_answer},
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
/// A line that does not come up is told of after so long.
const TELL_AFTER: Duration = Duration::from_secs(3);
/// What others have said is remembered for longer than anybody waits for it.
const ACKED_FOR: Duration = Duration::from_secs(10);

static CARRY_OUT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("line.lua"),
        include_str!("carry_out.lua")
    ))
});
static TURN: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("line.lua"), include_str!("turn.lua"))));
static LEAVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("leave.lua")));

fn line_name() -> String {
    format!("{PREFIX}line")
}

fn stream_name() -> String {
    format!("{PREFIX}inval")
}

fn everything_name() -> String {
    format!("{PREFIX}g:{}", Tag::EVERYTHING.as_str())
}

fn acks_name(of: &str) -> String {
    format!("{PREFIX}ack:{of}")
}

/// What writers of this process know of the line.
#[derive(Default)]
pub(super) struct Line {
    /// The epoch that this instance follows, and since when without a break.
    following: Mutex<Option<(Stamp, Instant)>>,
    /// The last message that this process knows of, whether or not it follows: a Redis that has less is an older copy.
    known: Mutex<Known>,
    /// Redis lives and refuses this instance the line.
    refused: AtomicBool,
    /// Redis lives and refused the last invalidation.
    untold: AtomicBool,
    acked: watch::Sender<Acked>,
}

#[derive(Clone, Copy, Default)]
struct Known {
    epoch: Option<Stamp>,
    number: u64,
    /// None before the first of an epoch.
    id: Option<Uuid>,
}

impl Known {
    fn epoch(&self) -> &[u8] {
        self.epoch.as_ref().map_or(&[], |epoch| epoch)
    }

    fn id(&self) -> &[u8] {
        self.id.as_ref().map_or(&[], |id| id.as_bytes())
    }

    /// For a line that has to begin anew: its number is the next one, so that whoever has seen it takes none of an older
    /// copy of Redis for it, however often that is restored.
    fn next_epoch(&self) -> Stamp {
        let number = self.epoch.as_ref().map_or(0, number_of);
        let mut next = random::<16>();
        next[..8].copy_from_slice(&number.saturating_add(1).to_be_bytes());
        next
    }
}

/// Epochs begin with it.
fn number_of(epoch: &Stamp) -> u64 {
    let number = epoch.first_chunk();
    number.map_or(0, |number| u64::from_be_bytes(*number))
}

/// By instance: what it has applied.
type Acked = HashMap<String, Applied>;

struct Applied {
    epoch: Stamp,
    /// Everything up to this message.
    number: u64,
    heard_at: Instant,
}

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

    pub(super) fn is_followed(&self) -> bool {
        let following = self
            .following
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        following.is_some()
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Acquire)
    }

    fn known(&self) -> Known {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, epoch: Stamp, number: u64) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.epoch != Some(epoch) {
            *known = Known {
                epoch: Some(epoch),
                number,
                id: None,
            };
        }
    }

    /// What this process has told or been told. An epoch that is not a later one is an older one come back.
    fn know(&self, epoch: Stamp, number: u64, id: Uuid) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = match known.epoch {
            Some(same) if same == epoch => known.number < number,
            Some(other) => number_of(&other) < number_of(&epoch),
            None => true,
        };
        if is_news {
            *known = Known {
                epoch: Some(epoch),
                number,
                id: Some(id),
            };
        }
    }

    /// One line in the log when Redis begins to refuse, and none for what follows.
    fn note_untold(&self, cause: &dyn Display) {
        if !self.untold.swap(true, Ordering::AcqRel) {
            tracing::warn!(%cause, "cache_not_told");
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
    call.key(stream_name())
        .key(format!("{PREFIX}done:{id}"))
        .key(everything_name());
    for tag in tags {
        call.key(format!("{PREFIX}g:{}", tag.as_str()));
    }
    call.arg(id.as_bytes())
        .arg(&inner.me)
        .arg(pending::join(tags))
        .arg(GENERATION_SECONDS)
        .arg(DONE_SECONDS);
    let known = inner.line.known();
    call.arg(known.epoch()).arg(known.number).arg(known.id());
    call.arg(&known.next_epoch());
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        call.invoke_async::<CarriedOut>(&mut line).await
    });
    let asked = inner.counts.noted(asked.await);
    if let Err(Trouble::Refused(cause)) = &asked {
        inner.line.note_untold(cause);
    }
    let (how, epoch, number, everybody) = asked.ok()?;
    let at = Instant::now();
    let message = match how.as_str() {
        "told" => Some(Message {
            epoch: epoch.try_into().ok()?,
            number,
            others: others(&inner.me, everybody),
        }),
        "repeated" => None,
        _ => {
            inner.counts.refused.inc();
            inner.line.note_untold(&"its memory is full");
            return None;
        }
    };
    inner.line.untold.store(false, Ordering::Release);
    if let Some(message) = &message {
        inner.line.know(message.epoch, number, id);
    }
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
            .is_some_and(|its| its.epoch == message.epoch && its.number >= message.number)
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
    let mut health = Health::default();
    while let Some(redis) = in_need(&inner).and_then(|inner| inner.redis.clone()) {
        // The probe of Redis looks for a server that is away.
        if redis.is_up() {
            let begun = Instant::now();
            let ended = match redis.connect().await {
                Ok(connection) => {
                    let mut follower = Follower {
                        inner: Weak::clone(&inner),
                        connection,
                        place: &mut place,
                        acks: BTreeSet::new(),
                        read: "0-0".into(),
                    };
                    follower.follow(&mut health).await
                }
                Err(error) => Err(error),
            };
            if let Some(inner) = inner.upgrade() {
                inner.line.follow(None);
                inner.doubt();
                // If the server is away, everybody learns it now.
                let is_up = redis.ping().await;
                if let Err(error) = ended {
                    // Whoever gets no answer at all asks Redis for each value: writers wait for no lease but its own.
                    let is_refused = is_answer(&error);
                    inner
                        .line
                        .refused
                        .store(is_refused && is_up, Ordering::Release);
                    health.failed(&error, is_up);
                }
            }
            if begun.elapsed() > PAUSE_MAX {
                pause = PAUSE;
            }
        }
        drop(redis);
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// What the log knows of the line: one entry for each change.
#[derive(Default)]
struct Health {
    is_up: bool,
    is_told: bool,
    failing_since: Option<Instant>,
}

impl Health {
    /// Whether it was down before.
    fn came_up(&mut self) -> bool {
        let was_up = std::mem::replace(&mut self.is_up, true);
        (self.is_told, self.failing_since) = (false, None);
        if !was_up {
            tracing::info!("cache_line_up");
        }
        !was_up
    }

    /// A line that was never up is told of after a while, unless Redis is away: of that there is a line already.
    fn failed(&mut self, cause: &RedisError, is_redis_up: bool) {
        let was_up = std::mem::replace(&mut self.is_up, false);
        if !is_redis_up && !was_up {
            self.failing_since = None;
            return;
        }
        let since = *self.failing_since.get_or_insert_with(Instant::now);
        if !self.is_told && (was_up || since.elapsed() >= TELL_AFTER) {
            tracing::warn!(%cause, "cache_line_down");
            self.is_told = true;
        }
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
    async fn follow(&mut self, health: &mut Health) -> RedisResult<()> {
        while let Some(inner) = in_need(&self.inner) {
            while self.turn(&inner).await? {}
            drop(inner);
            let mut is_turn = self.listen().await?;
            if let Some(inner) = self.inner.upgrade() {
                inner.line.refused.store(false, Ordering::Release);
                if health.came_up() {
                    // Values in Redis count as soon as it is known that it missed nothing.
                    inner.look.notify_one();
                }
            }
            while !is_turn {
                is_turn = self.listen().await?;
            }
        }
        Ok(())
    }

    /// Says what was applied and reads what is new. Whether there may be more to say or to read.
    async fn turn(&mut self, inner: &Inner) -> RedisResult<bool> {
        self.place.beat += 1;
        let known = inner.line.known();
        let mut call = TURN.key(line_name());
        call.key(stream_name()).key(everything_name());
        for writer in std::mem::take(&mut self.acks) {
            call.key(acks_name(&writer));
        }
        call.arg(&inner.me)
            .arg(self.place.beat)
            .arg(self.place.epoch.as_ref().map_or(&[][..], |epoch| epoch))
            .arg(self.place.number)
            .arg(&known.next_epoch())
            .arg(GENERATION_SECONDS)
            .arg(known.epoch())
            .arg(known.number)
            .arg(known.id());
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
            inner.line.begin(epoch, end);
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
            if let Some(epoch) = self.place.epoch {
                inner.line.know(epoch, number, id);
            }
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
            // Nobody waits for so long, and those that have ended say nothing more.
            acked.retain(|_, its| its.heard_at.elapsed() < ACKED_FOR);
            for (name, mut fields) in acks {
                let mut text = |field| String::from_utf8(fields.remove(field)?).ok();
                let applied = text("applied").and_then(|number| number.parse().ok());
                let from = text("from");
                let epoch = fields
                    .remove("epoch")
                    .and_then(|epoch| epoch.try_into().ok());
                if let (Some(from), Some(epoch), Some(applied)) = (from, epoch, applied) {
                    let its = Applied {
                        epoch,
                        number: applied,
                        heard_at: Instant::now(),
                    };
                    acked.insert(from, its);
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
