//! Posts brought in from a file and taken away as one, in the office: what would happen is told before it does.

pub mod actions;
pub mod form;
pub mod model;
pub mod queries;
pub mod routes;
pub mod views;

pub use actions::purge;
pub use routes::routes;
