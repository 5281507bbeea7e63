//! URL × verb, then the handler.

use poem::handler;
use serde::Serialize;

use crate::{
    error::Result,
    features::site_pages::{
        Kind,
        shown::{self, Shown},
    },
    web::{
        cx::Cx,
        public::Page,
        render,
        router::{Table, page},
        seo::Seo,
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/", [page(&[], show)])
        .at("/tr", [page(&[], show)])
}

#[derive(Serialize)]
struct HomeView<'a> {
    seo: Seo,
    page: &'a Shown,
    contact_href: String,
    services_href: String,
}

#[handler]
async fn show(cx: Cx) -> Result<Page> {
    let shown = shown::page(&cx.app, Kind::Home, cx.lang).await?;
    let view = HomeView {
        seo: shown.seo(&cx)?.organization().web_site(),
        page: &shown,
        contact_href: Kind::Contact.path(cx.lang),
        services_href: Kind::WhatWeDo.path(cx.lang),
    };
    let html = render::public_page(&cx, "public/home.html", &view)?;
    Ok(shown.page(html, cx.lang))
}
