//! A post in a file, and files of posts on their way in.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::Value;

use super::files::Folder;
use crate::{
    error::{Error, Result},
    features::{
        categories::model::{LONGEST_NAME, LONGEST_SLUG, Label, slug_of},
        posts::form::too_much,
    },
    platform::{
        i18n::Message,
        markdown::{LONGEST, Refused},
    },
    types::{Lang, text},
};

/// Bytes of a post in JSON. A body has a quarter of it at most, also where each of its letters is escaped.
const LONGEST_ITEM: usize = 8 * LONGEST;

/// A post in a file. The content is HTML or Markdown by the field's name; of `content` its beginning tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(alias = "summary", skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(alias = "draft", skip_serializing)]
    pub is_draft: Option<bool>,
    #[serde(
        alias = "publishedAt",
        alias = "date",
        skip_serializing_if = "Option::is_none"
    )]
    pub published_at: Option<String>,
    #[serde(alias = "createdAt", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(alias = "updatedAt", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub featured: Option<bool>,
    #[serde(alias = "metaTitle", skip_serializing_if = "Option::is_none")]
    pub meta_title: Option<String>,
    #[serde(alias = "metaDescription", skip_serializing_if = "Option::is_none")]
    pub meta_description: Option<String>,
    /// A file beside the post, or an image that is here by its URL or id.
    #[serde(
        alias = "coverImage",
        alias = "cover_image",
        skip_serializing_if = "Option::is_none"
    )]
    pub cover: Option<String>,
    #[serde(alias = "coverAlt", skip_serializing_if = "Option::is_none")]
    pub cover_alt: Option<String>,
    /// What the translations of one post have in common, whatever it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation: Option<String>,
    #[serde(alias = "content_html", skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    #[serde(alias = "body", skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What the file says beside that.
    #[serde(flatten, skip_serializing)]
    #[expect(
        clippy::zero_sized_map_values,
        reason = "serde flattens into maps alone"
    )]
    pub others: BTreeMap<String, IgnoredAny>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Named {
    Full { name: String, slug: Option<String> },
    Name(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Tags {
    List(Vec<Named>),
    /// With commas between them.
    Text(String),
}

impl Named {
    pub fn label(&self) -> std::result::Result<Label, Message> {
        let (name, slug) = match self {
            Self::Full { name, slug } => (name, slug.as_deref()),
            Self::Name(name) => (name, None),
        };
        // A comma is between two names.
        let name = text::clean_line(&name.replace([',', ';'], " "))
            .map_err(|_| Message::new("import-name-control"))?;
        let length = u32::try_from(name.chars().count()).unwrap_or(u32::MAX);
        if name.is_empty() || length > LONGEST_NAME {
            return Err(Message::new("import-name-length")
                .arg("name", name)
                .arg("max", LONGEST_NAME));
        }
        let slug = match slug.filter(|told| !told.trim().is_empty()) {
            Some(told) => told_slug(told)?,
            None => slug_of(&name),
        };
        Ok(Label { name, slug })
    }
}

/// A slug that a file tells is the one that it has here: it is not cut, so that what is taken away comes back the same.
fn told_slug(told: &str) -> std::result::Result<String, Message> {
    let slug = text::slug(told);
    if slug.is_empty() || slug.len() > LONGEST_SLUG {
        return Err(Message::new("error-slug"));
    }
    Ok(slug)
}

impl Tags {
    pub fn labels(&self) -> std::result::Result<Vec<Label>, Message> {
        match self {
            Self::List(list) => list.iter().map(Named::label).collect(),
            Self::Text(text) => text
                .split(',')
                .filter(|name| !name.trim().is_empty())
                .map(|name| Named::Name(name.to_owned()).label())
                .collect(),
        }
    }
}

/// A post of a file and where it stands there, or why it cannot be read.
pub struct Entry {
    pub place: String,
    pub item: std::result::Result<Item, Message>,
    /// Where the files lie that it names. A file that was uploaded has none.
    pub folder: Option<Folder>,
}

/// A file of JSON or Markdown, or a folder of Markdown and the folders in it.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let unreadable = |path: &Path, error: &dyn fmt::Display| {
        Error::BadRequest(format!("{} cannot be read: {error}", path.display()))
    };
    if path.is_dir() {
        let mut files = Vec::new();
        markdown_below(path, &mut files).map_err(|error| unreadable(path, &error))?;
        files.sort();
        let entry = |file: PathBuf| {
            let place = file
                .strip_prefix(path)
                .unwrap_or(&file)
                .display()
                .to_string();
            let item = fs::read_to_string(&file)
                .map_err(|error| unread(&error))
                .and_then(|text| from_markdown(&text, &file));
            let folder = Folder::around(&file, path).ok();
            Entry {
                place,
                item,
                folder,
            }
        };
        return Ok(files.into_iter().map(entry).collect());
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let beside = Path::new("./").join(path.parent().unwrap_or(Path::new("")));
    let folder = Folder::around(path, &beside).map_err(|error| unreadable(path, &error))?;
    let mut entries = if is_markdown(path) {
        vec![Entry {
            place: path.display().to_string(),
            item: from_markdown(&text, path),
            folder: None,
        }]
    } else {
        let found = from_json(&text, usize::MAX).map_err(|error| unreadable(path, &error))?;
        found.unwrap_or_default()
    };
    for entry in &mut entries {
        entry.folder = Some(folder.clone());
    }
    Ok(entries)
}

/// The posts of a text in JSON, by their number; `None` where there are more than `most`. They are counted before any is
/// made: a small file may hold millions of something else.
pub fn from_json(text: &str, most: usize) -> serde_json::Result<Option<Vec<Entry>>> {
    let Count(count) = serde_json::from_str(text)?;
    if count > most {
        return Ok(None);
    }
    let mut rest = text.trim_start().strip_prefix('[').unwrap_or_default();
    let mut entries = Vec::with_capacity(count);
    for place in 1..=count {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        values.next().transpose()?;
        let (value, after) = rest.split_at(values.byte_offset());
        rest = after.trim_start().strip_prefix(',').unwrap_or_default();
        entries.push(Entry {
            place: format!("#{place}"),
            item: one_of_json(value),
            folder: None,
        });
    }
    Ok(Some(entries))
}

fn one_of_json(text: &str) -> std::result::Result<Item, Message> {
    if text.len() > LONGEST_ITEM {
        return Err(too_much(Refused::TooLong));
    }
    serde_json::from_str::<Value>(text)
        .and_then(serde_json::from_value)
        .map_err(|error| unread(&error))
}

/// How many values a list in JSON has.
struct Count(usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Counting;
        impl<'de> Visitor<'de> for Counting {
            type Value = Count;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut values: A,
            ) -> std::result::Result<Count, A::Error> {
                let mut count = 0;
                while values.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Count(count))
            }
        }
        deserializer.deserialize_seq(Counting)
    }
}

/// In the words of whatever has read it.
fn unread(error: &dyn fmt::Display) -> Message {
    Message::new("import-unreadable").arg("error", error)
}

fn is_markdown(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("md"))
}

/// Links are not followed: a folder may hold itself.
fn markdown_below(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            markdown_below(&entry.path(), files)?;
        } else if kind.is_file() && is_markdown(&entry.path()) {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Slug and language are the file's and the folder's names where the front matter does not tell them.
pub fn from_markdown(text: &str, path: &Path) -> std::result::Result<Item, Message> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let (front, body) = text
        .strip_prefix("---\n")
        .and_then(|rest| {
            rest.split_once("\n---\n")
                .or(rest.strip_suffix("\n---").map(|front| (front, "")))
        })
        .ok_or_else(|| Message::new("import-no-front"))?;
    let mut item: Item = serde_saphyr::from_str(front).map_err(|error| {
        let error = error.to_string();
        unread(&error.lines().next().unwrap_or_default())
    })?;
    let name =
        |path: Option<&std::ffi::OsStr>| path.and_then(|name| name.to_str()).map(str::to_owned);
    if item.slug.is_none() {
        item.slug = name(path.file_stem());
    }
    if item.lang.is_none() {
        item.lang =
            name(path.parent().and_then(Path::file_name)).filter(|name| Lang::parse(name).is_ok());
    }
    item.markdown = Some(body.to_owned());
    Ok(item)
}

/// Whether a content is HTML.
pub fn begins_with_tag(content: &str) -> bool {
    let inner = content.trim_start().strip_prefix('<');
    inner.is_some_and(|inner| inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!'))
        && content.contains("</")
}
