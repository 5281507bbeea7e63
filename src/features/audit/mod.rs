//! Who did what, for administrators: every entry with its fields before and after, and the way back.

mod actions;
mod form;
pub mod model;
mod queries;
mod routes;
mod views;

pub use routes::routes;
