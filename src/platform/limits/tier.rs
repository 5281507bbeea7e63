//! The limits that people meet (product.md, section 7).

use std::{str::FromStr, time::Duration};

use super::Limit;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tier {
    /// Signing in, asking for a reset, answering an invitation; by IP.
    SignIn,
    /// Failures to sign in, by account.
    Account,
    /// By IP.
    Contact,
    /// By IP.
    ProposalViews,
    /// By IP.
    ProposalAnswers,
    /// What anybody may read, by IP, counted on each instance.
    Public,
    /// By user.
    SignedIn,
    /// By user.
    Admin,
    /// By user.
    Ai,
}

/// A tier, its name in headers, and how many in how many seconds if nothing is set.
type Row = (Tier, &'static str, u32, u64);

const ROWS: [Row; 9] = [
    (Tier::SignIn, "sign-in", 10, 60),
    (Tier::Account, "account", 5, 900),
    (Tier::Contact, "contact", 5, 3600),
    (Tier::ProposalViews, "proposal-views", 10, 3600),
    (Tier::ProposalAnswers, "proposal-answers", 5, 3600),
    (Tier::Public, "public", 300, 60),
    (Tier::SignedIn, "signed-in", 1000, 60),
    (Tier::Admin, "admin", 5000, 60),
    (Tier::Ai, "ai", 10, 3600),
];

/// Longer windows would have to be kept for longer than anything here lives.
const LONGEST: u64 = 24 * 3600;

/// `10/60`: so many in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub max: u32,
    pub seconds: u64,
}

impl FromStr for Rate {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (max, seconds) = text.split_once('/').ok_or(())?;
        let rate = Self {
            max: max.trim().parse().map_err(drop)?,
            seconds: seconds.trim().parse().map_err(drop)?,
        };
        let fits = rate.max > 0 && (1..=LONGEST).contains(&rate.seconds);
        fits.then_some(rate).ok_or(())
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Tiers([Limit; ROWS.len()]);

impl Default for Tiers {
    fn default() -> Self {
        Self::read(1.0, |_| None)
    }
}

impl Tiers {
    /// Every limit as `set` says or as it is by itself, times `scale`.
    #[must_use]
    pub fn read(scale: f64, mut set: impl FnMut(Tier) -> Option<Rate>) -> Self {
        Self(ROWS.map(|(tier, name, max, seconds)| {
            let rate = set(tier).unwrap_or(Rate { max, seconds });
            Limit {
                name,
                max: scaled(rate.max, scale),
                window: Duration::from_secs(rate.seconds),
                strict: matches!(tier, Tier::SignIn | Tier::Account),
            }
        }))
    }

    #[must_use]
    pub fn of(&self, tier: Tier) -> Limit {
        self.0[tier as usize]
    }
}

/// At least one, so that no scale shuts the door.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast cuts at both ends, as it should"
)]
fn scaled(max: u32, scale: f64) -> u32 {
    ((f64::from(max) * scale).round() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tier_stands_in_its_own_row_and_each_limit_grows_with_the_scale() {
        for (index, row) in ROWS.iter().enumerate() {
            assert_eq!(row.0 as usize, index);
        }
        let tiers = Tiers::read(2.0, |tier| {
            (tier == Tier::Ai).then_some(Rate {
                max: 3,
                seconds: 30,
            })
        });
        assert_eq!(tiers.of(Tier::Ai).max, 6);
        assert_eq!(tiers.of(Tier::Ai).window, Duration::from_secs(30));
        assert_eq!(tiers.of(Tier::Admin).max, 10_000);
        assert_eq!(Tiers::read(0.001, |_| None).of(Tier::SignIn).max, 1);
        assert!(Tiers::read(1e9, |_| None).of(Tier::SignIn).is_off());
        assert!(!Tiers::default().of(Tier::Admin).is_off());
    }

    #[test]
    fn a_rate_is_a_number_of_times_in_a_number_of_seconds() {
        let rate = |text: &str| text.parse::<Rate>().ok();
        assert_eq!(
            rate("10/60"),
            Some(Rate {
                max: 10,
                seconds: 60
            })
        );
        for wrong in [
            "", "10", "0/60", "10/0", "-1/60", "10/90000", "10/60/2", "a/b",
        ] {
            assert_eq!(rate(wrong), None, "{wrong}");
        }
    }
}
