//! What the templates of an answer see.

use serde::Serialize;

use super::{form::AnswerForm, queries::Invited};
use crate::{
    platform::passwords,
    types::Lang,
    web::form::{Choice, Errors, FormView, choices},
};

#[derive(Serialize)]
pub struct Show {
    name: String,
    email: String,
    company: Option<String>,
    form: FormView,
    /// The page's own URL, which holds the token.
    action: String,
    locale_options: Vec<Choice>,
    min_length: usize,
}

impl Show {
    #[must_use]
    pub fn new(invited: Invited, token: &str, form: &AnswerForm, errors: Errors) -> Self {
        let form = form.view().errors(errors);
        Self {
            name: invited.name,
            email: invited.email,
            company: invited.company,
            action: format!("/invite/{token}"),
            locale_options: choices(
                Lang::ALL.iter().map(|lang| lang.code()),
                &form.values["locale"],
            ),
            form,
            min_length: passwords::MIN_LENGTH,
        }
    }
}

#[derive(Serialize)]
pub struct Gone {}
