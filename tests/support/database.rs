//! A database for each test: migrated and filled once per run, copied for each test, gone with it.
//!
//! SQLite by itself; with `TEST_DATABASE_URL` MySQL or MariaDB, for whose user databases may be created.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use prosektorweb::{app::App, seed};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, Row, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

use super::{clock, config};

/// Every row of every table, its columns as SQL literals.
pub type Dump = BTreeMap<String, Vec<BTreeMap<String, String>>>;

pub struct Database {
    pub url: String,
    place: Place,
}

enum Place {
    Folder(TempDir),
    Server(String),
}

/// The address of a MySQL or MariaDB to test on, and whether there is one.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests' own switch, read in this one place"
)]
pub fn server_url() -> Option<String> {
    std::env::var("TEST_DATABASE_URL")
        .ok()
        .filter(|url| !url.is_empty())
}

impl Database {
    /// With the schema, the cast and its companies.
    pub async fn seeded() -> Self {
        if server_url().is_some() {
            static COPY: OnceCell<String> = OnceCell::const_new();
            let copy = COPY.get_or_init(mysql_copy).await;
            let database = Self::empty().await;
            let mut conn = MySqlConnection::connect(&database.url).await.unwrap();
            conn.execute(sqlx::raw_sql(AssertSqlSafe(copy.clone())))
                .await
                .unwrap();
            conn.close().await.unwrap();
            database
        } else {
            static COPY: OnceCell<Vec<u8>> = OnceCell::const_new();
            let copy = COPY.get_or_init(sqlite_copy).await;
            let database = Self::empty().await;
            std::fs::write(database.file().unwrap(), copy).unwrap();
            database
        }
    }

    /// With nothing in it, not even the schema.
    pub async fn empty() -> Self {
        let Some(server) = server_url() else {
            let folder = TempDir::with_prefix("prosektorweb-").unwrap();
            let url = format!("sqlite:{}", folder.path().join("test.db").display());
            return Self {
                url,
                place: Place::Folder(folder),
            };
        };
        let mut url = Url::parse(&server).unwrap();
        let name = format!(
            "{}_{}",
            url.path().trim_start_matches('/'),
            Uuid::now_v7().simple()
        );
        on_server(
            &server,
            &format!("create database {name} character set utf8mb4"),
        )
        .await;
        url.set_path(&name);
        Self {
            url: url.into(),
            place: Place::Server(name),
        }
    }

    /// All that is kept, whatever tables there are.
    pub async fn dump(&self) -> Dump {
        match &self.place {
            Place::Folder(_) => sqlite_dump(&self.url).await,
            Place::Server(_) => mysql_dump(&self.url).await,
        }
    }

    /// The file, where the database is one.
    pub fn file(&self) -> Option<std::path::PathBuf> {
        match &self.place {
            Place::Folder(folder) => Some(folder.path().join("test.db")),
            Place::Server(_) => None,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (Place::Server(name), Some(server)) = (&self.place, server_url()) else {
            return;
        };
        let name = name.clone();
        // The test's own runtime may be at its end already.
        let done = std::thread::spawn({
            let name = name.clone();
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    tokio::time::timeout(Duration::from_secs(20), removed(&server, &name)).await
                })
            }
        });
        // Waited for in any case, or the process may end first.
        let is_gone = matches!(done.join(), Ok(Ok(())));
        assert!(
            is_gone || std::thread::panicking(),
            "{name} could not be dropped"
        );
    }
}

/// A connection that the test has left may still hold a transaction open: it is cut first.
async fn removed(server: &str, name: &str) {
    let mut conn = MySqlConnection::connect(server).await.unwrap();
    let left: Vec<(i64,)> = sqlx::query_as(
        "select cast(id as signed) from information_schema.processlist where db = ?",
    )
    .bind(name)
    .fetch_all(&mut conn)
    .await
    .unwrap();
    for (id,) in left {
        // It may have gone by itself meanwhile.
        let _ = conn.execute(AssertSqlSafe(format!("kill {id}"))).await;
    }
    conn.close().await.unwrap();
    on_server(server, &format!("drop database if exists {name}")).await;
}

async fn on_server(server: &str, statement: &str) {
    let mut conn = MySqlConnection::connect(server).await.unwrap();
    conn.execute(AssertSqlSafe(statement.to_owned()))
        .await
        .unwrap();
    conn.close().await.unwrap();
}

async fn made(database: &Database) -> App {
    let app = App::build(config(&[("DATABASE_URL", &database.url)]), clock())
        .await
        .unwrap();
    app.db.migrate(app.config.database_file()).await.unwrap();
    assert!(seed::run(&app).await.unwrap());
    app
}

async fn sqlite_copy() -> Vec<u8> {
    let database = Database::empty().await;
    let app = made(&database).await;
    // Closing the last connection folds the write-ahead log into the file.
    app.db.close().await;
    std::fs::read(database.file().unwrap()).unwrap()
}

/// What is in one of the two alone.
pub fn difference(before: &Dump, after: &Dump) -> Vec<String> {
    let alone = |one: &Dump, other: &Dump, sign: &str| -> Vec<String> {
        let rows = one.iter().flat_map(|(table, rows)| {
            let others = &other[table];
            let alone = rows.iter().filter(|row| !others.contains(row));
            alone.map(move |row| format!("{sign} {table}: {row:?}"))
        });
        rows.collect()
    };
    let mut found = alone(before, after, "-");
    found.extend(alone(after, before, "+"));
    found
}

async fn sqlite_dump(url: &str) -> Dump {
    let mut conn = SqliteConnection::connect(url).await.unwrap();
    let tables: Vec<(String,)> = sqlx::query_as(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite%' and name not like '%sqlx%'",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let mut dump = Dump::new();
    for (table,) in tables {
        let columns: Vec<(String,)> =
            sqlx::query_as("select name from pragma_table_xinfo(?) order by cid")
                .bind(&table)
                .fetch_all(&mut conn)
                .await
                .unwrap();
        let members: Vec<String> = columns
            .iter()
            .map(|(name,)| format!("'{name}', quote(\"{name}\")"))
            .collect();
        let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(format!(
            "select json_object({}) from \"{table}\"",
            members.join(", ")
        )))
        .fetch_all(&mut conn)
        .await
        .unwrap();
        dump.insert(table, read_rows(rows));
    }
    conn.close().await.unwrap();
    dump
}

async fn mysql_dump(url: &str) -> Dump {
    let mut conn = MySqlConnection::connect(url).await.unwrap();
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "select cast(table_name as char), cast(column_name as char), cast(data_type as char) from information_schema.columns
         where table_schema = database() and table_name not like '%sqlx%' order by table_name, ordinal_position",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, name, kind) in columns {
        let literal = match kind.as_str() {
            "binary" | "varbinary" | "blob" => {
                format!("if(`{name}` is null, 'NULL', concat('X''', hex(`{name}`), ''''))")
            }
            _ => format!("quote(cast(`{name}` as char))"),
        };
        members
            .entry(table)
            .or_default()
            .push(format!("'{name}', {literal}"));
    }
    let mut dump = Dump::new();
    for (table, members) in members {
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as(AssertSqlSafe(format!(
            "select cast(json_object({}) as binary) from `{table}`",
            members.join(", ")
        )))
        .fetch_all(&mut conn)
        .await
        .unwrap();
        let rows = rows
            .into_iter()
            .map(|(row,)| (String::from_utf8(row).unwrap(),));
        dump.insert(table, read_rows(rows.collect()));
    }
    conn.close().await.unwrap();
    dump
}

fn read_rows(rows: Vec<(String,)>) -> Vec<BTreeMap<String, String>> {
    let mut rows: Vec<BTreeMap<String, String>> = rows
        .into_iter()
        .map(|(row,)| serde_json::from_str(&row).unwrap())
        .collect();
    rows.sort();
    rows
}

/// The statements that make the same database again.
async fn mysql_copy() -> String {
    let database = Database::empty().await;
    let app = made(&database).await;
    app.db.close().await;
    let mut conn = MySqlConnection::connect(&database.url).await.unwrap();
    let mut copy = String::from("set foreign_key_checks = 0;\n");
    for (table,) in sqlx::query_as::<_, (String,)>(
        "select cast(table_name as char) from information_schema.tables where table_schema = database() order by table_name",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap()
    {
        let created = sqlx::raw_sql(AssertSqlSafe(format!("show create table {table}")))
            .fetch_one(&mut conn)
            .await
            .unwrap();
        writeln!(copy, "{};", created.get::<String, _>(1)).unwrap();
        let columns: Vec<(String, String)> = sqlx::query_as(
            "select cast(column_name as char), cast(data_type as char) from information_schema.columns
             where table_schema = database() and table_name = ? and extra not like '%GENERATED%' order by ordinal_position",
        )
        .bind(&table)
        .fetch_all(&mut conn)
        .await
        .unwrap();
        let names: Vec<String> = columns
            .iter()
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let literals: Vec<String> = columns
            .iter()
            .map(|(name, kind)| match kind.as_str() {
                "binary" | "varbinary" | "blob" => {
                    format!("if(`{name}` is null, 'null', concat('x''', hex(`{name}`), ''''))")
                }
                _ => format!("quote(cast(`{name}` as char))"),
            })
            .collect();
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as(AssertSqlSafe(format!(
            "select cast(concat('(', concat_ws(', ', {}), ')') as binary) from `{table}`",
            literals.join(", ")
        )))
        .fetch_all(&mut conn)
        .await
        .unwrap();
        let rows: Vec<String> = rows
            .into_iter()
            .map(|(row,)| String::from_utf8(row).unwrap())
            .collect();
        if !rows.is_empty() {
            let (names, rows) = (names.join(", "), rows.join(",\n"));
            writeln!(copy, "insert into `{table}` ({names}) values {rows};").unwrap();
        }
    }
    copy.push_str("set foreign_key_checks = 1;\n");
    conn.close().await.unwrap();
    copy
}
