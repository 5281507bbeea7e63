//! The headers on every answer: pages, fragments, files, errors, redirects, and what the server says by itself.

use poem::http::{HeaderName, HeaderValue, header};

/// HSTS only where clients come over HTTPS; images of other `hosts` where they are allowed.
pub(super) fn security_headers(https: bool, hosts: &[String]) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    if https {
        headers.push((
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        ));
    }
    let policy = (header::CONTENT_SECURITY_POLICY, policy(hosts));
    let others = headers
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)));
    [policy].into_iter().chain(others).collect()
}

/// Hosts were checked when they were read: nothing in them ends a directive.
fn policy(hosts: &[String]) -> HeaderValue {
    let images: String = hosts.iter().flat_map(|host| [" https://", host]).collect();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{images}; font-src 'self'; connect-src 'self'; \
         manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    );
    HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}
