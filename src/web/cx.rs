//! The request as handlers see it: who asks, in which language, for a page or a fragment.

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use poem::{
    FromRequest, Request, RequestBody,
    http::{HeaderMap, HeaderName, Method, Uri, header},
    session::Session,
};
use uuid::Uuid;

use super::{
    access::Scope,
    encoding::Accepted,
    kept::Kept,
    request_id::RequestId,
    secret_urls,
    session::{CurrentUser, cookie_name, token_hash},
};
use crate::{
    app::App,
    config::Config,
    error::{Error, Result},
    platform::{
        audit::Actor,
        db::{Conn, Tx},
    },
    types::Lang,
};

/// What a request says before its body, and who sent it: all that is known before anything of it is looked up.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    /// None where the connection has no address.
    peer: Option<IpAddr>,
}

impl<'a> Head<'a> {
    pub(super) fn new(
        method: &'a Method,
        uri: &'a Uri,
        headers: &'a HeaderMap,
        peer: Option<SocketAddr>,
    ) -> Self {
        Self {
            method,
            uri,
            headers,
            peer: peer.map(|peer| peer.ip().to_canonical()),
        }
    }

    pub(super) fn of(request: &'a Request) -> Self {
        let peer = request.remote_addr().as_socket_addr().copied();
        Self::new(request.method(), request.uri(), request.headers(), peer)
    }

    /// A page or a file is asked for, and nothing is to change.
    pub(super) fn is_read(&self) -> bool {
        matches!(*self.method, Method::GET | Method::HEAD)
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&'a str> {
        cookie_value(self.headers, name)
    }

    /// Whether a trusted proxy sent it.
    pub(super) fn is_proxied(&self, app: &App) -> bool {
        self.peer.is_some_and(|peer| is_proxy(app, peer))
    }

    /// Where it comes from, as far as the proxies that are trusted say so.
    pub(super) fn client_ip(&self, app: &App) -> Option<IpAddr> {
        Some(client_ip(app, self.peer?, self.headers))
    }
}

/// Cheap to clone: one pointer.
#[derive(Clone)]
pub struct Cx(Arc<Parts>);

#[derive(Clone)]
pub struct Parts {
    pub app: App,
    pub user: Option<CurrentUser>,
    pub session: Option<Session>,
    pub lang: Lang,
    pub theme: String,
    pub method: Method,
    pub uri: Uri,
    pub hx: Hx,
    pub request_id: RequestId,
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
    pub accepts_gzip: bool,
    /// What the URL says was kept when the session had ended.
    pub kept: Option<Kept>,
    /// Of the session that the browser brought, dead or alive.
    pub session_hash: Option<[u8; 32]>,
    /// What a browser brings in which somebody has signed in before.
    pub device: Option<String>,
    /// The entry of the audit whose values this request brings back.
    pub restores: Option<Uuid>,
    /// Any cache may hold the answer, so nothing of the visitor may be in it.
    pub is_public: bool,
}

/// What htmx says of its request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hx {
    /// htmx asks.
    pub request: bool,
    /// It wants the fragment, not the page around it.
    pub fragment: bool,
}

impl Hx {
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let is_true = |name: &str| headers.get(name).is_some_and(|value| value == "true");
        let request = is_true("HX-Request");
        let full = headers
            .get("HX-Request-Type")
            .is_some_and(|value| value == "full")
            || is_true("HX-Boosted")
            || is_true("HX-History-Restore-Request");
        Self {
            request,
            fragment: request && !full,
        }
    }
}

/// The headers that decide between page and fragment.
pub const VARY: &str = "HX-Request, HX-Request-Type, HX-Boosted, HX-History-Restore-Request";

impl Cx {
    /// Reads what the request says of itself. Who asks is not known yet: see `with_user`.
    #[must_use]
    pub fn new(app: &App, request: &Request, is_public: bool) -> Self {
        let headers = request.headers();
        let (lang, theme) = if is_public {
            (public_lang(request.uri().path()), THEMES[0])
        } else {
            preferences(headers)
        };
        Self(Arc::new(Parts {
            app: app.clone(),
            user: None,
            session: None,
            kept: None,
            lang,
            theme: theme.into(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            hx: Hx::from_headers(headers),
            request_id: RequestId::of(request),
            ip: Head::of(request).client_ip(app),
            user_agent: headers
                .get(header::USER_AGENT)
                .map(|value| cut(&String::from_utf8_lossy(value.as_bytes()), 255)),
            accepts_gzip: Accepted::of(headers).gzip(),
            restores: None,
            session_hash: cookie_value(headers, cookie_name(&app.config)).map(token_hash),
            device: cookie_value(headers, device_name(&app.config))
                .filter(|device| device.len() <= DEVICE_MAX)
                .map(str::to_owned),
            is_public,
        }))
    }

    /// The same request, now that its session was looked up.
    #[must_use]
    pub fn with_user(&self, user: Option<CurrentUser>, session: Session) -> Self {
        let mut parts = Parts::clone(&self.0);
        if let Some(user) = &user {
            parts.lang = user.locale.unwrap_or(parts.lang);
            parts.theme.clone_from(&user.theme);
        }
        parts.user = user;
        parts.session = Some(session);
        Self(Arc::new(parts))
    }

    #[must_use]
    pub fn with_kept(&self, kept: Kept) -> Self {
        let mut parts = Parts::clone(&self.0);
        parts.kept = Some(kept);
        Self(Arc::new(parts))
    }

    /// The same request, whose change brings back what this entry of the audit tells.
    #[must_use]
    pub fn restoring(&self, entry: Uuid) -> Self {
        let mut parts = Parts::clone(&self.0);
        parts.restores = Some(entry);
        Self(Arc::new(parts))
    }

    /// The same URL without anything of who asks for it.
    #[must_use]
    pub fn for_everybody(&self, uri: Uri) -> Self {
        let mut parts = Parts::clone(&self.0);
        parts.method = Method::GET;
        parts.uri = uri;
        parts.hx = Hx::default();
        parts.request_id = RequestId::nobody();
        parts.ip = None;
        parts.user_agent = None;
        parts.accepts_gzip = false;
        parts.session_hash = None;
        parts.device = None;
        Self(Arc::new(parts))
    }

    /// What the outermost layer made for this request.
    pub fn of(request: &Request) -> Result<Self> {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Error::internal("a request without its context"))
    }

    pub fn user(&self) -> Result<&CurrentUser> {
        self.0.user.as_ref().ok_or(Error::SignInRequired)
    }

    /// Which companies this person's queries may touch.
    pub fn scope(&self) -> Result<Scope> {
        let user = self.user()?;
        user.role.scope(user.company_id).ok_or(Error::NotFound)
    }

    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            user_id: self.0.user.as_ref().map(|user| user.id.uuid()),
            ip: self.0.ip,
            request_id: Some(self.0.request_id.to_string()),
        }
    }

    pub async fn read(&self) -> Result<Conn> {
        self.0.app.db.read().await
    }

    pub async fn begin(&self) -> Result<Tx> {
        self.0.app.db.begin().await
    }

    /// A page of ours that can be gone back to: this one, or after a form the record that it was about.
    #[must_use]
    pub fn way_back(&self) -> &str {
        if matches!(self.0.method, Method::GET | Method::HEAD) {
            return self.path_and_query();
        }
        let path = self.0.uri.path();
        // `/companies/…` or `/services/…` up to the record's id.
        let record = path
            .match_indices('/')
            .nth(2)
            .map_or(path, |(end, _)| &path[..end]);
        let user = self.0.user.as_ref();
        if let Some(client) = user.filter(|user| !user.role.is_staff()) {
            return client.role.home();
        }
        match record {
            "/login"
            | "/login/code"
            | "/forgot"
            | "/account"
            | "/account/email"
            | "/account/password"
            | "/account/second-factor"
            | "/account/sessions"
            | "/second-factor"
            | "/companies"
            | "/services" => record,
            _ if secret_urls::is_secret(path) => path,
            _ if is_record(record) => record,
            _ if record.starts_with("/companies/") => "/companies",
            _ if record.starts_with("/services/") => "/services",
            _ if user.is_some() => "/dashboard",
            _ => "/login",
        }
    }

    /// Path and query, as links back here need them.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        self.0
            .uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
    }
}

impl std::ops::Deref for Cx {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl<'a> FromRequest<'a> for Cx {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request)?)
    }
}

/// Whether the path is that of a company or a service.
fn is_record(path: &str) -> bool {
    ["/companies/", "/services/"]
        .into_iter()
        .filter_map(|place| path.strip_prefix(place))
        .any(|id| id.len() == 36)
}

/// Only for people who are not signed in: everybody else's settings are in their record.
pub const LANG_COOKIE: &str = "lang";
pub const THEME_COOKIE: &str = "theme";
pub const THEMES: [&str; 3] = ["auto", "light", "dark"];

/// Longer ones are not ours.
const DEVICE_MAX: usize = 256;

/// The name of the cookie by which a browser is known.
#[must_use]
pub fn device_name(config: &Config) -> &'static str {
    if config.is_https() {
        "__Host-device"
    } else {
        "device"
    }
}

/// The language and the theme of someone who is not signed in.
fn preferences(headers: &HeaderMap) -> (Lang, &'static str) {
    let lang = cookie_value(headers, LANG_COOKIE)
        .and_then(|code| Lang::parse(code).ok())
        .unwrap_or_else(|| {
            let accepted = headers
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok());
            Lang::negotiate(accepted.unwrap_or_default())
        });
    let theme = cookie_value(headers, THEME_COOKIE);
    (
        lang,
        THEMES
            .into_iter()
            .find(|known| Some(*known) == theme)
            .unwrap_or(THEMES[0]),
    )
}

/// On public pages the URL alone decides.
fn public_lang(path: &str) -> Lang {
    if path == "/tr" || path.starts_with("/tr/") {
        Lang::Tr
    } else {
        Lang::En
    }
}

/// A cookie of the request's.
#[must_use]
pub fn cookie<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    cookie_value(request.headers(), name)
}

fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn is_proxy(app: &App, ip: IpAddr) -> bool {
    let mut networks = app.config.trusted_proxies.iter();
    networks.any(|network| network.contains(&ip))
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The peer's address, or behind trusted proxies the last address in `X-Forwarded-For` that is not one of them.
fn client_ip(app: &App, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !is_proxy(app, peer) {
        return peer;
    }
    // Whatever strangers write before it, what the proxies added is read.
    let forwarded: Vec<Cow<'_, str>> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let hops = forwarded.iter().flat_map(|value| value.split(','));
    let mut client = peer;
    for hop in hops.rev() {
        let Ok(ip) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        client = ip.to_canonical();
        if !is_proxy(app, client) {
            break;
        }
    }
    client
}

/// The first `limit` bytes, at a character's end.
fn cut(text: &str, limit: usize) -> String {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
