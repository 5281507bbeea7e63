//! What posts are filed under, each category in one language.

pub mod actions;
pub mod form;
pub mod model;
pub mod queries;
pub mod routes;
pub mod views;

pub use routes::routes;
