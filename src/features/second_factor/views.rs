//! What the templates about the second factor see.

use serde::Serialize;

use super::{
    model::{self, Factor, Qr, RECOVERY_CODES, Rule, SECRET_BYTES},
    queries,
};
use crate::{
    error::Result,
    platform::db::Conn,
    types::{Email, Id},
    web::{
        access::Role,
        cx::Cx,
        form::{Errors, FormView},
        session::{CurrentUser, User},
    },
};

/// The sign-in's second page.
#[derive(Serialize)]
pub struct Code {
    form: FormView,
    /// The other form is the one that was sent.
    recovery: bool,
}

impl Code {
    #[must_use]
    pub fn new(recovery: bool, errors: Errors) -> Self {
        Self {
            form: FormView::new(&["code", "recovery"], []).errors(errors),
            recovery,
        }
    }
}

/// What the pages of one's own have in common.
#[derive(Serialize)]
pub struct Frame {
    /// Without the office around it: a client's, or of someone who can go nowhere else yet.
    plain: bool,
    must_set_up: bool,
    home: &'static str,
}

impl Frame {
    #[must_use]
    pub fn of(user: &CurrentUser) -> Self {
        Self {
            plain: user.needs_second_factor,
            must_set_up: user.needs_second_factor,
            home: user.role.home(),
        }
    }
}

/// How it stands, and what can be done about it.
#[derive(Serialize)]
pub struct Show {
    #[serde(flatten)]
    frame: Frame,
    required: bool,
    since: Option<String>,
    codes_left: usize,
    codes: usize,
    form: FormView,
}

impl Show {
    #[must_use]
    pub fn new(
        user: &CurrentUser,
        factor: Option<&Factor>,
        required: bool,
        errors: Errors,
    ) -> Self {
        Self {
            frame: Frame::of(user),
            required,
            since: factor.map(|factor| factor.created_at.to_rfc3339()),
            codes_left: factor.map_or(0, |factor| model::count(&factor.recovery_codes)),
            codes: RECOVERY_CODES,
            form: FormView::new(&["codes_password", "password", "code"], []).errors(errors),
        }
    }
}

/// The secret, in the three ways in which an app takes it, and the form for the first code.
#[derive(Serialize)]
pub struct SetUp {
    #[serde(flatten)]
    frame: Frame,
    qr: Qr,
    secret: String,
    url: String,
    setup: String,
    form: FormView,
}

impl SetUp {
    pub fn new(
        user: &CurrentUser,
        secret: &[u8; SECRET_BYTES],
        setup: String,
        errors: Errors,
    ) -> Result<Self> {
        let email = Email::parse(&user.email)
            .map_err(|_| crate::error::Error::internal("a user without an e-mail address"))?;
        let url = model::url(secret, &email)?;
        Ok(Self {
            frame: Frame::of(user),
            qr: Qr::of(&url)?,
            secret: model::typable(secret)?,
            url,
            setup,
            form: FormView::new(&["code"], []).errors(errors),
        })
    }
}

/// The recovery codes, this once.
#[derive(Serialize)]
pub struct RecoveryCodes {
    #[serde(flatten)]
    frame: Frame,
    codes: Vec<String>,
    /// The second factor was turned on a moment ago.
    just_on: bool,
}

impl RecoveryCodes {
    #[must_use]
    pub fn new(user: &CurrentUser, codes: Vec<String>, just_on: bool) -> Self {
        Self {
            frame: Frame {
                must_set_up: false,
                ..Frame::of(user)
            },
            codes,
            just_on,
        }
    }
}

#[derive(Serialize)]
struct RuleRow {
    role: Role,
    checked: bool,
    /// Active people of the role who have none yet.
    without: i64,
    /// How it is saved, where that is not what the form says.
    saved: Option<bool>,
}

/// Which roles must have one.
#[derive(Serialize)]
pub struct RoleRules {
    rules: Vec<RuleRow>,
    version: i64,
    conflict: bool,
}

impl RoleRules {
    /// `typed` are the roles that a form ticked which came too late.
    pub async fn load(cx: &Cx, typed: Option<&[Role]>) -> Result<Self> {
        let mut conn = cx.read().await?;
        let rules = model::all_rules(&queries::rules(&mut conn).await?);
        let without = queries::without_factor(&mut conn).await?;
        let row = |rule: &Rule| {
            let checked = typed.map_or(rule.second_factor, |typed| typed.contains(&rule.role));
            let of_role = without.iter().find(|(role, _)| *role == rule.role);
            RuleRow {
                role: rule.role,
                checked,
                without: of_role.map_or(0, |(_, count)| *count),
                saved: (checked != rule.second_factor).then_some(rule.second_factor),
            }
        };
        Ok(Self {
            rules: rules.iter().map(row).collect(),
            version: model::version(&rules),
            conflict: typed.is_some(),
        })
    }
}

/// What an administrator sees of somebody's second factor: `second_factor/_admin.html` draws it.
#[derive(Debug, Serialize)]
pub struct Admin {
    since: Option<String>,
    /// Nobody's own: that takes a password and a code, on a page of its own.
    action: Option<String>,
}

impl Admin {
    pub async fn of(conn: &mut Conn, cx: &Cx, user: Id<User>) -> Result<Self> {
        let factor = queries::factor(conn, user).await?;
        Ok(Self {
            since: factor.map(|factor| factor.created_at.to_rfc3339()),
            action: (cx.user()?.id != user).then(|| format!("/users/{user}/second-factor/remove")),
        })
    }
}
