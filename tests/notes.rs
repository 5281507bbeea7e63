//! Notes: what the office wrote down about a company, pinned ones first.

use futures_util::future::join_all;
use prosektorweb::sql;
use uuid::Uuid;

use crate::support::{ADA, Client, ESRA, Form, OFIS, TestApp};

const ADD: &str = "#note-form form";

async fn company(app: &TestApp) -> (Uuid, String) {
    let id = app.company("Acme").await;
    (id, format!("/companies/{id}/notes"))
}

async fn add_form(client: &Client, path: &str) -> Form {
    client.get(path).await.form(ADD)
}

type Row = (String, bool, i64);

async fn rows(app: &TestApp, company: Uuid) -> Vec<Row> {
    app.rows(sql!(
        "select body, pinned, version from notes where company_id = ? and deleted_at is null order by id",
        company
    ))
    .await
}

#[tokio::test]
async fn a_note_is_added_with_its_lines_and_its_author() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let form = add_form(&ofis, &path)
        .await
        .set("body", "  İlk satır\r\n\r\nİkinci satır  ");
    let reply = ofis.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, path.as_str()));
    let page = ofis.follow(&reply).await;
    assert!(page.has("#flash .flash"));
    let note = page
        .texts("#panel article")
        .into_iter()
        .find(|note| note.contains("İlk satır"))
        .unwrap();
    assert!(note.contains("Ofis"));
    let made = rows(&app, id).await.pop().unwrap();
    assert_eq!(made, ("İlk satır\n\nİkinci satır".to_owned(), false, 1));
    assert_eq!(app.noted().await[1..], ["notes.create"]);
}

#[tokio::test]
async fn htmx_gets_the_panel_with_the_new_note_marked_and_an_empty_form() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (_, path) = company(&app).await;
    let form = add_form(&ofis, &path).await;
    let reply = ofis
        .htmx_submit(&form.clone().set("body", "Yeni not"))
        .await;
    assert_eq!(reply.status, 200);
    assert!(!reply.is_page());
    assert!(reply.one("#panel article.fresh").contains("Yeni not"));
    assert!(reply.text().contains("<hx-partial hx-target=\"#flash\""));
    let again = reply.form(ADD);
    assert_eq!(again.value("body").map(str::trim), Some(""));
    assert_ne!(again.value("form_key"), form.value("form_key"));
}

#[tokio::test]
async fn an_empty_or_endless_note_comes_back() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let before = rows(&app, id).await;
    let long = "ş".repeat(10_001);
    for body in ["", " \n\t ", long.as_str(), "a\0b"] {
        let form = add_form(&ofis, &path)
            .await
            .set("body", body)
            .set("pinned", "true");
        for reply in [ofis.submit(&form).await, ofis.htmx_submit(&form).await] {
            assert_eq!(reply.status, 422);
            assert!(reply.has("#f-body-error"));
            assert!(reply.has("#panel details[open]"));
            assert_eq!(reply.form(ADD).value("pinned"), Some("true"));
            if body.len() > 10 {
                assert_eq!(reply.form(ADD).value("body"), Some(body));
            }
        }
    }
    assert_eq!(rows(&app, id).await, before);
    let longest = "ş".repeat(10_000);
    let form = add_form(&ofis, &path).await.set("body", &longest);
    assert_eq!(ofis.submit(&form).await.status, 303);
}

#[tokio::test]
async fn pinned_notes_come_first_and_show_on_the_company_itself() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    for body in ["Eski ama önemli", "Yeni"] {
        let form = add_form(&ofis, &path).await.set("body", body);
        assert_eq!(ofis.submit(&form).await.status, 303);
    }
    let page = ofis.get(&path).await;
    let actions = page.attrs("#panel form[action$='/pin']", "action");
    let texts = page.texts("#panel article");
    let place = texts
        .iter()
        .position(|text| text.contains("Eski ama önemli"))
        .unwrap();
    let pin = page.form(&format!("#panel form[action='{}']", actions[place]));
    assert_eq!(pin.value("pinned"), Some("true"));
    let reply = ofis.htmx_submit(&pin).await;
    assert_eq!(reply.status, 200);
    let pinned = rows(&app, id).await.iter().filter(|row| row.1).count();
    assert_eq!(reply.count("#panel article.pinned"), pinned);
    assert!(
        reply.texts("#panel article")[..pinned]
            .iter()
            .any(|text| text.contains("Eski ama önemli"))
    );
    let show = ofis.get(&format!("/companies/{id}")).await;
    assert!(show.one(".record-main").contains("Eski ama önemli"));
    assert!(!show.one(".record-main").contains("Yeni · "));

    // Off again; the button of before is stale.
    assert_eq!(ofis.submit(&pin).await.status, 409);
    let unpin = ofis
        .get(&path)
        .await
        .form(&format!("#panel form[action='{}']", actions[place]));
    assert_eq!(unpin.value("pinned"), Some("false"));
    assert_eq!(ofis.submit(&unpin).await.status, 303);
    assert_eq!(
        rows(&app, id).await.iter().filter(|row| row.1).count(),
        pinned - 1
    );
    assert_eq!(
        app.noted()
            .await
            .iter()
            .filter(|action| *action == "notes.pin")
            .count(),
        2
    );
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
        .attr("#panel a[href$='/edit']", "href")
        .unwrap();
    let mine = ofis.get(&edit).await.form(ADD).set("body", "Benim sözüm");
    let theirs = ada.get(&edit).await.form(ADD).set("body", "Onun sözü");
    assert_eq!(ada.submit(&theirs).await.status, 303);
    for reply in [ofis.submit(&mine).await, ofis.htmx_submit(&mine).await] {
        assert_eq!(reply.status, 409);
        let conflict = reply.one("#conflict");
        for part in ["Ada", "Benim sözüm", "Onun sözü"] {
            assert!(conflict.contains(part), "{conflict}");
        }
        assert_eq!(reply.form(ADD).value("body"), Some("Benim sözüm"));
    }
    let bodies = |rows: Vec<Row>| rows.into_iter().map(|row| row.0).collect::<Vec<_>>();
    assert!(!bodies(rows(&app, id).await).contains(&"Benim sözüm".to_owned()));
    let again = ofis.htmx_submit(&mine).await.form(ADD);
    assert_eq!(ofis.submit(&again).await.status, 303);
    let bodies = bodies(rows(&app, id).await);
    assert!(
        bodies.contains(&"Benim sözüm".to_owned()) && !bodies.contains(&"Onun sözü".to_owned())
    );
}

#[tokio::test]
async fn an_edit_that_empties_a_note_comes_back() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let before = rows(&app, id).await;
    let edit = ofis
        .get(&path)
        .await
        .attr("#panel a[href$='/edit']", "href")
        .unwrap();
    let form = ofis.get(&edit).await.form(ADD).set("body", "  ");
    let reply = ofis.submit(&form).await;
    assert_eq!(reply.status, 422);
    assert!(reply.has("#f-body-error"));
    assert_eq!(rows(&app, id).await, before);
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_note() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let before = rows(&app, id).await.len();
    let form = add_form(&ofis, &path).await.set("body", "Bir kez");
    let replies = join_all((0..20).map(|_| ofis.submit(&form))).await;
    assert!(
        replies
            .iter()
            .all(|reply| [303, 503].contains(&reply.status))
    );
    assert_eq!(ofis.submit(&form).await.status, 303);
    assert_eq!(rows(&app, id).await.len(), before + 1);
    assert_eq!(ofis.submit(&form.set("body", "Başka")).await.status, 409);
}

#[tokio::test]
async fn the_trash_button_takes_one_away_and_undo_brings_it_back() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let before = rows(&app, id).await.len();
    let trash = ofis.get(&path).await.form("#panel form[action$='/trash']");
    let reply = ofis.submit(&trash).await;
    let page = ofis.follow(&reply).await;
    assert_eq!(page.count("#panel article"), before - 1);
    assert_eq!(
        ofis.get(&trash.action.replace("/trash", "/edit"))
            .await
            .status,
        404
    );
    let undo = page.form("#flash form");
    let reply = ofis.htmx_submit(&undo).await;
    assert_eq!(reply.count("#panel article"), before);
    assert_eq!(reply.count("#panel article.fresh"), 1);
    assert_eq!(app.noted().await[1..], ["notes.trash", "notes.restore"]);
}

#[tokio::test]
async fn columns_that_are_nobodys_to_type_are_ignored() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, path) = company(&app).await;
    let ada: Vec<(Uuid,)> = app
        .rows(sql!("select id from users where email = ?", ADA))
        .await;
    let form = add_form(&ofis, &path)
        .await
        .set("body", "Kimin notu")
        .set("author_id", &ada[0].0.to_string())
        .set("created_at", "2001-01-01")
        .set("version", "99");
    assert_eq!(ofis.submit(&form).await.status, 303);
    assert_eq!(rows(&app, id).await.pop().unwrap().2, 1);
    let by_ada = app
        .number(sql!(
            "select count(*) from notes where body = 'Kimin notu' and author_id = ?",
            ada[0].0
        ))
        .await;
    assert_eq!(by_ada, 0);
}

#[tokio::test]
async fn an_expert_reads_notes_and_is_offered_no_change() {
    let app = TestApp::new().await;
    let esra = app.sign_in(ESRA).await;
    let (id, path) = company(&app).await;
    let page = esra.get(&path).await;
    assert_eq!(page.count("#panel article"), rows(&app, id).await.len());
    assert!(!page.has("#panel form"));
    assert!(!page.has("#panel a[href$='/edit']"));
}
