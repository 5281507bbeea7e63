//! A form with files, read as it comes: bounded in bytes, files, fields and how many are read at once.

use std::{sync::LazyLock, time::Duration};

use futures_util::TryStreamExt as _;
use multer::{Constraints, Field, Multipart, SizeLimit};
use poem::{Body, Request, http::header};
use tokio::sync::Semaphore;

use super::{
    actions::{self, Stored},
    model::{Image, LARGEST, LONGEST_ALT, MOST_FILES, Refusal, Words, name_of},
};
use crate::{
    error::{Error, Result},
    platform::i18n::Message,
    types::text,
    web::{cx::Cx, form::Errors},
};

/// Bytes of a request, whatever is in it.
const MOST: u64 = 50 * 1024 * 1024;

/// Bytes of a field that is no file.
const LONGEST_FIELD: usize = 4096;

/// Fields of a request, files included.
const MOST_FIELDS: usize = 40;

/// Each holds two files in memory at most.
const AT_ONCE: usize = 3;
static READING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(AT_ONCE));
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a form with files.
#[derive(Debug, Default)]
pub struct Uploaded {
    pub images: Vec<Image>,
    /// Names of files, and why they were not taken.
    pub refused: Vec<(String, Message)>,
    /// What was typed beside a single file.
    pub typed: Typed,
    pub errors: Errors,
}

#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub alt_en: String,
    pub alt_tr: String,
}

struct File {
    name: String,
    /// What is wrong with it already.
    bytes: Result<Vec<u8>, Refusal>,
}

/// Reads the form to its end and stores what can be stored. Descriptions belong to a single file; several are described
/// afterwards.
pub async fn receive(cx: &Cx, request: &Request, body: Body) -> Result<Uploaded> {
    let boundary = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| multer::parse_boundary(kind).ok())
        .ok_or(Error::UnsupportedMediaType)?;
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MOST) {
        return Err(Error::TooLarge);
    }
    let _place = tokio::time::timeout(PATIENCE, READING.acquire())
        .await
        .map_err(|_| Error::unavailable("too many uploads at once"))?
        .map_err(Error::internal)?;
    let stream = body.into_bytes_stream();
    let limits = SizeLimit::new().whole_stream(MOST);
    let mut parts = Multipart::with_constraints(
        stream.map_err(|error| std::io::Error::new(error.kind(), "the body broke off")),
        boundary,
        Constraints::new().size_limit(limits),
    );
    let mut form = Form {
        cx,
        pending: None,
        files: 0,
        done: Uploaded::default(),
    };
    let mut fields = 0;
    while let Some(field) = parts.next_field().await.map_err(broken)? {
        fields += 1;
        if fields > MOST_FIELDS {
            return Err(Error::TooLarge);
        }
        form.take(field).await?;
    }
    form.end().await
}

/// A script asks, not a person.
#[must_use]
pub fn wants_json(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT);
    accept.is_some_and(|accept| accept == "application/json")
}

fn broken(error: multer::Error) -> Error {
    match error {
        multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => {
            Error::TooLarge
        }
        other => Error::BadRequest(other.to_string()),
    }
}

struct Form<'a> {
    cx: &'a Cx,
    /// Waits for the next one, or for the descriptions of the only one.
    pending: Option<File>,
    files: usize,
    done: Uploaded,
}

impl Form<'_> {
    async fn take(&mut self, field: Field<'_>) -> Result<()> {
        let name = field.name().unwrap_or_default().to_owned();
        match (name.as_str(), field.file_name().map(str::to_owned)) {
            ("file", Some(file)) => {
                let file = File {
                    name: name_of(&file),
                    bytes: read(field).await?,
                };
                // A form without a chosen file sends an empty one without a name.
                let is_none = matches!(file.bytes, Err(Refusal::Empty)) && file.name == "image";
                if is_none {
                    return Ok(());
                }
                self.files += 1;
                if self.files > MOST_FILES {
                    return Err(Error::TooLarge);
                }
                if let Some(before) = self.pending.replace(file) {
                    self.store(before, "", "").await?;
                }
            }
            ("alt_en", _) => self.done.typed.alt_en = short(field).await?,
            ("alt_tr", _) => self.done.typed.alt_tr = short(field).await?,
            _ => drop(read(field).await?),
        }
        Ok(())
    }

    async fn end(mut self) -> Result<Uploaded> {
        let Some(last) = self.pending.take() else {
            self.done
                .errors
                .add("file", Message::new("error-image-none"));
            return Ok(self.done);
        };
        let typed = self.done.typed.clone();
        let (alt_en, alt_tr) = if self.files == 1 {
            let mut errors = Errors::default();
            let alt_en = errors.line("alt_en", &typed.alt_en, 0, LONGEST_ALT);
            let alt_tr = errors.line("alt_tr", &typed.alt_tr, 0, LONGEST_ALT);
            self.done.errors.merge(errors);
            (alt_en.unwrap_or_default(), alt_tr.unwrap_or_default())
        } else {
            Default::default()
        };
        self.store(last, &alt_en, &alt_tr).await?;
        Ok(self.done)
    }

    async fn store(&mut self, file: File, alt_en: &str, alt_tr: &str) -> Result<()> {
        let bytes = match file.bytes {
            Ok(bytes) => bytes,
            Err(refusal) => {
                self.done.refused.push((file.name, refusal.message()));
                return Ok(());
            }
        };
        let words = Words {
            name: file.name.clone(),
            alt_en: alt_en.to_owned(),
            alt_tr: alt_tr.to_owned(),
        };
        match actions::upload(self.cx, bytes, words).await? {
            Stored::Image(image) => {
                let is_new = self.done.images.iter().all(|known| known.id != image.id);
                if is_new {
                    self.done.images.push(*image);
                }
            }
            Stored::Refused(message) => self.done.refused.push((file.name, message)),
        }
        Ok(())
    }
}

/// What is too much of a file is read to its end and thrown away, so that the browser hears the answer.
async fn read(mut field: Field<'_>) -> Result<Result<Vec<u8>, Refusal>> {
    let mut bytes = Vec::new();
    let mut is_too_large = false;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if is_too_large {
            continue;
        }
        if bytes.len() + chunk.len() > LARGEST {
            is_too_large = true;
            bytes = Vec::new();
        } else {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(if is_too_large {
        Err(Refusal::TooLarge)
    } else if bytes.is_empty() {
        Err(Refusal::Empty)
    } else {
        Ok(bytes)
    })
}

async fn short(mut field: Field<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST_FIELD {
            return Err(Error::TooLarge);
        }
    }
    let typed =
        String::from_utf8(bytes).map_err(|_| Error::BadRequest("a field is not UTF-8".into()))?;
    text::clean_text(&typed).map_err(|_| Error::BadRequest("a field is not text".into()))
}
