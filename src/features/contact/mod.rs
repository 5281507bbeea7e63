//! The contact form, which anybody may send without a session.

mod actions;
mod emails;
mod form;
mod queries;
mod routes;
mod views;

pub use routes::routes;
