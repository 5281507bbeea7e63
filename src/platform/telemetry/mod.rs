//! Logs: one redacted line per event, written off the request's thread, each line carrying its request's id.

mod fields;
mod lines;
mod options;
mod redact;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod writer;

use std::{
    fmt::{self, Debug, Display},
    io::{self, Write},
    panic::{self, PanicHookInfo},
};

use serde::Serialize;
use tokio::task::JoinHandle;
use tracing::{Instrument, Level, Metadata, Span, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use self::{lines::Lines, redact::redact, style::Style};
pub use self::{
    options::{Format, Options, parse_level},
    writer::Guard,
};

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
    let (queue, guard) = writer::start(options.queue, style, writer);
    let layer = Lines { style, queue };
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter.or(spans)));
    (subscriber, guard)
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
