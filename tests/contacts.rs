//! Contacts: people at a company, at most one of them the primary one.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use prosektorweb::sql;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{ADA, Client, ESRA, Form, OFIS, TestApp};

const ADD: &str = "#contact-form form";

async fn company(app: &TestApp) -> (Uuid, String) {
    let id = app.company("Acme").await;
    (id, format!("/companies/{id}/contacts"))
}

async fn add_form(client: &Client, path: &str) -> Form {
    client.get(path).await.form(ADD)
}

type Row = (String, Option<String>, Option<String>, bool, i64);

async fn rows(app: &TestApp, company: Uuid) -> Vec<Row> {
    app.rows(sql!(
        "select name, phone, email, is_primary, version from contacts where company_id = ? and deleted_at is null order by id",
        company
    ))
    .await
}

async fn primaries(app: &TestApp, company: Uuid) -> Vec<String> {
    let rows = rows(app, company).await;
    rows.into_iter()
        .filter(|row| row.3)
        .map(|row| row.0)
        .collect()
}

#[tokio::test]
async fn a_contact_is_added_without_javascript_and_shown() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let form = add_form(&ofis, &path).await;
    assert_eq!(form.action, path);
    let form = form
        .set("name", " Şule Öz ")
        .set("title", "İSG uzmanı")
        .set("phone", "0532 123 45 67")
        .set("email", "Sule@Acme.Test");
    let reply = ofis.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, path.as_str()));
    let page = ofis.follow(&reply).await;
    assert!(page.one("#flash").contains("Şule Öz"));
    let row = page
        .texts("#panel tbody tr")
        .into_iter()
        .find(|row| row.contains("Şule Öz"))
        .unwrap();
    assert!(
        row.contains("İSG uzmanı")
            && row.contains("+90 532 123 45 67")
            && row.contains("sule@acme.test")
    );
    let stored = rows(&app, id).await.pop().unwrap();
    assert_eq!(stored.1.as_deref(), Some("+905321234567"));
    assert_eq!(app.noted().await[1..], ["contacts.create"]);
}

#[tokio::test]
async fn htmx_gets_the_panel_with_the_new_row_marked_and_an_empty_form() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (_, path) = company(&app).await;
    let form = add_form(&ofis, &path).await;
    let key = form.value("form_key").unwrap().to_owned();
    let reply = ofis.htmx_submit(&form.set("name", "Şule Öz")).await;
    assert_eq!(reply.status, 200);
    assert!(!reply.is_page());
    assert!(
        reply
            .text()
            .trim_start()
            .starts_with("<section class=\"panel\" id=\"panel\""),
        "{}",
        reply.text()
    );
    assert_eq!(reply.count("#panel tbody tr.fresh"), 1);
    assert!(reply.one("#panel tbody tr.fresh").contains("Şule Öz"));
    assert!(reply.text().contains("<hx-partial hx-target=\"#flash\""));
    let form = reply.form(ADD);
    assert_eq!(form.value("name"), Some(""));
    assert_ne!(
        form.value("form_key"),
        Some(key.as_str()),
        "a new form has a new key"
    );
}

#[tokio::test]
async fn wrong_fields_come_back_in_an_open_form() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let before = rows(&app, id).await;
    let wrong = [("name", "Ş"), ("phone", "12"), ("email", "a@b@c")];
    let mut form = add_form(&ofis, &path)
        .await
        .set("title", "Müdür")
        .set("is_primary", "true");
    for (name, value) in wrong {
        form = form.set(name, value);
    }
    for reply in [ofis.submit(&form).await, ofis.htmx_submit(&form).await] {
        assert_eq!(reply.status, 422);
        assert!(reply.has("#panel details[open]"));
        let again = reply.form(ADD);
        for (name, value) in wrong {
            assert_eq!(again.value(name), Some(value));
            assert!(reply.has(&format!("#f-{name}-error")), "{name}");
        }
        assert_eq!(again.value("title"), Some("Müdür"));
        assert_eq!(again.value("is_primary"), Some("true"));
    }
    assert_eq!(rows(&app, id).await, before);
}

#[tokio::test]
async fn the_new_primary_contact_replaces_the_old_one() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    assert_eq!(primaries(&app, id).await.len(), 1);
    let form = add_form(&ofis, &path)
        .await
        .set("name", "Şule Öz")
        .set("is_primary", "true");
    assert_eq!(ofis.submit(&form).await.status, 303);
    assert_eq!(primaries(&app, id).await, ["Şule Öz"]);
    let page = ofis.get(&path).await;
    assert!(
        page.one("#panel tbody tr").contains("Şule Öz"),
        "the primary one is first"
    );

    let edit = page.attrs("#panel tbody th a", "href").pop().unwrap();
    let form = ofis
        .get(&edit)
        .await
        .form(ADD)
        .set("name", "Can Er")
        .set("is_primary", "true");
    assert_eq!(ofis.submit(&form).await.status, 303);
    assert_eq!(primaries(&app, id).await, ["Can Er"]);
    // A company may do without.
    let edit = ofis
        .get(&path)
        .await
        .attr("#panel tbody th a", "href")
        .unwrap();
    let mut form = ofis.get(&edit).await.form(ADD);
    form.fields.retain(|(name, _)| name != "is_primary");
    assert_eq!(ofis.submit(&form).await.status, 303);
    assert_eq!(primaries(&app, id).await, [""; 0]);
}

#[tokio::test]
async fn of_ten_primary_contacts_at_once_one_is() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let before = rows(&app, id).await.len();
    let ofis = &ofis;
    let replies = join_all((0..10).map(|n| {
        let path = path.clone();
        async move {
            let name = format!("Kişi {n}");
            ofis.post_form(&path, &[("name", &name), ("is_primary", "true")])
                .await
        }
    }))
    .await;
    let made = replies.iter().filter(|reply| reply.status == 303).count();
    assert!(
        made > 0
            && replies
                .iter()
                .all(|reply| [303, 409, 503].contains(&reply.status))
    );
    assert_eq!(rows(&app, id).await.len(), before + made);
    assert_eq!(primaries(&app, id).await.len(), 1);
}

#[tokio::test]
async fn a_primary_contact_that_comes_back_does_not_push_the_new_one_out() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let page = ofis.get(&path).await;
    let trash = page.form("#panel tbody tr td form[action$='/trash']");
    let reply = ofis.submit(&trash).await;
    let undo = ofis.follow(&reply).await.form("#flash form");
    assert_eq!(primaries(&app, id).await, [""; 0]);
    let form = add_form(&ofis, &path)
        .await
        .set("name", "Şule Öz")
        .set("is_primary", "true");
    ofis.submit(&form).await;
    assert_eq!(ofis.submit(&undo).await.status, 303);
    assert_eq!(primaries(&app, id).await, ["Şule Öz"]);
    assert_eq!(rows(&app, id).await.len(), 4);
}

#[tokio::test]
async fn an_edit_saves_and_notes_what_changed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let before = rows(&app, id).await;
    let edit = ofis
        .get(&path)
        .await
        .attr("#panel tbody th a", "href")
        .unwrap();
    let form = ofis
        .get(&edit)
        .await
        .form(ADD)
        .set("phone", "0532 123 45 67");
    let reply = ofis.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, path.as_str()));
    let after = rows(&app, id).await;
    let place = after
        .iter()
        .position(|row| row.1.as_deref() == Some("+905321234567"))
        .unwrap();
    assert_eq!(after[place].4, before[place].4 + 1);
    assert_eq!(after[place].0, before[place].0);
    let entries: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where action = 'contacts.update' order by id desc"
        ))
        .await;
    let changes: Value = serde_json::from_str(&entries[0].0).unwrap();
    assert_eq!(changes.as_array().unwrap().len(), 1);
    assert_eq!(changes[0]["field"], "phone");
}

#[tokio::test]
async fn whoever_saves_second_sees_both_versions_and_loses_nothing() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let ada = app.sign_in(ADA).await;
    let (id, path) = company(&app).await;
    let edit = ofis
        .get(&path)
        .await
        .attr("#panel tbody th a", "href")
        .unwrap();
    let mine = ofis.get(&edit).await.form(ADD).set("name", "Benimki Can");
    let theirs = ada.get(&edit).await.form(ADD).set("name", "Onunki Can");
    assert_eq!(ada.submit(&theirs).await.status, 303);
    let saved = rows(&app, id).await;
    for reply in [ofis.submit(&mine).await, ofis.htmx_submit(&mine).await] {
        assert_eq!(reply.status, 409);
        let conflict = reply.one("#conflict");
        for part in ["Ada", "Benimki Can", "Onunki Can"] {
            assert!(conflict.contains(part), "{conflict}");
        }
        assert_eq!(reply.form(ADD).value("name"), Some("Benimki Can"));
    }
    assert_eq!(rows(&app, id).await, saved);
    let again = ofis.htmx_submit(&mine).await.form(ADD);
    assert_eq!(ofis.submit(&again).await.status, 303);
    assert!(
        rows(&app, id)
            .await
            .iter()
            .any(|row| row.0 == "Benimki Can")
    );
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_contact() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let before = rows(&app, id).await.len();
    let form = add_form(&ofis, &path).await.set("name", "Şule Öz");
    let replies = join_all((0..20).map(|_| ofis.htmx_submit(&form))).await;
    assert!(
        replies
            .iter()
            .all(|reply| [200, 503].contains(&reply.status))
    );
    assert_eq!(ofis.submit(&form).await.status, 303);
    assert_eq!(rows(&app, id).await.len(), before + 1);
    assert_eq!(ofis.submit(&form.set("name", "Başka")).await.status, 409);
    assert_eq!(rows(&app, id).await.len(), before + 1);
}

#[tokio::test]
async fn the_trash_button_takes_one_away_and_undo_brings_it_back() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let names =
        |rows: Vec<Row>| -> BTreeSet<String> { rows.into_iter().map(|row| row.0).collect() };
    let before = names(rows(&app, id).await);
    let trash = ofis
        .get(&path)
        .await
        .form("#panel tbody form[action$='/trash']");
    let reply = ofis.htmx_submit(&trash).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.count("#panel tbody tr"), before.len() - 1);
    let undo = reply.form("hx-partial form");
    // A second click finds nothing there any more.
    assert_eq!(ofis.htmx_submit(&trash).await.status, 404);
    let edit = trash.action.replace("/trash", "/edit");
    assert_eq!(ofis.get(&edit).await.status, 404);
    assert_eq!(ofis.submit(&undo).await.status, 303);
    assert_eq!(names(rows(&app, id).await), before);
    assert_eq!(
        app.noted().await[1..],
        ["contacts.trash", "contacts.restore"]
    );
    assert_eq!(ofis.submit(&undo).await.status, 404);
}

#[tokio::test]
async fn a_stale_trash_button_is_told_so() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (_, path) = company(&app).await;
    let page = ofis.get(&path).await;
    let trash = page.form("#panel tbody form[action$='/trash']");
    let edit = page.attr("#panel tbody th a", "href").unwrap();
    let form = ofis.get(&edit).await.form(ADD).set("title", "Yeni görev");
    ofis.submit(&form).await;
    assert_eq!(ofis.submit(&trash).await.status, 409);
}

#[tokio::test]
async fn columns_that_are_nobodys_to_type_are_ignored() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let globex = app.company("Globex").await;
    let before = rows(&app, globex).await;
    let form = add_form(&ofis, &path)
        .await
        .set("name", "Şule Öz")
        .set("company_id", &globex.to_string())
        .set("id", &Uuid::now_v7().to_string())
        .set("version", "99")
        .set("deleted_at", "2001-01-01")
        .set("primary_of", &globex.to_string());
    assert_eq!(ofis.submit(&form).await.status, 303);
    let made = rows(&app, id).await.pop().unwrap();
    assert_eq!((made.0.as_str(), made.4), ("Şule Öz", 1));
    assert_eq!(rows(&app, globex).await, before);
}

#[tokio::test]
async fn an_expert_reads_contacts_and_is_offered_no_change() {
    let app = TestApp::new().await;
    let esra = app.sign_in(ESRA).await;
    let (_, path) = company(&app).await;
    let page = esra.get(&path).await;
    assert_eq!(page.count("#panel tbody tr"), 3);
    assert!(!page.has("#panel form"));
    assert!(!page.has("#panel a[href$='/edit']"));
}
