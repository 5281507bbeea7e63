//! What is to be done at companies and what was done: calls, mails, meetings, tasks, reminders.

pub mod actions;
mod form;
pub mod model;
pub mod queries;
mod routes;
pub mod views;

pub use routes::routes;
