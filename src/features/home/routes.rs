//! URL × verb, then the handlers.

use poem::handler;

use crate::{
    error::Result,
    web::{
        cx::Cx,
        public::{Kind, Page},
        render,
        router::{Table, page},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/", [page(&[], show)])
        .at("/tr", [page(&[], show)])
        .at("/robots.txt", [page(&[], robots)])
}

#[derive(serde::Serialize)]
struct HomeView {}

#[handler]
fn show(cx: Cx) -> Result<Page> {
    let html = render::public_page(&cx, "public/home.html", &HomeView {})?;
    Ok(Page::new(html).lang(cx.lang))
}

/// The office is nobody's search result.
#[handler]
fn robots() -> Page {
    Page::of(
        Kind::Text,
        "User-agent: *\nDisallow: /login\nDisallow: /dashboard\nDisallow: /companies\nDisallow: /activities\nDisallow: /trash\n",
    )
}
