//! Every URL starts here. A row tells who may do what; what is not here does not exist.

use crate::{
    features::{
        account, activities, audit, blog, cache, categories, companies, contact, contacts,
        dashboard, help, home, images, imports, invitations, jobs, mails, messages, notes,
        permissions, portal, posts, preferences, previews, revisions, second_factor, services,
        sessions, site_pages, sitemap, tags, users,
    },
    jobs::kinds,
    web::{
        assets, health,
        router::{Table, public},
    },
};

#[must_use]
pub fn table() -> Table {
    ops()
        // Public: no session is looked up.
        .merge(home::routes())
        .merge(blog::routes())
        .merge(blog::feeds::routes())
        .merge(sitemap::routes())
        .merge(contact::routes())
        .merge(site_pages::routes())
        // Account: anyone, with a session where there is one.
        .merge(sessions::routes())
        .merge(preferences::routes())
        // Signed: what belongs to the person; and the way back in.
        .merge(account::routes())
        .merge(invitations::routes())
        .merge(second_factor::routes())
        // Clients.
        .merge(portal::routes())
        // Staff: by permission.
        .merge(dashboard::routes())
        .merge(companies::routes())
        .merge(contacts::routes())
        .merge(notes::routes())
        .merge(activities::routes())
        .merge(services::routes())
        .merge(mails::routes())
        .merge(categories::routes())
        .merge(tags::routes())
        .merge(imports::routes())
        .merge(posts::routes())
        .merge(revisions::routes())
        .merge(previews::routes())
        .merge(images::routes())
        .merge(messages::routes())
        .merge(help::routes())
        // Administrators.
        .merge(jobs::routes().data(kinds as jobs::Known))
        .merge(users::routes())
        .merge(permissions::routes())
        .merge(audit::routes())
        .merge(cache::routes())
}

fn ops() -> Table {
    Table::default()
        .at("/assets/:file", [public(assets::show).uncounted()])
        .at("/healthz", [public(health::alive).uncounted()])
        .at("/readyz", [public(health::ready).uncounted()])
}
