//! From events and spans to lines.

use std::cell::RefCell;

use tracing::{Event, Subscriber, span};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{fields::Fields, style::Style, writer::Queue};

pub(super) struct Lines {
    pub(super) style: Style,
    pub(super) queue: Queue,
}

/// What an event is put together in.
#[derive(Default)]
struct Scratch {
    fields: Fields,
    line: String,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
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
            known.set_all(&fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut scratch) => self.compose(event, &ctx, &mut scratch),
            // A `Debug` of the outer event logs.
            Err(_) => self.compose(event, &ctx, &mut Scratch::default()),
        });
    }
}

impl Lines {
    fn compose<S: Subscriber + for<'a> LookupSpan<'a>>(
        &self,
        event: &Event<'_>,
        ctx: &Context<'_, S>,
        Scratch { fields, line }: &mut Scratch,
    ) {
        fields.clear();
        event.record(fields);
        for span in ctx.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.add_missing(outer);
            }
        }
        line.clear();
        self.style.line(line, *event.metadata().level(), fields);
        self.queue.send(line.as_bytes());
    }
}
