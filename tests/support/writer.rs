//! Somebody who writes posts.

use chrono::{DateTime, Utc};
use chrono_tz::Europe::Istanbul;
use poem::{Request, session::Session};
use prosektorweb::{
    features::{
        categories::actions::Saved,
        posts::{actions, form::PostForm, model::Post},
    },
    sql,
    types::Id,
    web::{
        access::Role,
        cx::Cx,
        session::{CurrentUser, User},
    },
};

use super::TestApp;

pub struct Writer {
    pub cx: Cx,
}

impl Writer {
    pub async fn of(app: &TestApp, email: &str) -> Self {
        let found: Vec<(Id<User>, String, String)> = app
            .rows(sql!(
                "select id, name, role from users where email = ?",
                email
            ))
            .await;
        let (id, name, role) = found.into_iter().next().unwrap();
        let user = CurrentUser {
            id,
            name,
            email: email.into(),
            role: Role::parse(&role).unwrap(),
            company_id: None,
            locale: None,
            theme: "auto".into(),
            needs_second_factor: false,
            viewing: None,
        };
        let cx = Cx::new(&app.app, &Request::default(), false);
        Self {
            cx: cx.with_user(Some(user), Session::default()),
        }
    }

    pub async fn draft(&self, form: &PostForm) -> Id<Post> {
        let location = done(actions::create(&self.cx, form, b"").await.unwrap());
        location.strip_prefix("/posts/").unwrap().parse().unwrap()
    }

    pub async fn publish(&self, form: &PostForm) -> Id<Post> {
        let id = self.draft(form).await;
        done(actions::publish(&self.cx, id, 1).await.unwrap());
        id
    }

    /// For a whole minute.
    pub async fn schedule(&self, form: &PostForm, at: DateTime<Utc>) -> Id<Post> {
        let id = self.draft(form).await;
        let typed = at
            .with_timezone(&Istanbul)
            .format("%Y-%m-%dT%H:%M")
            .to_string();
        done(actions::schedule(&self.cx, id, 1, &typed).await.unwrap());
        id
    }
}

pub fn done<T>(saved: Saved<T>) -> T {
    match saved {
        Saved::Done(value) => value,
        Saved::Refused(errors) => panic!("{errors:?}"),
    }
}

pub fn turkish(title: &str) -> PostForm {
    PostForm {
        lang: "tr".into(),
        title: title.into(),
        body: format!("{title} üzerine **birkaç** söz."),
        ..PostForm::default()
    }
}
