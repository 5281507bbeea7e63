//! Language and colours: kept with the user, or in a cookie before sign-in.

mod queries;
mod routes;

pub use routes::{local_path, routes};
