//! One binary, so that it is linked once. Each file is named after what it asks about.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod access;
mod account;
mod activities;
mod architecture;
mod audit;
mod cache;
mod cache_model;
mod cache_office;
mod cache_shared;
mod cache_three;
mod checks;
mod companies;
mod config;
mod contacts;
mod dashboard;
mod faults;
mod forms;
mod import;
mod invitations;
mod jobs;
mod kills;
mod limits;
mod mails;
mod notes;
mod pages;
mod permissions;
mod portal;
mod posts;
mod posts_office;
mod public;
mod redis;
mod resets;
mod schema;
mod second_factor;
mod services;
mod serving;
mod sessions;
mod support;
mod templates;
mod translations;
mod urls;
mod users;
