//! The fields of events and spans as they will be printed: redacted, cut, and already JSON.

use std::{
    error::Error,
    fmt::{self, Debug, Display, Write as _},
};

use tracing::field::{Field, Visit};

use super::{
    redact::{JSON_LIMIT, REDACTED, clean, is_sensitive, prefix},
    style::quoted,
};

#[derive(Default)]
pub(super) struct Fields {
    pub(super) message: Option<String>,
    pub(super) values: Vec<(&'static str, String)>,
}

impl Fields {
    /// For what most events say.
    pub(super) fn with_room() -> Self {
        Self {
            message: None,
            values: Vec::with_capacity(8),
        }
    }

    pub(super) fn set(&mut self, name: &'static str, value: String) {
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.values.push((name, value)),
        }
    }

    fn number(&mut self, field: &Field, value: impl Display) {
        if let Some(name) = printed_name(field.name()) {
            let value = if is_sensitive(name) {
                quoted(REDACTED)
            } else {
                value.to_string()
            };
            self.set(name, value);
        }
    }

    fn text(&mut self, field: &Field, text: &str) {
        if field.name() == "message" {
            self.message = Some(clean(text).into_owned());
        } else if let Some(name) = printed_name(field.name()) {
            let value = if is_sensitive(name) {
                quoted(REDACTED)
            } else {
                quoted(&clean(text))
            };
            self.set(name, value);
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = Bounded(String::new());
        // A `Debug` that fails has written what it could.
        let _ = write!(text, "{value:?}");
        self.text(field, &text.0);
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
