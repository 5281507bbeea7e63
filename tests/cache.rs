//! The cache as people who use the product meet it.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use prosektorweb::{
    cache::{DASHBOARD_STATS, FAMILIES, SITE_PAGE},
    platform::cache::{FamilyStats, Key, Scope, Whose, request},
};

use crate::support::{ESRA, OFIS, TestApp, redis::Server};

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

fn stats(app: &TestApp) -> FamilyStats {
    let stats = app.app.cache.stats();
    let name = DASHBOARD_STATS.name();
    let of = |family: &FamilyStats| family.name == name;
    stats.families.into_iter().find(of).unwrap()
}

#[tokio::test]
async fn a_dashboard_is_made_once_until_a_company_changes() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    // Where others may not have heard of a change, whoever made it reads around the cache.
    let esra = app.sign_in(ESRA).await;
    for reader in [&ofis, &esra, &ofis] {
        reader.get("/dashboard").await;
    }
    let seen = stats(&app);
    assert_eq!((seen.miss, seen.hit_l1, seen.entries), (1, 2, 1));
    let acme = app.company("Acme").await;
    let form = ofis
        .get(&format!("/companies/{acme}"))
        .await
        .form("#company-status form");
    ofis.submit(&form.set("status", "prospect")).await;
    esra.get("/dashboard").await;
    assert_eq!(stats(&app).miss, 2);
    // What it does not count is nobody's reason to count again.
    let note = [("body", "Aranacak")];
    let added = ofis
        .post_form(&format!("/companies/{acme}/notes"), &note)
        .await;
    assert_eq!(added.status, 303);
    esra.get("/dashboard").await;
    assert_eq!(stats(&app).miss, 2);
}

#[tokio::test]
async fn a_hit_in_a_request_allocates_nothing() {
    let app = TestApp::new().await;
    let key = Key::new(&SITE_PAGE, Whose::Public);
    let load = async || Ok(4_i64);
    app.cache.get_or_set(&key, &SITE_PAGE, load).await.unwrap();
    let hit = || {
        let key = Key::new(&SITE_PAGE, Whose::Public);
        let load = async || Ok(0_i64);
        let ask = app.cache.get_or_set(&key, &SITE_PAGE, load);
        let (asked, _) = request::scope(request::After::Nothing, ask)
            .now_or_never()
            .unwrap();
        assert_eq!(*asked.unwrap(), 4);
    };
    hit();
    assert_eq!(allocation_counter::measure(hit).count_total, 0);
}

/// As the product is built: among instances, with a lease, and in the scope of a request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hit_among_instances_allocates_nothing_on_one_thread_or_on_eight() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let app = TestApp::with(&[("REDIS_URL", &server.url())]).await;
    let key = |number: usize| Key::new(&SITE_PAGE, Whose::Public).part(NAMES[number]);
    let ask_all = || {
        for number in 0..NAMES.len() {
            let load = async move || Ok(number);
            let key = key(number);
            let ask = app.cache.get_or_set(&key, &SITE_PAGE, load);
            let (asked, _) = request::scope(request::After::Change, ask)
                .now_or_never()
                .unwrap();
            assert_eq!(*asked.unwrap(), number);
        }
    };
    let count = || allocation_counter::measure(ask_all).count_total;
    let begun = Instant::now();
    // Only under a lease is it a hit, and a machine that is late loses it.
    loop {
        assert!(begun.elapsed() < Duration::from_secs(20), "never without");
        tokio::time::sleep(Duration::from_millis(50)).await;
        for number in 0..NAMES.len() {
            let load = async move || Ok(number);
            let key = key(number);
            app.cache.get_or_set(&key, &SITE_PAGE, load).await.unwrap();
        }
        if !app.cache.is_on_line() || !app.cache.is_trusted() {
            continue;
        }
        let is_free = tokio::task::block_in_place(|| {
            std::thread::scope(|scope| {
                let all = [(); 8]
                    .map(|()| scope.spawn(|| std::panic::catch_unwind(AssertUnwindSafe(count))));
                all.map(|counted| counted.join().unwrap())
            })
        });
        if is_free.iter().all(|counted| matches!(counted, Ok(0))) {
            break;
        }
    }
}

#[tokio::test]
async fn a_purged_key_is_loaded_again() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    ofis.get("/dashboard").await;
    app.app
        .cache
        .invalidate(&Key::new(&DASHBOARD_STATS, Scope::All));
    ofis.get("/dashboard").await;
    assert_eq!(stats(&app).miss, 2);
}

#[tokio::test]
async fn every_family_is_listed_once_and_measured() {
    let app = TestApp::new().await;
    let stats = app.app.cache.stats();
    let mut names: Vec<&str> = FAMILIES.iter().map(|policy| policy.name()).collect();
    names.sort_unstable();
    let listed: Vec<&str> = stats.families.iter().map(|family| family.name).collect();
    assert_eq!(listed, names);
    let text = app.app.metrics.text().unwrap();
    for name in names {
        assert!(
            text.contains(&format!("cache_entries{{family=\"{name}\"}}")),
            "{name}"
        );
        for outcome in ["hit_l1", "hit_l2", "stale", "miss", "error"] {
            let line = format!("family=\"{name}\",outcome=\"{outcome}\"");
            assert!(text.contains(&line), "{line}");
        }
        for what in ["cache_evictions_total", "cache_waiters_saved_total"] {
            assert!(
                text.contains(&format!("{what}{{family=\"{name}\"}}")),
                "{what}"
            );
        }
    }
}
