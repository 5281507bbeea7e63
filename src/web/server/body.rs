//! Bodies: a request's that has to keep pace, and a response's that keeps its connection busy.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{Full, combinators::BoxBody};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::{
    progress::Busy,
    timer::{Timer, poll_deadline},
};

/// What keeps this pace, in bytes a second, may take longer than `Limits::body` and `Limits::write`.
const PACE: u64 = 16 * 1024;

/// The time that so many bytes are given.
pub(super) fn earned(bytes: u64) -> Duration {
    Duration::from_secs(bytes / PACE)
}

/// A request's body that breaks off when it takes too long.
pub(super) struct Arriving {
    inner: Incoming,
    limit: Duration,
    since: Option<Instant>,
    received: u64,
    timer: Timer,
    late: Arc<AtomicBool>,
}

impl Arriving {
    /// The body, and what tells whether it broke off.
    pub(super) fn new(inner: Incoming, limit: Duration) -> (Self, Arc<AtomicBool>) {
        let late = Arc::new(AtomicBool::new(false));
        let body = Self {
            inner,
            limit,
            since: None,
            received: 0,
            timer: None,
            late: Arc::clone(&late),
        };
        (body, late)
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        let since = *this.since.get_or_insert_with(Instant::now);
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                this.received += u64::try_from(bytes).unwrap_or(u64::MAX);
                return Poll::Ready(Some(Ok(frame)));
            }
            Poll::Ready(end) => return Poll::Ready(end.map(|end| end.map_err(io::Error::other))),
            Poll::Pending => {}
        }
        let deadline = since + this.limit + earned(this.received);
        ready!(poll_deadline(&mut this.timer, deadline, cx));
        this.late.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the request's body took too long",
        ))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// What a response carries.
pub(super) enum Content {
    Whole(Full<Bytes>),
    /// As poem has it.
    Parts(BoxBody<Bytes, io::Error>),
}

impl Content {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self::Whole(Full::new(bytes))
    }
}

/// A response's body that keeps its connection busy for as long as it lives.
pub(super) struct Answer {
    inner: Content,
    _busy: Busy,
}

impl Answer {
    pub(super) fn new(inner: Content, busy: Busy) -> Self {
        Self { inner, _busy: busy }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.inner {
            Content::Whole(bytes) => Pin::new(bytes)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Content::Parts(parts) => Pin::new(parts).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Content::Whole(bytes) => bytes.is_end_stream(),
            Content::Parts(parts) => parts.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Content::Whole(bytes) => bytes.size_hint(),
            Content::Parts(parts) => parts.size_hint(),
        }
    }
}
