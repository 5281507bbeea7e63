//! The way in: accepts connections, bounds what each may take of time and memory, and closes in good order.

use std::{
    convert::Infallible,
    fs,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http_body_util::combinators::BoxBody;
use hyper::{
    body::{Body as _, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use poem::{
    Addr, Body, Endpoint, Request, RequestParts, Response,
    http::{self, HeaderValue, Method, StatusCode, header, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, Sleep, sleep, sleep_until, timeout},
};

/// Connections above the cap that are told so at the same time; more of them wait in the kernel's backlog.
const TURNED_AWAY_AT_ONCE: usize = 256;
/// How long a client that is turned away may take to send its request and to hang up.
const TURN_AWAY_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a closed connection goes on reading, so that a reset does not overtake the answer (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(1);
/// A body that keeps this pace, in bytes a second, may take longer than `Limits::body`.
const BODY_PACE: u64 = 16 * 1024;
/// Buffer of a connection in each direction, and more than a request's head.
const BUFFER: usize = 64 * 1024;
/// Files that everything but connections may need open: databases, Redis, mail, logs.
const OTHER_FILES: usize = 128;

const TURNED_AWAY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 39\r\ncache-control: no-store\r\n\
    x-content-type-options: nosniff\r\nretry-after: 2\r\nconnection: close\r\n\r\n\
    Too busy. Please try again in a moment.";
const HEAD_TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\n\
    content-length: 0\r\nconnection: close\r\n\r\n";

/// What one client may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once; lowered to what the process may open.
    pub connections: usize,
    /// Time for a request's line and headers to arrive, and for a new connection to send its first byte.
    pub head: Duration,
    /// Time between two requests.
    pub idle: Duration,
    /// Time for a request's body to arrive, see `BODY_PACE`.
    pub body: Duration,
    /// Time in which a client must take some of what is written to it.
    pub write: Duration,
    /// Time that shutdown gives to requests in flight.
    pub drain: Duration,
    /// Bytes of a request's line and headers, from 8 KiB to 64 KiB.
    pub head_bytes: usize,
    /// Bytes of a request's URL.
    pub url_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            head: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
            drain: Duration::from_secs(25),
            head_bytes: 32 * 1024,
            url_bytes: 8 * 1024,
        }
    }
}

/// Serves until `shutdown` resolves, then until the requests in flight are done or `limits.drain` has passed.
///
/// Dropping the future cuts every connection at once.
///
/// # Errors
///
/// The listener has no address. Nothing that a client does is an error.
pub async fn serve<E: Endpoint + 'static>(
    listener: TcpListener,
    endpoint: E,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let cap = affordable(limits.connections, open_files());
    if cap < limits.connections {
        tracing::warn!(
            wanted = limits.connections,
            granted = cap,
            "the limit of open files allows fewer connections; raise it with `ulimit -n`"
        );
    }
    tracing::info!(listen = %address, connections = cap, "listening");

    let places = Arc::new(Semaphore::new(cap));
    let waiting_room = Arc::new(Semaphore::new(TURNED_AWAY_AT_ONCE));
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let server = Arc::new(Server {
        endpoint,
        limits,
        stopping,
    });
    let mut pause = Pause::default();
    let mut shutdown = pin!(shutdown);

    loop {
        let stream = tokio::select! {
            biased;
            () = &mut shutdown => break,
            // Also forgets a connection whose endpoint panicked; the others do not notice.
            Some(_) = connections.join_next() => continue,
            accepted = pause.accept(&listener) => match accepted {
                Some(stream) => stream,
                None => continue,
            },
        };
        tokio::select! {
            biased;
            Ok(place) = Arc::clone(&places).acquire_owned() => {
                let server = Arc::clone(&server);
                connections.spawn(async move {
                    server.connection(stream).await;
                    drop(place);
                });
            }
            Ok(place) = Arc::clone(&waiting_room).acquire_owned() => {
                connections.spawn(async move {
                    turn_away(stream).await;
                    drop(place);
                });
            }
            () = &mut shutdown => break,
        }
    }

    drop(listener);
    // Fails when no connection listens any more, which is as good.
    let _ = stop.send(true);
    tracing::info!(open = connections.len(), "draining");
    let drained = timeout(server.limits.drain, async {
        while connections.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        tracing::warn!(open = connections.len(), "cut connections that did not end");
    }
    connections.shutdown().await;
    Ok(())
}

/// As many connections as leave files for everything else.
fn affordable(wanted: usize, open_files: Option<usize>) -> usize {
    let Some(open_files) = open_files else {
        return wanted;
    };
    let left = open_files.saturating_sub(TURNED_AWAY_AT_ONCE + OTHER_FILES);
    wanted.min(left.max(open_files / 4)).max(1)
}

/// The soft limit, where the system tells it.
fn open_files() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Waits longer each time in a row that nothing could be accepted, as when the process has no file left.
#[derive(Default)]
struct Pause {
    failures: u32,
}

impl Pause {
    async fn accept(&mut self, listener: &TcpListener) -> Option<TcpStream> {
        match listener.accept().await {
            Ok((stream, _)) => {
                self.failures = 0;
                Some(stream)
            }
            // The client was gone before its turn.
            Err(err)
                if matches!(
                    err.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::Interrupted
                ) =>
            {
                None
            }
            Err(err) => {
                if self.failures == 0 {
                    tracing::error!(error = %err, "cannot accept connections");
                }
                self.failures += 1;
                sleep(Duration::from_millis(50) * self.failures.min(20)).await;
                None
            }
        }
    }
}

/// Answers after the request came, since clients do not expect to be spoken to first.
async fn turn_away(mut stream: TcpStream) {
    let _ = timeout(TURN_AWAY_TIMEOUT, async {
        let mut buffer = [0; 4096];
        if stream.read(&mut buffer).await? > 0 {
            stream.write_all(TURNED_AWAY).await?;
            stream.shutdown().await?;
            while stream.read(&mut buffer).await? > 0 {}
        }
        io::Result::Ok(())
    })
    .await;
}

struct Server<E> {
    endpoint: E,
    limits: Limits,
    stopping: watch::Receiver<bool>,
}

impl<E: Endpoint + 'static> Server<E> {
    async fn connection(&self, stream: TcpStream) {
        let (Ok(local), Ok(remote)) = (stream.local_addr(), stream.peer_addr()) else {
            return;
        };
        // Costs latency where the system refuses it, nothing else.
        let _ = stream.set_nodelay(true);

        let progress = Arc::new(Progress::default());
        let socket = Socket::new(stream, &self.limits, Arc::clone(&progress));
        let service = service_fn(|request| {
            progress.requests.fetch_add(1, Ordering::Relaxed);
            let busy = Busy::new(Arc::clone(&progress));
            async move {
                let response = self.answer(request, local, remote).await;
                let response: hyper::Response<BoxBody<Bytes, io::Error>> = response.into();
                Ok::<_, Infallible>(response.map(|inner| Answer { inner, _busy: busy }))
            }
        });
        let connection = http1::Builder::new()
            // The socket times the head: hyper would take the pause between two requests for one, and says no 408.
            .header_read_timeout(None)
            .max_header_size(self.limits.head_bytes)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(socket), service);
        let mut connection = pin!(connection);

        let mut stopping = self.stopping.clone();
        tokio::select! {
            result = &mut connection => return log_end(result),
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        connection.as_mut().graceful_shutdown();
        log_end(connection.await);
    }

    async fn answer(
        &self,
        request: http::Request<Incoming>,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Response {
        let (parts, body) = request.into_parts();
        // CONNECT is for proxies, TRACE echoes credentials back.
        if matches!(parts.method, Method::TRACE | Method::CONNECT) {
            let mut response = bare(StatusCode::METHOD_NOT_ALLOWED);
            let allow = HeaderValue::from_static("GET, HEAD, POST");
            response.headers_mut().insert(header::ALLOW, allow);
            return response;
        }
        if url_length(&parts.uri) > self.limits.url_bytes {
            return bare(StatusCode::URI_TOO_LONG);
        }

        let late = Arc::new(AtomicBool::new(false));
        let body = if body.is_end_stream() {
            Body::empty()
        } else {
            Body::from(BoxBody::new(Arriving {
                inner: body,
                limit: self.limits.body,
                since: None,
                received: 0,
                timer: None,
                late: Arc::clone(&late),
            }))
        };
        let local = LocalAddr(Addr::SocketAddr(local));
        let remote = RemoteAddr(Addr::SocketAddr(remote));
        let parts = RequestParts::from((parts, local, remote, Scheme::HTTP));
        let mut response = self
            .endpoint
            .get_response(Request::from_parts(parts, body))
            .await;

        // The endpoint only sees a body that broke off, and may think it was its own fault.
        let failed = response.status().is_client_error() || response.status().is_server_error();
        if late.load(Ordering::Relaxed) && failed {
            response.set_status(StatusCode::REQUEST_TIMEOUT);
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response
    }
}

fn log_end(result: hyper::Result<()>) {
    if let Err(err) = result {
        tracing::debug!(error = &err as &dyn std::error::Error, "connection broke");
    }
}

fn url_length(uri: &http::Uri) -> usize {
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    path + uri.authority().map_or(0, |host| host.as_str().len())
}

/// An answer from before there is an application to draw one.
fn bare(status: StatusCode) -> Response {
    Response::builder()
        .status(status)
        .content_type("text/plain; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'")
        .header(header::CONNECTION, "close")
        .body(status.canonical_reason().unwrap_or_default())
}

/// A request's body that breaks off when it takes too long.
struct Arriving {
    inner: Incoming,
    limit: Duration,
    since: Option<Instant>,
    received: u64,
    timer: Timer,
    late: Arc<AtomicBool>,
}

impl hyper::body::Body for Arriving {
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
        let earned = Duration::from_secs(this.received / BODY_PACE);
        let deadline = since + this.limit + earned;
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

/// A response's body that keeps its connection busy for as long as it lives.
struct Answer {
    inner: BoxBody<Bytes, io::Error>,
    _busy: Busy,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// What a connection's socket must know of its requests.
#[derive(Default)]
struct Progress {
    requests: AtomicUsize,
    in_flight: AtomicUsize,
    /// Who waits to read while a request is in flight, and must look at the clock when it is not any more.
    reader: AtomicWaker,
}

struct Busy(Arc<Progress>);

impl Busy {
    fn new(progress: Arc<Progress>) -> Self {
        progress.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(progress)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.0.reader.wake();
    }
}

/// A connection's socket, with the time-outs that hyper does not have.
struct Socket {
    stream: TcpStream,
    progress: Arc<Progress>,
    head: Duration,
    idle: Duration,
    write: Duration,
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

/// Made when it is first needed, since most waits end before anyone has to look at the clock.
type Timer = Option<Pin<Box<Sleep>>>;

fn poll_deadline(timer: &mut Timer, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
    let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
    if timer.deadline() != deadline {
        timer.as_mut().reset(deadline);
    }
    timer.as_mut().poll(cx)
}

impl Socket {
    fn new(stream: TcpStream, limits: &Limits, progress: Arc<Progress>) -> Self {
        Self {
            stream,
            progress,
            head: limits.head,
            idle: limits.idle,
            write: limits.write,
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
        if this.requests != requests {
            this.requests = requests;
            this.started = false;
            this.read_deadline = Instant::now() + this.idle;
        }
        // The end of an answer is still on its way to a slow client.
        if this.write_deadline.is_some() {
            this.read_deadline = Instant::now() + this.idle;
        }
        if some && !this.started {
            this.started = true;
            this.read_deadline = Instant::now() + this.head;
        }
        if read.is_ready() {
            return read;
        }
        ready!(poll_deadline(&mut this.read_timer, this.read_deadline, cx));
        if this.started {
            // Nothing else is being written, and a client that does not read loses no more than this.
            let _ = this.stream.try_write(HEAD_TOO_SLOW);
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::stream;
    use poem::{Route, endpoint::make, get, post};
    use tokio::{
        sync::{Notify, oneshot},
        task::JoinHandle,
    };

    use super::*;

    fn short() -> Limits {
        let tick = Duration::from_millis(300);
        Limits {
            connections: 64,
            head: tick,
            idle: 4 * tick,
            body: tick,
            write: tick,
            drain: 10 * tick,
            ..Limits::default()
        }
    }

    struct Running {
        address: SocketAddr,
        stop: Option<oneshot::Sender<()>>,
        task: JoinHandle<io::Result<()>>,
    }

    impl Running {
        async fn start(limits: Limits, endpoint: impl Endpoint + 'static) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (stop, stopped) = oneshot::channel();
            let stopped = async {
                let _ = stopped.await;
            };
            let task = tokio::spawn(serve(listener, endpoint, limits, stopped));
            Self {
                address,
                stop: Some(stop),
                task,
            }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }

        async fn ask(&self, request: &str) -> String {
            let mut stream = self.connect().await;
            stream.write_all(request.as_bytes()).await.unwrap();
            rest(&mut stream).await
        }

        fn stop(&mut self) {
            self.stop.take().unwrap().send(()).unwrap();
        }
    }

    /// Everything until the server closes.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut bytes = Vec::new();
        timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes))
            .await
            .expect("the server closes")
            .expect("the server does not reset");
        String::from_utf8(bytes).unwrap()
    }

    /// One answer, as far as its last bytes.
    async fn until(stream: &mut TcpStream, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let mut byte = [0];
            let read = timeout(Duration::from_secs(5), stream.read_exact(&mut byte));
            read.await.expect("an answer").expect(&text);
            text.push(char::from(byte[0]));
        }
        text
    }

    fn app() -> Route {
        Route::new()
            .at("/", get(make(async |_| "hello")))
            .at(
                "/panic",
                get(make(async |_| -> &'static str { panic!("on purpose") })),
            )
            .at(
                "/upload",
                post(make(async |request: Request| {
                    let bytes = request.into_body().into_bytes().await?;
                    Ok::<_, poem::Error>(bytes.len().to_string())
                })),
            )
            .at(
                "/refuse",
                post(make(async |_| StatusCode::PAYLOAD_TOO_LARGE)),
            )
    }

    /// Says that a request has arrived, then takes its time.
    fn slow(time: Duration) -> (Arc<Notify>, impl Endpoint + 'static) {
        let arrived = Arc::new(Notify::new());
        let notify = Arc::clone(&arrived);
        let endpoint = make(move |_| {
            notify.notify_one();
            async move {
                sleep(time).await;
                "hello"
            }
        });
        (arrived, endpoint)
    }

    const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    #[tokio::test]
    async fn a_connection_serves_several_requests() {
        let server = Running::start(short(), app()).await;
        let mut stream = server.connect().await;
        for _ in 0..3 {
            stream.write_all(GET.as_bytes()).await.unwrap();
            let answer = until(&mut stream, "hello").await;
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(!answer.to_lowercase().contains("\r\nserver:"));
            // Longer than a head may take, shorter than a pause.
            sleep(Duration::from_millis(400)).await;
        }
        stream
            .write_all(format!("{GET}{GET}").as_bytes())
            .await
            .unwrap();
        until(&mut stream, "hello").await;
        until(&mut stream, "hello").await;
    }

    #[tokio::test]
    async fn an_idle_connection_is_closed_without_a_word() {
        let server = Running::start(short(), app()).await;
        let begun = Instant::now();
        let mut fresh = server.connect().await;
        assert_eq!(rest(&mut fresh).await, "");
        assert!(begun.elapsed() >= Duration::from_millis(290));

        let mut used = server.connect().await;
        used.write_all(GET.as_bytes()).await.unwrap();
        until(&mut used, "hello").await;
        let begun = Instant::now();
        assert_eq!(rest(&mut used).await, "");
        assert!(begun.elapsed() >= Duration::from_millis(1100));
    }

    #[tokio::test]
    async fn head_has_no_body() {
        let server = Running::start(short(), make(async |_| "hello")).await;
        let answer = server
            .ask("HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("content-length: 5\r\n") && answer.ends_with("\r\n\r\n"));
    }

    #[tokio::test]
    async fn slow_headers_are_cut() {
        let server = Running::start(short(), app()).await;
        let mut stream = server.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let begun = Instant::now();
        let (mut reader, mut writer) = stream.split();
        let drip = async {
            while writer.write_all(b"a: b\r\n").await.is_ok() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let mut answer = [0; 12];
        tokio::select! {
            biased;
            read = reader.read_exact(&mut answer) => { read.unwrap(); }
            () = drip => panic!("cut without an answer"),
        }
        assert_eq!(&answer, b"HTTP/1.1 408");
        assert!(begun.elapsed() < Duration::from_secs(2));
    }

    #[tokio::test]
    async fn slow_headers_are_cut_on_a_used_connection_too() {
        let server = Running::start(short(), app()).await;
        let mut stream = server.connect().await;
        stream.write_all(GET.as_bytes()).await.unwrap();
        until(&mut stream, "hello").await;
        stream.write_all(b"GET / HT").await.unwrap();
        assert!(rest(&mut stream).await.starts_with("HTTP/1.1 408 "));
    }

    #[tokio::test]
    async fn slow_bodies_are_cut() {
        let server = Running::start(short(), app()).await;
        for head in ["content-length: 100000", "transfer-encoding: chunked"] {
            let mut stream = server.connect().await;
            let head = format!("POST /upload HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let (mut reader, mut writer) = stream.split();
            let drip = async {
                while writer.write_all(b"1\r\n1\r\n").await.is_ok() {
                    sleep(Duration::from_millis(50)).await;
                }
                std::future::pending::<()>().await;
            };
            let mut answer = [0; 12];
            tokio::select! {
                () = drip => {}
                read = timeout(Duration::from_secs(3), reader.read_exact(&mut answer)) => {
                    read.expect("cut").unwrap();
                }
            }
            assert_eq!(&answer, b"HTTP/1.1 408");
        }
    }

    #[tokio::test]
    async fn a_body_that_keeps_pace_may_take_longer() {
        let server = Running::start(short(), app()).await;
        let mut stream = server.connect().await;
        let head = b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 65536\r\nconnection: close\r\n\r\n";
        stream.write_all(head).await.unwrap();
        for _ in 0..4 {
            stream.write_all(&[0; 16 * 1024]).await.unwrap();
            sleep(Duration::from_millis(150)).await;
        }
        assert!(rest(&mut stream).await.ends_with("\r\n\r\n65536"));
    }

    #[tokio::test]
    async fn slow_readers_are_cut() {
        struct Alive(Arc<Mutex<bool>>);
        impl Drop for Alive {
            fn drop(&mut self) {
                *self.0.lock().unwrap() = false;
            }
        }
        let alive = Arc::new(Mutex::new(true));
        let shared = Arc::clone(&alive);
        let endless = make(move |_| {
            let guard = Alive(Arc::clone(&shared));
            async move {
                Body::from_bytes_stream(stream::repeat_with(move || {
                    let _ = &guard;
                    io::Result::Ok(Bytes::from_static(&[0; 16 * 1024]))
                }))
            }
        });
        let server = Running::start(short(), endless).await;
        let mut stream = server.connect().await;
        stream.write_all(GET.as_bytes()).await.unwrap();
        let begun = Instant::now();
        while *alive.lock().unwrap() {
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "still being written"
            );
            sleep(Duration::from_millis(20)).await;
        }
        assert!(begun.elapsed() >= Duration::from_millis(290));
    }

    #[tokio::test]
    async fn too_many_connections_are_told_so() {
        let limits = Limits {
            connections: 2,
            ..short()
        };
        let (arrived, endpoint) = slow(Duration::from_millis(1500));
        let server = Running::start(limits, endpoint).await;
        let mut others = Vec::new();
        for _ in 0..2 {
            let mut stream = server.connect().await;
            stream.write_all(GET.as_bytes()).await.unwrap();
            arrived.notified().await;
            others.push(stream);
        }
        for _ in 0..20 {
            let answer = server.ask(GET).await;
            assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
            assert!(answer.contains("\r\nretry-after: 2\r\n"));
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
        }
        drop(others);
        let begun = Instant::now();
        while !server
            .ask("GET / HTTP/1.0\r\n\r\n")
            .await
            .ends_with("hello")
        {
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "no place is free again"
            );
        }
    }

    #[tokio::test]
    async fn oversized_heads_are_refused() {
        let server = Running::start(short(), app()).await;
        let large = "a".repeat(40 * 1024);
        let answer = server
            .ask(&format!("GET / HTTP/1.1\r\nx: {large}\r\n\r\n"))
            .await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");

        let many = "x: y\r\n".repeat(101);
        let answer = server.ask(&format!("GET / HTTP/1.1\r\n{many}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");

        let huge = "a".repeat(5 * 1024 * 1024);
        let answer = server
            .ask(&format!("GET / HTTP/1.1\r\nx: {huge}\r\n\r\n"))
            .await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }

    #[tokio::test]
    async fn long_urls_are_refused() {
        let server = Running::start(short(), app()).await;
        let long = "a".repeat(9 * 1024);
        let answer = server
            .ask(&format!("GET /?{long} HTTP/1.1\r\nhost: x\r\n\r\n"))
            .await;
        assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
    }

    #[tokio::test]
    async fn trace_and_connect_are_refused() {
        let server = Running::start(short(), app()).await;
        for line in ["TRACE /", "CONNECT x:443"] {
            let answer = server
                .ask(&format!("{line} HTTP/1.1\r\nhost: x\r\n\r\n"))
                .await;
            assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
            assert!(
                answer.contains("\r\nallow: GET, HEAD, POST\r\n"),
                "{answer}"
            );
        }
    }

    #[tokio::test]
    async fn nonsense_is_a_bad_request() {
        let server = Running::start(short(), app()).await;
        for request in [
            "\0\u{1}\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ] {
            let answer = server.ask(request).await;
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 400 "),
                "{answer}"
            );
        }
    }

    #[tokio::test]
    async fn an_early_answer_reaches_a_client_that_still_sends() {
        let server = Running::start(short(), app()).await;
        let body = "x".repeat(3 * 1024 * 1024);
        let request = format!(
            "POST /refuse HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = server.ask(&request).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }

    #[tokio::test]
    async fn a_panic_costs_one_connection() {
        let server = Running::start(short(), app()).await;
        assert_eq!(
            server.ask("GET /panic HTTP/1.1\r\nhost: x\r\n\r\n").await,
            ""
        );
        assert!(
            server
                .ask("GET / HTTP/1.0\r\n\r\n")
                .await
                .ends_with("hello")
        );
    }

    #[tokio::test]
    async fn draining_finishes_what_was_begun_and_takes_no_more() {
        let (arrived, endpoint) = slow(Duration::from_millis(300));
        let mut server = Running::start(short(), endpoint).await;
        let mut idle = server.connect().await;
        idle.write_all(GET.as_bytes()).await.unwrap();
        until(&mut idle, "hello").await;
        arrived.notified().await;
        let mut busy = server.connect().await;
        busy.write_all(GET.as_bytes()).await.unwrap();
        arrived.notified().await;

        server.stop();
        let begun = Instant::now();
        assert_eq!(rest(&mut idle).await, "");
        drop(idle);
        assert!(TcpStream::connect(server.address).await.is_err());
        let answer = rest(&mut busy).await;
        assert!(answer.ends_with("hello"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        drop(busy);
        server.task.await.unwrap().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test]
    async fn draining_ends_at_its_limit() {
        let limits = Limits {
            drain: Duration::from_millis(200),
            ..short()
        };
        let (arrived, endpoint) = slow(Duration::from_mins(1));
        let mut server = Running::start(limits, endpoint).await;
        let mut stream = server.connect().await;
        stream.write_all(GET.as_bytes()).await.unwrap();
        arrived.notified().await;
        server.stop();
        let begun = Instant::now();
        server.task.await.unwrap().unwrap();
        let took = begun.elapsed();
        assert!(
            took >= Duration::from_millis(190) && took < Duration::from_secs(2),
            "{took:?}"
        );
    }

    #[test]
    fn connections_leave_files_for_everything_else() {
        assert_eq!(affordable(4096, None), 4096);
        assert_eq!(affordable(4096, Some(1_048_576)), 4096);
        assert_eq!(affordable(4096, Some(1024)), 640);
        assert_eq!(affordable(4096, Some(256)), 64);
        assert!(open_files().is_none_or(|files| files > 0));
    }
}
