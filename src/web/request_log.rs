//! The outermost layer: a request id, one log line per request, caught panics, and the headers that every answer has.

use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use futures_util::FutureExt as _;
use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response,
    http::{HeaderName, HeaderValue, Method, header},
};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    csrf,
    cx::{self, Cx, client_ip},
    encoding::Encoding,
    error_pages, fresh,
    public::Kept,
    secret_urls,
    security_headers::security_headers,
};
use crate::{
    app::App,
    error::Error,
    platform::limits::{Subject, Tier},
};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Given by a trusted proxy, or made here: the audit and the log must not say what a stranger likes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    #[must_use]
    pub fn of(request: &Request) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .unwrap_or_else(Self::nobody)
    }

    /// On pages that are made for everybody.
    pub(super) fn nobody() -> Self {
        Self("-".into())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The layer around everything.
pub struct RequestLog {
    pub app: App,
    /// The first segments of the URLs that look up a session; all others are public.
    pub places: Vec<String>,
}

impl<E: Endpoint> Middleware<E> for RequestLog {
    type Output = RequestLogEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        RequestLogEndpoint {
            headers: security_headers(self.app.config.is_https(), &self.app.config.foreign_images),
            app: self.app.clone(),
            places: self.places.clone(),
            inner,
        }
    }
}

pub struct RequestLogEndpoint<E> {
    app: App,
    places: Vec<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
    inner: E,
}

impl<E: Endpoint> Endpoint for RequestLogEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let started = Instant::now();
        let mut made = Uuid::encode_buffer();
        let given = given_id(&self.app, &request);
        let is_given = given.is_some();
        let id = given.unwrap_or_else(|| {
            let id = self.app.clock.new_uuid();
            id.hyphenated().encode_lower(&mut made)
        });
        if let Some((kept, encoding)) = self.kept(&request) {
            let mut response = self.send(&kept, encoding, &request, id, started);
            tell_id(&mut response, id, is_given);
            return Ok(response);
        }
        let id = RequestId(id.into());
        let told = id.clone();
        // In a box, so that what is kept does not carry the room for all that the long way needs.
        let mut response = Box::pin(self.ask(request, id, started)).await;
        tell_id(&mut response, &told.0, is_given);
        Ok(response)
    }
}

impl<E: Endpoint> RequestLogEndpoint<E> {
    async fn ask(&self, mut request: Request, id: RequestId, started: Instant) -> Response {
        let span = tracing::info_span!("request", request_id = %id);
        request.extensions_mut().insert(id);
        let is_secret = secret_urls::is_secret(request.uri().path());
        let mut response = self.answer(request, started).instrument(span).await;
        let headers = response.headers_mut();
        if is_secret {
            headers.insert(
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            );
            headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
        }
        for (name, value) in &self.headers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        response
    }

    /// The public page that was asked for, if it can be sent without asking anybody. Everything else goes its long way:
    /// a query may name another page, and whoever has no room left is told so in a page.
    fn kept(&self, request: &Request) -> Option<(Arc<Kept>, Encoding)> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if !is_read || request.uri().query().is_some() || fresh::is_asked(&self.app, request) {
            return None;
        }
        // Asked first: whatever is found after that was right when the request began.
        if !self.app.cache.is_trusted() {
            return None;
        }
        let (path, asked) = (request.uri().path(), request.headers());
        let ready = self.app.pages.ready(path, asked)?;
        let limit = self.app.limits.of(Tier::Public);
        let has_room = || {
            let subject = Subject::ip(client_ip(&self.app, request));
            let standing = self.app.limits.take_here(limit, subject);
            standing.is_none_or(|standing| standing.is_allowed)
        };
        (limit.is_off() || has_room()).then_some(ready)
    }

    fn send(
        &self,
        kept: &Kept,
        encoding: Encoding,
        request: &Request,
        id: &str,
        started: Instant,
    ) -> Response {
        let response = kept.answer(encoding, request.headers(), || self.app.clock.now());
        let (method, path) = (request.method().as_str(), request.uri().path());
        let status = response.status().as_u16();
        let duration_ms = milliseconds(started);
        tracing::info!(
            method,
            path,
            status,
            duration_ms,
            request_id = id,
            "request"
        );
        response
    }

    async fn answer(&self, mut request: Request, started: Instant) -> Response {
        let place = first_segment(request.uri().path());
        let is_public = !self.places.iter().any(|known| known == place);
        let cx = Cx::new(&self.app, &request, is_public);
        request.extensions_mut().insert(cx.clone());
        let allowed = csrf::check(&request, &self.app.config.base_url);
        let answer = async {
            allowed?;
            self.inner
                .call(request)
                .await
                .map(IntoResponse::into_response)
        };
        let response = match AssertUnwindSafe(answer).catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => error_pages::respond(&cx, error),
            // The panic hook has logged it.
            Err(_) => error_pages::respond(&cx, Error::internal("a handler panicked").into()),
        };
        let status = response.status().as_u16();
        let duration_ms = milliseconds(started);
        let path = secret_urls::without_token(cx.uri.path());
        let (method, path) = (cx.method.as_str(), &*path);
        if path.starts_with("/assets/") || path == "/healthz" || path == "/readyz" {
            tracing::debug!(method, path, status, duration_ms, "request");
        } else {
            tracing::info!(method, path, status, duration_ms, "request");
        }
        response
    }
}

/// The request's id, but for one that a client brought and a cache would repeat to others.
fn tell_id(response: &mut Response, id: &str, is_given: bool) {
    let headers = response.headers_mut();
    let is_shared = |value: &HeaderValue| value.as_bytes().starts_with(b"public");
    if is_given && headers.get(header::CACHE_CONTROL).is_some_and(is_shared) {
        headers.remove(REQUEST_ID);
    } else if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
}

/// The header's value if it is short and plain enough to be in a log line and a page.
fn given_id<'a>(app: &App, request: &'a Request) -> Option<&'a str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let given = request.headers().get(&REQUEST_ID)?.to_str().ok()?;
    Some(given)
        .filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(is_plain))
        .filter(|_| cx::is_proxied(app, request))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no request takes 2^52 microseconds"
)]
fn milliseconds(since: Instant) -> f64 {
    (since.elapsed().as_micros() as f64 / 100.0).round() / 10.0
}

/// `companies` of `/companies/new` and of `/companies.csv`.
#[must_use]
pub fn first_segment(path: &str) -> &str {
    path.trim_start_matches('/')
        .split(['/', '.'])
        .next()
        .unwrap_or_default()
}
