//! URL × verb, then the handlers.

use poem::{handler, http::StatusCode, web::Path};

use super::{
    actions,
    form::AnswerForm,
    views::{Gone, Show},
};
use crate::{
    error::{Error, Result},
    platform::limits::Tier,
    web::{
        cx::Cx,
        extract::{Form, UNPROCESSABLE},
        form::Errors,
        render::Render,
        router::{Table, account_get, account_post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default().at(
        "/invite/:token",
        [account_get(show), account_post(accept).tier(Tier::SignIn)],
    )
}

#[handler]
async fn show(cx: Cx, Path(token): Path<String>) -> Result<Render> {
    let (_, invited) = match actions::find(&mut cx.read().await?, &cx, &token).await {
        Err(Error::NotFound) => return Ok(gone()),
        found => found?,
    };
    let form = AnswerForm::blank(invited.locale.unwrap_or(cx.lang));
    Ok(page(&Show::new(invited, &token, &form, Errors::default())))
}

#[handler]
async fn accept(cx: Cx, Path(token): Path<String>, Form(form): Form<AnswerForm>) -> Result<Render> {
    let (link, invited) = match actions::find(&mut cx.read().await?, &cx, &token).await {
        Err(Error::NotFound) => return Ok(gone()),
        found => found?,
    };
    let locale = match form.check(&invited) {
        Ok(locale) => locale,
        Err(errors) => {
            let view = Show::new(invited, &token, &form, errors);
            return Ok(page(&view).status(UNPROCESSABLE));
        }
    };
    match actions::accept(&cx, &link, form.password, locale).await {
        Ok(()) => Ok(Render::redirect("/login?done=invited")),
        Err(Error::NotFound) => Ok(gone()),
        Err(other) => Err(other),
    }
}

fn page(view: &Show) -> Render {
    Render::page("invitations/show.html", view).fragment("invitations/_form.html")
}

fn gone() -> Render {
    Render::page("invitations/gone.html", &Gone {}).status(StatusCode::NOT_FOUND)
}
