//! Windows in this process: bounded in number, and forgotten when they are over.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Counted, Limit, Standing, Subject};
use crate::platform::clock::Clock;

const SHARDS: usize = 16;
/// Windows in a shard.
const WINDOWS: usize = 4096;
/// Between two sweeps of a shard that is not full.
const SWEEP_EVERY: u64 = 10_000_000;

/// When the process began, so long after zero that a clock moved back by centuries is above it.
const BIRTH: u64 = 1 << 60;

type Key = (&'static str, Subject);

pub(super) struct Windows {
    clock: Clock,
    born: Instant,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Default)]
struct Shard {
    windows: HashMap<Key, Window>,
    swept: u64,
}

struct Window {
    length: u64,
    max: u32,
    /// When each attempt came, the oldest first, in microseconds of `Windows::now`.
    attempts: VecDeque<u64>,
}

impl Window {
    fn forget(&mut self, now: u64) {
        while self
            .attempts
            .front()
            .is_some_and(|at| at + self.length <= now)
        {
            self.attempts.pop_front();
        }
    }

    fn is_over(&self, now: u64) -> bool {
        self.attempts
            .back()
            .is_none_or(|at| at + self.length <= now)
    }

    /// What forgetting the window would open: how full it is, in thousandths, and when it was asked last.
    fn worth(&self) -> (usize, u64) {
        let fullness = self.attempts.len() * 1000 / (self.max as usize).max(1);
        (fullness, self.attempts.back().copied().unwrap_or_default())
    }

    fn standing(&self, limit: Limit, subject: Subject, is_allowed: bool, now: u64) -> Standing {
        let used = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX);
        let reset = self
            .attempts
            .front()
            .map_or(0, |at| (at + self.length).saturating_sub(now));
        Standing {
            limit,
            subject,
            is_allowed,
            counted: if is_allowed {
                Counted::Here
            } else {
                Counted::Nowhere
            },
            remaining: limit.max.saturating_sub(used),
            reset: Duration::from_micros(reset),
        }
    }
}

impl Shard {
    fn make_room(&mut self, now: u64) {
        let is_full = self.windows.len() >= WINDOWS;
        if !is_full && now < self.swept + SWEEP_EVERY {
            return;
        }
        self.swept = now;
        self.windows.retain(|_, window| !window.is_over(now));
        if self.windows.len() >= WINDOWS {
            // The quarter that lets most through, and of those the ones that were quiet for longest: what is full stays,
            // and the next ones need no sweep.
            let mut worths: Vec<_> = self.windows.values().map(Window::worth).collect();
            let (_, limit, _) = worths.select_nth_unstable(WINDOWS / 4);
            let limit = *limit;
            self.windows.retain(|_, window| window.worth() > limit);
        }
    }
}

impl Windows {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            born: Instant::now(),
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// Microseconds that never go back when the system's clock does, and that tests can move ahead.
    fn now(&self) -> u64 {
        (BIRTH + micros(self.born.elapsed())).saturating_add_signed(self.clock.shift_micros())
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        let hash = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or_default();
        // A shard is whole after each statement, so that a panic elsewhere leaves it usable.
        self.shards[hash]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(&self, limit: Limit, subject: Subject) -> Standing {
        let now = self.now();
        let key = (limit.name, subject);
        let mut shard = self.shard(&key);
        if !shard.windows.contains_key(&key) {
            shard.make_room(now);
        }
        let window = shard.windows.entry(key).or_insert_with(|| Window {
            length: micros(limit.window),
            max: limit.max,
            attempts: VecDeque::new(),
        });
        window.forget(now);
        let is_allowed = window.attempts.len() < limit.max as usize;
        if is_allowed {
            window.attempts.push_back(now);
        }
        window.standing(limit, subject, is_allowed, now)
    }

    /// How a window stands that has no room, without counting anything.
    pub(super) fn refusal(&self, limit: Limit, subject: Subject) -> Option<Standing> {
        let now = self.now();
        let key = (limit.name, subject);
        let mut shard = self.shard(&key);
        let window = shard.windows.get_mut(&key)?;
        window.forget(now);
        (window.attempts.len() >= limit.max as usize)
            .then(|| window.standing(limit, subject, false, now))
    }

    pub(super) fn give_back(&self, limit: Limit, subject: Subject) {
        let key = (limit.name, subject);
        if let Some(window) = self.shard(&key).windows.get_mut(&key) {
            window.attempts.pop_back();
        }
    }

    /// Forgets what came longer ago than that.
    pub(super) fn forget_before(&self, limit: Limit, subject: Subject, ago: Duration) {
        let before = self.now().saturating_sub(micros(ago));
        let key = (limit.name, subject);
        if let Some(window) = self.shard(&key).windows.get_mut(&key) {
            window.attempts.retain(|at| *at > before);
        }
    }

    pub(super) fn clear(&self, limit: Limit, subject: Subject) {
        let key = (limit.name, subject);
        self.shard(&key).windows.remove(&key);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use chrono::TimeDelta;

    use super::*;

    const LIMIT: Limit = Limit {
        name: "test",
        max: 3,
        window: Duration::from_mins(1),
        strict: true,
    };

    fn ip(number: u32) -> Subject {
        Subject::ip(Some(IpAddr::V4(Ipv4Addr::from_bits(number))))
    }

    #[test]
    fn a_window_slides_and_does_not_begin_anew_each_minute() {
        let clock = Clock::default();
        let windows = Windows::new(clock.clone());
        let take = || windows.take(LIMIT, ip(1));
        assert!(take().is_allowed);
        clock.shift(TimeDelta::seconds(50));
        assert!(take().is_allowed && take().is_allowed);
        let refused = take();
        assert!(!refused.is_allowed && refused.remaining == 0);
        // The first leaves in ten seconds, the two others later: a fixed window would let three in.
        assert_eq!(refused.reset_seconds(), 10);
        clock.shift(TimeDelta::milliseconds(9_000));
        assert!(!take().is_allowed);
        clock.shift(TimeDelta::milliseconds(1_000));
        assert!(take().is_allowed);
        let refused = take();
        assert!(!refused.is_allowed);
        assert_eq!(refused.reset_seconds(), 50);
        // Somebody else's window is their own.
        assert!(windows.take(LIMIT, ip(2)).is_allowed);
    }

    #[test]
    fn what_is_given_back_or_cleared_makes_room() {
        let windows = Windows::new(Clock::default());
        for _ in 0..3 {
            windows.take(LIMIT, ip(1));
        }
        assert!(windows.refusal(LIMIT, ip(1)).is_some());
        windows.give_back(LIMIT, ip(1));
        assert!(windows.refusal(LIMIT, ip(1)).is_none());
        assert!(windows.take(LIMIT, ip(1)).is_allowed);
        assert!(!windows.take(LIMIT, ip(1)).is_allowed);
        windows.clear(LIMIT, ip(1));
        assert_eq!(windows.take(LIMIT, ip(1)).remaining, 2);
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_than_its_bound() {
        let clock = Clock::default();
        let windows = Windows::new(clock.clone());
        let count = || -> usize {
            let shards = windows.shards.iter();
            shards
                .map(|shard| shard.lock().unwrap().windows.len())
                .sum()
        };
        for number in 0..300_000 {
            windows.take(LIMIT, ip(number));
        }
        assert!(count() <= SHARDS * WINDOWS, "{}", count());
        // The last to come are remembered.
        assert_eq!(windows.take(LIMIT, ip(299_999)).remaining, 1);
        // A full window outlives any number of others.
        let full = Subject::User(uuid::Uuid::nil());
        for _ in 0..3 {
            windows.take(LIMIT, full);
        }
        for number in 300_000..450_000 {
            windows.take(LIMIT, ip(number));
        }
        assert!(!windows.take(LIMIT, full).is_allowed);
        // When they are over, they are forgotten without anybody's help.
        clock.shift(TimeDelta::seconds(61));
        for number in 0..1_000 {
            windows.take(LIMIT, ip(number));
        }
        assert!(count() <= 1_000, "{}", count());
    }
}
