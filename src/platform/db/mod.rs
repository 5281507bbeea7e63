//! The database: one text per query, run on `SQLite` or on MySQL/MariaDB, whichever `DATABASE_URL` names.

mod arg;
mod conn;
pub mod dialect;
mod migrate;

use std::{
    fmt,
    path::PathBuf,
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, Connection, Executor,
    mysql::{MySqlConnectOptions, MySqlPool},
    pool::PoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous},
};

pub use self::{
    arg::{Arg, Sql, text_column},
    conn::{Conn, Record, Tx},
};
use super::keys::Keys;
use crate::error::{Error, Result};

/// What a request may wait for a connection, and then for a statement: together under the three seconds
/// in which a page has to say that the database is away.
pub const WAIT: Duration = Duration::from_millis(1400);

/// What the first look at the file may wait for another process.
const OPEN_WAIT: Duration = Duration::from_secs(5);

/// Long enough for a migration or the demo data, on a slow disk.
pub const WAIT_OFFLINE: Duration = Duration::from_mins(10);

#[derive(Clone, Debug)]
pub enum Db {
    /// One writer: `SQLite` has one write lock, and waiting for it in the pool is fair and bounded.
    Sqlite {
        readers: SqlitePool,
        writer: SqlitePool,
        aside: SqlitePool,
        keys: Option<Arc<Keys>>,
    },
    MySql {
        pool: MySqlPool,
        aside: MySqlPool,
        keys: Option<Arc<Keys>>,
    },
}

/// Where the database is.
#[derive(Clone)]
pub enum Source {
    Sqlite(PathBuf),
    MySql(Box<MySqlConnectOptions>),
}

impl fmt::Debug for Source {
    /// Without the password, which the driver's own `Debug` shows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            Self::MySql(options) => {
                write!(f, "MySql({}:{})", options.get_host(), options.get_port())
            }
        }
    }
}

impl Source {
    /// `sqlite:PATH` or `mysql://user:password@host:port/name`.
    pub fn parse(url: &str) -> std::result::Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(":memory:") || path.contains('?') {
                return Err("name a file, for example sqlite:var/prosektorweb.db".into());
            }
            return Ok(Self::Sqlite(path.into()));
        }
        let url = url
            .strip_prefix("mariadb://")
            .map_or_else(|| url.to_owned(), |rest| format!("mysql://{rest}"));
        if !url.starts_with("mysql://") {
            return Err("start it with sqlite: or mysql://".into());
        }
        // The parser's own message may hold the password, so it is not passed on.
        let options = MySqlConnectOptions::from_str(&url)
            .map_err(|_| "write it as mysql://user:password@host:3306/name".to_owned())?;
        if options.get_database().is_none_or(str::is_empty) {
            return Err(
                "name the database at the end: mysql://user:password@host:3306/name".into(),
            );
        }
        Ok(Self::MySql(Box::new(options)))
    }
}

impl Db {
    /// Opens the pools without waiting for a server: one that is away now may be back for the next request.
    pub async fn open(source: &Source) -> Result<Self> {
        match source {
            Source::Sqlite(path) => {
                if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
                    std::fs::create_dir_all(dir).map_err(Error::unavailable)?;
                }
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .foreign_keys(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(WAIT)
                    .pragma("cache_size", "-4000")
                    .optimize_on_close(true, 400)
                    .statement_cache_capacity(200)
                    .disable_statement_logging();
                let writer: SqlitePool = pool::<sqlx::Sqlite>(1).connect_lazy_with(options.clone());
                // The writer's connection makes the file and switches it to WAL before a reader opens it.
                // SQLite does not wait for its turn with that while another process migrates.
                let asked = Instant::now();
                while let Err(error) = writer.acquire().await.map(drop) {
                    if !is_busy(&error) || asked.elapsed() > OPEN_WAIT {
                        return Err(error.into());
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                let options = options.create_if_missing(false).pragma("query_only", "ON");
                Ok(Self::Sqlite {
                    readers: pool::<sqlx::Sqlite>(4).connect_lazy_with(options.clone()),
                    writer,
                    aside: pool::<sqlx::Sqlite>(1).connect_lazy_with(options),
                    keys: None,
                })
            }
            Source::MySql(options) => {
                let options = (**options)
                    .clone()
                    .charset("utf8mb4")
                    .collation("utf8mb4_bin")
                    .statement_cache_capacity(200)
                    .disable_statement_logging();
                Ok(Self::MySql {
                    pool: mysql_pool(20, options.clone()),
                    aside: mysql_pool(1, options),
                    keys: None,
                })
            }
        }
    }

    /// What transactions prove with that they are the product's.
    #[must_use]
    pub fn signing_with(mut self, with: &Keys) -> Self {
        let (Self::Sqlite { keys, .. } | Self::MySql { keys, .. }) = &mut self;
        *keys = Some(Arc::new(with.clone()));
        self
    }

    /// A connection to read with. On `SQLite` it cannot write.
    pub async fn read(&self) -> Result<Conn> {
        match self {
            Self::Sqlite { readers, .. } => Ok(Conn::sqlite(readers.acquire().await?)),
            Self::MySql { pool, .. } => Ok(Conn::mysql(pool.acquire().await?)),
        }
    }

    /// The same from a place of its own, which no crowd of requests takes: to see what others have changed.
    pub async fn read_aside(&self) -> Result<Conn> {
        match self {
            Self::Sqlite { aside, .. } => Ok(Conn::sqlite(aside.acquire().await?)),
            Self::MySql { aside, .. } => Ok(Conn::mysql(aside.acquire().await?)),
        }
    }

    /// A transaction that holds the write lock from its start on `SQLite`. Dropped without `commit`, it is rolled back.
    pub async fn begin(&self) -> Result<Tx> {
        let (tx, keys) = match self {
            Self::Sqlite { writer, keys, .. } => (Tx::sqlite(writer).await?, keys),
            Self::MySql { pool, keys, .. } => (Tx::mysql(pool).await?, keys),
        };
        Ok(tx.signing_with(keys.clone()))
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite {
                readers,
                writer,
                aside,
                ..
            } => {
                readers.close().await;
                aside.close().await;
                writer.close().await;
            }
            Self::MySql { pool, aside, .. } => {
                aside.close().await;
                pool.close().await;
            }
        }
    }

    #[must_use]
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }
}

/// `SQLITE_BUSY`, or one of its kinds.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<i32>().ok())
        .is_some_and(|code| code & 0xff == 5)
}

fn mysql_pool(size: u32, options: MySqlConnectOptions) -> MySqlPool {
    pool::<sqlx::MySql>(size)
        .after_connect(|conn, _| {
            Box::pin(async move {
                conn.execute("set session transaction isolation level read committed")
                    .await?;
                conn.execute("set session innodb_lock_wait_timeout = 1")
                    .await?;
                Ok(())
            })
        })
        // A ping is a round trip: only a connection that has rested may have died meanwhile.
        .before_acquire(|conn, meta| {
            Box::pin(async move {
                if meta.idle_for > Duration::from_secs(1) {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options)
}

fn pool<DB: sqlx::Database>(size: u32) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(size)
        .acquire_timeout(WAIT)
        .test_before_acquire(false)
}
