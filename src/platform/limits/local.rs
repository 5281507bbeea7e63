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

/// A limit of more than this is counted in so many parts of its window, so that a log has few more entries than that. An entry leaves with its last attempt: never is more let through, and room comes back a part later at most.
const PARTS: u32 = 64;

struct Window {
    length: u64,
    max: u32,
    /// In microseconds: what comes within this of an entry's beginning is counted in the entry.
    part: u64,
    /// The oldest first.
    entries: VecDeque<Entry>,
    /// Attempts in all entries.
    used: u32,
}

/// Attempts that leave the window together, in microseconds of `Windows::now`.
struct Entry {
    begun: u64,
    last: u64,
    attempts: u32,
}

impl Window {
    fn new(limit: Limit) -> Self {
        let length = micros(limit.window);
        Self {
            length,
            max: limit.max,
            part: if limit.max > PARTS {
                length / u64::from(PARTS)
            } else {
                0
            },
            entries: VecDeque::new(),
            used: 0,
        }
    }

    /// What came so long ago that it counts no more.
    fn forget(&mut self, now: u64) {
        self.forget_until(now.saturating_sub(self.length));
    }

    fn forget_until(&mut self, at: u64) {
        while let Some(oldest) = self.entries.front()
            && oldest.last <= at
        {
            self.used -= oldest.attempts;
            self.entries.pop_front();
        }
    }

    fn count(&mut self, now: u64) {
        self.used += 1;
        match self.entries.back_mut() {
            Some(newest) if now < newest.begun + self.part => {
                // Whoever waited for the shard, or looked a page up, may come with an earlier time.
                newest.last = newest.last.max(now);
                newest.attempts += 1;
            }
            _ => self.entries.push_back(Entry {
                begun: now,
                last: now,
                attempts: 1,
            }),
        }
    }

    fn give_back(&mut self) {
        let Some(newest) = self.entries.back_mut() else {
            return;
        };
        self.used -= 1;
        newest.attempts -= 1;
        if newest.attempts == 0 {
            self.entries.pop_back();
        }
    }

    fn take(&mut self, limit: Limit, subject: Subject, now: u64) -> Standing {
        self.forget(now);
        let is_allowed = !self.is_full();
        if is_allowed {
            self.count(now);
        }
        self.standing(limit, subject, is_allowed, now)
    }

    fn is_full(&self) -> bool {
        self.used >= self.max
    }

    fn is_over(&self, now: u64) -> bool {
        self.entries
            .back()
            .is_none_or(|newest| newest.last + self.length <= now)
    }

    /// What forgetting the window would open: how full it is, in thousandths, and when it was asked last.
    fn worth(&self) -> (u64, u64) {
        let fullness = u64::from(self.used) * 1000 / u64::from(self.max).max(1);
        let asked_at = self.entries.back().map_or(0, |newest| newest.last);
        (fullness, asked_at)
    }

    fn standing(&self, limit: Limit, subject: Subject, is_allowed: bool, now: u64) -> Standing {
        let reset = self
            .entries
            .front()
            .map_or(0, |oldest| (oldest.last + self.length).saturating_sub(now));
        Standing {
            limit,
            subject,
            is_allowed,
            counted: if is_allowed {
                Counted::Here
            } else {
                Counted::Nowhere
            },
            remaining: limit.max.saturating_sub(self.used),
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
        self.at(Instant::now())
    }

    fn at(&self, time: Instant) -> u64 {
        let age = time.saturating_duration_since(self.born);
        (BIRTH + micros(age)).saturating_add_signed(self.clock.shift_micros())
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        let hash = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or_default();
        // A shard is whole after each statement, so that a panic elsewhere leaves it usable.
        self.shards[hash]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(&self, limit: Limit, subject: Subject) -> Standing {
        self.take_at(limit, subject, Instant::now())
    }

    pub(super) fn take_at(&self, limit: Limit, subject: Subject, time: Instant) -> Standing {
        let now = self.at(time);
        let key = (limit.name, subject);
        let mut shard = self.shard(&key);
        if let Some(window) = shard.windows.get_mut(&key) {
            return window.take(limit, subject, now);
        }
        shard.make_room(now);
        let mut window = Window::new(limit);
        let standing = window.take(limit, subject, now);
        shard.windows.insert(key, window);
        standing
    }

    /// How a window stands that has no room, without counting anything.
    pub(super) fn refusal(&self, limit: Limit, subject: Subject) -> Option<Standing> {
        let now = self.now();
        let key = (limit.name, subject);
        let mut shard = self.shard(&key);
        let window = shard.windows.get_mut(&key)?;
        window.forget(now);
        window
            .is_full()
            .then(|| window.standing(limit, subject, false, now))
    }

    pub(super) fn give_back(&self, limit: Limit, subject: Subject) {
        let key = (limit.name, subject);
        if let Some(window) = self.shard(&key).windows.get_mut(&key) {
            window.give_back();
        }
    }

    /// Forgets what came longer ago than that.
    pub(super) fn forget_before(&self, limit: Limit, subject: Subject, ago: Duration) {
        let before = self.now().saturating_sub(micros(ago));
        let key = (limit.name, subject);
        if let Some(window) = self.shard(&key).windows.get_mut(&key) {
            window.forget_until(before);
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
    fn an_earlier_time_is_counted_too_and_lets_no_more_through() {
        for max in [3, 300] {
            let limit = Limit { max, ..LIMIT };
            let windows = Windows::new(Clock::default());
            let born = windows.born;
            let second = |number: u32| born + Duration::from_secs(number.into());
            let before = |n: u32| {
                let back = Duration::from_millis(200) * n;
                second(59).checked_sub(back).unwrap_or(born)
            };
            let allowed = |time| u32::from(windows.take_at(limit, ip(1), time).is_allowed);
            // From now back to before there was anything, twice as many as there is room for.
            let all: u32 = (0..2 * max).map(|n| allowed(before(n))).sum();
            assert_eq!(all, max);
            assert_eq!(
                allowed(second(118)),
                0,
                "they all leave with the last one at most"
            );
            assert_eq!(allowed(second(120)), 1);
        }
    }

    /// What a generous limit lets through is never more than that in any window, its room is back within a part of one, and
    /// its log stays short.
    #[test]
    fn a_generous_limit_is_kept_with_a_short_log() {
        const MAX: u32 = 300;
        let limit = Limit { max: MAX, ..LIMIT };
        let (length, part) = (60_000_000, 60_000_000 / u64::from(PARTS));
        let mut window = Window::new(limit);
        let (mut now, mut let_through, mut refused) = (BIRTH, Vec::new(), 0);
        for step in 0..20_000_u64 {
            // In bursts, and with pauses of up to eight seconds.
            now += match step % 97 {
                0 => step * 7919 % 8_000_000,
                _ => step * 104_729 % 90_000,
            };
            let within = |reach: u64, log: &[u64]| {
                log.iter().rev().take_while(|at| **at + reach > now).count()
            };
            if window.take(limit, ip(1), now).is_allowed {
                let_through.push(now);
                assert!(within(length, &let_through) <= MAX as usize, "{step}");
            } else {
                refused += 1;
                let still = within(length + part, &let_through);
                assert!(still >= MAX as usize, "{step}: {still}");
            }
            assert!(window.entries.len() <= PARTS as usize + 2, "{step}");
        }
        assert!(refused > 1_000 && let_through.len() > 1_000, "{refused}");
        // Given back to the last, it is empty, and over.
        while window.used > 0 {
            window.give_back();
        }
        window.give_back();
        assert!(window.entries.is_empty() && window.is_over(now));
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
