//! The families of keys in this process. Each counts how often it was made void: no value is searched for.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use super::{key::Tag, policy::Policy, stats::Counts};
use crate::{
    error::{Error, Result},
    platform::metrics::Metrics,
};

#[derive(Debug)]
pub(super) struct Family {
    pub policy: &'static Policy,
    pub prefix: String,
    generation: AtomicU64,
    pub counts: Counts,
    warned_at: AtomicI64,
}

impl Family {
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    pub fn make_void(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Once a minute: what is wrong with one value is wrong with the next.
    pub fn may_warn(&self, now: i64) -> bool {
        const EVERY: i64 = 60_000_000;
        let at = self.warned_at.load(Ordering::Relaxed);
        let claim = || {
            self.warned_at
                .compare_exchange(at, now, Ordering::Relaxed, Ordering::Relaxed)
        };
        now.saturating_sub(at) >= EVERY && claim().is_ok()
    }
}

/// Known from the beginning, and never more.
#[derive(Debug)]
pub(super) struct Families(HashMap<&'static str, Arc<Family>>);

impl Families {
    pub fn new(policies: &[&'static Policy], metrics: &Metrics) -> Self {
        let family = |policy: &&'static Policy| {
            let family = Family {
                policy,
                prefix: policy.family(),
                generation: AtomicU64::new(0),
                counts: Counts::new(policy.name(), metrics),
                warned_at: AtomicI64::new(i64::MIN),
            };
            (policy.name(), Arc::new(family))
        };
        Self(policies.iter().map(family).collect())
    }

    pub fn of(&self, policy: &Policy) -> Result<&Arc<Family>> {
        self.0
            .get(policy.name())
            .ok_or_else(|| Error::internal(format!("{} is not in src/cache.rs", policy.name())))
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<Family>> {
        self.0.values()
    }

    /// Whether something that the tag names may never be old.
    pub fn is_strict(&self, tag: &Tag) -> bool {
        let tag = tag.as_str();
        let is_named = |family: &Family| {
            tag == Tag::EVERYTHING.as_str()
                || tag == family.policy.group()
                || tag.starts_with(&family.prefix)
        };
        // What is no family's is a page's.
        let mut named = self.all().filter(|family| is_named(family)).peekable();
        named.peek().is_none() || named.any(|family| family.policy.bound().is_none())
    }

    /// Makes a family or all families of a group void, if that is what the tag names.
    pub fn make_void(&self, tag: &str) -> bool {
        let named = |family: &&Arc<Family>| family.prefix == tag || family.policy.group() == tag;
        self.make_void_together(named)
    }

    pub fn make_all_void(&self) {
        self.make_void_together(|_| true);
    }

    /// Twice: a load of one family that asks for a value of another may begin between the two. Whether there is one.
    fn make_void_together(&self, is_meant: impl Fn(&&Arc<Family>) -> bool) -> bool {
        let mut is_one = false;
        for _ in 0..2 {
            for family in self.all().filter(&is_meant) {
                family.make_void();
                is_one = true;
            }
        }
        is_one
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    static STRICT: Policy = Policy::new("one:strict", 1);
    static LOOSE: Policy = Policy::new("one:loose", 1).bounded(Duration::from_secs(2));
    static OTHER: Policy = Policy::new("other:loose", 1).bounded(Duration::from_secs(2));

    #[test]
    fn a_writer_waits_unless_all_that_it_changes_may_be_a_moment_old() {
        let families = Families::new(&[&STRICT, &LOOSE, &OTHER], &Metrics::default());
        for (tag, waits) in [
            ("one:strict:", true),
            ("one:strict:public:a", true),
            ("one:loose:", false),
            ("one:loose:public:a", false),
            ("one:", true),
            ("other:", false),
            ("*", true),
            // A page's own tag.
            ("page:7", true),
        ] {
            assert_eq!(families.is_strict(&Tag::new(tag)), waits, "{tag}");
        }
    }
}
