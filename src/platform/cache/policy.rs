//! How the values of one family are kept: for how long, how old they may be, and what they weigh.

use std::{any::Any, time::Duration};

/// Shorter than this, a name leaves room in a key for what varies.
const NAME_MAX: usize = 48;

/// One for each family of keys, listed in `src/cache.rs`.
#[derive(Debug)]
pub struct Policy {
    name: &'static str,
    schema: Schema,
    fresh: Duration,
    kept: Duration,
    shared: Option<Duration>,
    bounded: Option<Duration>,
    locked: bool,
    stale_if_error: Duration,
    weigh: Option<Weigh>,
}

/// The version of a value's shape.
#[derive(Clone, Copy, Debug)]
enum Schema {
    Counted(u32),
    Made(fn() -> u32),
}

/// Bytes that a value takes.
pub type Weigh = fn(&(dyn Any + Send + Sync)) -> usize;

impl Policy {
    /// `entity:what`, and the version of the value's shape: a release that changes the shape counts it up.
    ///
    /// # Panics
    /// If the name is none; in a `const` or `static` that is an error of the build.
    #[must_use]
    pub const fn new(name: &'static str, schema: u32) -> Self {
        Self::of(name, Schema::Counted(schema))
    }

    /// The same with a version that nobody has to count, because it is made of whatever gives the value its shape.
    #[must_use]
    pub const fn versioned_by(name: &'static str, schema: fn() -> u32) -> Self {
        Self::of(name, Schema::Made(schema))
    }

    const fn of(name: &'static str, schema: Schema) -> Self {
        assert!(is_name(name), "a family is called entity:what");
        Self {
            name,
            schema,
            fresh: Duration::from_secs(30),
            kept: Duration::from_mins(5),
            shared: None,
            bounded: None,
            locked: false,
            stale_if_error: Duration::ZERO,
            weigh: None,
        }
    }

    /// Given without another thought; after that one caller has it loaded anew, in the background.
    #[must_use]
    pub const fn fresh_for(mut self, fresh: Duration) -> Self {
        self.fresh = fresh;
        self
    }

    /// Remembered in this process for so long.
    #[must_use]
    pub const fn kept_for(mut self, kept: Duration) -> Self {
        self.kept = kept;
        self
    }

    /// In Redis for so long, counted from when it was loaded: other instances may have it from there, and this one once it
    /// does not remember it any more.
    #[must_use]
    pub const fn shared_for(mut self, shared: Duration) -> Self {
        self.shared = Some(shared);
        self
    }

    /// May be so old whatever was changed, which spares the writer to wait for other instances.
    #[must_use]
    pub const fn bounded(mut self, age: Duration) -> Self {
        self.bounded = Some(age);
        self
    }

    /// One instance loads while the others wait for it, a while.
    #[must_use]
    pub const fn locked(mut self) -> Self {
        self.locked = true;
        self
    }

    /// Given for so long after `kept_for` if loading fails, but never once it was invalidated.
    #[must_use]
    pub const fn stale_if_error(mut self, more: Duration) -> Self {
        self.stale_if_error = more;
        self
    }

    /// What a value takes, where the length of its encoding does not tell.
    #[must_use]
    pub const fn weighed_by(mut self, weigh: Weigh) -> Self {
        self.weigh = Some(weigh);
        self
    }

    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    #[must_use]
    pub fn schema(&self) -> u32 {
        match self.schema {
            Schema::Counted(number) => number,
            Schema::Made(number) => number(),
        }
    }

    #[must_use]
    pub const fn fresh(&self) -> Duration {
        self.fresh
    }

    #[must_use]
    pub const fn kept(&self) -> Duration {
        self.kept
    }

    #[must_use]
    pub const fn shared(&self) -> Option<Duration> {
        self.shared
    }

    #[must_use]
    pub const fn bound(&self) -> Option<Duration> {
        self.bounded
    }

    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.locked
    }

    #[must_use]
    pub const fn kept_for_errors(&self) -> Duration {
        self.stale_if_error
    }

    #[must_use]
    pub const fn weigh(&self) -> Option<Weigh> {
        self.weigh
    }

    /// `entity:what:`, the prefix of all keys of the family.
    #[must_use]
    pub fn family(&self) -> String {
        format!("{}:", self.name)
    }

    /// `entity:`, the prefix of all families of the entity.
    #[must_use]
    pub fn group(&self) -> &'static str {
        let end = self.name.find(':').map_or(self.name.len(), |at| at + 1);
        &self.name[..end]
    }
}

/// Two words with a colon between them.
const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let (mut at, mut colon) = (0, 0);
    while at < bytes.len() {
        if bytes[at] == b':' {
            if colon > 0 {
                return false;
            }
            colon = at;
        } else if !is_plain(bytes[at]) {
            return false;
        }
        at += 1;
    }
    colon > 0 && colon + 1 < bytes.len() && bytes.len() <= NAME_MAX
}

/// What a part of a key may hold as it is.
pub(super) const fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_called_by_two_plain_words() {
        for name in ["dashboard:stats", "blog:post", "a:b-c.d_0"] {
            assert!(is_name(name), "{name}");
        }
        let long = format!("a:{}", "b".repeat(NAME_MAX));
        for name in [
            "", ":", "a:", ":b", "a", "a:b:c", "a:b ", "A:b", "a:ç", &long,
        ] {
            assert!(!is_name(name), "{name}");
        }
        let policy = Policy::new("blog:list", 1);
        assert_eq!(
            (policy.family().as_str(), policy.group()),
            ("blog:list:", "blog:")
        );
    }
}
