//! What the page is narrowed to, and what a step back carries.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::queries::Filter;
use crate::{
    error::{Error, Result},
    features::companies::form::cursor,
    types::{Id, date, page::Cursor},
};

/// The list's whole state, as its URL holds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub actor: String,
    /// `companies` is everything of that kind, `companies.update` one action.
    pub what: String,
    pub record: String,
    pub company: String,
    /// Days in Istanbul, both included.
    pub from: String,
    pub to: String,
    pub request: String,
    pub ip: String,
    pub after: String,
}

impl ListQuery {
    /// An unknown value is a `BadRequest`: leaving it out would show rows that were not asked for.
    pub fn filter(&self) -> Result<Filter> {
        let what = self.what.trim();
        if what.len() > 64
            || !what
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        {
            return Err(bad("what"));
        }
        let text = |value: &str| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        let (record, action) = match what.split_once('.') {
            Some((record, _)) => (Some(record.to_owned()), Some(what.to_owned())),
            None => (text(what), None),
        };
        let day = |typed: &str, moment: fn(chrono::NaiveDate) -> DateTime<Utc>, name: &str| {
            text(typed)
                .map(|typed| date::parse(&typed).map(moment).map_err(|_| bad(name)))
                .transpose()
        };
        let request = text(&self.request);
        let ip = text(&self.ip)
            .map(|ip| ip.parse::<std::net::IpAddr>().map_err(|_| bad("ip")))
            .transpose()?;
        if request.as_ref().is_some_and(|request| request.len() > 64) {
            return Err(bad("request"));
        }
        Ok(Filter {
            actor: id(&self.actor, "actor")?,
            record,
            action,
            record_id: id(&self.record, "record")?,
            company: id(&self.company, "company")?,
            from: day(&self.from, date::day_start, "from")?,
            until: day(&self.to, date::day_end, "to")?,
            request,
            ip: ip.map(|ip| ip.to_string()),
        })
    }

    pub fn cursor(&self) -> Result<Option<Cursor>> {
        cursor(&self.after, true)
    }

    pub fn pairs(&self) -> [(&'static str, &str); 9] {
        [
            ("actor", &self.actor),
            ("what", &self.what),
            ("record", &self.record),
            ("company", &self.company),
            ("from", &self.from),
            ("to", &self.to),
            ("request", &self.request),
            ("ip", &self.ip),
            ("after", &self.after),
        ]
    }

    /// The URL of this list.
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

    /// The same list from its newest entry.
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

fn id(text: &str, name: &str) -> Result<Option<Uuid>> {
    if text.is_empty() {
        return Ok(None);
    }
    let id: std::result::Result<Id<()>, _> = text.trim().parse();
    id.map(|id| Some(id.uuid())).map_err(|_| bad(name))
}

fn bad(name: &str) -> Error {
    Error::BadRequest(format!("an unknown {name}"))
}

/// Which field, and, after a conflict, the version of the record that the reader has seen.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RestoreForm {
    pub field: String,
    pub version: String,
}

impl RestoreForm {
    pub fn seen(&self) -> Result<Option<i64>> {
        if self.version.is_empty() {
            return Ok(None);
        }
        crate::features::companies::form::version(&self.version).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_of_a_record_and_what_is_unknown_is_refused() {
        let filter = |what: &str| {
            ListQuery {
                what: what.into(),
                ..ListQuery::default()
            }
            .filter()
        };
        let one = filter("companies.update").unwrap();
        assert_eq!(one.record.as_deref(), Some("companies"));
        assert_eq!(one.action.as_deref(), Some("companies.update"));
        assert_eq!(filter("notes").unwrap().action, None);
        assert!(filter("a b").is_err());
        for wrong in [
            ListQuery {
                actor: "ada".into(),
                ..ListQuery::default()
            },
            ListQuery {
                from: "tomorrow".into(),
                ..ListQuery::default()
            },
            ListQuery {
                ip: "1.2.3".into(),
                ..ListQuery::default()
            },
        ] {
            assert!(wrong.filter().is_err(), "{wrong:?}");
        }
    }
}
