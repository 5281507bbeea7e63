//! From events and spans to lines.

use std::cell::RefCell;

use tracing::{Event, Subscriber, span};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{fields::Fields, style::Style, writer::Queue};

pub(super) struct Lines {
    pub(super) style: Style,
    pub(super) queue: Queue,
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
        let mut fields = Fields::with_room();
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
