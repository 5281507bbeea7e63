//! URL × verb × permission, then the handler.

use poem::handler;

use crate::web::{
    access::Permission::DashboardRead,
    render::Render,
    router::{Table, get},
};

#[must_use]
pub fn routes() -> Table {
    Table::default().at("/help", [get(DashboardRead, show)])
}

#[derive(serde::Serialize)]
struct Help {}

#[handler]
fn show() -> Render {
    Render::page("help/show.html", &Help {}).fragment("help/_help.html")
}
