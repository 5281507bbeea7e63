//! The words: every text that is asked for exists in both languages, and none is kept that nobody asks for.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser,
};
use prosektorweb::{
    features::{
        activities::model::{Due, Kind},
        audit::model::{Lost, Seal},
        companies::model::{DangerClass, Source, Status},
        imports::model::OUTCOMES,
        mails::model::State,
        messages::model::State as MessageState,
        services::model::{Cycle, Kind as ServiceKind, Outcome, Status as ServiceStatus},
        sessions,
        site_pages::Kind as PageKind,
        users::model::State as UserState,
    },
    platform::{jobs, mail::Trouble},
    types::{Currency, Lang},
    web::{
        access::{Permission, Role},
        cx::THEMES,
    },
};
use regex::Regex;

use crate::support::source::{code_with_strings, files};

/// The messages of a language with the arguments that each takes.
fn messages(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for (path, text) in files(&format!("views/locales/{}", lang.code()), "ftl") {
        let resource =
            parser::parse(text.as_str()).unwrap_or_else(|(_, errors)| panic!("{path}: {errors:?}"));
        for entry in resource.body {
            match entry {
                Entry::Message(message) => {
                    let mut arguments = BTreeSet::new();
                    let pattern = message
                        .value
                        .unwrap_or_else(|| panic!("{} is empty", message.id.name));
                    collect(&pattern, &mut arguments);
                    let earlier = all.insert(message.id.name.to_owned(), arguments);
                    assert!(
                        earlier.is_none(),
                        "{path}: {} is there twice",
                        message.id.name
                    );
                }
                Entry::Junk { content } => panic!("{path}: {content}"),
                Entry::Term(term) => {
                    panic!("{path}: {} is a term, which nothing reads", term.id.name)
                }
                _ => {}
            }
        }
    }
    all
}

fn collect(pattern: &Pattern<&str>, arguments: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            match expression {
                Expression::Inline(inline) => collect_inline(inline, arguments),
                Expression::Select { selector, variants } => {
                    collect_inline(selector, arguments);
                    for variant in variants {
                        collect(&variant.value, arguments);
                    }
                }
            }
        }
    }
}

fn collect_inline(inline: &InlineExpression<&str>, arguments: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            arguments.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => {
            if let Expression::Inline(inline) = &**expression {
                collect_inline(inline, arguments);
            }
        }
        _ => {}
    }
}

fn views() -> Vec<(String, String)> {
    let pages = files("views", "html").into_iter();
    pages.chain(files("views", "txt")).collect()
}

fn rust() -> Vec<(String, String)> {
    let sources = files("src", "rs").into_iter();
    sources
        .map(|(path, text)| (path, code_with_strings(&text)))
        .collect()
}

fn words<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// Keys that are put together when a page is drawn: what comes before, what after, and all values in between.
#[expect(clippy::too_many_lines, reason = "a table")]
fn families() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let statuses = [
        "400", "401", "403", "404", "405", "408", "409", "413", "414", "415", "422", "429", "431",
        "500", "503",
    ];
    let company = [
        "name",
        "tax-id",
        "tax-office",
        "email",
        "phone",
        "address",
        "nace-code",
        "danger-class",
        "source",
        "status",
    ];
    let columns = [company.as_slice(), &["created-at"]].concat();
    // The list can be narrowed to all that renew, too.
    let cycles = [words(Cycle::ALL), words(&["recurring"])].concat();
    vec![
        (
            "account-tab-",
            "",
            words(&["profile", "email", "password", "sessions"]),
        ),
        ("account-theme-", "", words(&THEMES)),
        ("activity-empty-", "", words(Due::ALL)),
        ("activity-filter-", "", words(Due::ALL)),
        ("activity-kind-", "", words(Kind::ALL)),
        ("audit-lost-", "", words(Lost::ALL)),
        ("audit-seal-", "", words(Seal::ALL)),
        ("cache-redis-", "", words(&["away", "deaf", "none", "up"])),
        ("company-source-", "", words(Source::ALL)),
        ("company-status-", "", words(Status::ALL)),
        (
            "company-tab-",
            "",
            words(&[
                "overview",
                "contacts",
                "notes",
                "services",
                "activities",
                "mails",
                "history",
            ]),
        ),
        ("danger-class-", "", words(DangerClass::ALL)),
        ("error-", "-text", words(&statuses)),
        ("error-", "-title", words(&statuses)),
        ("job-none-text-", "", words(jobs::State::ALL)),
        ("job-state-", "", words(jobs::State::ALL)),
        ("language-", "", words(Lang::ALL)),
        ("language-short-", "", words(Lang::ALL)),
        ("mail-state-", "", words(State::ALL)),
        ("mail-trouble-", "", words(Trouble::ALL)),
        ("message-state-", "", words(MessageState::ALL)),
        ("message-to-", "", words(&["new", "read", "spam"])),
        (
            "nav-",
            "",
            words(&[
                "dashboard",
                "companies",
                "services",
                "activities",
                "messages",
                "trash",
                "jobs",
                "portal",
                "users",
                "audit",
            ]),
        ),
        ("page-kind-", "", words(PageKind::ALL)),
        ("permission-", "", words(Permission::ALL)),
        ("role-", "", words(Role::ALL)),
        ("sessions-done-", "", words(&sessions::DONE)),
        ("theme-now-", "", words(&THEMES)),
        ("theme-switch-", "", words(&THEMES)),
        ("currency-", "", words(Currency::ALL)),
        ("reminder-outcome-", "", words(Outcome::ALL)),
        ("service-cycle-", "", cycles),
        ("service-status-", "", words(ServiceStatus::ALL)),
        (
            "post-status-",
            "",
            words(&["draft", "scheduled", "published"]),
        ),
        ("service-type-", "", words(ServiceKind::ALL)),
        ("user-state-", "", words(UserState::ALL)),
        // From Rust.
        ("audit-", "", audited()),
        ("account-", "", words(&["name", "locale", "theme"])),
        ("csv-", "", words(&columns)),
        ("company-", "", words(&company)),
        (
            "contact-",
            "",
            words(&["name", "title", "phone", "email", "is-primary"]),
        ),
        ("mail-", "", words(&["subject"])),
        ("message-", "", words(&["state"])),
        ("note-", "", words(&["body", "pinned"])),
        (
            "service-",
            "",
            words(&[
                "name",
                "type",
                "price",
                "cycle",
                "starts-on",
                "renews-on",
                "status",
                "notes",
            ]),
        ),
        (
            "user-",
            "",
            words(&["name", "email", "role", "company", "active", "ended"]),
        ),
        (
            "activity-",
            "",
            words(&["kind", "title", "body", "due-on", "done"]),
        ),
        ("category-", "", words(&["name", "slug"])),
        ("image-", "", words(&["name", "alt-en", "alt-tr"])),
        (
            "post-",
            "",
            words(&[
                "title",
                "slug",
                "lang",
                "excerpt",
                "revision",
                "category",
                "tags",
                "meta-title",
                "meta-description",
                "featured",
                "cover-alt",
                "status",
                "published-at",
                "translation",
                "count",
                "body",
            ]),
        ),
        (
            "page-",
            "",
            words(&[
                "title",
                "lead",
                "body",
                "meta-title",
                "meta-description",
                "page",
                "revision",
                "restored",
            ]),
        ),
        ("tag-", "", words(&["name", "slug"])),
        ("revision-", "", words(&["body", "cover"])),
        ("import-outcome-", "", words(&OUTCOMES)),
        ("import-sum-", "", words(&OUTCOMES)),
    ]
}

/// Everything that is noted in the audit, as the source names it.
fn audited() -> Vec<String> {
    let action =
        Regex::new(r#""((?:account|audit|cache|categories|companies|contacts|images|notes|activities|jobs|mails|messages|posts|role-rules|second-factors|services|session|site-pages|tags|users)\.[a-z-]+)""#)
            .unwrap();
    let mut found = BTreeSet::new();
    // Kinds of jobs look the same, and are no entries.
    let is_action = |path: &str| !path.ends_with("/jobs.rs");
    for (_, text) in rust().into_iter().filter(|(path, _)| is_action(path)) {
        found.extend(
            action
                .captures_iter(&text)
                .map(|found| found[1].replace('.', "-")),
        );
    }
    assert!(found.len() > 10, "{found:?}");
    found.into_iter().collect()
}

/// Every literal that is handed to `t` as a whole key, with the names of the arguments beside it.
fn asked_in_views() -> Vec<(String, String, BTreeSet<String>)> {
    let call = Regex::new(r#"\bt\("([a-z][a-z0-9-]*)"\s*([,)])"#).unwrap();
    let mut asked = Vec::new();
    for (path, text) in views() {
        for found in call.captures_iter(&text) {
            let end = found.get(0).unwrap().end();
            let arguments = if &found[2] == "," {
                named_arguments(&text[end..])
            } else {
                BTreeSet::new()
            };
            asked.push((path.clone(), found[1].to_owned(), arguments));
        }
    }
    asked
}

/// `name` and `count` of `name=x, count=y(z))…`.
fn named_arguments(rest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut depth = 0;
    let mut part = String::new();
    for char in rest.chars() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            ')' => break,
            ',' if depth == 0 => {
                names.extend(part.split_once('=').map(|(name, _)| name.trim().to_owned()));
                part.clear();
                continue;
            }
            _ => {}
        }
        part.push(char);
    }
    names.extend(part.split_once('=').map(|(name, _)| name.trim().to_owned()));
    names
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_arguments() {
    let (en, tr) = (messages(Lang::En), messages(Lang::Tr));
    let keys = |messages: &BTreeMap<String, BTreeSet<String>>| {
        messages.keys().cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(
        keys(&en).difference(&keys(&tr)).collect::<Vec<_>>(),
        [""; 0],
        "not in Turkish"
    );
    assert_eq!(
        keys(&tr).difference(&keys(&en)).collect::<Vec<_>>(),
        [""; 0],
        "not in English"
    );
    for (key, arguments) in &en {
        assert_eq!(arguments, &tr[key], "{key}");
    }
    assert!(en.len() > 200);
}

#[test]
fn both_languages_keep_a_message_in_the_same_file_in_the_same_order() {
    let key = Regex::new(r"(?m)^([a-z][a-z0-9-]*) =").unwrap();
    let names = |lang: Lang| -> Vec<(String, Vec<String>)> {
        files(&format!("views/locales/{}", lang.code()), "ftl")
            .into_iter()
            .map(|(path, text)| {
                let file = path.rsplit('/').next().unwrap().to_owned();
                (
                    file,
                    key.captures_iter(&text)
                        .map(|found| found[1].to_owned())
                        .collect(),
                )
            })
            .collect()
    };
    assert_eq!(names(Lang::En), names(Lang::Tr));
}

#[test]
fn every_text_that_is_asked_for_exists_and_gets_its_arguments() {
    let known = messages(Lang::En);
    let asked = asked_in_views();
    assert!(asked.len() > 150, "{}", asked.len());
    for (path, key, arguments) in asked {
        let takes = known
            .get(&key)
            .unwrap_or_else(|| panic!("{path} asks for {key}"));
        assert_eq!(takes, &arguments, "{path}: {key}");
    }
    let message = Regex::new(r#"Message::new\(\s*"([a-z0-9-]+)""#).unwrap();
    let literal = Regex::new(r#""((?:error|flash|chip)-[a-z0-9-]+)""#).unwrap();
    for (path, text) in rust() {
        for found in message
            .captures_iter(&text)
            .chain(literal.captures_iter(&text))
        {
            assert!(
                known.contains_key(&found[1]),
                "{path} asks for {}",
                &found[1]
            );
        }
    }
    for (before, after, values) in families() {
        for value in values {
            let key = format!("{before}{value}{after}");
            assert!(known.contains_key(&key), "no text for {key}");
        }
    }
}

#[test]
fn every_way_to_put_a_key_together_is_known_here() {
    let declared: BTreeSet<(String, String)> = families()
        .into_iter()
        .map(|(before, after, _)| (before.to_owned(), after.to_owned()))
        .collect();
    let in_view =
        Regex::new(r#"\bt\("([a-z][a-z0-9-]*-)"\s*~\s*[\w.]+(?:\s*~\s*"([^"]*)")?"#).unwrap();
    let in_rust = Regex::new(r#"format!\(\s*"([a-z]+-)\{"#).unwrap();
    let mut found = BTreeSet::new();
    for (_, text) in views() {
        found.extend(in_view.captures_iter(&text).map(|found| {
            let after = found.get(2).map_or("", |after| after.as_str());
            (found[1].to_owned(), after.to_owned())
        }));
    }
    for (path, text) in rust() {
        if path.ends_with("views.rs") {
            found.extend(
                in_rust
                    .captures_iter(&text)
                    .map(|found| (found[1].to_owned(), String::new())),
            );
        }
    }
    // The labels of fields begin with the name of their record, which is a variable.
    found.extend(
        [
            "account-",
            "company-",
            "contact-",
            "note-",
            "activity-",
            "mail-",
            "message-",
            "service-",
            "user-",
            "category-",
            "image-",
            "post-",
            "tag-",
            "page-",
        ]
        .map(|noun| (noun.to_owned(), String::new())),
    );
    assert_eq!(found, declared);
    // Nothing else is handed to `t` but a literal or a field of the view that holds a whole key.
    let other = Regex::new(r"\bt\(([a-z][\w.]*)[,)]").unwrap();
    let fields = ["c.key", "c.label_key", "c.value_key", "f.label_key"];
    for (path, text) in views() {
        for found in other.captures_iter(&text) {
            assert!(fields.contains(&&found[1]), "{path}: t({})", &found[1]);
        }
    }
}

#[test]
fn no_text_is_kept_that_nobody_asks_for() {
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (before, after, values) in families() {
        used.extend(
            values
                .into_iter()
                .map(|value| format!("{before}{value}{after}")),
        );
    }
    let literal = Regex::new(r#""([a-z][a-z0-9]*(?:-[a-z0-9]+)+)""#).unwrap();
    for (_, text) in views().into_iter().chain(rust()) {
        used.extend(
            literal
                .captures_iter(&text)
                .map(|found| found[1].to_owned()),
        );
    }
    let known: BTreeSet<String> = messages(Lang::En).into_keys().collect();
    assert_eq!(known.difference(&used).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn turkish_is_written_in_turkish_letters() {
    let mut text = String::new();
    for (_, file) in files("views/locales/tr", "ftl") {
        text.push_str(&file);
    }
    for letter in ['ç', 'ğ', 'ı', 'İ', 'ö', 'ş', 'ü'] {
        assert!(text.contains(letter), "{letter}");
    }
    // A word that is the same in both languages is a name or a loan; most are not.
    let (en, tr) = (whole(Lang::En), whole(Lang::Tr));
    let same = en.iter().filter(|(key, text)| tr[*key] == **text).count();
    assert!(
        same * 10 < en.len(),
        "{same} of {} texts are the same",
        en.len()
    );
}

fn whole(lang: Lang) -> BTreeMap<String, String> {
    let line = Regex::new(r"(?m)^([a-z][a-z0-9-]*) = ?(.*)$").unwrap();
    let mut all = BTreeMap::new();
    for (_, text) in files(&format!("views/locales/{}", lang.code()), "ftl") {
        all.extend(
            line.captures_iter(&text)
                .map(|found| (found[1].to_owned(), found[2].to_owned())),
        );
    }
    all.retain(|_, text| !text.is_empty());
    all
}
