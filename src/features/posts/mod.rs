//! What the blog says: written, published by the minute, kept in revisions.

pub mod actions;
pub mod change;
pub mod form;
pub mod jobs;
pub mod model;
pub mod queries;
mod routes;
pub mod views;

pub use routes::routes;
