//! URL × verb, then the handlers.

use poem::{handler, session::Session};
use serde::{Deserialize, Serialize};

use super::{
    actions::{self, Admission},
    attempts, queries,
};
use crate::{
    error::Result,
    features::{preferences::local_path, second_factor},
    platform::{i18n::Message, limits::Tier},
    web::{
        cx::Cx,
        extract::{Form, Query, UNPROCESSABLE},
        form::{Errors, FormView},
        render::Render,
        router::{Table, account_get, account_post},
        session,
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at(
            "/login",
            [account_get(new), account_post(create).tier(Tier::SignIn)],
        )
        .at("/logout", [account_post(destroy).leads_out()])
}

/// What somebody did just before, without being signed in afterwards: said above the form.
pub const DONE: [&str; 4] = ["everywhere", "invited", "late", "reset"];

#[derive(Deserialize, Default)]
#[serde(default)]
struct NextQuery {
    next: String,
    done: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SignInForm {
    email: String,
    password: String,
    next: String,
}

#[derive(Serialize)]
struct SignIn {
    form: FormView,
    next: Option<String>,
    expired: bool,
    done: Option<&'static str>,
    demo: Option<Vec<DemoUser>>,
}

#[derive(Serialize)]
struct DemoUser {
    email: String,
    role: String,
}

#[handler]
async fn new(cx: Cx, Query(query): Query<NextQuery>) -> Result<Render> {
    if cx.user.is_some() {
        return Ok(Render::redirect(cx.user()?.role.home()));
    }
    let done = DONE.into_iter().find(|done| *done == query.done);
    page(&cx, "", &query.next, Errors::default(), done).await
}

#[handler]
async fn create(cx: Cx, session: &Session, Form(form): Form<SignInForm>) -> Result<Render> {
    match actions::authenticate(&cx, &form.email, form.password).await? {
        Some(Admission::In(user, role, hash)) => {
            session::sign_in(
                session,
                user,
                hash,
                cx.ip.map(|ip| ip.to_string()),
                cx.user_agent.clone(),
            );
            let device = attempts::succeeded(&cx, &form.email).await;
            Ok(Render::redirect(local_path(&form.next).unwrap_or(role.home())).cookie(&device))
        }
        Some(Admission::Pending(pending)) => second_factor::code_page(&cx, pending, &form.next),
        None => {
            let errors = Errors::one("email", Message::new("error-sign-in"));
            Ok(page(&cx, &form.email, &form.next, errors, None)
                .await?
                .status(UNPROCESSABLE))
        }
    }
}

#[handler]
async fn destroy(cx: Cx, session: &Session) -> Result<Render> {
    if cx.user.is_some() {
        actions::record_sign_out(&cx).await?;
    }
    Ok(signed_out(&cx, session, "/login"))
}

/// Forgets the session in the browser, too.
pub fn signed_out(cx: &Cx, session: &Session, to: &'static str) -> Render {
    session.purge();
    let answer = Render::redirect(to).header("clear-site-data", "\"cache\", \"storage\"");
    // Browsers let a `__Host-` cookie be removed only by one with the same attributes, which poem leaves out.
    if cx.app.config.is_https() {
        answer.header(
            "set-cookie",
            "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
        )
    } else {
        answer
    }
}

async fn page(
    cx: &Cx,
    email: &str,
    next: &str,
    errors: Errors,
    done: Option<&'static str>,
) -> Result<Render> {
    let demo = if cx.app.config.demo {
        let cast = queries::demo_cast(&mut cx.read().await?).await?;
        Some(
            cast.into_iter()
                .map(|(email, role)| DemoUser { email, role })
                .collect(),
        )
    } else {
        None
    };
    let next = local_path(next).map(str::to_owned);
    let form = FormView::new(
        &["email", "password"],
        [("email", email.chars().take(254).collect())],
    )
    .errors(errors);
    let view = SignIn {
        form,
        done,
        expired: cx.session_hash.is_some() && cx.user.is_none(),
        next,
        demo,
    };
    Ok(Render::page("sessions/new.html", &view).fragment("sessions/_form.html"))
}
