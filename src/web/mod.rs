//! How a request comes in and HTML goes out.

pub mod access;
pub mod assets;
pub mod csrf;
pub mod cx;
pub mod download;
pub mod encoding;
pub mod error_pages;
pub mod extract;
pub mod form;
mod fresh;
pub mod health;
pub mod idempotency;
pub mod kept;
pub mod metrics;
pub mod public;
pub mod rate_limit;
pub mod render;
pub mod request_log;
pub mod router;
pub mod secret_urls;
mod security_headers;
pub mod seo;
pub mod server;
pub mod session;
pub mod templates;
pub mod upload;
