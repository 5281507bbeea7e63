//! The templates, read as a linter reads them: our content policy kills what it refuses here.

use std::collections::BTreeSet;

use prosektorweb::types::Lang;
use regex::Regex;

use crate::support::{
    TestApp,
    source::{code_with_strings, files},
};

/// Path below `views/` and text.
fn views() -> Vec<(String, String)> {
    files("views", "html")
        .into_iter()
        .map(|(path, text)| (path.trim_start_matches("views/").to_owned(), text))
        .collect()
}

/// Patterns that no template may hold, and why.
const REFUSED: &[(&str, &str)] = &[
    (r"(?i)<style\b", "styles are in assets/css"),
    (
        r"(?i)\sstyle\s*=",
        "the content policy drops style attributes",
    ),
    (
        r"(?i)<script\b(?:[^>](?:\bsrc=)?)*?>\s*[^<\s]",
        "scripts are in assets/js",
    ),
    (
        r#"(?i)[\s"']on[a-z]+\s*="#,
        "the content policy drops event attributes",
    ),
    (r"(?i)\bhx-on\b", "it would be evaluated"),
    (r"(?i)javascript:", "it would be evaluated"),
    (r#"(?i)["'\s]js:"#, "it would be evaluated"),
    (
        r#"(?i)hx-trigger="[^"]*\["#,
        "a trigger filter would be evaluated",
    ),
    (
        r"(?i)hx-(vars|eval|confirm-js|disinherit)\b",
        "not of this htmx, or evaluated",
    ),
    (
        r"(?i)<(iframe|object|embed|base|applet)\b",
        "nothing is embedded",
    ),
    (
        r#"(?i)(src|srcset|action|poster|data)="(https?:)?//"#,
        "nothing is loaded from elsewhere",
    ),
    (
        r#"(?i)<link[^>]*href="(https?:)?//"#,
        "nothing is loaded from elsewhere",
    ),
    (
        r"(?i)\s[a-z-]+=\{\{",
        "an attribute's value stands in quotes",
    ),
    (r"(?i)\bautoescape\b", "everything is escaped"),
    (r#"(?i)target="_blank""#, "the reader decides"),
    (r"(?i)tabindex=\W?[1-9]", "the order is the document's"),
];

/// Templates that may mark a value as safe: those that show a post's body, which `platform::markdown` has cleaned.
const MAY_SAY_SAFE: &[&str] = &["blog/_prose.html"];

/// A block of data is no script; what is in it goes through `tojson`, which leaves nothing that could end it.
fn without_data(text: &str) -> String {
    let data = r#"<script type="application/ld\+json">\{\{ [^\n]*\|tojson \}\}</script>"#;
    Regex::new(data).unwrap().replace_all(text, "").into_owned()
}

#[test]
fn no_template_holds_what_the_content_policy_would_drop() {
    for (pattern, why) in REFUSED {
        let pattern = Regex::new(pattern).unwrap();
        for (path, text) in views() {
            let text = without_data(&text);
            let found = pattern.find(&text).map(|found| found.as_str());
            assert_eq!(found, None, "{path}: {why}");
        }
    }
}

#[test]
fn the_linter_finds_what_it_looks_for() {
    for bad in [
        "<style>a{}</style>",
        "<p style=\"x\">",
        "<script>alert(1)</script>",
        "<script type=\"application/ld+json\">{{ x }}</script>",
        "<script type=\"application/ld+json\">{{ x|tojson }}{{ y }}</script>",
        "<script type=\"module\">{{ x|tojson }}</script>",
        "<p onclick=\"x\">",
        "<img src=x\" onerror=alert(1)>",
        "<p hx-on:click=\"x\">",
        "<a href=\"javascript:x\">",
        "<p hx-vals='js:{a: 1}'>",
        "<p hx-trigger=\"click[ctrlKey]\">",
        "<img src=\"//cdn.test/x\">",
        "<link rel=stylesheet href=\"https://cdn.test/x\">",
        "<p class={{ x }}>",
        "{% autoescape false %}",
    ] {
        let found = REFUSED
            .iter()
            .any(|(pattern, _)| Regex::new(pattern).unwrap().is_match(&without_data(bad)));
        assert!(found, "{bad}");
    }
    for good in [
        "<script src=\"{{ asset(\"app.js\") }}\" defer></script>",
        "<script type=\"application/ld+json\">{{ {\"a\": x}|tojson }}</script>",
        "<p class=\"{{ x }}\">",
        "{% if confirmation == 1 %}",
    ] {
        for (pattern, why) in REFUSED {
            assert!(
                !Regex::new(pattern).unwrap().is_match(&without_data(good)),
                "{good}: {why}"
            );
        }
    }
}

#[test]
fn nothing_is_marked_as_safe() {
    let safe = Regex::new(r"\|\s*safe\b|\bSafe\b").unwrap();
    for (path, text) in views() {
        assert!(
            !safe.is_match(&text) || MAY_SAY_SAFE.contains(&path.as_str()),
            "{path}"
        );
    }
    for (path, text) in files("src", "rs") {
        let text = code_with_strings(&text);
        assert!(
            !text.contains("from_safe_string"),
            "{path} makes a safe string"
        );
    }
}

#[tokio::test]
async fn every_template_parses_in_both_languages() {
    let app = TestApp::new().await;
    for lang in [Lang::En, Lang::Tr] {
        for (path, _) in views() {
            if let Err(error) = app.templates.environment(lang).get_template(&path) {
                panic!("{path}: {error:#}");
            }
        }
    }
}

#[test]
fn every_template_is_used_and_every_one_that_is_named_exists() {
    let name = Regex::new(r#""([a-z_]+(?:/[a-z_]+)+\.html)""#).unwrap();
    let letter = Regex::new(r#""([a-z_]+/emails/[a-z_]+)""#).unwrap();
    let mut named = BTreeSet::new();
    for (_, text) in views() {
        named.extend(name.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    for (_, text) in files("src", "rs") {
        let text = code_with_strings(&text);
        named.extend(name.captures_iter(&text).map(|found| found[1].to_owned()));
        // A letter is named once for its two forms.
        let letters = letter.captures_iter(&text);
        named.extend(letters.map(|found| format!("{}.html", &found[1])));
    }
    // A letter is named without the ending of its two parts.
    let letter = Regex::new(r#""([a-z_]+/emails/[a-z_]+)""#).unwrap();
    for (_, text) in files("src", "rs") {
        for found in letter.captures_iter(&code_with_strings(&text)) {
            named.insert(format!("{}.html", &found[1]));
        }
    }
    let there: BTreeSet<String> = views().into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        there.difference(&named).collect::<Vec<_>>(),
        [""; 0],
        "nobody uses these"
    );
    assert_eq!(
        named.difference(&there).collect::<Vec<_>>(),
        [""; 0],
        "these are missing"
    );
}

#[tokio::test]
async fn a_letter_has_both_parts_and_each_parses() {
    let app = TestApp::new().await;
    let texts: Vec<String> = files("views", "txt")
        .into_iter()
        .map(|(path, _)| path.trim_start_matches("views/").to_owned())
        .collect();
    let mut letters = 0;
    for (path, _) in views() {
        if path.contains("/emails/") {
            letters += 1;
            let text = path.replace(".html", ".txt");
            assert!(texts.contains(&text), "{text} is missing");
        }
    }
    assert!(letters > 0);
    for path in texts {
        assert!(
            views()
                .iter()
                .any(|(other, _)| *other == path.replace(".txt", ".html")),
            "{path} is alone"
        );
        for lang in [Lang::En, Lang::Tr] {
            if let Err(error) = app.templates.environment(lang).get_template(&path) {
                panic!("{path}: {error:#}");
            }
        }
    }
}

#[test]
fn every_macro_is_used_and_imported_where_it_is_used() {
    let import = Regex::new(r#"\{%-?\s*from "([^"]+)" import ([^%]+?)\s*-?%\}"#).unwrap();
    let definition = Regex::new(r"\{%-?\s*macro (\w+)\(").unwrap();
    let mut imported = BTreeSet::new();
    for (path, text) in views() {
        for found in import.captures_iter(&text) {
            for member in found[2].split(',') {
                let mut words = member.split_whitespace();
                let name = words.next().unwrap();
                let local = words.last().unwrap_or(name);
                imported.insert((found[1].to_owned(), name.to_owned()));
                let calls = Regex::new(&format!(r"\b{local}\("))
                    .unwrap()
                    .find_iter(&text)
                    .count();
                assert!(calls > 0, "{path} imports {name} for nothing");
            }
        }
    }
    for (path, text) in views() {
        for found in definition.captures_iter(&text) {
            let name = &found[1];
            let at_home = Regex::new(&format!(r"\{{\{{-?\s*{name}\("))
                .unwrap()
                .is_match(&text);
            let is_used = at_home || imported.contains(&(path.clone(), name.to_owned()));
            assert!(is_used, "nobody uses {name} of {path}");
        }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    // Expressions inside a value hold quotes of their own.
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let mut depth = 0;
    let mut value = String::new();
    let mut rest = tag[start..].chars().peekable();
    while let Some(char) = rest.next() {
        match (char, rest.peek()) {
            ('{', Some('{' | '%')) => depth += 1,
            ('}' | '%', Some('}')) if depth > 0 => depth -= 1,
            ('"', _) if depth == 0 => return Some(value),
            _ => {}
        }
        value.push(char);
    }
    None
}

/// Every tag with an `hx-get` or `hx-post`, cut out with the expressions in it.
fn htmx_tags(text: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for (at, _) in text.match_indices('<') {
        let mut depth = 0;
        let mut tag = String::new();
        let mut rest = text[at..].chars().peekable();
        while let Some(char) = rest.next() {
            match (char, rest.peek()) {
                ('{', Some('{' | '%')) => depth += 1,
                ('}' | '%', Some('}')) if depth > 0 => depth -= 1,
                ('>', _) if depth == 0 => break,
                _ => {}
            }
            tag.push(char);
            if tag.len() > 2000 {
                break;
            }
        }
        if tag.contains(" hx-get=") || tag.contains(" hx-post=") {
            tags.push(tag);
        }
    }
    tags
}

#[test]
fn whatever_htmx_does_works_without_it() {
    let mut seen = 0;
    for (path, text) in views() {
        for tag in htmx_tags(&text) {
            seen += 1;
            let (get, post) = (attribute(&tag, "hx-get"), attribute(&tag, "hx-post"));
            if tag.starts_with("<a ") {
                assert_eq!(attribute(&tag, "href"), get, "{path}: {tag}");
                assert_eq!(post, None, "{path}: a link changes nothing");
            } else if tag.starts_with("<form ") {
                assert_eq!(
                    attribute(&tag, "action"),
                    get.clone().or(post.clone()),
                    "{path}: {tag}"
                );
                let method = attribute(&tag, "method");
                assert_eq!(
                    method.as_deref(),
                    Some(if post.is_some() { "post" } else { "get" }),
                    "{path}"
                );
            } else {
                // A hint that comes by itself: the form's own check says the same when it is sent. A page that
                // follows what happens: loading it again shows the same. What the editor keeps meanwhile, and shows
                // beside it, or in another language: a button does the same.
                assert!(
                    ["similar", "jobs", "kept", "preview-side", "f-lang"]
                        .iter()
                        .any(|id| tag.contains(&format!("id=\"{id}\""))),
                    "{path}: {tag}"
                );
            }
            assert!(attribute(&tag, "hx-target").is_some(), "{path}: {tag}");
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn a_form_that_changes_something_can_be_sent_once_only() {
    let form = Regex::new(r"<form\b[^>]*hx-post=").unwrap();
    for (path, text) in views() {
        for tag in htmx_tags(&text)
            .into_iter()
            .filter(|tag| form.is_match(&format!("{tag}>")))
        {
            // All of them, where there are several ways to send one.
            let disabled = attribute(&tag, "hx-disable");
            assert!(
                matches!(disabled.as_deref(), Some("find button" | "findAll button")),
                "{path}: {tag}"
            );
        }
    }
}

#[test]
fn scripts_and_styles_of_ours_load_nothing_from_elsewhere() {
    let elsewhere =
        Regex::new(r#"(?i)(url\(|@import|import\s*\(|importScripts|fetch\()\s*["']?(https?:)?//"#)
            .unwrap();
    let evaluates = Regex::new(
        r"\beval\(|new Function\(|document\.write|innerHTML\s*=|outerHTML\s*=|insertAdjacentHTML",
    )
    .unwrap();
    for (path, text) in files("assets/css", "css")
        .into_iter()
        .chain(files("assets/js", "js"))
    {
        assert!(!elsewhere.is_match(&text), "{path}");
        assert!(
            !evaluates.is_match(&text),
            "{path}: {:?}",
            evaluates.find(&text)
        );
    }
}

#[test]
fn htmx_is_told_the_same_on_every_page_that_loads_it() {
    let told = Regex::new("<meta name=\"htmx-config\" content='([^']*)'>").unwrap();
    let mut pages = 0;
    for (name, text) in files("views", "html") {
        assert!(!text.contains("hx-config"), "{name} tells something else");
        if !text.contains("htmx.js") {
            assert!(!told.is_match(&text), "{name}");
            continue;
        }
        pages += 1;
        let found: Vec<_> = told.captures_iter(&text).collect();
        assert_eq!(found.len(), 1, "{name}");
        let config: serde_json::Value = serde_json::from_str(&found[0][1]).unwrap();
        // Our own origin alone, no page kept by the browser, no styles of htmx's.
        assert_eq!(config["mode"], "same-origin", "{name}");
        assert_eq!(config["history"], "reload", "{name}");
        assert_eq!(config["includeIndicatorCSS"], false, "{name}");
        assert!(
            config["defaultTimeout"]
                .as_u64()
                .is_some_and(|wait| wait <= 30_000)
        );
    }
    assert!(pages >= 1);
}
