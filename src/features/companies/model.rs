//! What a company is, and how its name is searched and compared.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    platform::{audit::Changes, db::text_column},
    types::{Id, choice, text},
};

choice! {
    /// Where a company stands; any move is allowed.
    pub enum Status {
        Lead = "lead",
        Prospect = "prospect",
        Negotiation = "negotiation",
        Customer = "customer",
        Churned = "churned",
    }
}

choice! {
    /// The hazard class of the work, as the Turkish law on occupational safety (no. 6331, article 9) has it.
    pub enum DangerClass {
        LessDangerous = "less_dangerous",
        Dangerous = "dangerous",
        VeryDangerous = "very_dangerous",
    }
}

choice! {
    /// How the company came to us.
    pub enum Source {
        Website = "website",
        Referral = "referral",
        Phone = "phone",
        Fair = "fair",
        SocialMedia = "social_media",
        Advertisement = "advertisement",
        Other = "other",
    }
}

text_column!(Status, DangerClass, Source);

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Company {
    pub id: Id<Company>,
    pub name: String,
    pub tax_id: Option<String>,
    pub tax_office: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub nace_code: Option<String>,
    pub danger_class: Option<DangerClass>,
    pub source: Option<Source>,
    pub status: Status,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Checked values on their way into the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub name: String,
    pub tax_id: Option<String>,
    pub tax_office: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub nace_code: Option<String>,
    pub danger_class: Option<DangerClass>,
    pub source: Option<Source>,
    pub status: Status,
}

/// A field with its value as text, for comparing and for the audit.
pub type Field<'a> = (&'static str, Option<&'a str>);

macro_rules! fields {
    ($($type:ty),+) => {$(
        impl $type {
            #[must_use]
            pub fn fields(&self) -> [Field<'_>; 10] {
                [
                    ("name", Some(&self.name)),
                    ("tax_id", self.tax_id.as_deref()),
                    ("tax_office", self.tax_office.as_deref()),
                    ("email", self.email.as_deref()),
                    ("phone", self.phone.as_deref()),
                    ("address", self.address.as_deref()),
                    ("nace_code", self.nace_code.as_deref()),
                    ("danger_class", self.danger_class.map(DangerClass::as_str)),
                    ("source", self.source.map(Source::as_str)),
                    ("status", Some(self.status.as_str())),
                ]
            }
        }
    )+};
}

fields!(Company, Draft);

/// The fields that differ, as the audit keeps them. A side that did not exist is empty.
#[must_use]
pub fn changes(before: &[Field], after: &[Field]) -> Changes {
    let names = if after.is_empty() { before } else { after };
    names
        .iter()
        .enumerate()
        .fold(Changes::new(), |changes, (at, (name, _))| {
            let side = |fields: &[Field]| {
                fields
                    .get(at)
                    .and_then(|(_, value)| value.map(str::to_owned))
            };
            changes.field(name, side(before).as_deref(), side(after).as_deref())
        })
}

/// Words that say what kind of firm it is, not which.
const LEGAL_FORMS: [&str; 12] = [
    "ltd", "sti", "limited", "sirketi", "anonim", "as", "a", "s", "san", "tic", "ve", "sanayi",
];

/// The name as similar names are found by it: folded, without legal forms.
#[must_use]
pub fn core_name(name: &str) -> String {
    let words = text::words(name);
    let core: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !LEGAL_FORMS.contains(word))
        .collect();
    let mut core = if core.is_empty() {
        words.join(" ")
    } else {
        core.join(" ")
    };
    while core.len() > 255 {
        core.pop();
    }
    core
}

/// The shorter core names that this one would be taken for: its beginnings at a word's end, and itself. Short
/// beginnings ("Ege", "Anadolu") say too little.
#[must_use]
pub fn core_beginnings(core: &str) -> Vec<String> {
    let beginnings = core
        .match_indices(' ')
        .map(|(at, _)| &core[..at])
        .filter(|text| text.len() >= 8);
    let itself = Some(core).filter(|core| core.len() >= 3);
    beginnings
        .chain(itself)
        .take(8)
        .map(str::to_owned)
        .collect()
}

/// Letters of a word's beginning that have an index of their own.
pub const PREFIX: usize = 3;

/// Letters of a word that are kept; a longer one is found by these.
pub const LONGEST_WORD: usize = 64;

/// A word that a company is found by, and its first three letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub word: String,
    pub prefix: String,
}

impl Word {
    fn of(word: &str) -> Self {
        Self {
            word: word.chars().take(LONGEST_WORD).collect(),
            prefix: word.chars().take(PREFIX).collect(),
        }
    }
}

/// A name of more words than this is found by its first ones.
const MAX_WORDS: usize = 40;

/// What a search looks through: name, tax id and e-mail.
#[must_use]
pub fn search_words(name: &str, tax_id: Option<&str>, email: Option<&str>) -> Vec<Word> {
    let all = [name, tax_id.unwrap_or_default(), email.unwrap_or_default()].join(" ");
    let mut words: Vec<Word> = text::words(&all)
        .iter()
        .map(|word| Word::of(word))
        .collect();
    // Two long words may be the same once they are cut.
    let mut seen = HashSet::new();
    words.retain(|word| seen.insert(word.word.clone()));
    words.truncate(MAX_WORDS);
    words
}

/// One row of the list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    pub id: Id<Company>,
    pub name: String,
    pub name_key: Vec<u8>,
    pub status: Status,
    pub danger_class: Option<DangerClass>,
    pub source: Option<Source>,
    pub tax_id: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Why a company may be the one that is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    TaxId,
    Name,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_forms_and_letters_do_not_tell_two_names_apart() {
        assert_eq!(
            core_name("Acme İş Sağlığı ve Güvenliği A.Ş."),
            "acme is sagligi guvenligi"
        );
        assert_eq!(
            core_name("ACME IS SAGLIGI VE GUVENLIGI LTD. ŞTİ."),
            core_name("Acme İş Sağlığı Güvenliği")
        );
        assert_eq!(core_name("A.Ş."), "a s");
    }

    #[test]
    fn a_longer_name_is_compared_with_its_beginnings() {
        assert_eq!(
            core_beginnings("acme ortak saglik birimi"),
            [
                "acme ortak",
                "acme ortak saglik",
                "acme ortak saglik birimi"
            ]
        );
        assert_eq!(core_beginnings("acme"), ["acme"]);
        assert!(core_beginnings("ab").is_empty());
    }

    #[test]
    fn a_company_is_found_by_the_words_of_its_name_its_tax_id_and_its_address() {
        let words = search_words(
            "Diyarbakır OSGB Ltd.",
            Some("4540536920"),
            Some("info@diyarbakir.test"),
        );
        let words: Vec<_> = words
            .iter()
            .map(|word| (word.word.as_str(), word.prefix.as_str()))
            .collect();
        assert_eq!(
            words,
            [
                ("diyarbakir", "diy"),
                ("osgb", "osg"),
                ("ltd", "ltd"),
                ("4540536920", "454"),
                ("info", "inf"),
                ("test", "tes")
            ]
        );
    }

    #[test]
    fn two_long_words_that_begin_alike_are_one_word() {
        let name = format!("{} b {}c", "a".repeat(65), "a".repeat(64));
        assert_eq!(search_words(&name, None, None).len(), 2);
    }

    #[test]
    fn only_fields_that_differ_are_changes() {
        let before = [("name", Some("Acme")), ("phone", None)];
        let after = [("name", Some("Acme")), ("phone", Some("+902125550000"))];
        assert!(!changes(&before, &after).is_empty());
        assert!(changes(&before, &before).is_empty());
    }
}
