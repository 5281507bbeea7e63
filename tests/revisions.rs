//! A post's revisions: listed, compared so that anybody can read it, brought back, and at last deleted with the post.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use prosektorweb::{
    features::posts::{
        actions,
        form::PostForm,
        jobs::Purge,
        model::{Post, Status},
        queries,
    },
    sql,
    types::Id,
    web::cx::Cx,
};

use crate::{
    posts::{a_cover, created, cx, done, form, in_form, published},
    support::{ADA, CEM, ESRA, OFIS, TestApp},
};

async fn update(cx: &Cx, id: Id<Post>, version: i64, form: &PostForm) {
    done(actions::update(cx, id, version, form).await.unwrap());
}

fn url(id: Id<Post>) -> String {
    format!("/posts/{id}/revisions")
}

#[tokio::test]
async fn the_list_says_who_saved_when_in_istanbul_and_what_changed() {
    let app = TestApp::new().await;
    let (mine, adas) = (cx(&app, OFIS).await, cx(&app, ADA).await);
    let first = form("İlk Başlık");
    let id = created(&mine, &first).await;
    app.clock.shift(TimeDelta::hours(14));
    let second = PostForm {
        title: "İkinci Başlık".into(),
        body: format!("{} Üç yeni sözcük.", first.body),
        tags: "yeni".into(),
        ..first.clone()
    };
    update(&adas, id, 1, &second).await;
    let ofis = app.sign_in(OFIS).await;
    ofis.post_form("/preferences", &[("locale", "en")]).await;
    let page = ofis.get(&url(id)).await;
    let rows = page.texts("#list tbody tr");
    assert_eq!(rows.len(), 2);
    assert!(rows[0].starts_with("Revision 2 Current"), "{}", rows[0]);
    // 09:00 UTC and fourteen hours later is past midnight in Istanbul.
    assert!(
        rows[0].contains("25") && rows[0].contains("02:00"),
        "{}",
        rows[0]
    );
    assert!(rows[0].contains("Ada"), "{}", rows[0]);
    for field in ["Title", "Address", "Excerpt", "Tags", "Text", "(+3)"] {
        assert!(rows[0].contains(field), "{field}: {}", rows[0]);
    }
    assert!(!rows[0].contains("Featured"));
    assert!(rows[1].contains("First version"), "{}", rows[1]);
    assert!(rows[1].contains("12:00"), "{}", rows[1]);
    assert!(!page.has("tbody tr:last-child a[href*=compare]"));
    assert!(!page.has("tbody tr:first-child a[href*=restore]"));
}

#[tokio::test]
async fn many_revisions_fill_several_pages_and_each_row_is_compared_with_the_one_before() {
    let app = TestApp::new().await;
    let mine = cx(&app, OFIS).await;
    let id = created(&mine, &form("Başlık 1")).await;
    for version in 1..45 {
        update(
            &mine,
            id,
            version,
            &form(&format!("Başlık {}", version + 1)),
        )
        .await;
    }
    let ofis = app.sign_in(OFIS).await;
    let mut page = ofis.get(&url(id)).await;
    let mut seen = Vec::new();
    loop {
        for row in page.texts("#list tbody tr") {
            assert!(!row.contains("Nothing"), "{row}");
            seen.push(row);
        }
        match page.attr("#list-next", "href") {
            Some(next) => page = ofis.get(&next).await,
            None => break,
        }
    }
    assert_eq!(seen.len(), 45);
    assert!(seen[44].contains("First version") && !seen[40].contains("First version"));
    let newest = ofis.get(&format!("{}/compare", url(id))).await;
    assert_eq!(newest.texts(".diff-fields del")[0], "[removed 44]");
    assert_eq!(newest.count("#f-from option"), 45);
}

#[tokio::test]
async fn two_revisions_are_compared_word_by_word_and_without_colour() {
    let app = TestApp::new().await;
    let mine = cx(&app, OFIS).await;
    let lines: Vec<String> = (0..30).map(|at| format!("Satır {at} burada.")).collect();
    let first = PostForm {
        body: lines.join("\n\n"),
        ..form("Deneme")
    };
    let id = created(&mine, &first).await;
    let second = PostForm {
        body: first
            .body
            .replace("Satır 15 burada", "Satır 15 artık <b>şurada</b>"),
        featured: "on".into(),
        ..first.clone()
    };
    update(&mine, id, 1, &second).await;
    let third = PostForm {
        body: String::new(),
        ..second.clone()
    };
    update(&mine, id, 2, &third).await;
    let ofis = app.sign_in(OFIS).await;
    ofis.post_form("/preferences", &[("locale", "en")]).await;
    let page = ofis.get(&format!("{}/compare?from=1&to=2", url(id))).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.texts(".diff del"), ["[removed burada]"]);
    assert_eq!(page.texts(".diff ins"), ["[added artık <b>şurada</b>]"]);
    assert_eq!(page.texts(".diff del .visually-hidden"), ["[removed", "]"]);
    assert_eq!(page.count(".diff-skipped"), 2);
    assert!(page.one(".diff-key").contains("2 added, 1 removed"));
    assert_eq!(page.texts(".diff-fields ins"), ["[added yes]"]);
    assert_eq!(page.texts(".diff-fields del"), ["[removed no]"]);
    // Backwards, too; with itself there is nothing to see.
    let back = ofis.get(&format!("{}/compare?from=2&to=1", url(id))).await;
    assert_eq!(back.texts(".diff ins"), ["[added burada]"]);
    let same = ofis.get(&format!("{}/compare?from=2&to=2", url(id))).await;
    assert!(!same.has(".diff") && !same.has("ins"));
    let by_itself = ofis.get(&format!("{}/compare?to=2", url(id))).await;
    assert_eq!(by_itself.texts(".diff del"), page.texts(".diff del"));
    let form = page.form("form.filters");
    assert_eq!(
        (form.value("from"), form.value("to")),
        (Some("1"), Some("2"))
    );
    for (query, status) in [("to=99", 404), ("from=x", 400), ("from=0", 404)] {
        let reply = ofis.get(&format!("{}/compare?{query}", url(id))).await;
        assert_eq!(reply.status, status, "{query}");
    }
}

#[tokio::test]
async fn the_longest_texts_are_compared_before_anybody_gives_up() {
    let app = TestApp::new().await;
    let mine = cx(&app, OFIS).await;
    let body = |word: &str| format!("{word} ve bir şey daha ").repeat(11_000);
    let first = PostForm {
        body: body("bir"),
        ..form("Uzun")
    };
    let id = created(&mine, &first).await;
    let second = PostForm {
        body: body("iki"),
        ..form("Uzun")
    };
    update(&mine, id, 1, &second).await;
    let ofis = app.sign_in(OFIS).await;
    let begun = Instant::now();
    let page = ofis.get(&format!("{}/compare", url(id))).await;
    assert_eq!(page.status, 200);
    assert!(page.has(".diff del") && page.has(".diff ins"));
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert!(page.body.len() < 2_000_000, "{}", page.body.len());
}

#[tokio::test]
async fn restoring_is_a_save_of_its_own_and_takes_nothing_away() {
    let app = TestApp::new().await;
    let mine = cx(&app, OFIS).await;
    let id = published(&mine, &form("Eski Hâli")).await;
    update(&mine, id, 2, &form("Yeni Hâli")).await;
    let ofis = app.sign_in(OFIS).await;
    let page = ofis.get(&url(id)).await;
    let restore = page.attr("a[href*='restore?number=1']", "href").unwrap();
    let confirm = ofis.get(&restore).await;
    assert!(confirm.one(".effects").contains("Eski Hâli"));
    let sent = confirm.form("form[method=post][action$='/restore']");
    let reply = ofis.submit(&sent).await;
    assert_eq!(reply.location(), url(id));
    let post = queries::find(&mut app.db.read().await.unwrap(), id)
        .await
        .unwrap();
    assert_eq!((post.title.as_str(), post.version), ("Eski Hâli", 4));
    assert_eq!(
        (post.status, post.slug.as_str()),
        (Status::Published, "eski-hali")
    );
    let rows = ofis.get(&url(id)).await.texts("#list tbody th");
    assert_eq!(rows.len(), 3, "{rows:?}");
    // The same again comes too late: nothing happens, and the page says so.
    let late = ofis.submit(&sent).await;
    assert_eq!(late.status, 409);
    assert!(late.has(".notice.wait"));
    let again = late.form("form[method=post][action$='/restore']");
    assert_eq!(ofis.submit(&again).await.status, 303);
    assert_eq!(ofis.get(&url(id)).await.count("#list tbody tr"), 4);
}

#[tokio::test]
async fn a_revision_whose_address_and_cover_are_gone_comes_back_without_them_and_says_so() {
    let app = TestApp::new().await;
    let mine = cx(&app, OFIS).await;
    let cover = a_cover(&app).await;
    let first = PostForm {
        cover: cover.to_string(),
        cover_alt: "Bir baret".into(),
        ..form("Adres")
    };
    let id = created(&mine, &first).await;
    update(&mine, id, 1, &form("Başka Adres")).await;
    created(&mine, &form("Adres")).await;
    let at = app.clock.now();
    app.execute(sql!(
        "update images set deleted_at = ? where id = ?",
        at,
        cover
    ))
    .await;
    let ofis = app.sign_in(OFIS).await;
    let confirm = ofis.get(&format!("{}/restore?number=1", url(id))).await;
    let reply = ofis
        .submit(&confirm.form("form[method=post][action$='/restore']"))
        .await;
    let told = ofis.follow(&reply).await.one(".flash");
    assert!(told.contains("cover") && told.contains("address"), "{told}");
    let post = queries::find(&mut app.db.read().await.unwrap(), id)
        .await
        .unwrap();
    assert_eq!(
        (post.title.as_str(), post.slug.as_str()),
        ("Adres", "baska-adres")
    );
    assert_eq!((post.cover_id, post.cover_alt), (None, None));
}

#[tokio::test]
async fn experts_clients_and_whoever_asks_for_a_trashed_post_see_none() {
    let app = TestApp::new().await;
    let mine = cx(&app, OFIS).await;
    let id = created(&mine, &form("Saklı")).await;
    let paths = [
        url(id),
        format!("{}/compare", url(id)),
        format!("{}/restore", url(id)),
    ];
    for (email, status) in [(ESRA, 403), (CEM, 404)] {
        let who = app.sign_in(email).await;
        for path in &paths {
            assert_eq!(who.get(path).await.status, status, "{email} {path}");
        }
        let fields = [("number", "1"), ("version", "1")];
        let reply = who.post_form(&paths[2], &fields).await;
        assert_eq!(reply.status, status, "{email}");
    }
    actions::trash(&mine, id, 1).await.unwrap();
    let ofis = app.sign_in(OFIS).await;
    for path in &paths {
        assert_eq!(ofis.get(path).await.status, 404, "{path}");
    }
}

// ---- at night

async fn purge(app: &TestApp) {
    let mut tx = app.db.begin().await.unwrap();
    app.jobs.enqueue(&mut tx, &Purge::default()).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
}

#[tokio::test]
async fn what_was_in_the_trash_for_thirty_days_goes_with_its_revisions_and_what_nobody_saved_too() {
    let app = TestApp::new().await;
    let mine = cx(&app, OFIS).await;
    let tagged = PostForm {
        tags: "gidecek".into(),
        ..form("Gidecek")
    };
    let id = published(&mine, &tagged).await;
    let kept = created(&mine, &form("Kalacak")).await;
    for (number, post) in [(1, id), (3, kept)] {
        actions::autosave(&mine, Some(post), 1, &in_form(number, form("Yarım")))
            .await
            .unwrap();
    }
    prosektorweb::features::previews::actions::make(&mine, id)
        .await
        .unwrap();
    actions::trash(&mine, id, 2).await.unwrap();
    let left = |text: &'static str| app.number(prosektorweb::platform::db::Sql::new(text).with(id));
    app.clock.shift(TimeDelta::days(29));
    actions::autosave(&mine, Some(kept), 1, &in_form(2, form("Yeni")))
        .await
        .unwrap();
    purge(&app).await;
    assert_eq!(
        left("select count(*) from posts where id = ?").await,
        1,
        "a day too early"
    );
    app.clock.shift(TimeDelta::days(1) + TimeDelta::seconds(1));
    purge(&app).await;
    for rows in [
        "select count(*) from posts where id = ?",
        "select count(*) from post_revisions where post_id = ?",
        "select count(*) from post_words where post_id = ?",
        "select count(*) from post_tags where post_id = ?",
        "select count(*) from unsaved_posts where post_id = ?",
        "select count(*) from post_previews where post_id = ?",
    ] {
        assert_eq!(left(rows).await, 0, "{rows}");
    }
    let drafts = sql!("select count(*) from unsaved_posts");
    assert_eq!(
        app.number(drafts.clone()).await,
        1,
        "somebody typed in it yesterday"
    );
    assert_eq!(
        crate::posts::seen(&app, "gidecek").await,
        prosektorweb::features::blog::queries::Found::Gone
    );
    app.clock.shift(TimeDelta::days(30));
    purge(&app).await;
    assert_eq!(app.number(drafts).await, 0);
    assert_eq!(left("select count(*) from posts where id = ?").await, 0);
    let found = queries::find(&mut app.db.read().await.unwrap(), kept).await;
    assert!(found.is_ok(), "what is not in the trash stays");
    assert_eq!(
        app.noted()
            .await
            .iter()
            .filter(|one| *one == "posts.purge")
            .count(),
        1
    );
}

#[tokio::test]
async fn more_than_a_batch_is_deleted_in_one_night() {
    let app = TestApp::new().await;
    let mine = cx(&app, OFIS).await;
    for at in 0..105 {
        let id = created(&mine, &form(&format!("Yığın {at}"))).await;
        actions::trash(&mine, id, 1).await.unwrap();
    }
    app.clock.shift(TimeDelta::days(31));
    purge(&app).await;
    let left = sql!("select count(*) from posts where deleted_at is not null");
    assert_eq!(app.number(left).await, 0);
}
