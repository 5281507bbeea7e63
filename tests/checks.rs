//! `tests/security.md`: which test shows which check. What it names is there, and no check is left out.

use std::collections::BTreeMap;

use regex::Regex;

use crate::support::source::read;

/// The groups of the list, and how many checks each has.
const GROUPS: [(char, usize); 7] = [
    ('S', 14),
    ('C', 10),
    ('T', 7),
    ('I', 12),
    ('H', 10),
    ('D', 10),
    ('R', 12),
];

/// What is said of each check, in the order of the file.
fn checks() -> Vec<(String, String)> {
    let line = Regex::new(r"^- \*\*([A-Z]\d+)\*\* (.+)$").unwrap();
    let text = read("tests/security.md");
    let items = text.lines().filter(|line| line.starts_with("- "));
    let found = items.map(|item| {
        let parts = line.captures(item).unwrap_or_else(|| panic!("{item}"));
        (parts[1].to_owned(), parts[2].to_owned())
    });
    found.collect()
}

#[test]
fn every_check_of_the_list_has_its_line() {
    let all: Vec<String> = GROUPS
        .iter()
        .flat_map(|(group, count)| (1..=*count).map(move |number| format!("{group}{number}")))
        .collect();
    assert_eq!(all.len(), 75);
    let listed: Vec<String> = checks().into_iter().map(|(id, _)| id).collect();
    assert_eq!(listed, all);
}

#[test]
fn every_test_that_a_check_names_is_a_test_of_that_file() {
    let quoted = Regex::new(r"`([^`]+)`").unwrap();
    let rust =
        Regex::new(r"#\[(?:tokio::)?test[^\n]*\]\s*(?:#\[[^\]]*\]\s*)*(?:async )?fn (\w+)\(")
            .unwrap();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut named = 0;
    for (id, said) in checks() {
        let mut file = String::new();
        let mut shown = 0;
        for found in quoted.captures_iter(&said) {
            let name = &found[1];
            if name.starts_with("tests/") || name.starts_with("src/") {
                name.clone_into(&mut file);
                continue;
            }
            if name.starts_with("cargo ") {
                continue;
            }
            let text = files.entry(file.clone()).or_insert_with(|| read(&file));
            let is_there = if file.starts_with("tests/browser/") {
                text.lines()
                    .any(|line| line.trim_start().starts_with("test(") && line.contains(name))
            } else {
                rust.captures_iter(text).any(|test| &test[1] == name)
            };
            assert!(is_there, "{id}: {file} has no test `{name}`");
            shown += 1;
        }
        assert!(
            shown > 0 || said.contains("*Waits:*"),
            "{id} says neither what shows it nor what it waits for"
        );
        named += shown;
    }
    assert!(named > 150, "{named}");
}
