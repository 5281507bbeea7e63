//! What belongs to the person who is signed in: name, address, password and sessions; and the way back in.

mod actions;
mod emails;
mod form;
pub mod jobs;
mod model;
mod queries;
mod routes;
mod views;

pub use routes::routes;
