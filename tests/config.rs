//! The configuration and the files that carry it to servers.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    process::Command,
};

use prosektorweb::{
    config::{Config, Problem},
    routes,
};
use regex::Regex;
use serde_json::Value;

use crate::support::source::{code_with_strings, read, root};

const SECRET: &str = "kT8rWqZ2xVbN5mLp9sDfGh3jKcYu7eRa";

fn parsed(variables: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
    let variables: HashMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Config::from_variables(&variables)
}

fn problems(variables: &[(&str, &str)]) -> Vec<Problem> {
    parsed(variables).expect_err("something is wrong")
}

fn named(problems: &[Problem]) -> BTreeSet<&str> {
    problems.iter().map(|problem| problem.name).collect()
}

/// The variables that the configuration asks for, as its source names them.
fn read_by_config() -> BTreeSet<String> {
    let name = Regex::new(r#""([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)""#).unwrap();
    let source = code_with_strings(&read("src/config.rs"));
    name.captures_iter(&source)
        .map(|found| found[1].to_owned())
        .collect()
}

#[test]
fn nothing_set_is_development_on_this_machine() {
    let config = parsed(&[]).unwrap();
    assert!(!config.is_production() && !config.is_https());
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.base_url.as_str(), "http://localhost:3000/");
    assert!(
        config
            .database_file()
            .unwrap()
            .ends_with("var/prosektorweb.db")
    );
    assert!(config.demo && config.migrate_on_start);
    assert!(config.redis_url.is_none() && config.smtp.is_none() && config.metrics_addr.is_none());
    // An empty value is no value: compose files and `.env` hold many.
    let empty: Vec<(String, String)> = read_by_config()
        .into_iter()
        .map(|name| (name, "  ".into()))
        .collect();
    let empty: Vec<(&str, &str)> = empty
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(parsed(&empty).unwrap().summary(), config.summary());
}

#[test]
fn every_wrong_value_is_named_at_once_with_how_to_mend_it() {
    let wrong = [
        ("APP_ENV", "staging"),
        ("HOST", "localhost:80"),
        ("PORT", "70000"),
        ("BASE_URL", "office.example"),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", "postgres://x/y"),
        ("REDIS_URL", "http://redis"),
        ("CACHE_PURGE_SHAPE", "squid"),
        ("SMTP_URL", "mail.example"),
        ("SMTP_CA_FILE", "/nowhere/ca.pem"),
        ("SMTP_TIMEOUT_SECONDS", "11"),
        ("MAIL_FROM", "not an address"),
        ("OPENAI_BASE_URL", "ftp://x"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, somewhere"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("METRICS_ADDR", "9100"),
        ("RATE_LIMIT_SCALE", "0"),
        ("RATE_LIMIT_SIGN_IN", "often"),
        ("REDIS_CA_FILE", "/no/such/file"),
        ("MIGRATE_ON_START", "perhaps"),
    ];
    let found = problems(&wrong);
    let expected: BTreeSet<&str> = wrong.iter().map(|(name, _)| *name).collect();
    assert_eq!(named(&found), expected);
    for problem in &found {
        assert!(
            !problem.what.is_empty() && problem.mend.len() > 8,
            "{problem}"
        );
        assert!(problem.to_string().starts_with(problem.name));
    }
}

#[test]
fn odd_values_of_one_variable_are_refused_one_by_one() {
    for (name, values) in [
        ("PORT", &["0x50", "-1", "65536", "3000 3001"][..]),
        (
            "BASE_URL",
            &[
                "https://office.example/app",
                "https://u:p@office.example",
                "https://office.example/?a",
                "ftp://x",
                "//x",
            ],
        ),
        (
            "DATABASE_URL",
            &[
                "sqlite:",
                "sqlite::memory:",
                "mysql://u:p@h",
                "mysql://",
                "oracle:x",
            ],
        ),
        (
            "SMTP_URL",
            &[
                "smtp://",
                "http://mail.example",
                "smtp://u@mail.example",
                "smtp://mail.example?tls=maybe",
                "smtps://mail.example?tls=none",
                "smtp://mail.example/path",
            ],
        ),
        (
            "CACHE_PURGE_URL",
            &["varnish:6081", "ftp://x", "https://u:p@cache.example/"],
        ),
        ("CACHE_PURGE_TOKEN", &["a-token-for-nothing"]),
        ("SMTP_TIMEOUT_SECONDS", &["0", "-1", "x"]),
        ("RATE_LIMIT_SCALE", &["-1", "NaN", "inf", "fast"]),
        ("RATE_LIMIT_AI", &["10", "0/60", "10/0", "-1/60", "1/86401"]),
        ("SECRET_KEY", &["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]),
        ("MAIL_FROM", &["a@b,c@d", "a@b\r\nBcc: x@y"]),
        ("TRUSTED_PROXIES", &["10.0.0.0/33", "::1/129", "proxy"]),
        (
            "REDIS_URL",
            &["redis", "redis://", "http://x", "rediss://x/#insecure"],
        ),
    ] {
        for value in values {
            let varnish = ("CACHE_PURGE_SHAPE", "varnish");
            let found = problems(&[varnish, (name, value)]);
            assert_eq!(named(&found), BTreeSet::from([name]), "{name}={value}");
        }
    }
    let sample = Regex::new(r"(?m)^# SECRET_KEY=(.+)$").unwrap();
    let example = read(".env.example");
    let sample = &sample.captures(&example).unwrap()[1];
    assert_eq!(
        named(&problems(&[("SECRET_KEY", sample)])),
        BTreeSet::from(["SECRET_KEY"])
    );
}

#[test]
fn no_secret_is_ever_printed() {
    let canaries = [
        ("SECRET_KEY", "canary-short"),
        ("DATABASE_URL", "mysql://user:canary@host:notaport/name"),
        ("REDIS_URL", "rediss//user:canary@host"),
        ("SMTP_URL", "smtp//user:canary@host"),
        ("OPENAI_BASE_URL", "canary"),
    ];
    let found = problems(&canaries);
    assert!(found.len() >= 4);
    for problem in found {
        assert!(
            !format!("{problem} {problem:?}").contains("canary"),
            "{problem}"
        );
    }
    let config = parsed(&[
        ("SECRET_KEY", "canary-with-enough-characters-0123456789"),
        ("DATABASE_URL", "mysql://user:canary@db.example:3306/name"),
        ("REDIS_URL", "rediss://user:canary@redis.example:6379"),
        ("CACHE_PURGE_URL", "https://cache.example/purge"),
        ("CACHE_PURGE_TOKEN", "canary"),
        ("SMTP_URL", "smtps://user:canary@mail.example:465"),
        ("MAIL_FROM", "office@mail.example"),
        ("OPENAI_API_KEY", "canary"),
    ])
    .unwrap();
    for line in config.summary() {
        assert!(!line.contains("canary"), "{line}");
    }
    for secret in [
        Some(&config.secret_key),
        config.redis_url.as_ref(),
        config.openai.api_key.as_ref(),
    ] {
        assert!(!format!("{:?}", secret.unwrap()).contains("canary"));
        assert!(secret.unwrap().expose().contains("canary"));
    }
    let smtp = config.smtp.as_ref().unwrap();
    assert!(!format!("{config:?}").contains("canary"));
    assert_eq!(smtp.login.as_ref().unwrap().password, "canary");
}

#[test]
fn production_demands_what_it_needs_and_has_no_demo() {
    let cloudflare = problems(&[("CACHE_PURGE_URL", "https://cache.example/")]);
    assert_eq!(named(&cloudflare), BTreeSet::from(["CACHE_PURGE_TOKEN"]));
    let found = problems(&[("APP_ENV", "production")]);
    assert_eq!(named(&found), BTreeSet::from(["BASE_URL", "SECRET_KEY"]));
    let insecure = [
        ("APP_ENV", "production"),
        ("BASE_URL", "http://office.example"),
        ("SECRET_KEY", SECRET),
    ];
    assert_eq!(named(&problems(&insecure)), BTreeSet::from(["BASE_URL"]));
    let config = parsed(&[
        ("APP_ENV", "production"),
        ("BASE_URL", "https://office.example"),
        ("SECRET_KEY", SECRET),
    ])
    .unwrap();
    assert!(config.is_production() && config.is_https());
    assert!(!config.demo && !config.migrate_on_start);
    assert_eq!(config.listen.to_string(), "0.0.0.0:3000");
    let development = parsed(&[("DATABASE_URL", "mysql://u:p@h/n")]).unwrap();
    assert!(
        !development.demo,
        "the cast is in no shared database by itself"
    );
}

#[test]
fn the_example_lists_exactly_the_variables_that_are_read() {
    let line = Regex::new(r"(?m)^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$").unwrap();
    let example = read(".env.example");
    let mut listed = BTreeMap::new();
    for found in line.captures_iter(&example) {
        let earlier = listed.insert(found[1].to_owned(), found[2].to_owned());
        assert_eq!(earlier, None, "{} is there twice", &found[1]);
    }
    let names: BTreeSet<String> = listed.keys().cloned().collect();
    assert_eq!(names, read_by_config());
    // As it stands it is development's own configuration.
    let set = Regex::new(r"(?m)^([A-Z][A-Z0-9_]*)=(.*)$").unwrap();
    let variables: Vec<(String, String)> = set
        .captures_iter(&example)
        .map(|found| (found[1].to_owned(), found[2].to_owned()))
        .collect();
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        parsed(&variables).unwrap().summary(),
        parsed(&[]).unwrap().summary()
    );
}

// ---- the program

fn program(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_prosektorweb"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

#[test]
fn check_config_tells_what_is_wrong_and_does_nothing_else() {
    let (code, text) = program(&["check-config"], &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("SQLite at var/prosektorweb.db"), "{text}");
    let (code, text) = program(
        &["check-config"],
        &[
            ("APP_ENV", "production"),
            ("PORT", "x"),
            ("SECRET_KEY", "canary"),
            ("DATABASE_URL", "mysql://u:canary@h"),
        ],
    );
    assert_ne!(code, 0);
    for name in ["BASE_URL", "PORT", "SECRET_KEY", "DATABASE_URL"] {
        assert_eq!(
            text.lines()
                .filter(|line| line.trim_start().starts_with(&format!("{name}:")))
                .count(),
            1,
            "{text}"
        );
    }
    assert!(!text.contains("canary"), "{text}");
    for command in ["serve", "migrate", "seed"] {
        let (code, text) = program(&[command], &[("PORT", "x")]);
        assert_ne!(code, 0, "{command}");
        assert!(text.contains("PORT"), "{command}: {text}");
    }
}

#[test]
fn demo_data_is_refused_in_production() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let variables = [
        ("APP_ENV", "production"),
        ("BASE_URL", "https://office.example"),
        ("SECRET_KEY", SECRET),
        ("DATA_DIR", data),
    ];
    let (code, text) = program(&["migrate"], &variables);
    assert_eq!(code, 0, "{text}");
    let (code, _) = program(&["seed"], &variables);
    assert_ne!(code, 0);
}

/// Whether the program has such a subcommand.
fn is_subcommand(name: &str) -> bool {
    program(&[name, "--help"], &[]).0 == 0
}

// ---- packaging

fn toml_file(path: &str) -> Value {
    let value: toml::Value = toml::from_str(&read(path)).unwrap();
    serde_json::to_value(value).unwrap()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn has_url(path: &str) -> bool {
    routes::table()
        .lines()
        .iter()
        .any(|line| line.path == path && line.method == "GET")
}

#[test]
fn fly_runs_what_there_is() {
    let fly = toml_file("fly.toml");
    let env = fly["env"].as_object().unwrap();
    let known = read_by_config();
    for name in env.keys() {
        assert!(
            known.contains(name),
            "fly.toml sets {name}, which nobody reads"
        );
    }
    let mut variables: Vec<(String, String)> = env
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    variables.push(("SECRET_KEY".into(), SECRET.into()));
    variables.push(("BASE_URL".into(), "https://prosektorweb.fly.dev".into()));
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let config = parsed(&variables).unwrap();
    assert!(config.is_production() && config.migrate_on_start);
    assert_eq!(
        config.data_dir.to_str(),
        fly["mounts"]["destination"].as_str()
    );

    let command = fly["deploy"]["release_command"].as_str().unwrap();
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("prosektorweb"));
    assert!(is_subcommand(words.next().unwrap()), "{command}");

    let port = u64::from(config.listen.port());
    assert_eq!(fly["http_service"]["internal_port"].as_u64(), Some(port));
    assert_eq!(fly["checks"]["alive"]["port"].as_u64(), Some(port));
    for check in [&fly["http_service"]["checks"][0], &fly["checks"]["alive"]] {
        let path = check["path"].as_str().unwrap();
        assert!(has_url(path), "{path}");
    }
    assert!(
        root()
            .join(fly["build"]["dockerfile"].as_str().unwrap())
            .is_file()
    );
    let seconds: u64 = fly["kill_timeout"]
        .as_str()
        .unwrap()
        .trim_end_matches('s')
        .parse()
        .unwrap();
    assert!(seconds >= 30, "draining takes up to half a minute");
}

#[test]
fn compose_starts_two_instances_that_fit_together() {
    let compose: Value = serde_saphyr::from_str(&read("compose.yaml")).unwrap();
    let services = compose["services"].as_object().unwrap();
    let names: BTreeSet<&str> = services.keys().map(String::as_str).collect();
    let ours: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| services[*name]["image"] == "prosektorweb")
        .collect();
    assert_eq!(ours, ["app1", "app2", "migrate", "worker"]);
    assert!(names.contains("mariadb") && names.contains("redis") && names.contains("proxy"));
    let known = read_by_config();
    for name in &ours {
        let environment = services[*name]["environment"].as_object().unwrap();
        let mut variables = Vec::new();
        for (variable, value) in environment {
            assert!(
                known.contains(variable),
                "compose.yaml sets {variable}, which nobody reads"
            );
            variables.push((variable.clone(), filled(&text(value))));
        }
        let variables: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let config = parsed(&variables).unwrap();
        assert!(
            config.is_production()
                && config.redis_url.is_some()
                && config.database_file().is_none()
        );
        assert_eq!(
            config.trusted_proxies[0].to_string(),
            compose["networks"]["default"]["ipam"]["config"][0]["subnet"]
                .as_str()
                .unwrap(),
            "the proxy is in this network"
        );
    }
    for (name, service) in services {
        if let Some(needs) = service["depends_on"].as_object() {
            for (other, how) in needs {
                assert!(names.contains(other.as_str()), "{name} waits for {other}");
                if how["condition"] == "service_healthy" && !other.starts_with("app") {
                    assert!(
                        services[other]["healthcheck"]["test"].is_array(),
                        "{other} cannot be healthy"
                    );
                }
            }
        }
        if name == "migrate" {
            let command: Vec<&str> = service["command"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            assert_eq!(command, ["prosektorweb", "migrate"]);
            assert!(is_subcommand(command[1]));
        }
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let volume = volume.as_str().unwrap().split(':').next().unwrap();
            assert!(compose["volumes"].get(volume).is_some(), "{name}: {volume}");
        }
    }
    let proxy = compose["configs"]["caddyfile"]["content"].as_str().unwrap();
    for upstream in Regex::new(r"(\w+):(\d+)")
        .unwrap()
        .captures_iter(&proxy[proxy.find("reverse_proxy").unwrap()..])
    {
        assert!(ours.contains(&&upstream[1]), "{}", &upstream[1]);
        assert_eq!(upstream[2], image_environment()["PORT"]);
    }
    let health = Regex::new(r"health_uri (\S+)").unwrap();
    assert!(has_url(&health.captures(proxy).unwrap()[1]));
}

/// A value of a compose file with its variables set.
fn filled(value: &str) -> String {
    let variable = Regex::new(r"\$\{(\w+)(?::[-?]([^}]*))?\}").unwrap();
    let filled = variable.replace_all(value, |found: &regex::Captures| match &found[1] {
        "SECRET_KEY" => SECRET.to_owned(),
        "DB_PASSWORD" => "0123456789abcdef".to_owned(),
        "BASE_URL" => found[2].to_owned(),
        other => panic!("nobody says what {other} is"),
    });
    filled.into_owned()
}

/// The instructions of the image's recipe, with continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let text = read("Dockerfile").replace("\\\n", " ");
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, rest) = line.split_once(' ').unwrap();
            (
                name.to_owned(),
                rest.split_whitespace().collect::<Vec<_>>().join(" "),
            )
        })
        .collect()
}

/// What the last stage sets.
fn image_environment() -> BTreeMap<String, String> {
    let instructions = instructions();
    let last = instructions
        .iter()
        .rposition(|(name, _)| name == "FROM")
        .unwrap();
    let mut environment = BTreeMap::new();
    for (_, rest) in instructions[last..]
        .iter()
        .filter(|(name, _)| name == "ENV")
    {
        for pair in rest.split(' ') {
            let (name, value) = pair.split_once('=').unwrap();
            environment.insert(name.to_owned(), value.to_owned());
        }
    }
    environment
}

#[test]
fn the_image_is_small_runs_as_nobody_and_knows_whether_it_lives() {
    let all = instructions();
    let known = [
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "ENV",
        "USER",
        "VOLUME",
        "EXPOSE",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "CMD",
    ];
    for (name, rest) in &all {
        assert!(known.contains(&name.as_str()), "{name} {rest}");
    }
    let stages = all.iter().filter(|(name, _)| name == "FROM").count();
    assert!(stages >= 2, "the build is in no layer of the result");
    let last = all.iter().rposition(|(name, _)| name == "FROM").unwrap();
    let of = |wanted: &str| {
        all[last..]
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, rest)| rest.as_str())
    };
    assert!(!["root", "0"].contains(&of("USER").unwrap()));
    assert_eq!(of("STOPSIGNAL"), Some("SIGTERM"));
    for command in [of("CMD").unwrap(), of("HEALTHCHECK").unwrap()] {
        let words: Vec<String> =
            serde_json::from_str(&command[command.find('[').unwrap()..]).unwrap();
        assert_eq!(words[0], "prosektorweb");
        assert!(is_subcommand(&words[1]), "{command}");
    }
    let environment = image_environment();
    let read = read_by_config();
    assert!(environment.keys().all(|name| read.contains(name)));
    assert_eq!(of("EXPOSE"), environment.get("PORT").map(String::as_str));
    assert_eq!(
        of("VOLUME"),
        environment.get("DATA_DIR").map(String::as_str)
    );
    for (_, rest) in all.iter().filter(|(name, _)| name == "COPY") {
        if rest.starts_with("--from") {
            continue;
        }
        let mut sources: Vec<&str> = rest.split(' ').collect();
        sources.pop();
        for source in sources {
            assert!(root().join(source).exists(), "COPY {source}");
        }
    }
    let compiler = Regex::new(r"rust:(\d+)\.(\d+)").unwrap();
    let from = all
        .iter()
        .find_map(|(_, rest)| compiler.captures(rest))
        .unwrap();
    let manifest = toml_file("Cargo.toml");
    let wanted: Vec<u32> = text(&manifest["package"]["rust-version"])
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert!(
        (
            from[1].parse::<u32>().unwrap(),
            from[2].parse::<u32>().unwrap()
        ) >= (wanted[0], wanted[1])
    );
}

#[test]
fn the_image_is_built_from_what_the_build_reads() {
    let ignored = read_dockerignore();
    for needed in [
        ".cargo/config.toml",
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
        "package.json",
        "package-lock.json",
        "src",
        "views",
        "assets",
        "migrations",
        "seeds",
    ] {
        assert!(ignored.contains(&format!("!{needed}")), "{needed}");
        assert!(root().join(needed).exists(), "{needed}");
    }
    assert!(
        ignored.contains("*"),
        "all else stays out: .env, .git, var, target"
    );
}

fn read_dockerignore() -> BTreeSet<String> {
    read(".dockerignore")
        .lines()
        .map(str::trim)
        .map(str::to_owned)
        .collect()
}
