//! What a post said before: listed, compared, brought back.

pub mod form;
pub mod model;
pub mod queries;
pub mod routes;
pub mod views;

pub use routes::routes;
