//! Records to put into the placeholders of the route table.

use prosektorweb::{platform::db::Sql, sql};
use uuid::Uuid;

use super::{MALLORY, TestApp};

/// Records for the placeholders in a URL.
#[derive(Clone)]
pub struct Records {
    pub company: Uuid,
    pub contact: Uuid,
    pub note: Uuid,
    pub activity: Uuid,
    pub service: Uuid,
    pub mail: Uuid,
    pub message: Uuid,
    pub user: Uuid,
    pub post: Uuid,
    pub category: Uuid,
    pub tag: Uuid,
    pub image: Uuid,
}

impl Records {
    pub async fn of(app: &TestApp, company: Uuid) -> Self {
        Self {
            company,
            contact: app.children("contacts", company).await[0].0,
            note: app.children("notes", company).await[0].0,
            activity: app.children("activities", company).await[0].0,
            service: app.children("services", company).await[0].0,
            mail: mail_of(app, company).await,
            message: message(app).await,
            user: app
                .rows::<(Uuid,)>(sql!("select id from users where email = ?", MALLORY))
                .await[0]
                .0,
            post: first(
                app,
                sql!("select id from posts where live = 1 order by id limit 1"),
            )
            .await,
            category: first(
                app,
                sql!("select id from categories where lang = 'tr' order by id limit 1"),
            )
            .await,
            image: image_of(app).await,
            tag: first(
                app,
                sql!("select id from tags where lang = 'tr' order by id limit 1"),
            )
            .await,
        }
    }

    pub fn invented() -> Self {
        Self {
            company: Uuid::now_v7(),
            contact: Uuid::now_v7(),
            note: Uuid::now_v7(),
            activity: Uuid::now_v7(),
            service: Uuid::now_v7(),
            mail: Uuid::now_v7(),
            message: Uuid::now_v7(),
            user: Uuid::now_v7(),
            post: Uuid::now_v7(),
            category: Uuid::now_v7(),
            tag: Uuid::now_v7(),
            image: Uuid::now_v7(),
        }
    }

    pub fn fill(&self, path: &str) -> String {
        let child = match path {
            path if path.contains("/contacts/") => self.contact,
            path if path.contains("/notes/") => self.note,
            path if path.contains("/mails/") => self.mail,
            _ => self.activity,
        };
        let record = if path.starts_with("/services/") {
            self.service
        } else if path.starts_with("/messages/") {
            self.message
        } else if path.starts_with("/users/") {
            self.user
        } else if path.starts_with("/images/") {
            self.image
        } else if path.starts_with("/posts/categories/") {
            self.category
        } else if path.starts_with("/posts/tags/") {
            self.tag
        } else if path.starts_with("/posts/") {
            self.post
        } else {
            self.company
        };
        path.replace("{id}", &record.to_string())
            .replace("{child}", &child.to_string())
            .replace(":token", "no-such-token")
            .replace(":file", "app.css")
            .replace(":part", "1.xml")
            .replace(":page", "about-tr")
            .replace(":number", "0")
            .replace(":slug", slug_of(path))
    }
}

/// A picture of no bytes that matter: the demo's own take a moment to make.
async fn image_of(app: &TestApp) -> Uuid {
    let known: Vec<(Uuid,)> = app.rows(sql!("select id from images limit 1")).await;
    if let Some((id,)) = known.first() {
        return *id;
    }
    let (id, now) = (Uuid::now_v7(), app.clock.now());
    app.execute(sql!(
        "insert into blobs (hash, size, created_at, kept_at)
         values (x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 1, ?, ?)",
        now,
        now
    ))
    .await;
    app.execute(sql!(
        "insert into images (id, hash, name, alt_en, alt_tr, folded, width, height, format, state, version, created_at, updated_at)
         values (?, x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'site.jpg', 'A site', 'Bir saha', 'site', 1, 1, 'jpeg', 'ready', 1, ?, ?)",
        id,
        now,
        now
    ))
    .await;
    id
}

/// Something of the demo's blog.
fn slug_of(path: &str) -> &'static str {
    let is_turkish = path.starts_with("/tr/");
    match path {
        path if path.contains("/author/") => "ada",
        path if path.contains("/category/") || path.contains("/tag/") => "seo",
        _ if is_turkish => "hilesiz-seo",
        _ => "seo-without-tricks",
    }
}

async fn first(app: &TestApp, sql: Sql) -> Uuid {
    app.rows::<(Uuid,)>(sql).await[0].0
}

/// The company's first mail; where the demo wrote none, one that was never sent.
async fn mail_of(app: &TestApp, company: Uuid) -> Uuid {
    let found: Vec<(Uuid,)> = app
        .rows(sql!(
            "select id from mails where company_id = ? order by id limit 1",
            company
        ))
        .await;
    if let Some((id,)) = found.first() {
        return *id;
    }
    let (id, now) = (Uuid::now_v7(), app.clock.now());
    app.execute(sql!(
        "insert into mails (id, company_id, to_address, lang, subject, text, html, state, attempts, created_at, updated_at)
         values (?, ?, 'kisi@firma.test', 'tr', 'Konu', 'Metin', '<p>Metin</p>', 'off', 0, ?, ?)",
        id,
        company,
        now,
        now,
    ))
    .await;
    id
}

/// A message of the contact form.
pub async fn message(app: &TestApp) -> Uuid {
    let (id, now) = (Uuid::now_v7(), app.clock.now());
    let digest: [u8; 32] = std::array::from_fn(|at| id.as_bytes()[at % 16]);
    app.execute(sql!(
        "insert into contact_messages (id, name, email, phone, company, body, consented_at, ip, user_agent, locale, digest,
                                       state, version, created_at, updated_at)
         values (?, 'Zeynep Kara', 'zeynep@kara.test', '+905551234567', 'Kara OSGB', 'Yeni bir site istiyoruz.', ?,
                 '203.0.113.7', 'Firefox', 'tr', ?, 'new', 1, ?, ?)",
        id,
        now,
        digest,
        now,
        now,
    ))
    .await;
    id
}
