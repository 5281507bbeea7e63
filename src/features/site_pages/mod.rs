//! The pages about the firm, in both languages: what readers see, and where the office writes it.

mod actions;
mod form;
pub mod model;
pub mod queries;
mod routes;
pub mod shown;
mod views;

pub use model::{Kind, SitePage};
pub use routes::routes;
