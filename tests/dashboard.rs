//! The dashboard: figures that equal the rows behind their links.

use futures_util::future::join_all;
use prosektorweb::sql;

use crate::support::{Client, ESRA, OFIS, Reply, TestApp};

/// The total that a list states, by its "1–25 of 60".
async fn total(client: &Client, href: &str) -> i64 {
    let page = client.get(href).await;
    assert_eq!(page.status, 200, "{href}");
    if page.has("#list .empty") {
        return 0;
    }
    let range = page.one(".pagination-range");
    let total = range.rsplit(' ').next().unwrap();
    total.parse().unwrap_or_else(|_| panic!("{href}: {range}"))
}

fn figure(text: &str) -> i64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    // A link to nothing names no figure.
    digits.parse().unwrap_or(0)
}

async fn statuses(client: &Client) -> Vec<(String, i64)> {
    let page = client.get("/dashboard").await;
    let hrefs = page.attrs(".dashboard-statuses td a", "href");
    let counts = page.texts(".dashboard-statuses td a");
    hrefs
        .into_iter()
        .zip(counts.iter().map(|count| figure(count)))
        .collect()
}

#[tokio::test]
async fn every_figure_equals_the_rows_behind_its_link() {
    let app = TestApp::new().await;
    for email in [OFIS, ESRA] {
        let client = app.sign_in(email).await;
        let page = client.get("/dashboard").await;
        assert_eq!(page.status, 200);

        let statuses = statuses(&client).await;
        assert_eq!(statuses.len(), 5);
        let mut sum = 0;
        for (href, count) in &statuses {
            assert_eq!(total(&client, href).await, *count, "{href}");
            sum += count;
        }
        let all = page.one(".dashboard-statuses .section-head a");
        assert_eq!(figure(&all), sum);
        assert_eq!(total(&client, "/companies").await, sum);

        let months = page.attrs(".dashboard-months .chart-table tbody a", "href");
        let counts = page.texts(".dashboard-months .chart-table tbody td");
        assert_eq!(months.len(), 12);
        assert!(counts.iter().any(|count| figure(count) > 0));
        for (href, count) in months.iter().zip(&counts) {
            assert_eq!(total(&client, href).await, figure(count), "{href}");
        }

        for part in [".dashboard-overdue", ".dashboard-coming"] {
            let link = format!("{part} .section-head a");
            let href = page.attr(&link, "href").unwrap();
            let count = figure(&page.one(&link));
            assert_eq!(total(&client, &href).await, count, "{href}");
            let rows = i64::try_from(page.count(&format!("{part} li"))).unwrap();
            assert_eq!(rows, count.min(5), "{part}");
        }
    }
}

#[tokio::test]
async fn the_chart_and_its_table_tell_the_same() {
    let app = TestApp::new().await;
    let page = app.sign_in(OFIS).await.get("/dashboard").await;
    assert_eq!(
        page.texts(".dashboard-months .chart-value"),
        page.texts(".dashboard-months .chart-table tbody td")
    );
    assert_eq!(
        page.attrs(".dashboard-months svg a", "href"),
        page.attrs(".dashboard-months .chart-table tbody a", "href")
    );
    let heights: Vec<i64> = page
        .attrs(".dashboard-months rect.chart-bar", "height")
        .iter()
        .map(|h| h.parse().unwrap())
        .collect();
    let counts: Vec<i64> = page
        .texts(".chart-value")
        .iter()
        .map(|text| figure(text))
        .collect();
    // Heights are as the counts are to each other, but for the rounding.
    for (height, count) in heights.iter().zip(&counts) {
        for (other_height, other_count) in heights.iter().zip(&counts) {
            let apart = (height * other_count - other_height * count).abs();
            assert!(
                apart <= count.max(other_count) + 1,
                "{heights:?} {counts:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_link_of_the_dashboard_leads_somewhere() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let page = ofis.get("/dashboard").await;
    let links = page.attrs("main a[href^='/']", "href");
    assert!(links.len() > 30);
    for href in links {
        assert_eq!(
            ofis.get(href.split('#').next().unwrap()).await.status,
            200,
            "{href}"
        );
    }
}

#[tokio::test]
async fn a_change_shows_in_the_figures_at_once() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let count_of = |statuses: &[(String, i64)], status: &str| {
        let wanted = format!("/companies?status={status}");
        statuses.iter().find(|(href, _)| *href == wanted).unwrap().1
    };
    let before = statuses(&ofis).await;
    let acme = app.company("Acme").await;
    let path = format!("/companies/{acme}");

    let form = ofis
        .get(&path)
        .await
        .form("#company-status form")
        .set("status", "churned");
    ofis.submit(&form).await;
    let after = statuses(&ofis).await;
    assert_eq!(
        count_of(&after, "churned"),
        count_of(&before, "churned") + 1
    );
    assert_eq!(
        count_of(&after, "customer"),
        count_of(&before, "customer") - 1
    );

    let confirm = ofis
        .get(&format!("{path}/trash"))
        .await
        .form(".confirm form");
    let reply = ofis.submit(&confirm).await;
    let undo = ofis.follow(&reply).await.form("#flash form");
    assert_eq!(
        count_of(&statuses(&ofis).await, "churned"),
        count_of(&before, "churned")
    );
    ofis.submit(&undo).await;
    assert_eq!(
        count_of(&statuses(&ofis).await, "churned"),
        count_of(&before, "churned") + 1
    );

    let form = ofis
        .get("/companies/new")
        .await
        .form("#company-form form")
        .set("name", "Çınar Ölçüm");
    ofis.submit(&form).await;
    assert_eq!(
        count_of(&statuses(&ofis).await, "lead"),
        count_of(&before, "lead") + 1
    );
    let page = ofis.get("/dashboard").await;
    assert!(
        page.one(".dashboard-changes li").contains("Çınar Ölçüm"),
        "the newest change is first"
    );
    assert!(page.one(".dashboard-changes li").contains("Ofis"));
}

#[tokio::test]
async fn the_figures_are_counted_once_and_then_come_from_the_cache() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let before = statuses(&ofis).await;
    // Behind the product's back, so that only the cache can still know it.
    app.execute(sql!(
        "update companies set status = 'lead' where status = 'customer'"
    ))
    .await;
    assert_eq!(statuses(&ofis).await, before);
    let acme = app.company("Acme").await;
    let form = ofis
        .get(&format!("/companies/{acme}"))
        .await
        .form("#company-status form");
    ofis.submit(&form.set("status", "prospect")).await;
    assert_ne!(statuses(&ofis).await, before);
}

#[tokio::test]
async fn an_office_without_companies_is_told_how_to_begin() {
    let app = TestApp::new().await;
    app.execute(sql!("update companies set deleted_at = ?", app.clock.now()))
        .await;
    let is_invited = |page: &Reply| page.has("main .empty a[href='/companies/new']");
    assert!(is_invited(&app.sign_in(OFIS).await.get("/dashboard").await));
    assert!(!is_invited(
        &app.sign_in(ESRA).await.get("/dashboard").await
    ));
}

#[tokio::test]
async fn many_readers_of_a_dashboard_that_is_not_cached_yet_all_get_it() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for _ in 0..3 {
        app.cache.invalidate_prefix("dashboard:").unwrap();
        let pages = join_all((0..8).map(|_| ofis.get("/dashboard"))).await;
        let statuses: Vec<u16> = pages.iter().map(|page| page.status).collect();
        assert_eq!(statuses, [200; 8]);
    }
}
