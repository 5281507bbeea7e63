//! The inbox: who may see it, and what becomes of a message.

use chrono::TimeDelta;
use prosektorweb::{features::messages::jobs::Sweep, seed, sql};
use uuid::Uuid;

use crate::{
    contact::FIELDS,
    support::{ADA, CEM, Client, ESRA, OFIS, TestApp, records},
};

async fn signed_in(app: &TestApp) -> Client {
    let ofis = app.sign_in(OFIS).await;
    ofis.post_form("/preferences", &[("locale", "en")]).await;
    ofis
}

async fn with_mail() -> TestApp {
    TestApp::with(&[
        ("SMTP_URL", "smtp://127.0.0.1:9"),
        ("MAIL_FROM", "ofis@prosektor.test"),
    ])
    .await
}

/// Written by somebody, as the form keeps it: where it is shown.
async fn written(app: &TestApp, body: &str) -> (Uuid, String) {
    let mut fields = FIELDS;
    fields[4].1 = body;
    let reply = app.client().post_form("/tr/contact", &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let (id,) = app
        .rows::<(Uuid,)>(sql!("select id from contact_messages order by id desc"))
        .await[0];
    (id, format!("/messages/{id}"))
}

#[tokio::test]
async fn the_demo_data_has_an_inbox_of_which_nobody_is_mailed() {
    let app = TestApp::new().await;
    let mails = async || app.number(sql!("select count(*) from mails")).await;
    let before = mails().await;
    seed::tell_messages(&app.app).await.unwrap();
    assert_eq!(mails().await, before);
    let ofis = signed_in(&app).await;
    let list = ofis.get("/messages").await;
    let names = list.texts("#list tbody th a");
    // The newest first, spam left out.
    assert_eq!(names.len(), 6);
    assert!(names[0].contains("Gülşah Öztürk"), "{names:?}");
    let answered = ofis.get("/messages?q=ilgaz").await;
    let one = answered.attr("#list tbody th a", "href").unwrap();
    let page = ofis.get(&one).await;
    assert!(page.text().contains("Yarın sabah"), "{}", page.text());
    assert!(
        ofis.get("/messages?state=spam")
            .await
            .text()
            .contains("SEO Experts")
    );
}

async fn state(app: &TestApp, id: Uuid) -> String {
    let found: Vec<(String,)> = app
        .rows(sql!("select state from contact_messages where id = ?", id))
        .await;
    found[0].0.clone()
}

#[tokio::test]
async fn the_office_has_the_inbox_and_nobody_else_knows_of_a_message() {
    let app = TestApp::new().await;
    let id = records::message(&app).await;
    let (list, one) = ("/messages".to_owned(), format!("/messages/{id}"));
    for path in [&list, &one] {
        for email in [ADA, OFIS] {
            let page = app.sign_in(email).await.get(path).await;
            assert_eq!(page.status, 200, "{email} {path}");
            assert!(page.has("nav.rail a[href='/messages'][aria-current]"));
            assert!(page.text().contains("Zeynep Kara"));
        }
        let esra = app.sign_in(ESRA).await;
        assert_eq!(esra.get(path).await.status, 403);
        assert!(!esra.get("/dashboard").await.has("a[href='/messages']"));
        assert_eq!(app.sign_in(CEM).await.get(path).await.status, 404);
        assert_eq!(app.client().get(path).await.status, 303);
    }
}

#[tokio::test]
async fn the_list_is_walked_page_by_page_and_each_state_has_its_own() {
    let app = TestApp::new().await;
    for _ in 0..27 {
        records::message(&app).await;
        app.clock.shift(TimeDelta::milliseconds(2));
    }
    let spam = records::message(&app).await;
    app.execute(sql!(
        "update contact_messages set state = 'spam' where id = ?",
        spam
    ))
    .await;
    let ofis = signed_in(&app).await;
    let first = ofis.get("/messages").await;
    assert_eq!(first.count("#list tbody tr"), 25);
    assert!(first.one(".pagination-range").contains("1–25 of 27"));
    assert_eq!(
        first.texts("nav.tabs .count"),
        ["27", "27", "0", "0", "1"],
        "all but spam, then each state"
    );
    let next = first.attr("a[rel=next]", "href").unwrap();
    let second = ofis.get(&next).await;
    assert_eq!(second.count("#list tbody tr"), 2);
    assert!(second.one(".pagination-range").contains("26–27 of 27"));
    let back = second.attr("a[rel=prev]", "href").unwrap();
    assert_eq!(
        ofis.get(&back).await.attrs("#list tbody a", "href"),
        first.attrs("#list tbody a", "href")
    );
    let mut seen = first.attrs("#list tbody a", "href");
    seen.extend(second.attrs("#list tbody a", "href"));
    assert!(!seen.contains(&format!("/messages/{spam}")));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 27);
    let spams = ofis.get("/messages?state=spam").await;
    assert_eq!(
        spams.attrs("#list tbody a", "href"),
        [format!("/messages/{spam}")]
    );
    assert!(!ofis.htmx_get("/messages").await.is_page());
    for wrong in ["/messages?state=lost", "/messages?after=lost"] {
        assert_eq!(ofis.get(wrong).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn previous_leads_one_page_back_and_not_to_the_newest() {
    let app = TestApp::new().await;
    for _ in 0..60 {
        records::message(&app).await;
        app.clock.shift(TimeDelta::milliseconds(2));
    }
    let ofis = signed_in(&app).await;
    let mut pages = vec![ofis.get("/messages").await];
    while let Some(next) = pages.last().unwrap().attr("a[rel=next]", "href") {
        pages.push(ofis.get(&next).await);
    }
    let ranges = ["1–25 of 60", "26–50 of 60", "51–60 of 60"];
    assert_eq!(pages.len(), ranges.len());
    let mut page = ofis.get("/messages").await;
    for (at, range) in ranges.iter().enumerate().rev() {
        if at + 1 == ranges.len() {
            page = ofis
                .get(&pages[1].attr("a[rel=next]", "href").unwrap())
                .await;
        } else {
            page = ofis.get(&page.attr("a[rel=prev]", "href").unwrap()).await;
        }
        assert!(page.one(".pagination-range").contains(range), "{range}");
        let rows = page.attrs("#list tbody a", "href");
        assert_eq!(rows, pages[at].attrs("#list tbody a", "href"), "{range}");
    }
    assert!(!page.has("a[rel=prev]"));
    // Where all of a page is gone the list begins anew.
    let last = pages[1].attr("a[rel=next]", "href").unwrap();
    app.execute(sql!("delete from contact_messages")).await;
    assert_eq!(ofis.get(&last).await.status, 200);
}

#[tokio::test]
async fn a_message_is_found_by_any_of_its_words_in_the_letters_that_were_meant() {
    let app = TestApp::new().await;
    let (_, first) = written(&app, "İlkyardım eğitimi soruyorum.").await;
    app.clock.shift(TimeDelta::milliseconds(2));
    let (spam, second) = written(&app, "Şirketimize teklif verin.").await;
    app.execute(sql!(
        "update contact_messages set state = 'spam' where id = ?",
        spam
    ))
    .await;
    let ofis = signed_in(&app).await;
    for (query, found) in [
        ("q=ILKYARDIM", vec![&first]),
        ("q=egitim+zeynep", vec![&first]),
        ("q=zeynep%40kara.test", vec![&first]),
        ("q=teklif", vec![]),
        ("state=spam&q=sirket", vec![&second]),
        ("q=%25", vec![]),
        ("q=", vec![&first]),
    ] {
        let list = ofis.get(&format!("/messages?{query}")).await;
        assert_eq!(list.status, 200, "{query}");
        let links = list.attrs("#list tbody a", "href");
        assert_eq!(links.iter().collect::<Vec<_>>(), found, "{query}");
        if !found.is_empty() {
            let file = ofis.submit(&list.form("form[data-download]")).await;
            assert_eq!(file.text().lines().count(), found.len() + 1, "{query}");
        }
    }
    let list = ofis.get("/messages?q=teklif").await;
    assert_eq!(list.texts("nav.tabs .count"), ["0", "0", "0", "0", "1"]);
    assert!(list.one("#list .empty").contains("teklif"));
}

#[tokio::test]
async fn a_message_is_shown_with_its_evidence_and_reading_it_changes_nothing() {
    let app = TestApp::new().await;
    let id = records::message(&app).await;
    let ofis = signed_in(&app).await;
    let page = ofis.get(&format!("/messages/{id}")).await;
    for shown in [
        "Yeni bir site istiyoruz.",
        "203.0.113.7",
        "Firefox",
        "Kara OSGB",
        "Türkçe",
    ] {
        assert!(page.text().contains(shown), "{shown}");
    }
    assert!(page.has("a[href='mailto:zeynep@kara.test']"));
    assert!(page.has("a[href='tel:+905551234567']"));
    assert_eq!(state(&app, id).await, "new");
}

#[tokio::test]
async fn a_message_becomes_read_spam_and_new_again_and_each_is_noted() {
    let app = TestApp::new().await;
    let id = records::message(&app).await;
    let (ofis, href) = (signed_in(&app).await, format!("/messages/{id}"));
    for (at, wanted) in ["read", "spam", "new"].into_iter().enumerate() {
        let version = (at + 1).to_string();
        let fields = [("version", version.as_str()), ("state", wanted)];
        let page = ofis.get(&href).await;
        assert!(page.has(&format!(
            "form[action='{href}/state'] input[value='{wanted}']"
        )));
        let reply = ofis.post_form(&format!("{href}/state"), &fields).await;
        assert_eq!(reply.status, 303);
        assert_eq!(state(&app, id).await, wanted);
    }
    assert_eq!(
        app.noted()
            .await
            .iter()
            .filter(|it| *it == "messages.state")
            .count(),
        3
    );
    let stale = [("version", "1"), ("state", "spam")];
    let reply = ofis.post_form(&format!("{href}/state"), &stale).await;
    assert_eq!((reply.status, state(&app, id).await.as_str()), (409, "new"));
    for wrong in ["answered", "lost", ""] {
        let fields = [("version", "4"), ("state", wrong)];
        let reply = ofis.post_form(&format!("{href}/state"), &fields).await;
        assert_eq!(reply.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn an_answer_goes_to_whoever_wrote_in_their_language_and_once() {
    let app = with_mail().await;
    let (id, href) = written(&app, "Yeni bir site istiyoruz.").await;
    let ofis = signed_in(&app).await;
    let form = ofis.get(&href).await.form("#reply-form");
    let form = form.set("body", "Elbette.\nYarın <ararız>.");
    for _ in 0..2 {
        let reply = ofis.submit(&form).await;
        assert_eq!((reply.status, reply.location()), (303, href.as_str()));
    }
    assert_eq!(state(&app, id).await, "answered");
    let sent: Vec<(String, Option<String>, String, String, String, String)> = app
        .rows(sql!(
            "select to_address, to_name, lang, text, html, state from mails where to_address = 'zeynep@kara.test'"
        ))
        .await;
    let [(_, name, lang, text, html, queued)] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    assert_eq!(name.as_deref(), Some("Zeynep Kara"));
    assert_eq!((lang.as_str(), queued.as_str()), ("tr", "queued"));
    assert!(text.contains("Yarın <ararız>.") && text.contains("> Yeni bir site istiyoruz."));
    assert!(html.contains("Elbette.<br>") && html.contains("&lt;ararız&gt;"));
    assert!(!text.contains("otomatik") && !html.contains("otomatik"));
    let page = ofis.get(&href).await;
    assert!(page.text().contains("Elbette."));
    assert_eq!(
        app.noted()
            .await
            .iter()
            .filter(|it| *it == "messages.reply")
            .count(),
        1
    );
}

#[tokio::test]
async fn an_answer_that_is_empty_or_comes_too_late_stays_typed() {
    let app = with_mail().await;
    let (id, href) = written(&app, "Yeni bir site istiyoruz.").await;
    let ofis = signed_in(&app).await;
    let form = ofis.get(&href).await.form("#reply-form");
    let reply = ofis.submit(&form.clone().set("body", "  ")).await;
    assert!(reply.status == 422 && reply.has("#f-body-error"));
    app.execute(sql!(
        "update contact_messages set version = 2, state = 'read' where id = ?",
        id
    ))
    .await;
    let reply = ofis.submit(&form.set("body", "Geç kaldım.")).await;
    assert_eq!(reply.status, 409);
    let form = reply.form("#reply-form");
    assert_eq!(form.value("body").unwrap().trim(), "Geç kaldım.");
    assert_eq!(state(&app, id).await, "read");
    assert_eq!(ofis.submit(&form).await.status, 303);
    assert_eq!(state(&app, id).await, "answered");
}

#[tokio::test]
async fn the_file_holds_what_the_list_shows_and_no_formula_and_is_noted() {
    let app = TestApp::new().await;
    for body in [
        "=HYPERLINK(\"http://evil.test\")",
        "+90 diye başlayan bir metin",
        "@SUM(A1:A9) ve devamı",
        "-1 ile başlayan, virgüllü \"metin\"",
    ] {
        written(&app, body).await;
    }
    let (spam, _) = written(&app, "Ucuz saatler burada.").await;
    app.execute(sql!(
        "update contact_messages set state = 'spam' where id = ?",
        spam
    ))
    .await;
    let ofis = signed_in(&app).await;
    let reply = ofis.post_form("/messages/export", &[]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(reply.body.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5, "a head and all but spam");
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
    }
    assert!(rows[1..].iter().all(|row| &row[1] == "New"));
    ofis.post_form("/preferences", &[("locale", "tr")]).await;
    let turkish = ofis.post_form("/messages/export", &[]).await;
    assert!(turkish.text().contains(",Yeni,") && !turkish.text().contains(",new,"));
    let spams = ofis.post_form("/messages/export?state=spam", &[]).await;
    assert!(spams.text().contains("Ucuz saatler"));
    assert_eq!(
        app.noted()
            .await
            .iter()
            .filter(|it| *it == "messages.export")
            .count(),
        3
    );
    let esra = app.sign_in(ESRA).await;
    assert_eq!(esra.post_form("/messages/export", &[]).await.status, 403);
}

#[tokio::test]
async fn what_is_erased_is_nowhere_any_more_and_the_audit_names_nobody() {
    let app = with_mail().await;
    let (id, href) = written(&app, "Yeni bir site istiyoruz.").await;
    let ofis = signed_in(&app).await;
    let form = ofis.get(&href).await.form("#reply-form");
    ofis.submit(&form.set("body", "Elbette, ararız.")).await;
    let page = ofis.get(&format!("{href}/erase")).await;
    assert!(page.one("h1").contains("Zeynep Kara"));
    let form = page.form(&format!("form[action='{href}/erase']"));
    let reply = ofis.submit(&form.clone().set("version", "1")).await;
    assert_eq!(reply.status, 409, "somebody has changed it meanwhile");
    let reply = ofis.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, "/messages"));
    for path in [href.clone(), format!("{href}/erase")] {
        assert_eq!(ofis.get(&path).await.status, 404);
    }
    for left in [
        sql!("select count(*) from contact_messages"),
        sql!("select count(*) from contact_replies"),
        sql!("select count(*) from mails where record = 'messages'"),
    ] {
        assert_eq!(app.number(left).await, 0);
    }
    let noted: Vec<(String, String)> = app
        .rows(sql!(
            "select action, changes from audit_entries where record_id = ? order by id",
            id
        ))
        .await;
    let actions: Vec<&str> = noted.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        ["messages.create", "messages.reply", "messages.erase"]
    );
    for (_, changes) in &noted {
        for known in ["Zeynep", "zeynep", "site", "203.0.113.7", "ararız"] {
            assert!(!changes.contains(known), "{changes}");
        }
    }
    // Its mails were promised, and their jobs find nothing to send.
    app.run_jobs().await;
}

#[tokio::test]
async fn a_message_is_text_wherever_it_is_shown() {
    let app = TestApp::new().await;
    let hostile = "</p><script>alert(1)</script> \"' {{ 7*7 }} İı 😀";
    let (_, href) = written(&app, hostile).await;
    let ofis = signed_in(&app).await;
    for path in ["/messages", &href] {
        let page = ofis.get(path).await;
        assert!(!page.text().contains("<script>alert"), "{path}");
        assert!(page.one("main").contains("<script>alert(1)</script>"));
    }
}

async fn left(app: &TestApp) -> [i64; 3] {
    let count = |sql| app.number(sql);
    [
        count(sql!("select count(*) from contact_messages")).await,
        count(sql!("select count(*) from contact_replies")).await,
        count(sql!("select count(*) from mails where record = 'messages'")).await,
    ]
}

async fn night(app: &TestApp) {
    let mut tx = app.db.begin().await.unwrap();
    app.jobs.enqueue(&mut tx, &Sweep {}).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
}

#[tokio::test]
async fn spam_goes_after_thirty_days_and_everything_after_two_years() {
    let app = TestApp::new().await;
    let ofis = signed_in(&app).await;
    let (spam, url) = written(&app, "Size ucuz bağlantı satarım.").await;
    written(&app, "Fiyat öğrenmek istiyorum.").await;
    let mails = left(&app).await[2] / 2;
    let form = [("state", "spam"), ("version", "1")];
    let reply = ofis.post_form(&format!("{url}/state"), &form).await;
    assert_eq!(reply.status, 303);
    app.clock.shift(TimeDelta::days(30) - TimeDelta::minutes(1));
    night(&app).await;
    assert_eq!(left(&app).await, [2, 0, 2 * mails]);
    app.clock.shift(TimeDelta::minutes(2));
    night(&app).await;
    assert_eq!(left(&app).await, [1, 0, mails]);
    let gone = app
        .sign_in(OFIS)
        .await
        .get(&format!("/messages/{spam}"))
        .await;
    assert_eq!(gone.status, 404);
    app.clock.shift(TimeDelta::days(701));
    night(&app).await;
    assert_eq!(left(&app).await, [0, 0, 0]);
}

/// The header fields of every mail in the outbox.
fn heads(app: &TestApp) -> Vec<String> {
    let folder = app.folder.path().join("outbox");
    let files = std::fs::read_dir(folder).unwrap();
    let head = |file: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        text.split("\r\n\r\n").next().unwrap().to_owned()
    };
    files.map(head).collect()
}

#[tokio::test]
async fn the_office_answers_to_whoever_wrote_and_they_to_the_address_that_is_set() {
    let app = TestApp::with(&[("CONTACT_TO", "merhaba@prosektor.test")]).await;
    let ofis = signed_in(&app).await;
    let (_, url) = written(&app, "Fiyat öğrenmek istiyorum.").await;
    app.run_jobs().await;
    let told = heads(&app);
    assert_eq!(told.len(), 1, "the address alone is told: {told:?}");
    assert!(
        told[0].contains("To: <merhaba@prosektor.test>"),
        "{}",
        told[0]
    );
    let writer = FIELDS[1].1;
    assert!(
        told[0].contains(&format!("Reply-To: <{writer}>")),
        "{}",
        told[0]
    );
    let form = ofis
        .get(&url)
        .await
        .form(&format!("form[action='{url}/reply']"));
    let sent = ofis.submit(&form.set("body", "Yarın ararız.")).await;
    assert_eq!(sent.status, 303);
    app.run_jobs().await;
    let answers: Vec<String> = heads(&app)
        .into_iter()
        .filter(|head| head.contains("Reply-To: <merhaba@prosektor.test>"))
        .collect();
    assert_eq!(answers.len(), 1);
    assert!(
        answers[0].contains(&format!("<{writer}>")),
        "{}",
        answers[0]
    );
}
