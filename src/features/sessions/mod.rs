//! Signing in and out.

mod actions;
pub mod attempts;
pub mod jobs;
mod queries;
mod routes;

pub use routes::{DONE, routes, signed_out};
