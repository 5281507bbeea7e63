//! What a link is for, and how long it works.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    platform::db::text_column,
    types::{Id, choice},
    web::session::User,
};

choice! {
    pub enum Kind {
        /// To choose the first password.
        Invite = "invite",
        /// To choose another password.
        Reset = "reset",
        /// To take mail at another address, which is the link's `detail`.
        Address = "address",
    }
}
text_column!(Kind);

impl Kind {
    /// A reset's time is OWASP's bound; an invitation waits for someone who may be away for a week.
    #[must_use]
    pub fn lifetime(self) -> TimeDelta {
        match self {
            Self::Invite => TimeDelta::days(7),
            Self::Reset => TimeDelta::minutes(15),
            Self::Address => TimeDelta::hours(1),
        }
    }

    /// The URL's path, up to the token.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Invite => "/invite/",
            Self::Reset => "/reset/",
            Self::Address => "/account/address/",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Link {
    pub id: Id<Link>,
    pub kind: Kind,
    pub user_id: Id<User>,
    pub detail: Option<String>,
    pub expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::secret_urls::is_secret;

    #[test]
    fn the_place_of_each_kind_is_one_whose_urls_no_log_holds() {
        for kind in Kind::ALL {
            assert!(is_secret(&format!("{}token", kind.path())), "{kind}");
        }
    }
}
