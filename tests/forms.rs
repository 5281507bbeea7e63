//! Every form there is, by the route table and as its page has it: what somebody adds to it, doubles or slips into it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use poem::http::Method;
use prosektorweb::{features::links::Kind, routes, seed::PASSWORD, sql};
use regex::Regex;
use uuid::Uuid;

use crate::{
    imports, invitations, resets, second_factor,
    support::{
        ADA, Client, Form, MALLORY, OFIS, Reply, TestApp,
        database::{Dump, difference, server_url},
        records::Records,
    },
};

const NEW_PASSWORD: &str = "mavi kapı 7 fincan";

/// A form that would be taken as it is, and whose browser it is in.
struct Ready {
    client: Client,
    form: Form,
    /// All that it may send, with what is not ticked.
    names: BTreeSet<String>,
}

/// The URL of every form, as the route table has it.
fn forms() -> Vec<String> {
    let lines = routes::table().lines().into_iter();
    // A form with a file has a format of its own: see imports.rs and images.rs. And what the editor asks for meanwhile
    // takes the fields of its form.
    let elsewhere = |path: &str| {
        ["/posts/import", "/images"].contains(&path)
            || path.ends_with("/autosave")
            || path.ends_with("/preview")
            || path == "/posts/language"
    };
    let posts = lines.filter(|line| line.method == Method::POST && !elsewhere(&line.path));
    let found: Vec<String> = posts.map(|line| line.path).collect();
    assert!(found.len() > 50, "{found:?}");
    found
}

/// One in three, so that three tests share the work.
fn third(part: usize) -> Vec<String> {
    let all = forms().into_iter().enumerate();
    all.filter(|(at, _)| at % 3 == part)
        .map(|(_, path)| path)
        .collect()
}

async fn ready(app: &TestApp, path: &str) -> Ready {
    let (client, url, page, code) = place(app, path).await;
    let selector = [
        format!("form[method=post][action='{url}']"),
        format!("form[method=post][action^='{url}?']"),
    ]
    .into_iter()
    .find(|selector| page.has(selector))
    .unwrap_or_else(|| panic!("no form for {path}: {}", page.status));
    let mut form = page.form(&selector);
    let mut names: BTreeSet<String> = page
        .attrs(&format!("{selector} [name]"), "name")
        .into_iter()
        .collect();
    names.extend(form.fields.iter().map(|(name, _)| name.clone()));
    let is_new = ["/account/password", "/reset/", "/invite/"]
        .iter()
        .any(|place| path.starts_with(place));
    for name in names.clone() {
        let value = match name.as_str() {
            "name" => "Yeni Kayıt Adı",
            "title" => "Yeni Başlık",
            "body" => "Yeni bir metin.",
            "email" if path == "/login" || path == "/forgot" => OFIS,
            "email" => "yeni@demo.test",
            "password" if is_new => NEW_PASSWORD,
            "password" | "current_password" | "codes_password" => PASSWORD,
            "code" => code.as_str(),
            "role" => "office",
            "price" => "1250",
            "starts_on" | "due_on" => "2026-11-25",
            "source" => "referral",
            "published_at" => "2030-01-01T10:00",
            "what" => "unpublish",
            "consent" => "true",
            "confirm" if path.ends_with("/erase") => "true",
            _ => continue,
        };
        if form.value(&name).is_none_or(str::is_empty) {
            form = form.set(&name, value);
        }
    }
    Ready {
        client,
        form,
        names,
    }
}

/// Whose form it is, its URL with records in it, the page that has it, and a second factor's code if it asks for one.
async fn place(app: &TestApp, path: &str) -> (Client, String, Reply, String) {
    let none = String::new();
    match path {
        "/login" | "/forgot" => {
            let client = app.client();
            let page = client.get(path).await;
            (client, path.into(), page, none)
        }
        "/account/address/:token" => {
            let ofis = app.sign_in(OFIS).await;
            let fields = [("email", "yeni@demo.test"), ("current_password", PASSWORD)];
            ofis.post_form("/account/email", &fields).await;
            let url = resets::path_of(app, Kind::Address, OFIS).await;
            let page = ofis.get(&url).await;
            (ofis, url, page, none)
        }
        "/reset/:token" => {
            let client = app.client();
            client.post_form("/forgot", &[("email", OFIS)]).await;
            app.run_jobs().await;
            let url = resets::path_of(app, Kind::Reset, OFIS).await;
            let page = client.get(&url).await;
            (client, url, page, none)
        }
        "/invite/:token" => {
            let (_, url) = invitations::deniz(app).await;
            let client = app.client();
            let page = client.get(&url).await;
            (client, url, page, none)
        }
        "/login/code" => {
            let owner = second_factor::set_up(app, app.sign_in(OFIS).await).await;
            let client = second_factor::at_code_page(app, OFIS).await;
            let page = client.get(path).await;
            (client, path.into(), page, owner.code(app))
        }
        "/account/second-factor/confirm" => {
            let ofis = app.sign_in(OFIS).await;
            second_factor::to_next_step(app);
            let page = second_factor::begin(&ofis).await;
            let totp = second_factor::totp_of(&page.one("code.secret"));
            let code = second_factor::code_at(&totp, app.clock.now());
            (ofis, path.into(), page, code)
        }
        "/account/second-factor/recovery" | "/account/second-factor/remove" => {
            let owner = second_factor::set_up(app, app.sign_in(OFIS).await).await;
            let code = owner.code(app);
            let page = owner.client.get("/account/second-factor").await;
            (owner.client, path.into(), page, code)
        }
        _ => {
            let (ada, url, page) = adas_place(app, path).await;
            (ada, url, page, none)
        }
    }
}

/// The same of a form that is about a record, or an administrator's own.
async fn adas_place(app: &TestApp, path: &str) -> (Client, String, Reply) {
    let ada = app.sign_in(ADA).await;
    let records = Records::of(app, app.company("Acme").await).await;
    let mut url = records.fill(path);
    let page = match path {
        "/account/sessions/end" => {
            app.sign_in(ADA).await;
            ada.get("/account/sessions").await
        }
        "/companies/{id}/view" => ada.get(&records.fill("/companies/{id}")).await,
        "/view/end" => {
            ada.post_form(&records.fill("/companies/{id}/view"), &[])
                .await;
            ada.get("/portal").await
        }
        "/audit/{id}/restore" => {
            let edit = ada.get(&records.fill("/companies/{id}/edit")).await;
            let form = edit.form("#company-form form").set("tax_office", "Eski");
            let edited = ada.submit(&form.set("confirm", "true")).await;
            assert_eq!(edited.status, 303, "{}", edited.text());
            let newest: Vec<(Uuid,)> = app
                .rows(sql!("select id from audit_entries where record_id = ? order by at desc, id desc limit 1", records.company))
                .await;
            url = path.replace("{id}", &newest[0].0.to_string());
            ada.get(url.trim_end_matches("/restore")).await
        }
        "/jobs/schedules" => {
            let now = app.clock.now();
            app.execute(sql!(
                "insert into job_schedules (kind, cron, next_at, created_at) values ('links.sweep', '50 3 * * *', ?, ?)",
                now + chrono::TimeDelta::hours(1),
                now,
            ))
            .await;
            ada.get("/jobs").await
        }
        _ if path.starts_with("/jobs/") => {
            let job = job(
                app,
                if path.ends_with("/run") {
                    "delayed"
                } else {
                    "dead"
                },
            )
            .await;
            url = path.replace("{id}", &job.to_string());
            let (record, _) = url.rsplit_once('/').unwrap();
            ada.get(record).await
        }
        "/users/{id}/invite" => {
            let (user, _) = invitations::deniz(app).await;
            url = format!("{user}/invite");
            ada.get(&user).await
        }
        "/users/{id}/reactivate" | "/users/{id}/erase" => {
            let user = records.fill("/users/{id}");
            let button = format!("form[action='{user}/deactivate']");
            let form = ada.get(&user).await.form(&button);
            ada.submit(&form).await;
            ada.get(&user).await
        }
        "/users/{id}/sessions/end" => {
            app.sign_in(MALLORY).await;
            ada.get(&records.fill("/users/{id}")).await
        }
        "/users/{id}/second-factor/remove" => {
            second_factor::set_up(app, app.sign_in(MALLORY).await).await;
            ada.get(&records.fill("/users/{id}")).await
        }
        "/services/{id}/resume" => {
            let service = records.fill("/services/{id}");
            let form = ada
                .get(&service)
                .await
                .form(&format!("form[action='{service}/cancel']"));
            ada.submit(&form).await;
            ada.get(&service).await
        }
        "/images/{id}/encode" => {
            app.execute(sql!("update images set state = 'refused'"))
                .await;
            ada.get(url.trim_end_matches("/encode")).await
        }
        _ if path.starts_with("/posts/") && !path.ends_with("}/restore") => {
            posts_place(&ada, path, &url).await
        }
        "/site-pages/:page/restore" => first_text(&ada, &records.fill("/site-pages/:page")).await,
        // The message after the trash offers it.
        _ if path.ends_with("/restore") => {
            let trash = url.replace("/restore", "/trash");
            let form = find(&ada, &trash)
                .await
                .form(&format!("form[action='{trash}']"));
            let trashed = ada.submit(&form).await;
            ada.follow(&trashed).await
        }
        _ => find(&ada, &url).await,
    };
    (ada, url, page)
}

/// What `page` said before somebody saved it.
async fn first_text(ada: &Client, page: &str) -> Reply {
    let form = ada
        .get(page)
        .await
        .form("#editor")
        .set("title", "Yeni başlık");
    ada.submit(&form).await;
    ada.get(&format!("{page}/revisions/0")).await
}

/// The page of a form about posts, where it stands on another one or something has to be there first.
async fn posts_place(ada: &Client, path: &str, url: &str) -> Reply {
    match path {
        "/posts/export" => ada.get("/posts/import").await,
        "/posts/import/run" | "/posts/import/forget" => {
            let items = r#"[{"lang": "tr", "title": "Gelen", "markdown": "Merhaba."}]"#;
            imports::send(ada, "gelen.json", items).await;
            ada.get("/posts/import").await
        }
        "/posts/discard" => {
            let key = Uuid::now_v7().to_string();
            let typed = [("form_key", key.as_str()), ("title", "Yarım")];
            ada.post_form("/posts/autosave", &typed).await;
            ada.get("/posts/new").await
        }
        "/posts/{id}/discard" => {
            let post = url.trim_end_matches("/discard");
            let key = Uuid::now_v7().to_string();
            let typed = [
                ("form_key", key.as_str()),
                ("version", "1"),
                ("title", "Yarım"),
            ];
            ada.post_form(&format!("{post}/autosave"), &typed).await;
            ada.get(&format!("{post}/edit")).await
        }
        "/posts/{id}/publish" | "/posts/{id}/schedule" => {
            let (post, _) = url.rsplit_once('/').unwrap();
            let button = format!("form[action='{post}/unpublish']");
            let form = ada.get(post).await.form(&button);
            ada.submit(&form).await;
            ada.get(post).await
        }
        "/posts/{id}/preview-link/void" => {
            let page = url.trim_end_matches("/void");
            ada.post_form(page, &[]).await;
            ada.get(page).await
        }
        "/posts/categories/{id}/merge" | "/posts/tags/{id}/merge" => {
            let other = ada.get(url).await.attr("#f-into option", "value");
            ada.get(&format!("{url}?into={}", other.unwrap())).await
        }
        _ => find(ada, url).await,
    }
}

/// The page at or about the URL that has its form.
async fn find(client: &Client, url: &str) -> Reply {
    let parent = url.rsplit_once('/').map_or("", |(parent, _)| parent);
    let place = parent.rsplit_once('/').map_or("", |(place, _)| place);
    for page in [
        url.to_owned(),
        format!("{url}/edit"),
        format!("{url}/new"),
        parent.to_owned(),
        place.to_owned(),
        "/dashboard".into(),
    ] {
        if page.is_empty() {
            continue;
        }
        let reply = client.get(&page).await;
        let has = reply.status == 200
            && (reply.has(&format!("form[method=post][action='{url}']"))
                || reply.has(&format!("form[method=post][action^='{url}?']")));
        if has {
            return reply;
        }
    }
    panic!("no page has the form for {url}");
}

async fn job(app: &TestApp, state: &str) -> Uuid {
    let (id, now) = (Uuid::now_v7(), app.clock.now());
    app.execute(sql!(
        "insert into jobs (id, kind, payload, priority, state, attempts, at, error, created_at)
         values (?, 'sessions.sweep', '{}', 5, ?, 1, ?, 'it failed', ?)",
        id,
        state,
        now + chrono::TimeDelta::hours(1),
        now,
    ))
    .await;
    id
}

/// What is read of a form is the same whatever database is behind it: two hundred of them on a server would show no
/// more than the run on SQLite alone, which always comes first.
fn is_said_once() -> bool {
    server_url().is_some()
}

async fn send(client: &Client, form: &Form, extra: &[(String, String)]) -> Reply {
    let mut form = form.clone();
    form.fields.extend(extra.iter().cloned());
    client.submit(&form).await
}

// ---- mass assignment

/// Columns, states and roles that somebody might like to set besides.
fn wishes(globex: Uuid, ada: Uuid) -> Vec<(&'static str, String)> {
    let canary = "2001-02-03T04:05:06.000000Z";
    vec![
        ("id", "01890000-0000-7000-8000-00000000dead".into()),
        ("created_at", canary.into()),
        ("updated_at", canary.into()),
        ("deleted_at", canary.into()),
        ("at", canary.into()),
        ("last_seen_at", canary.into()),
        ("expires_at", canary.into()),
        ("renews_on", "2001-02-03".into()),
        ("role", "admin".into()),
        ("permission", "all".into()),
        ("company_id", globex.to_string()),
        ("company", "Globex".into()),
        ("user_id", ada.to_string()),
        ("author_id", ada.to_string()),
        ("status", "churned".into()),
        ("state", "sent".into()),
        ("active", "false".into()),
        ("is_active", "0".into()),
        ("is_published", "1".into()),
        ("published", "true".into()),
        ("price", "1".into()),
        ("price_minor", "1".into()),
        ("currency", "USD".into()),
        ("password_hash", "canary".into()),
        ("email", "canary@evil.test".into()),
        ("name", "Canary".into()),
        ("name_folded", "canary".into()),
        ("locale", "tr".into()),
        ("theme", "dark".into()),
        ("second_factor", "true".into()),
        ("tries", "0".into()),
        ("version", "1".into()),
        ("live", "1".into()),
        ("is_primary", "true".into()),
        ("pinned", "true".into()),
        ("done", "true".into()),
        ("done_at", canary.into()),
        ("done_by", ada.to_string()),
        ("kind", "call".into()),
        ("to_address", "canary@evil.test".into()),
        ("payload", "{\"canary\":1}".into()),
        ("attempts", "0".into()),
        ("expert", "true".into()),
    ]
}

/// What is kept, without what differs between two runs of the same: ids and bytes that are new, times of this run.
struct Eyes {
    known: BTreeSet<String>,
    id: Regex,
    bytes: Regex,
    time: Regex,
    hash: Regex,
}

impl Eyes {
    /// That know everything which was there before.
    fn new(before: &Dump) -> Self {
        let id = Regex::new("(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
        let bytes = Regex::new("X'([0-9A-F]+)'").unwrap();
        let mut known = BTreeSet::new();
        for value in before.values().flatten().flat_map(BTreeMap::values) {
            known.extend(
                bytes
                    .find_iter(value)
                    .map(|found| found.as_str().to_owned()),
            );
            known.extend(id.find_iter(value).map(|found| found.as_str().to_owned()));
        }
        Self {
            known,
            id,
            bytes,
            time: Regex::new(r"2026-1[12]-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?").unwrap(),
            hash: Regex::new(r"\$argon2id[^']*").unwrap(),
        }
    }

    fn see(&self, dump: &Dump) -> BTreeMap<String, Vec<String>> {
        let table = |(name, rows): (&String, &Vec<BTreeMap<String, String>>)| {
            let mut rows: Vec<String> = rows.iter().map(|row| self.row(row)).collect();
            rows.sort();
            (name.clone(), rows)
        };
        dump.iter().map(table).collect()
    }

    fn row(&self, row: &BTreeMap<String, String>) -> String {
        let column = |(name, value): (&String, &String)| {
            let value = self.bytes.replace_all(value, |found: &regex::Captures| {
                let is_known = self.known.contains(&found[0]) || found[0].ends_with("DEAD'");
                let length = found[1].len() / 2;
                if is_known {
                    found[0].to_owned()
                } else {
                    format!("{length} bytes")
                }
            });
            let value = self.id.replace_all(&value, |found: &regex::Captures| {
                let is_known = self.known.contains(&found[0]) || found[0].ends_with("dead");
                if is_known {
                    found[0].to_owned()
                } else {
                    "id".into()
                }
            });
            let value = self.time.replace_all(&value, "time");
            let value = self.hash.replace_all(&value, "hash");
            // What is sealed has another nonce each time.
            let is_sealed = value.len() > 40 && value.contains("\"sealed\"");
            let value = if is_sealed { "sealed".into() } else { value };
            format!("{name}={value}")
        };
        row.iter().map(column).collect::<Vec<_>>().join(" ")
    }
}

fn differences(
    one: &BTreeMap<String, Vec<String>>,
    other: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (table, rows) in one {
        let others = &other[table];
        let lost = rows.iter().filter(|row| !others.contains(row));
        found.extend(lost.map(|row| format!("- {table}: {row}")));
        let more = others.iter().filter(|row| !rows.contains(row));
        found.extend(more.map(|row| format!("+ {table}: {row}")));
        if rows.len() != others.len() {
            found.push(format!("{table}: {} and {} rows", rows.len(), others.len()));
        }
    }
    found
}

async fn id_of(app: &TestApp, email: &str) -> Uuid {
    let select = sql!("select id from users where email = ?", email);
    app.rows::<(Uuid,)>(select).await[0].0
}

/// What is kept after the form was sent as it is, and after the same with fields that it does not have.
async fn takes_no_more_than_its_fields(path: &str) {
    let (plain, wished) = (TestApp::new().await, TestApp::new().await);
    let eyes = Eyes::new(&plain.database.dump().await);
    let mut kept = Vec::new();
    for (app, adds) in [(&plain, false), (&wished, true)] {
        let ready = ready(app, path).await;
        let mut extra = Vec::new();
        if adds {
            let wishes = wishes(app.company("Globex").await, id_of(app, ADA).await);
            for (name, value) in wishes {
                // A restored value's form has a version only where the record has changed since.
                let is_its_own = path == "/audit/{id}/restore" && name == "version";
                if !ready.names.contains(name) && !is_its_own {
                    extra.push((name.to_owned(), value.clone()));
                }
            }
            for name in &ready.names {
                for odd in [
                    format!("{name}[]"),
                    format!("{name}[0]"),
                    format!("{name}[role]"),
                ] {
                    extra.push((odd, "canary".to_owned()));
                }
            }
        }
        let reply = send(&ready.client, &ready.form, &extra).await;
        assert!(
            [200, 303].contains(&reply.status),
            "{path} is not taken as it is, so that this would show nothing: {} {:?}",
            reply.status,
            (
                &ready.form,
                reply.texts("[id=error-summary], .field-error, h1")
            ),
        );
        kept.push((reply.status, eyes.see(&app.database.dump().await)));
    }
    assert_eq!(kept[0].0, kept[1].0, "{path}");
    let differs = differences(&kept[0].1, &kept[1].1);
    assert!(differs.is_empty(), "{path}: {}", differs.join("\n"));
}

async fn take_no_more_than_their_fields(part: usize) {
    if is_said_once() {
        return;
    }
    for path in third(part) {
        takes_no_more_than_its_fields(&path).await;
    }
}

#[tokio::test]
async fn no_form_sets_more_than_its_own_fields_first_third() {
    take_no_more_than_their_fields(0).await;
}

#[tokio::test]
async fn no_form_sets_more_than_its_own_fields_second_third() {
    take_no_more_than_their_fields(1).await;
}

#[tokio::test]
async fn no_form_sets_more_than_its_own_fields_last_third() {
    take_no_more_than_their_fields(2).await;
}

#[tokio::test]
async fn a_field_that_is_there_twice_is_refused_and_nothing_is_written() {
    if is_said_once() {
        return;
    }
    let mut refused = 0;
    for path in forms() {
        let app = TestApp::new().await;
        let ready = ready(&app, &path).await;
        let before = app.database.dump().await;
        let eyes = Eyes::new(&before);
        let known = eyes.see(&before);
        for (name, value) in &ready.form.fields {
            // For password managers alone; nothing reads it.
            let is_list = path == "/second-factor" && name == "role";
            if name == "username" || is_list {
                continue;
            }
            for doubled in [value.as_str(), "canary"] {
                let extra = [(name.clone(), doubled.to_owned())];
                let reply = send(&ready.client, &ready.form, &extra).await;
                // A form without fields of its own has nothing that can be doubled but what its URL says.
                assert_eq!(reply.status, 400, "{path}: {name} twice");
                refused += 1;
            }
        }
        let left = differences(&known, &eyes.see(&app.database.dump().await));
        assert!(left.is_empty(), "{path}: {}", left.join("\n"));
    }
    assert!(refused > 100, "{refused}");
}

// ---- what is no form

#[tokio::test]
async fn what_is_sent_in_another_format_is_refused_and_nothing_is_written() {
    let app = TestApp::new().await;
    let records = Records::of(&app, app.company("Acme").await).await;
    let ada = app.sign_in(ADA).await;
    let before = app.database.dump().await;
    let json = br#"{"name":"Canary","role":"admin"}"#;
    let multipart =
        b"--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nCanary\r\n--x--\r\n";
    for path in forms() {
        let url = records.fill(&path);
        for (kind, body) in [
            ("application/json", json.as_slice()),
            ("text/plain", b"name=Canary"),
            ("multipart/form-data; boundary=x", multipart),
            ("application/xml", b"<name>Canary</name>"),
            ("", b"name=Canary"),
        ] {
            let reply = ada
                .call("POST", &url)
                .body(kind, body.to_vec())
                .send()
                .await;
            assert_eq!(reply.status, 415, "{kind:?} to {path}");
        }
    }
    assert_eq!(difference(&before, &app.database.dump().await), [""; 0]);
}

#[tokio::test]
async fn the_fields_of_a_form_in_a_url_change_nothing() {
    let app = TestApp::new().await;
    let records = Records::of(&app, app.company("Acme").await).await;
    let ada = app.sign_in(ADA).await;
    let nobody = app.client();
    let before = app.database.dump().await;
    for path in forms() {
        let url = records.fill(&path);
        let query = "name=Canary&title=Canary&body=Canary&version=1&status=churned&theme=dark&locale=tr&confirm=true";
        let sign_in = "email=ofis%40demo.test&password=prosektor-demo";
        for who in [&ada, &nobody] {
            for fragment in [false, true] {
                let url = format!("{url}?{query}&{sign_in}");
                let mut call = who.call("GET", &url);
                if fragment {
                    call = call.htmx();
                }
                let reply = call.send().await;
                let is_page = [200, 303, 400, 401, 404, 405].contains(&reply.status);
                assert!(is_page, "{path}: {}", reply.status);
                let begins = |cookie: &&str| !cookie.contains("Max-Age=0");
                assert_eq!(
                    reply.all("set-cookie").into_iter().find(begins),
                    None,
                    "{path}"
                );
            }
        }
    }
    assert_eq!(difference(&before, &app.database.dump().await), [""; 0]);
}

// ---- injection

const PAYLOADS: [&str; 9] = [
    "'",
    "\"' or '1'='1' -- ",
    "1); drop table companies; --",
    "' union select email, password_hash from users --",
    "' and (select 1 from (select sleep(9)) a) and '1'='1",
    "'||(select hex(randomblob(400000000)))||'",
    "admin'/*",
    "%' or 1=1 escape '\\",
    "\\'; select pg_sleep(9); #`",
];

async fn withstands(path: &str) {
    let app = TestApp::new().await;
    let ready = ready(&app, path).await;
    let people = sql!("select count(*) from users where role = 'admin'");
    let (admins, companies) = (
        app.number(people.clone()).await,
        app.number(sql!("select count(*) from companies")).await,
    );
    for name in &ready.names {
        for payload in PAYLOADS {
            let form = ready.form.clone().set(name, payload);
            let begun = Instant::now();
            let reply = ready.client.submit(&form).await;
            assert!(
                reply.status < 500,
                "{path}: {name}={payload}: {}",
                reply.status
            );
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "{path}: {name}={payload}"
            );
            let hash = "$argon2";
            assert!(
                !String::from_utf8_lossy(&reply.body).contains(hash),
                "{path}: {name}"
            );
        }
        for raw in ["%00", "%ff", "a%0d%0ab", "%c0%af", "%ed%a0%80"] {
            let body = format!("{name}={raw}&version=1");
            let call = ready.client.call("POST", &ready.form.action);
            let kind = "application/x-www-form-urlencoded";
            let reply = call.body(kind, body.into_bytes()).send().await;
            assert!(reply.status < 500, "{path}: {name}={raw}: {}", reply.status);
        }
    }
    assert_eq!(app.number(people).await, admins, "{path}");
    let left = app.number(sql!("select count(*) from companies")).await;
    assert!(left >= companies, "{path}");
}

#[tokio::test]
async fn sql_in_any_field_is_text_first_third() {
    for path in third(0) {
        withstands(&path).await;
    }
}

#[tokio::test]
async fn sql_in_any_field_is_text_second_third() {
    for path in third(1) {
        withstands(&path).await;
    }
}

#[tokio::test]
async fn sql_in_any_field_is_text_last_third() {
    for path in third(2) {
        withstands(&path).await;
    }
}
