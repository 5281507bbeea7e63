//! What a contact is.

use crate::{
    features::companies::model::{Company, Field},
    types::Id,
};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Contact {
    pub id: Id<Contact>,
    pub company_id: Id<Company>,
    pub name: String,
    pub title: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub is_primary: bool,
    pub version: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub name: String,
    pub title: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub is_primary: bool,
}

impl Contact {
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft {
            name: self.name.clone(),
            title: self.title.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            is_primary: self.is_primary,
        }
    }
}

impl Draft {
    #[must_use]
    pub fn fields(&self) -> [Field<'_>; 5] {
        [
            ("name", Some(&self.name)),
            ("title", self.title.as_deref()),
            ("phone", self.phone.as_deref()),
            ("email", self.email.as_deref()),
            (
                "is_primary",
                Some(if self.is_primary { "true" } else { "false" }),
            ),
        ]
    }
}
