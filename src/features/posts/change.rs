//! One change to what the blog says: the transaction, the audit row that is written with it, and what caches forget.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::Post;
use crate::{
    app::App,
    cache::{BLOG, MAP},
    error::Result,
    platform::{
        audit::{self, Actor, Changes},
        clock::random,
        db::Tx,
        markdown,
    },
    types::Id,
    web::{cx::Cx, extract::form_key, idempotency, public},
};

/// A transaction and whoever acts in it.
pub struct Hand<'a> {
    pub app: &'a App,
    pub tx: &'a mut Tx,
    pub now: DateTime<Utc>,
    pub actor: &'a Actor,
    /// Whether readers see something of the change even if no post of theirs is in it, as where an address led.
    pub is_seen: &'a mut bool,
}

impl Hand<'_> {
    /// Of the moment of the change, which may be in the past for demo data.
    #[must_use]
    pub fn new_id<T>(&self) -> Id<T> {
        Id::new_v7(self.now, random())
    }

    pub async fn note(
        &mut self,
        action: &'static str,
        record: Uuid,
        changes: &Changes,
    ) -> Result<()> {
        let record = Some(record);
        audit::record(self.tx, self.now, self.actor, action, record, None, changes).await
    }
}

/// A transaction of its own, by somebody in a request or on the command line.
pub struct Change {
    pub tx: Tx,
    now: DateTime<Utc>,
    actor: Actor,
    app: App,
    is_seen: bool,
}

impl Change {
    pub async fn of(cx: &Cx) -> Result<Self> {
        Self::by(&cx.app, cx.actor()).await
    }

    pub async fn by(app: &App, actor: Actor) -> Result<Self> {
        Ok(Self {
            tx: app.db.begin().await?,
            now: app.clock.now(),
            actor,
            app: app.clone(),
            is_seen: false,
        })
    }

    #[must_use]
    pub fn hand(&mut self) -> Hand<'_> {
        Hand {
            app: &self.app,
            tx: &mut self.tx,
            now: self.now,
            actor: &self.actor,
            is_seen: &mut self.is_seen,
        }
    }

    /// Claims a form's key: `Some` is where its first submission led, and nothing more is to be done.
    pub async fn claim(
        &mut self,
        cx: &Cx,
        key: &str,
        body: &[u8],
        location: &str,
    ) -> Result<Option<String>> {
        let user = cx.user()?.id;
        idempotency::claim(&mut self.tx, self.now, user, form_key(key), body, location).await
    }

    /// Of what no reader can see: nothing is forgotten.
    pub async fn commit_unseen(self) -> Result<()> {
        if self.is_seen {
            return self.commit().await;
        }
        self.tx.commit().await
    }

    /// As far as readers could see the post before, or see it now.
    pub async fn commit_for(self, posts: &[&Post]) -> Result<()> {
        let now = self.now;
        if posts.iter().all(|post| post.is_unknown(now)) {
            self.commit_unseen().await
        } else {
            self.commit().await
        }
    }

    /// All that readers see of the blog is made anew.
    pub async fn commit(mut self) -> Result<()> {
        public::changed(&self.app, &mut self.tx, [BLOG, MAP]).await?;
        self.tx.commit().await
    }
}

/// What bodies are drawn with here.
#[must_use]
pub fn drawing(app: &App) -> markdown::Options {
    markdown::Options {
        host: app.config.base_url.host_str().map(str::to_owned),
        foreign_images: Arc::clone(&app.config.foreign_images),
    }
}
