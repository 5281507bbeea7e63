//! What the office wrote down about a company, pinned notes first.

pub mod actions;
mod form;
pub mod model;
pub mod queries;
mod routes;
pub mod views;

pub use routes::routes;
