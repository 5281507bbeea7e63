//! Companies: found, made, changed, moved to the trash and brought back.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use prosektorweb::{
    features::companies::{
        jobs::Purge,
        model::{Company, Draft, Source, Status},
        queries,
    },
    platform::{audit, db::Sql},
    sql,
    types::Id,
};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{ADA, CEM, Client, ESRA, Form, OFIS, Reply, TestApp, source};

const NAMES: &str = "#list tbody th.primary a";
const PER_PAGE: usize = 25;

/// The names on every page of a list, in order.
async fn names(client: &Client, path: &str) -> Vec<String> {
    pages(client, path).await.concat()
}

/// The names page by page, by the links to the next one.
async fn pages(client: &Client, path: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = client.htmx_get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        pages.push(page.texts(NAMES));
        next = page.attr("a[rel=next]", "href");
        assert!(pages.len() < 200, "the pages of {path} have no end");
    }
    pages
}

fn draft(name: &str) -> Draft {
    Draft {
        name: name.into(),
        tax_id: None,
        tax_office: None,
        email: None,
        phone: None,
        address: None,
        nace_code: None,
        danger_class: None,
        source: None,
        status: Status::Lead,
    }
}

/// Companies straight into the database.
async fn add(app: &TestApp, drafts: &[Draft], at: impl Fn(usize) -> DateTime<Utc>) {
    let mut tx = app.db.begin().await.unwrap();
    for (place, draft) in drafts.iter().enumerate() {
        let id: Id<Company> = app.clock.new_id();
        queries::insert(&mut tx, id, draft, at(place))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

async fn without_demo_companies(app: &TestApp) {
    let now = app.clock.now();
    app.execute(sql!("update companies set deleted_at = ?", now))
        .await;
    app.execute(sql!("delete from company_words")).await;
}

async fn count(app: &TestApp) -> i64 {
    app.number(sql!("select count(*) from companies")).await
}

async fn new_form(client: &Client) -> Form {
    client
        .get("/companies/new")
        .await
        .form("#company-form form")
}

async fn edit_form(client: &Client, id: Uuid) -> Form {
    let page = client.get(&format!("/companies/{id}/edit")).await;
    page.form("#company-form form")
}

// ---- the list

#[tokio::test]
async fn a_search_finds_turkish_words_however_they_are_typed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for typed in [
        "diyarbakir",
        "DİYARBAKIR",
        "Diyarbakır",
        "DIYARBAKIR",
        "dıyarbakır",
        "  Diyarbakır  ",
        "diyar",
        "diy",
        "ortak diyarbakır",
        "guvenlik DIYAR sag",
        "Di\u{307}yarbak\u{131}r",
        "5765068198",
        "57650",
    ] {
        let query: String = url::form_urlencoded::byte_serialize(typed.as_bytes()).collect();
        let found = names(&ofis, &format!("/companies?q={query}")).await;
        assert_eq!(
            found,
            ["Diyarbakır Ortak Sağlık Güvenlik Birimi Ltd. Şti."],
            "{typed:?}"
        );
    }
}

#[tokio::test]
async fn a_search_begins_at_the_beginning_of_a_word_and_every_word_must_fit() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for (typed, fits) in [
        ("yarbakir", false),
        ("arbak", false),
        ("diyarbakirx", false),
        ("diyarbakir+globex", false),
        ("%25", false),
        ("d", true),
        ("birimi+diyarbakir", true),
    ] {
        let found = names(&ofis, &format!("/companies?q={typed}")).await;
        let is_found = found.iter().any(|name| name.starts_with("Diyarbakır"));
        assert_eq!(is_found, fits, "{typed}");
    }
}

#[tokio::test]
async fn a_search_looks_at_the_address_too_and_forgets_what_was_changed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let form = edit_form(&ofis, acme).await;
    let form = form
        .set("name", "Zambak A.Ş.")
        .set("email", "bilgi@nilufer.test");
    assert_eq!(ofis.submit(&form).await.status, 303);
    for typed in ["zambak", "nilufer", "nil"] {
        let found = names(&ofis, &format!("/companies?q={typed}")).await;
        assert!(found.contains(&"Zambak A.Ş.".to_owned()), "{typed}");
    }
    assert_eq!(names(&ofis, "/companies?q=acme").await, [""; 0]);
}

type Facts = (String, String, Option<String>, Option<String>);

#[tokio::test]
async fn every_combination_of_filters_shows_exactly_the_rows_that_have_it() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let all: Vec<Facts> = app
        .rows(sql!(
            "select name, status, source, danger_class from companies where deleted_at is null"
        ))
        .await;
    let statuses = ["", "lead", "prospect", "negotiation", "customer", "churned"];
    let sources = [
        "",
        "website",
        "referral",
        "phone",
        "fair",
        "social_media",
        "advertisement",
        "other",
    ];
    let classes = ["", "less_dangerous", "dangerous", "very_dangerous"];
    for status in statuses {
        for source in sources {
            for class in classes {
                let path =
                    format!("/companies?status={status}&source={source}&danger_class={class}");
                let expected: BTreeSet<&str> = all
                    .iter()
                    .filter(|(_, has_status, has_source, has_class)| {
                        (status.is_empty() || status == has_status)
                            && (source.is_empty() || Some(source) == has_source.as_deref())
                            && (class.is_empty() || Some(class) == has_class.as_deref())
                    })
                    .map(|(name, ..)| name.as_str())
                    .collect();
                let found = names(&ofis, &path).await;
                let set: BTreeSet<&str> = found.iter().map(String::as_str).collect();
                assert_eq!(set.len(), found.len(), "{path} repeats a row");
                assert_eq!(set, expected, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_search_and_a_filter_narrow_each_other() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let by_word: BTreeSet<_> = names(&ofis, "/companies?q=ltd").await.into_iter().collect();
    let by_status: BTreeSet<_> = names(&ofis, "/companies?status=customer")
        .await
        .into_iter()
        .collect();
    let both = names(&ofis, "/companies?q=ltd&status=customer&sort=-updated_at").await;
    let both: BTreeSet<_> = both.into_iter().collect();
    assert_eq!(both, by_word.intersection(&by_status).cloned().collect());
    assert!(!both.is_empty() && both.len() < by_word.len() && both.len() < by_status.len());
}

#[tokio::test]
async fn a_month_shows_the_companies_that_were_added_in_it_by_the_istanbul_calendar() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    without_demo_companies(&app).await;
    // Midnight in Istanbul is nine in the evening before in UTC.
    let moments = [
        ("Ekim Son", "2026-10-31T20:59:59Z"),
        ("Kasım İlk", "2026-10-31T21:00:00Z"),
        ("Kasım Son", "2026-11-30T20:59:59Z"),
        ("Aralık İlk", "2026-11-30T21:00:00Z"),
    ];
    for (name, at) in moments {
        add(&app, &[draft(name)], |_| at.parse().unwrap()).await;
    }
    let found = names(&ofis, "/companies?created=2026-11-01&sort=created_at").await;
    assert_eq!(found, ["Kasım İlk", "Kasım Son"]);
    let page = ofis.get("/companies?created=2026-11-01").await;
    assert!(page.one(".chips a.chip").contains("Nov 2026"));
}

#[tokio::test]
async fn names_are_in_the_order_of_the_turkish_alphabet() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    without_demo_companies(&app).await;
    let vectors: Value = serde_json::from_str(&source::read("tests/vectors/formats.json")).unwrap();
    let texts = |value: &Value| -> Vec<String> {
        let texts = value.as_array().unwrap().iter();
        texts
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    };
    let golden = &vectors["turkish_sort"];
    let (input, sorted) = (texts(&golden["input"]), texts(&golden["sorted"]));
    assert!(sorted.len() > 10);
    let drafts: Vec<Draft> = input.iter().map(|name| draft(name)).collect();
    add(&app, &drafts, |_| app.clock.now()).await;
    for path in ["/companies", "/companies?sort=name", "/companies?sort="] {
        assert_eq!(names(&ofis, path).await, sorted, "{path}");
    }
    let mut backwards = sorted;
    backwards.reverse();
    assert_eq!(names(&ofis, "/companies?sort=-name").await, backwards);
}

#[tokio::test]
async fn dates_sort_both_ways() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for (sort, order) in [
        (
            "created_at",
            "select name from companies where deleted_at is null order by created_at, id",
        ),
        (
            "-created_at",
            "select name from companies where deleted_at is null order by created_at desc, id desc",
        ),
        (
            "updated_at",
            "select name from companies where deleted_at is null order by updated_at, id",
        ),
        (
            "-updated_at",
            "select name from companies where deleted_at is null order by updated_at desc, id desc",
        ),
    ] {
        let expected: Vec<(String,)> = app.rows(Sql::new(order)).await;
        let expected: Vec<String> = expected.into_iter().map(|(name,)| name).collect();
        assert_eq!(
            names(&ofis, &format!("/companies?sort={sort}")).await,
            expected,
            "{sort}"
        );
    }
}

#[tokio::test]
async fn pages_lose_and_repeat_no_row_in_either_direction_though_all_keys_are_equal() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    without_demo_companies(&app).await;
    let now = app.clock.now();
    // Pairs of one name, all of one moment: only the id tells them apart.
    let drafts: Vec<Draft> = (0..110)
        .map(|n| draft(&format!("Eş Firma {:02}", n / 55)))
        .collect();
    add(&app, &drafts, |_| now).await;
    for sort in [
        "name",
        "-name",
        "created_at",
        "-created_at",
        "updated_at",
        "-updated_at",
    ] {
        for filter in ["", "&status=lead", "&q=firma", "&q=firma&status=lead"] {
            let path = format!("/companies?sort={sort}{filter}");
            let mut forward = Vec::new();
            let mut page = ofis.htmx_get(&path).await;
            loop {
                forward.push(page.attrs(NAMES, "href"));
                let from = (forward.len() - 1) * PER_PAGE + 1;
                let to = from + forward.last().unwrap().len() - 1;
                let range = page.one(".pagination-range");
                assert_eq!(range, format!("{from}–{to} of 110"), "{path}");
                match page.attr("a[rel=next]", "href") {
                    Some(next) => page = ofis.htmx_get(&next).await,
                    None => break,
                }
            }
            assert_eq!(forward.len(), 5, "{path}");
            let distinct: BTreeSet<&String> = forward.iter().flatten().collect();
            assert_eq!(distinct.len(), 110, "{path}");

            let mut backward = vec![page.attrs(NAMES, "href")];
            while let Some(previous) = page.attr("a[rel=prev]", "href") {
                page = ofis.htmx_get(&previous).await;
                backward.push(page.attrs(NAMES, "href"));
            }
            backward.reverse();
            assert_eq!(backward, forward, "{path}");
        }
    }
}

#[tokio::test]
async fn rows_that_come_and_go_while_somebody_pages_move_no_other_row() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let before = names(&ofis, "/companies").await;
    let first = ofis.htmx_get("/companies").await;
    let next = first.attr("a[rel=next]", "href").unwrap();
    // One is added before the page that was read, one of that page goes.
    add(&app, &[draft("Aaa İlk Sırada")], |_| app.clock.now()).await;
    let gone = first.attr(NAMES, "href").unwrap();
    let confirm = ofis.get(&format!("{gone}/trash")).await;
    ofis.submit(&confirm.form(".confirm form")).await;
    let second = ofis.htmx_get(&next).await;
    assert_eq!(second.texts(NAMES), before[PER_PAGE..2 * PER_PAGE]);
}

#[tokio::test]
async fn totals_are_exact_up_to_a_thousand_and_a_longer_list_is_walked_whole_by_every_way() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    without_demo_companies(&app).await;
    let now = app.clock.now();
    let mut drafts: Vec<Draft> = (0..1000)
        .map(|n| Draft {
            source: Some(Source::Fair),
            ..draft(&format!("Yıldız Yıldızlı Firma {}", (n * 7919) % 1000 / 3))
        })
        .collect();
    add(&app, &drafts, |place| {
        now - TimeDelta::hours(i64::try_from(place).unwrap() / 4)
    })
    .await;
    let range = |page: &Reply| page.one(".pagination-range");
    let wide = [
        "/companies",
        "/companies?q=yil",
        "/companies?q=y",
        "/companies?status=lead&source=fair",
    ];
    for path in wide {
        assert_eq!(range(&ofis.htmx_get(path).await), "1–25 of 1,000", "{path}");
    }
    drafts.truncate(101);
    add(&app, &drafts, |place| {
        now - TimeDelta::minutes(i64::try_from(place).unwrap() / 5)
    })
    .await;
    for path in wide {
        assert_eq!(
            range(&ofis.htmx_get(path).await),
            "1–25 of 1,000+",
            "{path}"
        );
    }

    let order = |column: &'static str| match column {
        "name" => "select name from companies where deleted_at is null order by name_key, id",
        _ => {
            "select name from companies where deleted_at is null order by updated_at desc, id desc"
        }
    };
    for (sort, column) in [("name", "name"), ("-updated_at", "updated_at")] {
        let rows: Vec<(String,)> = app.rows(Sql::new(order(column))).await;
        let expected: Vec<String> = rows.into_iter().map(|(name,)| name).collect();
        for filter in [
            "",
            "&q=yil",
            "&q=y",
            "&status=lead&source=fair",
            "&q=yil&status=lead&source=fair",
        ] {
            let path = format!("/companies?sort={sort}{filter}");
            let pages = pages(&ofis, &path).await;
            assert!(
                pages[..pages.len() - 1]
                    .iter()
                    .all(|page| page.len() == PER_PAGE),
                "{path}"
            );
            assert_eq!(pages.concat(), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn the_url_holds_the_whole_state_of_the_list() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let path = "/companies?q=a&status=customer&source=fair&danger_class=dangerous&sort=-updated_at";
    let page = ofis.get(path).await;
    let form = page.form("form#filters");
    for (name, value) in [
        ("q", "a"),
        ("status", "customer"),
        ("source", "fair"),
        ("danger_class", "dangerous"),
    ] {
        assert_eq!(form.value(name), Some(value));
    }
    assert_eq!(
        page.attr("input[name=sort][form=filters]", "value")
            .as_deref(),
        Some("-updated_at")
    );
    assert_eq!(page.attrs("th[aria-sort]", "aria-sort"), ["descending"]);
    assert_eq!(page.count(".chips a.chip"), 4);
    // Each chip takes away its own filter only.
    for (href, gone) in page.attrs(".chips a.chip", "href").iter().zip([
        "q=",
        "status=",
        "source=",
        "danger_class=",
    ]) {
        assert!(
            !href.contains(&format!("?{gone}")) && !href.contains(&format!("&{gone}")),
            "{href}"
        );
        assert_eq!(href.matches('=').count(), 4, "{href}");
    }
    assert_eq!(
        page.attr("a.chip-clear", "href").as_deref(),
        Some("/companies?sort=-updated_at")
    );
    let sorts = page.attrs("th a.sort", "href");
    assert!(
        sorts
            .iter()
            .all(|href| href.contains("q=a&status=customer&source=fair&danger_class=dangerous"))
    );

    let second = ofis
        .get("/companies?status=customer&sort=-created_at")
        .await;
    let second = second.attr("a[rel=next]", "href");
    assert_eq!(second, None, "twenty customers fit one page");
    let next = ofis
        .get("/companies?sort=-created_at&danger_class=dangerous")
        .await;
    let next = next.attr("a[rel=next]", "href").unwrap();
    assert!(
        next.contains("danger_class=dangerous") && next.contains("sort=-created_at"),
        "{next}"
    );
    // A filter or a sort begins at the first page again.
    let page = ofis.get(&next).await;
    let links = [
        page.attrs("th a.sort", "href"),
        page.attrs(".chips a", "href"),
    ]
    .concat();
    assert!(
        links.iter().all(|href| !href.contains("after=")),
        "{links:?}"
    );
}

#[tokio::test]
async fn the_list_alone_is_sent_to_htmx_and_the_page_to_everybody_else() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let fragment = ofis.htmx_get("/companies?q=diyarbakir").await;
    assert!(!fragment.is_page());
    assert!(
        fragment
            .text()
            .trim_start()
            .starts_with("<section id=\"list\""),
        "{}",
        fragment.text()
    );
    assert_eq!(fragment.header("cache-control"), Some("private, no-store"));
    for headers in [
        &[("hx-request", "true"), ("hx-request-type", "full")][..],
        &[("hx-request", "true"), ("hx-boosted", "true")],
        &[
            ("hx-request", "true"),
            ("hx-history-restore-request", "true"),
        ],
        &[],
    ] {
        let mut call = ofis.call("GET", "/companies?q=diyarbakir");
        for (name, value) in headers {
            call = call.header(name, value);
        }
        let page = call.send().await;
        assert!(page.is_page(), "{headers:?}");
        assert_eq!(page.texts(NAMES), fragment.texts(NAMES));
        let vary = page.all("vary").join(", ");
        for name in [
            "HX-Request",
            "HX-Request-Type",
            "HX-Boosted",
            "HX-History-Restore-Request",
        ] {
            assert!(vary.contains(name), "{vary}");
        }
    }
}

#[tokio::test]
async fn a_list_that_is_empty_says_why_and_what_to_do() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let esra = app.sign_in(ESRA).await;
    let page = ofis.get("/companies?q=yokboylebirsey").await;
    assert!(page.has("#list .empty a[href='/companies']"));
    without_demo_companies(&app).await;
    assert!(
        ofis.get("/companies")
            .await
            .has("#list .empty a[href='/companies/new']")
    );
    assert!(
        !esra
            .get("/companies")
            .await
            .has("#list .empty a[href='/companies/new']")
    );
}

#[tokio::test]
async fn values_that_the_list_does_not_know_are_refused() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let by_name = ofis
        .get("/companies")
        .await
        .attr("a[rel=next]", "href")
        .unwrap();
    let cursor = by_name.split("after=").nth(1).unwrap().to_owned();
    let long = "a".repeat(101);
    for query in [
        "status=gone",
        "status=lead'--",
        "source=dream",
        "danger_class=harmless",
        "sort=price",
        "sort=--name",
        "sort=name;drop table companies",
        "created=november",
        "created=2026-11-02",
        "created=2026-13-01",
        "created=9999999-01-01",
        "after=zzzz",
        "after=1",
        "after=%00",
        &format!("sort=created_at&after={cursor}"),
        &format!("after={}", &cursor[..20]),
        &format!("after=_{}", &cursor[1..]),
        &format!("q={long}"),
        "q=a%00b",
        "q=%ff",
        "q=%c3%28",
        "q=a&q=b",
        "status=lead&status=customer",
    ] {
        let query = query.replace(' ', "%20");
        let page = ofis.get(&format!("/companies?{query}")).await;
        let fragment = ofis.htmx_get(&format!("/companies?{query}")).await;
        assert_eq!((page.status, fragment.status), (400, 400), "{query}");
        // A file has no pages.
        let status = if query.contains("after=") { 200 } else { 400 };
        let export = format!("/companies/export?{query}");
        let file = ofis.post_form(&export, &[]).await;
        assert_eq!(file.status, status, "{query}");
        if status == 200 {
            assert_eq!(csv_rows(&file).len(), 63, "{query}");
        }
    }
    for query in [
        "limit=-1",
        "page=1000000000",
        "q=%25%5f%27%22%5c",
        "utm_source=x&status=",
        "q=...",
    ] {
        let reply = ofis.get(&format!("/companies?{query}")).await;
        assert_eq!(reply.status, 200, "{query}");
    }
}

#[tokio::test]
async fn sql_in_a_search_is_text() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for typed in [
        "' or '1'='1",
        "a' union select 1 --",
        "\"; drop table users; --",
        "%",
        "_",
        "\\",
    ] {
        let query: String = url::form_urlencoded::byte_serialize(typed.as_bytes()).collect();
        let reply = ofis.get(&format!("/companies?q={query}")).await;
        assert_eq!(reply.status, 200, "{typed}");
        assert_eq!(reply.form("form#filters").value("q"), Some(typed));
    }
    assert_eq!(
        names(&ofis, "/companies?q=%27%20or%20%271%27%3D%271").await,
        [""; 0]
    );
}

// ---- the file

fn csv_rows(reply: &Reply) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(reply.body.as_slice());
    let rows = reader.records();
    rows.map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[tokio::test]
async fn the_file_holds_exactly_what_is_filtered_in_the_same_order() {
    let app = TestApp::new().await;
    let esra = app.sign_in(ESRA).await;
    for query in [
        "",
        "?sort=-name",
        "?sort=-updated_at",
        "?status=customer",
        "?q=ltd&sort=created_at",
        "?q=san&danger_class=dangerous&source=fair",
        "?q=yokboylebirsey",
    ] {
        let list = esra.get(&format!("/companies{query}")).await;
        let reply = if list.has(".list-foot form") {
            esra.submit(&list.form(".list-foot form")).await
        } else {
            esra.post_form(&format!("/companies/export{query}"), &[])
                .await
        };
        assert_eq!(reply.status, 200, "{query}");
        assert_eq!(
            reply.header("content-type"),
            Some("text/csv; charset=utf-8")
        );
        assert_eq!(
            reply.header("content-disposition"),
            Some("attachment; filename=\"companies.csv\"")
        );
        assert_eq!(reply.header("cache-control"), Some("private, no-store"));
        let rows = csv_rows(&reply);
        assert_eq!(rows[0].len(), 11, "{query}");
        let exported: Vec<&str> = rows[1..].iter().map(|row| row[0].as_str()).collect();
        assert_eq!(
            exported,
            names(&esra, &format!("/companies{query}")).await,
            "{query}"
        );
    }
    let noted = app.noted().await;
    assert_eq!(
        noted
            .iter()
            .filter(|action| *action == "companies.export")
            .count(),
        7
    );
}

#[tokio::test]
async fn a_long_file_comes_in_parts_without_a_seam() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    without_demo_companies(&app).await;
    let now = app.clock.now();
    let drafts: Vec<Draft> = (0..1201)
        .map(|n| draft(&format!("Satır {:04}", n / 2)))
        .collect();
    add(&app, &drafts, |_| now).await;
    let rows = csv_rows(&ofis.post_form("/companies/export", &[]).await);
    let exported: Vec<&str> = rows[1..].iter().map(|row| row[0].as_str()).collect();
    let mut expected: Vec<&str> = drafts.iter().map(|draft| draft.name.as_str()).collect();
    expected.sort_unstable();
    assert_eq!(exported, expected);
}

#[tokio::test]
async fn no_cell_of_the_file_is_a_formula() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    without_demo_companies(&app).await;
    let names = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "a\"b, c",
        "Çorum; Ş",
        "=cmd|' /C calc'!A0",
    ];
    for name in names {
        let form = new_form(&ofis)
            .await
            .set("name", name)
            .set("phone", "0412 228 00 00");
        let form = form.set("address", "=HYPERLINK(1)\nİkinci satır");
        assert_eq!(
            ofis.submit(&form.set("confirm", "true")).await.status,
            303,
            "{name}"
        );
    }
    let reply = ofis.post_form("/companies/export", &[]).await;
    assert!(reply.text().contains("\r\n"));
    for row in csv_rows(&reply) {
        for cell in row {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell}"
            );
        }
    }
    assert!(reply.text().contains("\"a\"\"b, c\""));
    assert!(reply.text().contains("'+904122280000"));
}

// ---- making one

const FULL: &[(&str, &str)] = &[
    ("name", "  Çınar Ölçüm Ltd. Şti.  "),
    ("tax_id", "454 053 6920"),
    ("tax_office", "Çankaya"),
    ("email", "Bilgi@Cinar.Test"),
    ("phone", "0312 426 10 20"),
    ("address", "Atatürk Bulvarı 1\r\nKat 2"),
    ("nace_code", "43.21.01"),
    ("danger_class", "very_dangerous"),
    ("source", "fair"),
    ("status", "prospect"),
];

type Stored = (
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    i64,
);

async fn stored(app: &TestApp, id: Uuid) -> Stored {
    let select = sql!(
        "select name, tax_id, tax_office, email, phone, address, status, version from companies where id = ?",
        id
    );
    app.rows(select).await.remove(0)
}

fn id_in(location: &str) -> Uuid {
    location.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_new_company_is_stored_clean_and_shown() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let mut form = new_form(&ofis).await;
    assert_eq!(form.action, "/companies");
    assert_eq!(form.value("status"), Some("lead"));
    for (name, value) in FULL {
        form = form.set(name, value);
    }
    let reply = ofis.submit(&form).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let id = id_in(reply.location());
    let row = stored(&app, id).await;
    assert_eq!(row.0, "Çınar Ölçüm Ltd. Şti.");
    assert_eq!(row.1.as_deref(), Some("4540536920"));
    assert_eq!(row.3.as_deref(), Some("bilgi@cinar.test"));
    assert_eq!(row.4.as_deref(), Some("+903124261020"));
    assert_eq!(row.5.as_deref(), Some("Atatürk Bulvarı 1\nKat 2"));
    assert_eq!((row.6.as_str(), row.7), ("prospect", 1));

    let page = ofis.follow(&reply).await;
    assert_eq!(page.one("h1"), "Çınar Ölçüm Ltd. Şti.");
    assert!(page.one("#flash").contains("Çınar Ölçüm"));
    for fact in [
        "+90 312 426 10 20",
        "bilgi@cinar.test",
        "4540536920",
        "Çankaya",
        "43.21.01",
    ] {
        let facts = page.one("dl.facts");
        assert!(
            facts.contains(fact) || facts.contains(&fact.replace('.', "")),
            "{fact}: {facts}"
        );
    }
    // It is said once.
    assert!(!ofis.get(reply.location()).await.has("#flash .flash"));
    assert_eq!(
        names(&ofis, "/companies?q=olcum%20cinar").await,
        ["Çınar Ölçüm Ltd. Şti."]
    );
    assert_eq!(app.noted().await, ["session.login-ok", "companies.create"]);
}

#[tokio::test]
async fn htmx_is_sent_on_to_the_new_company() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let form = new_form(&ofis).await.set("name", "Çınar Ölçüm");
    let reply = ofis.htmx_submit(&form).await;
    assert_eq!(reply.status, 200);
    let location = reply.header("hx-redirect").unwrap();
    assert!(
        ofis.get(location)
            .await
            .one("#flash")
            .contains("Çınar Ölçüm")
    );
}

#[tokio::test]
async fn every_wrong_field_comes_back_at_once_with_what_was_typed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let wrong = [
        ("name", "A"),
        ("tax_id", "4540536921"),
        ("email", "a@b,c@d"),
        ("phone", "0655 123 45 67"),
        ("nace_code", "00.00.00"),
    ];
    let before = count(&app).await;
    let mut form = new_form(&ofis).await.set("tax_office", "Çankaya");
    let key = form.value("form_key").unwrap().to_owned();
    for (name, value) in wrong {
        form = form.set(name, value);
    }
    for reply in [ofis.submit(&form).await, ofis.htmx_submit(&form).await] {
        assert_eq!(reply.status, 422);
        let again = reply.form("#company-form form");
        assert_eq!(again.value("tax_office"), Some("Çankaya"));
        assert_eq!(again.value("form_key"), Some(key.as_str()));
        for (name, value) in wrong {
            assert_eq!(again.value(name), Some(value));
            let input = format!("#f-{name}");
            assert_eq!(reply.attr(&input, "aria-invalid").as_deref(), Some("true"));
            let described = reply.attr(&input, "aria-describedby").unwrap();
            assert!(described.contains(&format!("f-{name}-error")));
            assert!(!reply.one(&format!("#f-{name}-error")).is_empty());
            assert!(reply.has(&format!("#error-summary a[href='#f-{name}']")));
        }
        assert_eq!(reply.count("#error-summary li"), wrong.len());
    }
    assert!(!ofis.htmx_submit(&form).await.is_page());
    assert_eq!(count(&app).await, before);
}

#[tokio::test]
async fn choices_that_are_not_offered_are_refused_at_their_field() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for (name, value) in [
        ("status", "gone"),
        ("status", ""),
        ("source", "dream"),
        ("danger_class", "harmless"),
    ] {
        let form = new_form(&ofis)
            .await
            .set("name", "Çınar Ölçüm")
            .set(name, value);
        let reply = ofis.submit(&form).await;
        assert_eq!(reply.status, 422, "{name}={value}");
        assert!(reply.has(&format!("#f-{name}-error")), "{name}={value}");
    }
}

#[tokio::test]
async fn lengths_are_counted_in_characters() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for (length, status) in [(0, 422), (1, 422), (2, 303), (200, 303), (201, 422)] {
        let name = "ş".repeat(length);
        let form = new_form(&ofis)
            .await
            .set("name", &name)
            .set("confirm", "true");
        let reply = ofis.submit(&form).await;
        assert_eq!(reply.status, status, "{length}");
        if status == 422 {
            assert_eq!(
                reply.form("#company-form form").value("name"),
                Some(name.as_str())
            );
        }
    }
    let form = new_form(&ofis)
        .await
        .set("name", " \t ")
        .set("confirm", "true");
    assert_eq!(ofis.submit(&form).await.status, 422);
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_refused_before_anything_is_done() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let huge = format!("name={}", "a".repeat(2 * 1024 * 1024)).into_bytes();
    let before = app.database_text().await;
    for path in [
        "/companies".to_owned(),
        format!("/companies/{acme}"),
        format!("/companies/{acme}/contacts"),
    ] {
        for (kind, body, status) in [
            (FORM, b"name=%ff%fe&status=lead".to_vec(), 400),
            (FORM, b"name=\xff&status=lead".to_vec(), 400),
            (FORM, b"name=a&name=b&status=lead".to_vec(), 400),
            (FORM, huge.clone(), 413),
            ("application/json", b"{\"name\":\"Ali\"}".to_vec(), 415),
            ("multipart/form-data; boundary=x", b"--x--".to_vec(), 415),
            ("text/plain", b"name=Ali".to_vec(), 415),
            ("", b"name=Ali".to_vec(), 415),
        ] {
            for fragment in [false, true] {
                let mut call = ofis.call("POST", &path).body(kind, body.clone());
                if fragment {
                    call = call.htmx();
                }
                let reply = call.send().await;
                assert_eq!(reply.status, status, "{path} {kind}");
                let id = reply.header("x-request-id").unwrap();
                assert!(reply.text().contains(id), "{path} {kind}");
                if fragment {
                    assert_eq!(reply.header("hx-retarget"), Some("#problem"));
                }
            }
        }
        let reply = ofis
            .call("POST", &path)
            .body(FORM, huge.clone())
            .chunked()
            .send()
            .await;
        assert_eq!(reply.status, 413, "{path}, of unknown length");
    }
    assert_eq!(app.database_text().await, before);
}

#[tokio::test]
async fn control_characters_are_refused_at_their_field() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for name in ["Çı\0nar", "Çı\u{1b}[31mnar", "Çı\u{7f}nar", "Çı\nnar"] {
        let form = new_form(&ofis).await.set("name", name);
        let reply = ofis.submit(&form).await;
        assert_eq!(reply.status, 422, "{name:?}");
        assert!(reply.has("#f-name-error"), "{name:?}");
    }
}

#[tokio::test]
async fn missing_fields_are_empty_ones() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let reply = ofis.post_form("/companies", &[]).await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.count("#error-summary li"),
        2,
        "the name and the status"
    );
    let reply = ofis
        .post_form("/companies", &[("name", "Çınar Ölçüm"), ("status", "lead")])
        .await;
    assert_eq!(reply.status, 303);
}

/// Version, created, changed, trashed, and the name as it is compared.
type Kept = (
    i64,
    DateTime<Utc>,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    String,
);

#[tokio::test]
async fn columns_that_are_nobodys_to_type_are_ignored() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let invented = Uuid::now_v7().to_string();
    let extra = [
        ("id", invented.as_str()),
        ("version", "99"),
        ("created_at", "2001-01-01T00:00:00Z"),
        ("updated_at", "2001-01-01T00:00:00Z"),
        ("deleted_at", "2001-01-01T00:00:00Z"),
        ("live", "0"),
        ("name_key", "x"),
        ("name_folded", "x"),
        ("company_id", invented.as_str()),
        ("role", "admin"),
        ("is_published", "true"),
    ];
    let mut form = new_form(&ofis).await.set("name", "Çınar Ölçüm");
    for (name, value) in extra {
        form = form.set(name, value);
    }
    let reply = ofis.submit(&form).await;
    assert_eq!(reply.status, 303);
    let id = id_in(reply.location());
    assert_ne!(id.to_string(), invented);
    let select = "select version, created_at, updated_at, deleted_at, name_folded from companies where id = ?";
    let made: Kept = app.rows(Sql::new(select).with(id)).await.remove(0);
    assert_eq!((made.0, made.3, made.4.as_str()), (1, None, "cinar olcum"));
    assert!(app.clock.now() - made.1 < TimeDelta::minutes(1) && made.1 == made.2);

    let mut form = edit_form(&ofis, id).await.set("phone", "0312 426 10 20");
    for (name, value) in extra.into_iter().filter(|(name, _)| *name != "version") {
        form = form.set(name, value);
    }
    assert_eq!(ofis.submit(&form).await.status, 303);
    let changed: Kept = app.rows(Sql::new(select).with(id)).await.remove(0);
    assert_eq!((changed.0, changed.1, changed.3), (2, made.1, None));
    assert_eq!(count(&app).await, 63);
    let admins = app
        .number(sql!("select count(*) from users where role = 'admin'"))
        .await;
    assert_eq!(admins, 1);
}

// ---- the one that may be there already

#[tokio::test]
async fn the_same_tax_number_or_a_similar_name_is_a_warning_that_can_be_set_aside() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let before = count(&app).await;
    let typed = [
        ("ACME IS SAGLIGI VE GUVENLIGI LTD. STI.", ""),
        ("acme iş sağlığı", ""),
        ("Bambaşka Bir Ad", "7415267769"),
    ];
    for (at, (name, tax_id)) in (1..).zip(typed) {
        let form = new_form(&ofis)
            .await
            .set("name", name)
            .set("tax_id", tax_id);
        let warned = ofis.submit(&form).await;
        assert_eq!(warned.status, 422, "{name}");
        assert!(
            warned.has(&format!("#similar a[href='/companies/{acme}']")),
            "{name}"
        );
        assert_eq!(count(&app).await, before + at - 1);
        let again = warned.form("#company-form form");
        assert_eq!(again.value("name"), Some(name));
        // Sent again without the tick it warns again.
        assert_eq!(ofis.submit(&again).await.status, 422);
        assert!(warned.has("#f-confirm[type=checkbox]"));
        assert_eq!(
            ofis.submit(&again.set("confirm", "true")).await.status,
            303,
            "{name}"
        );
        assert_eq!(count(&app).await, before + at);
    }
}

#[tokio::test]
async fn similar_companies_show_while_the_form_is_filled_in() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let link = format!("a[href='/companies/{acme}']");
    let ask = async |query: &str| ofis.htmx_get(&format!("/companies/similar?{query}")).await;
    assert!(ask("name=acme+is+sagligi+guvenligi").await.has(&link));
    assert!(ask("name=&tax_id=7415267769").await.has(&link));
    assert!(!ask("name=Yepyeni+Firma").await.has("a"));
    assert!(
        !ask("name=ac").await.has("a"),
        "two letters are no likeness"
    );
    assert!(
        !ask(&format!(
            "name=acme+is+sagligi&tax_id=7415267769&exclude={acme}"
        ))
        .await
        .has(&link)
    );
    assert_eq!(ask("tax_id=garbage&exclude=garbage").await.status, 200);
    let fragment = ask("name=acme+is+sagligi+guvenligi").await;
    assert!(!fragment.is_page());
    assert!(
        ofis.get("/companies/similar?name=acme+is+sagligi")
            .await
            .is_page()
    );
}

#[tokio::test]
async fn a_company_is_not_similar_to_itself_nor_to_one_in_the_trash() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let form = edit_form(&ofis, acme).await.set("name", "Acme İş Sağlığı");
    assert_eq!(ofis.submit(&form).await.status, 303);
    app.execute(sql!(
        "update companies set deleted_at = ? where id = ?",
        app.clock.now(),
        acme
    ))
    .await;
    let form = new_form(&ofis)
        .await
        .set("name", "Acme İş Sağlığı")
        .set("tax_id", "7415267769");
    assert_eq!(ofis.submit(&form).await.status, 303);
}

// ---- twice

#[tokio::test]
async fn a_form_sent_twice_makes_one_company_and_gets_one_answer() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let before = count(&app).await;
    let form = new_form(&ofis)
        .await
        .set("name", "Çınar Ölçüm")
        .set("confirm", "true");
    let first = ofis.submit(&form).await;
    let second = ofis.submit(&form).await;
    assert_eq!((first.status, second.status), (303, 303));
    assert_eq!(first.location(), second.location());
    assert_eq!(count(&app).await, before + 1);
    assert_eq!(
        app.noted()
            .await
            .iter()
            .filter(|action| *action == "companies.create")
            .count(),
        1
    );

    // The same key with other words is no repetition.
    let other = ofis.submit(&form.clone().set("name", "Başka Firma")).await;
    assert_eq!(other.status, 409);
    assert_eq!(count(&app).await, before + 1);

    // Somebody else's key is another key.
    let ada = app.sign_in(ADA).await;
    let theirs = ada.submit(&form).await;
    assert_eq!(theirs.status, 303);
    assert_ne!(theirs.location(), first.location());
    // And a form opened anew is a new one.
    let anew = new_form(&ofis)
        .await
        .set("name", "Çınar Ölçüm")
        .set("confirm", "true");
    assert_ne!(ofis.submit(&anew).await.location(), first.location());
}

#[tokio::test]
async fn a_key_is_known_for_a_day_at_least() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let form = new_form(&ofis)
        .await
        .set("name", "Çınar Ölçüm")
        .set("confirm", "true");
    let first = ofis.submit(&form).await;
    app.clock.shift(TimeDelta::hours(25));
    let ofis = app.sign_in(OFIS).await;
    assert_eq!(ofis.submit(&form).await.location(), first.location());
}

#[tokio::test]
async fn twenty_submissions_at_once_make_one_company() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let before = count(&app).await;
    let form = new_form(&ofis)
        .await
        .set("name", "Çınar Ölçüm")
        .set("confirm", "true");
    let replies = join_all((0..20).map(|_| ofis.submit(&form))).await;
    assert_eq!(count(&app).await, before + 1);
    let done: BTreeSet<&str> = replies
        .iter()
        .filter(|reply| reply.status == 303)
        .map(Reply::location)
        .collect();
    assert_eq!(done.len(), 1);
    for reply in &replies {
        assert!([303, 503].contains(&reply.status), "{}", reply.status);
    }
    let again = ofis.submit(&form).await;
    assert!(done.contains(again.location()));
}

// ---- changing one

#[tokio::test]
async fn an_edit_saves_notes_what_changed_and_keeps_the_rest() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let before = stored(&app, acme).await;
    let form = edit_form(&ofis, acme).await;
    let version: i64 = form.value("version").unwrap().parse().unwrap();
    assert_eq!(version, before.7);
    let reply = ofis.submit(&form.set("phone", "0412 228 00 00")).await;
    assert_eq!(
        (reply.status, reply.location()),
        (303, format!("/companies/{acme}").as_str())
    );
    let after = stored(&app, acme).await;
    assert_eq!(after.4.as_deref(), Some("+904122280000"));
    assert_eq!(after.7, version + 1);
    assert_eq!(
        (after.0, after.1, after.3, after.6),
        (before.0, before.1, before.3, before.6)
    );

    let entries: Vec<(String, String)> = app
        .rows(sql!(
            "select a.changes, u.email from audit_entries a join users u on u.id = a.actor_id
             where a.action = 'companies.update' and a.company_id = ? order by a.id desc limit 1",
            acme
        ))
        .await;
    let changes: Value = serde_json::from_str(&entries[0].0).unwrap();
    assert_eq!(
        changes,
        serde_json::json!([{"field": "phone", "before": before.4, "after": "+904122280000"}])
    );
    assert_eq!(entries[0].1, OFIS);
    let history = ofis.get(&format!("/companies/{acme}/history")).await;
    assert!(history.one(".timeline li").contains("+90 412 228 00 00"));
}

#[tokio::test]
async fn an_edit_form_that_is_sent_unchanged_changes_nothing_that_shows() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let ids: Vec<(Uuid,)> = app.rows(sql!("select id from companies order by id")).await;
    for (id,) in ids {
        let before = stored(&app, id).await;
        let reply = ofis.submit(&edit_form(&ofis, id).await).await;
        assert_eq!(reply.status, 303, "{}: {}", before.0, reply.text());
        let after = stored(&app, id).await;
        assert_eq!(
            (after.0, after.1, after.4, after.5),
            (before.0, before.1, before.4, before.5)
        );
    }
}

#[tokio::test]
async fn an_invalid_edit_comes_back_and_nothing_is_saved() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let before = stored(&app, acme).await;
    let form = edit_form(&ofis, acme)
        .await
        .set("name", "A")
        .set("phone", "12");
    for reply in [ofis.submit(&form).await, ofis.htmx_submit(&form).await] {
        assert_eq!(reply.status, 422);
        let again = reply.form("#company-form form");
        assert_eq!(
            (again.value("name"), again.value("phone")),
            (Some("A"), Some("12"))
        );
        assert_eq!(again.value("version"), form.value("version"));
    }
    assert_eq!(stored(&app, acme).await, before);
}

#[tokio::test]
async fn whoever_saves_second_sees_both_versions_and_loses_nothing() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let ada = app.sign_in(ADA).await;
    let acme = app.company("Acme").await;
    let mine = edit_form(&ofis, acme)
        .await
        .set("phone", "0412 228 00 00")
        .set("address", "Yeni adres");
    let theirs = edit_form(&ada, acme).await.set("phone", "0312 426 10 20");
    assert_eq!(ada.submit(&theirs).await.status, 303);
    let saved = stored(&app, acme).await;
    for fragment in [true, false] {
        let reply = if fragment {
            ofis.htmx_submit(&mine).await
        } else {
            ofis.submit(&mine).await
        };
        assert_eq!(reply.status, 409);
        assert_eq!(reply.is_page(), !fragment);
        assert!(reply.one("#conflict").contains("Ada"));
        let rows = reply.texts("#conflict tbody tr");
        assert_eq!(rows.len(), 2, "{rows:?}");
        let phone = rows
            .iter()
            .find(|row| row.contains("+90 412 228 00 00"))
            .unwrap();
        assert!(phone.contains("+90 312 426 10 20"));
        let again = reply.form("#company-form form");
        assert_eq!(again.value("phone"), Some("0412 228 00 00"));
        assert_eq!(again.value("address"), Some("Yeni adres"));
        assert_eq!(stored(&app, acme).await, saved, "nothing was overwritten");
    }
    // Having seen both, saving again is a decision.
    let reply = ofis.htmx_submit(&mine).await;
    assert_eq!(
        ofis.submit(&reply.form("#company-form form")).await.status,
        303
    );
    assert_eq!(stored(&app, acme).await.4.as_deref(), Some("+904122280000"));
}

#[tokio::test]
async fn of_twenty_edits_at_once_one_is_saved_and_the_others_are_told() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let version = app.version(acme).await;
    let form = edit_form(&ofis, acme).await;
    let replies = join_all((0..20).map(|n| {
        let form = form.clone().set("tax_office", &format!("Daire {n}"));
        let ofis = &ofis;
        async move { ofis.submit(&form).await }
    }))
    .await;
    let saved = replies.iter().filter(|reply| reply.status == 303).count();
    let told = replies
        .iter()
        .filter(|reply| [409, 503].contains(&reply.status))
        .count();
    assert_eq!((saved, told), (1, 19));
    assert_eq!(app.version(acme).await, version + 1);
}

#[tokio::test]
async fn a_form_without_a_readable_version_is_not_ours() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    for version in ["", "x", "1.5", "99999999999999999999", "-"] {
        for path in ["", "/status", "/trash"] {
            let fields = [("name", "Acme"), ("status", "lead"), ("version", version)];
            let reply = ofis
                .post_form(&format!("/companies/{acme}{path}"), &fields)
                .await;
            assert_eq!(reply.status, 400, "{path} {version:?}");
        }
    }
}

#[tokio::test]
async fn the_status_changes_in_place() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let page = ofis.get(&format!("/companies/{acme}")).await;
    let form = page.form("#company-status form");
    assert_eq!(form.value("status"), Some("customer"));
    for status in ["churned", "lead", "customer", "negotiation", "prospect"] {
        let reply = ofis.htmx_get(&format!("/companies/{acme}")).await;
        let form = reply.form("#company-status form").set("status", status);
        let reply = ofis.htmx_submit(&form).await;
        assert_eq!(reply.status, 200, "{status}");
        assert!(!reply.is_page());
        assert!(reply.text().contains("<hx-partial hx-target=\"#flash\""));
        let fresh = reply.form("#company-status form");
        assert_eq!(fresh.value("status"), Some(status));
        assert_eq!(
            fresh.value("version"),
            Some(app.version(acme).await.to_string().as_str())
        );
        assert_eq!(stored(&app, acme).await.6, status);
    }
    // Without JavaScript, and with a version of before.
    let reply = ofis.submit(&form.clone().set("status", "lead")).await;
    assert_eq!(reply.status, 409);
    let stale = ofis.htmx_submit(&form).await;
    assert_eq!(
        (stale.status, stale.header("hx-retarget")),
        (409, Some("#problem"))
    );
    let page = ofis.get(&format!("/companies/{acme}")).await;
    let form = page.form("#company-status form");
    assert_eq!(
        ofis.submit(&form.clone().set("status", "gone"))
            .await
            .status,
        422
    );
    let reply = ofis.submit(&form.set("status", "lead")).await;
    assert_eq!(
        (reply.status, reply.location()),
        (303, format!("/companies/{acme}").as_str())
    );
    assert_eq!(names(&ofis, "/companies?status=lead&q=acme").await.len(), 1);
}

#[tokio::test]
async fn a_change_moves_the_company_in_lists_sorted_by_it() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let page = ofis.get(&format!("/companies/{acme}")).await;
    ofis.submit(&page.form("#company-status form").set("status", "lead"))
        .await;
    for path in [
        "/companies?sort=-updated_at",
        "/companies?sort=-updated_at&q=acm",
    ] {
        assert!(names(&ofis, path).await[0].starts_with("Acme"), "{path}");
    }
    app.clock.shift(TimeDelta::minutes(5));
    let globex = app.company("Globex").await;
    let form = edit_form(&ofis, globex).await.set("name", "Aacme Globex");
    ofis.submit(&form).await;
    assert_eq!(
        names(&ofis, "/companies?sort=-updated_at").await[0],
        "Aacme Globex"
    );
    assert_eq!(names(&ofis, "/companies").await[0], "Aacme Globex");
}

// ---- the trash

#[tokio::test]
async fn the_trash_asks_first_takes_everything_along_and_gives_it_back() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let path = format!("/companies/{acme}");
    let contact = app.children("contacts", acme).await[0].0;

    let dialog = ofis.htmx_get(&format!("{path}/trash")).await;
    assert!(!dialog.is_page());
    assert!(dialog.has("#dialog-title"));
    let confirm = ofis.get(&format!("{path}/trash")).await;
    assert!(confirm.is_page());
    assert!(confirm.has(&format!("a[href='{path}']")), "a way back");
    assert_eq!(ofis.get(&path).await.status, 200, "asking does nothing");

    let reply = ofis.submit(&confirm.form(".confirm form")).await;
    assert_eq!((reply.status, reply.location()), (303, "/companies"));
    let list = ofis.follow(&reply).await;
    assert!(
        !list
            .text()
            .contains("Acme İş Sağlığı ve Güvenliği A.Ş.</a>")
    );
    for gone in [
        "",
        "/edit",
        "/history",
        "/contacts",
        "/notes",
        "/activities",
        "/trash",
    ] {
        assert_eq!(
            ofis.get(&format!("{path}{gone}")).await.status,
            404,
            "{gone}"
        );
    }
    let child = format!("{path}/contacts/{contact}/edit");
    assert_eq!(ofis.get(&child).await.status, 404);
    assert_eq!(names(&ofis, "/companies?q=acme").await, [""; 0]);
    let dashboard = ofis.get("/dashboard").await;
    assert!(!dashboard.has(&format!("a[href^='{path}']")));
    let trash = ofis.get("/trash").await;
    assert!(trash.one("#list tbody tr").contains("Acme"));
    assert!(
        trash.one("#list tbody tr").contains("Ofis"),
        "who moved it there"
    );

    // Undo, from the message.
    let undo = list.form("#flash form");
    assert_eq!(undo.action, format!("{path}/restore"));
    let reply = ofis.submit(&undo).await;
    assert_eq!((reply.status, reply.location()), (303, path.as_str()));
    let page = ofis.follow(&reply).await;
    assert!(page.one("#flash").contains("Acme"));
    assert_eq!(names(&ofis, "/companies?q=acme").await.len(), 1);
    assert_eq!(ofis.get(&child).await.status, 200);
    assert!(ofis.get("/trash").await.has("#list .empty"));
    let noted = app.noted().await;
    assert_eq!(noted[1..], ["companies.trash", "companies.restore"]);
}

/// Name, tax number, e-mail, phone and address of a company.
type Left = (
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// What the night does.
async fn purge(app: &TestApp) {
    let mut tx = app.db.begin().await.unwrap();
    app.jobs.enqueue(&mut tx, &Purge::default()).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
    let dead = sql!("select count(*) from jobs where state = 'dead' or error is not null");
    assert_eq!(app.number(dead).await, 0);
}

#[tokio::test]
async fn the_audit_forgets_the_people_of_a_company_that_is_deleted_for_good_and_tells_who_is_out() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let url = format!("/companies/{acme}/contacts");
    let fields = [("name", "Gülbahar Unutulan"), ("phone", "+905325550101")];
    assert_eq!(ofis.post_form(&url, &fields).await.status, 303);
    let people: Vec<(String, Option<String>)> = app
        .rows(sql!(
            "select name, phone from contacts where company_id = ?",
            acme
        ))
        .await;
    let entries = || {
        app.rows::<(String,)>(sql!(
            "select changes from audit_entries where company_id = ?",
            acme
        ))
    };
    let before = format!("{:?}", entries().await);
    assert!(before.contains("Gülbahar Unutulan") && before.contains("+905325550101"));
    let confirm = ofis.get(&format!("/companies/{acme}/trash")).await;
    assert_eq!(
        ofis.submit(&confirm.form(".confirm form")).await.status,
        303
    );
    app.clock.shift(TimeDelta::days(31));
    purge(&app).await;
    let after = format!("{:?}", entries().await);
    for (name, phone) in &people {
        assert!(!after.contains(name.as_str()), "{after}");
        assert!(!phone.as_ref().is_some_and(|phone| after.contains(phone)));
    }
    assert!(after.contains("erased_entries"));
    let told = sql!(
        "select count(*) from audit_entries e join users u on u.id = e.record_id
         where e.action = 'users.deactivate' and u.email = ?",
        CEM
    );
    assert_eq!(app.number(told).await, 1);
    audit::seal(&app.db, app.clock.now()).await.unwrap();
    let report = audit::verify(&app.db, &app.keys, app.clock.now(), None)
        .await
        .unwrap();
    assert_eq!(report.findings, []);
}

#[tokio::test]
async fn what_was_in_the_trash_for_thirty_days_is_deleted_for_good() {
    let app = TestApp::new().await;
    app.execute(sql!("update services set status = 'cancelled'"))
        .await;
    let ofis = app.sign_in(OFIS).await;
    let (acme, globex) = (app.company("Acme").await, app.company("Globex").await);
    let confirm = ofis.get(&format!("/companies/{acme}/trash")).await;
    assert_eq!(
        ofis.submit(&confirm.form(".confirm form")).await.status,
        303
    );
    let (service, _) = app.children("services", globex).await[0];
    let confirm = ofis.get(&format!("/services/{service}/trash")).await;
    assert_eq!(
        ofis.submit(&confirm.form(".confirm form")).await.status,
        303
    );
    let kept = app.children("services", globex).await.len();
    app.clock.shift(TimeDelta::days(29));
    let later = app.company("Kapadokya").await;
    let ofis = app.sign_in(OFIS).await;
    let confirm = ofis.get(&format!("/companies/{later}/trash")).await;
    assert_eq!(
        ofis.submit(&confirm.form(".confirm form")).await.status,
        303
    );

    purge(&app).await;
    let purged = || app.number(sql!("select count(*) from purged_companies"));
    assert_eq!(purged().await, 0, "not a day too early");
    let version = app.version(acme).await;
    app.clock.shift(TimeDelta::days(2));
    let audited = app.number(sql!("select count(*) from audit_entries")).await;
    purge(&app).await;
    purge(&app).await;
    assert_eq!(purged().await, 1);

    for select in [
        "select count(*) from contacts where company_id = ?",
        "select count(*) from notes where company_id = ?",
        "select count(*) from activities where company_id = ?",
        "select count(*) from services where company_id = ?",
        "select count(*) from renewals where company_id = ?",
        "select count(*) from mails where company_id = ?",
        "select count(*) from company_words where company_id = ?",
        "select count(*) from users where active and company_id = ?",
    ] {
        assert_eq!(app.number(Sql::new(select).with(acme)).await, 0, "{select}");
        if !select.contains("mails") && !select.contains("words") {
            let others = app.number(Sql::new(select).with(globex)).await;
            assert!(others > 0 || select.contains("renewals"), "{select}");
        }
    }
    let orphans = sql!(
        "select count(*) from reminders r where not exists (select 1 from services s where s.id = r.service_id)"
    );
    assert_eq!(app.number(orphans).await, 0);
    let left: Vec<Left> = app
        .rows(sql!(
            "select name, tax_id, email, phone, address from companies where id = ?",
            acme
        ))
        .await;
    assert_eq!(left, [(acme.to_string(), None, None, None, None)]);
    assert_eq!(app.children("services", globex).await.len(), kept - 1);

    // The audit has lost no entry, and knows of both.
    let now = app.number(sql!("select count(*) from audit_entries")).await;
    let noted = app.noted().await;
    let mut fresh = noted[noted.len() - usize::try_from(now - audited).unwrap()..].to_vec();
    fresh.retain(|action| action != "audit.erase");
    fresh.sort();
    assert_eq!(
        fresh,
        ["companies.purge", "services.purge", "users.deactivate"]
    );

    // It is in the trash no more, and does not come back; the one that went later is, and does.
    let ofis = app.sign_in(OFIS).await;
    let trash = ofis.get("/trash").await;
    assert_eq!(trash.count("#list tbody tr"), 1);
    assert!(trash.one("#list tbody tr").contains("Kapadokya"));
    let version = (version + 1).to_string();
    let restore = [("version", version.as_str())];
    let reply = ofis
        .post_form(&format!("/companies/{acme}/restore"), &restore)
        .await;
    assert_eq!(reply.status, 404);
    let form = trash.form("#list tbody form");
    assert_eq!(ofis.submit(&form).await.status, 303);
    purge(&app).await;
    assert_eq!(ofis.get(&format!("/companies/{later}")).await.status, 200);
    let history = ofis.get(&format!("/companies/{globex}/history")).await;
    assert!(history.text().contains("Service deleted for good"));
}

#[tokio::test]
async fn a_company_comes_back_from_the_list_of_the_trash() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let confirm = ofis.get(&format!("/companies/{acme}/trash")).await;
    ofis.htmx_submit(&confirm.form(".confirm form")).await;
    let form = ofis.get("/trash").await.form("#list tbody form");
    assert_eq!(ofis.submit(&form).await.status, 303);
    assert_eq!(ofis.get(&format!("/companies/{acme}")).await.status, 200);
    // It is not in the trash any more.
    assert_eq!(ofis.submit(&form).await.status, 404);
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_not_thrown_away_unseen() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let confirm = ofis.get(&format!("/companies/{acme}/trash")).await;
    let form = edit_form(&ofis, acme).await.set("phone", "0412 228 00 00");
    ofis.submit(&form).await;
    assert_eq!(
        ofis.submit(&confirm.form(".confirm form")).await.status,
        409
    );
    assert_eq!(ofis.get(&format!("/companies/{acme}")).await.status, 200);
    let reply = ofis.htmx_submit(&confirm.form(".confirm form")).await;
    assert_eq!(
        (reply.status, reply.header("hx-retarget")),
        (409, Some("#problem"))
    );
}

#[tokio::test]
async fn the_trash_has_pages() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let now = app.clock.now();
    app.execute(sql!("update companies set deleted_at = ?", now))
        .await;
    let mut seen = Vec::new();
    let mut next = Some("/trash".to_owned());
    while let Some(path) = next {
        let page = ada.get(&path).await;
        assert_eq!(page.status, 200);
        seen.extend(page.texts("#list tbody th.primary"));
        next = page.attr("a[rel=next]", "href");
        assert!(seen.len() <= 62);
    }
    let distinct: BTreeSet<&String> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (62, 62));
    for after in ["garbage", "%00", "AAAA"] {
        assert_eq!(
            ada.get(&format!("/trash?after={after}")).await.status,
            400,
            "{after}"
        );
    }
}

// ---- who did what

#[tokio::test]
async fn a_persons_number_is_in_no_audit_row() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let form = edit_form(&ofis, acme).await.set("tax_id", "10000000146");
    assert_eq!(ofis.submit(&form).await.status, 303);
    let rows: Vec<(String,)> = app.rows(sql!("select changes from audit_entries")).await;
    assert!(
        rows.iter()
            .all(|(changes,)| !changes.contains("10000000146"))
    );
    assert!(
        rows.iter()
            .any(|(changes,)| changes.contains("46\"") && changes.contains("***"))
    );
    let history = ofis.get(&format!("/companies/{acme}/history")).await;
    assert!(!history.one("#panel").contains("10000000146"));
}

#[tokio::test]
async fn the_history_has_pages_and_every_change_once() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    for n in 0..40 {
        let form = edit_form(&ofis, acme)
            .await
            .set("tax_office", &format!("Daire {n:02}"));
        assert_eq!(ofis.submit(&form).await.status, 303);
    }
    let mut seen = Vec::new();
    let mut next = Some(format!("/companies/{acme}/history"));
    while let Some(path) = next {
        let page = ofis.get(&path).await;
        assert_eq!(page.status, 200);
        seen.extend(page.texts(".timeline li"));
        next = page.attr("a[rel=next]", "href");
        assert!(seen.len() < 200);
    }
    let all = app
        .number(sql!(
            "select count(*) from audit_entries where company_id = ?",
            acme
        ))
        .await;
    assert_eq!(i64::try_from(seen.len()).unwrap(), all);
    for n in 0..40 {
        let named = |row: &&String| row.contains(&format!("Daire {n:02}"));
        // Once as what it became, and once as what it was before the next change.
        assert_eq!(
            seen.iter().filter(named).count(),
            if n == 39 { 1 } else { 2 },
            "{n}"
        );
    }
    assert!(seen[0].contains("Daire 39"), "the newest first");
}
