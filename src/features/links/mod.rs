//! Links that work once, sent to somebody by mail: an invitation, a new password, a new address.
//!
//! No token is at rest anywhere: the row has its SHA-256, the mail has a placeholder, and the delivery makes the token
//! anew from `SECRET_KEY` and the link's id, so that a repeated delivery sends the same link.

mod actions;
pub mod jobs;
mod model;
mod queries;

pub use actions::{fill, find, make, url, url_in_mail};
pub use model::{Kind, Link};
pub use queries::{attach, made_since, spend, void};
