//! How long shared caches may hold a page. Browsers always ask again, and get a 304.

use poem::http::HeaderValue;

/// In seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetimes {
    fresh: u64,
    /// After that, for as long as somebody gets a fresh copy.
    while_revalidating: u64,
    /// After that, for as long as we answer with errors.
    if_error: u64,
    /// Whether browsers may hold it too, without asking again.
    for_browsers: bool,
}

/// For how long a redirect is remembered.
const MOVED: u64 = 3600;

impl Lifetimes {
    /// Where a change is told to the outer cache, it may hold pages for longer.
    pub(super) fn new(is_purged: bool) -> Self {
        Self {
            fresh: if is_purged { 3600 } else { 60 },
            while_revalidating: 30,
            if_error: 86_400,
            for_browsers: false,
        }
    }

    /// Of a redirect: everybody may remember it for an hour.
    pub(super) fn moved(self) -> Self {
        Self {
            fresh: MOVED,
            for_browsers: true,
            ..self
        }
    }

    /// The longest of all.
    pub(super) fn reach(self) -> u64 {
        self.fresh + self.while_revalidating.max(self.if_error)
    }

    /// None of them, stale periods included, is longer than `left`.
    pub(super) fn within(self, left: u64) -> Self {
        let fresh = self.fresh.min(left);
        Self {
            fresh,
            while_revalidating: self.while_revalidating.min(left - fresh),
            if_error: self.if_error.min(left - fresh),
            ..self
        }
    }

    /// For every cache: `s-maxage` forbids stale answers (RFC 9111, section 4.2.4).
    pub(super) fn cache_control(self) -> HeaderValue {
        if self.for_browsers {
            return plain(format!("public, max-age={}", self.fresh));
        }
        plain(format!("public, max-age=0, s-maxage={}", self.fresh))
    }

    /// For caches that we pay for (RFC 9213).
    pub(super) fn cdn_cache_control(self) -> HeaderValue {
        plain(format!(
            "max-age={}, stale-while-revalidate={}, stale-if-error={}",
            self.fresh, self.while_revalidating, self.if_error
        ))
    }
}

pub(super) fn plain(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_lifetime_reaches_past_the_next_change() {
        let all = Lifetimes::new(false);
        for left in [0, 1, 59, 60, 61, 89, 90, 86_459, 86_460, 1_000_000] {
            let cut = all.within(left);
            assert!(cut.reach() <= left.min(all.reach()), "{left}: {cut:?}");
        }
        assert_eq!(all.within(all.reach()), all);
        assert_eq!(
            all.within(75).cdn_cache_control(),
            "max-age=60, stale-while-revalidate=15, stale-if-error=15"
        );
        assert_eq!(
            all.within(10).cache_control(),
            "public, max-age=0, s-maxage=10"
        );
        let moved = all.moved();
        assert_eq!(moved.cache_control(), "public, max-age=3600");
        assert_eq!(moved.within(10).cache_control(), "public, max-age=10");
        assert!(moved.within(3610).reach() <= 3610);
    }
}
