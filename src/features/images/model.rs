//! What an image is, why one is refused, and what pages show of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub use crate::platform::{
    markdown::{Picture, Source},
    pictures::{Format, Refusal},
};
use crate::{
    platform::{
        blobs::{self, BlobHash},
        db::text_column,
    },
    types::{Id, Lang, choice, text},
    web::session::User,
};

/// Bytes of a file, as the blobs hold it.
pub const LARGEST: usize = blobs::LARGEST;

/// Files in one request.
pub const MOST_FILES: usize = 10;

/// Uploads of one person in a day.
pub const MOST_A_DAY: i64 = 500;

pub const LONGEST_NAME: u32 = 120;
pub const LONGEST_ALT: u32 = 200;

choice! {
    /// A new one is shown in one size already; the others come with `ready`.
    pub enum State {
        New = "new",
        Ready = "ready",
        Refused = "refused",
    }
}

text_column!(State);

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Image {
    pub id: Id<Image>,
    pub hash: BlobHash,
    pub name: String,
    pub alt_en: String,
    pub alt_tr: String,
    pub width: i64,
    pub height: i64,
    pub format: Format,
    pub state: State,
    pub reason: Option<Refusal>,
    pub uploaded_by: Option<Id<User>>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Image {
    /// In this language, else in the other one.
    #[must_use]
    pub fn alt(&self, lang: Lang) -> &str {
        let (own, other) = match lang {
            Lang::En => (&self.alt_en, &self.alt_tr),
            Lang::Tr => (&self.alt_tr, &self.alt_en),
        };
        if own.is_empty() { other } else { own }
    }

    #[must_use]
    pub fn is_described(&self) -> bool {
        !self.alt_en.is_empty() || !self.alt_tr.is_empty()
    }
}

/// Name and descriptions, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub name: String,
    pub alt_en: String,
    pub alt_tr: String,
}

impl Words {
    /// As search compares them.
    #[must_use]
    pub fn folded(&self) -> String {
        let all = format!("{} {} {}", self.name, self.alt_en, self.alt_tr);
        text::words(&all).join(" ").chars().take(1000).collect()
    }
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Variant {
    pub image_id: Id<Image>,
    pub width: i64,
    pub height: i64,
    pub format: Format,
    pub hash: BlobHash,
    pub size: i64,
}

impl Variant {
    #[must_use]
    pub fn url(&self) -> String {
        media_url(&self.hash, self.format)
    }
}

#[must_use]
pub fn media_url(hash: &BlobHash, format: Format) -> String {
    format!("/media/{hash}.{}", format.extension())
}

/// The widest of one image's variants that every browser shows; they come from narrow to wide.
pub fn plain<'v>(variants: &[&'v Variant]) -> Option<&'v Variant> {
    let is_plain = |variant: &&&Variant| variant.format != Format::Webp;
    variants.iter().rfind(is_plain).copied()
}

/// What pages show of each image that has something to show.
#[must_use]
pub fn pictures(images: &[Image], variants: &[Variant], lang: Lang) -> HashMap<Id<Image>, Picture> {
    images
        .iter()
        .filter_map(|image| {
            let own: Vec<&Variant> = variants
                .iter()
                .filter(|variant| variant.image_id == image.id)
                .collect();
            Some((image.id, picture(&own, image.alt(lang))?))
        })
        .collect()
}

/// `None` without a variant that every browser shows.
fn picture(variants: &[&Variant], alt: &str) -> Option<Picture> {
    let widest = plain(variants)?;
    let sources = [Format::Webp, widest.format].map(|format| Source {
        kind: format.mime().to_owned(),
        srcset: variants
            .iter()
            .filter(|variant| variant.format == format)
            .map(|variant| format!("{} {}w", variant.url(), variant.width))
            .collect::<Vec<_>>()
            .join(", "),
    });
    Some(Picture {
        src: widest.url(),
        width: widest.width,
        height: widest.height,
        alt: alt.to_owned(),
        sources: sources
            .into_iter()
            .filter(|source| !source.srcset.is_empty())
            .collect(),
    })
}

/// The name of a file without its folders, its ending, and what nobody can see. Never empty.
#[must_use]
pub fn name_of(file: &str) -> String {
    let last = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last
        .chars()
        .map(|c| {
            if c.is_control() || is_hidden(c) {
                ' '
            } else {
                c
            }
        })
        .collect();
    let stem = match visible.rsplit_once('.') {
        Some((stem, ending)) if !stem.trim().is_empty() && ending.len() <= 5 => stem,
        _ => &visible,
    };
    let name: String = stem
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(LONGEST_NAME as usize)
        .collect();
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if name.is_empty() { "image" } else { name }.to_owned()
}

/// What turns the direction of text, or has no width.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A post or a page about the firm that shows an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Use {
    /// Where the office writes it.
    pub href: String,
    pub title: String,
    pub lang: Lang,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_neither_folders_nor_an_ending_nor_what_cannot_be_seen() {
        for (file, name) in [
            ("Şantiye 1.JPG", "Şantiye 1"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\x.png", "x"),
            ("a\r\n.png", "a"),
            (".htaccess", "htaccess"),
            ("a\u{202e}gpj.exe", "a gpj"),
            ("", "image"),
            ("...", "image"),
            ("v1.2 of the plan", "v1.2 of the plan"),
        ] {
            assert_eq!(name_of(file), name, "{file:?}");
        }
        assert_eq!(name_of(&"ş".repeat(500)).chars().count(), 120);
    }
}
