//! Everything that can go wrong, and which status it is.

use std::fmt::Display;

use poem::http::StatusCode;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Cheap enough to clone: whoever waits for one loader gets the same error.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// What was sent cannot be read at all: malformed, repeated or not UTF-8. The text is for the log.
    #[error("bad request: {0}")]
    BadRequest(String),
    #[error("sign-in required")]
    SignInRequired,
    /// Nothing else is open to someone whose role must have a second factor, until there is one.
    #[error("second factor required")]
    SecondFactorRequired,
    #[error("forbidden")]
    Forbidden,
    /// Missing, foreign and trashed records alike.
    #[error("not found")]
    NotFound,
    /// Holds the methods that the URL has, as `Allow` lists them.
    #[error("method not allowed")]
    MethodNotAllowed(String),
    #[error("conflict")]
    Conflict,
    #[error("a unique value is taken already: {0}")]
    Taken(String),
    #[error("the body is too large")]
    TooLarge,
    #[error("the body's type is not one that forms have")]
    UnsupportedMediaType,
    #[error("what was sent does not fit the record")]
    Unprocessable,
    #[error("too many requests: {0:?}")]
    TooMany(Spent),
    /// Something that we stand on is away, full or too slow for now.
    #[error("unavailable: {0}")]
    Unavailable(String),
    #[error("internal: {0}")]
    Internal(String),
}

/// A rate limit that somebody has used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    pub limit: &'static str,
    /// So many in `window` seconds.
    pub max: u32,
    pub window: u64,
    /// Seconds until there is room again, at least one.
    pub retry_after: u64,
}

impl Error {
    pub fn internal(cause: impl Display) -> Self {
        Self::Internal(cause.to_string())
    }

    pub fn unavailable(cause: impl Display) -> Self {
        Self::Unavailable(cause.to_string())
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::SignInRequired => StatusCode::UNAUTHORIZED,
            Self::SecondFactorRequired | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::Taken(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl poem::error::ResponseError for Error {
    fn status(&self) -> StatusCode {
        Error::status(self)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_) => Self::unavailable(error),
            sqlx::Error::Database(cause) => {
                if cause.is_unique_violation() {
                    return Self::Taken(cause.message().to_owned());
                }
                if is_passing(cause.as_ref()) {
                    Self::unavailable(error)
                } else {
                    Self::internal(error)
                }
            }
            _ => Self::internal(error),
        }
    }
}

/// Whether the database may well take the same statement later: busy, locked, read-only, full, out of memory or
/// disk, shutting down, a deadlock, too many connections.
fn is_passing(cause: &dyn sqlx::error::DatabaseError) -> bool {
    if let Some(mysql) = cause.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return matches!(
            mysql.number(),
            1021 | 1037
                | 1040
                | 1041
                | 1044
                | 1045
                | 1049
                | 1053
                | 1114
                | 1129
                | 1130
                | 1180
                | 1205
                | 1213
                | 1226
                | 1290
                | 1317
                | 1836
                | 1927
                | 1969
                | 3024
        );
    }
    // SQLite's extended result codes hold the primary one in the low byte:
    // PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, NOTADB.
    cause
        .code()
        .and_then(|code| code.parse::<i32>().ok())
        .is_some_and(|code| matches!(code & 0xff, 3 | 5 | 6 | 7 | 8 | 9 | 10 | 13 | 14 | 26))
}
