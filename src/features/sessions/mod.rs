//! Signing in and out.

mod actions;
mod queries;
mod routes;

pub use routes::routes;
