//! All SQL about revisions as they are read.

use crate::{
    error::Result,
    features::posts::{model::Post, queries::Revision},
    platform::db::Conn,
    sql,
    types::Id,
};

/// The newest first. A post has a few hundred at most, and there are gaps: not every version is a revision.
pub async fn numbers(conn: &mut Conn, post: Id<Post>) -> Result<Vec<i64>> {
    let found: Vec<(i64,)> = conn
        .fetch_all(sql!(
            "select number from post_revisions where post_id = ? order by number desc",
            post
        ))
        .await?;
    Ok(found.into_iter().map(|(number,)| number).collect())
}

/// Both ends included, the newest first.
pub async fn between(
    conn: &mut Conn,
    post: Id<Post>,
    (oldest, newest): (i64, i64),
) -> Result<Vec<Revision>> {
    conn.fetch_all(sql!(
        "select r.number, r.title, r.fields, u.name as author, r.created_at from post_revisions r
         left join users u on u.id = r.author_id where r.post_id = ? and r.number between ? and ? order by r.number desc",
        post,
        oldest,
        newest
    ))
    .await
}

/// All without what they say, the newest first.
pub async fn heads(conn: &mut Conn, post: Id<Post>) -> Result<Vec<Revision>> {
    conn.fetch_all(sql!(
        "select r.number, r.title, '' as fields, u.name as author, r.created_at from post_revisions r
         left join users u on u.id = r.author_id where r.post_id = ? order by r.number desc",
        post
    ))
    .await
}
