//! What a post is, who sees it when, and by which words it is found.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    features::{
        categories::model::Category,
        companies::model::{Field, LONGEST_WORD, PREFIX},
    },
    platform::{
        db::text_column,
        markdown::{self, Heading, Rendered},
    },
    types::{Id, Lang, choice, text},
    web::session::User,
};

choice! {
    /// A scheduled post is public from its moment on, whether or not anything has marked it as published.
    pub enum Status {
        Draft = "draft",
        Scheduled = "scheduled",
        Published = "published",
    }
}

choice! {
    /// What a slug may have been of.
    pub enum SlugKind {
        Post = "post",
        Category = "category",
        Tag = "tag",
        Page = "page",
    }
}

text_column!(Status, SlugKind);

/// Characters of an excerpt that is made of the body.
pub const EXCERPT: usize = 200;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Post {
    pub id: Id<Post>,
    pub translation_id: Uuid,
    pub lang: Lang,
    pub slug: String,
    pub title: String,
    pub excerpt: String,
    pub body: String,
    pub body_html: Option<String>,
    pub html_release: Option<String>,
    pub cover_id: Option<Uuid>,
    pub cover_alt: Option<String>,
    pub category_id: Option<Id<Category>>,
    pub author_id: Id<User>,
    pub meta_title: Option<String>,
    pub meta_description: Option<String>,
    pub featured: bool,
    pub status: Status,
    pub published_at: Option<DateTime<Utc>>,
    pub words: i64,
    pub reading_minutes: i64,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Post {
    #[must_use]
    pub fn is_public(&self, now: DateTime<Utc>) -> bool {
        self.status != Status::Draft && self.published_at.is_some_and(|at| at <= now)
    }

    /// Whether readers have never seen anything of it, nor will by itself.
    #[must_use]
    pub fn is_unknown(&self, now: DateTime<Utc>) -> bool {
        self.status == Status::Draft && !self.was_public(now)
    }

    /// Whether readers may know its address: it is or was public.
    #[must_use]
    pub fn was_public(&self, now: DateTime<Utc>) -> bool {
        self.published_at.is_some_and(|at| at <= now)
    }

    #[must_use]
    pub fn fields(&self) -> [Field<'_>; 7] {
        [
            ("title", Some(&self.title)),
            ("slug", Some(&self.slug)),
            ("excerpt", Some(&self.excerpt)),
            ("meta_title", self.meta_title.as_deref()),
            ("meta_description", self.meta_description.as_deref()),
            ("featured", Some(yes(self.featured))),
            ("cover_alt", self.cover_alt.as_deref()),
        ]
    }
}

/// As the audit writes a yes or no.
#[must_use]
pub fn yes(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}

/// Checked values on their way into the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub lang: Lang,
    pub title: String,
    pub slug: Slug,
    pub excerpt: String,
    pub body: String,
    pub rendered: Rendered,
    pub cover_id: Option<Uuid>,
    pub cover_alt: Option<String>,
    pub category_id: Option<Id<Category>>,
    /// Names, each once.
    pub tags: Vec<String>,
    pub meta_title: Option<String>,
    pub meta_description: Option<String>,
    pub featured: bool,
    /// The post that a new one translates.
    pub translates: Option<Id<Post>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slug {
    /// As somebody typed it: another post's is refused.
    Typed(String),
    /// What follows from the title: another post's gets a number.
    Made(String),
}

impl Slug {
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Typed(slug) | Self::Made(slug) => slug,
        }
    }
}

impl Draft {
    #[must_use]
    pub fn fields(&self) -> [Field<'_>; 7] {
        [
            ("title", Some(&self.title)),
            ("slug", Some(self.slug.text())),
            ("excerpt", Some(&self.excerpt)),
            ("meta_title", self.meta_title.as_deref()),
            ("meta_description", self.meta_description.as_deref()),
            ("featured", Some(yes(self.featured))),
            ("cover_alt", self.cover_alt.as_deref()),
        ]
    }
}

/// Slugs that are other pages of the blog.
pub const RESERVED: &[&str] = &[
    "author", "category", "etiket", "feed", "kategori", "page", "search", "tag", "yazar",
];

/// The excerpt of a post that has none of its own.
#[must_use]
pub fn excerpt_of(html: &str) -> String {
    markdown::excerpt(&markdown::plain(html), EXCERPT)
}

/// What readers get of a body: as it was stored by the same rules, else cleaned again, or drawn anew where nothing was
/// stored. What cannot be drawn is shown as nothing.
#[must_use]
pub fn drawn(
    body: &str,
    stored: Option<&str>,
    release: Option<&str>,
    options: &markdown::Options,
) -> (String, Vec<Heading>) {
    match stored {
        Some(html) if release == Some(options.rules().as_str()) => {
            (html.to_owned(), markdown::outline(html))
        }
        Some(html) => parts(markdown::clean(html, options)),
        None => parts(markdown::render(body, options)),
    }
}

fn parts(rendered: Result<Rendered, markdown::Refused>) -> (String, Vec<Heading>) {
    let Rendered { html, toc, .. } = rendered.unwrap_or_default();
    (html, toc)
}

// ---- the words that a post is found by

pub const TITLE_WEIGHT: i64 = 8;
pub const TAG_WEIGHT: i64 = 4;
pub const EXCERPT_WEIGHT: i64 = 2;
pub const BODY_WEIGHT: i64 = 1;

/// A post of more different words is found by its first ones.
pub const MOST_WORDS: usize = 600;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    pub word: String,
    pub prefix: String,
    pub weight: i64,
}

/// Each word once, with the weight of the best place that it is in. Single letters are not kept.
#[must_use]
pub fn search_words(title: &str, tags: &[&str], excerpt: &str, body: &str) -> Vec<Word> {
    let tags = tags.join(" ");
    let places = [
        (title, TITLE_WEIGHT),
        (&tags, TAG_WEIGHT),
        (excerpt, EXCERPT_WEIGHT),
        (body, BODY_WEIGHT),
    ];
    let mut known = HashSet::new();
    let mut found = Vec::new();
    for (place, weight) in places {
        for word in text::words(place) {
            let word: String = word.chars().take(LONGEST_WORD).collect();
            let prefix: String = word.chars().take(PREFIX).collect();
            if word.chars().nth(1).is_none() || !known.insert(word.clone()) {
                continue;
            }
            if found.len() == MOST_WORDS {
                return found;
            }
            found.push(Word {
                word,
                prefix,
                weight,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_where_it_weighs_most() {
        let words = search_words(
            "KVKK nedir",
            &["Kişisel Veri"],
            "kvkk ve veri",
            "a nedir ŞİRKET",
        );
        let words: Vec<_> = words
            .iter()
            .map(|word| (word.word.as_str(), word.prefix.as_str(), word.weight))
            .collect();
        assert_eq!(
            words,
            [
                ("kvkk", "kvk", 8),
                ("nedir", "ned", 8),
                ("kisisel", "kis", 4),
                ("veri", "ver", 4),
                ("ve", "ve", 2),
                ("sirket", "sir", 1),
            ]
        );
    }

    #[test]
    fn a_long_post_is_found_by_its_first_words() {
        let words: Vec<String> = (0..5000).map(|n| format!("kelime{n}")).collect();
        let body = words.join(" ");
        assert_eq!(search_words("", &[], "", &body).len(), MOST_WORDS);
    }

    #[test]
    fn a_body_is_cleaned_again_by_another_release() {
        let options = markdown::Options::default();
        let stored = "<p hx-get=\"/x\">a</p><h2 id=\"h-b\">b</h2>";
        let rules = options.rules();
        let (html, toc) = drawn("", Some(stored), Some(&rules), &options);
        assert_eq!((html.as_str(), toc.len()), (stored, 1));
        let (html, toc) = drawn("", Some(stored), Some("older"), &options);
        assert_eq!(html, "<p>a</p><h2 id=\"h-b\">b</h2>");
        assert_eq!(toc.len(), 1);
        let (html, _) = drawn("*a*", None, None, &options);
        assert_eq!(html, "<p><em>a</em></p>\n");
    }
}
