//! What the contact templates see.

use serde::Serialize;

use crate::web::form::FormView;

#[derive(Serialize)]
pub struct Show {
    pub form: FormView,
    /// The page's own URL, in its language.
    pub action: &'static str,
}

#[derive(Serialize)]
pub struct Thanks {}
