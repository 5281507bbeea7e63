//! URL × verb × permission, then the handlers in that order.

use std::collections::HashMap;

use poem::{Response, handler};
use uuid::Uuid;

use super::{
    actions,
    form::{After, ResendForm},
    model::Mail,
    queries,
    views::{File, Index, Outbox, OutboxFile, Row, Show, Whole},
};
use crate::{
    error::{Error, Result},
    features::companies::{
        self,
        form::cursor,
        model::Company,
        views::{Head, PageView},
    },
    platform::{i18n::Message, mail},
    types::{
        Id,
        page::{Cursor, Key},
    },
    web::{
        access::Permission::{MailsRead, MailsSend},
        cx::Cx,
        extract::{PathId, PathIds, Query, Submitted},
        render::{Flash, Render, private},
        router::{Table, get, post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/companies/{id}/mails", [get(MailsRead, index)])
        .at("/companies/{id}/mails/{child}", [get(MailsRead, show)])
        .at(
            "/companies/{id}/mails/{child}/html",
            [get(MailsRead, show_html)],
        )
        .at(
            "/companies/{id}/mails/{child}/resend",
            [post(MailsSend, resend)],
        )
        .at("/outbox", [get(MailsRead, outbox)])
        .at("/outbox/{id}", [get(MailsRead, outbox_file)])
        .at("/outbox/{id}/html", [get(MailsRead, outbox_html)])
}

#[handler]
async fn index(cx: Cx, PathId(id): PathId<Company>, Query(query): Query<After>) -> Result<Render> {
    let from = cursor(&query.after, true)?;
    let mut conn = cx.read().await?;
    let company = companies::queries::find(&mut conn, cx.scope()?, id).await?;
    let before = from.as_ref().map(|cursor| cursor.id);
    let mut mails = queries::list(&mut conn, id, before, PER_PAGE + 1).await?;
    let page = page(id, &mut mails, from, queries::count(&mut conn, id).await?);
    let view = Index {
        head: Head::load(&mut conn, company, "mails").await?,
        rows: mails.into_iter().map(Row::from).collect(),
        page,
        mode: cx.app.mailer.mode(),
    };
    Ok(Render::page("mails/index.html", &view).fragment("mails/_list.html"))
}

#[handler]
async fn show(cx: Cx, PathIds(company, id): PathIds<Company, Mail>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let company = companies::queries::find(&mut conn, cx.scope()?, company).await?;
    let mail = queries::find(&mut conn, company.id, id).await?;
    let view = Show {
        mail: Whole::new(mail, company.id.uuid()),
        head: Head::load(&mut conn, company, "mails").await?,
        mode: cx.app.mailer.mode(),
        form_key: cx.app.clock.new_uuid().to_string(),
    };
    Ok(Render::page("mails/show.html", &view))
}

#[handler]
async fn show_html(cx: Cx, PathIds(company, id): PathIds<Company, Mail>) -> Result<Response> {
    let mut conn = cx.read().await?;
    let company = companies::queries::find(&mut conn, cx.scope()?, company).await?;
    let mail = queries::find(&mut conn, company.id, id).await?;
    Ok(sandboxed(mail.html))
}

#[handler]
async fn resend(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Mail>,
    submitted: Submitted<ResendForm>,
) -> Result<Render> {
    let key = &submitted.form.form_key;
    let location = actions::resend(&cx, company, id, key, &submitted.bytes).await?;
    let flash = if super::is_on(&cx.app) {
        "flash-mails-resent"
    } else {
        "flash-mails-resent-off"
    };
    Ok(Render::redirect(location).flash(Flash::good(Message::new(flash))))
}

#[handler]
async fn outbox(cx: Cx) -> Result<Render> {
    let ids = files(&cx)?.newest(MOST).await.map_err(Error::internal)?;
    let mut conn = cx.read().await?;
    let mails = queries::among(&mut conn, &ids).await?;
    let mut mails: HashMap<Uuid, Row> = mails
        .into_iter()
        .map(|mail| (mail.id.uuid(), mail.into()))
        .collect();
    let files = ids
        .into_iter()
        .map(|id| file(id, mails.remove(&id)))
        .collect();
    Ok(Render::page(
        "mails/outbox.html",
        &Outbox { files, most: MOST },
    ))
}

#[handler]
async fn outbox_file(cx: Cx, PathId(id): PathId<Mail>) -> Result<Render> {
    let (source, mail) = read(&cx, id).await?;
    let view = OutboxFile {
        text: mail.as_ref().map(|mail| mail.text.clone()),
        html_href: mail.as_ref().map(|_| format!("/outbox/{id}/html")),
        file: file(id.uuid(), mail.map(Row::from)),
        source,
    };
    Ok(Render::page("mails/outbox_file.html", &view))
}

#[handler]
async fn outbox_html(cx: Cx, PathId(id): PathId<Mail>) -> Result<Response> {
    let (_, mail) = read(&cx, id).await?;
    Ok(sandboxed(mail.ok_or(Error::NotFound)?.html))
}

// ---- what several of them do

const PER_PAGE: i64 = 25;
/// Files of the outbox that its page lists.
const MOST: usize = 100;

/// Cuts the one row more that was asked for, and links to the page that begins there.
fn page(
    company: Id<Company>,
    mails: &mut Vec<super::model::Listed>,
    from: Option<Cursor>,
    total: i64,
) -> PageView {
    let per_page = usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    let more = mails.len() > per_page;
    mails.truncate(per_page);
    let position = from.map_or(0, |cursor| cursor.position);
    let mut page = PageView::whole(mails.len());
    page.from += position;
    page.to += position;
    page.total = u32::try_from(total).unwrap_or(u32::MAX).max(page.to);
    page.next = mails.last().filter(|_| more).map(|last| {
        let cursor = Cursor {
            key: Key::Time(last.created_at),
            id: last.id.uuid(),
            position: page.to,
            backwards: false,
        };
        format!("/companies/{company}/mails?after={}", cursor.encode())
    });
    page.prev = (position > 0).then(|| format!("/companies/{company}/mails"));
    page
}

/// A mail's HTML as a page of its own, in which nothing runs, loads or leads back here.
fn sandboxed(html: String) -> Response {
    let mut response = Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(
            "content-security-policy",
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        )
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .body(html);
    private(&mut response);
    response
}

/// The outbox, where there is one.
fn files(cx: &Cx) -> Result<&mail::Outbox> {
    cx.app.mailer.outbox().ok_or(Error::NotFound)
}

fn file(id: Uuid, mail: Option<Row>) -> File {
    File {
        id,
        href: format!("/outbox/{id}"),
        mail,
    }
}

async fn read(cx: &Cx, id: Id<Mail>) -> Result<(String, Option<Mail>)> {
    let source = files(cx)?.read(id.uuid()).await.map_err(Error::internal)?;
    let source = source.ok_or(Error::NotFound)?;
    let mut conn = cx.read().await?;
    Ok((source, queries::any(&mut conn, id).await?))
}
