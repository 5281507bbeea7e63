//! A rendered page as it goes over the wire: bytes and headers in each encoding, packed once, when somebody first wants it so.

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    sync::OnceLock,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use flate2::{Compression, write::GzEncoder};
use poem::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::{
    Kind, Page, Tag,
    conditions::is_known,
    dates::Dated,
    lifetimes::{Lifetimes, plain},
    store::Place,
};
use crate::{
    error::{Error, Result},
    platform::{cache, purge::Shape, telemetry},
    web::{
        encoding::{Accepted, Encoding},
        request_id::REQUEST_ID,
    },
};

/// Smaller ones are not worth the work of unpacking.
const WORTH_COMPRESSING: usize = 1024;

/// A thirtieth of the work of 9 and within 1 % of its size on the pages of a blog: whoever comes first waits for it.
const BROTLI_QUALITY: i32 = 5;

/// 256 KiB, which is more than a page has: a larger window is more memory to clear.
const BROTLI_WINDOW: i32 = 18;

const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// What all public pages of this process have in common.
#[derive(Debug)]
pub(super) struct Dress {
    pub(super) headers: HeaderMap,
    pub(super) lifetimes: Lifetimes,
    /// How the outer cache is told of tags, if there is one that listens.
    pub(super) shape: Option<Shape>,
}

#[derive(Debug)]
pub struct Kept {
    status: StatusCode,
    kind: Kind,
    /// Of all variants, but for what is about their bytes.
    headers: HeaderMap,
    identity: Variant,
    gzip: Packed,
    brotli: Packed,
    /// In whole seconds, as the header has it, if it tells this page from what it was and will be.
    last_modified: Option<u64>,
    next_change: Option<DateTime<Utc>>,
    lifetimes: Lifetimes,
    tags: Vec<Tag>,
    /// Whether it is worth the work of packing.
    is_packed: bool,
    /// Whether it is worth a place in the store.
    pub(super) has_place: bool,
    pub(super) place: OnceLock<Place>,
}

/// Empty until somebody wants it; nothing where packing makes it no smaller.
type Packed = OnceCell<Option<Variant>>;

#[derive(Debug)]
struct Variant {
    body: Bytes,
    /// Strong, of exactly these bytes.
    etag: HeaderValue,
    whole: HeaderMap,
    unchanged: HeaderMap,
}

impl Kept {
    /// `is_packed` is false for what a single reader is sent.
    pub(super) fn new(page: Page, dress: &Dress, dated: Dated, is_packed: bool) -> Result<Self> {
        let last_modified = u64::try_from(dated.last_modified).unwrap_or_default();
        let mut headers = dress.headers.clone();
        let mut lifetimes = dress.lifetimes;
        if let Some(to) = &page.location {
            lifetimes = lifetimes.moved();
            headers.insert(header::LOCATION, own_path(to)?);
        }
        // Only what is there can be unchanged (RFC 9110, section 13.2.1).
        if page.status == StatusCode::OK {
            let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(last_modified));
            headers.insert(header::LAST_MODIFIED, plain(date));
        }
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.insert(header::CACHE_CONTROL, lifetimes.cache_control());
        headers.insert(CDN_CACHE_CONTROL, lifetimes.cdn_cache_control());
        if let Some(lang) = page.lang {
            headers.insert(
                header::CONTENT_LANGUAGE,
                HeaderValue::from_static(lang.code()),
            );
        }
        if let Some(shape) = dress.shape.filter(|_| !page.tags.is_empty()) {
            let tags: Vec<&str> = told(&page.tags).into_iter().collect();
            headers.insert(shape.tags_header(), plain(tags.join(shape.separator())));
        }
        let (status, kind) = (page.status, page.kind);
        Ok(Self {
            status,
            kind,
            is_packed: is_packed && page.body.len() >= WORTH_COMPRESSING,
            identity: Variant::new(status, kind, Encoding::Identity, page.body, &headers),
            headers,
            gzip: Packed::new(),
            brotli: Packed::new(),
            last_modified: dated.is_sure.then_some(last_modified),
            next_change: page.next_change,
            lifetimes,
            has_place: page.is_kept,
            place: OnceLock::new(),
            tags: page.tags,
        })
    }

    /// What the client wants most of all that the page can be sent in.
    #[must_use]
    pub fn best(&self, asked: &HeaderMap) -> Encoding {
        Accepted::of(asked).best(|encoding| match self.packed(encoding) {
            Some(packed) => self.is_packed && packed.get().is_none_or(Option::is_some),
            None => true,
        })
    }

    /// Whether it can be sent in this encoding at once.
    #[must_use]
    pub fn is_ready(&self, encoding: Encoding) -> bool {
        self.packed(encoding).is_none_or(OnceCell::initialized)
    }

    /// What the client gets: packed now if nobody has wanted it before. Whoever asks for the same meanwhile waits for it.
    pub(super) async fn made_for(&self, asked: &HeaderMap) -> Result<Encoding> {
        loop {
            let encoding = self.best(asked);
            let Some(packed) = self.packed(encoding).filter(|it| !it.initialized()) else {
                return Ok(encoding);
            };
            packed.get_or_try_init(|| self.pack(encoding)).await?;
        }
    }

    /// On a thread that may take its time.
    async fn pack(&self, encoding: Encoding) -> Result<Option<Variant>> {
        let (status, kind, headers) = (self.status, self.kind, self.headers.clone());
        let body = self.identity.body.clone();
        let packing = telemetry::spawn_blocking(move || {
            let packed = match encoding {
                Encoding::Brotli => brotli(&body)?,
                Encoding::Gzip => gzip(&body)?,
                Encoding::Identity => return Ok(None),
            };
            let is_smaller = packed.len() < body.len();
            let made = || Variant::new(status, kind, encoding, packed.into(), &headers);
            Ok::<_, io::Error>(is_smaller.then(made))
        });
        let variant = packing
            .await
            .map_err(Error::internal)?
            .map_err(Error::internal)?;
        if let (Some(variant), Some(place)) = (&variant, self.place.get()) {
            place.grow(variant.weight());
        }
        Ok(variant)
    }

    fn packed(&self, encoding: Encoding) -> Option<&Packed> {
        match encoding {
            Encoding::Brotli => Some(&self.brotli),
            Encoding::Gzip => Some(&self.gzip),
            Encoding::Identity => None,
        }
    }

    /// Whether it may still be sent: nothing on it was to change by itself until now.
    #[must_use]
    pub fn is_good(&self, now: impl FnOnce() -> DateTime<Utc>) -> bool {
        self.next_change.is_none_or(|at| now() < at)
    }

    pub(super) fn has_any(&self, tags: &[cache::Tag]) -> bool {
        tags.iter().any(|void| {
            let void = void.as_str();
            self.tags.iter().any(|tag| is_made_of(tag.as_str(), void))
        })
    }

    /// The bytes that it takes in memory, about, until it is packed.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.identity.weight()
    }

    /// The page, or that the client has it: in an encoding that is ready, else in plain bytes. The headers of a 304 are those
    /// of the page, without the ones about its bytes.
    #[must_use]
    pub fn answer(
        &self,
        encoding: Encoding,
        asked: &HeaderMap,
        now: impl FnOnce() -> DateTime<Utc>,
    ) -> Response<Bytes> {
        let packed = self.packed(encoding).and_then(OnceCell::get);
        let variant = packed.and_then(Option::as_ref).unwrap_or(&self.identity);
        let is_there = self.status == StatusCode::OK;
        let mut response = if is_there && is_known(asked, &variant.etag, self.last_modified) {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().clone_from(&variant.unchanged);
            response
        } else {
            let mut response = Response::new(variant.body.clone());
            *response.status_mut() = self.status;
            response.headers_mut().clone_from(&variant.whole);
            response
        };
        if let Some(at) = self.next_change {
            let left = u64::try_from((at - now()).num_seconds()).unwrap_or_default();
            if left < self.lifetimes.reach() {
                let lifetimes = self.lifetimes.within(left);
                let headers = response.headers_mut();
                headers.insert(header::CACHE_CONTROL, lifetimes.cache_control());
                headers.insert(CDN_CACHE_CONTROL, lifetimes.cdn_cache_control());
            }
        }
        response
    }
}

impl Variant {
    fn new(
        status: StatusCode,
        kind: Kind,
        encoding: Encoding,
        body: Bytes,
        headers: &HeaderMap,
    ) -> Self {
        let digest = URL_SAFE_NO_PAD.encode(&Sha256::digest(&body)[..15]);
        let etag = plain(format!("\"{digest}\""));
        let mut unchanged = headers.clone();
        if status == StatusCode::OK {
            unchanged.insert(header::ETAG, etag.clone());
        }
        // Room for what differs from request to request, so that a copy does not have to grow.
        unchanged.insert(REQUEST_ID, HeaderValue::from_static("-"));
        let mut whole = unchanged.clone();
        let content_type = HeaderValue::from_static(kind.content_type());
        whole.insert(header::CONTENT_TYPE, content_type);
        if let Some(encoding) = encoding.header() {
            whole.insert(header::CONTENT_ENCODING, encoding);
        }
        Self {
            body,
            etag,
            whole,
            unchanged,
        }
    }

    fn weight(&self) -> usize {
        /// Headers, twice, and what is around them.
        const AROUND: usize = 4096;
        self.body.len() + AROUND
    }
}

/// Whether a page with this tag shows something of what is void: that very thing, a group that the tag is in, or one of the
/// values of the family that the tag names.
fn is_made_of(tag: &str, void: &str) -> bool {
    let is_group = void.ends_with(':') && tag.starts_with(void);
    let is_within = void
        .strip_prefix(tag)
        .is_some_and(|rest| rest.starts_with(':'));
    tag == void || is_group || is_within
}

/// Each tag and every group that it is in: an outer cache knows whole tags only, and `blog:` is what most changes name.
fn told(tags: &[Tag]) -> BTreeSet<&str> {
    tags.iter()
        .flat_map(|tag| {
            let tag = tag.as_str();
            let groups = tag.match_indices(':').map(|(at, _)| at + 1);
            groups.chain([tag.len()]).map(|end| &tag[..end])
        })
        .collect()
}

/// Of this host, whatever was made of a slug: a redirect leads nobody elsewhere.
fn own_path(to: &str) -> Result<HeaderValue> {
    let is_own = to.starts_with('/') && !to[1..].starts_with(['/', '\\']);
    let path = HeaderValue::from_str(to).ok().filter(|_| is_own);
    path.ok_or_else(|| Error::internal(format!("a redirect to {to:?}")))
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        mode: brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_TEXT,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut packed = Vec::with_capacity(bytes.len() / 3);
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &params)?;
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_falls_with_its_tag_its_groups_and_each_value_of_its_family() {
        for (tag, void, expected) in [
            ("blog:list", "blog:list", true),
            ("blog:list", "blog:list:", true),
            ("blog:list", "blog:list:public:tr:1", true),
            ("blog:list", "blog:", true),
            ("blog:list:tr", "blog:list:", true),
            ("blog:list", "blog:lists:", false),
            ("blog:lists", "blog:list:", false),
            ("blog:list", "blog:post:", false),
            ("blog:list", "blog", false),
            ("blog:list:tr", "blog:list:en", false),
        ] {
            assert_eq!(is_made_of(tag, void), expected, "{tag} {void}");
        }
    }
}
