//! URL × verb × permission, then the handlers in that order.

use poem::handler;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    actions::{self, Bulk},
    change::drawing,
    form::{ListQuery, PostForm, typed_slug},
    model::{Draft, Post},
    queries::{self, Unsaved},
    views::{
        Beside, Confirm, ConfirmSeveral, Edit, Index, KeptView, Offers, PATH, Preview, Show,
        TrashList, UnsavedView,
    },
};
use crate::{
    error::{Error, Result},
    features::{
        categories::{self, actions::Saved},
        companies::form::{VersionForm, version},
        tags,
    },
    platform::{audit, i18n::Message},
    types::{Id, Lang},
    web::{
        access::Permission::{BlogPublish, BlogRead, BlogWrite},
        cx::Cx,
        extract::{Form, PathId, Query, Submitted, UNPROCESSABLE},
        form::Errors,
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

/// Posts in the trash that are listed; older ones go with the night.
const TRASHED: i64 = 200;

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/posts", [get(BlogRead, index), post(BlogWrite, create)])
        .at("/posts/new", [get(BlogWrite, new)])
        .at("/posts/preview", [post(BlogWrite, preview_new)])
        .at("/posts/language", [post(BlogWrite, language)])
        .at("/posts/autosave", [post(BlogWrite, autosave_new)])
        .at("/posts/discard", [post(BlogWrite, discard_new)])
        .at("/posts/bulk", [post(BlogPublish, bulk)])
        .at("/posts/trash", [get(BlogWrite, trashed)])
        .at(
            "/posts/{id}",
            [get(BlogRead, show), post(BlogWrite, update)],
        )
        .at("/posts/{id}/edit", [get(BlogWrite, edit)])
        .at("/posts/{id}/preview", [post(BlogWrite, preview)])
        .at("/posts/{id}/autosave", [post(BlogWrite, autosave)])
        .at("/posts/{id}/discard", [post(BlogWrite, discard)])
        .at("/posts/{id}/publish", [post(BlogPublish, publish)])
        .at("/posts/{id}/schedule", [post(BlogPublish, schedule)])
        .at("/posts/{id}/unpublish", [post(BlogPublish, unpublish)])
        .at("/posts/{id}/duplicate", [post(BlogWrite, duplicate)])
        .at("/posts/{id}/translation", [post(BlogWrite, translate)])
        .at(
            "/posts/{id}/trash",
            [get(BlogWrite, confirm_trash), post(BlogWrite, trash)],
        )
        .at("/posts/{id}/restore", [post(BlogWrite, restore)])
}

#[handler]
async fn index(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let (filter, sort) = (query.filter()?, query.sort()?);
    let from = query.cursor(sort)?;
    let now = cx.app.clock.now();
    let mut conn = cx.read().await?;
    let limit = queries::PER_PAGE;
    let listing = queries::list(&mut conn, &filter, sort, from.as_ref(), now, limit).await?;
    let categories = categories::queries::list(&mut conn, None).await?;
    let view = Index::new(&query, listing, categories, now);
    Ok(Render::page("posts/index.html", &view).fragment("posts/_list.html"))
}

#[handler]
async fn create(cx: Cx, submitted: Submitted<PostForm>) -> Result<Render> {
    let form = &submitted.form;
    match actions::create(&cx, form, &submitted.bytes).await? {
        Saved::Done(location) => {
            Ok(Render::redirect(location).flash(flash("flash-posts-created", &form.title)))
        }
        Saved::Refused(errors) => {
            let mut form = form.clone();
            if errors.has("translates") {
                // Sent again it stands alone: nobody can change what the form says of this.
                form.translates.clear();
            }
            let view = new_editor(&cx, &form).await?.errors(errors);
            Ok(editor(&view).status(UNPROCESSABLE))
        }
    }
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct NewQuery {
    lang: String,
    /// The post that the new one is to translate.
    translates: String,
    /// The key of the form whose unsaved text is gone on with.
    unsaved: String,
}

#[handler]
async fn new(cx: Cx, Query(query): Query<NewQuery>) -> Result<Render> {
    let user = cx.user()?.id;
    let key = cx.app.clock.new_uuid();
    let mut form = PostForm {
        lang: Lang::parse(&query.lang).unwrap_or(cx.lang).code().into(),
        translates: query.translates,
        form_key: key.to_string(),
        ..PostForm::default()
    };
    let mut conn = cx.read().await?;
    let mut unsaved = queries::unsaved(&mut conn, user, None).await?;
    if !query.unsaved.is_empty() {
        let chosen = chosen(&mut unsaved, &query.unsaved).ok_or(Error::NotFound)?;
        form = PostForm::on_from(&chosen, form.form_key)?;
    }
    drop(conn);
    let offered = unsaved.iter().map(UnsavedView::new_post).collect();
    Ok(editor(&new_editor(&cx, &form).await?.unsaved(offered)))
}

#[handler]
async fn preview_new(cx: Cx, Form(form): Form<PostForm>) -> Result<Render> {
    let lang = Lang::parse(&form.lang).unwrap_or(cx.lang);
    let view = new_editor(&cx, &form).await?;
    Ok(editor_with(view.preview(Preview::of(&cx, &form, lang))))
}

/// The same text in the other language: its categories and tags are others.
#[handler]
async fn language(cx: Cx, Form(mut form): Form<PostForm>) -> Result<Render> {
    form.category.clear();
    Ok(editor(&new_editor(&cx, &form).await?))
}

#[handler]
async fn autosave_new(cx: Cx, Form(form): Form<PostForm>) -> Result<Render> {
    let kept = actions::autosave(&cx, None, 0, &form).await?;
    Ok(told(KeptView::new(kept)))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeyForm {
    key: String,
}

impl KeyForm {
    fn key(&self) -> Result<Uuid> {
        self.key.parse().map_err(|_| Error::Unprocessable)
    }
}

#[handler]
async fn discard_new(cx: Cx, Form(form): Form<KeyForm>) -> Result<Render> {
    actions::discard(&cx, form.key()?).await?;
    Ok(Render::redirect("/posts/new").flash(Flash::info(Message::new("flash-posts-discarded"))))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BulkForm {
    what: String,
    id: Vec<String>,
    /// The list as it was.
    back: String,
    /// The question whether it is really meant was answered.
    confirmed: String,
}

#[handler]
async fn bulk(cx: Cx, Form(form): Form<BulkForm>) -> Result<Render> {
    let (what, key) = match form.what.as_str() {
        "publish" => (Bulk::Publish, "flash-posts-bulk-published"),
        "unpublish" => (Bulk::Unpublish, "flash-posts-bulk-unpublished"),
        "trash" => (Bulk::Trash, "flash-posts-bulk-trashed"),
        _ => return Err(Error::BadRequest("an unknown command".into())),
    };
    let is_list = |back: &str| back == PATH || back.starts_with("/posts?");
    let back = if is_list(&form.back) {
        form.back
    } else {
        PATH.into()
    };
    let ids: Result<Vec<Id<Post>>> = form
        .id
        .iter()
        .map(|id| id.parse().map_err(|_| Error::NotFound))
        .collect();
    let ids = ids?;
    if ids.is_empty() {
        let none = Flash::info(Message::new("flash-posts-bulk-none"));
        return Ok(Render::redirect(back).flash(none));
    }
    if what == Bulk::Trash && form.confirmed.is_empty() {
        let posts = queries::several(&mut cx.read().await?, &ids).await?;
        let view = ConfirmSeveral::new(&posts, back, cx.app.clock.now());
        return Ok(Render::page("posts/trash_several.html", &view));
    }
    let done = actions::bulk(&cx, &ids, what).await?;
    let message = Message::new(key).arg("count", done).arg("asked", ids.len());
    Ok(Render::redirect(back).flash(Flash::good(message)))
}

#[handler]
async fn trashed(cx: Cx) -> Result<Render> {
    Ok(Render::page("posts/trashed.html", &trash_list(&cx).await?))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ShowQuery {
    /// Words of posts that this one may be linked to.
    others: String,
}

#[handler]
async fn show(cx: Cx, PathId(id): PathId<Post>, Query(query): Query<ShowQuery>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let view = Show::load(&cx, &mut conn, id, &query.others).await?;
    Ok(Render::page("posts/show.html", &view))
}

#[handler]
async fn update(cx: Cx, PathId(id): PathId<Post>, Form(form): Form<PostForm>) -> Result<Render> {
    let base = version(&form.version)?;
    match actions::update(&cx, id, base, &form).await {
        Ok(Saved::Done(())) => Ok(back(id, flash("flash-posts-updated", &form.title))),
        Ok(Saved::Refused(errors)) => {
            let view = change_editor(&cx, id, &form).await?.0.errors(errors);
            Ok(editor(&view).status(UNPROCESSABLE))
        }
        Err(Error::Conflict) => {
            let form = actions::renewed(&cx, &form).await?;
            let (view, theirs) = change_editor(&cx, id, &form).await?;
            let mine: Draft = form
                .check(Some(theirs.lang), &drawing(&cx.app))
                .map_err(|_| Error::Unprocessable)?;
            let mut conn = cx.read().await?;
            let last = audit::last_change(&mut conn, "posts", id.uuid()).await?;
            let beside = Beside::load(&mut conn, &theirs, &mine).await?;
            let view = view.conflict((&theirs, &mine), &beside, last);
            Ok(editor(&view).status(Error::Conflict.status()))
        }
        Err(other) => Err(other),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EditQuery {
    /// The key of the form whose unsaved text is gone on with.
    unsaved: String,
}

#[handler]
async fn edit(cx: Cx, PathId(id): PathId<Post>, Query(query): Query<EditQuery>) -> Result<Render> {
    let user = cx.user()?.id;
    let mut conn = cx.read().await?;
    let post = queries::find(&mut conn, id).await?;
    let names = tags::queries::of_post(&mut conn, id).await?;
    let names: Vec<&str> = names.iter().map(|tag| tag.name.as_str()).collect();
    let mut unsaved = queries::unsaved(&mut conn, user, Some(id)).await?;
    drop(conn);
    let form_key = cx.app.clock.new_uuid().to_string();
    let form = match chosen(&mut unsaved, &query.unsaved) {
        Some(chosen) => PostForm::on_from(&chosen, form_key)?,
        None => PostForm {
            form_key,
            ..PostForm::of(&post, &names)
        },
    };
    let offered = unsaved.iter().map(|one| UnsavedView::of(&post, one));
    let offered = offered.collect();
    let (view, _) = change_editor(&cx, id, &form).await?;
    Ok(editor(&view.unsaved(offered)))
}

#[handler]
async fn preview(cx: Cx, PathId(id): PathId<Post>, Form(form): Form<PostForm>) -> Result<Render> {
    let (view, post) = change_editor(&cx, id, &form).await?;
    let preview = Preview::of(&cx, &form, post.lang);
    Ok(editor_with(view.preview(preview)))
}

#[handler]
async fn autosave(cx: Cx, PathId(id): PathId<Post>, Form(form): Form<PostForm>) -> Result<Render> {
    let base = version(&form.version)?;
    queries::find(&mut cx.read().await?, id).await?;
    let kept = actions::autosave(&cx, Some(id), base, &form).await?;
    Ok(told(KeptView::new(kept)))
}

#[handler]
async fn discard(cx: Cx, PathId(id): PathId<Post>, Form(form): Form<KeyForm>) -> Result<Render> {
    queries::find(&mut cx.read().await?, id).await?;
    actions::discard(&cx, form.key()?).await?;
    let flash = Flash::info(Message::new("flash-posts-discarded"));
    Ok(Render::redirect(format!("{PATH}/{id}/edit")).flash(flash))
}

#[handler]
async fn publish(
    cx: Cx,
    PathId(id): PathId<Post>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let saved = actions::publish(&cx, id, form.version()?).await?;
    stands(&cx, id, saved, "flash-posts-published", None).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ScheduleForm {
    version: String,
    published_at: String,
}

#[handler]
async fn schedule(
    cx: Cx,
    PathId(id): PathId<Post>,
    Form(form): Form<ScheduleForm>,
) -> Result<Render> {
    let (base, typed) = (version(&form.version)?, form.published_at.as_str());
    let saved = actions::schedule(&cx, id, base, typed).await?;
    stands(&cx, id, saved, "flash-posts-scheduled", Some(typed)).await
}

#[handler]
async fn unpublish(
    cx: Cx,
    PathId(id): PathId<Post>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let saved = actions::unpublish(&cx, id, form.version()?).await?;
    stands(&cx, id, saved, "flash-posts-unpublished", None).await
}

#[handler]
async fn duplicate(cx: Cx, PathId(id): PathId<Post>) -> Result<Render> {
    let location = actions::duplicate(&cx, id).await?;
    let flash = Flash::good(Message::new("flash-posts-duplicated"));
    Ok(Render::redirect(format!("{location}/edit")).flash(flash))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TranslationForm {
    version: String,
    /// Empty for none.
    translates: String,
}

#[handler]
async fn translate(
    cx: Cx,
    PathId(id): PathId<Post>,
    Form(form): Form<TranslationForm>,
) -> Result<Render> {
    let base = version(&form.version)?;
    let other = match form.translates.trim() {
        "" => None,
        typed => match typed.parse::<Id<Post>>() {
            Ok(other) => Some(other),
            Err(_) => {
                let error = Errors::one("translates", Message::new("error-translation"));
                return stands(&cx, id, Saved::Refused(error), "", None).await;
            }
        },
    };
    let saved = actions::link_translation(&cx, id, base, other).await?;
    stands(&cx, id, saved, "flash-posts-translated", None).await
}

#[handler]
async fn confirm_trash(cx: Cx, PathId(id): PathId<Post>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let post = queries::find(&mut conn, id).await?;
    let view = Confirm::new(&post, cx.app.clock.now());
    Ok(Render::page("posts/trash.html", &view).fragment("posts/_trash.html"))
}

#[handler]
async fn trash(cx: Cx, PathId(id): PathId<Post>, Form(form): Form<VersionForm>) -> Result<Render> {
    let post = actions::trash(&cx, id, form.version()?).await?;
    let flash = flash("flash-posts-trashed", &post.title)
        .undo(format!("{PATH}/{id}/restore"), post.version + 1);
    Ok(Render::redirect(PATH).flash(flash))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RestoreForm {
    version: String,
    /// Another one than the post had, where that is taken.
    slug: String,
}

#[handler]
async fn restore(
    cx: Cx,
    PathId(id): PathId<Post>,
    Form(form): Form<RestoreForm>,
) -> Result<Render> {
    let slug = match typed_slug(&form.slug) {
        Ok(slug) => slug,
        Err(errors) => {
            let view = trash_list(&cx).await?.asks(id, &form.slug, errors);
            return Ok(Render::page("posts/trashed.html", &view).status(UNPROCESSABLE));
        }
    };
    match actions::restore(&cx, id, version(&form.version)?, slug).await? {
        Saved::Done(post) => Ok(back(id, flash("flash-posts-restored", &post.title))),
        Saved::Refused(errors) => {
            let view = trash_list(&cx).await?.asks(id, &form.slug, errors);
            Ok(Render::page("posts/trashed.html", &view).status(UNPROCESSABLE))
        }
    }
}

// ---- what several of them do

fn flash(key: &'static str, title: &str) -> Flash {
    Flash::good(Message::new(key).arg("title", title))
}

fn back(id: Id<Post>, flash: Flash) -> Render {
    Render::redirect(format!("{PATH}/{id}")).flash(flash)
}

fn told(view: KeptView) -> Render {
    Render::page("posts/_kept.html", &view)
}

/// The one that is gone on with; the others stay to be offered.
fn chosen(unsaved: &mut Vec<Unsaved>, key: &str) -> Option<Unsaved> {
    let key: Uuid = key.parse().ok()?;
    let at = unsaved.iter().position(|one| one.form_key == key)?;
    Some(unsaved.remove(at))
}

fn editor(view: &Edit) -> Render {
    let page = if view.is_new() {
        "posts/new.html"
    } else {
        "posts/edit.html"
    };
    Render::page(page, view).fragment("posts/_form.html")
}

/// The whole editor with its preview, or the preview alone for a swap.
fn editor_with(view: Edit) -> Render {
    editor(&view).fragment("posts/_preview.html")
}

async fn new_editor(cx: &Cx, form: &PostForm) -> Result<Edit> {
    let lang = Lang::parse(&form.lang).unwrap_or(cx.lang);
    let mut conn = cx.read().await?;
    let original = match form.translates.parse::<Id<Post>>() {
        Ok(id) => queries::find(&mut conn, id).await.ok(),
        Err(_) => None,
    };
    let offers = Offers::load(&mut conn, lang, form).await?;
    Ok(Edit::create(form, lang, original.as_ref(), offers))
}

async fn change_editor(cx: &Cx, id: Id<Post>, form: &PostForm) -> Result<(Edit, Post)> {
    let mut conn = cx.read().await?;
    let post = queries::find(&mut conn, id).await?;
    let offers = Offers::load(&mut conn, post.lang, form).await?;
    Ok((Edit::change(form, &post, offers), post))
}

async fn trash_list(cx: &Cx) -> Result<TrashList> {
    let mut conn = cx.read().await?;
    Ok(TrashList::new(queries::trashed(&mut conn, TRASHED).await?))
}

/// Back to the post, which says why if it was refused.
async fn stands(
    cx: &Cx,
    id: Id<Post>,
    saved: Saved<()>,
    key: &'static str,
    typed: Option<&str>,
) -> Result<Render> {
    let mut conn = cx.read().await?;
    match saved {
        Saved::Done(()) => {
            let post = queries::find(&mut conn, id).await?;
            Ok(back(id, flash(key, &post.title)))
        }
        Saved::Refused(errors) => {
            let view = Show::load(cx, &mut conn, id, "")
                .await?
                .errors(errors, typed);
            Ok(Render::page("posts/show.html", &view).status(UNPROCESSABLE))
        }
    }
}
