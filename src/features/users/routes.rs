//! URL × verb × permission, then the handlers in that order.

use poem::handler;

use super::{
    actions::{self, Outcome, Refused},
    form::{EndForm, EraseForm, ListQuery, NewQuery, UserForm},
    model::{Draft, Employer, Person},
    queries,
    views::{Edit, Index, Show},
};
use crate::{
    error::{Error, Result},
    features::{
        companies::{
            self,
            form::{VersionForm, version},
        },
        mails,
    },
    platform::{audit, i18n::Message},
    types::Id,
    web::{
        access::Permission::UsersManage,
        cx::Cx,
        extract::{Form, PathId, Query, Submitted, UNPROCESSABLE},
        form::Errors,
        render::{Flash, Render},
        router::{Table, get, post},
        session::User,
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at(
            "/users",
            [get(UsersManage, index), post(UsersManage, create)],
        )
        .at("/users/new", [get(UsersManage, new)])
        .at(
            "/users/{id}",
            [get(UsersManage, show), post(UsersManage, update)],
        )
        .at("/users/{id}/edit", [get(UsersManage, edit)])
        .at("/users/{id}/deactivate", [post(UsersManage, deactivate)])
        .at("/users/{id}/erase", [post(UsersManage, erase)])
        .at("/users/{id}/invite", [post(UsersManage, invite)])
        .at("/users/{id}/reactivate", [post(UsersManage, reactivate)])
        .at(
            "/users/{id}/sessions/end",
            [post(UsersManage, end_sessions)],
        )
}

#[handler]
async fn index(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let query = query.canonical()?;
    let view = Index::load(&mut cx.read().await?, &query).await?;
    Ok(Render::page("users/index.html", &view).fragment("users/_list.html"))
}

#[handler]
async fn create(cx: Cx, submitted: Submitted<UserForm>) -> Result<Render> {
    let form = &submitted.form;
    let draft = match actions::checked(&cx, form, None).await? {
        Ok(draft) => draft,
        Err(refused) => return Ok(refusal(&cx, form, None, refused)),
    };
    match actions::invite(&cx, &form.form_key, &submitted.bytes, &draft).await {
        Ok(location) => Ok(Render::redirect(location).flash(invited(&cx, &draft.name))),
        Err(Error::Taken(_)) => Ok(refusal(&cx, form, None, taken(&draft))),
        Err(other) => Err(other),
    }
}

#[handler]
async fn new(cx: Cx, Query(query): Query<NewQuery>) -> Result<Render> {
    let mut employer = None;
    if !query.company.is_empty() {
        let id = query.company.parse().map_err(|_| Error::NotFound)?;
        let company = companies::queries::find(&mut cx.read().await?, cx.scope()?, id).await?;
        employer = Some(Employer {
            id: id.uuid(),
            name: company.name,
        });
    }
    let company = employer.as_ref().map(|it| (it.id, it.name.as_str()));
    let form = UserForm::blank(cx.app.clock.new_uuid(), company);
    let candidates = employer.into_iter().collect();
    Ok(form_page(&Edit::new(
        &cx,
        &form,
        None,
        candidates,
        Errors::default(),
    )))
}

#[handler]
async fn show(cx: Cx, PathId(id): PathId<User>) -> Result<Render> {
    page(&cx, id, None).await
}

#[handler]
async fn update(cx: Cx, PathId(id): PathId<User>, Form(form): Form<UserForm>) -> Result<Render> {
    let base = version(&form.version)?;
    let person = editable(&cx, id).await?;
    let draft = match actions::checked(&cx, &form, Some(&person)).await? {
        Ok(draft) => draft,
        Err(refused) => return Ok(refusal(&cx, &form, Some(person), refused)),
    };
    match actions::update(&cx, id, base, &draft).await {
        Ok(Outcome::Done) => {
            let flash = Flash::good(Message::new("flash-users-updated").arg("name", &draft.name));
            Ok(Render::redirect(format!("/users/{id}")).flash(flash))
        }
        Ok(Outcome::Refused(why)) => {
            let refused = Refused {
                errors: Errors::one("role", why),
                candidates: draft.company.into_iter().collect(),
            };
            Ok(refusal(&cx, &form, Some(person), refused))
        }
        Err(Error::Taken(_)) => Ok(refusal(&cx, &form, Some(person), taken(&draft))),
        Err(Error::Conflict) => conflict(&cx, id, &form, &draft).await,
        Err(other) => Err(other),
    }
}

#[handler]
async fn edit(cx: Cx, PathId(id): PathId<User>) -> Result<Render> {
    let person = editable(&cx, id).await?;
    let form = UserForm::of(&person);
    let candidates = own_employer(&person);
    Ok(form_page(&Edit::new(
        &cx,
        &form,
        Some(person),
        candidates,
        Errors::default(),
    )))
}

#[handler]
async fn deactivate(
    cx: Cx,
    PathId(id): PathId<User>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let outcome = actions::deactivate(&cx, id, form.version()?).await?;
    answer(&cx, id, outcome, "flash-users-deactivated").await
}

#[handler]
async fn erase(cx: Cx, PathId(id): PathId<User>, Form(form): Form<EraseForm>) -> Result<Render> {
    let base = version(&form.version)?;
    if !form.is_confirmed() {
        let unticked = Errors::one("confirm", Message::new("error-user-erase-confirm"));
        let view = Show::load(&cx, id, None).await?.erase_errors(unticked);
        return Ok(Render::page("users/show.html", &view).status(UNPROCESSABLE));
    }
    let outcome = actions::erase(&cx, id, base).await?;
    answer(&cx, id, outcome, "flash-users-erased").await
}

#[handler]
async fn invite(cx: Cx, PathId(id): PathId<User>) -> Result<Render> {
    if let Outcome::Refused(why) = actions::invite_again(&cx, id).await? {
        return page(&cx, id, Some(why)).await;
    }
    let person = queries::find(&mut cx.read().await?, id).await?;
    Ok(Render::redirect(format!("/users/{id}")).flash(invited(&cx, &person.name)))
}

#[handler]
async fn reactivate(
    cx: Cx,
    PathId(id): PathId<User>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let outcome = actions::reactivate(&cx, id, form.version()?).await?;
    answer(&cx, id, outcome, "flash-users-reactivated").await
}

#[handler]
async fn end_sessions(
    cx: Cx,
    PathId(id): PathId<User>,
    Form(form): Form<EndForm>,
) -> Result<Render> {
    let ended = actions::end_sessions(&cx, id, form.session()?).await?;
    let flash = Flash::good(Message::new("flash-users-sessions").arg("count", ended));
    Ok(Render::redirect(format!("/users/{id}")).flash(flash))
}

// ---- what several of them do

async fn page(cx: &Cx, id: Id<User>, problem: Option<Message>) -> Result<Render> {
    let is_refused = problem.is_some();
    let page = Render::page("users/show.html", &Show::load(cx, id, problem).await?);
    Ok(if is_refused {
        page.status(UNPROCESSABLE)
    } else {
        page
    })
}

/// Back to the user as they are now.
async fn answer(cx: &Cx, id: Id<User>, outcome: Outcome, said: &'static str) -> Result<Render> {
    match outcome {
        Outcome::Done => {
            Ok(Render::redirect(format!("/users/{id}")).flash(Flash::good(Message::new(said))))
        }
        Outcome::Refused(why) => page(cx, id, Some(why)).await,
    }
}

fn invited(cx: &Cx, name: &str) -> Flash {
    if mails::is_on(&cx.app) {
        Flash::good(Message::new("flash-users-invited").arg("name", name))
    } else {
        Flash::info(Message::new("flash-users-invited-off").arg("name", name))
    }
}

fn form_page(view: &Edit) -> Render {
    Render::page("users/form.html", view).fragment("users/_form.html")
}

fn refusal(cx: &Cx, form: &UserForm, person: Option<Person>, refused: Refused) -> Render {
    let view = Edit::new(cx, form, person, refused.candidates, refused.errors);
    form_page(&view).status(UNPROCESSABLE)
}

fn taken(draft: &Draft) -> Refused {
    Refused {
        errors: Errors::one("email", Message::new("error-email-taken")),
        candidates: draft.company.clone().into_iter().collect(),
    }
}

/// Nothing is known of an erased user that could be changed.
async fn editable(cx: &Cx, id: Id<User>) -> Result<Person> {
    let person = queries::find(&mut cx.read().await?, id).await?;
    if person.is_erased() {
        return Err(Error::NotFound);
    }
    Ok(person)
}

fn own_employer(person: &Person) -> Vec<Employer> {
    let company = person.company_id.zip(person.company.clone());
    company
        .map(|(id, name)| Employer { id, name })
        .into_iter()
        .collect()
}

async fn conflict(cx: &Cx, id: Id<User>, form: &UserForm, draft: &Draft) -> Result<Render> {
    let theirs = editable(cx, id).await?;
    let (by, _) = audit::last_change(&mut cx.read().await?, "users", id.uuid()).await?;
    let candidates = draft.company.clone().into_iter().collect();
    let view = Edit::new(
        cx,
        form,
        Some(theirs.clone()),
        candidates,
        Errors::default(),
    )
    .conflict(&theirs, draft, by);
    Ok(form_page(&view).status(Error::Conflict.status()))
}
