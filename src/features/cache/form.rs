//! What is typed on the page of the cache.

use serde::Deserialize;

use crate::{
    platform::{cache::Tag, i18n::Message},
    web::{cx::Cx, form::Errors},
};

/// Longer than any key.
const TAG_MAX: usize = 512;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PurgeForm {
    /// A whole key, `entity:what:` or `entity:`.
    pub tag: String,
}

impl PurgeForm {
    /// What it names, if a family of the cache has such keys.
    pub fn check(&self, cx: &Cx) -> Result<Tag, Errors> {
        let typed = self.tag.trim();
        let why = if typed.is_empty() {
            "error-cache-tag-empty"
        } else {
            match cx.app.cache.tag(typed) {
                Some(tag) if typed.len() <= TAG_MAX => return Ok(tag),
                _ => "error-cache-tag-unknown",
            }
        };
        Err(Errors::one("tag", Message::new(why)))
    }
}
