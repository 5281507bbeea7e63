//! What the product stands on; it knows no feature.

pub mod audit;
pub mod blobs;
pub mod cache;
pub mod clock;
pub mod db;
pub mod embedded;
pub mod i18n;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod mail;
pub mod markdown;
pub mod metrics;
pub mod passwords;
pub mod pictures;
pub mod purge;
pub mod redis;
pub mod telemetry;
pub mod xml;
