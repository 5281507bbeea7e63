//! The outermost layer of the long way: a request id, one log line per request, caught panics, and the headers that every answer has.

use std::{panic::AssertUnwindSafe, time::Instant};

use futures_util::FutureExt as _;
use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response,
    http::{HeaderName, HeaderValue, header},
};
use tracing::Instrument as _;

use super::{
    csrf,
    cx::{Cx, Head},
    error_pages,
    request_id::RequestId,
    secret_urls,
    security_headers::security_headers,
};
use crate::{app::App, error::Error};

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

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let started = Instant::now();
        let id = RequestId::new(&self.app, Head::of(&request));
        let span = tracing::info_span!("request", request_id = %id);
        request.extensions_mut().insert(id.clone());
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
        id.tell(headers);
        Ok(response)
    }
}

impl<E: Endpoint> RequestLogEndpoint<E> {
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

/// To a tenth.
#[expect(
    clippy::cast_precision_loss,
    reason = "no request takes 2^52 tenths of a millisecond"
)]
pub(super) fn milliseconds(since: Instant) -> f64 {
    let tenths = (since.elapsed().as_micros() + 50) / 100;
    tenths as f64 / 10.0
}

/// `companies` of `/companies/new` and of `/companies.csv`.
#[must_use]
pub fn first_segment(path: &str) -> &str {
    path.trim_start_matches('/')
        .split(['/', '.'])
        .next()
        .unwrap_or_default()
}
