//! What administrators do to the cache, with its audit row.

use crate::{
    error::Result,
    platform::{
        audit::{self, Changes},
        cache::Tag,
    },
    web::cx::Cx,
};

/// Makes what the tag names void on every instance, in Redis too, before it answers.
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
    cx.app.cache.drops(&mut tx, [tag]);
    tx.commit().await
}
