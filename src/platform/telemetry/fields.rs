//! The fields of events and spans as they will be printed: redacted, cut, and already JSON.

use std::{
    error::Error,
    fmt::{self, Debug, Display, Write as _},
    ops::Range,
};

use tracing::field::{Field, Visit};

use super::{
    redact::{JSON_LIMIT, REDACTED, clean, is_innocent, is_sensitive, prefix},
    style::{enclose, quote},
};

/// Of what is kept from one event to the next, in bytes.
const KEPT: usize = 64 * 1024;

#[derive(Default)]
pub(super) struct Fields {
    /// The values, each as JSON, and the message as it is, one behind the other: most events then take no memory of their own.
    text: String,
    message: Range<usize>,
    values: Vec<(&'static str, Range<usize>)>,
    /// Room for a value before it is redacted.
    drawn: String,
}

impl Fields {
    pub(super) fn of(name: &'static str, value: impl Display) -> Self {
        let mut fields = Self::default();
        fields.put(name, |text| push(text, &value));
        fields
    }

    /// Forgets all but the room for it.
    pub(super) fn clear(&mut self) {
        if self.text.capacity() > KEPT {
            self.text = String::new();
        }
        if self.drawn.capacity() > KEPT {
            self.drawn = String::new();
        }
        self.text.clear();
        self.message = 0..0;
        self.values.clear();
    }

    pub(super) fn message(&self) -> &str {
        &self.text[self.message.clone()]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values
            .iter()
            .map(|(name, range)| (*name, &self.text[range.clone()]))
    }

    /// Takes over what has the same name, and adds the rest.
    pub(super) fn set_all(&mut self, newer: &Self) {
        for (name, value) in newer.iter() {
            self.put(name, |text| text.push_str(value));
        }
        if self.text.len() > KEPT {
            self.compact();
        }
    }

    /// Drops values that were replaced.
    fn compact(&mut self) {
        let old = std::mem::take(&mut self.text);
        let ranges = self.values.iter_mut().map(|(_, range)| range);
        for range in ranges.chain([&mut self.message]) {
            let start = self.text.len();
            self.text.push_str(&old[range.clone()]);
            *range = start..self.text.len();
        }
    }

    pub(super) fn add_missing(&mut self, outer: &Self) {
        for (name, value) in outer.iter() {
            if self.values.iter().all(|(known, _)| *known != name) {
                self.put(name, |text| text.push_str(value));
            }
        }
    }

    fn put(&mut self, name: &'static str, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        let range = start..self.text.len();
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = range,
            None => self.values.push((name, range)),
        }
    }

    fn number(&mut self, field: &Field, value: impl Display) {
        if let Some(name) = printed_name(field.name()) {
            let is_told = is_harmless(name) || !is_sensitive(name);
            self.put(name, |text| {
                if is_told {
                    push(text, &value);
                } else {
                    quote(text, REDACTED);
                }
            });
        }
    }

    pub(super) fn say(&mut self, message: &str) {
        let start = self.text.len();
        self.text.push_str(message);
        self.message = start..self.text.len();
    }

    fn text(&mut self, field: &Field, text: &str) {
        if field.name() == "message" {
            self.say(&clean(text));
        } else if let Some(name) = printed_name(field.name()) {
            let is_told = is_harmless(name) || !is_sensitive(name);
            self.put(name, |out| {
                if !is_told {
                    quote(out, REDACTED);
                } else if is_innocent(text) {
                    enclose(out, text);
                } else {
                    quote(out, &clean(text));
                }
            });
        }
    }
}

/// Writing to a string does not fail.
fn push(text: &mut String, value: &impl Display) {
    let _ = write!(text, "{value}");
}

/// Names that every request's line has: whether they are sensitive is known.
fn is_harmless(name: &str) -> bool {
    matches!(
        name,
        "method" | "path" | "status" | "duration_ms" | "requestId"
    )
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = Bounded(std::mem::take(&mut self.drawn));
        // A `Debug` that fails has written what it could.
        let _ = write!(text, "{value:?}");
        self.text(field, &text.0);
        text.0.clear();
        self.drawn = text.0;
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = Bounded(String::new());
        let _ = write!(text, "{value}");
        let mut source = value.source();
        while let Some(err) = source {
            let _ = write!(text, ": {err}");
            source = err.source();
        }
        self.text(field, &text.0);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.number(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.number(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.number(field, value);
        } else {
            self.text(field, &value.to_string());
        }
    }
}

/// Keeps the beginning of what is written to it.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = JSON_LIMIT.saturating_sub(self.0.len());
        self.0.push_str(prefix(text, room));
        Ok(())
    }
}

fn printed_name(name: &'static str) -> Option<&'static str> {
    match name {
        "request_id" => Some("requestId"),
        "message" => Some("message_"),
        "time" => Some("time_"),
        "level" => Some("level_"),
        "service" => Some("service_"),
        // Repeats what the record's own metadata say.
        _ if name.starts_with("log.") => None,
        _ => Some(name.strip_prefix("r#").unwrap_or(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_looked_at_hold_nothing_sensitive() {
        for name in ["method", "path", "status", "duration_ms", "requestId"] {
            assert!(is_harmless(name) && !is_sensitive(name), "{name}");
        }
        assert!(!is_harmless("token"));
    }

    #[test]
    fn a_name_has_one_value_and_what_is_forgotten_leaves_no_trace() {
        let mut fields = Fields::of("a", 1);
        fields.set_all(&Fields::of("a", 22));
        fields.set_all(&Fields::of("b", 3));
        fields.add_missing(&Fields::of("a", 4));
        fields.add_missing(&Fields::of("c", 5));
        let all: Vec<_> = fields.iter().collect();
        assert_eq!(all, [("a", "22"), ("b", "3"), ("c", "5")]);
        let long = "x".repeat(1000);
        for _ in 0..1000 {
            fields.set_all(&Fields::of("b", &long));
        }
        assert!(fields.text.len() <= KEPT + 1000);
        let all: Vec<_> = fields.iter().collect();
        assert_eq!(all, [("a", "22"), ("b", &*long), ("c", "5")]);
        fields.put("long", |text| text.push_str(&"x".repeat(KEPT + 1)));
        fields.clear();
        assert_eq!((fields.iter().count(), fields.message()), (0, ""));
        assert_eq!(fields.text.capacity(), 0);
    }
}
