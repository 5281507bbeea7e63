//! Who is signed in: poem's `ServerSession` over rows in the application's own database.
//!
//! The cookie holds 256 random bits; the row holds only their SHA-256. Losing Redis signs nobody out.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use poem::{
    session::{CookieConfig, ServerSession, Session, SessionStorage},
    web::cookie::SameSite,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::access::{Permission, Role};
use crate::{
    app::App,
    config::Config,
    error::{Error, Result},
    platform::db::{Tx, dialect::for_update},
    sql,
    types::{Id, Lang},
};

/// Marker of user ids.
#[derive(Debug)]
pub enum User {}

/// Signed out after this long in any case.
pub const ABSOLUTE: TimeDelta = TimeDelta::hours(12);
/// What was typed when a session had ended waits for so long, and the row that tells whose it was.
pub const KEPT: TimeDelta = TimeDelta::hours(1);
/// `last_seen_at` is written at most this often.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// And never waited for longer: the request has its own work to do.
const SEEN_WAIT: Duration = Duration::from_millis(300);

/// Keys of a session's entries. All but the last never reach the `data` column.
const USER: &str = "user";
const FRESH: &str = "fresh";
const STARTED: &str = "started";
const UNSEEN: &str = "unseen";
const VIEWING: &str = "viewing";

/// Requests that a page makes by itself, on a timer, carry this header: they are no sign of anybody's presence.
pub const TIMER: &str = "x-timer";

#[derive(Clone, Debug)]
pub struct CurrentUser {
    pub id: Id<User>,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub company_id: Option<Uuid>,
    pub locale: Option<Lang>,
    pub theme: String,
    /// The role must have a second factor, and this person has none: there is nothing else to do until then.
    pub needs_second_factor: bool,
    /// An administrator who looks at the portal with a client's eyes has the client's role and company meanwhile.
    pub viewing: Option<Viewing>,
}

/// Whose portal an administrator looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewing {
    pub company_id: Uuid,
    pub company: String,
}

impl CurrentUser {
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// The user whom the session layer loaded.
    #[must_use]
    pub fn of(session: &Session) -> Option<Self> {
        let user = session.get::<Stored>(USER).and_then(Stored::into_user)?;
        let viewing = session
            .get::<Viewing>(VIEWING)
            .filter(|_| user.may(Permission::ClientsView));
        Some(match viewing {
            Some(viewing) => Self {
                role: Role::Client,
                company_id: Some(viewing.company_id),
                viewing: Some(viewing),
                ..user
            },
            None => user,
        })
    }
}

/// From the next request on the portal is seen as this company sees it, read-only.
pub fn view_as(session: &Session, viewing: &Viewing) {
    session.set(VIEWING, viewing);
}

pub fn end_view(session: &Session) {
    session.remove(VIEWING);
}

/// How a user travels inside the session's entries, from the storage to the router.
#[derive(Serialize, Deserialize, sqlx::FromRow)]
struct Stored {
    user_id: Uuid,
    name: String,
    email: String,
    role: String,
    company_id: Option<Uuid>,
    locale: Option<String>,
    theme: String,
    needs_second_factor: bool,
}

impl Stored {
    fn into_user(self) -> Option<CurrentUser> {
        Some(CurrentUser {
            id: Id::from_uuid(self.user_id),
            name: self.name,
            email: self.email,
            role: Role::parse(&self.role).ok()?,
            company_id: self.company_id,
            locale: self.locale.and_then(|code| Lang::parse(&code).ok()),
            theme: self.theme,
            viewing: None,
            needs_second_factor: self.needs_second_factor,
        })
    }
}

/// What the sign-in knows about a session that is about to begin.
#[derive(Serialize, Deserialize)]
struct Started {
    user_id: Uuid,
    /// The hash that the password was checked against: with another one there is no session any more.
    password_hash: String,
    ip: Option<String>,
    user_agent: Option<String>,
}

/// Begins a session under a new id; one that the browser brought is dropped.
pub fn sign_in(
    session: &Session,
    user_id: Id<User>,
    password_hash: String,
    ip: Option<String>,
    user_agent: Option<String>,
) {
    session.clear();
    session.renew();
    session.set(FRESH, true);
    session.set(
        STARTED,
        Started {
            user_id: user_id.uuid(),
            password_hash,
            ip,
            user_agent,
        },
    );
}

/// Whether somebody may still be let in by the password that was checked: active, and no other one chosen since. The
/// row is locked, so that whoever changes it waits, and then finds what was begun meanwhile.
pub async fn still_admits(tx: &mut Tx, user: Id<User>, password_hash: &str) -> Result<bool> {
    let mut sql = sql!(
        "select id from users where id = ? and active and password_hash = ?",
        user,
        password_hash
    );
    for_update(&mut sql, tx.is_sqlite());
    let row: Option<(Uuid,)> = tx.fetch_optional(sql).await?;
    Ok(row.is_some())
}

/// Ends somebody's sessions, but for one if it is to be kept; how many.
pub async fn end_all(tx: &mut Tx, user: Id<User>, keep: Option<[u8; 32]>) -> Result<u64> {
    let mut sql = sql!("delete from sessions where user_id = ?", user);
    if let Some(keep) = keep {
        sql.push(" and token_hash <> ?").bind(keep);
    }
    tx.execute(sql).await
}

#[derive(Clone)]
pub struct Storage(App);

/// The middleware for everything but public routes.
#[must_use]
pub fn layer(app: &App) -> ServerSession<Storage> {
    ServerSession::new(cookie(&app.config), Storage::new(app))
}

/// The name of the session cookie; `__Host-` binds it to this host and to https.
#[must_use]
pub fn cookie_name(config: &Config) -> &'static str {
    if config.is_https() {
        "__Host-session"
    } else {
        "session"
    }
}

fn cookie(config: &Config) -> CookieConfig {
    CookieConfig::default()
        .name(cookie_name(config))
        .secure(config.is_https())
        .http_only(true)
        .same_site(SameSite::Lax)
        .path("/")
}

#[derive(sqlx::FromRow)]
struct Row {
    data: String,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    #[sqlx(flatten)]
    user: Stored,
}

impl Storage {
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self(app.clone())
    }

    async fn load(&self, token: &str) -> Result<Option<BTreeMap<String, Value>>> {
        let hash = token_hash(token);
        let mut conn = self.0.db.read().await?;
        // A client whose company is in the trash is signed out by the join.
        let row: Option<Row> = conn
            .fetch_optional(sql!(
                "select s.data, s.created_at, s.last_seen_at, u.id as user_id, u.name, u.email, u.role, u.company_id, u.locale, u.theme,
                   (r.role is not null and f.user_id is null) as needs_second_factor
                 from sessions s join users u on u.id = s.user_id left join companies c on c.id = u.company_id
                   left join role_rules r on r.role = u.role and r.second_factor left join second_factors f on f.user_id = u.id
                 where s.token_hash = ? and u.active and (u.company_id is null or c.live = 1)",
                hash
            ))
            .await?;
        drop(conn);
        let now = self.0.clock.now();
        let Some(row) = row.filter(|row| {
            now - row.created_at < ABSOLUTE && now - row.last_seen_at < self.0.config.session_idle
        }) else {
            return Ok(None);
        };
        let mut entries: BTreeMap<String, Value> =
            serde_json::from_str(&row.data).unwrap_or_default();
        if now - row.last_seen_at > SEEN_EVERY {
            entries.insert(UNSEEN.into(), true.into());
        }
        entries.insert(
            USER.into(),
            serde_json::to_value(row.user).map_err(Error::internal)?,
        );
        Ok(Some(entries))
    }

    /// A new session is inserted if its password still lets in, any other only updated: one that was revoked while its
    /// request ran stays revoked.
    async fn save(&self, token: &str, entries: &BTreeMap<String, Value>) -> Result<()> {
        let hash = token_hash(token);
        let now = self.0.clock.now();
        let kept: BTreeMap<_, _> = entries
            .iter()
            .filter(|(name, _)| ![USER, FRESH, STARTED, UNSEEN].contains(&name.as_str()))
            .collect();
        let data = serde_json::to_string(&kept).map_err(Error::internal)?;
        let started = entries.get(STARTED).filter(|_| entries.contains_key(FRESH));
        let mut tx = self.0.db.begin().await?;
        if let Some(started) = started {
            let started: Started =
                serde_json::from_value(started.clone()).map_err(Error::internal)?;
            tx.execute(sql!(
                "delete from sessions where created_at < ?",
                now - ABSOLUTE - KEPT
            ))
            .await?;
            let begun = tx
                .execute(sql!(
                    "insert into sessions (token_hash, user_id, data, ip, user_agent, created_at, last_seen_at, updated_at)
                     select ?, u.id, ?, ?, ?, ?, ?, ? from users u where u.id = ? and u.active and u.password_hash = ?",
                    hash,
                    data,
                    started.ip,
                    started.user_agent,
                    now,
                    now,
                    now,
                    started.user_id,
                    started.password_hash,
                ))
                .await?;
            if begun == 0 {
                return Err(Error::SignInRequired);
            }
        } else {
            tx.execute(sql!(
                "update sessions set data = ?, updated_at = ? where token_hash = ?",
                data,
                now,
                hash
            ))
            .await?;
        }
        tx.commit().await
    }

    async fn remove(&self, token: &str) -> Result<()> {
        let mut tx = self.0.db.begin().await?;
        tx.execute(sql!(
            "delete from sessions where token_hash = ?",
            token_hash(token)
        ))
        .await?;
        tx.commit().await
    }
}

/// Notes that somebody is there, at most once a minute. A database that cannot be written now is no reason to turn a
/// reader away.
pub async fn seen(app: &App, session: &Session, hash: [u8; 32]) {
    if session.get::<bool>(UNSEEN) != Some(true) {
        return;
    }
    let now = app.clock.now();
    let written = async {
        let mut tx = app.db.begin().await?;
        tx.execute(sql!(
            "update sessions set last_seen_at = ? where token_hash = ?",
            now,
            hash
        ))
        .await?;
        tx.commit().await
    };
    match tokio::time::timeout(SEEN_WAIT, written).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "session_not_touched"),
        Err(_) => tracing::warn!("session_not_touched"),
    }
}

/// Whose session this was, if it ended by itself not long ago. Sessions that somebody ended are gone.
pub async fn ended_of(app: &App, hash: [u8; 32]) -> Result<Option<Id<User>>> {
    let mut conn = app.db.read().await?;
    let row: Option<(Uuid,)> = conn
        .fetch_optional(sql!(
            "select u.id from sessions s join users u on u.id = s.user_id where s.token_hash = ? and u.active",
            hash
        ))
        .await?;
    Ok(row.map(|(id,)| Id::from_uuid(id)))
}

impl SessionStorage for Storage {
    async fn load_session<'a>(
        &'a self,
        session_id: &'a str,
    ) -> poem::Result<Option<BTreeMap<String, Value>>> {
        Ok(self.load(session_id).await?)
    }

    async fn update_session<'a>(
        &'a self,
        session_id: &'a str,
        entries: &'a BTreeMap<String, Value>,
        _expires: Option<Duration>,
    ) -> poem::Result<()> {
        match self.save(session_id, entries).await {
            // The request has done its work: a message that cannot be kept does not undo it.
            Err(error) if !entries.contains_key(FRESH) => {
                tracing::warn!(%error, "session_not_saved");
                Ok(())
            }
            saved => Ok(saved?),
        }
    }

    async fn remove_session<'a>(&'a self, session_id: &'a str) -> poem::Result<()> {
        Ok(self.remove(session_id).await?)
    }
}

#[must_use]
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
