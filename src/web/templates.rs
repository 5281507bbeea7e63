//! `MiniJinja` with the product's functions and filters: one environment per language.

use std::{fs, io, path::Path, sync::Arc, time::SystemTime};

use chrono::{DateTime, NaiveDate, Utc};
use fluent_bundle::{FluentArgs, FluentValue};
use minijinja::{
    Environment, ErrorKind, UndefinedBehavior, Value,
    syntax::SyntaxConfig,
    value::{Kwargs, ValueKind},
};
use serde::Deserialize as _;

use crate::{
    error::{Error, Result},
    platform::{
        clock::Clock,
        embedded,
        i18n::{Message, Translations},
    },
    types::{Lang, Money, Phone, date, number},
    web::assets,
};

type Rendered<T> = std::result::Result<T, minijinja::Error>;

pub struct Templates {
    en: Environment<'static>,
    tr: Environment<'static>,
}

impl Templates {
    pub fn load(translations: &Arc<Translations>, clock: &Clock) -> Result<Self> {
        Ok(Self {
            en: environment(Lang::En, translations, clock)?,
            tr: environment(Lang::Tr, translations, clock)?,
        })
    }

    #[must_use]
    pub fn environment(&self, lang: Lang) -> &Environment<'static> {
        match lang {
            Lang::En => &self.en,
            Lang::Tr => &self.tr,
        }
    }

    pub fn render(&self, lang: Lang, name: &str, context: Value) -> Result<String> {
        self.environment(lang)
            .get_template(name)
            .and_then(|template| template.render(context))
            .map_err(|error| Error::internal(format!("{error:#}")))
    }

    /// When one was edited last, where they are read from files.
    #[must_use]
    pub fn edited_at(&self) -> Option<SystemTime> {
        reads_files()
            .then(|| newest_below(Path::new(FOLDER)).ok())
            .flatten()
    }
}

fn newest_below(folder: &Path) -> io::Result<SystemTime> {
    let mut newest = folder.metadata()?.modified()?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let time = if entry.file_type()?.is_dir() {
            newest_below(&entry.path())?
        } else {
            entry.metadata()?.modified()?
        };
        newest = newest.max(time);
    }
    Ok(newest)
}

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/views");

fn reads_files() -> bool {
    cfg!(debug_assertions) && Path::new(FOLDER).is_dir()
}

fn environment(
    lang: Lang,
    translations: &Arc<Translations>,
    clock: &Clock,
) -> Result<Environment<'static>> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_debug(cfg!(debug_assertions));
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(Error::internal)?;
    env.set_syntax(syntax);
    functions(&mut env, lang, translations);
    filters(&mut env, lang, translations, clock);
    if reads_files() {
        // In development an edited template shows at the next request: the loader looks at the file's time.
        env.set_loader(minijinja::path_loader(FOLDER));
    } else {
        for (name, source) in embedded::VIEWS {
            env.add_template(name, source).map_err(Error::internal)?;
        }
    }
    Ok(env)
}

fn functions(env: &mut Environment<'static>, lang: Lang, translations: &Arc<Translations>) {
    let texts = Arc::clone(translations);
    env.add_function("t", move |key: &str, kwargs: Kwargs| -> Rendered<String> {
        let mut args = FluentArgs::new();
        for name in kwargs.args() {
            args.set(name.to_owned(), fluent_value(&kwargs.peek::<Value>(name)?));
        }
        kwargs_used(&kwargs)?;
        texts
            .text(lang, key, Some(&args))
            .map_err(|error| failed(&error))
    });
    let texts = Arc::clone(translations);
    env.add_function("msg", move |message: Value| -> Rendered<String> {
        let message = Message::deserialize(message).map_err(|error| failed(&error))?;
        texts
            .message(lang, &message)
            .map_err(|error| failed(&error))
    });
    env.add_function("asset", |name: &str| -> Rendered<String> {
        assets::url(name).ok_or_else(|| failed(&format!("there is no asset {name}")))
    });
}

fn kwargs_used(kwargs: &Kwargs) -> Rendered<()> {
    for name in kwargs.args().map(str::to_owned).collect::<Vec<_>>() {
        kwargs.get::<Value>(&name)?;
    }
    kwargs.assert_all_used()
}

fn fluent_value(value: &Value) -> FluentValue<'static> {
    match (value.kind(), i64::try_from(value.clone())) {
        (ValueKind::Number, Ok(number)) => FluentValue::from(number),
        _ => FluentValue::from(value.to_string()),
    }
}

fn filters(
    env: &mut Environment<'static>,
    lang: Lang,
    translations: &Arc<Translations>,
    clock: &Clock,
) {
    env.add_filter("date", move |text: &str| {
        day(text).map(|day| date::format_date(day, lang))
    });
    env.add_filter("longdate", move |text: &str| {
        day(text).map(|day| date::format_long_date(day, lang))
    });
    env.add_filter("month", move |text: &str| {
        day(text).map(|day| date::format_month(day, lang))
    });
    env.add_filter("datetime", move |text: &str| {
        time(text).map(|time| date::format_date_time(time, lang))
    });
    env.add_filter("isodate", |text: &str| {
        time(text).map(|time| date::istanbul_date(time).to_string())
    });
    let (texts, now) = (Arc::clone(translations), clock.clone());
    env.add_filter("ago", move |text: &str| {
        ago(time(text)?, &now, lang, &texts)
    });
    env.add_filter("number", move |n: i64| number::group(n, lang));
    env.add_filter("money", move |text: &str| {
        Money::from_plain(text)
            .map(|money| money.display(lang))
            .ok_or_else(|| failed(&format!("{text:?} is no sum")))
    });
    env.add_filter("phone", |text: &str| {
        Phone::parse_international(text).map_or_else(|_| text.to_owned(), |phone| phone.display())
    });
}

/// "3 minutes ago" up to four weeks, then the date.
fn ago(then: DateTime<Utc>, clock: &Clock, lang: Lang, texts: &Translations) -> Rendered<String> {
    let past = clock.now() - then;
    let days = (clock.today() - date::istanbul_date(then)).num_days();
    let (key, count) = match past {
        past if past.num_minutes() < 1 => ("ago-now", 0),
        past if past.num_hours() < 1 => ("ago-minutes", past.num_minutes()),
        past if past.num_days() < 1 => ("ago-hours", past.num_hours()),
        _ if days <= 28 => ("ago-days", days),
        _ => return Ok(date::format_date(date::istanbul_date(then), lang)),
    };
    let mut args = FluentArgs::new();
    args.set("count", count);
    texts
        .text(lang, key, Some(&args))
        .map_err(|error| failed(&error))
}

/// A date, or the Istanbul date of a time.
fn day(text: &str) -> Rendered<NaiveDate> {
    text.parse()
        .or_else(|_| time(text).map(date::istanbul_date))
        .map_err(|_| failed(&format!("{text:?} is no date")))
}

fn time(text: &str) -> Rendered<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| failed(&format!("{text:?} is no time")))
}

fn failed(cause: &impl std::fmt::Display) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::InvalidOperation, cause.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_edit_a_new_file_and_one_that_goes_are_seen_at_any_depth() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        fs::create_dir_all(&below).unwrap();
        let (page, part) = (folder.path().join("page.html"), below.join("_part.html"));
        let newest = || newest_below(folder.path()).unwrap();
        let set = |path: &Path, seconds: u64| {
            let file = fs::File::open(path).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            file.set_modified(time).unwrap();
            time
        };
        fs::write(&page, "1").unwrap();
        fs::write(&part, "1").unwrap();
        for path in [
            &page,
            &part,
            &below,
            &folder.path().join("a"),
            folder.path(),
        ] {
            set(path, 1000);
        }
        let begin = newest();
        assert_eq!(set(&part, 2000), newest());
        assert!(newest() > begin);
        set(&part, 1000);
        assert_eq!(newest(), begin);
        fs::write(below.join("new.html"), "1").unwrap();
        assert!(newest() > begin);
        set(&below.join("new.html"), 1000);
        set(&below, 1000);
        fs::remove_file(&part).unwrap();
        assert!(newest() > begin);
    }
}
