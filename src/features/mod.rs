//! What the product does: one folder per noun, each with the same file names.

pub mod account;
pub mod activities;
pub mod audit;
pub mod blog;
pub mod cache;
pub mod categories;
pub mod companies;
pub mod contacts;
pub mod dashboard;
pub mod help;
pub mod home;
pub mod invitations;
pub mod jobs;
pub mod links;
pub mod mails;
pub mod notes;
pub mod permissions;
pub mod portal;
pub mod posts;
pub mod preferences;
pub mod second_factor;
pub mod services;
pub mod sessions;
pub mod tags;
pub mod users;
