//! Every kind of job, one line each, and when a clock in Istanbul asks for it.

use crate::{
    app::App,
    error::Result,
    features::{
        account, blog, companies, images, jobs, links, mails, messages, posts, second_factor,
        services, sessions,
    },
    platform::jobs::Kinds,
    web::public,
};

pub fn kinds() -> Result<Kinds<App>> {
    Kinds::default()
        .with::<account::jobs::Reset>()
        .with::<images::jobs::Encode>()
        .with::<mails::jobs::Deliver>()
        .with::<services::jobs::Renew>()
        .with::<posts::jobs::Reword>()
        .with::<public::Purge>()
        .on::<blog::jobs::Tell>("* * * * *")?
        .on::<services::jobs::Daily>("0 9 * * *")?
        .on::<companies::jobs::Purge>("20 3 * * *")?
        .on::<posts::jobs::Purge>("25 3 * * *")?
        .on::<posts::jobs::Redraw>("15 * * * *")?
        .on::<images::jobs::Sweep>("25 3 * * *")?
        .on::<jobs::Sweep>("30 3 * * *")?
        .on::<sessions::jobs::Sweep>("*/15 * * * *")?
        .on::<messages::jobs::Sweep>("40 3 * * *")?
        .on::<links::jobs::Sweep>("50 3 * * *")?
        .on::<second_factor::jobs::Sweep>("55 3 * * *")
}
