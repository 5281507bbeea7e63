//! What crawlers are told: the site's map, where they need not look, and the site in short for language models.

pub mod model;
pub mod queries;
mod routes;
mod views;

pub use routes::routes;
