//! Whoever has just changed something never reads what was there before, whichever instance answers: a signed cookie says
//! for a moment that there was a change. One that goes by its looks at the database alone reads around the caches then; all
//! do where nobody else may have heard of it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response,
    http::{HeaderMap, HeaderValue, header},
};

use super::{
    cx::{Cx, Head},
    error_pages,
};
use crate::{
    app::App,
    config::Config,
    platform::{
        cache::request::{self, After, Told},
        keys::Keys,
    },
};

/// What others may be behind, and as much again for clocks that differ.
const SECONDS: i64 = 4;
const PURPOSE: &str = "fresh-reads";

pub struct Fresh(pub App);

impl<E: Endpoint<Output: IntoResponse>> Middleware<E> for Fresh {
    type Output = FreshEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        FreshEndpoint {
            app: self.0.clone(),
            inner,
        }
    }
}

pub struct FreshEndpoint<E> {
    app: App,
    inner: E,
}

impl<E: Endpoint<Output: IntoResponse>> Endpoint for FreshEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let (keys, now) = (&self.app.keys, self.app.clock.now());
        let head = Head::of(&request);
        let after = (head.cookie(name(&self.app.config)))
            .map_or(After::Nothing, |value| read(keys, value, now));
        // Reading is public: what any cache may hold gets no cookie.
        let is_read = head.is_read();
        let cx = Cx::of(&request)?;
        let (answer, told) = request::scope(after, self.inner.call(request)).await;
        let next = next(after, told);
        if is_read || next == After::Nothing {
            return answer.map(IntoResponse::into_response);
        }
        // A change that failed may have happened.
        let mut response = match answer {
            Ok(answer) => answer.into_response(),
            Err(error) => error_pages::respond(&cx, error),
        };
        tell(response.headers_mut(), &self.app, next);
        Ok(response)
    }
}

/// What the next request comes after, if this one says so: what nobody else may have heard of is not forgotten for a change
/// that all have.
fn next(after: After, told: Told) -> After {
    match after {
        _ if told.is_unsure => After::UnsureChange,
        After::UnsureChange if told.is_change => After::UnsureChange,
        _ if told.is_change => After::Change,
        _ => After::Nothing,
    }
}

/// Whether a request brings the cookie, whatever it says: it goes the long way, where that is looked at.
pub(super) fn is_asked(app: &App, head: Head<'_>) -> bool {
    head.cookie(name(&app.config)).is_some()
}

fn name(config: &Config) -> &'static str {
    if config.is_https() {
        "__Host-fresh"
    } else {
        "fresh"
    }
}

fn tell(headers: &mut HeaderMap, app: &App, after: After) {
    let secure = if app.config.is_https() {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!(
        "{}={}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Lax{secure}",
        name(&app.config),
        value(&app.keys, after, app.clock.now())
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Until when, in milliseconds of Unix time, after what, and the proof that we have said so.
fn value(keys: &Keys, after: After, now: DateTime<Utc>) -> String {
    let until = now.timestamp_millis() + SECONDS * 1000;
    let word = word(after);
    format!("{until}.{word}.{}", proof(keys, until, word))
}

fn word(after: After) -> &'static str {
    match after {
        After::UnsureChange => "unsure",
        After::Change | After::Nothing => "change",
    }
}

fn proof(keys: &Keys, until: i64, word: &str) -> String {
    URL_SAFE_NO_PAD.encode(keys.mac(PURPOSE, &[&until.to_be_bytes(), word.as_bytes()]))
}

fn read(keys: &Keys, value: &str, now: DateTime<Utc>) -> After {
    let mut parts = value.splitn(3, '.');
    let (Some(until), Some(told), Some(by)) = (parts.next(), parts.next(), parts.next()) else {
        return After::Nothing;
    };
    let Ok(until) = until.parse() else {
        return After::Nothing;
    };
    // One that ends later than any that is given out now comes from a clock that was put back.
    let most = now + TimeDelta::seconds(2 * SECONDS);
    let is_now = now.timestamp_millis() < until && until <= most.timestamp_millis();
    let told = [After::Change, After::UnsureChange]
        .into_iter()
        .find(|after| word(*after) == told && is_now && by == proof(keys, until, told));
    told.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cookie_of_ours_counts_and_only_for_seconds() {
        let (keys, now) = (Keys::new("one"), DateTime::UNIX_EPOCH);
        let moved = |millis| now + TimeDelta::milliseconds(millis);
        for after in [After::Change, After::UnsureChange] {
            let told = value(&keys, after, now);
            assert_eq!(read(&keys, &told, now), after);
            assert_eq!(read(&keys, &told, moved(3999)), after);
            assert_eq!(read(&keys, &told, moved(4000)), After::Nothing);
            assert_eq!(read(&keys, &told, moved(-4001)), After::Nothing);
            assert_eq!(read(&Keys::new("two"), &told, now), After::Nothing);
            for (word, other) in [("4000", "5000"), ("change", "unsure"), ("unsure", "change")] {
                let forged = told.replacen(word, other, 1);
                assert!(forged == told || read(&keys, &forged, now) == After::Nothing);
            }
        }
        for strange in [
            "",
            ".",
            "..",
            "4000",
            "4000.",
            "4000.change",
            "4000.change.",
            "x.change.y",
            "-1..",
            "99999999999999999999.unsure.x",
        ] {
            assert_eq!(read(&keys, strange, now), After::Nothing, "{strange}");
        }
    }

    #[test]
    fn what_nobody_may_have_heard_of_outlives_a_change_that_all_have_heard_of() {
        let told = |is_change, is_unsure| Told {
            is_change,
            is_unsure,
            ..Told::default()
        };
        for (after, told, expected) in [
            (After::Nothing, told(false, false), After::Nothing),
            (After::UnsureChange, told(false, false), After::Nothing),
            (After::Nothing, told(true, false), After::Change),
            (After::Change, told(true, false), After::Change),
            (After::UnsureChange, told(true, false), After::UnsureChange),
            (After::Nothing, told(false, true), After::UnsureChange),
        ] {
            assert_eq!(next(after, told), expected, "{after:?} {told:?}");
        }
    }
}
