//! One's own account: name, language, address, password and sessions.

use std::fmt::Write as _;

use chrono::TimeDelta;
use prosektorweb::{features::links::Kind, seed::PASSWORD, sql};

use crate::{
    resets::{mails, path_of, reset_path},
    support::{ADA, CEM, Client, ESRA, MALLORY, OFIS, Reply, TestApp},
};

const COOKIE: &str = "session";
const NEW: &str = "mavi kapı 7 fincan";
const TABS: [&str; 5] = [
    "/account",
    "/account/email",
    "/account/password",
    "/account/second-factor",
    "/account/sessions",
];
/// The ones that this file asks about.
const PAGES: [&str; 4] = [
    "/account",
    "/account/email",
    "/account/password",
    "/account/sessions",
];

async fn may_sign_in(app: &TestApp, email: &str, password: &str) -> bool {
    let fields = [("email", email), ("password", password)];
    app.client().post_form("/login", &fields).await.status == 303
}

fn is_sign_in(reply: &Reply) -> bool {
    reply.status == 303 && reply.location().starts_with("/login")
}

/// Asks for another address and returns where the link in the mail leads.
async fn ask_for(app: &TestApp, client: &Client, owner: &str, new: &str) -> String {
    let fields = [("email", new), ("current_password", PASSWORD)];
    let reply = client.post_form("/account/email", &fields).await;
    assert_eq!((reply.status, reply.location()), (303, "/account/email"));
    path_of(app, Kind::Address, owner).await
}

/// Everything of a user that no form of theirs may change.
async fn unchangeable(
    app: &TestApp,
    email: &str,
) -> (String, String, bool, Option<Vec<u8>>, String) {
    app.rows(sql!(
        "select email, role, active, company_id, password_hash from users where email = ?",
        email
    ))
    .await
    .remove(0)
}

// ---- the pages

#[tokio::test]
async fn everybody_reaches_the_own_account_from_every_page() {
    let app = TestApp::new().await;
    for email in [ADA, OFIS, ESRA, CEM] {
        let client = app.sign_in(email).await;
        for page in PAGES {
            let reply = client.get(page).await;
            assert_eq!(reply.status, 200, "{email} {page}");
            assert_eq!(reply.attrs(".tabs a", "href"), TABS, "{email}");
            assert_eq!(reply.attrs(".tabs a[aria-current]", "href"), [page]);
            assert!(reply.has("header a[href='/account']"), "{email} {page}");
            assert_eq!(reply.count("h1"), 1);
            assert_eq!(reply.count("h2#panel-title"), 1);
        }
    }
    for page in PAGES {
        let reply = app.client().get(page).await;
        assert!(is_sign_in(&reply), "{page}");
        assert_eq!(app.client().htmx_get(page).await.status, 401, "{page}");
    }
}

#[tokio::test]
async fn password_managers_find_their_fields() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let page = ofis.get("/account/password").await;
    assert_eq!(
        page.attrs("#password-form input[autocomplete]", "autocomplete"),
        ["username", "current-password", "new-password"]
    );
    assert_eq!(page.form("#password-form").value("username"), Some(OFIS));
    let page = ofis.get("/account/email").await;
    assert_eq!(
        page.attrs("#email-form input[autocomplete]", "autocomplete"),
        ["email", "current-password"]
    );
}

// ---- the profile

#[tokio::test]
async fn name_language_and_theme_are_changed_at_once_and_noted() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let form = ofis.get("/account").await.form("#profile-form");
    let form = form.set("name", "Öznur Işık").set("locale", "tr");
    let reply = ofis.submit(&form.set("theme", "dark")).await;
    assert_eq!((reply.status, reply.location()), (303, "/account"));
    let page = ofis.follow(&reply).await;
    assert!(page.one("#flash").contains("Profiliniz kaydedildi."));
    assert!(page.text().contains("Öznur Işık"));
    assert_eq!(page.attr("html", "lang").as_deref(), Some("tr"));
    assert_eq!(page.attr("html", "data-theme").as_deref(), Some("dark"));
    assert_eq!(app.noted().await, ["session.login-ok", "users.update"]);
    let noted: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where action = 'users.update'"
        ))
        .await;
    assert!(noted[0].0.contains("Öznur Işık") && noted[0].0.contains("\"theme\""));
}

#[tokio::test]
async fn the_switches_in_the_frame_and_the_profile_agree() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    ofis.post_form("/preferences", &[("theme", "light")]).await;
    ofis.post_form("/preferences", &[("locale", "tr")]).await;
    let form = ofis.get("/account").await.form("#profile-form");
    assert_eq!(
        (form.value("theme"), form.value("locale")),
        (Some("light"), Some("tr"))
    );
    let form = form.set("theme", "auto").set("locale", "en");
    assert_eq!(ofis.submit(&form).await.status, 303);
    let page = ofis.get("/dashboard").await;
    assert_eq!(page.attr("html", "lang").as_deref(), Some("en"));
    assert_eq!(page.attr("html", "data-theme").as_deref(), Some("auto"));
}

#[tokio::test]
async fn what_does_not_fit_the_profile_comes_back_as_it_was_typed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let before = app.database_text().await;
    let form = ofis.get("/account").await.form("#profile-form");
    let long = "a".repeat(201);
    for (field, bad) in [
        ("name", ""),
        ("name", "A"),
        ("name", &long),
        ("name", "Ofis\r\nBcc: eve@evil.test"),
        ("name", "Of\0is"),
        ("locale", "de"),
        ("theme", "pink"),
    ] {
        let reply = ofis.submit(&form.clone().set(field, bad)).await;
        assert_eq!(reply.status, 422, "{field} {bad:?}");
        let selector = format!("#f-{field}[aria-invalid='true']");
        assert!(reply.has(&selector), "{field} {bad:?}");
        assert!(reply.has(&format!("#error-summary a[href='#f-{field}']")));
    }
    let reply = ofis
        .submit(&form.set("name", "<b>{{7*7}}").set("theme", "pink"))
        .await;
    assert_eq!(
        reply.attr("#f-name", "value").as_deref(),
        Some("<b>{{7*7}}")
    );
    assert_eq!(app.database_text().await, before);
}

#[tokio::test]
async fn a_profile_that_was_changed_meanwhile_shows_both() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let form = ofis.get("/account").await.form("#profile-form");
    let first = form.clone().set("name", "Ofis Bir").set("theme", "dark");
    assert_eq!(ofis.submit(&first).await.status, 303);
    let reply = ofis
        .submit(&form.set("name", "Ofis İki").set("theme", "light"))
        .await;
    assert_eq!(reply.status, 409);
    let conflict = reply.one("#conflict");
    assert!(
        conflict.contains("Ofis Bir") && conflict.contains("Ofis İki"),
        "{conflict}"
    );
    assert!(
        conflict.contains("Dark") && conflict.contains("Light"),
        "{conflict}"
    );
    // Sent once more, it is meant.
    let again = reply.form("#profile-form");
    assert_eq!(again.value("name"), Some("Ofis İki"));
    assert_eq!(ofis.submit(&again).await.status, 303);
}

#[tokio::test]
async fn a_profile_that_was_open_does_not_undo_a_switch_in_another_tab() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for (switch, value) in [("theme", "dark"), ("locale", "tr")] {
        let form = ofis.get("/account").await.form("#profile-form");
        ofis.post_form("/preferences", &[(switch, value)]).await;
        assert_eq!(ofis.submit(&form).await.status, 409, "{switch}");
        let form = ofis.get("/account").await.form("#profile-form");
        assert_eq!(form.value(switch), Some(value));
    }
}

#[tokio::test]
async fn without_a_page_to_go_back_to_a_switch_leads_home() {
    let app = TestApp::new().await;
    for (email, home) in [(OFIS, "/dashboard"), (CEM, "/portal")] {
        let client = app.sign_in(email).await;
        for next in ["", "//evil.test"] {
            let fields = [("theme", "dark"), ("next", next)];
            let reply = client.post_form("/preferences", &fields).await;
            assert_eq!((reply.status, reply.location()), (303, home));
            assert_eq!(client.follow(&reply).await.status, 200);
        }
    }
}

#[tokio::test]
async fn no_form_of_an_account_changes_what_is_not_in_it() {
    let app = TestApp::new().await;
    let cem = app.sign_in(CEM).await;
    let before = unchangeable(&app, CEM).await;
    let more = [
        ("id", "00000000-0000-7000-8000-000000000000"),
        ("role", "admin"),
        ("company_id", ""),
        ("active", "false"),
        ("email", "yeni@demo.test"),
        ("password", NEW),
        ("password_hash", "x"),
        ("user_id", "1"),
        ("created_at", "2000-01-01"),
    ];
    let mut form = cem.get("/account").await.form("#profile-form");
    for (name, value) in more {
        form = form.set(name, value);
    }
    assert_eq!(cem.submit(&form).await.status, 303);
    assert_eq!(unchangeable(&app, CEM).await, before);
    let fields = [
        &more[..4],
        &[
            ("current_password", PASSWORD),
            ("password", NEW),
            ("name", "Başka Ad"),
        ],
    ]
    .concat();
    assert_eq!(
        cem.post_form("/account/password", &fields).await.status,
        303
    );
    let after = unchangeable(&app, CEM).await;
    assert_eq!(
        (&after.0, &after.1, after.2, &after.3),
        (&before.0, &before.1, before.2, &before.3)
    );
    assert_ne!(after.4, before.4);
    let names = sql!("select count(*) from users where name = 'Başka Ad'");
    assert_eq!(app.number(names).await, 0);
    // A field that is there twice is refused as a whole.
    let twice = [("name", "Bir İki"), ("name", "Üç Dört")];
    assert_eq!(cem.post_form("/account", &twice).await.status, 400);
}

#[tokio::test]
async fn a_name_is_text_on_the_pages_and_in_the_mails() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let evil = "\"><img src=x onerror=alert(1)>{{7*7}}";
    let form = ofis.get("/account").await.form("#profile-form");
    assert_eq!(ofis.submit(&form.set("name", evil)).await.status, 303);
    ask_for(&app, &ofis, OFIS, "yeni@demo.test").await;
    for page in PAGES {
        let reply = ofis.get(page).await;
        assert!(!reply.has("img") && !reply.text().contains(">49"), "{page}");
    }
    let kept: Vec<(String, String)> = app.rows(sql!("select html, subject from mails")).await;
    for (html, subject) in kept {
        assert!(!html.contains("<img") && html.contains("{{7*7}}"), "{html}");
        assert!(!subject.contains('\n'));
    }
}

// ---- the password

#[tokio::test]
async fn another_password_ends_all_other_sessions_and_gives_this_browser_a_new_token() {
    let app = TestApp::new().await;
    let (ofis, elsewhere) = (app.sign_in(OFIS).await, app.sign_in(OFIS).await);
    let someone = app.sign_in(ADA).await;
    let reset = reset_path(&app, OFIS).await;
    let address = ask_for(&app, &ofis, OFIS, "yeni@demo.test").await;
    let (thief, token) = (ofis.stolen(), ofis.cookie(COOKIE).unwrap());

    let form = ofis.get("/account/password").await.form("#password-form");
    let form = form.set("current_password", PASSWORD).set("password", NEW);
    let reply = ofis.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, "/account/password"));
    assert_ne!(ofis.cookie(COOKIE).unwrap(), token);
    assert!(
        ofis.follow(&reply)
            .await
            .one("#flash")
            .contains("was changed")
    );
    assert!(is_sign_in(&thief.get("/dashboard").await));
    assert!(is_sign_in(&elsewhere.get("/dashboard").await));
    assert_eq!(someone.get("/dashboard").await.status, 200);
    assert!(!may_sign_in(&app, OFIS, PASSWORD).await);
    assert!(may_sign_in(&app, OFIS, NEW).await);
    for link in [reset, address] {
        assert_eq!(app.client().get(&link).await.status, 404, "{link}");
    }
    assert!(app.noted().await.contains(&"account.password".to_owned()));
    let told = mails(&app).await;
    let (to, subject, text) = told.last().unwrap();
    assert_eq!(
        (to.as_str(), subject.as_str()),
        (OFIS, "Your password was changed")
    );
    assert!(text.contains("http://localhost:3000/forgot"), "{text}");
    assert!(!text.contains(NEW));
    let audit: Vec<(String,)> = app.rows(sql!("select changes from audit_entries")).await;
    assert!(!format!("{audit:?}").contains("argon2") && !format!("{audit:?}").contains(NEW));
}

async fn users(app: &TestApp) -> Vec<(String, Option<String>, i64)> {
    app.rows(sql!(
        "select email, password_hash, version from users order by email"
    ))
    .await
}

#[tokio::test]
async fn without_the_current_password_nothing_changes() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let before = users(&app).await;
    let cases: [(&str, &[(&str, &str)]); 4] = [
        (
            "/account/password",
            &[("current_password", "Yanlış-parola-77"), ("password", NEW)],
        ),
        (
            "/account/password",
            &[("current_password", ""), ("password", NEW)],
        ),
        (
            "/account/email",
            &[
                ("current_password", "Yanlış-parola-77"),
                ("email", "yeni@demo.test"),
            ],
        ),
        ("/account/email", &[("email", "yeni@demo.test")]),
    ];
    for (path, fields) in cases {
        let reply = ofis.post_form(path, fields).await;
        assert_eq!(reply.status, 422, "{path}");
        assert!(
            reply.has("#f-current_password[aria-invalid='true']"),
            "{path}"
        );
        assert!(reply.has("#error-summary a[href='#f-current_password']"));
        assert!(!reply.text().contains("Yanlış-parola-77"), "{path}");
        assert!(!reply.text().contains(NEW), "{path}");
        let email = reply.attr("#f-email", "value");
        assert!(path != "/account/email" || email.as_deref() == Some("yeni@demo.test"));
    }
    assert_eq!(users(&app).await, before);
    // Guessing is noted here as at the sign-in.
    let noted = app.noted().await;
    assert_eq!(noted[0], "session.login-ok");
    assert!(
        noted[1..]
            .iter()
            .all(|action| action == "session.login-failed")
    );
    assert_eq!(noted.len(), 5);
    assert_eq!(mails(&app).await.len(), 0);
    assert_eq!(app.number(sql!("select count(*) from links")).await, 0);
}

#[tokio::test]
async fn a_password_that_may_not_be_chosen_is_refused_before_anything_is_hashed() {
    let app = TestApp::new().await;
    let cem = app.sign_in(CEM).await;
    let before = app.database_text().await;
    let long = "ş".repeat(10_000);
    for bad in [
        "",
        "1234567",
        "password123",
        "Cem Aydın",
        "CEM@demo.test",
        "prosektorweb",
        &long,
    ] {
        // The current one is wrong as well, and nobody looks.
        let fields = [("current_password", "wrong"), ("password", bad)];
        let reply = cem.post_form("/account/password", &fields).await;
        assert_eq!(reply.status, 422, "{bad:.20}");
        assert!(reply.has("#f-password[aria-invalid='true']"), "{bad:.20}");
        assert!(
            !reply.has("#f-current_password[aria-invalid='true']"),
            "{bad:.20}"
        );
        assert!(!reply.text().contains("şşşş"));
    }
    assert_eq!(app.database_text().await, before);
    for good in ["🦔🌋🥁🧭🪁🧲🛶🪐", " kırlangıç uçar "] {
        let client = app.client();
        let current = if good.starts_with(' ') {
            "🦔🌋🥁🧭🪁🧲🛶🪐"
        } else {
            PASSWORD
        };
        client.sign_in(CEM, current).await;
        let fields = [("current_password", current), ("password", good)];
        assert_eq!(
            client.post_form("/account/password", &fields).await.status,
            303,
            "{good}"
        );
        assert!(may_sign_in(&app, CEM, good).await, "{good}");
        assert!(!may_sign_in(&app, CEM, good.trim()).await || good.trim() == good);
    }
}

#[tokio::test]
async fn a_current_password_of_ten_thousand_characters_is_just_wrong() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let long = "ş".repeat(10_000);
    let fields = [("current_password", long.as_str()), ("password", NEW)];
    let reply = ofis.post_form("/account/password", &fields).await;
    assert_eq!(reply.status, 422);
    assert!(reply.has("#f-current_password[aria-invalid='true']"));
}

// ---- the address

#[tokio::test]
async fn an_address_changes_when_the_link_in_its_mail_is_followed_and_confirmed() {
    let app = TestApp::new().await;
    let (ofis, elsewhere) = (app.sign_in(OFIS).await, app.sign_in(OFIS).await);
    let reset = reset_path(&app, OFIS).await;
    let path = ask_for(&app, &ofis, OFIS, " Yeni@Demo.Test ").await;
    let told = mails(&app).await;
    assert_eq!(told.len(), 3, "the reset, the link, and the notice");
    let link = told.iter().find(|mail| mail.0 == "yeni@demo.test").unwrap();
    assert!(link.2.contains("/account/address/"), "{}", link.2);
    let notice =
        |mail: &&(String, String, String)| mail.0 == OFIS && mail.2.contains("yeni@demo.test");
    let notice = told.iter().find(notice).unwrap();
    assert!(!notice.2.contains("/account/address/"), "{}", notice.2);

    // Neither asking nor looking changes anything; the page said that the mail is on its way.
    ofis.get("/account/email").await;
    let before = app.database_text().await;
    let page = ofis.get(&path).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.all("referrer-policy"), ["no-referrer"]);
    assert!(page.text().contains(OFIS) && page.text().contains("yeni@demo.test"));
    assert_eq!(app.database_text().await, before);
    assert!(may_sign_in(&app, OFIS, PASSWORD).await);
    assert!(!may_sign_in(&app, "yeni@demo.test", PASSWORD).await);

    // On the phone, where the mail is read: signed in on the way, and back to the link.
    let phone = app.client();
    let asked = phone.get(&path).await;
    assert!(is_sign_in(&asked), "{}", asked.location());
    let form = phone.follow(&asked).await.form("#session-form");
    let form = form.set("email", OFIS).set("password", PASSWORD);
    let reply = phone.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, path.as_str()));
    let page = phone.follow(&reply).await;
    let reply = phone.submit(&page.form("main form")).await;
    assert_eq!((reply.status, reply.location()), (303, "/account/email"));
    assert!(phone.follow(&reply).await.text().contains("yeni@demo.test"));
    assert!(may_sign_in(&app, "yeni@demo.test", PASSWORD).await);
    assert!(!may_sign_in(&app, OFIS, PASSWORD).await);
    for client in [&ofis, &elsewhere] {
        assert!(is_sign_in(&client.get("/dashboard").await));
    }
    for link in [&path, &reset] {
        assert_eq!(app.client().get(link).await.status, 404);
        assert_eq!(
            app.client()
                .post_form(link, &[("password", NEW)])
                .await
                .status,
            404
        );
    }
    let told = mails(&app).await;
    assert_eq!(told.len(), 4);
    assert_eq!(told[3].0, OFIS, "the old address is told");
    let noted: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where action = 'account.email'"
        ))
        .await;
    assert!(noted[0].0.contains(OFIS) && noted[0].0.contains("yeni@demo.test"));
}

#[tokio::test]
async fn whoever_reads_a_mistyped_address_gets_neither_the_account_nor_its_address() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let path = ask_for(&app, &ofis, OFIS, "yanlis@demo.test").await;
    let before = users(&app).await;
    let (nobody, ada) = (app.client(), app.sign_in(ADA).await);
    let page = nobody.get(&path).await;
    assert!(is_sign_in(&page), "{}", page.location());
    let reply = nobody.post_form(&path, &[]).await;
    assert_eq!((reply.status, reply.location()), (303, path.as_str()));
    for reply in [ada.get(&path).await, ada.post_form(&path, &[]).await] {
        assert_eq!(reply.status, 403);
        assert!(!reply.text().contains(OFIS) && !reply.text().contains("yanlis@"));
        assert!(!reply.has("main form"));
    }
    let page = ada.get("/dashboard").await;
    assert!(
        !page.text().contains("address"),
        "no flash for somebody else"
    );
    assert_eq!(users(&app).await, before);
    assert_eq!(ofis.get(&path).await.status, 200, "the link is not spent");
}

#[tokio::test]
async fn the_browser_that_confirms_stays_signed_in_and_others_do_not() {
    let app = TestApp::new().await;
    let (ofis, elsewhere) = (app.sign_in(OFIS).await, app.sign_in(OFIS).await);
    let path = ask_for(&app, &ofis, OFIS, "yeni@demo.test").await;
    let reply = ofis.post_form(&path, &[]).await;
    assert_eq!((reply.status, reply.location()), (303, "/account/email"));
    assert!(ofis.follow(&reply).await.text().contains("yeni@demo.test"));
    assert!(is_sign_in(&elsewhere.get("/dashboard").await));
}

#[tokio::test]
async fn whose_an_address_is_already_is_not_told() {
    let app = TestApp::new().await;
    app.execute(sql!(
        "update users set active = ? where email = ?",
        false,
        ESRA
    ))
    .await;
    let before = unchangeable(&app, ADA).await;
    let mut answers = Vec::new();
    for new in ["yeni@demo.test", ADA, ESRA] {
        let ofis = app.sign_in(OFIS).await;
        let fields = [("email", new), ("current_password", PASSWORD)];
        let reply = ofis.post_form("/account/email", &fields).await;
        let page = ofis
            .call("GET", reply.location())
            .header("x-request-id", "same")
            .send()
            .await;
        answers.push((
            reply.status,
            reply.location().to_owned(),
            page.text().replace(new, "NEW"),
        ));
    }
    for answer in &answers {
        assert_eq!(*answer, answers[0]);
    }
    let told = mails(&app).await;
    assert_eq!(told.len(), 6);
    assert_eq!(told.iter().filter(|mail| mail.0 == OFIS).count(), 3);
    for holder in [ADA, ESRA] {
        let taken = told.iter().find(|mail| mail.0 == holder).unwrap();
        assert!(
            !taken.2.contains("/account/address/") && !taken.2.contains(OFIS),
            "{}",
            taken.2
        );
    }
    assert_eq!(unchangeable(&app, ADA).await, before);
}

#[tokio::test]
async fn an_address_that_is_taken_meanwhile_stays_with_whoever_took_it() {
    let app = TestApp::new().await;
    let (ofis, ada) = (app.sign_in(OFIS).await, app.sign_in(ADA).await);
    let path = ask_for(&app, &ofis, OFIS, "yeni@demo.test").await;
    let other = ask_for(&app, &ada, ADA, "yeni@demo.test").await;
    let (a, b) = tokio::join!(ofis.post_form(&path, &[]), ada.post_form(&other, &[]));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
    let have = sql!("select count(*) from users where email = 'yeni@demo.test'");
    assert_eq!(app.number(have).await, 1);
}

#[tokio::test]
async fn a_link_to_an_address_works_for_an_hour_and_a_newer_one_replaces_it() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let older = ask_for(&app, &ofis, OFIS, "bir@demo.test").await;
    app.clock.shift(TimeDelta::seconds(1));
    let newer = ask_for(&app, &ofis, OFIS, "iki@demo.test").await;
    assert_eq!(app.client().get(&older).await.status, 404);
    app.clock.shift(TimeDelta::minutes(59));
    let ofis = app.sign_in(OFIS).await;
    assert_eq!(ofis.get(&newer).await.status, 200);
    app.clock.shift(TimeDelta::minutes(2));
    for reply in [
        app.client().get(&newer).await,
        app.client().post_form(&newer, &[]).await,
    ] {
        assert_eq!(reply.status, 404);
        assert!(reply.has("main a[href='/account/email']"));
    }
}

#[tokio::test]
async fn nobody_can_have_any_number_of_mails_sent_to_addresses() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let fields = [("email", "yeni@demo.test"), ("current_password", PASSWORD)];
    for _ in 0..5 {
        assert_eq!(ofis.post_form("/account/email", &fields).await.status, 303);
    }
    let reply = ofis.post_form("/account/email", &fields).await;
    assert_eq!(reply.status, 422);
    assert!(reply.has("#f-email[aria-invalid='true']"));
    assert_eq!(mails(&app).await.len(), 10);
}

#[tokio::test]
async fn what_is_no_address_is_refused_and_no_mail_is_written() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let long = format!("{}@demo.test", "a".repeat(10_000));
    for bad in [
        "",
        OFIS,
        " OFIS@demo.test",
        "yeni",
        "yeni@demo.test\r\nBcc: x@evil.test",
        "yeni@demo.test,eve@evil.test",
        "\"a\r\n\"@b",
        "yenı@demo.test",
        &long,
    ] {
        let fields = [("email", bad), ("current_password", PASSWORD)];
        let reply = ofis.post_form("/account/email", &fields).await;
        assert_eq!(reply.status, 422, "{bad:.40}");
        assert!(reply.has("#f-email[aria-invalid='true']"), "{bad:.40}");
    }
    assert_eq!(mails(&app).await.len(), 0);
}

// ---- sessions

async fn sign_in_as(app: &TestApp, email: &str, user_agent: &str) -> Client {
    let client = app.client();
    let reply = client
        .call("POST", "/login")
        .header("user-agent", user_agent)
        .form(&[("email", email), ("password", PASSWORD)])
        .send()
        .await;
    assert_eq!(reply.status, 303);
    client
}

const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
const PHONE: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36";

#[tokio::test]
async fn people_see_where_they_are_signed_in_and_end_what_they_do_not_know() {
    let app = TestApp::new().await;
    let phone = sign_in_as(&app, OFIS, PHONE).await;
    app.clock.shift(TimeDelta::minutes(5));
    let ofis = sign_in_as(&app, OFIS, FIREFOX).await;
    app.sign_in(ADA).await;
    let page = ofis.get("/account/sessions").await;
    let devices = page.texts("#sessions tbody th");
    assert_eq!(
        devices,
        ["Firefox · Windows this browser", "Chrome · Android"]
    );
    assert_eq!(
        page.count("#sessions form"),
        1,
        "this one is ended by signing out"
    );
    for token in [&ofis, &phone].map(|client| client.cookie(COOKIE).unwrap()) {
        assert!(!page.text().contains(&token));
    }
    let form = page.form("#sessions form");
    assert_eq!(form.action, "/account/sessions/end");
    let reply = ofis.submit(&form).await;
    assert_eq!((reply.status, reply.location()), (303, "/account/sessions"));
    assert_eq!(ofis.follow(&reply).await.count("#sessions tbody tr"), 1);
    assert!(is_sign_in(&phone.get("/dashboard").await));
    assert!(
        app.noted()
            .await
            .contains(&"account.sessions-end".to_owned())
    );
    // It is gone by now.
    assert_eq!(ofis.submit(&form).await.status, 404);
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let app = TestApp::new().await;
    let (cem, mallory) = (app.sign_in(CEM).await, app.sign_in(MALLORY).await);
    let other = app.sign_in(CEM).await;
    let form = other.get("/account/sessions").await.form("#sessions form");
    let name = form.value("session").unwrap();
    let hashes: Vec<(Vec<u8>,)> = app.rows(sql!("select token_hash from sessions")).await;
    let mut hex = String::new();
    for byte in &hashes[0].0 {
        write!(hex, "{byte:02x}").unwrap();
    }
    let token = cem.cookie(COOKIE).unwrap();
    for session in [
        name,
        &hex,
        &token,
        "",
        "00000000-0000-0000-0000-000000000000",
    ] {
        let reply = mallory
            .post_form("/account/sessions/end", &[("session", session)])
            .await;
        assert_eq!(reply.status, 404, "{session}");
    }
    mallory
        .post_form("/account/sessions/end-all", &[("scope", "all")])
        .await;
    let left = sql!("select count(*) from sessions");
    assert_eq!(app.number(left).await, 2);
}

#[tokio::test]
async fn one_can_sign_out_everywhere_else_or_everywhere() {
    let app = TestApp::new().await;
    let (ofis, phone, ada) = (
        app.sign_in(OFIS).await,
        app.sign_in(OFIS).await,
        app.sign_in(ADA).await,
    );
    let others = [("scope", "others")];
    let reply = ofis.post_form("/account/sessions/end-all", &others).await;
    assert_eq!((reply.status, reply.location()), (303, "/account/sessions"));
    assert_eq!(ofis.follow(&reply).await.status, 200);
    assert!(is_sign_in(&phone.get("/dashboard").await));

    let phone = app.sign_in(OFIS).await;
    let thief = ofis.stolen();
    let all = [("scope", "all")];
    let reply = ofis.post_form("/account/sessions/end-all", &all).await;
    assert_eq!(
        (reply.status, reply.location()),
        (303, "/login?done=everywhere")
    );
    assert_eq!(
        reply.header("clear-site-data"),
        Some("\"cache\", \"storage\"")
    );
    assert_eq!(ofis.cookie(COOKIE), None);
    assert!(ofis.follow(&reply).await.has(".notice.good"));
    for client in [&phone, &thief] {
        assert!(is_sign_in(&client.get("/dashboard").await));
    }
    assert_eq!(ada.get("/dashboard").await.status, 200);
    let odd = [("scope", "everybody")];
    assert_eq!(
        ada.post_form("/account/sessions/end-all", &odd)
            .await
            .status,
        422
    );
    assert_eq!(ada.get("/dashboard").await.status, 200);
}

#[tokio::test]
async fn a_session_that_has_expired_is_not_listed() {
    let app = TestApp::new().await;
    app.sign_in(OFIS).await;
    app.clock.shift(TimeDelta::minutes(31));
    let page = app.sign_in(OFIS).await.get("/account/sessions").await;
    assert_eq!(page.count("#sessions tbody tr"), 1);
}

// ---- the sign-in page

#[tokio::test]
async fn the_sign_in_page_says_only_what_it_knows() {
    let app = TestApp::new().await;
    for done in ["", "evil", "reset%22", "//evil.test", "%3Cb%3E", "RESET"] {
        let page = app.client().get(&format!("/login?done={done}")).await;
        assert_eq!(page.status, 200);
        assert!(!page.has(".notice"), "{done}");
    }
    let page = app
        .client()
        .get("/login?done=everywhere&next=//evil.test")
        .await;
    assert!(page.has(".notice.good"));
    assert_eq!(page.form("#session-form").value("next"), None);
}

#[tokio::test]
async fn a_form_that_comes_back_can_be_read_in_the_other_language() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let reset = reset_path(&app, ADA).await;
    for path in [
        "/account",
        "/account/email",
        "/account/password",
        "/forgot",
        &reset,
    ] {
        let page = ofis.post_form(path, &[("version", "1")]).await;
        assert_eq!(page.status, 422, "{path}");
        let form = page.form("form[action='/preferences']");
        assert_eq!(form.value("next"), Some(path));
        let reply = ofis.submit(&form.set("locale", "tr")).await;
        assert_eq!((reply.status, reply.location()), (303, path));
    }
}
