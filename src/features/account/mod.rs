//! What belongs to the person who is signed in: name, address, password and sessions; and the way back in.

mod actions;
mod emails;
mod form;
pub mod jobs;
mod model;
pub mod queries;
mod routes;
mod views;

pub use model::{Place, device};
pub use routes::routes;
