//! What is typed into the activity form and the office-wide list's filter.

use serde::Deserialize;

use super::model::{Activity, Draft, Due, Kind};
use crate::{
    error::{Error, Result},
    types::date,
    web::form::{Errors, FormView},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ActivityForm {
    kind: String,
    title: String,
    body: String,
    due_on: String,
    done: String,
    pub version: String,
    pub form_key: String,
}

impl ActivityForm {
    /// An empty form, under the key that will know its second submission.
    #[must_use]
    pub fn blank(key: uuid::Uuid) -> Self {
        Self {
            kind: Kind::Call.as_str().into(),
            form_key: key.to_string(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn of(activity: &Activity) -> Self {
        Self {
            kind: activity.kind.as_str().into(),
            title: activity.title.clone(),
            body: activity.body.clone().unwrap_or_default(),
            due_on: activity
                .due_on
                .map(|date| date.to_string())
                .unwrap_or_default(),
            done: if activity.done_at.is_some() {
                "true".into()
            } else {
                String::new()
            },
            version: activity.version.to_string(),
            form_key: String::new(),
        }
    }

    /// The form with one field typed anew; unknown ones are left alone.
    #[must_use]
    pub fn with(mut self, field: &str, value: String) -> Self {
        match field {
            "kind" => self.kind = value,
            "title" => self.title = value,
            "body" => self.body = value,
            "due_on" => self.due_on = value,
            "done" => self.done = value,
            _ => {}
        }
        self
    }

    pub fn check(&self) -> std::result::Result<Draft, Errors> {
        let mut errors = Errors::default();
        let kind = errors.check("kind", Kind::parse(&self.kind));
        let title = errors.line("title", &self.title, 2, 200);
        let body = errors
            .text("body", &self.body, 0, 10_000)
            .filter(|body| !body.is_empty());
        let due_on = errors.optional("due_on", &self.due_on, date::parse);
        match (kind, title) {
            (Some(kind), Some(title)) if errors.is_empty() => Ok(Draft {
                kind,
                title,
                body,
                due_on,
                done: self.done == "true",
            }),
            _ => Err(errors),
        }
    }

    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            &["kind", "title", "due_on", "body", "done", "version"],
            [
                ("kind", self.kind.clone()),
                ("title", self.title.clone()),
                ("body", self.body.clone()),
                ("due_on", self.due_on.clone()),
                ("done", self.done.clone()),
                ("version", self.version.clone()),
            ],
        )
        .key(&self.form_key)
    }
}

/// "Done" or "open again", with the page to go back to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DoneForm {
    pub version: String,
    done: String,
    next: String,
}

impl DoneForm {
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done == "true"
    }

    /// Only the office-wide list asks to be gone back to.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        Some(self.next.as_str())
            .filter(|next| *next == "/activities" || next.starts_with("/activities?"))
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    due: String,
    mine: String,
    page: String,
}

impl ListQuery {
    pub fn due(&self) -> Result<Due> {
        if self.due.is_empty() {
            return Ok(Due::Week);
        }
        Due::parse(&self.due).map_err(|_| Error::BadRequest("an unknown due".into()))
    }

    #[must_use]
    pub fn mine(&self) -> bool {
        self.mine == "true"
    }

    /// Counted from 0.
    pub fn page(&self) -> Result<i64> {
        if self.page.is_empty() {
            return Ok(0);
        }
        let page: u32 = self
            .page
            .parse()
            .map_err(|_| Error::BadRequest("the page is no number".into()))?;
        Ok(i64::from(page.saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_list_is_gone_back_to() {
        let next = |next: &str| {
            DoneForm {
                next: next.into(),
                ..DoneForm::default()
            }
            .next()
            .map(str::to_owned)
        };
        assert_eq!(
            next("/activities?due=week").as_deref(),
            Some("/activities?due=week")
        );
        for elsewhere in [
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "/activitiesx",
            "/logout",
            "",
        ] {
            assert_eq!(next(elsewhere), None, "{elsewhere}");
        }
    }
}
