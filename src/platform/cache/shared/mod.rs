//! What instances share: values in Redis, and invalidations that reach everybody before a writer is answered.

mod line;
mod lock;
mod pending;
pub mod request;

use std::{
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use ::redis::{Script, aio::MultiplexedConnection, cmd};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use uuid::Uuid;

pub use self::pending::Invalidation;
use self::{line::Line, lock::Lock, pending::Book, request::After};
use super::{
    RemoteCounts, Tag,
    remote::{Found, Local, Name, Remote, Standing, Taken, Turn},
};
use crate::platform::{
    clock::{Clock, random, since_boot},
    db::Db,
    redis::Redis,
};

/// Of all keys. Its number is that of the protocol below, which releases seldom change.
const PREFIX: &str = "psw:1:";
/// A value without its generations does not count, so they may go at any time; unused ones go by themselves.
const GENERATION_SECONDS: u64 = 2 * 86_400;
/// Of a key that nothing was stored for: anybody can make up as many as they like. Longer than any load.
const ASKED_SECONDS: u64 = 120;
const VALUE_MAX: Duration = Duration::from_hours(24);
/// An invalidation that is carried out again after so long does it again, which costs a few misses.
const DONE_SECONDS: u64 = 300;
/// What an instance has heard of the line's end may be relied upon for so long after it asked.
const LEASE: Duration = Duration::from_millis(850);
/// What a writer waits for those who do not answer: longer than a lease, so that theirs has run out.
const WAIT: Duration = Duration::from_millis(950);
/// Whoever has not looked at the database for so long may have missed what another process could tell nobody, and trusts
/// nothing. Such a change may take two seconds, and a look may have seen it half a second old and left it to its writer.
const OVERDUE: Duration = Duration::from_millis(1400);
/// While Redis is away, a look at the database may be relied upon for so long after it began.
const LOOK: Duration = Duration::from_millis(1500);

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take.lua")));
static STORE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("store.lua")));

const AWAY: Found = Found::Missing { taken: None };

type Stamp = [u8; 16];

/// A value in Redis begins with its generations and the time at which it was made.
const HEAD: usize = 4 * size_of::<Stamp>() + size_of::<i64>();

impl Taken {
    fn of(found: &[Option<Vec<u8>>]) -> Option<Self> {
        let mut stamps = [Stamp::default(); 4];
        if found.len() != stamps.len() {
            return None;
        }
        for (stamp, found) in stamps.iter_mut().zip(found) {
            *stamp = found.as_deref()?.try_into().ok()?;
        }
        Some(Self(stamps))
    }

    fn value(&self, made_at_ms: i64, bytes: &[u8]) -> Vec<u8> {
        let mut value = Vec::with_capacity(HEAD + bytes.len());
        value.extend(self.0.as_flattened());
        value.extend(made_at_ms.to_be_bytes());
        value.extend(bytes);
        value
    }

    /// The value, if it is of these generations.
    fn read(&self, value: Vec<u8>) -> Option<Found> {
        let (stamps, rest) = value.split_at_checked(HEAD - size_of::<i64>())?;
        let (made_at, _) = rest.split_first_chunk()?;
        let made_at_ms = i64::from_be_bytes(*made_at);
        (stamps == self.0.as_flattened()).then(|| Found::Value {
            bytes: Bytes::from(value).slice(HEAD..),
            made_at_ms,
            taken: self.clone(),
        })
    }
}

/// Who has heard of an invalidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Everywhere,
    /// The others learn of it from the database, within two seconds.
    OnlyHere,
}

/// Cheap to clone: one pointer. What it does in the background ends with its last clone.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    me: String,
    redis: Option<Redis>,
    db: Db,
    clock: Clock,
    local: Arc<dyn Local>,
    counts: RemoteCounts,
    line: Line,
    book: Book,
    /// Milliseconds since the machine's boot: until when the lease runs, and when the last good look at the database began.
    lease: AtomicU64,
    looked: AtomicU64,
    /// The last look failed, over a connection of its own: whoever has no database has nothing better than what is remembered.
    is_looking_vain: AtomicBool,
    /// How often it became doubtful whether Redis knows of every invalidation, and how much of that is settled.
    doubts: AtomicU64,
    settled: AtomicU64,
    look: Arc<Notify>,
    is_leaving: AtomicBool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared({})", self.0.me)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn value_name(name: Name<'_>) -> String {
    format!("{PREFIX}v:{}:{}", name.schema, name.key)
}

fn generation_names(tags: [&str; 3]) -> [String; 4] {
    let [key, family, group] = tags;
    [key, family, group, Tag::EVERYTHING.as_str()].map(|tag| format!("{PREFIX}g:{tag}"))
}

impl Shared {
    /// Begins to listen in the background.
    pub fn open(db: &Db, redis: Option<&Redis>, clock: &Clock, local: Arc<dyn Local>) -> Self {
        Self::counting(db, redis, clock, local, RemoteCounts::default())
    }

    /// The same, and counts what becomes of asking Redis.
    pub fn counting(
        db: &Db,
        redis: Option<&Redis>,
        clock: &Clock,
        local: Arc<dyn Local>,
        counts: RemoteCounts,
    ) -> Self {
        let look = Arc::new(Notify::new());
        let inner = Arc::new(Inner {
            me: Uuid::from_bytes(random()).simple().to_string(),
            redis: redis.cloned(),
            db: db.clone(),
            clock: clock.clone(),
            local,
            counts,
            line: Line::default(),
            book: Book::default(),
            lease: AtomicU64::new(0),
            looked: AtomicU64::new(0),
            is_looking_vain: AtomicBool::new(false),
            doubts: AtomicU64::new(1),
            settled: AtomicU64::new(0),
            look: Arc::clone(&look),
            is_leaving: AtomicBool::new(false),
        });
        tokio::spawn(pending::run(Arc::downgrade(&inner), look));
        if redis.is_some() {
            tokio::spawn(line::run(Arc::downgrade(&inner)));
        }
        Self(inner)
    }

    /// `now` is the time since the machine's boot.
    #[must_use]
    pub fn standing(&self, now: Duration) -> Standing {
        if self.0.is_late(now) {
            Standing::Doubtful
        } else if self.has_lease(now) {
            Standing::Trusted
        } else {
            self.without_lease(now)
        }
    }

    /// Whether it has heard of every change whose writer was answered.
    fn has_lease(&self, now: Duration) -> bool {
        millis(now) < self.0.lease.load(Ordering::Acquire)
    }

    fn without_lease(&self, now: Duration) -> Standing {
        let Some(redis) = &self.0.redis else {
            return Standing::Trusted;
        };
        let age = millis(now).saturating_sub(self.0.looked.load(Ordering::Acquire));
        if redis.is_up() && !self.0.line.is_refused() {
            Standing::AskRemote
        } else if age <= millis(LOOK) {
            Standing::Trusted
        } else {
            Standing::Doubtful
        }
    }

    /// Whether another process may answer the writer's next request.
    fn has_others(&self) -> bool {
        self.0.redis.is_some() || !self.0.db.is_embedded()
    }

    /// Whether it hears of changes by way of Redis.
    #[must_use]
    pub fn is_on_line(&self) -> bool {
        self.0.line.is_followed()
    }

    /// The value under a key, of this version of its shape, whose tags are the key, its family and its group. What the
    /// process itself knows of invalidations has to be noted before.
    pub async fn get(&self, name: Name<'_>) -> Found {
        let Some(redis) = self.0.values() else {
            return AWAY;
        };
        let generations = generation_names(name.tags);
        let mut ask = cmd("MGET");
        ask.arg(value_name(name)).arg(&generations);
        let asked = redis.run(async |mut line: MultiplexedConnection| {
            ask.query_async::<Vec<Option<Vec<u8>>>>(&mut line).await
        });
        let Ok(mut found) = self.0.counts.noted(asked.await) else {
            return AWAY;
        };
        let Some(taken) = found.get(1..).and_then(Taken::of) else {
            return Found::Missing {
                taken: self.take(redis, &generations).await,
            };
        };
        let value = found.swap_remove(0).and_then(|value| taken.read(value));
        value.unwrap_or(Found::Missing { taken: Some(taken) })
    }

    async fn take(&self, redis: &Redis, generations: &[String; 4]) -> Option<Taken> {
        let mut call = TAKE.key(generations);
        call.arg(ASKED_SECONDS)
            .arg(GENERATION_SECONDS)
            .arg(&random::<16>());
        let asked = redis.run(async |mut line: MultiplexedConnection| {
            call.invoke_async::<Vec<Option<Vec<u8>>>>(&mut line).await
        });
        Taken::of(&self.0.counts.noted(asked.await).ok()?)
    }

    /// Keeps a value, unless something of it was invalidated since the generations were taken. Whether it is kept.
    pub async fn store(
        &self,
        name: Name<'_>,
        taken: &Taken,
        bytes: &[u8],
        made_at_ms: i64,
        ttl: Duration,
    ) -> bool {
        let Some(redis) = self.0.values() else {
            return false;
        };
        let mut call = STORE.key(value_name(name));
        call.key(&generation_names(name.tags))
            .arg(taken.value(made_at_ms, bytes))
            .arg(millis(ttl.min(VALUE_MAX)).max(1))
            .arg(GENERATION_SECONDS);
        for stamp in &taken.0 {
            call.arg(stamp);
        }
        let asked = redis.run(async |mut line: MultiplexedConnection| {
            call.invoke_async::<bool>(&mut line).await
        });
        self.0.counts.noted(asked.await).unwrap_or(false)
    }

    /// Whose turn it is to load this key. Those whose it is not look with `get` until the value has come, but not long.
    pub async fn lock(&self, key: &str, ttl: Duration) -> Turn {
        match self.0.values() {
            Some(redis) => Lock::take(redis, &self.0.counts, key, ttl).await,
            None => Turn::Away,
        }
    }

    /// Makes an invalidation true here and, with `wait`, on every instance before it answers. Once for each id: what is
    /// repeated does no harm.
    pub async fn carry_out(&self, id: Uuid, tags: &[Tag], wait: bool) -> Outcome {
        let told = match &self.0.redis {
            Some(redis) => line::tell(&self.0, redis, id, tags).await,
            None if self.0.db.is_embedded() => Some(None),
            None => None,
        };
        // Only now: until then somebody here could take the old value out of Redis again.
        self.0.invalidate(tags);
        let Some(told) = told else {
            self.0.doubt();
            return Outcome::OnlyHere;
        };
        self.0.book.note_carried(id);
        if let (Some(redis), Some(told), true) = (&self.0.redis, told, wait) {
            line::heard(&self.0, redis, &told).await;
        }
        Outcome::Everywhere
    }

    /// Tells Redis of an invalidation that this process has applied already, and applies it once more: until Redis knew of
    /// it, somebody here could take the old value out of it again. Whether it does know.
    async fn catch_up(&self, redis: &Redis, id: Uuid, tags: &[Tag]) -> bool {
        if line::tell(&self.0, redis, id, tags).await.is_none() {
            self.0.doubt();
            return false;
        }
        self.0.invalidate(tags);
        self.0.book.note_carried(id);
        true
    }

    /// Stops following the line and tells the others not to wait for this instance any more.
    pub async fn leave(&self) {
        self.0.is_leaving.store(true, Ordering::Release);
        if let Some(redis) = &self.0.redis {
            line::leave(&self.0, redis).await;
        }
    }
}

impl Remote for Shared {
    fn standing(&self, up: Duration) -> Standing {
        match request::after() {
            After::Nothing => Shared::standing(self, up),
            After::Change if self.0.is_late(up) => Standing::Around,
            After::Change if self.has_lease(up) => Standing::Trusted,
            // A look at the database may have been before the change.
            After::Change if self.without_lease(up) == Standing::AskRemote => Standing::AskRemote,
            After::Change | After::UnsureChange => Standing::Around,
        }
    }

    fn get<'a>(&'a self, name: Name<'a>) -> BoxFuture<'a, Found> {
        Box::pin(Shared::get(self, name))
    }

    fn store<'a>(
        &'a self,
        name: Name<'a>,
        taken: &'a Taken,
        bytes: &'a [u8],
        made_at_ms: i64,
        ttl: Duration,
    ) -> BoxFuture<'a, bool> {
        Box::pin(Shared::store(self, name, taken, bytes, made_at_ms, ttl))
    }

    fn lock<'a>(&'a self, key: &'a str, ttl: Duration) -> BoxFuture<'a, Turn> {
        Box::pin(Shared::lock(self, key, ttl))
    }
}

impl Inner {
    /// Redis, where its values count: it answers, and knows of every invalidation that this process knows of.
    fn values(&self) -> Option<&Redis> {
        let counts = self.counts_values() && !self.is_late(since_boot());
        self.redis.as_ref().filter(|_| counts)
    }

    /// The same, however long ago the last look was.
    fn counts_values(&self) -> bool {
        let is_settled =
            self.settled.load(Ordering::Acquire) == self.doubts.load(Ordering::Acquire);
        is_settled && self.redis.as_ref().is_some_and(Redis::is_up)
    }

    /// Whether the last look at the database began too long ago, and not because there is none.
    fn is_late(&self, now: Duration) -> bool {
        let looked = self.looked.load(Ordering::Acquire);
        // Before the first look there was hardly time to remember anything.
        looked > 0
            && millis(now).saturating_sub(looked) > millis(OVERDUE)
            && !self.is_looking_vain.load(Ordering::Acquire)
    }

    fn doubt(&self) {
        self.doubts.fetch_add(1, Ordering::AcqRel);
    }

    fn invalidate(&self, tags: &[Tag]) {
        if tags.contains(&Tag::EVERYTHING) {
            self.local.forget_all();
        } else {
            self.local.invalidate(tags);
        }
    }
}
