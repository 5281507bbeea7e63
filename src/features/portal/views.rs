//! What the portal's templates see.

use serde::Serialize;

use crate::{
    error::{Error, Result},
    features::{
        companies::{self, views::CompanyView},
        contacts, services,
    },
    types::Id,
    web::{access::Scope, cx::Cx},
};

#[derive(Serialize)]
pub struct Show {
    company: CompanyView,
    contacts: Vec<contacts::views::Row>,
    rows: Vec<services::views::Row>,
}

impl Show {
    pub async fn load(cx: &Cx) -> Result<Self> {
        let scope = cx.scope()?;
        let Scope::Company(company) = scope else {
            return Err(Error::NotFound);
        };
        let company = Id::from_uuid(company);
        let mut conn = cx.read().await?;
        Ok(Self {
            company: companies::queries::find(&mut conn, scope, company)
                .await?
                .into(),
            contacts: contacts::views::first_of(&mut conn, company, contacts::views::MOST).await?,
            rows: services::views::rows_of(&mut conn, scope, company).await?,
        })
    }
}
