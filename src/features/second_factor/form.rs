//! What is typed into the forms about the second factor.

use serde::Deserialize;

use super::model::Typed;
use crate::{
    error::{Error, Result},
    web::access::Role,
};

/// A code from the app, or in the other form of the page a recovery code.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    pub code: String,
    pub recovery: String,
}

impl CodeForm {
    #[must_use]
    pub fn typed(&self) -> Typed<'_> {
        if self.recovery.is_empty() {
            Typed::Code(&self.code)
        } else {
            Typed::Recovery(&self.recovery)
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BeginForm {
    pub password: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConfirmForm {
    pub code: String,
    /// The sealed secret, as the page was given it.
    pub setup: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RenewForm {
    pub codes_password: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RemoveForm {
    pub password: String,
    pub code: String,
}

impl RemoveForm {
    /// One field for both: a recovery code is longer than any code of an app.
    #[must_use]
    pub fn typed(&self) -> Typed<'_> {
        if self
            .code
            .chars()
            .filter(|char| char.is_alphanumeric())
            .count()
            > 8
        {
            Typed::Recovery(&self.code)
        } else {
            Typed::Code(&self.code)
        }
    }
}

/// The roles that are ticked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RulesForm {
    pub role: Vec<String>,
    pub version: String,
}

impl RulesForm {
    pub fn roles(&self) -> Result<Vec<Role>> {
        let parse = |text: &String| Role::parse(text).map_err(|_| Error::Unprocessable);
        self.role.iter().map(parse).collect()
    }

    pub fn version(&self) -> Result<i64> {
        self.version.parse().map_err(|_| Error::Unprocessable)
    }
}
