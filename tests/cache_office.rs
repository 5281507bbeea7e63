//! The cache as people meet it: figures that are right on every instance at once, and the administrators' page.

use std::time::{Duration, Instant};

use prosektorweb::{app::App, routes, seed, sql};

use crate::support::{
    ADA, Client, OFIS, TestApp,
    redis::{Server, until},
};

/// Another instance on the same database and Redis, where Ofis is signed in.
async fn beside(app: &TestApp) -> (App, Client) {
    let other = App::build(app.config.clone(), app.clock.clone())
        .await
        .unwrap();
    other.state.set_ready();
    let client = Client::new(routes::table().into_endpoint(&other));
    client.sign_in(OFIS, seed::PASSWORD).await;
    (other, client)
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
