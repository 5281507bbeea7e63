//! All SQL about categories; tags have a table of the same shape.

use chrono::{DateTime, Utc};

use super::model::{Category, Counted, Label, folded};
use crate::{
    error::Result,
    platform::db::{Conn, Tx, dialect::for_update},
    sql,
    types::{Id, Lang, text},
};

/// The questions that both tables answer: `of` is the record, `count` what counts the posts of the row `l`.
macro_rules! labels {
    ($of:ty, $table:literal, $count:literal) => {
        /// By name, with the number of their posts; of one language or all.
        pub async fn list(conn: &mut Conn, lang: Option<Lang>) -> Result<Vec<Counted<$of>>> {
            let mut sql = $crate::platform::db::Sql::new(concat!(
                "select l.id, l.lang, l.slug, l.name, l.version, (",
                $count,
                ") as posts from ",
                $table,
                " l where true"
            ));
            if let Some(lang) = lang {
                sql.push(" and l.lang = ?").bind(lang);
            }
            sql.push(" order by l.lang, l.name_key, l.id");
            conn.fetch_all(sql).await
        }

        pub async fn find(conn: &mut Conn, id: Id<$of>) -> Result<$of> {
            conn.fetch_one(
                $crate::platform::db::Sql::new(concat!(
                    "select id, lang, slug, name, version, updated_at from ",
                    $table,
                    " where id = ?"
                ))
                .with(id),
            )
            .await
        }

        /// As `find`, but for a change: the row is locked until the transaction ends.
        pub async fn find_to_change(tx: &mut Tx, id: Id<$of>) -> Result<$of> {
            let mut sql = $crate::platform::db::Sql::new(concat!(
                "select id, lang, slug, name, version, updated_at from ",
                $table,
                " where id = ?"
            ));
            sql.bind(id);
            for_update(&mut sql, tx.is_sqlite());
            tx.fetch_one(sql).await
        }

        pub async fn find_by_slug(
            conn: &mut Conn,
            lang: Lang,
            slug: &str,
        ) -> Result<Option<$of>> {
            conn.fetch_optional(
                $crate::platform::db::Sql::new(concat!(
                    "select id, lang, slug, name, version, updated_at from ",
                    $table,
                    " where lang = ? and slug = ?"
                ))
                .with(lang)
                .with(slug),
            )
            .await
        }

        /// The one whose name reads the same.
        pub async fn find_by_name(
            conn: &mut Conn,
            lang: Lang,
            name: &str,
        ) -> Result<Option<$of>> {
            conn.fetch_optional(
                $crate::platform::db::Sql::new(concat!(
                    "select id, lang, slug, name, version, updated_at from ",
                    $table,
                    " where lang = ? and name_folded = ?"
                ))
                .with(lang)
                .with(folded(name)),
            )
            .await
        }

        /// Another one that has the name or the slug already.
        pub async fn clash(
            conn: &mut Conn,
            lang: Lang,
            label: &Label,
            own: Option<Id<$of>>,
        ) -> Result<Option<$crate::features::categories::model::Clash>> {
            use $crate::features::categories::model::Clash;
            let is_other = |found: &$of| Some(found.id) != own;
            let named = find_by_name(conn, lang, &label.name).await?;
            if let Some(other) = named.filter(is_other) {
                return Ok(Some(Clash::Name(other.name)));
            }
            let found = find_by_slug(conn, lang, &label.slug).await?;
            Ok(found.filter(is_other).map(|other| Clash::Slug(other.name)))
        }

        /// The slugs that begin so.
        pub async fn slugs_like(conn: &mut Conn, lang: Lang, slug: &str) -> Result<Vec<String>> {
            let found: Vec<(String,)> = conn
                .fetch_all(
                    $crate::platform::db::Sql::new(concat!(
                        "select slug from ",
                        $table,
                        " where lang = ? and slug >= ? and slug < ?"
                    ))
                    .with(lang)
                    .with(slug)
                    .with(format!("{slug}~")),
                )
                .await?;
            Ok(found.into_iter().map(|(slug,)| slug).collect())
        }

        pub async fn insert(
            tx: &mut Tx,
            id: Id<$of>,
            lang: Lang,
            label: &Label,
            now: DateTime<Utc>,
        ) -> Result<()> {
            tx.execute(
                $crate::platform::db::Sql::new(concat!(
                    "insert into ",
                    $table,
                    " (id, lang, slug, name, name_key, name_folded, version, created_at, updated_at) values (?, ?, ?, ?, ?, ?, 1, ?, ?)"
                ))
                .with(id)
                .with(lang)
                .with(label.slug.as_str())
                .with(label.name.as_str())
                .with(text::sort_key(&label.name))
                .with(label.folded())
                .with(now)
                .with(now),
            )
            .await?;
            Ok(())
        }

        /// `Conflict` if the row has moved on from `version`, `Taken` if another has the name or the slug.
        pub async fn rename(
            tx: &mut Tx,
            id: Id<$of>,
            version: i64,
            label: &Label,
            now: DateTime<Utc>,
        ) -> Result<()> {
            tx.change(
                $crate::platform::db::Sql::new(concat!(
                    "update ",
                    $table,
                    " set slug = ?, name = ?, name_key = ?, name_folded = ?, version = version + 1, updated_at = ? where id = ? and version = ?"
                ))
                .with(label.slug.as_str())
                .with(label.name.as_str())
                .with(text::sort_key(&label.name))
                .with(label.folded())
                .with(now)
                .with(id)
                .with(version),
            )
            .await
        }

        /// One with the number of its posts.
        pub async fn counted(conn: &mut Conn, id: Id<$of>) -> Result<Counted<$of>> {
            conn.fetch_one(
                $crate::platform::db::Sql::new(concat!(
                    "select l.id, l.lang, l.slug, l.name, l.version, (",
                    $count,
                    ") as posts from ",
                    $table,
                    " l where l.id = ?"
                ))
                .with(id),
            )
            .await
        }

        /// One that no post has any more.
        pub async fn delete(tx: &mut Tx, id: Id<$of>, version: i64) -> Result<()> {
            tx.change(
                $crate::platform::db::Sql::new(concat!(
                    "delete from ",
                    $table,
                    " where id = ? and version = ?"
                ))
                .with(id)
                .with(version),
            )
            .await
        }
    };
}
pub(crate) use labels;

labels!(
    Category,
    "categories",
    "select count(*) from posts p where p.category_id = l.id and p.live = 1"
);

/// All posts of one category, the trashed ones too, are another's from now on.
pub async fn move_posts(tx: &mut Tx, from: Id<Category>, to: Id<Category>) -> Result<u64> {
    tx.execute(sql!(
        "update posts set category_id = ? where category_id = ?",
        to,
        from
    ))
    .await
}

/// No post, trashed or not, has this category any more.
pub async fn leave_posts(tx: &mut Tx, id: Id<Category>) -> Result<u64> {
    tx.execute(sql!(
        "update posts set category_id = null where category_id = ?",
        id
    ))
    .await
}
