//! Clients that take their time.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use poem::{Body, endpoint::make, get};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{super::Limits, GET, Running, app, rest, short, until};

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

/// Bytes that come one by one, in a head or in a body, until the server has had enough; or nothing is read.
async fn dawdle(mut stream: TcpStream, kind: usize) -> Duration {
    let begun = Instant::now();
    let (opening, drip): (&[u8], &[u8]) = match kind % 3 {
        0 => (b"GET / HTTP/1.1\r\n", b"a: b\r\n"),
        1 => (
            b"POST /upload HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
            b"1\r\n1\r\n",
        ),
        _ => (b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n", b""),
    };
    stream.write_all(opening).await.unwrap();
    if drip.is_empty() {
        // What was written before the cut is still on its way: the end is seen behind it.
        sleep(Duration::from_secs(3)).await;
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
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
    let large = make(async |_| vec![0_u8; 8 * 1024 * 1024]);
    let server = Running::start(limits, app().at("/large", get(large))).await;
    let mut slow = JoinSet::new();
    for kind in 0..500 {
        slow.spawn(dawdle(server.connect().await, kind));
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
