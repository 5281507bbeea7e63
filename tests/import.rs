//! Posts as files: brought in once however often, taken away as they are, bad ones named.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use prosektorweb::{
    features::{
        posts::queries,
        transfer::{self, Entry, Import, Item, Outcome, Row},
    },
    sql,
    types::Lang,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{ADA, TestApp};

async fn bring(app: &TestApp, entries: Vec<Entry>, dry_run: bool) -> Vec<Row> {
    let mut conn = app.db.read().await.unwrap();
    let author = queries::staff(&mut conn, None).await.unwrap().unwrap();
    drop(conn);
    let import = Import {
        lang: Some(Lang::Tr),
        author,
        dry_run,
    };
    transfer::import(&app.app, entries, &import).await.unwrap()
}

fn entries(values: &Value) -> Vec<Entry> {
    let folder = TempDir::with_prefix("prosektorweb-").unwrap();
    let file = folder.path().join("posts.json");
    fs::write(&file, values.to_string()).unwrap();
    transfer::read(&file).unwrap()
}

async fn bring_json(app: &TestApp, values: &Value) -> Vec<Row> {
    bring(app, entries(values), false).await
}

fn told(app: &TestApp, row: &Row) -> String {
    row.text(&app.translations, Lang::En).unwrap()
}

fn outcomes(rows: &[Row]) -> Vec<&Outcome> {
    rows.iter().map(|row| &row.outcome).collect()
}

async fn posts(app: &TestApp) -> i64 {
    app.number(sql!("select count(*) from posts")).await
}

fn full() -> Value {
    json!([{
        "slug": "ithal-yazi",
        "title": "İthal Yazı",
        "excerpt": "Kısaca.",
        "content": "<h1>Başlık</h1>\n\n<p onclick=\"x\">Bir <b>iki</b></p>\n\n    <p>üç</p><script>alert(1)</script>",
        "cover": "https://eski.example/kapak.jpg",
        "category": {"name": "Duyurular", "slug": "duyuru"},
        "tags": [{"name": "İthal", "slug": "ithal"}, "seo"],
        "published_at": "2024-05-01T10:00:00Z",
        "updated_at": "2024-06-01",
        "author": "ADA@demo.test",
        "likes": 7,
    }])
}

#[tokio::test]
async fn a_post_comes_in_with_all_that_the_file_says_and_clean() {
    let app = TestApp::new().await;
    let rows = bring_json(&app, &full()).await;
    assert_eq!(outcomes(&rows), [&Outcome::Created], "{rows:?}");
    assert_eq!(
        told(&app, &rows[0]),
        "created   #1 tr/ithal-yazi: cover https://eski.example/kapak.jpg: This image lies elsewhere and is not fetched. Not known, so not taken: likes."
    );
    let mut conn = app.db.read().await.unwrap();
    let post = queries::find_by_slug(&mut conn, Lang::Tr, "ithal-yazi")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (post.title.as_str(), post.excerpt.as_str()),
        ("İthal Yazı", "Kısaca.")
    );
    let html = post.body_html.unwrap();
    assert_eq!(
        html.split_whitespace().collect::<String>(),
        "<div><h2id=\"h-baslik\">Başlık</h2><p>Bir<b>iki</b></p><p>üç</p></div>"
    );
    assert_eq!(
        post.published_at.unwrap().to_rfc3339(),
        "2024-05-01T10:00:00+00:00"
    );
    assert_eq!(post.updated_at.to_rfc3339(), "2024-05-31T21:00:00+00:00");
    assert_eq!(
        queries::author_emails(&mut conn, &[post.id]).await.unwrap()[&post.author_id],
        ADA
    );
    let named: Vec<(String, String)> = app
        .rows(sql!(
            "select name, slug from categories where id = ?",
            post.category_id
        ))
        .await;
    assert_eq!(named, [("Duyurular".to_owned(), "duyuru".to_owned())]);
    let tags: Vec<(String,)> = app
        .rows(sql!("select t.slug from post_tags pt join tags t on t.id = pt.tag_id where pt.post_id = ? order by t.slug", post.id))
        .await;
    assert_eq!(tags, [("ithal".to_owned(),), ("seo".to_owned(),)]);
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_and_a_change_is_one() {
    let app = TestApp::new().await;
    let mut values = full();
    bring_json(&app, &values).await;
    let text = app.database_text().await;
    assert_eq!(
        outcomes(&bring_json(&app, &values).await),
        [&Outcome::Unchanged]
    );
    assert_eq!(app.database_text().await, text);
    values[0]["title"] = json!("Yeni Başlık");
    values[0]["status"] = json!("draft");
    assert_eq!(
        outcomes(&bring_json(&app, &values).await),
        [&Outcome::Updated]
    );
    assert_eq!(
        outcomes(&bring_json(&app, &values).await),
        [&Outcome::Unchanged]
    );
    let mut conn = app.db.read().await.unwrap();
    let post = queries::find_by_slug(&mut conn, Lang::Tr, "ithal-yazi")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (post.title.as_str(), post.status.as_str()),
        ("Yeni Başlık", "draft")
    );
    assert_eq!(
        queries::revisions(&mut conn, post.id, 9)
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn what_the_office_has_made_of_a_post_stays_unless_the_file_says_otherwise() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(crate::support::OFIS).await;
    let standing = async |slug: &str| {
        let mut conn = app.db.read().await.unwrap();
        let post = queries::find_by_slug(&mut conn, Lang::Tr, slug).await;
        let post = post.unwrap().unwrap();
        (
            post.id,
            post.status.to_string(),
            post.published_at,
            post.version,
        )
    };
    // Neither a status nor a date: a draft at first, and then whatever it became.
    let bare = json!([{"slug": "ciplak", "title": "Çıplak", "markdown": "a"}]);
    bring_json(&app, &bare).await;
    let (id, status, ..) = standing("ciplak").await;
    assert_eq!(status, "draft");
    let published = ofis
        .post_form(&format!("/posts/{id}/publish"), &[("version", "1")])
        .await;
    assert_eq!(published.status, 303);
    let before = standing("ciplak").await;
    assert_eq!(
        outcomes(&bring_json(&app, &bare).await),
        [&Outcome::Unchanged]
    );
    assert_eq!(standing("ciplak").await, before);
    // A draft in the file is one here, is said, and readers' knowledge of it is kept.
    let draft = json!([{"slug": "ciplak", "title": "Çıplak", "markdown": "a", "draft": true}]);
    let rows = bring_json(&app, &draft).await;
    assert!(
        told(&app, &rows[0]).contains("readers do not see it"),
        "{rows:?}"
    );
    assert_eq!(standing("ciplak").await.2, before.2);
    // Published without a day: the first run's, however often.
    let undated =
        json!([{"slug": "gunsuz", "title": "Günsüz", "markdown": "a", "status": "published"}]);
    bring_json(&app, &undated).await;
    let before = standing("gunsuz").await;
    app.clock.shift(chrono::TimeDelta::days(3));
    assert_eq!(
        outcomes(&bring_json(&app, &undated).await),
        [&Outcome::Unchanged]
    );
    assert_eq!(standing("gunsuz").await, before);
}

#[tokio::test]
async fn a_scheduled_post_whose_moment_has_come_is_no_change() {
    let app = TestApp::new().await;
    let at = (app.clock.now() + chrono::TimeDelta::days(1)).to_rfc3339();
    let item = json!([{"slug": "yarin", "title": "Yarın", "markdown": "x", "published_at": at}]);
    bring_json(&app, &item).await;
    app.clock.shift(chrono::TimeDelta::days(2));
    let rows = bring_json(&app, &item).await;
    assert_eq!(outcomes(&rows), [&Outcome::Unchanged]);
}

#[tokio::test]
async fn an_empty_draft_with_a_translation_is_filled_and_published_by_its_file() {
    let app = TestApp::new().await;
    let item = |body: &str, status: &str| {
        json!([{"slug": "bos", "title": "Boş", "markdown": body, "status": status, "translation": "bir",
            "published_at": "2024-05-01"}])
    };
    bring_json(&app, &item("", "draft")).await;
    app.execute(sql!(
        "update posts set translation_id = id where slug = 'bos'"
    ))
    .await;
    let rows = bring_json(&app, &item("Dolu.", "published")).await;
    assert_eq!(outcomes(&rows), [&Outcome::Updated], "{rows:?}");
    let mut conn = app.db.read().await.unwrap();
    let post = queries::find_by_slug(&mut conn, Lang::Tr, "bos")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((post.status.as_str(), post.version), ("published", 4));
    assert!(app.noted().await.contains(&"posts.translate".to_owned()));
}

#[tokio::test]
async fn a_slug_that_is_told_is_never_cut() {
    let app = TestApp::new().await;
    let slug = |length: usize| "a".repeat(length);
    let item = |length: usize| {
        json!({"slug": slug(length), "title": "x", "markdown": "x",
            "category": {"name": format!("k{length}"), "slug": slug(length)}})
    };
    let rows = bring_json(&app, &json!([item(113), item(120), item(121)])).await;
    let outcome: Vec<bool> = rows
        .iter()
        .map(|row| row.outcome == Outcome::Created)
        .collect();
    assert_eq!(outcome, [true, true, false], "{rows:?}");
    for kind in [
        sql!("select slug from posts where slug like 'aaa%' order by slug"),
        sql!("select slug from categories where slug like 'aaa%' order by slug"),
    ] {
        let found: Vec<(String,)> = app.rows(kind).await;
        let lengths: Vec<usize> = found.iter().map(|(slug,)| slug.len()).collect();
        assert_eq!(lengths, [113, 120]);
    }
}

#[test]
fn a_list_of_millions_is_counted_before_any_of_it_is_made() {
    let text = format!("[{}0]", "0,".repeat(1_000_000));
    let mut found = None;
    let made = allocation_counter::measure(|| found = Some(transfer::from_json(&text, 1000)));
    assert!(found.unwrap().unwrap().is_none());
    assert!(made.bytes_max < 100_000, "{made:?}");
    // One item is not the way around it.
    let text = format!("[{{\"a\": [{}0]}}]", "0,".repeat(2_000_000));
    let made = allocation_counter::measure(|| {
        let entries = transfer::from_json(&text, 1000).unwrap().unwrap();
        assert!(entries[0].item.is_err());
    });
    assert!(made.bytes_max < 100_000, "{made:?}");
}

#[tokio::test]
async fn a_date_that_other_programs_write_for_none_is_none() {
    let app = TestApp::new().await;
    for date in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
        let post = json!([{"title": "Tarih", "markdown": "a", "date": date}]);
        let rows = bring_json(&app, &post).await;
        assert!(told(&app, &rows[0]).contains("is no date"), "{rows:?}");
    }
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_writes_nothing() {
    let app = TestApp::new().await;
    let text = app.database_text().await;
    let before = posts(&app).await;
    let rows = bring(&app, entries(&full()), true).await;
    assert_eq!(outcomes(&rows), [&Outcome::Created]);
    assert_eq!(
        (app.database_text().await, posts(&app).await),
        (text, before)
    );
}

#[tokio::test]
async fn bad_rows_are_named_and_the_good_ones_come_in() {
    let app = TestApp::new().await;
    let long = "x".repeat(70);
    let rows = bring_json(
        &app,
        &json!([
            {"title": "İyi", "markdown": "a", "meta_title": long},
            {"slug": "basliksiz", "markdown": "a"},
            {"title": "Sayı", "markdown": 7},
            "yazı",
            {"title": "Dil", "lang": "de", "markdown": "a"},
            {"title": "Tarih", "date": "dün", "markdown": "a"},
            {"title": "İYİ", "markdown": "b"},
            {"title": "Boş", "status": "published"},
            {"title": "Derin", "html": "<div>".repeat(500)},
            {"title": "İki", "html": "a", "markdown": "b"},
            {"title": "Search", "slug": "search", "markdown": "b"},
            {"title": "Etiket", "tags": [""], "markdown": "b"},
            {"title": "Sonuncu", "content": "Düz *yazı*", "tags": "a, b", "category": "Genel"},
        ]),
    )
    .await;
    assert_eq!(
        told(&app, &rows[0]),
        "created   #1 tr/iyi: meta_title: It was cut to 60 letters."
    );
    for (row, why) in rows[1..12].iter().zip([
        "title: ",
        "integer",
        "yazı",
        "language",
        "date",
        "the same slug as #1",
        "nothing to read",
        "within each other",
        "more than one",
        "slug: ",
        "no name",
    ]) {
        let told = told(&app, row);
        assert!(
            told.starts_with("refused") && told.contains(why),
            "{why}: {told}"
        );
    }
    assert_eq!(rows[12].outcome, Outcome::Created);
    let found = app
        .number(sql!(
            "select count(*) from posts where slug in ('iyi', 'sonuncu') and status = 'draft'"
        ))
        .await;
    assert_eq!(found, 2);
}

#[tokio::test]
async fn what_is_taken_away_comes_back_the_same_in_both_shapes() {
    let app = TestApp::new().await;
    bring_json(&app, &full()).await;
    let folder = TempDir::with_prefix("prosektorweb-").unwrap();
    let all = transfer::items(&app.app).await.unwrap();
    assert_eq!(all.len(), 25);
    for name in ["posts.json", "posts"] {
        let path = folder.path().join(name);
        assert_eq!(transfer::export(&app.app, &path).await.unwrap(), 25);
        let rows = bring(&app, transfer::read(&path).unwrap(), false).await;
        assert!(
            rows.iter().all(|row| row.outcome == Outcome::Unchanged),
            "{rows:#?}"
        );
        // Into a database without them: what is there then is taken away as the same again.
        app.execute(sql!("delete from posts")).await;
        let rows = bring(&app, transfer::read(&path).unwrap(), false).await;
        assert!(
            rows.iter().all(|row| row.outcome == Outcome::Created),
            "{rows:#?}"
        );
        let key = |item: &Item| (item.lang.clone(), item.slug.clone());
        let mut again = transfer::items(&app.app).await.unwrap();
        let mut first = all.clone();
        again.sort_by_key(key);
        first.sort_by_key(key);
        assert_eq!(again, first, "{name}");
    }
}

#[test]
fn front_matter_is_read_as_people_write_it() {
    let read = |text: &str| transfer::from_markdown(text, Path::new("posts/tr/bir-yazi.md"));
    let item = read("\u{feff}---\r\ntitle: Bir: \"iki\"\r\n---\r\n\r\n# Üç\r\n---\r\n");
    assert!(item.is_err(), "a colon needs quotes in YAML");
    let item = read("---\ntitle: 'Bir: iki'\ntags: [a, 'b c']\ncategory: Genel\ndate: 2024-05-01\ndraft: true\n---\n# Üç\n\n---\n").unwrap();
    assert_eq!(item.title.as_deref(), Some("Bir: iki"));
    assert_eq!(
        (item.slug.as_deref(), item.lang.as_deref()),
        (Some("bir-yazi"), Some("tr"))
    );
    assert_eq!(item.markdown.as_deref(), Some("# Üç\n\n---\n"));
    assert_eq!(
        (item.is_draft, item.published_at.as_deref()),
        (Some(true), Some("2024-05-01"))
    );
    for odd in ["", "# Yazı", "---\ntitle: a\n", "---\n- a\n---\n"] {
        assert!(read(odd).is_err(), "{odd:?}");
    }
}

#[tokio::test]
async fn four_hundred_posts_come_in_within_seconds() {
    let app = TestApp::new().await;
    let body = "Uzun bir yazının **olağan** cümleleri burada durur ve okunur. ".repeat(40);
    let values: Vec<Value> = (0..400)
        .map(|n| {
            json!({
                "slug": format!("yazi-{n}"), "title": format!("Yazı {n}"), "html": format!("<p>{body} {n}</p>"),
                "category": {"name": format!("Kategori {}", n % 5)}, "tags": [format!("Etiket {}", n % 20)],
                "published_at": "2024-05-01",
            })
        })
        .collect();
    let begin = Instant::now();
    let rows = bring_json(&app, &Value::from(values)).await;
    println!("400 posts in {:?}", begin.elapsed());
    assert!(
        rows.iter().all(|row| row.outcome == Outcome::Created),
        "{:?}",
        rows[0]
    );
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test]
async fn the_commands_bring_in_and_take_away_and_say_so() {
    let app = TestApp::new().await;
    let file = app.folder.path().join("in.json");
    let mut items = full();
    items[0]["cover"] = json!("kapak.jpg");
    items[0]["cover_alt"] = json!("Bir baret");
    fs::write(&file, items.to_string()).unwrap();
    let picture = include_bytes!("../seeds/images/helmet.jpg");
    fs::write(app.folder.path().join("kapak.jpg"), picture).unwrap();
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_prosektorweb"))
            .args(args)
            .env("DATABASE_URL", &app.database.url)
            .env("DATA_DIR", app.folder.path())
            .env("LOG_LEVEL", "error")
            .current_dir(app.folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), told)
    };
    let (done, told) = run(&["import", "posts", "in.json", "--dry-run", "--lang", "tr"]);
    assert!(
        done && told.contains("1 created") && told.contains("nothing was written"),
        "{told}"
    );
    let (done, told) = run(&["import", "posts", "in.json"]);
    assert!(!done && told.contains("--lang"), "{told}");
    let (done, told) = run(&[
        "import",
        "posts",
        "in.json",
        "--lang",
        "tr",
        "--author",
        "ofis@demo.test",
    ]);
    assert!(
        done && told.contains("created   #1 tr/ithal-yazi"),
        "{told}"
    );
    let (done, told) = run(&[
        "import",
        "posts",
        "in.json",
        "--lang",
        "tr",
        "--author",
        "cem@demo.test",
    ]);
    assert!(!done && told.contains("author"), "{told}");
    let (done, told) = run(&["export", "posts", "out"]);
    assert!(done && told.contains("25 posts"), "{told}");
    assert!(app.folder.path().join("out/tr/ithal-yazi.md").is_file());
    let (done, told) = run(&["export", "posts", "out.json"]);
    assert!(done && told.contains("25 posts"), "{told}");
    for folder in ["out/media", "out-media"] {
        let mut files = fs::read_dir(app.folder.path().join(folder)).unwrap();
        let file = files.next().unwrap().unwrap().path();
        assert_eq!(fs::read(file).unwrap(), picture, "as it was uploaded");
        assert!(files.next().is_none());
    }
    for path in ["out", "out.json"] {
        let (done, told) = run(&["import", "posts", path]);
        assert!(done && told.contains("25 unchanged"), "{told}");
    }
    let (done, told) = run(&["import", "posts", "missing.json"]);
    assert!(!done && told.contains("missing.json"), "{told}");
}
