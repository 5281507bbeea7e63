//! What a line looks like: for machines or for people, on one line and of a bounded length.

use std::{cell::RefCell, fmt::Write as _};

use chrono::{DateTime, SecondsFormat, Utc};
use tracing::Level;

use super::{fields::Fields, options::Format};
use crate::platform::clock::machine_time;

/// Bytes of one line.
pub(super) const LINE_LIMIT: usize = 16 * 1024;

#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) format: Format,
    pub(super) service: &'static str,
}

impl Style {
    pub(super) fn line(self, out: &mut String, level: Level, fields: &Fields) {
        with_time(|time| match self.format {
            Format::Json => self.json_line(out, time, level, fields),
            Format::Pretty => pretty_line(out, time, level, fields),
        });
        out.push('\n');
    }

    fn json_line(self, out: &mut String, time: &str, level: Level, fields: &Fields) {
        let is_request = |name: &str| name == "requestId";
        out.push('{');
        // There is always room for these.
        for (name, text) in [
            ("\"time\":", time),
            (",\"level\":", level_name(level)),
            (",\"service\":", self.service),
        ] {
            out.push_str(name);
            enclose(out, text);
        }
        for (name, value) in fields.iter().filter(|(name, _)| is_request(name)) {
            member(out, name, |out| out.push_str(value));
        }
        member(out, "message", |out| quote(out, fields.message()));
        for (name, value) in fields.iter().filter(|(name, _)| !is_request(name)) {
            member(out, name, |out| out.push_str(value));
        }
        out.push('}');
    }

    pub(super) fn loss(self, out: &mut String, dropped: usize) {
        let mut fields = Fields::of("dropped", dropped);
        fields.say("log lines were dropped");
        self.line(out, Level::WARN, &fields);
    }
}

/// The machine's time, also where a test holds the application's clock. Its text is made once a millisecond.
fn with_time(then: impl FnOnce(&str)) {
    thread_local! {
        static LATEST: RefCell<(i64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = DateTime::<Utc>::from(machine_time());
    let text = || now.to_rfc3339_opts(SecondsFormat::Millis, true);
    LATEST.with(|latest| match latest.try_borrow_mut() {
        Ok(mut latest) => {
            if latest.0 != now.timestamp_millis() {
                *latest = (now.timestamp_millis(), text());
            }
            then(&latest.1);
        }
        Err(_) => then(&text()),
    });
}

/// Adds a member if the line has room for it, else its name alone, else nothing.
fn member(out: &mut String, name: &str, value: impl FnOnce(&mut String)) {
    const CUT: &str = "\"…\"";
    // The closing brace and the line feed.
    let fits = |out: &String| out.len() + 2 <= LINE_LIMIT;
    let start = out.len();
    out.push(',');
    quote(out, name);
    out.push(':');
    let begin = out.len();
    value(out);
    if !fits(out) {
        out.truncate(begin);
        out.push_str(CUT);
    }
    if !fits(out) {
        out.truncate(start);
    }
}

fn pretty_line(out: &mut String, time: &str, level: Level, fields: &Fields) {
    let clock = time.get(11..23).unwrap_or(time);
    // Writing to a string does not fail.
    let _ = write!(out, "{clock} {level:>5}  ");
    for char in fields.message().chars() {
        if char.is_control() {
            out.extend(char.escape_default());
        } else {
            out.push(char);
        }
    }
    for (name, value) in fields.iter() {
        let value = if out.len() + name.len() + value.len() < LINE_LIMIT {
            value
        } else {
            "…"
        };
        let _ = write!(out, "  {name}={value}");
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

/// Most texts need no escapes.
fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    text.bytes().all(is_plain)
}

/// Adds a text as JSON has it, without anything that a terminal would obey.
pub(super) fn quote(out: &mut String, text: &str) {
    if is_plain(text) {
        return enclose(out, text);
    }
    // A text does not fail.
    let json = serde_json::to_string(text).unwrap_or_default();
    for char in json.chars() {
        if is_terminal_control(char) {
            // JSON lets these through.
            let _ = write!(out, "\\u{:04x}", u32::from(char));
        } else {
            out.push(char);
        }
    }
}

/// Adds a text that needs no escapes.
pub(super) fn enclose(out: &mut String, text: &str) {
    out.push('"');
    out.push_str(text);
    out.push('"');
}

fn is_terminal_control(char: char) -> bool {
    matches!(char, '\u{7f}'..='\u{9f}')
}
