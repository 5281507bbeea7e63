//! What is typed for a category or a tag, and what it means.

use serde::Deserialize;

use super::model::{LONGEST_NAME, LONGEST_SLUG, Label, slug_of};
use crate::{
    error::{Error, Result as Outcome},
    platform::i18n::Message,
    types::{Lang, text},
    web::form::{Errors, FormView},
};

pub const ORDER: &[&str] = &["name", "slug", "lang", "version"];

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LabelForm {
    pub name: String,
    /// Made of the name where it is left empty.
    pub slug: String,
    pub lang: String,
    pub version: String,
}

impl LabelForm {
    pub fn check(&self) -> Result<Label, Errors> {
        let mut errors = Errors::default();
        let name = errors.line("name", &self.name, 1, LONGEST_NAME);
        let slug = slug(&mut errors, &self.slug, &self.name);
        match (name, slug) {
            (Some(name), Some(slug)) if errors.is_empty() => Ok(Label { name, slug }),
            _ => Err(errors),
        }
    }

    /// Of a tag: posts name theirs with commas or semicolons between them.
    pub fn check_tag(&self) -> Result<Label, Errors> {
        if self.name.contains([',', ';']) {
            let message = Message::new("error-tag-comma");
            return Err(Errors::one("name", message));
        }
        self.check()
    }

    /// Of one that is not there yet, checked as one that is.
    pub fn check_new(&self, label: Result<Label, Errors>) -> Result<(Lang, Label), Errors> {
        let mut errors = Errors::default();
        let lang = errors.check("lang", Lang::parse(&self.lang));
        match (lang, label) {
            (Some(lang), Ok(label)) => Ok((lang, label)),
            (_, Ok(_)) => Err(errors),
            (_, Err(others)) => {
                errors.merge(others);
                Err(errors)
            }
        }
    }

    #[must_use]
    pub fn of(name: &str, slug: &str, lang: Lang, version: i64) -> Self {
        Self {
            name: name.to_owned(),
            slug: slug.to_owned(),
            lang: lang.code().to_owned(),
            version: version.to_string(),
        }
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            ORDER,
            [
                ("name", self.name.clone()),
                ("slug", self.slug.clone()),
                ("lang", self.lang.clone()),
                ("version", self.version.clone()),
            ],
        )
    }
}

/// A typed slug in the letters that slugs have, or the one that follows from a name.
pub fn slug(errors: &mut Errors, typed: &str, name: &str) -> Option<String> {
    if typed.trim().is_empty() {
        return Some(slug_of(name));
    }
    let slug = text::slug(typed);
    if slug.is_empty() || slug.len() > LONGEST_SLUG {
        errors.add("slug", Message::new("error-slug"));
        return None;
    }
    Some(slug)
}

/// Another one of the same language, chosen to take over all posts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MergeForm {
    pub into: String,
    pub version: String,
}

/// What the list shows: its whole state, as its URL holds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub lang: String,
    pub q: String,
    pub sort: String,
    pub page: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Name,
    Posts,
}

impl ListQuery {
    /// The reader's own language where the URL names none.
    pub fn lang(&self, usual: Lang) -> Outcome<Lang> {
        if self.lang.is_empty() {
            return Ok(usual);
        }
        Lang::parse(&self.lang).map_err(|_| Error::BadRequest("an unknown language".into()))
    }

    /// The column, and whether it descends.
    pub fn sort(&self) -> Outcome<(Column, bool)> {
        let (name, descending) = match self.sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (self.sort.as_str(), false),
        };
        match name {
            "" | "name" => Ok((Column::Name, descending)),
            "posts" => Ok((Column::Posts, descending)),
            _ => Err(Error::BadRequest("an unknown sort".into())),
        }
    }

    /// Counted from 1.
    pub fn page(&self) -> Outcome<usize> {
        if self.page.is_empty() {
            return Ok(1);
        }
        let page = self.page.parse::<usize>().ok().filter(|page| *page > 0);
        page.ok_or_else(|| Error::BadRequest("the page is no number".into()))
    }

    /// Its URL below `path`.
    #[must_use]
    pub fn href(&self, path: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = [
            ("lang", &self.lang),
            ("q", &self.q),
            ("sort", &self.sort),
            ("page", &self.page),
        ];
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        }
    }

    /// The same list from its first row, with some of its state changed.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = Self {
            page: String::new(),
            ..self.clone()
        };
        change(&mut changed);
        changed
    }
}
