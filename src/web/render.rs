//! The answer of a handler: a page or its fragment, or a redirect; drawn here with the chrome around it.

use std::{io::Write as _, sync::Arc};

use flate2::{Compression, write::GzEncoder};
use minijinja::{Value, context, value::Serde};
use poem::{
    IntoResponse, Response,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use serde::{Deserialize, Serialize};

use super::{
    access::Permission,
    cx::{Cx, VARY},
    error_pages,
    kept::Kept,
    rate_limit, seo,
    session::{CurrentUser, Viewing},
};
use crate::{
    error::{Error, Result},
    platform::i18n::Message,
    types::Lang,
};

/// Smaller answers are not worth the work of compressing.
const WORTH_COMPRESSING: usize = 1024;
const FLASH: &str = "flash";

/// Said once at the top of the next page, with the way back where there is one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flash {
    pub kind: String,
    pub message: Message,
    pub undo: Option<Undo>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Undo {
    pub action: String,
    pub fields: Vec<UndoField>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UndoField {
    pub name: String,
    pub value: String,
}

impl Flash {
    #[must_use]
    pub fn good(message: Message) -> Self {
        Self {
            kind: "good".into(),
            message,
            undo: None,
        }
    }

    #[must_use]
    pub fn info(message: Message) -> Self {
        Self {
            kind: "info".into(),
            ..Self::good(message)
        }
    }

    /// A button that posts the record's version to `action`.
    #[must_use]
    pub fn undo(mut self, action: String, version: i64) -> Self {
        let version = UndoField {
            name: "version".into(),
            value: version.to_string(),
        };
        self.undo = Some(Undo {
            action,
            fields: vec![version],
        });
        self
    }
}

#[derive(Clone)]
pub struct Render(Arc<Answer>);

#[derive(Clone)]
struct Answer {
    what: What,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    flash: Option<Flash>,
    /// What was refused for now, where the page is still of use.
    refused: Option<Error>,
}

#[derive(Clone)]
enum What {
    Page {
        page: &'static str,
        fragment: Option<&'static str>,
        context: Value,
    },
    Redirect(String),
}

impl Render {
    pub fn page(template: &'static str, context: &impl Serialize) -> Self {
        Self::of(
            What::Page {
                page: template,
                fragment: None,
                context: Value::from(Serde(context)),
            },
            StatusCode::OK,
        )
    }

    /// After a change: 303 for browsers, `HX-Redirect` for htmx.
    #[must_use]
    pub fn redirect(to: impl Into<String>) -> Self {
        Self::of(What::Redirect(to.into()), StatusCode::SEE_OTHER)
    }

    fn of(what: What, status: StatusCode) -> Self {
        Self(Arc::new(Answer {
            what,
            status,
            headers: Vec::new(),
            flash: None,
            refused: None,
        }))
    }

    /// The partial that htmx gets instead of the page.
    #[must_use]
    pub fn fragment(self, template: &'static str) -> Self {
        self.change(|answer| {
            if let What::Page { fragment, .. } = &mut answer.what {
                *fragment = Some(template);
            }
        })
    }

    #[must_use]
    pub fn status(self, status: StatusCode) -> Self {
        self.change(|answer| answer.status = status)
    }

    /// The page under the status of this error, with all that its own page would say in headers.
    #[must_use]
    pub fn refused(self, error: Error) -> Self {
        self.change(|answer| {
            answer.status = error.status();
            answer.refused = Some(error);
        })
    }

    #[must_use]
    pub fn flash(self, flash: Flash) -> Self {
        self.change(|answer| answer.flash = Some(flash))
    }

    #[must_use]
    pub fn header(self, name: &'static str, value: &'static str) -> Self {
        self.change(|answer| {
            answer.headers.push((
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            ));
        })
    }

    /// As `Set-Cookie` has it.
    #[must_use]
    pub fn cookie(self, text: &str) -> Self {
        self.change(|answer| {
            if let Ok(value) = HeaderValue::from_str(text) {
                answer.headers.push((header::SET_COOKIE, value));
            }
        })
    }

    fn change(mut self, change: impl FnOnce(&mut Answer)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

/// A handler does not know the chrome: the answer waits in the response for the router to draw it.
impl IntoResponse for Render {
    fn into_response(self) -> Response {
        Response::builder().extension(self).finish()
    }
}

/// Draws what a handler left in its response; other responses pass.
pub fn finish(cx: &Cx, mut response: Response) -> Result<Response> {
    match response.extensions_mut().remove::<Render>() {
        Some(render) => {
            let mut drawn = draw(cx, render)?;
            drawn.headers_mut().extend(response.headers().clone());
            Ok(drawn)
        }
        None => Ok(response),
    }
}

pub fn draw(cx: &Cx, render: Render) -> Result<Response> {
    let answer = Arc::unwrap_or_clone(render.0);
    let mut response = match answer.what {
        What::Redirect(to) => redirect(cx, &to, answer.flash),
        What::Page {
            page,
            fragment,
            context,
        } => {
            let fragment = fragment.filter(|_| cx.hx.fragment);
            let html = match fragment {
                Some(name) => fragment_html(cx, name, context, answer.flash)?,
                None => page_html(cx, page, context, answer.flash)?,
            };
            html_response(cx, html, answer.status)
        }
    };
    private(&mut response);
    if let Some(error) = &answer.refused {
        error_pages::log(error);
        rate_limit::refuse(&mut response, error);
    }
    response.headers_mut().extend(answer.headers);
    Ok(response)
}

/// A page that is the same for everybody: nothing of the visitor is in it.
pub fn public_page(cx: &Cx, page: &str, view: &impl Serialize) -> Result<String> {
    page_html(cx, page, Value::from(Serde(view)), None)
}

fn page_html(cx: &Cx, page: &str, context: Value, flash: Option<Flash>) -> Result<String> {
    let flash = flash.or_else(|| take_flash(cx));
    let chrome = Value::from(Serde(Chrome::of(cx, flash, false)));
    let html = cx
        .app
        .templates
        .render(cx.lang, page, context! { chrome => chrome, ..context })?;
    match &cx.kept {
        Some(kept) => with_kept(cx, kept, &html),
        None => Ok(html),
    }
}

/// The page with what was typed before its session ended.
fn with_kept(cx: &Cx, kept: &Kept, html: &str) -> Result<String> {
    const MAIN: &str = "<main id=\"main\" tabindex=\"-1\">";
    let (html, notice) = kept.fill(html)?;
    let notice =
        cx.app
            .templates
            .render(cx.lang, "layouts/_kept.html", Value::from(Serde(&notice)))?;
    Ok(html.replacen(MAIN, &format!("{MAIN}\n{notice}"), 1))
}

/// The fragment, and after it the flash for its place at the top.
fn fragment_html(cx: &Cx, name: &str, context: Value, flash: Option<Flash>) -> Result<String> {
    let has_flash = flash.is_some();
    let chrome = Value::from(Serde(Chrome::of(cx, flash, true)));
    let mut html = cx.app.templates.render(
        cx.lang,
        name,
        context! { chrome => chrome.clone(), ..context },
    )?;
    if has_flash {
        html.push_str(r##"<hx-partial hx-target="#flash" hx-swap="innerHTML">"##);
        html.push_str(&cx.app.templates.render(
            cx.lang,
            "layouts/_flash.html",
            context! { chrome => chrome },
        )?);
        html.push_str("</hx-partial>");
    }
    Ok(html)
}

fn html_response(cx: &Cx, html: String, status: StatusCode) -> Response {
    let response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::VARY, VARY)
        .header(header::VARY, "Accept-Encoding");
    // No token is in any page, so compression tells an eavesdropper nothing about one.
    if cx.accepts_gzip && html.len() >= WORTH_COMPRESSING {
        let mut encoder = GzEncoder::new(Vec::with_capacity(html.len() / 3), Compression::new(4));
        if encoder.write_all(html.as_bytes()).is_ok()
            && let Ok(packed) = encoder.finish()
        {
            return response
                .header(header::CONTENT_ENCODING, "gzip")
                .body(packed);
        }
    }
    response.body(html)
}

fn redirect(cx: &Cx, to: &str, flash: Option<Flash>) -> Response {
    if let (Some(flash), Some(session)) = (flash, cx.session.as_ref().filter(|_| cx.user.is_some()))
    {
        session.set(FLASH, flash);
    }
    if cx.hx.request {
        let mut response = StatusCode::OK.into_response();
        if let Ok(value) = HeaderValue::from_str(to) {
            response.headers_mut().insert("HX-Redirect", value);
        }
        response
    } else {
        see_other(to)
    }
}

#[must_use]
pub fn see_other(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(value) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// No cache keeps it, the browser's included.
pub fn private(response: &mut Response) {
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
}

fn take_flash(cx: &Cx) -> Option<Flash> {
    let session = cx.session.as_ref().filter(|_| cx.user.is_some())?;
    let flash = session.get(FLASH)?;
    session.remove(FLASH);
    Some(flash)
}

/// What every template may use beside its own view.
#[derive(Serialize)]
struct Chrome<'a> {
    lang: &'static str,
    theme: &'a str,
    path: &'a str,
    request_id: String,
    base_url: &'a str,
    user: Option<ChromeUser<'a>>,
    /// Whose portal an administrator looks at.
    viewing: Option<&'a Viewing>,
    /// Where the product's name leads.
    home: &'static str,
    nav: Vec<NavItem>,
    flash: Option<Flash>,
    alternates: Alternates,
    partial: bool,
    can: Can,
}

#[derive(Serialize)]
struct ChromeUser<'a> {
    name: &'a str,
    email: &'a str,
    role: &'static str,
    initials: String,
}

#[derive(Serialize)]
struct NavItem {
    key: &'static str,
    href: &'static str,
    icon: &'static str,
    current: bool,
    shortcut: &'static str,
    count: Option<i64>,
}

/// The public page in the other language; `/tr/x` and `/x` are the same page.
#[derive(Serialize)]
struct Alternates {
    en: String,
    tr: String,
}

#[derive(Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each thing that templates show or leave out"
)]
struct Can {
    companies_read: bool,
    companies_write: bool,
    companies_trash: bool,
    activities_write: bool,
    mails_read: bool,
    mails_send: bool,
    services_read: bool,
    services_write: bool,
    services_trash: bool,
    blog_write: bool,
    blog_publish: bool,
    clients_view: bool,
    users_manage: bool,
}

impl<'a> Chrome<'a> {
    fn of(cx: &'a Cx, flash: Option<Flash>, partial: bool) -> Self {
        let path = cx.uri.path();
        let may = |permission| cx.user.as_ref().is_some_and(|user| user.may(permission));
        Self {
            lang: cx.lang.code(),
            theme: &cx.theme,
            path: cx.way_back(),
            request_id: cx.request_id.to_string(),
            base_url: seo::base_url(&cx.app),
            user: cx.user.as_ref().map(|user| ChromeUser {
                name: &user.name,
                email: &user.email,
                role: user.role.as_str(),
                initials: initials(&user.name),
            }),
            viewing: cx.user.as_ref().and_then(|user| user.viewing.as_ref()),
            home: cx.user.as_ref().map_or("/login", |user| user.role.home()),
            nav: nav(path, cx.user.as_ref()),
            flash,
            alternates: Alternates {
                en: seo::in_lang(path, Lang::En),
                tr: seo::in_lang(path, Lang::Tr),
            },
            partial,
            can: Can {
                companies_read: may(Permission::CompaniesRead),
                companies_write: may(Permission::CompaniesWrite),
                companies_trash: may(Permission::CompaniesTrash),
                activities_write: may(Permission::ActivitiesWrite),
                mails_read: may(Permission::MailsRead),
                mails_send: may(Permission::MailsSend),
                services_read: may(Permission::ServicesRead),
                services_write: may(Permission::ServicesWrite),
                services_trash: may(Permission::ServicesTrash),
                blog_write: may(Permission::BlogWrite),
                blog_publish: may(Permission::BlogPublish),
                clients_view: may(Permission::ClientsView),
                users_manage: may(Permission::UsersManage),
            },
        }
    }
}

/// The places of the office, in the order of the rail: key, URL, letter after `g`, and what one must be allowed to do.
const PLACES: [(&str, &str, &str, Permission); 13] = [
    ("dashboard", "/dashboard", "d", Permission::DashboardRead),
    ("companies", "/companies", "c", Permission::CompaniesRead),
    ("services", "/services", "s", Permission::ServicesRead),
    ("activities", "/activities", "a", Permission::ActivitiesRead),
    ("posts", "/posts", "p", Permission::BlogRead),
    ("images", "/images", "i", Permission::BlogRead),
    ("messages", "/messages", "m", Permission::MessagesManage),
    ("site-pages", "/site-pages", "w", Permission::BlogRead),
    ("trash", "/trash", "t", Permission::CompaniesTrash),
    ("jobs", "/jobs", "j", Permission::JobsManage),
    ("users", "/users", "u", Permission::UsersManage),
    ("audit", "/audit", "l", Permission::AuditManage),
    ("cache", "/cache", "o", Permission::CacheManage),
];

fn nav(path: &str, user: Option<&CurrentUser>) -> Vec<NavItem> {
    let Some(user) = user else { return Vec::new() };
    if !user.role.is_staff() {
        return vec![place(path, "portal", "/portal", "p")];
    }
    PLACES
        .into_iter()
        .filter(|(.., permission)| user.may(*permission))
        .map(|(key, href, shortcut, _)| place(path, key, href, shortcut))
        .collect()
}

fn place(path: &str, key: &'static str, href: &'static str, shortcut: &'static str) -> NavItem {
    let below = path.strip_prefix(href);
    NavItem {
        key,
        href,
        icon: match key {
            "portal" => "building",
            "messages" => "email",
            _ => key,
        },
        current: below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        shortcut,
        count: None,
    }
}

fn initials(name: &str) -> String {
    let letters: String = name
        .split_whitespace()
        .filter_map(|word| word.chars().next())
        .take(2)
        .collect();
    crate::types::text::upper(&letters)
}
