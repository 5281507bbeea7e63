//! A form on its way: what was typed, what is wrong with it, and the checked values.

use std::collections::BTreeMap;

use serde::Serialize;
use validator::ValidateLength as _;

use crate::{
    platform::i18n::Message,
    types::{Invalid, text},
};

/// What a template needs of a form. `values` holds every field as text, as it was typed.
#[derive(Clone, Debug, Serialize)]
pub struct FormView {
    pub values: BTreeMap<&'static str, String>,
    pub errors: BTreeMap<&'static str, Message>,
    pub order: &'static [&'static str],
    /// Names this form, so that its second submission is known as one.
    pub key: String,
}

impl FormView {
    #[must_use]
    pub fn new(
        order: &'static [&'static str],
        values: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let mut all: BTreeMap<&'static str, String> =
            order.iter().map(|name| (*name, String::new())).collect();
        all.extend(values);
        Self {
            values: all,
            errors: BTreeMap::new(),
            order,
            key: String::new(),
        }
    }

    #[must_use]
    pub fn errors(mut self, errors: Errors) -> Self {
        self.errors = errors.0;
        self
    }

    #[must_use]
    pub fn key(mut self, key: impl ToString) -> Self {
        self.key = key.to_string();
        self
    }
}

/// Errors by field.
#[derive(Debug, Default)]
pub struct Errors(BTreeMap<&'static str, Message>);

impl Errors {
    pub fn add(&mut self, field: &'static str, message: Message) {
        self.0.entry(field).or_insert(message);
    }

    /// Adds another form part's errors.
    pub fn merge(&mut self, other: Self) {
        for (field, message) in other.0 {
            self.add(field, message);
        }
    }

    #[must_use]
    pub fn one(field: &'static str, message: Message) -> Self {
        Self([(field, message)].into())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// The checked value, or an error noted at the field.
    pub fn check<T>(&mut self, field: &'static str, value: Result<T, Invalid>) -> Option<T> {
        value
            .map_err(|invalid| self.add(field, message(invalid)))
            .ok()
    }

    /// One line of `min..=max` characters.
    pub fn line(&mut self, field: &'static str, typed: &str, min: u32, max: u32) -> Option<String> {
        self.check(
            field,
            text::clean_line(typed).and_then(|text| sized(text, min, max)),
        )
    }

    /// Text of several lines.
    pub fn text(&mut self, field: &'static str, typed: &str, min: u32, max: u32) -> Option<String> {
        self.check(
            field,
            text::clean_text(typed).and_then(|text| sized(text, min, max)),
        )
    }

    /// A field that may be empty: `None` then, else the parsed value.
    pub fn optional<T>(
        &mut self,
        field: &'static str,
        typed: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let line = self.check(field, text::clean_line(typed))?;
        if line.is_empty() {
            return None;
        }
        self.check(field, parse(&line))
    }

    pub fn optional_line(&mut self, field: &'static str, typed: &str, max: u32) -> Option<String> {
        self.optional(field, typed, |line| sized(line.to_owned(), 1, max))
    }
}

fn sized(text: String, min: u32, max: u32) -> Result<String, Invalid> {
    if text.is_empty() && min > 0 {
        return Err(Invalid::Required);
    }
    if !text.validate_length(Some(min.into()), None, None) {
        return Err(Invalid::TooShort { min });
    }
    if !text.validate_length(None, Some(max.into()), None) {
        return Err(Invalid::TooLong { max });
    }
    Ok(text)
}

#[must_use]
pub fn message(invalid: Invalid) -> Message {
    invalid
        .args()
        .into_iter()
        .fold(Message::new(invalid.key()), |message, (name, value)| {
            message.arg(name, value)
        })
}

/// A choice of a select, and whether it is the current one.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: &'static str,
    pub selected: bool,
}

/// All values of a `choice!` enum as options, in order.
#[must_use]
pub fn choices(all: impl IntoIterator<Item = &'static str>, selected: &str) -> Vec<Choice> {
    all.into_iter()
        .map(|value| Choice {
            value,
            selected: value == selected,
        })
        .collect()
}
