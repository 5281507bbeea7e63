//! What a page about the firm is, and what it says until somebody writes another text.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    features::companies::model::Field,
    platform::{db::text_column, embedded},
    types::{Id, Lang, choice},
    web::seo::in_lang,
};

choice! {
    pub enum Kind {
        Home = "home",
        WhatWeDo = "what-we-do",
        About = "about",
        Pricing = "pricing",
        Portfolio = "portfolio",
        /// What stands above the contact form.
        Contact = "contact",
        /// What is recorded of whom (KVKK).
        Privacy = "privacy",
        Cookies = "cookies",
        Terms = "terms",
    }
}
text_column!(Kind);

impl Kind {
    /// Where readers find the page.
    #[must_use]
    pub fn path(self, lang: Lang) -> String {
        match self {
            Self::Home => in_lang("/", lang),
            other => in_lang(&format!("/{other}"), lang),
        }
    }

    /// Whether the page is to lead to the contact form.
    #[must_use]
    pub fn sells(self) -> bool {
        matches!(
            self,
            Self::WhatWeDo | Self::About | Self::Pricing | Self::Portfolio
        )
    }
}

/// A page as somebody has saved it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SitePage {
    pub id: Id<SitePage>,
    pub kind: Kind,
    pub lang: Lang,
    #[sqlx(flatten)]
    pub text: Text,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// What a page says: the editor's fields, which a revision keeps too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
#[serde(default)]
pub struct Text {
    pub title: String,
    pub lead: String,
    /// Markdown.
    pub body: String,
    pub meta_title: Option<String>,
    pub meta_description: Option<String>,
}

impl Text {
    /// The body apart, which is long: the audit tells which revision holds it.
    #[must_use]
    pub fn fields(&self) -> [Field<'_>; 4] {
        [
            ("title", Some(&self.title)),
            ("lead", Some(&self.lead)),
            ("meta_title", self.meta_title.as_deref()),
            ("meta_description", self.meta_description.as_deref()),
        ]
    }

    /// What search engines show as its title.
    #[must_use]
    pub fn headline(&self) -> &str {
        self.meta_title.as_deref().unwrap_or(&self.title)
    }

    #[must_use]
    pub fn description(&self) -> &str {
        self.meta_description.as_deref().unwrap_or(&self.lead)
    }
}

/// A page as one save left it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Revision {
    pub number: i64,
    pub fields: String,
    pub author: Option<String>,
    pub author_id: Option<Uuid>,
    pub created_at: DateTime<Utc>,
}

// ---- what the product brings along

static BROUGHT: LazyLock<Vec<(Lang, Kind, Text)>> = LazyLock::new(|| {
    let text = |(path, text): &(&str, &str)| {
        let (lang, kind) = path.strip_suffix(".md")?.split_once('/')?;
        Some((
            Lang::parse(lang).ok()?,
            Kind::parse(kind).ok()?,
            written(text)?,
        ))
    };
    embedded::SITE_PAGES.iter().filter_map(text).collect()
});

/// Lines of `name: value` between two of `---`, then the body.
fn written(text: &str) -> Option<Text> {
    let (front, body) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
    let value = |name: &str| {
        let mut lines = front.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    Some(Text {
        title: value("title")?,
        lead: value("lead")?,
        body: body.trim().to_owned(),
        meta_title: value("meta_title"),
        meta_description: value("meta_description"),
    })
}

/// What a page says until somebody saves another text.
#[must_use]
pub fn brought(kind: Kind, lang: Lang) -> Text {
    let mut all = BROUGHT.iter();
    all.find(|(of_lang, of_kind, _)| (*of_lang, *of_kind) == (lang, kind))
        .map(|(.., text)| text.clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::site_pages::form::PageForm, platform::markdown};

    #[test]
    fn every_page_is_there_in_both_languages_before_anybody_writes_one() {
        for &lang in Lang::ALL {
            for &kind in Kind::ALL {
                let text = brought(kind, lang);
                let checked = PageForm::of(&text, 0)
                    .check(&markdown::Options::default())
                    .unwrap_or_else(|_| panic!("{lang} {kind}"));
                assert_eq!(checked.0, text, "{lang} {kind}");
                assert!(text.meta_title.is_some() && text.meta_description.is_some());
            }
        }
        assert_eq!(
            embedded::SITE_PAGES.len(),
            Lang::ALL.len() * Kind::ALL.len()
        );
    }

    #[test]
    fn each_page_has_its_path() {
        assert_eq!(Kind::Home.path(Lang::En), "/");
        assert_eq!(Kind::Home.path(Lang::Tr), "/tr");
        assert_eq!(Kind::WhatWeDo.path(Lang::Tr), "/tr/what-we-do");
    }
}
