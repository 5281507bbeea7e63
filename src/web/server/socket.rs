//! A connection's socket, with the time-outs that hyper does not have.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

use super::{
    limits::Limits,
    progress::Progress,
    timer::{Timer, poll_deadline},
};

/// How long a closed connection goes on reading, so that a reset does not overtake the answer (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(1);

pub(super) struct Socket {
    stream: TcpStream,
    progress: Arc<Progress>,
    head: Duration,
    idle: Duration,
    write: Duration,
    /// The answer to a head that does not come.
    head_too_slow: Bytes,
    /// Requests whose heads have been read.
    requests: usize,
    /// Whether some of the next request's head has been read.
    started: bool,
    ended: bool,
    linger_until: Option<Instant>,
    read_deadline: Instant,
    read_timer: Timer,
    write_deadline: Option<Instant>,
    write_timer: Timer,
}

impl Socket {
    pub(super) fn new(
        stream: TcpStream,
        limits: &Limits,
        head_too_slow: Bytes,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            stream,
            progress,
            head: limits.head,
            idle: limits.idle,
            write: limits.write,
            head_too_slow,
            requests: 0,
            started: false,
            ended: false,
            linger_until: None,
            read_deadline: Instant::now() + limits.head,
            read_timer: None,
            write_deadline: None,
            write_timer: None,
        }
    }

    /// Cuts a write that stands still.
    fn bound<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_deadline = None;
            return written;
        }
        let limit = self.write;
        let deadline = *self
            .write_deadline
            .get_or_insert_with(|| Instant::now() + limit);
        ready!(poll_deadline(&mut self.write_timer, deadline, cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        let some = buffer.filled().len() > before;
        this.ended |= read.is_ready() && !some;
        // A request that is being answered has limits of its own.
        if this.progress.in_flight.load(Ordering::Relaxed) > 0 {
            if read.is_pending() {
                this.progress.reader.register(cx.waker());
            }
            return read;
        }

        let requests = this.progress.requests.load(Ordering::Relaxed);
        let is_next = this.requests != requests;
        if is_next {
            this.requests = requests;
            this.started = false;
        }
        if some && !this.started {
            this.started = true;
            this.read_deadline = Instant::now() + this.head;
        } else if is_next || this.write_deadline.is_some() {
            // Or the end of an answer is still on its way to a slow client.
            this.read_deadline = Instant::now() + this.idle;
        }
        if read.is_ready() {
            return read;
        }
        ready!(poll_deadline(&mut this.read_timer, this.read_deadline, cx));
        if this.started {
            // Nothing else is being written, and a client that does not read loses no more than this.
            let _ = this.stream.try_write(&this.head_too_slow);
            Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
        } else {
            // As if the client had hung up: nothing was asked.
            Poll::Ready(Ok(()))
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bound(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.bound(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        // Closing with unread bytes sends a reset, which can destroy an answer such as 413 on its way.
        let deadline = *this
            .linger_until
            .get_or_insert_with(|| Instant::now() + LINGER);
        // First, as a client that floods would use up the task's budget.
        if poll_deadline(&mut this.read_timer, deadline, cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut scratch = [0; 4096];
        while !this.ended {
            let mut buffer = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer));
            this.ended = read.is_err() || buffer.filled().is_empty();
        }
        Poll::Ready(Ok(()))
    }
}
