//! Signing in and out.

mod actions;
pub mod jobs;
mod queries;
mod routes;

pub use routes::routes;
