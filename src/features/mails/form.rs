//! What the log's forms and links send.

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResendForm {
    pub form_key: String,
}

/// Where a page of the log begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct After {
    pub after: String,
}
