//! The pages about the firm: there before anybody writes one, changed at once, and never lost.

use prosektorweb::{
    app::App,
    features::site_pages::{Kind, model::brought},
    routes, sql,
    types::Lang,
};

use crate::support::{
    ADA, CEM, Client, ESRA, Form, OFIS, Reply, TestApp, config,
    redis::{Server, until},
};

fn all() -> impl Iterator<Item = (Kind, Lang)> {
    let kinds = Kind::ALL.iter();
    kinds.flat_map(|&kind| Lang::ALL.iter().map(move |&lang| (kind, lang)))
}

async fn editor(client: &Client, page: &str) -> Form {
    client
        .get(&format!("/site-pages/{page}"))
        .await
        .form("#editor")
}

async fn save(client: &Client, page: &str, title: &str, body: &str) -> Reply {
    let form = editor(client, page).await;
    client
        .submit(&form.set("title", title).set("body", body))
        .await
}

// ---- readers

#[tokio::test]
async fn every_page_is_there_in_both_languages_before_anybody_has_written_one() {
    let app = TestApp::new().await;
    let reader = app.client();
    assert_eq!(app.number(sql!("select count(*) from site_pages")).await, 0);
    for (kind, lang) in all() {
        let text = brought(kind, lang);
        let page = reader.get(&kind.path(lang)).await;
        assert_eq!(page.status, 200, "{kind} {lang}");
        assert_eq!(page.attr("html", "lang").as_deref(), Some(lang.code()));
        assert_eq!(page.texts("h1"), [text.title.as_str()], "{kind} {lang}");
        assert!(page.one("main").contains(&text.lead), "{kind} {lang}");
        assert!(page.one("title").starts_with(text.headline()));
        assert_eq!(
            page.attr("meta[name=description]", "content").as_deref(),
            Some(text.description())
        );
        assert_eq!(page.header("set-cookie"), None);
        // A form that is typed into is kept nowhere: see contact.rs.
        let wanted = if kind == Kind::Contact {
            "private"
        } else {
            "public, max-age=0"
        };
        let control = page.header("cache-control").unwrap();
        assert!(control.starts_with(wanted), "{kind}: {control}");
        let other = if lang == Lang::En { Lang::Tr } else { Lang::En };
        let there = format!(
            "link[rel=alternate][hreflang={other}][href$='{}']",
            kind.path(other)
        );
        assert!(page.has(&there), "{kind} {lang}");
    }
}

#[tokio::test]
async fn the_frame_leads_everywhere_and_marks_where_one_is() {
    let app = TestApp::new().await;
    let reader = app.client();
    for (path, current) in [
        ("/", "/"),
        ("/about", "/about"),
        ("/tr", "/tr"),
        ("/tr/pricing", "/tr/pricing"),
        ("/tr/blog", "/tr/blog"),
    ] {
        let page = reader.get(path).await;
        let prefix = if path.starts_with("/tr") { "/tr" } else { "" };
        let menu = page.attrs(".site-menu a", "href");
        let wanted: Vec<String> = [
            "",
            "/about",
            "/what-we-do",
            "/pricing",
            "/portfolio",
            "/blog",
            "/contact",
        ]
        .iter()
        .map(|place| format!("{prefix}{place}"))
        .map(|place| if place.is_empty() { "/".into() } else { place })
        .collect();
        assert_eq!(menu, wanted, "{path}");
        assert_eq!(
            page.attrs(".site-menu a[aria-current=page]", "href"),
            [current],
            "{path}"
        );
        for place in ["/contact", "/privacy", "/cookies", "/terms", "/feed.xml"] {
            let link = format!(".public-foot a[href='{prefix}{place}']");
            assert!(page.has(&link), "{path}: {place}");
        }
        let other = if prefix.is_empty() { "tr" } else { "en" };
        assert!(page.has(&format!(".public-tools a[hreflang={other}]")));
        assert!(page.has(".public-tools a[href='/login']"));
        assert!(!page.has("script[src]"), "{path}");
    }
    let post = reader.get("/blog/seo-without-tricks").await;
    assert_eq!(
        post.attrs(".site-menu a[aria-current=true]", "href"),
        ["/blog"]
    );
}

#[tokio::test]
async fn pages_that_sell_lead_to_the_form_and_legal_ones_do_not() {
    let app = TestApp::new().await;
    let reader = app.client();
    for (path, leads) in [
        ("/what-we-do", true),
        ("/tr/pricing", true),
        ("/portfolio", true),
        ("/tr/about", true),
        ("/privacy", false),
        ("/tr/terms", false),
    ] {
        let has = reader
            .get(path)
            .await
            .has(".site-page-next a[href$='/contact']");
        assert_eq!(has, leads, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_says_so_in_the_language_of_its_url_and_helps_on() {
    let app = TestApp::new().await;
    let reader = app.client();
    for (path, lang, search) in [
        ("/no-such-page", "en", "/blog/search"),
        ("/tr/no-such-page", "tr", "/tr/blog/search"),
        ("/about/us", "en", "/blog/search"),
        ("/tr/blog/yok-boyle-bir-yazi", "tr", "/tr/blog/search"),
    ] {
        let page = reader
            .call("GET", path)
            .header("accept-language", "de")
            .header("cookie", "lang=tr")
            .send()
            .await;
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(page.attr("html", "lang").as_deref(), Some(lang), "{path}");
        assert_eq!(
            page.attr("main form[role=search]", "action").as_deref(),
            Some(search)
        );
        assert!(page.has("meta[name=robots][content=noindex]"), "{path}");
        assert!(!page.has("link[rel=canonical]"), "{path}");
        assert_eq!(page.header("cache-control"), Some("private, no-store"));
        let prefix = if lang == "tr" { "/tr" } else { "" };
        for place in ["/what-we-do", "/blog", "/contact"] {
            assert!(page.has(&format!("main a[href='{prefix}{place}']")));
        }
    }
}

#[tokio::test]
async fn the_office_keeps_its_own_page_for_what_is_not_there() {
    let app = TestApp::new().await;
    let page = app.sign_in(OFIS).await.get("/companies/nothing/here").await;
    assert_eq!(page.status, 404);
    assert!(!page.has("form[role=search][action$='/blog/search']"));
}

// ---- writers

#[tokio::test]
async fn a_save_is_read_at_once_and_only_in_its_language() {
    let app = TestApp::new().await;
    let (ofis, reader) = (app.sign_in(OFIS).await, app.client());
    let before = reader.get("/about").await;
    let etag = before.header("etag").unwrap().to_owned();
    let reply = save(&ofis, "about-en", "Who we are", "We are **three** people.").await;
    assert_eq!(
        (reply.status, reply.location()),
        (303, "/site-pages/about-en")
    );
    assert!(ofis.follow(&reply).await.has("#flash .flash"));
    let page = reader.get("/about").await;
    assert_eq!(page.texts("h1"), ["Who we are"]);
    assert_eq!(page.texts(".prose strong"), ["three"]);
    assert_ne!(page.header("etag"), Some(etag.as_str()));
    let modified = page.header("last-modified").unwrap();
    assert!(modified.starts_with("Tue, 24 Nov 2026 09:0"), "{modified}");
    let other = reader.get("/tr/about").await;
    assert_eq!(other.texts("h1"), [brought(Kind::About, Lang::Tr).title]);
    assert_eq!(app.noted().await[1..], ["site-pages.update"]);
}

#[tokio::test]
async fn the_home_page_says_what_was_written_for_it() {
    let app = TestApp::new().await;
    let (ofis, reader) = (app.sign_in(OFIS).await, app.client());
    reader.get("/tr").await;
    assert_eq!(
        save(&ofis, "home-tr", "Yeni cümle", "Gövde.").await.status,
        303
    );
    let page = reader.get("/tr").await;
    assert_eq!(page.texts(".hero h1"), ["Yeni cümle"]);
    assert!(page.has(".hero a[href='/tr/contact']"));
    assert!(page.has("script[type='application/ld+json']"));
}

#[tokio::test]
async fn what_is_written_cannot_break_out_of_the_page() {
    let app = TestApp::new().await;
    let (ofis, reader) = (app.sign_in(OFIS).await, app.client());
    let title = "\"><img src=x onerror=alert(1)> {{7*7}} </title></script>";
    let body = "<script>alert(1)</script><p hx-get=/x onclick=x style=x>İ ı</p>\n\n[x](javascript:alert(1)) ![x](https://evil.test/x.png)";
    assert_eq!(save(&ofis, "terms-en", title, body).await.status, 303);
    let page = reader.get("/terms").await;
    assert_eq!(page.texts("h1"), [title]);
    for bad in [
        "main [onerror]",
        "main [onclick]",
        "main [style]",
        "main [hx-get]",
        "main img",
        "a[href^=javascript]",
    ] {
        assert!(!page.has(bad), "{bad}");
    }
    assert_eq!(page.count("head title"), 1);
    assert!(page.one(".prose").contains("İ ı") && !page.one("main").contains("49"));
    assert!(!page.has("main script"));
    let preview = ofis
        .post_form(
            "/site-pages/terms-en/preview",
            &[("title", title), ("lead", "x"), ("body", body)],
        )
        .await;
    assert_eq!(preview.status, 200);
    assert!(!preview.has("#preview script") && !preview.has("#preview [onclick]"));
}

#[tokio::test]
async fn errors_come_back_beside_what_was_typed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let form = editor(&ofis, "about-tr")
        .await
        .set("title", " ")
        .set("lead", &"ş".repeat(501))
        .set("body", &">".repeat(1000))
        .set("meta_title", &"x".repeat(61));
    for reply in [ofis.submit(&form).await, ofis.htmx_submit(&form).await] {
        assert_eq!(reply.status, 422);
        for field in ["title", "lead", "body", "meta_title"] {
            assert!(reply.has(&format!("#f-{field}-error")), "{field}");
        }
        assert_eq!(
            reply.form("#editor").value("meta_title").map(str::len),
            Some(61)
        );
        assert!(reply.has("#error-summary"));
    }
    assert_eq!(app.number(sql!("select count(*) from site_pages")).await, 0);
}

#[tokio::test]
async fn an_image_without_words_is_refused_as_in_a_post() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let wordless = "Ekibimiz:\n\n![ ](/media/ekip.jpg)";
    for reply in [
        save(&ofis, "about-tr", "Hakkımızda", wordless).await,
        ofis.htmx_submit(&editor(&ofis, "about-tr").await.set("body", wordless))
            .await,
    ] {
        assert_eq!(reply.status, 422);
        assert!(reply.has("#f-body-error"));
        assert_eq!(reply.form("#editor").value("body"), Some(wordless));
    }
    let told = "Ekibimiz:\n\n![Üç kişi](/media/ekip.jpg)";
    let saved = save(&ofis, "about-tr", "Hakkımızda", told).await;
    assert_eq!(saved.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_clean_otherwise_share_no_page() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    until(app.redis.as_ref().unwrap(), true).await;
    let ofis = app.sign_in(OFIS).await;
    let body = "![Ekip](https://images.test/ekip.jpg)";
    assert_eq!(
        save(&ofis, "about-tr", "Hakkımızda", body).await.status,
        303
    );
    let variables = [
        ("DATABASE_URL", app.database.url.as_str()),
        ("REDIS_URL", &server.url()),
        ("FOREIGN_IMAGES", "images.test"),
    ];
    let other = App::build(config(&variables), app.clock.clone())
        .await
        .unwrap();
    other.state.set_ready();
    until(other.redis.as_ref().unwrap(), true).await;
    let there = Client::new(routes::table().into_front(&other));
    assert!(there.get("/tr/about").await.has(".prose img"));
    assert!(!app.client().get("/tr/about").await.has(".prose img"));
}

#[tokio::test]
async fn the_preview_says_how_long_what_search_engines_show_is_and_marks_what_is_too_long() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let marked = async |title: &str, description: &str| {
        let fields = [
            ("title", "Fiyatlar"),
            ("lead", "Giriş."),
            ("body", "Metin."),
            ("meta_title", title),
            ("meta_description", description),
            ("version", "0"),
        ];
        let path = "/site-pages/pricing-tr/preview";
        let page = ofis.htmx_post(path, &fields).await;
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
async fn the_preview_shows_the_page_without_saving_it() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let fields = [
        ("title", "Başka bir başlık"),
        ("lead", "Giriş."),
        ("body", "## Ara\n\nMetin."),
        ("version", "0"),
    ];
    let page = ofis
        .post_form("/site-pages/pricing-tr/preview", &fields)
        .await;
    assert!(page.is_page());
    assert_eq!(
        page.texts("#preview .post-preview > h2"),
        ["Başka bir başlık"]
    );
    assert_eq!(page.texts("#preview .prose h2"), ["Ara"]);
    // What was typed stays in the editor beside it.
    let form = page.form("#editor");
    assert_eq!(form.value("title"), Some("Başka bir başlık"));
    let part = ofis
        .htmx_post("/site-pages/pricing-tr/preview", &fields)
        .await;
    assert!(!part.is_page() && part.has("#preview .prose h2"));
    assert!(part.one(".search-result-url").ends_with("/tr/pricing"));
    assert_eq!(app.number(sql!("select count(*) from site_pages")).await, 0);
    let public = app.client().get("/tr/pricing").await;
    assert_eq!(public.texts("h1"), [brought(Kind::Pricing, Lang::Tr).title]);
}

#[tokio::test]
async fn the_second_of_two_writers_sees_both_texts_and_loses_none() {
    let app = TestApp::new().await;
    let (ada, ofis) = (app.sign_in(ADA).await, app.sign_in(OFIS).await);
    // The first text of a page, then one of a page that has one.
    for round in 0..2 {
        let mine = editor(&ofis, "cookies-en").await;
        let reply = save(&ada, "cookies-en", &format!("Hers {round}"), "Hers.").await;
        assert_eq!(reply.status, 303);
        let late = mine
            .set("title", &format!("Mine {round}"))
            .set("body", "Mine.");
        for reply in [ofis.submit(&late).await, ofis.htmx_submit(&late).await] {
            assert_eq!(reply.status, 409, "{round}");
            let told = reply.one("#conflict");
            for text in [
                format!("Hers {round}"),
                format!("Mine {round}"),
                "Ada".into(),
            ] {
                assert!(told.contains(&text), "{text}: {told}");
            }
            assert_eq!(
                reply.form("#editor").value("body").map(str::trim),
                Some("Mine.")
            );
        }
        let again = ofis.submit(&late).await.form("#editor");
        assert_eq!(ofis.submit(&again).await.status, 303);
        let page = app.client().get("/cookies").await;
        assert_eq!(page.texts("h1"), [format!("Mine {round}")]);
    }
}

#[tokio::test]
async fn each_save_is_kept_and_any_of_them_can_be_brought_back() {
    let app = TestApp::new().await;
    let (ofis, reader) = (app.sign_in(OFIS).await, app.client());
    ofis.post_form("/preferences", &[("locale", "en")]).await;
    for text in ["One", "Two"] {
        save(&ofis, "portfolio-en", text, text).await;
    }
    let list = ofis.get("/site-pages/portfolio-en/revisions").await;
    let rows = list.texts("tbody th");
    assert_eq!(rows.len(), 3);
    assert!(rows[0].starts_with("Revision 2") && rows[0].contains("Current"));
    assert_eq!(rows[2], "Starting text");
    for (number, title) in [
        ("1", "One".to_owned()),
        ("0", brought(Kind::Portfolio, Lang::En).title),
    ] {
        let url = format!("/site-pages/portfolio-en/revisions/{number}");
        let page = ofis.get(&url).await;
        assert_eq!(page.texts("article h2")[0], title);
        let form = page.form("form[action='/site-pages/portfolio-en/restore']");
        let reply = ofis.submit(&form).await;
        assert_eq!(reply.status, 303);
        assert_eq!(reader.get("/portfolio").await.texts("h1"), [title]);
        // The form is of an older version now.
        assert_eq!(ofis.submit(&form).await.status, 409);
    }
    let saved = "select count(*) from site_page_revisions";
    assert_eq!(
        app.number(prosektorweb::platform::db::Sql::new(saved))
            .await,
        4
    );
    let current = ofis.get("/site-pages/portfolio-en/revisions/4").await;
    assert!(!current.has("form[action$='/restore']"));
    for odd in [
        "/site-pages/portfolio-en/revisions/9",
        "/site-pages/portfolio-en/revisions/x",
        "/site-pages/portfolio-de",
        "/site-pages/x",
        "/site-pages/ABOUT-en",
    ] {
        assert_eq!(ofis.get(odd).await.status, 404, "{odd}");
    }
    assert_eq!(
        app.noted().await[2..],
        [
            "site-pages.update",
            "site-pages.update",
            "site-pages.restore",
            "site-pages.restore"
        ]
    );
}

#[tokio::test]
async fn the_list_names_every_page_and_who_saved_it() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    ofis.post_form("/preferences", &[("locale", "en")]).await;
    save(&ofis, "about-tr", "Biz kimiz", "Metin.").await;
    let page = ofis.get("/site-pages").await;
    assert_eq!(page.count("tbody tr"), Kind::ALL.len() * Lang::ALL.len());
    let rows = page.texts("tbody tr");
    let saved: Vec<&String> = rows.iter().filter(|row| row.contains("Ofis")).collect();
    assert_eq!(saved.len(), 1);
    assert!(saved[0].contains("Biz kimiz"), "{}", saved[0]);
    assert_eq!(
        rows.iter()
            .filter(|row| row.contains("Starting text"))
            .count(),
        rows.len() - 1
    );
    assert!(page.has("a[href='/tr/about']") && page.has("a[href='/site-pages/about-tr']"));
}

#[tokio::test]
async fn admins_and_the_office_write_pages_and_nobody_else_knows_of_it() {
    let app = TestApp::new().await;
    for path in [
        "/site-pages",
        "/site-pages/about-en",
        "/site-pages/about-en/revisions",
        "/site-pages/about-en/revisions/0",
    ] {
        for (who, status) in [(ADA, 200), (OFIS, 200), (ESRA, 403), (CEM, 404)] {
            let client = app.sign_in(who).await;
            assert_eq!(client.get(path).await.status, status, "{who} at {path}");
        }
        assert_eq!(app.client().get(path).await.status, 303);
    }
    let esra = app.sign_in(ESRA).await;
    for what in ["", "/preview", "/restore"] {
        let url = format!("/site-pages/about-en{what}");
        assert_eq!(esra.post_form(&url, &[("version", "0")]).await.status, 403);
    }
}

#[tokio::test]
async fn the_audit_tells_what_was_changed_and_in_which_page() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    save(&ada, "privacy-tr", "Yeni başlık", "Yeni metin.").await;
    let entries: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where action = 'site-pages.update'"
        ))
        .await;
    let told = &entries[0].0;
    for text in ["privacy-tr", "Yeni başlık", "revision"] {
        assert!(told.contains(text), "{told}");
    }
    assert!(!told.contains("Yeni metin."), "bodies are in the revisions");
}
