//! Tries to sign in to one account: few, so that nobody guesses, and never so that its owner stays out.
//!
//! Browsers that nobody knows share the account's window. A browser in which the owner has signed in before carries a
//! cookie that says so, and has a window of its own, which strangers cannot fill. Both empty themselves as they slide.
//! An address without an account is treated alike, so that nothing is learned by trying.

use std::time::Duration;

use crate::{
    error::Result,
    platform::{
        audit::{self, Actor, Changes},
        clock::random,
        limits::{Limit, Standing, Subject, Tier},
    },
    types::Email,
    web::cx::{Cx, device_name},
};

/// Accounts that one browser may be known to.
const ACCOUNTS: usize = 4;
/// How much of a MAC is kept, in bytes.
const MAC: usize = 16;

/// Failures that the audit is told of: what comes above is in the log alone, so that no attack fills the table.
const NOTED_BY_ADDRESS: Limit = Limit {
    name: "audit-address",
    max: 10,
    window: Duration::from_mins(15),
    strict: false,
};
const NOTED_IN_ALL: Limit = Limit {
    name: "audit-all",
    max: 300,
    window: Duration::from_hours(1),
    strict: false,
};

/// Counts a try, before anything is looked up or hashed; too many are refused.
pub async fn check(cx: &Cx, email: &str) -> Result<Standing> {
    let (limit, subject) = window(cx, email);
    cx.app.limits.take(limit, subject).await.admit()
}

/// The try was wrong: it stays counted, and the audit hears of it as far as there is room.
pub async fn failed(cx: &Cx) -> Result<()> {
    tracing::info!(ip = ?cx.ip, "login_failed");
    let limits = &cx.app.limits;
    let by_address = limits.take(NOTED_BY_ADDRESS, Subject::ip(cx.ip)).await;
    if !by_address.is_allowed {
        return Ok(());
    }
    let in_all = limits.take(NOTED_IN_ALL, Subject::Everybody).await;
    if !in_all.is_allowed {
        return Ok(());
    }
    let action = if by_address.remaining == 0 || in_all.remaining == 0 {
        "session.login-limited"
    } else {
        "session.login-failed"
    };
    let actor = Actor {
        user_id: None,
        ..cx.actor()
    };
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    audit::record(&mut tx, now, &actor, action, None, None, &Changes::new()).await?;
    tx.commit().await
}

/// Whether it is the password of somebody who is signed in already. Guessing is no cheaper here than at the sign-in.
pub async fn verify(
    cx: &Cx,
    email: &str,
    password: String,
    stored: Option<String>,
) -> Result<bool> {
    let counted = check(cx, email).await?;
    let fits = cx.app.passwords.verify(password, stored).await;
    match &fits {
        Ok(false) => failed(cx).await?,
        Ok(true) | Err(_) => given_back(cx, counted).await,
    }
    fits
}

/// The try was none, because we could not look.
pub async fn given_back(cx: &Cx, counted: Standing) {
    cx.app.limits.give_back(counted).await;
}

/// Only when the whole sign-in is done, its second factor included: the window is empty again, and the answer makes the
/// browser known by the cookie that is returned.
pub async fn succeeded(cx: &Cx, email: &str) -> String {
    let (limit, subject) = window(cx, email);
    cx.app.limits.clear(limit, subject).await;
    let email = normal(email);
    let device = Device::of(cx).unwrap_or_else(|| Device {
        id: hex(&random::<MAC>()),
        macs: Vec::new(),
    });
    let own = device.mac(cx, &email);
    let others = device.macs.iter().filter(|mac| **mac != own);
    let macs: Vec<&str> = std::iter::once(&own)
        .chain(others)
        .take(ACCOUNTS)
        .map(String::as_str)
        .collect();
    format!(
        "{}={}.{}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{}",
        device_name(&cx.app.config),
        device.id,
        macs.join("."),
        if cx.app.config.is_https() {
            "; Secure"
        } else {
            ""
        }
    )
}

/// Whose tries are counted together: those of a known browser, or of all others.
fn window(cx: &Cx, email: &str) -> (Limit, Subject) {
    let email = normal(email);
    let known = Device::of(cx).filter(|device| device.is_known(cx, &email));
    let id = known.map(|device| device.id).unwrap_or_default();
    let mac = cx
        .app
        .keys
        .mac("attempts", &[email.as_bytes(), id.as_bytes()]);
    (cx.app.limits.of(Tier::Account), Subject::hashed(&mac))
}

/// As accounts have it; what is no address is counted as it was typed.
fn normal(email: &str) -> String {
    let email = email.trim();
    Email::parse(email).map_or_else(|_| email.to_lowercase(), |email| email.as_str().to_owned())
}

/// A browser, and the MACs of the accounts that have been signed in to in it, the latest first.
struct Device {
    id: String,
    macs: Vec<String>,
}

impl Device {
    /// Only what could be ours; whether it is, its MACs tell.
    fn of(cx: &Cx) -> Option<Self> {
        let mut parts = cx.device.as_deref()?.split('.');
        let is_ours =
            |part: &str| part.len() == 2 * MAC && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = parts.next().filter(|id| is_ours(id))?.to_owned();
        let macs = parts.filter(|mac| is_ours(mac)).take(ACCOUNTS);
        Some(Self {
            id,
            macs: macs.map(str::to_owned).collect(),
        })
    }

    fn is_known(&self, cx: &Cx, email: &str) -> bool {
        let own = self.mac(cx, email);
        self.macs.iter().any(|mac| {
            // Without telling by its time how much of it was right.
            let pairs = mac.bytes().zip(own.bytes());
            pairs.fold(0, |different, (a, b)| different | (a ^ b)) == 0
        })
    }

    fn mac(&self, cx: &Cx, email: &str) -> String {
        let parts = [self.id.as_bytes(), email.as_bytes()];
        hex(&cx.app.keys.mac("devices", &parts)[..MAC])
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
