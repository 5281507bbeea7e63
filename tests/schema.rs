//! The two schemas are one: what SQLite has, MySQL has, but for the differences that are declared here.
//!
//! With a server its own catalogue is asked; without one the migrations for it are read.

use std::collections::{BTreeMap, BTreeSet};

use prosektorweb::{app::App, config::Config};
use regex::Regex;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, SqliteConnection};
use tempfile::TempDir;

use crate::support::{
    clock, config,
    database::{Database, server_url},
    source::files,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, Column>,
    /// Columns in order, and whether they are unique.
    indexes: BTreeSet<(Vec<String>, bool)>,
    foreign_keys: BTreeSet<String>,
    checks: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    kind: Kind,
    nullable: bool,
    generated: bool,
}

/// As far as both databases tell types apart: SQLite keeps dates and times as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Bytes,
}

type Schema = BTreeMap<String, Table>;

/// What may differ, and why: table, index, reason.
const ONLY_IN_MYSQL: &[(&str, &[&str], &str)] = &[];

/// Indexes that came after their tables, added by `Db::migrate`.
const LATER: &[(&str, &[&str])] = &[
    ("jobs", &["state", "kind", "priority", "id"]),
    ("posts", &["html_release", "id"]),
    (
        "post_words",
        &["lang", "word", "post_id", "weight", "public_at"],
    ),
];

fn kind(name: &str) -> Kind {
    let name = name.to_ascii_lowercase();
    let name = name.split('(').next().unwrap();
    match name {
        "text" | "varchar" | "char" | "mediumtext" | "longtext" | "datetime" | "date" => Kind::Text,
        "integer" | "int" | "bigint" | "tinyint" | "smallint" | "boolean" => Kind::Integer,
        "blob" | "binary" | "varbinary" | "mediumblob" => Kind::Bytes,
        other => panic!("the type {other} is new: say here what it is on the other database"),
    }
}

/// A check as both write it: lower case, without quotes around names, blanks and brackets.
fn plain(check: &str) -> String {
    let dropped = Regex::new(r"_utf8mb[34]\\?|[\\`()\s]").unwrap();
    dropped.replace_all(&check.to_lowercase(), "").into_owned()
}

// ---- as the databases tell it

async fn sqlite() -> Schema {
    let folder = TempDir::with_prefix("prosektorweb-").unwrap();
    let url = format!("sqlite:{}", folder.path().join("schema.db").display());
    migrate(&config(&[("DATABASE_URL", &url)])).await;
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    let mut schema = Schema::new();
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like '_sqlx%'",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    for (name, sql) in tables {
        let mut table = Table {
            checks: checks_in(&sql),
            ..Table::default()
        };
        let columns: Vec<(String, String, i64, i64, i64)> = sqlx::query_as(AssertSqlSafe(format!(
            "select name, type, \"notnull\", pk, hidden from pragma_table_xinfo('{name}')"
        )))
        .fetch_all(&mut conn)
        .await
        .unwrap();
        for (column, type_name, notnull, _, hidden) in &columns {
            let type_name = type_name.split_whitespace().next().unwrap();
            let column_of = Column {
                kind: kind(type_name),
                nullable: *notnull == 0,
                generated: *hidden > 0,
            };
            table.columns.insert(column.clone(), column_of);
        }
        let indexes: Vec<(String, i64)> = sqlx::query_as(AssertSqlSafe(format!(
            "select name, \"unique\" from pragma_index_list('{name}')"
        )))
        .fetch_all(&mut conn)
        .await
        .unwrap();
        for (index, unique) in indexes {
            let parts: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(format!(
                "select name from pragma_index_info('{index}') order by seqno"
            )))
            .fetch_all(&mut conn)
            .await
            .unwrap();
            table
                .indexes
                .insert((parts.into_iter().map(|(part,)| part).collect(), unique == 1));
        }
        let keys: Vec<(String, String, String, String)> = sqlx::query_as(AssertSqlSafe(format!(
            "select \"table\", \"from\", \"to\", on_delete from pragma_foreign_key_list('{name}')"
        )))
        .fetch_all(&mut conn)
        .await
        .unwrap();
        for (other, from, to, on_delete) in keys {
            table
                .foreign_keys
                .insert(foreign_key(&from, &other, &to, &on_delete));
        }
        schema.insert(name, table);
    }
    conn.close().await.unwrap();
    schema
}

fn foreign_key(from: &str, table: &str, to: &str, on_delete: &str) -> String {
    // "No action" and "restrict" are the same where nothing is deferred.
    let rule = if on_delete.eq_ignore_ascii_case("cascade") {
        "cascade"
    } else {
        "restrict"
    };
    format!("{from} → {table}.{to}, {rule}")
}

async fn migrate(config: &Config) {
    let app = App::build(config.clone(), clock()).await.unwrap();
    app.db.migrate(config.database_file()).await.unwrap();
    // Twice is as good as once.
    app.db.migrate(config.database_file()).await.unwrap();
    assert!(app.db.is_migrated().await.unwrap());
    app.db.close().await;
}

async fn mysql() -> Schema {
    let database = Database::empty().await;
    migrate(&config(&[("DATABASE_URL", &database.url)])).await;
    let mut conn = MySqlConnection::connect(&database.url).await.unwrap();
    let mut schema = Schema::new();
    let columns: Vec<(String, String, String, String, String)> = sqlx::query_as(
        "select cast(table_name as char), cast(column_name as char), cast(data_type as char), cast(is_nullable as char),
                cast(extra as char)
         from information_schema.columns where table_schema = database() and table_name not like '\\_sqlx%'",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    for (table, column, type_name, nullable, extra) in columns {
        let column_of = Column {
            kind: kind(&type_name),
            nullable: nullable == "YES",
            generated: extra.contains("GENERATED"),
        };
        schema
            .entry(table)
            .or_default()
            .columns
            .insert(column, column_of);
    }
    let parts: Vec<(String, String, i64, String)> = sqlx::query_as(
        "select cast(table_name as char), cast(index_name as char), cast(non_unique as signed), cast(column_name as char)
         from information_schema.statistics where table_schema = database() and table_name not like '\\_sqlx%'
         order by table_name, index_name, seq_in_index",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let mut indexes: BTreeMap<(String, String), (Vec<String>, bool)> = BTreeMap::new();
    for (table, index, non_unique, column) in parts {
        let index = indexes
            .entry((table, index))
            .or_insert((Vec::new(), non_unique == 0));
        index.0.push(column);
    }
    for ((table, _), index) in indexes {
        schema.get_mut(&table).unwrap().indexes.insert(index);
    }
    let keys: Vec<(String, String, String, String, String)> = sqlx::query_as(
        "select cast(k.table_name as char), cast(k.column_name as char), cast(k.referenced_table_name as char),
                cast(k.referenced_column_name as char), cast(r.delete_rule as char)
         from information_schema.key_column_usage k
         join information_schema.referential_constraints r
           on r.constraint_schema = k.constraint_schema and r.constraint_name = k.constraint_name
         where k.table_schema = database() and k.referenced_table_name is not null",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    for (table, from, other, to, on_delete) in keys {
        let key = foreign_key(&from, &other, &to, &on_delete);
        schema.get_mut(&table).unwrap().foreign_keys.insert(key);
    }
    let checks: Vec<(String, String)> = sqlx::query_as(
        "select cast(t.table_name as char), cast(c.check_clause as char)
         from information_schema.check_constraints c
         join information_schema.table_constraints t
           on t.constraint_schema = c.constraint_schema and t.constraint_name = c.constraint_name
          and t.constraint_type = 'CHECK'
         where c.constraint_schema = database()",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    for (table, check) in checks {
        schema.get_mut(&table).unwrap().checks.insert(plain(&check));
    }
    conn.close().await.unwrap();
    schema
}

// ---- as the migrations tell it

/// The text between the bracket at the start and its partner.
fn bracketed(text: &str) -> &str {
    let mut depth = 0;
    for (at, char) in text.char_indices() {
        match char {
            '(' => depth += 1,
            ')' if depth == 1 => return &text[1..at],
            ')' => depth -= 1,
            _ => {}
        }
    }
    panic!("no end in {text}")
}

/// The parts between the commas that stand in no bracket.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for char in text.chars() {
        match char {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(char);
    }
    parts
        .into_iter()
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn checks_in(create: &str) -> BTreeSet<String> {
    let check = Regex::new(r"(?i)\bCHECK\s*\(").unwrap();
    check
        .find_iter(create)
        .map(|found| plain(bracketed(&create[found.end() - 1..])))
        .collect()
}

fn list(text: &str) -> Vec<String> {
    let start = text.find('(').unwrap();
    bracketed(&text[start..])
        .split(',')
        .map(|name| name.trim().to_owned())
        .collect()
}

fn written(driver: &str) -> Schema {
    let create = Regex::new(r"(?i)CREATE TABLE IF NOT EXISTS (\w+)\s*\(").unwrap();
    let index =
        Regex::new(r"(?i)CREATE (UNIQUE )?INDEX IF NOT EXISTS \w+ ON (\w+) (\([^)]*\))").unwrap();
    let mut schema = Schema::new();
    for (_, text) in files(&format!("migrations/{driver}"), "sql") {
        let text: String = text
            .lines()
            .filter(|line| !line.starts_with("--"))
            .collect::<Vec<_>>()
            .join("\n");
        for found in create.captures_iter(&text) {
            let body = bracketed(&text[found.get(0).unwrap().end() - 1..]);
            schema.insert(found[1].to_owned(), table(body));
        }
        for found in index.captures_iter(&text) {
            let unique = found.get(1).is_some();
            schema
                .get_mut(&found[2])
                .unwrap()
                .indexes
                .insert((list(&found[3]), unique));
        }
    }
    for (table, columns) in LATER {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        schema
            .get_mut(*table)
            .unwrap()
            .indexes
            .insert((columns, false));
    }
    schema
}

fn table(body: &str) -> Table {
    let mut table = Table {
        checks: checks_in(body),
        ..Table::default()
    };
    let reference =
        Regex::new(r"(?i)FOREIGN KEY \((\w+)\) REFERENCES (\w+) \((\w+)\)(?: ON DELETE (\w+))?")
            .unwrap();
    for part in parts(body) {
        let upper = part.to_uppercase();
        if let Some(found) = reference.captures(&part) {
            let rule = found.get(4).map_or("", |rule| rule.as_str());
            table
                .foreign_keys
                .insert(foreign_key(&found[1], &found[2], &found[3], rule));
        } else if upper.starts_with("PRIMARY KEY") || upper.starts_with("UNIQUE KEY") {
            table.indexes.insert((list(&part), true));
        } else if upper.starts_with("KEY ") {
            table.indexes.insert((list(&part), false));
        } else if !upper.starts_with("CONSTRAINT") {
            let mut words = part.split_whitespace();
            let (name, type_name) = (words.next().unwrap().to_owned(), words.next().unwrap());
            if upper.contains(" PRIMARY KEY") {
                table.indexes.insert((vec![name.clone()], true));
            }
            let column = Column {
                kind: kind(type_name),
                nullable: !upper.contains(" NOT NULL"),
                generated: upper.contains(" GENERATED ALWAYS"),
            };
            table.columns.insert(name, column);
        }
    }
    table
}

// ---- compared

fn compare(sqlite: &Schema, mut mysql: Schema) {
    for (table, columns, reason) in ONLY_IN_MYSQL {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        let is_there = mysql
            .get_mut(*table)
            .unwrap()
            .indexes
            .remove(&(columns, false));
        assert!(
            is_there,
            "{table}: the declared difference is gone ({reason})"
        );
    }
    let names = |schema: &Schema| schema.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(sqlite), names(&mysql));
    for (name, ours) in sqlite {
        let theirs = &mysql[name];
        assert_eq!(ours.columns, theirs.columns, "the columns of {name}");
        assert_eq!(ours.indexes, theirs.indexes, "the indexes of {name}");
        assert_eq!(
            ours.foreign_keys, theirs.foreign_keys,
            "the foreign keys of {name}"
        );
        assert_eq!(ours.checks, theirs.checks, "the checks of {name}");
    }
    assert!(sqlite.len() >= 9);
}

#[tokio::test]
async fn both_databases_have_the_same_schema() {
    let mysql = if server_url().is_some() {
        mysql().await
    } else {
        written("mysql")
    };
    compare(&sqlite().await, mysql);
}

#[tokio::test]
async fn the_migrations_make_what_they_say() {
    assert_eq!(sqlite().await, written("sqlite"));
    if server_url().is_some() {
        assert_eq!(mysql().await, written("mysql"));
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |driver: &str| -> Vec<String> {
        files(&format!("migrations/{driver}"), "sql")
            .into_iter()
            .map(|(path, _)| path.rsplit('/').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("sqlite"), names("mysql"));
    for (place, name) in (1..).zip(names("sqlite")) {
        assert!(
            name.starts_with(&format!("{place:04}_")),
            "{name} leaves a gap"
        );
    }
}

#[test]
fn every_statement_of_a_migration_may_run_twice_and_mysql_gets_one_a_file() {
    let safe =
        Regex::new(r"(?i)^(CREATE TABLE IF NOT EXISTS|CREATE (UNIQUE )?INDEX IF NOT EXISTS)")
            .unwrap();
    for driver in ["sqlite", "mysql"] {
        for (path, text) in files(&format!("migrations/{driver}"), "sql") {
            let statements: String = text
                .lines()
                .filter(|line| !line.starts_with("--"))
                .collect::<Vec<_>>()
                .join("\n");
            let statements: Vec<&str> = statements
                .split(';')
                .map(str::trim)
                .filter(|statement| !statement.is_empty())
                .collect();
            assert!(driver == "sqlite" || statements.len() == 1, "{path}");
            for statement in statements {
                assert!(safe.is_match(statement), "{path}: {statement}");
            }
            assert!(text.starts_with("-- "), "{path} does not say what it is");
        }
    }
}

#[test]
fn text_on_mysql_compares_byte_by_byte() {
    for (path, text) in files("migrations/mysql", "sql") {
        assert!(
            text.contains("DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin"),
            "{path}"
        );
    }
    for (path, text) in files("migrations/sqlite", "sql") {
        assert!(
            !text.contains("CREATE TABLE")
                || text.contains(") STRICT;")
                || text.contains(") STRICT, WITHOUT ROWID;"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn two_instances_that_migrate_at_once_do_not_meet() {
    let database = Database::empty().await;
    let config = config(&[("DATABASE_URL", &database.url)]);
    let apps =
        futures_util::future::join_all((0..4).map(|_| App::build(config.clone(), clock()))).await;
    let apps: Vec<App> = apps.into_iter().map(Result::unwrap).collect();
    assert!(!apps[0].db.is_migrated().await.unwrap());
    // Each on a thread of its own: one that waits for a file lock waits with its thread.
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let config = config.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(migrate(&config));
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(apps[0].db.is_migrated().await.unwrap());
}
