//! Tells an HTTP cache in front of the product which pages have changed, by their tags.

use std::{fmt, time::Duration};

use poem::http::{HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, header, redirect};
use serde::Deserialize;
use serde_json::json;
use tokio_rustls::rustls::crypto::ring;
use url::Url;

use crate::error::{Error, Result};

/// For the whole of one question.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECTING: Duration = Duration::from_secs(3);

/// Tags in one question: the least that any of Cloudflare's plans takes.
const AT_ONCE: usize = 30;

/// Of an answer; more is not read.
const ANSWER_MAX: usize = 64 * 1024;

/// What the cache understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `POST` of `{"tags": […]}`, answered by `{"success": true}`; pages name their tags in `Cache-Tag`.
    Cloudflare,
    /// `PURGE` with the tags in `xkey-purge`, for vmod xkey; pages name them in `xkey`.
    Varnish,
}

impl Shape {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "cloudflare" => Some(Self::Cloudflare),
            "varnish" => Some(Self::Varnish),
            _ => None,
        }
    }

    #[must_use]
    pub fn tags_header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Cloudflare => "cache-tag",
            Self::Varnish => "xkey",
        })
    }

    /// Between two tags in that header.
    #[must_use]
    pub fn separator(self) -> &'static str {
        match self {
            Self::Cloudflare => ",",
            Self::Varnish => " ",
        }
    }
}

/// Where the outer cache takes orders.
#[derive(Clone, Debug)]
pub struct Settings {
    pub url: Url,
    /// `Bearer …`, marked as a secret.
    pub authorization: Option<HeaderValue>,
    pub shape: Shape,
}

impl Settings {
    /// A token in clear goes to this machine alone.
    pub fn new(url: &str, token: Option<&str>, shape: Shape) -> Result<Self, &'static str> {
        let url = Url::parse(url).map_err(|_| "it is not a URL")?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("it is not an http(s) URL");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a name or a password, which belongs into CACHE_PURGE_TOKEN");
        }
        if token.is_some() && url.scheme() == "http" && !is_this_machine(&url) {
            return Err("it would carry the token over the network in clear");
        }
        let authorization = token.map(|token| {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| "its token is not plain text")?;
            value.set_sensitive(true);
            Ok::<_, &'static str>(value)
        });
        Ok(Self {
            url,
            authorization: authorization.transpose()?,
            shape,
        })
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// A cache that listens. Cheap to clone.
#[derive(Clone)]
pub struct OuterCache {
    settings: Settings,
    client: Client,
}

impl fmt::Debug for OuterCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OuterCache({})", self.settings.url.authority())
    }
}

#[derive(Deserialize)]
struct Said {
    success: bool,
}

impl OuterCache {
    pub fn new(settings: Settings) -> Result<Self> {
        // The client asks rustls for the process's provider. Somebody may have installed it already.
        let _ = ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(CONNECTING)
            .redirect(redirect::Policy::none())
            .user_agent("ProSektorWeb")
            .build()
            .map_err(Error::internal)?;
        Ok(Self { settings, client })
    }

    /// Drops what has any of these tags, a batch at a time. Doing it again does no harm.
    pub async fn purge(&self, tags: &[&str]) -> Result<(), Trouble> {
        for batch in tags.chunks(AT_ONCE) {
            self.ask(batch).await?;
        }
        Ok(())
    }

    async fn ask(&self, tags: &[&str]) -> Result<(), Trouble> {
        let Settings {
            url,
            authorization,
            shape,
        } = &self.settings;
        let mut request = match shape {
            Shape::Cloudflare => self
                .client
                .post(url.clone())
                .header(header::CONTENT_TYPE, "application/json")
                .body(json!({ "tags": tags }).to_string()),
            Shape::Varnish => {
                let method = Method::from_bytes(b"PURGE").map_err(|_| Trouble::Broken)?;
                self.client
                    .request(method, url.clone())
                    .header("xkey-purge", tags.join(shape.separator()))
            }
        };
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let response = request.send().await?;
        if !response.status().is_success() {
            return Err(Trouble::Refused(response.status().as_u16()));
        }
        if *shape == Shape::Cloudflare {
            let said: Said =
                serde_json::from_slice(&body(response).await?).map_err(|_| Trouble::Unclear)?;
            if !said.success {
                return Err(Trouble::Unclear);
            }
        }
        Ok(())
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_MAX {
            return Err(Trouble::Unclear);
        }
    }
    Ok(bytes)
}

/// Why a cache was not told. Never holds its address, its token or its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("the outer cache cannot be reached")]
    Away,
    #[error("the outer cache took too long")]
    Late,
    #[error("the connection to the outer cache broke")]
    Broken,
    #[error("the outer cache answered {0}")]
    Refused(u16),
    #[error("the outer cache did not say that it has done it")]
    Unclear,
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Late
        } else if error.is_connect() {
            Self::Away
        } else {
            Self::Broken
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_in_clear_to_this_machine_alone_and_is_never_printed() {
        let read = |url: &str, token| Settings::new(url, token, Shape::Cloudflare);
        for (url, token, is_good) in [
            (
                "https://api.cloudflare.com/client/v4/zones/z/purge_cache",
                Some("t"),
                true,
            ),
            ("http://varnish:6081/", None, true),
            ("http://varnish:6081/", Some("t"), false),
            ("http://127.0.0.1:6081/", Some("t"), true),
            ("http://[::1]:6081/", Some("t"), true),
            ("http://localhost/", Some("t"), true),
            ("http://localhost.evil.test/", Some("t"), false),
            ("https://user:secret@cache.test/", None, false),
            ("ftp://cache.test/", None, false),
            ("cache.test", None, false),
            ("https://cache.test/", Some("a\nb"), false),
        ] {
            assert_eq!(read(url, token).is_ok(), is_good, "{url}");
        }
        let settings = read("https://cache.test/", Some("canary")).unwrap();
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
