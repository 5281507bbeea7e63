//! People at a company; at most one of them is the primary one.

pub mod actions;
mod form;
pub mod model;
pub mod queries;
mod routes;
pub mod views;

pub use routes::routes;
