//! The pages of posts: the list, the editor, the preview, what is kept while somebody types, and when readers see it.

use prosektorweb::{features::posts::form::PostForm, sql};

use crate::support::{ADA, CEM, Client, ESRA, Form, OFIS, TestApp};

const BODY: &str = "Merhaba **dünya**.\n\n<script>alert(1)</script>\n\n## Ara başlık\n\nSon.";

fn typed<'a>(title: &'a str, body: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![("lang", "tr"), ("title", title), ("body", body)]
}

#[tokio::test]
async fn what_is_kept_is_not_written_over_by_what_did_not_begin_there() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let post = written(&ofis, "Saatlerce").await;
    let edit = format!("{post}/edit");
    let keep = async |form: &Form, body: &str| {
        app.clock.shift(chrono::TimeDelta::seconds(4));
        let mut typed = form.clone().set("body", body);
        typed.action = format!("{post}/autosave");
        let kept = ofis.submit(&typed).await;
        assert_eq!((kept.status, kept.has("[role=alert]")), (200, false));
    };
    let first = ofis.get(&edit).await.form("#editor");
    keep(&first, "Bir saatlik metin").await;
    // The answer was lost: the same form goes on all the same.
    keep(&first, "Bir saatlik metin ve bir söz").await;
    // The browser died; the saved text is open again, and a comma is typed.
    let second = ofis.get(&edit).await.form("#editor");
    keep(&second, "Saatlerce,").await;
    let page = ofis.get(&edit).await;
    let keys = page.attrs(".unsaved input[name=key]", "value");
    assert_eq!(
        keys,
        [&second, &first].map(|form| form.value("form_key").unwrap())
    );
    let hrefs = page.attrs(".unsaved a", "href");
    let on = ofis.get(&hrefs[1]).await;
    assert_eq!(
        on.texts(".unsaved").len(),
        1,
        "the other one is offered still"
    );
    let third = on.form("#editor");
    assert_eq!(third.value("body"), Some("Bir saatlik metin ve bir söz"));
    // Bringing an older text of the post back leaves it.
    let older = ofis
        .get(&format!("{post}/revisions/restore?number=1"))
        .await;
    let restored = ofis
        .submit(&older.form("form[method=post][action$='/restore']"))
        .await;
    assert_eq!(restored.status, 303);
    assert_eq!(ofis.get(&edit).await.texts(".unsaved").len(), 2);
    // Saved after all, after the question which version it is to be: what it went on from is in it.
    let conflict = ofis.submit(&third).await;
    assert_eq!(conflict.status, 409);
    assert_eq!(ofis.submit(&conflict.form("#editor")).await.status, 303);
    let left = ofis.get(&edit).await;
    assert_eq!(
        left.attrs(".unsaved input[name=key]", "value"),
        [second.value("form_key").unwrap()]
    );
}

#[tokio::test]
async fn a_form_that_was_saved_and_gone_back_to_is_kept_again_once_it_has_shown_both() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let post = written(&ofis, "Geri dönülen").await;
    let edit = format!("{post}/edit");
    let form = ofis.get(&edit).await.form("#editor");
    assert_eq!(
        ofis.submit(&form.clone().set("body", "Bir")).await.status,
        303
    );
    let keep = async |form: &Form| {
        let mut form = form.clone();
        form.action = format!("{post}/autosave");
        ofis.submit(&form).await.has("[role=alert]")
    };
    let back = form.set("body", "İki");
    assert!(keep(&back).await, "it says that it is not kept");
    assert!(ofis.get(&edit).await.texts(".unsaved").is_empty());
    let both = ofis.submit(&back).await;
    assert_eq!(both.status, 409);
    let again = both.form("#editor");
    assert!(!keep(&again).await);
    assert_eq!(ofis.submit(&again).await.status, 303);
    assert!(ofis.get(&edit).await.texts(".unsaved").is_empty());
}

#[tokio::test]
async fn what_comes_after_a_new_post_was_saved_is_no_unsaved_post() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let form = ofis.get("/posts/new?lang=tr").await.form("#editor");
    let form = form.set("title", "Yepyeni").set("body", "Bir");
    assert_eq!(ofis.submit(&form).await.status, 303);
    let mut late = form.set("body", "Bir iki");
    late.action = "/posts/autosave".into();
    assert!(ofis.submit(&late).await.has("[role=alert]"));
    assert!(ofis.get("/posts/new").await.texts(".unsaved").is_empty());
}

#[tokio::test]
async fn a_conflict_shows_both_versions_even_where_a_category_and_a_cover_are_gone() {
    let app = TestApp::new().await;
    let (ofis, ada) = (app.sign_in(OFIS).await, app.sign_in(ADA).await);
    let post = written(&ofis, "Ortak yazı").await;
    let mine = ofis.get(&format!("{post}/edit")).await.form("#editor");
    let theirs = ada.get(&format!("{post}/edit")).await.form("#editor");
    assert_eq!(
        ada.submit(&theirs.set("title", "Onların")).await.status,
        303
    );
    let gone = uuid::Uuid::from_u128(7).to_string();
    let mine = mine.set("title", "Benim").set("category", &gone);
    let mine = mine.set("cover", &gone).set("cover_alt", "Bir baret");
    let conflict = ofis.submit(&mine).await;
    assert_eq!(conflict.status, 409);
    let rows = conflict.texts("#conflict tbody tr");
    assert!(rows.iter().any(|row| row.contains("Benim")), "{rows:?}");
}

#[tokio::test]
async fn a_cover_in_the_trash_stays_chosen_and_is_told() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let post = written(&ofis, "Kapaklı").await;
    let edit = format!("{post}/edit");
    let cover_id = crate::posts::a_cover(&app).await;
    let cover = cover_id.to_string();
    let form = ofis.get(&edit).await.form("#editor");
    let form = form.set("cover", &cover).set("cover_alt", "Bir baret");
    assert_eq!(ofis.submit(&form).await.status, 303);
    let at = app.clock.now();
    app.execute(sql!(
        "update images set deleted_at = ? where id = ?",
        at,
        cover_id
    ))
    .await;
    let page = ofis.get(&edit).await;
    assert_eq!(
        page.attrs("input[name=cover][checked]", "value"),
        std::slice::from_ref(&cover)
    );
    assert!(page.has(".image-choice .hint"));
    let saved = ofis
        .submit(&page.form("#editor").set("title", "Başka"))
        .await;
    assert_eq!(saved.status, 303);
    let kept = sql!(
        "select count(*) from posts where title = 'Başka' and cover_id = ?",
        cover_id
    );
    assert_eq!(app.number(kept).await, 1);
}

#[tokio::test]
async fn without_a_script_any_image_is_found_for_a_cover() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    crate::posts::a_cover(&app).await;
    let post = written(&ofis, "Kapaklı").await;
    let page = ofis.get(&format!("{post}/edit")).await;
    let search = page.attr("[data-image-field] button[formaction]", "formaction");
    let names: Vec<(String, uuid::Uuid)> = app
        .rows(sql!(
            "select name, id from images where live = 1 order by id limit 1"
        ))
        .await;
    let mut form = page
        .form("#editor")
        .set("title", "Yarım")
        .set("cover_q", &names[0].0);
    form.action = search.unwrap().split('#').next().unwrap().to_owned();
    let found = ofis.submit(&form).await;
    assert_eq!(found.status, 200);
    let offered = found.attrs("input[name=cover]", "value");
    assert!(offered.len() == 2 && offered[1] == names[0].1.to_string());
    assert_eq!(found.form("#editor").value("title"), Some("Yarım"));
    let mut form = form.set("cover_q", "böylesi yok");
    form.action = format!("{post}/preview");
    let found = ofis.submit(&form).await;
    assert_eq!(found.attrs("input[name=cover]", "value"), [""]);
}

#[tokio::test]
async fn only_posts_without_this_language_are_offered_as_translations_and_any_is_found() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let post = written(&ofis, "Türkçesi").await;
    let english = [("lang", "en"), ("title", "Zebra words"), ("body", "Words.")];
    ofis.post_form("/posts", &english).await;
    let taken = written(&ofis, "Başka Türkçesi").await;
    let id = taken.rsplit('/').next().unwrap();
    let theirs = [
        ("lang", "en"),
        ("title", "Taken words"),
        ("body", "Words."),
        ("translates", id),
    ];
    ofis.post_form("/posts", &theirs).await;
    let offered = ofis.get(&post).await.texts("#f-translates option");
    assert!(offered.contains(&"Zebra words".to_owned()), "{offered:?}");
    assert!(!offered.contains(&"Taken words".to_owned()), "{offered:?}");
    let found = ofis.get(&format!("{post}?others=zebr")).await;
    assert_eq!(found.texts("#f-translates option"), ["Zebra words"]);
    let none = ofis.get(&format!("{post}?others=taken")).await;
    assert!(!none.has("#f-translates") && none.has("#f-others"));
}

#[tokio::test]
async fn a_conflict_shows_what_stands_beside_the_text_too() {
    let app = TestApp::new().await;
    let (ofis, ada) = (app.sign_in(OFIS).await, app.sign_in(ADA).await);
    let post = written(&ofis, "Ortak yazı").await;
    let edit = format!("{post}/edit");
    let mine = ofis
        .get(&edit)
        .await
        .form("#editor")
        .set("body", "Benim metnim.");
    let theirs = ada
        .get(&edit)
        .await
        .form("#editor")
        .set("tags", "onların, etiketi");
    assert_eq!(ada.submit(&theirs).await.status, 303);
    let conflict = ofis.submit(&mine).await;
    assert_eq!(conflict.status, 409);
    let rows = conflict.texts("#conflict tbody tr");
    assert!(
        rows.iter().any(|row| row.contains("etiketi, onların")),
        "{rows:?}"
    );
}

#[tokio::test]
async fn a_translation_whose_partner_is_taken_meanwhile_stands_alone() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let original = written(&ofis, "Aslı").await;
    let id = original.rsplit('/').next().unwrap();
    let open = async || {
        let page = ofis
            .get(&format!("/posts/new?lang=en&translates={id}"))
            .await;
        page.form("#editor")
            .set("title", "The other")
            .set("body", "Words.")
    };
    let (first, second) = (open().await, open().await);
    assert_eq!(ofis.submit(&first).await.status, 303);
    let refused = ofis.submit(&second).await;
    assert_eq!((refused.status, refused.has("#f-translates")), (422, true));
    let again = ofis.submit(&refused.form("#editor")).await;
    assert_eq!(again.status, 303);
}

#[tokio::test]
async fn another_language_offers_its_own_categories_and_keeps_what_was_typed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let page = ofis.get("/posts/new?lang=tr").await;
    let offered = |page: &crate::support::Reply| page.texts("#f-category option");
    let turkish = offered(&page);
    let mut form = page.form("#editor").set("title", "Words").set("lang", "en");
    form.action = "/posts/language".into();
    let switched = ofis.submit(&form).await;
    assert_eq!(switched.status, 200);
    assert_ne!(offered(&switched), turkish);
    let form = switched.form("#editor");
    assert_eq!(form.value("title"), Some("Words"));
    assert_eq!(form.value("lang"), Some("en"));
}

/// Writes a draft and returns its URL.
async fn written(client: &Client, title: &str) -> String {
    let reply = client.post_form("/posts", &typed(title, BODY)).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    reply.location().to_owned()
}

async fn version(app: &TestApp, post: &str) -> String {
    let id: uuid::Uuid = post.rsplit('/').next().unwrap().parse().unwrap();
    app.number(sql!("select version from posts where id = ?", id))
        .await
        .to_string()
}

async fn posted(app: &TestApp, client: &Client, post: &str, what: &str) -> u16 {
    let version = version(app, post).await;
    let reply = client
        .post_form(&format!("{post}/{what}"), &[("version", &version)])
        .await;
    reply.status
}

#[tokio::test]
async fn who_may_write_sees_the_pages_and_others_do_not() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let post = written(&ofis, "Kimin yazısı").await;
    let edit = format!("{post}/edit");
    for path in ["/posts", "/posts/new", "/posts/trash", &post, &edit] {
        for (who, status) in [(ADA, 200), (OFIS, 200), (ESRA, 403), (CEM, 404)] {
            let client = app.sign_in(who).await;
            assert_eq!(client.get(path).await.status, status, "{who} at {path}");
        }
        assert_eq!(app.client().get(path).await.status, 303);
    }
}

#[tokio::test]
async fn the_list_is_narrowed_sorted_and_says_when_there_is_nothing() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    // The demo's posts were written moments ago.
    app.clock.shift(chrono::TimeDelta::minutes(1));
    written(&ofis, "Zemin etüdü").await;
    let titles = async |query: &str| {
        let page = ofis.get(&format!("/posts{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        page.texts("#list tbody th a")
    };
    assert_eq!(
        titles("?status=draft").await[0],
        "Zemin etüdü",
        "the newest change first"
    );
    assert_eq!(titles("?q=ZEM%C4%B0N").await, ["Zemin etüdü"]);
    assert_eq!(titles("?status=draft&lang=tr").await[0], "Zemin etüdü");
    assert!(!titles("?lang=en").await.contains(&"Zemin etüdü".to_owned()));
    assert!(titles("?status=published").await.len() > 10);
    let (up, down) = (titles("?sort=title").await, titles("?sort=-title").await);
    assert_ne!(up, down);
    let nothing = ofis.get("/posts?q=bulunmaz").await;
    assert_eq!(nothing.texts("#list h2").len(), 1);
    for odd in [
        "?status=x",
        "?lang=de",
        "?category=1",
        "?sort=x",
        "?after=x",
    ] {
        assert_eq!(ofis.get(&format!("/posts{odd}")).await.status, 400, "{odd}");
    }
    // A swap gets the list alone.
    let swap = ofis.call("GET", "/posts?q=zemin").htmx().send().await;
    assert!(!swap.text().contains("<html") && swap.text().contains("Zemin etüdü"));
}

#[tokio::test]
async fn what_cannot_be_saved_comes_back_as_it_was_typed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let body = "Metnim <b>&amp; \"tırnak\"</b>";
    let mut form = typed("", body);
    form.extend([("meta_title", "x"), ("slug", "search"), ("tags", "a, b")]);
    let reply = ofis.post_form("/posts", &form).await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.texts("#error-summary li").len(),
        2,
        "title and address"
    );
    let back = reply.form("#editor");
    assert_eq!(back.value("body"), Some(body));
    assert_eq!(back.value("tags"), Some("a, b"));
    // Mended, it is saved; sent twice, it is one post.
    let form = ofis
        .get("/posts/new")
        .await
        .form("#editor")
        .set("title", "Adı var")
        .set("body", body);
    let first = ofis.submit(&form).await;
    let second = ofis.submit(&form).await;
    assert_eq!((first.status, second.status), (303, 303));
    assert_eq!(first.location(), second.location());
}

#[tokio::test]
async fn the_preview_is_clean_and_loses_nothing() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let form = typed("Önizle & <gör>", BODY);
    let whole = ofis.post_form("/posts/preview", &form).await;
    assert_eq!(whole.status, 200);
    assert_eq!(
        whole.texts("#preview .post-preview-title"),
        ["Önizle & <gör>"]
    );
    assert_eq!(whole.form("#editor").value("body"), Some(BODY));
    assert!(!whole.text().contains("<script>alert"));
    assert!(whole.text().contains("<strong>dünya</strong>"));
    assert!(whole.texts(".search-result-url")[0].ends_with("/tr/blog/onizle-gor"));
    let swap = ofis
        .call("POST", "/posts/preview")
        .htmx()
        .form(&form)
        .send()
        .await;
    assert!(!swap.text().contains("<form") && swap.text().contains("id=\"preview\""));
    // Nothing was kept by looking.
    assert_eq!(
        app.number(sql!("select count(*) from unsaved_posts")).await,
        0
    );
    let deep = ">".repeat(1000);
    let refused = ofis
        .post_form("/posts/preview", &typed("Derin", &deep))
        .await;
    assert_eq!(refused.texts("#preview .field-error").len(), 1);
}

#[tokio::test]
async fn the_preview_says_how_long_what_search_engines_show_is_and_marks_what_is_too_long() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let marked = async |title: &str, description: &str| {
        let mut form = typed("Uzunluk", BODY);
        form.extend([("meta_title", title), ("meta_description", description)]);
        let page = ofis.htmx_post("/posts/preview", &form).await;
        let said = page.texts(".lengths li").concat();
        for text in [title, description] {
            assert!(said.contains(&text.chars().count().to_string()), "{said}");
        }
        page.count(".lengths .over")
    };
    assert_eq!(marked(&"ş".repeat(60), &"ğ".repeat(160)).await, 0);
    assert_eq!(marked(&"ş".repeat(61), &"ğ".repeat(160)).await, 1);
    assert_eq!(marked(&"ş".repeat(60), &"ğ".repeat(161)).await, 1);
    assert_eq!(marked(&"ş".repeat(61), &"ğ".repeat(161)).await, 2);
}

#[tokio::test]
async fn what_somebody_typed_is_kept_offered_continued_and_discarded() {
    let app = TestApp::new().await;
    let (ofis, ada) = (app.sign_in(OFIS).await, app.sign_in(ADA).await);
    let post = written(&ofis, "Yarım kalan").await;
    let edit = format!("{post}/edit");
    let mut form = ofis.get(&edit).await.form("#editor");
    form = form.set("body", "Daha uzun bir metin");
    form.action = format!("{post}/autosave");
    assert_eq!(ofis.submit(&form).await.status, 200);
    let page = ofis.get(&edit).await;
    assert_eq!(page.texts(".unsaved").len(), 1);
    assert_eq!(page.form("#editor").value("body"), Some(BODY));
    assert!(
        ada.get(&edit).await.texts(".unsaved").is_empty(),
        "it is the writer's own"
    );
    let href = page.attr(".unsaved a", "href").unwrap();
    let on = ofis.get(&href).await;
    assert_eq!(
        on.form("#editor").value("body"),
        Some("Daha uzun bir metin")
    );
    // Somebody saves meanwhile: it is said, and both versions are shown.
    let theirs = ada
        .get(&edit)
        .await
        .form("#editor")
        .set("title", "Başkasının");
    assert_eq!(ada.submit(&theirs).await.status, 303);
    assert!(ofis.get(&edit).await.texts(".unsaved")[0].contains("saved the post since"));
    let mine = ofis.get(&href).await.form("#editor");
    let conflict = ofis.submit(&mine).await;
    assert_eq!(conflict.status, 409);
    assert_eq!(
        conflict.texts("#conflict tbody tr").len(),
        3,
        "title, excerpt and text"
    );
    assert_eq!(ofis.submit(&conflict.form("#editor")).await.status, 303);
    assert!(
        ofis.get(&edit).await.texts(".unsaved").is_empty(),
        "saved is saved"
    );
    // A post that is not there yet.
    let new = ofis
        .get("/posts/new")
        .await
        .form("#editor")
        .set("title", "Yepyeni");
    let key = new.value("form_key").unwrap().to_owned();
    let fields = [
        ("form_key", key.as_str()),
        ("title", "Yepyeni"),
        ("body", "a"),
        ("lang", "tr"),
    ];
    assert_eq!(ofis.post_form("/posts/autosave", &fields).await.status, 200);
    assert_eq!(ofis.get("/posts/new").await.texts(".unsaved").len(), 1);
    let on = ofis.get(&format!("/posts/new?unsaved={key}")).await;
    assert_eq!(on.form("#editor").value("title"), Some("Yepyeni"));
    assert_eq!(
        ofis.post_form("/posts/discard", &[("key", &key)])
            .await
            .status,
        303
    );
    assert!(ofis.get("/posts/new").await.texts(".unsaved").is_empty());
}

#[tokio::test]
async fn a_post_is_published_scheduled_taken_back_copied_and_linked() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let post = written(&ofis, "Yayın günü").await;
    let badge = async || ofis.get(&post).await.texts(".record-side .badge")[0].clone();
    assert_eq!(badge().await, "Draft");
    let schedule = async |at: &str| {
        let version = version(&app, &post).await;
        let form = [("version", version.as_str()), ("published_at", at)];
        ofis.post_form(&format!("{post}/schedule"), &form).await
    };
    let past = schedule("2020-01-01T10:00").await;
    assert_eq!(past.status, 422);
    assert_eq!(
        past.form("form[action$=schedule]").value("published_at"),
        Some("2020-01-01T10:00")
    );
    assert_eq!(schedule("2030-01-01T10:00").await.status, 303);
    assert_eq!(badge().await, "Scheduled");
    assert_eq!(posted(&app, &ofis, &post, "publish").await, 303);
    assert_eq!(badge().await, "Published");
    assert_eq!(posted(&app, &ofis, &post, "unpublish").await, 303);
    assert_eq!(badge().await, "Draft");
    let late = ofis
        .post_form(&format!("{post}/publish"), &[("version", "1")])
        .await;
    assert_eq!(late.status, 409, "somebody else was first");
    let copy = ofis.post_form(&format!("{post}/duplicate"), &[]).await;
    assert!(copy.location().ends_with("/edit"));
    // Its translation begins as a new post that says so.
    let id = post.rsplit('/').next().unwrap();
    let path = format!("/posts/new?lang=en&translates={id}");
    let form = ofis
        .get(&path)
        .await
        .form("#editor")
        .set("title", "Day of publication")
        .set("body", "Text");
    assert_eq!(ofis.submit(&form).await.status, 303);
    let page = ofis.get(&post).await;
    assert_eq!(page.texts(".plain-list a"), ["Day of publication"]);
    let end = page.form("form[action$=translation]");
    assert_eq!(ofis.submit(&end).await.status, 303);
    assert!(ofis.get(&post).await.texts(".plain-list a").is_empty());
}

#[tokio::test]
async fn several_posts_are_changed_at_once_and_the_trash_gives_them_back() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let posts = [written(&ofis, "Bir").await, written(&ofis, "İki").await];
    let ids = posts
        .each_ref()
        .map(|post| post.rsplit('/').next().unwrap());
    let bulk = async |what: &str, ids: &[&str]| {
        let mut form = vec![("what", what), ("back", "/posts?lang=tr")];
        form.extend(ids.iter().map(|id| ("id", *id)));
        ofis.post_form("/posts/bulk", &form).await
    };
    let reply = bulk("publish", &ids).await;
    assert_eq!((reply.status, reply.location()), (303, "/posts?lang=tr"));
    let public = app
        .number(sql!(
            "select count(*) from posts where title in ('Bir', 'İki') and status = 'published'"
        ))
        .await;
    assert_eq!(public, 2);
    assert_eq!(
        bulk("publish", &[]).await.status,
        303,
        "nothing chosen is no mistake"
    );
    assert_eq!(bulk("burn", &ids).await.status, 400);
    // It is asked first, and named what it is about.
    let asked = bulk("trash", &ids).await;
    assert_eq!(asked.status, 200);
    assert_eq!(asked.texts(".confirm li"), ["Bir", "İki"]);
    assert!(ofis.get("/posts/trash").await.texts("tbody th").is_empty());
    let confirmed = ofis.submit(&asked.form(".confirm form")).await;
    assert_eq!(
        (confirmed.status, confirmed.location()),
        (303, "/posts?lang=tr")
    );
    let trash = ofis.get("/posts/trash").await;
    assert_eq!(trash.texts("tbody th").len(), 2);
    // Another post has taken the address meanwhile.
    written(&ofis, "Bir").await;
    let refused = ofis
        .submit(&trash.form(&format!("form[action*='{}']", ids[0])))
        .await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.texts("#error-summary li").len(), 1);
    let another = refused.form(&format!("form[action*='{}']", ids[0]));
    let odd = ofis.submit(&another.clone().set("slug", "???")).await;
    assert_eq!((odd.status, odd.has("#f-slug[aria-invalid]")), (422, true));
    let restored = ofis.submit(&another.set("slug", "bir-yeniden")).await;
    assert_eq!(restored.status, 303);
    assert!(ofis.get(&posts[0]).await.text().contains("bir-yeniden"));
    let back = ofis
        .submit(&trash.form(&format!("form[action*='{}']", ids[1])))
        .await;
    assert_eq!(back.status, 303);
    // By itself it asks first, and can be undone.
    let confirm = ofis.get(&format!("{}/trash", posts[1])).await;
    assert_eq!(
        ofis.submit(&confirm.form("main form")).await.location(),
        "/posts"
    );
    let undo = ofis.get("/posts").await;
    assert_eq!(
        ofis.submit(&undo.form("form[action*=restore]"))
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn what_is_kept_of_a_form_fits_the_form() {
    let form = PostForm {
        body: "x".repeat(100),
        ..PostForm::default()
    };
    let json = serde_json::to_string(&form).unwrap();
    assert!(!json.contains("form_key") && !json.contains("version"));
}
