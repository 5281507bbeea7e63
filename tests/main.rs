//! One binary, so that it is linked once. Each file is named after what it asks about.

mod access;
mod sessions;
mod support;
