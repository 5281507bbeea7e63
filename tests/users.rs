//! Administrators look after those who sign in: invite, change, deactivate, and see where they are signed in.

use std::process::Command;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use prosektorweb::{
    app::App,
    features::users::{self, AdminLink, NewUser},
    platform::{audit, db::Sql},
    routes, seed, sql,
    types::Email,
    web::access::Role,
};
use uuid::Uuid;

use crate::{
    invitations::{self, DENIZ, invite, link},
    resets::{mails, reset_path},
    second_factor,
    support::{ADA, CEM, Client, ESRA, MALLORY, OFIS, Reply, TestApp},
};

async fn add(app: &TestApp, name: &str, email: &str, role: Role) -> Uuid {
    let user = NewUser {
        name: name.into(),
        email: Email::parse(email).unwrap(),
        password: seed::PASSWORD.into(),
        role,
        company_id: None,
    };
    users::create(app, user).await.unwrap().uuid()
}

async fn user(app: &TestApp, email: &str) -> String {
    let found: Vec<(Uuid,)> = app
        .rows(sql!("select id from users where email = ?", email))
        .await;
    format!("/users/{}", found[0].0)
}

/// Role, company, active, version and whether there is a password.
async fn stored(app: &TestApp, email: &str) -> (String, Option<Uuid>, bool, i64, bool) {
    let rows = app
        .rows(sql!(
            "select role, company_id, active, version, password_hash is not null from users where email = ?",
            email
        ))
        .await;
    rows.into_iter().next().unwrap()
}

fn is_sign_in(reply: &Reply) -> bool {
    reply.status == 303 && reply.location().starts_with("/login")
}

async fn press(client: &Client, page: &str, verb: &str) -> Reply {
    let form = client
        .get(page)
        .await
        .form(&format!("form[action$='/{verb}']"));
    client.submit(&form).await
}

// ---- inviting

#[tokio::test]
async fn somebody_is_invited_by_mail_and_waits_until_they_have_answered() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let list = ada.get("/users").await;
    assert_eq!(list.count("#list tbody tr"), 5);
    assert!(list.has("a[href='/users/new']") && list.has("a[href='/permissions']"));
    let fields = [("name", "Deniz Ak"), ("email", DENIZ), ("role", "doctor")];
    let path = invite(&ada, &fields).await;
    let page = ada.get(&path).await;
    assert!(page.has(".flash.good"));
    assert!(page.has(".record-title .badge.wait"));
    assert_eq!(page.count("form[action$='/invite']"), 1);
    assert_eq!(
        ada.get("/users?state=invited")
            .await
            .count("#list tbody tr"),
        1
    );
    assert_eq!(app.noted().await, ["session.login-ok", "users.create"]);
    let answer = link(&app, DENIZ).await;
    let fields = [("password", invitations::PASSWORD), ("locale", "tr")];
    assert_eq!(app.client().post_form(&answer, &fields).await.status, 303);
    assert!(ada.get(&path).await.has(".record-title .badge.good"));
    assert_eq!(
        ada.get("/users?state=invited")
            .await
            .count("#list tbody tr"),
        0
    );
    // Who has a password is not invited again.
    let reply = ada.post_form(&format!("{path}/invite"), &[]).await;
    assert_eq!(reply.status, 422);
    assert!(reply.has("#error-summary"));
}

#[tokio::test]
async fn an_administrator_can_be_invited_by_another_and_no_page_shows_the_link() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let fields = [("name", "Deniz Ak"), ("email", DENIZ), ("role", "admin")];
    let path = invite(&ada, &fields).await;
    assert!(!ada.get(&path).await.text().contains("/invite/"));
    let answer = link(&app, DENIZ).await;
    assert!(!ada.get(&path).await.text().contains(&answer));
    let fields = [("password", invitations::PASSWORD), ("locale", "tr")];
    app.client().post_form(&answer, &fields).await;
    let deniz = app.client();
    deniz.sign_in(DENIZ, invitations::PASSWORD).await;
    assert_eq!(deniz.get("/users").await.status, 200);
}

#[tokio::test]
async fn a_wrong_form_comes_back_with_what_was_typed() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let before = app.number(sql!("select count(*) from users")).await;
    let fields = [
        ("name", "D"),
        ("email", "deniz"),
        ("role", "king"),
        ("company", "Acme"),
        ("locale", "xx"),
    ];
    for fragment in [false, true] {
        let mut call = ada.call("POST", "/users").form(&fields);
        if fragment {
            call = call.htmx();
        }
        let reply = call.send().await;
        assert_eq!(reply.status, 422);
        assert_eq!(reply.is_page(), !fragment);
        for field in ["name", "email", "role", "locale"] {
            assert!(
                reply.has(&format!("#error-summary a[href='#f-{field}']")),
                "{field}"
            );
        }
        assert_eq!(reply.attr("#f-email", "value").as_deref(), Some("deniz"));
        assert_eq!(reply.attr("#f-company", "value").as_deref(), Some("Acme"));
    }
    let fields = [
        ("name", "Ofis İki"),
        ("email", " OFIS@demo.test "),
        ("role", "office"),
        ("locale", "tr"),
    ];
    let reply = ada.post_form("/users", &fields).await;
    assert_eq!(reply.status, 422, "the address is taken");
    assert!(reply.has("#error-summary a[href='#f-email']"));
    assert_eq!(app.number(sql!("select count(*) from users")).await, before);
    assert_eq!(app.number(sql!("select count(*) from links")).await, 0);
    assert_eq!(app.number(sql!("select count(*) from mails")).await, 0);
}

#[tokio::test]
async fn two_submissions_of_one_form_invite_once() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let form = ada.get("/users/new").await.form("#user-form form");
    let form = form
        .set("name", "Deniz Ak")
        .set("email", DENIZ)
        .set("role", "office");
    let (one, two) = tokio::join!(ada.submit(&form), ada.submit(&form));
    let three = ada.submit(&form).await;
    assert_eq!((one.status, two.status, three.status), (303, 303, 303));
    assert_eq!(one.location(), two.location());
    assert_eq!(one.location(), three.location());
    let other = ada.submit(&form.set("email", "other@ornek.test")).await;
    assert_eq!(other.status, 409);
    assert_eq!(app.number(sql!("select count(*) from mails")).await, 1);
    assert_eq!(app.number(sql!("select count(*) from users")).await, 6);
}

#[tokio::test]
async fn a_client_belongs_to_the_company_that_the_typed_name_means() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let (acme, globex) = (app.company("Acme").await, app.company("Globex").await);
    let page = ada.get(&format!("/companies/{acme}")).await;
    assert!(page.has(&format!("a[href='/users/new?company={acme}']")));
    let ofis = app.sign_in(OFIS).await;
    let page = ofis.get(&format!("/companies/{acme}")).await;
    assert!(!page.has("a[href^='/users']"), "only for administrators");

    let client = |number: u32| {
        vec![
            ("name".to_owned(), "Su Er".to_owned()),
            ("email".to_owned(), format!("su{number}@ornek.test")),
            ("role".to_owned(), "client".to_owned()),
            ("locale".to_owned(), "tr".to_owned()),
        ]
    };
    let post = async |number: u32, company: &str, id: &str| {
        let mut fields = client(number);
        fields.push(("company".into(), company.into()));
        fields.push(("company_id".into(), id.into()));
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        ada.post_form("/users", &fields).await
    };
    let acme_id = acme.to_string();
    for (number, company, id, expected) in [
        (1, "acme", "", acme),
        (2, "GLOBEX", "", globex),
        // The chosen one stands while the name fits it, and gives way to another name.
        (3, "acme iş", acme_id.as_str(), acme),
        (4, "", acme_id.as_str(), acme),
        (5, "globex", acme_id.as_str(), globex),
    ] {
        let reply = post(number, company, id).await;
        assert_eq!(reply.status, 303, "{company}");
        let email = format!("su{number}@ornek.test");
        assert_eq!(stored(&app, &email).await.1, Some(expected), "{company}");
    }
    for (company, id) in [
        ("", ""),
        ("no such firm", ""),
        ("", &*Uuid::now_v7().to_string()),
    ] {
        let reply = post(9, company, id).await;
        assert_eq!(reply.status, 422, "{company} {id}");
        assert!(reply.has("#error-summary a[href='#f-company']"));
    }
    // Several: one is chosen from those.
    for name in ["Zümrüt Boya A.Ş.", "Zümrüt Demir A.Ş."] {
        let form = ada.get("/companies/new").await.form("#company-form form");
        assert_eq!(ada.submit(&form.set("name", name)).await.status, 303);
    }
    let reply = post(6, "zumrut", "").await;
    assert_eq!(reply.status, 422);
    let offered = reply.texts("#f-company_id option");
    assert_eq!(offered[1..], ["Zümrüt Boya A.Ş.", "Zümrüt Demir A.Ş."]);
    let demir = reply.attrs("#f-company_id option", "value")[2].clone();
    let form = reply.form("#user-form form").set("company_id", &demir);
    assert_eq!(ada.submit(&form).await.status, 303);
    let company = stored(&app, "su6@ornek.test").await.1.unwrap();
    assert_eq!(company.to_string(), demir);
}

#[tokio::test]
async fn a_company_in_the_trash_gets_no_new_client_and_is_shown_as_such() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let acme = app.company("Acme").await;
    app.execute(sql!(
        "update companies set deleted_at = ? where id = ?",
        app.clock.now(),
        acme
    ))
    .await;
    let reply = ada.get(&format!("/users/new?company={acme}")).await;
    assert_eq!(reply.status, 404);
    let id = acme.to_string();
    let fields = [
        ("name", "Su Er"),
        ("email", "su@ornek.test"),
        ("role", "client"),
        ("company_id", id.as_str()),
        ("locale", "tr"),
    ];
    assert_eq!(ada.post_form("/users", &fields).await.status, 422);
    let cem = user(&app, CEM).await;
    assert!(ada.get("/users").await.has("#list .badge.bad"));
    assert!(ada.get(&cem).await.has(".record-notice"));
    // The person can still be changed, and stays with the company.
    let form = ada
        .get(&format!("{cem}/edit"))
        .await
        .form("#user-form form");
    assert_eq!(ada.submit(&form.set("name", "Cem Ay")).await.status, 303);
    assert_eq!(stored(&app, CEM).await.1, Some(acme));
}

#[tokio::test]
async fn fields_that_a_form_does_not_have_change_nothing() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let acme = app.company("Acme").await.to_string();
    let extra = [
        ("id", "00000000-0000-0000-0000-000000000001"),
        ("active", "false"),
        ("password", "prosektor-demo"),
        ("password_hash", "x"),
        ("theme", "dark"),
        ("created_at", "2001-01-01"),
        ("company_id", acme.as_str()),
        ("is_admin", "true"),
        ("deleted_at", "2001-01-01"),
    ];
    let mut fields = vec![
        ("name", "Deniz Ak"),
        ("email", DENIZ),
        ("role", "office"),
        ("locale", "tr"),
        ("version", "77"),
    ];
    fields.extend(extra);
    let reply = ada.post_form("/users", &fields).await;
    assert_eq!(reply.status, 303);
    let expected = ("office".to_owned(), None, true, 1, false);
    assert_eq!(stored(&app, DENIZ).await, expected);

    let esra = user(&app, ESRA).await;
    let mut fields = vec![
        ("name", "Esra Kaya"),
        ("email", ESRA),
        ("role", "expert"),
        ("version", "1"),
    ];
    fields.extend(extra);
    assert_eq!(ada.post_form(&esra, &fields).await.status, 303);
    let expected = ("expert".to_owned(), None, true, 2, true);
    assert_eq!(stored(&app, ESRA).await, expected);
    for verb in ["deactivate", "reactivate"] {
        let version = stored(&app, ESRA).await.3.to_string();
        let mut fields = vec![("role", "admin"), ("version", version.as_str())];
        fields.extend(extra);
        let reply = ada.post_form(&format!("{esra}/{verb}"), &fields).await;
        assert_eq!(reply.status, 303, "{verb}");
        assert_eq!(stored(&app, ESRA).await.0, "expert");
    }
    let twice = [("name", "A B"), ("name", "C D"), ("version", "4")];
    assert_eq!(ada.post_form(&esra, &twice).await.status, 400);
    // Nor does an answer to an invitation.
    let answer = link(&app, DENIZ).await;
    let fields = [
        ("password", invitations::PASSWORD),
        ("locale", "tr"),
        ("role", "admin"),
        ("email", "other@ornek.test"),
        ("active", "false"),
    ];
    assert_eq!(app.client().post_form(&answer, &fields).await.status, 303);
    let expected = ("office".to_owned(), None, true, 2, true);
    assert_eq!(stored(&app, DENIZ).await, expected);
}

#[tokio::test]
async fn with_mail_off_the_page_says_so_and_the_invitation_waits() {
    let app = TestApp::with(&[
        ("APP_ENV", "production"),
        ("BASE_URL", "https://office.example"),
        ("SECRET_KEY", "0123456789abcdef0123456789abcdef"),
    ])
    .await;
    let ada = app.sign_in(ADA).await;
    let new = ada.get("/users/new").await;
    assert!(new.has(".record-notice"));
    let form = new.form("#user-form form");
    let form = form
        .set("name", "Deniz Ak")
        .set("email", DENIZ)
        .set("role", "office");
    let reply = ada.submit(&form).await;
    let page = ada.follow(&reply).await;
    assert!(page.has(".flash.info") && page.has(".record-notice"));
    assert!(!page.text().contains("/invite/"));
    let state: Vec<(String,)> = app.rows(sql!("select state from mails")).await;
    assert_eq!(state[0].0, "off");
}

// ---- changing

#[tokio::test]
async fn a_new_role_ends_the_sessions_on_every_instance_and_is_noted_field_by_field() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let ofis = app.sign_in(OFIS).await;
    let other = second(&app).await;
    let elsewhere = Client::new(other);
    elsewhere.set_cookie("session", &ofis.cookie("session").unwrap());
    assert_eq!(elsewhere.get("/companies/new").await.status, 200);
    let path = user(&app, OFIS).await;
    let form = ada
        .get(&format!("{path}/edit"))
        .await
        .form("#user-form form");
    // A new name alone ends nothing.
    assert_eq!(
        ada.submit(&form.set("name", "Ofis Demirci")).await.status,
        303
    );
    assert_eq!(elsewhere.get("/dashboard").await.status, 200);
    let form = ada
        .get(&format!("{path}/edit"))
        .await
        .form("#user-form form");
    let reply = ada.submit(&form.set("role", "expert")).await;
    assert_eq!(reply.status, 303);
    assert!(is_sign_in(&elsewhere.get("/dashboard").await));
    assert!(is_sign_in(&ofis.get("/dashboard").await));
    ofis.sign_in(OFIS, seed::PASSWORD).await;
    assert_eq!(ofis.get("/companies/new").await.status, 403);
    let noted: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where action = 'users.update' order by id"
        ))
        .await;
    assert_eq!(
        noted[1].0,
        r#"[{"field":"role","before":"office","after":"expert"}]"#
    );
    let shown = ada.get(&path).await;
    assert!(
        shown.one(".timeline").contains("İş güvenliği uzmanı")
            || shown.one(".timeline").contains("Safety expert")
    );
}

/// Another instance over the same database.
async fn second(app: &TestApp) -> prosektorweb::web::front::Front {
    let other = App::build(app.config.clone(), app.clock.clone())
        .await
        .unwrap();
    other.state.set_ready();
    routes::table().into_front(&other)
}

#[tokio::test]
async fn an_edit_that_comes_too_late_shows_both() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let path = user(&app, ESRA).await;
    let form = ada
        .get(&format!("{path}/edit"))
        .await
        .form("#user-form form");
    let first = form.clone().set("name", "Esra Kayalı");
    assert_eq!(ada.submit(&first).await.status, 303);
    for fragment in [false, true] {
        let late = form.clone().set("role", "doctor").set("name", "Esra K.");
        let reply = if fragment {
            ada.htmx_submit(&late).await
        } else {
            ada.submit(&late).await
        };
        assert_eq!(reply.status, 409);
        assert_eq!(reply.is_page(), !fragment);
        let words = reply.one("#conflict table");
        assert!(words.contains("Esra Kayalı") && words.contains("Esra K."));
        assert_eq!(reply.attr("#f-name", "value").as_deref(), Some("Esra K."));
        assert_eq!(stored(&app, ESRA).await.0, "expert");
        if fragment {
            let again = reply.form("#user-form form");
            assert_eq!(ada.submit(&again).await.status, 303);
            assert_eq!(stored(&app, ESRA).await.0, "doctor");
        }
    }
}

#[tokio::test]
async fn a_new_address_voids_links_to_the_old_one_and_invites_anew() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let fields = [
        ("name", "Deniz Ak"),
        ("email", "denis@ornek.test"),
        ("role", "doctor"),
    ];
    let path = invite(&ada, &fields).await;
    let old = link(&app, "denis@ornek.test").await;
    let form = ada
        .get(&format!("{path}/edit"))
        .await
        .form("#user-form form");
    assert_eq!(ada.submit(&form.set("email", DENIZ)).await.status, 303);
    let new = link(&app, DENIZ).await;
    assert_eq!(app.client().get(&old).await.status, 404);
    assert_eq!(app.client().get(&new).await.status, 200);
    // Somebody else's address is refused.
    let form = ada
        .get(&format!("{path}/edit"))
        .await
        .form("#user-form form");
    let reply = ada.submit(&form.set("email", OFIS)).await;
    assert_eq!(reply.status, 422);
    assert!(reply.has("#error-summary a[href='#f-email']"));
}

#[tokio::test]
async fn an_administrators_own_address_is_changed_in_the_account_alone() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let own = user(&app, ADA).await;
    let page = ada.get(&format!("{own}/edit")).await;
    assert!(page.has("#user-form a[href='/account/email']"));
    let form = page.form("#user-form form");
    let before = app.database_text().await;
    let reply = ada.submit(&form.clone().set("email", DENIZ)).await;
    assert_eq!(reply.status, 422);
    assert!(reply.has("#error-summary a[href='#f-email']"));
    assert!(reply.has("#f-email[aria-invalid='true']"));
    assert!(reply.has("#user-form a[href='/account/email']"));
    assert_eq!(app.database_text().await, before);
    assert_eq!(mails(&app).await.len(), 0);
    // Anything else is one's own to change here, too.
    let reply = ada.submit(&form.set("name", "Ada Lale")).await;
    assert_eq!(reply.status, 303);
    assert!(ada.follow(&reply).await.one("h1").contains("Ada Lale"));
    let others = ada.get(&format!("{}/edit", user(&app, OFIS).await)).await;
    assert!(!others.has("#user-form a[href='/account/email']"));
}

#[tokio::test]
async fn an_address_that_an_administrator_changes_ends_sessions_and_links_and_the_old_one_is_told()
{
    let app = TestApp::new().await;
    let (ada, ofis) = (app.sign_in(ADA).await, app.sign_in(OFIS).await);
    let reset = reset_path(&app, OFIS).await;
    let path = user(&app, OFIS).await;
    let form = ada
        .get(&format!("{path}/edit"))
        .await
        .form("#user-form form");
    assert_eq!(ada.submit(&form.set("email", DENIZ)).await.status, 303);
    assert!(is_sign_in(&ofis.get("/dashboard").await));
    assert_eq!(app.client().get(&reset).await.status, 404);
    let told = mails(&app).await;
    let (to, subject, text) = told.last().unwrap();
    assert_eq!(
        (to.as_str(), subject.as_str()),
        (OFIS, "The address of your account was changed")
    );
    assert!(
        text.contains(DENIZ) && text.contains("An administrator"),
        "{text}"
    );
    app.client().sign_in(DENIZ, seed::PASSWORD).await;
}

#[tokio::test]
async fn an_invitation_is_sent_three_times_an_hour_and_no_more() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let fields = [("name", "Deniz Ak"), ("email", DENIZ), ("role", "office")];
    let path = invite(&ada, &fields).await;
    for _ in 0..2 {
        assert_eq!(press(&ada, &path, "invite").await.status, 303);
    }
    let newest = link(&app, DENIZ).await;
    let refused = press(&ada, &path, "invite").await;
    assert_eq!(refused.status, 422);
    assert!(refused.one("#error-summary").contains("Wait an hour"));
    assert_eq!(mails(&app).await.len(), 3);
    assert_eq!(app.client().get(&newest).await.status, 200);
    app.clock.shift(TimeDelta::minutes(61));
    let ada = app.sign_in(ADA).await;
    assert_eq!(press(&ada, &path, "invite").await.status, 303);
    assert_eq!(mails(&app).await.len(), 4);
}

#[tokio::test]
async fn a_company_is_not_called_optional_where_a_client_needs_one() {
    let app = TestApp::new().await;
    let page = app.sign_in(ADA).await.get("/users/new").await;
    assert_eq!(page.one("label[for='f-company']"), "Company");
    assert!(page.one("#f-company-hint").contains("required for them"));
}

#[tokio::test]
async fn a_client_becomes_staff_and_staff_a_client_with_the_company_that_belongs_to_it() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let cem = user(&app, CEM).await;
    let form = ada
        .get(&format!("{cem}/edit"))
        .await
        .form("#user-form form");
    assert_eq!(ada.submit(&form.set("role", "office")).await.status, 303);
    assert_eq!(stored(&app, CEM).await.1, None);
    let form = ada
        .get(&format!("{cem}/edit"))
        .await
        .form("#user-form form");
    let form = form.set("role", "client");
    assert_eq!(ada.submit(&form).await.status, 422, "of which company?");
    assert_eq!(ada.submit(&form.set("company", "globex")).await.status, 303);
    assert_eq!(stored(&app, CEM).await.1, Some(app.company("Globex").await));
}

#[tokio::test]
async fn a_client_who_moves_between_two_companies_of_one_name_is_noted() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let cem = user(&app, CEM).await;
    let (acme, other) = (app.company("Acme").await, app.company("Globex").await);
    let name: Vec<(String,)> = app
        .rows(sql!("select name from companies where id = ?", acme))
        .await;
    app.execute(sql!(
        "update companies set name = ? where id = ?",
        name[0].0.as_str(),
        other
    ))
    .await;
    let form = ada
        .get(&format!("{cem}/edit"))
        .await
        .form("#user-form form");
    let (known, version) = (
        form.value("name").unwrap().to_owned(),
        form.value("version").unwrap().to_owned(),
    );
    let other = other.to_string();
    let fields = [
        ("name", known.as_str()),
        ("email", CEM),
        ("role", "client"),
        ("company", name[0].0.as_str()),
        ("company_id", other.as_str()),
        ("version", version.as_str()),
    ];
    let reply = ada.post_form(&cem, &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let noted: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where action = 'users.update'"
        ))
        .await;
    let (acme, noted) = (acme.to_string(), &noted[0].0);
    assert!(noted.contains(&acme) && noted.contains(&other), "{noted}");
}

#[tokio::test]
async fn who_is_deactivated_is_out_at_once_and_comes_back_with_the_same_password() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let ofis = app.sign_in(OFIS).await;
    let elsewhere = Client::new(second(&app).await);
    elsewhere.set_cookie("session", &ofis.cookie("session").unwrap());
    let path = user(&app, OFIS).await;
    let reply = press(&ada, &path, "deactivate").await;
    assert!(ada.follow(&reply).await.has(".record-title .badge.neutral"));
    assert!(is_sign_in(&elsewhere.get("/dashboard").await));
    let fields = [("email", OFIS), ("password", seed::PASSWORD)];
    assert_eq!(app.client().post_form("/login", &fields).await.status, 422);
    // Twice, and from an old page: it has been done already.
    let version = [("version", "1")];
    let again = ada.post_form(&format!("{path}/deactivate"), &version).await;
    assert_eq!(again.status, 409);
    assert_eq!(press(&ada, &path, "reactivate").await.status, 303);
    assert!(
        is_sign_in(&ofis.get("/dashboard").await),
        "the session is gone for good"
    );
    app.client().sign_in(OFIS, seed::PASSWORD).await;
    let noted = app.noted().await;
    assert!(noted.contains(&"users.deactivate".into()));
    assert!(noted.contains(&"users.reactivate".into()));
}

#[tokio::test]
async fn the_last_administrator_is_neither_demoted_nor_deactivated() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    // One who has never answered is no help, nor is one who was deactivated.
    let fields = [("name", "Deniz Ak"), ("email", DENIZ), ("role", "admin")];
    let deniz = invite(&ada, &fields).await;
    add(&app, "Ece Su", "ece@ornek.test", Role::Admin).await;
    let ece = user(&app, "ece@ornek.test").await;
    assert_eq!(press(&ada, &ece, "deactivate").await.status, 303);
    let path = user(&app, ADA).await;
    let before = stored(&app, ADA).await;
    let reply = press(&ada, &path, "deactivate").await;
    assert_eq!(reply.status, 422);
    assert!(reply.has("#error-summary"));
    let form = ada
        .get(&format!("{path}/edit"))
        .await
        .form("#user-form form");
    let reply = ada.submit(&form.set("role", "office")).await;
    assert_eq!(reply.status, 422);
    assert!(reply.has("#error-summary a[href='#f-role']"));
    assert_eq!(stored(&app, ADA).await, before);
    assert_eq!(ada.get("/users").await.status, 200, "and stays signed in");
    // Whoever is not the last one can be demoted and deactivated, also before an answer.
    assert_eq!(press(&ada, &deniz, "deactivate").await.status, 303);
    assert_eq!(press(&ada, &ece, "reactivate").await.status, 303);
    assert_eq!(press(&ada, &path, "deactivate").await.status, 303);
    assert!(is_sign_in(&ada.get("/users").await));
}

#[tokio::test]
async fn two_administrators_who_demote_each_other_at_once_leave_one() {
    let app = TestApp::new().await;
    let bora = add(&app, "Bora Er", "bora@ornek.test", Role::Admin).await;
    let ada_id = user(&app, ADA).await;
    let (ada_path, bora_path) = (ada_id, format!("/users/{bora}"));
    let instances = [
        Client::new(second(&app).await),
        Client::new(second(&app).await),
    ];
    let mut both_done = 0;
    for round in 0..24 {
        app.execute(sql!(
            "update users set role = 'admin', active = ?, version = 1 where email in (?, ?)",
            true,
            ADA,
            "bora@ornek.test"
        ))
        .await;
        let (ada, bora) = (&instances[0], &instances[1]);
        ada.sign_in(ADA, seed::PASSWORD).await;
        bora.sign_in("bora@ornek.test", seed::PASSWORD).await;
        let demote = |name: &'static str, email: &'static str| {
            vec![
                ("name", name),
                ("email", email),
                ("role", "office"),
                ("version", "1"),
            ]
        };
        let version = vec![("version", "1")];
        // Against each other, or each against oneself; by either way.
        let (first, second) = if round % 2 == 0 {
            (&bora_path, &ada_path)
        } else {
            (&ada_path, &bora_path)
        };
        let request = |path: &str, by_edit: bool| {
            if by_edit && path == ada_path {
                (path.to_owned(), demote("Ada Yılmaz", ADA))
            } else if by_edit {
                (path.to_owned(), demote("Bora Er", "bora@ornek.test"))
            } else {
                (format!("{path}/deactivate"), version.clone())
            }
        };
        let one = request(first, round % 3 != 0);
        let two = request(second, round % 3 == 1);
        let (one, two) = tokio::join!(
            ada.post_form(&one.0, &one.1),
            bora.post_form(&two.0, &two.1)
        );
        let done = [&one, &two]
            .iter()
            .filter(|reply| reply.status == 303 && !reply.location().starts_with("/login"))
            .count();
        both_done += usize::from(done == 2);
        for reply in [&one, &two] {
            let signed_out = is_sign_in(reply);
            assert!(
                signed_out || [303, 403, 422].contains(&reply.status),
                "round {round}: {}",
                reply.status
            );
        }
        let left = app
            .number(sql!(
                "select count(*) from users where role = 'admin' and active"
            ))
            .await;
        assert_eq!(left, 1, "round {round}: {} and {}", one.status, two.status);
    }
    assert_eq!(both_done, 0);
}

// ---- sessions

#[tokio::test]
async fn sessions_are_shown_with_their_device_and_ended_one_by_one_or_all() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let path = user(&app, ESRA).await;
    let agents = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36",
        "something else",
    ];
    let mut clients = Vec::new();
    for agent in agents {
        let client = app.client();
        let fields = [("email", ESRA), ("password", seed::PASSWORD)];
        let call = client.call("POST", "/login").header("user-agent", agent);
        assert_eq!(call.form(&fields).send().await.status, 303);
        clients.push(client);
    }
    let page = ada.get(&path).await;
    let devices = page.texts("#panel tbody th");
    assert_eq!(devices.len(), 3);
    assert!(devices.contains(&"Firefox · Linux".into()));
    assert!(devices.contains(&"Chrome · Android".into()));
    for client in &clients {
        assert!(!page.text().contains(&client.cookie("session").unwrap()));
    }
    let at = devices
        .iter()
        .position(|it| it == "Firefox · Linux")
        .unwrap();
    let row = format!("#panel tbody tr:nth-child({}) form", at + 1);
    let reply = ada.submit(&page.form(&row)).await;
    assert_eq!(reply.status, 303);
    assert!(is_sign_in(&clients[0].get("/dashboard").await));
    assert_eq!(clients[1].get("/dashboard").await.status, 200);
    // The same button again ends nothing more.
    assert_eq!(ada.submit(&page.form(&row)).await.status, 303);
    let all = ada.get(&path).await.form(".section-head form");
    ada.submit(&all).await;
    assert!(is_sign_in(&clients[1].get("/dashboard").await));
    assert!(is_sign_in(&clients[2].get("/dashboard").await));
    assert_eq!(ada.get("/dashboard").await.status, 200);
    let noted = app.noted().await;
    let ended = noted.iter().filter(|action| *action == "users.sessions");
    assert_eq!(ended.count(), 2);
    let bad = [("session", "?")];
    let reply = ada.post_form(&format!("{path}/sessions/end"), &bad).await;
    assert_eq!(reply.status, 400);
    // A session of somebody else is not ended under another name.
    let mine: Vec<(Vec<u8>,)> = app.rows(sql!("select token_hash from sessions")).await;
    let name = URL_SAFE_NO_PAD.encode(&mine[0].0);
    ada.post_form(&format!("{path}/sessions/end"), &[("session", &name)])
        .await;
    assert_eq!(ada.get("/dashboard").await.status, 200);
}

// ---- the list

#[tokio::test]
async fn the_list_is_searched_sorted_and_paged_in_turkish_order() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let hash = app.passwords.hash("x".into()).await.unwrap();
    let letters = ["Ç", "C", "I", "İ", "Ö", "O", "Ş", "S", "Ü", "U"];
    for (at, letter) in letters.iter().enumerate() {
        for number in 0..6 {
            let user = NewUser {
                name: format!("{letter}lker Kişi{number}"),
                email: Email::parse(&format!("p{at}-{number}@ornek.test")).unwrap(),
                password: String::new(),
                role: Role::Doctor,
                company_id: None,
            };
            let mut tx = app.db.begin().await.unwrap();
            users::insert(&mut tx, &app, &user, &hash, app.clock.now())
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    }
    for (sort, by_name) in [
        ("", true),
        ("-name", true),
        ("email", false),
        ("-created_at", false),
    ] {
        let mut names = Vec::new();
        let mut path = format!("/users?role=doctor&sort={sort}");
        let mut pages = Vec::new();
        loop {
            let page = ada.get(&path).await;
            names.extend(page.texts("#list tbody th"));
            let range = page.one(".pagination-range");
            assert!(range.contains("60"), "{range}");
            pages.push(path.clone());
            match page.attr("#list-next", "href") {
                Some(next) => path = next,
                None => break,
            }
        }
        assert_eq!((names.len(), pages.len()), (60, 3), "{sort}");
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 60, "{sort}");
        if by_name {
            let mut initials: Vec<char> = names
                .iter()
                .map(|name| name.chars().next().unwrap())
                .collect();
            initials.dedup();
            if sort == "-name" {
                initials.reverse();
            }
            assert_eq!(initials, "CÇIİOÖSŞUÜ".chars().collect::<Vec<_>>());
        }
        // And back again.
        let last = ada.get(pages.last().unwrap()).await;
        let second = ada.get(&last.attr("#list-prev", "href").unwrap()).await;
        assert_eq!(second.texts("#list tbody th"), names[25..50]);
        let first = ada.get(&second.attr("#list-prev", "href").unwrap()).await;
        assert_eq!(first.texts("#list tbody th"), names[..25]);
        assert!(!first.has("a#list-prev"));
    }
    for (query, found) in [
        ("q=ilker+kisi3", 2),
        ("q=%C5%9Elker", 12),
        ("q=P0-0", 1),
        ("q=nobody", 0),
        ("q=demo.test&role=client", 2),
        ("state=deactivated", 0),
        ("role=admin&state=active", 1),
    ] {
        let page = ada.htmx_get(&format!("/users?{query}")).await;
        assert!(!page.is_page());
        assert_eq!(page.count("#list tbody tr"), found, "{query}");
        assert_eq!(page.has(".empty"), found == 0, "{query}");
    }
    let acme = app.company("Acme").await;
    let page = ada.get(&format!("/users?company={acme}")).await;
    assert_eq!(page.texts("#list tbody th"), ["Cem Aydın"]);
    assert!(page.one(".chip").contains("Acme"));
    let nobody = app.company("Kapadokya").await;
    let page = ada.get(&format!("/users?company={nobody}")).await;
    assert!(page.has(&format!(".empty a[href='/users/new?company={nobody}']")));
    for (query, status) in [
        ("role=king", 400),
        ("state=asleep", 400),
        ("sort=password_hash", 400),
        ("after=x", 400),
        ("company=x", 400),
        (&*format!("company={}", Uuid::now_v7()), 404),
    ] {
        let page = ada.get(&format!("/users?{query}")).await;
        assert_eq!(page.status, status, "{query}");
    }
}

// ---- the end

#[tokio::test]
async fn the_personal_data_of_a_deactivated_user_can_be_erased() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let fields = [("name", "Deniz Ak"), ("email", DENIZ), ("role", "office")];
    let path = invite(&ada, &fields).await;
    app.run_jobs().await;
    let page = ada.get(&path).await;
    assert!(!page.has("#erase"), "first it is deactivated");
    let reply = ada
        .post_form(
            &format!("{path}/erase"),
            &[("version", "1"), ("confirm", "true")],
        )
        .await;
    assert_eq!(reply.status, 422);
    press(&ada, &path, "deactivate").await;
    let form = ada.get(&path).await.form("#erase form");
    let unticked = ada.submit(&form).await;
    assert_eq!(unticked.status, 422, "the box is not ticked");
    assert!(unticked.has("#error-summary a[href='#f-confirm']"));
    assert!(unticked.has("details#erase[open]"));
    assert!(unticked.has("#f-confirm[aria-invalid='true']"));
    assert_eq!(
        unticked.attr("#f-confirm", "aria-describedby").as_deref(),
        Some("f-confirm-error")
    );
    assert_eq!(ada.submit(&form.set("confirm", "true")).await.status, 303);
    let page = ada.get(&path).await;
    assert_eq!(page.status, 200);
    assert!(page.one("h1").starts_with('#'));
    assert!(!page.one(".record-main").contains("Deniz"));
    assert!(!page.text().contains("@erased.invalid"));
    for table in [
        "select count(*) from users where email = 'deniz@ornek.test' or name = 'Deniz Ak'",
        "select count(*) from mails where to_address = 'deniz@ornek.test'",
        "select count(*) from links",
    ] {
        assert_eq!(app.number(Sql::new(table)).await, 0);
    }
    // Nothing brings it back, and the address is free again.
    let version = stored_version(&app, &path).await.to_string();
    let reactivate = format!("{path}/reactivate");
    let reply = ada.post_form(&reactivate, &[("version", &version)]).await;
    assert_eq!(reply.status, 422);
    assert_eq!(ada.get(&format!("{path}/edit")).await.status, 404);
    invite(&ada, &fields).await;
    assert!(app.noted().await.contains(&"users.erase".into()));
}

/// Every text that may say something of somebody, but for what this other person has done or was told.
async fn said_anywhere(app: &TestApp, but: Uuid) -> String {
    let users: Vec<(String, String)> = app.rows(sql!("select name, email from users")).await;
    let audit: Vec<(String, Option<String>)> = app
        .rows(sql!(
            "select changes, ip from audit_entries where record_id is null or record_id <> ?",
            but
        ))
        .await;
    let mails: Vec<(Option<String>, String, String, String, String)> = app
        .rows(sql!(
            "select to_name, to_address, subject, text, html from mails where record_id is null or record_id <> ?",
            but
        ))
        .await;
    let links: Vec<(Option<String>,)> = app
        .rows(sql!("select detail from links where user_id <> ?", but))
        .await;
    format!("{users:?} {audit:?} {mails:?} {links:?}")
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_anywhere_and_the_audit_is_whole() {
    const PLACE: &str = "192.0.2.77";
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let fields = [("name", "Zülal Ak"), ("email", DENIZ), ("role", "office")];
    let path = invite(&ada, &fields).await;
    let id: Uuid = path.trim_start_matches("/users/").parse().unwrap();
    let invitation = link(&app, DENIZ).await;
    let deniz = app.client().from(PLACE);
    let answer = [("password", invitations::PASSWORD), ("locale", "tr")];
    assert_eq!(deniz.post_form(&invitation, &answer).await.status, 303);
    deniz.sign_in(DENIZ, invitations::PASSWORD).await;
    // Another name and address, noted and mailed; and somebody else asks for the same address.
    let profile = deniz.get("/account").await.form("#profile-form");
    deniz.submit(&profile.set("name", "Zülal Deniz Ak")).await;
    for (client, new, password) in [
        (&deniz, "denizak@ornek.test", invitations::PASSWORD),
        (&ada, DENIZ, seed::PASSWORD),
    ] {
        let fields = [("email", new), ("current_password", password)];
        let asked = client.post_form("/account/email", &fields).await;
        assert_eq!(asked.status, 303);
    }
    // A second factor, a sign-in that waits for it, and a form that came too late.
    let begin = [("password", invitations::PASSWORD)];
    let begun = deniz.post_form("/account/second-factor", &begin).await;
    second_factor::finish(&app, &deniz, &begun).await;
    let waits = app.client().from(PLACE);
    let fields = [("email", DENIZ), ("password", invitations::PASSWORD)];
    assert_eq!(
        waits.post_form("/login", &fields).await.location(),
        "/login/code"
    );
    app.clock.shift(TimeDelta::minutes(31));
    let late = [("name", "Zülal Geç"), ("version", "1")];
    assert_eq!(deniz.post_form("/account", &late).await.status, 303);
    let hanging = [
        "select count(*) from second_factors where user_id = ?",
        "select count(*) from pending_sign_ins where user_id = ?",
        "select count(*) from kept_forms where user_id = ?",
        "select count(*) from links where user_id = ?",
        "select count(*) from sessions where user_id = ?",
    ];
    for table in hanging {
        assert!(app.number(Sql::new(table).with(id)).await > 0, "{table}");
    }
    let ada_id: Uuid = user(&app, ADA).await[7..].parse().unwrap();
    let before = said_anywhere(&app, ada_id).await;
    assert!(before.contains("Adresiniz başka bir hesap için yazıldı"));
    assert!(before.contains(PLACE) && before.contains("Zülal Ak") && before.contains(DENIZ));

    let ada = app.sign_in(ADA).await;
    audit::seal(&app.db, app.clock.now()).await.unwrap();
    press(&ada, &path, "deactivate").await;
    let form = ada.get(&path).await.form("#erase form");
    assert_eq!(ada.submit(&form.set("confirm", "true")).await.status, 303);

    for table in hanging {
        assert_eq!(app.number(Sql::new(table).with(id)).await, 0, "{table}");
    }
    let after = said_anywhere(&app, ada_id).await;
    let page = ada.get(&path).await;
    let noted = ada.get(&format!("/audit?actor={id}")).await;
    assert!(page.status == 200 && noted.status == 200);
    for personal in ["Zülal", "deniz@", "denizak@", PLACE] {
        for (place, text) in [
            ("database", after.as_str()),
            ("page", page.text()),
            ("audit", noted.text()),
        ] {
            assert!(!text.contains(personal), "{personal} is in the {place}");
        }
    }
    // What an administrator did stays with the administrator's address, and the chain is whole.
    audit::seal(&app.db, app.clock.now()).await.unwrap();
    let report = audit::verify(&app.db, &app.keys, app.clock.now(), None)
        .await
        .unwrap();
    assert_eq!(report.findings, []);
}

async fn stored_version(app: &TestApp, path: &str) -> i64 {
    let id: Uuid = path.trim_start_matches("/users/").parse().unwrap();
    app.number(sql!("select version from users where id = ?", id))
        .await
}

// ---- who may

#[tokio::test]
async fn only_administrators_see_that_there_are_users() {
    let app = TestApp::new().await;
    let cem = user(&app, CEM).await;
    let nobody = app.client();
    assert!(is_sign_in(&nobody.get(&cem).await));
    assert_eq!(app.sign_in(MALLORY).await.get(&cem).await.status, 404);
    for email in [OFIS, ESRA] {
        let client = app.sign_in(email).await;
        assert_eq!(client.get(&cem).await.status, 403);
        let reply = client.post_form("/users", &[("name", "X Y")]).await;
        assert_eq!(reply.status, 403);
        assert!(!client.get("/companies").await.has(".rail a[href='/users']"));
    }
    let ada = app.sign_in(ADA).await;
    assert!(ada.get("/companies").await.has(".rail a[href='/users']"));
}

// ---- the command line

#[tokio::test]
async fn the_command_line_makes_an_administrator_by_a_link_and_never_touches_one_who_signs_in() {
    let app = TestApp::new().await;
    let email = Email::parse(DENIZ).unwrap();
    let made = |outcome| match outcome {
        AdminLink::Made(link) => prosektorweb::features::links::url(&app, &link),
        AdminLink::SignsInAs(role) => panic!("signs in as {role}"),
    };
    let path = |url: String| {
        let base = app.config.base_url.as_str().trim_end_matches('/');
        url.strip_prefix(base).unwrap().to_owned()
    };
    let first = path(made(users::admin_link(&app, &email, None).await.unwrap()));
    let second = path(made(users::admin_link(&app, &email, None).await.unwrap()));
    let person = app.client();
    assert_eq!(
        person.get(&first).await.status,
        404,
        "the newest one counts"
    );
    let fields = [("password", invitations::PASSWORD), ("locale", "tr")];
    assert_eq!(person.post_form(&second, &fields).await.status, 303);
    person.sign_in(DENIZ, invitations::PASSWORD).await;
    assert_eq!(person.get("/users").await.status, 200);
    let again = users::admin_link(&app, &email, None).await.unwrap();
    assert!(matches!(again, AdminLink::SignsInAs(Role::Admin)));
    let ofis = Email::parse(OFIS).unwrap();
    let other = users::admin_link(&app, &ofis, None).await.unwrap();
    assert!(matches!(other, AdminLink::SignsInAs(Role::Office)));
    assert_eq!(person.get("/users").await.status, 200);

    // Somebody who was deactivated comes back by a link alone, not by the old password.
    app.execute(sql!(
        "update users set active = ? where email = ?",
        false,
        CEM
    ))
    .await;
    let cem = Email::parse(CEM).unwrap();
    let third = path(made(users::admin_link(&app, &cem, None).await.unwrap()));
    assert_eq!(
        stored(&app, CEM).await,
        ("admin".to_owned(), None, true, 2, false)
    );
    assert_eq!(app.client().post_form(&third, &fields).await.status, 303);
    app.client().sign_in(CEM, invitations::PASSWORD).await;
    let mut noted = app.noted().await;
    noted.retain(|action| action.starts_with("users."));
    noted.sort();
    assert_eq!(
        noted,
        [
            "users.accept",
            "users.accept",
            "users.create",
            "users.invite",
            "users.invite",
            "users.invite",
            "users.update",
            "users.update"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_prints_the_link_and_says_clearly_when_there_is_none() {
    let app = TestApp::new().await;
    let run = async |arguments: &'static [&'static str]| {
        let data_dir = app.folder.path().to_owned();
        let url = app.database.url.clone();
        tokio::task::spawn_blocking(move || {
            let output = Command::new(env!("CARGO_BIN_EXE_prosektorweb"))
                .args(arguments)
                .env_clear()
                .env("DATABASE_URL", url)
                .env("DATA_DIR", &data_dir)
                .env("BASE_URL", "https://office.example")
                .current_dir(&data_dir)
                .output()
                .unwrap();
            let text = |bytes| String::from_utf8(bytes).unwrap();
            (
                output.status.success(),
                text(output.stdout),
                text(output.stderr),
            )
        })
        .await
        .unwrap()
    };
    let create: &[&str] = &["user", "create", "--admin", DENIZ, "--name", "Deniz Ak"];
    let (ok, printed, told) = run(create).await;
    assert!(ok, "{told}");
    let links: Vec<&str> = printed
        .lines()
        .filter(|it| it.contains("/invite/"))
        .collect();
    assert_eq!(links.len(), 1, "{printed}");
    assert!(links[0].starts_with("https://office.example/invite/"));
    let rows: Vec<(String, String)> = app
        .rows(sql!("select name, role from users where email = ?", DENIZ))
        .await;
    assert_eq!(rows, [("Deniz Ak".to_owned(), "admin".to_owned())]);
    let (ok, printed, told) = run(&["user", "create", "--admin", ADA]).await;
    assert!(!ok && !printed.contains("/invite/"));
    assert!(told.contains("no link was made"), "{told}");
    let (ok, ..) = run(&["user", "create", DENIZ, "--role", "office"]).await;
    assert!(!ok, "without --admin a name is needed");
}
