//! Values in this process: `cached`'s sharded store bounds their number, and this their bytes.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};

use cached::{Expires, ShardedExpiringLruCache};

use super::{Bounds, generations::Family, key::Key};

pub(super) type Value = Arc<dyn Any + Send + Sync>;

/// Between two looks at an entry that count: who asks a thousand times a second does not write a thousand times.
const TOUCH_EVERY: i64 = 1_000_000;
/// What an entry takes beside its value: its key twice, its times, its places in the tables.
const OVERHEAD: usize = 768;

/// All times in microseconds of the cache's own clock.
pub(super) struct Entry {
    pub family: Arc<Family>,
    /// The family's generation before the value was loaded.
    stamp: u64,
    pub value: Value,
    pub made_at: i64,
    /// Until then it is given without another thought, and until then if loading fails.
    pub fresh_until: i64,
    pub gone_at: i64,
    /// Until then it is given at all: a moment longer each time that loading has failed.
    serves_until: AtomicI64,
    /// Until then it is given even in doubt, because loading has just failed.
    failed_until: AtomicI64,
    /// When the next caller has it loaded anew.
    pub refresh_at: AtomicI64,
    touched: AtomicI64,
    is_void: AtomicBool,
    weight: Weight,
}

/// What is known of a value before it has a place.
pub(super) struct Draft {
    pub value: Value,
    pub stamp: u64,
    pub made_at: i64,
    pub fresh_until: i64,
    pub kept_until: i64,
    pub gone_at: i64,
}

impl Entry {
    fn is_true(&self) -> bool {
        self.stamp == self.family.generation() && !self.is_void.load(Ordering::Acquire)
    }

    /// Whether it is given, by its age.
    pub fn serves(&self, now: i64) -> bool {
        now < self.serves_until.load(Ordering::Relaxed)
    }

    /// Loading has failed: until then nobody waits for it to fail again.
    pub fn serves_on(&self, until: i64) {
        let until = until.min(self.gone_at);
        self.serves_until.fetch_max(until, Ordering::Relaxed);
        self.failed_until.fetch_max(until, Ordering::Relaxed);
        self.refresh_at.fetch_max(until, Ordering::Relaxed);
    }

    /// Whether loading has failed so lately that it is not tried.
    pub fn has_failed(&self, now: i64) -> bool {
        now < self.failed_until.load(Ordering::Relaxed)
    }

    /// Whether the caller is the one who has it loaded anew; nobody else is until `again`.
    pub fn claims_refresh(&self, now: i64, again: i64) -> bool {
        let at = self.refresh_at.load(Ordering::Relaxed);
        now >= at
            && self
                .refresh_at
                .compare_exchange(at, again, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

/// What was made void has run out. How old the rest may be is for whoever asks to judge, who looks at the clock once.
#[derive(Clone)]
struct Held(Arc<Entry>);

impl Expires for Held {
    fn is_expired(&self) -> bool {
        !self.0.is_true()
    }
}

/// A place for so many bytes, given back when it is dropped, whichever way an entry goes.
struct Weight {
    used: Arc<AtomicUsize>,
    family: Arc<Family>,
    bytes: usize,
}

impl Weight {
    fn take(
        used: &Arc<AtomicUsize>,
        max: usize,
        family: &Arc<Family>,
        bytes: usize,
    ) -> Option<Self> {
        let more = |now: usize| now.checked_add(bytes).filter(|sum| *sum <= max);
        used.fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .ok()?;
        family.counts.entries.inc();
        family.counts.bytes.inc_by(signed(bytes));
        Some(Self {
            used: Arc::clone(used),
            family: Arc::clone(family),
            bytes,
        })
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::AcqRel);
        self.family.counts.entries.dec();
        self.family.counts.bytes.dec_by(signed(self.bytes));
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

pub(super) struct Memory {
    entries: ShardedExpiringLruCache<Key, Held>,
    used: Arc<AtomicUsize>,
    bounds: Bounds,
    /// One at a time makes room.
    sweeping: Mutex<()>,
    swept_at: AtomicI64,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} entries, {} bytes)", self.len(), self.bytes())
    }
}

impl Memory {
    /// # Panics
    /// If there is to be room for no entry at all.
    pub fn new(bounds: Bounds) -> Self {
        let evicted = |_: &Key, held: &Held| {
            if held.0.is_true() {
                held.0.family.counts.evictions.inc();
            }
        };
        Self {
            entries: ShardedExpiringLruCache::builder()
                .max_size(bounds.entries)
                .on_evict(evicted)
                .build()
                .expect("room for an entry"),
            used: Arc::default(),
            bounds,
            sweeping: Mutex::default(),
            swept_at: AtomicI64::new(i64::MIN),
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn bytes(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    /// What is remembered and was not made void, however old it is. Readers of one key do not shut each other out.
    pub fn get(&self, key: &Key, now: i64) -> Option<Arc<Entry>> {
        let Held(entry) = self.entries.peek(key)?;
        if now.saturating_sub(entry.touched.load(Ordering::Relaxed)) > TOUCH_EVERY {
            entry.touched.store(now, Ordering::Relaxed);
            // Moves it to the front.
            let _ = self.entries.get(key);
        }
        Some(entry)
    }

    /// An entry with a place for its bytes, for which older ones go. None where no room can be made.
    pub fn entry(
        &self,
        family: &Arc<Family>,
        draft: Draft,
        bytes: usize,
        now: i64,
    ) -> Option<Arc<Entry>> {
        let bytes = bytes.saturating_add(OVERHEAD);
        let take = || Weight::take(&self.used, self.bounds.bytes, family, bytes);
        let weight = take().or_else(|| {
            self.make_room(bytes);
            take()
        })?;
        Some(Arc::new(Entry {
            family: Arc::clone(family),
            stamp: draft.stamp,
            value: draft.value,
            made_at: draft.made_at,
            fresh_until: draft.fresh_until,
            gone_at: draft.gone_at,
            serves_until: AtomicI64::new(draft.kept_until),
            failed_until: AtomicI64::new(i64::MIN),
            refresh_at: AtomicI64::new(draft.fresh_until),
            touched: AtomicI64::new(now),
            is_void: AtomicBool::new(false),
            weight,
        }))
    }

    /// Whether this very entry is what is given.
    pub fn holds(&self, key: &Key, entry: &Arc<Entry>) -> bool {
        let held = self.entries.peek(key);
        held.is_some_and(|Held(held)| Arc::ptr_eq(&held, entry)) && entry.is_true()
    }

    pub fn put(&self, key: Key, entry: Arc<Entry>) {
        self.entries.set(key, Held(entry));
    }

    /// The key as it reads.
    pub fn remove(&self, key: &[u8]) {
        if let Some(Held(entry)) = self.entries.peek(key) {
            entry.is_void.store(true, Ordering::Release);
        }
        self.entries.delete(key);
    }

    /// Lets the longest unasked go until an eighth of all room is free, so that it is not done for every value.
    fn make_room(&self, wanted: usize) {
        let _one = self.sweeping.lock().unwrap_or_else(PoisonError::into_inner);
        let max = self.bounds.bytes;
        let Some(goal) = max.checked_sub(wanted).map(|goal| goal.min(max - max / 8)) else {
            return;
        };
        let mut ages = Vec::with_capacity(self.len());
        self.entries.retain(|_, Held(entry)| {
            ages.push((entry.touched.load(Ordering::Relaxed), entry.weight.bytes));
            true
        });
        ages.sort_unstable();
        let mut over = self.bytes().saturating_sub(goal);
        let oldest = ages.iter().take_while(|(_, bytes)| {
            let goes = over > 0;
            over = over.saturating_sub(*bytes);
            goes
        });
        let Some((last, _)) = oldest.last() else {
            return;
        };
        let mut over = self.bytes().saturating_sub(goal);
        self.entries.retain(|_, Held(entry)| {
            let stays = over == 0 || entry.touched.load(Ordering::Relaxed) > *last;
            if !stays {
                over = over.saturating_sub(entry.weight.bytes);
            }
            stays
        });
    }

    /// Once a minute: what has run out, and what was made void.
    pub fn sweep(&self, now: i64) {
        const EVERY: i64 = 60_000_000;
        let at = self.swept_at.load(Ordering::Relaxed);
        let is_due = now.saturating_sub(at) >= EVERY;
        let claim = || {
            self.swept_at
                .compare_exchange(at, now, Ordering::Relaxed, Ordering::Relaxed)
        };
        if is_due && claim().is_ok() {
            self.entries.retain(|_, Held(entry)| {
                let stays = now < entry.gone_at;
                if !stays {
                    entry.is_void.store(true, Ordering::Release);
                }
                stays
            });
        }
    }
}
