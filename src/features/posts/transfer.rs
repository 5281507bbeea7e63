//! Posts as files: JSON, or Markdown with front matter; what was taken away comes back the same.

use std::{
    collections::{HashMap, HashSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    actions,
    change::{Change, Hand, drawing},
    form::{PostForm, istanbul_moment},
    model::{Draft, Post, Slug, Status},
    queries::{self, Origin},
};
use crate::{
    app::App,
    error::{Error, Result},
    features::{
        categories::{
            self,
            actions::Saved,
            model::{LONGEST_NAME, Label, slug_of},
        },
        tags,
    },
    platform::{
        audit::{Actor, Changes},
        db::WAIT_OFFLINE,
        markdown,
    },
    types::{Id, Lang, date, text},
    web::session::User,
};

/// A post in a file. The content is HTML or Markdown by the field's name; of `content` its beginning tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(alias = "summary", skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(alias = "draft", skip_serializing)]
    pub is_draft: Option<bool>,
    #[serde(
        alias = "publishedAt",
        alias = "date",
        skip_serializing_if = "Option::is_none"
    )]
    pub published_at: Option<String>,
    #[serde(alias = "createdAt", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(alias = "updatedAt", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub featured: Option<bool>,
    #[serde(alias = "metaTitle", skip_serializing_if = "Option::is_none")]
    pub meta_title: Option<String>,
    #[serde(alias = "metaDescription", skip_serializing_if = "Option::is_none")]
    pub meta_description: Option<String>,
    #[serde(
        alias = "coverImage",
        alias = "cover_image",
        skip_serializing_if = "Option::is_none"
    )]
    pub cover: Option<String>,
    #[serde(alias = "coverAlt", skip_serializing_if = "Option::is_none")]
    pub cover_alt: Option<String>,
    /// What the translations of one post have in common, whatever it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation: Option<String>,
    #[serde(alias = "content_html", skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    #[serde(alias = "body", skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Named {
    Full { name: String, slug: Option<String> },
    Name(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Tags {
    List(Vec<Named>),
    /// With commas between them.
    Text(String),
}

impl Named {
    fn label(&self) -> std::result::Result<Label, String> {
        let (name, slug) = match self {
            Self::Full { name, slug } => (name, slug.as_deref()),
            Self::Name(name) => (name, None),
        };
        // A comma is between two names.
        let name = text::clean_line(&name.replace([',', ';'], " "))
            .map_err(|_| "a name holds control characters".to_owned())?;
        let length = u32::try_from(name.chars().count()).unwrap_or(u32::MAX);
        if name.is_empty() || length > LONGEST_NAME {
            return Err(format!(
                "{name:?} is no name of 1 to {LONGEST_NAME} letters"
            ));
        }
        Ok(Label {
            slug: slug_of(slug.unwrap_or(&name)),
            name,
        })
    }
}

impl Tags {
    fn labels(&self) -> std::result::Result<Vec<Label>, String> {
        match self {
            Self::List(list) => list.iter().map(Named::label).collect(),
            Self::Text(text) => text
                .split(',')
                .filter(|name| !name.trim().is_empty())
                .map(|name| Named::Name(name.to_owned()).label())
                .collect(),
        }
    }
}

/// A post of a file and where it stands there, or why it cannot be read.
pub struct Entry {
    pub place: String,
    pub item: std::result::Result<Item, String>,
}

// ---- reading

/// A file of JSON or Markdown, or a folder of Markdown and the folders in it.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let unreadable = |path: &Path, error: &dyn fmt::Display| {
        Error::BadRequest(format!("{} cannot be read: {error}", path.display()))
    };
    if path.is_dir() {
        let mut files = Vec::new();
        markdown_below(path, &mut files).map_err(|error| unreadable(path, &error))?;
        files.sort();
        let entry = |file: PathBuf| {
            let place = file
                .strip_prefix(path)
                .unwrap_or(&file)
                .display()
                .to_string();
            let item = fs::read_to_string(&file)
                .map_err(|error| error.to_string())
                .and_then(|text| from_markdown(&text, &file));
            Entry { place, item }
        };
        return Ok(files.into_iter().map(entry).collect());
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    if is_markdown(path) {
        let place = path.display().to_string();
        let item = from_markdown(&text, path);
        return Ok(vec![Entry { place, item }]);
    }
    from_json(&text).map_err(|error| unreadable(path, &error))
}

/// The posts of a text in JSON, by their number.
pub fn from_json(text: &str) -> serde_json::Result<Vec<Entry>> {
    let items: Vec<Value> = serde_json::from_str(text)?;
    Ok((1..)
        .zip(items)
        .map(|(place, value)| Entry {
            place: format!("#{place}"),
            item: serde_json::from_value(value).map_err(|error| error.to_string()),
        })
        .collect())
}

fn is_markdown(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("md"))
}

/// Links are not followed: a folder may hold itself.
fn markdown_below(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            markdown_below(&entry.path(), files)?;
        } else if kind.is_file() && is_markdown(&entry.path()) {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Slug and language are the file's and the folder's names where the front matter does not tell them.
pub fn from_markdown(text: &str, path: &Path) -> std::result::Result<Item, String> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let (front, body) = text
        .strip_prefix("---\n")
        .and_then(|rest| {
            rest.split_once("\n---\n")
                .or(rest.strip_suffix("\n---").map(|front| (front, "")))
        })
        .ok_or("there is no front matter between two lines of ---")?;
    let mut item: Item = serde_saphyr::from_str(front).map_err(|error| {
        let error = error.to_string();
        error.lines().next().unwrap_or_default().to_owned()
    })?;
    let name =
        |path: Option<&std::ffi::OsStr>| path.and_then(|name| name.to_str()).map(str::to_owned);
    if item.slug.is_none() {
        item.slug = name(path.file_stem());
    }
    if item.lang.is_none() {
        item.lang =
            name(path.parent().and_then(Path::file_name)).filter(|name| Lang::parse(name).is_ok());
    }
    item.markdown = Some(body.to_owned());
    Ok(item)
}

// ---- bringing in

pub struct Import {
    /// Of posts that do not tell theirs.
    pub lang: Option<Lang>,
    /// Of posts whose author is nobody here.
    pub author: Id<User>,
    pub dry_run: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    Refused(String),
}

/// What became of one post of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub place: String,
    /// `tr/slug`, empty where there is none.
    pub name: String,
    pub outcome: Outcome,
    /// What was taken otherwise than it was written.
    pub notes: Vec<String>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.outcome {
            Outcome::Created => "created",
            Outcome::Updated => "updated",
            Outcome::Unchanged => "unchanged",
            Outcome::Refused(_) => "refused",
        };
        write!(f, "{what:<9} {} {}", self.place, self.name)?;
        if let Outcome::Refused(why) = &self.outcome {
            write!(f, ": {why}")?;
        }
        for note in &self.notes {
            write!(f, "; {note}")?;
        }
        Ok(())
    }
}

/// A post that was checked.
struct Ready {
    draft: Draft,
    category: Option<Label>,
    tags: Vec<Label>,
    status: Status,
    published_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    author: Option<String>,
    cover: Option<String>,
    translation: Option<Uuid>,
}

/// As many posts are written in one transaction.
const BATCH: usize = 50;

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
    for entry in entries {
        let mut row = Row {
            place: entry.place,
            name: String::new(),
            outcome: Outcome::Unchanged,
            notes: Vec::new(),
        };
        let checked = entry
            .item
            .and_then(|item| check(app, item, import.lang, &mut row));
        match checked {
            Err(why) => row.outcome = Outcome::Refused(why),
            Ok(post) => match seen.insert(row.name.clone(), row.place.clone()) {
                Some(earlier) => {
                    row.outcome = Outcome::Refused(format!("the same slug as {earlier}"));
                }
                None => ready.push((rows.len(), post)),
            },
        }
        rows.push(row);
    }
    for batch in ready.chunks(BATCH) {
        match write(app, &actor, batch, import, &mut rows).await {
            Ok(()) => {}
            Err(error @ Error::Unavailable(_)) => return Err(error),
            // One of them cannot be written: which one shows when each has a transaction of its own.
            Err(_) => {
                for one in batch.chunks(1) {
                    match write(app, &actor, one, import, &mut rows).await {
                        Ok(()) => {}
                        Err(error @ Error::Unavailable(_)) => return Err(error),
                        Err(error) => rows[one[0].0].outcome = Outcome::Refused(error.to_string()),
                    }
                }
            }
        }
    }
    Ok(rows)
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
    for (at, ready) in batch {
        let row = &mut rows[*at];
        let noted = row.notes.len();
        match put(&mut hand, ready, import.author, &mut row.notes).await {
            Ok(outcome) => row.outcome = outcome,
            Err(error) => {
                row.notes.truncate(noted);
                return Err(error);
            }
        }
    }
    if import.dry_run {
        return Ok(());
    }
    change.commit().await
}

/// Demo posts within the transaction of all other demo data.
pub async fn import_within(hand: &mut Hand<'_>, item: Item, author: Id<User>) -> Result<()> {
    let mut row = Row {
        place: String::new(),
        name: String::new(),
        outcome: Outcome::Unchanged,
        notes: Vec::new(),
    };
    let ready = check(hand.app, item, None, &mut row).map_err(Error::internal)?;
    match put(hand, &ready, author, &mut row.notes).await? {
        Outcome::Refused(why) => Err(Error::internal(why)),
        _ => Ok(()),
    }
}

fn check(
    app: &App,
    item: Item,
    lang: Option<Lang>,
    row: &mut Row,
) -> std::result::Result<Ready, String> {
    let options = drawing(app);
    let lang = match &item.lang {
        Some(text) => {
            Lang::parse(text).map_err(|_| format!("{text:?} is no language: tr or en"))?
        }
        None => lang.ok_or("no language is told: name one with --lang")?,
    };
    let slug = item.slug.as_deref().or(item.title.as_deref());
    row.name = format!("{lang}/{}", slug_of(slug.unwrap_or_default()));
    let now = app.clock.now();
    let published_at = item.published_at.as_deref().map(moment).transpose()?;
    let created_at = item.created_at.as_deref().map(moment).transpose()?;
    let updated_at = item.updated_at.as_deref().map(moment).transpose()?;
    let (status, published_at) = standing(&item, published_at, created_at, now)?;
    let category = item.category.as_ref().map(Named::label).transpose()?;
    let tags = item.tags.as_ref().map(Tags::labels).transpose()?;
    let tags = tags.unwrap_or_default();
    let body = body(&item, &options)?;
    let form = PostForm {
        lang: lang.code().into(),
        title: item.title.clone().unwrap_or_default(),
        slug: slug_of(slug.unwrap_or_default()),
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
    let draft = form.check(None, &options).map_err(|errors| {
        let told = form
            .view()
            .errors(errors)
            .errors
            .into_iter()
            .map(|(field, message)| {
                let text = app.translations.message(Lang::En, &message);
                format!("{field}: {}", text.unwrap_or_default())
            });
        told.collect::<Vec<_>>().join(" ")
    })?;
    if status != Status::Draft && draft.rendered.html.trim().is_empty() {
        return Err("there is nothing to read in it".into());
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
        created_at,
        updated_at: updated_at.unwrap_or(created_at).max(created_at),
        author: item.author,
        cover: item.cover.filter(|cover| !cover.is_empty()),
        translation: item.translation.as_deref().map(group),
    })
}

/// RFC 3339, a day, or a moment in Istanbul.
fn moment(text: &str) -> std::result::Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text.trim())
        .map(|moment| moment.to_utc())
        .ok()
        .or_else(|| date::parse(text).ok().map(date::day_start))
        .or_else(|| istanbul_moment(text).ok())
        .ok_or_else(|| format!("{text:?} is no date"))
}

/// What it is told to be; else what follows from its date, and a draft without one.
fn standing(
    item: &Item,
    published_at: Option<DateTime<Utc>>,
    created_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> std::result::Result<(Status, Option<DateTime<Utc>>), String> {
    let told = match item.status.as_deref() {
        Some(text) => Some(Status::parse(text).map_err(|_| format!("{text:?} is no status"))?),
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

fn body(item: &Item, options: &markdown::Options) -> std::result::Result<String, String> {
    let html = match (&item.markdown, &item.html, &item.content) {
        (Some(markdown), None, None) => return Ok(markdown.clone()),
        (None, Some(html), None) => html,
        (None, None, Some(content)) if begins_with_tag(content) => content,
        (None, None, Some(content)) => return Ok(content.clone()),
        (None, None, None) => return Ok(String::new()),
        _ => return Err("it has more than one of html, markdown and content".into()),
    };
    markdown::clean(html, options).map_err(|refused| refused.to_string())?;
    Ok(markdown::embed(html, options))
}

fn begins_with_tag(content: &str) -> bool {
    let inner = content.trim_start().strip_prefix('<');
    inner.is_some_and(|inner| inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!'))
        && content.contains("</")
}

/// A text that is only too long is not worth a refusal.
fn cut(field: &str, text: Option<&str>, max: usize, row: &mut Row) -> String {
    let text = text
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if text.chars().count() > max {
        row.notes.push(format!("{field} was cut to {max} letters"));
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
    notes: &mut Vec<String>,
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
    cover(&mut draft, known.as_ref(), ready, notes);
    let translation = translation(hand, known.as_ref(), ready, notes).await?;
    let saved = match known {
        Some(post) => return change(hand, &post, draft, ready, translation).await,
        None => {
            let id: Id<Post> = Id::new_v7(ready.created_at, crate::platform::clock::random());
            let told = match &ready.author {
                Some(email) => queries::staff(hand.tx, Some(&email.to_ascii_lowercase())).await?,
                None => None,
            };
            if told.is_none() && ready.author.is_some() {
                notes.push("its author is nobody here".into());
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
        Saved::Refused(_) => Outcome::Refused("it does not fit what is here".into()),
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

/// A post keeps the cover that it has; another one is uploaded on its page.
fn cover(draft: &mut Draft, known: Option<&Post>, ready: &Ready, notes: &mut Vec<String>) {
    if let Some(post) = known {
        draft.cover_id = post.cover_id;
        if draft.cover_alt.is_none() {
            draft.cover_alt.clone_from(&post.cover_alt);
        }
    }
    let own = draft.cover_id.map(|id| id.to_string());
    if let Some(cover) = ready
        .cover
        .as_ref()
        .filter(|cover| own.as_ref() != Some(cover))
    {
        notes.push(format!("the cover {cover} was not taken"));
    }
}

async fn translation(
    hand: &mut Hand<'_>,
    known: Option<&Post>,
    ready: &Ready,
    notes: &mut Vec<String>,
) -> Result<Option<Uuid>> {
    let Some(group) = ready.translation else {
        return Ok(None);
    };
    let others = queries::translations(hand.tx, group).await?;
    let own = known.map(|post| post.id);
    let is_taken =
        |other: &queries::Translation| other.lang == ready.draft.lang && Some(other.id) != own;
    if let Some(other) = others.iter().find(|other| is_taken(other)) {
        notes.push(format!("{} is the translation already", other.slug));
        return Ok(None);
    }
    Ok(Some(group))
}

async fn change(
    hand: &mut Hand<'_>,
    post: &Post,
    draft: Draft,
    ready: &Ready,
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
        && names == wanted;
    let is_dated_same = post.status == ready.status && post.published_at == ready.published_at;
    let group = translation.filter(|group| *group != post.translation_id);
    if is_same && is_dated_same && group.is_none() {
        return Ok(Outcome::Unchanged);
    }
    let mut version = post.version;
    if !is_same {
        if let Saved::Refused(_) = actions::rewrite(hand, post, version, draft).await? {
            return Ok(Outcome::Refused("it does not fit what is here".into()));
        }
        version += 1;
    }
    if !is_dated_same {
        actions::stand(
            hand,
            &Post {
                version,
                ..post.clone()
            },
            None,
            (ready.status, ready.published_at),
            "posts.import",
        )
        .await?;
        version += 1;
    }
    if let Some(group) = group {
        queries::set_translation(hand.tx, post.id, version, group, hand.now).await?;
    }
    Ok(Outcome::Updated)
}

// ---- taking away

/// As many posts are read at a time.
const PAGE: i64 = 200;

/// All live posts with their Markdown, in the order of their making.
pub async fn items(app: &App) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let (more, last) = items_after(app, after).await?;
        items.extend(more);
        if last.is_none() {
            return Ok(items);
        }
        after = last;
    }
}

/// The next of them after one, and the last of these if there may be more.
pub async fn items_after(
    app: &App,
    after: Option<Id<Post>>,
) -> Result<(Vec<Item>, Option<Id<Post>>)> {
    let mut conn = app.db.read().await?;
    let categories = categories::queries::list(&mut conn, None).await?;
    let categories: HashMap<_, _> = categories.into_iter().map(|it| (it.id, it)).collect();
    let mut items = Vec::new();
    let posts = queries::all(&mut conn, after, PAGE).await?;
    for post in &posts {
        let tags = tags::queries::of_post(&mut conn, post.id).await?;
        let form = PostForm::of(post, &[]);
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        let named = |name: &String, slug: &String| Named::Full {
            name: name.clone(),
            slug: Some(slug.clone()),
        };
        let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        items.push(Item {
            lang: Some(form.lang),
            slug: Some(form.slug),
            title: Some(form.title),
            excerpt: text(form.excerpt),
            category: post
                .category_id
                .and_then(|id| categories.get(&id))
                .map(|it| named(&it.name, &it.slug)),
            tags: Some(Tags::List(
                tags.iter().map(|tag| named(&tag.name, &tag.slug)).collect(),
            )),
            author: Some(queries::author_email(&mut conn, post.author_id).await?),
            status: Some(post.status.to_string()),
            is_draft: None,
            published_at: post.published_at.map(stamp),
            created_at: Some(stamp(post.created_at)),
            updated_at: Some(stamp(post.updated_at)),
            featured: Some(post.featured).filter(|is| *is),
            meta_title: text(form.meta_title),
            meta_description: text(form.meta_description),
            cover: text(form.cover),
            cover_alt: text(form.cover_alt),
            translation: Some(post.translation_id.to_string()),
            html: None,
            markdown: Some(form.body),
            content: None,
        });
    }
    let is_last = i64::try_from(posts.len()).is_ok_and(|found| found < PAGE);
    let last = posts.last().map(|post| post.id).filter(|_| !is_last);
    Ok((items, last))
}

/// Into a file that ends with `.json`, else a folder with one file of Markdown for each post, `tr/slug.md`. Says how many.
pub async fn export(app: &App, path: &Path) -> Result<usize> {
    let items = items(app).await?;
    let count = items.len();
    let is_json = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let written = if is_json {
        let text = serde_json::to_string_pretty(&items).map_err(Error::internal)?;
        fs::write(path, text + "\n")
    } else {
        items.into_iter().try_for_each(|item| {
            let lang = item.lang.clone().unwrap_or_default();
            let file = format!("{}.md", item.slug.clone().unwrap_or_default());
            let folder = path.join(lang);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(file), to_markdown(item)?)
        })
    };
    written.map_err(|error| {
        Error::BadRequest(format!("{} cannot be written: {error}", path.display()))
    })?;
    let mut change = Change::by(app, Actor::default()).await?;
    let noted = Changes::new().field("count", None, Some(&count.to_string()));
    change
        .hand()
        .note("posts.export", Uuid::nil(), &noted)
        .await?;
    change.commit().await?;
    Ok(count)
}

fn to_markdown(mut item: Item) -> std::io::Result<String> {
    let body = item.markdown.take().unwrap_or_default();
    let front = serde_saphyr::to_string(&item).map_err(std::io::Error::other)?;
    Ok(format!("---\n{}\n---\n\n{body}\n", front.trim_end()))
}
