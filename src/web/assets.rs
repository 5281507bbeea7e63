//! Files that browsers load: hashed names, compressed at build time, cacheable for ever.

use std::{collections::HashMap, sync::LazyLock};

use poem::{
    IntoResponse, Request, Response, handler,
    http::{StatusCode, header},
    web::Path,
};

use super::encoding::{Accepted, Encoding};
use crate::{
    error::{Error, Result},
    platform::embedded::{ASSETS, Asset},
};

static BY_NAME: LazyLock<HashMap<&str, &Asset>> =
    LazyLock::new(|| ASSETS.iter().map(|asset| (asset.name, asset)).collect());
static BY_FILE: LazyLock<HashMap<&str, &Asset>> =
    LazyLock::new(|| ASSETS.iter().map(|asset| (asset.file, asset)).collect());

/// The URL of an asset as templates name it.
#[must_use]
pub fn url(name: &str) -> Option<String> {
    BY_NAME
        .get(name)
        .map(|asset| format!("/assets/{}", asset.file))
}

#[handler]
pub fn show(Path(file): Path<String>, request: &Request) -> Result<Response> {
    let asset = BY_FILE.get(file.as_str()).ok_or(Error::NotFound)?;
    let packed = |encoding| match encoding {
        Encoding::Brotli => asset.br,
        Encoding::Gzip => asset.gzip,
        Encoding::Identity => None,
    };
    let accepted = Accepted::of(request.headers());
    let encoding = accepted.best(|encoding| packed(encoding).is_some());
    let body = packed(encoding).unwrap_or(asset.plain);
    let mut response = Response::builder()
        .status(StatusCode::OK)
        .header(header::CONTENT_TYPE, asset.content_type)
        .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    if asset.br.is_some() || asset.gzip.is_some() {
        response = response.header(header::VARY, "Accept-Encoding");
    }
    if let Some(encoding) = encoding.header() {
        response = response.header(header::CONTENT_ENCODING, encoding);
    }
    Ok(response.body(body).into_response())
}
