//! Subscriptions: kept by the office, renewed by the day, and reminded of before.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use futures_util::future::join_all;
use prosektorweb::{
    features::services::{
        jobs::{Daily, Renew},
        model::{Cycle, Draft, Kind},
        queries,
    },
    sql,
    types::{Currency, Id, Lang, Money},
    web::access::Scope,
};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{
    ADA, CEM, Client, ESRA, Form, OFIS, Reply, TestApp,
    smtp::{Behaviour, Security, SmtpServer},
};

const FORM: &str = "#service-form form";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn new_form(client: &Client, company: Uuid) -> Form {
    let page = client
        .get(&format!("/companies/{company}/services/new"))
        .await;
    assert_eq!(page.status, 200, "{}", page.text());
    page.form(FORM)
}

/// A subscription of Acme's, made as the office makes it; its URL.
async fn made(app: &TestApp, client: &Client, fields: &[(&str, &str)]) -> (Uuid, String) {
    let acme = app.company("Acme").await;
    let mut form = new_form(client, acme)
        .await
        .set("name", "Deneme barındırma")
        .set("price", "100");
    for (name, value) in fields {
        form = form.set(name, value);
    }
    let reply = client.submit(&form).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let href = reply.location().to_owned();
    (
        href.strip_prefix("/services/").unwrap().parse().unwrap(),
        href,
    )
}

async fn monthly(app: &TestApp, starts_on: &str, renews_on: &str) -> Uuid {
    let ofis = app.sign_in(OFIS).await;
    let fields = [
        ("cycle", "monthly"),
        ("starts_on", starts_on),
        ("renews_on", renews_on),
    ];
    made(app, &ofis, &fields).await.0
}

/// Runs the job of one service, as the daily run would promise it.
async fn renew(app: &TestApp, id: Uuid) {
    let mut tx = app.db.begin().await.unwrap();
    app.jobs
        .enqueue(&mut tx, &Renew { service_id: id })
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
    no_job_failed(app).await;
}

async fn run_daily(app: &TestApp) {
    let mut tx = app.db.begin().await.unwrap();
    app.jobs.enqueue(&mut tx, &Daily::default()).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
    no_job_failed(app).await;
}

async fn no_job_failed(app: &TestApp) {
    let failed: Vec<(String, Option<String>)> = app
        .rows(sql!(
            "select kind, error from jobs where state = 'dead' or error is not null"
        ))
        .await;
    assert_eq!(failed, [], "a job failed");
}

async fn renewals(app: &TestApp, id: Uuid) -> Vec<(String, String)> {
    let rows: Vec<(NaiveDate, NaiveDate)> = app
        .rows(sql!(
            "select period_start, period_end from renewals where service_id = ? order by period_start",
            id
        ))
        .await;
    rows.into_iter()
        .map(|(start, end)| (start.to_string(), end.to_string()))
        .collect()
}

async fn starts(app: &TestApp, id: Uuid) -> Vec<String> {
    renewals(app, id)
        .await
        .into_iter()
        .map(|(start, _)| start)
        .collect()
}

/// `2026-12-24 30 mailed`, in the order of time.
async fn reminders(app: &TestApp, id: Uuid) -> Vec<String> {
    let rows: Vec<(NaiveDate, i64, String)> = app
        .rows(sql!(
            "select renews_on, step, outcome from reminders where service_id = ? order by renews_on, step desc",
            id
        ))
        .await;
    rows.into_iter()
        .map(|(renews_on, step, outcome)| format!("{renews_on} {step} {outcome}"))
        .collect()
}

async fn renews_on(app: &TestApp, id: Uuid) -> Option<String> {
    let rows: Vec<(Option<NaiveDate>,)> = app
        .rows(sql!("select renews_on from services where id = ?", id))
        .await;
    rows[0].0.map(|date| date.to_string())
}

// ---- kept by the office

#[tokio::test]
async fn a_service_is_added_without_javascript_and_shown() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let form = new_form(&ofis, acme)
        .await
        .set("name", " Sosyal medya yönetimi ")
        .set("type", "social_media")
        .set("price", "₺1,234.50")
        .set("cycle", "monthly")
        .set("starts_on", "2026-10-31")
        .set("notes", "Haftada üç gönderi.");
    assert_eq!(form.action, format!("/companies/{acme}/services"));
    let reply = ofis.submit(&form).await;
    let page = ofis.follow(&reply).await;
    assert!(page.one("#flash").contains("Sosyal medya yönetimi"));
    assert_eq!(page.one("h1"), "Sosyal medya yönetimi");
    let facts = page.one(".facts");
    for fact in [
        "Acme",
        "Social media",
        "₺1,234.50",
        "Monthly",
        "31 Oct 2026",
        "30 Nov 2026",
        "Haftada üç gönderi.",
    ] {
        assert!(facts.contains(fact), "{fact}: {facts}");
    }
    assert_eq!(app.noted().await[1..], ["services.create"]);
    let list = ofis.get("/services?q=sosyal+acme").await;
    assert!(list.one("#list tbody tr").contains("Sosyal medya yönetimi"));
    let tab = ofis.get(&format!("/companies/{acme}/services")).await;
    assert!(tab.one("#panel").contains("Sosyal medya yönetimi"));
    let history = ofis.get(&format!("/companies/{acme}/history")).await;
    let newest = history.one(".timeline li");
    assert!(
        newest.contains("Service added") && newest.contains("₺1,234.50"),
        "{newest}"
    );
    let dashboard = ofis.get("/dashboard").await;
    assert!(
        dashboard
            .one(".dashboard-changes li")
            .contains("Service added")
    );
}

#[tokio::test]
async fn a_turkish_office_types_and_reads_turkish_sums() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    ofis.post_form("/preferences", &[("locale", "tr")]).await;
    let (id, href) = made(&app, &ofis, &[("price", "1.234")]).await;
    let stored = app
        .number(sql!("select price_minor from services where id = ?", id))
        .await;
    assert_eq!(stored, 123_400);
    assert!(ofis.get(&href).await.one(".facts").contains("1.234,00 ₺"));
    let edit = ofis.get(&format!("{href}/edit")).await.form(FORM);
    assert_eq!(edit.value("price"), Some("1.234,00"));
}

#[tokio::test]
async fn wrong_fields_come_back_as_they_were_typed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let before = app.children("services", acme).await;
    let wrong = [
        ("name", "ab"),
        ("price", "1,2,3"),
        ("starts_on", "31.02.2026"),
        ("renews_on", "yarın"),
    ];
    let mut form = new_form(&ofis, acme).await.set("notes", "Kalsın");
    for (name, value) in wrong {
        form = form.set(name, value);
    }
    for reply in [ofis.submit(&form).await, ofis.htmx_submit(&form).await] {
        assert_eq!(reply.status, 422);
        assert!(reply.has("#error-summary"));
        let again = reply.form(FORM);
        for (name, value) in wrong {
            assert_eq!(again.value(name), Some(value));
            assert!(reply.has(&format!("#f-{name}-error")), "{name}");
        }
        assert_eq!(again.value("notes"), Some("Kalsın"));
    }
    assert!(!ofis.htmx_submit(&form).await.is_page());
    assert_eq!(app.children("services", acme).await, before);
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_service() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let before = app.children("services", acme).await.len();
    let form = new_form(&ofis, acme)
        .await
        .set("name", "Bir kere")
        .set("price", "5");
    let replies = join_all((0..10).map(|_| ofis.submit(&form))).await;
    assert!(
        replies
            .iter()
            .all(|reply| [303, 503].contains(&reply.status))
    );
    let first = ofis.submit(&form).await;
    assert_eq!(first.status, 303);
    assert_eq!(ofis.submit(&form).await.location(), first.location());
    assert_eq!(app.children("services", acme).await.len(), before + 1);
    assert_eq!(ofis.submit(&form.set("name", "Başka")).await.status, 409);
}

#[tokio::test]
async fn strangers_clients_and_experts_get_nowhere() {
    let app = TestApp::new().await;
    let acme = app.company("Acme").await;
    let id = app.children("services", acme).await[0].0;
    let paths = [
        "/services".to_owned(),
        format!("/services/{id}"),
        format!("/companies/{acme}/services"),
    ];
    let (nobody, cem, esra) = (
        app.client(),
        app.sign_in(CEM).await,
        app.sign_in(ESRA).await,
    );
    for path in &paths {
        assert!(
            nobody.get(path).await.location().starts_with("/login"),
            "{path}"
        );
        assert_eq!(cem.get(path).await.status, 404, "{path}");
        assert_eq!(esra.get(path).await.status, 403, "{path}");
    }
    // Nor do they see elsewhere what a company pays.
    let ofis = app.sign_in(OFIS).await;
    made(&app, &ofis, &[]).await;
    for path in [
        format!("/companies/{acme}"),
        format!("/companies/{acme}/history"),
        "/dashboard".into(),
    ] {
        let page = esra.get(&path).await;
        assert_eq!(page.status, 200);
        for word in ["Service added", "Deneme barındırma", "/services"] {
            assert!(!page.text().contains(word), "{path}: {word}");
        }
    }
}

#[tokio::test]
async fn whoever_saves_second_sees_both_versions_and_loses_nothing() {
    let app = TestApp::new().await;
    let (ofis, ada) = (app.sign_in(OFIS).await, app.sign_in(ADA).await);
    let (id, href) = made(&app, &ofis, &[]).await;
    let edit = format!("{href}/edit");
    let mine = ofis
        .get(&edit)
        .await
        .form(FORM)
        .set("name", "Benimki")
        .set("price", "150");
    let theirs = ada
        .get(&edit)
        .await
        .form(FORM)
        .set("name", "Onunki")
        .set("cycle", "monthly");
    assert_eq!(ada.submit(&theirs).await.status, 303);
    for reply in [ofis.submit(&mine).await, ofis.htmx_submit(&mine).await] {
        assert_eq!(reply.status, 409);
        let conflict = reply.one("#conflict");
        for part in ["Ada", "Benimki", "Onunki", "₺150.00", "₺100.00", "Monthly"] {
            assert!(conflict.contains(part), "{part}: {conflict}");
        }
        assert_eq!(reply.form(FORM).value("name"), Some("Benimki"));
    }
    let again = ofis.htmx_submit(&mine).await.form(FORM);
    assert_eq!(ofis.submit(&again).await.status, 303);
    let names: Vec<(String,)> = app
        .rows(sql!("select name from services where id = ?", id))
        .await;
    assert_eq!(names[0].0, "Benimki");
    let entries: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where action = 'services.update' order by id desc"
        ))
        .await;
    let changes: Value = serde_json::from_str(&entries[0].0).unwrap();
    let fields: Vec<&str> = changes
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["field"].as_str().unwrap())
        .collect();
    assert!(
        fields.contains(&"price") && !fields.contains(&"type"),
        "{fields:?}"
    );
}

#[tokio::test]
async fn the_trash_takes_one_away_and_undo_brings_it_back() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (_, href) = made(&app, &ofis, &[]).await;
    let confirm = ofis.htmx_get(&format!("{href}/trash")).await;
    assert!(!confirm.is_page() && confirm.has("#dialog-title"));
    let form = ofis
        .get(&format!("{href}/trash"))
        .await
        .form(".confirm form");
    let reply = ofis.submit(&form).await;
    let list = ofis.follow(&reply).await;
    assert!(list.one("#flash").contains("Deneme barındırma"));
    assert!(!list.one("#list").contains("Deneme barındırma"));
    assert_eq!(ofis.get(&href).await.status, 404);
    assert_eq!(ofis.submit(&form).await.status, 404);
    let trash = ofis.get("/trash").await;
    assert!(
        trash
            .one("#trashed-services tbody tr")
            .contains("Deneme barındırma")
    );
    assert_eq!(ofis.submit(&list.form("#flash form")).await.status, 303);
    assert_eq!(ofis.get(&href).await.status, 200);
    assert_eq!(
        app.noted().await[2..],
        ["services.trash", "services.restore"]
    );
    assert!(!ofis.get("/trash").await.has("#trashed-services"));
}

#[tokio::test]
async fn a_trashed_company_takes_its_services_with_it() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, href) = made(
        &app,
        &ofis,
        &[("renews_on", "2026-11-24"), ("starts_on", "2025-11-24")],
    )
    .await;
    let acme = app.company("Acme").await;
    let form = ofis
        .get(&format!("/companies/{acme}/trash"))
        .await
        .form(".confirm form");
    let undo = {
        let reply = ofis.submit(&form).await;
        ofis.follow(&reply).await.form("#flash form")
    };
    assert_eq!(ofis.get(&href).await.status, 404);
    assert!(ofis.get("/services?q=Deneme").await.has("#list .empty"));
    run_daily(&app).await;
    renew(&app, id).await;
    assert_eq!(renewals(&app, id).await, []);
    assert_eq!(reminders(&app, id).await, [""; 0]);
    assert_eq!(ofis.submit(&undo).await.status, 303);
    assert_eq!(ofis.get(&href).await.status, 200);
    run_daily(&app).await;
    assert_eq!(starts(&app, id).await, ["2026-11-24"]);
}

// ---- the list

async fn names(client: &Client, path: &str) -> Vec<String> {
    let mut path = path.to_owned();
    let mut names = Vec::new();
    loop {
        let page = client.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        names.extend(row_keys(&page));
        match page.attr("#list-next", "href") {
            Some(next) => path = next,
            None => return names,
        }
    }
}

/// The name and the company of each row.
fn row_keys(page: &Reply) -> Vec<String> {
    let services = page.texts("#list tbody th");
    let companies = page.texts("#list tbody td:nth-child(2)");
    services
        .into_iter()
        .zip(companies)
        .map(|(service, company)| format!("{service} / {company}"))
        .collect()
}

#[tokio::test]
async fn every_sort_walks_the_whole_list_once_both_ways() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let all = app.number(sql!("select count(*) from services")).await;
    assert!(all > 60);
    for sort in ["renews_on", "name", "company", "created_at"] {
        let ascending = names(&ofis, &format!("/services?sort={sort}")).await;
        assert_eq!(i64::try_from(ascending.len()).unwrap(), all, "{sort}");
        let mut descending = names(&ofis, &format!("/services?sort=-{sort}")).await;
        descending.reverse();
        assert_eq!(ascending, descending, "{sort}");
        // Back from the second page to the first.
        let first = ofis.get(&format!("/services?sort={sort}")).await;
        let second = ofis.get(&first.attr("#list-next", "href").unwrap()).await;
        let back = ofis.get(&second.attr("#list-prev", "href").unwrap()).await;
        assert_eq!(row_keys(&back), row_keys(&first), "{sort}");
    }
    let fragment = ofis.htmx_get("/services").await;
    assert!(
        fragment
            .text()
            .trim_start()
            .starts_with("<section id=\"list\"")
    );
}

#[tokio::test]
async fn filters_and_search_narrow_the_list_and_the_file_holds_the_same_rows() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    made(
        &app,
        &ofis,
        &[
            ("name", "=1+1 İŞ GÜVENLİĞİ"),
            ("currency", "EUR"),
            ("cycle", "monthly"),
        ],
    )
    .await;
    for query in [
        "q=diyarbakir",
        "q=DİYARBAKIR+barindirma",
        "q=is+guvenligi",
        "type=domain",
        "status=cancelled",
        "cycle=recurring",
        "cycle=once",
        "currency=EUR&status=active",
        "renews=2026-12-01",
        "renews=2027-03-01&cycle=yearly",
        "sort=-name",
    ] {
        let listed = names(&ofis, &format!("/services?{query}")).await;
        assert!(!listed.is_empty(), "{query}");
        let file = ofis
            .post_form(&format!("/services/export?{query}"), &[])
            .await;
        assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
        let mut reader = csv::Reader::from_reader(file.body.as_slice());
        let rows: Vec<String> = reader
            .records()
            .map(|row| {
                let row = row.unwrap();
                format!("{} / {}", row[0].trim_start_matches('\''), &row[1])
            })
            .collect();
        assert_eq!(rows, listed, "{query}");
    }
    let file = ofis.post_form("/services/export?currency=EUR", &[]).await;
    assert!(file.text().contains("\r\n'=1+1 İŞ GÜVENLİĞİ,"));
    assert!(app.noted().await.contains(&"services.export".to_owned()));
    let mine = names(&ofis, "/services?q=acme").await;
    assert_eq!(mine.len(), app.children("services", acme).await.len());
    let chips = ofis.get("/services?type=seo&renews=2026-12-01").await;
    assert_eq!(chips.count(".chips .chip"), 2);
    assert!(ofis.get("/services?q=yokboyle").await.has("#list .empty"));
}

#[tokio::test]
async fn unknown_filter_values_are_refused() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for query in [
        "type=dream",
        "status=gone",
        "cycle=weekly",
        "currency=GBP",
        "renews=2026-11-02",
        "renews=soon",
        "sort=price",
        "after=x",
        "q=%00",
    ] {
        assert_eq!(
            ofis.get(&format!("/services?{query}")).await.status,
            400,
            "{query}"
        );
        assert_eq!(
            ofis.htmx_get(&format!("/services?{query}")).await.status,
            400,
            "{query}"
        );
    }
}

// ---- the dashboard

#[tokio::test]
async fn the_dashboards_figures_are_the_rows_behind_their_links() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let page = ofis.get("/dashboard").await;
    let months = page.attrs(".dashboard-renewals .chart-table tbody a", "href");
    let counts = page.texts(".dashboard-renewals .chart-table tbody td:nth-child(2)");
    assert_eq!(months.len(), 12);
    assert_eq!(page.texts(".dashboard-renewals .chart-value"), counts);
    for (href, count) in months.iter().zip(&counts) {
        assert_eq!(names(&ofis, href).await.len().to_string(), *count, "{href}");
    }
    let sums = page.attrs(".sums a", "href");
    assert_eq!(sums.len(), 3);
    for (href, shown) in sums.iter().zip(page.texts(".sums a")) {
        let currency = href.rsplit('=').next().unwrap();
        let year = app
            .number(sql!(
                "select cast(sum(case when s.cycle = 'monthly' then 12 * s.price_minor else s.price_minor end) as signed)
                 from services s where s.status = 'active' and s.cycle <> 'once' and s.currency = ?",
                currency
            ))
            .await;
        let month = (year + 6) / 12;
        let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(digits.parse::<i64>().unwrap(), month, "{shown}");
        assert!(!names(&ofis, href).await.is_empty());
    }
    // A change is in the figures at once.
    let before = page.texts(".sums a");
    made(&app, &ofis, &[("cycle", "monthly")]).await;
    assert_ne!(ofis.get("/dashboard").await.texts(".sums a"), before);
}

// ---- renewed by the day

#[tokio::test]
async fn a_renewal_is_made_on_its_day_and_once() {
    let app = TestApp::new().await;
    let id = monthly(&app, "2025-12-31", "2026-11-30").await;
    run_daily(&app).await;
    assert_eq!(renewals(&app, id).await, []);
    assert_eq!(
        reminders(&app, id).await,
        ["2026-11-30 30 passed", "2026-11-30 15 mailed"]
    );
    app.clock.shift(TimeDelta::days(3));
    run_daily(&app).await;
    assert_eq!(
        reminders(&app, id).await.pop().unwrap(),
        "2026-11-30 3 mailed"
    );
    app.clock.shift(TimeDelta::days(3));
    for _ in 0..3 {
        run_daily(&app).await;
        assert_eq!(
            renewals(&app, id).await,
            [("2026-11-30".to_owned(), "2026-12-30".to_owned())]
        );
        assert_eq!(renews_on(&app, id).await.unwrap(), "2026-12-31");
    }
    assert_eq!(
        reminders(&app, id).await,
        [
            "2026-11-30 30 passed",
            "2026-11-30 15 mailed",
            "2026-11-30 3 mailed",
            "2026-11-30 0 mailed",
        ]
    );
    let ofis = app.sign_in(OFIS).await;
    let page = ofis.get(&format!("/services/{id}")).await;
    assert!(page.one(".renewals tbody tr").contains("30 Nov 2026"));
    assert_eq!(page.count("#reminders li"), 4);
    assert!(page.one(".timeline li").contains("Service renewed"));
    assert!(page.one(".timeline li").contains("System"));
    let acme = app.company("Acme").await;
    let tab = ofis.get(&format!("/companies/{acme}/services")).await;
    assert!(tab.one(".renewals").contains("Deneme barındırma"));
}

#[tokio::test]
async fn a_week_late_it_is_renewed_and_told_once() {
    let app = TestApp::new().await;
    let id = monthly(&app, "2026-01-26", "2026-11-26").await;
    app.clock.shift(TimeDelta::days(9));
    run_daily(&app).await;
    run_daily(&app).await;
    assert_eq!(starts(&app, id).await, ["2026-11-26"]);
    assert_eq!(renews_on(&app, id).await.unwrap(), "2026-12-26");
    assert_eq!(
        reminders(&app, id).await,
        [
            "2026-11-26 30 passed",
            "2026-11-26 15 passed",
            "2026-11-26 3 passed",
            "2026-11-26 0 mailed",
            "2026-12-26 30 mailed",
        ]
    );
}

#[tokio::test]
async fn after_two_months_of_downtime_every_period_is_there_once_and_only_the_last_is_told() {
    let app = TestApp::new().await;
    let id = monthly(&app, "2026-08-31", "2026-11-30").await;
    app.clock.shift(TimeDelta::days(70));
    run_daily(&app).await;
    run_daily(&app).await;
    let periods = [
        ("2026-11-30", "2026-12-30"),
        ("2026-12-31", "2027-01-30"),
        ("2027-01-31", "2027-02-27"),
    ];
    assert_eq!(
        renewals(&app, id).await,
        periods.map(|(start, end)| (start.to_owned(), end.to_owned()))
    );
    assert_eq!(renews_on(&app, id).await.unwrap(), "2027-02-28");
    let told = reminders(&app, id).await;
    let mailed: Vec<&String> = told
        .iter()
        .filter(|line| line.ends_with("mailed"))
        .collect();
    assert_eq!(mailed, ["2027-01-31 0 mailed", "2027-02-28 30 mailed"]);
    assert_eq!(told.len(), 4 * 3 + 1, "{told:?}");
    let noted = app
        .number(sql!(
            "select count(*) from audit_entries where action = 'services.renew' and record_id = ?",
            id
        ))
        .await;
    assert_eq!(noted, 3);
}

#[tokio::test]
async fn two_runs_at_once_renew_once() {
    let app = TestApp::new().await;
    let id = monthly(&app, "2026-10-24", "2026-11-24").await;
    let mut tx = app.db.begin().await.unwrap();
    app.jobs
        .enqueue(&mut tx, &Renew { service_id: id })
        .await
        .unwrap();
    tx.commit().await.unwrap();
    // As it stands when one run waits while another one goes on: the same job again, without the key that forbids it.
    for _ in 0..5 {
        app.execute(sql!(
            "insert into jobs (id, kind, payload, priority, state, at, unique_key, pending_key, attempts, created_at)
             select ?, kind, payload, priority, state, at, null, null, attempts, created_at from jobs
             where kind = 'services.renew' and pending_key is not null",
            Uuid::now_v7()
        ))
        .await;
    }
    app.run_jobs().await;
    let done = app
        .number(sql!(
            "select count(*) from jobs where kind = 'services.renew' and state = 'done'"
        ))
        .await;
    let delayed = app
        .number(sql!(
            "select count(*) from jobs where kind = 'services.renew' and state = 'delayed'"
        ))
        .await;
    assert_eq!((done + delayed, done > 0), (6, true));
    assert_eq!(starts(&app, id).await, ["2026-11-24"]);
    assert_eq!(renews_on(&app, id).await.unwrap(), "2026-12-24");
    let told = reminders(&app, id).await;
    assert_eq!(
        told.iter()
            .filter(|line| line.starts_with("2026-11-24"))
            .count(),
        4,
        "{told:?}"
    );
}

#[tokio::test]
async fn a_cancelled_one_renews_nothing_and_a_resumed_one_makes_up_for_nothing() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let id = monthly(&app, "2026-10-25", "2026-11-25").await;
    let href = format!("/services/{id}");
    let cancel = ofis.get(&href).await.form("form[action$='/cancel']");
    let reply = ofis.submit(&cancel).await;
    let page = ofis.follow(&reply).await;
    assert!(page.one(".record-title").contains("Cancelled"));
    assert!(page.one(".facts").contains("24 Nov 2026"));
    assert_eq!(ofis.submit(&cancel).await.status, 409);
    app.clock.shift(TimeDelta::days(70));
    run_daily(&app).await;
    renew(&app, id).await;
    assert_eq!(renewals(&app, id).await, []);
    assert_eq!(reminders(&app, id).await, [""; 0]);
    let ofis = app.sign_in(OFIS).await;
    let resume = ofis.get(&href).await.form("form[action$='/resume']");
    assert_eq!(ofis.submit(&resume).await.status, 303);
    // Seventy days after 24 November is 2 February.
    assert_eq!(renews_on(&app, id).await.unwrap(), "2027-02-25");
    run_daily(&app).await;
    assert_eq!(renewals(&app, id).await, []);
    assert_eq!(reminders(&app, id).await, ["2027-02-25 30 mailed"]);
    let noted = app.noted().await;
    assert!(
        noted.contains(&"services.cancel".to_owned())
            && noted.contains(&"services.resume".to_owned())
    );
}

#[tokio::test]
async fn what_is_paid_once_is_never_renewed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, _) = made(
        &app,
        &ofis,
        &[
            ("cycle", "once"),
            ("renews_on", "2026-11-24"),
            ("starts_on", "2026-11-24"),
        ],
    )
    .await;
    assert_eq!(renews_on(&app, id).await, None);
    renew(&app, id).await;
    assert_eq!(renewals(&app, id).await, []);
}

#[tokio::test]
async fn a_leap_day_is_kept_through_the_years_between() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let fields = [
        ("cycle", "yearly"),
        ("starts_on", "2024-02-29"),
        ("renews_on", "2027-02-28"),
    ];
    let (id, _) = made(&app, &ofis, &fields).await;
    app.clock.shift(day("2028-03-10") - day("2026-11-24"));
    renew(&app, id).await;
    let periods = [("2027-02-28", "2028-02-28"), ("2028-02-29", "2029-02-27")];
    assert_eq!(
        renewals(&app, id).await,
        periods.map(|(start, end)| (start.to_owned(), end.to_owned()))
    );
    assert_eq!(renews_on(&app, id).await.unwrap(), "2029-02-28");
}

#[tokio::test]
async fn an_edit_of_something_else_keeps_the_anchor_day() {
    let app = TestApp::new().await;
    let id = monthly(&app, "2026-01-15", "2026-12-30").await;
    app.clock.shift(TimeDelta::days(80));
    renew(&app, id).await;
    assert_eq!(renews_on(&app, id).await.unwrap(), "2027-02-28");
    let ofis = app.sign_in(OFIS).await;
    let edit = ofis.get(&format!("/services/{id}/edit")).await.form(FORM);
    assert_eq!(
        ofis.submit(&edit.set("notes", "Yeni not")).await.status,
        303
    );
    app.clock.shift(TimeDelta::days(20));
    renew(&app, id).await;
    assert_eq!(renews_on(&app, id).await.unwrap(), "2027-03-30");
}

#[tokio::test]
async fn a_renewal_cannot_be_put_back_into_what_is_renewed_already() {
    let app = TestApp::new().await;
    let id = monthly(&app, "2026-10-24", "2026-11-24").await;
    renew(&app, id).await;
    let paid = [("2026-11-24".to_owned(), "2026-12-23".to_owned())];
    assert_eq!(renewals(&app, id).await, paid);
    for (lang, date, words) in [
        (
            "en",
            "2026-12-10",
            "It is renewed up to 23 Dec 2026 already",
        ),
        (
            "tr",
            "23.12.2026",
            "23.12.2026 tarihine kadar zaten yenilendi",
        ),
    ] {
        let ofis = app.sign_in(OFIS).await;
        ofis.post_form("/preferences", &[("locale", lang)]).await;
        let edit = ofis.get(&format!("/services/{id}/edit")).await.form(FORM);
        let reply = ofis.submit(&edit.set("renews_on", date)).await;
        assert_eq!(reply.status, 422);
        assert!(
            reply.one("#f-renews_on-error").contains(words),
            "{}",
            reply.text()
        );
        assert_eq!(reply.form(FORM).value("renews_on"), Some(date));
    }
    let ofis = app.sign_in(OFIS).await;
    let edit = ofis.get(&format!("/services/{id}/edit")).await.form(FORM);
    // The first day that is not paid for is none too early; left empty, the same is found.
    let version = edit.value("version").unwrap().to_owned();
    assert_eq!(
        ofis.submit(&edit.set("renews_on", "2027-01-05"))
            .await
            .status,
        303
    );
    assert_ne!(renews_on(&app, id).await.unwrap(), version);
    let edit = ofis.get(&format!("/services/{id}/edit")).await.form(FORM);
    let edit = edit.set("renews_on", "").set("starts_on", "2026-10-10");
    assert_eq!(ofis.submit(&edit).await.status, 303);
    assert_eq!(renews_on(&app, id).await.unwrap(), "2027-01-10");
    app.clock.shift(TimeDelta::days(80));
    renew(&app, id).await;
    assert_eq!(
        starts(&app, id).await,
        ["2026-11-24", "2027-01-10", "2027-02-10"]
    );
}

/// Always the same steps (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((mixed ^ (mixed >> 31)) % limit).unwrap()
    }
}

#[tokio::test]
async fn whatever_is_edited_no_day_is_renewed_twice() {
    for seed in 1..=3 {
        let app = TestApp::new().await;
        app.execute(sql!("update services set status = 'cancelled'"))
            .await;
        let id = monthly(&app, "2026-10-31", "2026-11-30").await;
        let mut dice = Dice(seed);
        for step in 0..12 {
            // Whoever is away for so long signs in again.
            let ofis = app.sign_in(OFIS).await;
            let mut form = ofis.get(&format!("/services/{id}/edit")).await.form(FORM);
            let today = app.clock.today();
            let cycle =
                ["monthly", "monthly", "yearly", "once"][usize::try_from(dice.below(4)).unwrap()];
            form = form.set("cycle", cycle);
            let renews_on = match dice.below(3) {
                0 => String::new(),
                1 => (today + TimeDelta::days(dice.below(90) - 60)).to_string(),
                _ => form.value("renews_on").unwrap().to_owned(),
            };
            let status = ofis.submit(&form.set("renews_on", &renews_on)).await.status;
            assert!([303, 422].contains(&status), "{status}");
            if dice.below(4) == 0 {
                let page = ofis.get(&format!("/services/{id}")).await;
                let verb = ["cancel", "resume"]
                    .into_iter()
                    .map(|verb| format!("form[action='/services/{id}/{verb}']"))
                    .find(|form| page.has(form));
                assert_eq!(ofis.submit(&page.form(&verb.unwrap())).await.status, 303);
            }
            app.clock.shift(TimeDelta::days(dice.below(50)));
            renew(&app, id).await;
            let periods = renewals(&app, id).await;
            for pair in periods.windows(2) {
                assert!(
                    pair[0].1 < pair[1].0,
                    "seed {seed}, step {step}: {periods:?}"
                );
            }
        }
        assert!(!renewals(&app, id).await.is_empty(), "seed {seed}");
    }
}

#[tokio::test]
async fn the_day_begins_at_midnight_in_istanbul() {
    let app = TestApp::new().await;
    let id = monthly(&app, "2026-10-25", "2026-11-25").await;
    // From noon to 23:59 in Istanbul, which is 20:59 in UTC.
    app.clock.shift(TimeDelta::minutes(11 * 60 + 58));
    renew(&app, id).await;
    assert_eq!(renewals(&app, id).await, []);
    // 00:01 in Istanbul: in UTC it is still the 24th.
    app.clock.shift(TimeDelta::minutes(3));
    renew(&app, id).await;
    assert_eq!(starts(&app, id).await, ["2026-11-25"]);
}

// ---- reminded of

#[tokio::test]
async fn where_there_is_no_address_the_page_says_so_and_the_step_is_noted() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, href) = made(&app, &ofis, &[("renews_on", "2026-12-09")]).await;
    assert!(!ofis.get(&href).await.has("#reminder-warning"));
    let acme = app.company("Acme").await;
    app.execute(sql!(
        "update contacts set email = null where company_id = ?",
        acme
    ))
    .await;
    assert!(
        !ofis.get(&href).await.has("#reminder-warning"),
        "the company itself has an address"
    );
    app.execute(sql!("update companies set email = null where id = ?", acme))
        .await;
    renew(&app, id).await;
    assert_eq!(
        reminders(&app, id).await,
        ["2026-12-09 30 passed", "2026-12-09 15 no_address"]
    );
    let page = ofis.get(&href).await;
    assert!(page.has("#reminder-warning a[href$='/contacts']"));
    assert!(page.one("#reminders").contains("No address"));
}

#[tokio::test]
async fn with_mail_off_the_page_says_so_and_the_step_is_noted() {
    let app = TestApp::with(&[
        ("APP_ENV", "production"),
        ("BASE_URL", "https://office.example"),
        ("SECRET_KEY", "0123456789abcdefghijklmnopqrstuvwxyz"),
    ])
    .await;
    let ofis = app.sign_in(OFIS).await;
    let (id, href) = made(&app, &ofis, &[("renews_on", "2026-12-09")]).await;
    renew(&app, id).await;
    assert_eq!(
        reminders(&app, id).await,
        ["2026-12-09 30 passed", "2026-12-09 15 mail_off"]
    );
    let page = ofis.get(&href).await;
    assert!(page.has("#reminder-warning"));
    assert!(page.one("#reminders").contains("Mail is off"));
}

#[tokio::test]
async fn a_reminder_that_the_mail_server_refuses_shows_at_the_service() {
    let server = SmtpServer::start(Security::Plain).await;
    server.behave(Behaviour::AtRcpt("550 5.1.1 no such mailbox"));
    let app = TestApp::with(&[
        ("SMTP_URL", &server.url()),
        ("MAIL_FROM", "ofis@prosektor.test"),
    ])
    .await;
    let ofis = app.sign_in(OFIS).await;
    let (id, href) = made(&app, &ofis, &[("renews_on", "2026-12-09")]).await;
    let mut tx = app.db.begin().await.unwrap();
    let job = Renew { service_id: id };
    app.jobs.enqueue(&mut tx, &job).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
    let mails = ofis.get(&href).await.one("#mails");
    assert!(mails.contains("550 5.1.1 no such mailbox"), "{mails}");
}

#[tokio::test]
async fn every_step_is_told_once_through_a_month_of_daily_runs() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let (id, _) = made(
        &app,
        &ofis,
        &[("renews_on", "2026-12-26"), ("starts_on", "2025-12-26")],
    )
    .await;
    for _ in 0..34 {
        renew(&app, id).await;
        app.clock.shift(TimeDelta::days(1));
    }
    assert_eq!(
        reminders(&app, id).await,
        [30, 15, 3, 0].map(|step| format!("2026-12-26 {step} mailed"))
    );
    assert_eq!(starts(&app, id).await, ["2026-12-26"]);
    assert_eq!(renews_on(&app, id).await.unwrap(), "2027-12-26");
}

#[tokio::test]
async fn the_reminder_is_written_in_both_languages() {
    let app = TestApp::new().await;
    for (is_past, days) in [(false, 15), (false, 0), (true, -7)] {
        let mut texts = BTreeSet::new();
        for lang in [Lang::En, Lang::Tr] {
            for (template, is_html) in [
                ("services/emails/reminder.txt", false),
                ("services/emails/reminder.html", true),
            ] {
                let view = minijinja::context! {
                    mail => minijinja::context! {
                        subject => "Barındırma",
                        lang => lang.code(),
                        base_url => "https://ofis.test",
                        unsubscribe => "mailto:ofis@prosektor.test?subject=unsubscribe",
                    },
                    person => "Cem Aydın",
                    company => "Acme & Oğulları",
                    service => "Barındırma",
                    kind => "hosting",
                    price => "1234.50 TRY",
                    cycle => "yearly",
                    renews_on => "2026-12-09",
                    days => days,
                    is_past => is_past,
                };
                let text = app.templates.render(lang, template, view).unwrap();
                let sum = if lang == Lang::Tr {
                    "1.234,50\u{a0}₺"
                } else {
                    "₺1,234.50"
                };
                assert!(text.contains(sum) && text.contains("Cem Aydın"), "{text}");
                assert_eq!(text.contains("Acme &amp; Oğulları"), is_html, "{text}");
                texts.insert(text);
            }
        }
        assert_eq!(texts.len(), 4);
    }
}

#[tokio::test]
async fn a_reminder_goes_to_the_primary_contact_or_the_company_in_the_clients_language() {
    let app = TestApp::new().await;
    let acme = app.company("Acme").await;
    let reached = async || {
        let mut conn = app.db.read().await.unwrap();
        let found = queries::recipient(&mut conn, Scope::All, Id::from_uuid(acme)).await;
        found
            .unwrap()
            .map(|to| (to.email.to_string(), to.name, to.lang))
    };
    let cem = || Some("Cem Aydın".to_owned());
    assert_eq!(reached().await.unwrap(), (CEM.to_owned(), cem(), Lang::Tr));
    app.execute(sql!("update users set locale = 'en' where email = ?", CEM))
        .await;
    assert_eq!(reached().await.unwrap(), (CEM.to_owned(), cem(), Lang::En));
    app.execute(sql!(
        "update contacts set email = null where company_id = ? and is_primary",
        acme
    ))
    .await;
    let company = ("info@acmeisg.test".to_owned(), None, Lang::Tr);
    assert_eq!(reached().await.unwrap(), company);
    app.execute(sql!("update companies set email = null where id = ?", acme))
        .await;
    assert_eq!(reached().await, None);
}

#[tokio::test]
async fn the_daily_run_finds_more_than_one_batch() {
    const MANY: i64 = 405;
    let app = TestApp::new().await;
    let acme = app.company("Acme").await;
    let today = app.clock.today();
    let mut draft = Draft {
        name: "Toplu".into(),
        kind: Kind::Other,
        price: Money::new(100, Currency::Try),
        cycle: Cycle::Monthly,
        starts_on: today,
        renews_on: Some(today),
        anchor_day: 24,
        notes: None,
    };
    let mut tx = app.db.begin().await.unwrap();
    tx.execute(sql!("update services set status = 'cancelled'"))
        .await
        .unwrap();
    for n in 0..MANY {
        let id = app.clock.new_id();
        // Older ids do not renew first.
        draft.renews_on = Some(today - TimeDelta::days(n % 3));
        queries::insert(&mut tx, id, Id::from_uuid(acme), &draft, app.clock.now())
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let mut conn = app.db.read().await.unwrap();
    let mut after = None;
    let mut found = BTreeSet::new();
    loop {
        let due = queries::due(&mut conn, Scope::All, today, after, 100)
            .await
            .unwrap();
        let Some(last) = due.last() else { break };
        after = Some(*last);
        found.extend(due.into_iter().map(|(_, id)| id.uuid()));
    }
    assert_eq!(i64::try_from(found.len()).unwrap(), MANY);
    drop(conn);
    run_daily(&app).await;
    let renewed = app
        .number(sql!(
            "select count(*) from renewals r join services s on s.id = r.service_id where s.name = 'Toplu'"
        ))
        .await;
    assert_eq!(renewed, MANY);
}
