//! The cache as people meet it: figures that are right on every instance at once, and the administrators' page.

use std::{
    collections::HashMap,
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use ::redis::{aio::MultiplexedConnection, cmd};
use prosektorweb::{app::App, config::Config, routes, seed, sql};

use crate::support::{
    ADA, Client, OFIS, TestApp, config,
    proxy::Proxy,
    redis::{Server, until},
};

/// Another instance on the same database and Redis, where Ofis is signed in.
async fn beside(app: &TestApp) -> (App, Client) {
    configured_beside(app, app.config.clone()).await
}

async fn configured_beside(app: &TestApp, config: Config) -> (App, Client) {
    let other = App::build(config, app.clock.clone()).await.unwrap();
    other.state.set_ready();
    let client = Client::new(routes::table().into_front(&other));
    client.sign_in(OFIS, seed::PASSWORD).await;
    (other, client)
}

/// Another instance, which reaches the same Redis by way of the proxy.
async fn beside_behind(app: &TestApp, proxy: &Proxy) -> (App, Client) {
    let config = Config {
        redis_url: config(&[("REDIS_URL", &proxy.url())]).redis_url,
        ..app.config.clone()
    };
    configured_beside(app, config).await
}

/// How many companies of each status the dashboard counts.
async fn figures(client: &Client) -> Vec<i64> {
    let page = client.get("/dashboard").await;
    assert_eq!(page.status, 200);
    let links = page.texts(".dashboard-statuses td a");
    let number = |text: &String| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    links
        .iter()
        .map(|text| number(text).parse().unwrap_or(0))
        .collect()
}

async fn add_lead(client: &Client, name: &str) -> String {
    let reply = client
        .post_form("/companies", &[("name", name), ("status", "lead")])
        .await;
    assert_eq!(reply.status, 303);
    reply.location().to_owned()
}

fn sum(figures: &[i64]) -> i64 {
    figures.iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_form_changes_is_in_the_figures_of_another_instance_once_it_is_answered() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    until(app.redis.as_ref().unwrap(), true).await;
    let here = app.sign_in(OFIS).await;
    let (other, there) = beside(&app).await;
    until(other.redis.as_ref().unwrap(), true).await;
    // A line of its own is trusted once every lease of before has run out.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let before = sum(&figures(&there).await);
    let mut expected = before;
    for round in 0..5 {
        assert_eq!(sum(&figures(&there).await), expected, "round {round}");
        let company = add_lead(&here, &format!("Yeni Firma {round}")).await;
        expected += 1;
        assert_eq!(
            sum(&figures(&there).await),
            expected,
            "added in round {round}"
        );
        if round % 2 == 0 {
            let form = here
                .get(&format!("{company}/trash"))
                .await
                .form("main form");
            assert_eq!(here.submit(&form).await.status, 303);
            expected -= 1;
            assert_eq!(
                sum(&figures(&there).await),
                expected,
                "trashed in round {round}"
            );
        }
    }
    let stats = other.cache.stats();
    let family = stats
        .families
        .iter()
        .find(|family| family.name == "dashboard:stats")
        .unwrap();
    assert!(
        family.hit_l1 + family.hit_l2 > 0,
        "they came out of a cache as well"
    );
    other.cache.leave().await;
}

/// What the subscriptions bring each month, as the dashboard says it.
async fn recurring(client: &Client) -> Vec<String> {
    let page = client.get("/dashboard").await;
    assert_eq!(page.status, 200);
    page.texts(".sums li")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_change_is_seen_by_another_instance_as_soon_as_its_form_is_answered() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    until(app.redis.as_ref().unwrap(), true).await;
    let here = app.sign_in(OFIS).await;
    let (other, there) = beside(&app).await;
    until(other.redis.as_ref().unwrap(), true).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let company = add_lead(&here, "Değişen Firma").await;
    // A status moves from one figure to another.
    let before = figures(&there).await;
    let form = here.get(&company).await.form("#company-status form");
    assert_eq!(
        here.submit(&form.set("status", "customer")).await.status,
        303
    );
    let after = figures(&there).await;
    assert_ne!(before, after);
    assert_eq!(sum(&before), sum(&after));
    // Into the trash and back.
    let form = here
        .get(&format!("{company}/trash"))
        .await
        .form("main form");
    let trashed = here.submit(&form).await;
    assert_eq!(sum(&figures(&there).await), sum(&after) - 1);
    let undo = here.follow(&trashed).await.form("form[action*=restore]");
    assert_eq!(here.submit(&undo).await.status, 303);
    assert_eq!(figures(&there).await, after);
    // A subscription is money a month.
    let before = recurring(&there).await;
    let form = here
        .get(&format!("{company}/services/new"))
        .await
        .form("#service-form form");
    let form = form
        .set("name", "Bakım")
        .set("price", "1250")
        .set("cycle", "monthly");
    let added = here.submit(&form).await;
    assert_eq!(added.status, 303);
    let more = recurring(&there).await;
    assert!(!before.is_empty() && before != more, "{before:?}");
    let cancel = here.follow(&added).await.form("form[action$=cancel]");
    assert_eq!(here.submit(&cancel).await.status, 303);
    assert_eq!(recurring(&there).await, before);
    // A post, where readers see it.
    let written = [
        ("lang", "tr"),
        ("title", "Bir örnekte yazıldı"),
        ("body", "Öbüründe okundu."),
    ];
    let post = here
        .post_form("/posts", &written)
        .await
        .location()
        .to_owned();
    let reader = Client::new(routes::table().into_front(&other));
    let path = "/tr/blog/bir-ornekte-yazildi";
    assert_eq!(reader.get(path).await.status, 404);
    let list = reader.get("/tr/blog").await;
    let publish = here.get(&post).await.form("form[action$=publish]");
    assert_eq!(here.submit(&publish).await.status, 303);
    assert!(reader.get(path).await.text().contains("Öbüründe okundu."));
    assert_ne!(reader.get("/tr/blog").await.body, list.body);
    assert!(
        reader
            .get("/tr/feed.xml")
            .await
            .text()
            .contains("Bir örnekte yazıldı")
    );
    let form = here.get(&format!("{post}/edit")).await.form("#editor");
    assert_eq!(here.submit(&form.set("slug", "baska-ad")).await.status, 303);
    assert_eq!(reader.get(path).await.status, 301);
    assert_eq!(reader.get("/tr/blog/baska-ad").await.status, 200);
    // Who wrote it.
    let form = here.get("/account").await.form("#profile-form");
    let renamed = form.set("name", "Yeni Ad Soyad");
    assert_eq!(here.submit(&renamed).await.status, 303);
    let page = reader.get("/tr/blog/baska-ad").await;
    assert!(page.text().contains("Yeni Ad Soyad"));
    // A page about the firm.
    let before = reader.get("/tr/about").await;
    let form = here.get("/site-pages/about-tr").await.form("#editor");
    let saved = here
        .submit(&form.set("title", "Biz kimiz, nereden geldik"))
        .await;
    assert_eq!(saved.status, 303);
    let after = reader.get("/tr/about").await;
    assert!(after.text().contains("nereden geldik"));
    assert_ne!(after.body, before.body);
    let back = here.get(&post).await.form("form[action$=unpublish]");
    assert_eq!(here.submit(&back).await.status, 303);
    assert_eq!(reader.get("/tr/blog/baska-ad").await.status, 404);
    assert!(!reader.get("/tr/blog").await.text().contains("Bir örnekte"));
    other.cache.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_to_the_blogs_shelves_and_texts_is_read_on_another_instance_at_once() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    until(app.redis.as_ref().unwrap(), true).await;
    let here = app.sign_in(OFIS).await;
    let (other, _) = beside(&app).await;
    until(other.redis.as_ref().unwrap(), true).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let reader = Client::new(routes::table().into_front(&other));
    let text = async |path: &str| reader.get(path).await.text().to_owned();
    let send = async |page: &str, form: &str, set: &[(&str, &str)]| {
        let mut form = here.get(page).await.form(form);
        for (name, value) in set {
            form = form.set(name, value);
        }
        let reply = here.submit(&form).await;
        assert_eq!(reply.status, 303, "{page}");
        reply.location().to_owned()
    };
    let shelf = async |place: &str, name: &str| {
        let new = format!("{place}/new?lang=tr");
        send(&new, "#shelf-form form", &[("name", name)]).await;
        let page = here.get(&format!("{place}?lang=tr&q={name}")).await;
        let href = page.attr("#list tbody th a", "href").unwrap();
        href.trim_end_matches("/edit").to_owned()
    };
    let first = shelf("/posts/categories", "Birinci").await;
    let second = shelf("/posts/categories", "İkinci").await;
    let id = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    let typed = [
        ("title", "Bir örnekte yazıldı"),
        ("body", "Öbüründe okundu."),
        ("category", &id(&first)),
        ("tags", "Etiket"),
    ];
    let post = send("/posts/new?lang=tr", "#editor", &typed).await;
    send(&post, "form[action$=publish]", &[]).await;
    let (path, feed) = ("/tr/blog/bir-ornekte-yazildi", "/tr/feed.xml");
    // All parts of the map.
    let map = async || {
        let mut map = String::new();
        for number in 1.. {
            let part = reader.get(&format!("/sitemap-{number}.xml")).await;
            if part.status != 200 {
                break;
            }
            map += part.text();
        }
        map
    };
    // Each was kept there before it changes.
    assert!(map().await.contains(path));
    assert!(text(path).await.contains("Birinci"));
    assert!(text(feed).await.contains("Bir örnekte yazıldı"));
    let category = text("/tr/blog/category/birinci").await;
    assert!(category.contains("Bir örnekte yazıldı"));
    // A category and a tag are called otherwise.
    let edit = format!("{first}/edit");
    send(
        &edit,
        "#shelf-form form",
        &[("name", "Haberler"), ("slug", "")],
    )
    .await;
    assert!(text(path).await.contains("Haberler"));
    assert!(
        text("/tr/blog/category/haberler")
            .await
            .contains("Bir örnekte yazıldı")
    );
    let tags = here.get("/posts/tags?lang=tr&q=Etiket").await;
    let tag = tags.attr("#list tbody th a", "href").unwrap();
    assert!(text("/tr/blog/tag/etiket").await.contains("Bir örnekte"));
    send(&tag, "#shelf-form form", &[("name", "Yafta"), ("slug", "")]).await;
    assert!(text(path).await.contains("Yafta"));
    assert_eq!(reader.get("/tr/blog/tag/etiket").await.status, 301);
    // One category is another from now on.
    assert_eq!(reader.get("/tr/blog/category/ikinci").await.status, 404);
    let merge = format!("{first}/merge?into={}", id(&second));
    send(&merge, "form[method=post][action$=merge]", &[]).await;
    assert!(text(path).await.contains("İkinci"));
    assert_eq!(reader.get("/tr/blog/category/haberler").await.status, 301);
    assert!(
        text("/tr/blog/category/ikinci")
            .await
            .contains("Bir örnekte yazıldı")
    );
    // The text.
    let edit = format!("{post}/edit");
    let typed = [
        ("title", "Bir örnekte değişti"),
        ("body", "Öbüründe yine okundu."),
    ];
    send(&edit, "#editor", &typed).await;
    assert!(text(path).await.contains("Öbüründe yine okundu."));
    assert!(text(feed).await.contains("Bir örnekte değişti"));
    assert!(text("/tr/blog").await.contains("Bir örnekte değişti"));
    send(&edit, "#editor", &[("slug", "baska-ad")]).await;
    assert!(map().await.contains("/tr/blog/baska-ad"));
    // And taken back.
    send(&post, "form[action$=unpublish]", &[]).await;
    assert!(!text(feed).await.contains("Bir örnekte değişti"));
    assert!(!map().await.contains("/tr/blog/baska-ad"));
    assert_eq!(reader.get("/tr/blog/category/ikinci").await.status, 404);
    other.cache.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_another_instance_is_two_seconds_behind_at_most() {
    let app = TestApp::new().await;
    let here = app.sign_in(OFIS).await;
    let (_other, there) = beside(&app).await;
    let before = sum(&figures(&there).await);
    add_lead(&here, "Yeni Firma").await;
    assert_eq!(
        sum(&figures(&here).await),
        before + 1,
        "the writer sees it at once"
    );
    let since = Instant::now();
    while sum(&figures(&there).await) == before {
        assert!(
            since.elapsed() < Duration::from_secs(3),
            "and the others soon"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Writes on one instance, and reads on the other as whoever has just written: a figure and a kept page.
async fn write_and_read_beside(here: &Client, there: &Client, remembering: &Client, round: usize) {
    // What the other instance remembers until then.
    figures(remembering).await;
    remembering.get("/tr/about").await;
    let before = sum(&figures(here).await);
    let take_cookie = || there.set_cookie("fresh", &here.cookie("fresh").unwrap());
    add_lead(here, &format!("Başka Firma {round}")).await;
    take_cookie();
    assert_eq!(sum(&figures(there).await), before + 1, "round {round}");
    let title = format!("Biz kimiz {round}");
    let form = here.get("/site-pages/about-tr").await.form("#editor");
    assert_eq!(here.submit(&form.set("title", &title)).await.status, 303);
    take_cookie();
    let page = there.get("/tr/about").await;
    assert!(page.text().contains(&title), "round {round}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_reads_it_next_on_an_instance_that_is_cut_off_from_redis_too() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let proxy = Proxy::start(server.address()).await;
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    until(app.redis.as_ref().unwrap(), true).await;
    let here = app.sign_in(OFIS).await;
    let (other, there) = beside_behind(&app, &proxy).await;
    let remembering = Client::new(routes::table().into_front(&other));
    remembering.sign_in(OFIS, seed::PASSWORD).await;
    until(other.redis.as_ref().unwrap(), true).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    proxy.cut();
    until(other.redis.as_ref().unwrap(), false).await;
    // The one that still has a lease is waited for once.
    add_lead(&here, "Yeni Firma").await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let begun = Instant::now();
    while !other.cache.is_trusted() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it looks no more");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for round in 0..5 {
        // It goes by its looks at the database, which are a second apart.
        assert!(!other.cache.is_on_line());
        write_and_read_beside(&here, &there, &remembering, round).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    server.kill();
    add_lead(&here, "Yine Yeni Firma").await;
    for round in 5..8 {
        write_and_read_beside(&here, &there, &remembering, round).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_that_people_make_up_leave_nothing_in_redis_for_long() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    let redis = app.redis.as_ref().unwrap();
    until(redis, true).await;
    let begun = Instant::now();
    while !app.cache.is_on_line() {
        assert!(begun.elapsed() < Duration::from_secs(8), "it never joined");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let nobody = app.client();
    for number in 0..100 {
        let path = format!("/tr/blog/uydurma-{number}");
        assert_eq!(nobody.get(&path).await.status, 404);
    }
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        cmd("KEYS")
            .arg("*uydurma*")
            .query_async::<Vec<String>>(&mut line)
            .await
    });
    let left = asked.await.unwrap();
    assert!(left.len() >= 90, "Redis was asked: {}", left.len());
    for key in left {
        let asked = redis.run(async |mut line: MultiplexedConnection| {
            cmd("TTL").arg(&key).query_async::<i64>(&mut line).await
        });
        let seconds = asked.await.unwrap();
        assert!(
            (-2..=180).contains(&seconds) && seconds != -1,
            "{key}: {seconds}"
        );
    }
}

#[tokio::test]
async fn administrators_see_the_families_and_purge_one_which_is_audited() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    for _ in 0..3 {
        figures(&ada).await;
    }
    let page = ada.get("/cache").await;
    assert_eq!(page.status, 200);
    let names = page.texts("#cache tbody th");
    assert!(names.contains(&"dashboard:stats".to_owned()), "{names:?}");
    let row = names
        .iter()
        .position(|name| name == "dashboard:stats")
        .unwrap();
    let loads =
        |page: &crate::support::Reply| page.texts("#cache tbody td:nth-child(7)")[row].clone();
    assert_eq!(loads(&page), "1");
    assert!(page.texts(".facts dd")[0].contains("Not used"));

    let buttons = page.attrs("#cache tbody input[name=tag]", "value");
    assert!(buttons.contains(&"dashboard:stats:".to_owned()));
    let purged = ada
        .post_form("/cache/purge", &[("tag", " dashboard:stats: ")])
        .await;
    assert_eq!((purged.status, purged.location()), (303, "/cache"));
    assert!(
        ada.follow(&purged)
            .await
            .text()
            .contains("dashboard:stats:")
    );
    // Where others may not have heard of it, whoever purges reads around the cache.
    figures(&app.sign_in(OFIS).await).await;
    assert_eq!(
        loads(&ada.get("/cache").await),
        "2",
        "loaded again after the purge"
    );

    let mut conn = app.db.read().await.unwrap();
    let noted = sql!("select count(*) from audit_entries where action = 'cache.purge'");
    assert_eq!(conn.number(noted).await.unwrap(), 1);
}

#[tokio::test]
async fn what_no_family_has_cannot_be_purged() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    for tag in [
        "",
        " ",
        "*",
        "nothing:",
        "dashboard",
        "dashboard:nothing:",
        "x\ny",
        "dashboard:stats:\n*",
        "dashboard:stats:\r\n*",
        "dashboard:stats:a b",
        "dashboard:stats:*",
    ] {
        for fragment in [false, true] {
            let form = [("tag", tag)];
            let reply = if fragment {
                ada.htmx_post("/cache/purge", &form).await
            } else {
                ada.post_form("/cache/purge", &form).await
            };
            assert_eq!(reply.status, 422, "{tag:?}");
            assert_eq!(reply.count("#error-summary li"), 1, "{tag:?}");
        }
    }
    let mut conn = app.db.read().await.unwrap();
    let noted = sql!("select count(*) from audit_entries where action = 'cache.purge'");
    assert_eq!(conn.number(noted).await.unwrap(), 0);
}

#[tokio::test]
async fn the_page_tells_that_redis_is_away() {
    let app = TestApp::with(&[("REDIS_URL", "redis://127.0.0.1:1")]).await;
    let page = app.sign_in(ADA).await.get("/cache").await;
    assert!(page.texts(".facts dd")[0].contains("Away"));
}

/// What a figure of the metrics is.
fn figure(app: &App, name: &str) -> f64 {
    let text = app.metrics.text().unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}

/// Names of the instances that writers wait for.
async fn on_line(app: &App) -> usize {
    let redis = app.redis.as_ref().unwrap();
    let asked = redis.run(async |mut line: MultiplexedConnection| {
        cmd("HGETALL")
            .arg("psw:1:line")
            .query_async::<HashMap<Vec<u8>, Vec<u8>>>(&mut line)
            .await
    });
    let names = asked.await.unwrap().into_keys();
    names.filter(|name| name.len() == 32).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_purged_by_the_page_is_loaded_anew_on_another_instance() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    until(app.redis.as_ref().unwrap(), true).await;
    let ada = app.sign_in(ADA).await;
    let (other, there) = beside(&app).await;
    until(other.redis.as_ref().unwrap(), true).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(ada.get("/cache").await.texts(".facts dd")[0].contains("Connected"));
    let before = figures(&there).await;
    // Behind the product's back, so that only what is purged lets it be seen.
    app.execute(sql!(
        "update companies set status = 'lead' where status = 'customer'"
    ))
    .await;
    assert_eq!(figures(&there).await, before);
    let purged = ada
        .post_form("/cache/purge", &[("tag", "dashboard:stats:")])
        .await;
    assert_eq!(purged.status, 303);
    assert_ne!(figures(&there).await, before);

    assert!(figure(&app, "prosektorweb_cache_write_wait_seconds_count") >= 1.0);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    for name in ["prosektorweb_cache_trusted", "prosektorweb_cache_on_line"] {
        assert_eq!(figure(&app, name).to_bits(), 1_f64.to_bits(), "{name}");
    }
    other.cache.leave().await;
}

#[tokio::test]
async fn what_redis_did_not_answer_is_in_the_metrics() {
    let app = TestApp::with(&[("REDIS_URL", "redis://127.0.0.1:1")]).await;
    let client = app.sign_in(OFIS).await;
    add_lead(&client, "Yeni Firma").await;
    assert!(figure(&app, "prosektorweb_cache_redis_away_total") >= 1.0);
    for name in [
        "prosektorweb_cache_redis_refused_total",
        "prosektorweb_cache_redis_late_total",
        "prosektorweb_cache_on_line",
    ] {
        assert_eq!(figure(&app, name).to_bits(), 0_f64.to_bits(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_has_ended_is_waited_for_by_nobody() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    until(app.redis.as_ref().unwrap(), true).await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_prosektorweb"))
        .args(["user", "create", "yeni@demo.test"])
        .args(["--name", "Yeni Kişi", "--role", "office"])
        .current_dir(app.folder.path())
        .env("DATABASE_URL", &app.database.url)
        .env("DATA_DIR", app.folder.path())
        .env("REDIS_URL", server.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while on_line(&app).await < 2 {
        assert!(begun.elapsed() < Duration::from_secs(8), "it never joined");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Too short: commands that fail leave as well.
    command.stdin.take().unwrap().write_all(b"kurz\n").unwrap();
    assert!(!command.wait().unwrap().success());
    assert_eq!(on_line(&app).await, 1);
}
