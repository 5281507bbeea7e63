//! Signing in and out, and what a session is worth in between.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use poem::{Endpoint, IntoResponse, Request, Response, session::Session};
use prosektorweb::{
    features::users::{self, NewUser},
    platform::db::Sql,
    seed::PASSWORD,
    sql,
    types::{Email, Id},
    web::{
        access::{Permission, Role},
        cx::Cx,
        router::{Table, account_post, get},
        session::{self, token_hash},
    },
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::support::{ADA, CEM, Client, ESRA, Form, OFIS, Reply, TestApp};

const COOKIE: &str = "session";

async fn add_user(app: &TestApp, email: &str, password: &str, role: Role) {
    let user = NewUser {
        name: "Deniz Ak".into(),
        email: Email::parse(email).unwrap(),
        password: password.into(),
        role,
        company_id: None,
    };
    users::create(app, user).await.unwrap();
}

fn is_sign_in(reply: &Reply) -> bool {
    reply.status == 303 && reply.location().starts_with("/login")
}

#[tokio::test]
async fn the_right_password_leads_to_the_dashboard_and_sign_out_back_to_the_sign_in_page() {
    let app = TestApp::new().await;
    let ofis = app.client();
    let page = ofis.get("/login").await;
    assert_eq!(page.status, 200);
    let form = page.form("#session-form");
    assert_eq!(form.action, "/login");
    let reply = ofis
        .submit(&form.set("email", OFIS).set("password", PASSWORD))
        .await;
    assert_eq!((reply.status, reply.location()), (303, "/dashboard"));
    assert_eq!(ofis.follow(&reply).await.status, 200);

    let out = ofis.post_form("/logout", &[]).await;
    assert_eq!((out.status, out.location()), (303, "/login"));
    assert_eq!(
        out.header("clear-site-data"),
        Some("\"cache\", \"storage\"")
    );
    assert_eq!(out.header("cache-control"), Some("private, no-store"));
    assert_eq!(ofis.cookie(COOKIE), None);
    assert!(is_sign_in(&ofis.get("/dashboard").await));
    assert_eq!(app.noted().await, ["session.login-ok", "session.logout"]);
}

#[tokio::test]
async fn the_password_field_works_with_password_managers() {
    let app = TestApp::new().await;
    let page = app.client().get("/login").await;
    let autocomplete = page.attrs("#session-form input[autocomplete]", "autocomplete");
    assert_eq!(autocomplete, ["username", "current-password"]);
    assert!(page.has("#session-form input[type=password][name=password]"));
}

#[tokio::test]
async fn whoever_is_signed_in_is_not_asked_again() {
    let app = TestApp::new().await;
    let reply = app.sign_in(OFIS).await.get("/login").await;
    assert_eq!((reply.status, reply.location()), (303, "/dashboard"));
}

#[tokio::test]
async fn an_address_is_known_in_any_case_and_with_blanks_around_it() {
    let app = TestApp::new().await;
    app.client().sign_in("  OFIS@Demo.Test ", PASSWORD).await;
}

#[tokio::test]
async fn a_wrong_password_comes_back_with_the_address_but_without_the_password() {
    let app = TestApp::new().await;
    let client = app.client();
    let fields = [("email", OFIS), ("password", "Yanlış-parola-77")];
    let reply = client.post_form("/login", &fields).await;
    assert_eq!(reply.status, 422);
    assert!(reply.is_page());
    assert_eq!(reply.attr("#f-email", "value").as_deref(), Some(OFIS));
    assert_eq!(
        reply.attr("#f-email", "aria-invalid").as_deref(),
        Some("true")
    );
    assert!(reply.has("#error-summary a[href='#f-email']"));
    assert_eq!(reply.attr("#f-password", "value"), None);
    assert!(!reply.text().contains("Yanlış-parola-77"));
    assert_eq!(client.cookie(COOKIE), None);
    assert!(is_sign_in(&client.get("/dashboard").await));
    assert_eq!(app.noted().await, ["session.login-failed"]);

    let fragment = client.htmx_post("/login", &fields).await;
    assert_eq!(fragment.status, 422);
    assert!(!fragment.is_page());
    assert!(fragment.has("form#session-form #error-summary"));
}

#[tokio::test]
async fn unknown_wrong_inactive_and_locked_out_people_get_the_same_answer() {
    let app = TestApp::new().await;
    app.execute(sql!(
        "update users set active = ? where email = ?",
        false,
        ESRA
    ))
    .await;
    let acme = app.company("Acme").await;
    app.execute(sql!(
        "update companies set deleted_at = ? where id = ?",
        app.clock.now(),
        acme
    ))
    .await;
    let attempts = [
        (OFIS, "wrong"),
        ("nobody@demo.test", PASSWORD),
        (ESRA, PASSWORD),
        (CEM, PASSWORD),
        ("not an address", PASSWORD),
    ];
    let mut bodies = Vec::new();
    for (email, password) in attempts {
        let reply = app
            .client()
            .call("POST", "/login")
            .header("x-request-id", "the-same")
            .form(&[("email", email), ("password", password)])
            .send()
            .await;
        assert_eq!(reply.status, 422, "{email}");
        assert_eq!(reply.all("set-cookie"), [""; 0], "{email}");
        let mut headers: Vec<String> = reply
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        let typed = format!("value=\"{email}\"");
        assert!(reply.text().contains(&typed), "{email}");
        bodies.push((headers, reply.text().replace(&typed, "")));
    }
    for body in &bodies {
        assert_eq!(*body, bodies[0]);
    }
}

#[tokio::test]
async fn deactivation_and_a_new_role_act_on_the_next_request() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    assert_eq!(ofis.get("/companies/new").await.status, 200);
    app.execute(sql!(
        "update users set role = 'expert' where email = ?",
        OFIS
    ))
    .await;
    assert_eq!(ofis.get("/companies/new").await.status, 403);
    app.execute(sql!(
        "update users set active = ? where email = ?",
        false,
        OFIS
    ))
    .await;
    assert!(is_sign_in(&ofis.get("/companies").await));
}

#[tokio::test]
async fn a_company_in_the_trash_signs_its_clients_out() {
    let app = TestApp::new().await;
    let cem = app.sign_in(CEM).await;
    assert_eq!(cem.get("/dashboard").await.status, 404);
    let acme = app.company("Acme").await;
    let ada = app.sign_in(ADA).await;
    let confirm = ada.get(&format!("/companies/{acme}/trash")).await;
    ada.submit(&confirm.form(".confirm form")).await;
    assert!(is_sign_in(&cem.get("/dashboard").await));
}

#[tokio::test]
async fn the_cookie_is_bound_to_the_browser_and_over_https_to_this_host() {
    for (base_url, name, secure) in [
        ("http://localhost:3000", "session", false),
        ("https://office.example", "__Host-session", true),
    ] {
        let app = TestApp::with(&[("BASE_URL", base_url)]).await;
        let fields = [("email", OFIS), ("password", PASSWORD)];
        let reply = app.client().post_form("/login", &fields).await;
        let cookies = reply.all("set-cookie");
        let cookies: Vec<&str> = cookies
            .into_iter()
            .filter(|cookie| cookie.starts_with(&format!("{name}=")))
            .collect();
        assert_eq!(cookies.len(), 1);
        let mut parts = cookies[0].split("; ");
        let (given, token) = parts.next().unwrap().split_once('=').unwrap();
        assert_eq!(given, name);
        assert!(token.len() >= 43, "256 bits take 43 characters");
        let mut attributes: Vec<&str> = parts.collect();
        attributes.sort_unstable();
        let mut expected = vec!["HttpOnly", "Path=/", "SameSite=Lax"];
        if secure {
            expected.push("Secure");
        }
        assert_eq!(attributes, expected);
        assert_eq!(
            reply.header("strict-transport-security"),
            secure.then_some("max-age=63072000; includeSubDomains")
        );
    }
}

#[tokio::test]
async fn only_a_hash_of_the_token_is_kept_and_no_page_shows_the_token() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let token = ofis.cookie(COOKIE).unwrap();
    let rows: Vec<(Vec<u8>, String)> = app
        .rows(sql!("select token_hash, data from sessions"))
        .await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].0, token_hash(&token));
    assert!(!rows[0].1.contains(&token));
    for page in ["/dashboard", "/companies", "/help"] {
        assert!(!ofis.get(page).await.text().contains(&token), "{page}");
    }
}

#[tokio::test]
async fn each_sign_in_makes_a_new_session_and_ends_the_one_that_the_browser_brought() {
    let app = TestApp::new().await;
    let ofis = app.client();
    ofis.set_cookie(COOKIE, "a-value-that-an-attacker-has-chosen-long-enough");
    ofis.sign_in(OFIS, PASSWORD).await;
    let first = ofis.cookie(COOKIE).unwrap();
    assert_ne!(first, "a-value-that-an-attacker-has-chosen-long-enough");

    let thief = ofis.stolen();
    assert_eq!(thief.get("/dashboard").await.status, 200);
    ofis.sign_in(OFIS, PASSWORD).await;
    assert_ne!(ofis.cookie(COOKIE).unwrap(), first);
    assert!(is_sign_in(&thief.get("/dashboard").await));
    assert_eq!(ofis.get("/dashboard").await.status, 200);
    assert_eq!(app.number(sql!("select count(*) from sessions")).await, 1);
}

#[tokio::test]
async fn a_copied_cookie_is_dead_after_sign_out() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let thief = ofis.stolen();
    ofis.post_form("/logout", &[]).await;
    assert!(is_sign_in(&thief.get("/dashboard").await));
    assert_eq!(app.number(sql!("select count(*) from sessions")).await, 0);
}

#[tokio::test]
async fn sign_out_is_a_post() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let reply = ofis.get("/logout").await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
    assert_eq!(ofis.get("/dashboard").await.status, 200);
}

#[tokio::test]
async fn half_an_hour_without_a_request_ends_a_session_and_a_request_within_it_does_not() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for _ in 0..3 {
        app.clock.shift(TimeDelta::minutes(29));
        assert_eq!(ofis.get("/dashboard").await.status, 200);
    }
    app.clock.shift(TimeDelta::minutes(31));
    assert!(is_sign_in(&ofis.get("/dashboard").await));
}

#[tokio::test]
async fn twelve_hours_end_a_session_in_any_case() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for _ in 0..25 {
        app.clock.shift(TimeDelta::minutes(28));
        assert_eq!(ofis.get("/dashboard").await.status, 200);
    }
    app.clock.shift(TimeDelta::minutes(21));
    assert!(is_sign_in(&ofis.get("/dashboard").await));
    // The next sign-in sweeps it out of the table.
    app.clock.shift(TimeDelta::hours(1));
    app.sign_in(ADA).await;
    assert_eq!(app.number(sql!("select count(*) from sessions")).await, 1);
}

#[tokio::test]
async fn an_expired_page_comes_back_after_the_sign_in() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    app.clock.shift(TimeDelta::hours(13));
    let reply = ofis.get("/companies?status=lead&q=a%20b").await;
    assert_eq!(reply.status, 303);
    let page = ofis.follow(&reply).await;
    assert!(page.has(".notice"), "it says that the session has ended");
    let form = page.form("#session-form").set("email", OFIS);
    let reply = ofis.submit(&form.set("password", PASSWORD)).await;
    assert_eq!(
        (reply.status, reply.location()),
        (303, "/companies?status=lead&q=a%20b")
    );
}

#[tokio::test]
async fn after_the_end_htmx_is_sent_to_the_sign_in_page_and_gets_no_page_for_a_fragment() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    app.clock.shift(TimeDelta::hours(13));
    let acme = app.company("Acme").await;
    let contacts = format!("/companies/{acme}/contacts");
    for reply in [
        ofis.htmx_get("/companies").await,
        ofis.htmx_post(&contacts, &[("name", "Ali Veli")]).await,
    ] {
        assert_eq!(reply.status, 401);
        assert!(reply.header("hx-redirect").unwrap().starts_with("/login"));
        assert_eq!(reply.text(), "");
        assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    }
}

#[tokio::test]
async fn the_way_back_never_leaves_this_site() {
    let app = TestApp::new().await;
    for evil in [
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "https:evil.test",
        "https://evil.test",
        "/\t/evil.test",
        "/%09/evil.test\r\nX: y",
        "/a\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.test",
        "",
    ] {
        let fields = [("email", OFIS), ("password", PASSWORD), ("next", evil)];
        let reply = app.client().post_form("/login", &fields).await;
        assert_eq!(
            (reply.status, reply.location()),
            (303, "/dashboard"),
            "{evil:?}"
        );
        let reply = app.client().htmx_post("/login", &fields).await;
        assert_eq!(reply.header("hx-redirect"), Some("/dashboard"), "{evil:?}");
        let query: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        let page = app.client().get(&format!("/login?next={query}")).await;
        assert_eq!(page.form("#session-form").value("next"), None, "{evil:?}");
        let fields = [("theme", "dark"), ("next", evil)];
        let reply = app.client().post_form("/preferences", &fields).await;
        assert_eq!(
            (reply.status, reply.location()),
            (303, "/dashboard"),
            "{evil:?}"
        );
    }
}

#[tokio::test]
async fn a_password_of_ten_thousand_characters_is_refused_without_being_hashed() {
    let app = TestApp::new().await;
    let long = "ş".repeat(10_000);
    // Its hash is on record, so only a refusal before the hashing can say no.
    add_user(&app, "deniz@demo.test", &long, Role::Office).await;
    let fields = [("email", "deniz@demo.test"), ("password", long.as_str())];
    let reply = app.client().post_form("/login", &fields).await;
    assert_eq!(reply.status, 422);
    assert!(!reply.text().contains("şşşş"));
    let begun = std::time::Instant::now();
    app.client().post_form("/login", &fields).await;
    assert!(begun.elapsed() < std::time::Duration::from_millis(100));
}

#[tokio::test]
async fn long_passwords_blanks_and_symbols_count_to_the_last_character() {
    let app = TestApp::new().await;
    let password = format!("{} 🔑 ", "parola".repeat(20));
    add_user(&app, "deniz@demo.test", &password, Role::Office).await;
    app.client().sign_in("deniz@demo.test", &password).await;
    for other in [password.trim_end(), &password[..64]] {
        let fields = [("email", "deniz@demo.test"), ("password", other)];
        assert_eq!(app.client().post_form("/login", &fields).await.status, 422);
    }
}

#[tokio::test]
async fn a_hash_of_weaker_settings_is_replaced_at_the_next_sign_in() {
    let app = TestApp::new().await;
    // `prosektor-demo`, argon2id with 8 MiB and one pass.
    let weak = weak_hash();
    app.execute(sql!(
        "update users set password_hash = ? where email = ?",
        weak.as_str(),
        OFIS
    ))
    .await;
    app.sign_in(OFIS).await;
    let hashes: Vec<(String,)> = app
        .rows(sql!(
            "select password_hash from users where email = ?",
            OFIS
        ))
        .await;
    assert!(hashes[0].0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    app.sign_in(OFIS).await;
}

fn weak_hash() -> String {
    use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher as _};
    let params = Params::new(8 * 1024, 1, 1, None).unwrap();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(PASSWORD.as_bytes())
        .unwrap()
        .to_string()
}

#[tokio::test]
async fn two_people_with_one_password_have_two_hashes_of_owasps_strength() {
    let app = TestApp::new().await;
    let hashes: Vec<(String,)> = app.rows(sql!("select password_hash from users")).await;
    let mut distinct: Vec<&str> = hashes.iter().map(|(hash,)| hash.as_str()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), hashes.len());
    for (hash,) in &hashes {
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let salt = hash.split('$').nth(4).unwrap();
        assert!(salt.len() >= 22, "16 bytes take 22 characters: {hash}");
    }
}

/// A page that takes its time and leaves something in the session at its end.
struct Slow {
    began: Arc<Notify>,
    may_end: Arc<Notify>,
}

impl Endpoint for Slow {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let session = request.extensions().get::<Session>().unwrap().clone();
        self.began.notify_one();
        self.may_end.notified().await;
        session.set("left", "behind");
        Ok("slow".into_response())
    }
}

#[tokio::test]
async fn a_request_that_ends_after_the_sign_out_does_not_bring_the_session_back() {
    let (began, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = Slow {
        began: Arc::clone(&began),
        may_end: Arc::clone(&may_end),
    };
    let routes = Table::default().at("/dashboard/slow", [get(Permission::DashboardRead, slow)]);
    let app = TestApp::with_routes(routes).await;
    let ofis = app.sign_in(OFIS).await;
    let tab = ofis.stolen();
    let other_tab = ofis.stolen();
    let sign_out = async {
        began.notified().await;
        assert_eq!(other_tab.post_form("/logout", &[]).await.status, 303);
        may_end.notify_one();
    };
    let (reply, ()) = tokio::join!(tab.get("/dashboard/slow"), sign_out);
    assert_eq!(reply.status, 200);
    assert_eq!(app.number(sql!("select count(*) from sessions")).await, 0);
    assert!(is_sign_in(&tab.get("/dashboard").await));
    assert!(is_sign_in(&ofis.get("/dashboard").await));
}

/// A sign-in by a password that was right a moment ago.
struct SlowSignIn {
    began: Arc<Notify>,
    may_end: Arc<Notify>,
}

impl Endpoint for SlowSignIn {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let session = request.extensions().get::<Session>().unwrap().clone();
        let app = Cx::of(&request)?.app.clone();
        let account = sql!("select id, password_hash from users where email = ?", OFIS);
        let found: (Uuid, String) = app.db.read().await?.fetch_one(account).await?;
        session::sign_in(&session, Id::from_uuid(found.0), found.1, None, None);
        self.began.notify_one();
        self.may_end.notified().await;
        Ok("signed in".into_response())
    }
}

/// What may happen to an account while somebody signs in to it.
fn meanwhile() -> [Sql; 2] {
    [
        sql!("update users set password_hash = 'x' where email = ?", OFIS),
        sql!("update users set active = ? where email = ?", false, OFIS),
    ]
}

#[tokio::test]
async fn a_session_begins_only_while_the_password_that_was_checked_still_lets_in() {
    for change in meanwhile().into_iter().map(Some).chain([None]) {
        let (began, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = SlowSignIn {
            began: Arc::clone(&began),
            may_end: Arc::clone(&may_end),
        };
        let routes = Table::default().at("/login/slow", [account_post(slow)]);
        let app = TestApp::with_routes(routes).await;
        let client = app.client();
        let is_changed = change.is_some();
        let meanwhile = async {
            began.notified().await;
            if let Some(change) = change {
                app.execute(change).await;
            }
            may_end.notify_one();
        };
        let (reply, ()) = tokio::join!(client.post_form("/login/slow", &[]), meanwhile);
        let sessions = app.number(sql!("select count(*) from sessions")).await;
        if is_changed {
            assert_eq!((reply.status, reply.location()), (303, "/login"));
            assert_eq!(sessions, 0);
        } else {
            assert_eq!((reply.status, sessions), (200, 1));
        }
    }
}

#[tokio::test]
async fn a_password_that_is_another_when_it_was_checked_is_a_wrong_one_and_stays_as_it_is() {
    for hash in [None, Some(weak_hash())] {
        for change in meanwhile() {
            let app = TestApp::new().await;
            if let Some(weak) = &hash {
                let set = "update users set password_hash = ? where email = ?";
                app.execute(Sql::new(set).with(weak.as_str()).with(OFIS))
                    .await;
            }
            // The sign-in reads the account as it was, and writes when this has been committed.
            let mut tx = app.db.begin().await.unwrap();
            tx.execute(change).await.unwrap();
            let committed = async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                tx.commit().await.unwrap();
            };
            let client = app.client();
            let fields = [("email", OFIS), ("password", PASSWORD)];
            let (reply, ()) = tokio::join!(client.post_form("/login", &fields), committed);
            assert_eq!(reply.status, 422);
            assert!(reply.has("#f-email[aria-invalid='true']"));
            assert_eq!(client.cookie(COOKIE), None);
            assert_eq!(app.noted().await, ["session.login-failed"]);
            let undone = sql!(
                "select count(*) from users where email = ? and active and password_hash <> 'x'",
                OFIS
            );
            assert_eq!(app.number(undone).await, 0);
        }
    }
}

#[tokio::test]
async fn the_demo_cast_is_named_only_where_there_is_demo_data() {
    let app = TestApp::new().await;
    let page = app.client().get("/login").await;
    assert_eq!(page.text().contains(OFIS), app.config.demo);
    let secret = "0123456789abcdef0123456789abcdef";
    let live = TestApp::with(&[
        ("APP_ENV", "production"),
        ("BASE_URL", "https://office.example"),
        ("SECRET_KEY", secret),
    ])
    .await;
    assert!(!live.config.demo);
    let page = live.client().get("/login").await;
    assert!(!page.text().contains("demo.test"));
    assert!(!page.text().contains(PASSWORD));
}

/// Signs somebody in without asking for a password, so that a thousand take no time.
struct SignsIn;

impl poem::Endpoint for SignsIn {
    type Output = poem::Response;

    async fn call(&self, request: poem::Request) -> poem::Result<poem::Response> {
        let app = request.data::<prosektorweb::app::App>().unwrap();
        let mut conn = app.db.read().await?;
        let select = sql!("select id, password_hash from users where email = ?", OFIS);
        let (id, hash) = conn.fetch_one::<(uuid::Uuid, String)>(select).await?;
        let session = request
            .extensions()
            .get::<poem::session::Session>()
            .unwrap();
        let user = prosektorweb::types::Id::from_uuid(id);
        prosektorweb::web::session::sign_in(session, user, hash, None, None);
        Ok(poem::Response::default())
    }
}

#[tokio::test]
async fn a_thousand_tokens_are_all_different_and_no_character_of_them_is_foreseen() {
    use prosektorweb::web::router::{Table, account_get};
    let routes = Table::default().at("/login/at-once", [account_get(SignsIn)]);
    let app = TestApp::with_routes(routes).await;
    let mut tokens = std::collections::HashSet::new();
    for _ in 0..1_000 {
        let client = app.client();
        assert_eq!(client.get("/login/at-once").await.status, 200);
        tokens.insert(client.cookie(COOKIE).unwrap());
    }
    assert_eq!(tokens.len(), 1_000);
    let shortest = tokens.iter().map(String::len).min().unwrap();
    // 256 bits in base64, or in hexadecimal digits.
    assert!(shortest >= 43, "{shortest}");
    for place in 0..shortest - 1 {
        let seen: std::collections::HashSet<u8> =
            tokens.iter().map(|token| token.as_bytes()[place]).collect();
        assert!(
            seen.len() >= 16,
            "place {place} takes {} values",
            seen.len()
        );
    }
}

#[tokio::test]
async fn what_ends_on_one_instance_is_dead_on_every_other() {
    let app = TestApp::new().await;
    let variables = [("DATABASE_URL", app.database.url.as_str())];
    let other =
        prosektorweb::app::App::build(crate::support::config(&variables), crate::support::clock())
            .await
            .unwrap();
    let other = Client::new(prosektorweb::routes::table().into_front(&other));
    let ofis = app.sign_in(OFIS).await;
    other.set_cookie(COOKIE, &ofis.cookie(COOKIE).unwrap());
    assert_eq!(other.get("/dashboard").await.status, 200);
    let reply = ofis.post_form("/logout", &[]).await;
    assert_eq!(
        reply.header("clear-site-data"),
        Some("\"cache\", \"storage\"")
    );
    assert!(is_sign_in(&other.get("/dashboard").await));
}

/// The edit form of Acme with a new name typed, not sent yet.
async fn typed_edit(app: &TestApp, client: &Client) -> (String, Form) {
    let page = format!("/companies/{}/edit", app.company("Acme").await);
    let form = client.get(&page).await.form("#company-form form");
    let form = form
        .set("name", "Acme \"Yeni\" <Ad> & Oğulları")
        .set("address", "Birinci satır\n</textarea>ikinci");
    (page, form)
}

#[tokio::test]
async fn what_was_typed_when_the_session_had_ended_is_in_the_form_again_after_the_sign_in() {
    for by_htmx in [false, true] {
        let app = TestApp::new().await;
        let ofis = app.sign_in(OFIS).await;
        let (page, form) = typed_edit(&app, &ofis).await;
        app.clock.shift(TimeDelta::minutes(31));
        let to = if by_htmx {
            let reply = ofis.htmx_submit(&form).await;
            assert_eq!(reply.status, 401);
            assert!(reply.text().is_empty());
            reply.header("hx-redirect").unwrap().to_owned()
        } else {
            let reply = ofis.submit(&form).await;
            assert_eq!(reply.status, 303);
            reply.location().to_owned()
        };
        assert!(to.starts_with("/login?next="), "{to}");
        let sign_in = ofis.get(&to).await.form("#session-form");
        let reply = ofis
            .submit(&sign_in.set("email", OFIS).set("password", PASSWORD))
            .await;
        assert!(reply.location().starts_with(&format!("{page}?kept=")));
        let back = ofis.follow(&reply).await;
        assert!(back.has("main .notice[role=status]"));
        let again = back.form("#company-form form");
        for name in ["name", "address", "version", "status", "source"] {
            assert_eq!(again.value(name), form.value(name), "{name}");
        }
        assert_eq!(ofis.submit(&again).await.status, 303);
        let saved = ofis.get(&page).await.form("#company-form form");
        assert_eq!(saved.value("name"), form.value("name"));
    }
}

#[tokio::test]
async fn what_was_typed_comes_back_to_its_author_alone_and_for_an_hour() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (page, form) = typed_edit(&app, &ofis).await;
    app.clock.shift(TimeDelta::minutes(31));
    let to = ofis.submit(&form).await.location().to_owned();
    let kept = to.rsplit("%3D").next().unwrap().to_owned();
    let kept = format!("{page}?kept={kept}");
    assert!(!app.database_text().await.contains("Oğulları"));

    let is_back =
        |reply: &Reply| reply.form("#company-form form").value("name") == form.value("name");
    let ada = app.sign_in(ADA).await;
    let hers = ada.get(&kept).await;
    assert!(!is_back(&hers) && !hers.has("main .notice"));
    ofis.sign_in(OFIS, PASSWORD).await;
    assert!(is_back(&ofis.get(&kept).await));
    app.clock.shift(TimeDelta::minutes(20));
    ofis.get("/dashboard").await;
    app.clock.shift(TimeDelta::minutes(20));
    ofis.get("/dashboard").await;
    app.clock.shift(TimeDelta::minutes(21));
    assert!(!is_back(&ofis.get(&kept).await));
    // It does not lie there any longer either, without anybody's coming.
    let count = sql!("select count(*) from kept_forms");
    assert_eq!(app.number(count).await, 1);
    let mut tx = app.db.begin().await.unwrap();
    let sweep = prosektorweb::features::sessions::jobs::Sweep::default();
    app.jobs.enqueue(&mut tx, &sweep).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.number(sql!("select count(*) from kept_forms")).await, 0);
    let invented = format!("{page}?kept={}", uuid::Uuid::now_v7());
    assert!(!is_back(&ofis.get(&invented).await));
}

#[tokio::test]
async fn nothing_is_kept_for_strangers_nor_for_sessions_that_somebody_ended() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (_, form) = typed_edit(&app, &ofis).await;
    let stolen = ofis.stolen();
    ofis.post_form("/logout", &[]).await;
    for client in [&stolen, &app.client()] {
        let reply = client.submit(&form).await;
        assert_eq!((reply.status, reply.location()), (303, "/login"));
    }
}

#[tokio::test]
async fn what_a_page_asks_by_itself_is_no_sign_of_anybodys_presence() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let page = ada.get("/jobs").await;
    assert_eq!(
        page.attr("#jobs", "hx-headers").as_deref(),
        Some(r#"{"X-Timer":"true"}"#)
    );
    for _ in 0..31 {
        app.clock.shift(TimeDelta::minutes(1));
        ada.call("GET", "/jobs")
            .header("x-timer", "true")
            .htmx()
            .send()
            .await;
    }
    assert!(is_sign_in(&ada.get("/dashboard").await));

    let ada = app.sign_in(ADA).await;
    for _ in 0..31 {
        app.clock.shift(TimeDelta::minutes(1));
        ada.htmx_get("/jobs").await;
    }
    assert_eq!(ada.get("/dashboard").await.status, 200);
}

#[tokio::test]
async fn how_long_one_may_be_idle_is_a_setting() {
    let app = TestApp::with(&[("SESSION_IDLE_MINUTES", "5")]).await;
    let ofis = app.sign_in(OFIS).await;
    app.clock.shift(TimeDelta::minutes(4));
    assert_eq!(ofis.get("/dashboard").await.status, 200);
    app.clock.shift(TimeDelta::minutes(6));
    assert!(is_sign_in(&ofis.get("/dashboard").await));
}
