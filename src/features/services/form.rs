//! What is typed into the service form and the list's filters, and what it means.

use chrono::{Datelike as _, Months, NaiveDate};
use serde::Deserialize;

use super::{
    model::{Cycle, Draft, Kind, Service, Status, anchor_of, next, next_from},
    queries::{Column, Cycles, Filter, Sort},
};
use crate::{
    error::{Error, Result},
    features::companies::form::{choice, cursor, search_words},
    platform::i18n::Message,
    types::{Currency, Lang, Money, choice, date, page::Cursor},
    web::form::{Errors, FormView},
};

pub const ORDER: &[&str] = &[
    "name",
    "type",
    "price",
    "currency",
    "cycle",
    "starts_on",
    "renews_on",
    "notes",
    "version",
];

/// What a form is opened from.
#[derive(Clone, Copy, Debug)]
pub struct Saved<'a> {
    pub service: &'a Service,
    /// The last day of all periods that it was renewed for.
    pub renewed_until: Option<NaiveDate>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServiceForm {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    price: String,
    currency: String,
    cycle: String,
    starts_on: String,
    renews_on: String,
    notes: String,
    pub version: String,
    pub form_key: String,
}

impl ServiceForm {
    /// A form for a subscription that begins today, under the key that will know its second submission.
    #[must_use]
    pub fn blank(key: uuid::Uuid, today: NaiveDate) -> Self {
        Self {
            kind: Kind::Hosting.as_str().into(),
            currency: Currency::Try.as_str().into(),
            cycle: Cycle::Yearly.as_str().into(),
            starts_on: today.to_string(),
            form_key: key.to_string(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn of(service: &Service, lang: Lang) -> Self {
        Self {
            name: service.name.clone(),
            kind: service.kind.as_str().into(),
            price: service.price().amount(lang),
            currency: service.price().currency.as_str().into(),
            cycle: service.cycle.as_str().into(),
            starts_on: service.starts_on.to_string(),
            renews_on: service
                .renews_on
                .map(|date| date.to_string())
                .unwrap_or_default(),
            notes: service.notes.clone().unwrap_or_default(),
            version: service.version.to_string(),
            form_key: String::new(),
        }
    }

    /// The form with one field typed anew; unknown ones are left alone.
    #[must_use]
    pub fn with(mut self, field: &str, value: String) -> Self {
        match field {
            "name" => self.name = value,
            "type" => self.kind = value,
            "notes" => self.notes = value,
            _ => {}
        }
        self
    }

    /// `saved` is what the form was opened from. A next renewal that is left as it was keeps its anchor day; another one
    /// comes after all that was renewed, so that no day is paid for twice.
    pub fn check(
        &self,
        lang: Lang,
        today: NaiveDate,
        saved: Option<Saved<'_>>,
    ) -> std::result::Result<Draft, Errors> {
        let mut errors = Errors::default();
        let name = errors.line("name", &self.name, 3, 200);
        let kind = errors.check("type", Kind::parse(&self.kind));
        let currency = errors.check("currency", Currency::parse(&self.currency));
        let price = errors.check(
            "price",
            Money::parse(&self.price, currency.unwrap_or(Currency::Try), lang),
        );
        let cycle = errors.check("cycle", Cycle::parse(&self.cycle));
        let starts_on = errors.check("starts_on", date::parse(&self.starts_on));
        let renews_on = errors.optional("renews_on", &self.renews_on, date::parse);
        let notes = errors
            .text("notes", &self.notes, 0, 2000)
            .filter(|notes| !notes.is_empty());
        let renewed_until = saved.and_then(|saved| saved.renewed_until);
        let kept = saved
            .map(|saved| saved.service)
            .filter(|service| renews_on.is_some() && service.renews_on == renews_on);
        if let (Some(renews_on), Some(starts_on)) = (renews_on, starts_on)
            && (renews_on < starts_on || kept.is_none() && renews_on < today - Months::new(12))
        {
            errors.add("renews_on", Message::new("error-renews-on"));
        } else if let (Some(renews_on), Some(until)) = (renews_on, renewed_until)
            && renews_on <= until
            && kept.is_none()
            && cycle != Some(Cycle::Once)
        {
            let until = date::format_date(until, lang);
            errors.add(
                "renews_on",
                Message::new("error-renews-on-renewed").arg("date", until),
            );
        }
        match (name, kind, price, cycle, starts_on) {
            (Some(name), Some(kind), Some(price), Some(cycle), Some(starts_on))
                if errors.is_empty() =>
            {
                let anchor_day =
                    kept.map_or_else(|| anchor_of(starts_on, renews_on), |kept| kept.anchor_day);
                let renews_on = renews_on.filter(|_| cycle != Cycle::Once).or_else(|| {
                    let unpaid = renewed_until.and_then(|until| until.succ_opt());
                    let earliest = unpaid.map_or(today, |unpaid| unpaid.max(today));
                    first_renewal(anchor_day, starts_on, cycle, earliest)
                });
                Ok(Draft {
                    name,
                    kind,
                    price,
                    cycle,
                    starts_on,
                    renews_on,
                    anchor_day,
                    notes,
                })
            }
            _ => Err(errors),
        }
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            ORDER,
            [
                ("name", self.name.clone()),
                ("type", self.kind.clone()),
                ("price", self.price.clone()),
                ("currency", self.currency.clone()),
                ("cycle", self.cycle.clone()),
                ("starts_on", self.starts_on.clone()),
                ("renews_on", self.renews_on.clone()),
                ("notes", self.notes.clone()),
                ("version", self.version.clone()),
            ],
        )
        .key(&self.form_key)
    }
}

/// A period after the start; for a subscription that began long ago, the first such day that is not before `earliest`.
fn first_renewal(
    anchor_day: i64,
    starts_on: NaiveDate,
    cycle: Cycle,
    earliest: NaiveDate,
) -> Option<NaiveDate> {
    let first = next(anchor_day, starts_on, cycle)?;
    next_from(anchor_day, first, cycle, earliest)
}

choice! {
    /// The cycles that the list can be narrowed to.
    pub enum CycleChoice {
        Recurring = "recurring",
        Monthly = "monthly",
        Yearly = "yearly",
        Once = "once",
    }
}

impl CycleChoice {
    fn cycles(self) -> Cycles {
        match self {
            Self::Recurring => Cycles::Recurring,
            Self::Monthly => Cycles::One(Cycle::Monthly),
            Self::Yearly => Cycles::One(Cycle::Yearly),
            Self::Once => Cycles::One(Cycle::Once),
        }
    }
}

/// The list's whole state, as its URL holds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub q: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub status: String,
    pub cycle: String,
    pub currency: String,
    /// A month, as its first day: `2026-11-01`.
    pub renews: String,
    pub sort: String,
    pub after: String,
}

impl ListQuery {
    /// An unknown value is a `BadRequest`: leaving it out would show rows that were not asked for.
    pub fn filter(&self) -> Result<Filter> {
        Ok(Filter {
            words: search_words(&self.q)?,
            kind: choice(&self.kind, "type", Kind::parse)?,
            status: choice(&self.status, "status", Status::parse)?,
            cycles: choice(&self.cycle, "cycle", CycleChoice::parse)?.map(CycleChoice::cycles),
            currency: choice(&self.currency, "currency", Currency::parse)?,
            renews: self.month()?,
        })
    }

    /// The same list, with its choices spelled as they are stored.
    pub fn canonical(mut self) -> Result<Self> {
        self.filter()?;
        for text in [&mut self.kind, &mut self.status, &mut self.cycle] {
            *text = text.trim().to_ascii_lowercase();
        }
        self.currency = self.currency.trim().to_ascii_uppercase();
        Ok(self)
    }

    fn month(&self) -> Result<Option<NaiveDate>> {
        if self.renews.is_empty() {
            return Ok(None);
        }
        self.renews
            .parse::<NaiveDate>()
            .ok()
            .filter(|first| {
                first.to_string() == self.renews
                    && first.day() == 1
                    && (1900..2200).contains(&first.year())
            })
            .map(Some)
            .ok_or_else(|| Error::BadRequest("renews is no month".into()))
    }

    pub fn sort(&self) -> Result<Sort> {
        let (name, descending) = match self.sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (self.sort.as_str(), false),
        };
        let column = match name {
            "" | "renews_on" => Column::RenewsOn,
            "name" => Column::Name,
            "company" => Column::Company,
            "created_at" => Column::CreatedAt,
            _ => return Err(Error::BadRequest("an unknown sort".into())),
        };
        Ok(Sort { column, descending })
    }

    pub fn cursor(&self, sort: Sort) -> Result<Option<Cursor>> {
        cursor(&self.after, sort.column.is_time())
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

    fn pairs(&self) -> [(&'static str, &str); 8] {
        [
            ("q", &self.q),
            ("type", &self.kind),
            ("status", &self.status),
            ("cycle", &self.cycle),
            ("currency", &self.currency),
            ("renews", &self.renews),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn typed() -> ServiceForm {
        ServiceForm {
            name: "Barındırma".into(),
            kind: "hosting".into(),
            price: "1.234".into(),
            currency: "TRY".into(),
            cycle: "monthly".into(),
            starts_on: "31.01.2026".into(),
            ..ServiceForm::default()
        }
    }

    #[test]
    fn what_began_long_ago_renews_at_the_first_day_that_is_not_past() {
        let draft = typed().check(Lang::Tr, day("2026-02-20"), None).unwrap();
        assert_eq!(draft.price.minor, 123_400);
        assert_eq!(draft.renews_on, Some(day("2026-02-28")));
        assert_eq!(draft.anchor_day, 31);
        let draft = typed().check(Lang::Tr, day("2026-11-24"), None).unwrap();
        assert_eq!(draft.renews_on, Some(day("2026-11-30")));
        let draft = typed().check(Lang::Tr, day("2025-11-24"), None).unwrap();
        assert_eq!(draft.renews_on, Some(day("2026-02-28")));
    }

    #[test]
    fn what_is_paid_once_never_renews() {
        let form = ServiceForm {
            cycle: "once".into(),
            renews_on: "2027-01-31".into(),
            ..typed()
        };
        assert_eq!(
            form.check(Lang::Tr, day("2026-11-24"), None)
                .unwrap()
                .renews_on,
            None
        );
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let form = ServiceForm {
            name: "ab".into(),
            kind: "dream".into(),
            price: "1,2,3".into(),
            currency: "GBP".into(),
            cycle: "weekly".into(),
            starts_on: "2026-02-30".into(),
            renews_on: "soon".into(),
            notes: "x\u{0}".into(),
            ..ServiceForm::default()
        };
        let errors = form.check(Lang::Tr, day("2026-11-24"), None).unwrap_err();
        let view = form.view().errors(errors);
        assert_eq!(view.errors.len(), 8);
        assert_eq!(view.values["price"], "1,2,3");
    }

    #[test]
    fn a_renewal_before_the_start_or_long_ago_is_refused() {
        for renews_on in ["2026-01-30", "2025-11-23"] {
            let form = ServiceForm {
                renews_on: renews_on.into(),
                starts_on: if renews_on.starts_with("2026") {
                    "2026-01-31".into()
                } else {
                    "2020-01-31".into()
                },
                ..typed()
            };
            let errors = form.check(Lang::Tr, day("2026-11-24"), None).unwrap_err();
            assert!(form.view().errors(errors).errors.contains_key("renews_on"));
        }
    }

    #[test]
    fn the_url_holds_the_whole_state_and_unknown_values_are_refused() {
        let query = ListQuery {
            kind: "SEO".into(),
            currency: "try".into(),
            cycle: "recurring".into(),
            renews: "2026-12-01".into(),
            ..ListQuery::default()
        };
        let query = query.canonical().unwrap();
        assert_eq!(
            query.href("/services"),
            "/services?type=seo&cycle=recurring&currency=TRY&renews=2026-12-01"
        );
        let wrong = |change: fn(&mut ListQuery)| {
            let query = ListQuery::default().with(change);
            assert!(query.filter().is_err() || query.sort().is_err());
        };
        wrong(|query| query.kind = "x".into());
        wrong(|query| query.status = "x".into());
        wrong(|query| query.cycle = "x".into());
        wrong(|query| query.currency = "x".into());
        wrong(|query| query.renews = "2026-12-02".into());
        wrong(|query| query.renews = "+2026-12-01".into());
        wrong(|query| query.sort = "price".into());
    }
}
