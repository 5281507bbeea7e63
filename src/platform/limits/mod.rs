//! How often somebody may do something: sliding windows, in Redis for all instances, or in this process.
//!
//! A window is the log of what it let through: exact in Redis and where the limit is small, of a bounded number of entries
//! in this process. With Redis one script decides in one round trip on the server's clock. Without an answer from Redis the
//! window in this process decides, which for the limits around signing in has been kept all along, so that losing Redis
//! opens nothing.

mod local;
mod shared;
mod tier;

use std::{
    fmt,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

use self::local::Windows;
pub use self::tier::{Rate, Tier, Tiers};
use super::{
    clock::Clock,
    redis::{Redis, Trouble},
};
use crate::error::{Error, Result, Spent};

/// A limit that is raised above this is off: nobody would ever reach it, and its log would take the memory.
const OFF_ABOVE: u32 = 100_000;

/// Between two lines in the log that tell that Redis counts nothing.
const WARN_EVERY: Duration = Duration::from_mins(1);

/// So many within so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// As headers and keys spell it.
    pub name: &'static str,
    pub max: u32,
    pub window: Duration,
    /// Whether the window in this process is kept beside the one in Redis, and may refuse as well.
    pub strict: bool,
}

impl Limit {
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.max > OFF_ABOVE
    }
}

/// Whose attempts are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Ip(IpAddr),
    User(Uuid),
    /// What people typed, as a MAC: bounded, and no address lies in Redis.
    Hashed([u8; 16]),
    Everybody,
}

impl Subject {
    /// One IPv6 customer has a whole /64. Those without an address are counted together.
    #[must_use]
    pub fn ip(ip: Option<IpAddr>) -> Self {
        match ip.map(|ip| ip.to_canonical()) {
            None => Self::Everybody,
            Some(IpAddr::V6(ip)) => {
                let network = u128::from(ip) & !u128::from(u64::MAX);
                Self::Ip(IpAddr::V6(network.into()))
            }
            Some(ip) => Self::Ip(ip),
        }
    }

    #[must_use]
    pub fn hashed(mac: &[u8; 32]) -> Self {
        let mut short = [0; 16];
        short.copy_from_slice(&mac[..16]);
        Self::Hashed(short)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => write!(f, "ip:{ip}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Hashed(mac) => write!(f, "mac:{:032x}", u128::from_be_bytes(*mac)),
            Self::Everybody => f.write_str("all"),
        }
    }
}

/// Where an attempt was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Nowhere,
    /// In this process.
    Here,
    /// In Redis.
    There,
    Both,
}

/// How a window stands after somebody asked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub limit: Limit,
    subject: Subject,
    pub is_allowed: bool,
    counted: Counted,
    pub remaining: u32,
    /// Until the oldest attempt leaves the window and makes room for another.
    pub reset: Duration,
}

impl Standing {
    /// Whoever found no room is refused.
    pub fn admit(self) -> Result<Self> {
        if self.is_allowed {
            return Ok(self);
        }
        Err(Error::TooMany(Spent {
            limit: self.limit.name,
            max: self.limit.max,
            window: self.limit.window.as_secs(),
            retry_after: self.reset_seconds(),
        }))
    }

    /// Whole seconds, at least one.
    #[must_use]
    pub fn reset_seconds(&self) -> u64 {
        let rest = u64::from(self.reset.subsec_nanos() > 0);
        (self.reset.as_secs() + rest).max(1)
    }
}

pub struct Limits {
    tiers: Tiers,
    redis: Option<Redis>,
    warned: Mutex<Option<Instant>>,
    windows: Windows,
    /// Those that protect an account are apart, so that no flood of anything else pushes them out.
    accounts: Windows,
    /// Pages that anybody may read.
    pages: Windows,
}

impl Limits {
    #[must_use]
    pub fn new(tiers: Tiers, clock: Clock, redis: Option<Redis>) -> Self {
        Self {
            tiers,
            redis,
            warned: Mutex::default(),
            windows: Windows::new(clock.clone()),
            accounts: Windows::new(clock.clone()),
            pages: Windows::new(clock),
        }
    }

    #[must_use]
    pub fn of(&self, tier: Tier) -> Limit {
        self.tiers.of(tier)
    }

    /// Counts an attempt if there is room for it.
    pub async fn take(&self, limit: Limit, subject: Subject) -> Standing {
        if limit.is_off() {
            return Standing {
                limit,
                subject,
                is_allowed: true,
                counted: Counted::Nowhere,
                remaining: limit.max,
                reset: limit.window,
            };
        }
        let Some(redis) = &self.redis else {
            return self.here(limit).take(limit, subject);
        };
        if limit.strict
            && let Some(refusal) = self.refusal(redis, limit, subject).await
        {
            return refusal;
        }
        match shared::take(redis, limit, subject).await {
            Ok(mut standing) => {
                if limit.strict && standing.is_allowed {
                    self.here(limit).take(limit, subject);
                    standing.counted = Counted::Both;
                }
                standing
            }
            Err(trouble) => {
                self.report(&trouble, limit);
                self.here(limit).take(limit, subject)
            }
        }
    }

    fn here(&self, limit: Limit) -> &Windows {
        if limit.name == self.of(Tier::Account).name {
            &self.accounts
        } else {
            &self.windows
        }
    }

    /// Redis may have come back empty: what this process remembers still counts, unless another has cleared it since.
    async fn refusal(&self, redis: &Redis, limit: Limit, subject: Subject) -> Option<Standing> {
        let here = self.here(limit);
        let refusal = here.refusal(limit, subject)?;
        let Some(ago) = shared::cleared(redis, limit, subject).await else {
            return Some(refusal);
        };
        here.forget_before(limit, subject, ago);
        here.refusal(limit, subject)
    }

    /// That Redis is away is in the log already; that it refuses is not.
    fn report(&self, trouble: &Trouble, limit: Limit) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = warned.is_none_or(|at| at.elapsed() >= WARN_EVERY);
        if matches!(trouble, Trouble::Refused(_)) && is_due {
            *warned = Some(Instant::now());
            tracing::warn!(%trouble, limit = limit.name, "limit_counted_here");
        } else {
            tracing::debug!(%trouble, limit = limit.name, "limit_counted_here");
        }
    }

    /// As `take`, in this process alone and without a round trip, for a request that began just now.
    pub fn take_here(&self, limit: Limit, subject: Subject, began: Instant) -> Option<Standing> {
        (!limit.is_off()).then(|| self.pages.take_at(limit, subject, began))
    }

    /// Takes back an attempt where it was counted: it was none.
    pub async fn give_back(&self, attempt: Standing) {
        let Standing { limit, subject, .. } = attempt;
        if matches!(attempt.counted, Counted::Here | Counted::Both) {
            self.here(limit).give_back(limit, subject);
        }
        if let Some(redis) = &self.redis
            && matches!(attempt.counted, Counted::There | Counted::Both)
        {
            shared::give_back(redis, limit, subject).await;
        }
    }

    /// Forgets every attempt, on every instance that Redis reaches.
    pub async fn clear(&self, limit: Limit, subject: Subject) {
        self.here(limit).clear(limit, subject);
        if let Some(redis) = &self.redis {
            shared::clear(redis, limit, subject).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_subject_and_each_ipv4_address_is_its_own() {
        let of = |text: &str| Subject::ip(Some(text.parse().unwrap()));
        assert_eq!(
            of("2001:db8:1:2::1"),
            of("2001:db8:1:2:ffff:ffff:ffff:ffff")
        );
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_eq!(of("192.0.2.1").to_string(), "ip:192.0.2.1");
        assert_eq!(Subject::ip(None), Subject::Everybody);
    }

    #[test]
    fn nobody_is_told_to_come_back_in_no_time() {
        let standing = |reset| Standing {
            limit: Tiers::default().of(Tier::SignIn),
            subject: Subject::Everybody,
            is_allowed: false,
            counted: Counted::Nowhere,
            remaining: 0,
            reset,
        };
        assert_eq!(standing(Duration::ZERO).reset_seconds(), 1);
        assert_eq!(standing(Duration::from_millis(900)).reset_seconds(), 1);
        assert_eq!(standing(Duration::from_millis(1001)).reset_seconds(), 2);
        assert_eq!(standing(Duration::from_mins(1)).reset_seconds(), 60);
    }

    #[tokio::test]
    async fn a_flood_of_addresses_frees_no_account() {
        let limits = Limits::new(Tiers::default(), Clock::default(), None);
        let account = (limits.of(Tier::Account), Subject::hashed(&[7; 32]));
        // Less than full, so that only its own place protects it.
        for _ in 0..4 {
            assert!(limits.take(account.0, account.1).await.is_allowed);
        }
        // Each of them is full, which in the same place would push it out.
        let one = Limit {
            name: "flood",
            max: 1,
            ..account.0
        };
        for number in 0..150_000_u32 {
            let subject = Subject::ip(Some(IpAddr::from(number.to_be_bytes())));
            limits.take(one, subject).await;
        }
        assert!(limits.take(account.0, account.1).await.is_allowed);
        assert!(!limits.take(account.0, account.1).await.is_allowed);
    }
}
