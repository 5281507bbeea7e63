//! The product's words in Turkish and English, by Fluent.

use std::{borrow::Cow, collections::HashMap};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use super::embedded;
use crate::{
    error::{Error, Result},
    types::{Lang, number},
};

/// A message that is not translated yet: what errors and flashes are until a page is drawn.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    pub key: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    pub args: HashMap<String, String>,
}

impl Message {
    #[must_use]
    pub fn new(key: &'static str) -> Self {
        Self {
            key: key.into(),
            args: HashMap::new(),
        }
    }

    #[must_use]
    pub fn arg(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.into(), value.to_string());
        self
    }
}

pub struct Translations {
    en: FluentBundle<FluentResource>,
    tr: FluentBundle<FluentResource>,
}

impl Translations {
    pub fn load() -> Result<Self> {
        Ok(Self {
            en: bundle(Lang::En)?,
            tr: bundle(Lang::Tr)?,
        })
    }

    /// The text of a key, or an error that names what is missing: a page with a hole is a fault, not a style.
    pub fn text(&self, lang: Lang, key: &str, args: Option<&FluentArgs>) -> Result<String> {
        let bundle = match lang {
            Lang::En => &self.en,
            Lang::Tr => &self.tr,
        };
        let pattern = bundle
            .get_message(key)
            .and_then(|message| message.value())
            .ok_or_else(|| Error::internal(format!("no {} text for {key}", lang.code())))?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors);
        match errors.first() {
            None => Ok(text.into_owned()),
            Some(error) => Err(Error::internal(format!(
                "{} text for {key}: {error}",
                lang.code()
            ))),
        }
    }

    pub fn message(&self, lang: Lang, message: &Message) -> Result<String> {
        let mut args = FluentArgs::new();
        for (name, value) in &message.args {
            args.set(name.clone(), argument(name, value));
        }
        self.text(lang, &message.key, Some(&args))
    }
}

/// Arguments that are numbers wherever they stand: plural rules and grouping see them as such, while a company named
/// `0042` stays a name.
const NUMBERS: [&str; 3] = ["count", "max", "min"];

fn argument(name: &str, text: &str) -> FluentValue<'static> {
    let number = text.parse::<i64>().ok().filter(|_| NUMBERS.contains(&name));
    number.map_or_else(|| FluentValue::from(text.to_owned()), FluentValue::from)
}

fn bundle(lang: Lang) -> Result<FluentBundle<FluentResource>> {
    let id: LanguageIdentifier = lang.code().parse().map_err(Error::internal)?;
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Marks around arguments would be needed only if right-to-left words were mixed in.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match lang {
        Lang::En => |value, _| formatted(value, Lang::En),
        Lang::Tr => |value, _| formatted(value, Lang::Tr),
    }));
    let prefix = format!("{}/", lang.code());
    for (file, source) in embedded::LOCALES
        .iter()
        .filter(|(file, _)| file.starts_with(&prefix))
    {
        let resource = FluentResource::try_new((*source).to_owned())
            .map_err(|(_, errors)| Error::internal(format!("{file}: {errors:?}")))?;
        bundle
            .add_resource(resource)
            .map_err(|errors| Error::internal(format!("{file}: {errors:?}")))?;
    }
    Ok(bundle)
}

/// Whole numbers inside sentences are grouped as the language groups them.
fn formatted(value: &FluentValue, lang: Lang) -> Option<String> {
    match value {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "guarded: whole and far below 2^53"
        )]
        FluentValue::Number(n) if n.value.fract() == 0.0 && n.value.abs() < 1e15 => {
            Some(number::group(n.value as i64, lang))
        }
        _ => None,
    }
}
