//! Clients that take their time.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use poem::{Body, Endpoint, endpoint::make, get};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{super::Limits, GET, Running, app, rest, short, slow, until};

/// More than the system keeps for a client that does not read.
const LARGE: usize = 16 * 1024 * 1024;

fn large() -> impl Endpoint + 'static {
    let bytes = Bytes::from(vec![0; LARGE]);
    make(move |_| {
        let body = Body::from_bytes(bytes.clone());
        async move { body }
    })
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

/// However long the answer took, somebody looks at the clock after it.
#[tokio::test]
async fn the_pause_after_an_answer_is_bounded_and_begins_with_its_end() {
    let limits = short();
    for waited in [Duration::ZERO, limits.head / 2] {
        let (_, endpoint) = slow(4 * limits.head);
        let server = Running::start(limits.clone(), endpoint).await;
        let mut stream = server.connect().await;
        sleep(waited).await;
        stream.write_all(GET.as_bytes()).await.unwrap();
        let begun = Instant::now();
        until(&mut stream, "hello").await;
        assert_eq!(rest(&mut stream).await, "");
        let whole = begun.elapsed();
        let least = 4 * limits.head + limits.idle;
        assert!(
            whole >= least.mul_f64(0.98) && whole < least + Duration::from_secs(2),
            "{whole:?}"
        );
    }
}

/// A client that takes a long answer slowly has its pause after that, even if it has begun to ask for more meanwhile.
#[tokio::test]
async fn the_pause_after_an_answer_begins_when_a_slow_client_has_taken_it() {
    let limits = Limits {
        idle: Duration::from_millis(400),
        write: Duration::from_secs(5),
        ..short()
    };
    let server = Running::start(limits, large()).await;
    let mut stream = narrow(&server).await;
    stream
        .write_all(format!("{GET}GET / HT").as_bytes())
        .await
        .unwrap();
    sleep(Duration::from_millis(900)).await;
    let mut left = LARGE;
    let mut bytes = vec![0; 1 << 20];
    while left > 0 {
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "it was cut with {left} bytes left");
        left = left.saturating_sub(read);
    }
    sleep(Duration::from_millis(100)).await;
    stream
        .write_all(b"TP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut more = 0;
    while let Ok(read @ 1..) = stream.read(&mut bytes).await {
        more += read;
    }
    assert!(more >= LARGE, "{more}");
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
async fn a_first_head_has_its_time_from_the_beginning_of_the_connection() {
    let head = Duration::from_millis(800);
    let server = Running::start(Limits { head, ..short() }, app()).await;
    let begun = Instant::now();
    let mut stream = server.connect().await;
    sleep(Duration::from_millis(600)).await;
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 408 "));
    let took = begun.elapsed();
    assert!(
        took >= head && took < Duration::from_millis(1300),
        "{took:?}"
    );
}

#[tokio::test]
async fn nobody_keeps_an_idle_connection_when_places_are_few() {
    let limits = Limits {
        connections: 8,
        idle: Duration::from_mins(1),
        ..short()
    };
    let server = Running::start(limits, app()).await;
    let mut idle = Vec::new();
    for _ in 0..6 {
        let mut stream = server.connect().await;
        stream.write_all(GET.as_bytes()).await.unwrap();
        let answer = until(&mut stream, "hello").await;
        assert!(!answer.contains("connection: close"), "{answer}");
        idle.push(stream);
    }
    let begun = Instant::now();
    let mut seventh = server.connect().await;
    seventh.write_all(GET.as_bytes()).await.unwrap();
    let answer = rest(&mut seventh).await;
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    drop(seventh);

    // The others make room when more come: what they sent nothing on for as long as a head may take.
    let _eighth = (server.connect().await, server.connect().await);
    for mut stream in idle {
        if begun.elapsed() < Duration::from_secs(2) && rest(&mut stream).await.is_empty() {
            return;
        }
    }
    panic!("idle connections stay");
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
    let head =
        b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 65536\r\nconnection: close\r\n\r\n";
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

/// A client that has little room for what it does not read.
async fn narrow(server: &Running) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(server.address).await.unwrap()
}

/// Reads so little that it is never quite still.
async fn trickle(stream: &mut TcpStream, time: Duration) {
    let begun = Instant::now();
    let mut few = [0; 400];
    while begun.elapsed() < time && stream.read_exact(&mut few).await.is_ok() {
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn readers_that_trickle_are_cut() {
    let limits = Limits {
        write: Duration::from_secs(1),
        ..short()
    };
    let server = Running::start(limits, large()).await;
    let mut stream = narrow(&server).await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    trickle(&mut stream, Duration::from_secs(4)).await;
    // What was written before the cut is still on its way.
    let mut left = Vec::new();
    let _ = stream.read_to_end(&mut left).await;
    assert!(left.len() < LARGE * 3 / 4, "{} bytes came", left.len());
}

#[tokio::test]
async fn readers_that_keep_pace_get_everything() {
    const SIZE: usize = 300 * 1024;
    let large = make(async |_| vec![0_u8; SIZE]);
    let server = Running::start(short(), large).await;
    let mut stream = narrow(&server).await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    let (begun, mut read) = (Instant::now(), 0);
    let mut part = vec![0; 8 * 1024];
    while read < SIZE {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => panic!("cut after {read} bytes"),
            Ok(bytes) => read += bytes,
        }
        sleep(Duration::from_millis(5)).await;
    }
    assert!(
        begun.elapsed() > short().write,
        "it took longer than a pause may"
    );
}

/// Bytes that come one by one, in a head or in a body, until the server has had enough; or nothing is read, or little.
async fn dawdle(mut stream: TcpStream, kind: usize) -> Duration {
    let begun = Instant::now();
    let (opening, drip): (&[u8], &[u8]) = match kind % 4 {
        0 => (b"GET / HTTP/1.1\r\n", b"a: b\r\n"),
        1 => (
            b"POST /upload HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
            b"1\r\n1\r\n",
        ),
        _ => (b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n", b""),
    };
    stream.write_all(opening).await.unwrap();
    if drip.is_empty() {
        if kind % 4 == 2 {
            sleep(Duration::from_secs(5)).await;
        } else {
            trickle(&mut stream, Duration::from_secs(5)).await;
        }
        // What was written before the cut is still on its way: the end is seen behind it.
        let mut left = Vec::new();
        let _ = stream.read_to_end(&mut left).await;
        assert!(left.len() < LARGE * 3 / 4, "{} bytes came", left.len());
        return begun.elapsed();
    }
    let (mut reader, mut writer) = stream.split();
    let dripping = async {
        while writer.write_all(drip).await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    let cut = async {
        let _ = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await;
    };
    tokio::select! {
        () = dripping => {}
        () = cut => {}
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_slow_clients_are_cut_and_keep_nobody_waiting() {
    let limits = Limits {
        connections: 700,
        head: Duration::from_secs(2),
        body: Duration::from_secs(2),
        write: Duration::from_secs(2),
        ..short()
    };
    let server = Running::start(limits, app().at("/large", get(large()))).await;
    let mut slow = JoinSet::new();
    for kind in 0..500 {
        let stream = match kind % 4 {
            3 => narrow(&server).await,
            _ => server.connect().await,
        };
        slow.spawn(dawdle(stream, kind));
    }
    sleep(Duration::from_millis(200)).await;

    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        let asked = Instant::now();
        let answer = server.ask("GET / HTTP/1.0\r\n\r\n").await;
        assert!(answer.ends_with("hello"), "{answer}");
        times.push(asked.elapsed());
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(slow.len(), 500, "all of them were there meanwhile");
    times.sort_unstable();
    let p99 = times[times.len() * 99 / 100];
    assert!(times.len() >= 20, "{}", times.len());
    assert!(p99 < Duration::from_secs(1), "{p99:?}");

    let cut = timeout(Duration::from_secs(20), slow.join_all()).await;
    for took in cut.expect("every slow client is cut") {
        assert!(took < Duration::from_secs(15), "{took:?}");
    }
}
