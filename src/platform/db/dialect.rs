//! The few places where `SQLite` and `MySQL` need different words; both forms stand side by side.

use super::Sql;

/// An insert that leaves a row alone when its key is there already. The number of changed rows tells.
#[must_use]
pub fn insert_or_ignore(is_sqlite: bool, sqlite: &'static str, mysql: &'static str) -> Sql {
    Sql::new(if is_sqlite { sqlite } else { mysql })
}

/// Locks the rows that a transaction read, until its end. `SQLite`'s transactions hold the whole file already.
pub fn for_update(sql: &mut Sql, is_sqlite: bool) -> &mut Sql {
    sql.push(if is_sqlite { "" } else { " for update" })
}
