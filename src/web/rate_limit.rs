//! Counts requests against the limits of their tiers, and tells people how they stand.

use std::time::Instant;

use poem::{
    Response,
    http::{HeaderName, HeaderValue, header},
};

use super::{access::Role, cx::Cx};
use crate::{
    error::{Error, Result},
    platform::limits::{Standing, Subject, Tier},
};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// What a URL and method count against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counting {
    /// Somebody's own limit, or the address's for those who are not signed in.
    #[default]
    Usual,
    As(Tier),
    /// What machines ask for all the time, and files.
    Never,
}

/// Counts the request, or refuses it. Nothing is counted twice, and pages for everybody without a round trip.
pub async fn count(cx: &Cx, counting: Counting) -> Result<Option<Standing>> {
    let limits = &cx.app.limits;
    let tier = match (counting, &cx.user) {
        (Counting::Never, _) => return Ok(None),
        (Counting::As(tier), _) => tier,
        (Counting::Usual, None) => Tier::Public,
        (Counting::Usual, Some(user)) if user.role == Role::Admin => Tier::Admin,
        (Counting::Usual, Some(_)) => Tier::SignedIn,
    };
    let limit = limits.of(tier);
    let standing = match (tier, &cx.user) {
        (Tier::Public, _) => limits.take_here(limit, Subject::ip(cx.ip), Instant::now()),
        (Tier::SignedIn | Tier::Admin | Tier::Ai, Some(user)) => {
            Some(limits.take(limit, Subject::User(user.id.uuid())).await)
        }
        _ => Some(limits.take(limit, Subject::ip(cx.ip)).await),
    };
    standing.map(Standing::admit).transpose()
}

const RETRY_AFTER_SECONDS: u64 = 5;

/// Seconds until it is worth asking again for what is refused for now.
#[must_use]
pub fn retry_after(error: &Error) -> Option<u64> {
    match error {
        Error::TooMany(spent) => Some(spent.retry_after),
        Error::Unavailable(_) => Some(RETRY_AFTER_SECONDS),
        _ => None,
    }
}

/// Says on the answer of an error when to come back, and how its limit stands.
pub fn refuse(response: &mut Response, error: &Error) {
    if let Some(seconds) = retry_after(error) {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if let Error::TooMany(spent) = error {
        let (window, reset) = (spent.window, spent.retry_after);
        tell(response, spent.limit, spent.max, window, 0, reset);
    }
}

/// Says on an answer that no cache may store how its limit stands.
pub fn show(response: &mut Response, standing: Option<Standing>) {
    let Some(standing) = standing.filter(|standing| !standing.limit.is_off()) else {
        return;
    };
    let is_stored_nowhere = response
        .headers()
        .get(header::CACHE_CONTROL)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("no-store"));
    if is_stored_nowhere && !response.headers().contains_key(POLICY) {
        let limit = standing.limit;
        tell(
            response,
            limit.name,
            limit.max,
            limit.window.as_secs(),
            standing.remaining,
            standing.reset_seconds(),
        );
    }
}

/// The fields of draft-ietf-httpapi-ratelimit-headers: the quota of a window in seconds, what is left of it, and the
/// seconds until some of it comes back.
fn tell(response: &mut Response, name: &str, quota: u32, window: u64, remaining: u32, reset: u64) {
    let fields = [
        (POLICY, format!("\"{name}\";q={quota};w={window}")),
        (STANDING, format!("\"{name}\";r={remaining};t={reset}")),
    ];
    for (field, text) in fields {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(field, value);
        }
    }
}
