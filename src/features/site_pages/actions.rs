//! What writers do to the pages of the firm, each in one transaction with its audit row.

use super::{
    model::{Kind, SitePage, Text, brought},
    queries,
};
use crate::{
    cache::{MAP, SITE},
    error::{Error, Result},
    features::companies::model::changes,
    platform::audit::{self, Changes},
    types::{Id, Lang},
    web::{cx::Cx, public},
};

/// `Conflict` if the page has moved on from `version`, which is 0 as long as nobody has saved it.
pub async fn save(cx: &Cx, place: (Kind, Lang), version: i64, text: &Text) -> Result<()> {
    write(cx, place, version, text, "site-pages.update", None).await
}

/// What a revision says is saved anew. `number` 0 is what the product brings along.
pub async fn restore(cx: &Cx, (kind, lang): (Kind, Lang), version: i64, number: i64) -> Result<()> {
    let text = revision_text(cx, (kind, lang), number).await?;
    let action = "site-pages.restore";
    write(cx, (kind, lang), version, &text, action, Some(number)).await
}

/// `NotFound` for a number that no save has made.
pub async fn revision_text(cx: &Cx, (kind, lang): (Kind, Lang), number: i64) -> Result<Text> {
    if number == 0 {
        return Ok(brought(kind, lang));
    }
    let mut conn = cx.read().await?;
    let page = queries::find(&mut conn, kind, lang).await?;
    let page = page.ok_or(Error::NotFound)?;
    let revision = queries::revision(&mut conn, page.id, number).await?;
    serde_json::from_str(&revision.fields).map_err(Error::internal)
}

async fn write(
    cx: &Cx,
    (kind, lang): (Kind, Lang),
    version: i64,
    text: &Text,
    action: &'static str,
    restored: Option<i64>,
) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let known = queries::find(&mut tx, kind, lang).await?;
    let before = match &known {
        Some(page) => page.text.clone(),
        None => brought(kind, lang),
    };
    let id: Id<SitePage> = match &known {
        Some(page) => {
            queries::update(&mut tx, page.id, version, text, now).await?;
            page.id
        }
        None => {
            let id = cx.app.clock.new_id();
            queries::insert(&mut tx, id, (kind, lang), text, now).await?;
            id
        }
    };
    let fields = serde_json::to_string(text).map_err(Error::internal)?;
    let author = cx.user()?.id.uuid();
    queries::insert_revision(&mut tx, id, version + 1, &fields, Some(author), now).await?;
    let noted = noted(&before, text, version).field("page", None, Some(&label(kind, lang)));
    let restored = restored.map(|number| number.to_string());
    let noted = noted.field("restored", None, restored.as_deref());
    let actor = cx.actor();
    audit::record(&mut tx, now, &actor, action, Some(id.uuid()), None, &noted).await?;
    public::changed(&cx.app, &mut tx, [SITE, MAP]).await?;
    tx.commit().await?;
    tracing::info!(page = %label(kind, lang), "site_page_saved");
    Ok(())
}

/// `about-tr`, as its URL in the office has it.
#[must_use]
pub fn label(kind: Kind, lang: Lang) -> String {
    format!("{kind}-{lang}")
}

/// Bodies are long: the audit tells which revisions hold them.
fn noted(before: &Text, after: &Text, version: i64) -> Changes {
    let numbers = [version, version + 1].map(|number| number.to_string());
    let is_rewritten = before.body != after.body;
    changes(&before.fields(), &after.fields()).field(
        "revision",
        Some(&numbers[0]),
        Some(&numbers[usize::from(is_rewritten)]),
    )
}
