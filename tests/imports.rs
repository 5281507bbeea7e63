//! Posts brought in from a file and taken away as one, in the office: what is told before, what happens, who may.

use chrono::TimeDelta;
use prosektorweb::{
    features::{
        images::{
            actions::{Stored, upload_by},
            model::Words,
            queries,
        },
        posts::jobs::Purge,
    },
    platform::audit::Actor,
    sql,
};
use serde_json::{Value, json};

use crate::support::{ADA, CEM, Client, ESRA, OFIS, Reply, TestApp};

const PATH: &str = "/posts/import";

/// As a browser sends a form with a file.
fn body(fields: &[(&str, &str)], name: &str, file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in fields {
        let part =
            format!("--x-y\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let head = format!(
        "--x-y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/json\r\n\r\n"
    );
    body.extend(head.into_bytes());
    body.extend(file);
    body.extend(b"\r\n--x-y--\r\n");
    body
}

async fn post(client: &Client, body: Vec<u8>) -> Reply {
    let kind = "multipart/form-data; boundary=x-y";
    client.call("POST", PATH).body(kind, body).send().await
}

/// Sends a file of Turkish posts to be looked through.
pub async fn send(client: &Client, name: &str, text: &str) -> Reply {
    post(client, body(&[("lang", "tr")], name, text.as_bytes())).await
}

async fn run(client: &Client) -> Reply {
    let page = client.get(PATH).await;
    client.submit(&page.form("form[action$='/run']")).await
}

fn item(title: &str) -> Value {
    json!({"title": title, "markdown": "Bir şey.", "published_at": "2026-11-20", "tags": ["Gelen"]})
}

fn live() -> prosektorweb::platform::db::Sql {
    sql!("select count(*) from posts where live = 1")
}

#[tokio::test]
async fn what_would_happen_is_told_by_row_and_nothing_is_written_before_somebody_says_so() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    ofis.post_form("/preferences", &[("locale", "en")]).await;
    let before = app.number(live()).await;
    let items = json!([
        item("Birinci Gelen"),
        item("İkinci Gelen"),
        {"title": "Bozuk", "status": "gone"},
        {"title": "Kapaklı", "markdown": "x", "cover": "https://elsewhere.test/a.jpg"},
    ]);
    let reply = send(&ofis, "yazılar.json", &items.to_string()).await;
    assert_eq!(reply.location(), PATH, "{}", reply.text());
    let page = ofis.follow(&reply).await;
    assert_eq!(page.one(".import h2"), "yazılar.json");
    let sums = page.one(".import h2 + p");
    assert!(sums.contains("3 created, 1 refused"), "{sums}");
    let told = page.texts(".import > .table-wrap tbody tr");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("#3") && told[0].contains("refused") && told[0].contains("gone"));
    assert!(told[1].contains("#4") && told[1].contains("cover"));
    assert_eq!(page.count(".import-others tbody tr"), 2);
    assert_eq!(app.number(live()).await, before);
    let done = run(&ofis).await;
    assert_eq!(done.location(), PATH);
    assert_eq!(app.number(live()).await, before + 3);
    let page = ofis.follow(&done).await;
    assert!(page.one(".import h2 + p").contains("3 created, 1 refused"));
    assert!(!page.has("form[action$='/run']"));
    let noted: Vec<(String,)> = app
        .rows(sql!(
            "select u.email from audit_entries a join users u on u.id = a.actor_id where a.action = 'posts.create' and a.at > ?",
            app.clock.now() - TimeDelta::hours(1)
        ))
        .await;
    assert_eq!(noted, vec![(OFIS.to_owned(),); 3], "the audit says who");
    let found = crate::posts::found(&app, "birinci gelen").await;
    assert_eq!(found, ["Birinci Gelen"]);
    // Closed, it is gone.
    ofis.submit(&page.form("form[action$='/forget']")).await;
    assert!(!ofis.get(PATH).await.has(".import"));
    assert_eq!(
        app.number(sql!("select count(*) from post_imports")).await,
        0
    );
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_and_a_second_click_neither() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    ofis.post_form("/preferences", &[("locale", "en")]).await;
    let text = json!([item("Bir Gelen"), item("İki Gelen")]).to_string();
    send(&ofis, "a.json", &text).await;
    let form = ofis.get(PATH).await.form("form[action$='/run']");
    ofis.submit(&form).await;
    let before = app.number(sql!("select count(*) from audit_entries")).await;
    assert_eq!(ofis.submit(&form).await.status, 303);
    send(&ofis, "b.json", &text).await;
    let page = ofis.get(PATH).await;
    assert!(page.one(".import h2 + p").contains("2 unchanged"));
    assert!(!page.has("form[action$='/run']"), "there is nothing to do");
    // The first file's button means the first file.
    assert_eq!(ofis.submit(&form).await.status, 409);
    let after = app.number(sql!("select count(*) from audit_entries")).await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn each_person_has_a_file_of_their_own_and_it_is_gone_a_night_later() {
    let app = TestApp::new().await;
    let (ofis, ada) = (app.sign_in(OFIS).await, app.sign_in(ADA).await);
    send(&ofis, "benim.json", &json!([item("Benim")]).to_string()).await;
    assert!(!ada.get(PATH).await.has(".import"));
    let form = ofis.get(PATH).await.form("form[action$='/run']");
    assert_eq!(ada.submit(&form).await.status, 404);
    app.clock.shift(TimeDelta::days(1) + TimeDelta::minutes(1));
    let mut tx = app.db.begin().await.unwrap();
    app.jobs.enqueue(&mut tx, &Purge::default()).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
    assert_eq!(
        app.number(sql!("select count(*) from post_imports")).await,
        0
    );
}

#[tokio::test]
async fn what_is_no_list_of_posts_is_refused_in_words() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let many = Value::Array(vec![json!({"title": "x"}); 1001]).to_string();
    let deep = "[".repeat(100_000);
    for file in [
        "",
        "{}",
        "[",
        "[]",
        "nonsense",
        many.as_str(),
        deep.as_str(),
    ] {
        let reply = send(&ofis, "a.json", file).await;
        assert_eq!(reply.status, 422, "{file:.20}");
        assert!(
            reply.has("#f-file-error") && reply.has("#error-summary"),
            "{file:.20}"
        );
    }
    let reply = post(&ofis, body(&[("lang", "tr")], "a.json", b"[\"\xff\"]")).await;
    assert_eq!(reply.status, 422, "not UTF-8");
    let reply = post(
        &ofis,
        body(&[("lang", "de")], "a.json", b"[{\"title\": \"a\"}]"),
    )
    .await;
    assert!(reply.status == 422 && reply.has("#f-lang-error"));
    // A row that is no post is told as a row.
    let reply = send(&ofis, "a.json", "[1, null, \"x\", {\"title\": 7}]").await;
    assert_eq!(reply.status, 303);
    assert_eq!(ofis.get(PATH).await.count(".import .badge.bad"), 4);
}

#[tokio::test]
async fn what_is_sent_in_another_format_too_large_or_twice_is_refused() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for (kind, status) in [
        ("application/x-www-form-urlencoded", 415),
        ("application/json", 415),
        ("multipart/form-data", 415),
        ("", 415),
    ] {
        let call = ofis.call("POST", PATH).body(kind, b"name=Canary".to_vec());
        assert_eq!(call.send().await.status, status, "{kind}");
    }
    for (fields, status) in [
        (vec![("lang", "tr"), ("lang", "en")], 400),
        (vec![("lang", "tr"), ("user_id", "x")], 303),
    ] {
        let file = json!([item("x")]).to_string();
        let reply = post(&ofis, body(&fields, "a.json", file.as_bytes())).await;
        assert_eq!(reply.status, status, "{fields:?}");
    }
    let cut = body(&[("lang", "tr")], "a.json", b"[]");
    assert_eq!(
        post(&ofis, cut[..cut.len() - 20].to_vec()).await.status,
        400
    );
    let huge = vec![b' '; 10 * 1024 * 1024 + 1];
    assert_eq!(
        post(&ofis, body(&[("lang", "tr")], "a.json", &huge))
            .await
            .status,
        413
    );
    let whole = vec![b' '; 11 * 1024 * 1024];
    let reply = ofis
        .call("POST", PATH)
        .body(
            "multipart/form-data; boundary=x-y",
            body(&[], "a.json", &whole),
        )
        .chunked();
    assert_eq!(reply.send().await.status, 413);
}

#[tokio::test]
async fn only_who_publishes_brings_posts_in_and_whoever_reads_them_takes_them_away() {
    let app = TestApp::new().await;
    for (email, status) in [(ESRA, 403), (CEM, 404)] {
        let who = app.sign_in(email).await;
        assert_eq!(who.get(PATH).await.status, status, "{email}");
        let reply = send(&who, "a.json", &json!([item("x")]).to_string()).await;
        assert_eq!(reply.status, status, "{email}");
        for path in ["/posts/import/run", "/posts/import/forget", "/posts/export"] {
            assert_eq!(
                who.post_form(path, &[]).await.status,
                status,
                "{email} {path}"
            );
        }
    }
    let nobody = app.client();
    let reply = send(&nobody, "a.json", &json!([item("x")]).to_string()).await;
    assert_eq!(reply.status, 303);
    assert!(reply.location().starts_with("/login"));
}

#[tokio::test]
async fn what_is_taken_away_comes_back_the_same() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    ofis.post_form("/preferences", &[("locale", "en")]).await;
    // More than one page of what is read at a time.
    let many: Vec<Value> = (0..230).map(|at| item(&format!("Çoğul {at}"))).collect();
    send(&ofis, "a.json", &Value::from(many).to_string()).await;
    run(&ofis).await;
    let reply = ofis.post_form("/posts/export", &[]).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(
        reply
            .header("content-disposition")
            .unwrap()
            .contains("posts.json")
    );
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    let all: Vec<Value> = serde_json::from_slice(&reply.body).unwrap();
    let count = app.number(live()).await;
    assert_eq!(i64::try_from(all.len()).unwrap(), count);
    assert!(app.noted().await.contains(&"posts.export".to_owned()));
    send(&ofis, "b.json", reply.text()).await;
    let page = ofis.get(PATH).await;
    let sums = page.one(".import h2 + p");
    assert!(sums.ends_with(&format!("{count} unchanged.")), "{sums}");
}

#[tokio::test]
async fn remarks_are_told_in_the_language_of_whoever_reads_them() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let items = json!([
        {"title": "Bozuk", "status": "gone"},
        {"title": "Sayı", "markdown": 7},
        {"title": "Kapaklı", "markdown": "![a](b.jpg)", "cover": "a.jpg", "meta_title": "x".repeat(70)},
        {"markdown": "x"},
    ]);
    send(&ofis, "a.json", &items.to_string()).await;
    let row = "td:last-child";
    for (lang, words) in [
        (
            "tr",
            [
                "“gone” bir durum değil",
                "Okunamıyor: invalid type",
                "meta_title: 60 harfe kısaltıldı.",
                "title: ",
            ],
        ),
        (
            "en",
            [
                "“gone” is no status",
                "It cannot be read: invalid type",
                "meta_title: It was cut to 60 letters.",
                "title: ",
            ],
        ),
    ] {
        ofis.post_form("/preferences", &[("locale", lang)]).await;
        let page = ofis.get(PATH).await;
        let told = page.texts(&format!(".import > .table-wrap tbody {row}"));
        assert_eq!(told.len(), 4, "{told:?}");
        for (told, words) in told.iter().zip(words) {
            assert!(told.contains(words), "{words}: {told}");
        }
        let files = if lang == "tr" {
            "yalnızca komut satırıyla"
        } else {
            "by the command line alone"
        };
        assert_eq!(
            told[2].matches(files).count(),
            2,
            "the cover and the text's image: {told:?}"
        );
    }
    run(&ofis).await;
    let page = ofis.get(PATH).await;
    assert!(page.one(".import h2 + p").contains("1 created, 3 refused"));
    assert!(page.texts(&format!(".import {row}"))[2].contains("It was cut"));
}

#[tokio::test]
async fn a_report_that_an_earlier_release_has_kept_is_shown_as_it_is() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    send(&ofis, "a.json", &json!([item("Bir")]).to_string()).await;
    let old = json!({"rows": [{"place": "#1", "name": "tr/bir", "outcome": "created", "notes": ["excerpt was cut to 500 letters", "the cover <x> was not taken"]}]});
    app.execute(sql!("update post_imports set report = ?", old.to_string()))
        .await;
    let page = ofis.get(PATH).await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.texts(".import td:last-child span[lang=en]"),
        [
            "excerpt was cut to 500 letters",
            "the cover <x> was not taken"
        ]
    );
    assert_eq!(
        run(&ofis).await.status,
        303,
        "the file can be brought in still"
    );
}

#[tokio::test]
async fn a_file_of_the_office_calls_images_by_their_addresses() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let bytes = include_bytes!("../seeds/images/helmet.jpg").to_vec();
    let stored = upload_by(&app.app, Actor::default(), bytes, Words::default()).await;
    let Stored::Image(image) = stored.unwrap() else {
        panic!("it is an image")
    };
    let mut conn = app.db.read().await.unwrap();
    let url = queries::url(&mut conn, image.id).await.unwrap().unwrap();
    drop(conn);
    let mut sent = item("Kapaklı");
    sent["cover"] = json!(url);
    sent["cover_alt"] = json!("Baret");
    sent["markdown"] = json!(format!("![Baret]({url})"));
    send(&ofis, "a.json", &json!([sent]).to_string()).await;
    run(&ofis).await;
    let reply = ofis.post_form("/posts/export", &[]).await;
    let all: Vec<Value> = serde_json::from_slice(&reply.body).unwrap();
    let taken = all.iter().find(|post| post["slug"] == "kapakli").unwrap();
    assert_eq!(
        (&taken["cover"], &taken["cover_alt"]),
        (&json!(url), &json!("Baret"))
    );
    assert_eq!(taken["markdown"], json!(format!("![Baret]({url})")));
    ofis.post_form("/preferences", &[("locale", "en")]).await;
    send(&ofis, "b.json", reply.text()).await;
    let page = ofis.get(PATH).await;
    assert!(
        page.one(".import h2 + p")
            .ends_with(&format!("{} unchanged.", all.len()))
    );
    assert!(
        !page.has(".import > .table-wrap"),
        "and there is nothing to look at"
    );
}
