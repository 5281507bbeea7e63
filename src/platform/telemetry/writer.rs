//! The way of a line: emitted → queued → written, or dropped on the way and counted.

use std::{
    io::{self, Write},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

use super::style::Style;

/// Bytes the worker gathers before it writes although more lines are waiting.
const BATCH: usize = 64 * 1024;
/// How long the worker rests after a write: under load the next one takes hundreds of lines, and nobody has to wake it.
const REST: Duration = Duration::from_millis(5);
/// How long shutdown waits for the lines that are still queued.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the worker says that lines were lost.
const LOSS_REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// A queue of so many lines, and the worker that writes what comes out of it.
pub(super) fn start<W: Write + Send + 'static>(
    slots: usize,
    style: Style,
    to: W,
) -> (Queue, Guard) {
    let ledger = Arc::new(Ledger::default());
    let (queue, worker) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(slots.max(1))
        .thread_name("log-writer")
        .finish(Batch {
            to,
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
    let guard = Guard {
        style,
        queue: queue.clone(),
        worker: Some(worker),
    };
    (queue, guard)
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
pub(super) struct Queue {
    queue: NonBlocking,
    ledger: Arc<Ledger>,
}

impl Queue {
    pub(super) fn send(&self, line: &[u8]) {
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
        thread::sleep(REST);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tracing::{info, subscriber::with_default};

    use super::{
        super::{
            Options, build,
            tests::{Sink, lines, options},
        },
        *,
    };

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
}
