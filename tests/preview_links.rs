//! Links that show a post to somebody without an account: for whom, for how long, and what nobody learns by them.

use chrono::TimeDelta;
use prosektorweb::features::posts::{actions, form::PostForm, model::Post};
use prosektorweb::types::Id;
use tracing::Level;

use crate::{
    posts::{created, cx, done, form},
    support::{ADA, CEM, Client, ESRA, Logged, OFIS, Reply, TestApp},
};

fn place(id: Id<Post>) -> String {
    format!("/posts/{id}/preview-link")
}

/// Makes a link and returns its path.
async fn link(app: &TestApp, client: &Client, id: Id<Post>) -> String {
    let page = client.get(&place(id)).await;
    let button = format!("form[action='{}']", place(id));
    let reply = client.submit(&page.form(&button)).await;
    assert_eq!(reply.location(), place(id));
    let url = client
        .follow(&reply)
        .await
        .attr("#preview-url", "value")
        .unwrap();
    let base = app.config.base_url.as_str().trim_end_matches('/');
    url.strip_prefix(base).unwrap().to_owned()
}

fn is_gone(reply: &Reply) -> bool {
    reply.status == 404 && reply.is_page() && !reply.text().contains("Saklı Taslak")
}

async fn draft(app: &TestApp) -> Id<Post> {
    let form = PostForm {
        excerpt: "Kısa özet.".into(),
        tags: "bir, iki".into(),
        body: "Giriş **koyu**.\n\n<script>alert(1)</script>\n\n## Ara başlık\n\nSon.".into(),
        ..form("Saklı Taslak")
    };
    created(&cx(app, OFIS).await, &form).await
}

#[tokio::test]
async fn somebody_without_an_account_reads_the_post_as_it_stands() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let id = draft(&app).await;
    let path = link(&app, &ofis, id).await;
    assert!(
        path.starts_with("/tr/preview/"),
        "a Turkish post in a Turkish frame: {path}"
    );
    let nobody = app.client();
    let page = nobody.get(&path).await;
    assert_eq!((page.status, page.one("h1")), (200, "Saklı Taslak".into()));
    assert_eq!(page.attr("html", "lang").as_deref(), Some("tr"));
    assert_eq!(page.texts(".preview-body strong"), ["koyu"]);
    assert!(page.one("article").contains("Kısa özet."));
    assert!(page.one(".preview-tags").contains("bir, iki"));
    assert!(!page.has("article script"));
    // What is saved next shows in the same link.
    let mine = cx(&app, OFIS).await;
    done(
        actions::update(&mine, id, 1, &form("Yeni Taslak"))
            .await
            .unwrap(),
    );
    assert_eq!(nobody.get(&path).await.one("h1"), "Yeni Taslak");
    // The frame in the other language shows the same post.
    let english = nobody.get(path.strip_prefix("/tr").unwrap()).await;
    assert_eq!(english.attr("html", "lang").as_deref(), Some("en"));
    assert_eq!(english.attr("article", "lang").as_deref(), Some("tr"));
    assert_eq!(
        app.noted()
            .await
            .iter()
            .filter(|one| *one == "posts.preview")
            .count(),
        1
    );
}

#[tokio::test]
async fn nothing_keeps_lists_or_tells_of_the_page() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let id = draft(&app).await;
    let path = link(&app, &ofis, id).await;
    for client in [&app.client(), &ofis] {
        for path in [path.as_str(), "/preview/no-such-token", "/tr/preview/x"] {
            let reply = client.get(path).await;
            assert_eq!(
                reply.header("cache-control"),
                Some("private, no-store"),
                "{path}"
            );
            assert_eq!(reply.header("x-robots-tag"), Some("noindex"), "{path}");
            assert_eq!(
                reply.header("referrer-policy"),
                Some("no-referrer"),
                "{path}"
            );
            assert_eq!(reply.header("set-cookie"), None, "{path}");
            assert_eq!(reply.header("etag"), None, "{path}");
            assert_eq!(
                reply.attr("meta[name=robots]", "content").as_deref(),
                Some("noindex"),
                "{path}"
            );
            assert!(!reply.has("link[rel=canonical]"), "{path}");
        }
    }
    let page = ofis.get(&path).await;
    assert!(!page.text().contains(OFIS), "no session is looked up");
}

#[tokio::test]
async fn a_link_ends_after_seven_days() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let id = draft(&app).await;
    let path = link(&app, &ofis, id).await;
    let nobody = app.client();
    app.clock.shift(TimeDelta::days(7) - TimeDelta::minutes(1));
    assert_eq!(nobody.get(&path).await.status, 200);
    // Another one works for seven days of its own, and the first not for longer.
    let ofis = app.sign_in(OFIS).await;
    let second = link(&app, &ofis, id).await;
    app.clock.shift(TimeDelta::minutes(2));
    assert!(is_gone(&nobody.get(&path).await));
    assert_eq!(nobody.get(&second).await.status, 200);
    app.clock.shift(TimeDelta::days(7));
    assert!(is_gone(&nobody.get(&second).await));
}

#[tokio::test]
async fn void_links_show_nothing_and_new_ones_do() {
    let app = TestApp::new().await;
    let (ofis, ada) = (app.sign_in(OFIS).await, app.sign_in(ADA).await);
    let (id, other) = (draft(&app).await, draft(&app).await);
    let (first, others) = (link(&app, &ofis, id).await, link(&app, &ofis, other).await);
    app.clock.shift(TimeDelta::minutes(1));
    let second = link(&app, &ada, id).await;
    assert_ne!(first, second);
    let nobody = app.client();
    for path in [&first, &second] {
        assert_eq!(nobody.get(path).await.status, 200);
    }
    let page = ofis.get(&place(id)).await;
    let void = page.form(&format!("form[action='{}/void']", place(id)));
    assert_eq!(ofis.submit(&void).await.status, 303);
    for path in [&first, &second] {
        assert!(is_gone(&nobody.get(path).await));
    }
    assert_eq!(
        nobody.get(&others).await.status,
        200,
        "another post's is as it was"
    );
    let page = ofis.get(&place(id)).await;
    assert!(!page.has("#preview-url") && !page.has(&format!("form[action='{}/void']", place(id))));
    let third = link(&app, &ofis, id).await;
    assert_eq!(nobody.get(&third).await.status, 200);
    assert!(is_gone(&nobody.get(&second).await), "void for ever");
    assert_eq!(
        app.noted()
            .await
            .iter()
            .filter(|one| *one == "posts.preview-void")
            .count(),
        1
    );
}

#[tokio::test]
async fn invented_ended_void_and_trashed_are_told_in_the_same_words() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let mine = cx(&app, OFIS).await;
    let nobody = app.client();
    let (trashed, void, without) = (draft(&app).await, draft(&app).await, draft(&app).await);
    let (in_trash, voided) = (
        link(&app, &ofis, trashed).await,
        link(&app, &ofis, void).await,
    );
    actions::trash(&mine, trashed, 1).await.unwrap();
    ofis.post_form(&format!("{}/void", place(void)), &[]).await;
    let changed = |path: &str| {
        let at = path.len() - 5;
        let letter = if &path[at..=at] == "A" { "B" } else { "A" };
        format!("{}{letter}{}", &path[..at], &path[at + 1..])
    };
    let good = link(&app, &ofis, without).await;
    let gone = |path: String| {
        let nobody = &nobody;
        async move {
            let call = nobody.call("GET", &path).header("x-request-id", "same");
            let reply = call.send().await;
            assert!(is_gone(&reply), "{path}: {}", reply.status);
            let token = path.rsplit('/').next().unwrap();
            reply.text().replace(token, "TOKEN")
        }
    };
    let words = gone("/tr/preview/no-such-token".into()).await;
    let at_word = words.clone();
    for path in [in_trash.clone(), voided, changed(&good), format!("{good}A")] {
        assert_eq!(gone(path).await, at_word);
    }
    // Back from the trash, it is there again.
    done(actions::restore(&mine, trashed, 2, None).await.unwrap());
    assert_eq!(nobody.get(&in_trash).await.status, 200);
}

#[tokio::test]
async fn experts_and_clients_make_none() {
    let app = TestApp::new().await;
    let id = draft(&app).await;
    for (email, status) in [(ESRA, 403), (CEM, 404)] {
        let who = app.sign_in(email).await;
        assert_eq!(who.get(&place(id)).await.status, status, "{email}");
        for path in [place(id), format!("{}/void", place(id))] {
            assert_eq!(who.post_form(&path, &[]).await.status, status, "{email}");
        }
    }
    assert_eq!(app.client().post_form(&place(id), &[]).await.status, 303);
    assert!(!app.noted().await.contains(&"posts.preview".to_owned()));
    let mine = cx(&app, OFIS).await;
    actions::trash(&mine, id, 1).await.unwrap();
    let ofis = app.sign_in(OFIS).await;
    assert_eq!(ofis.get(&place(id)).await.status, 404);
    assert_eq!(ofis.post_form(&place(id), &[]).await.status, 404);
}

#[tokio::test]
async fn no_log_and_no_row_holds_a_token() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let id = draft(&app).await;
    let logged = Logged::default();
    let guard = logged.begin(Level::TRACE);
    let path = link(&app, &ofis, id).await;
    let english = path.strip_prefix("/tr").unwrap();
    for path in [path.as_str(), english] {
        app.client().get(path).await;
        app.client().htmx_get(path).await;
    }
    drop(guard);
    let token = path.rsplit('/').next().unwrap();
    let text = logged.text();
    assert!(text.contains("/preview/…"), "the request itself is logged");
    assert!(!text.contains(token));
    let dump = format!("{:?}", app.database.dump().await);
    assert!(!dump.contains(token));
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_to_wait() {
    let app = TestApp::with(&[("RATE_LIMIT_SCALE", "1"), ("RATE_LIMIT_PUBLIC", "3/60")]).await;
    let nobody = app.client().from("203.0.113.9");
    for _ in 0..3 {
        assert_eq!(nobody.get("/preview/guess").await.status, 404);
    }
    let reply = nobody.get("/preview/guess").await;
    assert_eq!(reply.status, 429);
    assert!(reply.header("retry-after").is_some());
}
