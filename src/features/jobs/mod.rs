//! Work that happens later, as administrators see it: what waits, what runs, what died, and what a clock asks for.

mod actions;
mod form;
#[expect(
    clippy::module_inception,
    reason = "a feature's own jobs are in jobs.rs"
)]
mod jobs;
pub mod model;
pub mod queries;
mod routes;
pub mod views;

pub use jobs::Sweep;
pub use routes::{Known, routes};
