//! What a category is, and what it shares with a tag.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::types::{Id, Lang, text};

/// Characters of a name.
pub const LONGEST_NAME: u32 = 80;

/// Bytes of a slug, as the columns hold it.
pub const LONGEST_SLUG: usize = 120;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Category {
    pub id: Id<Category>,
    pub lang: Lang,
    pub slug: String,
    pub name: String,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// A category or a tag and how many posts it has, drafts included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Counted<T> {
    pub id: Id<T>,
    pub lang: Lang,
    pub slug: String,
    pub name: String,
    pub version: i64,
    pub posts: i64,
}

/// What another one has already, and that one's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// A name that reads the same: capitals, dots and accents make no difference.
    Name(String),
    Slug(String),
}

/// A name and the slug it is reached by, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub name: String,
    pub slug: String,
}

impl Label {
    /// A name that is looked for or made in passing, under the slug that follows from it.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            slug: slug_of(name),
        }
    }

    /// Whether the slug is the one that follows from the name.
    #[must_use]
    pub fn is_made(&self) -> bool {
        self.slug == slug_of(&self.name)
    }

    /// As search compares it, cut to its column.
    #[must_use]
    pub fn folded(&self) -> String {
        folded(&self.name)
    }
}

#[must_use]
pub fn folded(name: &str) -> String {
    let mut folded = text::words(name).join(" ");
    if folded.is_empty() {
        name.clone_into(&mut folded);
    }
    while folded.len() > LONGEST_SLUG {
        folded.pop();
    }
    folded
}

/// The slug of a text; `x` where no letter of it can be in one.
#[must_use]
pub fn slug_of(name: &str) -> String {
    let mut slug = text::slug(name);
    // Room for a number that makes it unique.
    slug.truncate(LONGEST_SLUG - 8);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "x" } else { slug }.to_owned()
}

/// `slug`, or `slug-2` and so on: the first that is not among those taken.
#[must_use]
pub fn free(slug: &str, taken: &[String]) -> String {
    let is_free = |slug: &String| !taken.contains(slug);
    let numbered = (2_u32..).map(|number| format!("{slug}-{number}"));
    std::iter::once(slug.to_owned())
        .chain(numbered)
        .find(is_free)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_read_alike_are_one_and_make_a_slug() {
        assert_eq!(folded("İş Güvenliği"), folded("IS  guvenlıgı!"));
        assert_eq!(Label::of("İş Güvenliği").slug, "is-guvenligi");
        assert_eq!(slug_of("🎉"), "x");
        assert!(slug_of(&"uzun kelime ".repeat(40)).len() <= LONGEST_SLUG - 8);
        assert!(folded(&"ş".repeat(500)).len() <= LONGEST_SLUG);
    }

    #[test]
    fn the_first_free_number_is_taken() {
        let taken = ["a", "a-2", "a-4"].map(str::to_owned);
        assert_eq!(free("a", &taken), "a-3");
        assert_eq!(free("b", &taken), "b");
    }
}
