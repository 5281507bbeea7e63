//! What readers see of the blog.

mod emails;
pub mod feeds;
pub mod jobs;
pub mod queries;
