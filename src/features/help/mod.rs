//! The keyboard shortcuts, as a page of links.

mod routes;

pub use routes::routes;
