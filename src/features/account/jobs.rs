//! The answer to a forgotten password. The request only promises it, so that it takes as long for an address that
//! nobody has.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::actions;
use crate::{
    app::App,
    error::{Error, Result},
    platform::{
        audit::Actor,
        jobs::{Done, Failure, Job, Policy, Work},
    },
    types::{Email, Lang},
    web::cx::Cx,
};

/// What was asked, sealed: no address is readable in the queue, where jobs stay after they are done.
#[derive(Serialize, Deserialize)]
pub struct Reset {
    /// The same for the same address.
    key: String,
    sealed: String,
}

/// Who asked for whom.
#[derive(Serialize, Deserialize)]
struct Asked {
    email: String,
    lang: String,
    ip: Option<IpAddr>,
    request_id: String,
}

impl Reset {
    pub fn new(cx: &Cx, email: &Email) -> Result<Self> {
        let keys = &cx.app.keys;
        let asked = Asked {
            email: email.as_str().into(),
            lang: cx.lang.code().into(),
            ip: cx.ip,
            request_id: cx.request_id.to_string(),
        };
        let asked = serde_json::to_vec(&asked).map_err(Error::internal)?;
        let key = URL_SAFE_NO_PAD.encode(keys.mac(Self::KIND, &[email.as_str().as_bytes()]));
        let sealed = keys.seal(Self::KIND, key.as_bytes(), &asked)?;
        Ok(Self {
            sealed: URL_SAFE_NO_PAD.encode(sealed),
            key,
        })
    }

    fn open(&self, app: &App) -> Option<Asked> {
        let sealed = URL_SAFE_NO_PAD.decode(&self.sealed).ok()?;
        let asked = app.keys.open(Self::KIND, self.key.as_bytes(), &sealed)?;
        serde_json::from_slice(&asked).ok()
    }
}

impl Job for Reset {
    type App = App;
    const KIND: &'static str = "account.reset";
    const POLICY: Policy = Policy {
        at_once: 2,
        ..Policy::DEFAULT
    };

    fn unique_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.key))
    }

    async fn run(self, app: App, work: Work) -> std::result::Result<Done, Failure> {
        let asked = self
            .open(&app)
            .and_then(|asked| Some((Email::parse(&asked.email).ok()?, asked)));
        let Some((email, asked)) = asked else {
            return Err(Failure::Dead("sealed under another SECRET_KEY".into()));
        };
        let lang = Lang::parse(&asked.lang).unwrap_or(Lang::En);
        let actor = Actor {
            user_id: None,
            ip: asked.ip,
            request_id: Some(asked.request_id),
        };
        let mut tx = work.begin().await?;
        actions::send_reset(&app, &mut tx, &actor, &email, lang).await?;
        work.commit(tx).await
    }
}
