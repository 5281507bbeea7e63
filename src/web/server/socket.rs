//! A connection's socket, with the time-outs that hyper does not have.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

use super::{
    bare::Bare,
    body::earned,
    limits::{Limits, Places},
    progress::Progress,
    timer::{Timer, keep_ringing, poll_deadline},
};

/// How long a closed connection goes on reading, so that a reset does not overtake the answer (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(1);

pub(super) struct Socket {
    stream: TcpStream,
    progress: Arc<Progress>,
    places: Places,
    bare: Arc<Bare>,
    head: Duration,
    idle: Duration,
    write: Duration,
    /// Requests whose heads have been read.
    requests: usize,
    /// Whether some of the next request's head has been read.
    started: bool,
    ended: bool,
    linger_until: Option<Instant>,
    /// Since when the client has been waited for, if it was.
    silent_since: Option<Instant>,
    read_timer: Timer,
    /// Since when the client has not taken all that there is for it, and how many bytes it took meanwhile.
    behind: Option<(Instant, u64)>,
    write_timer: Timer,
    /// The request whose answer was written last.
    answered: usize,
    /// Whether some of that answer is still to be written.
    is_answering: bool,
    /// What is left of the answer that goes out instead of hyper's own.
    instead: Option<Bytes>,
}

impl Socket {
    pub(super) fn new(
        stream: TcpStream,
        limits: &Limits,
        places: Places,
        bare: Arc<Bare>,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            stream,
            silent_since: Some(progress.answered_at()),
            progress,
            places,
            bare,
            head: limits.head,
            idle: limits.idle,
            write: limits.write,
            requests: 0,
            started: false,
            ended: false,
            linger_until: None,
            read_timer: None,
            behind: None,
            write_timer: None,
            answered: 0,
            is_answering: false,
            instead: None,
        }
    }

    /// Time for the client to be silent: between two requests there is more of it, unless others need the place.
    fn patience(&self) -> Duration {
        if self.requests == 0 || self.started || self.places.are_few() {
            self.head
        } else {
            self.idle
        }
    }

    /// Cuts a client that takes what is written to it too slowly.
    fn bound(
        &mut self,
        written: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(done) = written {
            if let (Ok(bytes), Some((_, taken))) = (&done, &mut self.behind) {
                *taken += u64::try_from(*bytes).unwrap_or(u64::MAX);
            }
            return Poll::Ready(done);
        }
        let (since, taken) = *self.behind.get_or_insert_with(|| (Instant::now(), 0));
        let deadline = since + self.write + earned(taken);
        ready!(poll_deadline(&mut self.write_timer, deadline, cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Whether what hyper writes now is its own answer, to what it could not read: no request waits for one, and the
    /// last answer is written to its end.
    fn is_unasked(&mut self) -> bool {
        let requests = self.progress.requests.load(Ordering::Relaxed);
        if self.answered != requests {
            self.answered = requests;
            self.is_answering = true;
        }
        !self.is_answering && self.progress.in_flight.load(Ordering::Relaxed) == 0
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
        // A request that is being answered has limits of its own. Nobody is woken when it is answered: the clock rings before
        // any patience after that can be over. What comes of the next head meanwhile begins no time of its own.
        if this.progress.in_flight.load(Ordering::Relaxed) > 0 {
            if read.is_pending() {
                keep_ringing(&mut this.read_timer, this.head.min(this.idle), cx);
            }
            return read;
        }

        let requests = this.progress.requests.load(Ordering::Relaxed);
        let is_next = this.requests != requests;
        if is_next {
            this.requests = requests;
            this.started = false;
            this.silent_since = Some(this.progress.answered_at());
        }
        let begins = some && !this.started;
        this.started |= some;
        // A connection's first head has its time from the beginning. And the end of an answer may still be on its way to a
        // slow client.
        if this.behind.is_some() || begins && this.requests > 0 {
            this.silent_since = None;
        }
        if read.is_ready() {
            return read;
        }
        loop {
            let now = Instant::now();
            let end = *this.silent_since.get_or_insert(now) + this.patience();
            if now >= end {
                break;
            }
            // Looks up meanwhile, as places may have become few.
            let look = end.min(now + this.head);
            ready!(poll_deadline(&mut this.read_timer, look, cx));
        }
        if this.started {
            // Nothing else is being written, and a client that does not read loses no more than this.
            let _ = this.stream.try_write(&this.bare.head_too_slow);
            Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
        } else {
            // As if the client had hung up: nothing was asked.
            Poll::Ready(Ok(()))
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.instead.is_none() && this.is_unasked() {
            let head = slices.iter().find(|slice| !slice.is_empty());
            this.instead = head.map(|head| this.bare.instead_of(head));
        }
        while let Some(left) = this.instead.as_mut().filter(|left| !left.is_empty()) {
            let written = Pin::new(&mut this.stream).poll_write(cx, left);
            if let Poll::Ready(Ok(bytes)) = written {
                left.advance(bytes);
            }
            ready!(this.bound(written, cx))?;
        }
        if this.instead.is_some() {
            // As if it had been written.
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.bound(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Is called when all that there was has been written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.behind.take().is_some() {
            this.progress.set_answered();
        }
        if this.progress.in_flight.load(Ordering::Relaxed) == 0 {
            this.is_answering = false;
        }
        Pin::new(&mut this.stream).poll_flush(cx)
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
