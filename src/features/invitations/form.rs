//! What is typed by somebody who answers an invitation.

use serde::Deserialize;

use super::queries::Invited;
use crate::{
    platform::passwords,
    types::Lang,
    web::form::{Errors, FormView},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct AnswerForm {
    pub password: String,
    locale: String,
}

impl AnswerForm {
    /// The language that the invitation was written in.
    #[must_use]
    pub fn blank(locale: Lang) -> Self {
        Self {
            password: String::new(),
            locale: locale.code().into(),
        }
    }

    /// The language; the password may be kept as it is.
    pub fn check(&self, invited: &Invited) -> Result<Lang, Errors> {
        let mut errors = Errors::default();
        let locale = errors.check("locale", Lang::parse(&self.locale));
        let company = invited.company.as_deref().unwrap_or_default();
        if let Err(why) =
            passwords::check(&self.password, &[&invited.name, &invited.email, company])
        {
            errors.add("password", why);
        }
        locale.filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// What was typed, but for the password.
    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            &["password", "locale"],
            [("locale", self.locale.chars().take(10).collect())],
        )
    }
}
