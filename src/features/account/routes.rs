//! URL × verb × access, then the handlers in that order.

use poem::{handler, http::StatusCode, session::Session, web::Path};
use serde::Deserialize;

use super::{
    actions,
    form::{EmailForm, EndAllForm, EndForm, ForgotForm, PasswordForm, ProfileForm},
    model::{Draft, Person},
    queries,
    views::{Address, Confirm, Forgot, Gone, NotYours, Password, Profile, Reset, Sessions},
};
use crate::{
    error::{Error, Result},
    features::{
        companies::form::version,
        links::Kind,
        mails,
        sessions::{attempts, signed_out},
    },
    platform::{audit, i18n::Message, limits::Tier},
    web::{
        cx::Cx,
        extract::{Form, Query, UNPROCESSABLE},
        form::Errors,
        render::{Flash, Render},
        router::{Table, account_get, account_post, signed_get, signed_post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/account", [signed_get(show), signed_post(update)])
        .at(
            "/account/email",
            [signed_get(email_form), signed_post(ask_for_email)],
        )
        .at(
            "/account/address/:token",
            [
                account_get(address_form),
                account_post(confirm_address).tier(Tier::SignIn),
            ],
        )
        .at(
            "/account/password",
            [signed_get(password_form), signed_post(change_password)],
        )
        .at("/account/sessions", [signed_get(sessions)])
        .at("/account/sessions/end", [signed_post(end_session)])
        .at("/account/sessions/end-all", [signed_post(end_sessions)])
        .at(
            "/forgot",
            [
                account_get(forgot),
                account_post(ask_for_reset).tier(Tier::SignIn),
            ],
        )
        .at(
            "/reset/:token",
            [
                account_get(reset_form),
                account_post(reset_password).tier(Tier::SignIn),
            ],
        )
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ForgotQuery {
    sent: String,
}

#[handler]
async fn show(cx: Cx) -> Result<Render> {
    let form = ProfileForm::of(&me(&cx).await?, cx.lang);
    Ok(Render::page(
        "account/show.html",
        &Profile::new(&form, Errors::default()),
    ))
}

#[handler]
async fn update(cx: Cx, Form(form): Form<ProfileForm>) -> Result<Render> {
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            let view = Profile::new(&form, errors);
            return Ok(Render::page("account/show.html", &view).status(UNPROCESSABLE));
        }
    };
    match actions::update(&cx, version(&form.version)?, &draft).await {
        Ok(()) => Ok(done("/account", "flash-account-updated")),
        Err(Error::Conflict) => conflict(&cx, &form, &draft).await,
        Err(other) => Err(other),
    }
}

#[handler]
async fn email_form(cx: Cx) -> Result<Render> {
    Ok(email_page(
        &cx,
        &me(&cx).await?,
        &EmailForm::default(),
        Errors::default(),
    ))
}

#[handler]
async fn ask_for_email(cx: Cx, Form(form): Form<EmailForm>) -> Result<Render> {
    let me = me(&cx).await?;
    let refused = |errors| Ok(email_page(&cx, &me, &form, errors).status(UNPROCESSABLE));
    if !mails::is_on(&cx.app) {
        return refused(Errors::default());
    }
    let new = match form.check(&me) {
        Ok(new) => new,
        Err(errors) => return refused(errors),
    };
    if !actions::is_current(&cx, &me, form.current_password.clone()).await? {
        return refused(wrong_password());
    }
    if !actions::ask_for_address(&cx, me.id, &new).await? {
        let often = Message::new("error-account-too-often");
        return refused(Errors::one("email", often));
    }
    let sent = Flash::info(Message::new("flash-account-email-asked").arg("email", new));
    Ok(Render::redirect("/account/email").flash(sent))
}

#[handler]
async fn address_form(cx: Cx, Path(token): Path<String>) -> Result<Render> {
    let (link, person) = match actions::find_link(&cx, Kind::Address, &token).await {
        Ok(found) => found,
        Err(error) => return gone(error, "/account/email"),
    };
    if cx.user()?.id != person.id {
        return Ok(not_yours());
    }
    let view = Confirm {
        action: cx.uri.path().into(),
        old: person.email,
        new: link.detail.unwrap_or_default(),
    };
    Ok(Render::page("account/address.html", &view))
}

#[handler]
async fn confirm_address(cx: Cx, Path(token): Path<String>) -> Result<Render> {
    let confirmed = async {
        let (link, _) = actions::find_link(&cx, Kind::Address, &token).await?;
        if cx.user.is_none() {
            return Ok(Render::redirect(cx.uri.path()));
        }
        actions::confirm_address(&cx, &link).await?;
        Ok(done("/account/email", "flash-account-email-changed"))
    };
    match confirmed.await {
        Ok(answer) => Ok(answer),
        Err(Error::Forbidden) => Ok(not_yours()),
        Err(error) => gone(error, "/account/email"),
    }
}

#[handler]
async fn password_form(cx: Cx) -> Result<Render> {
    Ok(password_page(&me(&cx).await?, Errors::default()))
}

#[handler]
async fn change_password(
    cx: Cx,
    session: &Session,
    Form(form): Form<PasswordForm>,
) -> Result<Render> {
    let me = me(&cx).await?;
    if let Err(errors) = form.check(&me) {
        return Ok(password_page(&me, errors).status(UNPROCESSABLE));
    }
    if !actions::is_current(&cx, &me, form.current_password).await? {
        return Ok(password_page(&me, wrong_password()).status(UNPROCESSABLE));
    }
    actions::change_password(&cx, session, &me, form.password).await?;
    Ok(done("/account/password", "flash-account-password-changed"))
}

#[handler]
async fn sessions(cx: Cx) -> Result<Render> {
    let mut conn = cx.read().await?;
    let places = queries::places(
        &mut conn,
        cx.user()?.id,
        cx.app.clock.now(),
        cx.app.config.session_idle,
    )
    .await?;
    let view = Sessions::new(places, cx.session_hash, &cx.app.keys);
    Ok(Render::page("account/sessions.html", &view))
}

#[handler]
async fn end_session(cx: Cx, Form(form): Form<EndForm>) -> Result<Render> {
    actions::end_session(&cx, &form.session).await?;
    Ok(done("/account/sessions", "flash-account-session-ended"))
}

#[handler]
async fn end_sessions(cx: Cx, session: &Session, Form(form): Form<EndAllForm>) -> Result<Render> {
    match form.scope.as_str() {
        "others" => {
            actions::end_sessions(&cx, cx.session_hash).await?;
            Ok(done("/account/sessions", "flash-account-sessions-ended"))
        }
        "all" => {
            actions::end_sessions(&cx, None).await?;
            Ok(signed_out(&cx, session, "/login?done=everywhere"))
        }
        _ => Err(Error::Unprocessable),
    }
}

#[handler]
fn forgot(cx: Cx, Query(query): Query<ForgotQuery>) -> Render {
    let (form, errors) = (ForgotForm::default(), Errors::default());
    forgot_page(&cx, &form, errors, query.sent == "true")
}

#[handler]
async fn ask_for_reset(cx: Cx, Form(form): Form<ForgotForm>) -> Result<Render> {
    let refused = |errors| Ok(forgot_page(&cx, &form, errors, false).status(UNPROCESSABLE));
    if !mails::is_on(&cx.app) {
        return refused(Errors::default());
    }
    match form.check() {
        Ok(email) => {
            actions::ask_for_reset(&cx, &email).await?;
            Ok(Render::redirect("/forgot?sent=true"))
        }
        Err(errors) => refused(errors),
    }
}

#[handler]
async fn reset_form(cx: Cx, Path(token): Path<String>) -> Result<Render> {
    match actions::find_link(&cx, Kind::Reset, &token).await {
        Ok((_, person)) => Ok(reset_page(&cx, &person, Errors::default())),
        Err(error) => gone(error, "/forgot"),
    }
}

#[handler]
async fn reset_password(
    cx: Cx,
    Path(token): Path<String>,
    Form(form): Form<PasswordForm>,
) -> Result<Render> {
    let (link, person) = match actions::find_link(&cx, Kind::Reset, &token).await {
        Ok(found) => found,
        Err(error) => return gone(error, "/forgot"),
    };
    if let Err(errors) = form.check(&person) {
        return Ok(reset_page(&cx, &person, errors).status(UNPROCESSABLE));
    }
    match actions::reset_password(&cx, &link, form.password).await {
        Ok(()) => {
            // Its owner gets in from here even while strangers keep the account's window full.
            let device = attempts::succeeded(&cx, person.email.as_str()).await;
            Ok(Render::redirect("/login?done=reset").cookie(&device))
        }
        Err(error) => gone(error, "/forgot"),
    }
}

// ---- what several of them do

async fn me(cx: &Cx) -> Result<Person> {
    queries::find(&mut cx.read().await?, cx.user()?.id).await
}

fn done(to: &'static str, key: &'static str) -> Render {
    Render::redirect(to).flash(Flash::good(Message::new(key)))
}

/// To somebody who is signed in as another person than the link is for, nothing of that person is told.
fn not_yours() -> Render {
    Render::page("account/not_yours.html", &NotYours {}).status(StatusCode::FORBIDDEN)
}

fn wrong_password() -> Errors {
    Errors::one("current_password", Message::new("error-account-password"))
}

async fn conflict(cx: &Cx, form: &ProfileForm, draft: &Draft) -> Result<Render> {
    let mut conn = cx.read().await?;
    let theirs = queries::find(&mut conn, cx.user()?.id).await?;
    let (by, at) = audit::last_change(&mut conn, "users", theirs.id.uuid()).await?;
    let view = Profile::new(form, Errors::default()).conflict(&theirs, draft, by, at);
    Ok(Render::page("account/show.html", &view).status(Error::Conflict.status()))
}

fn email_page(cx: &Cx, me: &Person, form: &EmailForm, errors: Errors) -> Render {
    let view = Address::new(me, form, errors, mails::is_on(&cx.app));
    Render::page("account/email.html", &view)
}

fn password_page(me: &Person, errors: Errors) -> Render {
    Render::page("account/password.html", &Password::new(me, errors))
}

fn forgot_page(cx: &Cx, form: &ForgotForm, errors: Errors, is_sent: bool) -> Render {
    let view = Forgot::new(form, errors, mails::is_on(&cx.app)).sent(is_sent);
    Render::page("account/forgot.html", &view)
}

fn reset_page(cx: &Cx, person: &Person, errors: Errors) -> Render {
    let view = Reset::new(person, cx.uri.path(), errors);
    Render::page("account/reset.html", &view)
}

/// One answer for links that are unknown, late, spent or void.
fn gone(error: Error, again: &'static str) -> Result<Render> {
    match error {
        Error::NotFound => {
            let page = Render::page("account/gone.html", &Gone { again });
            Ok(page.status(StatusCode::NOT_FOUND))
        }
        other => Err(other),
    }
}
