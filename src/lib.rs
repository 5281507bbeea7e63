//! `ProSektorWeb`: the office of a service firm, served as hypermedia.
//!
//! Arrows point one way: `types ← platform ← web ← features ← routes`; `error` is known to all.
//! `tests/architecture.rs` keeps this law.

pub mod app; // built once: config, database, templates, clock; also the subcommands' work
pub mod cache; // every family of what is cached, and for how long
pub mod config; // environment → typed Config, or every mistake with how to mend it
pub mod error; // what can go wrong, and which status it is
pub mod features; // what the product does, one folder each
pub mod jobs; // every kind of job, one line each
pub mod platform; // what it stands on: database, languages, passwords, audit, telemetry
pub mod routes; // every URL starts here
pub mod seed; // demo data
pub mod serve; // listening, draining, stopping
pub mod types; // values with rules and no I/O
pub mod web; // how a request comes in and HTML goes out
