//! The contact form: anybody may send it, what was sent is kept once with its evidence, and the office hears of it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use prosektorweb::sql;
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::{ADA, CEM, ESRA, OFIS, Reply, TestApp};

/// A form that is taken as it is.
pub const FIELDS: [(&str, &str); 6] = [
    ("name", "Zeynep Kara"),
    ("email", "zeynep@kara.test"),
    ("phone", "0555 123 45 67"),
    ("company", "Kara OSGB"),
    ("body", "Yeni bir site istiyoruz.\nNe kadar sürer?"),
    ("consent", "true"),
];

const MAIL: [(&str, &str); 2] = [
    ("SMTP_URL", "smtp://127.0.0.1:9"),
    ("MAIL_FROM", "ofis@prosektor.test"),
];

/// Name, e-mail, phone, company and body.
type Kept = (String, String, Option<String>, Option<String>, String);
/// When, from where and with what consent was given, in which language, and the state.
type Evidence = (
    DateTime<Utc>,
    Option<String>,
    Option<String>,
    String,
    String,
);

/// The form with some fields typed anew.
fn with<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = FIELDS.into();
    for (name, value) in changed {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

async fn kept(app: &TestApp) -> i64 {
    app.number(sql!("select count(*) from contact_messages"))
        .await
}

async fn mails(app: &TestApp) -> i64 {
    app.number(sql!("select count(*) from mails where record = 'messages'"))
        .await
}

fn is_taken(reply: &Reply, to: &str) {
    assert_eq!((reply.status, reply.location()), (303, to));
    assert_eq!(reply.header("set-cookie"), None);
}

#[tokio::test]
async fn the_form_is_kept_by_no_cache_and_the_page_after_it_by_any_and_neither_sets_a_cookie() {
    let app = TestApp::new().await;
    for (path, lang) in [("/contact", "en"), ("/tr/contact", "tr")] {
        let ofis = app.sign_in(OFIS).await;
        for page in [app.client().get(path).await, ofis.get(path).await] {
            assert_eq!(page.status, 200);
            assert_eq!(page.header("cache-control"), Some("private, no-store"));
            assert_eq!(page.header("set-cookie"), None);
            assert_eq!(page.attr("html", "lang").unwrap(), lang);
            assert!(page.has(&format!("form[method=post][action='{path}']")));
            assert!(!page.text().contains("ofis@demo.test"));
        }
        let thanks = app.client().get(&format!("{path}/thanks")).await;
        assert_eq!(thanks.status, 200);
        assert_eq!(thanks.header("set-cookie"), None);
        let cache = thanks.header("cache-control").unwrap();
        assert!(cache.contains("public"), "{cache}");
        assert_eq!(thanks.attr("html", "lang").unwrap(), lang);
    }
}

#[tokio::test]
async fn a_message_is_kept_with_the_evidence_of_its_consent() {
    let app = TestApp::new().await;
    let client = app.client().from("203.0.113.7");
    let page = client.get("/tr/contact").await;
    let mut form = page.form("#contact-form");
    assert_eq!(form.value("website"), Some(""));
    for (name, value) in FIELDS {
        form = form.set(name, value);
    }
    let pairs: Vec<(&str, &str)> = form
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let call = client.call("POST", &form.action).form(&pairs);
    let reply = call.header("user-agent", "Firefox/140").send().await;
    is_taken(&reply, "/tr/contact/thanks");
    assert_eq!(client.follow(&reply).await.status, 200);

    let rows: Vec<Kept> = app
        .rows(sql!(
            "select name, email, phone, company, body from contact_messages"
        ))
        .await;
    let text = |text: &str| text.to_owned();
    assert_eq!(
        rows,
        [(
            text("Zeynep Kara"),
            text("zeynep@kara.test"),
            Some(text("+905551234567")),
            Some(text("Kara OSGB")),
            text("Yeni bir site istiyoruz.\nNe kadar sürer?"),
        )]
    );
    let evidence: Vec<Evidence> = app
        .rows(sql!(
            "select consented_at, ip, user_agent, locale, state from contact_messages"
        ))
        .await;
    let (at, ip, agent, locale, state) = &evidence[0];
    assert!((app.clock.now() - *at).num_seconds() < 5);
    assert_eq!(ip.as_deref(), Some("203.0.113.7"));
    assert_eq!(agent.as_deref(), Some("Firefox/140"));
    assert_eq!((locale.as_str(), state.as_str()), ("tr", "new"));
    // The audit knows that it came, and nothing of whom.
    let noted: Vec<(String, Option<String>)> = app
        .rows(sql!(
            "select changes, ip from audit_entries where action = 'messages.create'"
        ))
        .await;
    assert_eq!(noted, [(text("[]"), None)]);
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays() {
    let app = TestApp::new().await;
    let client = app.client();
    for (field, typed) in [
        ("name", "Z"),
        ("name", ""),
        ("email", "zeynep@"),
        ("email", ""),
        ("phone", "12"),
        ("body", "Merhaba"),
        ("body", ""),
        ("consent", ""),
    ] {
        let reply = client.post_form("/contact", &with(&[(field, typed)])).await;
        assert_eq!(reply.status, 422, "{field}: {typed}");
        assert_eq!(reply.header("set-cookie"), None);
        assert_eq!(reply.header("cache-control"), Some("private, no-store"));
        assert_eq!(reply.count(".field-error"), 1, "{field}");
        assert!(reply.has(&format!("#f-{field}-error")), "{field}");
        assert!(reply.has(&format!("#error-summary a[href='#f-{field}']")));
        let form = reply.form("#contact-form");
        for (name, value) in with(&[(field, typed)]) {
            let shown = form.value(name).unwrap_or_default();
            assert_eq!(shown.trim_start(), value, "{name} beside {field}");
        }
    }
    let empty = client.post_form("/contact", &[]).await;
    let mut said = empty.texts("#error-summary li");
    said.sort();
    said.dedup();
    assert_eq!(said.len(), 4, "each tells by itself what is missing");
    let long = "a".repeat(5001);
    let reply = client
        .post_form("/contact", &with(&[("body", &long)]))
        .await;
    assert!(reply.status == 422 && reply.has("#f-body-error"));
    let hostile = "<script>alert(1)</script>";
    let typed = with(&[("company", hostile), ("email", "")]);
    let reply = client.post_form("/contact", &typed).await;
    assert!(!reply.text().contains(hostile));
    assert_eq!((kept(&app).await, mails(&app).await), (0, 0));
}

#[tokio::test]
async fn whoever_fills_what_people_do_not_see_is_answered_alike_and_is_spam() {
    let app = TestApp::with(&MAIL).await;
    let typed = with(&[("website", "https://spam.test")]);
    let reply = app.client().post_form("/contact", &typed).await;
    is_taken(&reply, "/contact/thanks");
    let spam = sql!("select count(*) from contact_messages where state = 'spam'");
    assert_eq!((app.number(spam).await, mails(&app).await), (1, 0));
}

#[tokio::test]
async fn a_repeat_within_ten_minutes_is_answered_alike_and_kept_once() {
    let app = TestApp::with(&MAIL).await;
    let client = app.client().from("203.0.113.7");
    is_taken(
        &client.post_form("/contact", &FIELDS).await,
        "/contact/thanks",
    );
    let told = mails(&app).await;
    // Over the end of a span that begins every ten minutes as well.
    for _ in 0..3 {
        app.clock.shift(TimeDelta::minutes(3));
        is_taken(
            &client.post_form("/contact", &FIELDS).await,
            "/contact/thanks",
        );
        assert_eq!((kept(&app).await, mails(&app).await), (1, told));
    }
    app.clock.shift(TimeDelta::minutes(2));
    client.post_form("/contact", &FIELDS).await;
    assert_eq!(kept(&app).await, 2);
}

#[tokio::test]
async fn one_text_from_two_addresses_is_two_messages() {
    let app = TestApp::new().await;
    let here = app.client().from("203.0.113.7");
    here.post_form("/contact", &FIELDS).await;
    let there = app.client().from("203.0.113.8");
    is_taken(
        &there.post_form("/contact", &FIELDS).await,
        "/contact/thanks",
    );
    assert_eq!(kept(&app).await, 2);
    let other = with(&[("email", "ali@kara.test")]);
    here.post_form("/contact", &other).await;
    assert_eq!(kept(&app).await, 3);
}

#[tokio::test]
async fn ten_submissions_at_once_are_one_message() {
    let app = TestApp::with(&MAIL).await;
    let client = app.client().from("203.0.113.7");
    let sent = (0..10).map(|_| client.post_form("/contact", &FIELDS));
    for reply in futures_util::future::join_all(sent).await {
        is_taken(&reply, "/contact/thanks");
    }
    assert_eq!((kept(&app).await, mails(&app).await), (1, 2));
}

#[tokio::test]
async fn five_messages_an_hour_may_come_from_one_address_and_mending_a_form_costs_none() {
    let app = TestApp::with(&[("RATE_LIMIT_SCALE", "1")]).await;
    let client = app.client().from("203.0.113.7");
    for _ in 0..8 {
        let reply = client.post_form("/contact", &with(&[("name", "")])).await;
        assert_eq!(reply.status, 422);
    }
    let text = |at: usize| format!("Bu {at}. mesajımız oluyor.");
    for at in 0..5 {
        let reply = client
            .post_form("/contact", &with(&[("body", &text(at))]))
            .await;
        is_taken(&reply, "/contact/thanks");
    }
    let reply = client
        .post_form("/tr/contact", &with(&[("body", &text(5))]))
        .await;
    assert_eq!(reply.status, 429);
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(
        (
            reply.header("ratelimit-policy"),
            reply.header("ratelimit").unwrap()
        ),
        (
            Some("\"contact\";q=5;w=3600"),
            format!("\"contact\";r=0;t={wait}").as_str()
        )
    );
    comes_back_as_it_was_typed(&reply, &with(&[("body", &text(5))]), "60 dakika");
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    assert_eq!(reply.header("set-cookie"), None);
    assert_eq!(kept(&app).await, 5);
    let other = app.client().from("203.0.113.8");
    let reply = other
        .post_form("/contact", &with(&[("body", &text(5))]))
        .await;
    is_taken(&reply, "/contact/thanks");
    app.clock.shift(TimeDelta::minutes(61));
    let reply = client
        .post_form("/contact", &with(&[("body", &text(6))]))
        .await;
    is_taken(&reply, "/contact/thanks");
}

/// With the reason above it.
fn comes_back_as_it_was_typed(reply: &Reply, fields: &[(&str, &str)], said: &str) {
    assert!(reply.is_page());
    let summary = reply.one("#contact-form #error-summary");
    assert!(summary.contains(said), "{summary}");
    assert!(!reply.has(".field-error"));
    let form = reply.form("#contact-form");
    for (name, value) in fields {
        let shown = form.value(name).unwrap_or_default();
        assert_eq!(shown.trim_start(), *value, "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_kept_now_comes_back_as_it_was_typed() {
    let app = TestApp::new().await;
    let client = app.client();
    let places = [
        ("/contact", "We cannot reach our data"),
        ("/tr/contact", "Şu anda verilerimize ulaşamıyoruz"),
    ];
    for (path, _) in places {
        assert_eq!(client.get(path).await.status, 200);
    }
    let mut held = Vec::new();
    while let Ok(Ok(tx)) = timeout(Duration::from_millis(300), app.db.begin()).await {
        held.push(tx);
        assert!(held.len() < 100, "the pool has a bound");
    }
    for (path, said) in places {
        for reply in [
            client.post_form(path, &FIELDS).await,
            client.htmx_post(path, &FIELDS).await,
        ] {
            assert_eq!(reply.status, 503);
            assert_eq!(reply.header("cache-control"), Some("private, no-store"));
            assert!(reply.header("retry-after").is_some());
            comes_back_as_it_was_typed(&reply, &FIELDS, said);
        }
    }
    drop(held);
    let form = client.post_form("/tr/contact", &FIELDS).await;
    is_taken(&form, "/tr/contact/thanks");
    assert_eq!(kept(&app).await, 1);
}

#[tokio::test]
async fn everybody_who_may_answer_is_told_in_their_language_and_nobody_else() {
    let app = TestApp::with(&MAIL).await;
    app.execute(sql!("update users set locale = 'en' where email = ?", OFIS))
        .await;
    app.execute(sql!("update users set locale = 'tr' where email = ?", ADA))
        .await;
    app.client().post_form("/contact", &FIELDS).await;
    let sent: Vec<(String, String, String, String, String)> = app
        .rows(sql!(
            "select to_address, lang, subject, text, state from mails where record = 'messages' order by to_address"
        ))
        .await;
    let to: Vec<&str> = sent.iter().map(|mail| mail.0.as_str()).collect();
    assert_eq!(to, [ADA, OFIS]);
    assert!(!to.contains(&ESRA) && !to.contains(&CEM));
    assert_eq!(sent[0].2, "Zeynep Kara size yazdı");
    assert_eq!(sent[1].2, "New message from Zeynep Kara");
    let (id,) = app
        .rows::<(Uuid,)>(sql!("select id from contact_messages"))
        .await[0];
    for (_, _, _, text, state) in &sent {
        assert_eq!(state, "queued");
        assert!(text.contains("Ne kadar sürer?") && text.contains("zeynep@kara.test"));
        assert!(text.contains(&format!("/messages/{id}")), "{text}");
    }
    // Whoever was deactivated hears no more.
    app.execute(sql!(
        "update users set active = ? where email = ?",
        false,
        ADA
    ))
    .await;
    let other = with(&[("body", "Ve bir soru daha var.")]);
    app.client().post_form("/contact", &other).await;
    assert_eq!(mails(&app).await, 3);
}

#[tokio::test]
async fn nothing_that_is_typed_becomes_a_header_or_markup() {
    let app = TestApp::with(&MAIL).await;
    let client = app.client();
    for (field, typed) in [
        ("name", "Ali\r\nBcc: evil@evil.test"),
        ("email", "ali@kara.test\r\nBcc: evil@evil.test"),
        ("email", "ali@kara.test, evil@evil.test"),
        ("company", "Kara\nBcc: evil@evil.test"),
        ("body", "<img src=x onerror=alert(1)> {{ 7*7 }}"),
    ] {
        let reply = client.post_form("/contact", &with(&[(field, typed)])).await;
        assert!([303, 422].contains(&reply.status), "{field}");
    }
    let sent: Vec<(String, String, Option<String>, String)> = app
        .rows(sql!(
            "select to_address, subject, to_name, html from mails where record = 'messages'"
        ))
        .await;
    assert!(!sent.is_empty());
    for (to, subject, name, html) in sent {
        assert!([ADA, OFIS].contains(&to.as_str()), "{to}");
        assert!(!subject.contains(['\r', '\n']), "{subject}");
        assert!(!name.unwrap().contains(['\r', '\n']));
        assert!(!html.contains("<img"), "{html}");
    }
    let addresses: Vec<(String,)> = app
        .rows(sql!("select distinct email from contact_messages"))
        .await;
    assert_eq!(addresses, [("zeynep@kara.test".to_owned(),)]);
}

#[tokio::test]
async fn no_other_site_sends_the_form() {
    let app = TestApp::new().await;
    let client = app.client();
    let call = client.call("POST", "/contact").form(&FIELDS);
    let reply = call.header("sec-fetch-site", "cross-site").send().await;
    assert_eq!((reply.status, kept(&app).await), (403, 0));
}

#[tokio::test]
async fn what_stands_above_the_form_is_the_offices_to_write() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let form = ofis.get("/site-pages/contact-tr").await.form("#editor");
    let form = form
        .set("title", "Bize ulaşın")
        .set("body", "Öğleden sonra **daha kolay** ulaşılır.");
    assert_eq!(ofis.submit(&form).await.status, 303);
    let page = app.client().get("/tr/contact").await;
    assert_eq!(page.texts("h1"), ["Bize ulaşın"]);
    assert_eq!(page.texts(".prose strong"), ["daha kolay"]);
    assert!(page.has("#contact-form a[href='/tr/privacy']"));
    let wrong = app
        .client()
        .post_form("/tr/contact", &with(&[("email", "x")]))
        .await;
    assert_eq!(
        (wrong.status, wrong.texts("h1")),
        (422, vec!["Bize ulaşın".into()])
    );
}
