//! What the templates of a preview see.

use serde::Serialize;

use super::model::{Preview, path};
use crate::{
    app::App,
    error::{Error, Result},
    features::{
        categories,
        companies::views::Link,
        posts::{
            change::drawing,
            model::{Post, drawn},
            queries as posts,
        },
        tags,
    },
    platform::{db::Conn, markdown::Heading},
    web::cx::Cx,
};

/// The page on which a link is made.
#[derive(Serialize)]
pub struct Links {
    post: Link,
    /// The newest one that works, and until when.
    url: Option<String>,
    until: Option<String>,
    /// Some that were given away may still work.
    has_any: bool,
}

impl Links {
    #[must_use]
    pub fn new(app: &App, post: &Post, preview: Option<&Preview>) -> Self {
        let good = preview.filter(|preview| preview.expires_at > app.clock.now());
        let base = app.config.base_url.as_str().trim_end_matches('/');
        let url =
            |preview: &Preview| format!("{base}{}", path(post.lang, &preview.token(&app.keys)));
        Self {
            post: link(post),
            url: good.map(url),
            until: good.map(|preview| preview.expires_at.to_rfc3339()),
            has_any: good.is_some(),
        }
    }
}

/// To the post's own page in the office.
#[must_use]
pub fn link(post: &Post) -> Link {
    Link {
        id: post.id.to_string(),
        name: post.title.clone(),
        href: format!("/posts/{}", post.id),
    }
}

/// The post as its readers will see it.
#[derive(Serialize)]
pub struct Show {
    lang: &'static str,
    title: String,
    excerpt: String,
    html: String,
    toc: Vec<Heading>,
    author: String,
    category: Option<String>,
    tags: Vec<String>,
    published_at: Option<String>,
    reading_minutes: i64,
    until: Option<String>,
}

impl Show {
    pub async fn load(
        cx: &Cx,
        conn: &mut Conn,
        post: Post,
        until: Option<chrono::DateTime<chrono::Utc>>,
    ) -> Result<Self> {
        let stored = (post.body_html.as_deref(), post.html_release.as_deref());
        let (html, toc) = drawn(&post.body, stored.0, stored.1, &drawing(&cx.app));
        let category = match post.category_id {
            Some(id) => match categories::queries::find(conn, id).await {
                Ok(category) => Some(category.name),
                Err(Error::NotFound) => None,
                Err(other) => return Err(other),
            },
            None => None,
        };
        let tags = tags::queries::of_post(conn, post.id).await?;
        Ok(Self {
            lang: post.lang.code(),
            author: posts::author_name(conn, post.author_id).await?,
            category,
            tags: tags.into_iter().map(|tag| tag.name).collect(),
            published_at: post.published_at.map(|at| at.to_rfc3339()),
            reading_minutes: post.reading_minutes,
            until: until.map(|at| at.to_rfc3339()),
            title: post.title,
            excerpt: post.excerpt,
            html,
            toc,
        })
    }
}

/// Of a link that shows nothing.
#[derive(Serialize)]
pub struct Gone {}
