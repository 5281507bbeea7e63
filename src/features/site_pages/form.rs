//! What is typed into the editor of a page, and what it means.

use serde::Deserialize;

use super::model::Text;
use crate::{
    platform::{
        i18n::Message,
        markdown::{self, Refused, Rendered},
    },
    types::text,
    web::form::{Errors, FormView},
};

pub const ORDER: &[&str] = &[
    "title",
    "lead",
    "body",
    "meta_title",
    "meta_description",
    "version",
];

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PageForm {
    pub title: String,
    pub lead: String,
    pub body: String,
    pub meta_title: String,
    pub meta_description: String,
    /// 0 for a page that nobody has saved yet.
    pub version: String,
}

impl PageForm {
    #[must_use]
    pub fn of(text: &Text, version: i64) -> Self {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            title: text.title.clone(),
            lead: text.lead.clone(),
            body: text.body.clone(),
            meta_title: optional(&text.meta_title),
            meta_description: optional(&text.meta_description),
            version: version.to_string(),
        }
    }

    /// The checked text, and its body as readers will see it.
    pub fn check(&self, options: &markdown::Options) -> Result<(Text, Rendered), Errors> {
        let mut errors = Errors::default();
        let title = errors.line("title", &self.title, 1, 200);
        let lead = errors.line("lead", &self.lead.replace(['\r', '\n'], " "), 1, 500);
        let body = errors.check("body", text::clean_text(&self.body));
        let rendered = body
            .as_deref()
            .and_then(|body| rendered(&mut errors, body, options));
        let meta_title = errors.optional_line("meta_title", &self.meta_title, 60);
        let meta_description =
            errors.optional_line("meta_description", &self.meta_description, 160);
        match (title, lead, body, rendered) {
            (Some(title), Some(lead), Some(body), Some(rendered)) if errors.is_empty() => Ok((
                Text {
                    title,
                    lead,
                    body,
                    meta_title,
                    meta_description,
                },
                rendered,
            )),
            _ => Err(errors),
        }
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            ORDER,
            [
                ("title", self.title.clone()),
                ("lead", self.lead.clone()),
                ("body", self.body.clone()),
                ("meta_title", self.meta_title.clone()),
                ("meta_description", self.meta_description.clone()),
                ("version", self.version.clone()),
            ],
        )
    }
}

fn rendered(errors: &mut Errors, body: &str, options: &markdown::Options) -> Option<Rendered> {
    let message = match markdown::render(body, options) {
        Ok(rendered) if markdown::has_wordless_image(&rendered.html) => "error-image-alt",
        Ok(rendered) => return Some(rendered),
        Err(refused) => refusal(refused),
    };
    errors.add("body", Message::new(message));
    None
}

/// The word for a body that cannot be drawn.
#[must_use]
pub fn refusal(refused: Refused) -> &'static str {
    match refused {
        Refused::TooLong => "error-body-too-long",
        Refused::TooDeep => "error-body-too-deep",
    }
}

/// The state of the page that comes back with a wish to bring a revision back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RestoreForm {
    /// 0 for the text that the product brings along.
    pub number: String,
    pub version: String,
}
