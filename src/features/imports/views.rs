//! What the template of the import page sees.

use serde::Serialize;

use super::{
    form,
    model::{OUTCOMES, Report, Told, Waiting},
};
use crate::{
    error::{Error, Result},
    types::Lang,
    web::form::{Choice, Errors, FormView, choices},
};

#[derive(Serialize)]
pub struct Index {
    form: FormView,
    lang_options: Vec<Choice>,
    waiting: Option<WaitingView>,
}

#[derive(Serialize)]
struct WaitingView {
    id: String,
    name: String,
    is_done: bool,
    /// How many posts would be, or were, written.
    written: usize,
    sums: Vec<Sum>,
    /// Those that somebody should look at, and all others.
    told: Vec<Told>,
    others: Vec<Told>,
}

#[derive(Serialize)]
struct Sum {
    outcome: &'static str,
    count: usize,
}

impl Index {
    pub fn new(lang: &str, waiting: Option<Waiting>, errors: Errors) -> Result<Self> {
        let codes = Lang::ALL.iter().map(|lang| lang.code());
        Ok(Self {
            form: form::view(lang).errors(errors),
            lang_options: choices(codes, lang),
            waiting: waiting.map(WaitingView::new).transpose()?,
        })
    }
}

impl WaitingView {
    fn new(waiting: Waiting) -> Result<Self> {
        let report: Report = serde_json::from_str(&waiting.report).map_err(Error::internal)?;
        let sums = OUTCOMES.map(|outcome| Sum {
            outcome,
            count: report.count(outcome),
        });
        let written = report.count(OUTCOMES[0]) + report.count(OUTCOMES[1]);
        let has_notes = |row: &Told| !row.notes.is_empty();
        let (told, others) = report.rows.into_iter().partition(has_notes);
        Ok(Self {
            id: waiting.id.to_string(),
            name: waiting.name,
            is_done: waiting.done_at.is_some(),
            written,
            sums: sums.into_iter().filter(|sum| sum.count > 0).collect(),
            told,
            others,
        })
    }
}
