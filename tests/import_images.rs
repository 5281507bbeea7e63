//! Images of posts in files: they come in once with what shows them, from nowhere but the folder, and go out again.

use std::{
    collections::BTreeMap, fs, io::Cursor, os::unix::fs::symlink, path::Path, process::Command,
};

use image::{ImageFormat, Rgb, RgbImage};
use prosektorweb::{
    features::{
        images::{
            self,
            actions::{Stored, upload_by},
            model::{Image, Words},
        },
        posts::{model::Post, queries},
        transfer::{self, Import, Outcome, Row},
    },
    platform::{audit::Actor, blobs::BlobHash},
    sql,
    types::Lang,
};
use serde_json::json;
use tempfile::TempDir;

use crate::support::TestApp;

async fn bring(app: &TestApp, path: &Path, dry_run: bool) -> Vec<Row> {
    let mut conn = app.db.read().await.unwrap();
    let author = queries::staff(&mut conn, None).await.unwrap().unwrap();
    drop(conn);
    let import = Import {
        lang: Some(Lang::Tr),
        author,
        dry_run,
    };
    let entries = transfer::read(path).unwrap();
    transfer::import(&app.app, entries, &import).await.unwrap()
}

/// A picture unlike any of another number.
fn picture(number: u8, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(64, 40, |x, y| {
        let low = |n: u32| u8::try_from(n % 251).unwrap();
        Rgb([low(x), low(y), number])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(number: u8) -> Vec<u8> {
    picture(number, ImageFormat::Jpeg)
}

fn put(folder: &TempDir, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn folder() -> TempDir {
    TempDir::with_prefix("prosektorweb-").unwrap()
}

async fn post(app: &TestApp, slug: &str) -> Post {
    let mut conn = app.db.read().await.unwrap();
    let found = queries::find_by_slug(&mut conn, Lang::Tr, slug).await;
    found.unwrap().unwrap()
}

async fn image(app: &TestApp, bytes: &[u8]) -> Option<Image> {
    let mut conn = app.db.read().await.unwrap();
    let found = images::queries::find_by_hash(&mut conn, &BlobHash::of(bytes)).await;
    found.unwrap()
}

async fn url(app: &TestApp, image: &Image) -> String {
    let mut conn = app.db.read().await.unwrap();
    images::queries::url(&mut conn, image.id)
        .await
        .unwrap()
        .unwrap()
}

/// Images, bytes, and sizes that are still to be made.
async fn counts(app: &TestApp) -> [i64; 3] {
    [
        app.number(sql!("select count(*) from images")).await,
        app.number(sql!("select count(*) from blobs")).await,
        app.number(sql!(
            "select count(*) from jobs where kind = 'images.encode' and state = 'waiting'"
        ))
        .await,
    ]
}

fn notes(app: &TestApp, row: &Row) -> Vec<String> {
    let text = |remark: &transfer::Remark| remark.text(&app.translations, Lang::En).unwrap();
    row.notes.iter().map(text).collect()
}

#[tokio::test]
async fn a_cover_and_the_images_of_a_text_come_in_once_and_get_all_their_sizes() {
    let app = TestApp::new().await;
    let folder = folder();
    let front = "---\ntitle: Görselli\ncover: kapak.jpg\ncover_alt: Bir kapak\n---\n";
    let body = "![İki baret](../resim/iki%20baret.png \"Altı\")\n\n<img src='../resim/üç.webp' alt='Üç'>\n\n![Yine](./kapak.jpg)\n\n`![kod](kapak.jpg)`";
    put(&folder, "tr/gorselli.md", format!("{front}{body}\n"));
    let files = [
        jpeg(1),
        picture(2, ImageFormat::Png),
        picture(3, ImageFormat::WebP),
    ];
    put(&folder, "tr/kapak.jpg", &files[0]);
    put(&folder, "resim/iki baret.png", &files[1]);
    put(&folder, "resim/üç.webp", &files[2]);

    let before = counts(&app).await;
    let rows = bring(&app, folder.path(), true).await;
    assert_eq!(
        (rows[0].outcome.clone(), notes(&app, &rows[0])),
        (Outcome::Created, vec![])
    );
    assert_eq!(counts(&app).await, before, "a dry run writes nothing");

    let rows = bring(&app, folder.path(), false).await;
    assert_eq!(
        (rows[0].outcome.clone(), notes(&app, &rows[0])),
        (Outcome::Created, vec![])
    );
    let after = counts(&app).await;
    assert_eq!(
        (after[0], after[2]),
        (before[0] + 3, before[2] + 3),
        "each once"
    );
    let post = post(&app, "gorselli").await;
    let mut urls = Vec::new();
    for (file, (name, alt)) in files.iter().zip([
        ("kapak", "Bir kapak"),
        ("iki baret", "İki baret"),
        ("üç", "Üç"),
    ]) {
        let image = image(&app, file).await.unwrap();
        assert_eq!(
            (
                image.name.as_str(),
                image.alt_tr.as_str(),
                image.alt_en.as_str()
            ),
            (name, alt, "")
        );
        urls.push(url(&app, &image).await);
        if name == "kapak" {
            assert_eq!(post.cover_id, Some(image.id.uuid()));
        }
    }
    assert_eq!(post.cover_alt.as_deref(), Some("Bir kapak"));
    let [cover, two, three] = urls.as_slice() else {
        panic!()
    };
    assert_eq!(
        post.body.trim(),
        format!(
            "![İki baret]({two} \"Altı\")\n\n<img src='{three}' alt='Üç'>\n\n![Yine]({cover})\n\n`![kod](kapak.jpg)`"
        )
    );
    app.run_jobs().await;
    assert_eq!(
        image(&app, &files[1]).await.unwrap().state.as_str(),
        "ready"
    );

    let (text, before) = (app.database_text().await, counts(&app).await);
    let rows = bring(&app, folder.path(), false).await;
    assert_eq!(
        (rows[0].outcome.clone(), notes(&app, &rows[0])),
        (Outcome::Unchanged, vec![])
    );
    assert_eq!(
        (app.database_text().await, counts(&app).await),
        (text, before)
    );
}

#[tokio::test]
async fn another_cover_in_the_file_is_an_update_and_none_keeps_what_is_there() {
    let app = TestApp::new().await;
    let folder = folder();
    let file = folder.path().join("a.json");
    let write = |cover: &str| {
        let html = "<p>Bir <script>x</script><img src=resim/c.jpg alt=C></p>";
        let item = json!([{"slug": "kapakli", "title": "Kapaklı", "html": html, "cover": cover}]);
        fs::write(&file, item.to_string()).unwrap();
    };
    for (name, number) in [("a", 1), ("b", 2), ("resim/c", 3)] {
        put(&folder, &format!("{name}.jpg"), jpeg(number));
    }
    write("a.jpg");
    let rows = bring(&app, &file, false).await;
    assert_eq!(
        notes(&app, &rows[0]),
        ["cover_alt: There is none, so the title was taken: say what the cover shows."]
    );
    let first = post(&app, "kapakli").await;
    assert_eq!(first.cover_alt.as_deref(), Some("Kapaklı"));
    let inline = image(&app, &jpeg(3)).await.unwrap();
    assert!(
        first.body.contains(&url(&app, &inline).await),
        "{}",
        first.body
    );
    write("");
    assert_eq!(
        bring(&app, &file, false).await[0].outcome,
        Outcome::Unchanged
    );
    write("b.jpg");
    assert_eq!(bring(&app, &file, true).await[0].outcome, Outcome::Updated);
    assert!(image(&app, &jpeg(2)).await.is_none());
    assert_eq!(bring(&app, &file, false).await[0].outcome, Outcome::Updated);
    let second = image(&app, &jpeg(2)).await.unwrap();
    assert_eq!(post(&app, "kapakli").await.cover_id, Some(second.id.uuid()));
    // By its address here, and as earlier exports have called it.
    let first = image(&app, &jpeg(1)).await.unwrap();
    for cover in [url(&app, &first).await, second.id.to_string()] {
        write(&cover);
        let rows = bring(&app, &file, false).await;
        assert_eq!(rows[0].outcome, Outcome::Updated, "{cover}");
        assert_eq!(
            bring(&app, &file, false).await[0].outcome,
            Outcome::Unchanged,
            "{cover}"
        );
    }
    assert_eq!(post(&app, "kapakli").await.cover_id, Some(second.id.uuid()));
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_read() {
    let app = TestApp::new().await;
    let outside = folder();
    put(&outside, "secret.jpg", jpeg(1));
    put(&outside, "posts/tr/yazi.md", "");
    put(&outside, "posts/tr/inside.jpg", jpeg(2));
    let root = outside.path().join("posts");
    symlink(outside.path().join("secret.jpg"), root.join("link.jpg")).unwrap();
    symlink(outside.path(), root.join("links")).unwrap();
    symlink(root.join("tr/inside.jpg"), root.join("own.jpg")).unwrap();
    let absolute = outside.path().join("secret.jpg").display().to_string();
    let pipe = root.join("pipe.jpg");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for (name, why) in [
        ("../../secret.jpg", "no path within"),
        ("%2e%2e/%2e%2e/secret.jpg", "no such file"),
        ("x/../../../secret.jpg", "no path within"),
        (absolute.as_str(), "no path within"),
        ("/tr/inside.jpg", "no path within"),
        ("../link.jpg", "no path within"),
        ("links/secret.jpg", "no path within"),
        ("pipe.jpg", "JPEG"),
        ("../tr", "JPEG"),
    ] {
        let text = format!("---\ntitle: Bir\ncover: '{name}'\ncover_alt: x\n---\n![y](<{name}>)\n");
        put(&outside, "posts/tr/yazi.md", text);
        let rows = bring(&app, &root, false).await;
        let told = notes(&app, &rows[0]);
        assert!(!matches!(rows[0].outcome, Outcome::Refused(_)), "{name}");
        assert!(
            told.len() == 2
                && told[0].starts_with(&format!("cover {name}: "))
                && told[1].starts_with(&format!("{name}: ")),
            "{name}: {told:?}"
        );
        assert!(
            told.iter().all(|told| told.contains(why)),
            "{name}: {told:?}"
        );
    }
    assert_eq!(app.number(sql!("select count(*) from images")).await, 0);
    put(
        &outside,
        "posts/tr/yazi.md",
        "---\ntitle: Bir\ncover: own.jpg\ncover_alt: x\n---\nBir\n",
    );
    let rows = bring(&app, &root, false).await;
    assert_eq!(
        (rows[0].outcome.clone(), notes(&app, &rows[0])),
        (Outcome::Updated, vec![])
    );
    assert!(
        image(&app, &jpeg(2)).await.is_some(),
        "a link within the folder is fine"
    );
}

#[tokio::test]
async fn what_is_no_image_of_ours_is_noted_and_the_post_comes_in_without_it() {
    let app = TestApp::with(&[("FOREIGN_IMAGES", "shown.test")]).await;
    let folder = folder();
    put(&folder, "text.jpg", "no picture");
    put(&folder, "empty.png", "");
    put(
        &folder,
        "drawing.svg",
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
    );
    put(&folder, "huge.jpg", vec![0xff; 10 * 1024 * 1024 + 1]);
    put(&folder, "torn.jpg", &jpeg(1)[..300]);
    put(&folder, "good.jpg", jpeg(1));
    let unknown = format!("/media/{}.jpg", "a".repeat(64));
    let names = [
        "text.jpg",
        "empty.png",
        "drawing.svg",
        "huge.jpg",
        "torn.jpg",
        "missing.jpg",
        "https://elsewhere.test/a.jpg",
        "//elsewhere.test/a.jpg",
        &unknown,
        "/media/x.jpg",
        "https://shown.test/a.jpg",
    ];
    let body: Vec<String> = names.iter().map(|name| format!("![a]({name})\n")).collect();
    let items = json!([
        {"slug": "bir", "title": "Bir", "markdown": body.concat() + "![](good.jpg)"},
        {"slug": "iki", "title": "İki", "markdown": "x", "cover": "text.jpg", "cover_alt": "y"},
        {"slug": "gomulu", "title": "Gömülü", "html": format!("<p>x<img alt=y src='data:image/png;base64,{}'></p>", "A".repeat(9000))},
        {"slug": "uc", "title": "Üç", "markdown": "![a](good.jpg)", "status": "gone"},
    ]);
    put(&folder, "posts.json", items.to_string());
    let before = counts(&app).await;
    let rows = bring(&app, &folder.path().join("posts.json"), false).await;
    let told = notes(&app, &rows[0]);
    assert_eq!(
        (rows[0].outcome.clone(), told.len()),
        (Outcome::Created, 11),
        "{told:#?}"
    );
    for ((name, told), words) in names.iter().zip(&told).zip([
        "",
        "",
        "SVG",
        "",
        "",
        "no such file",
        "not fetched",
        "not fetched",
        "No image with",
        "No image with",
        // What may be shown from elsewhere is not noted.
        "\0",
    ]) {
        if words != "\0" {
            assert!(
                told.starts_with(&format!("{name}: ")) && told.contains(words),
                "{told}"
            );
        }
    }
    assert!(
        told[10].starts_with("good.jpg: ") && told[10].contains("(alt)"),
        "{told:?}"
    );
    assert_eq!(
        (rows[1].outcome.clone(), rows[1].notes.len()),
        (Outcome::Created, 1)
    );
    assert!(post(&app, "iki").await.cover_id.is_none());
    let told = notes(&app, &rows[2]);
    assert!(told.len() == 1 && told[0].starts_with("data:image/png") && told[0].len() < 300);
    assert!(matches!(rows[3].outcome, Outcome::Refused(_)));
    assert_eq!(
        counts(&app).await,
        before,
        "a post that is refused brings nothing"
    );
}

#[tokio::test]
async fn an_image_in_the_trash_comes_back_with_a_post_that_brings_it() {
    let app = TestApp::new().await;
    let words = Words {
        name: "Eski".into(),
        alt_tr: "Eski bir söz".into(),
        ..Words::default()
    };
    let stored = upload_by(&app.app, Actor::default(), jpeg(1), words)
        .await
        .unwrap();
    let Stored::Image(known) = stored else {
        panic!()
    };
    app.execute(sql!(
        "update images set deleted_at = ? where id = ?",
        app.clock.now(),
        known.id
    ))
    .await;
    let folder = folder();
    put(&folder, "a.jpg", jpeg(1));
    put(
        &folder,
        "tr/yazi.md",
        "---\ntitle: Yazı\ncover: a.jpg\n---\nBir\n",
    );
    let rows = bring(&app, folder.path(), false).await;
    assert_eq!(
        (rows[0].outcome.clone(), notes(&app, &rows[0])),
        (Outcome::Created, vec![])
    );
    let image = image(&app, &jpeg(1)).await.unwrap();
    assert!(image.deleted_at.is_none() && image.name == "Eski");
    let post = post(&app, "yazi").await;
    assert_eq!(post.cover_id, Some(image.id.uuid()));
    assert_eq!(
        post.cover_alt.as_deref(),
        Some("Eski bir söz"),
        "the image's own words"
    );
}

#[tokio::test]
async fn more_images_than_memory_should_hold_are_written_in_turns() {
    let app = TestApp::new().await;
    let folder = folder();
    // Noise that cannot be made smaller: 2.2 MB each.
    for number in 0..20_u32 {
        let noise = RgbImage::from_fn(860, 860, |x, y| {
            let mixed =
                (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ number.wrapping_mul(97))
                    .wrapping_mul(2_246_822_519);
            let bytes = mixed.to_le_bytes();
            Rgb([bytes[1], bytes[2], bytes[3]])
        });
        let mut bytes = Cursor::new(Vec::new());
        noise.write_to(&mut bytes, ImageFormat::Png).unwrap();
        put(&folder, &format!("{number}.png"), bytes.into_inner());
        put(
            &folder,
            &format!("tr/yazi-{number}.md"),
            format!("---\ntitle: Yazı {number}\ncover: {number}.png\ncover_alt: x\n---\nBir\n"),
        );
    }
    let rows = bring(&app, folder.path(), false).await;
    assert!(
        rows.iter()
            .all(|row| row.outcome == Outcome::Created && row.notes.is_empty()),
        "{rows:?}"
    );
    assert_eq!(app.number(sql!("select count(*) from images")).await, 20);
    let rows = bring(&app, folder.path(), true).await;
    assert!(
        rows.iter().all(|row| row.outcome == Outcome::Unchanged),
        "{rows:?}"
    );
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

/// The people of the demo, and nothing of its blog.
async fn without_a_blog() -> TestApp {
    let app = TestApp::new().await;
    app.execute(sql!("delete from posts")).await;
    app.execute(sql!("delete from categories")).await;
    app.execute(sql!("delete from tags")).await;
    app.execute(sql!("delete from images")).await;
    app.execute(sql!("delete from blobs")).await;
    app
}

#[tokio::test]
async fn what_is_taken_away_with_its_images_comes_back_the_same_elsewhere() {
    let app = TestApp::new().await;
    let source = folder();
    put(&source, "Şantiye Kapağı.jpg", jpeg(1));
    put(&source, "iki.png", picture(2, ImageFormat::Png));
    put(
        &source,
        "tr/gorselli.md",
        "---\ntitle: Görselli\ncover: Şantiye Kapağı.jpg\ncover_alt: Bir kapak\n---\nBir ![İki](<iki.png> 'Altı') ve ![yine][r], `![kod](iki.png)`.\n\n[r]: iki.png\n",
    );
    put(
        &source,
        "en/html.md",
        "---\ntitle: Pictured\ncover: iki.png\ncover_alt: Two\n---\n<p>One <img alt=\"Two\" src=\"iki.png\"></p>\n",
    );
    let rows = bring(&app, source.path(), false).await;
    assert!(
        rows.iter()
            .all(|row| row.outcome == Outcome::Created && row.notes.is_empty()),
        "{rows:?}"
    );
    app.run_jobs().await;
    let out = folder();
    for name in ["posts", "posts.json", "İki Yazı.json"] {
        let first = out.path().join("first").join(name);
        let second = out.path().join("second").join(name);
        let count = transfer::export(&app.app, &first).await.unwrap();
        let rows = bring(&app, &first, false).await;
        assert!(
            rows.iter()
                .all(|row| row.outcome == Outcome::Unchanged && row.notes.is_empty()),
            "{rows:#?}"
        );
        let empty = without_a_blog().await;
        let rows = bring(&empty, &first, false).await;
        assert!(
            rows.iter()
                .all(|row| row.outcome == Outcome::Created && row.notes.is_empty()),
            "{rows:#?}"
        );
        assert_eq!(rows.len(), count);
        empty.run_jobs().await;
        let shown = post(&empty, "gorselli").await;
        let cover = image(&empty, &jpeg(1)).await.unwrap();
        assert_eq!(
            (shown.cover_id, cover.name.as_str()),
            (Some(cover.id.uuid()), "santiye-kapagi")
        );
        assert_eq!(shown.body, post(&app, "gorselli").await.body);
        assert_eq!(
            empty.client().get(&url(&empty, &cover).await).await.status,
            200
        );
        assert_eq!(transfer::export(&empty.app, &second).await.unwrap(), count);
    }
    let (first, second) = (
        files(&out.path().join("first")),
        files(&out.path().join("second")),
    );
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        second.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &first {
        assert!(
            *bytes == second[name],
            "{name}:\n{}\n{}",
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(&second[name])
        );
    }
    let hash = BlobHash::of(&jpeg(1)).to_string();
    for folder in ["posts/media", "posts-media", "İki Yazı-media"] {
        let name = format!("{folder}/santiye-kapagi-{}.jpg", &hash[..12]);
        assert_eq!(first[&name], jpeg(1), "as it was uploaded");
    }
    let text = String::from_utf8_lossy(&first["posts/tr/gorselli.md"]);
    assert!(
        text.contains("cover: ../media/santiye-kapagi-")
            && text.contains("![İki](<../media/iki-")
            && text.contains("[r]: ../media/iki-"),
        "{text}"
    );
    assert!(
        text.contains("`![kod](iki.png)`") && !text.contains("/media/a"),
        "{text}"
    );
}

#[tokio::test]
async fn where_a_photo_was_taken_neither_comes_in_nor_goes_out() {
    let app = TestApp::new().await;
    let folder = folder();
    let bare = jpeg(7);
    let place = b"\xff\xe1\0\x18Exif\0\0GPSLatitude 41.00";
    let photo = [&bare[..2], place, &bare[2..]].concat();
    put(&folder, "foto.jpg", &photo);
    put(
        &folder,
        "tr/foto.md",
        "---\ntitle: Foto\n---\n![Şantiye](../foto.jpg)\n",
    );
    let rows = bring(&app, folder.path(), false).await;
    assert_eq!(rows[0].outcome, Outcome::Created, "{:?}", rows[0].notes);
    assert!(image(&app, &bare).await.is_some() && image(&app, &photo).await.is_none());
    let rows = bring(&app, folder.path(), false).await;
    assert_eq!(rows[0].outcome, Outcome::Unchanged, "{:?}", rows[0].notes);
    assert_eq!(counts(&app).await[0], 1);
    let out = self::folder();
    transfer::export(&app.app, out.path()).await.unwrap();
    let files: Vec<_> = fs::read_dir(out.path().join("media")).unwrap().collect();
    assert_eq!(files.len(), 1);
    for file in files {
        assert_eq!(fs::read(file.unwrap().path()).unwrap(), bare);
    }
}
