//! A form that brings a file along.

use std::collections::BTreeMap;

use futures_util::stream;
use poem::{FromRequest, Request, RequestBody, error::ReadBodyError, http::header};

use crate::error::{Error, Result};

/// The largest file.
pub const MOST: usize = 10 * 1024 * 1024;

/// What is around it in the body.
const AROUND: usize = 64 * 1024;

/// The fields of such a form and its one file, which is empty where none was chosen.
#[derive(Debug, Default)]
pub struct Upload {
    pub fields: BTreeMap<String, String>,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Any other format is refused, a form without room for files included.
pub(super) fn check_format(request: &Request) -> Result<()> {
    boundary(request).map(|_| ())
}

fn boundary(request: &Request) -> Result<String> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .ok_or(Error::UnsupportedMediaType)?;
    multer::parse_boundary(kind).map_err(|_| Error::UnsupportedMediaType)
}

impl<'a> FromRequest<'a> for Upload {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let boundary = boundary(request)?;
        let body = body.take().map_err(Error::internal)?;
        let bytes = match body.into_bytes_limit(MOST + AROUND).await {
            Ok(bytes) => bytes,
            Err(ReadBodyError::PayloadTooLarge) => return Err(Error::TooLarge.into()),
            Err(error) => return Err(Error::BadRequest(error.to_string()).into()),
        };
        let once = stream::once(async move { Ok::<_, std::io::Error>(bytes) });
        let parts = multer::Multipart::new(once, boundary);
        Ok(read(parts).await?)
    }
}

async fn read(mut parts: multer::Multipart<'_>) -> Result<Upload> {
    let broken = |error: multer::Error| Error::BadRequest(error.to_string());
    let mut upload = Upload::default();
    let mut has_file = false;
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        if let Some(file) = part.file_name() {
            file.clone_into(&mut upload.name);
            if std::mem::replace(&mut has_file, true) {
                return Err(Error::BadRequest("there is more than one file".into()));
            }
            upload.bytes = part.bytes().await.map_err(broken)?.to_vec();
            if upload.bytes.len() > MOST {
                return Err(Error::TooLarge);
            }
            continue;
        }
        let bytes = part.bytes().await.map_err(broken)?;
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|_| Error::BadRequest("a field is not UTF-8".into()))?;
        if upload.fields.insert(name, text).is_some() {
            return Err(Error::BadRequest("a field is there twice".into()));
        }
    }
    Ok(upload)
}
