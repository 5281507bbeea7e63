//! Brings the schema up to date, one instance at a time.

use std::{borrow::Cow, fs::File, path::Path};

use sqlx::{
    MySqlPool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use super::{Db, Sql, WAIT_OFFLINE};
use crate::{
    error::{Error, Result},
    platform::{audit, clock::Clock, embedded},
};

/// Name and text of each migration.
type Files = &'static [(&'static str, &'static str)];

/// The migration that brings the head of the audit's chain. Those before it bring all else that a seal needs.
const CHAIN: i64 = 25;

/// How long another instance may take with its migrations before this one gives up.
const LOCK_WAIT_SECONDS: i64 = 120;

/// Indexes that came after their tables: table, name, and what makes it. `MySQL` has no `CREATE INDEX IF NOT EXISTS`, so that
/// a migration of theirs would not be safe to repeat.
const LATER_INDEXES: &[(&str, &str, &str)] = &[
    (
        "jobs",
        "jobs_kind",
        "create index jobs_kind on jobs (state, kind, priority, id)",
    ),
    (
        "posts",
        "posts_rules",
        "create index posts_rules on posts (html_release, id)",
    ),
    (
        "post_words",
        "post_words_found",
        "create index post_words_found on post_words (lang, word, post_id, weight, public_at)",
    ),
];

impl Db {
    /// Applies what is missing. Two instances that start at once wait for each other: sqlx takes no lock on `SQLite`,
    /// and none on `MariaDB`, where its endless `GET_LOCK` is NULL, so this takes its own.
    pub async fn migrate(&self, database_file: Option<&Path>) -> Result<()> {
        match self {
            Self::Sqlite { .. } => {
                let _lock = database_file.map(lock_beside).transpose()?;
                self.apply(embedded::SQLITE_MIGRATIONS).await?;
                self.add_indexes().await
            }
            Self::MySql { pool, .. } => {
                let mut conn = pool.acquire().await?;
                let (name,): (Option<String>,) = sqlx::query_as("select database()")
                    .fetch_one(&mut *conn)
                    .await?;
                let lock = format!("migrate:{}", name.unwrap_or_default());
                let (taken,): (Option<i64>,) = sqlx::query_as("select get_lock(?, ?)")
                    .bind(&lock)
                    .bind(LOCK_WAIT_SECONDS)
                    .fetch_one(&mut *conn)
                    .await?;
                if taken != Some(1) {
                    return Err(Error::unavailable(
                        "another instance is still migrating the database",
                    ));
                }
                let migrate = async {
                    self.apply(embedded::MYSQL_MIGRATIONS).await?;
                    add_indexes(pool).await
                };
                let run = tokio::time::timeout(WAIT_OFFLINE, migrate).await;
                let freed = sqlx::query_as::<_, (Option<i64>,)>("select release_lock(?)")
                    .bind(&lock)
                    .fetch_one(&mut *conn)
                    .await;
                run.map_err(Error::unavailable)??;
                freed.map(drop).map_err(Error::from)
            }
        }
    }

    /// The run that brings the audit's chain, and no later one, seals the entries that are older than it.
    async fn apply(&self, files: Files) -> Result<()> {
        let has_chain = self.has_applied(CHAIN).await?;
        if !has_chain {
            self.run(migrator(files, CHAIN - 1)?).await?;
            audit::adopt(self, Clock::default().now()).await?;
        }
        self.run(migrator(files, i64::MAX)?).await?;
        if !has_chain {
            audit::begin_chain(self, Clock::default().now()).await?;
        }
        Ok(())
    }

    async fn run(&self, mut migrator: Migrator) -> Result<()> {
        let done = match self {
            Self::Sqlite { writer, .. } => migrator.run(writer).await,
            Self::MySql { pool, .. } => {
                migrator.set_locking(false);
                migrator.run(pool).await
            }
        };
        done.map_err(migration_failed)
    }

    /// On `SQLite`.
    async fn add_indexes(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.set_wait(super::WAIT_OFFLINE);
        for (_, _, create) in LATER_INDEXES {
            let mut sql = Sql::new("create index if not exists ");
            sql.push(create.trim_start_matches("create index "));
            tx.execute(sql).await?;
        }
        tx.commit().await
    }

    async fn has_applied(&self, version: i64) -> Result<bool> {
        let mut conn = self.read().await?;
        let found = conn
            .number(crate::sql!(
                "select count(*) from _sqlx_migrations where success and version = ?",
                version
            ))
            .await;
        match found {
            Ok(found) => Ok(found == 1),
            // No such table: nothing has ever been applied.
            Err(Error::Internal(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Whether the schema is the one that this binary was built for, or newer: an old binary goes on while a
    /// new one rolls out.
    pub async fn is_migrated(&self) -> Result<bool> {
        let wanted = embedded::SQLITE_MIGRATIONS.len();
        let mut conn = self.read().await?;
        let found = conn
            .number(crate::sql!(
                "select count(*) from _sqlx_migrations where success"
            ))
            .await;
        // What follows takes a connection of its own.
        drop(conn);
        match found {
            Ok(found) if usize::try_from(found).is_ok_and(|found| found >= wanted) => {
                self.has_indexes().await
            }
            Ok(_) | Err(Error::Internal(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Whether there are those that queries name, which they do on MySQL.
    async fn has_indexes(&self) -> Result<bool> {
        let Self::MySql { pool, .. } = self else {
            return Ok(true);
        };
        for (table, index, _) in LATER_INDEXES {
            if !has_index(pool, table, index).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn migration_failed(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMismatch(_) => Error::unavailable(
            "the database was made by another development version of the schema: use a new one",
        ),
        other => Error::internal(other),
    }
}

async fn add_indexes(pool: &MySqlPool) -> Result<()> {
    for (table, index, create) in LATER_INDEXES {
        if !has_index(pool, table, index).await? {
            sqlx::query(*create).execute(pool).await?;
        }
    }
    Ok(())
}

async fn has_index(pool: &MySqlPool, table: &str, index: &str) -> Result<bool> {
    let (found,): (i64,) = sqlx::query_as(
        "select count(*) from information_schema.statistics
         where table_schema = database() and table_name = ? and index_name = ?",
    )
    .bind(table)
    .bind(index)
    .fetch_one(pool)
    .await?;
    Ok(found > 0)
}

fn lock_beside(database_file: &Path) -> Result<File> {
    let file =
        File::create(database_file.with_extension("migrate.lock")).map_err(Error::unavailable)?;
    file.lock().map_err(Error::unavailable)?;
    Ok(file)
}

fn migrator(files: Files, last: i64) -> Result<Migrator> {
    let migrations = files
        .iter()
        .map(|(name, text)| {
            let (number, rest) = name
                .split_once('_')
                .ok_or_else(|| Error::internal("a migration is named 0001_what.sql"))?;
            let version: i64 = number.parse().map_err(Error::internal)?;
            let what = rest.trim_end_matches(".sql");
            Ok(Migration::new(
                version,
                Cow::Borrowed(what),
                MigrationType::Simple,
                sqlx::SqlSafeStr::into_sql_str(*text),
                false,
            ))
        })
        .filter(|migration| !matches!(migration, Ok(later) if later.version > last))
        .collect::<Result<Vec<_>>>()?;
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.set_ignore_missing(true);
    Ok(migrator)
}
