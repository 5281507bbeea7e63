//! Whoever has just changed something while other instances may not have heard of it reads around the caches for a moment,
//! on every instance: a signed cookie says so.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response,
    http::{HeaderMap, HeaderValue, Method, header},
};

use super::cx;
use crate::{
    app::App,
    config::Config,
    platform::{cache::request, keys::Keys},
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
        let is_behind = cx::cookie(&request, name(&self.app.config))
            .is_some_and(|value| is_valid(keys, value, now));
        // Reading is public: what any cache may hold gets no cookie.
        let is_change = !matches!(*request.method(), Method::GET | Method::HEAD);
        let (answer, told) = request::scope(is_behind, self.inner.call(request)).await;
        let mut response = answer?.into_response();
        if told.is_unsure && is_change {
            tell(response.headers_mut(), &self.app, self.app.clock.now());
        }
        Ok(response)
    }
}

/// Whether a request brings the cookie, whatever it says: it goes the long way, where that is looked at.
pub fn is_asked(app: &App, request: &Request) -> bool {
    request.headers().contains_key(header::COOKIE)
        && cx::cookie(request, name(&app.config)).is_some()
}

fn name(config: &Config) -> &'static str {
    if config.is_https() {
        "__Host-fresh"
    } else {
        "fresh"
    }
}

fn tell(headers: &mut HeaderMap, app: &App, now: DateTime<Utc>) {
    let secure = if app.config.is_https() {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!(
        "{}={}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Lax{secure}",
        name(&app.config),
        value(&app.keys, now)
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Until when, in milliseconds of Unix time, and the proof that we have said so.
fn value(keys: &Keys, now: DateTime<Utc>) -> String {
    let until = now.timestamp_millis() + SECONDS * 1000;
    format!("{until}.{}", proof(keys, until))
}

fn proof(keys: &Keys, until: i64) -> String {
    URL_SAFE_NO_PAD.encode(keys.mac(PURPOSE, &[&until.to_be_bytes()]))
}

fn is_valid(keys: &Keys, value: &str, now: DateTime<Utc>) -> bool {
    let Some((until, told)) = value.split_once('.') else {
        return false;
    };
    let Ok(until) = until.parse() else {
        return false;
    };
    // One that ends later than any that is given out now comes from a clock that was put back.
    let most = now + TimeDelta::seconds(2 * SECONDS);
    now.timestamp_millis() < until && until <= most.timestamp_millis() && told == proof(keys, until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cookie_of_ours_counts_and_only_for_seconds() {
        let (keys, now) = (Keys::new("one"), DateTime::UNIX_EPOCH);
        let after = |millis| now + TimeDelta::milliseconds(millis);
        let told = value(&keys, now);
        assert!(is_valid(&keys, &told, now));
        assert!(is_valid(&keys, &told, after(3999)));
        assert!(!is_valid(&keys, &told, after(4000)));
        assert!(!is_valid(&keys, &told, after(-4001)));
        assert!(!is_valid(&Keys::new("two"), &told, now));
        let later = told.replacen("4000", "5000", 1);
        assert!(!is_valid(&keys, &later, now));
        for strange in [
            "",
            ".",
            "4000",
            "4000.",
            "x.y",
            "-1.",
            "99999999999999999999.x",
        ] {
            assert!(!is_valid(&keys, strange, now), "{strange}");
        }
    }
}
