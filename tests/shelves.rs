//! Categories and tags in the office: listed, added, renamed, merged, deleted, and what readers are told afterwards.

use prosektorweb::{
    features::{
        blog::queries::{self as blog, Found},
        categories, posts, tags,
    },
    sql,
    types::{Id, Lang},
};
use uuid::Uuid;

use crate::support::{ADA, CEM, Client, ESRA, OFIS, Reply, TestApp};

const PLACES: [&str; 2] = ["/posts/categories", "/posts/tags"];

/// The names of the list, in its order.
fn names(page: &Reply) -> Vec<String> {
    page.texts("#list tbody th")
}

async fn add(client: &Client, place: &str, name: &str) -> Reply {
    let form = client.get(&format!("{place}/new?lang=tr")).await;
    let form = form.form("#shelf-form form").set("name", name);
    client.submit(&form).await
}

/// The URL of the one with this name.
async fn url_of(client: &Client, place: &str, name: &str) -> String {
    let q: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let page = client.get(&format!("{place}?lang=tr&q={q}")).await;
    let links = page.attrs("#list tbody th a", "href");
    let at = names(&page).iter().position(|one| one == name);
    let at = at.unwrap_or_else(|| panic!("no {name} in {:?}", names(&page)));
    links[at].trim_end_matches("/edit").to_owned()
}

fn id_of<T>(url: &str) -> Id<T> {
    Id::from_uuid(url.rsplit('/').next().unwrap().parse().unwrap())
}

/// A Turkish post with this category and these tags, as its writer would save it, and published.
async fn write(app: &TestApp, title: &str, category: &str, tags: &str) -> Id<posts::model::Post> {
    let cx = crate::posts::cx(app, OFIS).await;
    let form = posts::form::PostForm {
        category: category.into(),
        tags: tags.into(),
        ..crate::posts::form(title)
    };
    crate::posts::published(&cx, &form).await
}

async fn category_at(app: &TestApp, slug: &str) -> Found<String> {
    let mut conn = app.db.read().await.unwrap();
    match blog::category(&mut conn, crate::posts::reader(app), slug)
        .await
        .unwrap()
    {
        Found::Here(category) => Found::Here(category.name),
        Found::Moved(slug) => Found::Moved(slug),
        Found::Gone => Found::Gone,
        Found::Missing => Found::Missing,
    }
}

async fn tag_at(app: &TestApp, slug: &str) -> Found<String> {
    let mut conn = app.db.read().await.unwrap();
    match blog::tag(&mut conn, crate::posts::reader(app), slug)
        .await
        .unwrap()
    {
        Found::Here(tag) => Found::Here(tag.name),
        Found::Moved(slug) => Found::Moved(slug),
        Found::Gone => Found::Gone,
        Found::Missing => Found::Missing,
    }
}

async fn seen_at(app: &TestApp, place: &str, slug: &str) -> Found<String> {
    if place == PLACES[0] {
        category_at(app, slug).await
    } else {
        tag_at(app, slug).await
    }
}

#[tokio::test]
async fn a_name_makes_its_slug_with_turkish_letters_and_the_list_is_in_turkish_order() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for place in PLACES {
        for name in ["Zşah", "Zışık", "Zçınar", "Zistif", "Zcam", "Zsaat"] {
            let reply = add(&ofis, place, name).await;
            assert_eq!(reply.status, 303, "{name}: {}", reply.text());
            assert_eq!(reply.location(), format!("{place}?lang=tr"));
        }
        let page = ofis.get(&format!("{place}?lang=tr&q=z")).await;
        let mine: Vec<String> = names(&page)
            .into_iter()
            .filter(|name| name.starts_with('Z'))
            .collect();
        assert_eq!(mine, ["Zcam", "Zçınar", "Zışık", "Zistif", "Zsaat", "Zşah"]);
        let turned = ofis.get(&format!("{place}?lang=tr&q=z&sort=-name")).await;
        let mut turned = names(&turned);
        turned.retain(|name| name.starts_with('Z'));
        assert_eq!(turned.first().unwrap(), "Zşah");
        assert!(
            page.texts(".slug")
                .iter()
                .any(|slug| slug.ends_with("/zisik"))
        );
        assert_eq!(
            seen_at(&app, place, "zcinar").await,
            Found::Here("Zçınar".into())
        );
    }
    let noted = app.noted().await;
    assert_eq!(
        noted
            .iter()
            .filter(|one| *one == "categories.create")
            .count(),
        6
    );
    assert_eq!(noted.iter().filter(|one| *one == "tags.create").count(), 6);
}

#[tokio::test]
async fn each_language_has_a_list_of_its_own_which_is_filtered_and_shows_the_number_of_posts() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for place in PLACES {
        let (tr, en) = (
            names(&ofis.get(&format!("{place}?lang=tr")).await),
            names(&ofis.get(&format!("{place}?lang=en")).await),
        );
        assert!(!tr.is_empty() && !en.is_empty());
        assert_ne!(tr, en);
    }
    add(&ofis, PLACES[0], "Sayılan").await;
    let category = url_of(&ofis, PLACES[0], "Sayılan").await;
    let id = id_of::<()>(&category).to_string();
    write(&app, "Bir", &id, "Sayılan").await;
    let trashed = write(&app, "İki", &id, "Sayılan").await;
    write(&app, "Üç", &id, "Sayılan").await;
    let cx = crate::posts::cx(&app, OFIS).await;
    posts::actions::trash(&cx, trashed, 2).await.unwrap();
    for place in PLACES {
        let page = ofis.get(&format!("{place}?lang=tr&q=SAYI")).await;
        assert_eq!(
            page.texts("#list tbody td.num"),
            ["2"],
            "the trash left out"
        );
        let by_posts = ofis.get(&format!("{place}?lang=tr&sort=-posts")).await;
        let counts: Vec<u32> = by_posts
            .texts("#list tbody td.num")
            .iter()
            .map(|count| count.parse().unwrap())
            .collect();
        assert!(counts.is_sorted_by(|one, next| one >= next), "{counts:?}");
        let none = ofis.get(&format!("{place}?lang=tr&q=böyleyok")).await;
        assert!(none.has(".empty") && none.has(".chip"));
        let fragment = ofis.htmx_get(&format!("{place}?lang=tr&q=say")).await;
        assert!(!fragment.is_page() && fragment.has("section#list"));
        for odd in ["lang=de", "sort=slug", "page=0", "page=x"] {
            assert_eq!(
                ofis.get(&format!("{place}?{odd}")).await.status,
                400,
                "{odd}"
            );
        }
    }
}

#[tokio::test]
async fn many_fill_several_pages() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let cx = crate::posts::cx(&app, OFIS).await;
    for at in 0..60 {
        let label = categories::model::Label::of(&format!("Sıra {at:02}"));
        tags::actions::create(&cx, Lang::Tr, &label).await.unwrap();
    }
    let first = ofis.get("/posts/tags?lang=tr&q=s%C4%B1ra").await;
    assert_eq!(names(&first).len(), 50);
    let next = ofis.get(&first.attr("#list-next", "href").unwrap()).await;
    assert_eq!(names(&next).len(), 10);
    assert_eq!(names(&next)[9], "Sıra 59");
    assert!(next.has("#list-prev") && !next.has("#list-next"));
    let far = ofis.get("/posts/tags?lang=tr&q=s%C4%B1ra&page=99").await;
    assert_eq!(names(&far).len(), 10, "the last page there is");
}

#[tokio::test]
async fn a_name_that_reads_the_same_is_refused_and_names_the_other() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for place in PLACES {
        add(&ofis, place, "İş Sağlığı").await;
        let before = names(&ofis.get(&format!("{place}?lang=tr")).await);
        for name in ["iş sağlığı", "IS SAGLIGI", "İŞ  SAĞLIĞI!", "ış sağliği"] {
            let reply = add(&ofis, place, name).await;
            assert_eq!(reply.status, 422, "{name}");
            assert!(reply.one("#f-name-error").contains("İş Sağlığı"), "{name}");
            let kept = reply.form("#shelf-form form");
            assert_eq!(kept.value("name"), Some(name), "what was typed is kept");
        }
        // Another name under the same address.
        let form = ofis.get(&format!("{place}/new?lang=tr")).await;
        let form = form.form("#shelf-form form").set("name", "Başka");
        let reply = ofis.submit(&form.set("slug", "is-sagligi")).await;
        assert_eq!(reply.status, 422);
        assert!(reply.one("#f-slug-error").contains("İş Sağlığı"));
        // Other letters that make the same slug: a number makes it another.
        let empty = add(&ofis, place, " ").await;
        assert_eq!((empty.status, empty.has("#f-name-error")), (422, true));
        assert_eq!(names(&ofis.get(&format!("{place}?lang=tr")).await), before);
        // The other language has names of its own.
        let form = ofis.get(&format!("{place}/new?lang=en")).await;
        let form = form.form("#shelf-form form").set("name", "İş Sağlığı");
        assert_eq!(ofis.submit(&form).await.status, 303);
        let form = form.set("lang", "de").set("name", "Neu");
        assert_eq!(ofis.submit(&form).await.status, 422);
    }
}

#[tokio::test]
async fn what_stands_between_tags_is_in_no_name_of_one() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for name in ["Yangın, deprem", "Yangın; deprem"] {
        let reply = add(&ofis, PLACES[1], name).await;
        assert!(reply.status == 422 && reply.has("#f-name-error"), "{name}");
    }
    assert_eq!(add(&ofis, PLACES[0], "Yangın, deprem").await.status, 303);
    assert_eq!(add(&ofis, PLACES[1], "Yangın").await.status, 303);
    let tag = url_of(&ofis, PLACES[1], "Yangın").await;
    let form = ofis.get(&format!("{tag}/edit")).await;
    let form = form.form("#shelf-form form").set("name", "Yangın, sel");
    let reply = ofis.submit(&form).await;
    assert!(reply.status == 422 && reply.has("#f-name-error"));
}

#[tokio::test]
async fn a_slug_that_follows_from_the_name_gets_a_number_where_it_is_anothers() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for place in PLACES {
        let form = ofis.get(&format!("{place}/new?lang=tr")).await;
        let form = form.form("#shelf-form form").set("name", "Bir");
        ofis.submit(&form.set("slug", "iki")).await;
        assert_eq!(add(&ofis, place, "İki").await.status, 303);
        assert_eq!(
            seen_at(&app, place, "iki-2").await,
            Found::Here("İki".into())
        );
    }
}

#[tokio::test]
async fn renamed_its_old_slug_leads_to_the_new_one_in_one_hop() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for place in PLACES {
        add(&ofis, place, "Eski Ad").await;
        let url = url_of(&ofis, place, "Eski Ad").await;
        let categories = place == PLACES[0];
        let category = url.rsplit('/').next().filter(|_| categories);
        let tags = if categories { "" } else { "Eski Ad" };
        write(&app, place, category.unwrap_or_default(), tags).await;
        for (name, slug) in [("Ara Ad", "ara-ad"), ("Yeni Ad", "")] {
            let form = ofis.get(&format!("{url}/edit")).await;
            let form = form.form("#shelf-form form").set("name", name);
            let reply = ofis.submit(&form.set("slug", slug)).await;
            assert_eq!(reply.status, 303, "{}", reply.text());
        }
        for old in ["eski-ad", "ara-ad"] {
            let found = seen_at(&app, place, old).await;
            assert_eq!(found, Found::Moved("yeni-ad".into()), "{old}");
        }
        // Taken by another one, an old slug is that one's.
        add(&ofis, place, "Eski Ad").await;
        assert_eq!(
            seen_at(&app, place, "eski-ad").await,
            Found::Here("Eski Ad".into())
        );
        let form = ofis
            .get(&format!("{url}/edit"))
            .await
            .form("#shelf-form form");
        let reply = ofis.submit(&form.set("name", "ESKİ AD")).await;
        assert_eq!(reply.status, 422);
        assert!(reply.one("#f-name-error").contains("Eski Ad"));
    }
}

#[tokio::test]
async fn an_edit_that_comes_too_late_shows_both_and_saves_over_it_when_asked_to() {
    let app = TestApp::new().await;
    let (ofis, ada) = (app.sign_in(OFIS).await, app.sign_in(ADA).await);
    for place in PLACES {
        add(&ofis, place, "Ortak").await;
        let url = url_of(&ofis, place, "Ortak").await;
        let mine = ofis
            .get(&format!("{url}/edit"))
            .await
            .form("#shelf-form form");
        let theirs = ada
            .get(&format!("{url}/edit"))
            .await
            .form("#shelf-form form");
        ada.submit(&theirs.set("name", "Onunki")).await;
        let reply = ofis.submit(&mine.set("name", "Benimki")).await;
        assert_eq!(reply.status, 409);
        let table = reply.one("#conflict table");
        assert!(
            table.contains("Onunki") && table.contains("Benimki"),
            "{table}"
        );
        let again = reply.form("#shelf-form form");
        assert_eq!(ofis.submit(&again).await.status, 303);
        url_of(&ofis, place, "Benimki").await;
        for action in ["delete", "merge"] {
            let fields = [("version", "1"), ("into", url.rsplit('/').next().unwrap())];
            let late = ofis.post_form(&format!("{url}/{action}"), &fields).await;
            assert!(
                [409, 422].contains(&late.status),
                "{action}: {}",
                late.status
            );
        }
        url_of(&ofis, place, "Benimki").await;
    }
}

#[tokio::test]
async fn merging_moves_the_posts_and_leads_every_slug_to_the_other() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for place in PLACES {
        for name in ["Kaynak", "Hedef"] {
            add(&ofis, place, name).await;
        }
    }
    let from = url_of(&ofis, PLACES[0], "Kaynak").await;
    let category = id_of::<()>(&from).to_string();
    let first = write(&app, "Birinci Yazı", &category, "Kaynak").await;
    let both = write(&app, "İkinci Yazı", &category, "Kaynak, Hedef").await;
    for place in PLACES {
        let (from, to) = (
            url_of(&ofis, place, "Kaynak").await,
            url_of(&ofis, place, "Hedef").await,
        );
        // An older slug of the one that goes.
        let form = ofis
            .get(&format!("{from}/edit"))
            .await
            .form("#shelf-form form");
        ofis.submit(&form.set("slug", "kaynak-yeni")).await;
        let choose = ofis.get(&format!("{from}/merge")).await;
        assert!(
            !choose.has("form[method=post][action$='/merge']"),
            "choose first"
        );
        let options = choose.texts("#f-into option");
        assert!(options.contains(&"Hedef".into()) && !options.contains(&"Kaynak".into()));
        let into = to.rsplit('/').next().unwrap();
        let confirm = ofis.get(&format!("{from}/merge?into={into}")).await;
        assert!(
            confirm.one(".effects").contains('2'),
            "{}",
            confirm.one(".effects")
        );
        let form = confirm.form("form[method=post][action$='/merge']");
        assert_eq!(ofis.submit(&form).await.status, 303);
        for slug in ["kaynak", "kaynak-yeni"] {
            assert_eq!(
                seen_at(&app, place, slug).await,
                Found::Moved("hedef".into()),
                "{slug}"
            );
        }
        assert_eq!(ofis.get(&format!("{from}/edit")).await.status, 404);
        let page = ofis.get(&format!("{place}?lang=tr&q=hedef")).await;
        assert_eq!(page.texts("#list tbody td.num"), ["2"]);
    }
    let mut conn = app.db.read().await.unwrap();
    for post in [first, both] {
        let tags = tags::queries::of_post(&mut conn, post).await.unwrap();
        let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(names, ["Hedef"]);
    }
    let noted = app.noted().await;
    assert!(noted.contains(&"categories.merge".into()) && noted.contains(&"tags.merge".into()));
}

#[tokio::test]
async fn only_another_one_of_the_same_language_takes_over() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for place in PLACES {
        add(&ofis, place, "Kaynak").await;
        let from = url_of(&ofis, place, "Kaynak").await;
        let own = from.rsplit('/').next().unwrap().to_owned();
        let english = ofis.get(&format!("{place}?lang=en")).await;
        let english = english.attr("#list tbody th a", "href").unwrap();
        let english = english
            .trim_end_matches("/edit")
            .rsplit('/')
            .next()
            .unwrap();
        for into in [own.as_str(), english, "x", "", &Uuid::now_v7().to_string()] {
            let fields = [("version", "1"), ("into", into)];
            let reply = ofis.post_form(&format!("{from}/merge"), &fields).await;
            assert_eq!(reply.status, 422, "{into}");
            assert!(reply.has("#f-into-error"), "{into}");
        }
        url_of(&ofis, place, "Kaynak").await;
    }
}

#[tokio::test]
async fn deleted_its_posts_live_on_and_its_slugs_are_gone() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for place in PLACES {
        add(&ofis, place, "Gidici").await;
        let url = url_of(&ofis, place, "Gidici").await;
        let form = ofis
            .get(&format!("{url}/edit"))
            .await
            .form("#shelf-form form");
        ofis.submit(&form.set("slug", "gidici-2")).await;
    }
    let category = url_of(&ofis, PLACES[0], "Gidici").await;
    let post = write(
        &app,
        "Kalan",
        &id_of::<()>(&category).to_string(),
        "Gidici, Kalıcı",
    )
    .await;
    // One in the trash has it, too.
    let trashed = write(
        &app,
        "Çöpteki",
        &id_of::<()>(&category).to_string(),
        "Gidici",
    )
    .await;
    let cx = crate::posts::cx(&app, OFIS).await;
    posts::actions::trash(&cx, trashed, 2).await.unwrap();
    for place in PLACES {
        let url = url_of(&ofis, place, "Gidici").await;
        let confirm = ofis.get(&format!("{url}/delete")).await;
        assert!(confirm.one(".effects").contains('1') || confirm.one(".effects").contains("One"));
        let form = confirm.form("form[method=post][action$='/delete']");
        let reply = ofis.submit(&form).await;
        assert_eq!(reply.location(), format!("{place}?lang=tr"));
        for slug in ["gidici", "gidici-2"] {
            assert_eq!(seen_at(&app, place, slug).await, Found::Gone, "{slug}");
        }
        assert_eq!(ofis.submit(&form).await.status, 404, "twice");
    }
    let left = posts::queries::find(&mut app.db.read().await.unwrap(), post)
        .await
        .unwrap();
    assert_eq!(left.category_id, None);
    let tags = tags::queries::of_post(&mut app.db.read().await.unwrap(), post)
        .await
        .unwrap();
    assert_eq!(tags.len(), 1);
    // What it was called can be used again, and then leads there.
    add(&ofis, PLACES[0], "Gidici").await;
    assert_eq!(
        category_at(&app, "gidici").await,
        Found::Here("Gidici".into())
    );
    let noted = app.noted().await;
    assert!(noted.contains(&"categories.delete".into()) && noted.contains(&"tags.delete".into()));
}

/// The words under which readers find a post follow the names of its tags.
#[tokio::test]
async fn posts_are_found_by_what_their_tags_are_called_now() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    write(&app, "Aranan", "", "Hurdacılık, Ortakad").await;
    write(&app, "Hurdacılık üzerine", "", "Hurdacılık").await;
    let found = async |q: &str| {
        let mut titles = crate::posts::found(&app, q).await;
        titles.sort();
        titles
    };
    assert_eq!(found("hurdacilik").await, ["Aranan", "Hurdacılık üzerine"]);
    let url = url_of(&ofis, PLACES[1], "Hurdacılık").await;
    let form = ofis
        .get(&format!("{url}/edit"))
        .await
        .form("#shelf-form form");
    ofis.submit(&form.set("name", "Geri Dönüşüm").set("slug", ""))
        .await;
    assert_eq!(found("dönüşüm").await.len(), 2, "at once");
    app.run_jobs().await;
    assert_eq!(
        found("hurdacilik").await,
        ["Hurdacılık üzerine"],
        "the title says so"
    );
    assert_eq!(found("dönüşüm").await.len(), 2);
    // Merged into another.
    add(&ofis, PLACES[1], "Atık").await;
    let into = url_of(&ofis, PLACES[1], "Atık").await;
    let merge = format!("{url}/merge?into={}", into.rsplit('/').next().unwrap());
    let form = ofis
        .get(&merge)
        .await
        .form("form[method=post][action$='/merge']");
    ofis.submit(&form).await;
    assert_eq!(found("atık").await.len(), 2, "at once");
    app.run_jobs().await;
    assert!(found("dönüşüm").await.is_empty());
    // Deleted.
    let form = ofis.get(&format!("{into}/delete")).await;
    ofis.submit(&form.form("form[method=post][action$='/delete']"))
        .await;
    app.run_jobs().await;
    assert!(found("atık").await.is_empty());
    assert_eq!(
        found("ortakad").await,
        ["Aranan"],
        "its other tag is as it was"
    );
}

#[tokio::test]
async fn experts_and_clients_are_kept_out() {
    let app = TestApp::new().await;
    let (esra, cem) = (app.sign_in(ESRA).await, app.sign_in(CEM).await);
    let ofis = app.sign_in(OFIS).await;
    for place in PLACES {
        add(&ofis, place, "Sabit").await;
        let url = url_of(&ofis, place, "Sabit").await;
        for (who, status) in [(&esra, 403), (&cem, 404)] {
            for path in ["/edit", "/merge", "/delete"] {
                let reply = who.get(&format!("{url}{path}")).await;
                assert_eq!(reply.status, status, "{path}");
            }
            assert_eq!(who.get(place).await.status, status);
            let reply = who
                .post_form(&format!("{url}/delete"), &[("version", "1")])
                .await;
            assert_eq!(reply.status, status);
        }
        url_of(&ofis, place, "Sabit").await;
    }
    let left = sql!("select count(*) from categories where name = 'Sabit'");
    assert_eq!(app.number(left).await, 1);
}
