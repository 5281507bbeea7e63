//! What is typed for a category or a tag, and what it means.

use serde::Deserialize;

use super::model::{LONGEST_NAME, LONGEST_SLUG, Label, slug_of};
use crate::{
    platform::i18n::Message,
    types::text,
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
