//! Logs: one redacted line per event, written off the request's thread, each line carrying its request's id.

use std::{
    cell::RefCell,
    error::Error,
    fmt::{self, Debug, Display, Write as _},
    io::{self, Write},
    panic::{self, PanicHookInfo},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use tokio::task::JoinHandle;
use tracing::{
    Event, Instrument, Level, Metadata, Span, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use super::redact::{JSON_LIMIT, REDACTED, clean, is_sensitive, prefix, redact};

/// Bytes of one line.
const LINE_LIMIT: usize = 16 * 1024;
/// Bytes the worker gathers before it writes although more lines are waiting.
const BATCH: usize = 64 * 1024;
/// How long shutdown waits for the lines that are still queued.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the worker says that lines were lost.
const LOSS_REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For machines: one JSON object a line.
    Json,
    /// For people, in development.
    Pretty,
}

#[derive(Clone, Debug)]
pub struct Options {
    pub format: Format,
    /// What `parse_level` takes: `info`, or `info,sqlx=warn`.
    pub level: String,
    pub service: &'static str,
    /// Lines that may wait for the writer; a slot costs 32 bytes whether it is used or not.
    pub queue: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: Format::Json,
            level: "info".to_owned(),
            service: "prosektorweb",
            queue: 16 * 1024,
        }
    }
}

/// Reads a filter as in `info` or `info,sqlx=warn`.
///
/// `EnvFilter` takes a misspelt level for the name of a module and then logs nothing, so a bare word must be a level.
///
/// # Errors
///
/// What is wrong with the text and what to write instead, to follow the variable's name.
pub fn parse_level(text: &str) -> Result<EnvFilter, String> {
    const LEVELS: &str = "off, error, warn, info, debug or trace";
    if text.trim().is_empty() {
        return Err(format!("is empty; use {LEVELS}"));
    }
    for part in text.split(',').map(str::trim) {
        let is_level = !part.is_empty() && part.parse::<LevelFilter>().is_ok();
        if !is_level && !part.contains(['=', '[']) {
            return Err(format!(
                "`{part}` is not a level; use {LEVELS}, or a list such as `info,sqlx=warn`"
            ));
        }
    }
    let compact: String = text.split_whitespace().collect();
    EnvFilter::builder()
        .parse(compact)
        .map_err(|err| format!("`{text}` is not a log filter: {err}"))
}

/// Starts logging to standard output, panics included. Keep the guard until the very end of `main`.
pub fn init(options: &Options) -> Guard {
    let (subscriber, guard) = build(options, io::stdout());
    // A second call in one process (tests) keeps the first subscriber.
    if subscriber.try_init().is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
    guard
}

/// The subscriber that `init` installs, over any writer.
pub fn build<W: Write + Send + 'static>(
    options: &Options,
    writer: W,
) -> (impl Subscriber + Send + Sync + use<W>, Guard) {
    let filter = parse_level(&options.level).unwrap_or_else(|_| EnvFilter::new("info"));
    // The request's id lives in a span: a filter that hides spans would take it from the errors too.
    let spans = filter_fn(|meta: &Metadata<'_>| meta.is_span() && *meta.level() <= Level::INFO);
    let style = Style {
        format: options.format,
        service: options.service,
    };
    let ledger = Arc::new(Ledger::default());
    let (queue, worker) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(options.queue.max(1))
        .thread_name("log-writer")
        .finish(Batch {
            to: writer,
            style,
            ledger: Arc::clone(&ledger),
            bytes: Vec::with_capacity(BATCH),
            lines: 0,
            reported: 0,
            reported_at: None,
        });
    // Nothing else sets it, and the worker copes without it.
    let _ = ledger.refused.set(queue.error_counter());
    let queue = Queue { queue, ledger };
    let layer = Lines {
        style,
        queue: queue.clone(),
    };
    let guard = Guard {
        style,
        queue,
        worker: Some(worker),
    };
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter.or(spans)));
    (subscriber, guard)
}

/// Writes what is queued when it is dropped.
#[must_use = "dropping it ends logging"]
pub struct Guard {
    style: Style,
    queue: Queue,
    worker: Option<WorkerGuard>,
}

impl Guard {
    /// Lines lost until now: refused by a full queue, or by the writer.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.queue.ledger.dropped()
    }

    fn drain(&self) -> bool {
        let deadline = Instant::now() + FLUSH_TIMEOUT;
        let target = self.queue.ledger.emitted.load(Ordering::SeqCst);
        while self.queue.ledger.settled() < target {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(2));
        }
        true
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut drained = self.drain();
        let dropped = self.dropped();
        if drained && dropped > 0 {
            let mut line = Vec::new();
            self.style.loss(&mut line, dropped);
            self.queue.send(&line);
            drained = self.drain();
        }
        // The worker's guard waits for a second at most and complains on standard output, which is what is stuck.
        if !drained && let Some(worker) = self.worker.take() {
            std::mem::forget(worker);
        }
    }
}

/// `tokio::spawn` that keeps the current span, and so the request's id.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future.instrument(Span::current()))
}

/// `tokio::task::spawn_blocking` that keeps the current span, and so the request's id.
pub fn spawn_blocking<F, R>(work: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let span = Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work))
}

/// A value as redacted JSON, for a field: `draft = %telemetry::json(&draft)`.
pub fn json(value: &impl Serialize) -> Json {
    let text = match serde_json::to_value(value) {
        Ok(mut value) => {
            redact(&mut value);
            value.to_string()
        }
        Err(err) => format!("not JSON: {err}"),
    };
    Json(text)
}

/// What `json` makes.
pub struct Json(String);

impl Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// `?` and `%` log the same.
impl Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let text = info.payload_as_str().unwrap_or("no message");
    tracing::error!(location, "panicked: {text}");
}

// The way of a line: emitted → queued → written, or dropped on the way.

/// What became of every line; `emitted` is the sum of the others once the queue is empty.
#[derive(Default)]
struct Ledger {
    emitted: AtomicUsize,
    written: AtomicUsize,
    failed: AtomicUsize,
    refused: OnceLock<ErrorCounter>,
}

impl Ledger {
    fn dropped(&self) -> usize {
        let refused = self.refused.get().map_or(0, ErrorCounter::dropped_lines);
        refused + self.failed.load(Ordering::SeqCst)
    }

    fn settled(&self) -> usize {
        self.written.load(Ordering::SeqCst) + self.dropped()
    }
}

#[derive(Clone)]
struct Queue {
    queue: NonBlocking,
    ledger: Arc<Ledger>,
}

impl Queue {
    fn send(&self, line: &[u8]) {
        self.ledger.emitted.fetch_add(1, Ordering::SeqCst);
        // A lossy queue counts what it cannot take and never fails.
        let _ = self.queue.clone().write_all(line);
    }
}

/// The worker's end: takes whole lines, writes many at once, and knows how many were really written.
struct Batch<W> {
    to: W,
    style: Style,
    ledger: Arc<Ledger>,
    bytes: Vec<u8>,
    lines: usize,
    reported: usize,
    reported_at: Option<Instant>,
}

impl<W: Write> Batch<W> {
    fn write_out(&mut self) {
        if self.lines == 0 {
            return;
        }
        let result = self
            .to
            .write_all(&self.bytes)
            .and_then(|()| self.to.flush());
        let counter = match result {
            Ok(()) => &self.ledger.written,
            Err(_) => &self.ledger.failed,
        };
        counter.fetch_add(self.lines, Ordering::SeqCst);
        self.bytes.clear();
        self.lines = 0;
    }

    /// Says in the log itself that lines are missing, while the process still runs.
    fn report_loss(&mut self) {
        let dropped = self.ledger.dropped();
        let due = self
            .reported_at
            .is_none_or(|at| at.elapsed() >= LOSS_REPORT_INTERVAL);
        if dropped > self.reported && due {
            let mut line = Vec::new();
            self.style.loss(&mut line, dropped);
            // Best effort: the guard says it again at the end.
            let _ = self.to.write_all(&line);
            self.reported = dropped;
            self.reported_at = Some(Instant::now());
        }
    }
}

// Never an error: the worker would skip its flush, and the ledger already knows.
impl<W: Write> Write for Batch<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(line);
        self.lines += 1;
        if self.bytes.len() >= BATCH {
            self.write_out();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.report_loss();
        self.write_out();
        Ok(())
    }
}

// From events and spans to lines.

struct Lines {
    style: Style,
    queue: Queue,
}

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = ctx.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, ctx: Context<'_, S>) {
        // Read before the span is locked: a `Debug` may log.
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(span) = ctx.span(id)
            && let Some(known) = span.extensions_mut().get_mut::<Fields>()
        {
            for (name, value) in fields.values {
                known.set(name, value);
            }
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);

        let mut all = fields.values;
        for span in ctx.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                for (name, value) in &outer.values {
                    if all.iter().all(|(known, _)| known != name) {
                        all.push((name, value.clone()));
                    }
                }
            }
        }

        let level = *event.metadata().level();
        let message = fields.message.unwrap_or_default();
        let compose = |line: &mut Vec<u8>| {
            line.clear();
            self.style.line(line, level, &message, &all);
            self.queue.send(line);
        };
        BUFFER.with(|buffer| match buffer.try_borrow_mut() {
            Ok(mut line) => compose(&mut line),
            Err(_) => compose(&mut Vec::new()),
        });
    }
}

/// Fields as they will be printed: redacted, cut, and already JSON.
#[derive(Default)]
struct Fields {
    message: Option<String>,
    values: Vec<(&'static str, String)>,
}

impl Fields {
    fn set(&mut self, name: &'static str, value: String) {
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
            self.message = Some(clean(text));
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

#[derive(Clone, Copy)]
struct Style {
    format: Format,
    service: &'static str,
}

impl Style {
    fn line(self, out: &mut Vec<u8>, level: Level, message: &str, fields: &[(&str, String)]) {
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

    fn loss(self, out: &mut Vec<u8>, dropped: usize) {
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

fn quoted(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Mutex};

    use serde_json::{Value, json};
    use tracing::{error, info, info_span, subscriber::with_default, warn};

    use super::{super::redact::VALUE_LIMIT, *};

    #[derive(Clone, Default)]
    struct Sink {
        bytes: Arc<Mutex<Vec<u8>>>,
        delay: Duration,
    }

    impl Sink {
        fn text(&self) -> String {
            String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            thread::sleep(self.delay);
            self.bytes.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn options(level: &str) -> Options {
        Options {
            level: level.to_owned(),
            ..Options::default()
        }
    }

    fn logged_with(options: &Options, work: impl FnOnce()) -> String {
        let sink = Sink::default();
        let (subscriber, guard) = build(options, sink.clone());
        with_default(subscriber, work);
        drop(guard);
        sink.text()
    }

    fn lines(text: &str) -> Vec<Value> {
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn logged(work: impl FnOnce()) -> Vec<Value> {
        lines(&logged_with(&options("info"), work))
    }

    #[test]
    fn a_line_has_the_agreed_members_in_order() {
        let text = logged_with(&options("info"), || {
            let _span = info_span!("request", request_id = "r-1", method = "GET").entered();
            info!(status = 200, took = 1.5, fresh = true, "answered");
        });
        let (time, rest) = text
            .strip_prefix("{\"time\":\"")
            .and_then(|rest| rest.split_once('"'))
            .unwrap();
        assert_eq!(time.len(), "2026-01-01T00:00:00.000Z".len());
        assert!(DateTime::parse_from_rfc3339(time).is_ok() && time.ends_with('Z'));
        assert_eq!(
            rest,
            ",\"level\":\"info\",\"service\":\"prosektorweb\",\"requestId\":\"r-1\",\
             \"message\":\"answered\",\"status\":200,\"took\":1.5,\"fresh\":true,\"method\":\"GET\"}\n"
        );
    }

    #[test]
    fn the_event_wins_over_the_span_and_the_near_span_over_the_far() {
        let lines = logged(|| {
            let _far = info_span!("far", request_id = "far", a = 1, b = 1, c = 1).entered();
            let near = info_span!("near", request_id = "near", b = 2, c = 2, later = 0);
            near.record("later", 7);
            let _near = near.entered();
            info!(c = 3, time = "mine", "x");
        });
        let line = &lines[0];
        assert_eq!(line["requestId"], "near");
        assert_eq!((&line["a"], &line["b"]), (&json!(1), &json!(2)));
        assert_eq!((&line["c"], &line["later"]), (&json!(3), &json!(7)));
        assert_eq!(line["time_"], "mine");
    }

    #[test]
    fn there_is_no_request_id_outside_a_request() {
        assert_eq!(logged(|| info!("x"))[0].get("requestId"), None);
    }

    #[test]
    fn a_quiet_filter_keeps_the_request_id() {
        let text = logged_with(&options("warn"), || {
            let _span = info_span!("request", request_id = "r-1").entered();
            info!("hidden");
            warn!("seen");
        });
        let lines = lines(&text);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["requestId"], "r-1");
        assert_eq!(lines[0]["level"], "warn");
    }

    #[test]
    fn sensitive_names_are_redacted_in_every_spelling() {
        for name in [
            "password",
            "userPassword",
            "PASSWD",
            "X-Auth-Token",
            "reset_token",
            "client.secret",
            "Authorization",
            "set-cookie",
            "e_mail",
            "E-Mail",
            "contactPhone",
            "ip_address",
            "TCKN",
            "t_c_k_n",
        ] {
            assert!(is_sensitive(name), "{name}");
        }
        for name in ["status", "path", "addr", "mailer", "company", "id", ""] {
            assert!(!is_sensitive(name), "{name}");
        }
        let text = logged_with(&options("info"), || {
            let _span = info_span!("s", sessionToken = "canary1").entered();
            info!(password = "canary2", phone = 905_551_112_233_u64, tckn = ?Some("canary3"), "x");
        });
        assert!(!text.contains("canary") && !text.contains("905"), "{text}");
        assert_eq!(lines(&text)[0]["phone"], REDACTED);
    }

    #[test]
    fn json_in_a_field_is_redacted_at_any_depth() {
        #[derive(Serialize)]
        struct Draft {
            name: &'static str,
            contacts: Vec<BTreeMap<&'static str, &'static str>>,
        }
        let draft = Draft {
            name: "Acme",
            contacts: vec![BTreeMap::from([
                ("workEmail", "canary"),
                ("role", "ask ada@acme.tr"),
            ])],
        };
        let within = json!({ "a": [{ "b": { "accessToken": { "value": "canary" } } }] });
        let twice = json!({ "body": within.to_string() }).to_string();
        let text = logged_with(&options("info"), || {
            info!(draft = %json(&draft), within = ?within, twice, quoted = ?within.to_string(), "x");
        });
        assert!(!text.contains("canary"), "{text}");
        let line = &lines(&text)[0];
        assert_eq!(
            line["draft"],
            r#"{"contacts":[{"role":"ask [email]","workEmail":"[redacted]"}],"name":"Acme"}"#
        );
        assert_eq!(
            line["quoted"],
            r#"{"a":[{"b":{"accessToken":"[redacted]"}}]}"#
        );
        assert!(
            line["twice"]
                .as_str()
                .unwrap()
                .contains(r#"\"accessToken\":\"[redacted]\""#)
        );
    }

    #[test]
    fn long_values_and_lines_are_cut() {
        let long = "ş".repeat(500_000);
        let cut = clean(&long);
        assert!(cut.len() <= VALUE_LIMIT && cut.ends_with('…'));

        let nul = "\0".repeat(1_000_000);
        let text = logged_with(&options("info"), || {
            info!(a = nul, b = %nul, c = ?nul, d = nul, last = 1, "{nul}");
        });
        assert!(text.len() <= LINE_LIMIT, "{}", text.len());
        let line = &lines(&text)[0];
        assert!(line["message"].as_str().unwrap().starts_with('\0'));
        assert_eq!((&line["d"], &line["last"]), (&json!("…"), &json!(1)));
    }

    #[test]
    fn hostile_text_stays_one_line_without_terminal_codes() {
        let hostile =
            "a\n{\"level\":\"info\"}\r\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}\u{9b}2J\0\u{85}z";
        for format in [Format::Json, Format::Pretty] {
            let options = Options {
                format,
                ..Options::default()
            };
            let text = logged_with(&options, || {
                info!(client = hostile, "{hostile}");
            });
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(
                text.trim_end().chars().all(|char| !char.is_control()),
                "{text:?}"
            );
            assert!(!text.contains("31m") && !text.contains("title"), "{text}");
            if format == Format::Json {
                let line = &lines(&text)[0];
                assert_eq!(line["client"], "a\n{\"level\":\"info\"}\rred\0\u{85}z");
                assert_eq!(line["message"], line["client"]);
            }
        }
    }

    #[test]
    fn pretty_lines_are_for_people_and_redacted_too() {
        let options = Options {
            format: Format::Pretty,
            ..Options::default()
        };
        let text = logged_with(&options, || {
            warn!(password = "canary", path = "/a b", "slow for ada@acme.tr");
        });
        assert_eq!(
            text.split_once(' ').unwrap().1,
            " WARN  slow for [email]  password=\"[redacted]\"  path=\"/a b\"\n"
        );
    }

    #[test]
    fn errors_show_their_sources() {
        #[derive(Debug)]
        struct Outer(io::Error);
        impl Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("cannot save")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let err = Outer(io::Error::other("disk full"));
        let lines = logged(|| error!(error = &err as &dyn Error, "x"));
        assert_eq!(lines[0]["error"], "cannot save: disk full");
    }

    #[test]
    fn under_pressure_every_line_is_written_or_counted() {
        let sink = Sink {
            delay: Duration::from_millis(60),
            ..Sink::default()
        };
        let options = Options {
            queue: 300,
            ..Options::default()
        };
        let (subscriber, guard) = build(&options, sink.clone());
        with_default(subscriber, || {
            for n in 0..20_000 {
                info!(n, "burst");
            }
        });
        let counter = Arc::clone(&guard.queue.ledger);
        drop(guard);
        let lines = lines(&sink.text());
        let written = lines
            .iter()
            .filter(|line| line["message"] == "burst")
            .count();
        let dropped = counter.dropped();
        assert!(dropped > 0);
        assert_eq!(written + dropped, 20_000);
        let last = lines.last().unwrap();
        assert_eq!(last["message"], "log lines were dropped");
        assert_eq!(last["dropped"], dropped);
    }

    #[test]
    fn shutdown_waits_longer_than_the_library_does() {
        let sink = Sink {
            delay: Duration::from_millis(1_500),
            ..Sink::default()
        };
        let (subscriber, guard) = build(&options("info"), sink.clone());
        with_default(subscriber, || {
            info!("first");
            thread::sleep(Duration::from_millis(100));
            for _ in 0..1000 {
                info!("x");
            }
        });
        assert_eq!(guard.dropped(), 0);
        drop(guard);
        assert_eq!(lines(&sink.text()).len(), 1001);
    }

    #[test]
    fn lines_that_the_writer_refuses_are_counted() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (subscriber, guard) = build(&options("info"), Broken);
        with_default(subscriber, || {
            info!("x");
            info!("y");
        });
        assert!(guard.drain());
        assert_eq!(guard.dropped(), 2);
    }

    #[test]
    fn a_panic_is_one_error_line() {
        let text = logged_with(&options("info"), || {
            let before = panic::take_hook();
            panic::set_hook(Box::new(log_panic));
            let _span = info_span!("request", request_id = "r-9").entered();
            let result = panic::catch_unwind(|| panic!("no row for {}", "ada@acme.tr"));
            panic::set_hook(before);
            assert!(result.is_err());
        });
        let lines = lines(&text);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["level"], "error");
        assert_eq!(lines[0]["message"], "panicked: no row for [email]");
        assert_eq!(lines[0]["requestId"], "r-9");
        assert!(
            lines[0]["location"]
                .as_str()
                .unwrap()
                .contains("telemetry.rs:")
        );
    }

    #[test]
    fn spawned_work_keeps_the_request_id() {
        let lines = logged(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(
                async {
                    spawn(async { info!("spawned") }).await.unwrap();
                    let dispatch = tracing::dispatcher::get_default(Clone::clone);
                    spawn_blocking(move || {
                        tracing::dispatcher::with_default(&dispatch, || info!("blocking"));
                    })
                    .await
                    .unwrap();
                }
                .instrument(info_span!("request", request_id = "r-2")),
            );
        });
        assert_eq!(lines[0]["requestId"], "r-2");
        assert_eq!(lines[1]["message"], "blocking");
        assert_eq!(lines[1]["requestId"], "r-2");
    }

    #[test]
    fn levels_are_checked() {
        for good in [
            "info",
            "WARN",
            "off",
            "info,sqlx=warn",
            "warn, prosektorweb=debug",
            "[request]=trace",
        ] {
            assert!(parse_level(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "verbose", "info,debgu", "sqlx=loud", "info,,debug"] {
            assert!(parse_level(bad).is_err(), "{bad}");
        }
        assert!(parse_level("verbose").unwrap_err().contains("`verbose`"));
    }
}
