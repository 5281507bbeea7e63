//! Each promise of the README names the test that holds it.

use std::{fs, path::Path};

const README: &str = include_str!("../README.md");

/// The sources in which a test may stand.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_promise_names_a_test_that_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    sources(&root.join("src/platform/cache"), &mut code);
    sources(&root.join("tests"), &mut code);
    let (_, promises) = README.split_once("## Promises").unwrap();
    let (promises, _) = promises.split_once("\n## ").unwrap();
    let mut count = 0;
    for promise in promises.lines().filter(|line| line.starts_with("- ")) {
        let (_, names) = promise
            .rsplit_once(" — ")
            .unwrap_or_else(|| panic!("no test: {promise}"));
        for name in names.split(", ") {
            let name = name.trim_matches('`');
            assert!(code.contains(&format!("fn {name}(")), "no test {name}");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}
