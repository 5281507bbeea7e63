//! Activities: what was done and what is due, by the calendar of Istanbul.

use chrono::{NaiveDate, TimeDelta};
use futures_util::future::join_all;
use prosektorweb::sql;
use uuid::Uuid;

use crate::support::{ADA, Client, ESRA, Form, OFIS, TestApp};

const ADD: &str = "#activity-form form";

async fn company(app: &TestApp) -> (Uuid, String) {
    let id = app.company("Acme").await;
    (id, format!("/companies/{id}/activities"))
}

async fn add_form(client: &Client, path: &str) -> Form {
    client.get(path).await.form(ADD)
}

/// Adds one by its form and gives its URL without the last part.
async fn add(app: &TestApp, client: &Client, title: &str, due_on: &str) -> String {
    let (id, path) = company(app).await;
    let form = add_form(client, &path)
        .await
        .set("title", title)
        .set("due_on", due_on);
    assert_eq!(client.submit(&form).await.status, 303);
    let rows: Vec<(Uuid,)> = app
        .rows(sql!(
            "select id from activities where company_id = ? and title = ?",
            id,
            title
        ))
        .await;
    format!("{path}/{}", rows[0].0)
}

type Row = (String, String, Option<NaiveDate>, bool, i64);

async fn stored(app: &TestApp, title: &str) -> Vec<Row> {
    app.rows(sql!(
        "select kind, title, due_on, case when done_at is null then 0 else 1 end <> 0, version
         from activities where title = ? and deleted_at is null",
        title
    ))
    .await
}

async fn without_demo_activities(app: &TestApp) {
    app.execute(sql!("delete from activities")).await;
}

#[tokio::test]
async fn an_activity_is_added_with_a_turkish_date() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (_, path) = company(&app).await;
    let form = add_form(&ofis, &path)
        .await
        .set("kind", "meeting")
        .set("title", " Sözleşme görüşmesi ")
        .set("body", "Üç kişi")
        .set("due_on", "1.12.2026");
    let reply = ofis.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, path.as_str()));
    let made = &stored(&app, "Sözleşme görüşmesi").await[0];
    assert_eq!(made.0, "meeting");
    assert_eq!(made.2, NaiveDate::from_ymd_opt(2026, 12, 1));
    assert_eq!((made.3, made.4), (false, 1));
    let page = ofis.follow(&reply).await;
    let row = page
        .texts("#panel li")
        .into_iter()
        .find(|row| row.contains("Sözleşme"))
        .unwrap();
    assert!(
        row.contains("Üç kişi") && row.contains("1 Dec 2026") && row.contains("Ofis"),
        "{row}"
    );
    assert_eq!(app.noted().await[1..], ["activities.create"]);
}

#[tokio::test]
async fn htmx_gets_the_panel_with_the_new_row_marked() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (_, path) = company(&app).await;
    let form = add_form(&ofis, &path).await.set("title", "Telefonla ara");
    let reply = ofis.htmx_submit(&form).await;
    assert_eq!(reply.status, 200);
    assert!(!reply.is_page());
    assert!(reply.one("#panel li.fresh").contains("Telefonla ara"));
    assert_eq!(reply.form(ADD).value("title"), Some(""));
}

#[tokio::test]
async fn wrong_fields_come_back_with_what_was_typed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (_, path) = company(&app).await;
    for (name, value) in [
        ("title", "A"),
        ("due_on", "31.02.2026"),
        ("due_on", "yarın"),
        ("due_on", "0202-08-21"),
        ("kind", "party"),
        ("body", "a\u{7}b"),
    ] {
        let form = add_form(&ofis, &path)
            .await
            .set("title", "Telefonla ara")
            .set(name, value);
        for reply in [ofis.submit(&form).await, ofis.htmx_submit(&form).await] {
            assert_eq!(reply.status, 422, "{name}={value}");
            assert!(reply.has(&format!("#f-{name}-error")), "{name}={value}");
            assert!(reply.has("#panel details[open]"));
            if name != "kind" {
                assert_eq!(reply.form(ADD).value(name), Some(value));
            }
        }
    }
    assert_eq!(stored(&app, "Telefonla ara").await, []);
}

#[tokio::test]
async fn done_and_open_again_in_the_list_and_in_the_panel() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let one = add(&app, &ofis, "Telefonla ara", "2026-11-25").await;
    let (_, path) = company(&app).await;
    let button = format!("#panel form[action='{one}/done']");
    let done = ofis.get(&path).await.form(&button);
    let reply = ofis.htmx_submit(&done).await;
    assert_eq!(reply.status, 200);
    assert!(reply.one("#panel li.done.fresh").contains("Telefonla ara"));
    assert!(stored(&app, "Telefonla ara").await[0].3);
    assert_eq!(
        ofis.submit(&done).await.status,
        409,
        "the button of before is stale"
    );
    let reopen = reply.form(&button);
    assert_eq!(reopen.value("done"), Some("false"));
    assert_eq!(ofis.submit(&reopen).await.status, 303);
    assert!(!stored(&app, "Telefonla ara").await[0].3);

    // From the office's own list it goes back to where it was.
    let list = ofis.get("/activities?due=open").await;
    let mut form = list.form(&format!("form[action='{one}/done']"));
    assert_eq!(form.value("next"), Some("/activities?due=open"));
    let reply = ofis.submit(&form).await;
    assert_eq!(
        (reply.status, reply.location()),
        (303, "/activities?due=open")
    );
    form = ofis
        .get("/activities?due=done")
        .await
        .form(&format!("form[action='{one}/done']"));
    for evil in [
        "//evil.test",
        "https://evil.test",
        "/logout",
        "/activities\\..\\x",
    ] {
        let reply = ofis.submit(&form.clone().set("next", evil)).await;
        assert!([303, 409].contains(&reply.status));
        assert!(
            reply.location().is_empty() || reply.location() == path,
            "{evil}"
        );
    }
}

#[tokio::test]
async fn when_it_was_done_is_kept_when_only_its_words_change() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let one = add(&app, &ofis, "Telefonla ara", "").await;
    let form = ofis
        .get(&format!("{one}/edit"))
        .await
        .form(ADD)
        .set("done", "true");
    ofis.submit(&form).await;
    let select =
        || sql!("select cast(done_at as char(26)) from activities where title like 'Telefonla%'");
    let before: Vec<(String,)> = app.rows(select()).await;
    app.clock.shift(TimeDelta::minutes(20));
    let form = ofis
        .get(&format!("{one}/edit"))
        .await
        .form(ADD)
        .set("title", "Telefonla yine ara");
    assert_eq!(ofis.submit(&form).await.status, 303);
    let after: Vec<(String,)> = app.rows(select()).await;
    assert_eq!((after.len(), &after), (1, &before));
}

#[tokio::test]
async fn an_expert_changes_own_activities_and_nobody_elses() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let esra = app.sign_in(ESRA).await;
    let ada = app.sign_in(ADA).await;
    let own = add(&app, &esra, "Esranın ziyareti", "2026-11-25").await;
    let foreign = add(&app, &ofis, "Ofisin telefonu", "2026-11-25").await;
    let (_, path) = company(&app).await;

    let page = esra.get(&path).await;
    assert!(page.has(&format!("#panel form[action='{own}/trash']")));
    assert!(!page.has(&format!("#panel form[action='{foreign}/trash']")));
    assert!(!page.has(&format!("#panel a[href='{foreign}/edit']")));

    let fields = [
        ("version", "1"),
        ("title", "Değişti"),
        ("kind", "call"),
        ("done", "true"),
    ];
    for (person, what, edit, status) in [
        (&esra, &own, 200, 303),
        (&esra, &foreign, 403, 403),
        (&ada, &own, 200, 303),
        (&ofis, &foreign, 200, 303),
    ] {
        assert_eq!(
            person.get(&format!("{what}/edit")).await.status,
            edit,
            "{what}"
        );
        for action in ["", "/done", "/trash", "/restore"] {
            let mut fields = fields.to_vec();
            let version = app
                .number(sql!(
                    "select version from activities where id = ?",
                    id_of(what)
                ))
                .await
                .to_string();
            fields[0].1 = &version;
            let reply = person.post_form(&format!("{what}{action}"), &fields).await;
            // A record that is not in the trash cannot come out of it, whoever asks.
            let expected = if status == 403 && action == "/restore" {
                404
            } else {
                status
            };
            assert_eq!(reply.status, expected, "{what}{action}");
        }
    }
    // In the trash too it stays the author's.
    let version = app
        .number(sql!(
            "select version from activities where id = ?",
            id_of(&foreign)
        ))
        .await;
    let version = version.to_string();
    assert_eq!(
        ofis.post_form(&format!("{foreign}/trash"), &[("version", &version)])
            .await
            .status,
        303
    );
    let next = (version.parse::<i64>().unwrap() + 1).to_string();
    let restore = format!("{foreign}/restore");
    assert_eq!(
        esra.post_form(&restore, &[("version", &next)]).await.status,
        403
    );
    assert_eq!(
        ofis.post_form(&restore, &[("version", &next)]).await.status,
        303
    );
}

fn id_of(path: &str) -> Uuid {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_day_ends_at_midnight_in_istanbul() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    without_demo_activities(&app).await;
    for (title, due_on) in [
        ("Dün", "2026-11-23"),
        ("Bugün", "2026-11-24"),
        ("Yarın", "2026-11-25"),
        ("Haftaya", "2026-12-01"),
        ("Sekizinci gün", "2026-12-02"),
        ("Bir gün", ""),
    ] {
        add(&app, &ofis, title, due_on).await;
    }
    let titles = async |client: &Client, due: &str| {
        client
            .get(&format!("/activities?due={due}"))
            .await
            .texts("#list tbody th")
    };
    assert_eq!(titles(&ofis, "overdue").await, ["Dün"]);
    assert_eq!(titles(&ofis, "today").await, ["Bugün"]);
    assert_eq!(titles(&ofis, "week").await, ["Bugün", "Yarın", "Haftaya"]);
    assert_eq!(
        titles(&ofis, "open").await,
        [
            "Dün",
            "Bugün",
            "Yarın",
            "Haftaya",
            "Sekizinci gün",
            "Bir gün"
        ]
    );
    assert_eq!(titles(&ofis, "done").await, [""; 0]);

    // It is noon. A minute before midnight nothing has changed; a minute later a day has.
    let midnight = "2026-11-24T21:00:00Z"
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap();
    app.clock
        .shift(midnight - app.clock.now() - TimeDelta::minutes(1));
    let ofis = app.sign_in(OFIS).await;
    assert_eq!(titles(&ofis, "overdue").await, ["Dün"]);
    assert_eq!(titles(&ofis, "today").await, ["Bugün"]);
    app.clock.shift(TimeDelta::minutes(2));
    assert_eq!(titles(&ofis, "overdue").await, ["Dün", "Bugün"]);
    assert_eq!(titles(&ofis, "today").await, ["Yarın"]);
    assert_eq!(
        titles(&ofis, "week").await,
        ["Yarın", "Haftaya", "Sekizinci gün"]
    );
}

#[tokio::test]
async fn everybody_can_see_only_what_they_wrote() {
    let app = TestApp::new().await;
    let esra = app.sign_in(ESRA).await;
    without_demo_activities(&app).await;
    let ofis = app.sign_in(OFIS).await;
    add(&app, &ofis, "Ofisin telefonu", "2026-11-25").await;
    add(&app, &esra, "Esranın ziyareti", "2026-11-25").await;
    let titles = esra.get("/activities").await.texts("#list tbody th");
    assert_eq!(titles.len(), 2);
    let mine = esra.get("/activities?due=week&mine=true").await;
    assert_eq!(mine.texts("#list tbody th"), ["Esranın ziyareti"]);
    assert!(
        mine.attrs("#list .tabs a", "href")
            .iter()
            .all(|href| href.contains("mine=true"))
    );
}

#[tokio::test]
async fn the_list_has_pages_and_refuses_what_it_does_not_know() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    without_demo_activities(&app).await;
    let (_, path) = company(&app).await;
    for n in 0..60 {
        let fields = [
            ("kind", "call"),
            ("title", &format!("Ara {n:02}")),
            ("due_on", "2026-11-25"),
        ];
        assert_eq!(ofis.post_form(&path, &fields).await.status, 303);
    }
    let mut seen = Vec::new();
    let mut next = Some("/activities?due=week".to_owned());
    while let Some(path) = next {
        let page = ofis.htmx_get(&path).await;
        seen.extend(page.texts("#list tbody th"));
        next = page.attr("a[rel=next]", "href");
        assert!(seen.len() <= 60);
    }
    let expected: Vec<String> = (0..60).map(|n| format!("Ara {n:02}")).collect();
    assert_eq!(seen, expected);
    let last = ofis.get("/activities?due=week&page=1000000000").await;
    assert_eq!(
        (last.status, last.count("#list tbody tr")),
        (200, 10),
        "beyond the end is the last page"
    );
    for query in [
        "due=never",
        "page=x",
        "page=-1",
        "page=99999999999",
        "due=week&due=open",
        "mine=%ff",
    ] {
        assert_eq!(
            ofis.get(&format!("/activities?{query}")).await.status,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn activities_of_a_company_in_the_trash_are_in_no_list() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    without_demo_activities(&app).await;
    add(&app, &ofis, "Telefonla ara", "2026-11-25").await;
    let (id, _) = company(&app).await;
    assert_eq!(ofis.get("/activities").await.count("#list tbody tr"), 1);
    let confirm = ofis.get(&format!("/companies/{id}/trash")).await;
    let reply = ofis.submit(&confirm.form(".confirm form")).await;
    let undo = ofis.follow(&reply).await.form("#flash form");
    assert_eq!(ofis.get("/activities").await.count("#list tbody tr"), 0);
    ofis.submit(&undo).await;
    assert_eq!(ofis.get("/activities").await.count("#list tbody tr"), 1);
}

#[tokio::test]
async fn whoever_saves_second_sees_both_versions_and_loses_nothing() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let ada = app.sign_in(ADA).await;
    let one = add(&app, &ofis, "Telefonla ara", "2026-11-25").await;
    let edit = format!("{one}/edit");
    let mine = ofis.get(&edit).await.form(ADD).set("due_on", "2026-11-30");
    let theirs = ada.get(&edit).await.form(ADD).set("due_on", "2026-12-05");
    assert_eq!(ada.submit(&theirs).await.status, 303);
    for reply in [ofis.submit(&mine).await, ofis.htmx_submit(&mine).await] {
        assert_eq!(reply.status, 409);
        let conflict = reply.one("#conflict");
        for part in ["Ada", "30 Nov 2026", "5 Dec 2026"] {
            assert!(conflict.contains(part), "{conflict}");
        }
        assert_eq!(reply.form(ADD).value("due_on"), Some("2026-11-30"));
    }
    let again = ofis.htmx_submit(&mine).await.form(ADD);
    assert_eq!(ofis.submit(&again).await.status, 303);
    assert_eq!(
        stored(&app, "Telefonla ara").await[0].2,
        NaiveDate::from_ymd_opt(2026, 11, 30)
    );
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_activity() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (_, path) = company(&app).await;
    let form = add_form(&ofis, &path).await.set("title", "Bir kez ara");
    let replies = join_all((0..20).map(|_| ofis.submit(&form))).await;
    assert!(
        replies
            .iter()
            .all(|reply| [303, 503].contains(&reply.status))
    );
    assert_eq!(ofis.submit(&form).await.status, 303);
    assert_eq!(stored(&app, "Bir kez ara").await.len(), 1);
    assert_eq!(ofis.submit(&form.set("title", "Başka")).await.status, 409);
}

#[tokio::test]
async fn the_trash_button_takes_one_away_and_undo_brings_it_back() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let one = add(&app, &ofis, "Telefonla ara", "").await;
    let (_, path) = company(&app).await;
    let trash = ofis
        .get(&path)
        .await
        .form(&format!("#panel form[action='{one}/trash']"));
    let reply = ofis.htmx_submit(&trash).await;
    assert_eq!(reply.status, 200);
    assert!(!reply.one("#panel").contains("Telefonla ara"));
    assert_eq!(stored(&app, "Telefonla ara").await, []);
    assert_eq!(
        ofis.submit(&reply.form("hx-partial form")).await.status,
        303
    );
    assert_eq!(stored(&app, "Telefonla ara").await.len(), 1);
    assert_eq!(
        app.noted().await[1..],
        [
            "activities.create",
            "activities.trash",
            "activities.restore"
        ]
    );
}

#[tokio::test]
async fn columns_that_are_nobodys_to_type_are_ignored() {
    let app = TestApp::new().await;
    let esra = app.sign_in(ESRA).await;
    let (id, path) = company(&app).await;
    let globex = app.company("Globex").await;
    let form = add_form(&esra, &path)
        .await
        .set("title", "Kimin işi")
        .set("author_id", &Uuid::now_v7().to_string())
        .set("company_id", &globex.to_string())
        .set("done_at", "2001-01-01T00:00:00Z")
        .set("version", "99");
    assert_eq!(esra.submit(&form).await.status, 303);
    let fits = app
        .number(sql!(
            "select count(*) from activities a join users u on u.id = a.author_id
             where a.title = 'Kimin işi' and a.company_id = ? and u.email = ? and a.version = 1 and a.done_at is null",
            id,
            ESRA
        ))
        .await;
    assert_eq!(fits, 1);
}
