//! What the cache holds and what it is good for, as administrators see it; and a way to make any of it void.

mod actions;
mod form;
mod routes;
pub mod views;

pub use routes::routes;
