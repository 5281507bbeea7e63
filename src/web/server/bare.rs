//! The answers from before there is an application to draw one.

use bytes::Bytes;
use poem::{
    Response,
    http::{HeaderName, HeaderValue, StatusCode, header},
};

use crate::web::security_headers::security_headers;

/// Made once, since no request changes them.
pub(super) struct Bare {
    headers: Vec<(HeaderName, HeaderValue)>,
    /// For a connection above the cap, as bytes: hyper has no part in it.
    pub(super) too_busy: Bytes,
    /// For a request whose head does not come, as bytes too.
    pub(super) head_too_slow: Bytes,
    /// For heads that hyper does not read, likewise.
    head_too_large: Bytes,
    bad_request: Bytes,
}

impl Bare {
    pub(super) fn new(https: bool) -> Self {
        let headers = security_headers(https, &[]);
        let too_busy = raw(
            "503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n\
             cache-control: no-store\r\nretry-after: 2",
            &headers,
            "Too busy. Please try again in a moment.",
        );
        let empty = |status| raw(status, &headers, "");
        let head_too_slow = empty("408 Request Timeout");
        let head_too_large = empty("431 Request Header Fields Too Large");
        let bad_request = empty("400 Bad Request");
        Self {
            headers,
            too_busy,
            head_too_slow,
            head_too_large,
            bad_request,
        }
    }

    /// What is said in place of an answer that hyper makes by itself.
    pub(super) fn instead_of(&self, answer: &[u8]) -> Bytes {
        if answer.starts_with(b"HTTP/1.1 431 ") {
            self.head_too_large.clone()
        } else {
            self.bad_request.clone()
        }
    }

    pub(super) fn response(&self, status: StatusCode) -> Response {
        let mut response = Response::builder()
            .status(status)
            .content_type("text/plain; charset=utf-8")
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::CONNECTION, "close")
            .body(status.canonical_reason().unwrap_or_default());
        response.headers_mut().extend(self.headers.iter().cloned());
        response
    }
}

/// An answer as it goes over the wire, after which the connection closes.
fn raw(head: &str, headers: &[(HeaderName, HeaderValue)], body: &str) -> Bytes {
    let length = body.len();
    let mut bytes = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n")
        .into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body.as_bytes());
    bytes.into()
}
