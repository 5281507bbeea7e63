//! The inbox: what came through the contact form, and what the office does with it.

pub mod actions;
mod emails;
pub mod form;
pub mod jobs;
pub mod model;
pub mod queries;
mod routes;
mod views;

pub use routes::routes;
