//! What the templates of revisions see.

use std::time::Instant;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    model::{self, Block, Part, Tally, words},
    queries,
};
use crate::{
    error::{Error, Result},
    features::{
        categories::{self, model::Category},
        companies::views::{Link, PageView},
        posts::{
            form::PostForm,
            model::Post,
            queries::{self as posts, Revision},
        },
        previews::views::link,
    },
    platform::{db::Conn, telemetry},
    types::Id,
    web::form::{Errors, FormView},
};

/// Rows of a page.
const ROWS: usize = 20;

/// The fields in the order of the editor; the body comes after them.
const FIELDS: [&str; 10] = [
    "title",
    "slug",
    "excerpt",
    "category",
    "tags",
    "cover",
    "cover_alt",
    "meta_title",
    "meta_description",
    "featured",
];

fn field<'a>(form: &'a PostForm, name: &str) -> &'a str {
    match name {
        "title" => &form.title,
        "slug" => &form.slug,
        "excerpt" => &form.excerpt,
        "category" => &form.category,
        "tags" => &form.tags,
        "cover" => &form.cover,
        "cover_alt" => &form.cover_alt,
        "meta_title" => &form.meta_title,
        "meta_description" => &form.meta_description,
        "featured" => &form.featured,
        _ => &form.body,
    }
}

fn label_key(name: &str) -> String {
    match name {
        "body" | "cover" => format!("revision-{name}"),
        _ => format!("post-{}", name.replace('_', "-")),
    }
}

fn typed(revision: &Revision) -> Result<PostForm> {
    serde_json::from_str(&revision.fields).map_err(Error::internal)
}

#[derive(Debug, Serialize)]
struct Head {
    number: i64,
    title: String,
    author: Option<String>,
    at: DateTime<Utc>,
    is_newest: bool,
}

impl Head {
    fn new(revision: &Revision, newest: Option<i64>) -> Self {
        Self {
            number: revision.number,
            title: revision.title.clone(),
            author: revision.author.clone(),
            at: revision.created_at,
            is_newest: Some(revision.number) == newest,
        }
    }
}

// ---- the list

#[derive(Serialize)]
pub struct Index {
    post: Link,
    rows: Vec<Row>,
    page: PageView,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    head: Head,
    compare_href: Option<String>,
    restore_href: Option<String>,
    /// The labels of what differs from the one before; none for the first.
    changed: Vec<Label>,
    words: i64,
    more_words: i64,
    is_first: bool,
}

#[derive(Serialize)]
struct Label {
    label_key: String,
}

impl Index {
    pub async fn load(conn: &mut Conn, post: &Post, page: usize) -> Result<Self> {
        let numbers = queries::numbers(conn, post.id).await?;
        let last = numbers.len().div_ceil(ROWS).max(1);
        let page = page.min(last);
        let begin = (page - 1) * ROWS;
        let end = numbers.len().min(begin + ROWS);
        let newest = numbers.first().copied();
        // With the one before the last of the page, which that is compared with.
        let oldest = numbers.get(end).or_else(|| numbers.last());
        let found = match (oldest, numbers.get(begin)) {
            (Some(oldest), Some(newest)) => {
                queries::between(conn, post.id, (*oldest, *newest)).await?
            }
            _ => Vec::new(),
        };
        let forms: Vec<PostForm> = found.iter().map(typed).collect::<Result<_>>()?;
        let rows = (0..end - begin)
            .filter(|at| *at < found.len())
            .map(|at| Row::new(post, &found, &forms, at, newest))
            .collect();
        let href = |page: usize| match page {
            1 => format!("/posts/{}/revisions", post.id),
            _ => format!("/posts/{}/revisions?page={page}", post.id),
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Self {
            post: link(post),
            rows,
            page: PageView {
                from: count(begin) + u32::from(end > begin),
                to: count(end),
                total: count(numbers.len()),
                capped: false,
                prev: (page > 1).then(|| href(page - 1)),
                next: (page < last).then(|| href(page + 1)),
            },
        })
    }
}

impl Row {
    fn new(
        post: &Post,
        found: &[Revision],
        forms: &[PostForm],
        at: usize,
        newest: Option<i64>,
    ) -> Self {
        let (form, before) = (&forms[at], forms.get(at + 1));
        let head = Head::new(&found[at], newest);
        let count = |form: &PostForm| i64::try_from(words(&form.body)).unwrap_or(i64::MAX);
        let differs =
            |name: &&&str| before.is_some_and(|before| field(before, name) != field(form, name));
        let all = FIELDS.iter().chain(&["body"]);
        Self {
            compare_href: before
                .map(|_| format!("/posts/{}/revisions/compare?to={}", post.id, head.number)),
            restore_href: (!head.is_newest).then(|| {
                format!(
                    "/posts/{}/revisions/restore?number={}",
                    post.id, head.number
                )
            }),
            changed: all
                .filter(differs)
                .map(|name| Label {
                    label_key: label_key(name),
                })
                .collect(),
            words: count(form),
            more_words: before.map_or(0, |before| count(form) - count(before)),
            is_first: before.is_none(),
            head,
        }
    }
}

// ---- two of them

#[derive(Serialize)]
pub struct Compare {
    post: Link,
    from: Head,
    to: Head,
    options: Vec<Head>,
    fields: Vec<FieldView>,
    blocks: Vec<Block>,
    tally: Tally,
    restore_href: Option<String>,
}

#[derive(Debug, Serialize)]
struct FieldView {
    name: &'static str,
    label_key: String,
    parts: Vec<Part>,
}

impl Compare {
    /// `NotFound` where one of them is not there, or there is only one.
    pub async fn load(
        conn: &mut Conn,
        post: &Post,
        from: Option<i64>,
        to: Option<i64>,
    ) -> Result<Self> {
        let numbers = queries::numbers(conn, post.id).await?;
        let newest = numbers.first().copied();
        let to = to.or(newest).ok_or(Error::NotFound)?;
        // The first has none before it: it is compared with itself.
        let before = numbers.iter().copied().find(|number| *number < to);
        let from = from.or(before).unwrap_or(to);
        let old = posts::revision(conn, post.id, from).await?;
        let new = posts::revision(conn, post.id, to).await?;
        let (mut before, mut after) = (typed(&old)?, typed(&new)?);
        for form in [&mut before, &mut after] {
            form.category = category(conn, &form.category).await?;
            form.cover.truncate(8);
        }
        let options = queries::heads(conn, post.id).await?;
        let (fields, blocks) = telemetry::spawn_blocking(move || compared(&before, &after))
            .await
            .map_err(Error::internal)?;
        Ok(Self {
            post: link(post),
            from: Head::new(&old, newest),
            to: Head::new(&new, newest),
            options: options
                .iter()
                .map(|revision| Head::new(revision, newest))
                .collect(),
            fields,
            tally: Tally::of(&blocks),
            blocks,
            restore_href: (Some(from) != newest)
                .then(|| format!("/posts/{}/revisions/restore?number={from}", post.id)),
        })
    }
}

/// The name of a category by its id, empty where the post has none.
async fn category(conn: &mut Conn, id: &str) -> Result<String> {
    let Ok(parsed) = id.parse::<Id<Category>>() else {
        return Ok(String::new());
    };
    match categories::queries::find(conn, parsed).await {
        Ok(category) => Ok(category.name),
        // One that is gone has no name any more.
        Err(Error::NotFound) => Ok("?".to_owned()),
        Err(other) => Err(other),
    }
}

fn compared(before: &PostForm, after: &PostForm) -> (Vec<FieldView>, Vec<Block>) {
    let until = Instant::now() + model::LONGEST;
    let fields = FIELDS
        .iter()
        .filter(|name| field(before, name) != field(after, name))
        .map(|name| {
            let (old, new) = (field(before, name), field(after, name));
            let parts = match *name {
                "title" | "excerpt" | "cover_alt" | "meta_title" | "meta_description" => {
                    model::line(old, new, until)
                }
                _ => model::whole(old, new),
            };
            FieldView {
                name,
                label_key: label_key(name),
                parts,
            }
        });
    let fields = fields.collect();
    (fields, model::text(&before.body, &after.body, until))
}

// ---- bringing one back

#[derive(Serialize)]
pub struct Restore {
    post: Link,
    revision: Head,
    version: i64,
    compare_href: String,
    /// The post has changed since the form was made.
    has_moved_on: bool,
    form: FormView,
}

impl Restore {
    /// Without a number the one before the newest.
    pub async fn load(conn: &mut Conn, post: &Post, number: Option<i64>) -> Result<Self> {
        let numbers = queries::numbers(conn, post.id).await?;
        let usual = numbers.get(1).or_else(|| numbers.first()).copied();
        let number = number.or(usual).ok_or(Error::NotFound)?;
        let revision = posts::revision(conn, post.id, number).await?;
        let newest = numbers.first().copied();
        Ok(Self {
            post: link(post),
            compare_href: format!(
                "/posts/{}/revisions/compare?from={number}&to={}",
                post.id,
                newest.unwrap_or(number)
            ),
            revision: Head::new(&revision, newest),
            version: post.version,
            has_moved_on: false,
            form: PostForm::default().view(),
        })
    }

    #[must_use]
    pub fn moved_on(mut self) -> Self {
        self.has_moved_on = true;
        self
    }

    #[must_use]
    pub fn errors(mut self, errors: Errors) -> Self {
        self.form = self.form.errors(errors);
        self
    }
}
