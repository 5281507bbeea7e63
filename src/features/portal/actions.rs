//! Looking at the portal with a client's eyes, noted at its beginning and its end.

use crate::{
    error::Result,
    features::companies::{model::Company, queries},
    platform::{
        audit::{self, Changes},
        db::Tx,
    },
    types::Id,
    web::{cx::Cx, session::Viewing},
};

pub async fn begin(cx: &Cx, company: Id<Company>) -> Result<Viewing> {
    let mut tx = cx.begin().await?;
    let company = queries::find(&mut tx, cx.scope()?, company).await?;
    let viewing = Viewing {
        company_id: company.id.uuid(),
        company: company.name,
    };
    note(cx, tx, "companies.view", &viewing).await?;
    Ok(viewing)
}

/// Also where the company has gone to the trash meanwhile.
pub async fn end(cx: &Cx, viewing: &Viewing) -> Result<()> {
    note(cx, cx.begin().await?, "companies.view-end", viewing).await
}

async fn note(cx: &Cx, mut tx: Tx, action: &'static str, viewing: &Viewing) -> Result<()> {
    let company = Some(viewing.company_id);
    let now = cx.app.clock.now();
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        action,
        company,
        company,
        &Changes::new(),
    )
    .await?;
    tx.commit().await
}
