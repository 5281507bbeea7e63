//! All SQL about images.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::model::{Image, Picture, Refusal, State, Use, Variant, Words, pictures as drawn, plain};
use crate::{
    error::Result,
    platform::{
        blobs::BlobHash,
        db::{Conn, Sql, Tx, dialect::for_update, dialect::insert_or_ignore},
        markdown,
    },
    sql,
    types::{
        Id, Lang,
        page::{Cursor, Key, Total},
    },
    web::session::User,
};

/// Counted exactly up to here; more is `1,000+`.
const FEW: i64 = 1000;

/// Posts that are named where an image is used; there are few pages about the firm.
const MOST_USES: i64 = 50;

const IMAGE: &str = "select i.id, i.hash, i.name, i.alt_en, i.alt_tr, i.width, i.height, i.format, i.state, i.reason, i.uploaded_by,
    i.version, i.created_at, i.updated_at, i.deleted_at from images i where ";

/// One that is not in the trash.
pub async fn find(conn: &mut Conn, id: Id<Image>) -> Result<Image> {
    let mut sql = Sql::new(IMAGE);
    sql.push("i.id = ? and i.live = 1").bind(id);
    conn.fetch_one(sql).await
}

/// In the trash or not.
pub async fn find_any(conn: &mut Conn, id: Id<Image>) -> Result<Option<Image>> {
    let mut sql = Sql::new(IMAGE);
    sql.push("i.id = ?").bind(id);
    conn.fetch_optional(sql).await
}

pub async fn exists(conn: &mut Conn, id: Id<Image>) -> Result<bool> {
    let found = sql!("select count(*) from images where id = ? and live = 1", id);
    Ok(conn.number(found).await? == 1)
}

/// In the trash or not, locked until the transaction ends.
pub async fn find_to_change(tx: &mut Tx, id: Id<Image>) -> Result<Image> {
    let mut sql = Sql::new(IMAGE);
    sql.push("i.id = ?").bind(id);
    for_update(&mut sql, tx.is_sqlite());
    tx.fetch_one(sql).await
}

/// The image that these bytes are already, in the trash or not.
pub async fn find_by_hash(conn: &mut Conn, hash: &BlobHash) -> Result<Option<Image>> {
    let mut sql = Sql::new(IMAGE);
    sql.push("i.hash = ?").bind(hash);
    conn.fetch_optional(sql).await
}

// ---- the library

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Folded words, each of which is in the name or a description.
    pub words: Vec<String>,
    pub trashed: bool,
    /// Only those that nobody has described yet.
    pub undescribed: bool,
}

pub struct Listing {
    pub rows: Vec<Image>,
    pub total: Total,
    pub previous: Option<Cursor>,
    pub next: Option<Cursor>,
    /// How many rows are before the first one here.
    pub position: u32,
}

/// The newest first.
pub async fn list(
    conn: &mut Conn,
    filter: &Filter,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<Listing> {
    let mut count = sql!("select count(*) from (select 1 as one from images i where ");
    narrow(&mut count, filter);
    count.push(" limit ?) few").bind(FEW + 1);
    let total = conn.number(count).await?;
    let backwards = cursor.is_some_and(|cursor| cursor.backwards);
    let mut sql = Sql::new(IMAGE);
    narrow(&mut sql, filter);
    if let Some(cursor) = cursor {
        sql.push(if backwards {
            " and i.id > ?"
        } else {
            " and i.id < ?"
        })
        .bind(cursor.id);
    }
    sql.push(if backwards {
        " order by i.id limit ?"
    } else {
        " order by i.id desc limit ?"
    })
    .bind(limit + 1);
    let mut rows: Vec<Image> = conn.fetch_all(sql).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    if more {
        rows.pop();
    }
    if backwards {
        rows.reverse();
    }
    if rows.is_empty() && total > 0 && cursor.is_some() {
        // All that was on this page is gone: the list begins anew.
        return Box::pin(list(conn, filter, None, limit)).await;
    }
    Ok(listing(rows, total, cursor, more))
}

fn narrow(sql: &mut Sql, filter: &Filter) {
    sql.push(if filter.trashed {
        "i.deleted_at is not null"
    } else {
        "i.live = 1"
    });
    if filter.undescribed {
        sql.push(" and i.alt_en = '' and i.alt_tr = ''");
    }
    for word in &filter.words {
        sql.push(" and instr(i.folded, ?) > 0").bind(word.as_str());
    }
}

fn listing(rows: Vec<Image>, total: i64, cursor: Option<&Cursor>, more: bool) -> Listing {
    let length = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let backwards = cursor.is_some_and(|cursor| cursor.backwards);
    let position = match cursor {
        None => 0,
        Some(cursor) if backwards => cursor.position.saturating_sub(length),
        Some(cursor) => cursor.position,
    };
    let at = |row: &Image, position: u32, backwards: bool| Cursor {
        key: Key::Bytes(Vec::new()),
        id: row.id.uuid(),
        position,
        backwards,
    };
    let has_previous = if backwards { more } else { cursor.is_some() };
    Listing {
        previous: rows
            .first()
            .filter(|_| has_previous)
            .map(|row| at(row, position, true)),
        next: rows
            .last()
            .filter(|_| backwards || more)
            .map(|row| at(row, position.saturating_add(length), false)),
        total: Total::of(
            u32::try_from(total).unwrap_or(u32::MAX),
            u32::try_from(FEW).unwrap_or(u32::MAX),
        ),
        position: if has_previous { position } else { 0 },
        rows,
    }
}

/// Live posts that have it as their cover or show one of its variants in their text.
pub async fn uses(conn: &mut Conn, id: Id<Image>) -> Result<Vec<Use>> {
    let hashes: Vec<String> = variants(conn, &[id])
        .await?
        .into_iter()
        .map(|variant| variant.hash.to_string())
        .collect();
    let mut posts = sql!(
        "select p.id, p.title, p.lang from posts p where p.live = 1 and (p.cover_id = ?",
        id
    );
    for hash in &hashes {
        posts.push(" or instr(p.body, ?) > 0").bind(hash.as_str());
    }
    posts
        .push(") order by p.updated_at desc, p.id limit ?")
        .bind(MOST_USES);
    let posts: Vec<(uuid::Uuid, String, Lang)> = conn.fetch_all(posts).await?;
    let mut pages = sql!("select s.kind, s.title, s.lang from site_pages s where 1 = 0");
    for hash in &hashes {
        pages.push(" or instr(s.body, ?) > 0").bind(hash.as_str());
    }
    pages.push(" order by s.kind, s.lang");
    let pages: Vec<(String, String, Lang)> = conn.fetch_all(pages).await?;
    let posts = posts.into_iter().map(|(id, title, lang)| Use {
        href: format!("/posts/{id}"),
        title,
        lang,
    });
    let pages = pages.into_iter().map(|(kind, title, lang)| Use {
        href: format!("/site-pages/{kind}-{lang}"),
        title,
        lang,
    });
    Ok(pages.chain(posts).collect())
}

/// How many somebody has uploaded since.
pub async fn uploads_since(conn: &mut Conn, user: Id<User>, since: DateTime<Utc>) -> Result<i64> {
    conn.number(sql!(
        "select count(*) from images where uploaded_by = ? and created_at > ?",
        user,
        since
    ))
    .await
}

// ---- what pages show

fn among<'a>(sql: &mut Sql, ids: impl ExactSizeIterator<Item = &'a Id<Image>>) {
    sql.push("(");
    for (at, id) in ids.enumerate() {
        sql.push(if at == 0 { "?" } else { ", ?" }).bind(*id);
    }
    sql.push(")");
}

/// From narrow to wide.
pub async fn variants(conn: &mut Conn, ids: &[Id<Image>]) -> Result<Vec<Variant>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = sql!(
        "select v.image_id, v.width, v.height, v.format, v.hash, v.size from image_variants v where v.image_id in "
    );
    among(&mut sql, ids.iter());
    sql.push(" order by v.image_id, v.width, v.format");
    conn.fetch_all(sql).await
}

/// What pages show of these: those in the trash and those without anything to show are not among them.
pub async fn pictures(
    conn: &mut Conn,
    lang: Lang,
    ids: &[Id<Image>],
) -> Result<HashMap<Id<Image>, Picture>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::new(IMAGE);
    sql.push("i.live = 1 and i.id in ");
    among(&mut sql, ids.iter());
    let images: Vec<Image> = conn.fetch_all(sql).await?;
    let variants = variants(conn, ids).await?;
    Ok(drawn(&images, &variants, lang))
}

/// Cleaned HTML with each of our images in all its sizes. HTML without images asks the database nothing.
pub async fn expand(conn: &mut Conn, lang: Lang, html: &str) -> Result<String> {
    let pictures = shown_in(conn, lang, html).await?;
    Ok(markdown::pictured(html, &pictures))
}

/// The pictures that cleaned HTML shows, by the hashes in their URLs.
pub async fn shown_in(
    conn: &mut Conn,
    lang: Lang,
    html: &str,
) -> Result<BTreeMap<String, Picture>> {
    pictures_by_hash(conn, lang, markdown::hashes(html)).await
}

/// By the hash of any variant, as it stands in a URL.
async fn pictures_by_hash(
    conn: &mut Conn,
    lang: Lang,
    hashes: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, Picture>> {
    let named = named(conn, hashes).await?;
    let pictures = pictures(conn, lang, &ids(&named)).await?;
    Ok(named
        .into_iter()
        .filter_map(|(id, hash)| Some((hash.to_string(), pictures.get(&id)?.clone())))
        .collect())
}

/// The images behind URLs, by the hash of any variant; those in the trash are not among them.
pub async fn shown_as(
    conn: &mut Conn,
    hashes: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, Image>> {
    let named = named(conn, hashes).await?;
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::new(IMAGE);
    sql.push("i.live = 1 and i.id in ");
    among(&mut sql, ids(&named).iter());
    let images: Vec<Image> = conn.fetch_all(sql).await?;
    let images: HashMap<_, _> = images.into_iter().map(|image| (image.id, image)).collect();
    Ok(named
        .into_iter()
        .filter_map(|(id, hash)| Some((hash.to_string(), images.get(&id)?.clone())))
        .collect())
}

async fn named(
    conn: &mut Conn,
    hashes: impl IntoIterator<Item = String>,
) -> Result<Vec<(Id<Image>, BlobHash)>> {
    let mut sql = sql!("select v.image_id, v.hash from image_variants v where v.hash in (");
    let known = hashes.into_iter().filter_map(|hash| BlobHash::parse(&hash));
    for (at, hash) in known.enumerate() {
        sql.push(if at == 0 { "?" } else { ", ?" }).bind(hash);
    }
    if sql.text().ends_with('(') {
        return Ok(Vec::new());
    }
    sql.push(")");
    conn.fetch_all(sql).await
}

fn ids(named: &[(Id<Image>, BlobHash)]) -> Vec<Id<Image>> {
    let mut ids: Vec<Id<Image>> = named.iter().map(|(id, _)| *id).collect();
    ids.sort_by_key(|id| id.uuid());
    ids.dedup();
    ids
}

/// What a text calls an image, in the trash or not. `None` if nothing of it can be shown.
pub async fn url(conn: &mut Conn, id: Id<Image>) -> Result<Option<String>> {
    let variants = variants(conn, &[id]).await?;
    let variants: Vec<&Variant> = variants.iter().collect();
    Ok(plain(&variants).map(Variant::url))
}

/// The variant of this name, unless its image is in the trash.
pub async fn served(conn: &mut Conn, hash: &BlobHash) -> Result<Variant> {
    conn.fetch_one(sql!(
        "select v.image_id, v.width, v.height, v.format, v.hash, v.size from image_variants v
         join images i on i.id = v.image_id where v.hash = ? and i.live = 1 limit 1",
        hash
    ))
    .await
}

// ---- changes

pub async fn insert(tx: &mut Tx, image: &Image, words: &Words) -> Result<()> {
    tx.execute(sql!(
        "insert into images (id, hash, name, alt_en, alt_tr, folded, width, height, format, state, uploaded_by, version,
             created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', ?, 1, ?, ?)",
        image.id,
        &image.hash,
        words.name.as_str(),
        words.alt_en.as_str(),
        words.alt_tr.as_str(),
        words.folded(),
        image.width,
        image.height,
        image.format,
        image.uploaded_by,
        image.created_at,
        image.updated_at
    ))
    .await?;
    Ok(())
}

/// One that is there in this width and format already stays: its name is in texts.
pub async fn insert_variant(tx: &mut Tx, variant: &Variant, now: DateTime<Utc>) -> Result<()> {
    let insert = insert_or_ignore(
        tx.is_sqlite(),
        "insert into image_variants (image_id, width, height, format, hash, size, created_at) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
        "insert ignore into image_variants (image_id, width, height, format, hash, size, created_at) values (?, ?, ?, ?, ?, ?, ?)",
    );
    tx.execute(
        insert
            .with(variant.image_id)
            .with(variant.width)
            .with(variant.height)
            .with(variant.format)
            .with(&variant.hash)
            .with(variant.size)
            .with(now),
    )
    .await?;
    Ok(())
}

/// `Conflict` if the row has moved on from `version`.
pub async fn update(
    tx: &mut Tx,
    id: Id<Image>,
    version: i64,
    words: &Words,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update images set name = ?, alt_en = ?, alt_tr = ?, folded = ?, version = version + 1, updated_at = ?
         where id = ? and version = ? and live = 1",
        words.name.as_str(),
        words.alt_en.as_str(),
        words.alt_tr.as_str(),
        words.folded(),
        now,
        id,
        version
    ))
    .await
}

pub async fn set_trashed(
    tx: &mut Tx,
    id: Id<Image>,
    version: i64,
    is_trashed: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut sql = Sql::new(if is_trashed {
        "update images set deleted_at = ?, version = version + 1, updated_at = ? where id = ? and version = ? and live = 1"
    } else {
        "update images set deleted_at = ?, version = version + 1, updated_at = ? where id = ? and version = ? and deleted_at is not null"
    });
    sql.bind(is_trashed.then_some(now))
        .bind(now)
        .bind(id)
        .bind(version);
    tx.change(sql).await
}

/// What the encoder found. The version stays: nobody has edited anything.
pub async fn set_state(
    tx: &mut Tx,
    id: Id<Image>,
    state: State,
    reason: Option<Refusal>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "update images set state = ?, reason = ?, updated_at = ? where id = ?",
        state,
        reason,
        now,
        id
    ))
    .await?;
    Ok(())
}

// ---- the end

/// Images that have been in the trash since before then, and that no post has as its cover.
pub async fn purgeable(
    conn: &mut Conn,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Id<Image>>> {
    let found: Vec<(Id<Image>,)> = conn
        .fetch_all(sql!(
            "select i.id from images i where i.deleted_at < ? and not exists (select 1 from posts p where p.cover_id = i.id)
             order by i.deleted_at, i.id limit ?",
            before,
            limit
        ))
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// For good, with its variants; their bytes go with the sweep.
pub async fn delete(tx: &mut Tx, id: Id<Image>, before: DateTime<Utc>) -> Result<bool> {
    let deleted = sql!(
        "delete from images where id = ? and deleted_at < ?",
        id,
        before
    );
    Ok(tx.execute(deleted).await? == 1)
}

/// Blobs that nothing refers to and that nobody has stored since.
pub async fn orphans(conn: &mut Conn, before: DateTime<Utc>, limit: i64) -> Result<Vec<BlobHash>> {
    let found: Vec<(BlobHash,)> = conn
        .fetch_all(sql!(
            "select b.hash from blobs b where b.kept_at < ?
             and not exists (select 1 from images i where i.hash = b.hash)
             and not exists (select 1 from image_variants v where v.hash = b.hash)
             order by b.kept_at, b.hash limit ?",
            before,
            limit
        ))
        .await?;
    Ok(found.into_iter().map(|(hash,)| hash).collect())
}
