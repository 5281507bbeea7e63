//! One change to a company or to something of it: the transaction, and the audit row that is written with it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    model::{Company, Field},
    queries,
};
use crate::{
    cache::DASHBOARD,
    error::Result,
    platform::{
        audit::{self, Changes},
        db::Tx,
    },
    types::Id,
    web::{cx::Cx, extract::form_key, form::Errors, idempotency},
};

/// Notes at a change which entry of the audit it brings back.
pub const RESTORED_FROM: &str = "restored_from";

pub struct Change<'a> {
    pub tx: Tx,
    pub now: DateTime<Utc>,
    cx: &'a Cx,
    company: Id<Company>,
    /// The dashboard's figures are made of what changes.
    is_counted: bool,
}

impl<'a> Change<'a> {
    /// To the company itself, which may not be there yet.
    pub async fn to(cx: &'a Cx, company: Id<Company>) -> Result<Self> {
        let tx = cx.begin().await?;
        Ok(Self {
            tx,
            now: cx.app.clock.now(),
            cx,
            company,
            is_counted: true,
        })
    }

    /// To something of a company that is there and within the actor's scope.
    pub async fn within(cx: &'a Cx, company: Id<Company>) -> Result<Self> {
        let mut change = Self::to(cx, company).await?;
        change.is_counted = false;
        // Locked, so that two changes to one company's people never meet half-way.
        queries::find_to_change(&mut change.tx, cx.scope()?, company).await?;
        Ok(change)
    }

    /// The same, of something that the dashboard counts.
    #[must_use]
    pub fn counted(self) -> Self {
        Self {
            is_counted: true,
            ..self
        }
    }

    /// Claims a form's key: `Some` is where its first submission led, and nothing more is to be done.
    pub async fn claim(
        &mut self,
        key: &str,
        body: &[u8],
        location: &str,
    ) -> Result<Option<String>> {
        let user = self.cx.user()?.id;
        idempotency::claim(&mut self.tx, self.now, user, form_key(key), body, location).await
    }

    /// Writes the audit row and makes all of it last.
    pub async fn commit(
        mut self,
        action: &'static str,
        record: Uuid,
        changes: &Changes,
    ) -> Result<()> {
        let company = Some(self.company.uuid());
        let restores = self.cx.restores.map(|entry| entry.to_string());
        let changes = changes
            .clone()
            .field(RESTORED_FROM, None, restores.as_deref());
        audit::record(
            &mut self.tx,
            self.now,
            &self.cx.actor(),
            action,
            Some(record),
            company,
            &changes,
        )
        .await?;
        if self.is_counted {
            self.cx.app.cache.drops(&mut self.tx, [DASHBOARD]);
        }
        self.tx.commit().await
    }
}

/// A field that is to be again what an entry of the audit says it was.
pub struct Back<'a> {
    pub field: &'a str,
    /// What the entry made of it.
    pub left: Option<&'a str>,
    /// What it was before.
    pub value: Option<&'a str>,
    /// Of the record as the reader has seen it: it is changed whatever it holds now.
    pub seen: Option<i64>,
}

pub enum BroughtBack {
    Done,
    /// The field has changed again since.
    Differs {
        current: Option<String>,
        version: i64,
    },
    Refused(Errors),
}

impl Back<'_> {
    /// What stands in the way, if the field is no longer what the entry made of it.
    #[must_use]
    pub fn hindered(&self, fields: &[Field], version: i64) -> Option<BroughtBack> {
        let current = fields
            .iter()
            .find(|(name, _)| *name == self.field)
            .and_then(|(name, value)| value.map(|value| audit::shown(name, value)));
        let is_known = match self.seen {
            Some(seen) => seen == version,
            // Of a person's number, two that end alike look the same.
            None => current.as_deref() == self.left && !self.is_masked(),
        };
        (!is_known).then_some(BroughtBack::Differs { current, version })
    }

    fn is_masked(&self) -> bool {
        self.field == "tax_id" && self.left.is_some_and(|left| left.contains('*'))
    }

    /// The value as a form takes it.
    #[must_use]
    pub fn typed(&self) -> String {
        self.value.unwrap_or_default().to_owned()
    }
}
