//! URL × verb × permission, then the handlers in that order.

use poem::handler;

use super::{actions, model::Tag, queries};
use crate::{
    error::{Error, Result},
    features::{
        categories::{
            actions::Saved,
            form::{LabelForm, ListQuery, MergeForm},
            model::{Counted, Label},
            views::{Delete, Edit, Index, Merge, TAGS},
        },
        companies::form::{VersionForm, version},
    },
    platform::{audit, i18n::Message},
    types::{Id, Lang},
    web::{
        access::Permission::{BlogRead, BlogWrite},
        cx::Cx,
        extract::{Form, PathId, Query, UNPROCESSABLE},
        form::Errors,
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at(
            "/posts/tags",
            [get(BlogRead, index), post(BlogWrite, create)],
        )
        .at("/posts/tags/new", [get(BlogWrite, new)])
        .at("/posts/tags/{id}", [post(BlogWrite, update)])
        .at("/posts/tags/{id}/edit", [get(BlogWrite, edit)])
        .at(
            "/posts/tags/{id}/merge",
            [get(BlogWrite, confirm_merge), post(BlogWrite, merge)],
        )
        .at(
            "/posts/tags/{id}/delete",
            [get(BlogWrite, confirm_delete), post(BlogWrite, delete)],
        )
}

#[handler]
async fn index(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let lang = query.lang(cx.lang)?;
    let all = queries::list(&mut cx.read().await?, Some(lang)).await?;
    let view = Index::new(TAGS, &query, lang, all)?;
    Ok(Render::page("categories/index.html", &view).fragment("categories/_list.html"))
}

#[handler]
async fn create(cx: Cx, Form(form): Form<LabelForm>) -> Result<Render> {
    let refusal = |errors| form_page(&Edit::create(TAGS, &form, errors)).status(UNPROCESSABLE);
    let (lang, label) = match form.check_new(form.check_tag()) {
        Ok(checked) => checked,
        Err(errors) => return Ok(refusal(errors)),
    };
    match actions::create(&cx, lang, &label).await? {
        Saved::Done(_) => Ok(back(lang, flash("flash-shelf-created", &label.name))),
        Saved::Refused(errors) => Ok(refusal(errors)),
    }
}

#[handler]
fn new(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let form = LabelForm {
        lang: query.lang(cx.lang)?.code().to_owned(),
        ..LabelForm::default()
    };
    Ok(form_page(&Edit::create(TAGS, &form, Errors::default())))
}

#[handler]
async fn update(cx: Cx, PathId(id): PathId<Tag>, Form(form): Form<LabelForm>) -> Result<Render> {
    let base = version(&form.version)?;
    let own = tag(&cx, id).await?;
    match actions::rename(&cx, id, base, &form).await {
        Ok(Saved::Done(())) => Ok(back(
            own.lang,
            flash("flash-shelf-renamed", form.name.trim()),
        )),
        Ok(Saved::Refused(errors)) => {
            let view = Edit::change(TAGS, &form, &own).errors(errors);
            Ok(form_page(&view).status(UNPROCESSABLE))
        }
        Err(Error::Conflict) => conflict(&cx, id, &form).await,
        Err(other) => Err(other),
    }
}

#[handler]
async fn edit(cx: Cx, PathId(id): PathId<Tag>) -> Result<Render> {
    let own = tag(&cx, id).await?;
    let form = LabelForm::of(&own.name, &own.slug, own.lang, own.version);
    Ok(form_page(&Edit::change(TAGS, &form, &own)))
}

#[handler]
async fn confirm_merge(
    cx: Cx,
    PathId(id): PathId<Tag>,
    Query(query): Query<MergeForm>,
) -> Result<Render> {
    merge_page(&cx, id, &query.into, Errors::default()).await
}

#[handler]
async fn merge(cx: Cx, PathId(id): PathId<Tag>, Form(form): Form<MergeForm>) -> Result<Render> {
    let base = version(&form.version)?;
    let own = tag(&cx, id).await?;
    let Ok(into) = form.into.parse::<Id<Tag>>() else {
        let errors = Errors::one("into", Message::new("error-choice"));
        let page = merge_page(&cx, id, "", errors).await?;
        return Ok(page.status(UNPROCESSABLE));
    };
    match actions::merge(&cx, id, base, into).await? {
        Saved::Done(_) => Ok(back(own.lang, flash("flash-shelf-merged", &own.name))),
        Saved::Refused(errors) => {
            let page = merge_page(&cx, id, "", errors).await?;
            Ok(page.status(UNPROCESSABLE))
        }
    }
}

#[handler]
async fn confirm_delete(cx: Cx, PathId(id): PathId<Tag>) -> Result<Render> {
    let own = tag(&cx, id).await?;
    Ok(Render::page(
        "categories/delete.html",
        &Delete::new(TAGS, &own),
    ))
}

#[handler]
async fn delete(cx: Cx, PathId(id): PathId<Tag>, Form(form): Form<VersionForm>) -> Result<Render> {
    let gone = actions::delete(&cx, id, form.version()?).await?;
    Ok(back(gone.lang, flash("flash-shelf-deleted", &gone.name)))
}

// ---- what several of them do

fn flash(key: &'static str, name: &str) -> Flash {
    Flash::good(Message::new(key).arg("name", name))
}

fn back(lang: Lang, flash: Flash) -> Render {
    Render::redirect(TAGS.list(lang)).flash(flash)
}

fn form_page(view: &Edit) -> Render {
    let page = if view.is_new() {
        "categories/new.html"
    } else {
        "categories/edit.html"
    };
    Render::page(page, view).fragment("categories/_form.html")
}

async fn tag(cx: &Cx, id: Id<Tag>) -> Result<Counted<Tag>> {
    queries::counted(&mut cx.read().await?, id).await
}

async fn merge_page(cx: &Cx, id: Id<Tag>, into: &str, errors: Errors) -> Result<Render> {
    let mut conn = cx.read().await?;
    let own = queries::counted(&mut conn, id).await?;
    let all = queries::list(&mut conn, Some(own.lang)).await?;
    let view = Merge::new(TAGS, &own, &all, into.parse().ok(), errors);
    Ok(Render::page("categories/merge.html", &view))
}

/// The form as typed, beside what someone else has saved meanwhile.
async fn conflict(cx: &Cx, id: Id<Tag>, form: &LabelForm) -> Result<Render> {
    let mut conn = cx.read().await?;
    let theirs = queries::counted(&mut conn, id).await?;
    let last = audit::last_change(&mut conn, "tags", id.uuid()).await?;
    let mine = form.check().unwrap_or_else(|_| Label::of(&form.name));
    let view = Edit::change(TAGS, form, &theirs).conflict(&theirs, &mine, last);
    Ok(form_page(&view).status(Error::Conflict.status()))
}
