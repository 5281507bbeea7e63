//! All SQL about tags.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::Tag;
use crate::{
    error::Result,
    features::{
        categories::{
            model::{Counted, Label, folded},
            queries::labels,
        },
        posts::model::{Post, TAG_WEIGHT, Word},
    },
    platform::db::{
        Conn, Tx,
        dialect::{for_update, insert_or_ignore},
    },
    sql,
    types::{Id, Lang, text},
};

labels!(
    Tag,
    "tags",
    "select count(*) from post_tags pt join posts p on p.id = pt.post_id and p.live = 1 where pt.tag_id = l.id"
);

/// The tags of a post, by name.
pub async fn of_post(conn: &mut Conn, post: Id<Post>) -> Result<Vec<Tag>> {
    conn.fetch_all(sql!(
        "select t.id, t.lang, t.slug, t.name, t.version, t.updated_at from post_tags pt join tags t on t.id = pt.tag_id
         where pt.post_id = ? order by t.name_key, t.id",
        post
    ))
    .await
}

/// The same of several posts at once.
pub async fn of_posts(conn: &mut Conn, posts: &[Id<Post>]) -> Result<HashMap<Id<Post>, Vec<Tag>>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        post_id: Id<Post>,
        #[sqlx(flatten)]
        tag: Tag,
    }
    let mut found = HashMap::new();
    if posts.is_empty() {
        return Ok(found);
    }
    let mut sql = sql!(
        "select pt.post_id, t.id, t.lang, t.slug, t.name, t.version, t.updated_at from post_tags pt
         join tags t on t.id = pt.tag_id where pt.post_id in ("
    );
    for (at, id) in posts.iter().enumerate() {
        sql.push(if at == 0 { "?" } else { ", ?" }).bind(*id);
    }
    sql.push(") order by t.name_key, t.id");
    let rows: Vec<Row> = conn.fetch_all(sql).await?;
    for row in rows {
        let tags: &mut Vec<Tag> = found.entry(row.post_id).or_default();
        tags.push(row.tag);
    }
    Ok(found)
}

/// These and no others. When the post is public is told to them by `posts::queries::publish_rows`.
pub async fn set_of_post(tx: &mut Tx, post: Id<Post>, tags: &[Id<Tag>]) -> Result<()> {
    tx.execute(sql!("delete from post_tags where post_id = ?", post))
        .await?;
    for tag in tags {
        tx.execute(sql!(
            "insert into post_tags (post_id, tag_id, public_at) values (?, ?, null)",
            post,
            *tag
        ))
        .await?;
    }
    Ok(())
}

/// All posts of one tag have another from now on; says how many it had.
pub async fn move_posts(tx: &mut Tx, from: Id<Tag>, to: Id<Tag>) -> Result<u64> {
    let insert = insert_or_ignore(
        tx.is_sqlite(),
        "insert into post_tags (post_id, tag_id, public_at) select post_id, ?, public_at from post_tags where tag_id = ?
         on conflict do nothing",
        "insert ignore into post_tags (post_id, tag_id, public_at) select post_id, ?, public_at from post_tags where tag_id = ?",
    );
    tx.execute(insert.with(to).with(from)).await?;
    tx.execute(sql!("delete from post_tags where tag_id = ?", from))
        .await
}

/// The live posts of a tag are found by this word from now on.
pub async fn add_word(tx: &mut Tx, tag: Id<Tag>, word: &Word) -> Result<()> {
    let insert = insert_or_ignore(
        tx.is_sqlite(),
        "insert into post_words (post_id, word, prefix, weight, lang, public_at)
         select p.id, ?, ?, ?, p.lang, p.public_at from post_tags pt join posts p on p.id = pt.post_id
         where pt.tag_id = ? and p.live = 1 on conflict do nothing",
        "insert ignore into post_words (post_id, word, prefix, weight, lang, public_at)
         select p.id, ?, ?, ?, p.lang, p.public_at from post_tags pt join posts p on p.id = pt.post_id
         where pt.tag_id = ? and p.live = 1",
    );
    let insert = insert
        .with(word.word.as_str())
        .with(word.prefix.as_str())
        .with(TAG_WEIGHT)
        .with(tag);
    tx.execute(insert).await?;
    Ok(())
}

/// All posts of a tag, trashed or not.
pub async fn posts_of(conn: &mut Conn, tag: Id<Tag>) -> Result<Vec<Uuid>> {
    let found: Vec<(Uuid,)> = conn
        .fetch_all(sql!("select post_id from post_tags where tag_id = ?", tag))
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// No post has this tag any more.
pub async fn leave_posts(tx: &mut Tx, tag: Id<Tag>) -> Result<u64> {
    tx.execute(sql!("delete from post_tags where tag_id = ?", tag))
        .await
}
