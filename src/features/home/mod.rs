//! The public face: one page in each language that any cache may hold.

mod routes;

pub use routes::routes;
