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

/// The index that `MySQL` is to use. Where each question has one index that answers it, looking for the best among many
/// takes longer than the answer. `SQLite` finds it by itself at no cost.
pub fn force_index(sql: &mut Sql, is_sqlite: bool, hint: &'static str) {
    sql.push(if is_sqlite { "" } else { hint });
}

/// The moment on the database's own clock, so many microseconds from now: all processes compare by this one. Text on
/// `SQLite`, to the letter as sqlx writes it, so that what was read finds what is stored.
pub fn now(sql: &mut Sql, is_sqlite: bool, plus_micros: i64) -> &mut Sql {
    sql.push(if is_sqlite {
        "replace(strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', (? / 1000000.0) || ' seconds'), '.000+', '+')"
    } else {
        "(utc_timestamp(6) + interval ? microsecond)"
    })
    .bind(plus_micros)
}

/// Locks the rows that are read and leaves out those that someone else has locked. `SQLite` has one writer.
pub fn skip_locked(sql: &mut Sql, is_sqlite: bool) -> &mut Sql {
    sql.push(if is_sqlite {
        ""
    } else {
        " for update skip locked"
    })
}

/// What stands around a part of a union that has an order and a limit of its own. `SQLite` knows no parentheses there, and
/// `MySQL` would put each part into a table first.
#[must_use]
pub fn part(is_sqlite: bool) -> (&'static str, &'static str) {
    if is_sqlite {
        ("select * from (", ")")
    } else {
        ("(", ")")
    }
}
