//! What administrators do to the cache, with its audit row.

use crate::{
    error::Result,
    platform::{
        audit::{self, Changes},
        cache::Tag,
    },
    web::{cx::Cx, public},
};

/// Makes what the tag names void on every instance, in Redis too, before it answers; and pages that show any of it, which an
/// outer cache hears of soon.
pub async fn purge(cx: &Cx, tag: Tag) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let changes = Changes::new().field("tag", None, Some(tag.as_str()));
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        "cache.purge",
        None,
        None,
        &changes,
    )
    .await?;
    public::purged(&cx.app, &mut tx, tag).await?;
    tx.commit().await
}
