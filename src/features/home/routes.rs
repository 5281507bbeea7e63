//! URL × verb, then the handlers.

use std::{
    io::Write as _,
    sync::{Arc, RwLock},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use poem::{
    Endpoint, Request, Response, handler,
    http::{HeaderMap, StatusCode, header},
};
use sha2::{Digest, Sha256};

use crate::{
    error::{Error, Result},
    types::Lang,
    web::{
        cx::Cx,
        render,
        router::{Table, public},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/", [public(Home::default())])
        .at("/tr", [public(Home::default())])
        .at("/robots.txt", [public(robots)])
}

/// The page is the same for everybody, so it is drawn and packed once.
#[derive(Default)]
struct Home {
    drawn: RwLock<Option<Arc<Drawn>>>,
}

struct Drawn {
    plain: Variant,
    gzip: Variant,
}

struct Variant {
    body: Bytes,
    /// Strong, of exactly these bytes.
    etag: String,
}

impl Variant {
    fn new(body: Vec<u8>) -> Self {
        let digest = URL_SAFE_NO_PAD.encode(&Sha256::digest(&body)[..15]);
        Self {
            body: body.into(),
            etag: format!("\"{digest}\""),
        }
    }
}

#[derive(serde::Serialize)]
struct HomeView {}

impl Home {
    fn drawn(&self, cx: &Cx) -> Result<Arc<Drawn>> {
        // In development an edited template shows at the next request.
        if !cfg!(debug_assertions)
            && let Ok(known) = self.drawn.read()
            && let Some(drawn) = known.as_ref()
        {
            return Ok(Arc::clone(drawn));
        }
        let html = render::public_page(cx, "public/home.html", &HomeView {})?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder
            .write_all(html.as_bytes())
            .map_err(Error::internal)?;
        let drawn = Arc::new(Drawn {
            gzip: Variant::new(encoder.finish().map_err(Error::internal)?),
            plain: Variant::new(html.into_bytes()),
        });
        if let Ok(mut known) = self.drawn.write() {
            *known = Some(Arc::clone(&drawn));
        }
        Ok(drawn)
    }
}

impl Endpoint for Home {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let cx = Cx::of(&request)?;
        let drawn = self.drawn(&cx)?;
        let variant = if cx.accepts_gzip {
            &drawn.gzip
        } else {
            &drawn.plain
        };
        Ok(respond(
            variant,
            cx.accepts_gzip,
            cx.lang,
            request.headers(),
        ))
    }
}

/// Browsers revalidate and get a 304; shared caches keep it for a minute (RFC 9111).
fn respond(variant: &Variant, packed: bool, lang: Lang, headers: &HeaderMap) -> Response {
    let mut response = Response::builder()
        .header(header::CACHE_CONTROL, "public, max-age=0, s-maxage=60")
        .header(header::CONTENT_LANGUAGE, lang.code())
        .header(header::ETAG, &variant.etag)
        .header(header::VARY, "Accept-Encoding");
    if knows(headers, &variant.etag) {
        return response.status(StatusCode::NOT_MODIFIED).finish();
    }
    if packed {
        response = response.header(header::CONTENT_ENCODING, "gzip");
    }
    response
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .body(variant.body.clone())
}

/// `If-None-Match` by weak comparison (RFC 9110, section 13.1.2).
fn knows(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == etag)
}

/// The office is nobody's search result.
#[handler]
fn robots() -> Response {
    Response::builder()
        .content_type("text/plain; charset=utf-8")
        .header(header::CACHE_CONTROL, "public, max-age=0, s-maxage=3600")
        .body("User-agent: *\nDisallow: /login\nDisallow: /dashboard\nDisallow: /companies\nDisallow: /activities\nDisallow: /trash\n")
}
