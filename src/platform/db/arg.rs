//! A query's text, built of literals only, and its arguments.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use uuid::Uuid;

use crate::types::{Currency, Id};

/// A value that both drivers bind natively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    Null,
    Bool(bool),
    Int(i64),
    Text(Cow<'static, str>),
    Bytes(Vec<u8>),
    Uuid(Uuid),
    Date(NaiveDate),
    Time(DateTime<Utc>),
}

macro_rules! arg_from {
    ($($from:ty => |$value:ident| $arg:expr;)*) => {$(
        impl From<$from> for Arg {
            fn from($value: $from) -> Self {
                $arg
            }
        }
    )*};
}

arg_from! {
    bool => |value| Arg::Bool(value);
    i64 => |value| Arg::Int(value);
    String => |value| Arg::Text(value.into());
    &str => |value| Arg::Text(value.to_owned().into());
    Vec<u8> => |value| Arg::Bytes(value);
    &[u8] => |value| Arg::Bytes(value.to_vec());
    [u8; 32] => |value| Arg::Bytes(value.to_vec());
    Uuid => |value| Arg::Uuid(value);
    NaiveDate => |value| Arg::Date(value);
    // MySQL keeps microseconds: cut here, so that what was written equals what is read back on both.
    DateTime<Utc> => |value| Arg::Time(value.trunc_subsecs(6));
}

impl<T> From<Id<T>> for Arg {
    fn from(id: Id<T>) -> Self {
        Self::Uuid(id.uuid())
    }
}

impl<T: Into<Arg>> From<Option<T>> for Arg {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A query. Its text can only grow by string literals, so nothing that was typed can become SQL.
#[derive(Clone, Debug)]
pub struct Sql {
    text: Cow<'static, str>,
    args: Vec<Arg>,
}

impl Sql {
    #[must_use]
    pub fn new(text: &'static str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            args: Vec::new(),
        }
    }

    /// Appends text; it brings its own blank.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.to_mut().push_str(text);
        self
    }

    pub fn bind(&mut self, arg: impl Into<Arg>) -> &mut Self {
        self.args.push(arg.into());
        self
    }

    /// Appends a whole query, for example as a subquery.
    pub fn append(&mut self, other: Self) -> &mut Self {
        self.text.to_mut().push_str(&other.text);
        self.args.extend(other.args);
        self
    }

    #[must_use]
    pub fn with(mut self, arg: impl Into<Arg>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(super) fn into_parts(self) -> (Cow<'static, str>, Vec<Arg>) {
        (self.text, self.args)
    }

    /// The same with numbers of rows as part of the text, for SQLite: it would prepare a statement with a bound LIMIT anew each
    /// time, because its plan goes by the number.
    pub(super) fn into_parts_with_limits(self) -> (Cow<'static, str>, Vec<Arg>) {
        const LIMIT: &str = "limit ";
        if !self.text.contains("limit ?") {
            return self.into_parts();
        }
        let mut text = String::with_capacity(self.text.len() + 16);
        let mut left = Vec::with_capacity(self.args.len());
        let mut args = self.args.into_iter();
        let mut pieces = self.text.split('?');
        text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            match args.next() {
                Some(Arg::Int(rows)) if text.ends_with(LIMIT) => text.push_str(&rows.to_string()),
                arg => {
                    text.push('?');
                    left.extend(arg);
                }
            }
            text.push_str(piece);
        }
        (text.into(), left)
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// `sql!("select … where id = ?", id)`: a query with its arguments in order.
#[macro_export]
macro_rules! sql {
    ($text:literal $(, $arg:expr)* $(,)?) => {
        $crate::platform::db::Sql::new($text)$(.with($arg))*
    };
}

/// Lets a `choice!` enum be read from, and bound to, a text column of both databases.
///
/// `derive(sqlx::Type)` would do, but its string enums do not decode on `MariaDB`.
#[macro_export]
macro_rules! text_column {
    ($($type:ty),+ $(,)?) => {$(
        impl<DB: sqlx::Database> sqlx::Type<DB> for $type
        where
            str: sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <str as sqlx::Type<DB>>::type_info()
            }

            fn compatible(info: &DB::TypeInfo) -> bool {
                <str as sqlx::Type<DB>>::compatible(info)
            }
        }

        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $type
        where
            &'r str: sqlx::Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                let text = <&str as sqlx::Decode<DB>>::decode(value)?;
                <$type>::parse(text).map_err(|_| format!("{text:?} is no {}", stringify!($type)).into())
            }
        }

        impl From<$type> for $crate::platform::db::Arg {
            fn from(value: $type) -> Self {
                Self::Text(value.as_str().into())
            }
        }
    )+};
}
pub use text_column;

text_column!(Currency);

impl<DB: sqlx::Database, T> sqlx::Type<DB> for Id<T>
where
    Uuid: sqlx::Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <Uuid as sqlx::Type<DB>>::type_info()
    }

    fn compatible(info: &DB::TypeInfo) -> bool {
        <Uuid as sqlx::Type<DB>>::compatible(info)
    }
}

impl<'r, DB: sqlx::Database, T> sqlx::Decode<'r, DB> for Id<T>
where
    Uuid: sqlx::Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        <Uuid as sqlx::Decode<DB>>::decode(value).map(Self::from_uuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_rows_are_in_the_text_and_all_else_is_bound() {
        let sql = sql!(
            "select * from (select a from t where b = ? limit ?) x where c = ? order by c limit ? offset ?",
            "limit ?",
            20,
            7,
            -1,
            40
        );
        let (text, args) = sql.into_parts_with_limits();
        assert_eq!(
            text,
            "select * from (select a from t where b = ? limit 20) x where c = ? order by c limit -1 offset ?"
        );
        assert_eq!(args, [Arg::from("limit ?"), Arg::Int(7), Arg::Int(40)]);
        let (text, args) = sql!("select ?, ?", 1, "x").into_parts_with_limits();
        assert_eq!((&*text, args.len()), ("select ?, ?", 2));
        // A text stays an argument, wherever it stands.
        let (text, args) = sql!("select 1 limit ?", "1; drop").into_parts_with_limits();
        assert_eq!((&*text, args.len()), ("select 1 limit ?", 1));
    }
}
