//! Redis comes and goes: nobody waits for it, and it is used again as soon as it answers.

use std::time::{Duration, Instant};

use ::redis::{Script, aio::MultiplexedConnection, cmd};
use prosektorweb::platform::redis::{Redis, Trouble};

use crate::support::{
    ADA, Client, Logged, TestApp, config,
    proxy::Proxy,
    redis::{Server, until},
};

/// What a caller may lose to a Redis that has just failed: twice fifty milliseconds, and what the machine is late.
const LOST: Duration = Duration::from_millis(120);
/// Failures of which the one in the middle is looked at: the machine may be late once.
const FAILURES: usize = 5;

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

async fn opened(server: &Server) -> Redis {
    let redis = Redis::open(&server.url(), None).unwrap();
    until(&redis, true).await;
    redis
}

async fn set(redis: &Redis, value: String) -> Result<(), Trouble> {
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        cmd("SET")
            .arg("key")
            .arg(value)
            .query_async::<()>(&mut line)
            .await
    });
    asked.await
}

async fn get(redis: &Redis) -> Result<Option<String>, Trouble> {
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        cmd("GET").arg("key").query_async(&mut line).await
    });
    asked.await
}

/// How many connections the server has been asked for, and how many it has now.
async fn connections(redis: &Redis) -> (u64, u64) {
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        cmd("INFO").query_async::<String>(&mut line).await
    });
    let info = asked.await.unwrap();
    let number = |name: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().parse().unwrap()
    };
    (
        number("total_connections_received:"),
        number("connected_clients:"),
    )
}

#[tokio::test]
async fn commands_and_scripts_are_answered() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let redis = opened(&server).await;
    set(&redis, "değer".into()).await.unwrap();
    assert_eq!(get(&redis).await.unwrap().as_deref(), Some("değer"));
    let script = Script::new("return redis.call('STRLEN', KEYS[1])");
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        script.key("key").invoke_async::<u64>(&mut line).await
    });
    assert_eq!(asked.await.unwrap(), 6);
    // What the server refuses says nothing about the server.
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        cmd("LPUSH")
            .arg(&["key", "x"])
            .query_async::<()>(&mut line)
            .await
    });
    assert!(matches!(asked.await, Err(Trouble::Refused(_))));
    assert!(redis.is_up());
}

#[tokio::test]
async fn a_server_that_was_never_there_is_away_at_once_and_used_when_it_comes() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    server.kill();
    let redis = Redis::open(&server.url(), None).unwrap();
    let mut times = Vec::new();
    for _ in 0..100 {
        let begun = Instant::now();
        assert!(matches!(get(&redis).await, Err(Trouble::Away)));
        times.push(begun.elapsed());
    }
    assert!(middle(times) < Duration::from_millis(5));
    server.restart();
    until(&redis, true).await;
    assert!(get(&redis).await.is_ok());
}

#[tokio::test]
async fn a_killed_server_costs_nobody_more_than_a_moment_and_is_back_within_five_seconds() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let redis = opened(&server).await;
    set(&redis, "before".into()).await.unwrap();
    let (mut lost, mut then) = (Vec::new(), Vec::new());
    for _ in 0..FAILURES {
        server.kill();
        let begun = Instant::now();
        assert!(get(&redis).await.is_err());
        lost.push(begun.elapsed());
        assert!(!redis.is_up());
        let begun = Instant::now();
        assert!(matches!(get(&redis).await, Err(Trouble::Away)));
        then.push(begun.elapsed());
        server.restart();
        until(&redis, true).await;
    }
    let lost = middle(lost);
    assert!(lost <= LOST, "{lost:?}");
    assert!(middle(then) < Duration::from_millis(20));
    // Nothing that was made before the failure is used.
    for _ in 0..20 {
        assert_eq!(get(&redis).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_server_that_hangs_costs_a_tenth_of_a_second_once_and_starts_no_storm() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let redis = opened(&server).await;
    let mut lost = Vec::new();
    for _ in 0..FAILURES {
        server.hold();
        let begun = Instant::now();
        let asked = (0..200).map(|_| get(&redis));
        for answer in futures_util::future::join_all(asked).await {
            assert!(answer.is_err());
        }
        lost.push(begun.elapsed());
        server.let_go();
        until(&redis, true).await;
    }
    let lost = middle(lost);
    assert!(lost <= LOST, "{lost:?}");

    let (before, _) = connections(&redis).await;
    server.hold();
    assert!(get(&redis).await.is_err());
    for _ in 0..2_000 {
        assert!(matches!(get(&redis).await, Err(Trouble::Away)));
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    server.let_go();
    until(&redis, true).await;
    // The probe tried every two and a half seconds, and no request did.
    let (after, now) = connections(&redis).await;
    assert!(
        after - before <= 12,
        "{} connections were made",
        after - before
    );
    assert!(now <= 10, "{now} connections are left");
}

#[tokio::test]
async fn connections_that_the_server_closed_while_idle_cost_nobody_an_answer() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let redis = opened(&server).await;
    let tell = async |words: &[&str]| {
        let asked = redis.run(async |mut line: MultiplexedConnection| {
            let mut command = cmd(words[0]);
            command.arg(&words[1..]).query_async::<()>(&mut line).await
        });
        asked.await.unwrap();
    };
    set(&redis, "there".into()).await.unwrap();
    for _ in 0..3 {
        tell(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        for _ in 0..10 {
            assert_eq!(get(&redis).await.unwrap().as_deref(), Some("there"));
        }
    }
    tell(&["CONFIG", "SET", "timeout", "1"]).await;
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    for _ in 0..10 {
        assert_eq!(get(&redis).await.unwrap().as_deref(), Some("there"));
    }
}

#[tokio::test]
async fn the_log_tells_once_why_a_server_cannot_be_used() {
    let Some(server) = Server::start(&["--requirepass", "right"]) else {
        return;
    };
    let logged = Logged::default();
    let _guard = logged.begin(tracing::Level::WARN);
    let wrong = server.url().replace("redis://", "redis://:s3cr3t@");
    let redis = Redis::open(&wrong, None).unwrap();
    // Time for several looks.
    tokio::time::sleep(Duration::from_millis(1_800)).await;
    assert!(!redis.is_up());
    let log = logged.text();
    assert_eq!(log.matches("redis_down").count(), 1, "{log}");
    assert!(log.contains("WRONGPASS"), "{log}");
    assert!(!log.contains("s3cr3t"), "{log}");
}

#[tokio::test]
async fn a_full_server_refuses_writes_and_goes_on_reading() {
    let Some(server) = Server::start(&["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"])
    else {
        return;
    };
    let redis = opened(&server).await;
    let mut refused = false;
    for _ in 0..100 {
        match set(&redis, "x".repeat(500_000)).await {
            Ok(()) => {}
            Err(Trouble::Refused(_)) => refused = true,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(refused && redis.is_up());
    assert!(get(&redis).await.is_ok());
}

#[tokio::test]
async fn tls_is_spoken_to_whom_its_authority_vouches_for() {
    let Some(server) = Server::start_with_tls() else {
        return;
    };
    let authority = std::fs::read(server.authority()).unwrap();
    let redis = Redis::open(&server.tls_url(), Some(authority)).unwrap();
    until(&redis, true).await;
    set(&redis, "secret".into()).await.unwrap();
    assert_eq!(get(&redis).await.unwrap().as_deref(), Some("secret"));

    let doubtful = Redis::open(&server.tls_url(), None).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!doubtful.is_up());

    let (url, file) = (server.tls_url(), server.authority());
    let settings = config(&[("REDIS_URL", &url), ("REDIS_CA_FILE", &file)]);
    assert!(
        settings
            .summary()
            .contains(&"Redis: on, over TLS".to_owned())
    );
    assert!(settings.redis_roots.is_some());
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_waited_for_in_the_background_alone() {
    let Some(server) = Server::start_with_tls() else {
        return;
    };
    let authority = std::fs::read(server.authority()).unwrap();
    let proxy = Proxy::start(server.address()).await;
    let url = format!("rediss://localhost:{}", proxy.address.port());
    let redis = Redis::open(&url, Some(authority)).unwrap();
    until(&redis, true).await;
    set(&redis, "before".into()).await.unwrap();
    // From now on the lines that there are say nothing, and of new ones the handshake never ends.
    proxy.cut();
    let begun = Instant::now();
    assert!(get(&redis).await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(1));
    let mut times = Vec::new();
    while begun.elapsed() < Duration::from_secs(4) {
        let asked = Instant::now();
        assert!(matches!(get(&redis).await, Err(Trouble::Away)));
        times.push(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(times.len() > 100 && middle(times) < Duration::from_millis(1));
    proxy.let_go();
    until(&redis, true).await;
    assert_eq!(get(&redis).await.unwrap().as_deref(), Some("before"));
}

async fn readiness(client: &Client) -> (u16, String) {
    let reply = client.get("/readyz").await;
    (reply.status, reply.text().to_owned())
}

#[tokio::test]
async fn readiness_tells_that_redis_is_away_and_pages_go_on() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let url = server.url();
    let app = TestApp::with(&[("REDIS_URL", &url), ("RATE_LIMIT_SCALE", "1")]).await;
    until(app.redis.as_ref().unwrap(), true).await;
    let client = app.client();
    assert_eq!(readiness(&client).await, (200, "ready\n".into()));
    let ada = app.sign_in(ADA).await;
    server.kill();
    assert_eq!(
        readiness(&client).await,
        (200, "ready\ndegraded: redis\n".into())
    );
    assert_eq!(client.get("/healthz").await.status, 200);
    assert_eq!(ada.get("/dashboard").await.status, 200);
    app.sign_in(ADA).await;
    server.restart();
    until(app.redis.as_ref().unwrap(), true).await;
    assert_eq!(readiness(&client).await, (200, "ready\n".into()));
    assert_eq!(ada.get("/dashboard").await.status, 200);
}
