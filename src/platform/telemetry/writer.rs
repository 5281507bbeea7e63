//! The way of a line: emitted → queued → written, or dropped on the way and counted.

use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

use super::style::Style;

/// More than are ever on their way: one, one for what came after it, and the end.
const KNOCKS: usize = 4;
/// Bytes of one write, about: what of them was written when it fails, nobody knows.
const PART: usize = 64 * 1024;
/// Of what a pile keeps for the next one, in bytes.
const ROOM: usize = 1 << 20;
/// How long the worker rests after a write: under load the next one takes hundreds of lines, and nobody has to wake it.
const REST: Duration = Duration::from_millis(5);
/// How long shutdown waits for the lines that are still queued.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the worker says that lines were lost.
const LOSS_REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// A pile of at most so many lines, and the worker that writes it. A line that finds the pile empty knocks: the worker
/// then takes all of it, so that a busy process pays for a copy of its line and nobody is woken for each.
pub(super) fn start<W: Write + Send + 'static>(most: usize, style: Style, to: W) -> (Queue, Guard) {
    let pile = Arc::new(Pile {
        most: most.max(1),
        ..Pile::default()
    });
    let (knocks, worker) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(KNOCKS)
        .thread_name("log-writer")
        .finish(Batch {
            to,
            style,
            pile: Arc::clone(&pile),
            taken: Lines::default(),
            reported: 0,
            reported_at: None,
        });
    let queue = Queue { pile, knocks };
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
        self.queue.pile.dropped()
    }

    fn drain(&self) -> bool {
        let deadline = Instant::now() + FLUSH_TIMEOUT;
        let target = self.queue.pile.emitted();
        while self.queue.pile.settled() < target {
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
            let mut line = String::new();
            self.style.loss(&mut line, dropped);
            self.queue.send(line.as_bytes());
            drained = self.drain();
        }
        self.queue.pile.waiting().is_closed = true;
        // The worker's guard waits for a second at most and complains on standard output, which is what is stuck.
        if !drained && let Some(worker) = self.worker.take() {
            std::mem::forget(worker);
        }
    }
}

/// What waits for the worker, and what became of every line: `emitted` is the sum of the others once nothing waits.
#[derive(Default)]
struct Pile {
    most: usize,
    waiting: Mutex<Waiting>,
    written: AtomicUsize,
    failed: AtomicUsize,
}

#[derive(Default)]
struct Waiting {
    lines: Lines,
    emitted: usize,
    /// There was no room for them, or no worker any more.
    refused: usize,
    is_closed: bool,
}

/// Whole lines, one behind the other.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    count: usize,
}

impl Pile {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it was empty.
    fn add(&self, line: &[u8]) -> bool {
        let mut waiting = self.waiting();
        waiting.emitted += 1;
        if waiting.is_closed || waiting.lines.count >= self.most {
            waiting.refused += 1;
            return false;
        }
        waiting.lines.bytes.extend_from_slice(line);
        waiting.lines.count += 1;
        waiting.lines.count == 1
    }

    fn emitted(&self) -> usize {
        self.waiting().emitted
    }

    fn dropped(&self) -> usize {
        self.waiting().refused + self.failed.load(Ordering::SeqCst)
    }

    fn settled(&self) -> usize {
        self.written.load(Ordering::SeqCst) + self.dropped()
    }
}

#[derive(Clone)]
pub(super) struct Queue {
    pile: Arc<Pile>,
    knocks: NonBlocking,
}

impl Queue {
    pub(super) fn send(&self, line: &[u8]) {
        if self.pile.add(line) {
            // There is always room for it, and without a worker nobody would hear.
            let _ = self.knocks.clone().write_all(b"!");
        }
    }
}

/// Behind the line in which a part of these lines gets long enough.
fn end_of_part(lines: &[u8]) -> usize {
    let after = lines.iter().skip(PART).position(|byte| *byte == b'\n');
    after.map_or(lines.len(), |at| PART + at + 1)
}

/// The worker's end: takes all lines that wait, and knows how many were really written.
struct Batch<W> {
    to: W,
    style: Style,
    pile: Arc<Pile>,
    /// Those that are being written; its room is the pile's next.
    taken: Lines,
    reported: usize,
    reported_at: Option<Instant>,
}

impl<W: Write> Batch<W> {
    fn write_out(&mut self) {
        std::mem::swap(&mut self.pile.waiting().lines, &mut self.taken);
        if self.taken.count == 0 {
            return;
        }
        let mut rest = &self.taken.bytes[..];
        let mut left = self.taken.count;
        while !rest.is_empty() {
            let (part, later) = rest.split_at(end_of_part(rest));
            // Of most piles there is one part, and nobody has to look for the ends of its lines.
            let lines = if later.is_empty() {
                left
            } else {
                part.split_inclusive(|byte| *byte == b'\n').count()
            };
            left = left.saturating_sub(lines);
            let result = self.to.write_all(part).and_then(|()| self.to.flush());
            let counter = match result {
                Ok(()) => &self.pile.written,
                Err(_) => &self.pile.failed,
            };
            counter.fetch_add(lines, Ordering::SeqCst);
            rest = later;
        }
        if self.taken.bytes.capacity() > ROOM {
            self.taken.bytes = Vec::new();
        }
        self.taken.bytes.clear();
        self.taken.count = 0;
    }

    /// Says in the log itself that lines are missing, while the process still runs.
    fn report_loss(&mut self) {
        let dropped = self.pile.dropped();
        let due = self
            .reported_at
            .is_none_or(|at| at.elapsed() >= LOSS_REPORT_INTERVAL);
        if dropped > self.reported && due {
            let mut line = String::new();
            self.style.loss(&mut line, dropped);
            // Best effort: the guard says it again at the end.
            let _ = self.to.write_all(line.as_bytes());
            self.reported = dropped;
            self.reported_at = Some(Instant::now());
        }
    }
}

// Never an error: the worker would skip its flush, and the ledger already knows.
impl<W: Write> Write for Batch<W> {
    fn write(&mut self, knock: &[u8]) -> io::Result<usize> {
        Ok(knock.len())
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
        let counter = Arc::clone(&guard.queue.pile);
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
    fn no_line_of_several_threads_waits_for_the_next_one() {
        let sink = Sink::default();
        let (subscriber, guard) = build(&options("info"), sink.clone());
        let dispatch = tracing::Dispatch::new(subscriber);
        let threads = (0..4).map(|thread| {
            let dispatch = dispatch.clone();
            thread::spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    for n in 0..300_u64 {
                        info!(thread, n, "x");
                        // Now within the worker's rest, now after it.
                        thread::sleep(Duration::from_micros(n * 37 % 9 * 1000));
                    }
                });
            })
        });
        for thread in threads.collect::<Vec<_>>() {
            thread.join().unwrap();
        }
        // Nobody says any more, and the guard has not asked yet.
        let begun = Instant::now();
        while guard.queue.pile.settled() < 1200 {
            assert!(begun.elapsed() < Duration::from_secs(5), "a line is left");
            thread::sleep(Duration::from_millis(5));
        }
        drop(guard);
        assert_eq!(lines(&sink.text()).len(), 1200);
    }

    #[test]
    fn what_is_said_after_the_end_is_counted() {
        let sink = Sink::default();
        let (subscriber, guard) = build(&options("info"), sink.clone());
        let pile = Arc::clone(&guard.queue.pile);
        drop(guard);
        with_default(subscriber, || info!("late"));
        assert_eq!((pile.emitted(), pile.dropped()), (1, 1));
        assert_eq!(sink.text(), "");
    }

    #[test]
    fn parts_end_with_their_lines() {
        let line = [b"x".repeat(999), b"\n".to_vec()].concat();
        assert_eq!(end_of_part(&line), 1000);
        assert_eq!(end_of_part(&line.repeat(200)), 66_000);
        assert_eq!(end_of_part(b"no end"), 6);
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
