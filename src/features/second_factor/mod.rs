//! A code beside the password: set up by its owner, asked for at the sign-in, required by role, taken away by an admin.

mod actions;
mod emails;
mod form;
pub mod jobs;
pub mod model;
mod queries;
mod routes;
pub mod views;

pub use actions::{ask, reset_by_address};
pub use model::Pending;
pub use routes::{code_page, routes};
