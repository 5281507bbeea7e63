//! The first page of the day: where the companies stand, what is due, and what happened.

mod queries;
mod routes;
mod views;

pub use routes::routes;
