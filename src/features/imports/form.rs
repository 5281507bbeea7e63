//! What comes with a file, and which one is meant afterwards.

use serde::Deserialize;
use uuid::Uuid;

use super::model::MOST;
use crate::{
    error::{Error, Result as Outcome},
    features::transfer::{Entry, from_json},
    platform::i18n::Message,
    types::{Lang, text},
    web::{
        form::{Errors, FormView},
        upload::Upload,
    },
};

/// A file that was read.
pub struct Sent {
    pub lang: Lang,
    pub name: String,
    pub text: String,
    pub entries: Vec<Entry>,
}

#[must_use]
pub fn view(lang: &str) -> FormView {
    FormView::new(&["file", "lang"], [("lang", lang.to_owned())])
}

pub fn check(upload: Upload) -> Result<Sent, Errors> {
    let mut errors = Errors::default();
    let typed = upload.fields.get("lang").map(String::as_str);
    let lang = errors.check("lang", Lang::parse(typed.unwrap_or_default()));
    if upload.bytes.is_empty() {
        errors.add("file", Message::new("error-required"));
        return Err(errors);
    }
    let text = String::from_utf8(upload.bytes).ok();
    let read = text.as_deref().and_then(|text| {
        let text = text.trim_start_matches('\u{feff}');
        from_json(text, MOST).ok()
    });
    let (Some(text), Some(entries)) = (text, read) else {
        errors.add("file", Message::new("error-import-json"));
        return Err(errors);
    };
    let entries = entries.unwrap_or_default();
    if entries.is_empty() {
        errors.add("file", Message::new("error-import-count").arg("max", MOST));
    }
    let name = text::clean_line(&upload.name).unwrap_or_default();
    match lang {
        Some(lang) if errors.is_empty() => Ok(Sent {
            lang,
            name: name.chars().take(200).collect(),
            text: text.trim_start_matches('\u{feff}').to_owned(),
            entries,
        }),
        _ => Err(errors),
    }
}

/// The file that the page showed: another one may have come since.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RunForm {
    import: String,
}

impl RunForm {
    pub fn import(&self) -> Outcome<Uuid> {
        self.import
            .parse()
            .map_err(|_| Error::BadRequest("no file is named".into()))
    }
}
