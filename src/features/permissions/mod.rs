//! Who may do what: the page is drawn from the tables that the router itself obeys.

mod routes;
mod views;

pub use routes::routes;
