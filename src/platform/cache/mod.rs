//! Values that are kept because making them takes long: `README.md` in this folder says what is promised.

mod encoding;
mod flight;
mod generations;
mod key;
mod load;
mod memory;
mod policy;
mod remote;
pub mod shapes;
mod shared;
pub mod stats;
#[cfg(test)]
mod tests;
mod timed;

use std::{
    any::type_name,
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

use self::{
    encoding::Codec,
    flight::Slot,
    generations::{Families, Family},
    load::{Flight, Job, Waiting},
    memory::{Entry, Memory, Value},
};
pub use self::{
    key::{Key, Scope, Tag, Whose},
    policy::{Policy, Weigh},
    remote::{Found, Local, Name, Remote, Standing, Taken, Turn},
    shared::{Invalidation, Outcome, Shared, request},
    stats::{FamilyStats, RemoteCounts, Stats},
    timed::Timed,
};
use super::{
    clock::{Clock, since_boot},
    db::{Db, Tx},
    metrics::Metrics,
    redis::Redis,
};
use crate::error::{Error, Result};

/// What the cache may take of this process.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub entries: usize,
    pub bytes: usize,
    /// Of one value; what is larger is not kept.
    pub value: usize,
    /// Of one value in Redis: a larger one would take as long as a command may take at all.
    pub shared_value: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            entries: 10_000,
            bytes: 64 << 20,
            value: 4 << 20,
            shared_value: 512 << 10,
        }
    }
}

const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// How long a caller who had a value loaded anew is waited for before another may try.
const REFRESH_AGAIN: i64 = 1_000_000;

/// Cheap to clone.
#[derive(Clone)]
pub struct Cache {
    store: Arc<Store>,
    remote: Option<Arc<dyn Remote>>,
    shared: Option<Shared>,
    remote_counts: RemoteCounts,
}

/// What this process remembers, and what it is loading.
struct Store {
    families: Families,
    memory: Memory,
    /// Held for a moment, never while loading.
    flights: Mutex<HashMap<Key, Slot<Arc<Flight>>>>,
    clock: Clock,
    bounds: Bounds,
}

#[derive(Clone, Copy)]
struct Now {
    /// Since the machine's boot.
    up: Duration,
    /// Microseconds, moved with the clock of a test.
    at: i64,
}

enum Asked {
    Found(Arc<Entry>),
    Waits(Waiting),
}

impl Cache {
    /// For these families and no others.
    #[must_use]
    pub fn new(
        policies: &[&'static Policy],
        bounds: Bounds,
        clock: &Clock,
        metrics: &Metrics,
    ) -> Self {
        let store = Store {
            families: Families::new(policies, metrics),
            memory: Memory::new(bounds),
            flights: Mutex::default(),
            clock: clock.clone(),
            bounds,
        };
        Self {
            store: Arc::new(store),
            remote: None,
            shared: None,
            remote_counts: metrics.cache_remote(),
        }
    }

    /// The same cache, which shares values with other instances.
    #[must_use]
    pub fn sharing(self, remote: Arc<dyn Remote>) -> Self {
        Self {
            remote: Some(remote),
            ..self
        }
    }

    /// The same cache, which hears of what other processes on this database change, and shares values where there is
    /// Redis. Whatever else is remembered hears of it too.
    #[must_use]
    pub fn on(self, db: &Db, redis: Option<&Redis>, beside: Arc<dyn Local>) -> Self {
        let local = Arc::new(Both(self.local(), beside));
        tokio::spawn(sweep(Arc::downgrade(&self.store)));
        let counts = self.remote_counts.clone();
        let shared = Shared::counting(db, redis, &self.store.clock, local, counts);
        Self {
            shared: Some(shared.clone()),
            ..self.sharing(Arc::new(shared))
        }
    }

    /// What a change makes void: noted in its transaction, and true on every instance before `commit` answers. Families
    /// that may be some time behind are not waited for.
    pub fn drops(&self, tx: &mut Tx, tags: impl IntoIterator<Item = Tag>) {
        let Some(shared) = &self.shared else { return };
        let tags: Vec<Tag> = tags.into_iter().collect();
        let waits = tags.iter().any(|tag| self.store.families.is_strict(tag));
        tx.invalidates(shared, tags, waits);
    }

    /// Whether what this process remembers is right for whoever asks now.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.standing(self.now()) == Standing::Trusted
    }

    /// What somebody typed, if a family has such keys: a whole key, `entity:what:` or `entity:`.
    #[must_use]
    pub fn tag(&self, typed: &str) -> Option<Tag> {
        let has = |family: &Arc<Family>| {
            typed == family.policy.group() || typed.starts_with(&family.prefix)
        };
        let is_known = self.store.families.all().any(has);
        // What no key has would be read as several elsewhere.
        let is_plain = |byte| policy::is_plain(byte) || b":#".contains(&byte);
        (is_known && typed.bytes().all(is_plain)).then(|| Tag::new(typed.to_owned()))
    }

    /// Whether this process hears of changes by way of Redis.
    #[must_use]
    pub fn is_on_line(&self) -> bool {
        self.shared.as_ref().is_some_and(Shared::is_on_line)
    }

    /// Tells the others not to wait for this instance any more.
    pub async fn leave(&self) {
        if let Some(shared) = &self.shared {
            shared.leave().await;
        }
    }

    /// What other instances tell of their changes.
    #[must_use]
    pub fn local(&self) -> Arc<dyn Local> {
        Arc::clone(&self.store) as _
    }

    /// The value that is remembered, or what the loader brings, which is then remembered as the policy says. However many
    /// ask, one loader runs, and goes on when whoever asked first goes away; what it brings, or its error, goes to all of them.
    pub async fn get_or_set<T, F>(
        &self,
        key: &Key,
        policy: &'static Policy,
        load: impl FnOnce() -> F + Send + 'static,
    ) -> Result<Arc<T>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.bring_up(key, policy, Codec::of::<T>(), load).await
    }

    /// The same for a value that knows when it ends. Who finds it ended has it loaded anew, as if it had never been there.
    pub async fn get_or_set_timed<T, F>(
        &self,
        key: &Key,
        policy: &'static Policy,
        load: impl FnOnce() -> F + Send + 'static,
    ) -> Result<Arc<Timed<T>>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Future<Output = Result<Timed<T>>> + Send + 'static,
    {
        self.bring_up(key, policy, Codec::timed::<T>(), load).await
    }

    async fn bring_up<T, F>(
        &self,
        key: &Key,
        policy: &'static Policy,
        codec: Codec,
        load: impl FnOnce() -> F + Send + 'static,
    ) -> Result<Arc<T>>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        check(key, policy)?;
        let now = self.now();
        let standing = self.standing(now);
        if standing == Standing::Around {
            return load().await.map(Arc::new);
        }
        if let Some(entry) = self.usable(key, standing, now) {
            let value = hit(key, &entry)?;
            if now.at >= entry.fresh_until {
                self.given_stale(key, &entry, now, || Job::new(load, codec, true));
            }
            return Ok(value);
        }
        let family = self.store.families.of(policy)?;
        match self.ask(key, family, standing, Job::new(load, codec, false)) {
            Asked::Found(entry) => hit(key, &entry),
            Asked::Waits(waiting) => cast(key, &waiting.wait().await?),
        }
    }

    /// The value that is remembered in this process, if it is fresh: without waiting, loading or allocating. Whoever gets
    /// none asks `get_or_set`, which gives older ones too while it has them loaded anew.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self, key: &Key) -> Option<Arc<T>> {
        let now = self.now();
        let standing = self.standing(now);
        if standing == Standing::Around {
            return None;
        }
        let entry = self.usable(key, standing, now)?;
        if now.at >= entry.fresh_until {
            return None;
        }
        hit(key, &entry).ok()
    }

    /// Remembers a value in place of whatever there is or is being loaded. The caller vouches that it was made after all
    /// that was made void before this call, which nobody can who has read it from a database: that is for `get_or_set`.
    /// Others keep what they remember.
    pub async fn set<T>(&self, key: &Key, policy: &'static Policy, value: T) -> Result<Arc<T>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        check(key, policy)?;
        let family = self.store.families.of(policy)?;
        let value = Arc::new(value);
        self.bring_along(key, family, Arc::clone(&value) as Value, Codec::of::<T>())
            .await;
        Ok(value)
    }

    /// Makes one key void in this process.
    pub fn invalidate(&self, key: &Key) {
        self.store.make_void(key.as_str().as_bytes());
    }

    /// Makes a family (`blog:list:`) or a group of families (`blog:`) void in this process. There are no other prefixes.
    pub fn invalidate_prefix(&self, prefix: &str) -> Result<()> {
        if self.store.families.make_void(prefix) {
            Ok(())
        } else {
            let why = format!(
                "{prefix:?} is neither entity:what: nor entity: of a family in src/cache.rs"
            );
            Err(Error::internal(why))
        }
    }

    #[must_use]
    pub fn stats(&self) -> Stats {
        let of = |family: &Arc<Family>| FamilyStats::of(family.policy.name(), &family.counts);
        let mut families: Vec<FamilyStats> = self.store.families.all().map(of).collect();
        families.sort_unstable_by_key(|family| family.name);
        Stats {
            families,
            entries: self.store.memory.len(),
            bytes: self.store.memory.bytes(),
            bytes_max: self.store.bounds.bytes,
        }
    }

    fn now(&self) -> Now {
        let up = since_boot();
        let at = micros(up).saturating_add(self.store.clock.shift_micros());
        Now { up, at }
    }

    fn wall_ms(&self) -> i64 {
        self.store.clock.now().timestamp_millis()
    }

    /// Asked before anything is read: what it says was true then.
    fn standing(&self, now: Now) -> Standing {
        match &self.remote {
            Some(remote) => remote.standing(now.up),
            None => Standing::Trusted,
        }
    }

    fn usable(&self, key: &Key, standing: Standing, now: Now) -> Option<Arc<Entry>> {
        let entry = self.store.memory.get(key, now.at)?;
        let is_usable = match standing {
            Standing::Trusted => true,
            // Nobody waits for another failure.
            Standing::Doubtful if entry.has_failed(now.at) => true,
            _ => is_within(entry.family.policy, now.at.saturating_sub(entry.made_at)),
        };
        (is_usable && entry.serves(now.at)).then_some(entry)
    }

    /// One of those who get an old value has it loaded anew, in the background.
    fn given_stale(&self, key: &Key, entry: &Entry, now: Now, job: impl FnOnce() -> Job) {
        entry.family.counts.stale.inc();
        if !entry.claims_refresh(now.at, now.at + REFRESH_AGAIN) {
            return;
        }
        let mut flights = self.store.flights();
        if !flights.contains_key(key) {
            let (flight, stamp) = (Flight::new(job()), entry.family.generation());
            flights.insert(key.clone(), Slot::begin(Arc::clone(&flight), stamp));
            drop(flights);
            self.set_off(key.clone(), Arc::clone(&entry.family), flight, stamp);
        }
    }

    fn ask(&self, key: &Key, family: &Arc<Family>, standing: Standing, job: Job) -> Asked {
        let mut flights = self.store.flights();
        // It may have come since the first look; when no flight is there, no value will.
        let now = self.now();
        if let Some(entry) = self.usable(key, standing, now) {
            return Asked::Found(entry);
        }
        let stamp = family.generation();
        if let Some(slot) = flights.get_mut(key) {
            let age = now.at.saturating_sub(slot.running().began());
            let trusts = standing == Standing::Trusted || is_within(family.policy, age);
            let mut job = Some(job);
            let flight = slot.join(stamp, trusts, || {
                Flight::new(job.take().expect("one flight"))
            });
            if job.is_some() {
                family.counts.saved.inc();
            }
            return Asked::Waits(flight.answer());
        }
        let flight = Flight::new(job);
        let waiting = flight.answer();
        flights.insert(key.clone(), Slot::begin(Arc::clone(&flight), stamp));
        drop(flights);
        let flight = self.begin(key.clone(), Arc::clone(family), flight, stamp);
        Asked::Waits(waiting.carrying(flight))
    }
}

impl Store {
    fn flights(&self) -> MutexGuard<'_, HashMap<Key, Slot<Arc<Flight>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In one step with what lands.
    fn make_void(&self, key: &[u8]) {
        let mut flights = self.flights();
        if let Some(slot) = flights.get_mut(key) {
            slot.make_void();
        }
        self.memory.remove(key);
    }
}

impl Local for Store {
    fn invalidate(&self, tags: &[Tag]) {
        for tag in tags {
            if *tag == Tag::EVERYTHING {
                self.forget_all();
            } else if !self.families.make_void(tag.as_str()) {
                self.make_void(tag.as_str().as_bytes());
            }
        }
    }

    fn forget_all(&self) {
        self.families.make_all_void();
    }
}

/// What has run out gives its room back, though nothing is loaded.
async fn sweep(store: Weak<Store>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let Some(store) = store.upgrade() else { return };
        let at = micros(since_boot()).saturating_add(store.clock.shift_micros());
        store.memory.sweep(at);
    }
}

struct Both(Arc<dyn Local>, Arc<dyn Local>);

impl Local for Both {
    fn invalidate(&self, tags: &[Tag]) {
        self.0.invalidate(tags);
        self.1.invalidate(tags);
    }

    fn forget_all(&self) {
        self.0.forget_all();
        self.1.forget_all();
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.memory.fmt(f)
    }
}

fn check(key: &Key, policy: &Policy) -> Result<()> {
    if key.is_of(policy) {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "{key} is no key of {}",
            policy.name()
        )))
    }
}

fn cast<T: Send + Sync + 'static>(key: &Key, value: &Value) -> Result<Arc<T>> {
    Arc::clone(value)
        .downcast()
        .map_err(|_| Error::internal(format!("what {key} holds is no {}", type_name::<T>())))
}

fn hit<T: Send + Sync + 'static>(key: &Key, entry: &Entry) -> Result<Arc<T>> {
    let value = cast(key, &entry.value)?;
    entry.family.counts.hit_l1.inc();
    tracing::debug!(key = %key, "cache_hit");
    Ok(value)
}

/// Whether something of this age may be given whatever was changed meanwhile.
fn is_within(policy: &Policy, age: i64) -> bool {
    policy.bound().is_some_and(|bound| age < micros(bound))
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
