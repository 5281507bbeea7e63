//! URL × verb × access, then the handlers in that order.

use poem::{handler, session::Session};

use super::{actions, views::Show};
use crate::{
    error::{Error, Result},
    features::companies::model::Company,
    web::{
        access::Permission::ClientsView,
        cx::Cx,
        extract::PathId,
        render::Render,
        router::{Table, account_post, portal_get, post},
        session,
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/portal", [portal_get(show)])
        .at("/companies/{id}/view", [post(ClientsView, begin)])
        .at("/view/end", [account_post(end).leads_out()])
}

#[handler]
async fn show(cx: Cx) -> Result<Render> {
    Ok(Render::page("portal/show.html", &Show::load(&cx).await?))
}

#[handler]
async fn begin(cx: Cx, session: &Session, PathId(company): PathId<Company>) -> Result<Render> {
    let viewing = actions::begin(&cx, company).await?;
    session::view_as(session, &viewing);
    Ok(Render::redirect("/portal"))
}

#[handler]
async fn end(cx: Cx, session: &Session) -> Result<Render> {
    let user = cx.user.as_ref().ok_or(Error::NotFound)?;
    let viewing = user.viewing.clone().ok_or(Error::NotFound)?;
    actions::end(&cx, &viewing).await?;
    session::end_view(session);
    Ok(Render::redirect(format!(
        "/companies/{}",
        viewing.company_id
    )))
}
