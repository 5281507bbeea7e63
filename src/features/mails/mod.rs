//! Every mail that the product writes to somebody: drawn, kept, delivered by a job, and shown at what it is about.

mod actions;
pub mod emails;
mod form;
pub mod jobs;
pub mod model;
pub mod queries;
mod routes;
pub mod views;

pub use emails::{Letter, is_on, queue, queue_answerable};
pub use model::Mail;
pub use routes::routes;
pub use views::of_record;
