//! Requests that the server answers by itself, or that the application refuses early.

use std::time::Duration;

use tokio::{io::AsyncWriteExt as _, time::Instant};

use super::{super::Limits, GET, Running, app, short, slow, until};
use crate::web::security_headers::security_headers;

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
    let fitting = "a".repeat(60 * 1024);
    let answer = server
        .ask(&format!(
            "GET / HTTP/1.1\r\nconnection: close\r\nx: {fitting}\r\n\r\n"
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let large = "a".repeat(65 * 1024);
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
async fn what_the_server_says_by_itself_has_the_headers_of_every_answer() {
    let full = Limits {
        connections: 1,
        ..short()
    };
    let full = Running::start(full, app()).await;
    let mut only = full.connect().await;
    only.write_all(GET.as_bytes()).await.unwrap();
    until(&mut only, "hello").await;

    let server = Running::start(short(), app()).await;
    let long = "a".repeat(9 * 1024);
    for (status, answer) in [
        (405, server.ask("TRACE / HTTP/1.1\r\nhost: x\r\n\r\n").await),
        (
            414,
            server
                .ask(&format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"))
                .await,
        ),
        (408, server.ask("GET / HTTP/1.1\r\n").await),
        (503, full.ask(GET).await),
    ] {
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        for (name, value) in security_headers(true) {
            let line = format!("\r\n{name}: {}\r\n", value.to_str().unwrap());
            assert_eq!(answer.matches(&line).count(), 1, "{line} {answer}");
        }
    }
}
