//! An entry as it is shown, and which of its fields can be brought back.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    features::companies::change::RESTORED_FROM,
    platform::audit::Change,
    types::{Id, choice},
};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Entry {
    pub id: Id<Entry>,
    pub at: DateTime<Utc>,
    pub actor_id: Option<Uuid>,
    pub actor: Option<String>,
    pub action: String,
    pub record: String,
    pub record_id: Option<Uuid>,
    pub company_id: Option<Uuid>,
    pub company: Option<String>,
    pub company_live: Option<i64>,
    pub changes: String,
    pub ip: Option<String>,
    pub request_id: Option<String>,
    pub is_begun: bool,
    pub seq: Option<i64>,
    pub sealed_at: Option<DateTime<Utc>>,
}

choice! {
    /// How far the sealer has come with an entry.
    pub enum Seal {
        Sealed = "sealed",
        Waiting = "waiting",
        /// The product did not write the entry, or its seal is gone.
        None = "none",
    }
}
/// Records whose fields can be brought back, each through its own form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Company,
    Contact,
    Note,
    Activity,
    Service,
}

impl Kind {
    #[must_use]
    pub fn of(record: &str) -> Option<Self> {
        Some(match record {
            "companies" => Self::Company,
            "contacts" => Self::Contact,
            "notes" => Self::Note,
            "activities" => Self::Activity,
            "services" => Self::Service,
            _ => return None,
        })
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Company => &[
                "name",
                "tax_id",
                "tax_office",
                "email",
                "phone",
                "address",
                "nace_code",
                "danger_class",
                "source",
                "status",
            ],
            Self::Contact => &["name", "title", "phone", "email", "is_primary"],
            Self::Note => &["body", "pinned"],
            Self::Activity => &["kind", "title", "body", "due_on", "done"],
            // Price and dates mean renewals: they are changed on the service's own form.
            Self::Service => &["name", "type", "notes"],
        }
    }
}

choice! {
    /// Why a field of an entry cannot be brought back.
    pub enum Lost {
        Erased = "erased",
        /// The audit holds the last digits of a person's number and no more.
        Masked = "masked",
        /// Nothing was there before, or it is not a field of a form.
        Other = "other",
    }
}

impl Entry {
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        serde_json::from_str(&self.changes).unwrap_or_default()
    }

    #[must_use]
    pub fn seal(&self) -> Seal {
        match (self.seq, self.is_begun) {
            (Some(_), _) => Seal::Sealed,
            (None, true) => Seal::Waiting,
            (None, false) => Seal::None,
        }
    }

    /// The kind of record that the change can be taken back of.
    pub fn restorable(&self, change: &Change) -> Result<Kind, Lost> {
        if change.erased {
            return Err(Lost::Erased);
        }
        let is_edit = ["update", "status", "pin", "done"]
            .iter()
            .any(|verb| self.action.ends_with(&format!(".{verb}")));
        let kind = Kind::of(&self.record).filter(|_| is_edit);
        let has_field = |kind: &Kind| kind.fields().contains(&change.field.as_str());
        let kind = kind.filter(has_field).ok_or(Lost::Other)?;
        let is_masked = |value: &String| value.contains('*');
        if change.field == "tax_id" && change.before.as_ref().is_some_and(is_masked) {
            return Err(Lost::Masked);
        }
        Ok(kind)
    }

    /// The entry that this one brought back, if it did.
    #[must_use]
    pub fn restored_from(&self) -> Option<Uuid> {
        let changes = self.changes();
        let note = changes
            .iter()
            .find(|change| change.field == RESTORED_FROM)?;
        note.after.as_deref()?.parse().ok()
    }

    /// Where the record is to be seen.
    #[must_use]
    pub fn href(&self) -> Option<String> {
        let id = self.record_id?;
        let company = self.company_id.filter(|_| self.company_live == Some(1));
        match (self.record.as_str(), company) {
            ("companies", Some(_)) => Some(format!("/companies/{id}")),
            ("contacts" | "notes" | "activities", Some(company)) => {
                Some(format!("/companies/{company}/{}", self.record))
            }
            ("mails", Some(company)) => Some(format!("/companies/{company}/mails/{id}")),
            ("services", Some(_)) => Some(format!("/services/{id}")),
            ("account" | "second-factors" | "session" | "users", _) => Some(format!("/users/{id}")),
            ("messages", _) => Some(format!("/messages/{id}")),
            ("jobs", _) => Some(format!("/jobs/{id}")),
            ("audit", _) => Some(format!("/audit/{id}")),
            _ => None,
        }
    }
}
