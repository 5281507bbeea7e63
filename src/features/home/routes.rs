//! URL × verb, then the handlers.

use poem::handler;

use crate::{
    error::Result,
    platform::i18n::Message,
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

#[derive(serde::Serialize)]
struct HomeView {
    seo: Seo,
}

#[handler]
fn show(cx: Cx) -> Result<Page> {
    let word = |key| cx.app.translations.message(cx.lang, &Message::new(key));
    let seo = Seo::of(&cx, word("home-title")?, word("home-description")?)?;
    let view = HomeView {
        seo: seo.organization().web_site(),
    };
    let html = render::public_page(&cx, "public/home.html", &view)?;
    Ok(Page::new(html).lang(cx.lang))
}
