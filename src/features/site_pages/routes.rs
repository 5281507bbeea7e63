//! URL × verb × permission, then the handlers in that order.

use poem::{handler, web::Path};

use super::{
    actions,
    form::{PageForm, RestoreForm},
    model::{Kind, brought},
    queries, shown,
    views::{Edit, Index, PATH, Revisions, Show, ShowRevision, href},
};
use crate::{
    error::{Error, Result},
    features::{companies::form::version, posts::change::drawing},
    platform::i18n::Message,
    types::Lang,
    web::{
        access::Permission::{BlogPublish, BlogRead, BlogWrite},
        cx::Cx,
        extract::{Form, UNPROCESSABLE},
        public::Page,
        render::{self, Flash, Render},
        router::{Table, get, page, post},
    },
};

/// Revisions that are listed; older ones can be asked for by number.
const LISTED: i64 = 100;

#[must_use]
pub fn routes() -> Table {
    let office = Table::default()
        .at(PATH, [get(BlogRead, index)])
        .at(
            "/site-pages/:page",
            [get(BlogWrite, edit), post(BlogPublish, save)],
        )
        .at("/site-pages/:page/preview", [post(BlogWrite, preview)])
        .at("/site-pages/:page/restore", [post(BlogPublish, restore)])
        .at("/site-pages/:page/revisions", [get(BlogWrite, revisions)])
        .at(
            "/site-pages/:page/revisions/:number",
            [get(BlogWrite, revision)],
        );
    // The home page and the contact form have rooms of their own.
    let plain = |kind: &&Kind| !matches!(kind, Kind::Home | Kind::Contact);
    let places = Lang::ALL.iter().flat_map(|&lang| {
        Kind::ALL
            .iter()
            .filter(plain)
            .map(move |kind| kind.path(lang))
    });
    places.fold(office, |table, path| table.at(&path, [page(&[], show)]))
}

#[handler]
async fn index(cx: Cx) -> Result<Render> {
    let mut conn = cx.read().await?;
    let saved = queries::list(&mut conn).await?;
    Ok(Render::page("site_pages/index.html", &Index::new(&saved)))
}

#[handler]
async fn edit(cx: Cx, Path(name): Path<String>) -> Result<Render> {
    let (kind, lang) = place(&name)?;
    let mut conn = cx.read().await?;
    let form = match queries::find(&mut conn, kind, lang).await? {
        Some(page) => PageForm::of(&page.text, page.version),
        None => PageForm::of(&brought(kind, lang), 0),
    };
    Ok(editor(&Edit::new(&cx, (kind, lang), &form)))
}

#[handler]
async fn save(cx: Cx, Path(name): Path<String>, Form(form): Form<PageForm>) -> Result<Render> {
    let (kind, lang) = place(&name)?;
    let base = version(&form.version)?;
    let (text, _) = match form.check(&drawing(&cx.app)) {
        Ok(checked) => checked,
        Err(errors) => {
            let view = Edit::new(&cx, (kind, lang), &form).errors(errors);
            return Ok(editor(&view).status(UNPROCESSABLE));
        }
    };
    match actions::save(&cx, (kind, lang), base, &text).await {
        Ok(()) => {
            let flash = Message::new("flash-site-pages-updated").arg("title", text.title);
            Ok(Render::redirect(href(kind, lang)).flash(Flash::good(flash)))
        }
        Err(Error::Conflict) => {
            let mut conn = cx.read().await?;
            let theirs = queries::find(&mut conn, kind, lang).await?;
            let theirs = theirs.ok_or(Error::Conflict)?;
            let saved = queries::revision(&mut conn, theirs.id, theirs.version).await?;
            let view = Edit::new(&cx, (kind, lang), &form).conflict(&theirs, saved.author, &text);
            Ok(editor(&view).status(Error::Conflict.status()))
        }
        Err(other) => Err(other),
    }
}

/// The editor with what was typed beside it as readers would see it; htmx takes the preview out of it.
#[handler]
fn preview(cx: Cx, Path(name): Path<String>, Form(form): Form<PageForm>) -> Result<Render> {
    let view = Edit::new(&cx, place(&name)?, &form);
    Ok(Render::page("site_pages/edit.html", &view).fragment("site_pages/_preview.html"))
}

#[handler]
async fn restore(
    cx: Cx,
    Path(name): Path<String>,
    Form(form): Form<RestoreForm>,
) -> Result<Render> {
    let (kind, lang) = place(&name)?;
    let number = form.number.parse().map_err(|_| Error::NotFound)?;
    actions::restore(&cx, (kind, lang), version(&form.version)?, number).await?;
    let flash = Flash::good(Message::new("flash-site-pages-restored"));
    Ok(Render::redirect(href(kind, lang)).flash(flash))
}

#[handler]
async fn revisions(cx: Cx, Path(name): Path<String>) -> Result<Render> {
    let (kind, lang) = place(&name)?;
    let mut conn = cx.read().await?;
    let (known, version) = match queries::find(&mut conn, kind, lang).await? {
        Some(page) => (
            queries::revisions(&mut conn, page.id, LISTED).await?,
            page.version,
        ),
        None => (Vec::new(), 0),
    };
    let view = Revisions::new((kind, lang), &known, version);
    Ok(Render::page("site_pages/revisions.html", &view))
}

#[handler]
async fn revision(cx: Cx, Path((name, number)): Path<(String, String)>) -> Result<Render> {
    let (kind, lang) = place(&name)?;
    let number: i64 = number.parse().map_err(|_| Error::NotFound)?;
    let text = actions::revision_text(&cx, (kind, lang), number).await?;
    let mut conn = cx.read().await?;
    let page = queries::find(&mut conn, kind, lang).await?;
    let version = page.map_or(0, |page| page.version);
    let view = ShowRevision::new(&cx, (kind, lang), number, text, version);
    Ok(Render::page("site_pages/revision.html", &view))
}

// ---- readers

#[handler]
async fn show(cx: Cx) -> Result<Page> {
    let last = cx.uri.path().rsplit('/').next().unwrap_or_default();
    let kind = Kind::parse(last).map_err(|_| Error::NotFound)?;
    let shown = shown::page(&cx.app, kind, cx.lang).await?;
    let html = render::public_page(&cx, "site_pages/page.html", &Show::new(&cx, kind, &shown)?)?;
    Ok(shown.page(html, cx.lang))
}

// ---- what several of them do

fn editor(view: &Edit) -> Render {
    Render::page("site_pages/edit.html", view).fragment("site_pages/_form.html")
}

/// What `about-tr` names.
fn place(name: &str) -> Result<(Kind, Lang)> {
    let known = |&(kind, lang): &(Kind, Lang)| actions::label(kind, lang) == name;
    let mut all = Kind::ALL
        .iter()
        .flat_map(|&kind| Lang::ALL.iter().map(move |&lang| (kind, lang)));
    all.find(known).ok_or(Error::NotFound)
}
