//! URL × verb × permission, then the handler.

use std::sync::Arc;

use poem::handler;

use super::{
    queries,
    views::{Agenda, Services, Show},
};
use crate::{
    error::Result,
    features::{
        activities::{self, model::Due, views::Row},
        companies::views::{ChangeView, hidden_changes},
        services,
    },
    platform::{audit, db::Conn},
    web::{
        access::Permission::{CompaniesWrite, DashboardRead, ServicesRead},
        cx::Cx,
        render::Render,
        router::{Table, get},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default().at("/dashboard", [get(DashboardRead, show)])
}

#[handler]
async fn show(cx: Cx) -> Result<Render> {
    // What is cached asks for a connection of its own: whoever holds one while waiting for it may wait for ever.
    let stats = queries::stats(&cx, cx.scope()?).await?;
    let figures = figures(&cx).await?;
    let mut conn = cx.read().await?;
    let overdue = agenda(&cx, &mut conn, Due::Overdue).await?;
    let coming = agenda(&cx, &mut conn, Due::Week).await?;
    let changes = audit::latest(&mut conn, None, None, hidden_changes(&cx), 8)
        .await?
        .into_iter()
        .map(ChangeView::from)
        .collect();
    let services = match figures {
        Some(figures) => {
            let coming = services::views::coming(&cx, &mut conn).await?;
            Some(Services::new(&figures, coming))
        }
        None => None,
    };
    Ok(Render::page(
        "dashboard/show.html",
        &Show::new(&stats, services, overdue, coming, changes),
    ))
}

/// For those only who may see what companies pay.
async fn figures(cx: &Cx) -> Result<Option<Arc<queries::Recurring>>> {
    if cx.user()?.may(ServicesRead) {
        queries::recurring(cx, cx.scope()?).await.map(Some)
    } else {
        Ok(None)
    }
}

/// Experts and doctors see what they wrote; the office sees everything.
async fn agenda(cx: &Cx, conn: &mut Conn, due: Due) -> Result<Agenda> {
    const ROWS: i64 = 5;
    let user = cx.user()?;
    let sees_all = user.may(CompaniesWrite);
    let author = if sees_all { None } else { Some(user.id) };
    let filter = activities::queries::Filter {
        scope: cx.scope()?,
        due,
        today: cx.app.clock.today(),
        author,
    };
    let mine = if sees_all { "" } else { "&mine=true" };
    Ok(Agenda {
        count: activities::queries::count(conn, &filter).await?,
        href: format!("/activities?due={due}{mine}"),
        rows: activities::queries::list(conn, &filter, ROWS, 0)
            .await?
            .into_iter()
            .map(|activity| Row::new(cx, activity, None))
            .collect(),
    })
}
