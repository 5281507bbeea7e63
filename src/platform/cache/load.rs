//! How a value is brought: out of what instances share, or by the loader. Whoever asked first carries it on, and a task of its own
//! does once that one has gone.

use std::{
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tracing::{Instrument as _, Span};

use super::{
    Cache,
    encoding::Codec,
    flight::{Landed, Slot},
    generations::Family,
    key::Key,
    memory::{Draft, Entry, Value},
    micros,
    remote::{Found, Guard, Name, Remote, Standing, Taken, Turn},
    shared::request::{After, scope},
};
use crate::{
    error::{Error, Result},
    platform::clock::random,
};

/// A load that takes longer has failed: nobody waits for ever.
const LOAD: Duration = Duration::from_mins(1);
/// What an instance waits for another's load, and how often it looks.
pub(super) const TURN: Duration = Duration::from_secs(2);
/// Nobody waits longer than a turn, and a lock whose owner has died, or whose release got lost, is in nobody's way for longer.
pub(super) const LOCKED: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// In microseconds: for so long after a failed load an old value is given without another try.
const FAILED_FOR: i64 = 1_000_000;

type Load = Box<dyn FnOnce() -> BoxFuture<'static, Result<Value>> + Send>;
pub(super) type Answer = Result<Value>;

/// What is to be done for a key, whoever will wait for it.
pub(super) struct Job {
    load: Load,
    want: Want,
}

/// What will do for it.
#[derive(Clone, Copy)]
struct Want {
    codec: Codec,
    /// There is a value, but it is no longer fresh: only a fresh one will do.
    refreshes: bool,
}

impl Job {
    /// The codec is of what is loaded.
    pub fn new<T, F>(
        load: impl FnOnce() -> F + Send + 'static,
        codec: Codec,
        refreshes: bool,
    ) -> Self
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        // The loader is called within the flight, where its panics are caught.
        let load = || async move { load().await.map(|value| Arc::new(value) as Value) }.boxed();
        Self {
            load: Box::new(load),
            want: Want { codec, refreshes },
        }
    }
}

/// One load and all who wait for it.
pub(super) struct Flight {
    job: Mutex<Option<Job>>,
    span: Span,
    answer: watch::Sender<Option<Answer>>,
    began: AtomicI64,
}

impl Flight {
    pub fn new(job: Job) -> Arc<Self> {
        Arc::new(Self {
            job: Mutex::new(Some(job)),
            span: Span::current(),
            answer: watch::Sender::new(None),
            began: AtomicI64::new(i64::MAX),
        })
    }

    pub fn began(&self) -> i64 {
        self.began.load(Ordering::Acquire)
    }

    pub fn answer(&self) -> Waiting {
        Waiting {
            answer: self.answer.subscribe(),
            carried: None,
        }
    }
}

pub(super) struct Waiting {
    answer: watch::Receiver<Option<Answer>>,
    carried: Option<Carried>,
}

impl Waiting {
    /// Of the first one: to start a task and to be woken by it takes longer than a look into Redis.
    pub fn carrying(self, flight: BoxFuture<'static, ()>) -> Self {
        Self {
            carried: Some(Carried(Some(flight))),
            ..self
        }
    }

    pub async fn wait(mut self) -> Answer {
        if let Some(mut carried) = self.carried.take() {
            // What is left once there is an answer keeps nobody waiting.
            poll_fn(|cx| {
                if carried.is_over(cx) || self.answer.borrow().is_some() {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
        match self.answer.wait_for(Option::is_some).await {
            Ok(answer) => answer.clone().unwrap_or_else(|| Err(stopped())),
            Err(_) => Err(stopped()),
        }
    }
}

/// A flight that whoever holds it carries on. Dropped before its end, it goes on in a task of its own: others wait for it.
struct Carried(Option<BoxFuture<'static, ()>>);

impl Carried {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(flight) = &mut self.0
            && flight.as_mut().poll(cx).is_ready()
        {
            self.0 = None;
        }
        self.0.is_none()
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        // Without a runtime the process ends, and nobody waits.
        if let (Some(flight), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(flight);
        }
    }
}

fn stopped() -> Error {
    Error::unavailable("loading was stopped")
}

/// A value that has been brought and is not remembered yet.
struct Brought {
    value: Value,
    made_at: i64,
    /// The length of its encoding, where it came so.
    len: Option<usize>,
    /// What it may be stored with.
    taken: Option<Taken>,
    /// Held until the value is stored.
    turn: Option<Guard>,
}

enum Looked {
    /// With its age's beginning and its length.
    Here(Value, i64, usize),
    Missing(Option<Taken>),
}

/// What is left to do once the waiters are answered.
struct ToStore {
    taken: Taken,
    bytes: Vec<u8>,
    made_at: i64,
    /// Until when it is right, by the wall's clock.
    ends_ms: Option<i64>,
    _turn: Option<Guard>,
}

impl Cache {
    /// Runs a flight to its end in a task of its own.
    pub(super) fn set_off(&self, key: Key, family: Arc<Family>, flight: Arc<Flight>, stamp: u64) {
        tokio::spawn(self.begin(key, family, flight, stamp));
    }

    /// A flight that begins now and is run by whoever polls it.
    pub(super) fn begin(
        &self,
        key: Key,
        family: Arc<Family>,
        flight: Arc<Flight>,
        stamp: u64,
    ) -> BoxFuture<'static, ()> {
        flight.began.store(self.now().at, Ordering::Release);
        let span = flight.span.clone();
        // It is of no request, whoever carries it: what one of those who wait has changed is not for all of them.
        let flown = scope(After::Nothing, self.clone().fly(key, family, flight, stamp));
        flown.map(drop).instrument(span).boxed()
    }

    async fn fly(self, key: Key, family: Arc<Family>, flight: Arc<Flight>, stamp: u64) {
        let job = flight
            .job
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let brought = match (self.spared(&key), job) {
            (Some(value), _) => Ok((value, None, None)),
            (None, Some(job)) => AssertUnwindSafe(self.bring(&key, &family, job, stamp))
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(Error::internal("a loader panicked"))),
            (None, None) => Err(stopped()),
        };
        let (answer, entry, to_store) = match brought {
            Ok((value, entry, to_store)) => (Ok(value), entry, to_store),
            Err(error) => (self.failed(&key, &family, error), None, None),
        };
        let to_store = self.land(&key, &family, entry, to_store);
        flight.answer.send_replace(Some(answer));
        if let (Some(to_store), Some(remote)) = (to_store, &self.remote) {
            store(
                &**remote,
                &key,
                &family,
                &to_store,
                self.now().at,
                self.wall_ms(),
            )
            .await;
        }
        self.store.memory.sweep(self.now().at);
    }

    /// What those get who waited in doubt while a load failed: they do not wait for another failure.
    fn spared(&self, key: &Key) -> Option<Value> {
        let now = self.now();
        let old = self.store.memory.get(key, now.at)?;
        let is_spared = old.has_failed(now.at) && old.serves(now.at);
        if !is_spared || self.standing(now) != Standing::Doubtful {
            return None;
        }
        old.family.counts.stale.inc();
        Some(Arc::clone(&old.value))
    }

    /// Remembers what came, lets the next flight begin, and only then are the waiters answered: whoever asks after them
    /// finds either. What is still to be stored is given back if it is right.
    fn land(
        &self,
        key: &Key,
        family: &Arc<Family>,
        entry: Option<Arc<Entry>>,
        to_store: Option<ToStore>,
    ) -> Option<ToStore> {
        let mut flights = self.store.flights();
        let stamp = family.generation();
        let Landed { keeps, next } = flights.remove(key)?.land(stamp);
        // Its turn ends before that of the next begins.
        let to_store = to_store.filter(|_| keeps);
        if let (true, Some(entry)) = (keeps, entry) {
            self.store.memory.put(key.clone(), entry);
        }
        if let Some((flight, slot)) = next {
            flights.insert(key.clone(), slot);
            drop(flights);
            self.set_off(key.clone(), Arc::clone(family), flight, stamp);
        }
        to_store
    }

    async fn bring(
        &self,
        key: &Key,
        family: &Arc<Family>,
        job: Job,
        stamp: u64,
    ) -> Result<(Value, Option<Arc<Entry>>, Option<ToStore>)> {
        let codec = job.want.codec;
        let brought = self.find_or_load(key, family, job).await?;
        let wants_bytes = brought.taken.is_some();
        let (entry, bytes) = self.prepare(family, codec, &brought, stamp, wants_bytes);
        let to_store = brought.taken.zip(bytes).map(|(taken, bytes)| ToStore {
            taken,
            bytes,
            made_at: brought.made_at,
            ends_ms: ends_ms(codec, &brought.value),
            _turn: brought.turn,
        });
        Ok((brought.value, entry, to_store))
    }

    async fn find_or_load(&self, key: &Key, family: &Arc<Family>, job: Job) -> Result<Brought> {
        let (mut taken, mut turn) = (None, None);
        if let (Some(remote), Some(_)) = (&self.remote, family.policy.shared()) {
            let mut looked = self.look(&**remote, key, family, job.want).await;
            if family.policy.is_locked() && matches!(looked, Looked::Missing(Some(_))) {
                (looked, turn) = self
                    .wait_for_turn(&**remote, key, family, job.want, looked)
                    .await;
            }
            match looked {
                Looked::Here(value, made_at, len) => {
                    family.counts.hit_l2.inc();
                    tracing::debug!(key = %key, shared = true, "cache_hit");
                    return Ok(Brought {
                        value,
                        made_at,
                        len: Some(len),
                        taken: None,
                        turn,
                    });
                }
                Looked::Missing(found) => taken = found,
            }
        }
        family.counts.miss.inc();
        tracing::info!(key = %key, "cache_miss");
        let (made_at, begun) = (self.now().at, Instant::now());
        let loaded = timeout(LOAD, (job.load)())
            .await
            .unwrap_or_else(|_| Err(Error::unavailable("loading took too long")));
        family.counts.loaded(begun.elapsed());
        Ok(Brought {
            value: loaded?,
            made_at,
            len: None,
            taken,
            turn,
        })
    }

    async fn look(&self, remote: &dyn Remote, key: &Key, family: &Family, want: Want) -> Looked {
        let policy = family.policy;
        let (bytes, made_at_ms, taken) = match remote.get(name(key, family)).await {
            Found::Missing { taken } => return Looked::Missing(taken),
            Found::Value {
                bytes,
                made_at_ms,
                taken,
            } => (bytes, made_at_ms, taken),
        };
        // A clock that is behind makes a value of the future.
        let age = self
            .wall_ms()
            .saturating_sub(made_at_ms)
            .max(0)
            .saturating_mul(1000);
        let limit = if want.refreshes {
            policy.fresh()
        } else {
            policy.shared().unwrap_or_default()
        };
        if age >= micros(limit) {
            return Looked::Missing(Some(taken));
        }
        match want.codec.decode(&bytes) {
            Ok(value) if ends_ms(want.codec, &value).is_some_and(|end| end <= self.wall_ms()) => {
                Looked::Missing(Some(taken))
            }
            Ok(value) => Looked::Here(value, self.now().at.saturating_sub(age), bytes.len()),
            Err(error) => {
                if family.may_warn(self.now().at) {
                    tracing::warn!(family = policy.name(), %error, "cache_value_unreadable");
                }
                Looked::Missing(Some(taken))
            }
        }
    }

    /// Until it is this instance's turn to load, or another's value has come, or it has waited long enough.
    async fn wait_for_turn(
        &self,
        remote: &dyn Remote,
        key: &Key,
        family: &Family,
        want: Want,
        mut looked: Looked,
    ) -> (Looked, Option<Guard>) {
        let until = Instant::now() + TURN;
        let mut waited = false;
        loop {
            match remote.lock(key.as_str(), LOCKED).await {
                Turn::Ours(turn) => {
                    if waited {
                        // Its owner may have stored the value between the look and the release.
                        looked = self.look(remote, key, family, want).await;
                    }
                    return (looked, Some(turn));
                }
                Turn::Theirs if Instant::now() < until => sleep(LOOK_EVERY).await,
                Turn::Theirs | Turn::Away => return (looked, None),
            }
            waited = true;
            looked = self.look(remote, key, family, want).await;
            if !matches!(looked, Looked::Missing(Some(_))) {
                return (looked, None);
            }
        }
    }

    /// Weighs a value and finds it a place. What cannot be kept is answered all the same.
    fn prepare(
        &self,
        family: &Arc<Family>,
        codec: Codec,
        brought: &Brought,
        stamp: u64,
        wants_bytes: bool,
    ) -> (Option<Arc<Entry>>, Option<Vec<u8>>) {
        let max = self.store.bounds.value;
        let name = family.policy.name();
        let now = self.now().at;
        let weighed = family.policy.weigh().map(|weigh| weigh(&*brought.value));
        let weighed = weighed.or(brought.len);
        let encoded = match weighed {
            Some(weight) if weight > max => Ok(None),
            Some(_) if !wants_bytes => Ok(Some((None, 0))),
            _ => codec
                .encode(&brought.value, wants_bytes, max)
                .map(|encoded| encoded.map(|encoded| (encoded.bytes, encoded.len))),
        };
        let warns = |what: &str| {
            if family.may_warn(now) {
                tracing::warn!(family = name, max, "{what}");
            }
        };
        let (bytes, len) = match encoded {
            Ok(Some(encoded)) => encoded,
            Ok(None) => {
                warns("cache_value_too_large");
                return (None, None);
            }
            Err(error) => {
                warns(&format!("cache_value_not_encodable: {error}"));
                return (None, None);
            }
        };
        let bytes = bytes.filter(|bytes| {
            let fits = bytes.len() <= self.store.bounds.shared_value;
            if !fits {
                warns("cache_value_too_large_to_share");
            }
            fits
        });
        let ends_at = ends_ms(codec, &brought.value)
            .map(|end| now.saturating_add((end - self.wall_ms()).saturating_mul(1000)));
        let draft = draft(family, brought, stamp, now, ends_at.unwrap_or(i64::MAX));
        let entry = self
            .store
            .memory
            .entry(family, draft, weighed.unwrap_or(len), now);
        if entry.is_none() {
            warns("cache_value_without_room");
        }
        (entry, bytes)
    }

    /// What a failure is answered with: the value that there was, if it may serve and was not made void.
    fn failed(&self, key: &Key, family: &Family, error: Error) -> Answer {
        family.counts.errors.inc();
        let now = self.now();
        // What is refused or not there is an answer.
        let may_serve = error.status().is_server_error()
            && matches!(self.standing(now), Standing::Trusted | Standing::Doubtful);
        let old = self.store.memory.get(key, now.at);
        match old.filter(|old| may_serve && now.at < old.gone_at) {
            Some(old) => {
                tracing::warn!(key = %key, %error, "cache_load_failed");
                family.counts.stale.inc();
                old.serves_on(now.at + FAILED_FOR);
                Ok(Arc::clone(&old.value))
            }
            None => Err(error),
        }
    }

    /// Remembers a value that somebody has brought along. It is here before anything is waited for, so that whatever is
    /// made void meanwhile falls on it.
    pub(super) async fn bring_along(
        &self,
        key: &Key,
        family: &Arc<Family>,
        value: Value,
        codec: Codec,
    ) {
        let brought = Brought {
            value,
            made_at: self.now().at,
            len: None,
            taken: None,
            turn: None,
        };
        let remote = self.remote.as_deref();
        let remote = remote.filter(|_| family.policy.shared().is_some());
        let stamp = family.generation();
        let (entry, bytes) = self.prepare(family, codec, &brought, stamp, remote.is_some());
        {
            let mut flights = self.store.flights();
            if let Some(slot) = flights.get_mut(key) {
                Slot::make_void(slot);
            }
            match &entry {
                Some(entry) => self.store.memory.put(key.clone(), Arc::clone(entry)),
                None => self.store.memory.remove(key.as_str().as_bytes()),
            }
        }
        self.store.memory.sweep(brought.made_at);
        let (Some(remote), Some(entry), Some(bytes)) = (remote, entry, bytes) else {
            return;
        };
        let (Found::Value { taken, .. } | Found::Missing { taken: Some(taken) }) =
            remote.get(name(key, family)).await
        else {
            return;
        };
        if !self.store.memory.holds(key, &entry) {
            return;
        }
        let to_store = ToStore {
            taken,
            bytes,
            made_at: brought.made_at,
            ends_ms: ends_ms(codec, &brought.value),
            _turn: None,
        };
        let (now, wall_ms) = (self.now().at, self.wall_ms());
        store(remote, key, family, &to_store, now, wall_ms).await;
    }
}

fn name<'a>(key: &'a Key, family: &'a Family) -> Name<'a> {
    let group = family.policy.group();
    Name {
        key: key.as_str(),
        schema: family.policy.schema(),
        tags: [key.as_str(), &family.prefix, group],
    }
}

/// For what is left of its time.
async fn store(
    remote: &dyn Remote,
    key: &Key,
    family: &Family,
    to_store: &ToStore,
    now: i64,
    wall_ms: i64,
) {
    let policy = family.policy;
    let age_micros = now.saturating_sub(to_store.made_at).max(0);
    let age = Duration::from_micros(age_micros.unsigned_abs());
    let left = to_store
        .ends_ms
        .map(|end| end.saturating_sub(wall_ms).max(0).unsigned_abs());
    let ttl = policy
        .shared()
        .unwrap_or_default()
        .saturating_sub(age)
        .min(left.map_or(Duration::MAX, Duration::from_millis));
    if !ttl.is_zero() {
        let made_at_ms = wall_ms.saturating_sub(age_micros / 1000);
        let (taken, bytes) = (&to_store.taken, &to_store.bytes);
        remote
            .store(name(key, family), taken, bytes, made_at_ms, ttl)
            .await;
    }
}

/// Freshness counts from when a value was loaded, wherever that was; its time here, where it came out of Redis, from now.
/// Nothing lasts beyond `ends_at`.
fn draft(family: &Family, brought: &Brought, stamp: u64, now: i64, ends_at: i64) -> Draft {
    let (policy, made_at) = (family.policy, brought.made_at);
    let kept = jittered(policy.kept());
    let kept_until = match (policy.shared(), brought.len) {
        (Some(shared), Some(_)) => (now + kept).min(made_at.saturating_add(micros(shared))),
        _ => made_at + kept,
    };
    let kept_until = kept_until.min(ends_at);
    Draft {
        value: Arc::clone(&brought.value),
        stamp,
        made_at,
        fresh_until: (made_at + jittered(policy.fresh())).min(kept_until),
        kept_until,
        gone_at: (kept_until + micros(policy.kept_for_errors())).min(ends_at),
    }
}

fn ends_ms(codec: Codec, value: &Value) -> Option<i64> {
    codec.ends(value).map(|end| end.timestamp_millis())
}

/// Up to a tenth shorter, so that what was loaded together is not loaded anew together.
pub(super) fn jittered(time: Duration) -> i64 {
    let tenth = micros(time) / 10;
    let part = i64::from(u16::from_be_bytes(random()));
    micros(time) - (tenth / 65_536 * part + tenth % 65_536 * part / 65_536)
}
