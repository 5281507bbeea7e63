//! What writers do to tags, each in one transaction with its audit row.

use super::{model::Tag, queries};
use crate::{
    error::{Error, Result},
    features::{
        categories::{
            actions::{Saved, clashes, taken},
            form::LabelForm,
            model::{Label, free},
        },
        posts::{
            change::{Change, Hand},
            jobs::Reword,
            model::{SlugKind, search_words},
            queries as slugs,
        },
    },
    platform::{audit::Changes, i18n::Message},
    types::{Id, Lang},
    web::{cx::Cx, form::Errors},
};

/// The tag of this name or slug, made if there is none. One that was renamed or merged is what it became: whoever opened
/// a post before that still has the old name in the form.
pub async fn found_or_made(hand: &mut Hand<'_>, lang: Lang, label: &Label) -> Result<Id<Tag>> {
    if let Some(known) = queries::find_by_name(hand.tx, lang, &label.name).await? {
        return Ok(known.id);
    }
    if let Some(known) = queries::find_by_slug(hand.tx, lang, &label.slug).await? {
        return Ok(known.id);
    }
    let left = (SlugKind::Tag, lang, label.slug.as_str());
    if let Some(became) = slugs::led_to(hand.tx, left).await? {
        let became = Id::from_uuid(became);
        match queries::find(hand.tx, became).await {
            Ok(_) => return Ok(became),
            Err(Error::NotFound) => {}
            Err(other) => return Err(other),
        }
    }
    let near = queries::slugs_like(hand.tx, lang, &label.slug).await?;
    let label = Label {
        slug: free(&label.slug, &near),
        ..label.clone()
    };
    add(hand, lang, &label).await
}

async fn add(hand: &mut Hand<'_>, lang: Lang, label: &Label) -> Result<Id<Tag>> {
    let id = hand.new_id();
    queries::insert(hand.tx, id, lang, label, hand.now).await?;
    *hand.is_seen |= slugs::take_slug(hand.tx, SlugKind::Tag, lang, &label.slug).await?;
    let changes = Changes::new().field("name", None, Some(&label.name)).field(
        "slug",
        None,
        Some(&label.slug),
    );
    hand.note("tags.create", id.uuid(), &changes).await?;
    Ok(id)
}

/// A slug that follows from the name gets a number where it is another's.
pub async fn create(cx: &Cx, lang: Lang, label: &Label) -> Result<Saved<Id<Tag>>> {
    let mut change = Change::of(cx).await?;
    let hand = &mut change.hand();
    let mut label = label.clone();
    if label.is_made() {
        let near = queries::slugs_like(hand.tx, lang, &label.slug).await?;
        label.slug = free(&label.slug, &near);
    }
    if let Some(clash) = queries::clash(hand.tx, lang, &label, None).await? {
        return Ok(clashes(clash));
    }
    match add(hand, lang, &label).await {
        Ok(id) => {
            // It has no post yet.
            change.commit_unseen().await?;
            Ok(Saved::Done(id))
        }
        Err(Error::Taken(_)) => Ok(taken()),
        Err(other) => Err(other),
    }
}

/// Its old slug leads to the new one; its posts are found by both names until a job has gone through them.
pub async fn rename(cx: &Cx, id: Id<Tag>, version: i64, form: &LabelForm) -> Result<Saved<()>> {
    let label = match form.check_tag() {
        Ok(label) => label,
        Err(errors) => return Ok(Saved::Refused(errors)),
    };
    let mut change = Change::of(cx).await?;
    let hand = &mut change.hand();
    let before = queries::find_to_change(hand.tx, id).await?;
    if let Some(clash) = queries::clash(hand.tx, before.lang, &label, Some(id)).await? {
        return Ok(clashes(clash));
    }
    match queries::rename(hand.tx, id, version, &label, hand.now).await {
        Ok(()) => {}
        Err(Error::Taken(_)) => return Ok(taken()),
        Err(other) => return Err(other),
    }
    if before.slug != label.slug {
        let left = (SlugKind::Tag, before.lang, before.slug.as_str());
        slugs::leave_slug(hand.tx, left, Some(id.uuid()), hand.now).await?;
        slugs::take_slug(hand.tx, SlugKind::Tag, before.lang, &label.slug).await?;
    }
    if before.name != label.name {
        name_posts(hand, id, &label.name).await?;
        let posts = queries::posts_of(hand.tx, id).await?;
        Reword::promise(hand, &posts).await?;
    }
    let changes = Changes::new()
        .field("name", Some(&before.name), Some(&label.name))
        .field("slug", Some(&before.slug), Some(&label.slug));
    hand.note("tags.update", id.uuid(), &changes).await?;
    change.commit().await?;
    Ok(Saved::Done(()))
}

/// All its posts have another tag of the same language from now on, and its slug leads there.
pub async fn merge(cx: &Cx, id: Id<Tag>, version: i64, into: Id<Tag>) -> Result<Saved<u64>> {
    let mut change = Change::of(cx).await?;
    let hand = &mut change.hand();
    let from = queries::find_to_change(hand.tx, id).await?;
    let to = match queries::find_to_change(hand.tx, into).await {
        Ok(to) if to.id != id && to.lang == from.lang => to,
        Ok(_) | Err(Error::NotFound) => {
            let errors = Errors::one("into", Message::new("error-choice"));
            return Ok(Saved::Refused(errors));
        }
        Err(other) => return Err(other),
    };
    if from.version != version {
        return Err(Error::Conflict);
    }
    let posts = queries::posts_of(hand.tx, id).await?;
    let moved = queries::move_posts(hand.tx, id, into).await?;
    name_posts(hand, into, &to.name).await?;
    Reword::promise(hand, &posts).await?;
    queries::delete(hand.tx, id, version).await?;
    slugs::lead_on(hand.tx, id.uuid(), into.uuid()).await?;
    let left = (SlugKind::Tag, from.lang, from.slug.as_str());
    slugs::leave_slug(hand.tx, left, Some(into.uuid()), hand.now).await?;
    let changes = Changes::new().field("name", Some(&from.name), Some(&to.name));
    hand.note("tags.merge", id.uuid(), &changes).await?;
    change.commit().await?;
    Ok(Saved::Done(moved))
}

/// Its posts live on without it, and its slug tells that it is gone. Returns what it was.
pub async fn delete(cx: &Cx, id: Id<Tag>, version: i64) -> Result<Tag> {
    let mut change = Change::of(cx).await?;
    let hand = &mut change.hand();
    let tag = queries::find_to_change(hand.tx, id).await?;
    if tag.version != version {
        return Err(Error::Conflict);
    }
    let posts = queries::posts_of(hand.tx, id).await?;
    Reword::promise(hand, &posts).await?;
    queries::leave_posts(hand.tx, id).await?;
    queries::delete(hand.tx, id, version).await?;
    slugs::lead_nowhere(hand.tx, id.uuid()).await?;
    let left = (SlugKind::Tag, tag.lang, tag.slug.as_str());
    slugs::leave_slug(hand.tx, left, None, hand.now).await?;
    let changes =
        Changes::new()
            .field("name", Some(&tag.name), None)
            .field("slug", Some(&tag.slug), None);
    hand.note("tags.delete", id.uuid(), &changes).await?;
    change.commit().await?;
    Ok(tag)
}

/// All live posts of a tag are found by this name at once.
async fn name_posts(hand: &mut Hand<'_>, id: Id<Tag>, name: &str) -> Result<()> {
    for word in search_words("", &[name], "", "") {
        queries::add_word(hand.tx, id, &word).await?;
    }
    Ok(())
}
