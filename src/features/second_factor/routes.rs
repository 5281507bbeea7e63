//! URL × verb × permission, then the handlers in that order.

use poem::{Request, handler, session::Session};

use super::{
    actions::{self, Try},
    form::{BeginForm, CodeForm, ConfirmForm, RemoveForm, RenewForm, RulesForm},
    model::Pending,
    queries,
    views::{Code, RecoveryCodes, RoleRules, SetUp, Show},
};
use crate::{
    error::{Error, Result},
    features::{preferences::local_path, sessions::attempts},
    platform::{i18n::Message, limits::Tier},
    web::{
        access::Permission::UsersManage,
        cx::Cx,
        extract::{Form, PathId, UNPROCESSABLE},
        form::Errors,
        render::{Flash, Render},
        router::{SET_UP, Table, account_get, account_post, get, post, signed_get, signed_post},
        session::{self, User},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at(
            "/login/code",
            [account_get(ask), account_post(answer).tier(Tier::SignIn)],
        )
        .at(SET_UP, [signed_get(show), signed_post(begin)])
        .at("/account/second-factor/confirm", [signed_post(confirm)])
        .at("/account/second-factor/recovery", [signed_post(renew)])
        .at(
            "/account/second-factor/remove",
            [signed_post(remove).tier(Tier::SignIn)],
        )
        .at(
            "/second-factor",
            [get(UsersManage, rules), post(UsersManage, save_rules)],
        )
        .at(
            "/users/{id}/second-factor/remove",
            [post(UsersManage, reset)],
        )
}

#[handler]
async fn ask(cx: Cx, request: &Request) -> Result<Render> {
    if let Some(user) = &cx.user {
        return Ok(Render::redirect(user.role.home()));
    }
    match actions::waiting(&cx, request).await? {
        Some(_) => Ok(form_for_code(false, Errors::default())),
        None => too_late(&cx),
    }
}

#[handler]
async fn answer(
    cx: Cx,
    request: &Request,
    session: &Session,
    Form(form): Form<CodeForm>,
) -> Result<Render> {
    let Some((pending, person)) = actions::waiting(&cx, request).await? else {
        return too_late(&cx);
    };
    attempts::check(&cx, person.email.as_str()).await?;
    match actions::try_code(&cx, &pending, &person, form.typed()).await? {
        Try::Right => {
            let device = attempts::succeeded(&cx, person.email.as_str()).await;
            let ip = cx.ip.map(|ip| ip.to_string());
            let hash = person.password_hash.unwrap_or_default();
            session::sign_in(session, person.id, hash, ip, cx.user_agent.clone());
            let to = local_path(&pending.next).unwrap_or(person.role.home());
            Ok(Render::redirect(to)
                .cookie(&actions::cookie(&cx.app, None)?)
                .cookie(&device))
        }
        Try::Wrong if form.recovery.is_empty() => {
            let errors = Errors::one("code", Message::new("error-code"));
            Ok(form_for_code(false, errors).status(UNPROCESSABLE))
        }
        Try::Wrong => {
            let errors = Errors::one("recovery", Message::new("error-recovery-code"));
            Ok(form_for_code(true, errors).status(UNPROCESSABLE))
        }
        Try::Over => too_late(&cx),
    }
}

#[handler]
async fn show(cx: Cx) -> Result<Render> {
    own_page(&cx, Errors::default()).await
}

#[handler]
async fn begin(cx: Cx, Form(form): Form<BeginForm>) -> Result<Render> {
    if has_factor(&cx).await? {
        return Ok(Render::redirect(SET_UP));
    }
    if !actions::is_own_password(&cx, form.password).await? {
        return wrong(&cx, "password", "error-own-password").await;
    }
    let (secret, setup) = actions::begin(&cx)?;
    let view = SetUp::new(cx.user()?, &secret, setup, Errors::default())?;
    Ok(setup_page(&view))
}

#[handler]
async fn confirm(cx: Cx, Form(form): Form<ConfirmForm>) -> Result<Render> {
    if has_factor(&cx).await? {
        return Ok(Render::redirect(SET_UP));
    }
    let Some(secret) = actions::begun(&cx, &form.setup)? else {
        let flash = Flash::info(Message::new("flash-second-factor-late"));
        return Ok(Render::redirect(SET_UP).flash(flash));
    };
    match actions::confirm(&cx, &secret, &form.code).await {
        Ok(Some(codes)) => Ok(codes_page(&RecoveryCodes::new(cx.user()?, codes, true))),
        Ok(None) => {
            let errors = Errors::one("code", Message::new("error-code"));
            let view = SetUp::new(cx.user()?, &secret, form.setup, errors)?;
            Ok(setup_page(&view).status(UNPROCESSABLE))
        }
        Err(Error::Taken(_)) => Ok(Render::redirect(SET_UP)),
        Err(other) => Err(other),
    }
}

#[handler]
async fn renew(cx: Cx, Form(form): Form<RenewForm>) -> Result<Render> {
    if !has_factor(&cx).await? {
        return Ok(Render::redirect(SET_UP));
    }
    if !actions::is_own_password(&cx, form.codes_password).await? {
        return wrong(&cx, "codes_password", "error-own-password").await;
    }
    let codes = actions::renew(&cx).await?;
    Ok(codes_page(&RecoveryCodes::new(cx.user()?, codes, false)))
}

#[handler]
async fn remove(cx: Cx, Form(form): Form<RemoveForm>) -> Result<Render> {
    if !has_factor(&cx).await? {
        return Ok(Render::redirect(SET_UP));
    }
    if !actions::is_own_password(&cx, form.password.clone()).await? {
        return wrong(&cx, "password", "error-own-password").await;
    }
    if !actions::remove(&cx, form.typed()).await? {
        return wrong(&cx, "code", "error-code").await;
    }
    let flash = Flash::good(Message::new("flash-second-factor-off"));
    Ok(Render::redirect(SET_UP).flash(flash))
}

#[handler]
async fn rules(cx: Cx) -> Result<Render> {
    Ok(rules_page(&RoleRules::load(&cx, None).await?))
}

#[handler]
async fn save_rules(cx: Cx, Form(form): Form<RulesForm>) -> Result<Render> {
    let roles = form.roles()?;
    match actions::save_rules(&cx, &roles, form.version()?).await {
        Ok(()) => {
            let flash = Flash::good(Message::new("flash-role-rules-saved"));
            Ok(Render::redirect("/second-factor").flash(flash))
        }
        Err(Error::Conflict) => {
            let view = RoleRules::load(&cx, Some(&roles)).await?;
            Ok(rules_page(&view).status(Error::Conflict.status()))
        }
        Err(other) => Err(other),
    }
}

#[handler]
async fn reset(cx: Cx, PathId(user): PathId<User>) -> Result<Render> {
    if user == cx.user()?.id {
        return Err(Error::Forbidden);
    }
    let flash = match actions::reset(&cx.app, &cx.actor(), cx.lang, user).await? {
        Some(name) => Flash::good(Message::new("flash-second-factor-reset").arg("name", name)),
        None => Flash::info(Message::new("flash-second-factor-none")),
    };
    Ok(Render::redirect(format!("/users/{user}")).flash(flash))
}

// ---- what several of them do

/// Where the sign-in leads whose password was right: to the page that asks for the code.
pub fn code_page(cx: &Cx, pending: Pending, next: &str) -> Result<Render> {
    let pending = pending.next(local_path(next));
    Ok(Render::redirect("/login/code").cookie(&actions::cookie(&cx.app, Some(&pending))?))
}

fn form_for_code(recovery: bool, errors: Errors) -> Render {
    Render::page("second_factor/code.html", &Code::new(recovery, errors))
        .fragment("second_factor/_code.html")
}

/// Back to the password.
fn too_late(cx: &Cx) -> Result<Render> {
    Ok(Render::redirect("/login?done=late").cookie(&actions::cookie(&cx.app, None)?))
}

async fn has_factor(cx: &Cx) -> Result<bool> {
    let factor = queries::factor(&mut cx.read().await?, cx.user()?.id).await?;
    Ok(factor.is_some())
}

async fn own_page(cx: &Cx, errors: Errors) -> Result<Render> {
    let user = cx.user()?;
    let mut conn = cx.read().await?;
    let factor = queries::factor(&mut conn, user.id).await?;
    let required = queries::is_required(&mut conn, user.role).await?;
    let view = Show::new(user, factor.as_ref(), required, errors);
    Ok(Render::page("second_factor/show.html", &view).fragment("second_factor/_show.html"))
}

async fn wrong(cx: &Cx, field: &'static str, key: &'static str) -> Result<Render> {
    let errors = Errors::one(field, Message::new(key));
    Ok(own_page(cx, errors).await?.status(UNPROCESSABLE))
}

fn setup_page(view: &SetUp) -> Render {
    Render::page("second_factor/setup.html", view).fragment("second_factor/_setup.html")
}

fn codes_page(view: &RecoveryCodes) -> Render {
    Render::page("second_factor/codes.html", view).fragment("second_factor/_codes.html")
}

fn rules_page(view: &RoleRules) -> Render {
    Render::page("second_factor/rules.html", view).fragment("second_factor/_rules.html")
}
