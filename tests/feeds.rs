//! Feeds: valid, whole, in both languages, and true from the second on that something changes.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use poem::http::HeaderMap;
use prosektorweb::{
    app::App,
    features::{
        categories::{self, form::LabelForm, model::Label},
        posts::{actions, form::PostForm, model::Post},
    },
    routes, sql,
    types::{Id, Lang},
    web::seo::base_url,
};
use serde_json::Value;
use url::Url;

use crate::support::{
    Client, OFIS, Reply, TestApp, config,
    redis::{Server, until},
    writer::{Writer, done, turkish},
    xml::Node,
};

const FILES: [(&str, &str); 3] = [
    ("feed.xml", "application/atom+xml; charset=utf-8"),
    ("rss.xml", "application/rss+xml; charset=utf-8"),
    ("feed.json", "application/feed+json"),
];

/// What all three formats say of a post.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    id: String,
    url: String,
    title: String,
    html: Option<String>,
    published_at: DateTime<Utc>,
    author: String,
    terms: Vec<String>,
}

fn moment(text: &str) -> DateTime<Utc> {
    let read = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text));
    read.unwrap_or_else(|_| panic!("{text}")).to_utc()
}

fn is_url(text: &str) {
    let url = Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert!(["http", "https"].contains(&url.scheme()), "{text}");
}

/// Checks a feed against RFC 4287.
fn atom(document: &str) -> Vec<Told> {
    let feed = Node::parse(document);
    assert_eq!(
        (feed.name.as_str(), feed.attribute("xmlns")),
        ("feed", "http://www.w3.org/2005/Atom")
    );
    let updated = moment(&feed.one("updated").text);
    assert!(!feed.one("id").text.is_empty() && !feed.one("title").text.is_empty());
    is_url(
        feed.with("link", &[("rel", "self"), ("type", "application/atom+xml")])
            .attribute("href"),
    );
    is_url(
        feed.with("link", &[("rel", "alternate"), ("type", "text/html")])
            .attribute("href"),
    );
    let known = [
        "author",
        "category",
        "content",
        "id",
        "link",
        "published",
        "summary",
        "title",
        "updated",
    ];
    let mut told = Vec::new();
    for entry in feed.all("entry") {
        for child in &entry.children {
            assert!(known.contains(&child.name.as_str()), "{}", child.name);
        }
        assert!(moment(&entry.one("updated").text) <= updated);
        assert!(moment(&entry.one("published").text) <= moment(&entry.one("updated").text));
        let author = entry.one("author");
        for uri in author.texts("uri") {
            is_url(uri);
        }
        let content = entry.all("content");
        for content in &content {
            assert_eq!(content.attribute("type"), "html");
        }
        assert!(!content.is_empty() || !entry.one("summary").text.is_empty());
        told.push(Told {
            id: entry.one("id").text.clone(),
            url: entry
                .with("link", &[("rel", "alternate")])
                .attribute("href")
                .into(),
            title: entry.one("title").text.clone(),
            html: content.first().map(|content| content.text.clone()),
            published_at: moment(&entry.one("published").text),
            author: author.one("name").text.clone(),
            terms: entry
                .all("category")
                .iter()
                .map(|term| {
                    assert!(!term.attribute("term").is_empty());
                    term.attribute("label").to_owned()
                })
                .collect(),
        });
    }
    told
}

/// Checks a feed against RSS 2.0 and the RSS Advisory Board's profile.
fn rss(document: &str) -> Vec<Told> {
    let rss = Node::parse(document);
    assert_eq!(
        (rss.name.as_str(), rss.attribute("version")),
        ("rss", "2.0")
    );
    for (prefix, namespace) in [
        ("xmlns:atom", "http://www.w3.org/2005/Atom"),
        ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
        ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ] {
        assert_eq!(rss.attribute(prefix), namespace);
    }
    let channel = rss.one("channel");
    for name in ["title", "link", "description", "language", "lastBuildDate"] {
        assert!(!channel.one(name).text.is_empty(), "{name}");
    }
    is_url(&channel.one("link").text);
    is_url(
        channel
            .with(
                "atom:link",
                &[("rel", "self"), ("type", "application/rss+xml")],
            )
            .attribute("href"),
    );
    let known = [
        "title",
        "link",
        "guid",
        "pubDate",
        "dc:creator",
        "category",
        "description",
        "content:encoded",
    ];
    let mut told = Vec::new();
    for item in channel.all("item") {
        for child in &item.children {
            assert!(known.contains(&child.name.as_str()), "{}", child.name);
        }
        assert_eq!(item.one("guid").attribute("isPermaLink"), "false");
        let date = &item.one("pubDate").text;
        assert!(date.ends_with(" +0000"), "{date}");
        told.push(Told {
            id: item.one("guid").text.clone(),
            url: item.one("link").text.clone(),
            title: item.one("title").text.clone(),
            html: item
                .texts("content:encoded")
                .first()
                .map(|&html| html.to_owned()),
            published_at: moment(date),
            author: item.one("dc:creator").text.clone(),
            terms: item
                .texts("category")
                .into_iter()
                .map(str::to_owned)
                .collect(),
        });
    }
    told
}

/// Checks a feed against JSON Feed 1.1.
fn json(document: &str) -> Vec<Told> {
    let feed: Value = serde_json::from_str(document).unwrap();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert!(!feed["title"].as_str().unwrap().is_empty());
    for name in ["home_page_url", "feed_url"] {
        is_url(feed[name].as_str().unwrap());
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let told = |item: &Value| {
        assert!(item["content_html"].is_string() || item["content_text"].is_string());
        assert!(
            moment(item["date_modified"].as_str().unwrap())
                >= moment(item["date_published"].as_str().unwrap())
        );
        let authors = item["authors"].as_array().unwrap();
        assert_eq!(authors.len(), 1);
        Told {
            id: text(&item["id"]),
            url: text(&item["url"]),
            title: text(&item["title"]),
            html: item["content_html"].as_str().map(str::to_owned),
            published_at: moment(item["date_published"].as_str().unwrap()),
            author: text(&authors[0]["name"]),
            terms: item["tags"].as_array().unwrap().iter().map(text).collect(),
        }
    };
    feed["items"].as_array().unwrap().iter().map(told).collect()
}

/// What the feed at this path says; it is valid.
fn read(path: &str, reply: &Reply) -> Vec<Told> {
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    let told = match path.rsplit('/').next().unwrap() {
        "feed.xml" => atom(reply.text()),
        "rss.xml" => rss(reply.text()),
        _ => json(reply.text()),
    };
    let ids: BTreeSet<&String> = told.iter().map(|told| &told.id).collect();
    assert_eq!(ids.len(), told.len(), "{path}");
    for told in &told {
        assert!(told.id.starts_with("urn:uuid:"), "{}", told.id);
        is_url(&told.url);
    }
    assert!(told.is_sorted_by(|one, next| one.published_at >= next.published_at));
    told
}

async fn titles(client: &Client, path: &str) -> Vec<String> {
    let told = read(path, &client.get(path).await);
    told.into_iter().map(|told| told.title).collect()
}

async fn category(writer: &Writer, name: &str) -> String {
    let made = categories::actions::create(&writer.cx, Lang::Tr, &Label::of(name)).await;
    done(made.unwrap()).to_string()
}

#[tokio::test]
async fn all_formats_tell_the_same_valid_entries_in_each_language() {
    let app = TestApp::new().await;
    let nobody = app.client();
    for (prefix, lang) in [("", "en"), ("/tr", "tr")] {
        let mut feeds = Vec::new();
        for (file, kind) in FILES {
            let path = format!("{prefix}/{file}");
            let reply = nobody.get(&path).await;
            assert_eq!(reply.header("content-type"), Some(kind));
            assert_eq!(reply.header("content-language"), Some(lang));
            feeds.push(read(&path, &reply));
        }
        assert!(feeds[0].len() > 5, "{:?}", feeds[0]);
        assert_eq!(feeds[0], feeds[1]);
        assert_eq!(feeds[0], feeds[2]);
        let base = app.config.base_url.as_str().trim_end_matches('/');
        let begin = format!("{base}{prefix}/blog/");
        for told in &feeds[0] {
            assert!(told.url.starts_with(&begin), "{}", told.url);
            assert!(
                !told.author.is_empty() && !told.terms.is_empty(),
                "{told:?}"
            );
            let html = told.html.as_ref().unwrap();
            for begin in ["href=\"/", "href=\"#", "src=\"/"] {
                assert!(!html.contains(begin), "{html}");
            }
        }
    }
}

#[tokio::test]
async fn a_feed_is_a_public_page_without_a_cookie_and_answers_304() {
    let app = TestApp::new().await;
    let nobody = app.client();
    for (file, _) in FILES {
        let path = format!("/tr/{file}");
        for encoding in ["identity", "gzip", "br"] {
            let call = nobody
                .call("GET", &path)
                .header("accept-encoding", encoding);
            let reply = call.send().await;
            assert_eq!(
                reply.header("content-encoding").unwrap_or("identity"),
                encoding
            );
            assert_eq!(
                reply.header("cache-control"),
                Some("public, max-age=0, s-maxage=60")
            );
            assert_eq!(reply.header("set-cookie"), None);
            assert!(reply.header("last-modified").is_some());
            let call = nobody
                .call("GET", &path)
                .header("accept-encoding", encoding);
            let etag = reply.header("etag").unwrap();
            let known = call.header("if-none-match", etag).send().await;
            assert_eq!((known.status, known.body), (304, Vec::new()));
        }
    }
    assert!(app.pages.len() >= 3);
}

#[tokio::test]
async fn nothing_that_somebody_writes_breaks_a_feed() {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    let titles = [
        "</title><script>alert(1)</script>",
        "]]> <![CDATA[ ]]>",
        "\"Tırnak\" & 'kesme' &amp; &lt;b&gt;",
        "İstanbul’da ısı 👷‍♀️ 🦺",
        "<!-- yorum --> <?php ?>",
    ];
    for title in titles {
        let form = PostForm {
            excerpt: format!("{title} özet"),
            body: format!("Gövde {title}\n\n`]]>` ve <b>kalın</b> \u{fffe} son"),
            tags: "]]&gt;, a\"b<c".into(),
            ..turkish(title)
        };
        writer.publish(&form).await;
    }
    // An older release may have let in what no form lets in now.
    app.execute(sql!(
        "update posts set body_html = replace(body_html, 'son', ?)",
        "s\u{1f}on"
    ))
    .await;
    let nobody = app.client();
    for (file, _) in FILES {
        let path = format!("/tr/{file}");
        let told = read(&path, &nobody.get(&path).await);
        let own: Vec<&Told> = told
            .iter()
            .filter(|told| titles.contains(&told.title.as_str()))
            .collect();
        assert_eq!(own.len(), titles.len(), "{file}");
        for told in own {
            assert_eq!(told.terms.len(), 2, "{told:?}");
            assert!(
                told.terms.contains(&"a\"b<c".to_owned()),
                "{:?}",
                told.terms
            );
            let html = told.html.as_ref().unwrap();
            assert!(
                html.contains("<b>kalın</b>") && html.contains("]]&gt;"),
                "{html}"
            );
            assert!(!html.contains("<script") && !html.contains("<?"), "{html}");
            if file != "feed.json" {
                assert!(!html.contains(['\u{fffe}', '\u{1f}']), "{html}");
            }
        }
    }
    // What is HTML by its format says the text, not the elements in it.
    let document = nobody.get("/tr/rss.xml").await;
    let channel = Node::parse(document.text());
    let descriptions: Vec<String> = channel
        .one("channel")
        .all("item")
        .iter()
        .map(|item| item.one("description").text.clone())
        .collect();
    assert!(
        descriptions
            .iter()
            .any(|text| text.starts_with("&lt;/title&gt;&lt;script&gt;")),
        "{descriptions:?}"
    );
}

#[tokio::test]
async fn a_category_and_a_tag_have_feeds_of_their_own_posts() {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    let category = category(&writer, "Yangın").await;
    let mut form = PostForm {
        category: category.clone(),
        tags: "söndürücü".into(),
        ..turkish("Tüpler")
    };
    writer.publish(&form).await;
    form.title = "Taslak".into();
    writer.draft(&form).await;
    let nobody = app.client();
    for (file, _) in FILES {
        for folder in ["/tr/blog/category/yangin", "/tr/blog/tag/sondurucu"] {
            let path = format!("{folder}/{file}");
            assert_eq!(titles(&nobody, &path).await, ["Tüpler"], "{path}");
            let text = nobody.get(&path).await;
            let base = app.config.base_url.as_str().trim_end_matches('/');
            assert!(text.text().contains(&format!("{base}{path}")), "{path}");
            assert!(
                text.text().contains(&format!("\"{base}{folder}\""))
                    || text.text().contains(&format!(">{base}{folder}<"))
            );
        }
        for missing in [
            "/blog/category/yangin",
            "/tr/blog/category/yok",
            "/tr/blog/tag/yok",
        ] {
            assert_eq!(nobody.get(&format!("{missing}/{file}")).await.status, 404);
        }
    }
    // Another name: readers' programs are led on, and the entries are the ones they know.
    let before = read(
        "/tr/feed.xml",
        &nobody.get("/tr/blog/category/yangin/feed.xml").await,
    );
    let form = LabelForm {
        name: "Yangın güvenliği".into(),
        slug: "yangin-guvenligi".into(),
        lang: "tr".into(),
        ..LabelForm::default()
    };
    done(
        categories::actions::rename(&writer.cx, category.parse().unwrap(), 1, &form)
            .await
            .unwrap(),
    );
    for (file, _) in FILES {
        let reply = nobody
            .get(&format!("/tr/blog/category/yangin/{file}"))
            .await;
        assert_eq!(reply.status, 301);
        assert_eq!(
            reply.location(),
            format!("/tr/blog/category/yangin-guvenligi/{file}")
        );
        assert_eq!(reply.header("cache-control"), Some("public, max-age=3600"));
    }
    let after = read(
        "/tr/feed.xml",
        &nobody
            .get("/tr/blog/category/yangin-guvenligi/feed.xml")
            .await,
    );
    assert_eq!(after[0].id, before[0].id);
    let id = |reply: &Reply| Node::parse(reply.text()).one("id").text.clone();
    let own = nobody
        .get("/tr/blog/category/yangin-guvenligi/feed.xml")
        .await;
    assert_eq!(id(&own), format!("urn:uuid:{category}"));
}

#[tokio::test]
async fn a_category_that_is_gone_says_so_until_there_is_one_again() {
    let app = TestApp::new().await;
    let now = app.clock.now();
    app.execute(sql!(
        "insert into slugs_gone (kind, lang, slug, to_id, created_at) values ('category', 'tr', 'eski', null, ?)",
        now
    ))
    .await;
    let nobody = app.client();
    let gone = nobody.get("/tr/blog/category/eski/feed.xml").await;
    assert_eq!((gone.status, gone.header("set-cookie")), (410, None));
    assert_eq!(gone.attr("html", "lang").as_deref(), Some("tr"));
    let writer = Writer::of(&app, OFIS).await;
    let category = category(&writer, "Eski").await;
    let path = "/tr/blog/category/eski/feed.xml";
    assert_eq!(nobody.get(path).await.status, 404, "it has nothing to tell");
    let form = PostForm {
        category,
        ..turkish("Yeniden")
    };
    writer.publish(&form).await;
    assert_eq!(nobody.get(path).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_of_two_addresses_share_no_feed() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    until(app.redis.as_ref().unwrap(), true).await;
    let writer = Writer::of(&app, OFIS).await;
    let form = PostForm {
        body: "Bkz. [yazılar](/tr/blog).".into(),
        ..turkish("Bağlantılı")
    };
    writer.publish(&form).await;
    let variables = [
        ("DATABASE_URL", app.database.url.as_str()),
        ("REDIS_URL", &server.url()),
        ("BASE_URL", "http://other.test"),
    ];
    let other = App::build(config(&variables), app.clock.clone())
        .await
        .unwrap();
    other.state.set_ready();
    until(other.redis.as_ref().unwrap(), true).await;
    let there = Client::new(routes::table().into_front(&other));
    let own = base_url(&app);
    let here = app.client().get("/tr/feed.xml").await;
    assert!(
        here.text().contains(&format!("{own}/tr/blog&quot;"))
            || here.text().contains(&format!("{own}/tr/blog\""))
    );
    let feed = there.get("/tr/feed.xml").await;
    assert!(feed.text().contains("http://other.test/tr/blog"));
    assert!(!feed.text().contains(own), "{}", feed.text());
}

#[tokio::test]
async fn a_new_slug_keeps_the_entrys_id_and_an_edit_moves_its_time() {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    let id = writer.publish(&turkish("Kimlik")).await;
    let nobody = app.client();
    let first = read("/tr/feed.xml", &nobody.get("/tr/feed.xml").await).remove(0);
    assert_eq!(first.id, format!("urn:uuid:{id}"));
    app.clock.shift(TimeDelta::hours(5));
    let edited = PostForm {
        slug: "baska-kimlik".into(),
        body: "Başka.".into(),
        ..turkish("Kimlik")
    };
    done(actions::update(&writer.cx, id, 2, &edited).await.unwrap());
    let reply = nobody.get("/tr/feed.xml").await;
    let second = read("/tr/feed.xml", &reply).remove(0);
    assert_eq!(
        (&second.id, second.published_at),
        (&first.id, first.published_at)
    );
    assert!(
        second.url.ends_with("/tr/blog/baska-kimlik"),
        "{}",
        second.url
    );
    let feed = Node::parse(reply.text());
    let updated = moment(&feed.all("entry")[0].one("updated").text);
    assert!(updated - first.published_at >= TimeDelta::hours(5));
    assert_eq!(moment(&feed.one("updated").text), updated);
    let modified = httpdate::parse_http_date(reply.header("last-modified").unwrap()).unwrap();
    assert!(DateTime::<Utc>::from(modified) >= updated);
}

#[tokio::test]
async fn a_scheduled_post_is_in_no_feed_until_its_second_and_then_at_once() {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    let due = app.clock.now() + TimeDelta::minutes(30);
    let form = PostForm {
        tags: "zaman".into(),
        ..turkish("Yarım saat sonra")
    };
    writer.schedule(&form, due).await;
    writer
        .draft(&PostForm {
            tags: "zaman".into(),
            ..turkish("Taslak")
        })
        .await;
    let nobody = app.client();
    let minute = app.clock.now().timestamp() % 60;
    let paths: Vec<String> = FILES
        .iter()
        .flat_map(|(file, _)| [format!("/tr/{file}"), format!("/tr/blog/tag/zaman/{file}")])
        .collect();
    for shift in [0, 30 * 60 - minute - 3] {
        app.clock.shift(TimeDelta::seconds(shift));
        for path in &paths {
            let reply = nobody.get(path).await;
            assert!(!reply.text().contains("Yarım saat sonra"), "{path}");
            assert!(!reply.text().contains("Taslak"), "{path}");
        }
    }
    let cdn = nobody.get("/tr/feed.xml").await;
    let cdn = cdn.header("cdn-cache-control").unwrap();
    assert!(
        ["max-age=0, ", "max-age=1, ", "max-age=2, ", "max-age=3, "]
            .iter()
            .any(|begin| cdn.starts_with(begin)),
        "{cdn}"
    );
    app.clock.shift(TimeDelta::seconds(4));
    for path in &paths {
        assert!(
            nobody.get(path).await.text().contains("Yarım saat sonra"),
            "{path}"
        );
    }
    assert!(
        !nobody
            .get("/feed.xml")
            .await
            .text()
            .contains("Yarım saat sonra")
    );
}

#[tokio::test]
async fn what_is_unpublished_or_trashed_leaves_every_feed_at_once() {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    let nobody = app.client();
    let (one, two): (Id<Post>, Id<Post>) = (
        writer.publish(&turkish("Geri")).await,
        writer.publish(&turkish("Çöp")).await,
    );
    assert_eq!(titles(&nobody, "/tr/feed.json").await[..2], ["Çöp", "Geri"]);
    done(actions::unpublish(&writer.cx, one, 2).await.unwrap());
    actions::trash(&writer.cx, two, 2).await.unwrap();
    for (file, _) in FILES {
        let told = titles(&nobody, &format!("/tr/{file}")).await;
        assert!(
            !told.contains(&"Geri".into()) && !told.contains(&"Çöp".into()),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn a_feed_holds_the_twenty_newest_and_what_is_too_long_by_its_excerpt() {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    for number in 0..25 {
        app.clock.shift(TimeDelta::seconds(1));
        let body = "Uzun bir cümle daha. ".repeat(if number == 22 { 9_500 } else { 10 });
        writer
            .publish(&PostForm {
                body,
                ..turkish(&format!("Yazı {number:02}"))
            })
            .await;
    }
    let nobody = app.client();
    for (file, _) in FILES {
        let path = format!("/tr/{file}");
        let told = read(&path, &nobody.get(&path).await);
        let expected: Vec<String> = (5..25)
            .rev()
            .map(|number| format!("Yazı {number:02}"))
            .collect();
        let found: Vec<&String> = told.iter().map(|told| &told.title).collect();
        assert_eq!(found, expected.iter().collect::<Vec<_>>());
        for told in &told {
            assert_eq!(
                told.html.is_none(),
                told.title == "Yazı 22",
                "{}",
                told.title
            );
        }
    }
    // Light enough to be kept ready.
    assert!(app.pages.ready("/tr/feed.xml", &HeaderMap::new()).is_some());
}

#[tokio::test]
async fn a_feed_without_posts_is_valid() {
    let app = TestApp::new().await;
    app.execute(sql!("update posts set deleted_at = created_at"))
        .await;
    for lang in Lang::ALL {
        for (file, _) in FILES {
            let path = prosektorweb::web::seo::in_lang(&format!("/{file}"), *lang);
            assert_eq!(titles(&app.client(), &path).await, [""; 0]);
        }
    }
}
