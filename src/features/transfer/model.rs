//! What is told of each post of a file.

use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    platform::i18n::{Message, Translations},
    types::Lang,
    web::form::FormView,
};

/// Something about a post of a file, in the words of whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The field or the file that is meant, as the post names it.
    pub about: Option<String>,
    #[serde(flatten)]
    pub message: Message,
}

impl Remark {
    pub fn about(what: impl Into<String>, message: Message) -> Self {
        Self {
            about: Some(what.into()),
            message,
        }
    }

    /// What is wrong with each field.
    #[must_use]
    pub fn of_fields(form: FormView) -> Vec<Self> {
        let errors = form.errors.into_iter();
        errors
            .map(|(field, message)| Self::about(field, message))
            .collect()
    }

    pub fn text(&self, translations: &Translations, lang: Lang) -> Result<String> {
        let text = translations.message(lang, &self.message)?;
        Ok(match &self.about {
            Some(about) => format!("{about}: {text}"),
            None => text,
        })
    }
}

impl From<Message> for Remark {
    fn from(message: Message) -> Self {
        Self {
            about: None,
            message,
        }
    }
}

/// The one thing that is wrong.
impl From<Message> for Vec<Remark> {
    fn from(message: Message) -> Self {
        vec![message.into()]
    }
}

impl From<Remark> for Vec<Remark> {
    fn from(remark: Remark) -> Self {
        vec![remark]
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    /// Why.
    Refused(Vec<Remark>),
}

impl Outcome {
    pub fn refused(why: Message) -> Self {
        Self::Refused(vec![why.into()])
    }

    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Refused(_) => "refused",
        }
    }
}

/// What became of one post of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub place: String,
    /// `tr/slug`, empty where there is none.
    pub name: String,
    pub outcome: Outcome,
    /// What was taken otherwise than it was written.
    pub notes: Vec<Remark>,
}

impl Row {
    #[must_use]
    pub fn at(place: String) -> Self {
        Self {
            place,
            name: String::new(),
            outcome: Outcome::Unchanged,
            notes: Vec::new(),
        }
    }

    /// Why it is refused, then what was taken otherwise.
    pub fn remarks(&self) -> impl Iterator<Item = &Remark> {
        let why = match &self.outcome {
            Outcome::Refused(why) => why.as_slice(),
            _ => &[],
        };
        why.iter().chain(&self.notes)
    }

    /// A line for the command line.
    pub fn text(&self, translations: &Translations, lang: Lang) -> Result<String> {
        let (what, place, name) = (self.outcome.name(), &self.place, &self.name);
        let mut line = format!("{what:<9} {place} {name}").trim_end().to_owned();
        for (at, remark) in self.remarks().enumerate() {
            line.push_str(if at == 0 { ": " } else { " " });
            line.push_str(&remark.text(translations, lang)?);
        }
        Ok(line)
    }
}
