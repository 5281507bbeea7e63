//! What readers see of the blog.

pub mod queries;
