//! The law between the rooms of the house, kept by reading the source.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::support::source::{code, code_with_strings, files, read};

/// Each room, and the rooms that it may look into. `error` and the `sql!` macro are known to all but `types`.
const LAW: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("error", &[]),
    ("platform", &["types", "error"]),
    ("cache", &["platform"]),
    ("config", &["types", "platform", "error"]),
    (
        "app",
        &["types", "platform", "web", "cache", "config", "error"],
    ),
    (
        "web",
        &["types", "platform", "app", "cache", "config", "error"],
    ),
    (
        "features",
        &[
            "types", "platform", "web", "app", "cache", "config", "error",
        ],
    ),
    ("routes", &["web", "features", "jobs"]),
    (
        "seed",
        &["types", "platform", "web", "features", "app", "error"],
    ),
    ("jobs", &["platform", "web", "features", "app", "error"]),
    (
        "serve",
        &[
            "platform", "web", "features", "routes", "jobs", "seed", "app", "config", "error",
        ],
    ),
];

fn sources() -> Vec<(String, String)> {
    files("src", "rs")
}

/// `web` of `src/web/form.rs`, `app` of `src/app.rs`.
fn room(path: &str) -> &str {
    let below = path.strip_prefix("src/").unwrap();
    below.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The first segments of all paths that begin with `crate::`, those inside braces included.
fn looks_into(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            rooms.extend(group_heads(group));
        } else {
            rooms.insert(head(rest));
        }
    }
    rooms
}

fn head(path: &str) -> String {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    path.chars().take_while(|char| is_word(*char)).collect()
}

/// The heads of a brace group's members: `a` and `b` of `a::{c, d}, b}`.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut member = String::new();
    for char in group.chars() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(head(member.trim()));
                member.clear();
                continue;
            }
            _ => {}
        }
        member.push(char);
    }
    heads.push(head(member.trim()));
    heads.retain(|head| !head.is_empty());
    heads
}

#[test]
fn arrows_between_rooms_point_one_way() {
    let law: BTreeMap<&str, &[&str]> = LAW.iter().copied().collect();
    let mut seen = BTreeSet::new();
    for (path, text) in sources() {
        let room = room(&path);
        if ["lib", "main"].contains(&room) {
            continue;
        }
        let allowed = law
            .get(room)
            .unwrap_or_else(|| panic!("{path} is in a room without a law"));
        for other in looks_into(&code(&text)) {
            seen.insert((room.to_owned(), other.clone()));
            let is_lawful = other == room
                || allowed.contains(&other.as_str())
                || (other == "sql" && room != "types");
            assert!(is_lawful, "{path} looks into {other}");
        }
    }
    // The reading itself works: these arrows are there.
    for (from, to) in [
        ("features", "web"),
        ("web", "platform"),
        ("platform", "types"),
        ("routes", "features"),
    ] {
        assert!(
            seen.contains(&(from.to_owned(), to.to_owned())),
            "{from} → {to}"
        );
    }
}

#[test]
fn the_reader_of_paths_sees_into_groups() {
    let code = "use crate::{error::Result, features::{a, b::{c, d}}, sql};\nfn f() { crate::web::x(); $crate::y!() }";
    let found = looks_into(code);
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        ["error", "features", "sql", "web"]
    );
}

#[test]
fn nothing_is_imported_by_a_star() {
    let star = Regex::new(r"::\s*\*|[{,]\s*\*\s*[,}]").unwrap();
    for (path, text) in sources() {
        for line in code(&text).lines().filter(|line| line.contains("use ")) {
            assert!(!star.is_match(line), "{path}: {line}");
        }
    }
}

#[test]
fn no_file_is_a_drawer_for_anything() {
    let drawers = [
        "util", "utils", "helper", "helpers", "common", "misc", "manager", "service", "services",
    ];
    // What the firm sells is called a service: here the word is a noun of the product, not a drawer.
    let nouns = ["src/features/services/", "tests/services.rs"];
    for (path, _) in sources().into_iter().chain(files("tests", "rs")) {
        if nouns.iter().any(|noun| path.starts_with(noun)) {
            continue;
        }
        for part in path.trim_end_matches(".rs").split('/') {
            assert!(!drawers.contains(&part), "{path}");
        }
    }
}

#[test]
fn a_module_with_parts_is_a_folder_with_a_mod_file() {
    let paths: BTreeSet<String> = sources().into_iter().map(|(path, _)| path).collect();
    for path in &paths {
        let folder = format!("{}/", path.trim_end_matches(".rs"));
        assert!(
            !paths.iter().any(|other| other.starts_with(&folder)),
            "{path} has a folder beside it"
        );
    }
}

#[test]
fn every_module_says_in_a_sentence_what_it_is() {
    for (path, text) in sources().into_iter().chain(files("tests", "rs")) {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 10, "{path}");
    }
}

#[test]
fn a_feature_has_the_same_files_as_every_other() {
    let known = [
        "mod", "routes", "form", "model", "queries", "actions", "views", "jobs", "emails",
        "change", "attempts", "import", "export", "files", "pictures", "shown", "feeds", "media",
        "upload",
    ];
    for (path, _) in files("src/features", "rs") {
        let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').skip(2).collect();
        match parts[..] {
            ["mod"] => {}
            [_, file] => assert!(known.contains(&file), "{path}"),
            _ => panic!("{path} is too deep"),
        }
    }
}

/// Where a query may be written, and why there.
const SQL_PLACES: &[(&str, &str)] = &[
    ("queries.rs", "all SQL of a feature"),
    ("src/platform/", "what the product stands on"),
    ("src/web/session.rs", "the storage of sessions"),
    ("src/web/idempotency.rs", "the keys of forms"),
    ("src/web/kept.rs", "what was typed when a session had ended"),
    ("src/web/health.rs", "`select 1`"),
    ("src/seed.rs", "the demo data"),
];

#[test]
fn sql_is_written_in_few_places() {
    let sql = Regex::new(r#"(?i)sql!\s*\(|Sql::new\s*\(|"\s*(select\s|insert\s+into|update\s+\w+\s+set|delete\s+from)"#).unwrap();
    let mut found = 0;
    for (path, text) in sources() {
        let is_place = SQL_PLACES
            .iter()
            .any(|(place, _)| path.starts_with(place) || path.ends_with(&format!("/{place}")));
        let hits = sql.find_iter(&code_with_strings(&text)).count();
        found += hits;
        assert!(hits == 0 || is_place, "{path} holds SQL");
    }
    assert!(found > 50, "the search for SQL finds it");
}

#[test]
fn the_text_of_a_query_is_made_of_literals() {
    // `Sql` takes nothing else: what is left is to see that nobody goes around it.
    let around = Regex::new(
        r"AssertSqlSafe|sqlx::query|sqlx::raw_sql|query_as\b|QueryBuilder|\.leak\(\)|Box::leak",
    )
    .unwrap();
    for (path, text) in sources() {
        if path.starts_with("src/platform/db/") {
            continue;
        }
        let code = code(&text);
        assert!(!around.is_match(&code), "{path}: {:?}", around.find(&code));
    }
    let arg = code(&read("src/platform/db/arg.rs"));
    assert!(
        arg.contains("pub fn new(text: &'static str)")
            && arg.contains("pub fn push(&mut self, text: &'static str)")
    );
    let format = Regex::new(r"(?s)format!\s*\(.{0,200}?\)\s*\.as_str\(\)").unwrap();
    for (path, text) in sources()
        .into_iter()
        .filter(|(path, _)| path.ends_with("queries.rs"))
    {
        assert!(!format.is_match(&code(&text)), "{path}");
    }
    let asserted: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| code(text).matches("AssertSqlSafe(").count() > 0)
        .map(|(path, _)| path)
        .collect();
    assert_eq!(
        asserted,
        ["src/platform/db/conn.rs"],
        "one place vouches for a query's text"
    );
}

#[test]
fn time_and_environment_come_in_at_one_place() {
    for (pattern, place) in [
        (r"\b(Utc|Local|SystemTime)::now\b", "src/platform/clock.rs"),
        (r"\benv::(var|var_os|vars|vars_os)\b", "src/config.rs"),
    ] {
        let pattern = Regex::new(pattern).unwrap();
        let found: Vec<String> = sources()
            .into_iter()
            .filter(|(_, text)| pattern.is_match(&code(text)))
            .map(|(path, _)| path)
            .collect();
        assert_eq!(found, [place]);
    }
    // The linter says the same to whoever writes one.
    let banned = read("clippy.toml");
    for call in [
        "chrono::Utc::now",
        "std::time::SystemTime::now",
        "std::env::var",
        "std::env::var_os",
        "std::env::vars",
        "std::env::vars_os",
    ] {
        let rule = Regex::new(&format!(r#"path = "{call}", reason = ".+""#)).unwrap();
        assert!(rule.is_match(&banned), "{call}");
    }
}

#[test]
fn handlers_stand_in_the_order_of_their_table() {
    let verb = Regex::new(
        r"\b(?:get|post|account_get|account_post|signed_get|signed_post|portal_get|public|public_post|page)\(\s*(?:(?:\w+|&\[[^\]]*\])\s*,\s*)?(\w+)\s*,?\s*\)",
    )
    .unwrap();
    let handler =
        Regex::new(r"#\[handler\]\s*(?:#\[[^\]]*\]\s*)*(?:pub )?(?:async )?fn (\w+)").unwrap();
    let mut tables = 0;
    for (path, text) in files("src/features", "rs") {
        if !path.ends_with("/routes.rs") {
            continue;
        }
        tables += 1;
        let code = code(&text);
        let table = &code[code.find("fn routes()").unwrap()..];
        let table = &table[..table.find("\n}").unwrap()];
        let mut seen = BTreeSet::new();
        // One handler may answer at two URLs.
        let listed: Vec<&str> = verb
            .captures_iter(table)
            .map(|found| found.get(1).unwrap().as_str())
            .filter(|handler| seen.insert(*handler))
            .collect();
        let written: Vec<&str> = handler
            .captures_iter(&code)
            .map(|found| found.get(1).unwrap().as_str())
            .collect();
        assert_eq!(listed, written, "{path}");
    }
    assert!(tables >= 8);
}

#[test]
fn handlers_are_short_and_touch_neither_headers_nor_html() {
    let handler = Regex::new(
        r"(?s)#\[handler\]\s*(?:#\[[^\]]*\]\s*)*(?:pub )?(?:async )?fn (\w+)\((.*?)\)\s*->.*?\n\}",
    )
    .unwrap();
    let parameter = Regex::new(r":\s*&?\w").unwrap();
    let mut seen = 0;
    for (path, text) in files("src/features", "rs")
        .into_iter()
        .filter(|(path, _)| path.ends_with("/routes.rs"))
    {
        let code = code(&text);
        for found in handler.captures_iter(&code) {
            seen += 1;
            let (whole, name, parameters) = (&found[0], &found[1], &found[2]);
            let count = parameter.find_iter(parameters).count();
            assert!(count <= 4, "{path}: {name} takes {count} parameters");
            assert!(!whole.contains("headers()"), "{path}: {name} reads headers");
            assert!(whole.lines().count() <= 55, "{path}: {name} is too long");
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn the_table_of_all_urls_lists_one_line_per_feature() {
    let routes = code(&read("src/routes.rs"));
    for (path, _) in files("src/features", "rs") {
        let Some(feature) = path
            .strip_prefix("src/features/")
            .and_then(|rest| rest.strip_suffix("/routes.rs"))
        else {
            continue;
        };
        assert_eq!(
            routes.matches(&format!("{feature}::routes()")).count(),
            1,
            "{feature}"
        );
    }
}

#[test]
fn the_code_map_names_every_module() {
    let map = read("src/lib.rs");
    for (path, _) in sources() {
        let room = room(&path);
        if ["lib", "main"].contains(&room) {
            continue;
        }
        let line = Regex::new(&format!(r"(?m)^pub mod {room}; // .+$")).unwrap();
        assert!(line.is_match(&map), "{room} has no line in the code map");
    }
}

#[test]
fn the_same_noun_names_module_views_and_test() {
    for noun in [
        "account",
        "activities",
        "companies",
        "contacts",
        "dashboard",
        "notes",
        "services",
        "sessions",
    ] {
        assert!(!files(&format!("src/features/{noun}"), "rs").is_empty());
        assert!(!files(&format!("views/{noun}"), "html").is_empty());
        assert!(read("tests/main.rs").contains(&format!("mod {noun};")));
    }
}
