//! What readers see of the pages about the firm, through the cache.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    model::{Kind, Text, brought},
    queries,
};
use crate::{
    app::App,
    cache::SITE_PAGE,
    error::{Error, Result},
    features::{images, posts::change::drawing},
    platform::{
        cache::{Key, Whose},
        db::Conn,
        markdown,
    },
    types::Lang,
    web::{cx::Cx, public::Page, seo::Seo},
};

/// What the page says, its body drawn and cleaned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    pub title: String,
    pub lead: String,
    pub html: String,
    pub headline: String,
    pub description: String,
    /// `None` for what the product brings along.
    pub changed_at: Option<DateTime<Utc>>,
}

impl Shown {
    /// Its images come in all their sizes.
    async fn load(
        app: &App,
        conn: &mut Conn,
        lang: Lang,
        text: &Text,
        changed_at: Option<DateTime<Utc>>,
    ) -> Result<Self> {
        // What was saved could be drawn then.
        let drawn = markdown::render(&text.body, &drawing(app)).unwrap_or_default();
        Ok(Self {
            title: text.title.clone(),
            lead: text.lead.clone(),
            html: images::queries::expand(conn, lang, &drawn.html).await?,
            headline: text.headline().to_owned(),
            description: text.description().to_owned(),
            changed_at,
        })
    }

    pub fn seo(&self, cx: &Cx) -> Result<Seo> {
        Seo::of(cx, &self.headline, &self.description)
    }

    /// The page with what caches must know of it.
    #[must_use]
    pub fn page(&self, html: String, lang: Lang) -> Page {
        let page = Page::new(html).lang(lang).tags([SITE_PAGE.name()]);
        match self.changed_at {
            Some(at) => page.changed_at(at),
            None => page,
        }
    }
}

/// The next release may clean otherwise and bring another text along, so both are in its name.
pub async fn page(app: &App, kind: Kind, lang: Lang) -> Result<Arc<Shown>> {
    let brought = brought(kind, lang);
    let text = serde_json::to_string(&brought).map_err(Error::internal)?;
    let key = Key::new(&SITE_PAGE, Whose::Public)
        .lang(lang)
        .part(kind.as_str())
        .part(&drawing(app).rules())
        .part(&text);
    let own = app.clone();
    app.cache
        .get_or_set(&key, &SITE_PAGE, move || async move {
            let mut conn = own.db.read().await?;
            let known = queries::find(&mut conn, kind, lang).await?;
            let (text, changed_at) = match known {
                Some(page) => (page.text, Some(page.updated_at)),
                None => (brought, None),
            };
            Shown::load(&own, &mut conn, lang, &text, changed_at).await
        })
        .await
}
