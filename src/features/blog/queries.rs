//! All SQL about what readers see: each query compares `public_at` with now by itself, so that nothing is seen too early.

use std::{cmp::Reverse, collections::HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    error::Result,
    features::{
        categories::{self, model::Category},
        companies::model::PREFIX,
        images,
        posts::model::{Post, SlugKind},
        tags::{self, model::Tag},
    },
    platform::{
        db::{
            Conn, Sql, Tx,
            dialect::{force_index, insert_or_ignore, part},
        },
        markdown::Picture,
    },
    sql,
    types::{Id, Lang},
    web::session::User,
};

pub const PER_PAGE: i64 = 9;

/// The last page that a list has: what is older is found by category, tag, author and search.
pub const LAST_PAGE: i64 = 1000;

/// Who asks, in a manner of speaking: nobody, at a moment, in a language.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    pub lang: Lang,
    pub now: DateTime<Utc>,
}

impl Reader {
    /// The same moment in the other language.
    #[must_use]
    pub fn in_other(self) -> Self {
        Self {
            lang: match self.lang {
                Lang::En => Lang::Tr,
                Lang::Tr => Lang::En,
            },
            ..self
        }
    }
}

/// A post in a list.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct Card {
    pub id: Id<Post>,
    pub lang: Lang,
    pub slug: String,
    pub title: String,
    pub excerpt: String,
    pub cover_id: Option<Uuid>,
    pub cover_alt: Option<String>,
    pub featured: bool,
    pub public_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub reading_minutes: i64,
    pub category: Option<String>,
    pub category_slug: Option<String>,
    pub author: String,
    /// `None` for somebody who has no page.
    pub author_slug: Option<String>,
    /// The cover, where it was looked up.
    #[sqlx(skip)]
    pub picture: Option<Picture>,
}

const CARD_COLUMNS: &str = "p.id, p.lang, p.slug, p.title, p.excerpt, p.cover_id, p.cover_alt, p.featured, p.public_at, p.updated_at,
    p.reading_minutes, c.name as category, c.slug as category_slug, u.name as author, a.slug as author_slug";

/// What they need beside `posts p`.
const CARD_JOINS: &str =
    " left join categories c on c.id = p.category_id join users u on u.id = p.author_id
    left join authors a on a.user_id = p.author_id ";

fn select_cards() -> Sql {
    let mut sql = Sql::new("select ");
    sql.push(CARD_COLUMNS)
        .push(" from posts p")
        .push(CARD_JOINS);
    sql
}

/// Looks the covers up, all at once. A post's own words for its cover are better than the image's.
pub async fn set_covers<'a>(
    conn: &mut Conn,
    lang: Lang,
    cards: impl Iterator<Item = &'a mut Card>,
) -> Result<()> {
    let cards: Vec<&mut Card> = cards.filter(|card| card.cover_id.is_some()).collect();
    let ids: Vec<_> = cards
        .iter()
        .filter_map(|card| card.cover_id)
        .map(Id::from_uuid)
        .collect();
    let pictures = images::queries::pictures(conn, lang, &ids).await?;
    for card in cards {
        let of = card
            .cover_id
            .and_then(|id| pictures.get(&Id::from_uuid(id)));
        card.picture = of.map(|picture| Picture {
            alt: card
                .cover_alt
                .clone()
                .unwrap_or_else(|| picture.alt.clone()),
            ..picture.clone()
        });
    }
    Ok(())
}

/// Which posts a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    All,
    Category(Id<Category>),
    Tag(Id<Tag>),
    Author(Id<User>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    pub cards: Vec<Card>,
    /// 1 for the first.
    pub number: i64,
    pub pages: i64,
    /// Exact up to what the last page holds.
    pub total: i64,
}

/// The newest first. A page that is not there has no cards; only the first one may be empty.
pub async fn list(conn: &mut Conn, reader: Reader, of: Of, number: i64) -> Result<Page> {
    let most = PER_PAGE * LAST_PAGE;
    let mut count = sql!("select count(*) from (select 1 as one");
    found(&mut count, conn.is_sqlite(), reader, of);
    count.push(" limit ?) few").bind(most);
    let total = conn.number(count).await?;
    let pages = ((total + PER_PAGE - 1) / PER_PAGE).max(1);
    let mut page = Page {
        cards: Vec::new(),
        number,
        pages,
        total,
    };
    if (1..=pages).contains(&number) {
        page.cards = newest(conn, reader, of, PER_PAGE, (number - 1) * PER_PAGE).await?;
    }
    Ok(page)
}

/// The newest of a list, after so many: for feeds and maps too.
pub async fn newest(
    conn: &mut Conn,
    reader: Reader,
    of: Of,
    limit: i64,
    offset: i64,
) -> Result<Vec<Card>> {
    // The page is cut out within the index; only its rows are looked up.
    let mut sql = select_cards();
    sql.push("join (select ").push(match of {
        Of::Tag(_) => "f.post_id as id, f.public_at",
        _ => "f.id, f.public_at",
    });
    found(&mut sql, conn.is_sqlite(), reader, of);
    sql.push(match of {
        Of::Tag(_) => " order by f.public_at desc, f.post_id desc limit ? offset ?",
        _ => " order by f.public_at desc, f.id desc limit ? offset ?",
    })
    .bind(limit)
    .bind(offset)
    .push(") page on page.id = p.id order by p.public_at desc, p.id desc");
    conn.fetch_all(sql).await
}

/// From where, and which: the rest of a query for the posts of a list, `f`.
fn found(sql: &mut Sql, is_sqlite: bool, reader: Reader, of: Of) {
    match of {
        Of::All => {
            sql.push(" from posts f");
            force_index(sql, is_sqlite, " force index (posts_public)");
            sql.push(" where f.lang = ?").bind(reader.lang);
        }
        Of::Category(id) => {
            sql.push(" from posts f");
            force_index(sql, is_sqlite, " force index (posts_category_id)");
            sql.push(" where f.category_id = ?").bind(id);
        }
        Of::Tag(id) => {
            sql.push(" from post_tags f");
            force_index(sql, is_sqlite, " force index (post_tags_tag_id)");
            sql.push(" where f.tag_id = ?").bind(id);
        }
        Of::Author(id) => {
            sql.push(" from posts f");
            force_index(sql, is_sqlite, " force index (posts_author_id)");
            sql.push(" where f.author_id = ? and f.lang = ?")
                .bind(id)
                .bind(reader.lang);
        }
    }
    sql.push(" and f.public_at <= ?").bind(reader.now);
}

/// The newest of those that are put forward.
pub async fn featured(conn: &mut Conn, reader: Reader, limit: i64) -> Result<Vec<Card>> {
    let mut sql = select_cards();
    sql.push("where p.lang = ? and p.featured = ? and p.public_at <= ? order by p.public_at desc, p.id desc limit ?")
        .bind(reader.lang)
        .bind(true)
        .bind(reader.now)
        .bind(limit);
    conn.fetch_all(sql).await
}

/// When the list of a language changes next by itself: no cache may keep it longer.
pub async fn next_change(conn: &mut Conn, reader: Reader) -> Result<Option<DateTime<Utc>>> {
    let found: Option<(DateTime<Utc>,)> = conn
        .fetch_optional(sql!(
            "select public_at from posts where lang = ? and public_at > ? order by public_at limit 1",
            reader.lang,
            reader.now
        ))
        .await?;
    Ok(found.map(|(at,)| at))
}

/// The same of whichever language is first: pages link to their translations.
pub async fn next_change_of_any(
    conn: &mut Conn,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    let mut sql = Sql::new("");
    push_next_change(&mut sql, conn.is_sqlite(), now);
    let (at,) = conn.fetch_one(sql).await?;
    Ok(at)
}

/// One look at all that waits for its time, because two questions for one row each take MariaDB longer until there are a
/// thousand: 4,444 took it 1.5 ms.
fn push_next_change(sql: &mut Sql, is_sqlite: bool, now: DateTime<Utc>) {
    sql.push("select min(n.public_at) from posts n");
    force_index(sql, is_sqlite, " force index (posts_public)");
    sql.push(" where n.lang in ('en', 'tr') and n.public_at > ?")
        .bind(now);
}

// ---- feeds and the map

/// The tags of posts, by name.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Tagged {
    pub post_id: Id<Post>,
    pub slug: String,
    pub name: String,
}

pub async fn tags_of(conn: &mut Conn, ids: &[Id<Post>]) -> Result<Vec<Tagged>> {
    let mut sql = sql!(
        "select f.post_id, t.slug, t.name from post_tags f join tags t on t.id = f.tag_id where f.post_id in "
    );
    one_of(&mut sql, ids);
    sql.push(" order by t.name_key, t.id");
    conn.fetch_all(sql).await
}

/// `(?, ?)`; of no ids one that nothing has.
fn one_of(sql: &mut Sql, ids: &[Id<Post>]) {
    sql.push("(?").bind(Uuid::nil());
    for id in ids {
        sql.push(", ?").bind(*id);
    }
    sql.push(")");
}

// ---- whose moment has come

/// A scheduled post that readers see by now, and whoever wrote it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Due {
    pub id: Id<Post>,
    pub lang: Lang,
    pub slug: String,
    pub title: String,
    pub public_at: DateTime<Utc>,
    pub name: String,
    pub email: String,
    pub locale: Option<Lang>,
    /// Whether the author can sign in.
    pub active: bool,
}

/// The first of those that became public after `since` and that nobody was told of.
pub async fn due(
    conn: &mut Conn,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Due>> {
    let mut sql = sql!(
        "select p.id, p.lang, p.slug, p.title, p.public_at, u.name, u.email, u.locale, u.active from posts p"
    );
    force_index(&mut sql, conn.is_sqlite(), " force index (posts_public)");
    sql.push(
        " join users u on u.id = p.author_id
         where p.lang in ('en', 'tr') and p.public_at > ? and p.public_at <= ? and p.status = 'scheduled'
         and not exists (select 1 from posts_told told where told.post_id = p.id and told.public_at = p.public_at)
         order by p.public_at, p.id limit ?",
    )
    .bind(since)
    .bind(now)
    .bind(limit);
    conn.fetch_all(sql).await
}

/// Whether this is the first time that somebody is told of it.
pub async fn tell(tx: &mut Tx, post: &Due, now: DateTime<Utc>) -> Result<bool> {
    let insert = insert_or_ignore(
        tx.is_sqlite(),
        "insert into posts_told (post_id, public_at, created_at) values (?, ?, ?) on conflict (post_id, public_at) do nothing",
        "insert ignore into posts_told (post_id, public_at, created_at) values (?, ?, ?)",
    );
    let insert = insert.with(post.id).with(post.public_at).with(now);
    Ok(tx.execute(insert).await? > 0)
}

/// What is too old to be found due again.
pub async fn forget_told(tx: &mut Tx, until: DateTime<Utc>) -> Result<()> {
    tx.execute(sql!("delete from posts_told where public_at <= ?", until))
        .await?;
    Ok(())
}

// ---- what a slug leads to

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found<T> {
    Here(T),
    /// Under another slug now: the last one, in one hop.
    Moved(String),
    Gone,
    Missing,
}

impl<T> Found<T> {
    /// The same with something else of what was found.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Self::Here(value) => Found::Here(of(value)),
            Self::Moved(slug) => Found::Moved(slug),
            Self::Gone => Found::Gone,
            Self::Missing => Found::Missing,
        }
    }

    /// The same with the path that the slug is in.
    #[must_use]
    pub fn moved(self, to: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Moved(slug) => Self::Moved(to(&slug)),
            other => other,
        }
    }

    /// The same where something else is kept of what was found.
    fn elsewhere(slug: Option<String>, is_gone: bool) -> Self {
        match slug {
            Some(slug) => Self::Moved(slug),
            None if is_gone => Self::Gone,
            None => Self::Missing,
        }
    }
}

/// A post with all that its page shows of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Full {
    #[sqlx(flatten)]
    pub card: Card,
    pub translation_id: Uuid,
    pub body: String,
    pub body_html: Option<String>,
    pub html_release: Option<String>,
    pub category_id: Option<Id<Category>>,
    pub author_id: Id<User>,
    pub meta_title: Option<String>,
    pub meta_description: Option<String>,
    pub words: i64,
    /// As `next_change_of_any` has it.
    pub next_change: Option<DateTime<Utc>>,
}

/// A public post wins over a redirect, and that over what is gone.
pub async fn post(conn: &mut Conn, reader: Reader, slug: &str) -> Result<Found<Full>> {
    let mut sql = Sql::new("select ");
    sql.push(CARD_COLUMNS).push(
        ", p.translation_id, p.body, p.body_html, p.html_release, p.category_id, p.author_id, p.meta_title,
         p.meta_description, p.words, (",
    );
    push_next_change(&mut sql, conn.is_sqlite(), reader.now);
    sql.push(") as next_change from posts p")
        .push(CARD_JOINS)
        .push("where p.lang = ? and p.slug = ? and p.live = 1 and p.public_at <= ?")
        .bind(reader.lang)
        .bind(slug)
        .bind(reader.now);
    let here: Option<Full> = conn.fetch_optional(sql).await?;
    if let Some(post) = here {
        return Ok(Found::Here(post));
    }
    // A target in the trash, or deleted for good, is gone; a draft is not to be known of.
    let left: Option<(Option<String>, bool)> = conn
        .fetch_optional(sql!(
            "select case when p.public_at <= ? then p.slug end, p.id is null or p.live is null
             from slugs_gone g left join posts p on p.id = g.to_id where g.kind = ? and g.lang = ? and g.slug = ?",
            reader.now,
            SlugKind::Post,
            reader.lang,
            slug
        ))
        .await?;
    Ok(match left {
        None => Found::Missing,
        Some((to, is_gone)) => Found::elsewhere(to, is_gone),
    })
}

pub async fn category(conn: &mut Conn, reader: Reader, slug: &str) -> Result<Found<Category>> {
    if let Some(category) = categories::queries::find_by_slug(conn, reader.lang, slug).await? {
        return Ok(Found::Here(category));
    }
    let left: Option<(Option<String>, bool)> = conn
        .fetch_optional(sql!(
            "select c.slug, exists (select 1 from posts p where p.category_id = c.id and p.public_at <= ?)
             from slugs_gone g left join categories c on c.id = g.to_id
             where g.kind = ? and g.lang = ? and g.slug = ?",
            reader.now,
            SlugKind::Category,
            reader.lang,
            slug
        ))
        .await?;
    Ok(left.map_or(Found::Missing, |(to, has_posts)| led(to, has_posts)))
}

pub async fn tag(conn: &mut Conn, reader: Reader, slug: &str) -> Result<Found<Tag>> {
    if let Some(tag) = tags::queries::find_by_slug(conn, reader.lang, slug).await? {
        return Ok(Found::Here(tag));
    }
    let left: Option<(Option<String>, bool)> = conn
        .fetch_optional(sql!(
            "select t.slug, exists (select 1 from post_tags f where f.tag_id = t.id and f.public_at <= ?)
             from slugs_gone g left join tags t on t.id = g.to_id
             where g.kind = ? and g.lang = ? and g.slug = ?",
            reader.now,
            SlugKind::Tag,
            reader.lang,
            slug
        ))
        .await?;
    Ok(left.map_or(Found::Missing, |(to, has_posts)| led(to, has_posts)))
}

/// What a slug of the past leads to. Where only drafts are nobody is led: the name of it is not told.
fn led<T>(to: Option<String>, has_posts: bool) -> Found<T> {
    match to {
        Some(_) if !has_posts => Found::Missing,
        to => Found::elsewhere(to, true),
    }
}

/// Whoever has published something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Author {
    pub user_id: Id<User>,
    pub slug: String,
    pub name: String,
    pub bio_en: Option<String>,
    pub bio_tr: Option<String>,
}

pub async fn author(conn: &mut Conn, slug: &str) -> Result<Option<Author>> {
    conn.fetch_optional(sql!(
        "select a.user_id, a.slug, u.name, a.bio_en, a.bio_tr from authors a join users u on u.id = a.user_id where a.slug = ?",
        slug
    ))
    .await
}

/// The categories that have something to read, by name, with how much.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct Shelf {
    pub slug: String,
    pub name: String,
    pub posts: i64,
}

pub async fn shelves(conn: &mut Conn, reader: Reader) -> Result<Vec<Shelf>> {
    conn.fetch_all(sql!(
        "select c.slug, c.name, count(*) as posts from categories c join posts p on p.category_id = c.id
         where c.lang = ? and p.public_at <= ? group by c.id, c.slug, c.name, c.name_key order by c.name_key, c.id",
        reader.lang,
        reader.now
    ))
    .await
}

// ---- around a post

/// A post that is linked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Link {
    pub lang: Lang,
    pub slug: String,
    pub title: String,
}

impl From<Card> for Link {
    fn from(card: Card) -> Self {
        Self {
            lang: card.lang,
            slug: card.slug,
            title: card.title,
        }
    }
}

/// A tag of a post.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Label {
    pub id: Id<Tag>,
    pub slug: String,
    pub name: String,
}

/// What a post's page links to.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The one that was published before.
    pub before: Option<Link>,
    pub after: Option<Link>,
    /// The public posts of other languages that say the same.
    pub translations: Vec<Link>,
    /// Those that share most of its tags, the newer first; then of its category, then any.
    pub related: Vec<Card>,
}

/// A post around another one, and as what it stands there.
#[derive(sqlx::FromRow)]
struct Placed {
    place: i64,
    score: i64,
    #[sqlx(flatten)]
    card: Card,
}

/// The places, as `around` numbers them.
const BEFORE: i64 = 0;
const AFTER: i64 = 1;
const TRANSLATION: i64 = 2;
const RELATED: i64 = 3;

/// As many of a tag's newest posts are looked at.
const NEAR: i64 = 20;

/// The tags of a post, by name.
pub async fn labels(conn: &mut Conn, post: Id<Post>) -> Result<Vec<Label>> {
    conn.fetch_all(sql!(
        "select t.id, t.slug, t.name from post_tags f join tags t on t.id = f.tag_id where f.post_id = ?
         order by t.name_key, t.id",
        post
    ))
    .await
}

/// All of it in one question, with so many that are related.
pub async fn around(
    conn: &mut Conn,
    reader: Reader,
    post: &Full,
    tags: &[Label],
    most: i64,
) -> Result<Around> {
    let card = &post.card;
    let is_sqlite = conn.is_sqlite();
    let (begin, end) = part(is_sqlite);
    let by_date = |sql: &mut Sql| force_index(sql, is_sqlite, " force index (posts_public)");
    let mut sql = Sql::new("select near.place, near.score, ");
    sql.push(CARD_COLUMNS).push(" from (");
    sql.push(begin)
        .push("select 0 as place, 0 as score, id from posts");
    by_date(&mut sql);
    sql.push(
        " where lang = ? and public_at <= ? and (public_at < ? or id < ?)
         order by public_at desc, id desc limit 1",
    )
    .bind(reader.lang)
    .bind(card.public_at)
    .bind(card.public_at)
    .bind(card.id)
    .push(end)
    .push(" union all ")
    .push(begin)
    .push("select 1 as place, 0 as score, id from posts");
    by_date(&mut sql);
    sql.push(
        " where lang = ? and public_at >= ? and public_at <= ? and (public_at > ? or id > ?)
         order by public_at, id limit 1",
    )
    .bind(reader.lang)
    .bind(card.public_at)
    .bind(reader.now)
    .bind(card.public_at)
    .bind(card.id)
    .push(end)
    .push(" union all select 2 as place, 0 as score, id from posts");
    force_index(&mut sql, is_sqlite, " force index (posts_translation)");
    sql.push(
        " where translation_id = ? and id <> ? and public_at <= ?
         union all select 3 as place, score, id from (
             select id, public_at, cast(sum(score) as signed) as score from (",
    )
    .bind(post.translation_id)
    .bind(card.id)
    .bind(reader.now);
    push_scored(&mut sql, is_sqlite, reader, post, tags);
    sql.push(
        ") scored where id <> ? group by id, public_at order by score desc, public_at desc, id desc limit ?) best
         ) near join posts p on p.id = near.id",
    )
    .push(CARD_JOINS)
    .bind(card.id)
    .bind(most);
    let mut found: Vec<Placed> = conn.fetch_all(sql).await?;
    found.sort_by_key(|Placed { place, score, card }| {
        let id = Reverse(card.id.uuid());
        // There is one of each language, whenever it was published.
        let at = (*place == RELATED).then_some(card.public_at);
        (*place, Reverse((*score, at)), card.lang.code(), id)
    });
    let mut around = Around::default();
    for Placed { place, card, .. } in found {
        match place {
            BEFORE => around.before = Some(Link::from(card)),
            AFTER => around.after = Some(Link::from(card)),
            TRANSLATION => around.translations.push(Link::from(card)),
            _ => around.related.push(card),
        }
    }
    Ok(around)
}

/// The newest posts of each tag, of the category and of all, with what being there counts.
fn push_scored(sql: &mut Sql, is_sqlite: bool, reader: Reader, post: &Full, tags: &[Label]) {
    let (begin, end) = part(is_sqlite);
    for tag in tags {
        sql.push(begin)
            .push("select post_id as id, public_at, 2 as score from post_tags");
        force_index(sql, is_sqlite, " force index (post_tags_tag_id)");
        sql.push(" where tag_id = ? and public_at <= ? order by public_at desc limit ?")
            .bind(tag.id)
            .bind(reader.now)
            .bind(NEAR)
            .push(end)
            .push(" union all ");
    }
    if let Some(category) = post.category_id {
        sql.push(begin)
            .push("select id, public_at, 1 as score from posts");
        force_index(sql, is_sqlite, " force index (posts_category_id)");
        sql.push(" where category_id = ? and public_at <= ? order by public_at desc limit ?")
            .bind(category)
            .bind(reader.now)
            .bind(NEAR)
            .push(end)
            .push(" union all ");
    }
    sql.push(begin)
        .push("select id, public_at, 0 as score from posts");
    force_index(sql, is_sqlite, " force index (posts_public)");
    sql.push(" where lang = ? and public_at <= ? order by public_at desc limit ?")
        .bind(reader.lang)
        .bind(reader.now)
        .bind(NEAR)
        .push(end);
}

/// Bodies of posts, as they are stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Body {
    pub id: Id<Post>,
    /// Empty where it was drawn already.
    pub body: String,
    pub body_html: Option<String>,
    pub html_release: Option<String>,
}

pub async fn bodies(conn: &mut Conn, reader: Reader, ids: &[Id<Post>]) -> Result<Vec<Body>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = sql!(
        "select id, case when body_html is null then body else '' end as body, body_html, html_release
         from posts where id in ("
    );
    for (at, id) in ids.iter().enumerate() {
        sql.push(if at == 0 { "?" } else { ", ?" }).bind(*id);
    }
    sql.push(") and public_at <= ?").bind(reader.now);
    conn.fetch_all(sql).await
}

/// Those of them that are public, in their order.
async fn cards(conn: &mut Conn, reader: Reader, ids: &[Id<Post>]) -> Result<Vec<Card>> {
    let Some((first, rest)) = ids.split_first() else {
        return Ok(Vec::new());
    };
    let mut sql = select_cards();
    sql.push("where p.id in (?").bind(*first);
    for id in rest {
        sql.push(", ?").bind(*id);
    }
    sql.push(") and p.public_at <= ?").bind(reader.now);
    let mut cards: Vec<Card> = conn.fetch_all(sql).await?;
    cards.sort_by_key(|card| ids.iter().position(|id| *id == card.id));
    Ok(cards)
}

// ---- search

/// So many posts are ranked; more are not shown.
pub const MOST_FOUND: i64 = 450;

/// More entries of a beginning are rather met in the order of the ranking than sorted.
const SORTABLE: i64 = 1000;

/// So many entries are rather read than looked up post by post.
const RARE: i64 = 500;

/// The posts that are ranked at once: as many that it takes about 300 questions whether another word is in one of them, but
/// some pages at least.
fn most_ranked(others: usize) -> i64 {
    match others {
        0 => MOST_FOUND,
        others => (300 / i64::try_from(others).unwrap_or(i64::MAX)).max(5 * PER_PAGE),
    }
}

/// The words that a first look is for, the rarest: each more is thousands of entries to read.
const FIRST_LOOK: usize = 3;

pub struct Hits {
    pub cards: Vec<Card>,
    /// Up to `MOST_FOUND`.
    pub total: i64,
    /// There may be more that have the words.
    pub is_cut: bool,
    pub pages: i64,
}

/// A folded word of a search.
#[derive(Clone, Debug)]
pub struct Term {
    pub word: String,
    /// Whether more than `SORTABLE` places are known to have it, by this search or an earlier one. If it has become rare since,
    /// the right posts are found, and it may be that they are not counted.
    pub is_frequent: bool,
}

/// A word that is searched for: by its beginning, or whole where it is too short to say much.
struct Wanted<'a> {
    word: &'a str,
    entries: i64,
    /// Of a rare word, by post, once they were asked for.
    weights: Option<HashMap<Id<Post>, i64>>,
}

impl<'a> Wanted<'a> {
    fn new(word: &'a str, entries: i64) -> Self {
        Self {
            word,
            entries,
            weights: None,
        }
    }

    fn is_beginning(&self) -> bool {
        self.word.chars().count() >= PREFIX
    }

    /// ` and w.word …`.
    fn push(&self, sql: &mut Sql) {
        if self.is_beginning() {
            sql.push(" and w.word >= ? and w.word < ?")
                .bind(self.word)
                .bind(format!("{}\u{10ffff}", self.word));
        } else {
            sql.push(" and w.word = ?").bind(self.word);
        }
    }
}

/// Posts that have all the words, the best first: by how much the places weigh where the words are, then the newer. Says of
/// the words which are frequent.
pub async fn search(
    conn: &mut Conn,
    reader: Reader,
    terms: &mut [Term],
    number: i64,
) -> Result<Hits> {
    let entries = count_entries(conn, reader, terms).await?;
    for (term, &entries) in terms.iter_mut().zip(&entries) {
        term.is_frequent = entries > SORTABLE;
    }
    let mut wanted: Vec<Wanted> = terms
        .iter()
        .zip(entries)
        .map(|(term, entries)| Wanted::new(&term.word, entries))
        .collect();
    wanted.sort_by_key(|word| word.entries);
    let mut hits = Hits {
        cards: Vec::new(),
        total: 0,
        is_cut: false,
        pages: 1,
    };
    let Some((rarest, others)) = wanted.split_first_mut() else {
        return Ok(hits);
    };
    if rarest.entries == 0 {
        return Ok(hits);
    }
    let (ranked, is_part) = if rarest.entries > SORTABLE {
        ranked_of_many(conn, reader, rarest, others).await?
    } else {
        ranked_of_few(conn, reader, rarest, others).await?
    };
    hits.total = i64::try_from(ranked.len()).unwrap_or(MOST_FOUND);
    hits.is_cut = is_part || hits.total >= MOST_FOUND;
    hits.pages = ((hits.total + PER_PAGE - 1) / PER_PAGE).max(1);
    let skipped = usize::try_from((number - 1).max(0) * PER_PAGE).unwrap_or(usize::MAX);
    let page: Vec<Id<Post>> = ranked
        .into_iter()
        .skip(skipped)
        .take(usize::try_from(PER_PAGE).unwrap_or(0))
        .collect();
    hits.cards = cards(conn, reader, &page).await?;
    Ok(hits)
}

/// The entries of each word, up to one more than `SORTABLE`: those of a frequent one are taken for that without counting.
async fn count_entries(conn: &mut Conn, reader: Reader, terms: &[Term]) -> Result<Vec<i64>> {
    let mut entries = vec![SORTABLE + 1; terms.len()];
    let is_sqlite = conn.is_sqlite();
    let unknown = (0_i64..).zip(terms).filter(|(_, term)| !term.is_frequent);
    let mut sql = Sql::new("");
    for (at, (n, term)) in unknown.enumerate() {
        push_numbered(&mut sql, at == 0, n);
        sql.push("count(*) from (select 1 as one from ");
        entries_of(&mut sql, is_sqlite, reader, &Wanted::new(&term.word, 0));
        sql.push(" limit ?) few").bind(SORTABLE + 1);
    }
    if terms.iter().all(|term| term.is_frequent) {
        return Ok(entries);
    }
    let counts: Vec<(i64, i64)> = conn.fetch_all(sql).await?;
    for (n, counted) in counts {
        if let Some(entries) = at(&mut entries, n) {
            *entries = counted;
        }
    }
    Ok(entries)
}

/// The beginning of a part of a union: which one it is.
fn push_numbered(sql: &mut Sql, is_first: bool, n: i64) {
    sql.push(if is_first {
        "select ?"
    } else {
        " union all select ?"
    })
    .bind(n)
    .push(" as n, ");
}

/// What such a part is about.
fn at<T>(values: &mut [T], n: i64) -> Option<&mut T> {
    values.get_mut(usize::try_from(n).ok()?)
}

/// Which posts are ranked.
#[derive(Clone, Copy, Debug)]
enum Among<'a> {
    /// So many where the rarest word weighs most.
    Best(i64),
    These(&'a [Id<Post>]),
    All,
}

/// Where every word is frequent, a few posts are ranked: those where the rarest word weighs most, and if these do not fill
/// a page, the newest that have all words beside them. Says whether there may be others.
async fn ranked_of_many(
    conn: &mut Conn,
    reader: Reader,
    rarest: &Wanted<'_>,
    others: &mut [Wanted<'_>],
) -> Result<(Vec<Id<Post>>, bool)> {
    let most = most_ranked(others.len());
    let best = ranked(conn, reader, rarest, others, Among::Best(most)).await?;
    if is_page(best.len()) {
        return Ok((best, true));
    }
    // A look for the rarest is the quicker one. If it leaves too few, the next is for all.
    let all = others.len();
    for looked_for in [all.min(FIRST_LOOK - 1), all] {
        let mut some = common(conn, reader, rarest, &others[..looked_for]).await?;
        let is_part = i64::try_from(some.len()).is_ok_and(|found| found >= MOST_COMMON);
        some.extend(&best);
        some.sort_unstable_by_key(|id| id.uuid());
        some.dedup();
        if some.is_empty() {
            break;
        }
        let found = ranked(conn, reader, rarest, others, Among::These(&some)).await?;
        if !is_part || is_page(found.len()) || looked_for == all {
            return Ok((found, is_part));
        }
    }
    Ok((Vec::new(), false))
}

fn is_page(found: usize) -> bool {
    i64::try_from(found).is_ok_and(|found| found >= PER_PAGE)
}

/// Where one word is less frequent, those where it weighs most are ranked first, and the others if these do not fill a page,
/// or if nothing has to be looked up for them. Says whether there may be others.
async fn ranked_of_few(
    conn: &mut Conn,
    reader: Reader,
    rarest: &Wanted<'_>,
    others: &mut [Wanted<'_>],
) -> Result<(Vec<Id<Post>>, bool)> {
    let mut rest = candidates(conn, reader, rarest, Among::All).await?;
    sort(&mut rest);
    let most = usize::try_from(most_ranked(others.len())).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let is_known = |others: &[Wanted]| others.iter().all(|other| other.weights.is_some());
    while !rest.is_empty() && (!is_page(found.len()) || is_known(others)) {
        let later = rest.split_off(rest.len().min(most));
        weigh(conn, reader, others, &mut rest).await?;
        found.append(&mut rest);
        rest = later;
    }
    sort(&mut found);
    Ok((ids_of(found), !rest.is_empty()))
}

/// The best posts in their order.
async fn ranked(
    conn: &mut Conn,
    reader: Reader,
    rarest: &Wanted<'_>,
    others: &mut [Wanted<'_>],
    among: Among<'_>,
) -> Result<Vec<Id<Post>>> {
    let mut found = candidates(conn, reader, rarest, among).await?;
    weigh(conn, reader, others, &mut found).await?;
    sort(&mut found);
    Ok(ids_of(found))
}

/// Leaves those that have the other words too, and adds what these weigh there.
async fn weigh(
    conn: &mut Conn,
    reader: Reader,
    others: &mut [Wanted<'_>],
    found: &mut Vec<Ranked>,
) -> Result<()> {
    // They are in the order of their entries: the rarer ones leave fewer posts to look the rest up in.
    let rare = others.partition_point(|other| other.entries <= RARE);
    let (rare, rest) = others.split_at_mut(rare);
    for other in rare {
        if found.is_empty() {
            return Ok(());
        }
        let weights = match other.weights.take() {
            Some(weights) => weights,
            None => weights_of(conn, reader, other).await?,
        };
        keep_with(found, &weights);
        other.weights = Some(weights);
    }
    let mut rest = &*rest;
    while !rest.is_empty() && !found.is_empty() {
        let (some, later) = rest.split_at((AT_ONCE / found.len()).clamp(1, rest.len()));
        let mut weights = vec![HashMap::new(); some.len()];
        for posts in found.chunks(AT_ONCE) {
            for (n, id, weight) in weights_in(conn, some, posts).await? {
                if let Some(weights) = at(&mut weights, n) {
                    weights.insert(id, weight);
                }
            }
        }
        for weights in &weights {
            keep_with(found, weights);
        }
        rest = later;
    }
    Ok(())
}

/// Leaves those that have a word, and adds what it weighs there.
fn keep_with(found: &mut Vec<Ranked>, weights: &HashMap<Id<Post>, i64>) {
    found.retain_mut(|post| {
        let weight = weights.get(&post.id);
        post.weight += weight.copied().unwrap_or_default();
        weight.is_some()
    });
}

/// The best first: by how much the places weigh where the words are, then the newer.
fn sort(found: &mut [Ranked]) {
    found.sort_by_key(|post| std::cmp::Reverse((post.weight, post.public_at, post.id.uuid())));
}

fn ids_of(found: Vec<Ranked>) -> Vec<Id<Post>> {
    let most = usize::try_from(MOST_FOUND).unwrap_or(usize::MAX);
    found.into_iter().take(most).map(|post| post.id).collect()
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
struct Ranked {
    id: Id<Post>,
    public_at: DateTime<Utc>,
    weight: i64,
}

/// The posts that have the rarest word.
async fn candidates(
    conn: &mut Conn,
    reader: Reader,
    rarest: &Wanted<'_>,
    among: Among<'_>,
) -> Result<Vec<Ranked>> {
    let is_sqlite = conn.is_sqlite();
    let mut sql = sql!("select w.post_id as id, w.public_at, max(w.weight) as weight from ");
    match among {
        Among::Best(most) => best(&mut sql, is_sqlite, reader, rarest, most),
        Among::These(ids) => {
            entries_in(&mut sql, is_sqlite, ids.iter(), rarest);
            sql.push(" and w.public_at <= ?").bind(reader.now);
        }
        Among::All => {
            entries_of(&mut sql, is_sqlite, reader, rarest);
            sql.push(" and w.public_at <= ?").bind(reader.now);
        }
    }
    sql.push(" group by w.post_id, w.public_at");
    conn.fetch_all(sql).await
}

/// So many posts that have the words are looked at.
const MOST_COMMON: i64 = 500;

/// So often one question looks whether a word is in a post.
const AT_ONCE: usize = 500;

/// What the word's best place weighs in each post that has it.
async fn weights_of(
    conn: &mut Conn,
    reader: Reader,
    wanted: &Wanted<'_>,
) -> Result<HashMap<Id<Post>, i64>> {
    let mut sql = sql!("select w.post_id, max(w.weight) from ");
    entries_of(&mut sql, conn.is_sqlite(), reader, wanted);
    sql.push(" group by w.post_id");
    let weights: Vec<(Id<Post>, i64)> = conn.fetch_all(sql).await?;
    Ok(weights.into_iter().collect())
}

/// The same of these words, by their number, in those of the posts that have them. A list of posts and a span of words are
/// so many ranges of the primary key; joined, `MySQL` would read all words of each post.
async fn weights_in(
    conn: &mut Conn,
    words: &[Wanted<'_>],
    posts: &[Ranked],
) -> Result<Vec<(i64, Id<Post>, i64)>> {
    let is_sqlite = conn.is_sqlite();
    let mut sql = Sql::new("");
    for (n, wanted) in (0_i64..).zip(words) {
        push_numbered(&mut sql, n == 0, n);
        sql.push("w.post_id, max(w.weight) from ");
        let ids = posts.iter().map(|post| &post.id);
        entries_in(&mut sql, is_sqlite, ids, wanted);
        sql.push(" group by w.post_id");
    }
    conn.fetch_all(sql).await
}

/// Lists of posts have this many, or a multiple of it.
const ROUND: usize = 50;

/// `post_words w where …`: the entries of a word in some posts.
fn entries_in<'a>(
    sql: &mut Sql,
    is_sqlite: bool,
    ids: impl Iterator<Item = &'a Id<Post>>,
    wanted: &Wanted<'_>,
) {
    sql.push("post_words w");
    force_index(sql, is_sqlite, " force index (primary)");
    sql.push(" where w.post_id in (");
    let (mut count, mut last) = (0_usize, None);
    for id in ids {
        sql.push(if count == 0 { "?" } else { ", ?" }).bind(*id);
        (count, last) = (count + 1, Some(id));
    }
    // The last one again, up to a round number: a text that is asked with again is already prepared.
    for id in last
        .into_iter()
        .cycle()
        .take(count.next_multiple_of(ROUND) - count)
    {
        sql.push(", ?").bind(*id);
    }
    sql.push(")");
    wanted.push(sql);
}

/// `post_words w where …`: the entries of a word.
fn entries_of(sql: &mut Sql, is_sqlite: bool, reader: Reader, wanted: &Wanted<'_>) {
    sql.push("post_words w");
    force_index(sql, is_sqlite, " force index (post_words_found)");
    sql.push(" where w.lang = ?").bind(reader.lang);
    wanted.push(sql);
}

/// The entries where the word weighs most, in the order of the index of the ranking.
fn best(sql: &mut Sql, is_sqlite: bool, reader: Reader, rarest: &Wanted<'_>, most: i64) {
    sql.push("(select w.post_id, w.public_at, w.weight from post_words w");
    // Without a word SQLite would rather read all entries of the word and sort them.
    sql.push(if is_sqlite {
        " indexed by post_words_rank"
    } else {
        " force index (post_words_rank)"
    });
    sql.push(" where w.lang = ? and w.prefix = ?")
        .bind(reader.lang)
        .bind(rarest.word.chars().take(PREFIX).collect::<String>());
    rarest.push(sql);
    sql.push(
        " and w.public_at <= ? order by w.weight desc, w.public_at desc, w.post_id desc limit ?) w",
    )
    .bind(reader.now)
    .bind(most);
}

/// The newest posts that have all these words, so many of them. Each word's entries are read once, out of an index that
/// holds all that is asked; to look thousands of posts up for the next word takes ten times as long.
async fn common(
    conn: &mut Conn,
    reader: Reader,
    rarest: &Wanted<'_>,
    others: &[Wanted<'_>],
) -> Result<Vec<Id<Post>>> {
    let is_sqlite = conn.is_sqlite();
    let mut sql = sql!("select post_id from (");
    for (n, wanted) in (0_i64..).zip(std::iter::once(rarest).chain(others)) {
        push_numbered(&mut sql, n == 0, n);
        sql.push("w.post_id from ");
        entries_of(&mut sql, is_sqlite, reader, wanted);
        sql.push(" and w.public_at <= ?").bind(reader.now);
    }
    sql.push(") entries group by post_id having max(n = 0) = 1");
    for n in (1_i64..).take(others.len()) {
        sql.push(" and max(n = ?) = 1").bind(n);
    }
    // An id begins with the time at which it was made.
    sql.push(" order by post_id desc limit ?").bind(MOST_COMMON);
    let found: Vec<(Id<Post>,)> = conn.fetch_all(sql).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
