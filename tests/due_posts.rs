//! Posts whose moment has come: outer caches and authors are told, each once, whatever happened meanwhile.

use chrono::TimeDelta;
use prosektorweb::{
    features::{
        blog::{jobs::Tell, queries},
        posts::actions,
    },
    sql,
    types::Id,
    web::session::User,
};

use crate::support::{
    OFIS, TestApp,
    outer_cache::OuterCache,
    writer::{Writer, done, turkish},
};

/// Subject, language and address of each mail about a post.
async fn mails(app: &TestApp) -> Vec<(String, String, String)> {
    app.rows(sql!(
        "select subject, lang, to_address from mails where record = 'posts' order by id"
    ))
    .await
}

/// What happens each minute.
async fn minute(app: &TestApp) {
    let mut tx = app.db.begin().await.unwrap();
    app.jobs.enqueue(&mut tx, &Tell {}).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
}

#[test]
fn each_minute_somebody_looks_for_them() {
    let kinds = prosektorweb::jobs::kinds().unwrap();
    assert!(kinds.is_scheduled("blog.tell"));
}

/// A product, and somebody who writes.
async fn newsroom() -> (TestApp, Writer) {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    (app, writer)
}

#[tokio::test]
async fn an_author_is_told_once_in_the_own_language_and_not_before_the_moment() {
    let (app, writer) = newsroom().await;
    app.execute(sql!("update users set locale = 'en' where email = ?", OFIS))
        .await;
    let due = app.clock.now() + TimeDelta::minutes(10);
    writer.schedule(&turkish("Vakit geldi"), due).await;
    minute(&app).await;
    assert_eq!(mails(&app).await, []);
    app.clock.shift(TimeDelta::minutes(10));
    minute(&app).await;
    let told = [(
        "Your post is public: Vakit geldi".to_owned(),
        "en".to_owned(),
        OFIS.to_owned(),
    )];
    assert_eq!(mails(&app).await, told);
    for _ in 0..3 {
        app.clock.shift(TimeDelta::minutes(1));
        minute(&app).await;
    }
    assert_eq!(mails(&app).await, told);
    let bodies: Vec<(String, String)> = app
        .rows(sql!("select text, html from mails where record = 'posts'"))
        .await;
    for body in [&bodies[0].0, &bodies[0].1] {
        for told in ["vakit-geldi", "24 Nov 2026 12:10"] {
            assert!(body.contains(told), "{body}");
        }
    }
}

#[tokio::test]
async fn nothing_is_lost_while_no_worker_runs_and_two_at_once_tell_it_once() {
    let (app, writer) = newsroom().await;
    for number in 1..=60 {
        let due = app.clock.now() + TimeDelta::minutes(number);
        writer
            .schedule(&turkish(&format!("Yazı {number}")), due)
            .await;
    }
    app.clock.shift(TimeDelta::days(3));
    tokio::join!(minute(&app), minute(&app));
    assert_eq!(mails(&app).await.len(), 60);
    // Months later nobody needs to hear of it, and nothing is kept of that.
    let late = app.clock.now() + TimeDelta::minutes(1);
    writer.schedule(&turkish("Geç"), late).await;
    app.clock.shift(TimeDelta::days(60));
    minute(&app).await;
    assert_eq!(mails(&app).await.len(), 60);
    let soon = app.clock.now() + TimeDelta::minutes(1);
    writer.schedule(&turkish("Yeni"), soon).await;
    app.clock.shift(TimeDelta::minutes(2));
    minute(&app).await;
    assert_eq!(mails(&app).await.len(), 61);
    assert_eq!(app.number(sql!("select count(*) from posts_told")).await, 1);
}

#[tokio::test]
async fn only_a_scheduled_post_that_is_still_to_be_seen_is_told_of_and_a_new_moment_anew() {
    let (app, writer) = newsroom().await;
    let cx = &writer.cx;
    let due = app.clock.now() + TimeDelta::minutes(10);
    let early = writer.schedule(&turkish("Erken"), due).await;
    done(actions::publish(cx, early, 2).await.unwrap());
    let back = writer.schedule(&turkish("Geri"), due).await;
    done(actions::unpublish(cx, back, 2).await.unwrap());
    let trashed = writer.schedule(&turkish("Çöp"), due).await;
    actions::trash(cx, trashed, 2).await.unwrap();
    let moved = writer.schedule(&turkish("Ertelenen"), due).await;
    writer.publish(&turkish("Hemen")).await;
    app.clock.shift(TimeDelta::minutes(11));
    minute(&app).await;
    assert_eq!(mails(&app).await.len(), 1);
    done(
        actions::schedule(cx, moved, 2, "2026-11-24 13:00")
            .await
            .unwrap(),
    );
    app.clock.shift(TimeDelta::hours(2));
    minute(&app).await;
    assert_eq!(mails(&app).await.len(), 2);
}

#[tokio::test]
async fn what_another_run_has_told_meanwhile_is_told_by_nobody_else() {
    let (app, writer) = newsroom().await;
    let due = app.clock.now() + TimeDelta::minutes(10);
    writer.schedule(&turkish("Vakit"), due).await;
    app.clock.shift(TimeDelta::minutes(11));
    let now = app.clock.now();
    let mut conn = app.db.read().await.unwrap();
    let found = queries::due(&mut conn, now - TimeDelta::days(1), now, 9).await;
    drop(conn);
    let found = found.unwrap();
    assert_eq!(found.len(), 1);
    minute(&app).await;
    let mut tx = app.db.begin().await.unwrap();
    assert!(!queries::tell(&mut tx, &found[0], now).await.unwrap());
    drop(tx);
    assert_eq!(mails(&app).await.len(), 1);
}

#[tokio::test]
async fn an_author_who_is_deactivated_gets_no_mail() {
    let (app, writer) = newsroom().await;
    let due = app.clock.now() + TimeDelta::minutes(10);
    writer.schedule(&turkish("Vakit"), due).await;
    let ofis: Id<User> = writer.cx.user().unwrap().id;
    app.execute(sql!(
        "update users set active = ? where id = ?",
        false,
        ofis
    ))
    .await;
    app.clock.shift(TimeDelta::minutes(11));
    minute(&app).await;
    assert_eq!(mails(&app).await, []);
    assert_eq!(app.number(sql!("select count(*) from posts_told")).await, 1);
}

#[tokio::test]
async fn the_outer_cache_is_told_that_the_moment_has_come() {
    let outer = OuterCache::start().await;
    let url = outer.url();
    let app = TestApp::with(&[
        ("CACHE_PURGE_URL", url.as_str()),
        ("CACHE_PURGE_TOKEN", "canary-token"),
        ("CACHE_PURGE_SHAPE", "cloudflare"),
    ])
    .await;
    let writer = Writer::of(&app, OFIS).await;
    let due = app.clock.now() + TimeDelta::minutes(10);
    writer.schedule(&turkish("Vakit"), due).await;
    minute(&app).await;
    let before = outer.orders().len();
    app.clock.shift(TimeDelta::minutes(11));
    minute(&app).await;
    let orders = outer.orders();
    assert_eq!(orders.len(), before + 1);
    assert_eq!(orders[before].body, r#"{"tags":["blog:","sitemap:"]}"#);
    app.clock.shift(TimeDelta::minutes(1));
    minute(&app).await;
    assert_eq!(outer.orders().len(), before + 1);
}
