//! The second factor: set up by its owner, asked for at the sign-in, required by role, taken away by an admin.

use std::{
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use prosektorweb::{
    features::second_factor::model::{Pending, Qr},
    platform::db::Sql,
    seed::PASSWORD,
    sql,
    types::Id,
};
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use crate::support::{ADA, CEM, Client, ESRA, OFIS, Reply, TestApp};

const OWN: &str = "/account/second-factor";
const COOKIE: &str = "sign-in";

/// Somebody with an authenticator app.
pub struct Owner {
    pub client: Client,
    totp: Totp,
    recovery: Vec<String>,
    pub secret: String,
}

impl Owner {
    pub fn code(&self, app: &TestApp) -> String {
        code_at(&self.totp, app.clock.now())
    }
}

pub fn code_at(totp: &Totp, at: DateTime<Utc>) -> String {
    totp.generate(at.timestamp().try_into().unwrap())
        .to_string()
}

pub fn totp_of(secret: &str) -> Totp {
    let secret = Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    Builder::new().with_secret(secret).build().unwrap()
}

/// To the begin of a step, so that no code changes while a test types it.
pub fn to_next_step(app: &TestApp) {
    let into = app.clock.now().timestamp_micros().rem_euclid(30_000_000);
    app.clock
        .shift(TimeDelta::microseconds(30_000_000 - into + 1_000));
}

pub async fn begin(client: &Client) -> Reply {
    let page = client.get(OWN).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let form = page.form("#begin-form").set("password", PASSWORD);
    client.submit(&form).await
}

/// Turns it on in a browser that is signed in.
pub async fn set_up(app: &TestApp, client: Client) -> Owner {
    to_next_step(app);
    let page = begin(&client).await;
    let recovery = finish(app, &client, &page).await;
    let secret = page.one("code.secret");
    Owner {
        client,
        totp: totp_of(&secret),
        recovery,
        secret: secret.replace(' ', ""),
    }
}

/// Confirms what was begun; the recovery codes.
pub async fn finish(app: &TestApp, client: &Client, page: &Reply) -> Vec<String> {
    assert_eq!(page.status, 200, "{}", page.text());
    let totp = totp_of(&page.one("code.secret"));
    let form = page
        .form("#confirm-form")
        .set("code", &code_at(&totp, app.clock.now()));
    let done = client.submit(&form).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let recovery = done.texts(".recovery-codes code");
    assert_eq!(recovery.len(), 10);
    to_next_step(app);
    recovery
}

/// A browser of which the password has been taken, and the code not yet.
pub async fn at_code_page(app: &TestApp, email: &str) -> Client {
    let client = app.client();
    let reply = client
        .post_form("/login", &[("email", email), ("password", PASSWORD)])
        .await;
    assert_eq!((reply.status, reply.location()), (303, "/login/code"));
    client
}

async fn send_code(client: &Client, code: &str) -> Reply {
    client.post_form("/login/code", &[("code", code)]).await
}

async fn send_recovery(client: &Client, code: &str) -> Reply {
    client.post_form("/login/code", &[("recovery", code)]).await
}

fn is_late(reply: &Reply) -> bool {
    reply.status == 303 && reply.location() == "/login?done=late"
}

async fn user_id(app: &TestApp, email: &str) -> Uuid {
    let rows: Vec<(Uuid,)> = app
        .rows(sql!("select id from users where email = ?", email))
        .await;
    rows[0].0
}

async fn require(ada: &Client, roles: &[&str]) -> Reply {
    let page = ada.get("/second-factor").await;
    assert_eq!(page.status, 200);
    let mut form = page.form("#rules-form");
    form.fields.retain(|(name, _)| name != "role");
    form.fields.extend(
        roles
            .iter()
            .map(|role| ("role".to_owned(), (*role).to_owned())),
    );
    ada.submit(&form).await
}

async fn subjects(app: &TestApp) -> Vec<(String, String)> {
    app.rows(sql!("select to_address, subject from mails order by id"))
        .await
}

// ---- setting it up

#[tokio::test]
async fn it_is_set_up_with_a_first_code_and_asked_for_from_then_on() {
    let app = TestApp::new().await;
    let other = app.sign_in(OFIS).await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    // The browser that set it up goes on, the others are signed out.
    assert_eq!(owner.client.get("/dashboard").await.status, 200);
    assert_eq!(other.get("/dashboard").await.location(), "/login");
    let page = owner.client.get(OWN).await;
    assert!(!page.has("#begin-form") && page.has("#remove-form"));
    assert_eq!(
        subjects(&app).await,
        [(OFIS.to_owned(), "Two-step verification is on".to_owned())]
    );

    let client = app.client();
    let first = [
        ("email", OFIS),
        ("password", PASSWORD),
        ("next", "/companies?q=a"),
    ];
    let reply = client.post_form("/login", &first).await;
    assert_eq!((reply.status, reply.location()), (303, "/login/code"));
    assert_eq!(client.cookie("session"), None);
    assert!(client.cookie(COOKIE).is_some());
    assert_eq!(client.get("/dashboard").await.location(), "/login");

    let page = client.follow(&reply).await;
    assert_eq!(
        page.attr("#f-code", "autocomplete").as_deref(),
        Some("one-time-code")
    );
    assert_eq!(
        page.attr("#f-code", "inputmode").as_deref(),
        Some("numeric")
    );
    let reply = client
        .submit(&page.form("#code-form").set("code", &owner.code(&app)))
        .await;
    assert_eq!((reply.status, reply.location()), (303, "/companies?q=a"));
    assert_eq!(client.cookie(COOKIE), None);
    assert_eq!(client.follow(&reply).await.status, 200);
    let noted = app.noted().await;
    assert_eq!(
        noted[2..],
        [
            "second-factors.create",
            "session.code-asked",
            "session.login-ok"
        ]
    );
    let how: Vec<(String,)> = app
        .rows(sql!("select changes from audit_entries where action = 'session.login-ok' order by id desc limit 1"))
        .await;
    assert!(
        how[0]
            .0
            .contains(r#""field":"factor","before":null,"after":"code""#),
        "{}",
        how[0].0
    );
}

#[tokio::test]
async fn the_qr_code_is_read_as_the_address_that_the_page_links_to() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let page = begin(&ofis).await;
    let url = page.attr("a[href^='otpauth:']", "href").unwrap();
    let totp = Totp::from_url(&url).unwrap();
    assert_eq!(
        (totp.issuer(), totp.account_name()),
        (Some("ProSektorWeb"), OFIS)
    );
    assert_eq!(
        totp.secret().to_base32(),
        page.one("code.secret").replace(' ', "")
    );
    assert_eq!(totp.secret().as_ref().len(), 20);

    let drawn = page.attr("svg.qr path:last-child", "d").unwrap();
    let qr = Qr::of(&url).unwrap();
    assert_eq!(drawn, qr.path);
    assert_eq!(
        page.attr("svg.qr", "viewBox"),
        Some(format!("0 0 {0} {0}", qr.size))
    );
    assert_eq!(read(&drawn, qr.size), url);
    assert!(!page.has("svg [style], svg style") && page.has("svg.qr[role=img][aria-label]"));
}

/// What a reader sees in the drawing, eight dots to a module.
fn read(path: &str, size: usize) -> String {
    const DOTS: usize = 8;
    let mut dark = vec![false; size * size];
    for run in path.split('M').filter(|run| !run.is_empty()) {
        let (from, rest) = run.split_once('h').unwrap();
        let (x, y) = from.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let long: usize = rest.split_once("v1h-").unwrap().0.parse().unwrap();
        assert_eq!(rest, format!("{long}v1h-{long}z"));
        dark[y * size + x..][..long].fill(true);
    }
    let side = size * DOTS;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        if dark[y / DOTS * size + x / DOTS] {
            0
        } else {
            255
        }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[tokio::test]
async fn beginning_asks_for_the_password_and_confirming_for_the_apps_code() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let wrong = ofis
        .post_form(OWN, &[("password", "Yanlış-parola-77")])
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.has("#error-summary a[href='#f-password']") && !wrong.has("svg.qr"));
    let fragment = ofis
        .htmx_post(OWN, &[("password", "Yanlış-parola-77")])
        .await;
    assert!(fragment.status == 422 && !fragment.is_page() && fragment.has("#begin-form"));

    to_next_step(&app);
    let page = begin(&ofis).await;
    let form = page.form("#confirm-form");
    let again = ofis.submit(&form.clone().set("code", "000 000")).await;
    assert_eq!(again.status, 422);
    // The same picture is there again, and nothing is kept yet.
    assert_eq!(again.one("code.secret"), page.one("code.secret"));
    assert_eq!(
        app.number(sql!("select count(*) from second_factors"))
            .await,
        0
    );

    // Neither another session of the same person nor another person can finish it.
    let totp = totp_of(&page.one("code.secret"));
    let form = form.set("code", &code_at(&totp, app.clock.now()));
    for stranger in [app.sign_in(OFIS).await, app.sign_in(ESRA).await] {
        let reply = stranger.submit(&form).await;
        assert_eq!((reply.status, reply.location()), (303, OWN));
    }
    // Nor can its owner a quarter of an hour later.
    app.clock.shift(TimeDelta::minutes(15));
    let late = ofis
        .submit(&form.set("code", &code_at(&totp, app.clock.now())))
        .await;
    assert_eq!((late.status, late.location()), (303, OWN));
    assert_eq!(
        app.number(sql!("select count(*) from second_factors"))
            .await,
        0
    );
}

#[tokio::test]
async fn neither_the_secret_nor_a_recovery_code_is_in_the_database_and_pages_keep_them_out_of_caches()
 {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let shown = begin(&ofis).await;
    assert_eq!(shown.header("cache-control"), Some("private, no-store"));
    let owner = set_up(&app, ofis).await;
    let text = app.database_text().await;
    let rows: Vec<(Vec<u8>, Vec<u8>)> = app
        .rows(sql!("select secret, recovery_codes from second_factors"))
        .await;
    let secret = owner.totp.secret().as_ref().to_vec();
    assert_eq!((rows[0].0.len(), rows[0].1.len()), (48, 320));
    assert!(!rows[0].0.windows(20).any(|window| window == secret));
    let mails: Vec<(String, String)> = app.rows(sql!("select text, html from mails")).await;
    let everything = format!("{text} {mails:?}");
    assert!(everything.contains("second-factors.create"));
    assert!(!everything.contains(&owner.secret));
    for code in &owner.recovery {
        assert!(
            !everything.contains(code.as_str()) && !everything.contains(&code.replace('-', ""))
        );
        assert!(
            !rows[0]
                .1
                .windows(12)
                .any(|window| window == code.replace('-', "").as_bytes())
        );
    }
    // The page does not show them a second time.
    assert!(
        !owner
            .client
            .get(OWN)
            .await
            .text()
            .contains(&owner.recovery[0])
    );
    // Under another SECRET_KEY it opens no more: the bytes are sealed, not encoded.
    let opened = prosektorweb::platform::keys::Keys::new("another").open(
        "totp",
        user_id(&app, OFIS).await.as_bytes(),
        &rows[0].0,
    );
    assert_eq!(opened, None);
}

/// Where a test's log lines go.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_tells_who_signed_in_and_how_but_no_secret_and_no_code() {
    let app = TestApp::new().await;
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let logging = tracing::subscriber::set_default(subscriber);
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    let client = at_code_page(&app, OFIS).await;
    let waiting = client.cookie(COOKIE).unwrap();
    assert_eq!(send_code(&client, "918273").await.status, 422);
    let code = owner.code(&app);
    assert_eq!(send_code(&client, &code).await.status, 303);
    let client = at_code_page(&app, OFIS).await;
    let recovered = send_recovery(&client, &owner.recovery[0]).await;
    assert_eq!(recovered.status, 303);
    drop(logging);
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for told in ["login_ok", "login_code_failed", "recovery-code"] {
        assert!(log.contains(told), "{told} is not in the log");
    }
    let secrets = [
        &owner.secret,
        &owner.recovery[0],
        &owner.recovery[9],
        &waiting,
    ];
    for secret in secrets {
        assert!(!log.contains(secret.as_str()), "{secret} is in the log");
    }
    for typed in [format!("code={code}"), format!("{code:?}"), "918273".into()] {
        assert!(!log.contains(&typed), "{typed} is in the log");
    }
}

// ---- codes at the sign-in

#[tokio::test]
async fn a_code_works_once_and_an_older_one_never_after_a_newer() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    app.clock.shift(TimeDelta::minutes(2));
    to_next_step(&app);
    let (now, step) = (app.clock.now(), TimeDelta::seconds(30));
    let first = at_code_page(&app, OFIS).await;
    let second = at_code_page(&app, OFIS).await;
    assert_eq!(
        send_code(&first, &code_at(&owner.totp, now)).await.status,
        303
    );
    app.clock.shift(TimeDelta::seconds(1));
    let replayed = send_code(&second, &code_at(&owner.totp, now)).await;
    assert_eq!(replayed.status, 422);
    assert!(replayed.has("#code-form #error-summary a[href='#f-code']"));
    assert_eq!(second.cookie("session"), None);
    assert_eq!(
        send_code(&second, &code_at(&owner.totp, now - step))
            .await
            .status,
        422
    );
    // A phone whose clock is a step ahead is right, and its code is used up for all steps before.
    assert_eq!(
        send_code(&second, &code_at(&owner.totp, now + step))
            .await
            .status,
        303
    );
    app.clock.shift(step);
    let third = at_code_page(&app, OFIS).await;
    assert_eq!(send_code(&third, &owner.code(&app)).await.status, 422);
    app.clock.shift(step);
    assert_eq!(send_code(&third, &owner.code(&app)).await.status, 303);
}

#[tokio::test]
async fn of_two_browsers_that_send_one_code_at_once_one_is_let_in() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    for round in 0..4 {
        app.clock.shift(TimeDelta::seconds(60));
        let mut browsers = Vec::new();
        for _ in 0..4 {
            browsers.push(at_code_page(&app, OFIS).await);
        }
        let code = owner.code(&app);
        let recovery = &owner.recovery[round];
        let of_app = browsers.iter().map(|browser| send_code(browser, &code));
        let replies = futures_util::future::join_all(of_app).await;
        let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        let count = |status| statuses.iter().filter(|known| **known == status).count();
        assert_eq!((count(303), count(422)), (1, 3), "{statuses:?}");
        let mut browsers = Vec::new();
        for _ in 0..4 {
            browsers.push(at_code_page(&app, OFIS).await);
        }
        let of_paper = browsers
            .iter()
            .map(|browser| send_recovery(browser, recovery));
        let replies = futures_util::future::join_all(of_paper).await;
        let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        let count = |status| statuses.iter().filter(|known| **known == status).count();
        assert_eq!((count(303), count(422)), (1, 3), "{statuses:?}");
    }
}

#[tokio::test]
async fn one_sign_in_that_is_finished_twice_at_once_is_finished_once() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    let browser = at_code_page(&app, OFIS).await;
    let (copy, third) = (browser.stolen(), browser.stolen());
    let code = owner.code(&app);
    let both = tokio::join!(
        send_code(&browser, &code),
        send_recovery(&copy, &owner.recovery[0])
    );
    let replies = [both.0, both.1];
    let late = replies.iter().filter(|reply| is_late(reply)).count();
    let let_in = [&browser, &copy]
        .into_iter()
        .filter(|client| client.cookie("session").is_some())
        .count();
    assert_eq!((let_in, late), (1, 1));
    // Whoever still has its cookie has nothing, and spends nothing.
    assert!(third.cookie(COOKIE).is_some());
    assert!(is_late(&send_recovery(&third, &owner.recovery[1]).await));
    let again = at_code_page(&app, OFIS).await;
    let reply = send_recovery(&again, &owner.recovery[1]).await;
    assert_eq!((reply.status, reply.location()), (303, "/dashboard"));
}

#[tokio::test]
async fn a_code_that_is_right_too_late_lets_nobody_in() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    for change in [
        "update users set password_hash = 'x' where email = ?",
        "update users set active = not active where email = ?",
    ] {
        let browser = at_code_page(&app, OFIS).await;
        // The answer reads the account as it was, and goes on when this has been committed.
        let mut tx = app.db.begin().await.unwrap();
        tx.execute(Sql::new(change).with(OFIS)).await.unwrap();
        let committed = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            tx.commit().await.unwrap();
        };
        let code = owner.code(&app);
        let (reply, ()) = tokio::join!(send_code(&browser, &code), committed);
        assert!(is_late(&reply), "{}", reply.status);
        assert_eq!(browser.cookie("session"), None);
        let restore = "update users set active = true, password_hash = ? where email = ?";
        let hash: Vec<(String,)> = app
            .rows(sql!("select password_hash from users where email = ?", ADA))
            .await;
        app.execute(Sql::new(restore).with(hash[0].0.as_str()).with(OFIS))
            .await;
    }
    let noted = app.noted().await;
    let let_in = noted.iter().filter(|it| *it == "session.login-ok").count();
    assert_eq!(let_in, 1, "the one that set it up");
}

#[tokio::test]
async fn a_recovery_code_works_once_and_new_ones_void_the_old() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    let client = at_code_page(&app, OFIS).await;
    let wrong = send_recovery(&client, "AAAA-AAAA-AAAA").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.has("#recovery-form #error-summary a[href='#f-recovery']"));
    // As people type them: small letters, no dashes.
    let typed = owner.recovery[0].to_lowercase().replace('-', " ");
    assert_eq!(
        send_recovery(&client, &typed).await.location(),
        "/dashboard"
    );
    assert!(
        client
            .get(OWN)
            .await
            .text()
            .contains("9 recovery codes left")
    );
    let again = at_code_page(&app, OFIS).await;
    assert_eq!(send_recovery(&again, &owner.recovery[0]).await.status, 422);

    let page = owner.client.get(OWN).await;
    let form = page.form("#renew-form");
    let refused = owner
        .client
        .submit(&form.clone().set("codes_password", "Yanlış-parola-77"))
        .await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("#error-summary a[href='#f-codes_password']"));
    let renewed = owner
        .client
        .submit(&form.set("codes_password", PASSWORD))
        .await;
    assert_eq!(renewed.status, 200);
    assert_eq!(renewed.header("cache-control"), Some("private, no-store"));
    let fresh = renewed.texts(".recovery-codes code");
    assert_eq!(fresh.len(), 10);
    assert_eq!(send_recovery(&again, &owner.recovery[1]).await.status, 422);
    assert_eq!(send_recovery(&again, &fresh[1]).await.status, 303);
    let told: Vec<String> = subjects(&app)
        .await
        .into_iter()
        .map(|(_, subject)| subject)
        .collect();
    let used = "A recovery code was used";
    assert_eq!(
        told,
        [
            "Two-step verification is on",
            used,
            "You have new recovery codes",
            used
        ]
    );
}

#[tokio::test]
async fn five_wrong_codes_lead_back_to_the_password_and_so_do_five_minutes() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    let client = at_code_page(&app, OFIS).await;
    // The cookie alone could be sent again and again: the tries are counted beside it.
    let replay = client.stolen();
    for _ in 0..5 {
        assert_eq!(send_code(&replay.stolen(), "000000").await.status, 422);
    }
    let over = send_code(&client, &owner.code(&app)).await;
    assert!(is_late(&over), "{}", over.status);
    assert_eq!(client.cookie(COOKIE), None);
    assert!(client.follow(&over).await.has(".notice"));

    let client = at_code_page(&app, OFIS).await;
    app.clock.shift(TimeDelta::minutes(5));
    assert!(is_late(&client.stolen().get("/login/code").await));
    assert!(is_late(&send_code(&client, &owner.code(&app)).await));
    let fragment = at_code_page(&app, OFIS).await;
    app.clock.shift(TimeDelta::minutes(5));
    let reply = fragment.htmx_post("/login/code", &[("code", "1")]).await;
    assert_eq!(reply.header("hx-redirect"), Some("/login?done=late"));
    assert_eq!(client.cookie("session"), None);
}

#[tokio::test]
async fn codes_that_are_tried_all_at_once_are_counted_too() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    let client = at_code_page(&app, OFIS).await;
    let copies: Vec<Client> = (0..12).map(|_| client.stolen()).collect();
    let tries = copies.iter().map(|copy| send_code(copy, "000000"));
    let replies = futures_util::future::join_all(tries).await;
    let tried = replies.iter().filter(|reply| reply.status == 422).count();
    let over = replies.iter().filter(|reply| is_late(reply)).count();
    assert_eq!((tried, over), (5, 7));
    assert!(is_late(&send_code(&client, &owner.code(&app)).await));
}

#[tokio::test]
async fn the_waiting_sign_in_is_worth_nothing_changed_made_up_or_after_a_new_password() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    let client = at_code_page(&app, OFIS).await;
    let value = client.cookie(COOKIE).unwrap();
    for place in [0, 20, value.len() / 2, value.len() - 2] {
        let mut changed = value.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let forged = app.client();
        forged.set_cookie(COOKIE, std::str::from_utf8(&changed).unwrap());
        assert!(
            is_late(&send_code(&forged, &owner.code(&app)).await),
            "{place}"
        );
    }
    for made_up in [
        "",
        "x",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let forged = app.client();
        forged.set_cookie(COOKIE, made_up);
        assert!(is_late(&forged.get("/login/code").await), "{made_up}");
    }
    // Sealed as it should be, but of no sign-in that waits.
    let unknown = Pending::new(&app.keys, Id::from_uuid(Uuid::now_v7()), "hash")
        .seal(&app.keys)
        .unwrap();
    let forged = app.client();
    forged.set_cookie(
        COOKIE,
        &base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, unknown),
    );
    assert!(is_late(&send_code(&forged, &owner.code(&app)).await));

    let hash = app
        .passwords
        .hash("mavi kapı 7 fincan".into())
        .await
        .unwrap();
    app.execute(sql!(
        "update users set password_hash = ? where email = ?",
        hash,
        OFIS
    ))
    .await;
    assert!(is_late(&send_code(&client, &owner.code(&app)).await));
}

#[tokio::test]
async fn one_persons_code_does_not_finish_anothers_sign_in_and_deactivation_ends_it() {
    let app = TestApp::new().await;
    let ofis = set_up(&app, app.sign_in(OFIS).await).await;
    let esra = set_up(&app, app.sign_in(ESRA).await).await;
    let client = at_code_page(&app, OFIS).await;
    assert_eq!(send_code(&client, &esra.code(&app)).await.status, 422);
    assert_eq!(send_recovery(&client, &esra.recovery[0]).await.status, 422);
    app.execute(sql!(
        "update users set active = ? where email = ?",
        false,
        OFIS
    ))
    .await;
    assert!(is_late(&send_code(&client, &ofis.code(&app)).await));
}

#[tokio::test]
async fn over_https_the_waiting_sign_in_is_bound_to_this_host_and_lives_five_minutes() {
    let app = TestApp::with(&[("BASE_URL", "https://office.example")]).await;
    let signed_in = app.sign_in(OFIS).await;
    let owner = set_up(&app, signed_in).await;
    let client = app.client();
    let reply = client
        .post_form("/login", &[("email", OFIS), ("password", PASSWORD)])
        .await;
    let set = reply.all("set-cookie");
    let ours: Vec<&&str> = set
        .iter()
        .filter(|set| set.starts_with("__Host-sign-in="))
        .collect();
    assert_eq!(ours.len(), 1, "{set:?}");
    assert!(
        ours[0].ends_with("; Path=/; Max-Age=300; HttpOnly; SameSite=Lax; Secure"),
        "{}",
        ours[0]
    );
    let done = send_code(&client, &owner.code(&app)).await;
    let set = done.all("set-cookie");
    assert!(
        set.iter()
            .any(|set| set.starts_with("__Host-session=") && !set.contains("Max-Age=0")),
        "{set:?}"
    );
    assert!(
        set.contains(&"__Host-sign-in=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"),
        "{set:?}"
    );
    assert_eq!(client.get("/dashboard").await.status, 200);
}

#[tokio::test]
async fn who_has_a_second_factor_cannot_be_told_before_the_password_is_right() {
    let app = TestApp::new().await;
    set_up(&app, app.sign_in(OFIS).await).await;
    let mut answers = Vec::new();
    for email in [OFIS, ESRA, "nobody@demo.test"] {
        let call = app.client();
        let call = call
            .call("POST", "/login")
            .header("x-request-id", "the-same");
        let reply = call
            .form(&[("email", email), ("password", "Yanlış-parola-77")])
            .send()
            .await;
        let mut headers: Vec<String> = reply
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        headers.retain(|header| !header.starts_with("content-length"));
        answers.push((
            reply.status,
            headers,
            reply.text().replace(&format!("value=\"{email}\""), ""),
        ));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    assert_eq!(answers[0].0, 422);
}

#[tokio::test]
async fn a_wrong_code_comes_back_as_a_page_or_as_a_fragment_and_is_noted() {
    let app = TestApp::new().await;
    set_up(&app, app.sign_in(OFIS).await).await;
    let client = at_code_page(&app, OFIS).await;
    for wrong in ["12345", "1234567", "abcdef", "", "+12345"] {
        let reply = if wrong == "abcdef" {
            client.htmx_post("/login/code", &[("code", wrong)]).await
        } else {
            send_code(&client, wrong).await
        };
        assert_eq!(
            (reply.status, reply.is_page()),
            (422, wrong != "abcdef"),
            "{wrong}"
        );
        assert_eq!(
            reply.attr("#f-code", "aria-invalid").as_deref(),
            Some("true")
        );
        assert_eq!(reply.attr("#f-code", "value").as_deref(), Some(""));
    }
    let failed = app
        .noted()
        .await
        .iter()
        .filter(|action| *action == "session.code-failed")
        .count();
    assert_eq!(failed, 5);
}

// ---- turning it off

#[tokio::test]
async fn turning_it_off_asks_for_the_password_and_a_code() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    let page = owner.client.get(OWN).await;
    let form = page.form("#remove-form");
    for (password, code, field) in [
        ("Yanlış-parola-77", owner.code(&app), "password"),
        (PASSWORD, "000000".into(), "code"),
        (PASSWORD, "AAAA-AAAA-AAAA".into(), "code"),
    ] {
        let reply = owner
            .client
            .submit(&form.clone().set("password", password).set("code", &code))
            .await;
        assert_eq!(reply.status, 422);
        assert!(
            reply.has(&format!("#error-summary a[href='#f-{field}']")),
            "{field}"
        );
    }
    // A wrong password has not used the code up.
    let reply = owner
        .client
        .submit(
            &form
                .set("password", PASSWORD)
                .set("code", &owner.code(&app)),
        )
        .await;
    assert_eq!((reply.status, reply.location()), (303, OWN));
    assert!(owner.client.follow(&reply).await.has("#begin-form"));
    assert_eq!(
        app.noted().await.last().map(String::as_str),
        Some("second-factors.delete")
    );
    app.sign_in(OFIS).await;
    let told = subjects(&app).await;
    assert_eq!(
        told[1],
        (OFIS.to_owned(), "Two-step verification is off".to_owned())
    );

    // A recovery code turns it off as well.
    let owner = set_up(&app, owner.client).await;
    let gone = [("password", PASSWORD), ("code", owner.recovery[4].as_str())];
    let reply = owner
        .client
        .post_form("/account/second-factor/remove", &gone)
        .await;
    assert_eq!((reply.status, reply.location()), (303, OWN));
    assert_eq!(
        app.number(sql!("select count(*) from second_factors"))
            .await,
        0
    );
}

#[tokio::test]
async fn codes_that_are_to_turn_it_off_are_counted_as_at_the_sign_in() {
    let app = TestApp::with(&[
        ("RATE_LIMIT_SCALE", "1"),
        ("RATE_LIMIT_SIGN_IN", "100/60"),
        ("RATE_LIMIT_ACCOUNT", "5/900"),
    ])
    .await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    let path = "/account/second-factor/remove";
    let wrong = [("password", PASSWORD), ("code", "000000")];
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(owner.client.post_form(path, &wrong).await.status);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429]);
    // Nor does the right one help now.
    let right = [("password", PASSWORD), ("code", &*owner.code(&app))];
    assert_eq!(owner.client.post_form(path, &right).await.status, 429);
    let noted = app.noted().await;
    let failed = noted.iter().filter(|it| *it == "session.code-failed");
    assert_eq!(failed.count(), 5);
    let page = owner.client.get(OWN).await;
    assert!(page.has("#remove-form"), "it is still on");
    // By the address as well, as everything that signs somebody in.
    let app = TestApp::with(&[("RATE_LIMIT_SCALE", "1"), ("RATE_LIMIT_SIGN_IN", "3/60")]).await;
    let client = app.sign_in(ESRA).await;
    for status in [303, 303, 429] {
        assert_eq!(client.post_form(path, &wrong).await.status, status);
    }
}

// ---- required by role

#[tokio::test]
async fn a_role_that_must_have_one_is_led_to_it_on_the_next_request_and_can_do_nothing_else() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let (ofis, cem) = (app.sign_in(OFIS).await, app.sign_in(CEM).await);
    let reply = require(&ada, &["office", "client"]).await;
    assert_eq!((reply.status, reply.location()), (303, "/second-factor"));
    assert_eq!(
        app.noted().await.last().map(String::as_str),
        Some("role-rules.update")
    );

    let acme = app.company("Acme").await;
    let record = format!("/companies/{acme}");
    let staff: [&str; 4] = ["/dashboard", "/companies", &record, "/jobs"];
    for (client, paths) in [(&ofis, &staff[..]), (&cem, &["/portal", "/account"])] {
        for path in paths {
            let reply = client.get(path).await;
            assert_eq!((reply.status, reply.location()), (303, OWN), "{path}");
            let fragment = client.htmx_get(path).await;
            assert_eq!(
                (fragment.status, fragment.header("hx-redirect")),
                (403, Some(OWN)),
                "{path}"
            );
            assert_eq!(fragment.text(), "");
        }
        let page = client.get(OWN).await;
        assert!(page.status == 200 && page.has(".notice.wait") && !page.has("nav.rail"));
        // The language can be changed.
        let reply = client
            .post_form("/preferences", &[("locale", "en"), ("next", OWN)])
            .await;
        assert_eq!((reply.status, reply.location()), (303, OWN));
        assert!(
            client
                .get(OWN)
                .await
                .text()
                .contains("Your role must use two-step verification")
        );
    }
    // To a client no staff URL exists, here as ever: one that is invented is answered alike.
    for path in staff.iter().chain(&["/companies/invented", "/nowhere"]) {
        let page = cem.get(path).await;
        let fragment = cem.htmx_get(path).await;
        assert_eq!((page.status, fragment.status), (404, 404), "{path}");
    }
    let before = app.version(acme).await;
    let write = ofis
        .post_form(
            &format!("{record}/status"),
            &[("status", "lead"), ("version", "1")],
        )
        .await;
    assert_eq!((write.status, write.location()), (303, OWN));
    assert_eq!(app.version(acme).await, before);
    // Others go on, and so does whoever has set it up.
    assert_eq!(ada.get("/dashboard").await.status, 200);
    let owner = set_up(&app, ofis).await;
    assert_eq!(owner.client.get("/dashboard").await.status, 200);
    let out = cem.post_form("/logout", &[]).await;
    assert_eq!((out.status, out.location()), (303, "/login"));

    // Whoever must have it cannot turn it off.
    let page = owner.client.get(OWN).await;
    assert!(!page.has("#remove-form") && page.has("#renew-form"));
    let fields = [("password", PASSWORD), ("code", &owner.code(&app))];
    let refused = owner
        .client
        .post_form("/account/second-factor/remove", &fields)
        .await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        app.number(sql!("select count(*) from second_factors"))
            .await,
        1
    );

    // The rule is taken back: at once again.
    let cem = app.sign_in(CEM).await;
    assert_eq!(cem.get("/portal").await.location(), OWN);
    require(&ada, &[]).await;
    assert_eq!(cem.get("/portal").await.status, 200);
    assert!(owner.client.get(OWN).await.has("#remove-form"));
}

#[tokio::test]
async fn rules_that_somebody_else_changed_meanwhile_are_shown_beside_ones_own() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let page = ada.get("/second-factor").await;
    assert_eq!(page.count("#rules-form input[type=checkbox]"), 5);
    require(&ada, &["expert"]).await;
    let stale = page.form("#rules-form").set("role", "doctor");
    let reply = ada.submit(&stale).await;
    assert_eq!(reply.status, 409);
    assert!(reply.has("#role-doctor[checked]") && !reply.has("#role-expert[checked]"));
    assert!(
        reply
            .one("#role-expert-hint")
            .ends_with("Saved meanwhile: ticked.")
    );
    assert_eq!(
        app.number(sql!("select count(*) from role_rules where second_factor"))
            .await,
        1
    );
    let reply = ada.submit(&reply.form("#rules-form")).await;
    assert_eq!(reply.status, 303);
    let kept: Vec<(String,)> = app
        .rows(sql!("select role from role_rules where second_factor"))
        .await;
    assert_eq!(kept, [("doctor".to_owned(),)]);
    for (role, version) in [("king", "0"), ("office", "x")] {
        let reply = ada
            .post_form("/second-factor", &[("role", role), ("version", version)])
            .await;
        assert_eq!(reply.status, 422, "{role} {version}");
    }
}

#[tokio::test]
async fn pages_outside_the_office_are_private_as_soon_as_somebody_is_signed_in() {
    let app = TestApp::new().await;
    let is_private = |reply: &Reply| {
        assert!(reply.has("body.plain"));
        reply.has("body[data-private]") && reply.has("script[src*='app']")
    };
    assert!(!is_private(&app.client().get("/login").await));
    require(&app.sign_in(ADA).await, &["expert"]).await;
    let esra = app.sign_in(ESRA).await;
    assert!(is_private(&esra.get("/account/second-factor").await));
    let nowhere = format!("/companies/{}", Uuid::nil());
    assert!(is_private(&app.sign_in(OFIS).await.get(&nowhere).await));
}

// ---- taken away by somebody else

#[tokio::test]
async fn an_admin_resets_somebodys_second_factor_and_their_sessions_end() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    let ada = app.sign_in(ADA).await;
    let ofis = user_id(&app, OFIS).await;
    let path = format!("/users/{ofis}/second-factor/remove");
    let reply = ada.post_form(&path, &[]).await;
    assert_eq!(
        (reply.status, reply.location()),
        (303, format!("/users/{ofis}").as_str())
    );
    assert_eq!(owner.client.get("/dashboard").await.location(), "/login");
    app.sign_in(OFIS).await;
    let noted: Vec<(String, Option<Uuid>, Option<Uuid>)> = app
        .rows(sql!("select action, actor_id, record_id from audit_entries where action like 'second-factors.r%'"))
        .await;
    let ada_id = user_id(&app, ADA).await;
    assert_eq!(
        noted,
        [("second-factors.reset".to_owned(), Some(ada_id), Some(ofis))]
    );
    let told = subjects(&app).await;
    assert_eq!(
        told[1],
        (
            OFIS.to_owned(),
            "Your two-step verification was reset".to_owned()
        )
    );

    // Twice is as good as once; for nobody it is a 404, and for others than admins nothing.
    assert_eq!(ada.post_form(&path, &[]).await.status, 303);
    let nobody = format!("/users/{}/second-factor/remove", Uuid::now_v7());
    assert_eq!(ada.post_form(&nobody, &[]).await.status, 404);
    let esra = app.sign_in(ESRA).await;
    assert_eq!(esra.post_form(&path, &[]).await.status, 403);
    assert_eq!(subjects(&app).await.len(), 2);
}

#[tokio::test]
async fn an_admin_does_not_take_away_the_own_one_without_password_and_code() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(ADA).await).await;
    let (own, theirs) = (user_id(&app, ADA).await, user_id(&app, OFIS).await);
    let page = owner.client.get(&format!("/users/{own}")).await;
    assert!(page.status == 200 && !page.has("form[action$='/second-factor/remove']"));
    assert!(page.has("main a[href='/account/second-factor']"));
    let before = app.database_text().await;
    let path = format!("/users/{own}/second-factor/remove");
    assert_eq!(owner.client.post_form(&path, &[]).await.status, 403);
    assert_eq!(app.database_text().await, before);
    // Another administrator's page has the button.
    set_up(&app, app.sign_in(OFIS).await).await;
    let page = owner.client.get(&format!("/users/{theirs}")).await;
    assert!(page.has("form[action$='/second-factor/remove']"));
}

#[tokio::test]
async fn the_command_line_lets_the_last_admin_in_again() {
    let app = TestApp::new().await;
    let owner = set_up(&app, app.sign_in(ADA).await).await;
    let run = |email: &str| {
        let program = Command::new(env!("CARGO_BIN_EXE_prosektorweb"))
            .args(["user", "reset-second-factor", email])
            .current_dir(app.folder.path())
            .env("DATABASE_URL", &app.database.url)
            .env("DATA_DIR", app.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let out = String::from_utf8(program.stdout).unwrap();
        let trouble = String::from_utf8(program.stderr).unwrap();
        (program.status.success(), out, trouble)
    };
    let (good, out, trouble) = run(ADA);
    assert!(
        good && out.contains("The password alone signs"),
        "{out}{trouble}"
    );
    app.sign_in(ADA).await;
    assert_eq!(owner.client.get("/dashboard").await.location(), "/login");
    let noted = sql!(
        "select count(*) from audit_entries where action = 'second-factors.reset' and actor_id is null"
    );
    assert_eq!(app.number(noted).await, 1);
    assert!(run(ADA).1.contains("has no second factor"));
    let (good, _, trouble) = run("nobody@demo.test");
    assert!(
        !good && trouble.contains("nobody has that address"),
        "{trouble}"
    );
}

#[tokio::test]
async fn sign_ins_that_waited_in_vain_are_forgotten_at_night() {
    let app = TestApp::new().await;
    set_up(&app, app.sign_in(OFIS).await).await;
    at_code_page(&app, OFIS).await;
    let count: Sql = sql!("select count(*) from pending_sign_ins");
    assert_eq!(app.number(count.clone()).await, 1);
    let sweep = prosektorweb::features::second_factor::jobs::Sweep::default();
    for left in [1, 0] {
        let mut tx = app.db.begin().await.unwrap();
        app.jobs.enqueue(&mut tx, &sweep).await.unwrap();
        tx.commit().await.unwrap();
        app.run_jobs().await;
        assert_eq!(app.number(count.clone()).await, left);
        app.clock.shift(TimeDelta::minutes(6));
    }
}

#[tokio::test]
async fn who_never_chose_a_language_is_told_in_the_one_of_the_page() {
    for (language, subject) in [
        ("en", "Two-step verification is on"),
        ("tr", "İki adımlı doğrulama açıldı"),
    ] {
        let app = TestApp::new().await;
        let client = app.sign_in(OFIS).await;
        client.set_cookie("lang", language);
        set_up(&app, client).await;
        assert_eq!(subjects(&app).await[0].1, subject);
    }
}

#[tokio::test]
async fn the_words_are_english_for_those_who_read_english() {
    let app = TestApp::new().await;
    app.execute(sql!("update users set locale = 'en' where email = ?", OFIS))
        .await;
    let owner = set_up(&app, app.sign_in(OFIS).await).await;
    let page = owner.client.get(OWN).await;
    assert!(page.text().contains("Two-step verification"));
    assert!(page.text().contains("10 recovery codes left"));
    assert_eq!(subjects(&app).await[0].1, "Two-step verification is on");
    let texts: Vec<(String, String)> = app.rows(sql!("select text, html from mails")).await;
    assert!(
        texts[0].0.contains("was turned on for your account")
            && texts[0].1.contains("change your password")
    );
}
