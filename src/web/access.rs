//! Who may do what: roles, permissions and the tenant wall.

use uuid::Uuid;

pub use crate::platform::cache::Scope;
use crate::{platform::db::text_column, types::choice};

choice! {
    /// What someone is here for.
    pub enum Role {
        Admin = "admin",
        Office = "office",
        Expert = "expert",
        Doctor = "doctor",
        Client = "client",
    }
}
text_column!(Role);

choice! {
    /// One thing that a route lets people do. The table in product.md, section 2, is `Role::may`.
    pub enum Permission {
        DashboardRead = "dashboard-read",
        CompaniesRead = "companies-read",
        CompaniesWrite = "companies-write",
        /// Into the trash and back; nothing is deleted for good by hand.
        CompaniesTrash = "companies-trash",
        ActivitiesRead = "activities-read",
        /// Add an activity, and change the ones that one wrote; whoever has `CompaniesWrite` changes all.
        ActivitiesWrite = "activities-write",
        ServicesRead = "services-read",
        ServicesWrite = "services-write",
        ServicesTrash = "services-trash",
        MailsRead = "mails-read",
        /// Send one again.
        MailsSend = "mails-send",
        /// Read what came through the contact form, answer it, and erase it.
        MessagesManage = "messages-manage",
        /// See what happens in the background, and tell it what to do.
        JobsManage = "jobs-manage",
        /// Who may sign in, as what, and from where they are signed in.
        UsersManage = "users-manage",
        /// See who did what, and bring back what a field was before.
        AuditManage = "audit-manage",
        /// Read posts that are not public yet.
        BlogRead = "blog-read",
        /// Write posts, categories and tags, the trash included.
        BlogWrite = "blog-write",
        /// Decide when readers see a post.
        BlogPublish = "blog-publish",
        /// See what the cache holds, and make any of it void.
        CacheManage = "cache-manage",
        /// Look at the portal with a client's eyes.
        ClientsView = "clients-view",
    }
}

/// What a URL and method ask of whoever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Anyone, without a session: any cache may hold the answer.
    Public,
    /// Anyone, with a session if there is one: sign-in and its like.
    Account,
    /// Anyone who is signed in: what belongs to the person.
    Signed,
    /// A client, within the own company: the portal.
    Client,
    /// Any staff that has the permission.
    Staff(Permission),
}

impl Access {
    /// Whether somebody in this role is let in; nobody's role is `None`.
    #[must_use]
    pub fn admits(self, role: Option<Role>) -> bool {
        match self {
            Self::Public | Self::Account => true,
            Self::Signed => role.is_some(),
            Self::Client => role == Some(Role::Client),
            Self::Staff(permission) => role.is_some_and(|role| role.may(permission)),
        }
    }
}

impl Role {
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Admin => true,
            Self::Office => matches!(
                permission,
                P::DashboardRead
                    | P::CompaniesRead
                    | P::CompaniesWrite
                    | P::CompaniesTrash
                    | P::ActivitiesRead
                    | P::ActivitiesWrite
                    | P::ServicesRead
                    | P::ServicesWrite
                    | P::ServicesTrash
                    | P::MailsRead
                    | P::MailsSend
                    | P::MessagesManage
                    | P::BlogRead
                    | P::BlogWrite
                    | P::BlogPublish
            ),
            Self::Expert | Self::Doctor => {
                matches!(
                    permission,
                    P::DashboardRead | P::CompaniesRead | P::ActivitiesRead | P::ActivitiesWrite
                )
            }
            Self::Client => false,
        }
    }

    #[must_use]
    pub fn is_staff(self) -> bool {
        self != Self::Client
    }

    /// Where someone lands after signing in.
    #[must_use]
    pub fn home(self) -> &'static str {
        if self.is_staff() {
            "/dashboard"
        } else {
            "/portal"
        }
    }

    /// All companies for staff; a client's own. A client without one has no scope at all.
    #[must_use]
    pub fn scope(self, company_id: Option<Uuid>) -> Option<Scope> {
        if self.is_staff() {
            Some(Scope::All)
        } else {
            company_id.map(Scope::Company)
        }
    }
}
