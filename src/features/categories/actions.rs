//! What writers do to categories, each in one transaction with its audit row.

use super::{
    form::LabelForm,
    model::{Category, Clash, Label, free},
    queries,
};
use crate::{
    error::{Error, Result},
    features::posts::{
        change::{Change, Hand},
        model::SlugKind,
        queries as slugs,
    },
    platform::{audit::Changes, i18n::Message},
    types::{Id, Lang},
    web::{cx::Cx, form::Errors},
};

/// What became of a form that only the database could judge.
#[derive(Debug)]
pub enum Saved<T> {
    Done(T),
    Refused(Errors),
}

/// Another one has this name or slug already: whoever came first is not known here any more.
#[must_use]
pub fn taken<T>() -> Saved<T> {
    Saved::Refused(Errors::one("name", Message::new("error-label-taken")))
}

/// Says which other one has the name or the slug.
#[must_use]
pub fn clashes<T>(clash: Clash) -> Saved<T> {
    let (field, key, name) = match clash {
        Clash::Name(name) => ("name", "error-label-name-taken", name),
        Clash::Slug(name) => ("slug", "error-label-slug-taken", name),
    };
    Saved::Refused(Errors::one(field, Message::new(key).arg("name", name)))
}

/// A slug that follows from the name gets a number where it is another's.
pub async fn create(cx: &Cx, lang: Lang, label: &Label) -> Result<Saved<Id<Category>>> {
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

async fn add(hand: &mut Hand<'_>, lang: Lang, label: &Label) -> Result<Id<Category>> {
    let id = hand.new_id();
    queries::insert(hand.tx, id, lang, label, hand.now).await?;
    *hand.is_seen |= slugs::take_slug(hand.tx, SlugKind::Category, lang, &label.slug).await?;
    let changes = Changes::new().field("name", None, Some(&label.name)).field(
        "slug",
        None,
        Some(&label.slug),
    );
    hand.note("categories.create", id.uuid(), &changes).await?;
    Ok(id)
}

/// The category of this slug or name, made if there is none.
pub async fn found_or_made(hand: &mut Hand<'_>, lang: Lang, label: &Label) -> Result<Id<Category>> {
    if let Some(known) = queries::find_by_slug(hand.tx, lang, &label.slug).await? {
        return Ok(known.id);
    }
    if let Some(known) = queries::find_by_name(hand.tx, lang, &label.name).await? {
        return Ok(known.id);
    }
    let left = (SlugKind::Category, lang, label.slug.as_str());
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

/// Its old slug leads to the new one.
pub async fn rename(
    cx: &Cx,
    id: Id<Category>,
    version: i64,
    form: &LabelForm,
) -> Result<Saved<()>> {
    let label = match form.check() {
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
        let left = (SlugKind::Category, before.lang, before.slug.as_str());
        slugs::leave_slug(hand.tx, left, Some(id.uuid()), hand.now).await?;
        slugs::take_slug(hand.tx, SlugKind::Category, before.lang, &label.slug).await?;
    }
    let changes = Changes::new()
        .field("name", Some(&before.name), Some(&label.name))
        .field("slug", Some(&before.slug), Some(&label.slug));
    hand.note("categories.update", id.uuid(), &changes).await?;
    change.commit().await?;
    Ok(Saved::Done(()))
}

/// All its posts are another's of the same language from now on, and its slug leads there.
pub async fn merge(
    cx: &Cx,
    id: Id<Category>,
    version: i64,
    into: Id<Category>,
) -> Result<Saved<u64>> {
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
    let moved = queries::move_posts(hand.tx, id, into).await?;
    queries::delete(hand.tx, id, version).await?;
    slugs::lead_on(hand.tx, id.uuid(), into.uuid()).await?;
    let left = (SlugKind::Category, from.lang, from.slug.as_str());
    slugs::leave_slug(hand.tx, left, Some(into.uuid()), hand.now).await?;
    let changes = Changes::new().field("name", Some(&from.name), Some(&to.name));
    hand.note("categories.merge", id.uuid(), &changes).await?;
    change.commit().await?;
    Ok(Saved::Done(moved))
}

/// Its posts live on without one, and its slug tells that it is gone. Returns what it was.
pub async fn delete(cx: &Cx, id: Id<Category>, version: i64) -> Result<Category> {
    let mut change = Change::of(cx).await?;
    let hand = &mut change.hand();
    let category = queries::find_to_change(hand.tx, id).await?;
    if category.version != version {
        return Err(Error::Conflict);
    }
    queries::leave_posts(hand.tx, id).await?;
    queries::delete(hand.tx, id, version).await?;
    slugs::lead_nowhere(hand.tx, id.uuid()).await?;
    let left = (SlugKind::Category, category.lang, category.slug.as_str());
    slugs::leave_slug(hand.tx, left, None, hand.now).await?;
    let changes = Changes::new()
        .field("name", Some(&category.name), None)
        .field("slug", Some(&category.slug), None);
    hand.note("categories.delete", id.uuid(), &changes).await?;
    change.commit().await?;
    Ok(category)
}
