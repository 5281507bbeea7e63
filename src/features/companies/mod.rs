//! The firms that the office looks after: found, kept current, moved to the trash and brought back.

pub mod actions;
pub mod change;
pub mod form;
pub mod jobs;
pub mod model;
pub mod queries;
mod routes;
pub mod views;

pub use routes::routes;
