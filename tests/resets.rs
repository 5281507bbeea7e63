//! The forgotten password: the same answer for everybody, and a link that works once.

use std::{
    io,
    sync::{Arc, Mutex},
};

use chrono::TimeDelta;
use prosektorweb::{
    features::links::{self, Kind, Link},
    seed::PASSWORD,
    sql,
};

use crate::support::{ADA, CEM, Client, ESRA, OFIS, Reply, TestApp};

const NEW: &str = "mavi kapı 7 fincan";

/// The path of the newest link of a kind that somebody has.
pub async fn path_of(app: &TestApp, kind: Kind, email: &str) -> String {
    let links: Vec<Link> = app
        .rows(sql!(
            "select l.id, l.kind, l.user_id, l.detail, l.expires_at from links l join users u on u.id = l.user_id
             where l.kind = ? and u.email = ? order by l.created_at desc limit 1",
            kind,
            email,
        ))
        .await;
    let url = links::url(app, &links[0]);
    let base = app.config.base_url.as_str().trim_end_matches('/');
    url.strip_prefix(base).unwrap().to_owned()
}

/// Subject, text and address of all mails so far, the oldest first.
pub async fn mails(app: &TestApp) -> Vec<(String, String, String)> {
    app.rows(sql!(
        "select to_address, subject, text from mails order by created_at, id"
    ))
    .await
}

async fn ask(app: &TestApp, email: &str) -> Reply {
    let reply = app.client().post_form("/forgot", &[("email", email)]).await;
    app.run_jobs().await;
    reply
}

/// Asks for a link and returns where it leads.
pub async fn reset_path(app: &TestApp, email: &str) -> String {
    ask(app, email).await;
    path_of(app, Kind::Reset, email).await
}

async fn may_sign_in(app: &TestApp, email: &str, password: &str) -> bool {
    let fields = [("email", email), ("password", password)];
    app.client().post_form("/login", &fields).await.status == 303
}

fn headers(reply: &Reply) -> Vec<String> {
    let mut headers: Vec<String> = reply
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    headers
}

/// The mail as it went out, its soft line ends taken away.
fn outbox(app: &TestApp) -> Vec<String> {
    let folder = app.folder.path().join("outbox");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            text.replace("=\r\n", "").replace("=3D", "=")
        })
        .collect()
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_the_link_in_the_mail() {
    let app = TestApp::new().await;
    let elsewhere = app.sign_in(OFIS).await;
    let ofis = app.client();
    assert!(ofis.get("/login").await.has("a[href='/forgot']"));
    let page = ofis.get("/forgot").await;
    assert_eq!(page.status, 200);
    let form = page.form("#forgot-form").set("email", " OFIS@Demo.Test ");
    let reply = ofis.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, "/forgot?sent=true"));
    assert!(ofis.follow(&reply).await.has(".notice"));
    app.run_jobs().await;

    let letter = outbox(&app).remove(0);
    let url = letter.split("http://localhost:3000/reset/").nth(1).unwrap();
    let path = format!("/reset/{}", &url[..43]);
    let page = ofis.get(&path).await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.attrs("#reset-form input[autocomplete]", "autocomplete"),
        ["username", "new-password"]
    );
    let form = page.form("#reset-form").set("password", NEW);
    assert_eq!(form.value("username"), Some(OFIS));
    let reply = ofis.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, "/login?done=reset"));
    assert_eq!(ofis.cookie("session"), None, "nobody is signed in by it");
    assert!(ofis.follow(&reply).await.has(".notice.good"));

    assert!(!may_sign_in(&app, OFIS, PASSWORD).await);
    assert!(may_sign_in(&app, OFIS, NEW).await);
    assert_eq!(elsewhere.get("/dashboard").await.status, 303);
    assert_eq!(
        app.noted().await[1..3],
        ["account.reset-asked", "account.password-reset"]
    );
    let told = mails(&app).await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].0, OFIS);
    assert!(told[1].1.contains("was changed"), "{}", told[1].1);
}

#[tokio::test]
async fn whoever_asks_learns_nothing_of_who_has_an_account() {
    let app = TestApp::new().await;
    app.execute(sql!(
        "update users set active = ? where email = ?",
        false,
        ESRA
    ))
    .await;
    let acme = app.company("Acme").await;
    let now = app.clock.now();
    app.execute(sql!(
        "update companies set deleted_at = ? where id = ?",
        now,
        acme
    ))
    .await;
    let mut answers = Vec::new();
    let asked = [OFIS, "nobody@demo.test", ESRA, CEM];
    for email in asked {
        let client = app.client();
        let reply = client
            .call("POST", "/forgot")
            .header("x-request-id", "same")
            .form(&[("email", email)])
            .send()
            .await;
        let page = client
            .call("GET", reply.location())
            .header("x-request-id", "same")
            .send()
            .await;
        assert_eq!((reply.status, page.status), (303, 200), "{email}");
        answers.push((
            headers(&reply),
            reply.body.clone(),
            headers(&page),
            page.body,
        ));
    }
    for answer in &answers {
        assert_eq!(*answer, answers[0]);
    }
    // Each request did the same work: one job, in which no address can be read.
    let jobs: Vec<(String, String)> = app
        .rows(sql!(
            "select payload, unique_key from jobs where kind = 'account.reset'"
        ))
        .await;
    assert_eq!(jobs.len(), asked.len());
    for (payload, key) in jobs {
        assert!(
            !payload.contains("demo") && !key.contains("demo"),
            "{payload} {key}"
        );
    }
    app.run_jobs().await;
    let told: Vec<String> = mails(&app).await.into_iter().map(|mail| mail.0).collect();
    assert_eq!(told, [OFIS]);
    assert_eq!(app.noted().await, ["account.reset-asked"]);
}

#[tokio::test]
async fn twenty_requests_are_answered_alike_and_send_three_mails_an_hour() {
    let app = TestApp::new().await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        let reply = ask(&app, OFIS).await;
        answers.push((reply.status, reply.location().to_owned(), reply.body));
    }
    for answer in &answers {
        assert_eq!(*answer, answers[0]);
    }
    assert_eq!(mails(&app).await.len(), 3);
    assert_eq!(app.noted().await.len(), 3, "the audit is not filled");
    // The last link that was sent still works, whoever asked after it.
    let path = path_of(&app, Kind::Reset, OFIS).await;
    assert_eq!(app.client().get(&path).await.status, 200);
    app.clock.shift(TimeDelta::minutes(61));
    ask(&app, OFIS).await;
    assert_eq!(app.noted().await.len(), 4);
    // And of many at once, one job is kept while it waits.
    for _ in 0..20 {
        app.client().post_form("/forgot", &[("email", ADA)]).await;
    }
    let waiting =
        sql!("select count(*) from jobs where kind = 'account.reset' and state = 'waiting'");
    assert_eq!(app.number(waiting).await, 1);
}

async fn is_gone(client: &Client, path: &str) -> bool {
    let fields = [("password", NEW)];
    let (page, reply) = (
        client.get(path).await,
        client.post_form(path, &fields).await,
    );
    for reply in [&page, &reply] {
        assert_eq!(reply.status == 404, page.status == 404, "{path}");
        assert!(
            reply.status != 404 || reply.has("main a[href='/forgot']"),
            "{path}"
        );
    }
    page.status == 404
}

#[tokio::test]
async fn a_link_works_once() {
    let app = TestApp::new().await;
    let path = reset_path(&app, OFIS).await;
    let client = app.client();
    let reply = client.post_form(&path, &[("password", NEW)]).await;
    assert_eq!(reply.status, 303);
    assert!(is_gone(&client, &path).await);
    assert!(may_sign_in(&app, OFIS, NEW).await);
}

#[tokio::test]
async fn of_two_at_once_one_wins() {
    let app = TestApp::new().await;
    let path = reset_path(&app, OFIS).await;
    let (one, other) = (app.client(), app.client());
    let (first, second) = ([("password", NEW)], [("password", "sarı kapı 8 fincan")]);
    let (a, b) = tokio::join!(
        one.post_form(&path, &first),
        other.post_form(&path, &second)
    );
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
    assert_eq!(may_sign_in(&app, OFIS, NEW).await, a.status == 303);
    assert_eq!(may_sign_in(&app, OFIS, second[0].1).await, b.status == 303);
}

#[tokio::test]
async fn a_link_works_for_a_quarter_of_an_hour_on_the_products_clock() {
    let app = TestApp::new().await;
    let path = reset_path(&app, OFIS).await;
    app.clock.shift(TimeDelta::minutes(14));
    assert_eq!(app.client().get(&path).await.status, 200);
    app.clock.shift(TimeDelta::minutes(2));
    assert!(is_gone(&app.client(), &path).await);
    assert!(may_sign_in(&app, OFIS, PASSWORD).await);
}

#[tokio::test]
async fn a_newer_link_makes_the_older_one_void() {
    let app = TestApp::new().await;
    let older = reset_path(&app, OFIS).await;
    app.clock.shift(TimeDelta::seconds(1));
    let newer = reset_path(&app, OFIS).await;
    assert_ne!(older, newer);
    assert!(is_gone(&app.client(), &older).await);
    let reply = app.client().post_form(&newer, &[("password", NEW)]).await;
    assert_eq!(reply.status, 303);
}

#[tokio::test]
async fn a_new_address_a_new_password_deactivation_and_the_trash_make_a_link_void() {
    let app = TestApp::new().await;
    // A new address.
    let path = reset_path(&app, OFIS).await;
    let ofis = app.sign_in(OFIS).await;
    let fields = [("email", "yeni@demo.test"), ("current_password", PASSWORD)];
    ofis.post_form("/account/email", &fields).await;
    let confirm = path_of(&app, Kind::Address, OFIS).await;
    assert_eq!(ofis.post_form(&confirm, &[]).await.status, 303);
    assert!(is_gone(&app.client(), &path).await);
    // A new password.
    let path = reset_path(&app, ADA).await;
    let ada = app.sign_in(ADA).await;
    let fields = [("current_password", PASSWORD), ("password", NEW)];
    assert_eq!(
        ada.post_form("/account/password", &fields).await.status,
        303
    );
    assert!(is_gone(&app.client(), &path).await);
    // Deactivation.
    let path = reset_path(&app, ESRA).await;
    app.execute(sql!(
        "update users set active = ? where email = ?",
        false,
        ESRA
    ))
    .await;
    assert!(is_gone(&app.client(), &path).await);
    // The client's company in the trash.
    let path = reset_path(&app, CEM).await;
    let (now, acme) = (app.clock.now(), app.company("Acme").await);
    app.execute(sql!(
        "update companies set deleted_at = ? where id = ?",
        now,
        acme
    ))
    .await;
    assert!(is_gone(&app.client(), &path).await);
}

#[tokio::test]
async fn what_is_no_link_gets_the_same_page_as_one_that_works_no_more() {
    let app = TestApp::new().await;
    let path = reset_path(&app, OFIS).await;
    app.clock.shift(TimeDelta::minutes(16));
    let mut answers = Vec::new();
    let unknown = format!("/reset/{}", "A".repeat(43));
    for path in [
        path.as_str(),
        &unknown,
        "/reset/no-token-4711",
        "/reset/%00",
        "/reset/%F0%9F%94%91",
    ] {
        let client = app.client();
        let reply = client
            .call("GET", path)
            .header("x-request-id", "same")
            .send()
            .await;
        assert_eq!(reply.status, 404, "{path}");
        let page = reply.text().replace(&path["/reset/".len()..], "TOKEN");
        answers.push((headers(&reply), page));
    }
    for answer in &answers {
        assert_eq!(*answer, answers[0]);
    }
    // A link of another kind is none of this one.
    let ada = app.sign_in(ADA).await;
    let fields = [("email", "yeni@demo.test"), ("current_password", PASSWORD)];
    ada.post_form("/account/email", &fields).await;
    let address = path_of(&app, Kind::Address, ADA).await;
    let other = address.replace("/account/address/", "/reset/");
    assert!(is_gone(&app.client(), &other).await);
}

#[tokio::test]
async fn a_password_that_may_not_be_chosen_leaves_the_link_as_it_is() {
    let app = TestApp::new().await;
    let path = reset_path(&app, CEM).await;
    let client = app.client();
    let long = "ş".repeat(10_000);
    for bad in [
        "",
        "kısa",
        "password123",
        "cem@demo.test",
        "Acme İş Sağlığı ve Güvenliği A.Ş.",
        "prosektorweb1",
        &long,
    ] {
        let reply = client.post_form(&path, &[("password", bad)]).await;
        assert_eq!(reply.status, 422, "{bad:.20}");
        assert!(reply.has("#f-password[aria-invalid='true']"), "{bad:.20}");
        assert_eq!(reply.attr("#f-password", "value"), None);
        assert_eq!(reply.form("#reset-form").action, path);
    }
    assert!(may_sign_in(&app, CEM, PASSWORD).await);
    // 64 characters and more are kept whole, blanks at the end too.
    let good = format!("{} kırlangıç 🔑 ", "uzun yol ".repeat(10));
    let reply = client.post_form(&path, &[("password", &good)]).await;
    assert_eq!(reply.status, 303);
    assert!(may_sign_in(&app, CEM, &good).await);
    assert!(!may_sign_in(&app, CEM, good.trim_end()).await);
}

#[tokio::test]
async fn whoever_is_signed_in_already_is_signed_out_by_the_reset() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let path = reset_path(&app, OFIS).await;
    let reply = ofis.post_form(&path, &[("password", NEW)]).await;
    assert_eq!((reply.status, reply.location()), (303, "/login?done=reset"));
    let page = ofis.follow(&reply).await;
    assert_eq!((page.status, page.count(".notice")), (200, 1));
    assert!(
        page.has(".notice.good"),
        "it does not say that the session has ended"
    );
    let left = sql!(
        "select count(*) from sessions s join users u on u.id = s.user_id where u.email = ?",
        OFIS
    );
    assert_eq!(app.number(left).await, 0);
}

#[tokio::test]
async fn whoever_is_signed_in_as_somebody_else_is_told_nothing_of_a_reset() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let path = reset_path(&app, OFIS).await;
    let reply = ada.post_form(&path, &[("password", NEW)]).await;
    assert_eq!((reply.status, reply.location()), (303, "/login?done=reset"));
    let home = ada.follow(&reply).await;
    assert_eq!(home.location(), "/dashboard");
    let page = ada.follow(&home).await;
    assert_eq!(page.one("#flash"), "");
    assert!(may_sign_in(&app, OFIS, NEW).await);
}

#[tokio::test]
async fn a_link_tells_no_other_site_of_itself_and_no_cache_keeps_it() {
    let app = TestApp::new().await;
    let path = reset_path(&app, OFIS).await;
    let before = app.database_text().await;
    let client = app.client();
    let late = format!("/reset/{}", "A".repeat(43));
    for (status, reply) in [
        (200, client.get(&path).await),
        (200, client.call("HEAD", &path).send().await),
        (422, client.post_form(&path, &[]).await),
        (404, client.get(&late).await),
        (405, client.call("DELETE", &path).send().await),
        (404, client.get(&format!("{path}/more")).await),
        (404, client.get("/invite/x").await),
        (404, client.get("/account/address/x").await),
    ] {
        assert_eq!(reply.status, status);
        assert_eq!(reply.all("referrer-policy"), ["no-referrer"], "{status}");
        if reply.body.is_empty() {
            continue;
        }
        assert_eq!(reply.header("cache-control"), Some("private, no-store"));
        assert_eq!(
            reply.attr("meta[name=robots]", "content").as_deref(),
            Some("noindex")
        );
        for (selector, name) in [("[src]", "src"), ("[href]", "href"), ("[action]", "action")] {
            for target in reply.attrs(selector, name) {
                assert!(
                    target.starts_with('#') || target.starts_with('/') && !target.starts_with("//"),
                    "{target}"
                );
            }
        }
    }
    let spent = sql!("select count(*) from links where used_at is not null");
    assert_eq!(app.number(spent).await, 0);
    assert_eq!(app.database_text().await, before, "looking changes nothing");
    assert_eq!(
        client.get("/login").await.all("referrer-policy"),
        ["strict-origin-when-cross-origin"]
    );
}

/// Takes what is logged on this thread.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_token_nor_password_nor_address_is_at_rest_or_in_a_log() {
    let app = TestApp::new().await;
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    let logging = tracing::subscriber::set_default(subscriber);
    let client = app.client();
    client.post_form("/forgot", &[("email", OFIS)]).await;
    app.run_jobs().await;
    let path = path_of(&app, Kind::Reset, OFIS).await;
    let token = path.strip_prefix("/reset/").unwrap();
    client.get(&path).await;
    client.get(&format!("{path}/")).await;
    client.call("DELETE", &path).send().await;
    client.post_form(&path, &[("password", "kısa")]).await;
    let reply = client.post_form(&path, &[("password", NEW)]).await;
    assert_eq!(reply.status, 303);
    client.get(&path).await;
    app.run_jobs().await;
    drop(logging);

    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("path=\"/reset/…\""), "{logged}");
    let kept: Vec<(String, String)> = app.rows(sql!("select text, html from mails")).await;
    let jobs: Vec<(String,)> = app.rows(sql!("select payload from jobs")).await;
    let audit: Vec<(String,)> = app.rows(sql!("select changes from audit_entries")).await;
    let links: Vec<(Vec<u8>, Option<String>)> =
        app.rows(sql!("select token_hash, detail from links")).await;
    assert!(kept.len() >= 2 && jobs.len() >= 3 && links.len() == 1);
    let rest = format!("{kept:?} {jobs:?} {audit:?} {links:?}");
    for (what, text) in [("a log", &logged), ("the database", &rest)] {
        assert!(!text.contains(token), "the token is in {what}");
        assert!(!text.contains(NEW), "the password is in {what}");
    }
    // The product's own writer redacts what is left; nothing is.
    assert!(!logged.contains(OFIS), "{logged}");
}

#[tokio::test]
async fn a_name_like_what_stands_for_a_link_stops_no_mail_and_gets_no_token() {
    let app = TestApp::new().await;
    app.execute(sql!(
        "update users set name = 'LINK-THAT-WORKS-ONCE' where email = ?",
        OFIS
    ))
    .await;
    let client = app.client();
    client.post_form("/forgot", &[("email", OFIS)]).await;
    app.run_jobs().await;
    let path = path_of(&app, Kind::Reset, OFIS).await;
    let token = path.strip_prefix("/reset/").unwrap().to_owned();
    let reply = client.post_form(&path, &[("password", NEW)]).await;
    assert_eq!(reply.status, 303);
    app.run_jobs().await;
    // The second one tells of the new password, and has no link of that kind.
    let sent: Vec<(String, String, String)> = app
        .rows(sql!(
            "select state, text, html from mails order by created_at, id"
        ))
        .await;
    assert_eq!(sent.len(), 2);
    for (state, text, html) in &sent {
        assert_eq!(state, "sent");
        assert!(text.contains("LINK-THAT-WORKS-ONCE"), "{text}");
        assert!(!text.contains(&token) && !html.contains(&token));
    }
}

#[tokio::test]
async fn the_link_is_built_from_the_configuration_alone() {
    for base in ["http://localhost:3000", "https://office.example"] {
        let app = TestApp::with(&[("BASE_URL", base)]).await;
        let attacks: [(&str, &[(&'static str, &str)]); 4] = [
            ("/forgot", &[("host", "evil.test")]),
            (
                "/forgot",
                &[
                    ("host", "office.example"),
                    ("x-forwarded-host", "evil.test"),
                ],
            ),
            (
                "/forgot",
                &[
                    ("host", "office.example"),
                    ("host", "evil.test"),
                    ("forwarded", "host=evil.test"),
                ],
            ),
            ("http://evil.test/forgot", &[("host", "evil.test")]),
        ];
        for (at, (path, headers)) in attacks.into_iter().enumerate() {
            let client = app.client();
            let mut call = client.call("POST", path).form(&[("email", OFIS)]);
            for (name, value) in headers {
                call = call.header(name, value);
            }
            let reply = call.send().await;
            assert!(!reply.location().contains("evil"), "{at}");
            app.run_jobs().await;
            app.clock.shift(TimeDelta::minutes(31));
        }
        let told: Vec<(String, String)> = app.rows(sql!("select text, html from mails")).await;
        assert!(told.len() >= 3, "{}", told.len());
        for (text, html) in told {
            assert!(text.contains(&format!("{base}/reset/")), "{text}");
            assert!(!text.contains("evil") && !html.contains("evil"), "{text}");
        }
    }
}

#[tokio::test]
async fn where_mail_is_off_everybody_is_told_so() {
    let app = TestApp::with(&[
        ("APP_ENV", "production"),
        ("BASE_URL", "https://office.example"),
        ("SECRET_KEY", "0123456789abcdef0123456789abcdef"),
    ])
    .await;
    let page = app.client().get("/forgot").await;
    assert_eq!(page.status, 200);
    assert!(page.has(".notice") && !page.has("#forgot-form"));
    for email in [OFIS, "nobody@demo.test"] {
        let reply = app.client().post_form("/forgot", &[("email", email)]).await;
        assert_eq!(reply.status, 422);
        assert!(reply.has(".notice"));
    }
    assert_eq!(app.number(sql!("select count(*) from jobs")).await, 0);
}

#[tokio::test]
async fn what_is_no_address_comes_back_to_be_mended() {
    let app = TestApp::new().await;
    let long = format!("{}@demo.test", "a".repeat(10_000));
    for bad in [
        "",
        "ofis",
        "ofis@demo.test\r\nBcc: x@evil.test",
        "ofis@demo.test,eve@evil.test",
        "\"a\r\n\"@b",
        "öfis@demo.test",
        &long,
    ] {
        let reply = app.client().post_form("/forgot", &[("email", bad)]).await;
        assert_eq!(reply.status, 422, "{bad:.40}");
        assert!(reply.has("#f-email[aria-invalid='true']"), "{bad:.40}");
    }
    assert_eq!(app.number(sql!("select count(*) from jobs")).await, 0);
}

#[tokio::test]
async fn a_mail_that_goes_out_too_late_is_not_sent() {
    let app = TestApp::new().await;
    app.client().post_form("/forgot", &[("email", OFIS)]).await;
    app.run_jobs().await;
    app.execute(sql!(
        "update jobs set state = 'waiting' where kind = 'mails.deliver'"
    ))
    .await;
    app.execute(sql!("update mails set state = 'queued'")).await;
    std::fs::remove_dir_all(app.folder.path().join("outbox")).unwrap();
    app.clock.shift(TimeDelta::minutes(16));
    app.run_jobs().await;
    assert_eq!(
        app.number(sql!("select count(*) from mails where state = 'off'"))
            .await,
        1
    );
}

#[tokio::test]
async fn somebody_invited_who_never_chose_a_password_may_choose_one_so() {
    let app = TestApp::new().await;
    app.execute(sql!(
        "update users set password_hash = null where email = ?",
        ESRA
    ))
    .await;
    assert!(!may_sign_in(&app, ESRA, PASSWORD).await);
    let path = reset_path(&app, ESRA).await;
    let reply = app.client().post_form(&path, &[("password", NEW)]).await;
    assert_eq!(reply.status, 303);
    assert!(may_sign_in(&app, ESRA, NEW).await);
}
