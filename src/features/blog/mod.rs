//! What readers see of the blog.

mod emails;
pub mod feeds;
pub mod jobs;
mod model;
pub mod queries;
mod routes;
mod shown;
mod views;

pub use routes::routes;
