//! People who sign in, as ops and the demo data make them.

mod actions;
mod queries;

pub use actions::{NewUser, create, insert};
