//! Images: uploading, what is refused, what is kept, what readers are served, who may, what goes.

use std::io::Cursor;

use chrono::TimeDelta;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use prosektorweb::{
    error::Error,
    features::images::{
        self,
        model::{Image, Words},
        queries,
        views::markdown,
    },
    platform::{
        blobs::{self, BlobHash, CHUNK, LARGEST},
        db::Tx,
        markdown as drawing,
    },
    sql,
    types::{Id, Lang},
};
use uuid::Uuid;

use crate::support::{ADA, CEM, Client, ESRA, OFIS, Reply, TestApp};

const BOUNDARY: &str = "----a-boundary-of-the-tests";

enum Part<'a> {
    File(&'a str, &'a [u8]),
    Text(&'a str, &'a str),
}

fn form(parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend(format!("--{BOUNDARY}\r\n").bytes());
        match part {
            Part::File(name, bytes) => {
                let head = format!(
                    "Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n"
                );
                body.extend(head.bytes());
                body.extend(*bytes);
            }
            Part::Text(name, text) => {
                let head = format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}");
                body.extend(head.bytes());
            }
        }
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

fn kind() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

async fn send(client: &Client, parts: &[Part<'_>]) -> Reply {
    let call = client.call("POST", "/images").body(&kind(), form(parts));
    call.send().await
}

/// A picture unlike any of another number.
fn jpeg(number: u8, width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let low = |n: u32| u8::try_from(n % 251).unwrap();
        Rgb([low(x), low(y), number])
    });
    file(&picture.into(), ImageFormat::Jpeg)
}

fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Uploads one that is described, and gives its id.
async fn uploaded(client: &Client, bytes: &[u8]) -> Id<Image> {
    let parts = [
        Part::Text("alt_en", "A helmet"),
        Part::Text("alt_tr", "Bir baret"),
        Part::File("Şantiye.jpg", bytes),
    ];
    let reply = send(client, &parts).await;
    assert_eq!(reply.status, 303, "{}", reply.one("main"));
    let id = reply.location().strip_prefix("/images/").unwrap();
    id.parse().unwrap()
}

async fn image(app: &TestApp, id: Id<Image>) -> Image {
    let mut conn = app.db.read().await.unwrap();
    queries::find(&mut conn, id).await.unwrap()
}

async fn picture(app: &TestApp, id: Id<Image>) -> Option<images::model::Picture> {
    let mut conn = app.db.read().await.unwrap();
    let mut all = queries::pictures(&mut conn, Lang::Tr, &[id]).await.unwrap();
    all.remove(&id)
}

async fn count(app: &TestApp) -> i64 {
    app.number(sql!("select count(*) from images")).await
}

#[tokio::test]
async fn an_image_is_shown_at_once_and_has_all_its_sizes_after_the_job() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let id = uploaded(&client, &jpeg(1, 2000, 1000)).await;
    let first = picture(&app, id).await.unwrap();
    assert_eq!((first.width, first.height), (1440, 720));
    assert_eq!(first.alt, "Bir baret");
    let reply = app.client().get(&first.src).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some("image/jpeg"))
    );
    app.run_jobs().await;
    let shown = picture(&app, id).await.unwrap();
    assert_eq!(shown.src, first.src, "its URL may be in a text already");
    let kinds: Vec<&str> = shown
        .sources
        .iter()
        .map(|source| source.kind.as_str())
        .collect();
    assert_eq!(kinds, ["image/webp", "image/jpeg"]);
    for source in &shown.sources {
        let widths: Vec<&str> = source
            .srcset
            .split(", ")
            .map(|one| one.split_once(' ').unwrap().1)
            .collect();
        assert_eq!(widths, ["480w", "960w", "1440w"]);
        for one in source.srcset.split(", ") {
            let url = one.split_once(' ').unwrap().0;
            let reply = app.client().get(url).await;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.header("content-type"), Some(source.kind.as_str()));
            let hash = BlobHash::of(&reply.body).to_string();
            assert!(url.contains(&hash), "its name is the hash of its bytes");
        }
    }
    assert_eq!(image(&app, id).await.state.as_str(), "ready");
    assert_eq!(
        app.noted()
            .await
            .iter()
            .filter(|what| *what == "images.create")
            .count(),
        1
    );
    // The job once more changes nothing.
    let variants = app
        .number(sql!("select count(*) from image_variants"))
        .await;
    client.post_form(&format!("/images/{id}/encode"), &[]).await;
    app.run_jobs().await;
    assert_eq!(
        app.number(sql!("select count(*) from image_variants"))
            .await,
        variants
    );
    let page = client.get(&format!("/images/{id}")).await;
    assert_eq!(
        page.attr("#f-markdown", "value").unwrap(),
        format!("![A helmet]({})", first.src)
    );
}

#[tokio::test]
async fn a_file_for_readers_is_immutable_and_can_do_nothing() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let id = uploaded(&client, &jpeg(2, 700, 500)).await;
    let src = picture(&app, id).await.unwrap().src;
    let reader = app.client();
    let reply = reader.get(&src).await;
    assert_eq!(
        reply.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert!(
        reply
            .header("content-security-policy")
            .unwrap()
            .contains("sandbox")
    );
    assert!(reply.all("set-cookie").is_empty() && reply.header("vary").is_none());
    let etag = reply.header("etag").unwrap().to_owned();
    assert_eq!(
        reply.header("content-length").unwrap(),
        reply.body.len().to_string()
    );
    let again = reader
        .call("GET", &src)
        .header("if-none-match", &etag)
        .send()
        .await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), Some(etag.as_str()));
    let head = reader.call("HEAD", &src).send().await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(
        head.header("content-length"),
        reply.header("content-length")
    );
    assert_eq!(reader.call("POST", &src).send().await.status, 405);
    let original = image(&app, id).await.hash.to_string();
    let hash = &src["/media/".len()..src.len() - 4];
    for path in [
        format!("/media/{original}.jpg"),
        format!("/media/{hash}.png"),
        format!("/media/{hash}"),
        format!("/media/{}.jpg", hash.to_uppercase()),
        format!("/media/{}.jpg", "0".repeat(64)),
        "/media/..%2f..%2fetc.jpg".to_owned(),
        "/media/x.jpg".to_owned(),
    ] {
        assert_eq!(reader.get(&path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_in_words_and_the_rest_is_kept() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let good = jpeg(3, 100, 100);
    let parts = [
        Part::File(
            "a.jpg",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
        ),
        Part::File("b.png", b"<html><script>alert(1)</script>"),
        Part::File("'><img src=x onerror=alert(1)>.jpg", b"no picture"),
        Part::File("empty.jpg", b""),
        Part::File("cut.jpg", &good[..good.len() / 2]),
        Part::File("good.html", &good),
    ];
    let reply = send(&client, &parts).await;
    assert_eq!(reply.status, 422);
    let refused = reply.texts("#error-summary li");
    assert_eq!(refused.len(), 5, "{refused:?}");
    assert!(
        refused[0].contains("SVG") && refused[3].contains("empty"),
        "{refused:?}"
    );
    assert!(refused[2].contains("onerror=alert(1)"), "{refused:?}");
    assert!(!reply.has("#error-summary img"));
    assert_eq!(count(&app).await, 1);
    // What was kept waits for its words.
    let form = reply.form(".image-describe form");
    assert_eq!(form.value("name"), Some("good"));
    let empty = client.submit(&form).await;
    assert_eq!(empty.status, 422);
    assert!(empty.has("#f-alt_en-error"));
    assert_eq!(client.submit(&form.set("alt_tr", "Yer")).await.status, 303);
    assert_eq!(
        client
            .get("/images?show=undescribed")
            .await
            .count(".image-card"),
        0
    );
    assert_eq!(
        client
            .get("/images")
            .await
            .attr(".image-card img", "alt")
            .unwrap(),
        "Yer"
    );
}

#[tokio::test]
async fn a_picture_without_words_is_kept_and_asks_for_them() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let reply = send(&client, &[Part::File("x.jpg", &jpeg(4, 60, 60))]).await;
    assert_eq!((reply.status, reply.count(".image-describe-one")), (422, 1));
    assert_eq!(
        client
            .get("/images?show=undescribed")
            .await
            .count(".image-card"),
        1
    );
    let none = send(
        &client,
        &[Part::File("", b""), Part::Text("alt_en", "typed")],
    )
    .await;
    assert_eq!(none.status, 422);
    assert!(none.has("#f-file-error"));
    assert_eq!(
        none.attr(".image-upload #f-alt_en", "value").unwrap(),
        "typed"
    );
}

#[tokio::test]
async fn ten_mebibytes_are_the_most_and_more_is_said_or_cut() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    // What follows a picture's end belongs to nobody.
    let mut most = jpeg(5, 200, 200);
    most.resize(LARGEST, 0);
    let id = uploaded(&client, &most).await;
    assert_eq!(image(&app, id).await.hash, BlobHash::of(&jpeg(5, 200, 200)));
    assert!(picture(&app, id).await.is_some());
    most.push(0);
    let reply = send(&client, &[Part::File("big.jpg", &most)]).await;
    assert_eq!(reply.status, 422);
    assert!(reply.one("#error-summary li").contains("10 MB"));
    let many: Vec<Part> = (0..6).map(|_| Part::File("big.jpg", &most)).collect();
    assert_eq!(send(&client, &many).await.status, 413);
    let chunked = client
        .call("POST", "/images")
        .body(&kind(), form(&many))
        .chunked();
    assert_eq!(chunked.send().await.status, 413);
    let small = jpeg(6, 20, 20);
    let many: Vec<Part> = (0..101).map(|_| Part::File("a.jpg", &small)).collect();
    assert_eq!(send(&client, &many).await.status, 413);
    let fields: Vec<Part> = (0..1000).map(|_| Part::Text("x", "y")).collect();
    assert_eq!(send(&client, &fields).await.status, 413);
    let long = "x".repeat(5000);
    assert_eq!(
        send(&client, &[Part::Text("alt_en", &long)]).await.status,
        413
    );
}

#[tokio::test]
async fn a_form_that_is_none_or_breaks_off_is_refused() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let typed = client.post_form("/images", &[("file", "x")]).await;
    assert_eq!(typed.status, 415);
    let json = client
        .call("POST", "/images")
        .body("application/json", b"{}".to_vec());
    assert_eq!(json.send().await.status, 415);
    let whole = form(&[Part::File("a.jpg", &jpeg(7, 50, 50))]);
    for length in [0, 10, 100, whole.len() - BOUNDARY.len() - 8] {
        let call = client
            .call("POST", "/images")
            .body(&kind(), whole[..length].to_vec());
        let reply = call.send().await;
        assert!(
            matches!(reply.status, 400 | 422),
            "{length}: {}",
            reply.status
        );
    }
    assert_eq!(count(&app).await, 0);
    // Other URLs take no such form.
    let other = client.call("POST", "/companies").body(&kind(), whole);
    assert_eq!(other.send().await.status, 415);
}

#[tokio::test]
async fn the_same_file_is_the_same_image_also_many_times_at_once() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let bytes = jpeg(8, 300, 200);
    let parts = [
        Part::Text("alt_en", "A helmet"),
        Part::File("a.jpg", &bytes),
    ];
    let sent: Vec<_> = (0..6).map(|_| send(&client, &parts)).collect();
    let replies = futures_util::future::join_all(sent).await;
    let places: Vec<&str> = replies.iter().map(Reply::location).collect();
    assert!(
        places
            .iter()
            .all(|place| *place == places[0] && place.starts_with("/images/")),
        "{places:?}"
    );
    assert_eq!(count(&app).await, 1);
    let id: Id<Image> = places[0][8..].parse().unwrap();
    let blobs = app.number(sql!("select count(*) from blobs")).await;
    assert_eq!(blobs, 2, "the original and one size");
    // Out of the trash it comes back.
    client
        .post_form(&format!("/images/{id}/trash"), &[("version", "1")])
        .await;
    assert!(picture(&app, id).await.is_none());
    assert_eq!(uploaded(&client, &bytes).await, id);
    assert!(picture(&app, id).await.is_some());
}

/// The file with EXIF of a picture that is held by its right side, with where it was taken.
fn with_place(jpeg: &[u8]) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]);
    exif.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0x26]);
    exif.extend([0; 4]);
    exif.extend(b"GPSLatitude 41.0082 <x:xmpmeta>");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

#[tokio::test]
async fn where_a_photo_was_taken_is_kept_nowhere() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let photo = with_place(&jpeg(9, 600, 400));
    let id = uploaded(&client, &photo).await;
    app.run_jobs().await;
    let found = image(&app, id).await;
    assert_eq!((found.width, found.height), (400, 600));
    let kept: Vec<(Vec<u8>,)> = app.rows(sql!("select bytes from blob_chunks")).await;
    let has = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|found| found == word);
    assert!(kept.len() > 2, "the original and its sizes");
    for (bytes,) in &kept {
        assert!(!has(bytes, b"GPS") && !has(bytes, b"xmp"));
    }
    // It is the same image again, with what it tells and without.
    let mut conn = app.db.read().await.unwrap();
    let bare = blobs::read(&mut conn, &found.hash).await.unwrap();
    drop(conn);
    assert_eq!(uploaded(&client, &photo).await, id);
    assert_eq!(uploaded(&client, &bare).await, id);
    assert_eq!(count(&app).await, 1);
}

#[tokio::test]
async fn what_takes_too_much_memory_is_refused_with_the_most_that_may_be() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let head = [0xff, 0xd8, 0xff, 0xc2, 0, 17, 8, 0x13, 0x88, 0x1f, 0x40, 3];
    let frame = [1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    let scan = [0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 0xff, 0xd9];
    let progressive = [&head[..], &frame, &scan].concat();
    let reply = send(&client, &[Part::File("big.jpg", &progressive)]).await;
    assert_eq!(reply.status, 422);
    let told = reply.one("#error-summary li");
    assert!(told.contains("22 megapixels"), "{told}");
}

#[tokio::test]
async fn scripts_are_answered_in_json() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let bytes = jpeg(9, 300, 200);
    let parts = [Part::File("a.jpg", &bytes), Part::File("b.jpg", b"nothing")];
    let call = client.call("POST", "/images").body(&kind(), form(&parts));
    let reply = call.header("accept", "application/json").send().await;
    assert_eq!(reply.status, 422);
    let answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(answer["images"][0]["name"], "a");
    let src = answer["images"][0]["src"].as_str().unwrap();
    assert_eq!(app.client().get(src).await.status, 200);
    assert!(answer["errors"][0].as_str().unwrap().starts_with("b: "));
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    let call = client
        .call("POST", "/images")
        .body(&kind(), form(&parts[..1]));
    let reply = call.header("accept", "application/json").send().await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn roles_decide_who_uploads() {
    let app = TestApp::new().await;
    let bytes = jpeg(10, 30, 30);
    let parts = [Part::File("a.jpg", &bytes)];
    for (email, status) in [(ADA, 422), (OFIS, 422), (ESRA, 403), (CEM, 404)] {
        let client = app.sign_in(email).await;
        assert_eq!(send(&client, &parts).await.status, status, "{email}");
        let library = client.get("/images").await.status;
        assert_eq!(library, if status == 422 { 200 } else { status }, "{email}");
    }
    let stranger = send(&app.client(), &parts).await;
    assert_eq!(
        (stranger.status, stranger.location().starts_with("/login")),
        (303, true)
    );
    let foreign = app.sign_in(OFIS).await;
    let call = foreign.call("POST", "/images").body(&kind(), form(&parts));
    assert_eq!(
        call.header("sec-fetch-site", "cross-site")
            .send()
            .await
            .status,
        403
    );
    assert_eq!(count(&app).await, 1);
}

#[tokio::test]
async fn an_edit_that_comes_too_late_shows_both() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let id = uploaded(&client, &jpeg(11, 90, 90)).await;
    let path = format!("/images/{id}");
    let page = client.get(&path).await;
    let mine = page.form(".record-main form").set("alt_en", "Mine");
    let theirs = page
        .form(".record-main form")
        .set("alt_en", "Theirs \"& <b>");
    assert_eq!(client.submit(&theirs).await.status, 303);
    let late = client.submit(&mine).await;
    assert_eq!(late.status, 409);
    assert!(late.one(".conflict").contains("Theirs \"& <b>"));
    assert_eq!(late.attr("#f-alt_en", "value").unwrap(), "Mine");
    assert_eq!(
        client.submit(&late.form(".record-main form")).await.status,
        303
    );
    assert_eq!(image(&app, id).await.alt_en, "Mine");
    let found = client.get("/images?q=m%C4%B0ne").await;
    assert_eq!(found.count(".image-card"), 1);
    assert_eq!(client.get("/images?q=theirs").await.count(".image-card"), 0);
    assert_eq!(client.get("/images?show=x").await.status, 400);
    assert_eq!(client.get("/images?page=x").await.status, 400);
}

#[tokio::test]
async fn the_library_is_walked_page_by_page() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    for number in 0..3_u8 {
        let files: Vec<Vec<u8>> = (0..9).map(|n| jpeg(number * 10 + n, 16, 16)).collect();
        let parts: Vec<Part> = files.iter().map(|file| Part::File("a.jpg", file)).collect();
        assert_eq!(send(&client, &parts).await.status, 422);
    }
    let first = client.htmx_get("/images").await;
    assert!(!first.is_page());
    assert_eq!(first.count(".image-card"), 24);
    let next = first.attr("a[rel=next]", "href").unwrap();
    let second = client.get(&next).await;
    assert_eq!(second.count(".image-card"), 3);
    assert!(second.one(".pagination-range").contains("25"));
    let back = client
        .get(&second.attr("a[rel=prev]", "href").unwrap())
        .await;
    assert_eq!(
        back.attrs(".image-card a", "href"),
        first.attrs(".image-card a", "href")
    );
}

#[tokio::test]
async fn a_text_shows_its_images_in_all_sizes_and_none_from_the_trash() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let id = uploaded(&client, &jpeg(12, 1000, 500)).await;
    app.run_jobs().await;
    let src = picture(&app, id).await.unwrap().src;
    let text = markdown("a \"b\" [c] <d> *e*", &src);
    let html = drawing::render(&text, &drawing::Options::default())
        .unwrap()
        .html;
    let expanded = async || {
        let mut conn = app.db.read().await.unwrap();
        images::expand(&mut conn, Lang::En, &html).await.unwrap()
    };
    let drawn = expanded().await;
    let page = scraper::Html::parse_fragment(&drawn);
    let one = |selector: &str, name: &str| {
        let selector = scraper::Selector::parse(selector).unwrap();
        page.select(&selector)
            .next()
            .unwrap()
            .attr(name)
            .unwrap()
            .to_owned()
    };
    assert_eq!(one("picture img", "alt"), "a \"b\" [c] <d> *e*");
    assert_eq!(one("picture img", "width"), "1000");
    assert_eq!(one("picture img", "loading"), "lazy");
    assert!(one("source[type='image/webp']", "srcset").contains(" 480w, "));
    client
        .post_form(&format!("/images/{id}/trash"), &[("version", "1")])
        .await;
    assert!(!expanded().await.contains("<img"));
    assert_eq!(app.client().get(&src).await.status, 404);
    let listed = client.get("/images?show=trash").await;
    let restored = client.submit(&listed.form(".image-card form")).await;
    assert_eq!(restored.status, 303);
    assert!(expanded().await.contains("<picture>"));
    client.post_form(&format!("/images/{id}/encode"), &[]).await;
    let noted = app.noted().await;
    let of_images: Vec<&String> = noted
        .iter()
        .filter(|action| action.starts_with("images."))
        .collect();
    assert_eq!(
        of_images,
        [
            "images.create",
            "images.trash",
            "images.restore",
            "images.encode"
        ]
    );
}

#[tokio::test]
async fn the_trash_says_which_posts_show_an_image() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let id = uploaded(&client, &jpeg(13, 300, 200)).await;
    let page = client.get(&format!("/images/{id}/trash")).await;
    assert!(!page.has(".confirm li"));
    let src = picture(&app, id).await.unwrap().src;
    let (slug, other) = ("hilesiz-seo", "alan-adi-kimin");
    app.execute(sql!(
        "update posts set body = ? where slug = ?",
        format!("![x]({src})"),
        slug
    ))
    .await;
    app.execute(sql!(
        "update posts set cover_id = ? where slug = ?",
        id,
        other
    ))
    .await;
    let page = client.get(&format!("/images/{id}/trash")).await;
    assert_eq!(page.count(".confirm li"), 2);
    assert_eq!(
        client
            .get(&format!("/images/{id}"))
            .await
            .count("#uses-title ~ ul li"),
        2
    );
    // A page about the firm shows it in all its sizes, and is named too.
    let form = client.get("/site-pages/about-en").await.form("#editor");
    let body = format!("## Us\n\n![A desk]({src})");
    assert_eq!(client.submit(&form.set("body", &body)).await.status, 303);
    let about = client.get("/about").await;
    assert_eq!(about.count("main img[width][height][loading=lazy]"), 1);
    let links = client.get(&format!("/images/{id}")).await;
    let links = links.attrs("#uses-title ~ ul a", "href");
    assert_eq!(links.len(), 3);
    assert!(links.contains(&"/site-pages/about-en".to_owned()));
    // What is somebody's cover stays, however long it has been in the trash.
    client.submit(&page.form(".confirm form")).await;
    app.clock.shift(TimeDelta::days(31));
    sweep(&app).await;
    assert_eq!(count(&app).await, 1);
    app.execute(sql!(
        "update posts set cover_id = null where slug = ?",
        other
    ))
    .await;
    sweep(&app).await;
    assert_eq!(count(&app).await, 0);
    sweep(&app).await;
    assert_eq!(
        app.number(sql!("select count(*) from blob_chunks")).await,
        0
    );
}

async fn sweep(app: &TestApp) {
    let mut tx = app.db.begin().await.unwrap();
    app.jobs
        .enqueue(&mut tx, &images::jobs::Sweep {})
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
}

#[tokio::test]
async fn bytes_that_nothing_refers_to_go_after_a_day_and_no_others() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    uploaded(&client, &jpeg(14, 300, 200)).await;
    app.run_jobs().await;
    let kept = app.number(sql!("select count(*) from blobs")).await;
    let put = async |bytes: &[u8]| {
        let mut tx: Tx = app.db.begin().await.unwrap();
        let now = app.clock.now();
        let hash = blobs::put(&mut tx, now, bytes).await;
        tx.commit().await.unwrap();
        hash
    };
    let orphan = put(&vec![7; CHUNK + 1]).await.unwrap();
    let mut conn = app.db.read().await.unwrap();
    assert_eq!(
        blobs::read(&mut conn, &orphan).await.unwrap(),
        vec![7; CHUNK + 1]
    );
    drop(conn);
    sweep(&app).await;
    assert_eq!(
        app.number(sql!("select count(*) from blobs")).await,
        kept + 1
    );
    app.clock.shift(TimeDelta::hours(23));
    // Stored once more: its day begins anew.
    assert_eq!(put(&vec![7; CHUNK + 1]).await.unwrap(), orphan);
    app.clock.shift(TimeDelta::hours(2));
    sweep(&app).await;
    assert_eq!(
        app.number(sql!("select count(*) from blobs")).await,
        kept + 1
    );
    app.clock.shift(TimeDelta::hours(23));
    sweep(&app).await;
    assert_eq!(app.number(sql!("select count(*) from blobs")).await, kept);
    // The database itself keeps what an image is made of.
    let mut tx = app.db.begin().await.unwrap();
    let gone = tx.execute(sql!("delete from blobs")).await;
    assert!(gone.is_err());
    drop(tx);
    assert!(matches!(put(b"").await, Err(Error::Unprocessable)));
    assert!(matches!(
        put(&vec![0; LARGEST + 1]).await,
        Err(Error::TooLarge)
    ));
}

#[tokio::test]
async fn a_file_of_several_rows_is_served_whole() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let noise = RgbaImage::from_fn(700, 700, |x, y| {
        let mixed = (x * 7919 + y * 104_729).wrapping_mul(2_654_435_761) ^ (x * y);
        let bytes = mixed.to_le_bytes();
        Rgba([bytes[0], bytes[1], bytes[2], bytes[3] | 1])
    });
    let id = uploaded(&client, &file(&noise.into(), ImageFormat::Png)).await;
    let picture = picture(&app, id).await.unwrap();
    assert!(picture.src.contains(".png"));
    let reply = app.client().get(&picture.src).await;
    assert!(reply.body.len() > 2 * CHUNK);
    assert_eq!(
        reply.header("content-length").unwrap(),
        reply.body.len().to_string()
    );
    assert!(picture.src.contains(&BlobHash::of(&reply.body).to_string()));
}

#[tokio::test]
async fn a_form_offers_described_words_and_the_chosen_image_first() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let first = uploaded(&client, &jpeg(15, 40, 40)).await;
    for number in 16..30 {
        uploaded(&client, &jpeg(number, 40, 40)).await;
    }
    let reply = client
        .htmx_get(&format!("/images/choices?field=cover&value={first}"))
        .await;
    assert!(!reply.is_page());
    let values = reply.attrs("input[name=cover]", "value");
    assert_eq!(values.len(), 1 + 1 + 12);
    assert_eq!(values[1], first.to_string());
    assert_eq!(reply.attrs("input[checked]", "value"), [first.to_string()]);
    let reply = client
        .htmx_get("/images/choices?field=cover&value=x&q=nothing")
        .await;
    assert_eq!(reply.attrs("input[name=cover]", "value"), [""]);
    assert_eq!(client.get("/images/choices?field=cover").await.status, 200);
    assert_eq!(client.get("/images/choices?field=a%22b").await.status, 400);
}

#[tokio::test]
async fn one_person_uploads_so_many_a_day() {
    let app = TestApp::new().await;
    let client = app.sign_in(OFIS).await;
    let id = uploaded(&client, &jpeg(31, 40, 40)).await;
    let image = image(&app, id).await;
    let mut tx = app.db.begin().await.unwrap();
    for number in 0..499_u32 {
        let hash = blobs::put(&mut tx, app.clock.now(), &number.to_be_bytes())
            .await
            .unwrap();
        let copy = Image {
            id: app.clock.new_id(),
            hash,
            ..image.clone()
        };
        queries::insert(&mut tx, &copy, &Words::default())
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let reply = send(&client, &[Part::File("a.jpg", &jpeg(32, 40, 40))]).await;
    assert_eq!(reply.status, 422);
    assert!(reply.one("#error-summary li").contains("500"));
    app.clock.shift(TimeDelta::days(1));
    let client = app.sign_in(OFIS).await;
    uploaded(&client, &jpeg(32, 40, 40)).await;
}

#[tokio::test]
async fn images_of_named_hosts_alone_are_shown_and_let_through() {
    let app = TestApp::with(&[("FOREIGN_IMAGES", "images.example.com, CDN.example.org")]).await;
    let policy = app.client().get("/").await;
    let policy = policy.header("content-security-policy").unwrap();
    assert!(
        policy.contains("img-src 'self' data: https://images.example.com https://cdn.example.org;"),
        "{policy}"
    );
    let options = prosektorweb::features::posts::change::drawing(&app.app);
    let html = |src: &str| {
        drawing::render(&format!("![x]({src})"), &options)
            .unwrap()
            .html
    };
    assert!(html("https://images.example.com/a.png").contains("<img"));
    for src in [
        "http://images.example.com/a.png",
        "https://evil.test/a.png",
        "https://images.example.com.evil.test/a.png",
        "https://images.example.com@evil.test/a.png",
        "//evil.test/a.png",
    ] {
        assert!(!html(src).contains("<img"), "{src}");
    }
    let plain = TestApp::new().await;
    let policy = plain.client().get("/").await;
    assert!(
        policy
            .header("content-security-policy")
            .unwrap()
            .contains("img-src 'self' data:;")
    );
}

#[tokio::test]
async fn demo_posts_get_their_covers() {
    let app = TestApp::new().await;
    prosektorweb::seed::tell_covers(&app.app).await.unwrap();
    let covered: Vec<(Uuid, String)> = app
        .rows(sql!(
            "select cover_id, cover_alt from posts where cover_id is not null"
        ))
        .await;
    assert_eq!(covered.len(), 14);
    assert_eq!(count(&app).await, 5);
    assert!(covered.iter().all(|(_, alt)| !alt.is_empty()));
    app.run_jobs().await;
    let refused = app
        .number(sql!("select count(*) from images where state <> 'ready'"))
        .await;
    assert_eq!(refused, 0);
}
