//! What a line looks like: for machines or for people, on one line and of a bounded length.

use std::{fmt::Write as _, time::SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use tracing::Level;

use super::options::Format;

/// Bytes of one line.
pub(super) const LINE_LIMIT: usize = 16 * 1024;

#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) format: Format,
    pub(super) service: &'static str,
}

impl Style {
    pub(super) fn line(
        self,
        out: &mut Vec<u8>,
        level: Level,
        message: &str,
        fields: &[(&str, String)],
    ) {
        // The machine's time, also where a test holds the application's clock.
        let now = DateTime::<Utc>::from(SystemTime::now());
        let time = now.to_rfc3339_opts(SecondsFormat::Millis, true);
        match self.format {
            Format::Json => self.json_line(out, &time, level, message, fields),
            Format::Pretty => pretty_line(out, &time, level, message, fields),
        }
        out.push(b'\n');
    }

    fn json_line(
        self,
        out: &mut Vec<u8>,
        time: &str,
        level: Level,
        message: &str,
        fields: &[(&str, String)],
    ) {
        let request = |(name, _): &&(&str, String)| *name == "requestId";
        out.push(b'{');
        member(out, "time", &quoted(time));
        member(out, "level", &quoted(level_name(level)));
        member(out, "service", &quoted(self.service));
        for (name, value) in fields.iter().filter(request) {
            member(out, name, value);
        }
        member(out, "message", &quoted(message));
        for (name, value) in fields.iter().filter(|field| !request(field)) {
            member(out, name, value);
        }
        out.push(b'}');
    }

    pub(super) fn loss(self, out: &mut Vec<u8>, dropped: usize) {
        let fields = [("dropped", dropped.to_string())];
        self.line(out, Level::WARN, "log lines were dropped", &fields);
    }
}

/// Adds a member if the line has room for it, else its name alone, else nothing.
fn member(out: &mut Vec<u8>, name: &str, value: &str) {
    const CUT: &str = "\"…\"";
    let name = quoted(name);
    // Comma, colon, the closing brace and the line feed.
    let room = LINE_LIMIT.saturating_sub(out.len() + name.len() + 4);
    let value = if value.len() <= room { value } else { CUT };
    if value.len() > room {
        return;
    }
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    out.extend_from_slice(value.as_bytes());
}

fn pretty_line(
    out: &mut Vec<u8>,
    time: &str,
    level: Level,
    message: &str,
    fields: &[(&str, String)],
) {
    let clock = time.get(11..23).unwrap_or(time);
    out.extend_from_slice(format!("{clock} {level:>5}  ").as_bytes());
    for char in message.chars() {
        let mut utf8 = [0; 4];
        if char.is_control() {
            out.extend_from_slice(char.escape_default().to_string().as_bytes());
        } else {
            out.extend_from_slice(char.encode_utf8(&mut utf8).as_bytes());
        }
    }
    for (name, value) in fields {
        let value = if out.len() + name.len() + value.len() < LINE_LIMIT {
            value
        } else {
            "…"
        };
        out.extend_from_slice(format!("  {name}={value}").as_bytes());
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        _ => "trace",
    }
}

pub(super) fn quoted(text: &str) -> String {
    let mut json = serde_json::to_string(text).unwrap_or_default();
    // JSON lets these through, a terminal obeys them.
    if json.contains(is_terminal_control) {
        let mut escaped = String::with_capacity(json.len());
        for char in json.chars() {
            if is_terminal_control(char) {
                // Writing to a string does not fail.
                let _ = write!(escaped, "\\u{:04x}", u32::from(char));
            } else {
                escaped.push(char);
            }
        }
        json = escaped;
    }
    json
}

fn is_terminal_control(char: char) -> bool {
    matches!(char, '\u{7f}'..='\u{9f}')
}
