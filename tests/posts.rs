//! Posts, categories and tags: what writers do, what readers see of it and when, what led where.

use std::{
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use poem::{Request, session::Session};
use prosektorweb::{
    cache::{BLOG_LIST, DASHBOARD_STATS, SEARCH_WORDS, SITEMAP},
    error::Error,
    features::{
        blog::queries::{self as blog, Found, Of, Reader},
        categories::{self, actions::Saved, form::LabelForm},
        posts::{
            actions::{self, Bulk, Kept},
            form::PostForm,
            jobs::Redraw,
            model::{Post, Status},
            queries::{self, Column, Filter, Sort},
        },
        tags,
    },
    platform::{
        cache::{FamilyStats, Key, Policy},
        markdown,
    },
    sql,
    types::{Id, Lang},
    web::{
        access::{Role, Scope},
        cx::Cx,
        session::{CurrentUser, User},
    },
};
use uuid::Uuid;

use crate::support::{ADA, Logged, OFIS, TestApp};

/// The request of somebody who is signed in.
pub async fn cx(app: &TestApp, email: &str) -> Cx {
    let found: Vec<(Id<User>, String, String)> = app
        .rows(sql!(
            "select id, name, role from users where email = ?",
            email
        ))
        .await;
    let (id, name, role) = found.into_iter().next().unwrap();
    let user = CurrentUser {
        id,
        name,
        email: email.into(),
        role: Role::parse(&role).unwrap(),
        company_id: None,
        locale: None,
        theme: "auto".into(),
        needs_second_factor: false,
        viewing: None,
    };
    Cx::new(&app.app, &Request::default(), false).with_user(Some(user), Session::default())
}

pub fn form(title: &str) -> PostForm {
    PostForm {
        lang: "tr".into(),
        title: title.into(),
        body: format!("{title} üzerine **birkaç** söz."),
        ..PostForm::default()
    }
}

fn id_of(location: &str) -> Id<Post> {
    location.strip_prefix("/posts/").unwrap().parse().unwrap()
}

pub fn done<T>(saved: Saved<T>) -> T {
    match saved {
        Saved::Done(value) => value,
        Saved::Refused(errors) => panic!("{errors:?}"),
    }
}

/// The fields that were refused.
fn refused<T>(saved: Saved<T>) -> Vec<&'static str> {
    match saved {
        Saved::Done(_) => Vec::new(),
        Saved::Refused(errors) => form("").view().errors(errors).errors.into_keys().collect(),
    }
}

pub async fn created(cx: &Cx, form: &PostForm) -> Id<Post> {
    id_of(&done(actions::create(cx, form, b"").await.unwrap()))
}

pub async fn published(cx: &Cx, form: &PostForm) -> Id<Post> {
    let id = created(cx, form).await;
    done(actions::publish(cx, id, 1).await.unwrap());
    id
}

pub async fn post(app: &TestApp, id: Id<Post>) -> Post {
    queries::find(&mut app.db.read().await.unwrap(), id)
        .await
        .unwrap()
}

pub fn reader(app: &TestApp) -> Reader {
    Reader {
        lang: Lang::Tr,
        now: app.clock.now(),
    }
}

pub async fn seen(app: &TestApp, slug: &str) -> Found<String> {
    let mut conn = app.db.read().await.unwrap();
    match blog::post(&mut conn, reader(app), slug).await.unwrap() {
        Found::Here(post) => Found::Here(post.card.title),
        Found::Moved(slug) => Found::Moved(slug),
        Found::Gone => Found::Gone,
        Found::Missing => Found::Missing,
    }
}

fn here(title: &str) -> Found<String> {
    Found::Here(title.into())
}

fn moved(slug: &str) -> Found<String> {
    Found::Moved(slug.into())
}

async fn titles(app: &TestApp, of: Of) -> Vec<String> {
    let mut conn = app.db.read().await.unwrap();
    let page = blog::list(&mut conn, reader(app), of, 1).await.unwrap();
    page.cards.into_iter().map(|card| card.title).collect()
}

pub async fn found(app: &TestApp, q: &str) -> Vec<String> {
    let mut conn = app.db.read().await.unwrap();
    let words = prosektorweb::types::text::words(q);
    let hits = blog::search(&mut conn, reader(app), &mut terms(&words), 1)
        .await
        .unwrap();
    hits.cards.into_iter().map(|card| card.title).collect()
}

// ---- writing

#[tokio::test]
async fn a_new_post_is_a_draft_that_no_reader_sees_and_is_noted() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = created(&cx, &form("Çığır Açan İş")).await;
    let post = post(&app, id).await;
    assert_eq!(
        (post.slug.as_str(), post.status),
        ("cigir-acan-is", Status::Draft)
    );
    assert_eq!(post.excerpt, "Çığır Açan İş üzerine birkaç söz.");
    assert_eq!(seen(&app, "cigir-acan-is").await, Found::Missing);
    assert!(found(&app, "çığır").await.is_empty());
    assert_eq!(app.noted().await, ["posts.create"]);
}

#[tokio::test]
async fn the_same_form_twice_makes_one_post() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let form = PostForm {
        form_key: app.clock.new_uuid().to_string(),
        ..form("Bir")
    };
    let first = done(actions::create(&cx, &form, b"a").await.unwrap());
    let second = done(actions::create(&cx, &form, b"a").await.unwrap());
    assert_eq!(first, second);
    let other = actions::create(&cx, &form, b"b").await;
    assert!(matches!(other, Err(Error::Conflict)));
}

#[tokio::test]
async fn a_made_slug_gets_a_number_and_a_typed_one_is_refused() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    for slug in ["ayni-ad", "ayni-ad-2", "ayni-ad-3"] {
        let id = created(&cx, &form("Aynı Ad")).await;
        assert_eq!(post(&app, id).await.slug, slug);
    }
    let typed = PostForm {
        slug: "Aynı ad".into(),
        ..form("Başka")
    };
    assert_eq!(
        refused(actions::create(&cx, &typed, b"").await.unwrap()),
        ["slug"]
    );
    // Another language has slugs of its own.
    let english = PostForm {
        lang: "en".into(),
        ..typed
    };
    assert_eq!(
        post(&app, created(&cx, &english).await).await.slug,
        "ayni-ad"
    );
}

#[tokio::test]
async fn an_edit_that_comes_too_late_is_a_conflict_and_changes_nothing() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = created(&cx, &form("İlk")).await;
    done(actions::update(&cx, id, 1, &form("İkinci")).await.unwrap());
    let late = actions::update(&cx, id, 1, &form("Geç")).await;
    assert!(matches!(late, Err(Error::Conflict)));
    let post = post(&app, id).await;
    assert_eq!((post.title.as_str(), post.version), ("İkinci", 2));
}

#[tokio::test]
async fn each_save_is_a_revision_that_can_come_back() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let first = PostForm {
        tags: "bir, iki".into(),
        ..form("İlk")
    };
    let id = created(&cx, &first).await;
    done(actions::update(&cx, id, 1, &form("İkinci")).await.unwrap());
    done(actions::restore_revision(&cx, id, 2, 1).await.unwrap());
    let mut conn = app.db.read().await.unwrap();
    let numbers: Vec<i64> = queries::revisions(&mut conn, id, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|revision| revision.number)
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    let names: Vec<String> = tags::queries::of_post(&mut conn, id)
        .await
        .unwrap()
        .into_iter()
        .map(|tag| tag.name)
        .collect();
    assert_eq!(names, ["bir", "iki"]);
    assert_eq!(post(&app, id).await.title, "İlk");
}

/// One of the demo images.
pub async fn a_cover(app: &TestApp) -> Uuid {
    prosektorweb::seed::tell_covers(&app.app).await.unwrap();
    let images = sql!("select id from images where live = 1 order by id limit 1");
    app.rows::<(Uuid,)>(images).await[0].0
}

/// As a form of its own, of a number.
pub fn in_form(number: u128, form: PostForm) -> PostForm {
    PostForm {
        form_key: Uuid::from_u128(number).to_string(),
        ..form
    }
}

/// Titles of what somebody has not saved of a post, the newest first.
async fn unsaved(cx: &Cx, id: Id<Post>) -> Vec<String> {
    let mut conn = cx.app.db.read().await.unwrap();
    let user = cx.user().unwrap().id;
    let all = queries::unsaved(&mut conn, user, Some(id)).await.unwrap();
    all.iter()
        .map(|one| serde_json::from_str::<PostForm>(&one.fields).unwrap().title)
        .collect()
}

#[tokio::test]
async fn what_is_not_saved_is_kept_for_each_person_until_it_is() {
    let app = TestApp::new().await;
    let (ofis, ada) = (cx(&app, OFIS).await, cx(&app, ADA).await);
    let id = created(&ofis, &form("Yazı")).await;
    for title in ["Yarım", "Yarım kal"] {
        let typed = in_form(1, form(title));
        let kept = actions::autosave(&ofis, Some(id), 1, &typed).await;
        assert!(matches!(kept, Ok(Kept::Now(_))));
    }
    assert_eq!(unsaved(&ofis, id).await, ["Yarım kal"]);
    assert!(unsaved(&ada, id).await.is_empty());
    let typed = in_form(1, form("Yarım kaldı"));
    done(actions::update(&ofis, id, 1, &typed).await.unwrap());
    assert!(unsaved(&ofis, id).await.is_empty());
}

#[tokio::test]
async fn saving_forgets_what_the_form_went_on_from_and_nothing_else() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = created(&cx, &form("Yazı")).await;
    let keep = async |number, title: &str, kept_at: &str| {
        app.clock.shift(TimeDelta::seconds(4));
        let typed = PostForm {
            kept_at: kept_at.into(),
            ..in_form(number, form(title))
        };
        match actions::autosave(&cx, Some(id), 1, &typed).await.unwrap() {
            Kept::Now(at) => at.to_rfc3339(),
            Kept::Saved => panic!("it was not saved"),
        }
    };
    let first = keep(1, "Saatlerce", "").await;
    keep(2, "Başka pencere", "").await;
    // The browser died; a third window goes on from the first text, which is in it from then on.
    keep(3, "Saatlerce ve bir söz", &first).await;
    assert_eq!(
        unsaved(&cx, id).await,
        ["Saatlerce ve bir söz", "Başka pencere"]
    );
    // Neither window saves what the other has typed.
    done(
        actions::update(&cx, id, 1, &in_form(4, form("Dördüncü")))
            .await
            .unwrap(),
    );
    assert_eq!(unsaved(&cx, id).await.len(), 2);
    let third = in_form(3, form("Saatlerce ve bir söz"));
    done(actions::update(&cx, id, 2, &third).await.unwrap());
    assert_eq!(unsaved(&cx, id).await, ["Başka pencere"]);
    // What comes after the form was saved makes nothing unsaved again.
    let late = actions::autosave(&cx, Some(id), 2, &third).await.unwrap();
    assert_eq!(late, Kept::Saved);
    assert_eq!(unsaved(&cx, id).await, ["Başka pencere"]);
    // The same click twice is one version.
    done(actions::update(&cx, id, 2, &third).await.unwrap());
    assert_eq!(post(&app, id).await.version, 3);
}

#[tokio::test]
async fn what_an_earlier_release_has_kept_is_offered_until_it_is_gone_on_with() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = created(&cx, &form("Yazı")).await;
    let at = app.clock.now();
    let fields = serde_json::to_string(&form("Eskiden")).unwrap();
    app.execute(sql!(
        "insert into post_drafts (user_id, post_id, fields, base_version, updated_at) values (?, ?, ?, 1, ?)",
        cx.user().unwrap().id,
        id,
        fields,
        at
    ))
    .await;
    assert_eq!(unsaved(&cx, id).await, ["Eskiden"]);
    let typed = PostForm {
        kept_at: at.to_rfc3339(),
        ..in_form(1, form("Eskiden beri"))
    };
    actions::autosave(&cx, Some(id), 1, &typed).await.unwrap();
    assert_eq!(unsaved(&cx, id).await, ["Eskiden beri"]);
}

#[tokio::test]
async fn ten_unsaved_texts_of_a_post_are_kept_and_going_on_with_one_takes_none_of_them_away() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = created(&cx, &form("Yazı")).await;
    for number in 1..=11 {
        app.clock.shift(TimeDelta::seconds(4));
        let typed = in_form(number, form(&format!("{number}")));
        actions::autosave(&cx, Some(id), 1, &typed).await.unwrap();
    }
    let kept = unsaved(&cx, id).await;
    assert_eq!((kept.len(), kept[9].as_str()), (10, "2"));
    actions::autosave(&cx, Some(id), 1, &in_form(2, form("2 ve 3")))
        .await
        .unwrap();
    assert_eq!(unsaved(&cx, id).await.len(), 10);
}

#[tokio::test]
async fn the_audit_tells_cover_category_and_translation_of_a_post() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let label = LabelForm {
        name: "Duyuru".into(),
        ..LabelForm::default()
    };
    let category = categories::actions::create(&cx, Lang::Tr, &label.check().unwrap()).await;
    let category = done(category.unwrap());
    let cover = a_cover(&app).await;
    let full = PostForm {
        category: category.to_string(),
        cover: cover.to_string(),
        cover_alt: "Bir baret".into(),
        ..form("Kapaklı")
    };
    let id = created(&cx, &full).await;
    done(actions::update(&cx, id, 1, &form("Kapaklı")).await.unwrap());
    for action in ["posts.create", "posts.update"] {
        let told: Vec<(String,)> = app
            .rows(sql!(
                "select changes from audit_entries where action = ? and record_id = ?",
                action,
                id
            ))
            .await;
        for value in [&full.category, &full.cover] {
            assert!(
                told[0].0.contains(value.as_str()),
                "{action}: {}",
                told[0].0
            );
        }
    }
}

#[tokio::test]
async fn a_body_is_stored_clean() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let nasty = PostForm {
        body: "<p hx-get=/x onclick=a>a</p>\n\n<script>alert(1)</script>\n\n[b](javascript:c)"
            .into(),
        ..form("Kötü")
    };
    let post = post(&app, created(&cx, &nasty).await).await;
    assert_eq!(
        post.body_html.as_deref(),
        Some("<p>a</p>\n\n<p><a>b</a></p>\n")
    );
    let deep = PostForm {
        body: ">".repeat(10_000),
        ..form("Derin")
    };
    assert_eq!(
        refused(actions::create(&cx, &deep, b"").await.unwrap()),
        ["body"]
    );
}

async fn redrawn(app: &TestApp) {
    let mut tx = app.db.begin().await.unwrap();
    app.jobs.enqueue(&mut tx, &Redraw::default()).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
}

#[tokio::test]
async fn a_text_that_is_refused_by_now_keeps_what_was_drawn_of_it_and_is_told() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(&cx, &form("Eski ve derin")).await;
    app.execute(sql!(
        "update posts set body = ?, body_html = '<p onclick=x>old</p>', html_release = 'other' where id = ?",
        "> ".repeat(200),
        id
    ))
    .await;
    let log = Logged::default();
    let guard = log.begin(tracing::Level::WARN);
    redrawn(&app).await;
    redrawn(&app).await;
    drop(guard);
    assert_eq!(
        post(&app, id).await.body_html.as_deref(),
        Some("<p>old</p>")
    );
    let told = log.text();
    assert_eq!(told.matches("post_not_drawn").count(), 1, "{told}");
    assert!(told.contains(&id.to_string()), "{told}");
}

#[tokio::test]
async fn what_is_drawn_anew_is_forgotten_where_readers_see_it() {
    let app = TestApp::with(&[
        ("CACHE_PURGE_URL", "http://127.0.0.1:9/purge"),
        ("CACHE_PURGE_SHAPE", "varnish"),
    ])
    .await;
    let cx = cx(&app, OFIS).await;
    published(&cx, &form("Çöpte")).await;
    app.execute(sql!("update posts set deleted_at = updated_at"))
        .await;
    let purges = async || {
        app.execute(sql!("delete from jobs where kind = 'public.purge'"))
            .await;
        app.execute(sql!(
            "update posts set body_html = 'old', html_release = 'other'"
        ))
        .await;
        redrawn(&app).await;
        app.number(sql!(
            "select count(*) from jobs where kind = 'public.purge'"
        ))
        .await
    };
    actions::create(&cx, &form("Taslak"), b"").await.unwrap();
    assert_eq!(purges().await, 0);
    for nth in 0..12 {
        published(&cx, &form(&format!("Yazı {nth}"))).await;
    }
    assert_eq!(purges().await, 1);
    let older = app
        .number(sql!(
            "select count(*) from posts where html_release = 'other'"
        ))
        .await;
    assert_eq!(older, 0);
}

#[tokio::test]
async fn what_other_rules_have_cleaned_is_drawn_anew_once() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(&cx, &form("Eski temizlik")).await;
    let stored = post(&app, id).await;
    app.execute(sql!(
        "update posts set body_html = '<p onclick=x>old</p>', html_release = 'other' where id = ?",
        id
    ))
    .await;
    let redraw = async || {
        redrawn(&app).await;
        post(&app, id).await
    };
    let drawn = redraw().await;
    assert_eq!(
        (
            &drawn.body_html,
            &drawn.html_release,
            drawn.version,
            drawn.updated_at
        ),
        (
            &stored.body_html,
            &stored.html_release,
            stored.version,
            stored.updated_at
        )
    );
    // Nothing is left to do.
    let older = app
        .number(sql!(
            "select count(*) from posts where html_release <> ?",
            stored.html_release
        ))
        .await;
    assert_eq!(older, 0);
    redraw().await;
    // Other options are other rules.
    let strict = prosektorweb::platform::markdown::Options::default();
    let open = prosektorweb::platform::markdown::Options {
        foreign_images: ["img.example".to_owned()].into(),
        ..strict.clone()
    };
    assert_ne!(strict.rules(), open.rules());
}

#[tokio::test]
async fn a_copy_is_a_draft_of_its_own() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(
        &cx,
        &PostForm {
            featured: "on".into(),
            tags: "a, b".into(),
            ..form("Asıl")
        },
    )
    .await;
    let copy = id_of(&actions::duplicate(&cx, id).await.unwrap());
    let (first, copy) = (post(&app, id).await, post(&app, copy).await);
    assert_eq!(
        (copy.title.as_str(), copy.slug.as_str()),
        ("Asıl (kopya)", "asil-kopya")
    );
    assert_eq!(
        (copy.status, copy.featured, &copy.body),
        (Status::Draft, false, &first.body)
    );
    assert_ne!(copy.translation_id, first.translation_id);
}

#[tokio::test]
async fn a_copy_leaves_out_a_cover_that_is_in_the_trash() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let cover = a_cover(&app).await;
    let covered = PostForm {
        cover: cover.to_string(),
        cover_alt: "Bir baret".into(),
        ..form("Kapaklı")
    };
    let id = created(&cx, &covered).await;
    let at = app.clock.now();
    app.execute(sql!(
        "update images set deleted_at = ? where id = ?",
        at,
        cover
    ))
    .await;
    let copy = id_of(&actions::duplicate(&cx, id).await.unwrap());
    let copy = post(&app, copy).await;
    assert_eq!((copy.cover_id, copy.cover_alt), (None, None));
}

// ---- when it is seen

#[tokio::test]
async fn a_published_post_is_seen_everywhere_and_an_unpublished_one_nowhere() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(
        &cx,
        &PostForm {
            tags: "Özeltag".into(),
            ..form("Yepyeni Haber")
        },
    )
    .await;
    assert_eq!(seen(&app, "yepyeni-haber").await, here("Yepyeni Haber"));
    assert_eq!(titles(&app, Of::All).await[0], "Yepyeni Haber");
    for q in ["yepyeni", "YEPYENİ HAB", "özeltag", "birkaç haber"] {
        assert_eq!(found(&app, q).await, ["Yepyeni Haber"], "{q}");
    }
    let date = post(&app, id).await.published_at;
    done(actions::unpublish(&cx, id, 2).await.unwrap());
    assert_eq!(seen(&app, "yepyeni-haber").await, Found::Missing);
    assert_ne!(titles(&app, Of::All).await[0], "Yepyeni Haber");
    assert!(found(&app, "yepyeni").await.is_empty());
    app.clock.shift(TimeDelta::days(1));
    done(actions::publish(&cx, id, 3).await.unwrap());
    assert_eq!(
        post(&app, id).await.published_at,
        date,
        "the first date stays"
    );
    let mut noted = app.noted().await;
    // The order of two entries of one transaction says nothing.
    noted[..2].sort();
    let expected = [
        "posts.create",
        "tags.create",
        "posts.publish",
        "posts.unpublish",
        "posts.publish",
    ];
    assert_eq!(noted, expected);
}

#[tokio::test]
async fn a_scheduled_post_is_seen_from_its_second_on_without_any_job() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let tag = PostForm {
        tags: "Sonra".into(),
        ..form("Yarının Yazısı")
    };
    let id = created(&cx, &tag).await;
    for typed in ["", "yarın", "2026-11-24T11:59"] {
        let saved = actions::schedule(&cx, id, 1, typed).await.unwrap();
        assert_eq!(refused(saved), ["published_at"], "{typed}");
    }
    // Noon in Istanbul is when tests begin.
    done(
        actions::schedule(&cx, id, 1, "2026-11-24T13:00")
            .await
            .unwrap(),
    );
    let mut conn = app.db.read().await.unwrap();
    let next = blog::next_change(&mut conn, reader(&app)).await.unwrap();
    assert_eq!(
        next,
        Some("2026-11-24T10:00:00Z".parse::<DateTime<Utc>>().unwrap())
    );
    let tag = tags::queries::find_by_name(&mut conn, Lang::Tr, "sonra")
        .await
        .unwrap()
        .unwrap();
    drop(conn);
    assert_eq!(seen(&app, "yarinin-yazisi").await, Found::Missing);
    assert!(titles(&app, Of::Tag(tag.id)).await.is_empty());
    assert!(found(&app, "yarının").await.is_empty());
    let left: DateTime<Utc> = "2026-11-24T10:00:00Z".parse().unwrap();
    app.clock.shift(left - app.clock.now());
    assert_eq!(seen(&app, "yarinin-yazisi").await, here("Yarının Yazısı"));
    assert_eq!(titles(&app, Of::Tag(tag.id)).await, ["Yarının Yazısı"]);
    assert_eq!(found(&app, "yarının").await, ["Yarının Yazısı"]);
    assert_eq!(titles(&app, Of::All).await[0], "Yarının Yazısı");
}

#[tokio::test]
async fn an_empty_post_is_not_published() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = created(
        &cx,
        &PostForm {
            body: String::new(),
            ..form("Boş")
        },
    )
    .await;
    assert_eq!(
        refused(actions::publish(&cx, id, 1).await.unwrap()),
        ["body"]
    );
    assert_eq!(actions::bulk(&cx, &[id], Bulk::Publish).await.unwrap(), 0);
}

#[tokio::test]
async fn several_are_published_taken_back_and_trashed_at_once() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let mut ids = vec![Id::from_uuid(Uuid::nil())];
    for title in ["Bir", "İki", "Üç"] {
        ids.push(created(&cx, &form(title)).await);
    }
    for (what, status) in [
        (Bulk::Publish, Status::Published),
        (Bulk::Unpublish, Status::Draft),
    ] {
        assert_eq!(actions::bulk(&cx, &ids, what).await.unwrap(), 3);
        for id in &ids[1..] {
            assert_eq!(post(&app, *id).await.status, status);
        }
        // What stands so already stays as it is.
        let version = post(&app, ids[1]).await.version;
        assert_eq!(actions::bulk(&cx, &ids, what).await.unwrap(), 0);
        assert_eq!(post(&app, ids[1]).await.version, version);
    }
    assert_eq!(actions::bulk(&cx, &ids, Bulk::Trash).await.unwrap(), 3);
    assert_eq!(actions::bulk(&cx, &ids, Bulk::Trash).await.unwrap(), 0);
}

#[tokio::test]
async fn a_change_makes_caches_forget_the_blog_and_the_map_only_once_it_is_committed() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let families: [&Policy; 3] = [&BLOG_LIST, &SITEMAP, &DASHBOARD_STATS];
    let load = async |value: i64| {
        let mut values = Vec::new();
        for policy in families {
            let key = Key::new(policy, Scope::All);
            let load = async move || Ok::<_, Error>(value);
            let loaded = app.cache.get_or_set(&key, policy, load).await;
            values.push(*loaded.unwrap());
        }
        values
    };
    assert_eq!(load(1).await, [1, 1, 1]);
    // A draft is nothing that anybody reads.
    let id = created(&cx, &form("Bir")).await;
    done(actions::update(&cx, id, 1, &form("Birinci")).await.unwrap());
    assert_eq!(load(2).await, [1, 1, 1]);
    done(actions::publish(&cx, id, 2).await.unwrap());
    assert_eq!(load(2).await, [2, 2, 1]);
    let late = actions::update(&cx, id, 7, &form("İki")).await;
    assert!(late.is_err());
    assert_eq!(load(3).await, [2, 2, 1]);
}

// ---- what led where

#[tokio::test]
async fn a_slug_that_changed_leads_to_the_last_one_in_one_hop() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(&cx, &form("A bir")).await;
    let named = |slug: &str| PostForm {
        slug: slug.into(),
        ..form("A bir")
    };
    done(actions::update(&cx, id, 2, &named("b-bir")).await.unwrap());
    done(actions::update(&cx, id, 3, &named("c-bir")).await.unwrap());
    for old in ["a-bir", "b-bir"] {
        assert_eq!(seen(&app, old).await, moved("c-bir"));
    }
    // Back to the first one: it is itself again and leads nowhere.
    done(actions::update(&cx, id, 4, &named("a-bir")).await.unwrap());
    assert_eq!(seen(&app, "a-bir").await, here("A bir"));
    assert_eq!(seen(&app, "b-bir").await, moved("a-bir"));
    assert_eq!(seen(&app, "c-bir").await, moved("a-bir"));
    done(actions::unpublish(&cx, id, 5).await.unwrap());
    assert_eq!(
        seen(&app, "b-bir").await,
        Found::Missing,
        "a draft is not to be known of"
    );
}

#[tokio::test]
async fn a_draft_that_nobody_knew_leaves_no_redirect() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = created(&cx, &form("Bir taslak")).await;
    done(
        actions::update(
            &cx,
            id,
            1,
            &PostForm {
                slug: "iki".into(),
                ..form("x")
            },
        )
        .await
        .unwrap(),
    );
    done(actions::publish(&cx, id, 2).await.unwrap());
    assert_eq!(seen(&app, "bir-taslak").await, Found::Missing);
}

#[tokio::test]
async fn what_was_public_once_is_known_however_it_was_hidden_since() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(&cx, &form("Eski ad")).await;
    done(actions::unpublish(&cx, id, 2).await.unwrap());
    let tomorrow = (app.clock.now() + TimeDelta::days(1))
        .with_timezone(&chrono_tz::Europe::Istanbul)
        .format("%Y-%m-%dT%H:%M")
        .to_string();
    done(actions::schedule(&cx, id, 3, &tomorrow).await.unwrap());
    assert_eq!(seen(&app, "eski-ad").await, Found::Missing);
    let renamed = PostForm {
        slug: "yeni-ad".into(),
        ..form("Eski ad")
    };
    done(actions::update(&cx, id, 4, &renamed).await.unwrap());
    assert_eq!(seen(&app, "eski-ad").await, Found::Missing);
    app.clock.shift(TimeDelta::days(2));
    assert_eq!(seen(&app, "eski-ad").await, moved("yeni-ad"));
    actions::trash(&cx, id, 5).await.unwrap();
    assert_eq!(seen(&app, "eski-ad").await, Found::Gone);
}

#[tokio::test]
async fn a_live_post_wins_over_a_redirect_and_takes_the_slug_for_good() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(&cx, &form("Eski ad")).await;
    done(
        actions::update(
            &cx,
            id,
            2,
            &PostForm {
                slug: "yeni-ad".into(),
                ..form("Eski ad")
            },
        )
        .await
        .unwrap(),
    );
    let other = created(
        &cx,
        &PostForm {
            slug: "eski-ad".into(),
            ..form("Başkası")
        },
    )
    .await;
    assert_eq!(
        seen(&app, "eski-ad").await,
        moved("yeni-ad"),
        "a draft takes nothing from readers"
    );
    done(actions::publish(&cx, other, 1).await.unwrap());
    assert_eq!(seen(&app, "eski-ad").await, here("Başkası"));
    done(actions::unpublish(&cx, other, 2).await.unwrap());
    assert_eq!(seen(&app, "eski-ad").await, Found::Missing);
}

#[tokio::test]
async fn a_trashed_post_is_gone_and_comes_back_unless_its_slug_was_taken() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(&cx, &form("Gidip gelen")).await;
    done(
        actions::update(
            &cx,
            id,
            2,
            &PostForm {
                slug: "gidip".into(),
                ..form("Gidip gelen")
            },
        )
        .await
        .unwrap(),
    );
    actions::trash(&cx, id, 3).await.unwrap();
    for slug in ["gidip", "gidip-gelen"] {
        assert_eq!(seen(&app, slug).await, Found::Gone, "{slug}");
    }
    assert!(found(&app, "gidip").await.is_empty());
    done(actions::restore(&cx, id, 4, None).await.unwrap());
    assert_eq!(seen(&app, "gidip").await, here("Gidip gelen"));
    assert_eq!(seen(&app, "gidip-gelen").await, moved("gidip"));
    assert_eq!(found(&app, "gidip").await, ["Gidip gelen"]);
    actions::trash(&cx, id, 5).await.unwrap();
    published(
        &cx,
        &PostForm {
            slug: "gidip".into(),
            ..form("Başkası")
        },
    )
    .await;
    assert_eq!(seen(&app, "gidip").await, here("Başkası"));
    assert_eq!(
        refused(actions::restore(&cx, id, 6, None).await.unwrap()),
        ["slug"]
    );
}

#[tokio::test]
async fn what_is_deleted_for_good_leaves_nothing_but_that_it_is_gone() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(
        &cx,
        &PostForm {
            tags: "a".into(),
            ..form("Son")
        },
    )
    .await;
    done(
        actions::update(
            &cx,
            id,
            2,
            &PostForm {
                slug: "en-son".into(),
                ..form("Son")
            },
        )
        .await
        .unwrap(),
    );
    actions::trash(&cx, id, 3).await.unwrap();
    let before = app.clock.now() + TimeDelta::seconds(1);
    let ids = queries::purgeable(&mut app.db.read().await.unwrap(), before, 10)
        .await
        .unwrap();
    assert_eq!(ids, [id]);
    actions::purge(&app, id, before).await.unwrap();
    actions::purge(&app, id, before).await.unwrap();
    for slug in ["son", "en-son"] {
        assert_eq!(seen(&app, slug).await, Found::Gone, "{slug}");
    }
    for left in [
        sql!("select count(*) from post_words where post_id = ?", id),
        sql!("select count(*) from post_tags where post_id = ?", id),
        sql!("select count(*) from post_revisions where post_id = ?", id),
    ] {
        assert_eq!(app.number(left).await, 0);
    }
    let purges = app
        .noted()
        .await
        .into_iter()
        .filter(|noted| noted == "posts.purge");
    assert_eq!(purges.count(), 1);
}

// ---- translations

#[tokio::test]
async fn translations_lead_to_each_other_one_in_each_language() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let turkish = published(&cx, &form("Türkçesi")).await;
    let english = PostForm {
        lang: "en".into(),
        translates: turkish.to_string(),
        ..form("The English one")
    };
    let id = created(&cx, &english).await;
    assert_eq!(
        refused(actions::create(&cx, &english, b"").await.unwrap()),
        ["translates"]
    );
    let links = async || {
        let mut conn = app.db.read().await.unwrap();
        let Found::Here(post) = blog::post(&mut conn, reader(&app), "turkcesi")
            .await
            .unwrap()
        else {
            panic!("it is there");
        };
        let around = blog::around(&mut conn, reader(&app), &post, &[], 0);
        around
            .await
            .unwrap()
            .translations
            .into_iter()
            .map(|link| link.slug)
            .collect::<Vec<_>>()
    };
    assert!(links().await.is_empty(), "a draft is not linked to");
    done(actions::publish(&cx, id, 1).await.unwrap());
    assert_eq!(links().await, ["the-english-one"]);
    done(actions::link_translation(&cx, id, 2, None).await.unwrap());
    assert!(links().await.is_empty());
    done(
        actions::link_translation(&cx, id, 3, Some(turkish))
            .await
            .unwrap(),
    );
    assert_eq!(links().await, ["the-english-one"]);
    assert_eq!(
        refused(
            actions::link_translation(&cx, id, 4, Some(id))
                .await
                .unwrap()
        ),
        ["translates"]
    );
}

// ---- categories and tags

#[tokio::test]
async fn a_category_is_renamed_and_merged_and_its_slugs_lead_on() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let label = |name: &str| LabelForm {
        name: name.into(),
        ..LabelForm::default()
    };
    let make = async |name: &str| {
        let label = label(name).check().unwrap();
        done(
            categories::actions::create(&cx, Lang::Tr, &label)
                .await
                .unwrap(),
        )
    };
    let (first, second) = (make("Duyuru").await, make("Haber").await);
    let taken =
        categories::actions::create(&cx, Lang::Tr, &label("DUYURU!").check().unwrap()).await;
    assert_eq!(refused(taken.unwrap()), ["name"]);
    let id = published(
        &cx,
        &PostForm {
            category: first.to_string(),
            ..form("Yazı")
        },
    )
    .await;
    done(
        categories::actions::rename(&cx, first, 1, &label("Duyurular"))
            .await
            .unwrap(),
    );
    let slug = async |slug: &str| {
        let mut conn = app.db.read().await.unwrap();
        match blog::category(&mut conn, reader(&app), slug).await.unwrap() {
            Found::Here(category) => Found::Here(category.name),
            Found::Moved(slug) => Found::Moved(slug),
            Found::Gone => Found::Gone,
            Found::Missing => Found::Missing,
        }
    };
    assert_eq!(slug("duyuru").await, moved("duyurular"));
    let late = categories::actions::merge(&cx, first, 1, second).await;
    assert!(matches!(late, Err(Error::Conflict)));
    assert_eq!(
        refused(
            categories::actions::merge(&cx, first, 2, first)
                .await
                .unwrap()
        ),
        ["into"]
    );
    assert_eq!(
        done(
            categories::actions::merge(&cx, first, 2, second)
                .await
                .unwrap()
        ),
        1
    );
    assert_eq!(slug("duyuru").await, moved("haber"));
    assert_eq!(slug("duyurular").await, moved("haber"));
    assert_eq!(slug("haber").await, here("Haber"));
    assert_eq!(titles(&app, Of::Category(second)).await, ["Yazı"]);
    // The editor that is open still has the old one: it says so.
    let old = PostForm {
        category: first.to_string(),
        ..form("Yazı")
    };
    assert_eq!(
        refused(actions::update(&cx, id, 2, &old).await.unwrap()),
        ["category"]
    );
    let english = PostForm {
        lang: "en".into(),
        category: second.to_string(),
        ..form("Other")
    };
    assert_eq!(
        refused(actions::create(&cx, &english, b"").await.unwrap()),
        ["category"]
    );
}

#[tokio::test]
async fn a_tag_is_renamed_and_merged_and_its_posts_are_found_by_it() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let first = PostForm {
        tags: "Eskitag, Ortak".into(),
        ..form("Bir")
    };
    let second = PostForm {
        tags: "yenitag, ortak".into(),
        ..form("İki")
    };
    published(&cx, &first).await;
    published(&cx, &second).await;
    let tag = async |name: &str| {
        let mut conn = app.db.read().await.unwrap();
        tags::queries::find_by_name(&mut conn, Lang::Tr, name)
            .await
            .unwrap()
    };
    let (old, new) = (tag("eskitag").await.unwrap(), tag("yenitag").await.unwrap());
    let form = LabelForm {
        name: "Ortatag".into(),
        ..LabelForm::default()
    };
    done(tags::actions::rename(&cx, old.id, 1, &form).await.unwrap());
    assert_eq!(found(&app, "ortatag").await, ["Bir"]);
    assert_eq!(
        done(tags::actions::merge(&cx, old.id, 2, new.id).await.unwrap()),
        1
    );
    assert!(tag("ortatag").await.is_none());
    assert_eq!(titles(&app, Of::Tag(new.id)).await, ["İki", "Bir"]);
    assert_eq!(found(&app, "yenitag").await, ["İki", "Bir"]);
    // Whoever had the first post open all the while still has the old name in the form.
    let id = app
        .rows::<(Id<Post>,)>(sql!("select id from posts where title = 'Bir'"))
        .await[0]
        .0;
    done(actions::update(&cx, id, 2, &first).await.unwrap());
    assert!(tag("eskitag").await.is_none());
    assert_eq!(titles(&app, Of::Tag(new.id)).await, ["İki", "Bir"]);
    let mut conn = app.db.read().await.unwrap();
    for slug in ["eskitag", "ortatag"] {
        let led = blog::tag(&mut conn, reader(&app), slug).await.unwrap();
        assert_eq!(led, Found::Moved("yenitag".into()));
    }
}

// ---- lists, search, neighbours

#[tokio::test]
async fn lists_have_nine_a_page_and_end_where_they_end() {
    let app = TestApp::new().await;
    let mut conn = app.db.read().await.unwrap();
    let first = blog::list(&mut conn, reader(&app), Of::All, 1)
        .await
        .unwrap();
    assert_eq!((first.cards.len(), first.pages, first.total), (9, 2, 10));
    let second = blog::list(&mut conn, reader(&app), Of::All, 2)
        .await
        .unwrap();
    assert_eq!(second.cards.len(), 1);
    assert!(
        first
            .cards
            .iter()
            .all(|card| card.public_at > second.cards[0].public_at)
    );
    for number in [0, -1, 3, i64::MAX / 9] {
        let page = blog::list(&mut conn, reader(&app), Of::All, number)
            .await
            .unwrap();
        assert!(page.cards.is_empty(), "{number}");
    }
    let shelves = blog::shelves(&mut conn, reader(&app)).await.unwrap();
    assert_eq!(shelves.len(), 4);
    assert_eq!(shelves.iter().map(|shelf| shelf.posts).sum::<i64>(), 10);
    let featured = blog::featured(&mut conn, reader(&app), 9).await.unwrap();
    assert!(featured.len() >= 3 && featured.iter().all(|card| card.featured));
    let author = blog::author(&mut conn, featured[0].author_slug.as_deref().unwrap())
        .await
        .unwrap();
    let by = blog::list(
        &mut conn,
        reader(&app),
        Of::Author(author.unwrap().user_id),
        1,
    )
    .await
    .unwrap();
    assert!(
        by.cards
            .iter()
            .all(|card| card.author == featured[0].author)
    );
}

#[tokio::test]
async fn the_better_place_ranks_first_and_all_words_must_be_there() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let with = |title: &str, tags: &str, excerpt: &str, body: &str| PostForm {
        tags: tags.into(),
        excerpt: excerpt.into(),
        body: body.into(),
        ..form(title)
    };
    published(&cx, &with("Zirkonyum nedir", "x", "y", "z")).await;
    published(&cx, &with("İkinci", "zirkonyum", "y", "z")).await;
    published(&cx, &with("Üçüncü", "x", "zirkonyum", "z")).await;
    published(&cx, &with("Dördüncü", "x", "y", "zirkonyumun rengi mavi")).await;
    published(&cx, &with("Beşinci", "x", "y", "Zirkonyum yok burada mavi")).await;
    assert_eq!(
        found(&app, "ZİRKONYUM").await,
        ["Zirkonyum nedir", "İkinci", "Üçüncü", "Beşinci", "Dördüncü"]
    );
    assert_eq!(found(&app, "mavi zirkon").await, ["Beşinci", "Dördüncü"]);
    assert_eq!(found(&app, "mavi zirkonyumun").await, ["Dördüncü"]);
    assert!(found(&app, "zirkonyum kırmızı").await.is_empty());
    assert!(found(&app, "%' or 1=1 --").await.is_empty());
}

#[tokio::test]
async fn related_posts_share_tags_and_neighbours_share_a_border() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    for (title, tags) in [
        ("Bir", "t1, t2"),
        ("İki", "t1"),
        ("Üç", "t9"),
        ("Dört", "t1, t2"),
    ] {
        published(
            &cx,
            &PostForm {
                tags: tags.into(),
                ..form(title)
            },
        )
        .await;
        app.clock.shift(TimeDelta::minutes(1));
    }
    let mut conn = app.db.read().await.unwrap();
    let Found::Here(post) = blog::post(&mut conn, reader(&app), "iki").await.unwrap() else {
        panic!("it is there");
    };
    let tags = blog::labels(&mut conn, post.card.id).await.unwrap();
    let names: Vec<_> = tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["t1"]);
    let around = blog::around(&mut conn, reader(&app), &post, &tags, 3)
        .await
        .unwrap();
    let related: Vec<_> = around
        .related
        .iter()
        .map(|card| card.title.as_str())
        .collect();
    assert_eq!(related, ["Dört", "Bir", "Üç"]);
    let slug = |link: Option<blog::Link>| link.unwrap().slug;
    assert_eq!(
        (slug(around.before), slug(around.after)),
        ("bir".into(), "uc".into())
    );
    assert!(around.translations.is_empty());
}

#[tokio::test]
async fn related_posts_go_by_tags_then_category_then_date_and_nothing_else_surrounds_a_post() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let label = LabelForm {
        name: "Konu".into(),
        ..LabelForm::default()
    };
    let category = categories::actions::create(&cx, Lang::Tr, &label.check().unwrap()).await;
    let category = done(category.unwrap()).to_string();
    let of = |title: &str, tags: &str, is_of_category: bool| PostForm {
        tags: tags.into(),
        category: if is_of_category {
            category.clone()
        } else {
            String::new()
        },
        ..form(title)
    };
    let mut ids = Vec::new();
    // The best first, so that each is older than what is worse.
    for (title, tags, is_of_category) in [
        ("Etiketler", "r1, r2", false),
        ("Etiket ve konu", "r1", true),
        ("Etiket eski", "r1", false),
        ("Etiket yeni", "r2", false),
        ("Konu yalnız", "", true),
        ("Başka", "r3", false),
        ("Silinen", "r1, r2", true),
        ("Burası", "r2, r1", true),
    ] {
        ids.push(published(&cx, &of(title, tags, is_of_category)).await);
        app.clock.shift(TimeDelta::minutes(1));
    }
    created(&cx, &of("Taslak", "r1, r2", true)).await;
    let later = created(&cx, &of("Sonra", "r1, r2", true)).await;
    done(
        actions::schedule(&cx, later, 1, "2026-11-25T12:00")
            .await
            .unwrap(),
    );
    let at: DateTime<Utc> = "2026-11-25T09:00:00Z".parse().unwrap();
    actions::trash(&cx, ids[6], 2).await.unwrap();
    let surrounded = async |now| {
        let mut conn = app.db.read().await.unwrap();
        let reader = Reader {
            now,
            ..reader(&app)
        };
        let Found::Here(post) = blog::post(&mut conn, reader, "burasi").await.unwrap() else {
            panic!("it is there");
        };
        let of_any = blog::next_change_of_any(&mut conn, now).await.unwrap();
        assert_eq!(post.next_change, of_any);
        let tags = blog::labels(&mut conn, post.card.id).await.unwrap();
        let around = blog::around(&mut conn, reader, &post, &tags, 6)
            .await
            .unwrap();
        let titles = around.related.into_iter().map(|card| card.title);
        let link = |link: Option<blog::Link>| link.map(|link| link.title);
        (
            titles.collect::<Vec<_>>(),
            link(around.before),
            link(around.after),
            of_any,
        )
    };
    let (related, before, after, next) = surrounded(app.clock.now()).await;
    assert_eq!(
        related,
        [
            "Etiketler",
            "Etiket ve konu",
            "Etiket yeni",
            "Etiket eski",
            "Konu yalnız",
            "Başka"
        ]
    );
    assert_eq!(
        (before, after, next),
        (Some("Başka".into()), None, Some(at))
    );
    // From its second on, and then another one is waited for.
    let (related, _, after, next) = surrounded(at).await;
    assert_eq!(related[..2], ["Sonra", "Etiketler"]);
    assert_eq!(after, Some("Sonra".into()));
    assert!(next.is_none_or(|next| next > at), "{next:?}");
}

#[tokio::test]
async fn writers_list_what_they_ask_for() {
    let app = TestApp::new().await;
    let mut conn = app.db.read().await.unwrap();
    let now = app.clock.now();
    let count = async |conn: &mut _, filter: Filter| {
        let sort = Sort {
            column: Column::UpdatedAt,
            descending: true,
        };
        queries::list(conn, &filter, sort, None, now, 25)
            .await
            .unwrap()
            .total
            .n
    };
    let status = |status| Filter {
        status: Some(status),
        ..Filter::default()
    };
    assert_eq!(count(&mut conn, Filter::default()).await, 24);
    assert_eq!(count(&mut conn, status(Status::Draft)).await, 2);
    assert_eq!(count(&mut conn, status(Status::Scheduled)).await, 2);
    assert_eq!(count(&mut conn, status(Status::Published)).await, 20);
    let words = Filter {
        words: vec!["ramak".into()],
        lang: Some(Lang::Tr),
        ..Filter::default()
    };
    assert_eq!(count(&mut conn, words).await, 1);
    // Pages meet each other, either way.
    let sort = Sort {
        column: Column::Title,
        descending: false,
    };
    let first = queries::list(&mut conn, &Filter::default(), sort, None, now, 10)
        .await
        .unwrap();
    let second = queries::list(
        &mut conn,
        &Filter::default(),
        sort,
        first.next.as_ref(),
        now,
        10,
    )
    .await
    .unwrap();
    let back = queries::list(
        &mut conn,
        &Filter::default(),
        sort,
        second.previous.as_ref(),
        now,
        10,
    )
    .await
    .unwrap();
    let ids =
        |listing: &queries::Listing| listing.rows.iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(&back), ids(&first));
    assert!(ids(&second).iter().all(|id| !ids(&first).contains(id)));
}

#[test]
fn the_blog_is_the_administrators_and_the_offices() {
    use prosektorweb::web::access::Permission::{BlogPublish, BlogRead, BlogWrite};
    for permission in [BlogRead, BlogWrite, BlogPublish] {
        for role in Role::ALL {
            let may = matches!(role, Role::Admin | Role::Office);
            assert_eq!(role.may(permission), may, "{role}");
        }
    }
}

#[tokio::test]
async fn the_demo_posts_are_worth_reading() {
    let app = TestApp::new().await;
    let bodies: Vec<(Lang, String, String)> = app
        .rows(sql!(
            "select lang, slug, body_html from posts where live = 1"
        ))
        .await;
    for lang in [Lang::En, Lang::Tr] {
        let long = bodies
            .iter()
            .filter(|(of, _, html)| *of == lang && markdown::plain(html).split(' ').count() >= 230);
        assert!(long.count() >= 6, "{lang}");
    }
    let groups = app
        .number(sql!("select count(distinct translation_id) from posts"))
        .await;
    assert_eq!((bodies.len(), groups), (24, 12));
}

/// Words, and how many posts of `fill` are found by them.
fn searches() -> Vec<(Vec<&'static str>, RangeInclusive<i64>)> {
    let (most, some) = (300..=450, 10..=450);
    vec![
        (vec!["ortak"], most.clone()),
        (vec!["or"], most.clone()),
        (vec!["ortak", "yaygin"], most.clone()),
        (vec!["nadir7"], some.clone()),
        (vec!["ortak", "nadir7"], some.clone()),
        // Half of the posts each, and never together.
        (vec!["yari0", "yari1"], 0..=0),
        (vec!["yari0", "ortak", "yari1"], 0..=0),
        (
            vec!["yari0", "ortak", "yaygin", "or", "demir", "yari1"],
            0..=0,
        ),
        // All in every post: the fewer are ranked, the more words there are.
        (
            vec!["ortak", "yaygin", "or", "demir", "yay", "orta"],
            45..=60,
        ),
        // The first part of the rarer word's posts has too few of the other.
        (
            vec![
                "seyrek", "tahta", "ortak", "yaygin", "or", "demir", "yay", "orta",
            ],
            9..=450,
        ),
        // Together only where the first one weighs least.
        (vec!["ortak", "yari0"], most.clone()),
        // Frequent words that meet in three posts.
        (vec!["cift", "bulusma"], 3..=3),
        (vec!["hicyokki"], 0..=0),
    ]
}

/// By the first search, for the next one; of a word that has become rare since, all that is lost is the number.
async fn frequent_words_are_remembered(app: &TestApp) {
    let mut words = terms(&["ortak", "nadir70"]);
    let mut conn = app.db.read().await.unwrap();
    let reader = Reader {
        lang: Lang::Tr,
        now: app.clock.now(),
    };
    let mut search = async |words: &mut [blog::Term]| {
        let hits = blog::search(&mut conn, reader, words, 1).await.unwrap();
        let slugs: Vec<String> = hits.cards.into_iter().map(|card| card.slug).collect();
        (hits.total, hits.is_cut, slugs)
    };
    let found = search(&mut words).await;
    assert!(words[0].is_frequent && !words[1].is_frequent);
    assert_eq!(search(&mut words).await, found);
    // There are more than a page of them, and fewer than are ranked.
    let mut rare = terms(&["seyrek"]);
    let (total, _, slugs) = search(&mut rare).await;
    assert!(!rare[0].is_frequent || total > 240);
    rare[0].is_frequent = true;
    let (_, is_cut, again) = search(&mut rare).await;
    assert_eq!((is_cut, again), (true, slugs));
    let mut nowhere = terms(&["hicyokki", "ortak"]);
    nowhere[0].is_frequent = true;
    assert_eq!(search(&mut nowhere).await, (0, false, Vec::new()));
    let known = || {
        let stats = app.cache.stats();
        let of = |family: &&FamilyStats| family.name == SEARCH_WORDS.name();
        stats.families.iter().find(of).unwrap().hit_l1
    };
    for (path, hits) in [
        ("/tr/blog/search?q=ortak", 0),
        ("/tr/blog/search?q=ortak+yaygin", 1),
        ("/tr/blog/search?q=nadir70", 1),
    ] {
        app.client().get(path).await;
        assert_eq!(known(), hits, "{path}");
    }
}

/// Words of which nothing is known.
fn terms(words: &[impl AsRef<str>]) -> Vec<blog::Term> {
    let unknown = |word: &_| blog::Term {
        word: AsRef::<str>::as_ref(word).to_owned(),
        is_frequent: false,
    };
    words.iter().map(unknown).collect()
}

/// Ten thousand posts: `POSTS=10000 cargo test --test all -- posts::a_search --nocapture` for the figures.
#[tokio::test]
async fn a_search_is_quick_among_many_posts() {
    let many = number("POSTS").unwrap_or(1200);
    let app = TestApp::new().await;
    fill(&app, many).await;
    let mut conn = app.db.read().await.unwrap();
    let reader = Reader {
        lang: Lang::Tr,
        now: app.clock.now(),
    };
    for (words, expected) in searches() {
        let mut terms = terms(&words);
        blog::search(&mut conn, reader, &mut terms, 1)
            .await
            .unwrap();
        let mut times = Vec::new();
        let mut total = 0;
        for _ in 0..15 {
            let begin = Instant::now();
            let hits = blog::search(&mut conn, reader, &mut terms, 1)
                .await
                .unwrap();
            times.push(begin.elapsed());
            total = hits.total;
        }
        times.sort();
        let took = times[times.len() / 2];
        println!("{words:?}: {total} in {took:?}, at best {:?}", times[0]);
        assert!(took < Duration::from_millis(500), "{words:?}: {took:?}");
        assert!(expected.contains(&total), "{words:?}: {total}");
    }
    let search = async |words: &[&str]| {
        let mut conn = app.db.read().await.unwrap();
        blog::search(&mut conn, reader, &mut terms(words), 1)
            .await
            .unwrap()
    };
    // Only what was counted is called a number.
    for (words, is_cut) in [
        (&["ortak"][..], true),
        (&["ortak", "yaygin"], true),
        (&["seyrek", "ortak"], many > 1500),
        (&["seyrek", "ortak", "yaygin"], true),
        (
            &["seyrek", "tahta", "ortak", "yaygin", "or", "demir", "yay"],
            true,
        ),
        (&["nadir7"], many > 2000),
        (&["cift", "bulusma"], false),
        (&["yari0", "yari1"], false),
    ] {
        assert_eq!(search(words).await.is_cut, is_cut, "{words:?}");
    }
    frequent_words_are_remembered(&app).await;
    // The few of the most weight stay first, however many newer ones there are.
    let hits = search(&["demir", "tahta"]).await;
    let first: Vec<_> = hits
        .cards
        .iter()
        .take(3)
        .map(|card| card.slug.as_str())
        .collect();
    assert_eq!(first, ["yazi-0", "yazi-1", "yazi-2"]);
    assert!(hits.is_cut);
    for (name, of, number) in [("first page", Of::All, 1), ("last page", Of::All, many / 9)] {
        let begin = Instant::now();
        blog::list(&mut conn, reader, of, number).await.unwrap();
        println!("{name}: {:?}", begin.elapsed());
    }
    let begin = Instant::now();
    let Found::Here(post) = blog::post(&mut conn, reader, "yazi-5").await.unwrap() else {
        panic!("it is there");
    };
    println!("post: {:?}", begin.elapsed());
    let begin = Instant::now();
    let tags = blog::labels(&mut conn, post.card.id).await.unwrap();
    blog::around(&mut conn, reader, &post, &tags, 3)
        .await
        .unwrap();
    println!("around it: {:?}", begin.elapsed());
    drop(conn);
    // Pages that nobody has asked for before: what is loaded, drawn and packed.
    for path in ["/tr/blog/yazi-", "/tr/blog?page="] {
        let mut times = Vec::new();
        for n in 2..=41 {
            let begin = Instant::now();
            let reply = app.client().get(&format!("{path}{n}")).await;
            times.push(begin.elapsed());
            assert_eq!(reply.status, 200, "{path}{n}");
        }
        times.sort();
        println!("{path}: {:?}", times[times.len() / 2]);
    }
}

#[expect(clippy::disallowed_methods, reason = "the long form of a test")]
fn number(variable: &str) -> Option<i64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Public posts with words that all, half, few and none of them have.
async fn fill(app: &TestApp, many: i64) {
    let (author,): (Uuid,) = app
        .rows(sql!("select id from users where role = 'admin'"))
        .await[0];
    let mut tx = app.db.begin().await.unwrap();
    tx.set_wait(Duration::from_mins(5));
    for n in 0..many {
        let id: Id<Post> = app.clock.new_id();
        let at = app.clock.now() - TimeDelta::minutes(n + 1);
        tx.execute(sql!(
            "insert into posts (id, translation_id, lang, slug, title, title_key, excerpt, body, author_id, featured, status,
                 published_at, words, reading_minutes, version, created_at, updated_at)
             values (?, ?, 'tr', ?, ?, ?, 'Özet', 'Metin', ?, ?, 'published', ?, 1, 1, 1, ?, ?)",
            id, id, format!("yazi-{n}"), format!("Yazı {n}"), vec![1_u8], author, false, at, at, at,
        ))
        .await
        .unwrap();
        let mut words = vec![
            ("ortak".to_owned(), 1 + n % 2 * 7),
            ("ortaklik".to_owned(), 1),
            ("or".to_owned(), 1),
            ("yaygin".to_owned(), 1 + n % 3),
            ("demir".to_owned(), if n < 3 { 8 } else { 1 }),
            (format!("nadir{}", n / 10), 2),
            (format!("yari{}", n % 2), 1),
        ];
        if n % 5 == 0 {
            words.push(("seyrek".to_owned(), 1));
        }
        // Posts around the middle have both, where neither weighs most.
        let middle = (n - many / 2).abs();
        for (word, has) in [("cift", n <= many / 2 + 1), ("bulusma", n >= many / 2 - 1)] {
            if has {
                words.push((word.to_owned(), if middle <= 1 { 1 } else { 2 }));
            }
        }
        // Beside that, where it weighs most, and then only in the last ones.
        if n < 3 || n >= many / 2 {
            words.push(("tahta".to_owned(), 1));
        }
        let others = if many > 2000 { 60 } else { 6 };
        words.extend(
            (0..others).map(|word| (format!("w{}x{}", (n * 7 + word * 13) % 977, word), 1)),
        );
        let words: Vec<_> = words
            .into_iter()
            .map(
                |(word, weight)| prosektorweb::features::posts::model::Word {
                    prefix: word.chars().take(3).collect(),
                    word,
                    weight,
                },
            )
            .collect();
        queries::set_words(&mut tx, id, Lang::Tr, &words)
            .await
            .unwrap();
        queries::publish_rows(&mut tx, id).await.unwrap();
    }
    tx.commit().await.unwrap();
}
