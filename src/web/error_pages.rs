//! One place draws every error, as a page or a fragment, and logs a failure once.

use poem::{
    IntoResponse, Response,
    error::{MethodNotAllowedError, NotFoundError, ParsePathError},
    http::{HeaderValue, StatusCode, header},
};
use serde::Serialize;

use super::{
    cx::Cx,
    rate_limit,
    render::{self, Render},
    router::SET_UP,
};
use crate::error::Error;

#[derive(Serialize)]
struct ErrorView {
    status: u16,
    allow: Option<String>,
    retry_after: Option<u64>,
    /// Where seconds are no way to say it.
    retry_minutes: Option<u64>,
    home: &'static str,
    /// What can be asked for once more, on a page for everybody.
    retry: String,
}

/// The statuses that have a title and a text of their own: `error-404-title`. Any other is told as its class.
const TOLD: [u16; 15] = [
    400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 422, 429, 431, 500, 503,
];

/// What the visitor gets for an error. Never fails: without templates it is plain text.
pub fn respond(cx: &Cx, error: poem::Error) -> Response {
    let error = own(error);
    let status = error.status();
    log(&error);
    match error {
        Error::SignInRequired => return to_sign_in(cx, None),
        Error::SecondFactorRequired => return lead(cx, SET_UP, status),
        _ => {}
    }
    let retry_after = rate_limit::retry_after(&error);
    let allow = match &error {
        Error::MethodNotAllowed(allow) => Some(allow.clone()),
        _ => None,
    };
    let view = ErrorView {
        status: told(status),
        allow: allow.clone(),
        retry_after,
        retry_minutes: retry_after
            .filter(|seconds| *seconds > 90)
            .map(|seconds| seconds.div_ceil(60)),
        home: cx.user.as_ref().map_or("/", |user| user.role.home()),
        retry: cx.path_and_query().to_owned(),
    };
    let name = if cx.is_public {
        "errors/public.html"
    } else {
        "errors/show.html"
    };
    let page = Render::page(name, &view)
        .fragment("errors/_error.html")
        .status(status);
    let mut response = render::draw(cx, page).unwrap_or_else(|failure| {
        tracing::error!(%failure, "error_page_failed");
        let text = format!("{status}\nRequest {}\n", cx.request_id);
        text.with_status(status)
            .with_content_type("text/plain; charset=utf-8")
            .into_response()
    });
    let headers = response.headers_mut();
    if cx.hx.fragment {
        headers.insert("HX-Retarget", HeaderValue::from_static("#problem"));
        headers.insert("HX-Reswap", HeaderValue::from_static("innerHTML"));
    }
    if let Some(value) = allow.and_then(|allow| HeaderValue::from_str(&allow).ok()) {
        headers.insert(header::ALLOW, value);
    }
    rate_limit::refuse(&mut response, &error);
    response
}

/// Our own error out of poem's.
pub(super) fn own(error: poem::Error) -> Error {
    if error.is::<NotFoundError>() || error.is::<ParsePathError>() {
        return Error::NotFound;
    }
    if error.is::<MethodNotAllowedError>() {
        return Error::MethodNotAllowed("GET, HEAD".into());
    }
    let status = error.status();
    match error.downcast::<Error>() {
        Ok(own) => own,
        Err(other) if status.is_client_error() => Error::BadRequest(other.to_string()),
        Err(other) => Error::internal(other),
    }
}

pub(super) fn log(error: &Error) {
    let status = error.status();
    match error {
        Error::Internal(_) => tracing::error!(%error, status = status.as_u16(), "request_failed"),
        Error::Unavailable(_) => tracing::warn!(%error, status = status.as_u16(), "request_failed"),
        Error::TooMany(spent) => {
            tracing::info!(
                status = status.as_u16(),
                limit = spent.limit,
                "limit_reached"
            );
        }
        Error::Forbidden => tracing::info!(status = status.as_u16(), "rights_refused"),
        _ => tracing::debug!(%error, status = status.as_u16(), "request_refused"),
    }
}

/// To the sign-in page, and from there to `next`, or back here if here can be gone back to.
pub fn to_sign_in(cx: &Cx, next: Option<&str>) -> Response {
    let here = if let Some(next) = next {
        next
    } else if cx.method == poem::http::Method::GET && !cx.hx.request {
        cx.path_and_query()
    } else {
        ""
    };
    let to = if here.is_empty() || here == "/dashboard" {
        "/login".to_owned()
    } else {
        let next: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
        format!("/login?next={next}")
    };
    lead(cx, &to, StatusCode::UNAUTHORIZED)
}

/// To another page, as a whole: never into a fragment's place.
fn lead(cx: &Cx, to: &str, status: StatusCode) -> Response {
    let mut response = if cx.hx.request {
        let mut response = status.into_response();
        if let Ok(value) = HeaderValue::from_str(to) {
            response.headers_mut().insert("HX-Redirect", value);
        }
        response
    } else {
        render::see_other(to)
    };
    render::private(&mut response);
    response
}

fn told(status: StatusCode) -> u16 {
    let code = status.as_u16();
    let class = if status.is_client_error() { 400 } else { 500 };
    if TOLD.contains(&code) { code } else { class }
}
