//! What a line looks like: for machines or for people, on one line and of a bounded length.

use std::{cell::RefCell, fmt::Write as _, time::SystemTime};

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
        with_time(|time| match self.format {
            Format::Json => self.json_line(out, time, level, message, fields),
            Format::Pretty => pretty_line(out, time, level, message, fields),
        });
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
        // There is always room for these.
        for (name, text) in [
            ("\"time\":", time),
            (",\"level\":", level_name(level)),
            (",\"service\":", self.service),
        ] {
            out.extend_from_slice(name.as_bytes());
            push_quoted(out, text);
        }
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

/// The machine's time, also where a test holds the application's clock. Its text is made once a millisecond.
fn with_time(then: impl FnOnce(&str)) {
    thread_local! {
        static LATEST: RefCell<(i64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = DateTime::<Utc>::from(SystemTime::now());
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
fn member(out: &mut Vec<u8>, name: &str, value: &str) {
    const CUT: &str = "\"…\"";
    let start = out.len();
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    push_quoted(out, name);
    out.push(b':');
    // The closing brace and the line feed.
    let room = LINE_LIMIT.saturating_sub(out.len() + 2);
    let value = if value.len() <= room { value } else { CUT };
    if value.len() > room {
        out.truncate(start);
        return;
    }
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

fn push_quoted(out: &mut Vec<u8>, text: &str) {
    if is_plain(text) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(quoted(text).as_bytes());
    }
}

/// Most texts need no escapes.
fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    text.bytes().all(is_plain)
}

pub(super) fn quoted(text: &str) -> String {
    if is_plain(text) {
        return ["\"", text, "\""].concat();
    }
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
