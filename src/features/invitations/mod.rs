//! The answer to an invitation: the link that was sent leads to a page where a password is chosen.

mod actions;
mod form;
mod queries;
mod routes;
mod views;

pub use routes::routes;
