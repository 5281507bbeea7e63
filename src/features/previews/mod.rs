//! Links by which somebody without an account reads a post as it stands, for a week.

pub mod actions;
pub mod model;
pub mod queries;
pub mod routes;
pub mod views;

pub use actions::purge;
pub use routes::routes;
