//! People who sign in: invited, changed, deactivated and looked after by administrators.

mod actions;
mod emails;
mod form;
pub mod model;
mod queries;
mod routes;
mod views;

pub use actions::{AdminLink, NewUser, admin_link, create, insert};
pub use routes::routes;
