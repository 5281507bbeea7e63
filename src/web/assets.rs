//! Files that browsers load: hashed names, compressed at build time, cacheable for ever.

use std::{collections::HashMap, sync::LazyLock};

use poem::{
    IntoResponse, Request, Response, handler,
    http::{HeaderMap, StatusCode, header},
    web::Path,
};

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
    let accepted = Accepted::of(request.headers());
    let packed = [
        ("br", asset.br, accepted.br),
        ("gzip", asset.gzip, accepted.gzip),
    ];
    let best = packed
        .into_iter()
        .find_map(|(name, bytes, accepted)| bytes.filter(|_| accepted).map(|bytes| (name, bytes)));
    let (encoding, body) = best.map_or((None, asset.plain), |(name, bytes)| (Some(name), bytes));
    let mut response = Response::builder()
        .status(StatusCode::OK)
        .header(header::CONTENT_TYPE, asset.content_type)
        .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    if asset.br.is_some() || asset.gzip.is_some() {
        response = response.header(header::VARY, "Accept-Encoding");
    }
    if let Some(encoding) = encoding {
        response = response.header(header::CONTENT_ENCODING, encoding);
    }
    Ok(response.body(body).into_response())
}

/// The encodings of ours that `Accept-Encoding` allows (RFC 9110, section 12.5.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    pub br: bool,
    pub gzip: bool,
}

impl Accepted {
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        let values = headers
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok());
        for part in values.flat_map(|value| value.split(',')) {
            let mut pieces = part.split(';').map(str::trim);
            let coding = pieces.next().unwrap_or_default();
            let refused = pieces
                .filter_map(|piece| piece.strip_prefix("q="))
                .any(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
            if coding.eq_ignore_ascii_case("br") {
                accepted.br = !refused;
            } else if coding.eq_ignore_ascii_case("gzip") {
                accepted.gzip = !refused;
            }
        }
        accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &'static str) -> Accepted {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
        Accepted::of(&headers)
    }

    #[test]
    fn a_refused_encoding_is_not_an_accepted_one() {
        assert_eq!(
            accepted("gzip, deflate, br, zstd"),
            Accepted {
                br: true,
                gzip: true
            }
        );
        assert_eq!(
            accepted("gzip;q=0.5"),
            Accepted {
                br: false,
                gzip: true
            }
        );
        assert_eq!(
            accepted("br;q=0, GZIP"),
            Accepted {
                br: false,
                gzip: true
            }
        );
        assert_eq!(accepted("identity"), Accepted::default());
    }
}
