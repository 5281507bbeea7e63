//! Posts on their way in: each is checked, then as many as possible are written.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    form::{Entry, Item, Named, Tags, begins_with_tag},
    model::{Outcome, Remark, Row},
    pictures::{Gallery, Pictures},
};
use crate::{
    app::App,
    error::{Error, Result},
    features::{
        categories::{
            self,
            actions::Saved,
            model::{Label, slug_of},
        },
        images::model::Image,
        posts::{
            actions,
            change::{Change, Hand, drawing},
            form::{PostForm, istanbul_moment, too_much},
            model::{Draft, Post, Slug, Status},
            queries::{self, Origin},
        },
        tags,
    },
    platform::{audit::Actor, db::WAIT_OFFLINE, i18n::Message, markdown},
    types::{Id, Lang, date, text},
    web::session::User,
};

pub struct Import {
    /// Of posts that do not tell theirs.
    pub lang: Option<Lang>,
    /// Of posts whose author is nobody here.
    pub author: Id<User>,
    pub dry_run: bool,
}

/// A post that was checked.
struct Ready {
    draft: Draft,
    category: Option<Label>,
    tags: Vec<Label>,
    status: Status,
    published_at: Option<DateTime<Utc>>,
    /// What of the two the file told: the rest is the post's own affair once it is here.
    is_standing_told: bool,
    is_date_told: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    author: Option<String>,
    pictures: Pictures,
    translation: Option<Uuid>,
}

/// As many posts are written in one transaction.
const BATCH: usize = 50;

/// As many bytes of new images wait for it, or one post's.
const HEAVY: usize = 32 * 1024 * 1024;

/// Brings in what can be, batch by batch; a post that a language has under the same slug is changed. One row for each entry.
pub async fn import(app: &App, entries: Vec<Entry>, import: &Import) -> Result<Vec<Row>> {
    import_by(app, Actor::default(), entries, import).await
}

/// The same by somebody in the office.
pub async fn import_by(
    app: &App,
    actor: Actor,
    entries: Vec<Entry>,
    import: &Import,
) -> Result<Vec<Row>> {
    let mut rows = Vec::with_capacity(entries.len());
    let mut ready = Vec::new();
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut gallery = Gallery::default();
    for entry in entries {
        let mut row = Row::at(entry.place.clone());
        match read(app, entry, import.lang, &mut gallery, &mut row).await? {
            Err(why) => row.outcome = Outcome::Refused(why),
            Ok(post) => match seen.insert(row.name.clone(), row.place.clone()) {
                Some(earlier) => {
                    let why = Message::new("import-same-slug").arg("place", earlier);
                    row.outcome = Outcome::refused(why);
                }
                None => ready.push((rows.len(), post)),
            },
        }
        rows.push(row);
        if ready.len() == BATCH || gallery.size() > HEAVY {
            write_batch(app, &actor, &ready, import, &mut rows).await?;
            ready.clear();
            gallery = Gallery::default();
        }
    }
    write_batch(app, &actor, &ready, import, &mut rows).await?;
    Ok(rows)
}

/// The images first, because the text is checked with the URLs that they have here.
async fn read(
    app: &App,
    entry: Entry,
    lang: Option<Lang>,
    gallery: &mut Gallery,
    row: &mut Row,
) -> Result<std::result::Result<Ready, Vec<Remark>>> {
    let mut item = match entry.item {
        Ok(item) => item,
        Err(why) => return Ok(Err(vec![why.into()])),
    };
    let lang = match language(&item, lang) {
        Ok(lang) => lang,
        Err(why) => return Ok(Err(vec![why.into()])),
    };
    let folder = entry.folder.as_ref();
    let pictures = gallery
        .look(app, &mut item, folder, lang, &mut row.notes)
        .await?;
    Ok(check(app, item, lang, row).map(|ready| Ready { pictures, ..ready }))
}

async fn write_batch(
    app: &App,
    actor: &Actor,
    batch: &[(usize, Ready)],
    import: &Import,
    rows: &mut [Row],
) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let before: Vec<usize> = batch.iter().map(|(at, _)| rows[*at].notes.len()).collect();
    match write(app, actor, batch, import, rows).await {
        Ok(()) => return Ok(()),
        Err(error @ Error::Unavailable(_)) => return Err(error),
        Err(_) => {}
    }
    // One of them cannot be written: which one shows when each has a transaction of its own.
    for (one, before) in batch.chunks(1).zip(before) {
        let at = one[0].0;
        rows[at].notes.truncate(before);
        match write(app, actor, one, import, rows).await {
            Ok(()) => {}
            Err(error @ Error::Unavailable(_)) => return Err(error),
            Err(error) => {
                rows[at].notes.truncate(before);
                tracing::error!(%error, row = %rows[at].place, "post_not_imported");
                rows[at].outcome = Outcome::refused(Message::new("import-failed"));
            }
        }
    }
    Ok(())
}

async fn write(
    app: &App,
    actor: &Actor,
    batch: &[(usize, Ready)],
    import: &Import,
    rows: &mut [Row],
) -> Result<()> {
    let mut change = Change::by(app, actor.clone()).await?;
    change.tx.set_wait(WAIT_OFFLINE);
    let mut hand = change.hand();
    let mut is_seen = false;
    for (at, ready) in batch {
        let row = &mut rows[*at];
        row.outcome = put(&mut hand, ready, import.author, &mut row.notes).await?;
        is_seen |= row.outcome == Outcome::Updated
            || row.outcome == Outcome::Created && ready.status != Status::Draft;
    }
    if import.dry_run {
        return Ok(());
    }
    if is_seen {
        change.commit().await
    } else {
        change.commit_unseen().await
    }
}

/// Demo posts within the transaction of all other demo data. They bring no images.
pub async fn import_within(hand: &mut Hand<'_>, item: Item, author: Id<User>) -> Result<()> {
    let mut row = Row::at(String::new());
    let odd = |why: &dyn std::fmt::Debug| Error::internal(format!("{why:?}"));
    let lang = language(&item, None).map_err(|why| odd(&why))?;
    let ready = check(hand.app, item, lang, &mut row).map_err(|why| odd(&why))?;
    match put(hand, &ready, author, &mut row.notes).await? {
        Outcome::Refused(why) => Err(odd(&why)),
        _ => Ok(()),
    }
}

fn language(item: &Item, lang: Option<Lang>) -> std::result::Result<Lang, Message> {
    match &item.lang {
        Some(text) => {
            Lang::parse(text).map_err(|_| Message::new("import-lang-unknown").arg("lang", text))
        }
        None => lang.ok_or_else(|| Message::new("import-lang-missing")),
    }
}

fn check(
    app: &App,
    item: Item,
    lang: Lang,
    row: &mut Row,
) -> std::result::Result<Ready, Vec<Remark>> {
    let options = drawing(app);
    let told = item.slug.as_deref().filter(|told| !told.trim().is_empty());
    let slug = match told {
        Some(told) => text::slug(told),
        None => slug_of(item.title.as_deref().unwrap_or_default()),
    };
    row.name = format!("{lang}/{slug}");
    let now = app.clock.now();
    let published_at = item.published_at.as_deref().map(moment).transpose()?;
    let created_at = item.created_at.as_deref().map(moment).transpose()?;
    let updated_at = item.updated_at.as_deref().map(moment).transpose()?;
    if !item.others.is_empty() {
        let names: Vec<&str> = item.others.keys().map(String::as_str).collect();
        let names = names.join(", ").chars().take(200).collect::<String>();
        let note = Message::new("import-others-unknown").arg("names", names);
        row.notes.push(note.into());
    }
    let is_date_told = published_at.is_some();
    let is_standing_told = is_date_told || item.status.is_some() || item.is_draft.is_some();
    let (status, published_at) = standing(&item, published_at, created_at, now)?;
    let about = |field| move |why| Remark::about(field, why);
    let category = item.category.as_ref().map(Named::label).transpose();
    let category = category.map_err(about("category"))?;
    let tags = item.tags.as_ref().map(Tags::labels).transpose();
    let tags = tags.map_err(about("tags"))?;
    let tags = tags.unwrap_or_default();
    let body = body(&item, &options)?;
    let form = PostForm {
        lang: lang.code().into(),
        title: item.title.clone().unwrap_or_default(),
        // One that is told is not cut to fit: the form says what is wrong with it.
        slug: told.map_or(slug, str::to_owned),
        excerpt: cut("excerpt", item.excerpt.as_deref(), 500, row),
        body,
        tags: tags
            .iter()
            .map(|tag| tag.name.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        cover_alt: cut("cover_alt", item.cover_alt.as_deref(), 200, row),
        meta_title: cut("meta_title", item.meta_title.as_deref(), 60, row),
        meta_description: cut(
            "meta_description",
            item.meta_description.as_deref(),
            160,
            row,
        ),
        featured: if item.featured == Some(true) {
            "on"
        } else {
            ""
        }
        .into(),
        ..PostForm::default()
    };
    let draft = form
        .check(None, &options)
        .map_err(|errors| Remark::of_fields(form.view().errors(errors)))?;
    if status != Status::Draft && draft.rendered.html.trim().is_empty() {
        return Err(vec![Message::new("import-empty").into()]);
    }
    let created_at = created_at
        .or(published_at.filter(|at| *at <= now))
        .unwrap_or(now);
    Ok(Ready {
        draft,
        category,
        tags,
        status,
        published_at,
        is_standing_told,
        is_date_told,
        created_at,
        updated_at: updated_at.unwrap_or(created_at).max(created_at),
        author: item.author,
        pictures: Pictures::default(),
        translation: item.translation.as_deref().map(group),
    })
}

/// RFC 3339, a day, or a moment in Istanbul.
fn moment(text: &str) -> std::result::Result<DateTime<Utc>, Message> {
    DateTime::parse_from_rfc3339(text.trim())
        .map(|moment| moment.to_utc())
        .ok()
        // As typed ones are bounded; other programs write year 1 for none.
        .filter(|moment| (1900..2200).contains(&chrono::Datelike::year(moment)))
        .or_else(|| date::parse(text).ok().map(date::day_start))
        .or_else(|| istanbul_moment(text).ok())
        .ok_or_else(|| Message::new("import-date").arg("date", text))
}

/// What it is told to be; else what follows from its date, and a draft without one.
fn standing(
    item: &Item,
    published_at: Option<DateTime<Utc>>,
    created_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> std::result::Result<(Status, Option<DateTime<Utc>>), Message> {
    let told = match item.status.as_deref() {
        Some(text) => Some(
            Status::parse(text).map_err(|_| Message::new("import-status").arg("status", text))?,
        ),
        None => item.is_draft.filter(|is| *is).map(|_| Status::Draft),
    };
    let at = match told {
        Some(Status::Draft) => return Ok((Status::Draft, published_at)),
        Some(_) => published_at.or(created_at).unwrap_or(now),
        None => match published_at {
            Some(at) => at,
            None => return Ok((Status::Draft, None)),
        },
    };
    let status = if at > now {
        Status::Scheduled
    } else {
        Status::Published
    };
    Ok((status, Some(at)))
}

fn body(item: &Item, options: &markdown::Options) -> std::result::Result<String, Remark> {
    let html = match (&item.markdown, &item.html, &item.content) {
        (Some(markdown), None, None) => return Ok(markdown.clone()),
        (None, Some(html), None) => html,
        (None, None, Some(content)) if begins_with_tag(content) => content,
        (None, None, Some(content)) => return Ok(content.clone()),
        (None, None, None) => return Ok(String::new()),
        _ => return Err(Message::new("import-bodies").into()),
    };
    if let Err(refused) = markdown::clean(html, options) {
        return Err(Remark::about("html", too_much(refused)));
    }
    Ok(markdown::embed(html, options))
}

/// A text that is only too long is not worth a refusal.
fn cut(field: &str, text: Option<&str>, max: usize, row: &mut Row) -> String {
    let text = text
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if text.chars().count() > max {
        let cut = Message::new("import-cut").arg("max", max);
        row.notes.push(Remark::about(field, cut));
    }
    markdown::excerpt(&text, max)
}

/// The same for the same word.
fn group(word: &str) -> Uuid {
    word.parse().unwrap_or_else(|_| {
        let digest: [u8; 32] = Sha256::digest(word).into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    })
}

async fn put(
    hand: &mut Hand<'_>,
    ready: &Ready,
    author: Id<User>,
    notes: &mut Vec<Remark>,
) -> Result<Outcome> {
    let lang = ready.draft.lang;
    let known = queries::find_by_slug(hand.tx, lang, ready.draft.slug.text()).await?;
    let mut draft = ready.draft.clone();
    draft.slug = Slug::Typed(ready.draft.slug.text().to_owned());
    if let Some(label) = &ready.category {
        let id = categories::actions::found_or_made(hand, lang, label).await?;
        draft.category_id = Some(id);
    }
    draft.tags = tag_names(hand, lang, &ready.tags).await?;
    let brought = ready.pictures.keep(hand).await?;
    cover(&mut draft, known.as_ref(), brought.as_ref(), notes);
    let translation = translation(hand, known.as_ref(), ready, notes).await?;
    let saved = match known {
        Some(post) => {
            let stands = standing_of_known(&post, ready, hand.now);
            if post.is_public(hand.now) && stands.0 == Status::Draft {
                notes.push(Message::new("import-unpublished").into());
            }
            return change(hand, &post, draft, stands, translation).await;
        }
        None => {
            let id: Id<Post> = Id::new_v7(ready.created_at, crate::platform::clock::random());
            let told = match &ready.author {
                Some(email) => queries::staff(hand.tx, Some(&email.to_ascii_lowercase())).await?,
                None => None,
            };
            if told.is_none() && ready.author.is_some() {
                let author = ready.author.as_deref().unwrap_or_default();
                notes.push(Message::new("import-author").arg("email", author).into());
            }
            let origin = Origin {
                id,
                translation_id: translation.unwrap_or(id.uuid()),
                author_id: told.unwrap_or(author),
                status: ready.status,
                published_at: ready.published_at,
                created_at: ready.created_at,
                updated_at: ready.updated_at,
            };
            actions::insert(hand, &origin, draft).await?
        }
    };
    Ok(match saved {
        Saved::Done(()) => Outcome::Created,
        Saved::Refused(_) => Outcome::refused(Message::new("import-unfit")),
    })
}

/// The tags under the names that they have here.
async fn tag_names(hand: &mut Hand<'_>, lang: Lang, labels: &[Label]) -> Result<Vec<String>> {
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for label in labels {
        let id = tags::actions::found_or_made(hand, lang, label).await?;
        if seen.insert(id) {
            names.push(tags::queries::find(hand.tx, id).await?.name);
        }
    }
    Ok(names)
}

/// A post keeps the cover that it has, unless it brings another one, and its words with it.
fn cover(
    draft: &mut Draft,
    known: Option<&Post>,
    brought: Option<&Image>,
    notes: &mut Vec<Remark>,
) {
    let own = known.and_then(|post| post.cover_id);
    draft.cover_id = brought.map(|image| image.id.uuid()).or(own);
    if draft.cover_alt.is_some() {
        return;
    }
    let Some(image) = brought.filter(|_| draft.cover_id != own) else {
        draft.cover_alt = known.and_then(|post| post.cover_alt.clone());
        return;
    };
    let told = image.alt(draft.lang);
    draft.cover_alt = Some(if told.is_empty() {
        notes.push(Remark::about(
            "cover_alt",
            Message::new("import-cover-words"),
        ));
        draft.title.clone()
    } else {
        told.to_owned()
    });
}

async fn translation(
    hand: &mut Hand<'_>,
    known: Option<&Post>,
    ready: &Ready,
    notes: &mut Vec<Remark>,
) -> Result<Option<Uuid>> {
    let Some(group) = ready.translation else {
        return Ok(None);
    };
    let others = queries::translations(hand.tx, group).await?;
    let own = known.map(|post| post.id);
    let is_taken =
        |other: &queries::Translation| other.lang == ready.draft.lang && Some(other.id) != own;
    if let Some(other) = others.iter().find(|other| is_taken(other)) {
        let taken = Message::new("import-translation").arg("slug", &other.slug);
        notes.push(taken.into());
        return Ok(None);
    }
    Ok(Some(group))
}

/// Where a post that is here stands after its file: what the office has made of it since stays, unless the file says
/// otherwise.
fn standing_of_known(
    post: &Post,
    ready: &Ready,
    now: DateTime<Utc>,
) -> (Status, Option<DateTime<Utc>>) {
    // One whose moment has come is public, whatever its row says.
    let is_due = post.is_public(now)
        && ready.status == Status::Published
        && ready.published_at == post.published_at;
    if !ready.is_standing_told || is_due {
        return (post.status, post.published_at);
    }
    if ready.status == Status::Draft && !ready.is_date_told {
        return (Status::Draft, post.published_at.filter(|at| *at <= now));
    }
    if !ready.is_date_told && post.status != Status::Draft {
        return (post.status, post.published_at);
    }
    (ready.status, ready.published_at)
}

async fn change(
    hand: &mut Hand<'_>,
    post: &Post,
    draft: Draft,
    stands: (Status, Option<DateTime<Utc>>),
    translation: Option<Uuid>,
) -> Result<Outcome> {
    let tags = tags::queries::of_post(hand.tx, post.id).await?;
    let mut names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
    let mut wanted: Vec<&str> = draft.tags.iter().map(String::as_str).collect();
    names.sort_unstable();
    wanted.sort_unstable();
    let is_same = post.fields() == draft.fields()
        && post.body == draft.body
        && post.category_id == draft.category_id
        && post.cover_id == draft.cover_id
        && names == wanted;
    let is_dated_same = (post.status, post.published_at) == stands;
    let group = translation.filter(|group| *group != post.translation_id);
    if is_same && is_dated_same && group.is_none() {
        return Ok(Outcome::Unchanged);
    }
    let mut version = post.version;
    let body = draft.body.clone();
    if !is_same {
        if let Saved::Refused(_) = actions::rewrite(hand, post, version, draft).await? {
            return Ok(Outcome::refused(Message::new("import-unfit")));
        }
        version += 1;
    }
    if !is_dated_same {
        let rewritten = Post {
            body,
            version,
            ..post.clone()
        };
        let stood = actions::stand(hand, &rewritten, None, stands, "posts.import").await?;
        if let Saved::Refused(_) = stood {
            return Ok(Outcome::refused(Message::new("import-empty")));
        }
        version += 1;
    }
    if let Some(group) = group {
        actions::translate(hand, post, version, group).await?;
    }
    Ok(Outcome::Updated)
}
