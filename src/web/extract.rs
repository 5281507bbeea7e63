//! Forms and query strings as typed values, with bounds and clear refusals.

use poem::{
    FromRequest, Request, RequestBody,
    http::{StatusCode, header},
    web::Path,
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::cx::Cx;
use crate::{
    error::{Error, Result},
    types::Id,
};

/// The body of a form posted by somebody who is signed in.
pub const MAX_BODY: usize = 2 * 1024 * 1024;

/// And by anybody else: longer than any such form by far, and no more than an instance can hold for each of its
/// connections.
pub const MAX_BODY_OF_STRANGERS: usize = 256 * 1024;

/// Fields of a form or query string: many times more than any form of the product has.
const MAX_FIELDS: usize = 1_000;

/// A posted form. Fields repeat only where the type has a list; unknown ones are ignored.
pub struct Form<T>(pub T);

/// The query string, by the same rules.
pub struct Query<T>(pub T);

impl<'a, T: DeserializeOwned> FromRequest<'a> for Form<T> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let bytes = form_bytes(request, body).await?;
        Ok(Self(parse(&bytes)?))
    }
}

impl<'a, T: DeserializeOwned> FromRequest<'a> for Query<T> {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(parse(
            request.uri().query().unwrap_or_default().as_bytes(),
        )?))
    }
}

/// A form together with the bytes it came in, which tell one submission from another.
pub struct Submitted<T> {
    pub form: T,
    pub bytes: Vec<u8>,
}

impl<'a, T: DeserializeOwned> FromRequest<'a> for Submitted<T> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let bytes = form_bytes(request, body).await?;
        Ok(Self {
            form: parse(&bytes)?,
            bytes,
        })
    }
}

/// A body that is no form is refused by every URL, also by those that read none.
pub(super) fn check_format(request: &Request) -> Result<()> {
    let headers = request.headers();
    let has_body = headers.contains_key(header::CONTENT_TYPE)
        || headers.contains_key(header::TRANSFER_ENCODING)
        || headers
            .get(header::CONTENT_LENGTH)
            .is_some_and(|length| length != "0");
    if has_body && !is_form(request) {
        return Err(Error::UnsupportedMediaType);
    }
    Ok(())
}

fn is_form(request: &Request) -> bool {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
}

pub(super) async fn form_bytes(request: &Request, body: &mut RequestBody) -> Result<Vec<u8>> {
    if !is_form(request) {
        return Err(Error::UnsupportedMediaType);
    }
    let is_known = Cx::of(request).is_ok_and(|cx| cx.user.is_some());
    let limit = if is_known {
        MAX_BODY
    } else {
        MAX_BODY_OF_STRANGERS
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Error::TooLarge);
    }
    let body = body.take().map_err(Error::internal)?;
    match body.into_bytes_limit(limit).await {
        Ok(bytes) => Ok(bytes.to_vec()),
        Err(poem::error::ReadBodyError::PayloadTooLarge) => Err(Error::TooLarge),
        Err(error) => Err(Error::BadRequest(error.to_string())),
    }
}

pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.split(|byte| *byte == b'&').count() > MAX_FIELDS {
        return Err(Error::BadRequest("there are too many fields".into()));
    }
    if !is_decodable(bytes) {
        return Err(Error::BadRequest("a field is not UTF-8".into()));
    }
    serde_html_form::from_bytes(bytes).map_err(|error| Error::BadRequest(error.to_string()))
}

/// Decoders replace broken UTF-8 without a word; what nobody typed should not be stored.
fn is_decodable(bytes: &[u8]) -> bool {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = |at: usize| {
            tail.get(at)
                .and_then(|digit| char::from(*digit).to_digit(16))
        };
        if byte == b'%'
            && let (Some(high), Some(low)) = (hex(0), hex(1))
        {
            decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
            rest = &tail[2..];
        } else {
            decoded.push(byte);
            rest = tail;
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}

/// The record that the URL names: `/:id`.
pub struct PathId<T>(pub Id<T>);

/// A record and one of its own: `/:id/contacts/:child`.
pub struct PathIds<T, C>(pub Id<T>, pub Id<C>);

impl<'a, T: 'static> FromRequest<'a> for PathId<T> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let Path(id) = Path::<String>::from_request(request, body).await?;
        Ok(Self(record_id(&id)?))
    }
}

impl<'a, T: 'static, C: 'static> FromRequest<'a> for PathIds<T, C> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let Path((id, child)) = Path::<(String, String)>::from_request(request, body).await?;
        Ok(Self(record_id(&id)?, record_id(&child)?))
    }
}

fn record_id<T>(text: &str) -> Result<Id<T>> {
    text.parse().map_err(|_| Error::NotFound)
}

/// The key that a form carries so that two submissions make one record. Anything else is as good as none.
#[must_use]
pub fn form_key(text: &str) -> Option<Uuid> {
    text.parse::<Id<()>>().ok().map(Id::uuid)
}

pub const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_fields_are_read_and_more_are_refused() {
        let read =
            |fields: usize| parse::<Vec<(String, String)>>("a=b&".repeat(fields - 1).as_bytes());
        assert_eq!(read(1_000).unwrap().len(), 999);
        assert!(matches!(read(1_001), Err(Error::BadRequest(_))));
    }

    #[test]
    fn broken_utf8_is_refused_and_stray_percent_signs_are_text() {
        assert!(is_decodable("name=%C4%B0stanbul".as_bytes()));
        assert!(is_decodable(b"discount=100%&x=%zz"));
        assert!(!is_decodable(b"name=%ff"));
        assert!(!is_decodable(b"name=\xff"));
    }
}
