//! The project's own files, for tests that read them.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Path below the project's folder and text of every file in a folder with that extension, sorted.
pub fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root().join(folder), extension, &mut found);
    found.sort();
    assert!(!found.is_empty(), "no .{extension} in {folder}");
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
            (name.to_owned(), text)
        })
        .collect()
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, extension, found);
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
}

/// A Rust source without its comments, its unit tests and the contents of its string literals.
pub fn code(text: &str) -> String {
    scan(text, false)
}

/// A Rust source without its comments and its unit tests.
pub fn code_with_strings(text: &str) -> String {
    scan(text, true)
}

fn scan(text: &str, keep_strings: bool) -> String {
    let text = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            let length = quoted(rest);
            let shown = if keep_strings {
                &rest[..length]
            } else {
                "\"\""
            };
            out.push_str(shown);
            length
        } else if rest.starts_with("r#\"") || rest.starts_with("r##\"") {
            let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
            let end = format!("\"{}", "#".repeat(hashes));
            let open = 2 + hashes;
            let length = open + rest[open..].find(&end).unwrap_or(0) + end.len();
            let shown = if keep_strings {
                &rest[..length]
            } else {
                "\"\""
            };
            out.push_str(shown);
            length
        } else if first == '\'' && character(rest) > 0 {
            out.push_str("' '");
            character(rest)
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    out
}

/// Bytes of the string literal at the start.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Bytes of the character literal at the start; 0 for a lifetime.
fn character(text: &str) -> usize {
    let inner = &text[1..];
    if let Some(escape) = inner.strip_prefix('\\') {
        return escape
            .char_indices()
            .skip(1)
            .find(|(_, char)| *char == '\'')
            .map_or(0, |(at, _)| 2 + at + 1);
    }
    let mut chars = inner.chars();
    match (chars.next(), chars.next()) {
        (Some(char), Some('\'')) => 2 + char.len_utf8(),
        _ => 0,
    }
}
