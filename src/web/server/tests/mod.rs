//! The server over real sockets.

mod at_once;
mod refusals;
mod timeouts;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use poem::{Endpoint, Request, Route, endpoint::make, get, http::StatusCode, post};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::{Limits, Respond, serve};

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
    async fn start(limits: Limits, responder: impl Respond) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(listener, responder, limits, true, stopped));
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
async fn head_has_no_body() {
    let server = Running::start(short(), make(async |_| "hello")).await;
    let answer = server
        .ask("HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-length: 5\r\n") && answer.ends_with("\r\n\r\n"));
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
