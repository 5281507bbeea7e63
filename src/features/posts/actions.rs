//! What writers do to posts, each in one transaction with its audit row.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    change::{Change, Hand, drawing},
    form::{PostForm, istanbul_moment},
    model::{Draft, Post, RESERVED, Slug, SlugKind, Status, drawn, search_words},
    queries::{self, Origin, Unsaved},
};
use crate::{
    app::App,
    error::{Error, Result},
    features::{
        categories::{
            self,
            actions::Saved,
            model::{Category, Label, free, slug_of},
        },
        companies::model::changes,
        images, tags,
    },
    platform::{
        audit::{Actor, Changes},
        db::{Conn, Tx},
        i18n::Message,
        markdown,
    },
    types::{Id, Lang},
    web::{cx::Cx, extract::form_key, form::Errors, idempotency, session::User},
};

/// The new post's URL; the same URL again for a second submission of the same form.
pub async fn create(cx: &Cx, form: &PostForm, body: &[u8]) -> Result<Saved<String>> {
    let draft = match form.check(None, &drawing(&cx.app)) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Saved::Refused(errors)),
    };
    let user = cx.user()?.id;
    let mut change = Change::of(cx).await?;
    let id: Id<Post> = change.hand().new_id();
    let location = format!("/posts/{id}");
    if let Some(earlier) = change.claim(cx, &form.form_key, body, &location).await? {
        return Ok(Saved::Done(earlier));
    }
    let mut hand = change.hand();
    let now = hand.now;
    let translation_id = match draft.translates {
        None => id.uuid(),
        Some(other) => match group(&mut hand, other, draft.lang).await? {
            Some(group) => group,
            None => return Ok(refused("translates", "error-translation")),
        },
    };
    let origin = Origin {
        id,
        translation_id,
        author_id: user,
        status: Status::Draft,
        published_at: None,
        created_at: now,
        updated_at: now,
    };
    match insert(&mut hand, &origin, draft).await? {
        Saved::Refused(errors) => return Ok(Saved::Refused(errors)),
        Saved::Done(()) => {}
    }
    forget_kept(hand.tx, user, None, form).await?;
    change.commit_unseen().await?;
    tracing::info!(post_id = %id, "post_created");
    Ok(Saved::Done(location))
}

fn refused<T>(field: &'static str, key: &'static str) -> Saved<T> {
    Saved::Refused(Errors::one(field, Message::new(key)))
}

/// The translations that a post belongs to, if they have none in this language.
async fn group(hand: &mut Hand<'_>, other: Id<Post>, lang: Lang) -> Result<Option<Uuid>> {
    let other = match queries::find_to_change(hand.tx, other).await {
        Ok(other) => other,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let group = other.translation_id;
    let known = queries::translations(hand.tx, group).await?;
    Ok(Some(group).filter(|_| known.iter().all(|post| post.lang != lang)))
}

/// A new post with its tags, words and first revision.
pub async fn insert(hand: &mut Hand<'_>, origin: &Origin, mut draft: Draft) -> Result<Saved<()>> {
    if !has_category(hand, draft.category_id, draft.lang).await? {
        return Ok(refused("category", "error-choice"));
    }
    if !has_cover(hand, draft.cover_id).await? {
        return Ok(refused("cover", "error-image-unknown"));
    }
    if let Some(refused) = settle_slug(hand, &mut draft, None).await? {
        return Ok(refused);
    }
    queries::insert(hand.tx, origin, &draft).await?;
    complete(hand, origin.id, &draft).await?;
    if origin.status != Status::Draft {
        sign(hand, origin.author_id).await?;
        queries::take_slug(hand.tx, SlugKind::Post, draft.lang, draft.slug.text()).await?;
    }
    let tags = Some(draft.tags.join(", ")).filter(|tags| !tags.is_empty());
    let ids = [draft.category_id.map(Id::uuid), draft.cover_id];
    let [category, cover] = ids.map(|id| id.map(|id| id.to_string()));
    let published_at = origin.published_at.map(|at| at.to_rfc3339());
    let noted = changes(&[], &draft.fields())
        .field("lang", None, Some(draft.lang.code()))
        .field("category", None, category.as_deref())
        .field("cover", None, cover.as_deref())
        .field("tags", None, tags.as_deref())
        .field("status", None, Some(origin.status.as_str()))
        .field("published_at", None, published_at.as_deref());
    hand.note("posts.create", origin.id.uuid(), &noted).await?;
    Ok(Saved::Done(()))
}

async fn has_category(hand: &mut Hand<'_>, id: Option<Id<Category>>, lang: Lang) -> Result<bool> {
    let Some(id) = id else { return Ok(true) };
    match categories::queries::find(hand.tx, id).await {
        Ok(category) => Ok(category.lang == lang),
        Err(Error::NotFound) => Ok(false),
        Err(other) => Err(other),
    }
}

/// SQLite cannot add a foreign key to a table that is there, so this is looked at here.
async fn has_cover(hand: &mut Hand<'_>, id: Option<Uuid>) -> Result<bool> {
    match id {
        Some(id) => images::queries::exists(hand.tx, Id::from_uuid(id)).await,
        None => Ok(true),
    }
}

/// A made slug gets a number where it is another's; a typed one is refused.
async fn settle_slug<T>(
    hand: &mut Hand<'_>,
    draft: &mut Draft,
    own: Option<&str>,
) -> Result<Option<Saved<T>>> {
    let mut taken = queries::slugs_like(hand.tx, draft.lang, draft.slug.text()).await?;
    taken.retain(|slug| Some(slug.as_str()) != own);
    let free = free(draft.slug.text(), &taken);
    if free == draft.slug.text() {
        return Ok(None);
    }
    match &mut draft.slug {
        Slug::Made(slug) => *slug = free,
        Slug::Typed(_) => {
            let message = Message::new("error-slug-taken").arg("free", free);
            return Ok(Some(Saved::Refused(Errors::one("slug", message))));
        }
    }
    Ok(None)
}

/// What hangs on a post that was just written: tags, words, a revision.
async fn complete(hand: &mut Hand<'_>, id: Id<Post>, draft: &Draft) -> Result<()> {
    let mut ids = Vec::new();
    for name in &draft.tags {
        let tag = tags::actions::found_or_made(hand, draft.lang, &Label::of(name)).await?;
        if !ids.contains(&tag) {
            ids.push(tag);
        }
    }
    tags::queries::set_of_post(hand.tx, id, &ids).await?;
    let names: Vec<&str> = draft.tags.iter().map(String::as_str).collect();
    let body = markdown::plain(&draft.rendered.html);
    let words = search_words(&draft.title, &names, &draft.excerpt, &body);
    queries::set_words(hand.tx, id, draft.lang, &words).await?;
    queries::publish_rows(hand.tx, id).await?;
    let fields = serde_json::to_string(&form_of(draft)).map_err(Error::internal)?;
    let (revision, author) = (hand.new_id::<()>().uuid(), hand.actor.user_id);
    let kept = (draft.title.as_str(), fields.as_str());
    queries::insert_revision(hand.tx, revision, id, kept, author, hand.now).await
}

/// The draft as somebody would type it.
fn form_of(draft: &Draft) -> PostForm {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    PostForm {
        lang: draft.lang.code().into(),
        title: draft.title.clone(),
        slug: draft.slug.text().into(),
        excerpt: draft.excerpt.clone(),
        body: draft.body.clone(),
        category: draft
            .category_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        tags: draft.tags.join(", "),
        cover: draft.cover_id.map(|id| id.to_string()).unwrap_or_default(),
        cover_alt: text(&draft.cover_alt),
        meta_title: text(&draft.meta_title),
        meta_description: text(&draft.meta_description),
        featured: if draft.featured { "on" } else { "" }.into(),
        ..PostForm::default()
    }
}

/// Whoever publishes something is an author that readers may know, under a slug of the name.
async fn sign(hand: &mut Hand<'_>, user: Id<User>) -> Result<()> {
    if queries::has_author(hand.tx, user).await? {
        return Ok(());
    }
    let slug = slug_of(&queries::author_name(hand.tx, user).await?);
    let taken = queries::author_slugs_like(hand.tx, &slug).await?;
    queries::insert_author(hand.tx, user, &free(&slug, &taken), hand.now).await
}

/// `Conflict` if the post has moved on from `version`. The slug that it leaves leads to the new one. What was kept of this
/// form is in it, so it is forgotten; what was typed elsewhere is not.
pub async fn update(cx: &Cx, id: Id<Post>, version: i64, form: &PostForm) -> Result<Saved<()>> {
    // Before the transaction: a long text takes a while to draw, and SQLite has one writer.
    let lang = queries::find(&mut cx.read().await?, id).await?.lang;
    let draft = match form.check(Some(lang), &drawing(&cx.app)) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Saved::Refused(errors)),
    };
    let user = cx.user()?.id;
    let content = serde_json::to_string(form).map_err(Error::internal)?;
    let mut change = Change::of(cx).await?;
    let post = queries::find_to_change(&mut change.tx, id).await?;
    let location = format!("/posts/{id}");
    match change
        .claim(cx, &form.form_key, content.as_bytes(), &location)
        .await
    {
        Ok(Some(_)) => return Ok(Saved::Done(())),
        // A form that was saved and gone back to is decided by its version, as any other.
        Ok(None) | Err(Error::Conflict) => {}
        Err(other) => return Err(other),
    }
    let mut hand = change.hand();
    let saved = rewrite(&mut hand, &post, version, draft).await?;
    if let Saved::Done(()) = saved {
        forget_kept(hand.tx, user, Some(id), form).await?;
        change.commit_for(&[&post]).await?;
    }
    Ok(saved)
}

/// A post that is there says something else from now on.
pub async fn rewrite(
    hand: &mut Hand<'_>,
    post: &Post,
    version: i64,
    mut draft: Draft,
) -> Result<Saved<()>> {
    if post.version != version {
        return Err(Error::Conflict);
    }
    if !has_category(hand, draft.category_id, post.lang).await? {
        return Ok(refused("category", "error-choice"));
    }
    // One that went to the trash meanwhile may stay: it is shown again when it comes back.
    if draft.cover_id != post.cover_id && !has_cover(hand, draft.cover_id).await? {
        return Ok(refused("cover", "error-image-unknown"));
    }
    if let Some(refused) = settle_slug(hand, &mut draft, Some(&post.slug)).await? {
        return Ok(refused);
    }
    let tags_before = tags::queries::of_post(hand.tx, post.id).await?;
    queries::update(hand.tx, post.id, version, &draft, hand.now).await?;
    complete(hand, post.id, &draft).await?;
    move_slug(hand, post, draft.slug.text()).await?;
    let names: Vec<&str> = tags_before.iter().map(|tag| tag.name.as_str()).collect();
    let mut names_after: Vec<&str> = draft.tags.iter().map(String::as_str).collect();
    let mut names_before = names.clone();
    names_before.sort_unstable();
    names_after.sort_unstable();
    let (before, after) = (names_before.join(", "), names_after.join(", "));
    let categories = [post.category_id, draft.category_id].map(|id| id.map(|id| id.to_string()));
    let covers = [post.cover_id, draft.cover_id].map(|id| id.map(|id| id.to_string()));
    // Bodies are long: the audit tells which revisions hold them.
    let revisions = [version, version + 1].map(|number| number.to_string());
    let is_rewritten = post.body != draft.body;
    let noted = changes(&post.fields(), &draft.fields())
        .field("tags", Some(&before), Some(&after))
        .field(
            "category",
            categories[0].as_deref(),
            categories[1].as_deref(),
        )
        .field("cover", covers[0].as_deref(), covers[1].as_deref())
        .field(
            "revision",
            Some(&revisions[0]),
            Some(&revisions[usize::from(is_rewritten)]),
        );
    hand.note("posts.update", post.id.uuid(), &noted).await?;
    Ok(Saved::Done(()))
}

async fn move_slug(hand: &mut Hand<'_>, post: &Post, slug: &str) -> Result<()> {
    if post.slug == slug {
        return Ok(());
    }
    if post.was_public(hand.now) {
        let left = (SlugKind::Post, post.lang, post.slug.as_str());
        queries::leave_slug(hand.tx, left, Some(post.id.uuid()), hand.now).await?;
    }
    if post.is_public(hand.now) {
        queries::take_slug(hand.tx, SlugKind::Post, post.lang, slug).await?;
    }
    Ok(())
}

// ---- when readers see it

/// From now on, or since it was first public.
pub async fn publish(cx: &Cx, id: Id<Post>, version: i64) -> Result<Saved<()>> {
    let mut change = Change::of(cx).await?;
    let saved = publish_one(&mut change.hand(), id, Some(version)).await?;
    if let Saved::Done(()) = saved {
        change.commit().await?;
        tracing::info!(post_id = %id, "post_published");
    }
    Ok(saved)
}

async fn publish_one(hand: &mut Hand<'_>, id: Id<Post>, version: Option<i64>) -> Result<Saved<()>> {
    let post = queries::find_to_change(hand.tx, id).await?;
    let at = post
        .published_at
        .filter(|at| *at <= hand.now)
        .unwrap_or(hand.now);
    stand(
        hand,
        &post,
        version,
        (Status::Published, Some(at)),
        "posts.publish",
    )
    .await
}

/// From a moment on that is typed in Istanbul time and still to come.
pub async fn schedule(cx: &Cx, id: Id<Post>, version: i64, typed: &str) -> Result<Saved<()>> {
    let mut errors = Errors::default();
    let Some(at) = errors.check("published_at", istanbul_moment(typed)) else {
        return Ok(Saved::Refused(errors));
    };
    let mut change = Change::of(cx).await?;
    let mut hand = change.hand();
    if at <= hand.now {
        return Ok(refused("published_at", "error-schedule-past"));
    }
    let post = queries::find_to_change(hand.tx, id).await?;
    let to = (Status::Scheduled, Some(at));
    let saved = stand(&mut hand, &post, Some(version), to, "posts.schedule").await?;
    if let Saved::Done(()) = saved {
        change.commit().await?;
    }
    Ok(saved)
}

/// A draft again. When it was first public is kept.
pub async fn unpublish(cx: &Cx, id: Id<Post>, version: i64) -> Result<Saved<()>> {
    let mut change = Change::of(cx).await?;
    let saved = unpublish_one(&mut change.hand(), id, Some(version)).await?;
    if let Saved::Done(()) = saved {
        change.commit().await?;
    }
    Ok(saved)
}

async fn unpublish_one(
    hand: &mut Hand<'_>,
    id: Id<Post>,
    version: Option<i64>,
) -> Result<Saved<()>> {
    let post = queries::find_to_change(hand.tx, id).await?;
    let at = post.published_at.filter(|at| *at <= hand.now);
    stand(hand, &post, version, (Status::Draft, at), "posts.unpublish").await
}

/// Without a version, whichever it has now.
pub async fn stand(
    hand: &mut Hand<'_>,
    post: &Post,
    version: Option<i64>,
    (status, at): (Status, Option<DateTime<Utc>>),
    action: &'static str,
) -> Result<Saved<()>> {
    if status != Status::Draft {
        if post.body.trim().is_empty() {
            return Ok(refused("body", "error-required"));
        }
        sign(hand, post.author_id).await?;
    }
    let version = version.unwrap_or(post.version);
    queries::set_status(hand.tx, post.id, version, status, at, hand.now).await?;
    if status == Status::Published {
        queries::take_slug(hand.tx, SlugKind::Post, post.lang, &post.slug).await?;
    } else if post.was_public(hand.now) && at.is_none_or(|at| at > hand.now) {
        // When it was public is forgotten, that readers know its address is not: it leads to wherever the post will be.
        let left = (SlugKind::Post, post.lang, post.slug.as_str());
        queries::leave_slug(hand.tx, left, Some(post.id.uuid()), hand.now).await?;
    }
    let [before, after] = [post.published_at, at].map(|at| at.map(|at| at.to_rfc3339()));
    let noted = Changes::new()
        .field("status", Some(post.status.as_str()), Some(status.as_str()))
        .field("published_at", before.as_deref(), after.as_deref());
    hand.note(action, post.id.uuid(), &noted).await?;
    Ok(Saved::Done(()))
}

// ---- others

/// A draft with the same text under a slug of its own; returns its URL.
pub async fn duplicate(cx: &Cx, id: Id<Post>) -> Result<String> {
    let user = cx.user()?.id;
    let mut change = Change::of(cx).await?;
    let mut hand = change.hand();
    let post = queries::find_to_change(hand.tx, id).await?;
    let names = tags::queries::of_post(hand.tx, id).await?;
    let names: Vec<&str> = names.iter().map(|tag| tag.name.as_str()).collect();
    let copy = Message::new("post-copy").arg("title", &post.title);
    let title = cx.app.translations.message(post.lang, &copy)?;
    let mut form = PostForm {
        title: title.chars().take(200).collect(),
        slug: String::new(),
        featured: String::new(),
        ..PostForm::of(&post, &names)
    };
    if !has_cover(&mut hand, post.cover_id).await? {
        form.cover.clear();
        form.cover_alt.clear();
    }
    // What is stored may be older than a rule of the form.
    let draft = form
        .check(Some(post.lang), &drawing(&cx.app))
        .map_err(|_| Error::Unprocessable)?;
    let copy: Id<Post> = hand.new_id();
    let origin = Origin {
        id: copy,
        translation_id: copy.uuid(),
        author_id: user,
        status: Status::Draft,
        published_at: None,
        created_at: hand.now,
        updated_at: hand.now,
    };
    if let Saved::Refused(_) = insert(&mut hand, &origin, draft).await? {
        return Err(Error::Unprocessable);
    }
    change.commit_unseen().await?;
    Ok(format!("/posts/{copy}"))
}

/// One of the translations of another post from now on, or of none.
pub async fn link_translation(
    cx: &Cx,
    id: Id<Post>,
    version: i64,
    other: Option<Id<Post>>,
) -> Result<Saved<()>> {
    let mut change = Change::of(cx).await?;
    let mut hand = change.hand();
    let post = queries::find_to_change(hand.tx, id).await?;
    let to = match other {
        None => hand.new_id::<()>().uuid(),
        Some(other) if other == id => return Ok(refused("translates", "error-translation")),
        Some(other) => match group(&mut hand, other, post.lang).await? {
            Some(group) => group,
            None => return Ok(refused("translates", "error-translation")),
        },
    };
    translate(&mut hand, &post, version, to).await?;
    change.commit_for(&[&post]).await?;
    Ok(Saved::Done(()))
}

/// A post belongs to another group of translations from now on.
pub async fn translate(hand: &mut Hand<'_>, post: &Post, version: i64, to: Uuid) -> Result<()> {
    queries::set_translation(hand.tx, post.id, version, to, hand.now).await?;
    let [before, after] = [post.translation_id, to].map(|id| id.to_string());
    let noted = Changes::new().field("translation", Some(&before), Some(&after));
    hand.note("posts.translate", post.id.uuid(), &noted).await
}

/// Readers who knew its address are told that it is gone. Returns the post as it was.
pub async fn trash(cx: &Cx, id: Id<Post>, version: i64) -> Result<Post> {
    let mut change = Change::of(cx).await?;
    let post = trash_one(&mut change.hand(), id, Some(version)).await?;
    change.commit_for(&[&post]).await?;
    Ok(post)
}

async fn trash_one(hand: &mut Hand<'_>, id: Id<Post>, version: Option<i64>) -> Result<Post> {
    let post = queries::find_to_change(hand.tx, id).await?;
    queries::trash(hand.tx, id, version.unwrap_or(post.version), hand.now).await?;
    if post.was_public(hand.now) {
        let left = (SlugKind::Post, post.lang, post.slug.as_str());
        queries::leave_slug(hand.tx, left, None, hand.now).await?;
    }
    hand.note("posts.trash", id.uuid(), &Changes::new()).await?;
    Ok(post)
}

/// As it was, or under another slug: it must be free. Where its translations have another of its language by now, it
/// leaves them.
pub async fn restore(
    cx: &Cx,
    id: Id<Post>,
    version: i64,
    slug: Option<String>,
) -> Result<Saved<Post>> {
    let mut change = Change::of(cx).await?;
    let hand = &mut change.hand();
    let before = queries::find_trashed(hand.tx, id).await?;
    let post = Post {
        slug: slug.unwrap_or_else(|| before.slug.clone()),
        ..before.clone()
    };
    let near = queries::slugs_like(hand.tx, post.lang, &post.slug).await?;
    if near.contains(&post.slug) {
        let message = Message::new("error-slug-taken").arg("free", free(&post.slug, &near));
        return Ok(Saved::Refused(Errors::one("slug", message)));
    }
    let others = queries::translations(hand.tx, post.translation_id).await?;
    let group = if others.iter().any(|other| other.lang == post.lang) {
        hand.new_id::<()>().uuid()
    } else {
        post.translation_id
    };
    queries::restore(hand.tx, &post, version, group, hand.now).await?;
    if post.was_public(hand.now) {
        queries::take_slug(hand.tx, SlugKind::Post, post.lang, &post.slug).await?;
    }
    if post.slug != before.slug && post.was_public(hand.now) {
        // As soon as the one that took it leaves it again.
        let left = (SlugKind::Post, post.lang, before.slug.as_str());
        queries::leave_slug(hand.tx, left, Some(id.uuid()), hand.now).await?;
    }
    let noted = Changes::new().field("slug", Some(&before.slug), Some(&post.slug));
    hand.note("posts.restore", id.uuid(), &noted).await?;
    change.commit_for(&[&post]).await?;
    Ok(Saved::Done(post))
}

/// What the list does to several posts at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bulk {
    Publish,
    Unpublish,
    Trash,
}

/// All that are still there, in one transaction; says to how many it was done. One that has no text is not published.
pub async fn bulk(cx: &Cx, ids: &[Id<Post>], what: Bulk) -> Result<usize> {
    let mut change = Change::of(cx).await?;
    let mut done = 0;
    for id in ids {
        let hand = &mut change.hand();
        let one = match what {
            Bulk::Publish | Bulk::Unpublish if stands_so(hand, *id, what).await? => continue,
            Bulk::Publish => publish_one(hand, *id, None).await,
            Bulk::Unpublish => unpublish_one(hand, *id, None).await,
            Bulk::Trash => trash_one(hand, *id, None).await.map(|_| Saved::Done(())),
        };
        match one {
            Ok(Saved::Done(())) => done += 1,
            Ok(Saved::Refused(_)) | Err(Error::NotFound) => {}
            Err(other) => return Err(other),
        }
    }
    change.commit().await?;
    Ok(done)
}

/// Whether nothing would change: a post whose moment has come is published, whatever its row says.
async fn stands_so(hand: &mut Hand<'_>, id: Id<Post>, what: Bulk) -> Result<bool> {
    let post = match queries::find_to_change(hand.tx, id).await {
        Ok(post) => post,
        Err(Error::NotFound) => return Ok(true),
        Err(other) => return Err(other),
    };
    Ok(match what {
        Bulk::Publish => post.is_public(hand.now),
        _ => post.status == Status::Draft,
    })
}

/// What became of a text that is not saved yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Now(DateTime<Utc>),
    /// Nothing: the form was saved already, and this comes after.
    Saved,
}

/// As many texts of one post and person, or of new posts, are kept without being saved; the office offers them all.
const MOST_UNSAVED: usize = 10;

/// Keeps what somebody has typed so far into a form, beside what was typed into others; `None` is a post that is not there
/// yet. What the form went on from is in it, so that is forgotten.
pub async fn autosave(
    cx: &Cx,
    post: Option<Id<Post>>,
    base_version: i64,
    form: &PostForm,
) -> Result<Kept> {
    let kept = Unsaved {
        form_key: form_key(&form.form_key).ok_or(Error::Unprocessable)?,
        fields: serde_json::to_string(form).map_err(Error::internal)?,
        base_version: post.map_or(0, |_| base_version.max(1)),
        updated_at: cx.app.clock.now(),
    };
    if kept.fields.len() > markdown::LONGEST * 2 {
        return Err(Error::TooLarge);
    }
    let user = cx.user()?.id;
    let mut tx = cx.begin().await?;
    if let Some(post) = post {
        // Whoever saves it now is waited for.
        queries::find_to_change(&mut tx, post).await?;
    }
    if idempotency::is_known(&mut tx, user, kept.form_key).await? {
        return Ok(Kept::Saved);
    }
    forget_kept(&mut tx, user, post, form).await?;
    let others = queries::unsaved(&mut tx, user, post).await?;
    for one in others.iter().skip(MOST_UNSAVED - 1) {
        queries::forget_unsaved(&mut tx, user, one.form_key).await?;
    }
    let of = post.unwrap_or(Id::from_uuid(kept.form_key));
    queries::keep_unsaved(&mut tx, user, of, &kept).await?;
    tx.commit().await?;
    Ok(Kept::Now(kept.updated_at))
}

/// What was kept of this form, and what it went on from unless that has gone on by itself.
async fn forget_kept(
    tx: &mut Tx,
    user: Id<User>,
    post: Option<Id<Post>>,
    form: &PostForm,
) -> Result<()> {
    for one in queries::unsaved(tx, user, post).await? {
        if one.updated_at.to_rfc3339() == form.kept_at {
            queries::forget_unsaved(tx, user, one.form_key).await?;
        }
    }
    match form_key(&form.form_key) {
        Some(own) => queries::forget_unsaved(tx, user, own).await,
        None => Ok(()),
    }
}

/// The form as it goes on after somebody else saved first. One that was saved itself and gone back to becomes another one,
/// so that what is typed from now on is kept.
pub async fn renewed(cx: &Cx, form: &PostForm) -> Result<PostForm> {
    let mut form = form.clone();
    if let Some(key) = form_key(&form.form_key)
        && idempotency::is_known(&mut cx.read().await?, cx.user()?.id, key).await?
    {
        form.form_key = cx.app.clock.new_uuid().to_string();
    }
    Ok(form)
}

/// Forgets what somebody has typed into a form and not saved.
pub async fn discard(cx: &Cx, form_key: Uuid) -> Result<()> {
    let user = cx.user()?.id;
    let mut tx = cx.begin().await?;
    queries::forget_unsaved(&mut tx, user, form_key).await?;
    tx.commit().await
}

/// The post says again what an older revision says, as a change of its own. Returns what it keeps instead: `cover`, `slug`,
/// `both` or `none`.
pub async fn restore_revision(
    cx: &Cx,
    id: Id<Post>,
    version: i64,
    number: i64,
) -> Result<Saved<&'static str>> {
    let mut conn = cx.read().await?;
    let post = queries::find(&mut conn, id).await?;
    let revision = queries::revision(&mut conn, id, number).await?;
    let mut form: PostForm = serde_json::from_str(&revision.fields).map_err(Error::internal)?;
    // One that was merged into another since is no choice any more.
    let category = form.category.parse().ok().map(Id::from_uuid);
    if let Some(category) = category
        && let Err(Error::NotFound) = categories::queries::find(&mut conn, category).await
    {
        form.category.clear();
    }
    let present = PostForm::of(&post, &[]);
    let keeps_cover = form.cover != present.cover && !is_live(&mut conn, &form.cover).await?;
    if keeps_cover {
        (form.cover, form.cover_alt) = (present.cover, present.cover_alt);
    }
    let taken = queries::slugs_like(&mut conn, post.lang, &form.slug).await?;
    let keeps_slug = form.slug != post.slug
        && (taken.contains(&form.slug) || RESERVED.contains(&form.slug.as_str()));
    if keeps_slug {
        form.slug = present.slug;
    }
    drop(conn);
    let kept = match (keeps_cover, keeps_slug) {
        (false, false) => "none",
        (true, false) => "cover",
        (false, true) => "slug",
        (true, true) => "both",
    };
    // What somebody has typed since is neither in the post nor in the revision.
    Ok(match update(cx, id, version, &form).await? {
        Saved::Done(()) => Saved::Done(kept),
        Saved::Refused(errors) => Saved::Refused(errors),
    })
}

/// Whether a form's image is there; none is, too.
async fn is_live(conn: &mut Conn, image: &str) -> Result<bool> {
    match image.parse() {
        Ok(id) => images::queries::exists(conn, id).await,
        Err(_) => Ok(true),
    }
}

/// The words that a post is found by are made anew of all that it says now, the names of its tags included.
pub async fn reword(hand: &mut Hand<'_>, id: Id<Post>) -> Result<()> {
    let post = match queries::find_any_to_change(hand.tx, id).await {
        Ok(post) => post,
        Err(Error::NotFound) => return Ok(()),
        Err(other) => return Err(other),
    };
    let tags = tags::queries::of_post(hand.tx, id).await?;
    let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
    let stored = (post.body_html.as_deref(), post.html_release.as_deref());
    let (html, _) = drawn(&post.body, stored.0, stored.1, &drawing(hand.app));
    let words = search_words(&post.title, &names, &post.excerpt, &markdown::plain(&html));
    queries::set_words(hand.tx, id, post.lang, &words).await?;
    queries::publish_rows(hand.tx, id).await
}

/// What the product itself does at night to a post that has been in the trash since before a moment.
pub async fn purge(app: &App, id: Id<Post>, before: DateTime<Utc>) -> Result<()> {
    let mut change = Change::by(app, Actor::default()).await?;
    let hand = &mut change.hand();
    if !queries::purge(hand.tx, id, before).await? {
        return Ok(());
    }
    hand.note("posts.purge", id.uuid(), &Changes::new()).await?;
    change.commit().await?;
    tracing::info!(post_id = %id, "post_purged");
    Ok(())
}
