//! The route table: URL × method × access. What is not in it does not exist, and nothing is in it without an access.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use poem::{
    Endpoint, EndpointExt as _, IntoResponse, Request, Response, Route,
    endpoint::{BoxEndpoint, ToDynEndpoint},
    http::Method,
    session::Session,
};

use super::{
    access::{Access, Permission},
    cx::Cx,
    error_pages, extract,
    fresh::Fresh,
    front::Front,
    kept,
    public::{Keeping, Page},
    rate_limit::{self, Counting},
    render,
    request_log::{RequestLog, first_segment},
    session::{self, CurrentUser},
    upload,
};
use crate::{
    app::App,
    error::{Error, Result},
    platform::limits::Tier,
};

/// Where a second factor is set up, and all that somebody may do who must have one and has none.
pub const SET_UP: &str = "/account/second-factor";

/// A record's id in a URL; what does not look like one is no such URL.
pub const ID: &str = ":id<[0-9a-fA-F-]{36}>";

pub struct Verb {
    pub method: Method,
    pub access: Access,
    counting: Counting,
    leads_out: bool,
    takes_file: bool,
    /// Of a page that is found with a slash behind its URL too: the query parameters that make another page of it.
    slashed: Option<&'static [&'static str]>,
    endpoint: BoxEndpoint<'static, Response>,
}

impl Verb {
    /// A change that is open even to whoever looks with a client's eyes: it ends that.
    #[must_use]
    pub fn leads_out(mut self) -> Self {
        self.leads_out = true;
        self
    }

    /// Takes a form with files, and no other; the handler bounds and reads it.
    #[must_use]
    pub fn takes_file(mut self) -> Self {
        self.takes_file = true;
        self
    }

    /// Is found with a slash behind its URL too, as what `page` makes is. For what anybody may know the URL of.
    #[must_use]
    pub fn slashed(mut self) -> Self {
        self.slashed = Some(&[]);
        self
    }

    /// Counts against this limit instead of the usual one.
    #[must_use]
    pub fn tier(mut self, tier: Tier) -> Self {
        self.counting = Counting::As(tier);
        self
    }

    /// Counts against no limit.
    #[must_use]
    pub fn uncounted(mut self) -> Self {
        self.counting = Counting::Never;
        self
    }
}

fn verb<E>(method: Method, access: Access, endpoint: E) -> Verb
where
    E: Endpoint + 'static,
    E::Output: IntoResponse,
{
    Verb {
        method,
        access,
        counting: Counting::Usual,
        leads_out: false,
        takes_file: false,
        slashed: None,
        endpoint: endpoint.map_to_response().boxed(),
    }
}

/// Anyone may read it, and no session is looked up.
pub fn public<E: Endpoint<Output: IntoResponse> + 'static>(endpoint: E) -> Verb {
    verb(Method::GET, Access::Public, endpoint)
}

/// Anyone may send it, and no session is looked up.
pub fn public_post<E: Endpoint<Output: IntoResponse> + 'static>(endpoint: E) -> Verb {
    verb(Method::POST, Access::Public, endpoint)
}

/// A page for everybody, of which any cache may keep a copy. `known` are the query parameters that it looks at.
pub fn page<E>(known: &'static [&'static str], handler: E) -> Verb
where
    E: Endpoint<Output: IntoResponse> + 'static,
{
    Verb {
        slashed: Some(known),
        ..verb(Method::GET, Access::Public, Keeping::new(known, handler))
    }
}

/// Anyone, with a session where there is one.
pub fn account_get<E: Endpoint<Output: IntoResponse> + 'static>(endpoint: E) -> Verb {
    verb(Method::GET, Access::Account, endpoint)
}

pub fn account_post<E: Endpoint<Output: IntoResponse> + 'static>(endpoint: E) -> Verb {
    verb(Method::POST, Access::Account, endpoint)
}

/// Anyone who is signed in.
pub fn signed_get<E: Endpoint<Output: IntoResponse> + 'static>(endpoint: E) -> Verb {
    verb(Method::GET, Access::Signed, endpoint)
}

pub fn signed_post<E: Endpoint<Output: IntoResponse> + 'static>(endpoint: E) -> Verb {
    verb(Method::POST, Access::Signed, endpoint)
}

/// Clients.
pub fn portal_get<E: Endpoint<Output: IntoResponse> + 'static>(endpoint: E) -> Verb {
    verb(Method::GET, Access::Client, endpoint)
}

/// Staff that may do this.
pub fn get<E: Endpoint<Output: IntoResponse> + 'static>(
    permission: Permission,
    endpoint: E,
) -> Verb {
    verb(Method::GET, Access::Staff(permission), endpoint)
}

pub fn post<E: Endpoint<Output: IntoResponse> + 'static>(
    permission: Permission,
    endpoint: E,
) -> Verb {
    verb(Method::POST, Access::Staff(permission), endpoint)
}

#[derive(Default)]
pub struct Table {
    rows: BTreeMap<String, Vec<Verb>>,
}

/// A line of the table, as tests read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub path: String,
    pub method: Method,
    pub access: Access,
}

/// All of them, for the page that shows who may do what.
pub type Lines = Arc<[Line]>;

impl Table {
    /// Adds a URL with its verbs. `{id}` and `{child}` stand for record ids.
    #[must_use]
    pub fn at(mut self, path: &str, verbs: impl IntoIterator<Item = Verb>) -> Self {
        let path = path
            .replace("{id}", ID)
            .replace("{child}", &ID.replace(":id", ":child"));
        self.rows.entry(path).or_default().extend(verbs);
        self
    }

    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for (path, verbs) in other.rows {
            self.rows.entry(path).or_default().extend(verbs);
        }
        self
    }

    /// Hands the table's handlers what only the rooms above them know.
    #[must_use]
    pub fn data<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        for verbs in self.rows.values_mut() {
            *verbs = std::mem::take(verbs)
                .into_iter()
                .map(|verb| Verb {
                    endpoint: verb.endpoint.data(value.clone()).boxed(),
                    ..verb
                })
                .collect();
        }
        self
    }

    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let verbs = |(path, verbs): (&String, &Vec<Verb>)| {
            let path = path
                .replace(&ID.replace(":id", ":child"), "{child}")
                .replace(ID, "{id}");
            verbs
                .iter()
                .map(move |verb| Line {
                    path: path.clone(),
                    method: verb.method.clone(),
                    access: verb.access,
                })
                .collect::<Vec<_>>()
        };
        self.rows.iter().flat_map(verbs).collect()
    }

    /// The whole product.
    #[must_use]
    pub fn into_front(self, app: &App) -> Front {
        let lines: Lines = self.lines().into();
        let mut public = Route::new();
        let mut private = Route::new();
        let mut places = Vec::new();
        let pages: BTreeSet<String> = self
            .rows
            .iter()
            .filter(|(_, verbs)| verbs.iter().any(|verb| verb.method == Method::GET))
            .map(|(path, _)| path.clone())
            .collect();
        for (path, verbs) in self.rows {
            let is_public = verbs.iter().all(|verb| verb.access == Access::Public);
            let form_page = ["/edit", "/new", ""]
                .into_iter()
                .find(|below| pages.contains(&format!("{path}{below}")))
                // A file is too much to keep for somebody whose session has ended.
                .filter(|_| !verbs.iter().any(|verb| verb.takes_file));
            if let Some(gate) = with_slash(&path, &verbs).filter(|_| is_public) {
                public = public.at(format!("{path}/"), gate);
            }
            let endpoint = Gate { verbs, form_page };
            if is_public {
                public = public.at(path, endpoint);
            } else {
                places.push(first_segment(&path).to_owned());
                private = private.at(path, endpoint);
            }
        }
        places.sort();
        places.dedup();
        let private = private.at("/*", Unknown).with(session::layer(app));
        let whole = Split { public, private }
            .data(lines)
            .data(app.clone())
            .with(Fresh(app.clone()))
            .with(RequestLog {
                app: app.clone(),
                places,
            });
        Front::new(app.clone(), Arc::new(ToDynEndpoint(whole)))
    }
}

/// What a page's URL answers with a slash at its end, as people and old links have it.
fn with_slash(path: &str, verbs: &[Verb]) -> Option<Gate> {
    let known = verbs.iter().find_map(|verb| verb.slashed);
    let known = known.filter(|_| path != "/")?;
    Some(Gate {
        verbs: vec![page(known, WithoutSlash)],
        form_page: None,
    })
}

/// Leads to the same page in its one spelling. There is no end of URLs that end so, so none is kept.
struct WithoutSlash;

impl Endpoint for WithoutSlash {
    type Output = Page;

    async fn call(&self, request: Request) -> poem::Result<Page> {
        let uri = request.uri();
        let path = uri.path().strip_suffix('/');
        let path = path.filter(|path| !path.ends_with('/'));
        let path = path.ok_or(Error::NotFound)?;
        let to = match uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        Ok(Page::moved(to).unkept())
    }
}

/// Sends each request to the half that it belongs to: sessions are never looked up for public pages.
struct Split<P, Q> {
    public: P,
    private: Q,
}

impl<P: Endpoint<Output = Response>, Q: Endpoint<Output: IntoResponse>> Endpoint for Split<P, Q> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let cx = Cx::of(&request)?;
        if cx.is_public {
            let answer = self.public.call(request).await;
            if answer.is_err() {
                // No such URL, so that no gate has counted it.
                rate_limit::count(&cx, Counting::Usual).await?;
            }
            answer
        } else {
            self.private
                .call(request)
                .await
                .map(IntoResponse::into_response)
        }
    }
}

/// One URL: lets in whoever may, calls the verb's handler, and draws what it answers.
struct Gate {
    verbs: Vec<Verb>,
    /// Where the form is that is posted here, below this URL.
    form_page: Option<&'static str>,
}

impl Endpoint for Gate {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let mut cx = signed_in(&request)?;
        if let (Some(session), Some(hash)) = (&cx.session, cx.session_hash)
            && !request.headers().contains_key(session::TIMER)
        {
            session::seen(&cx.app, session, hash).await;
        }
        if let Some(kept) = kept::load(&cx).await.unwrap_or_default() {
            cx = cx.with_kept(kept);
        }
        request.extensions_mut().insert(cx.clone());
        let mut standing = None;
        let answer = async {
            standing = rate_limit::count(&cx, self.counting(&cx.method)).await?;
            let verb = match self.admit(&cx) {
                Err(Error::SignInRequired) => {
                    return Ok(self.to_sign_in(&cx, request).await);
                }
                admitted => admitted?,
            };
            if verb.takes_file {
                upload::check_format(&request)?;
            } else if verb.method != Method::GET {
                extract::check_format(&request)?;
            }
            let response = verb.endpoint.call(request).await?;
            if response.extensions().get::<Page>().is_some() {
                return Err(Error::internal(
                    "a public page outside `router::page`, where a session may be read",
                )
                .into());
            }
            Ok::<_, poem::Error>(render::finish(&cx, response)?)
        };
        let mut response = match answer.await {
            Ok(response) => response,
            Err(error) => error_pages::respond(&cx, error),
        };
        if !cx.is_public {
            if !response.headers().contains_key("cache-control") {
                render::private(&mut response);
            }
            rate_limit::show(&mut response, standing);
        }
        Ok(response)
    }
}

impl Gate {
    /// Asks for the sign-in, and keeps what was typed for after it.
    async fn to_sign_in(&self, cx: &Cx, request: Request) -> Response {
        let kept = match self.form_page {
            Some(page) => kept::keep(cx, request, page).await,
            None => Ok(None),
        };
        let next = kept.unwrap_or_else(|error| {
            tracing::warn!(%error, "form_not_kept");
            None
        });
        error_pages::to_sign_in(cx, next.as_deref())
    }

    /// Whether the URL is open to someone who has to set up a second factor first: that, signing out, settings.
    fn is_open_before_set_up(&self, cx: &Cx) -> bool {
        let path = cx.uri.path().strip_prefix(SET_UP);
        path.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            || self
                .verbs
                .iter()
                .all(|verb| matches!(verb.access, Access::Public | Access::Account))
    }

    /// The order is fixed: sign-in, then a client's 404, then the second factor, then the method, then the role's 403;
    /// records come after.
    fn admit(&self, cx: &Cx) -> Result<&Verb> {
        for verb in &self.verbs {
            let is_missing = match verb.access {
                Access::Public | Access::Account => false,
                // What belongs to a person is not a client's to see.
                Access::Signed => cx.user()?.viewing.is_some(),
                Access::Client => cx.user()?.role.is_staff(),
                Access::Staff(_) => !cx.user()?.role.is_staff(),
            };
            if is_missing {
                return Err(Error::NotFound);
            }
        }
        let user = cx.user.as_ref();
        if user.is_some_and(|user| user.needs_second_factor) && !self.is_open_before_set_up(cx) {
            return Err(Error::SecondFactorRequired);
        }
        let Some(verb) = self.verb(&cx.method) else {
            return Err(Error::MethodNotAllowed(self.allow()));
        };
        // Whoever looks with a client's eyes changes nothing.
        let is_change = verb.method != Method::GET;
        if is_change && !verb.leads_out && user.is_some_and(|user| user.viewing.is_some()) {
            return Err(Error::Forbidden);
        }
        match verb.access {
            Access::Staff(permission) if !cx.user()?.may(permission) => Err(Error::Forbidden),
            _ => Ok(verb),
        }
    }

    fn verb(&self, method: &Method) -> Option<&Verb> {
        let wanted = if *method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        self.verbs.iter().find(|verb| verb.method == *wanted)
    }

    /// A method that the URL does not have counts as one that it has.
    fn counting(&self, method: &Method) -> Counting {
        self.verb(method)
            .or(self.verbs.first())
            .map_or(Counting::Usual, |verb| verb.counting)
    }

    fn allow(&self) -> String {
        let mut methods: Vec<&str> = self.verbs.iter().map(|verb| verb.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        methods.join(", ")
    }
}

/// The request's context, with the user whom the session layer found.
fn signed_in(request: &Request) -> Result<Cx> {
    let cx = Cx::of(request)?;
    Ok(match request.extensions().get::<Session>() {
        Some(session) => cx.with_user(CurrentUser::of(session), session.clone()),
        None => cx,
    })
}

/// Any URL below a known place: the sign-in page for strangers, 404 for everybody else.
struct Unknown;

impl Endpoint for Unknown {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let cx = signed_in(&request)?;
        let is_account = [
            "login",
            "logout",
            "preferences",
            "forgot",
            "invite",
            "reset",
        ]
        .contains(&first_segment(request.uri().path()));
        let (error, standing) = match rate_limit::count(&cx, Counting::Usual).await {
            Err(error) => (error, None),
            Ok(standing) if cx.user.is_none() && !is_account => (Error::SignInRequired, standing),
            Ok(standing) => (Error::NotFound, standing),
        };
        let mut response = error_pages::respond(&cx, error.into());
        rate_limit::show(&mut response, standing);
        Ok(response)
    }
}
