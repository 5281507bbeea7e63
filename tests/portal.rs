//! What a client sees, and an administrator who looks with a client's eyes.

use chrono::{DateTime, Utc};
use prosektorweb::{routes, seed, sql, web::access::Access};
use uuid::Uuid;

use crate::{
    resets::reset_path,
    support::{ADA, CEM, ESRA, MALLORY, OFIS, TestApp},
};

/// The names of a company's people and services.
async fn names(app: &TestApp, company: &str) -> Vec<String> {
    let id = app.company(company).await;
    let names: Vec<(String,)> = app
        .rows(sql!(
            "select name from contacts where company_id = ? union all select name from services where company_id = ?",
            id,
            id
        ))
        .await;
    assert!(names.len() > 2, "{names:?}");
    names.into_iter().map(|(name,)| name).collect()
}

#[tokio::test]
async fn a_client_lands_at_the_own_company_with_its_people_and_services() {
    let app = TestApp::new().await;
    let cem = app.client();
    let reply = cem
        .post_form("/login", &[("email", CEM), ("password", "prosektor-demo")])
        .await;
    assert_eq!((reply.status, reply.location()), (303, "/portal"));
    let page = cem.follow(&reply).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), Some("private, no-store"));
    assert!(page.one("h1").contains("Acme"));
    let shown = page.texts("main .people strong, main th[scope=row]");
    for name in names(&app, "Acme").await {
        assert!(shown.contains(&name), "{name} in {shown:?}");
    }
    let people = app.children("contacts", app.company("Acme").await).await;
    assert_eq!(page.count("main .people li"), people.len());
    assert!(!page.has("form[role=search]") && !page.has("a[href^='/companies']"));
    assert_eq!(page.attrs("nav a", "href"), ["/portal"]);
}

#[tokio::test]
async fn the_portal_is_for_clients_alone() {
    let app = TestApp::new().await;
    let nobody = app.client().get("/portal").await;
    assert!(nobody.status == 303 && nobody.location().starts_with("/login"));
    let fragment = app.client().htmx_get("/portal").await;
    assert_eq!(fragment.status, 401);
    for staff in [ADA, OFIS, ESRA] {
        assert_eq!(app.sign_in(staff).await.get("/portal").await.status, 404);
    }
    let mallory = app.sign_in(MALLORY).await.get("/portal").await;
    assert!(mallory.one("h1").contains("Globex"));
}

#[tokio::test]
async fn an_administrator_sees_the_portal_with_a_clients_eyes_and_goes_back_by_one_click() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let acme = app.company("Acme").await;
    let company = format!("/companies/{acme}");
    let form = ada
        .get(&company)
        .await
        .form(&format!("form[action='{company}/view']"));
    let reply = ada.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, "/portal"));
    let page = ada.follow(&reply).await;
    assert!(page.one("h1").contains("Acme"));
    assert!(page.one("main [role=region]").contains("Acme"));

    // Nothing else exists meanwhile, and nothing can be changed.
    for path in ["/dashboard", "/companies", &company, "/jobs"] {
        let reply = ada.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.has("form[action='/view/end']"), "{path}");
    }
    let before = app.database_text().await;
    let trash = ada
        .post_form(&format!("{company}/trash"), &[("version", "1")])
        .await;
    assert_eq!(trash.status, 404);
    assert_eq!(ada.post_form("/companies", &[]).await.status, 404);
    assert_eq!(app.database_text().await, before);

    let end = page.form("form[action='/view/end']");
    let reply = ada.submit(&end).await;
    assert_eq!((reply.status, reply.location()), (303, company.as_str()));
    assert_eq!(ada.follow(&reply).await.status, 200);
    assert_eq!(ada.get("/portal").await.status, 404);
    assert_eq!(ada.submit(&end).await.status, 404);
    assert_eq!(
        app.noted().await,
        ["session.login-ok", "companies.view", "companies.view-end"]
    );
}

/// Every row that a request could leave behind.
async fn everything(app: &TestApp) -> String {
    let mails: Vec<(Uuid, String, String)> = app
        .rows(sql!("select id, to_address, state from mails order by id"))
        .await;
    let links: Vec<(Uuid, String, Option<DateTime<Utc>>)> = app
        .rows(sql!("select id, kind, used_at from links order by id"))
        .await;
    let jobs: Vec<(Uuid, String, String)> = app
        .rows(sql!("select id, kind, state from jobs order by id"))
        .await;
    let kept: Vec<(Uuid,)> = app.rows(sql!("select id from kept_forms")).await;
    let text = app.database_text().await;
    format!("{text}{mails:?}{links:?}{jobs:?}{kept:?}")
}

#[tokio::test]
async fn no_post_of_an_administrator_who_looks_with_a_clients_eyes_changes_anything() {
    const BODY: [(&str, &str); 12] = [
        ("body", "Söz verdi."),
        ("confirm", "true"),
        ("current_password", seed::PASSWORD),
        ("email", "yeni@demo.test"),
        ("locale", "tr"),
        ("name", "Ömür Kaynak"),
        ("password", "mavi kapı 7 fincan"),
        ("role", "office"),
        ("scope", "all"),
        ("status", "lead"),
        ("theme", "dark"),
        ("version", "1"),
    ];
    let app = TestApp::new().await;
    let reset = reset_path(&app, ADA).await;
    let ada = app.sign_in(ADA).await;
    let acme = app.company("Acme").await;
    let user: Vec<(Uuid,)> = app
        .rows(sql!("select id from users where email = ?", OFIS))
        .await;
    let service = app.children("services", acme).await[0].0;
    ada.post_form(&format!("/companies/{acme}/view"), &[]).await;
    let token = reset.rsplit('/').next().unwrap();
    let before = everything(&app).await;
    let mut posts = 0;
    for line in routes::table().lines() {
        let leads_out = ["/logout", "/view/end"].contains(&&*line.path);
        // The contact form is anybody's: no session is looked up, and nothing of the visitor is in what it does.
        if line.method != "POST" || leads_out || line.access == Access::Public {
            continue;
        }
        let child = ["contacts", "notes", "activities"]
            .into_iter()
            .find(|table| line.path.contains(table));
        let child = app.children(child.unwrap_or("contacts"), acme).await[0].0;
        let record = match &line.path {
            path if path.starts_with("/users") => user[0].0,
            path if path.starts_with("/services") => service,
            _ => acme,
        };
        let path = line
            .path
            .replace("{id}", &record.to_string())
            .replace("{child}", &child.to_string())
            .replace(":token", token);
        let reply = ada.post_form(&path, &BODY).await;
        assert!(
            [403, 404].contains(&reply.status),
            "{path}: {}",
            reply.status
        );
        assert!(reply.has("form[action='/view/end']"), "{path}");
        assert_eq!(everything(&app).await, before, "{path}");
        posts += 1;
    }
    assert!(posts > 50, "{posts}");
    // What cannot be done is not offered either.
    let page = ada.get("/portal").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.attrs("form", "action"), ["/logout", "/view/end"]);
    assert!(!page.has("a[href='/account']"));
    ada.submit(&page.form("form[action='/view/end']")).await;
    let page = ada.get("/dashboard").await;
    assert!(page.has("form[action='/preferences']") && page.has("a[href='/account']"));
}

#[tokio::test]
async fn only_administrators_look_with_a_clients_eyes_and_only_at_companies_that_are_there() {
    let app = TestApp::new().await;
    let view = format!("/companies/{}/view", app.company("Acme").await);
    for (email, status) in [(OFIS, 403), (ESRA, 403), (CEM, 404)] {
        let reply = app.sign_in(email).await.post_form(&view, &[]).await;
        assert_eq!(reply.status, status, "{email}");
    }
    let page = app
        .sign_in(OFIS)
        .await
        .get(view.trim_end_matches("/view"))
        .await;
    assert!(!page.has("form[action$='/view']"));
    let ada = app.sign_in(ADA).await;
    let missing = format!("/companies/{}/view", Uuid::now_v7());
    assert_eq!(ada.post_form(&missing, &[]).await.status, 404);
    assert_eq!(ada.get("/dashboard").await.status, 200);
}

#[tokio::test]
async fn whoever_is_no_administrator_any_more_looks_no_longer_with_a_clients_eyes() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let view = format!("/companies/{}/view", app.company("Acme").await);
    ada.post_form(&view, &[]).await;
    app.execute(sql!(
        "update users set role = 'office' where email = ?",
        ADA
    ))
    .await;
    assert_eq!(ada.get("/portal").await.status, 404);
    assert_eq!(ada.get("/dashboard").await.status, 200);
}

#[tokio::test]
async fn there_is_a_way_back_from_a_company_that_went_to_the_trash_meanwhile() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let acme = app.company("Acme").await;
    ada.post_form(&format!("/companies/{acme}/view"), &[]).await;
    app.execute(sql!(
        "update companies set deleted_at = ? where id = ?",
        app.clock.now(),
        acme
    ))
    .await;
    let reply = ada.get("/portal").await;
    assert_eq!(reply.status, 404);
    let end = reply.form("form[action='/view/end']");
    assert_eq!(ada.submit(&end).await.status, 303);
    assert_eq!(ada.get("/dashboard").await.status, 200);
}
