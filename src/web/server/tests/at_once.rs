//! Answers that need no more than a request's head.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use poem::{
    Request, Response,
    http::{self, Method, request::Parts},
};
use tokio::{
    io::AsyncWriteExt as _,
    time::{Instant, sleep},
};

use super::{
    super::{Limits, Respond},
    GET, Running, rest, short, until,
};

/// Answers GET at once and the rest its long way, and counts what it is asked for.
#[derive(Clone, Default)]
struct Ready {
    asked: Arc<AtomicUsize>,
}

impl Respond for Ready {
    fn at_once(&self, head: &Parts, peer: SocketAddr) -> Option<http::Response<Bytes>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        assert!(peer.ip().is_loopback());
        let is_read = head.method == Method::GET;
        is_read.then(|| http::Response::new(Bytes::from_static(b"at once")))
    }

    async fn respond(&self, _: Request) -> Response {
        "the long way".into()
    }
}

#[tokio::test]
async fn what_is_answered_at_once_leaves_its_connection_open_and_comes_in_order() {
    let server = Running::start(short(), Ready::default()).await;
    let mut stream = server.connect().await;
    for _ in 0..2 {
        stream.write_all(GET.as_bytes()).await.unwrap();
        let answer = until(&mut stream, "at once").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("content-length: 7\r\n"), "{answer}");
        // Longer than a head may take, shorter than a pause.
        sleep(Duration::from_millis(400)).await;
    }
    let post = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc";
    let all = format!("{GET}{post}{GET}{post}");
    stream.write_all(all.as_bytes()).await.unwrap();
    for end in ["at once", "the long way", "at once", "the long way"] {
        let answer = until(&mut stream, end).await;
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 1, "{answer}");
    }
    // A body that nobody reads belongs to no other request.
    let fat = "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc";
    stream
        .write_all(format!("{fat}{GET}").as_bytes())
        .await
        .unwrap();
    until(&mut stream, "at once").await;
    assert!(
        until(&mut stream, "at once")
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn what_is_answered_at_once_is_followed_by_a_pause_of_its_length() {
    let server = Running::start(short(), Ready::default()).await;
    let mut stream = server.connect().await;
    sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    stream.write_all(GET.as_bytes()).await.unwrap();
    until(&mut stream, "at once").await;
    assert_eq!(rest(&mut stream).await, "");
    let paused = begun.elapsed();
    // From the connection's beginning it would be a second.
    assert!(
        paused >= short().idle && paused < Duration::from_secs(3),
        "{paused:?}"
    );
}

#[tokio::test]
async fn what_is_answered_at_once_says_close_when_places_are_few() {
    let limits = Limits {
        connections: 4,
        // The others are there while this one is answered.
        head: Duration::from_secs(5),
        ..short()
    };
    let server = Running::start(limits, Ready::default()).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(server.connect().await);
    }
    let mut stream = server.connect().await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert!(answer.ends_with("at once"), "{answer}");
}

#[tokio::test]
async fn what_is_refused_by_its_head_is_asked_of_nobody() {
    let ready = Ready::default();
    let server = Running::start(short(), ready.clone()).await;
    for (line, status) in [
        ("TRACE / HTTP/1.1".to_owned(), "405"),
        ("CONNECT x:443 HTTP/1.1".to_owned(), "405"),
        (format!("GET /{} HTTP/1.1", "x".repeat(9_000)), "414"),
    ] {
        let answer = server.ask(&format!("{line}\r\nhost: x\r\n\r\n")).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
    assert_eq!(ready.asked.load(Ordering::SeqCst), 0);
    server.ask("GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(ready.asked.load(Ordering::SeqCst), 1);
}
