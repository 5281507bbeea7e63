//! The contact form, which anybody may send without a session.

mod actions;
mod emails;
pub mod form;
pub mod queries;
mod routes;
mod views;

pub use routes::routes;
