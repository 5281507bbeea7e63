//! Every kind of job, one line each, and when a clock in Istanbul asks for it.

use crate::{
    app::App,
    error::Result,
    features::{jobs, mails},
    platform::jobs::Kinds,
};

pub fn kinds() -> Result<Kinds<App>> {
    Kinds::default()
        .with::<mails::jobs::Deliver>()
        .on::<jobs::Sweep>("30 3 * * *")
}
