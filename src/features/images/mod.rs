//! Pictures: uploaded once, checked by content, made anew in the sizes that pages need, served under their hashes.

pub mod actions;
mod form;
pub mod jobs;
mod media;
pub mod model;
pub mod queries;
mod routes;
pub mod upload;
pub mod views;

pub use queries::expand;
pub use routes::routes;
