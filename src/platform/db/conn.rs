//! A connection or a transaction to either database, with a bound on every wait.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use sqlx::{
    AssertSqlSafe, FromRow, MySql, MySqlPool, Sqlite, SqlitePool,
    mysql::{MySqlArguments, MySqlRow},
    pool::PoolConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};
use tracing::Instrument as _;

use super::{Arg, Sql, WAIT};
use crate::{
    error::{Error, Result},
    platform::{
        cache::{Invalidation, Shared, Tag},
        keys::Keys,
    },
};

/// A row type that decodes from both databases; `derive(sqlx::FromRow)` is all that it takes.
pub trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, MySqlRow> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, MySqlRow> + Send + Unpin
{
}

pub struct Conn {
    link: Link,
    wait: Duration,
}

enum Link {
    Sqlite(PoolConnection<Sqlite>),
    /// Begun by hand: when SQLite is full or cannot write it ends a transaction by itself, and sqlx's count of open
    /// ones would be wrong for as long as the connection lives.
    SqliteTx(PoolConnection<Sqlite>),
    MySql(PoolConnection<MySql>),
    /// By hand too, so that a connection whose server does not answer can be given up at once.
    MySqlTx(PoolConnection<MySql>),
    Ended,
}

macro_rules! on_link {
    ($self:ident, $sql:ident, |$query:ident, $executor:ident| $run:expr) => {{
        let wait = $self.wait;
        let sql: Sql = $sql;
        match &mut $self.link {
            Link::Sqlite(conn) => {
                let (text, args) = sql.into_parts_with_limits();
                let ($query, $executor) = (sqlite_query(text, args), &mut **conn);
                bounded(wait, $run).await
            }
            Link::SqliteTx(tx) => {
                let (text, args) = sql.into_parts_with_limits();
                let ($query, $executor) = (sqlite_query(text, args), &mut **tx);
                bounded(wait, $run).await
            }
            Link::MySql(conn) | Link::MySqlTx(conn) => {
                let (text, args) = sql.into_parts();
                let ($query, $executor) = (mysql_query(text, args), &mut **conn);
                let done = bounded(wait, $run).await;
                if matches!(done, Err(Error::Unavailable(_))) {
                    // The pool would wait for its answer, for as long as the server takes.
                    conn.close_on_drop();
                }
                done
            }
            Link::Ended => Err(Error::internal("a statement after the transaction's end")),
        }
    }};
}

impl Conn {
    pub(super) fn sqlite(conn: PoolConnection<Sqlite>) -> Self {
        Self {
            link: Link::Sqlite(conn),
            wait: WAIT,
        }
    }

    pub(super) fn mysql(conn: PoolConnection<MySql>) -> Self {
        Self {
            link: Link::MySql(conn),
            wait: WAIT,
        }
    }

    /// Gives each following statement this long.
    pub fn set_wait(&mut self, wait: Duration) {
        self.wait = wait;
    }

    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        matches!(self.link, Link::Sqlite(_) | Link::SqliteTx(_))
    }

    /// The number of rows changed. `MySQL` counts matched rows, as `SQLite` does: sqlx asks it to.
    pub async fn execute(&mut self, sql: Sql) -> Result<u64> {
        on_link!(self, sql, |query, executor| async {
            query
                .execute(executor)
                .await
                .map(|done| done.rows_affected())
        })
    }

    /// Two statements. `SQLite`'s thread takes them in one message, which costs more than a small insert.
    pub async fn execute_both(&mut self, mut first: Sql, second: Sql) -> Result<()> {
        if self.is_sqlite() {
            first.push("; ").append(second);
            self.execute(first).await?;
        } else {
            self.execute(first).await?;
            self.execute(second).await?;
        }
        Ok(())
    }

    /// A change to the row that still has the version it was made from: `Conflict` if there is none.
    pub async fn change(&mut self, sql: Sql) -> Result<()> {
        if self.execute(sql).await? == 0 {
            Err(Error::Conflict)
        } else {
            Ok(())
        }
    }

    pub async fn fetch_all<T: Record>(&mut self, sql: Sql) -> Result<Vec<T>> {
        on_link!(self, sql, |query, executor| async {
            query
                .fetch_all(executor)
                .await?
                .iter()
                .map(T::from_row)
                .collect()
        })
    }

    pub async fn fetch_optional<T: Record>(&mut self, sql: Sql) -> Result<Option<T>> {
        on_link!(self, sql, |query, executor| async {
            query
                .fetch_optional(executor)
                .await?
                .as_ref()
                .map(T::from_row)
                .transpose()
        })
    }

    /// The row that must exist: `NotFound` if it does not.
    pub async fn fetch_one<T: Record>(&mut self, sql: Sql) -> Result<T> {
        self.fetch_optional(sql).await?.ok_or(Error::NotFound)
    }

    /// One number, for example a count.
    pub async fn number(&mut self, sql: Sql) -> Result<i64> {
        Ok(self.fetch_one::<(i64,)>(sql).await?.0)
    }
}

/// A transaction. It ends with `commit`; dropped before, nothing of it stays.
pub struct Tx {
    conn: Conn,
    keys: Option<Arc<Keys>>,
    committed: Vec<Box<dyn FnOnce() + Send>>,
    invalidation: Option<Invalidation>,
}

impl Tx {
    pub(super) async fn sqlite(writer: &SqlitePool) -> Result<Self> {
        // A transaction from here on: if nobody waits for it any more, its connection goes with it, because it may
        // still begin.
        let mut tx = Self::of(Link::SqliteTx(writer.acquire().await?));
        tx.execute(Sql::new("begin immediate")).await?;
        Ok(tx)
    }

    pub(super) async fn mysql(pool: &MySqlPool) -> Result<Self> {
        let asked = Instant::now();
        loop {
            let mut conn = pool.acquire().await?;
            let left = WAIT.saturating_sub(asked.elapsed());
            match bounded(left, sqlx::query("start transaction").execute(&mut *conn)).await {
                Ok(_) => return Ok(Self::of(Link::MySqlTx(conn))),
                // After a restart of the server all resting connections are dead: nothing has begun yet, so the next
                // one may.
                Err(error) => {
                    conn.close_on_drop();
                    if asked.elapsed() >= WAIT {
                        return Err(error);
                    }
                }
            }
        }
    }

    fn of(link: Link) -> Self {
        Self {
            conn: Conn { link, wait: WAIT },
            keys: None,
            committed: Vec::new(),
            invalidation: None,
        }
    }

    pub(super) fn signing_with(mut self, keys: Option<Arc<Keys>>) -> Self {
        self.keys = keys;
        self
    }

    /// What proves that a row is the product's; a database that was opened without them can only be read and moved.
    pub fn keys(&self) -> Result<Arc<Keys>> {
        self.keys
            .clone()
            .ok_or_else(|| Error::internal("a database that was opened without keys"))
    }

    /// What is to happen in this process once the transaction has been committed, and only then.
    pub fn on_commit(&mut self, then: impl FnOnce() + Send + 'static) {
        self.committed.push(Box::new(then));
    }

    /// What the change makes void in all caches: noted in this transaction, and true everywhere before `commit` answers.
    /// Without `wait` the others may be a moment behind.
    pub fn invalidates(&mut self, cache: &Shared, tags: impl IntoIterator<Item = Tag>, wait: bool) {
        self.invalidation
            .get_or_insert_with(|| Invalidation::new(cache))
            .add(tags, wait);
    }

    pub async fn commit(mut self) -> Result<()> {
        let Some(invalidation) = self.invalidation.take() else {
            return self.finish().await;
        };
        invalidation.write(&mut self.conn).await?;
        // By itself, so that this process forgets what the change makes void even if nobody waits for it any more.
        let ending = async move {
            let done = self.finish().await;
            let carried = invalidation.carry_out(done.is_ok()).await;
            (done, carried)
        };
        let (done, carried) = tokio::spawn(ending.in_current_span())
            .await
            .map_err(Error::internal)?;
        carried.note();
        done
    }

    async fn finish(&mut self) -> Result<()> {
        self.end().await?;
        for then in self.committed.drain(..) {
            then();
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<()> {
        let wait = self.conn.wait;
        match std::mem::replace(&mut self.conn.link, Link::Ended) {
            Link::SqliteTx(mut conn) => {
                let done = bounded(wait, sqlx::query("commit").execute(&mut *conn)).await;
                if done.is_err() {
                    conn.close_on_drop();
                }
                done.map(drop)
            }
            Link::MySqlTx(mut conn) => {
                let done = bounded(wait, sqlx::query("commit").execute(&mut *conn)).await;
                if done.is_err() {
                    conn.close_on_drop();
                }
                done.map(drop)
            }
            _ => Err(Error::internal("a transaction that was not begun")),
        }
    }
}

impl Drop for Tx {
    /// SQLite's ends with its connection, whatever state it is in; a server is asked to forget it, and left if it does
    /// not answer.
    fn drop(&mut self) {
        match std::mem::replace(&mut self.conn.link, Link::Ended) {
            Link::SqliteTx(mut conn) => conn.close_on_drop(),
            Link::MySqlTx(mut conn) => {
                let Ok(runtime) = tokio::runtime::Handle::try_current() else {
                    conn.close_on_drop();
                    return;
                };
                runtime.spawn(async move {
                    let done = bounded(WAIT, sqlx::query("rollback").execute(&mut *conn)).await;
                    if done.is_err() {
                        conn.close_on_drop();
                    }
                });
            }
            Link::Sqlite(_) | Link::MySql(_) | Link::Ended => {}
        }
    }
}

impl std::ops::Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

async fn bounded<T>(wait: Duration, run: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
    match tokio::time::timeout(wait, run).await {
        Ok(done) => done.map_err(Error::from),
        Err(_) => Err(Error::unavailable("the database did not answer in time")),
    }
}

macro_rules! query_for {
    ($name:ident, $db:ty, $arguments:ty, $time:expr) => {
        fn $name(
            text: std::borrow::Cow<'static, str>,
            args: Vec<Arg>,
        ) -> Query<'static, $db, $arguments> {
            // `Sql` grows by literals only, so its text is as safe as they are.
            let mut query = sqlx::query(AssertSqlSafe(text));
            for arg in args {
                query = match arg {
                    Arg::Null => query.bind(None::<String>),
                    Arg::Bool(value) => query.bind(value),
                    Arg::Int(value) => query.bind(value),
                    Arg::Text(value) => query.bind(value.into_owned()),
                    Arg::Bytes(value) => query.bind(value),
                    Arg::Uuid(value) => query.bind(value),
                    Arg::Date(value) => query.bind(value),
                    Arg::Time(value) => query.bind($time(value)),
                };
            }
            query
        }
    };
}

query_for!(
    sqlite_query,
    Sqlite,
    SqliteArguments,
    std::convert::identity
);
// With its zone it would go over the wire as a TIMESTAMP, which ends in January 2038.
query_for!(mysql_query, MySql, MySqlArguments, |time: DateTime<Utc>| {
    time.naive_utc()
});
