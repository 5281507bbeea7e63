//! The policy, written out: who may ask what of which URL, and what everybody else is told.
//!
//! The order of answers is fixed (product.md, section 2): not signed in, then a client's 404, then the method, then the
//! role's 403, and only then the record.

use std::{collections::BTreeSet, io::Write as _};

use chrono::{DateTime, Utc};
use prosektorweb::{
    features::{
        sessions,
        users::{self, NewUser},
    },
    routes,
    seed::{self, PASSWORD},
    sql,
    types::Email,
    web::access::{Access, Permission, Role},
};
use uuid::Uuid;

use crate::support::{ADA, CEM, Client, ESRA, MALLORY, OFIS, Reply, TestApp, records::Records};

/// Whom a URL and method let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Anyone, and no session is looked up.
    Public,
    /// Anyone, with a session where there is one.
    Anyone,
    /// Anyone who is signed in.
    Signed,
    Client,
    Staff(&'static [Role]),
}

const PUBLIC: Rule = Rule::Public;
const ANYONE: Rule = Rule::Anyone;
const CLIENT: Rule = Rule::Client;
const SIGNED: Rule = Rule::Signed;
const ALL_STAFF: &[Role] = &[Role::Admin, Role::Office, Role::Expert, Role::Doctor];
const STAFF: Rule = Rule::Staff(ALL_STAFF);
const ADMIN: Rule = Rule::Staff(&[Role::Admin]);
const OFFICE: Rule = Rule::Staff(&[Role::Admin, Role::Office]);

/// Every URL and method there is, and the roles that it lets in.
const POLICY: &[(&str, &str, Rule)] = &[
    ("GET", "/", PUBLIC),
    ("GET", "/account", SIGNED),
    ("POST", "/account", SIGNED),
    ("GET", "/account/address/:token", ANYONE),
    ("POST", "/account/address/:token", ANYONE),
    ("GET", "/account/email", SIGNED),
    ("POST", "/account/email", SIGNED),
    ("GET", "/account/password", SIGNED),
    ("POST", "/account/password", SIGNED),
    ("GET", "/account/sessions", SIGNED),
    ("POST", "/account/sessions/end", SIGNED),
    ("POST", "/account/sessions/end-all", SIGNED),
    ("GET", "/account/second-factor", SIGNED),
    ("POST", "/account/second-factor", SIGNED),
    ("POST", "/account/second-factor/confirm", SIGNED),
    ("POST", "/account/second-factor/recovery", SIGNED),
    ("POST", "/account/second-factor/remove", SIGNED),
    ("GET", "/activities", STAFF),
    ("GET", "/assets/:file", PUBLIC),
    ("GET", "/audit", ADMIN),
    ("POST", "/audit/export", ADMIN),
    ("GET", "/audit/{id}", ADMIN),
    ("POST", "/audit/{id}/restore", ADMIN),
    ("GET", "/blog", PUBLIC),
    ("GET", "/blog/:slug", PUBLIC),
    ("GET", "/blog/author/:slug", PUBLIC),
    ("GET", "/blog/category/:slug", PUBLIC),
    ("GET", "/blog/search", PUBLIC),
    ("GET", "/blog/tag/:slug", PUBLIC),
    ("GET", "/companies", STAFF),
    ("POST", "/companies", OFFICE),
    ("POST", "/companies/export", STAFF),
    ("GET", "/companies/new", OFFICE),
    ("GET", "/companies/similar", OFFICE),
    ("GET", "/companies/{id}", STAFF),
    ("POST", "/companies/{id}", OFFICE),
    ("GET", "/companies/{id}/activities", STAFF),
    ("POST", "/companies/{id}/activities", STAFF),
    // Experts and doctors change the ones that they wrote: 403 at all others, see activities.rs.
    ("POST", "/companies/{id}/activities/{child}", STAFF),
    ("POST", "/companies/{id}/activities/{child}/done", STAFF),
    ("GET", "/companies/{id}/activities/{child}/edit", STAFF),
    ("POST", "/companies/{id}/activities/{child}/restore", STAFF),
    ("POST", "/companies/{id}/activities/{child}/trash", STAFF),
    ("GET", "/companies/{id}/contacts", STAFF),
    ("POST", "/companies/{id}/contacts", OFFICE),
    ("POST", "/companies/{id}/contacts/{child}", OFFICE),
    ("GET", "/companies/{id}/contacts/{child}/edit", OFFICE),
    ("POST", "/companies/{id}/contacts/{child}/restore", OFFICE),
    ("POST", "/companies/{id}/contacts/{child}/trash", OFFICE),
    ("GET", "/companies/{id}/edit", OFFICE),
    ("GET", "/companies/{id}/history", STAFF),
    ("GET", "/companies/{id}/mails", OFFICE),
    ("GET", "/companies/{id}/mails/{child}", OFFICE),
    ("GET", "/companies/{id}/mails/{child}/html", OFFICE),
    ("POST", "/companies/{id}/mails/{child}/resend", OFFICE),
    ("GET", "/companies/{id}/notes", STAFF),
    ("POST", "/companies/{id}/notes", OFFICE),
    ("POST", "/companies/{id}/notes/{child}", OFFICE),
    ("GET", "/companies/{id}/notes/{child}/edit", OFFICE),
    ("POST", "/companies/{id}/notes/{child}/pin", OFFICE),
    ("POST", "/companies/{id}/notes/{child}/restore", OFFICE),
    ("POST", "/companies/{id}/notes/{child}/trash", OFFICE),
    ("POST", "/companies/{id}/restore", OFFICE),
    ("GET", "/companies/{id}/services", OFFICE),
    ("POST", "/companies/{id}/services", OFFICE),
    ("GET", "/companies/{id}/services/new", OFFICE),
    ("POST", "/companies/{id}/status", OFFICE),
    ("GET", "/companies/{id}/trash", OFFICE),
    ("POST", "/companies/{id}/trash", OFFICE),
    ("POST", "/companies/{id}/view", ADMIN),
    ("GET", "/contact", PUBLIC),
    ("POST", "/contact", PUBLIC),
    ("GET", "/contact/thanks", PUBLIC),
    ("GET", "/dashboard", STAFF),
    ("GET", "/forgot", ANYONE),
    ("POST", "/forgot", ANYONE),
    ("GET", "/healthz", PUBLIC),
    ("GET", "/help", STAFF),
    ("GET", "/images", OFFICE),
    ("POST", "/images", OFFICE),
    ("GET", "/images/choices", OFFICE),
    ("GET", "/images/{id}", OFFICE),
    ("POST", "/images/{id}", OFFICE),
    ("POST", "/images/{id}/encode", OFFICE),
    ("POST", "/images/{id}/restore", OFFICE),
    ("GET", "/images/{id}/trash", OFFICE),
    ("POST", "/images/{id}/trash", OFFICE),
    ("GET", "/media/:file", PUBLIC),
    // Whoever has the link; without one that works they are told so.
    ("GET", "/invite/:token", ANYONE),
    ("POST", "/invite/:token", ANYONE),
    ("GET", "/cache", ADMIN),
    ("POST", "/cache/purge", ADMIN),
    ("GET", "/jobs", ADMIN),
    ("POST", "/jobs/schedules", ADMIN),
    ("GET", "/jobs/{id}", ADMIN),
    ("POST", "/jobs/{id}/discard", ADMIN),
    ("POST", "/jobs/{id}/retry", ADMIN),
    ("POST", "/jobs/{id}/run", ADMIN),
    ("GET", "/login", ANYONE),
    ("POST", "/login", ANYONE),
    ("GET", "/login/code", ANYONE),
    ("POST", "/login/code", ANYONE),
    ("POST", "/logout", ANYONE),
    ("GET", "/messages", OFFICE),
    ("POST", "/messages/export", OFFICE),
    ("GET", "/messages/{id}", OFFICE),
    ("GET", "/messages/{id}/erase", OFFICE),
    ("POST", "/messages/{id}/erase", OFFICE),
    ("POST", "/messages/{id}/reply", OFFICE),
    ("POST", "/messages/{id}/state", OFFICE),
    // The outbox is there only in development without a mail server.
    ("GET", "/outbox", OFFICE),
    ("GET", "/outbox/{id}", OFFICE),
    ("GET", "/outbox/{id}/html", OFFICE),
    ("GET", "/permissions", ADMIN),
    ("GET", "/posts", OFFICE),
    ("POST", "/posts", OFFICE),
    ("POST", "/posts/autosave", OFFICE),
    ("POST", "/posts/bulk", OFFICE),
    ("POST", "/posts/discard", OFFICE),
    ("POST", "/posts/language", OFFICE),
    ("GET", "/posts/new", OFFICE),
    ("POST", "/posts/preview", OFFICE),
    ("GET", "/posts/trash", OFFICE),
    ("GET", "/posts/{id}", OFFICE),
    ("POST", "/posts/{id}", OFFICE),
    ("POST", "/posts/{id}/autosave", OFFICE),
    ("POST", "/posts/{id}/discard", OFFICE),
    ("POST", "/posts/{id}/duplicate", OFFICE),
    ("GET", "/posts/{id}/edit", OFFICE),
    ("POST", "/posts/{id}/preview", OFFICE),
    ("POST", "/posts/{id}/publish", OFFICE),
    ("POST", "/posts/{id}/restore", OFFICE),
    ("POST", "/posts/{id}/schedule", OFFICE),
    ("POST", "/posts/{id}/translation", OFFICE),
    ("GET", "/posts/{id}/trash", OFFICE),
    ("POST", "/posts/{id}/trash", OFFICE),
    ("POST", "/posts/{id}/unpublish", OFFICE),
    ("GET", "/posts/categories", OFFICE),
    ("POST", "/posts/categories", OFFICE),
    ("GET", "/posts/categories/new", OFFICE),
    ("POST", "/posts/categories/{id}", OFFICE),
    ("GET", "/posts/categories/{id}/delete", OFFICE),
    ("POST", "/posts/categories/{id}/delete", OFFICE),
    ("GET", "/posts/categories/{id}/edit", OFFICE),
    ("GET", "/posts/categories/{id}/merge", OFFICE),
    ("POST", "/posts/categories/{id}/merge", OFFICE),
    ("GET", "/posts/tags", OFFICE),
    ("POST", "/posts/tags", OFFICE),
    ("GET", "/posts/tags/new", OFFICE),
    ("POST", "/posts/tags/{id}", OFFICE),
    ("GET", "/posts/tags/{id}/delete", OFFICE),
    ("POST", "/posts/tags/{id}/delete", OFFICE),
    ("GET", "/posts/tags/{id}/edit", OFFICE),
    ("GET", "/posts/tags/{id}/merge", OFFICE),
    ("POST", "/posts/tags/{id}/merge", OFFICE),
    ("POST", "/posts/export", OFFICE),
    ("GET", "/posts/import", OFFICE),
    ("POST", "/posts/import", OFFICE),
    ("POST", "/posts/import/forget", OFFICE),
    ("POST", "/posts/import/run", OFFICE),
    ("GET", "/posts/{id}/preview-link", OFFICE),
    ("POST", "/posts/{id}/preview-link", OFFICE),
    ("POST", "/posts/{id}/preview-link/void", OFFICE),
    ("GET", "/posts/{id}/revisions", OFFICE),
    ("GET", "/posts/{id}/revisions/compare", OFFICE),
    ("GET", "/posts/{id}/revisions/restore", OFFICE),
    ("POST", "/posts/{id}/revisions/restore", OFFICE),
    ("POST", "/preferences", ANYONE),
    // Whoever has the link.
    ("GET", "/preview/:token", PUBLIC),
    ("GET", "/readyz", PUBLIC),
    ("GET", "/reset/:token", ANYONE),
    ("POST", "/reset/:token", ANYONE),
    ("GET", "/robots.txt", PUBLIC),
    ("GET", "/feed.json", PUBLIC),
    ("GET", "/feed.xml", PUBLIC),
    ("GET", "/rss.xml", PUBLIC),
    ("GET", "/blog/category/:slug/feed.json", PUBLIC),
    ("GET", "/blog/category/:slug/feed.xml", PUBLIC),
    ("GET", "/blog/category/:slug/rss.xml", PUBLIC),
    ("GET", "/blog/tag/:slug/feed.json", PUBLIC),
    ("GET", "/blog/tag/:slug/feed.xml", PUBLIC),
    ("GET", "/blog/tag/:slug/rss.xml", PUBLIC),
    ("GET", "/tr/feed.json", PUBLIC),
    ("GET", "/tr/feed.xml", PUBLIC),
    ("GET", "/tr/rss.xml", PUBLIC),
    ("GET", "/tr/blog/category/:slug/feed.json", PUBLIC),
    ("GET", "/tr/blog/category/:slug/feed.xml", PUBLIC),
    ("GET", "/tr/blog/category/:slug/rss.xml", PUBLIC),
    ("GET", "/tr/blog/tag/:slug/feed.json", PUBLIC),
    ("GET", "/tr/blog/tag/:slug/feed.xml", PUBLIC),
    ("GET", "/tr/blog/tag/:slug/rss.xml", PUBLIC),
    ("GET", "/llms.txt", PUBLIC),
    ("GET", "/sitemap.xml", PUBLIC),
    ("GET", "/sitemap-:part", PUBLIC),
    ("GET", "/portal", CLIENT),
    ("GET", "/second-factor", ADMIN),
    ("POST", "/second-factor", ADMIN),
    ("GET", "/services", OFFICE),
    ("POST", "/services/export", OFFICE),
    ("GET", "/services/{id}", OFFICE),
    ("POST", "/services/{id}", OFFICE),
    ("POST", "/services/{id}/cancel", OFFICE),
    ("GET", "/services/{id}/edit", OFFICE),
    ("POST", "/services/{id}/restore", OFFICE),
    ("POST", "/services/{id}/resume", OFFICE),
    ("GET", "/services/{id}/trash", OFFICE),
    ("POST", "/services/{id}/trash", OFFICE),
    ("GET", "/what-we-do", PUBLIC),
    ("GET", "/about", PUBLIC),
    ("GET", "/pricing", PUBLIC),
    ("GET", "/portfolio", PUBLIC),
    ("GET", "/privacy", PUBLIC),
    ("GET", "/cookies", PUBLIC),
    ("GET", "/terms", PUBLIC),
    ("GET", "/tr/what-we-do", PUBLIC),
    ("GET", "/tr/about", PUBLIC),
    ("GET", "/tr/pricing", PUBLIC),
    ("GET", "/tr/portfolio", PUBLIC),
    ("GET", "/tr/privacy", PUBLIC),
    ("GET", "/tr/cookies", PUBLIC),
    ("GET", "/tr/terms", PUBLIC),
    ("GET", "/site-pages", OFFICE),
    ("GET", "/site-pages/:page", OFFICE),
    ("POST", "/site-pages/:page", OFFICE),
    ("POST", "/site-pages/:page/preview", OFFICE),
    ("POST", "/site-pages/:page/restore", OFFICE),
    ("GET", "/site-pages/:page/revisions", OFFICE),
    ("GET", "/site-pages/:page/revisions/:number", OFFICE),
    ("GET", "/tr", PUBLIC),
    ("GET", "/tr/blog", PUBLIC),
    ("GET", "/tr/blog/:slug", PUBLIC),
    ("GET", "/tr/blog/author/:slug", PUBLIC),
    ("GET", "/tr/blog/category/:slug", PUBLIC),
    ("GET", "/tr/blog/search", PUBLIC),
    ("GET", "/tr/blog/tag/:slug", PUBLIC),
    ("GET", "/tr/preview/:token", PUBLIC),
    ("GET", "/tr/contact", PUBLIC),
    ("POST", "/tr/contact", PUBLIC),
    ("GET", "/tr/contact/thanks", PUBLIC),
    ("GET", "/trash", OFFICE),
    ("GET", "/users", ADMIN),
    ("POST", "/users", ADMIN),
    ("GET", "/users/new", ADMIN),
    ("GET", "/users/{id}", ADMIN),
    ("POST", "/users/{id}", ADMIN),
    ("POST", "/users/{id}/deactivate", ADMIN),
    ("GET", "/users/{id}/edit", ADMIN),
    ("POST", "/users/{id}/erase", ADMIN),
    ("POST", "/users/{id}/invite", ADMIN),
    ("POST", "/users/{id}/reactivate", ADMIN),
    ("POST", "/users/{id}/second-factor/remove", ADMIN),
    ("POST", "/users/{id}/sessions/end", ADMIN),
    ("POST", "/view/end", ANYONE),
];

const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO",
];

const DENIZ: &str = "deniz@demo.test";

#[test]
fn the_route_table_says_what_the_policy_says() {
    let rule = |access: Access| match access {
        Access::Public => "Public".to_owned(),
        Access::Account => "Anyone".to_owned(),
        Access::Signed => "Signed".to_owned(),
        Access::Client => "Client".to_owned(),
        Access::Staff(permission) => {
            let may = |role: &Role| role.may(permission);
            let roles: Vec<Role> = ALL_STAFF.iter().copied().filter(may).collect();
            format!("Staff({roles:?})")
        }
    };
    let table: BTreeSet<String> = routes::table()
        .lines()
        .into_iter()
        .map(|line| format!("{} {} {}", line.method, line.path, rule(line.access)))
        .collect();
    let policy: BTreeSet<String> = POLICY
        .iter()
        .map(|(method, path, rule)| format!("{method} {path} {rule:?}"))
        .collect();
    assert_eq!(table, policy);
}

#[test]
fn a_client_may_nothing_that_staff_may() {
    for &permission in Permission::ALL {
        assert!(!Role::Client.may(permission), "{permission:?}");
        assert!(Role::Admin.may(permission), "{permission:?}");
    }
}

/// Fits every form; no record has this version, so nothing that exists is changed.
const BODY: &[(&str, &str)] = &[
    ("version", "4711"),
    ("name", "Ömür Kaynak"),
    ("title", "Ara"),
    ("body", "Söz verdi."),
    ("status", "lead"),
    ("kind", "call"),
    ("confirm", "true"),
];

/// Ids that somebody might slip into a form or a filter: a company that is not the URL's, what is its, somebody else.
struct Foreign {
    company: Uuid,
    name: &'static str,
    fields: Vec<(&'static str, String)>,
}

impl Foreign {
    /// Another company than the URL's and the visitor's.
    async fn to(app: &TestApp, email: Option<&str>) -> Self {
        let name = if email == Some(MALLORY) {
            "Kapadokya"
        } else {
            "Globex"
        };
        let records = Records::of(app, app.company(name).await).await;
        let fields = [
            ("company_id", records.company),
            ("company", records.company),
            ("contact_id", records.contact),
            ("service_id", records.service),
            ("author_id", records.user),
            ("user_id", records.user),
            ("id", records.activity),
        ];
        Self {
            company: records.company,
            name,
            fields: fields.map(|(name, id)| (name, id.to_string())).into(),
        }
    }

    fn query(&self) -> String {
        let pairs = self.fields.iter().map(|(name, id)| format!("{name}={id}"));
        let pairs: Vec<String> = pairs.collect();
        format!("?{}&q=a&sort=-name&page=1", pairs.join("&"))
    }

    /// All that the company has.
    async fn dump(&self, app: &TestApp) -> String {
        let rows: Vec<(String, Uuid, i64, DateTime<Utc>)> = app
            .rows(sql!(
                "select 'company', id, version, updated_at from companies where id = ?
                 union all select 'contact', id, version, updated_at from contacts where company_id = ?
                 union all select 'note', id, version, updated_at from notes where company_id = ?
                 union all select 'activity', id, version, updated_at from activities where company_id = ?
                 union all select 'service', id, version, updated_at from services where company_id = ?
                 union all select 'mail', id, attempts, updated_at from mails where company_id = ?
                 union all select 'user', id, version, updated_at from users where company_id = ?
                 order by 1, 2",
                self.company,
                self.company,
                self.company,
                self.company,
                self.company,
                self.company,
                self.company
            ))
            .await;
        assert!(rows.len() > 4);
        format!("{rows:?}")
    }
}

/// What is kept but for the sessions, which tell what was just done, and what people do with their own account.
async fn text_without_sessions(app: &TestApp) -> String {
    let text = app.database_text().await;
    let sessions: Vec<(Vec<u8>, String)> = app
        .rows(sql!(
            "select token_hash, data from sessions order by token_hash"
        ))
        .await;
    sessions
        .iter()
        .fold(text, |text, row| text.replace(&format!("{row:?}\n"), ""))
}

/// A page about a record, and the record where no company has it.
async fn other_pages(app: &TestApp) -> [(&'static str, Uuid); 4] {
    seed::tell_covers(&app.app).await.unwrap();
    let images: Vec<(Uuid,)> = app.rows(sql!("select id from images limit 1")).await;
    let entries: Vec<(Uuid,)> = app
        .rows(sql!("select id from audit_entries order by id limit 1"))
        .await;
    let jobs: Vec<(Uuid,)> = app
        .rows(sql!("select id from jobs order by id limit 1"))
        .await;
    [
        ("/audit/{id}", entries[0].0),
        ("/images/{id}", images[0].0),
        ("/images/{id}/trash", images[0].0),
        ("/jobs/{id}", jobs[0].0),
    ]
}

async fn ask_with(
    client: &Client,
    method: &str,
    path: &str,
    fragment: bool,
    fields: &[(&'static str, String)],
) -> Reply {
    let mut call = client.call(method, path).header("x-request-id", "same");
    if fragment {
        call = call.htmx();
    }
    if !["GET", "HEAD"].contains(&method) {
        let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
        let fields: Vec<_> = BODY.iter().copied().chain(fields).collect();
        call = call.form(&fields);
    }
    call.send().await
}

async fn ask(client: &Client, method: &str, path: &str, fragment: bool) -> Reply {
    ask_with(client, method, path, fragment, &[]).await
}

fn paths() -> BTreeSet<&'static str> {
    POLICY.iter().map(|(_, path, _)| *path).collect()
}

fn rows_of(path: &str) -> Vec<(&'static str, Rule)> {
    POLICY
        .iter()
        .filter(|(_, known, _)| *known == path)
        .map(|(method, _, rule)| (*method, *rule))
        .collect()
}

/// The rule of a URL and method; HEAD is GET.
fn rule_of(path: &str, method: &str) -> Option<Rule> {
    let method = if method == "HEAD" { "GET" } else { method };
    let rows = rows_of(path);
    rows.into_iter()
        .find(|(known, _)| *known == method)
        .map(|(_, rule)| rule)
}

fn allow(path: &str) -> String {
    let mut methods: Vec<&str> = rows_of(path)
        .into_iter()
        .map(|(method, _)| method)
        .collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.sort_unstable();
    methods.join(", ")
}

/// What somebody is told before any record is looked up; `None` is "come in".
fn refusal(path: &str, method: &str, role: Option<Role>, fragment: bool) -> Option<u16> {
    for (_, rule) in rows_of(path) {
        match (rule, role) {
            (Rule::Public | Rule::Anyone, _)
            | (Rule::Signed, Some(_))
            | (Rule::Client, Some(Role::Client)) => {}
            (Rule::Staff(_), Some(role)) if role != Role::Client => {}
            (_, None) => return Some(if fragment { 401 } else { 303 }),
            _ => return Some(404),
        }
    }
    match (rule_of(path, method), role) {
        (None, _) => Some(405),
        (Some(Rule::Staff(roles)), Some(role)) if !roles.contains(&role) => Some(403),
        _ => None,
    }
}

fn check(path: &str, method: &str, role: Option<Role>, fragment: bool, reply: &Reply) {
    let what = format!("{method} {path} as {role:?}, fragment: {fragment}");
    let is_public = rows_of(path).iter().all(|(_, rule)| *rule == Rule::Public);
    let is_shared = reply.header("cache-control") != Some("private, no-store");
    assert!(is_public || !is_shared, "{what} may be kept by a cache");
    assert!(is_public || reply.header("etag").is_none(), "{what}");
    match refusal(path, method, role, fragment) {
        Some(status) => {
            assert_eq!(reply.status, status, "{what}");
            match status {
                303 => assert!(reply.location().starts_with("/login"), "{what}"),
                401 => assert!(
                    reply.header("hx-redirect").unwrap().starts_with("/login"),
                    "{what}"
                ),
                405 => assert_eq!(reply.header("allow"), Some(allow(path).as_str()), "{what}"),
                _ => {}
            }
        }
        None => {
            assert!(
                ![401, 403, 405].contains(&reply.status) && reply.status < 500,
                "{what}: {}",
                reply.status
            );
            let is_sign_in = reply.location().starts_with("/login")
                && !["/logout", "/login/code"].contains(&path);
            assert!(!is_sign_in, "{what}");
        }
    }
}

/// Nothing is written but that somebody failed to sign in.
fn nothing_new(before: &str, after: &str) {
    let is_new = |line: &&str| !before.contains(line) && !line.contains("session.login-");
    let new: Vec<&str> = after.lines().filter(is_new).collect();
    let gone: Vec<&str> = before
        .lines()
        .filter(|line| !after.contains(line))
        .collect();
    assert_eq!((new, gone), (vec![], vec![]));
}

async fn add_deniz_and_a_job(app: &TestApp) {
    let deniz = NewUser {
        name: "Deniz Ak".into(),
        email: Email::parse(DENIZ).unwrap(),
        password: PASSWORD.into(),
        role: Role::Doctor,
        company_id: None,
    };
    users::create(app, deniz).await.unwrap();
    let mut tx = app.db.begin().await.unwrap();
    let job = sessions::jobs::Sweep::default();
    app.jobs.enqueue(&mut tx, &job).await.unwrap();
    tx.commit().await.unwrap();
}

/// Every URL with every method, for records that are there and for invented ones.
async fn walk(email: Option<&str>, role: Option<Role>) {
    let app = TestApp::new().await;
    let records = Records::of(&app, app.company("Acme").await).await;
    let invented = Records::invented();
    add_deniz_and_a_job(&app).await;
    let client = match email {
        Some(email) => app.sign_in(email).await,
        None => app.client(),
    };
    app.execute(sql!(
        "update activities set author_id = (select id from users where email = ?) where id = ?",
        email.unwrap_or(ADA),
        records.activity
    ))
    .await;
    let foreign = Foreign::to(&app, email).await;
    let others = other_pages(&app).await;
    let before = (foreign.dump(&app).await, text_without_sessions(&app).await);
    let mut checks = 0;
    for path in paths() {
        for method in METHODS {
            for fragment in [false, true] {
                // These end the walk: the session, or the role that it goes with.
                let ends = match path {
                    "/logout" => role.is_some(),
                    "/companies/{id}/view" => role == Some(Role::Admin),
                    _ => false,
                };
                if ends && method == "POST" {
                    continue;
                }
                let what = format!("{method} {path} as {email:?}, fragment: {fragment}");
                let is_read = ["GET", "HEAD"].contains(&method);
                let other = others.iter().find(|(known, _)| *known == path && is_read);
                let real = other.map_or_else(
                    || records.fill(path),
                    |(_, id)| path.replace("{id}", &id.to_string()),
                );
                let filtered = format!("{real}{}", foreign.query());
                for real in [&real, &filtered] {
                    let fields = &foreign.fields;
                    let reply = ask_with(&client, method, real, fragment, fields).await;
                    check(path, method, role, fragment, &reply);
                    let text = String::from_utf8_lossy(&reply.body);
                    let is_shown = role == Some(Role::Client) && text.contains(foreign.name);
                    assert!(!is_shown, "{what}: {}", foreign.name);
                    checks += 1;
                }
                let reply = ask(&client, method, &real, fragment).await;
                check(path, method, role, fragment, &reply);
                if is_read && path.contains("{id}") && !path.starts_with("/outbox/") {
                    let expected = refusal(path, method, role, fragment).unwrap_or(200);
                    assert_eq!(reply.status, expected, "{what}: the record is there");
                }
                checks += 1;
                let refused = refusal(path, method, role, fragment);
                if refused.is_none() && method == "POST" {
                    // What it has to say is said, so that no later page says it.
                    client.get("/account").await;
                }
                let answer = anonymous(&reply, &real);
                if path.contains("{id}") {
                    let invented = invented.fill(path);
                    let other = ask(&client, method, &invented, fragment).await;
                    assert_eq!(other.status, refused.unwrap_or(404), "{what}, invented");
                    // Nothing was looked up: real and invented records are refused in the same words.
                    if refused.is_some() {
                        assert_eq!(anonymous(&other, &invented), answer, "{what}");
                    }
                    checks += 1;
                }
                if refused == Some(404) {
                    let nowhere = match role {
                        Some(Role::Client) => "/companies/no/such/place",
                        _ => "/portal/no/such/place",
                    };
                    let other = ask(&client, method, nowhere, fragment).await;
                    assert_eq!(anonymous(&other, nowhere), answer, "{what}, nowhere");
                    checks += 1;
                }
            }
        }
    }
    assert_eq!(
        foreign.dump(&app).await,
        before.0,
        "nothing of another company's has changed"
    );
    if !role.is_some_and(Role::is_staff) {
        nothing_new(&before.1, &text_without_sessions(&app).await);
    }
    // Past the capture of the test's output, so that every run tells how many there were.
    let who = email.unwrap_or("nobody");
    #[expect(
        clippy::explicit_write,
        reason = "`eprintln!` is captured, and these lines are to be seen"
    )]
    writeln!(std::io::stderr(), "access: {checks} checks as {who}").unwrap();
}

#[tokio::test]
async fn nobody_is_sent_to_the_sign_in_page() {
    walk(None, None).await;
}

#[tokio::test]
async fn a_client_sees_no_staff_url() {
    walk(Some(CEM), Some(Role::Client)).await;
}

#[tokio::test]
async fn a_client_of_another_company_sees_no_staff_url() {
    walk(Some(MALLORY), Some(Role::Client)).await;
}

#[tokio::test]
async fn an_expert_reads_and_keeps_activities() {
    walk(Some(ESRA), Some(Role::Expert)).await;
}

#[tokio::test]
async fn a_doctor_reads_and_keeps_activities() {
    walk(Some(DENIZ), Some(Role::Doctor)).await;
}

#[tokio::test]
async fn the_office_does_everything_with_companies() {
    walk(Some(OFIS), Some(Role::Office)).await;
}

#[tokio::test]
async fn an_admin_does_everything() {
    walk(Some(ADA), Some(Role::Admin)).await;
}

#[tokio::test]
async fn every_url_below_a_known_place_asks_strangers_to_sign_in_and_is_missing_for_all_others() {
    let app = TestApp::new().await;
    let nobody = app.client();
    let ada = app.sign_in(ADA).await;
    let mallory = app.sign_in(MALLORY).await;
    for path in [
        "/companies/not-an-id",
        "/companies/00000000-0000-0000-0000-00000000000",
        "/companies/zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz",
        "/companies/new/more",
        "/dashboard/secret",
        "/activities/x",
        "/trash/x",
        "/help/me",
        "/companies.csv",
    ] {
        let reply = nobody.get(path).await;
        assert_eq!(reply.status, 303, "{path}");
        assert!(reply.location().starts_with("/login?next="), "{path}");
        let fragment = nobody.htmx_get(path).await;
        assert_eq!(fragment.status, 401, "{path}");
        assert!(fragment.header("hx-redirect").is_some(), "{path}");
        for somebody in [&ada, &mallory] {
            assert_eq!(somebody.get(path).await.status, 404, "{path}");
            assert_eq!(somebody.htmx_get(path).await.status, 404, "{path}");
        }
    }
    for path in [
        "/no-such-place",
        "/login/x",
        "/wp-login.php",
        "/tr/x",
        "/.env",
        "/assets/x.js",
    ] {
        for somebody in [&nobody, &ada] {
            assert_eq!(somebody.get(path).await.status, 404, "{path}");
        }
    }
}

/// The answer without the ids that were asked for.
fn anonymous(reply: &Reply, path: &str) -> (u16, String, Vec<String>) {
    let in_page = path.replace('/', "&#x2f;");
    let in_query = path.replace('/', "%2F");
    let unnamed = |text: &str| {
        let ids = path.split('/').filter(|part| part.len() == 36);
        let text = text.replace(&in_page, "PATH").replace(&in_query, "PATH");
        ids.fold(text, |text, id| text.replace(id, "ID"))
    };
    let text = unnamed(reply.text());
    let mut headers: Vec<String> = reply
        .headers
        .iter()
        .map(|(name, value)| unnamed(&format!("{name}: {value:?}")))
        .collect();
    headers.sort();
    (reply.status, text, headers)
}

#[tokio::test]
async fn a_foreign_a_trashed_and_a_missing_record_are_the_same_404() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let acme = Records::of(&app, app.company("Acme").await).await;
    let globex = Records::of(&app, app.company("Globex").await).await;
    let trashed = Records::of(&app, app.company("Kapadokya").await).await;
    app.execute(sql!(
        "update companies set deleted_at = ? where id = ?",
        app.clock.now(),
        trashed.company
    ))
    .await;
    let foreign = Records {
        company: acme.company,
        ..globex
    };
    for (method, path, _) in POLICY.iter().filter(|(_, path, _)| path.contains("{id}")) {
        for fragment in [false, true] {
            let mut answers = Vec::new();
            let mut candidates = vec![Records::invented(), Records::invented()];
            // A trashed company answers to nothing but its restoration. What stands here is no company's.
            let is_no_companys = ["/users/", "/posts/", "/images/", "/messages/"]
                .iter()
                .any(|place| path.starts_with(place));
            if *path != "/companies/{id}/restore" && !is_no_companys {
                candidates.push(trashed.clone());
            }
            if path.contains("{child}") {
                candidates.push(foreign.clone());
            }
            for records in candidates {
                let path = records.fill(path);
                let mut call = ada.call(method, &path).header("x-request-id", "same");
                if fragment {
                    call = call.htmx();
                }
                if *method == "POST" {
                    call = call.form(BODY);
                }
                let reply = call.send().await;
                assert_eq!(reply.status, 404, "{method} {path}");
                answers.push(anonymous(&reply, &path));
            }
            for answer in &answers {
                assert_eq!(*answer, answers[0], "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn what_another_site_sends_is_refused_and_nothing_is_written() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let acme = Records::of(&app, app.company("Acme").await).await;
    let base = app.config.base_url.origin().ascii_serialization();
    let refused: &[&[(&'static str, &str)]] = &[
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", &base)],
        &[("origin", "https://evil.test")],
        &[("origin", "null")],
        &[("origin", "http://localhost:3001")],
    ];
    let passed: &[&[(&'static str, &str)]] = &[
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", &base)],
        &[],
    ];
    let before = app.database_text().await;
    let unsafe_rows = POLICY.iter().filter(|(method, ..)| *method == "POST");
    for (_, path, _) in unsafe_rows {
        // Pages without referrer send `Origin: null`; whoever knows the token is no other site.
        let is_secret = path.contains(":token");
        for headers in refused
            .iter()
            .filter(|headers| !is_secret || headers[0] != ("origin", "null"))
        {
            for method in ["POST", "PUT", "DELETE", "PATCH"] {
                let mut call = ada.call(method, &acme.fill(path)).form(BODY);
                for (name, value) in *headers {
                    call = call.header(name, value);
                }
                let reply = call.send().await;
                assert_eq!(reply.status, 403, "{method} {path} {headers:?}");
            }
        }
    }
    let sign_in = [("email", OFIS), ("password", PASSWORD)];
    let reply = app
        .client()
        .call("POST", "/login")
        .header("sec-fetch-site", "cross-site")
        .form(&sign_in)
        .send()
        .await;
    assert_eq!((reply.status, reply.all("set-cookie").len()), (403, 0));
    assert_eq!(app.database_text().await, before);

    for headers in passed {
        let mut call = ada.call("POST", "/preferences").form(&[("theme", "dark")]);
        for (name, value) in *headers {
            call = call.header(name, value);
        }
        assert_eq!(call.send().await.status, 303, "{headers:?}");
    }
    // What only reads may be followed from anywhere.
    let reply = ada
        .call("GET", "/dashboard")
        .header("sec-fetch-site", "cross-site")
        .send()
        .await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn no_other_site_may_read_an_answer() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    for path in ["/", "/dashboard", "/login", "/assets/none"] {
        for origin in ["https://evil.test", "null"] {
            let reply = ada.call("GET", path).header("origin", origin).send().await;
            assert_eq!(reply.header("access-control-allow-origin"), None, "{path}");
            assert_eq!(reply.header("access-control-allow-credentials"), None);
        }
    }
}
