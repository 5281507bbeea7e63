//! Words that posts share, each tag in one language.

pub mod actions;
pub mod model;
pub mod queries;
pub mod routes;

pub use routes::routes;
