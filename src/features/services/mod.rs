//! What companies have subscribed to: listed and kept, renewed by the day, and reminded of before.

pub mod actions;
mod form;
pub mod jobs;
pub mod model;
pub mod queries;
mod routes;
pub mod views;

pub use actions::purge;
pub use routes::routes;
