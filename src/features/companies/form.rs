//! What is typed into the company form and the list's filters, and what it means.

use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    model::{Company, DangerClass, Draft, LONGEST_WORD, Source, Status},
    queries::{Column, Filter, Sort},
};
use crate::{
    error::{Error, Result},
    types::{Email, Nace, Phone, TaxId, page::Cursor, text},
    web::form::{Errors, FormView},
};

pub const ORDER: &[&str] = &[
    "name",
    "tax_id",
    "tax_office",
    "phone",
    "email",
    "address",
    "nace_code",
    "danger_class",
    "status",
    "source",
    "version",
];

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CompanyForm {
    name: String,
    tax_id: String,
    tax_office: String,
    email: String,
    phone: String,
    address: String,
    nace_code: String,
    danger_class: String,
    source: String,
    status: String,
    pub version: String,
    pub form_key: String,
    confirm: String,
}

impl CompanyForm {
    /// An empty form, under the key that will know its second submission.
    #[must_use]
    pub fn blank(key: uuid::Uuid) -> Self {
        Self {
            status: Status::Lead.as_str().into(),
            form_key: key.to_string(),
            ..Self::default()
        }
    }

    /// The form as it stands in the database.
    #[must_use]
    pub fn of(company: &Company) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            name: company.name.clone(),
            tax_id: text(&company.tax_id),
            tax_office: text(&company.tax_office),
            email: text(&company.email),
            phone: company
                .phone
                .as_deref()
                .map(shown_phone)
                .unwrap_or_default(),
            address: text(&company.address),
            nace_code: text(&company.nace_code),
            danger_class: company
                .danger_class
                .map(DangerClass::as_str)
                .unwrap_or_default()
                .into(),
            source: company
                .source
                .map(Source::as_str)
                .unwrap_or_default()
                .into(),
            status: company.status.as_str().into(),
            version: company.version.to_string(),
            form_key: String::new(),
            confirm: String::new(),
        }
    }

    /// The form with one field typed anew; unknown ones are left alone.
    #[must_use]
    pub fn with(mut self, field: &str, value: String) -> Self {
        match field {
            "name" => self.name = value,
            "tax_id" => self.tax_id = value,
            "tax_office" => self.tax_office = value,
            "email" => self.email = value,
            "phone" => self.phone = value,
            "address" => self.address = value,
            "nace_code" => self.nace_code = value,
            "danger_class" => self.danger_class = value,
            "source" => self.source = value,
            "status" => self.status = value,
            _ => {}
        }
        self
    }

    /// Whether a warning about similar companies was read and set aside.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirm == "true"
    }

    pub fn check(&self) -> std::result::Result<Draft, Errors> {
        let mut errors = Errors::default();
        let name = errors.line("name", &self.name, 2, 200);
        let tax_id = errors
            .optional("tax_id", &self.tax_id, TaxId::parse)
            .map(|id| id.as_str().to_owned());
        let tax_office = errors.optional_line("tax_office", &self.tax_office, 100);
        let email = errors
            .optional("email", &self.email, Email::parse)
            .map(|email| email.as_str().to_owned());
        let phone = errors
            .optional("phone", &self.phone, Phone::parse_international)
            .map(|phone| phone.as_str().to_owned());
        let address = errors
            .text("address", &self.address, 0, 500)
            .filter(|address| !address.is_empty());
        let nace_code = errors
            .optional("nace_code", &self.nace_code, Nace::parse)
            .map(|code| code.as_str().to_owned());
        let danger_class = errors.optional("danger_class", &self.danger_class, DangerClass::parse);
        let source = errors.optional("source", &self.source, Source::parse);
        let status = errors.check("status", Status::parse(&self.status));
        match (name, status) {
            (Some(name), Some(status)) if errors.is_empty() => Ok(Draft {
                name,
                tax_id,
                tax_office,
                email,
                phone,
                address,
                nace_code,
                danger_class,
                source,
                status,
            }),
            _ => Err(errors),
        }
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            ORDER,
            [
                ("name", self.name.clone()),
                ("tax_id", self.tax_id.clone()),
                ("tax_office", self.tax_office.clone()),
                ("email", self.email.clone()),
                ("phone", self.phone.clone()),
                ("address", self.address.clone()),
                ("nace_code", self.nace_code.clone()),
                ("danger_class", self.danger_class.clone()),
                ("source", self.source.clone()),
                ("status", self.status.clone()),
                ("version", self.version.clone()),
            ],
        )
        .key(&self.form_key)
    }
}

/// A stored number as people read it; it parses back to itself.
fn shown_phone(stored: &str) -> String {
    Phone::parse_international(stored).map_or_else(|_| stored.to_owned(), |phone| phone.display())
}

/// A row's state that comes back with an action on it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct VersionForm {
    version: String,
}

impl VersionForm {
    pub fn version(&self) -> Result<i64> {
        version(&self.version)
    }
}

/// A form without a readable version was not made by us.
pub fn version(text: &str) -> Result<i64> {
    text.parse()
        .map_err(|_| Error::BadRequest("the version is no number".into()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatusForm {
    pub status: String,
    pub version: String,
}

/// What the check for similar companies looks at, while the form is being filled in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SimilarQuery {
    pub name: String,
    pub tax_id: String,
    pub exclude: String,
}

/// The list's whole state, as its URL holds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub q: String,
    pub status: String,
    pub source: String,
    pub danger_class: String,
    /// A month, as its first day: `2026-11-01`.
    pub created: String,
    pub sort: String,
    pub after: String,
}

const MAX_SEARCH: usize = 100;
const MAX_WORDS: usize = 12;

impl ListQuery {
    /// An unknown value is a `BadRequest`: leaving it out would show rows that were not asked for.
    pub fn filter(&self) -> Result<Filter> {
        Ok(Filter {
            words: search_words(&self.q)?,
            status: choice(&self.status, "status", Status::parse)?,
            source: choice(&self.source, "source", Source::parse)?,
            danger_class: choice(&self.danger_class, "danger_class", DangerClass::parse)?,
            created: self.month()?,
        })
    }

    /// The same list, with its choices spelled as they are stored.
    pub fn canonical(mut self) -> Result<Self> {
        let filter = self.filter()?;
        self.status = filter.status.map(Status::as_str).unwrap_or_default().into();
        self.source = filter.source.map(Source::as_str).unwrap_or_default().into();
        self.danger_class = filter
            .danger_class
            .map(DangerClass::as_str)
            .unwrap_or_default()
            .into();
        Ok(self)
    }

    /// The first day of the month.
    fn month(&self) -> Result<Option<NaiveDate>> {
        if self.created.is_empty() {
            return Ok(None);
        }
        let bad = || Error::BadRequest("created is no month".into());
        let first = self.created.parse::<NaiveDate>().map_err(|_| bad())?;
        if first.to_string().ends_with("-01")
            && (1900..2200).contains(&chrono::Datelike::year(&first))
        {
            Ok(Some(first))
        } else {
            Err(bad())
        }
    }

    pub fn sort(&self) -> Result<Sort> {
        let (name, descending) = match self.sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (self.sort.as_str(), false),
        };
        let column = match name {
            "" | "name" => Column::Name,
            "created_at" => Column::CreatedAt,
            "updated_at" => Column::UpdatedAt,
            _ => return Err(Error::BadRequest("an unknown sort".into())),
        };
        Ok(Sort { column, descending })
    }

    pub fn cursor(&self, sort: Sort) -> Result<Option<Cursor>> {
        cursor(&self.after, sort.column != Column::Name)
    }

    /// The URL of this list with some of its state changed.
    #[must_use]
    pub fn href(&self, path: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.pairs() {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        }
    }

    fn pairs(&self) -> [(&'static str, &str); 7] {
        [
            ("q", &self.q),
            ("status", &self.status),
            ("source", &self.source),
            ("danger_class", &self.danger_class),
            ("created", &self.created),
            ("sort", &self.sort),
            ("after", &self.after),
        ]
    }

    /// The same list from its first row.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = Self {
            after: String::new(),
            ..self.clone()
        };
        change(&mut changed);
        changed
    }
}

/// The folded words of a search.
pub fn search_words(q: &str) -> Result<Vec<String>> {
    let typed =
        text::clean_line(q).map_err(|_| Error::BadRequest("control characters in q".into()))?;
    if typed.chars().count() > MAX_SEARCH {
        return Err(Error::BadRequest("q is too long".into()));
    }
    let mut words: Vec<String> = text::words(&typed)
        .iter()
        .map(|word| word.chars().take(LONGEST_WORD).collect())
        .collect();
    if words.len() > MAX_WORDS {
        return Err(Error::BadRequest("q has too many words".into()));
    }
    if words.is_empty() && !typed.is_empty() {
        // Punctuation alone: no word holds it, so nothing is found.
        words.push(typed);
    }
    Ok(words)
}

/// A cursor made for another sort does not fit.
pub fn cursor(text: &str, by_time: bool) -> Result<Option<Cursor>> {
    if text.is_empty() {
        return Ok(None);
    }
    let cursor = Cursor::decode(text).map_err(|error| Error::BadRequest(error.to_string()))?;
    match (&cursor.key, by_time) {
        (crate::types::page::Key::Time(_), true) | (crate::types::page::Key::Bytes(_), false) => {
            Ok(Some(cursor))
        }
        _ => Err(Error::BadRequest("a page of another sort".into())),
    }
}

pub fn choice<T>(
    text: &str,
    name: &str,
    parse: impl FnOnce(&str) -> std::result::Result<T, crate::types::Invalid>,
) -> Result<Option<T>> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text)
        .map(Some)
        .map_err(|_| Error::BadRequest(format!("an unknown {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> CompanyForm {
        CompanyForm {
            name: "  Acme  ".into(),
            status: "lead".into(),
            ..CompanyForm::default()
        }
    }

    #[test]
    fn a_name_and_a_status_are_enough() {
        let draft = typed().check().unwrap();
        assert_eq!(draft.name, "Acme");
        assert_eq!(draft.status, Status::Lead);
        assert_eq!(draft.tax_id, None);
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let form = CompanyForm {
            name: "A".into(),
            tax_id: "4540536921".into(),
            email: "a@b,c@d".into(),
            phone: "0655 123 45 67".into(),
            nace_code: "00.00.00".into(),
            danger_class: "harmless".into(),
            source: "dream".into(),
            status: "gone".into(),
            address: "x\u{0}y".into(),
            ..CompanyForm::default()
        };
        let errors = form.check().unwrap_err();
        let view = form.view().errors(errors);
        let named: Vec<_> = view.errors.keys().copied().collect();
        assert_eq!(
            named,
            [
                "address",
                "danger_class",
                "email",
                "nace_code",
                "name",
                "phone",
                "source",
                "status",
                "tax_id"
            ]
        );
        assert_eq!(view.values["phone"], "0655 123 45 67");
    }

    #[test]
    fn the_url_holds_the_whole_state_and_unknown_values_are_refused() {
        let query = ListQuery {
            q: "diyarbakir osgb".into(),
            status: "lead".into(),
            sort: "-created_at".into(),
            ..ListQuery::default()
        };
        assert_eq!(
            query.href("/companies"),
            "/companies?q=diyarbakir+osgb&status=lead&sort=-created_at"
        );
        assert_eq!(query.filter().unwrap().words, ["diyarbakir", "osgb"]);
        for wrong in [
            ListQuery {
                sort: "price".into(),
                ..ListQuery::default()
            },
            ListQuery {
                sort: "--name".into(),
                ..ListQuery::default()
            },
        ] {
            assert!(wrong.sort().is_err());
        }
        for wrong in [
            ListQuery {
                status: "gone".into(),
                ..ListQuery::default()
            },
            ListQuery {
                created: "2026-11-02".into(),
                ..ListQuery::default()
            },
            ListQuery {
                created: "2026-13-01".into(),
                ..ListQuery::default()
            },
            ListQuery {
                q: "a\u{0}".into(),
                ..ListQuery::default()
            },
        ] {
            assert!(wrong.filter().is_err());
        }
    }
}
