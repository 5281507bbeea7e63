//! How often somebody may do something, and what they are told when it was too often.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use prosektorweb::{
    platform::limits::{Subject, Tier},
    seed::PASSWORD,
    sql,
};
use uuid::Uuid;

use crate::support::{
    ADA, CEM, Client, Logged, MALLORY, OFIS, Reply, TestApp,
    redis::{Server, until},
};

/// The limits as they are, but for what a test sets.
async fn limited(variables: &[(&str, &str)]) -> TestApp {
    let mut all = vec![("RATE_LIMIT_SCALE", "1")];
    all.extend(variables);
    TestApp::with(&all).await
}

async fn with_redis(server: &Server, variables: &[(&str, &str)]) -> TestApp {
    let url = server.url();
    let mut all = vec![("REDIS_URL", url.as_str())];
    all.extend(variables);
    let app = limited(&all).await;
    until(app.redis.as_ref().unwrap(), true).await;
    app
}

async fn try_password(client: &Client, email: &str, password: &str) -> Reply {
    let fields = [("email", email), ("password", password)];
    client.post_form("/login", &fields).await
}

fn has_room_told(reply: &Reply) -> bool {
    reply.header("ratelimit").is_some() && reply.header("ratelimit-policy").is_some()
}

// ---- who is counted, and how

#[tokio::test]
async fn a_refusal_says_when_to_try_again_as_a_page_and_as_a_fragment_in_both_languages() {
    let app = limited(&[("RATE_LIMIT_SIGN_IN", "2/900")]).await;
    for _ in 0..2 {
        assert_eq!(try_password(&app.client(), OFIS, "wrong").await.status, 422);
    }
    for (lang, minutes) in [("tr", "15 dakika sonra"), ("en", "in 15 minutes")] {
        for fragment in [false, true] {
            let client = app.client();
            let mut call = client
                .call("POST", "/login")
                .header("accept-language", lang);
            if fragment {
                call = call.htmx();
            }
            let form = [("email", OFIS), ("password", PASSWORD)];
            let reply = call.form(&form).send().await;
            assert_eq!(reply.status, 429);
            assert_eq!(reply.is_page(), !fragment);
            assert!(reply.text().contains(minutes), "{}", reply.text());
            let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((890..=900).contains(&wait), "{wait}");
            assert_eq!(
                reply.header("ratelimit-policy"),
                Some("\"sign-in\";q=2;w=900")
            );
            let standing = format!("\"sign-in\";r=0;t={wait}");
            assert_eq!(reply.header("ratelimit"), Some(standing.as_str()));
            assert_eq!(reply.header("cache-control"), Some("private, no-store"));
            assert_eq!(reply.header("hx-retarget"), fragment.then_some("#problem"));
        }
    }
    app.clock.shift(TimeDelta::seconds(901));
    app.client().sign_in(OFIS, PASSWORD).await;
}

#[tokio::test]
async fn people_are_counted_one_by_one_and_administrators_have_their_own_limit() {
    let app = limited(&[
        ("RATE_LIMIT_SIGNED_IN", "3/60"),
        ("RATE_LIMIT_ADMIN", "5/60"),
    ])
    .await;
    for (email, quota) in [(OFIS, 3), (ADA, 5), (CEM, 3)] {
        let client = app.sign_in(email).await.from("192.0.2.1");
        for left in (0..quota).rev() {
            // What is refused for another reason counts as well.
            let reply = client.get("/dashboard/nothing").await;
            assert_eq!(reply.status, 404, "{email}");
            let standing = reply.header("ratelimit").unwrap();
            assert!(standing.contains(&format!(";r={left};")), "{standing}");
        }
        let reply = client.get("/help").await;
        assert_eq!(reply.status, 429, "{email}");
        // The other sessions of the same person count as well, the sign-in does not.
        let again = app.sign_in(email).await;
        assert_eq!(again.get("/help").await.status, 429, "{email}");
    }
}

#[tokio::test]
async fn strangers_are_counted_by_address_and_a_network_of_ipv6_is_one_stranger() {
    let app = limited(&[("RATE_LIMIT_PUBLIC", "3/60")]).await;
    let at = |address: &str| app.client().from(address);
    for path in ["/", "/no-such-page", "/login"] {
        assert_ne!(at("192.0.2.1").get(path).await.status, 429, "{path}");
    }
    for path in ["/", "/no-such-page", "/login", "/companies", "/companies/x"] {
        let reply = at("192.0.2.1").get(path).await;
        assert_eq!(reply.status, 429, "{path}");
        assert!(reply.header("cache-control").unwrap().contains("no-store"));
        assert!(has_room_told(&reply), "{path}");
    }
    assert_eq!(at("192.0.2.2").get("/").await.status, 200);
    for host in 1..=3 {
        let reply = at(&format!("2001:db8:0:1::{host}")).get("/").await;
        assert_eq!(reply.status, 200);
    }
    assert_eq!(at("2001:db8:0:1::4").get("/").await.status, 429);
    assert_eq!(at("2001:db8:0:2::4").get("/").await.status, 200);
    app.clock.shift(TimeDelta::seconds(60));
    assert_eq!(at("192.0.2.1").get("/").await.status, 200);
}

#[tokio::test]
async fn files_and_health_are_not_counted_and_what_a_cache_may_store_tells_no_standing() {
    let app = limited(&[("RATE_LIMIT_PUBLIC", "2/60")]).await;
    let client = app.client().from("192.0.2.1");
    let page = client.get("/").await;
    let style = page.attr("link[rel=stylesheet]", "href").unwrap();
    for _ in 0..5 {
        for path in [style.as_str(), "/healthz", "/readyz"] {
            let reply = client.get(path).await;
            assert_eq!(reply.status, 200, "{path}");
            assert!(reply.header("ratelimit").is_none(), "{path}");
            assert!(reply.header("ratelimit-policy").is_none(), "{path}");
        }
    }
    for reply in [page, client.get("/tr").await] {
        assert_eq!(reply.status, 200);
        assert!(reply.header("ratelimit").is_none());
        assert!(reply.header("ratelimit-policy").is_none());
    }
    assert_eq!(client.get("/").await.status, 429);
    assert!(has_room_told(&app.sign_in(OFIS).await.get("/help").await));
}

// ---- the address

/// The address that the product took for the visitor's.
async fn address_seen(app: &TestApp, peer: &str, forwarded: &[&str]) -> String {
    app.execute(sql!("delete from sessions")).await;
    let client = app.client().from(peer);
    let mut call = client
        .call("POST", "/login")
        .form(&[("email", OFIS), ("password", PASSWORD)]);
    for value in forwarded {
        call = call.header("x-forwarded-for", value);
    }
    assert_eq!(call.send().await.status, 303);
    let rows: Vec<(String,)> = app.rows(sql!("select ip from sessions")).await;
    rows[0].0.clone()
}

#[tokio::test]
async fn the_address_comes_from_a_header_only_behind_a_trusted_proxy() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8")]).await;
    let cases: &[(&str, &[&str], &str)] = &[
        // A stranger says what it likes.
        ("203.0.113.9", &["192.0.2.1"], "203.0.113.9"),
        (
            "203.0.113.9",
            &["10.0.0.1", "192.0.2.1, 10.0.0.2"],
            "203.0.113.9",
        ),
        // One proxy, then more of them; what stands before the last stranger is the stranger's own invention.
        ("10.0.0.1", &["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", &["198.51.100.7, 192.0.2.1"], "192.0.2.1"),
        (
            "10.0.0.1",
            &["198.51.100.7, 192.0.2.1, 10.0.0.3, 10.0.0.2"],
            "192.0.2.1",
        ),
        (
            "10.0.0.1",
            &["198.51.100.7", "192.0.2.1", "10.0.0.2"],
            "192.0.2.1",
        ),
        ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
        ("::ffff:10.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1"),
        // Bytes that are no text are no address either, and hide nothing of what the proxy added.
        ("10.0.0.1", &["\u{ff}, 192.0.2.1"], "192.0.2.1"),
        // What is no address ends the chain at the last proxy that is known.
        ("10.0.0.1", &["192.0.2.1, nonsense"], "10.0.0.1"),
        (
            "10.0.0.1",
            &["192.0.2.1, 10.0.0.2:80, 10.0.0.3"],
            "10.0.0.3",
        ),
        ("10.0.0.1", &[""], "10.0.0.1"),
        ("10.0.0.1", &[], "10.0.0.1"),
    ];
    for (peer, forwarded, seen) in cases {
        assert_eq!(
            address_seen(&app, peer, forwarded).await,
            *seen,
            "{peer} {forwarded:?}"
        );
    }
}

#[tokio::test]
async fn a_spoofed_header_does_not_begin_a_new_window() {
    let app = limited(&[("RATE_LIMIT_SIGN_IN", "3/60")]).await;
    let client = app.client().from("203.0.113.9");
    let mut statuses = Vec::new();
    for number in 0..5 {
        let reply = client
            .call("POST", "/login")
            .header("x-forwarded-for", &format!("192.0.2.{number}"))
            .form(&[("email", "nobody@example.com"), ("password", "wrong")])
            .send()
            .await;
        statuses.push(reply.status);
    }
    assert_eq!(statuses, [422, 422, 422, 429, 429]);
}

// ---- one account

#[tokio::test]
async fn an_account_takes_five_wrong_passwords_from_everywhere_and_opens_again_by_itself() {
    let app = limited(&[]).await;
    for number in 0..5 {
        let somewhere = app.client().from(&format!("192.0.2.{number}"));
        assert_eq!(try_password(&somewhere, OFIS, "wrong").await.status, 422);
    }
    let elsewhere = app.client().from("198.51.100.1");
    let begun = Instant::now();
    let refused = try_password(&elsewhere, OFIS, PASSWORD).await;
    assert_eq!(refused.status, 429);
    assert!(
        refused
            .header("ratelimit-policy")
            .unwrap()
            .starts_with("\"account\";q=5;w=900")
    );
    // No password was hashed for it.
    assert!(begun.elapsed() < Duration::from_millis(500));
    // Others are not concerned.
    app.client()
        .from("198.51.100.2")
        .sign_in(ADA, PASSWORD)
        .await;
    app.clock.shift(TimeDelta::minutes(15));
    elsewhere.sign_in(OFIS, PASSWORD).await;
    // Success empties the window.
    for _ in 0..5 {
        let somewhere = app.client().from("198.51.100.3");
        assert_eq!(try_password(&somewhere, OFIS, "wrong").await.status, 422);
    }
}

#[tokio::test]
async fn the_owners_browser_goes_on_while_strangers_attack_the_account() {
    let app = limited(&[("RATE_LIMIT_SIGN_IN", "100/60")]).await;
    let own = app.sign_in(OFIS).await;
    own.post_form("/logout", &[]).await;
    let stranger = app.client();
    for _ in 0..5 {
        assert_eq!(try_password(&stranger, OFIS, "wrong").await.status, 422);
    }
    assert_eq!(try_password(&stranger, OFIS, PASSWORD).await.status, 429);
    own.sign_in(OFIS, PASSWORD).await;
    // It has a limit of its own, which a sign-in empties.
    for _ in 0..5 {
        assert_eq!(try_password(&own, OFIS, "wrong").await.status, 422);
    }
    assert_eq!(try_password(&own, OFIS, PASSWORD).await.status, 429);
    // To other accounts it is a stranger.
    for _ in 0..5 {
        assert_eq!(try_password(&own, ADA, "wrong").await.status, 422);
    }
    assert_eq!(try_password(&own, ADA, PASSWORD).await.status, 429);
    assert_eq!(try_password(&stranger, ADA, PASSWORD).await.status, 429);
}

#[tokio::test]
async fn a_browser_is_known_by_a_cookie_that_nobody_can_make() {
    let app = limited(&[("RATE_LIMIT_SIGN_IN", "1000/60")]).await;
    let ofis = app.sign_in(OFIS).await;
    let cookie = ofis.cookie("device").unwrap();
    let (id, mac) = cookie.split_once('.').unwrap();
    assert_eq!((id.len(), mac.len()), (32, 32));
    for _ in 0..5 {
        try_password(&app.client(), OFIS, "wrong").await;
    }
    let mallory = app.sign_in(MALLORY).await.cookie("device").unwrap();
    let another = Uuid::from_u128(7).simple().to_string();
    let forged = [
        mallory,
        format!("{another}.{mac}"),
        format!("{id}.{another}"),
        id.to_owned(),
        format!("{id}."),
        "x".repeat(5_000),
    ];
    for value in forged {
        let client = app.client();
        client.set_cookie("device", &value);
        assert_eq!(
            try_password(&client, OFIS, PASSWORD).await.status,
            429,
            "{value}"
        );
    }
    // Several people share a browser: it stays known to each.
    ofis.sign_in(ADA, PASSWORD).await;
    let shared = ofis.cookie("device").unwrap();
    assert!(shared.starts_with(id) && shared.ends_with(mac) && shared.len() == 98);
    assert_eq!(try_password(&ofis, OFIS, PASSWORD).await.status, 303);

    let https = TestApp::with(&[("BASE_URL", "https://office.example")]).await;
    let reply = try_password(&https.client(), OFIS, PASSWORD).await;
    let cookies = reply.all("set-cookie");
    let device = cookies
        .iter()
        .find(|cookie| cookie.starts_with("__Host-device="));
    assert!(
        device
            .unwrap()
            .ends_with("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure")
    );
}

#[tokio::test]
async fn known_and_unknown_addresses_answer_alike_up_to_and_beyond_the_limit() {
    let app = limited(&[]).await;
    let mut courses = Vec::new();
    for (place, email) in [OFIS, "nobody@demo.test", "no address"]
        .into_iter()
        .enumerate()
    {
        let mut course = Vec::new();
        for _ in 0..7 {
            let client = app.client().from(&format!("192.0.2.{place}"));
            let reply = client
                .call("POST", "/login")
                .form(&[("email", email), ("password", "wrong")])
                .send()
                .await;
            let mut headers: Vec<String> = reply
                .headers
                .iter()
                // The seconds that are left move on between one address and the next, and each request has its own id.
                .filter(|(name, _)| {
                    !["retry-after", "ratelimit", "x-request-id"].contains(&name.as_str())
                })
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            headers.sort();
            let typed = format!("value=\"{email}\"");
            let text = reply.text().replace(&typed, "");
            let text = text.replace(reply.header("x-request-id").unwrap(), "");
            course.push((reply.status, headers, text));
        }
        courses.push(course);
    }
    let statuses: Vec<u16> = courses[0].iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429]);
    assert_eq!(courses[1], courses[0]);
    assert_eq!(courses[2], courses[0]);
}

#[tokio::test]
async fn a_hundred_accounts_cannot_be_tried_from_one_address_and_another_address_can_sign_in() {
    let app = limited(&[]).await;
    let mut refused = 0;
    for at in 0..100 {
        // However it is spoofed, the address is the connection's.
        let spoofed = format!("198.51.100.{at}");
        let client = app.client().from("192.0.2.1");
        let fields = [
            ("email", format!("kisi{at}@demo.test")),
            ("password", "wrong".into()),
        ];
        let fields = fields
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let call = client.call("POST", "/login").form(&fields);
        let reply = call.header("x-forwarded-for", &spoofed).send().await;
        match reply.status {
            429 => {
                assert!(reply.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
                assert!(reply.is_page());
                refused += 1;
            }
            status => assert_eq!(status, 422),
        }
    }
    assert_eq!(refused, 90);
    app.client().from("192.0.2.2").sign_in(OFIS, PASSWORD).await;
}

#[tokio::test]
async fn guesses_that_come_all_at_once_are_no_more_than_the_limit() {
    let app = limited(&[("RATE_LIMIT_SIGN_IN", "1000/60")]).await;
    let guesses =
        (0..60).map(|_| async { try_password(&app.client(), OFIS, "wrong").await.status });
    let statuses = futures_util::future::join_all(guesses).await;
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 5);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 55);
}

#[tokio::test]
async fn an_attack_on_the_sign_in_does_not_fill_the_audit() {
    let app = limited(&[("RATE_LIMIT_SIGN_IN", "1000/60")]).await;
    let guess = |number: usize| {
        let client = app.client().from("192.0.2.1");
        async move {
            let email = format!("nobody{number}@demo.test");
            assert_eq!(try_password(&client, &email, "wrong").await.status, 422);
        }
    };
    for number in 0..14 {
        guess(number).await;
    }
    let mut expected = vec!["session.login-failed"; 9];
    expected.push("session.login-limited");
    assert_eq!(app.noted().await, expected);
    app.clock.shift(TimeDelta::minutes(16));
    guess(99).await;
    assert_eq!(app.noted().await.len(), 11);
}

// ---- bodies

#[tokio::test]
async fn a_form_may_hold_two_mebibytes_and_a_strangers_a_quarter_of_one() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let stranger = app.client();
    let mebibyte = 1024 * 1024;
    for (client, path, size, status) in [
        (&ofis, "/companies", 2 * mebibyte, 422),
        (&ofis, "/companies", 2 * mebibyte + 1, 413),
        (&stranger, "/login", mebibyte / 4, 422),
        (&stranger, "/login", mebibyte / 4 + 1, 413),
    ] {
        for announced in [true, false] {
            let body = [b"name=".as_slice(), &b"x".repeat(size - 5)].concat();
            let call = client.call("POST", path);
            let call = call.body("application/x-www-form-urlencoded", body);
            let call = if announced { call } else { call.chunked() };
            assert_eq!(call.send().await.status, status, "{path} {size}");
        }
    }
}

// ---- with Redis

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_let_through_exactly_the_limit_of_a_thousand_parallel_requests() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let settings = [
        ("RATE_LIMIT_SIGN_IN", "10/60"),
        ("RATE_LIMIT_CONTACT", "137/3600"),
    ];
    let one = Arc::new(with_redis(&server, &settings).await);
    let other = Arc::new(with_redis(&server, &settings).await);
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let app = Arc::clone(if number % 2 == 0 { &one } else { &other });
        asked.spawn(async move {
            let limit = app.limits.of(Tier::Contact);
            let subject = Subject::ip("192.0.2.1".parse().ok());
            app.limits.take(limit, subject).await.is_allowed
        });
    }
    let let_through = asked.join_all().await;
    assert_eq!(let_through.iter().filter(|allowed| **allowed).count(), 137);
    assert!(one.redis.as_ref().unwrap().is_up() && other.redis.as_ref().unwrap().is_up());

    // To a machine that is late Redis may look away for a moment, and then each instance counts for itself.
    let mut counted = (0, 0);
    for ip in ["1", "2", "3", "4", "5", "6"].map(|last| format!("192.0.2.{last}")) {
        for app in [&one, &other] {
            until(app.redis.as_ref().unwrap(), true).await;
        }
        let mut asked = tokio::task::JoinSet::new();
        for number in 0..1_000 {
            let app = Arc::clone(if number % 2 == 0 { &one } else { &other });
            let ip = ip.clone();
            asked.spawn(async move {
                let client = app.client().from(&ip);
                let email = format!("nobody{number}@demo.test");
                try_password(&client, &email, "wrong").await.status
            });
        }
        let statuses = asked.join_all().await;
        let of = |wanted| statuses.iter().filter(|status| **status == wanted).count();
        counted = (of(422), of(429));
        if counted.0 == 10 {
            break;
        }
    }
    assert_eq!(counted, (10, 990));
}

#[tokio::test]
async fn a_window_in_redis_slides() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = with_redis(&server, &[("RATE_LIMIT_CONTACT", "2/1")]).await;
    let take = async || {
        let limit = app.limits.of(Tier::Contact);
        app.limits.take(limit, Subject::Everybody).await
    };
    assert!(take().await.is_allowed);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(take().await.is_allowed);
    let refused = take().await;
    assert!(!refused.is_allowed && refused.remaining == 0);
    assert!(refused.reset <= Duration::from_millis(400), "{refused:?}");
    tokio::time::sleep(refused.reset + Duration::from_millis(5)).await;
    // The first is gone, the second is not: a fixed window would let two in.
    assert!(take().await.is_allowed);
    assert!(!take().await.is_allowed);
}

#[tokio::test]
async fn a_redis_that_dies_opens_nothing_at_the_sign_in_and_nothing_when_it_returns_empty() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let app = with_redis(&server, &[]).await;
    let client = app.client().from("192.0.2.1");
    let guess = async |number: usize| {
        let email = format!("nobody{number}@demo.test");
        try_password(&client, &email, "wrong").await.status
    };
    for number in 0..6 {
        assert_eq!(guess(number).await, 422);
    }
    server.kill();
    for number in 6..10 {
        assert_eq!(guess(number).await, 422);
    }
    // What was let through with Redis is remembered without it.
    assert_eq!(guess(10).await, 429);
    server.restart();
    until(app.redis.as_ref().unwrap(), true).await;
    assert_eq!(guess(11).await, 429);
    app.clock.shift(TimeDelta::seconds(61));
    assert_eq!(guess(12).await, 422);
}

#[tokio::test]
async fn a_sign_in_empties_the_accounts_window_on_every_instance() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let settings = [("RATE_LIMIT_SIGN_IN", "1000/60")];
    let one = with_redis(&server, &settings).await;
    let other = with_redis(&server, &settings).await;
    for _ in 0..4 {
        assert_eq!(try_password(&one.client(), OFIS, "wrong").await.status, 422);
    }
    // The databases are two, so that the browser that signs in there is a stranger here as well.
    assert_eq!(
        try_password(&other.client(), OFIS, PASSWORD).await.status,
        303
    );
    // What the first one remembers counts no more.
    let client = one.client();
    for _ in 0..2 {
        assert_eq!(try_password(&client, OFIS, "wrong").await.status, 422);
    }
    assert_eq!(
        try_password(&one.client(), OFIS, PASSWORD).await.status,
        303
    );
    // And what comes after counts as before, there and here.
    for _ in 0..5 {
        assert_eq!(try_password(&one.client(), OFIS, "wrong").await.status, 422);
    }
    for app in [&one, &other] {
        assert_eq!(
            try_password(&app.client(), OFIS, PASSWORD).await.status,
            429
        );
    }
}

#[tokio::test]
async fn what_was_counted_without_redis_is_not_given_back_in_redis() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = with_redis(&server, &[]).await;
    let (limit, subject) = (app.limits.of(Tier::Account), Subject::Everybody);
    let first = app.limits.take(limit, subject).await;
    assert_eq!(first.remaining, 4);
    server.hold();
    // From then on nobody asks Redis: what was asked before it may still count.
    let contact = app.limits.of(Tier::Contact);
    app.limits.take(contact, subject).await;
    let second = app.limits.take(limit, subject).await;
    assert_eq!(second.remaining, 3);
    server.let_go();
    until(app.redis.as_ref().unwrap(), true).await;
    app.limits.give_back(second).await;
    let third = app.limits.take(limit, subject).await;
    assert_eq!(third.remaining, 3, "the first is still there");
    app.limits.give_back(third).await;
    app.limits.give_back(first).await;
    assert_eq!(app.limits.take(limit, subject).await.remaining, 4);
}

#[tokio::test]
async fn a_redis_that_refuses_to_count_is_in_the_log_once_a_minute() {
    let full = ["--maxmemory", "1", "--maxmemory-policy", "noeviction"];
    let Some(server) = Server::start(&full) else {
        return;
    };
    let app = with_redis(&server, &[]).await;
    let logged = Logged::default();
    let _guard = logged.begin(tracing::Level::WARN);
    for number in 0..5_u8 {
        let subject = Subject::ip(Some([192, 0, 2, number].into()));
        let standing = app.limits.take(app.limits.of(Tier::Contact), subject).await;
        assert!(standing.is_allowed);
    }
    let log = logged.text();
    assert_eq!(log.matches("limit_counted_here").count(), 1, "{log}");
    assert!(log.contains("OOM"), "{log}");
}

#[tokio::test]
async fn a_redis_that_hangs_delays_an_answer_by_a_tenth_of_a_second_at_most() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = with_redis(&server, &[]).await;
    let ofis = app.sign_in(OFIS).await;
    let mut delays = Vec::new();
    for _ in 0..5 {
        ofis.get("/help").await;
        let begun = Instant::now();
        ofis.get("/help").await;
        let usual = begun.elapsed();
        server.hold();
        let begun = Instant::now();
        assert_eq!(ofis.get("/help").await.status, 200);
        delays.push(begun.elapsed().saturating_sub(usual));
        server.let_go();
        until(app.redis.as_ref().unwrap(), true).await;
    }
    delays.sort_unstable();
    assert!(delays[2] <= Duration::from_millis(120), "{delays:?}");
}

#[tokio::test]
async fn a_redis_that_hangs_or_is_full_leaves_the_limits_as_they_are() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = with_redis(&server, &[("RATE_LIMIT_SIGNED_IN", "8/60")]).await;
    let ofis = app.sign_in(OFIS).await;
    let ask = async || {
        let begun = Instant::now();
        let status = ofis.get("/help").await.status;
        (status, begun.elapsed())
    };
    ask().await;
    let (_, usual) = ask().await;
    server.hold();
    assert_eq!(ask().await.0, 200);
    // The window here begins at the failure: this tier may let a little more through, and no more than once its limit.
    let mut statuses = Vec::new();
    for _ in 0..9 {
        let (status, took) = ask().await;
        assert!(took < usual + Duration::from_millis(100), "{took:?}");
        statuses.push(status);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 429, 429]);
    server.let_go();
    assert!(until(app.redis.as_ref().unwrap(), true).await < Duration::from_secs(5));
    assert_eq!(ask().await.0, 200);

    let full = ["--maxmemory", "1", "--maxmemory-policy", "noeviction"];
    let server = Server::start(&full).unwrap();
    let app = with_redis(&server, &[]).await;
    for number in 0..12 {
        let client = app.client().from("192.0.2.1");
        let email = format!("nobody{number}@demo.test");
        let status = try_password(&client, &email, "wrong").await.status;
        assert_eq!(status, if number < 10 { 422 } else { 429 });
    }
}

#[tokio::test]
async fn keys_in_redis_hold_no_address_of_anybodys_account_and_expire() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = with_redis(&server, &[]).await;
    let client = app.client().from("192.0.2.1");
    try_password(&client, "kişisel@demo.test", "wrong").await;
    try_password(&client, &"x".repeat(100_000), "wrong").await;
    let redis = app.redis.as_ref().unwrap();
    let asked = redis.run(async |mut line: ::redis::aio::MultiplexedConnection| {
        let keys: Vec<String> = ::redis::cmd("KEYS")
            .arg("prosektorweb:*")
            .query_async(&mut line)
            .await?;
        let mut times = Vec::new();
        for key in &keys {
            times.push(
                ::redis::cmd("PTTL")
                    .arg(key)
                    .query_async::<i64>(&mut line)
                    .await?,
            );
        }
        Ok((keys, times))
    });
    let (keys, times) = asked.await.unwrap();
    assert!(keys.len() >= 3, "{keys:?}");
    for (key, time) in keys.iter().zip(times) {
        assert!(
            key.starts_with("prosektorweb:limit:") && key.len() < 100,
            "{key}"
        );
        assert!(!key.contains("demo.test"), "{key}");
        assert!((1..=3_600_000).contains(&time), "{key}: {time}");
    }
}
