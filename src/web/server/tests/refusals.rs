//! Requests that the server answers by itself, or that the application refuses early.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use poem::{Body, Response, endpoint::make, http::StatusCode};
use tokio::{io::AsyncWriteExt as _, time::Instant};

use super::{super::Limits, GET, Running, app, rest, short, slow, until};

const HEADERS: [&str; 8] = [
    "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; \
     base-uri 'none'; object-src 'none'",
    "x-content-type-options: nosniff",
    "referrer-policy: strict-origin-when-cross-origin",
    "cross-origin-opener-policy: same-origin",
    "cross-origin-resource-policy: same-origin",
    "permissions-policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-frame-options: DENY",
    "strict-transport-security: max-age=63072000; includeSubDomains",
];

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
    for request in ["\0\u{1}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
        let answer = server.ask(request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    // Who begins with HTTP/2 would not understand an answer in HTTP/1.1.
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    assert_eq!(server.ask(preface).await, "");
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
    let (arrived, endpoint) = slow(Duration::from_secs(3));
    let full = Running::start(full, endpoint).await;
    let mut only = full.connect().await;
    only.write_all(GET.as_bytes()).await.unwrap();
    arrived.notified().await;

    let server = Running::start(short(), app()).await;
    let long = "a".repeat(9 * 1024);
    let endless = "a".repeat(66_000);
    let many = "x: y\r\n".repeat(101);
    let mut used = server.connect().await;
    used.write_all(GET.as_bytes()).await.unwrap();
    until(&mut used, "hello").await;
    used.write_all(b"GET / HTTP/1.1\r\nno header\r\n\r\n")
        .await
        .unwrap();
    for (status, answer) in [
        (405, server.ask("TRACE / HTTP/1.1\r\nhost: x\r\n\r\n").await),
        (
            414,
            server
                .ask(&format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"))
                .await,
        ),
        (
            431,
            server
                .ask(&format!("GET / HTTP/1.1\r\nx: {endless}\r\n\r\n"))
                .await,
        ),
        (
            431,
            server.ask(&format!("GET / HTTP/1.1\r\n{many}\r\n")).await,
        ),
        (400, server.ask("GET / HTTP/9.9\r\n\r\n").await),
        (400, server.ask("GET /\u{7f} HTTP/1.1\r\n\r\n").await),
        (400, server.ask("GET / HTTP/1.1\r\nno header\r\n\r\n").await),
        (400, rest(&mut used).await),
        (408, server.ask("GET / HTTP/1.1\r\n").await),
        (503, full.ask(GET).await),
    ] {
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        for header in HEADERS {
            let line = format!("\r\n{header}\r\n");
            assert_eq!(answer.matches(&line).count(), 1, "{line} {answer}");
        }
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn an_answer_that_looks_like_the_servers_own_is_left_as_it_is() {
    let text = "HTTP/1.1 400 Bad Request\r\n\r\n";
    let said = make(move |_| async move {
        let parts = stream::iter(["a".repeat(200_000), text.to_owned()]).then(|part| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            std::io::Result::Ok(Bytes::from(part))
        });
        Response::builder()
            .status(StatusCode::BAD_REQUEST)
            .header("content-length", 200_000 + text.len())
            .body(Body::from_bytes_stream(parts))
    });
    let server = Running::start(short(), said).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(GET.as_bytes()).await.unwrap();
        let answer = until(&mut stream, text).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.len() > 200_000 && !answer.contains("nosniff"));
    }
}
