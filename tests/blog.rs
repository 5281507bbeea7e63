//! The blog as its readers meet it: lists, posts, search, what moved and what is gone, and when each is seen.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use prosektorweb::{
    app::App,
    cache::BLOG_LIST,
    error::Error,
    features::{
        categories::{self, form::LabelForm, model::Category},
        posts::{actions, form::PostForm, model::Post},
        tags,
    },
    platform::cache::{Key, Timed, Whose},
    routes, sql,
    types::{Id, Lang},
    web::{cx::Cx, public},
};
use uuid::Uuid;

use crate::{
    posts::{created, cx, done, form, published},
    support::{
        Client, Logged, OFIS, Reply, TestApp,
        redis::{Server, until},
    },
};

const CARDS: &str = "section[aria-labelledby=posts-title] .post-card";

/// Texts that have to stay text wherever they are shown.
const ODD: &str =
    "</script><script>alert(1)</script> ]]> \"çift\" 'tek' & <b>İI ıi</b> 👷🏽‍♀️ {{ 7*7 }}";

async fn page(app: &TestApp, path: &str) -> Reply {
    let reply = app.client().get(path).await;
    assert_eq!(reply.status, 200, "{path}");
    reply
}

async fn status(app: &TestApp, path: &str) -> u16 {
    app.client().get(path).await.status
}

fn titles(page: &Reply) -> Vec<String> {
    page.texts(&format!("{CARDS} h3"))
}

/// A post that was published so long ago.
async fn published_at(app: &TestApp, form: &PostForm, ago: TimeDelta) -> Id<Post> {
    let cx = cx(app, OFIS).await;
    let id = published(&cx, form).await;
    let at = app.clock.now() - ago;
    app.execute(sql!(
        "update posts set published_at = ? where id = ?",
        at,
        id
    ))
    .await;
    for table in [
        "update post_words set public_at = ? where post_id = ?",
        "update post_tags set public_at = ? where post_id = ?",
    ] {
        app.execute(
            prosektorweb::platform::db::Sql::new(table)
                .with(at)
                .with(id),
        )
        .await;
    }
    forget(app).await;
    id
}

/// Something of the blog was changed by other hands.
async fn forget(app: &TestApp) {
    let mut tx = app.db.begin().await.unwrap();
    public::changed(app, &mut tx, ["blog:"]).await.unwrap();
    tx.commit().await.unwrap();
}

fn base(app: &TestApp) -> String {
    app.config
        .base_url
        .as_str()
        .trim_end_matches('/')
        .to_owned()
}

/// Ids are there once, what is referred to exists, headings go down step by step, nothing runs.
fn is_sound(page: &Reply, path: &str) {
    assert_eq!(page.count("h1"), 1, "{path}");
    assert_eq!(
        page.count("script:not([type='application/ld+json'])"),
        0,
        "{path}"
    );
    assert_eq!(
        page.count("[hx-get], [hx-post], [style], [onclick]"),
        0,
        "{path}"
    );
    let ids = page.attrs("[id]", "id");
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "{path}");
    let mut wanted = page.attrs("[aria-labelledby]", "aria-labelledby");
    wanted.extend(page.attrs("label[for]", "for"));
    let within = page.attrs("a[href^='#']", "href");
    wanted.extend(within.iter().map(|href| href[1..].to_owned()));
    for id in wanted {
        assert!(ids.contains(&id), "{path}: #{id} leads nowhere");
    }
    let mut before = 0;
    for tag in ["h1, h2, h3, h4, h5, h6"] {
        let html = scraper::Html::parse_document(page.text());
        for heading in html.select(&scraper::Selector::parse(tag).unwrap()) {
            let level: usize = heading.value().name()[1..].parse().unwrap();
            assert!(level <= before + 1, "{path}: h{level} after h{before}");
            before = level;
        }
    }
    for link in page.texts("a, button") {
        assert!(!link.is_empty(), "{path}: a link without words");
    }
}

// ---- lists

#[tokio::test]
async fn a_list_has_nine_a_page_with_what_is_featured_on_the_first_one() {
    let app = TestApp::new().await;
    let base = base(&app);
    let first = page(&app, "/tr/blog").await;
    assert_eq!(titles(&first).len(), 9);
    assert_eq!(first.count(".featured .post-card"), 3);
    assert_eq!(first.attrs("a[rel=next]", "href"), ["/tr/blog?page=2"]);
    assert!(!first.has("a[rel=prev]"));
    assert_eq!(
        first.attr("link[rel=canonical]", "href"),
        Some(format!("{base}/tr/blog"))
    );
    let second = page(&app, "/tr/blog?page=2").await;
    assert_eq!(titles(&second).len(), 1);
    assert!(!titles(&first).contains(&titles(&second)[0]));
    assert!(!second.has(".featured") && !second.has("a[rel=next]"));
    assert_eq!(second.attrs("a[rel=prev]", "href"), ["/tr/blog"]);
    assert_eq!(
        second.attr("link[rel=canonical]", "href"),
        Some(format!("{base}/tr/blog?page=2"))
    );
    assert_ne!(first.one("title"), second.one("title"));
    // The first page by its number is the first page.
    let numbered = page(&app, "/tr/blog?page=1").await;
    assert_eq!(numbered.body, first.body);
    for odd in [
        "0",
        "01",
        "-1",
        "3",
        "abc",
        "",
        "1.5",
        "%32%20",
        "1001",
        "9223372036854775807",
    ] {
        assert_eq!(
            status(&app, &format!("/tr/blog?page={odd}")).await,
            404,
            "{odd}"
        );
    }
    let english = page(&app, "/blog").await;
    assert!(
        BTreeSet::from_iter(titles(&english)).is_disjoint(&BTreeSet::from_iter(titles(&first)))
    );
    assert_eq!(english.attr("html", "lang").as_deref(), Some("en"));
    assert_eq!(first.attr("html", "lang").as_deref(), Some("tr"));
}

#[tokio::test]
async fn categories_tags_and_authors_have_lists_of_their_own() {
    let app = TestApp::new().await;
    let all = page(&app, "/tr/blog").await;
    let shelves = all.attrs(".shelves a:not([aria-current])", "href");
    assert_eq!(shelves.len(), 4);
    for href in &shelves {
        let shelf = page(&app, href).await;
        let name = shelf.one("h1");
        for category in shelf.texts(&format!("{CARDS} .byline-category")) {
            assert_eq!(category, name);
        }
        assert_eq!(
            shelf.attrs(".shelves [aria-current=page]", "href"),
            [href.as_str()]
        );
        assert_eq!(shelf.attrs(".breadcrumbs a", "href"), ["/tr/blog"]);
        assert!(shelf.one("title").contains(&name));
        assert_eq!(status(&app, &format!("{href}?page=2")).await, 404);
        // The slugs of one language are nothing in the other.
        assert_eq!(
            status(&app, &href.replace("/tr/", "/")).await,
            404,
            "{href}"
        );
    }
    let tagged = page(&app, "/tr/blog/tag/seo").await;
    assert_eq!(titles(&tagged).len(), 2);
    assert!(tagged.one("h1").contains("SEO"));
    for missing in [
        "category/yok",
        "tag/yok",
        "author/yok",
        "author/OFIS",
        "tag/a%20b",
        "yok",
        "Hilesiz-SEO",
    ] {
        assert_eq!(
            status(&app, &format!("/tr/blog/{missing}")).await,
            404,
            "{missing}"
        );
    }
}

#[tokio::test]
async fn an_authors_page_has_their_words_of_the_language_and_names_the_other_one() {
    let app = TestApp::new().await;
    let first = page(&app, "/tr/blog").await;
    let href = first.attr("a[rel=author]", "href").unwrap();
    let slug = href.rsplit('/').next().unwrap();
    let bio = "Yirmi yıldır <site> & güvenlik";
    app.execute(sql!(
        "update authors set bio_tr = ? where slug = ?",
        bio,
        slug
    ))
    .await;
    forget(&app).await;
    let turkish = page(&app, &href).await;
    assert_eq!(turkish.one(".blog-lead"), bio);
    let english = page(&app, &href[3..]).await;
    assert!(!english.has(".blog-lead"));
    assert!(english.has(&format!("link[hreflang=tr][href$='{href}']")));
    // Without a post in English there is no English page, and the Turkish one names none.
    app.execute(sql!("update posts set status = 'draft' where lang = 'en'"))
        .await;
    forget(&app).await;
    assert_eq!(status(&app, &href[3..]).await, 404);
    let alone = page(&app, &href).await;
    assert!(!alone.has("link[hreflang=en]"));
    assert_eq!(
        alone.attr("header nav a[hreflang=en]", "href").as_deref(),
        Some("/blog")
    );
}

#[tokio::test]
async fn a_blog_without_posts_says_so_and_has_no_lists() {
    let app = TestApp::new().await;
    let shelf = page(&app, "/blog")
        .await
        .attr(".shelves a:not([aria-current])", "href")
        .unwrap();
    app.execute(sql!("update posts set status = 'draft'")).await;
    forget(&app).await;
    let empty = page(&app, "/blog").await;
    assert!(empty.has(".blog-nothing") && !empty.has(".post-card") && !empty.has(".shelves"));
    is_sound(&empty, "/blog");
    assert_eq!(status(&app, "/blog?page=2").await, 404);
    assert_eq!(status(&app, &shelf).await, 404);
    let nothing = page(&app, "/blog/search?q=hosting").await;
    assert!(!nothing.has(".post-card"));
    is_sound(&nothing, "/blog/search");
}

#[tokio::test]
async fn every_page_of_the_blog_is_sound_small_and_the_same_for_everybody() {
    let app = TestApp::new().await;
    let (nobody, ofis) = (app.client(), app.sign_in(OFIS).await);
    let mut paths: BTreeSet<String> = [
        "/blog",
        "/tr/blog",
        "/blog/search?q=a",
        "/tr/blog/search?q=yok",
        "/tr/blog/search?q=site",
    ]
    .map(str::to_owned)
    .into();
    let mut open: Vec<String> = paths.iter().cloned().collect();
    while let Some(path) = open.pop() {
        let links = page(&app, &path)
            .await
            .attrs("main a[href^='/'], header a[href^='/']", "href");
        for link in links {
            let is_blog = link.contains("/blog");
            if is_blog && paths.insert(link.clone()) {
                open.push(link);
            }
        }
    }
    assert!(paths.len() > 50, "{}", paths.len());
    for path in &paths {
        let plain = nobody.get(path).await;
        assert_eq!(plain.status, 200, "{path}");
        is_sound(&plain, path);
        assert!(plain.body.len() < 40_000, "{path}: {}", plain.body.len());
        assert_eq!(
            plain.header("cache-control"),
            Some("public, max-age=0, s-maxage=60"),
            "{path}"
        );
        assert_eq!(plain.header("vary"), Some("Accept-Encoding"), "{path}");
        assert!(plain.header("etag").is_some() && plain.header("last-modified").is_some());
        for reply in [&plain, &ofis.get(path).await, &nobody.htmx_get(path).await] {
            assert_eq!(reply.all("set-cookie"), [""; 0], "{path}");
            assert!(reply.is_page() && reply.body == plain.body, "{path}");
        }
        // Nothing is loaded from elsewhere.
        let mut loaded = plain.attrs("img[src], script[src]", "src");
        loaded.extend(plain.attrs("link[rel=stylesheet], link[rel=icon]", "href"));
        assert!(
            loaded.iter().all(|url| url.starts_with('/')),
            "{path}: {loaded:?}"
        );
    }
}

// ---- a post

#[tokio::test]
async fn a_post_shows_all_that_there_is_about_it() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let long = PostForm {
        tags: "Özeltag, SEO".into(),
        excerpt: "Kısaca İstanbul.".into(),
        body: "Giriş.\n\n## Birinci başlık\n\n[dış](https://example.org/a) [iç](/tr/blog)\n\n### Alt başlık\n\nMetin.\n\n## Birinci başlık\n\n| a | b |\n|---|---:|\n| 1 | 2 |\n\nDipnot.[^1]\n\n[^1]: İşte.".into(),
        ..form("Uzun Yazı")
    };
    let id = published(&cx, &long).await;
    let english = PostForm {
        lang: "en".into(),
        title: "The Long One".into(),
        translates: id.to_string(),
        ..form("")
    };
    published(
        &cx,
        &PostForm {
            body: "Text.".into(),
            ..english
        },
    )
    .await;
    let path = "/tr/blog/uzun-yazi";
    let reply = page(&app, path).await;
    is_sound(&reply, path);
    assert_eq!(reply.one("h1"), "Uzun Yazı");
    assert_eq!(reply.one(".post-head .blog-lead"), "Kısaca İstanbul.");
    assert_eq!(
        reply.attr(".post-head time", "datetime").as_deref(),
        Some("2026-11-24")
    );
    assert_eq!(reply.one(".post-head time"), "24 Kasım 2026 Salı");
    assert_eq!(
        reply.attrs(".toc a", "href"),
        ["#h-birinci-baslik", "#h-alt-baslik", "#h-birinci-baslik-2"]
    );
    assert_eq!(reply.attrs(".toc li", "class"), ["toc-2", "toc-3", "toc-2"]);
    assert_eq!(
        reply.attrs(".post-tags a", "href"),
        ["/tr/blog/tag/ozeltag", "/tr/blog/tag/seo"]
    );
    assert_eq!(
        reply.attr(".prose a[href^='https']", "rel").as_deref(),
        Some("nofollow noopener")
    );
    assert_eq!(
        reply.attrs(".translation a[hreflang=en][lang=en]", "href"),
        ["/blog/the-long-one"]
    );
    assert_eq!(
        reply.attr("header nav a[hreflang=en]", "href").as_deref(),
        Some("/blog/the-long-one")
    );
    assert!(reply.has("link[rel=alternate][hreflang=en][href$='/blog/the-long-one']"));
    assert!(reply.has(".around a[rel=prev]") && !reply.has(".around a[rel=next]"));
    assert_eq!(reply.count(".related .post-card"), 3);
    assert_eq!(reply.attrs(".breadcrumbs a", "href"), ["/tr/blog"]);
    let url = format!("{}{path}", base(&app));
    for (place, link) in [
        "https://www.linkedin.com/",
        "https://x.com/",
        "https://wa.me/",
        "mailto:",
    ]
    .iter()
    .zip(reply.attrs(".post-share a", "href"))
    {
        assert!(link.starts_with(place), "{link}");
        let link: url::Url = link.parse().unwrap();
        let told: Vec<String> = link
            .query_pairs()
            .map(|(_, value)| value.into_owned())
            .collect();
        assert!(told.iter().any(|value| value.contains(&url)), "{link}");
        assert!(!link.as_str().contains('+'), "{link}");
    }
    // The one before it leads here, and the translation leads back.
    let before = reply.attr(".around a[rel=prev]", "href").unwrap();
    let before = page(&app, &before).await;
    assert_eq!(before.attrs(".around a[rel=next]", "href"), [path]);
    let there = page(&app, "/blog/the-long-one").await;
    assert_eq!(there.attrs(".translation a", "href"), [path]);
    assert!(!there.has(".toc") && !there.has(".post-tags"));
    // Changed on a later day in Istanbul, which begins at 21:00 UTC.
    app.clock.shift(TimeDelta::hours(12));
    let longer = PostForm {
        body: format!("{} Daha.", long.body),
        ..long
    };
    done(actions::update(&cx, id, 2, &longer).await.unwrap());
    let changed = page(&app, path).await;
    assert_eq!(
        changed.attrs(".post-head time", "datetime"),
        ["2026-11-24", "2026-11-25"]
    );
    assert!(changed.one(".prose").contains("Daha."));
}

#[tokio::test]
async fn a_post_of_another_release_is_cleaned_again_before_it_is_shown() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(&cx, &form("Eski Hâl")).await;
    let bad = "<p onclick=\"x()\" style=\"a\">a<script>alert(1)</script></p><h2>b</h2><img src=\"https://evil.test/a.png\" alt=\"c\">";
    app.execute(sql!(
        "update posts set body_html = ?, html_release = 'older' where id = ?",
        bad,
        id
    ))
    .await;
    forget(&app).await;
    let reply = page(&app, "/tr/blog/eski-hal").await;
    is_sound(&reply, "/tr/blog/eski-hal");
    let text = reply.text();
    for refused in ["onclick", "alert(1)", "evil.test", "style="] {
        assert!(!text.contains(refused), "{refused}");
    }
    assert!(reply.has(".prose h2#h-b"));
    // What was never drawn is drawn of what was typed.
    app.execute(sql!(
        "update posts set body = '*yeni* <script>x</script>', body_html = null where id = ?",
        id
    ))
    .await;
    forget(&app).await;
    let reply = page(&app, "/tr/blog/eski-hal").await;
    assert_eq!(reply.one(".prose em"), "yeni");
    is_sound(&reply, "/tr/blog/eski-hal");
}

#[tokio::test]
async fn whatever_is_typed_stays_text_wherever_it_is_shown() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let odd = PostForm {
        lang: "tr".into(),
        title: ODD.into(),
        slug: "tuhaf".into(),
        excerpt: format!("Özet: {ODD}"),
        body: format!("Gövde {}", ODD.replace('<', "\\<")),
        meta_description: ODD.into(),
        featured: "true".into(),
        tags: "x".into(),
        ..form("")
    };
    let id = published(&cx, &odd).await;
    // Names that the forms would refuse to take, too.
    app.execute(sql!(
        "update tags set name = ? where slug = 'x'",
        &ODD[..74]
    ))
    .await;
    let (category,): (Uuid,) = app
        .rows(sql!(
            "select id from categories where lang = 'tr' order by slug"
        ))
        .await[0];
    app.execute(sql!(
        "update categories set name = ? where id = ?",
        &ODD[..74],
        category
    ))
    .await;
    app.execute(sql!(
        "update posts set category_id = ? where id = ?",
        category,
        id
    ))
    .await;
    app.execute(sql!("update users set name = ? where email = ?", ODD, OFIS))
        .await;
    forget(&app).await;
    let asked: String = url::form_urlencoded::byte_serialize(ODD.as_bytes()).collect();
    let author = page(&app, "/tr/blog/tuhaf")
        .await
        .attr(".post-head a[rel=author]", "href")
        .unwrap();
    let category = page(&app, "/tr/blog/tuhaf")
        .await
        .attr(".byline-category", "href")
        .unwrap();
    for path in [
        "/tr/blog".to_owned(),
        "/tr/blog/tuhaf".to_owned(),
        "/tr/blog/tag/x".to_owned(),
        category,
        author,
        format!("/tr/blog/search?q={asked}"),
        format!("/tr/blog/search?q={asked}+yokyok"),
        "/tr/blog/search?q=alert".to_owned(),
    ] {
        let reply = page(&app, &path).await;
        is_sound(&reply, &path);
        assert_eq!(reply.count("main b"), 0, "{path}");
        assert!(!reply.text().contains("49"), "{path}");
        assert!(reply.count("script") <= 1, "{path}");
        for graph in reply.texts("script") {
            let graph: serde_json::Value = serde_json::from_str(&graph).unwrap();
            assert_eq!(graph["@context"], "https://schema.org");
        }
        let shown = reply
            .texts("h1, h3, .byline-category, .byline a, .blog-found, .breadcrumbs [aria-current]");
        assert!(
            shown
                .iter()
                .any(|text| text.contains("</script><script>alert(1)</script> ]]>")),
            "{path}: {shown:?}"
        );
    }
    let post = page(&app, "/tr/blog/tuhaf").await;
    assert_eq!(post.one("h1"), ODD);
    assert_eq!(
        post.attr("meta[name=description]", "content").as_deref(),
        Some(ODD)
    );
    assert!(post.one(".prose").contains("</script><script>"));
    let input = page(&app, &format!("/tr/blog/search?q={asked}")).await;
    assert_eq!(input.attr("#blog-q", "value").as_deref(), Some(ODD));
    assert_eq!(
        input.texts(".hits mark").concat().matches("alert").count(),
        2,
        "{:?}",
        input.texts(".hits mark")
    );
}

// ---- what is seen when

/// Everything that readers can ask of the blog, with what people would type.
async fn everything(client: &Client, words: &[&str], slugs: &[&str]) -> String {
    let mut urls: Vec<String> = [
        "/tr/blog",
        "/tr/blog?page=2",
        "/tr/blog/tag/gizemli",
        "/tr/blog/category/kapalikutu",
        "/tr/blog/category/eski-raf",
        "/tr/blog/hilesiz-seo",
        "/blog",
        "/llms.txt",
    ]
    .map(str::to_owned)
    .into();
    let feeds = ["feed.xml", "rss.xml", "feed.json"];
    for shelf in [
        "",
        "/blog/tag/gizemli",
        "/blog/category/kapalikutu",
        "/blog/category/eski-raf",
    ] {
        urls.extend(feeds.map(|file| format!("/tr{shelf}/{file}")));
    }
    urls.extend(words.iter().map(|word| format!("/tr/blog/search?q={word}")));
    urls.extend(slugs.iter().map(|slug| format!("/tr/blog/{slug}")));
    let mut text = String::new();
    for url in urls {
        let reply = client.get(&url).await;
        assert!(
            [200, 301, 404, 410].contains(&reply.status),
            "{url}: {}",
            reply.status
        );
        // What was typed is shown again, which tells nothing.
        if reply
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
        {
            let main = reply.texts("main section, main article, .shelves");
            text.push_str(&main.concat());
        } else {
            text.push_str(reply.text());
        }
    }
    text
}

/// A category that had another name.
async fn kapalikutu(cx: &Cx) -> Id<Category> {
    let label = |name: &str| LabelForm {
        name: name.into(),
        ..LabelForm::default()
    };
    let checked = label("Eski raf").check().unwrap();
    let id = categories::actions::create(cx, Lang::Tr, &checked).await;
    let id = done(id.unwrap());
    let renamed = categories::actions::rename(cx, id, 1, &label("Kapalikutu")).await;
    done(renamed.unwrap());
    id
}

async fn tells_no_shelf(app: &TestApp) {
    for folder in ["category/kapalikutu", "category/eski-raf", "tag/gizemli"] {
        for file in ["", "/feed.xml", "/rss.xml", "/feed.json"] {
            let path = format!("/tr/blog/{folder}{file}");
            assert_eq!(status(app, &path).await, 404, "{path}");
        }
    }
}

async fn tells_the_shelves(app: &TestApp) {
    for folder in ["category/kapalikutu", "tag/gizemli"] {
        let feed = page(app, &format!("/tr/blog/{folder}/feed.xml")).await;
        assert!(feed.text().contains("Sonrakelime"), "{folder}");
    }
    let moved = app.client().get("/tr/blog/category/eski-raf/rss.xml").await;
    assert_eq!(
        (moved.status, moved.location()),
        (301, "/tr/blog/category/kapalikutu/rss.xml")
    );
}

#[tokio::test]
async fn drafts_scheduled_and_trashed_posts_are_nowhere_and_a_scheduled_one_is_everywhere_from_its_second_on()
 {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let category = kapalikutu(&cx).await;
    let secret = |title: &str| PostForm {
        tags: "Gizemli".into(),
        category: category.to_string(),
        featured: "true".into(),
        ..form(title)
    };
    created(&cx, &secret("Taslakkelime")).await;
    let later = created(&cx, &secret("Sonrakelime")).await;
    done(
        actions::schedule(&cx, later, 1, "2026-11-24T12:10")
            .await
            .unwrap(),
    );
    let trashed = created(&cx, &secret("Copkelime")).await;
    actions::trash(&cx, trashed, 1).await.unwrap();
    let words = ["taslakkelime", "sonrakelime", "copkelime", "gizemli"];
    let nobody = app.client();
    let text = everything(&nobody, &words, &words).await;
    let secrets = [
        "Taslakkelime",
        "Sonrakelime",
        "Copkelime",
        "Gizemli",
        "Kapalikutu",
    ];
    for word in secrets.into_iter().chain(["kapalikutu"]) {
        assert!(!text.contains(word), "{word}");
    }
    for slug in words {
        assert_eq!(
            status(&app, &format!("/tr/blog/{slug}")).await,
            404,
            "{slug}"
        );
    }
    tells_no_shelf(&app).await;
    // No lifetime goes past the moment.
    let list = page(&app, "/tr/blog").await;
    assert_eq!(
        list.header("cache-control"),
        Some("public, max-age=0, s-maxage=60")
    );
    app.clock.shift(TimeDelta::seconds(575));
    let list = page(&app, "/tr/blog").await;
    let left: u32 = list
        .header("cache-control")
        .unwrap()
        .rsplit('=')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!((20..=25).contains(&left), "{left}");
    assert!(
        !everything(&nobody, &words, &words)
            .await
            .contains("Sonrakelime")
    );
    // Its second comes: all of these pages are kept.
    let moment: DateTime<Utc> = "2026-11-24T09:10:00Z".parse().unwrap();
    app.clock.shift(moment - app.clock.now());
    assert_eq!(titles(&page(&app, "/tr/blog").await)[0], "Sonrakelime");
    assert_eq!(
        page(&app, "/tr/blog").await.one(".featured h3"),
        "Sonrakelime"
    );
    assert_eq!(
        page(&app, "/tr/blog/sonrakelime").await.one("h1"),
        "Sonrakelime"
    );
    assert_eq!(
        titles(&page(&app, "/tr/blog/tag/gizemli").await),
        ["Sonrakelime"]
    );
    tells_the_shelves(&app).await;
    assert_eq!(
        page(&app, "/tr/blog/search?q=sonrakelime")
            .await
            .texts(".hits h3"),
        ["Sonrakelime"]
    );
    let text = everything(&nobody, &words, &words).await;
    assert!(!text.contains("Taslakkelime") && !text.contains("Copkelime"));
    // Taken back, it is gone from all of them at once.
    done(actions::unpublish(&cx, later, 2).await.unwrap());
    assert!(
        !everything(&nobody, &words, &words)
            .await
            .contains("Sonrakelime")
    );
    tells_no_shelf(&app).await;
    assert_eq!(status(&app, "/tr/blog/sonrakelime").await, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_instances_share_ends_at_the_second_too() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    until(app.redis.as_ref().unwrap(), true).await;
    let other = App::build(app.config.clone(), app.clock.clone())
        .await
        .unwrap();
    other.state.set_ready();
    until(other.redis.as_ref().unwrap(), true).await;
    let there = Client::new(routes::table().into_front(&other));
    let cx = cx(&app, OFIS).await;
    let later = created(&cx, &form("Sonrakelime")).await;
    done(
        actions::schedule(&cx, later, 1, "2026-11-24T12:10")
            .await
            .unwrap(),
    );
    let asked = [
        "/tr/blog",
        "/tr/blog/search?q=sonrakelime",
        "/tr/blog/hilesiz-seo",
    ];
    for path in asked {
        // The second instance has it of Redis.
        for reply in [app.client().get(path).await, there.get(path).await] {
            assert_eq!(reply.status, 200);
            assert!(!reply.texts("main section").concat().contains("Sonrakelime"));
        }
    }
    app.clock.shift(TimeDelta::minutes(11));
    for path in &asked[..2] {
        for reply in [
            there.get(path).await,
            app.client().get(path).await,
            there.get(path).await,
        ] {
            assert!(
                reply.texts("main section").concat().contains("Sonrakelime"),
                "{path}"
            );
        }
    }
    for reply in [
        there.get("/tr/blog/sonrakelime").await,
        app.client().get("/tr/blog/sonrakelime").await,
    ] {
        assert_eq!(reply.status, 200);
    }
    // An edit here is seen there at once.
    done(
        actions::update(&cx, later, 2, &form("Başkakelime"))
            .await
            .unwrap(),
    );
    assert_eq!(titles(&there.get("/tr/blog").await)[0], "Başkakelime");
    assert_eq!(there.get("/tr/blog/sonrakelime").await.status, 301);
}

#[tokio::test]
async fn a_value_that_is_past_its_moment_is_loaded_once_more_and_never_comes_back() {
    let app = TestApp::new().await;
    let key = Key::new(&BLOG_LIST, Whose::Public).part("test");
    let loads = Arc::new(AtomicU32::new(0));
    let now = app.clock.now();
    let moments = [now + TimeDelta::seconds(10), now + TimeDelta::seconds(20)];
    let (counter, clock) = (Arc::clone(&loads), app.clock.clone());
    let load = move || {
        let (counter, clock) = (Arc::clone(&counter), clock.clone());
        async move {
            let value = counter.fetch_add(1, Ordering::SeqCst);
            let next_change = moments.into_iter().find(|at| *at > clock.now());
            Ok::<_, Error>(Timed {
                value,
                until: next_change,
            })
        }
    };
    let ask = async || {
        app.cache
            .get_or_set_timed(&key, &BLOG_LIST, load.clone())
            .await
            .unwrap()
            .value
    };
    assert_eq!((ask().await, ask().await), (0, 0));
    app.clock.shift(TimeDelta::seconds(10));
    // Many ask at once; one loads.
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    assert_eq!([a, b, c, ask().await], [1; 4]);
    app.clock.shift(TimeDelta::seconds(10));
    assert_eq!((ask().await, ask().await), (2, 2));
    assert_eq!(loads.load(Ordering::SeqCst), 3);
    // A change ends it as it ends every other value.
    forget(&app).await;
    assert_eq!((ask().await, ask().await), (3, 3));
}

#[tokio::test]
async fn a_failed_load_is_told_and_not_remembered() {
    let app = TestApp::new().await;
    let key = Key::new(&BLOG_LIST, Whose::Public).part("test");
    let missing = async || Err::<Timed<u32>, _>(Error::NotFound);
    assert!(matches!(
        app.cache.get_or_set_timed(&key, &BLOG_LIST, missing).await,
        Err(Error::NotFound)
    ));
    let found = async || {
        Ok::<_, Error>(Timed {
            value: 7,
            until: None,
        })
    };
    assert_eq!(
        app.cache
            .get_or_set_timed(&key, &BLOG_LIST, found)
            .await
            .unwrap()
            .value,
        7
    );
}

#[tokio::test]
async fn an_edit_is_on_every_page_at_the_next_request() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(
        &cx,
        &PostForm {
            tags: "SEO".into(),
            ..form("Önceki Başlık")
        },
    )
    .await;
    let paths = [
        "/tr/blog",
        "/tr/blog/tag/seo",
        "/tr/blog/onceki-baslik",
        "/tr/blog/search?q=baslik",
        "/tr/blog/hilesiz-seo",
    ];
    for path in paths {
        let shown = page(&app, path).await.one("main");
        assert!(shown.contains("Önceki Başlık"), "{path}");
    }
    let edited = PostForm {
        tags: "SEO".into(),
        slug: "onceki-baslik".into(),
        ..form("Yeni Başlık")
    };
    done(actions::update(&cx, id, 2, &edited).await.unwrap());
    for path in paths {
        let reply = page(&app, path).await;
        assert!(!reply.one("main").contains("Önceki Başlık"), "{path}");
        assert!(reply.one("main").contains("Yeni Başlık"), "{path}");
    }
}

// ---- what moved, what is gone

#[tokio::test]
async fn an_old_address_leads_to_the_last_one_in_one_hop() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(&cx, &form("Birinci Ad")).await;
    for (version, title) in [(2, "İkinci Ad"), (3, "Üçüncü Ad")] {
        done(
            actions::update(&cx, id, version, &form(title))
                .await
                .unwrap(),
        );
    }
    for old in ["birinci-ad", "ikinci-ad"] {
        let reply = app
            .client()
            .get(&format!("/tr/blog/{old}?utm_source=x"))
            .await;
        assert_eq!(
            (reply.status, reply.location()),
            (301, "/tr/blog/ucuncu-ad")
        );
        assert_eq!(reply.header("cache-control"), Some("public, max-age=3600"));
        assert_eq!(reply.all("set-cookie"), [""; 0]);
        assert_eq!(status(&app, &format!("/blog/{old}")).await, 404);
    }
    // Whoever takes an old address has it from then on.
    published(&cx, &form("Birinci Ad")).await;
    assert_eq!(
        page(&app, "/tr/blog/birinci-ad").await.one("h1"),
        "Birinci Ad"
    );
    // A redirect to what is not public yet tells nothing.
    done(actions::unpublish(&cx, id, 4).await.unwrap());
    assert_eq!(status(&app, "/tr/blog/ikinci-ad").await, 404);
}

#[tokio::test]
async fn a_redirect_is_remembered_no_longer_than_until_a_scheduled_post_takes_its_address() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(&cx, &form("Adres")).await;
    done(
        actions::update(&cx, id, 2, &form("Yeni Adres"))
            .await
            .unwrap(),
    );
    let later = created(&cx, &form("Adres")).await;
    done(
        actions::schedule(&cx, later, 1, "2026-11-24T12:20")
            .await
            .unwrap(),
    );
    let reply = app.client().get("/tr/blog/adres").await;
    assert!([301, 404].contains(&reply.status), "{}", reply.status);
    if reply.status == 301 {
        let told = reply.header("cache-control").unwrap();
        let seconds: u32 = told.rsplit('=').next().unwrap().parse().unwrap();
        assert!(seconds <= 1200, "{told}");
    }
    app.clock.shift(TimeDelta::minutes(21));
    assert_eq!(page(&app, "/tr/blog/adres").await.one("h1"), "Adres");
}

#[tokio::test]
async fn what_was_taken_down_is_gone_and_the_page_helps_on() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let id = published(&cx, &form("Kısa Ömürlü")).await;
    assert_eq!(status(&app, "/tr/blog/kisa-omurlu").await, 200);
    actions::trash(&cx, id, 2).await.unwrap();
    let reply = app.client().get("/tr/blog/kisa-omurlu").await;
    assert_eq!(reply.status, 410);
    is_sound(&reply, "gone");
    assert!(!reply.text().contains("Kısa Ömürlü"));
    assert_eq!(reply.count(".suggested .post-card"), 3);
    assert_eq!(
        reply.attr("form[role=search]", "action").as_deref(),
        Some("/tr/blog/search")
    );
    assert!(reply.has(".shelves a") && reply.has("meta[name=robots][content^=noindex]"));
    assert_eq!(reply.all("set-cookie"), [""; 0]);
    assert!(reply.header("cache-control").unwrap().starts_with("public"));
    // It comes back at once.
    done(actions::restore(&cx, id, 3, None).await.unwrap());
    assert_eq!(status(&app, "/tr/blog/kisa-omurlu").await, 200);
}

#[tokio::test]
async fn categories_and_tags_lead_on_to_what_they_became() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let first: (Uuid, String) = app
        .rows::<(Uuid, String)>(sql!(
            "select id, slug from categories where lang = 'tr' order by slug"
        ))
        .await[0]
        .clone();
    let form = categories::form::LabelForm {
        name: "Başka Ad".into(),
        ..Default::default()
    };
    done(
        categories::actions::rename(&cx, Id::from_uuid(first.0), 1, &form)
            .await
            .unwrap(),
    );
    let reply = app
        .client()
        .get(&format!("/tr/blog/category/{}?page=7", first.1))
        .await;
    let expected = if reply.status == 301 {
        "/tr/blog/category/baska-ad"
    } else {
        ""
    };
    assert_eq!(reply.location(), expected);
    let reply = app
        .client()
        .get(&format!("/tr/blog/category/{}", first.1))
        .await;
    assert_eq!(
        (reply.status, reply.location()),
        (301, "/tr/blog/category/baska-ad")
    );
    assert_eq!(
        page(&app, "/tr/blog/category/baska-ad").await.one("h1"),
        "Başka Ad"
    );
    let tag: (Uuid,) = app
        .rows(sql!(
            "select id from tags where lang = 'tr' and slug = 'seo'"
        ))
        .await[0];
    let form = categories::form::LabelForm {
        name: "Arama".into(),
        ..Default::default()
    };
    done(
        tags::actions::rename(&cx, Id::from_uuid(tag.0), 1, &form)
            .await
            .unwrap(),
    );
    let reply = app.client().get("/tr/blog/tag/seo").await;
    assert_eq!(
        (reply.status, reply.location()),
        (301, "/tr/blog/tag/arama")
    );
}

// ---- search

#[tokio::test]
async fn what_is_found_is_marked_in_the_letters_that_were_meant() {
    let app = TestApp::new().await;
    let cx = cx(&app, OFIS).await;
    let body = "Uzun bir giriş. ".repeat(30) + "Şantiyede İSKELE kurulurken ıslak zemin.";
    published(
        &cx,
        &PostForm {
            body,
            ..form("İstanbul'da Çalışma")
        },
    )
    .await;
    for (q, title, mark) in [
        ("istanbul", "İstanbul'da Çalışma", "İstanbul"),
        ("ISTANBUL", "İstanbul'da Çalışma", "İstanbul"),
        ("İstan", "İstanbul'da Çalışma", "İstan"),
        ("calis", "İstanbul'da Çalışma", "Çalış"),
        ("iskele", "İstanbul'da Çalışma", "İSKELE"),
        ("%C4%B1slak", "İstanbul'da Çalışma", "ıslak"),
    ] {
        let q: String = if q.starts_with('%') {
            q.into()
        } else {
            url::form_urlencoded::byte_serialize(q.as_bytes()).collect()
        };
        let reply = page(&app, &format!("/tr/blog/search?q={q}")).await;
        assert_eq!(reply.one(".hits h3"), title, "{q}");
        assert!(
            reply.texts(".hits mark").contains(&mark.to_owned()),
            "{q}: {:?}",
            reply.texts(".hits mark")
        );
        assert!(reply.has("meta[name=robots][content^=noindex]"));
        assert!(reply.one("title").contains("Arama"));
    }
    let both = page(&app, "/tr/blog/search?q=iskele+zemin").await;
    assert!(
        both.one(".hits p")
            .contains("Şantiyede İSKELE kurulurken ıslak zemin.")
    );
    // Posts of the other language are not found.
    assert!(!page(&app, "/blog/search?q=iskele").await.has(".hits"));
}

#[tokio::test]
async fn a_search_has_pages_and_says_what_it_cannot_find() {
    let app = TestApp::new().await;
    for n in 0..11 {
        published_at(
            &app,
            &form(&format!("Ortakkelime {n}")),
            TimeDelta::minutes(n),
        )
        .await;
    }
    let first = page(&app, "/tr/blog/search?q=ortakkelime").await;
    assert_eq!(first.count(".hits > li"), 9);
    assert!(first.one(".blog-found").contains("11"));
    assert_eq!(
        first.attrs("a[rel=next]", "href"),
        ["/tr/blog/search?q=ortakkelime&page=2"]
    );
    let second = page(&app, "/tr/blog/search?q=ortakkelime&page=2").await;
    assert_eq!(second.count(".hits > li"), 2);
    assert_eq!(
        second.attrs("a[rel=prev]", "href"),
        ["/tr/blog/search?q=ortakkelime"]
    );
    assert!(
        BTreeSet::from_iter(first.texts(".hits h3"))
            .is_disjoint(&BTreeSet::from_iter(second.texts(".hits h3")))
    );
    for odd in [
        "q=ortakkelime&page=3",
        "q=ortakkelime&page=x",
        "q=&page=2",
        "q=yokyok&page=2",
        "page=2",
    ] {
        assert_eq!(
            status(&app, &format!("/tr/blog/search?{odd}")).await,
            404,
            "{odd}"
        );
    }
    let asked = |q: &str| format!("/tr/blog/search?q={q}");
    for (q, found) in [
        ("", false),
        ("+++", false),
        ("a", false),
        ("%00", false),
        ("!?", false),
        ("yokyok", false),
    ] {
        let reply = page(&app, &asked(q)).await;
        assert_eq!(reply.has(".hits"), found, "{q}");
        assert_eq!(reply.count(".suggested .post-card"), 3, "{q}");
        assert!(reply.has(".shelves a"), "{q}");
        assert_eq!(
            reply.has(".blog-found"),
            !["", "+++", "%00"].contains(&q),
            "{q}"
        );
        is_sound(&reply, q);
    }
    assert_eq!(
        page(&app, "/tr/blog/search").await.body,
        page(&app, &asked("")).await.body
    );
    // A letter beside a word is passed over, and so is what comes after many words.
    assert_eq!(
        page(&app, &asked("a+ortakkelime+b"))
            .await
            .count(".hits > li"),
        9
    );
    let long = format!("ortakkelime+{}", "ortakkelime+x+".repeat(400));
    let reply = page(&app, &asked(&long)).await;
    assert_eq!(reply.count(".hits > li"), 9);
    assert!(reply.attr("#blog-q", "value").unwrap().chars().count() <= 200);
    let words: Vec<String> = (0..60).map(|n| format!("yok{n}")).collect();
    assert!(!page(&app, &asked(&words.join("+"))).await.has(".hits"));
    assert!(
        !page(&app, &asked(&"%C5%9F".repeat(3000)))
            .await
            .has(".hits")
    );
}

#[tokio::test]
async fn what_people_search_for_is_in_no_log_and_not_kept_without_end() {
    let app = TestApp::new().await;
    let logged = Logged::default();
    let guard = logged.begin(tracing::Level::INFO);
    for n in 0..40 {
        page(&app, "/tr/blog/search?q=veliyurt").await;
        page(&app, &format!("/tr/blog/search?q=veli{n}@example.org")).await;
        page(&app, &format!("/tr/blog/search?q=veliyurt&x={n}")).await;
    }
    drop(guard);
    assert!(app.pages.len() <= 41, "{}", app.pages.len());
    let text = logged.text();
    assert!(text.contains("blog:search:") && !text.contains("veli"));
}
