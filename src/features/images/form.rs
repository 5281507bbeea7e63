//! What is typed about an image and into the library's filter, and what it means.

use serde::Deserialize;

use super::{
    model::{Image, LONGEST_ALT, LONGEST_NAME, Words},
    queries::Filter,
};
use crate::{
    error::{Error, Result},
    platform::i18n::Message,
    types::{page::Cursor, text},
    web::form::{Errors, FormView},
};

const ORDER: &[&str] = &["name", "alt_en", "alt_tr", "version"];

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ImageForm {
    pub name: String,
    pub alt_en: String,
    pub alt_tr: String,
    pub version: String,
}

impl ImageForm {
    #[must_use]
    pub fn of(image: &Image) -> Self {
        Self {
            name: image.name.clone(),
            alt_en: image.alt_en.clone(),
            alt_tr: image.alt_tr.clone(),
            version: image.version.to_string(),
        }
    }

    /// A description in one language is enough: the other one borrows it.
    pub fn check(&self) -> Result<Words, Errors> {
        let mut errors = Errors::default();
        let name = errors.line("name", &self.name, 1, LONGEST_NAME);
        let alt_en = errors.line("alt_en", &self.alt_en, 0, LONGEST_ALT);
        let alt_tr = errors.line("alt_tr", &self.alt_tr, 0, LONGEST_ALT);
        match (name, alt_en, alt_tr) {
            (Some(name), Some(alt_en), Some(alt_tr)) if errors.is_empty() => {
                if alt_en.is_empty() && alt_tr.is_empty() {
                    return Err(undescribed());
                }
                Ok(Words {
                    name,
                    alt_en,
                    alt_tr,
                })
            }
            _ => Err(errors),
        }
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            ORDER,
            [
                ("name", self.name.clone()),
                ("alt_en", self.alt_en.clone()),
                ("alt_tr", self.alt_tr.clone()),
                ("version", self.version.clone()),
            ],
        )
    }
}

#[must_use]
pub fn undescribed() -> Errors {
    Errors::one("alt_en", Message::new("error-image-undescribed"))
}

/// The library's filter and place as its URL has them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub q: String,
    /// `trash`, `undescribed` or nothing.
    pub show: String,
    pub page: String,
}

impl ListQuery {
    pub fn filter(&self) -> Result<Filter> {
        let (trashed, undescribed) = match self.show.as_str() {
            "" => (false, false),
            "trash" => (true, false),
            "undescribed" => (false, true),
            _ => return Err(Error::BadRequest("an unknown part of the library".into())),
        };
        let words = text::words(&self.q.chars().take(100).collect::<String>());
        Ok(Filter {
            words: words.into_iter().take(8).collect(),
            trashed,
            undescribed,
        })
    }

    pub fn cursor(&self) -> Result<Option<Cursor>> {
        if self.page.is_empty() {
            return Ok(None);
        }
        let cursor = Cursor::decode(&self.page);
        cursor
            .map(Some)
            .map_err(|error| Error::BadRequest(error.to_string()))
    }

    /// The same list at another place.
    #[must_use]
    pub fn href(&self, page: &str) -> String {
        let pairs = [("q", self.q.as_str()), ("show", &self.show), ("page", page)];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in pairs {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() {
            "/images".into()
        } else {
            format!("/images?{query}")
        }
    }
}

/// Which pictures a form offers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChoiceQuery {
    pub q: String,
    /// The form's field, and the image that is chosen in it.
    pub field: String,
    pub value: String,
}

impl ChoiceQuery {
    /// Names of fields are ours, so that nothing else is made a name in a page.
    pub fn field(&self) -> Result<&str> {
        let is_name = |name: &str| {
            (1..=40).contains(&name.len())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        if is_name(&self.field) {
            Ok(&self.field)
        } else {
            Err(Error::BadRequest("that is no field".into()))
        }
    }
}
