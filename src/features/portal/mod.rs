//! What a client sees: the own company, its people and its subscriptions; and how an administrator sees the same.

mod actions;
mod routes;
mod views;

pub use routes::routes;
