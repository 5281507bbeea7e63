//! Answering an invitation: once, in time, and without the link being written down anywhere.

use std::{
    io,
    sync::{Arc, Mutex},
};

use chrono::TimeDelta;
use prosektorweb::{platform::db::Sql, sql, types::Lang};
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

use crate::support::{ADA, Client, Reply, TestApp};

pub const DENIZ: &str = "deniz@ornek.test";
pub const PASSWORD: &str = "mavi kapı 7 fincan";

/// Ada invites somebody; where the new user is shown.
pub async fn invite(ada: &Client, fields: &[(&str, &str)]) -> String {
    let mut form = ada.get("/users/new").await.form("#user-form form");
    for (name, value) in fields {
        form = form.set(name, value);
    }
    let reply = ada.submit(&form).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    reply.location().to_owned()
}

/// The path of the link in the newest mail to somebody, once it was delivered.
pub async fn link(app: &TestApp, email: &str) -> String {
    app.run_jobs().await;
    let mails: Vec<(Uuid,)> = app
        .rows(sql!(
            "select id from mails where to_address = ? and state = 'sent' order by id desc",
            email
        ))
        .await;
    let outbox = app.mailer.outbox().unwrap();
    let mail = outbox.read(mails[0].0).await.unwrap().unwrap();
    // Quoted-printable, in which a token has nothing to quote.
    let mail = mail.replace("=\r\n", "");
    let base = app.config.base_url.as_str();
    let at = mail.find(&format!("{base}invite/")).unwrap() + base.len() - 1;
    let end = |c: char| !(c.is_ascii_alphanumeric() || "/-_".contains(c));
    let path = mail[at..].split(end).next().unwrap();
    assert_eq!(path.len(), "/invite/".len() + 43, "{path}");
    path.to_owned()
}

pub async fn deniz(app: &TestApp) -> (String, String) {
    let ada = app.sign_in(ADA).await;
    let fields = [("name", "Deniz Ak"), ("email", DENIZ), ("role", "doctor")];
    let user = invite(&ada, &fields).await;
    (user, link(app, DENIZ).await)
}

async fn answer(client: &Client, link: &str) -> Reply {
    client
        .post_form(link, &[("password", PASSWORD), ("locale", "tr")])
        .await
}

fn is_gone(reply: &Reply) -> bool {
    reply.status == 404 && reply.has("a[href='/login']") && !reply.has("form[action^='/invite']")
}

#[tokio::test]
async fn the_link_leads_to_a_password_and_that_to_the_sign_in_page() {
    let app = TestApp::new().await;
    let (_, link) = deniz(&app).await;
    let person = app.client();
    let before = app.database_text().await;
    let page = person.get(&link).await;
    assert_eq!(page.status, 200);
    assert!(page.one("h1").contains("Deniz Ak"));
    assert_eq!(
        page.attrs("#invitation-form input", "autocomplete"),
        ["username", "new-password"]
    );
    person.get(&link).await;
    assert_eq!(app.database_text().await, before, "looking changes nothing");

    let form = page.form("#invitation-form");
    let reply = person
        .submit(&form.set("password", PASSWORD).set("locale", "en"))
        .await;
    assert_eq!(reply.location(), "/login?done=invited");
    assert_eq!(reply.all("set-cookie"), [""; 0], "nobody is signed in");
    assert!(person.follow(&reply).await.has(".notice.good"));
    person.sign_in(DENIZ, PASSWORD).await;
    assert_eq!(
        person.get("/dashboard").await.attr("html", "lang").unwrap(),
        "en"
    );
    assert_eq!(
        app.noted().await,
        [
            "session.login-ok",
            "users.create",
            "users.accept",
            "session.login-ok"
        ]
    );
    let actor = app
        .number(sql!(
            "select count(*) from audit_entries where action = 'users.accept' and actor_id = record_id"
        ))
        .await;
    assert_eq!(actor, 1);
    let noted: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where action = 'users.accept'"
        ))
        .await;
    assert_eq!(
        noted[0].0,
        r#"[{"field":"locale","before":"tr","after":"en"}]"#
    );
}

#[tokio::test]
async fn a_password_that_is_refused_comes_back_without_itself() {
    let app = TestApp::new().await;
    let (_, link) = deniz(&app).await;
    let person = app.client();
    for bad in ["", "kısa", "deniz ak", "password123", "denizak1"] {
        for fragment in [false, true] {
            let mut call = person.call("POST", &link);
            if fragment {
                call = call.htmx();
            }
            let fields = [("password", bad), ("locale", "en")];
            let reply = call.form(&fields).send().await;
            assert_eq!(reply.status, 422, "{bad}");
            assert_eq!(reply.is_page(), !fragment);
            assert!(reply.has("#error-summary a[href='#f-password']"), "{bad}");
            assert_eq!(reply.attr("#f-password", "value"), None);
            let kept = reply.attr("#f-locale option[selected]", "value");
            assert_eq!(kept.as_deref(), Some("en"));
        }
    }
    let reply = person
        .post_form(&link, &[("password", PASSWORD), ("locale", "xx")])
        .await;
    assert_eq!(reply.status, 422);
    assert_eq!(answer(&person, &link).await.status, 303);
}

#[tokio::test]
async fn spent_late_void_and_invented_links_get_the_same_page() {
    let app = TestApp::new().await;
    let (user, first) = deniz(&app).await;
    let ada = app.sign_in(ADA).await;
    ada.post_form(&format!("{user}/invite"), &[]).await;
    let second = link(&app, DENIZ).await;
    assert_ne!(first, second);
    let person = app.client();
    let void = person.get(&first).await;
    assert!(is_gone(&void), "a newer link voids the older one");
    assert!(is_gone(&answer(&person, &first).await));
    assert_eq!(answer(&person, &second).await.status, 303);
    let spent = person.get(&second).await;
    assert!(is_gone(&spent));
    assert!(is_gone(&answer(&person, &second).await));

    let ada = app.sign_in(ADA).await;
    let fields = [
        ("name", "Ece Su"),
        ("email", "ece@ornek.test"),
        ("role", "office"),
    ];
    invite(&ada, &fields).await;
    let third = link(&app, "ece@ornek.test").await;
    app.clock.shift(TimeDelta::days(6));
    assert_eq!(person.get(&third).await.status, 200);
    app.clock.shift(TimeDelta::days(2));
    let late = person.get(&third).await;
    assert!(is_gone(&late));
    assert!(is_gone(&answer(&person, &third).await));

    let invented = format!("/invite/{}", "A".repeat(43));
    let plain = |reply: &Reply, link: &str| {
        let id = reply.header("x-request-id").unwrap();
        let token = link.rsplit('/').next().unwrap();
        reply.text().replace(token, "").replace(id, "")
    };
    let model = plain(&void, &first);
    for (reply, link) in [
        (spent, second.as_str()),
        (late, third.as_str()),
        (person.get(&invented).await, invented.as_str()),
        (person.get("/invite/zzqq").await, "/invite/zzqq"),
    ] {
        assert_eq!(plain(&reply, link), model, "{link}");
    }
}

#[tokio::test]
async fn of_two_answers_at_once_one_wins() {
    let app = TestApp::new().await;
    let (_, link) = deniz(&app).await;
    let clients: Vec<Client> = (0..8).map(|_| app.client()).collect();
    let answers = clients.iter().map(|client| answer(client, &link));
    let replies = futures_util::future::join_all(answers).await;
    let won = replies.iter().filter(|reply| reply.status == 303).count();
    assert_eq!(won, 1);
    assert!(replies.iter().all(|it| it.status == 303 || is_gone(it)));
    assert_eq!(
        app.noted()
            .await
            .iter()
            .filter(|action| *action == "users.accept")
            .count(),
        1
    );
}

#[tokio::test]
async fn who_was_deactivated_or_lost_the_company_is_not_let_in_by_an_old_link() {
    let app = TestApp::new().await;
    let (user, link) = deniz(&app).await;
    let ada = app.sign_in(ADA).await;
    let form = ada.get(&user).await.form("form[action$='/deactivate']");
    assert_eq!(ada.submit(&form).await.status, 303);
    let person = app.client();
    assert!(is_gone(&person.get(&link).await));
    assert!(is_gone(&answer(&person, &link).await));
    // Nor after the account is active again: the link was void by then.
    let form = ada.get(&user).await.form("form[action$='/reactivate']");
    assert_eq!(ada.submit(&form).await.status, 303);
    assert!(is_gone(&person.get(&link).await));

    let acme = app.company("Acme").await;
    let new = ada.get(&format!("/users/new?company={acme}")).await;
    let form = new.form("#user-form form");
    let form = form.set("name", "Su Er").set("email", "su@ornek.test");
    assert_eq!(ada.submit(&form).await.status, 303);
    let link = self::link(&app, "su@ornek.test").await;
    let page = person.get(&link).await;
    assert!(page.text().contains("Acme"));
    app.execute(sql!(
        "update companies set deleted_at = ? where id = ?",
        app.clock.now(),
        acme
    ))
    .await;
    assert!(is_gone(&answer(&person, &link).await));
}

#[tokio::test]
async fn the_page_tells_no_other_site_and_no_cache_its_address() {
    let app = TestApp::new().await;
    let (_, link) = deniz(&app).await;
    let person = app.client();
    for reply in [
        person.get(&link).await,
        person.post_form(&link, &[]).await,
        person.call("PUT", &link).send().await,
        person.get("/invite/x").await,
        person.get("/invite/x/y").await,
        answer(&person, &link).await,
    ] {
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(reply.header("x-robots-tag"), Some("noindex"));
        assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    }
    let ada = app.sign_in(ADA).await;
    let fields = [
        ("name", "Ece Su"),
        ("email", "ece@ornek.test"),
        ("role", "office"),
    ];
    invite(&ada, &fields).await;
    let link = self::link(&app, "ece@ornek.test").await;
    let page = person.get(&link).await;
    for (element, attribute) in [("link", "href"), ("script", "src"), ("img", "src")] {
        for url in page.attrs(element, attribute) {
            assert!(url.starts_with('/') && !url.starts_with("//"), "{url}");
        }
    }
}

#[tokio::test]
async fn a_browser_that_hides_where_it_comes_from_may_answer_and_another_site_may_not() {
    let app = TestApp::new().await;
    let (_, link) = deniz(&app).await;
    let fields = [("password", PASSWORD), ("locale", "tr")];
    let person = app.client();
    for (header, value) in [
        ("origin", "https://evil.test"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let call = person.call("POST", &link).form(&fields);
        assert_eq!(call.header(header, value).send().await.status, 403);
    }
    let call = person.call("POST", &link).form(&fields);
    assert_eq!(call.header("origin", "null").send().await.status, 303);
}

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_token_is_neither_in_the_database_nor_in_a_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    // With one subscriber alone, what another test's thread meets first would be off here as well.
    let other = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish());
    let guard = tracing::subscriber::set_default(subscriber);
    let app = TestApp::new().await;
    let (user, link) = deniz(&app).await;
    let token = link.trim_start_matches("/invite/").to_owned();
    let person = app.client();
    person.get(&link).await;
    person.post_form(&link, &[("password", "kısa")]).await;
    person.call("DELETE", &link).send().await;
    person.get(&format!("{link}/x")).await;
    let ada = app.sign_in(ADA).await;
    let shown = ada.get(&user).await;
    answer(&person, &link).await;
    drop((guard, other));

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("/invite/…"), "the request is logged");
    assert!(!log.contains(&token));
    assert!(!log.contains(PASSWORD));
    assert!(!shown.text().contains(&token), "no page shows the link");
    assert!(!app.database_text().await.contains(&token));
    let selects = [
        "select text from mails",
        "select html from mails",
        "select payload from jobs",
        "select changes from audit_entries",
    ];
    for select in selects {
        let texts: Vec<(String,)> = app.rows(Sql::new(select)).await;
        assert!(!texts.is_empty(), "{select}");
        assert!(
            texts.iter().all(|(text,)| !text.contains(&token)),
            "{select}"
        );
    }
}

#[tokio::test]
async fn the_mail_is_in_the_invited_persons_language_and_names_the_company() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let acme = app.company("Acme").await;
    for (email, lang) in [("a@ornek.test", Lang::Tr), ("b@ornek.test", Lang::En)] {
        let form = ada
            .get(&format!("/users/new?company={acme}"))
            .await
            .form("#user-form form")
            .set("name", "Ali Öz")
            .set("email", email)
            .set("locale", lang.code());
        assert_eq!(ada.submit(&form).await.status, 303);
        let mails: Vec<(String, String, String)> = app
            .rows(sql!(
                "select lang, subject, text from mails where to_address = ?",
                email
            ))
            .await;
        let (kept, subject, text) = &mails[0];
        assert_eq!(kept, lang.code());
        let word = if lang == Lang::Tr {
            "parola"
        } else {
            "password"
        };
        assert!(subject.contains(word), "{subject}");
        assert!(text.contains("Acme") && text.contains("Ali Öz"), "{text}");
    }
}
