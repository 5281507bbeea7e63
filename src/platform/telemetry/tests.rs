//! Logs from the event to the written line.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::{self, Display},
    io::{self, Write},
    panic,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use chrono::DateTime;
use serde::Serialize;
use serde_json::{Value, json};
use tracing::{Instrument as _, error, info, info_span, subscriber::with_default, warn};

use super::{
    Format, Options, build, json, log_panic,
    redact::{REDACTED, VALUE_LIMIT, clean, is_sensitive},
    spawn, spawn_blocking,
    style::LINE_LIMIT,
};

#[derive(Clone, Default)]
pub(super) struct Sink {
    pub(super) bytes: Arc<Mutex<Vec<u8>>>,
    pub(super) delay: Duration,
}

impl Sink {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        thread::sleep(self.delay);
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn options(level: &str) -> Options {
    Options {
        level: level.to_owned(),
        ..Options::default()
    }
}

fn logged_with(options: &Options, work: impl FnOnce()) -> String {
    let sink = Sink::default();
    let (subscriber, guard) = build(options, sink.clone());
    with_default(subscriber, work);
    drop(guard);
    sink.text()
}

pub(super) fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn logged(work: impl FnOnce()) -> Vec<Value> {
    lines(&logged_with(&options("info"), work))
}

#[test]
fn a_line_has_the_agreed_members_in_order() {
    let text = logged_with(&options("info"), || {
        let _span = info_span!("request", request_id = "r-1", method = "GET").entered();
        info!(status = 200, took = 1.5, fresh = true, "answered");
    });
    let (time, rest) = text
        .strip_prefix("{\"time\":\"")
        .and_then(|rest| rest.split_once('"'))
        .unwrap();
    assert_eq!(time.len(), "2026-01-01T00:00:00.000Z".len());
    assert!(DateTime::parse_from_rfc3339(time).is_ok() && time.ends_with('Z'));
    assert_eq!(
        rest,
        ",\"level\":\"info\",\"service\":\"prosektorweb\",\"requestId\":\"r-1\",\
         \"message\":\"answered\",\"status\":200,\"took\":1.5,\"fresh\":true,\"method\":\"GET\"}\n"
    );
}

#[test]
fn the_event_wins_over_the_span_and_the_near_span_over_the_far() {
    let lines = logged(|| {
        let _far = info_span!("far", request_id = "far", a = 1, b = 1, c = 1).entered();
        let near = info_span!("near", request_id = "near", b = 2, c = 2, later = 0);
        near.record("later", 7);
        let _near = near.entered();
        info!(c = 3, time = "mine", "x");
    });
    let line = &lines[0];
    assert_eq!(line["requestId"], "near");
    assert_eq!((&line["a"], &line["b"]), (&json!(1), &json!(2)));
    assert_eq!((&line["c"], &line["later"]), (&json!(3), &json!(7)));
    assert_eq!(line["time_"], "mine");
}

#[test]
fn there_is_no_request_id_outside_a_request() {
    assert_eq!(logged(|| info!("x"))[0].get("requestId"), None);
}

#[test]
fn a_quiet_filter_keeps_the_request_id() {
    let text = logged_with(&options("warn"), || {
        let _span = info_span!("request", request_id = "r-1").entered();
        info!("hidden");
        warn!("seen");
    });
    let lines = lines(&text);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["requestId"], "r-1");
    assert_eq!(lines[0]["level"], "warn");
}

#[test]
fn sensitive_names_are_redacted_in_every_spelling() {
    for name in [
        "password",
        "userPassword",
        "PASSWD",
        "X-Auth-Token",
        "reset_token",
        "client.secret",
        "Authorization",
        "set-cookie",
        "e_mail",
        "E-Mail",
        "contactPhone",
        "ip_address",
        "TCKN",
        "t_c_k_n",
    ] {
        assert!(is_sensitive(name), "{name}");
    }
    for name in ["status", "path", "addr", "mailer", "company", "id", ""] {
        assert!(!is_sensitive(name), "{name}");
    }
    let text = logged_with(&options("info"), || {
        let _span = info_span!("s", sessionToken = "canary1").entered();
        info!(password = "canary2", phone = 905_551_112_233_u64, tckn = ?Some("canary3"), "x");
    });
    assert!(!text.contains("canary") && !text.contains("905"), "{text}");
    assert_eq!(lines(&text)[0]["phone"], REDACTED);
}

#[test]
fn json_in_a_field_is_redacted_at_any_depth() {
    #[derive(Serialize)]
    struct Draft {
        name: &'static str,
        contacts: Vec<BTreeMap<&'static str, &'static str>>,
    }
    let draft = Draft {
        name: "Acme",
        contacts: vec![BTreeMap::from([
            ("workEmail", "canary"),
            ("role", "ask ada@acme.tr"),
        ])],
    };
    let within = json!({ "a": [{ "b": { "accessToken": { "value": "canary" } } }] });
    let twice = json!({ "body": within.to_string() }).to_string();
    let text = logged_with(&options("info"), || {
        info!(draft = %json(&draft), within = ?within, twice, quoted = ?within.to_string(), "x");
    });
    assert!(!text.contains("canary"), "{text}");
    let line = &lines(&text)[0];
    assert_eq!(
        line["draft"],
        r#"{"contacts":[{"role":"ask [email]","workEmail":"[redacted]"}],"name":"Acme"}"#
    );
    assert_eq!(
        line["quoted"],
        r#"{"a":[{"b":{"accessToken":"[redacted]"}}]}"#
    );
    assert!(
        line["twice"]
            .as_str()
            .unwrap()
            .contains(r#"\"accessToken\":\"[redacted]\""#)
    );
}

#[test]
fn long_values_and_lines_are_cut() {
    let long = "ş".repeat(500_000);
    let cut = clean(&long);
    assert!(cut.len() <= VALUE_LIMIT && cut.ends_with('…'));

    let nul = "\0".repeat(1_000_000);
    let text = logged_with(&options("info"), || {
        info!(a = nul, b = %nul, c = ?nul, d = nul, last = 1, "{nul}");
    });
    assert!(text.len() <= LINE_LIMIT, "{}", text.len());
    let line = &lines(&text)[0];
    assert!(line["message"].as_str().unwrap().starts_with('\0'));
    assert_eq!((&line["d"], &line["last"]), (&json!("…"), &json!(1)));
}

#[test]
fn hostile_text_stays_one_line_without_terminal_codes() {
    let hostile =
        "a\n{\"level\":\"info\"}\r\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}\u{9b}2J\0\u{85}z";
    for format in [Format::Json, Format::Pretty] {
        let options = Options {
            format,
            ..Options::default()
        };
        let text = logged_with(&options, || {
            info!(client = hostile, "{hostile}");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            text.trim_end().chars().all(|char| !char.is_control()),
            "{text:?}"
        );
        assert!(!text.contains("31m") && !text.contains("title"), "{text}");
        if format == Format::Json {
            let line = &lines(&text)[0];
            assert_eq!(line["client"], "a\n{\"level\":\"info\"}\rred\0\u{85}z");
            assert_eq!(line["message"], line["client"]);
        }
    }
}

#[test]
fn pretty_lines_are_for_people_and_redacted_too() {
    let options = Options {
        format: Format::Pretty,
        ..Options::default()
    };
    let text = logged_with(&options, || {
        warn!(password = "canary", path = "/a b", "slow for ada@acme.tr");
    });
    assert_eq!(
        text.split_once(' ').unwrap().1,
        " WARN  slow for [email]  password=\"[redacted]\"  path=\"/a b\"\n"
    );
}

#[test]
fn errors_show_their_sources() {
    #[derive(Debug)]
    struct Outer(io::Error);
    impl Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cannot save")
        }
    }
    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    let err = Outer(io::Error::other("disk full"));
    let lines = logged(|| error!(error = &err as &dyn Error, "x"));
    assert_eq!(lines[0]["error"], "cannot save: disk full");
}

#[test]
fn a_panic_is_one_error_line() {
    let text = logged_with(&options("info"), || {
        let before = panic::take_hook();
        panic::set_hook(Box::new(log_panic));
        let _span = info_span!("request", request_id = "r-9").entered();
        let result = panic::catch_unwind(|| panic!("no row for {}", "ada@acme.tr"));
        panic::set_hook(before);
        assert!(result.is_err());
    });
    let lines = lines(&text);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["level"], "error");
    assert_eq!(lines[0]["message"], "panicked: no row for [email]");
    assert_eq!(lines[0]["requestId"], "r-9");
    assert!(lines[0]["location"].as_str().unwrap().contains("tests.rs:"));
}

#[test]
fn spawned_work_keeps_the_request_id() {
    let lines = logged(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(
            async {
                spawn(async { info!("spawned") }).await.unwrap();
                let dispatch = tracing::dispatcher::get_default(Clone::clone);
                spawn_blocking(move || {
                    tracing::dispatcher::with_default(&dispatch, || info!("blocking"));
                })
                .await
                .unwrap();
            }
            .instrument(info_span!("request", request_id = "r-2")),
        );
    });
    assert_eq!(lines[0]["requestId"], "r-2");
    assert_eq!(lines[1]["message"], "blocking");
    assert_eq!(lines[1]["requestId"], "r-2");
}
