//! Clients that take their time.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use poem::{Body, endpoint::make};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, sleep, timeout},
};

use super::{GET, Running, app, rest, short, until};

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
