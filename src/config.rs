//! The environment, read once into typed values; every mistake is named together with how to mend it.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use chrono::TimeDelta;
use ipnet::IpNet;
use url::Url;

use crate::{
    platform::{
        db,
        limits::{Rate, Tier, Tiers},
        mail, purge, redis,
        telemetry::{self, Format},
    },
    types::Email,
};

/// The value that `.env.example` shows; nobody may run with it.
const SAMPLE_SECRET: &str = "replace-me-with-the-output-of-openssl-rand-base64-48";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppEnv {
    Development,
    Production,
}

/// A value that must never be printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[derive(Clone, Debug)]
pub struct Config {
    pub env: AppEnv,
    pub listen: SocketAddr,
    /// Scheme, host and port that links in mails and `Origin` checks use; never the `Host` header.
    pub base_url: Url,
    pub secret_key: Secret,
    pub database: db::Source,
    pub redis_url: Option<Secret>,
    /// Authorities (PEM) that are believed about Redis instead of the system's.
    pub redis_roots: Option<Vec<u8>>,
    /// A cache in front of the product that drops pages by their tags.
    pub outer_cache: Option<purge::Settings>,
    pub smtp: Option<mail::Server>,
    pub mail_from: Option<Email>,
    /// Who is told of messages by the contact form, instead of all administrators and the office.
    pub contact_to: Option<Email>,
    pub openai: OpenAi,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    pub log_level: String,
    pub log_format: Format,
    pub metrics_addr: Option<SocketAddr>,
    /// Multiplies every rate limit.
    pub rate_limit_scale: f64,
    /// The rate limits, multiplied already.
    pub limits: Tiers,
    pub data_dir: PathBuf,
    /// Other hosts whose images pages may show.
    pub foreign_images: Arc<[String]>,
    pub migrate_on_start: bool,
    /// Jobs that `serve` runs at once, 0 for none; in scaled mode `work` runs them.
    pub jobs_at_once: usize,
    /// A worker that is silent for so long is dead.
    pub jobs_lease: Duration,
    /// Signed out after this long without a request.
    pub session_idle: TimeDelta,
    /// The demo cast and its data; embedded development mode only.
    pub demo: bool,
}

#[derive(Clone, Debug)]
pub struct OpenAi {
    pub api_key: Option<Secret>,
    pub base_url: Url,
    pub model: String,
}

/// One wrong or missing variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub name: &'static str,
    pub what: String,
    pub mend: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.name, self.what, self.mend)
    }
}

impl Config {
    /// The process environment over the `.env` file in the working folder.
    pub fn from_env() -> Result<Self, Vec<Problem>> {
        let mut variables = HashMap::new();
        match dotenvy::from_path_iter(".env") {
            Ok(lines) => {
                for line in lines {
                    let (name, value) = line.map_err(|_| {
                        vec![Problem {
                            name: ".env",
                            what: "a line cannot be read".into(),
                            mend: "Write each as NAME=value; quote values that hold blanks or #.",
                        }]
                    })?;
                    variables.insert(name, value);
                }
            }
            Err(error) if error.not_found() => {}
            Err(_) => {
                return Err(vec![Problem {
                    name: ".env",
                    what: "the file cannot be read".into(),
                    mend: "Check its permissions, or remove it.",
                }]);
            }
        }
        variables.extend(
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that reads the environment"
            )]
            std::env::vars_os().filter_map(|(name, value)| {
                Some((
                    name.into_string().ok()?,
                    value.to_string_lossy().into_owned(),
                ))
            }),
        );
        Self::from_variables(&variables)
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one line or two per variable, in the order of the documentation"
    )]
    pub fn from_variables(variables: &HashMap<String, String>) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader {
            variables,
            problems: Vec::new(),
        };

        let env = match reader.text("APP_ENV").as_deref() {
            None | Some("development") => AppEnv::Development,
            Some("production") => AppEnv::Production,
            Some(_) => {
                reader.problem(
                    "APP_ENV",
                    "it is neither development nor production",
                    "Set APP_ENV=production on a server, or unset it.",
                );
                AppEnv::Development
            }
        };
        let production = env == AppEnv::Production;

        let default_host = IpAddr::V4(if production {
            Ipv4Addr::UNSPECIFIED
        } else {
            Ipv4Addr::LOCALHOST
        });
        let host = reader.parsed(
            "HOST",
            default_host,
            "Use an address to listen on, for example 0.0.0.0.",
        );
        let port = reader.parsed("PORT", 3000_u16, "Use a port number from 1 to 65535.");
        let base_url = reader.base_url(production, port);
        let secret_key = reader.secret_key(production);
        let data_dir = PathBuf::from(reader.text("DATA_DIR").unwrap_or_else(|| "var".into()));
        let database = match reader.text("DATABASE_URL") {
            None => db::Source::Sqlite(data_dir.join("prosektorweb.db")),
            Some(url) => db::Source::parse(&url).unwrap_or_else(|mend| {
                reader.problems.push(Problem {
                    name: "DATABASE_URL",
                    what: format!("it cannot be used: {mend}"),
                    mend: "Use sqlite:PATH or mysql://user:password@host:3306/name, or unset it for SQLite in DATA_DIR.",
                });
                db::Source::Sqlite(data_dir.join("prosektorweb.db"))
            }),
        };
        let redis_url = reader.redis_url();
        let redis_roots = reader.redis_roots();
        let outer_cache = reader.outer_cache();
        let smtp = reader.smtp();
        let mail_from = reader.mail_from(smtp.is_some());
        let contact_to = reader.contact_to();
        let openai = reader.openai();
        let trusted_proxies = reader.trusted_proxies();
        let log_level = reader.log_level();
        let log_format = match reader.text("LOG_FORMAT").as_deref() {
            None => {
                if production {
                    Format::Json
                } else {
                    Format::Pretty
                }
            }
            Some("json") => Format::Json,
            Some("pretty") => Format::Pretty,
            Some(_) => {
                reader.problem(
                    "LOG_FORMAT",
                    "it is neither json nor pretty",
                    "Set LOG_FORMAT=json or LOG_FORMAT=pretty.",
                );
                Format::Json
            }
        };
        let metrics_addr = reader.optional(
            "METRICS_ADDR",
            "Use an address with a port, for example 127.0.0.1:9100.",
        );
        let rate_limit_scale = reader.parsed(
            "RATE_LIMIT_SCALE",
            1.0_f64,
            "Use a number above 0; 1 is the normal limits.",
        );
        if !(rate_limit_scale.is_finite() && rate_limit_scale > 0.0) {
            reader.problem(
                "RATE_LIMIT_SCALE",
                "it is not a number above 0",
                "Use 1 for the normal limits.",
            );
        }
        let limits = reader.limits(rate_limit_scale);
        let migrate_on_start = reader.parsed("MIGRATE_ON_START", !production, "Use true or false.");

        let embedded = matches!(database, db::Source::Sqlite(_));
        let jobs_at_once = reader.parsed(
            "JOBS_AT_ONCE",
            if embedded { 8_usize } else { 0 },
            "Use a number from 0 to 64; with 0, serve runs no jobs.",
        );
        if jobs_at_once > 64 {
            reader.problem(
                "JOBS_AT_ONCE",
                "it is above 64",
                "Use a number from 0 to 64; more work is done by more processes.",
            );
        }
        let jobs_lease = reader.parsed(
            "JOBS_LEASE_SECONDS",
            30_u64,
            "Use a number of seconds from 1 to 3600.",
        );
        if !(1..=3600).contains(&jobs_lease) {
            reader.problem(
                "JOBS_LEASE_SECONDS",
                "it is not from 1 to 3600",
                "Use 30 unless you know why.",
            );
        }

        let session_idle = reader.parsed(
            "SESSION_IDLE_MINUTES",
            30_i64,
            "Use a number of minutes from 1 to 720.",
        );
        if !(1..=720).contains(&session_idle) {
            reader.problem(
                "SESSION_IDLE_MINUTES",
                "it is not from 1 to 720",
                "Use 30 unless you know why; after 12 hours everybody is signed out anyway.",
            );
        }

        let foreign_images = reader.foreign_images();
        if reader.problems.is_empty() {
            Ok(Self {
                env,
                listen: SocketAddr::new(host, port),
                base_url,
                secret_key,
                database,
                redis_url,
                redis_roots,
                outer_cache,
                smtp,
                mail_from,
                contact_to,
                openai,
                trusted_proxies,
                log_level,
                log_format,
                metrics_addr,
                rate_limit_scale,
                limits,
                data_dir,
                foreign_images,
                migrate_on_start,
                jobs_at_once,
                jobs_lease: Duration::from_secs(jobs_lease),
                session_idle: TimeDelta::minutes(session_idle),
                demo: !production && embedded,
            })
        } else {
            Err(reader.problems)
        }
    }

    #[must_use]
    pub fn is_production(&self) -> bool {
        self.env == AppEnv::Production
    }

    #[must_use]
    pub fn is_https(&self) -> bool {
        self.base_url.scheme() == "https"
    }

    /// The database file in embedded mode.
    #[must_use]
    pub fn database_file(&self) -> Option<&std::path::Path> {
        match &self.database {
            db::Source::Sqlite(path) => Some(path),
            db::Source::MySql(_) => None,
        }
    }

    /// Where mail lies in development without a server.
    #[must_use]
    pub fn outbox(&self) -> Option<PathBuf> {
        (self.smtp.is_none() && !self.is_production()).then(|| self.data_dir.join("outbox"))
    }

    #[must_use]
    pub fn mail(&self) -> mail::Settings {
        let from = self.mail_from.clone().unwrap_or_else(|| {
            Email::parse("office@localhost").unwrap_or_else(|_| unreachable!("a literal address"))
        });
        mail::Settings {
            server: self.smtp.clone(),
            from,
            host: self.base_url.host_str().unwrap_or("localhost").to_owned(),
            outbox: self.outbox(),
        }
    }

    /// What is set and what is off, one line each, without secrets.
    #[must_use]
    pub fn summary(&self) -> Vec<String> {
        let onoff = |on: bool| if on { "on" } else { "off" };
        vec![
            format!(
                "environment: {}",
                if self.is_production() {
                    "production"
                } else {
                    "development"
                }
            ),
            format!("listen: {}", self.listen),
            format!("base URL: {}", self.base_url),
            match &self.database {
                db::Source::Sqlite(path) => format!("database: SQLite at {}", path.display()),
                db::Source::MySql(options) => format!(
                    "database: MySQL {} at {}:{}",
                    options.get_database().unwrap_or_default(),
                    options.get_host(),
                    options.get_port()
                ),
            },
            match &self.redis_url {
                Some(url) if url.expose().starts_with("rediss:") => {
                    "Redis: on, over TLS".to_owned()
                }
                url => format!("Redis: {}", onoff(url.is_some())),
            },
            match &self.outer_cache {
                Some(outer) => format!("outer cache: purged at {}", outer.url.authority()),
                None => "outer cache: not told of changes".to_owned(),
            },
            format!("rate limits: times {}", self.rate_limit_scale),
            match (&self.smtp, self.outbox()) {
                (Some(server), _) => format!("mail: by {}, {}", server.address(), server.tls),
                (None, Some(folder)) => format!("mail: files in {}", folder.display()),
                (None, None) => "mail: off".to_owned(),
            },
            format!("AI: {}", onoff(self.openai.api_key.is_some())),
            format!("demo data and sign-ins: {}", onoff(self.demo)),
            format!("migrate on start: {}", onoff(self.migrate_on_start)),
            if self.jobs_at_once == 0 {
                "jobs: by the command work".to_owned()
            } else {
                format!("jobs: {} at once, in serve", self.jobs_at_once)
            },
        ]
    }
}

/// Letters, digits and hyphens with points between them; no wildcard, port or address.
fn is_host(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(is_label)
}

struct Reader<'a> {
    variables: &'a HashMap<String, String>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// An empty value counts as unset: `.env` files and compose files often hold `NAME=`.
    fn text(&self, name: &str) -> Option<String> {
        let value = self.variables.get(name)?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn problem(&mut self, name: &'static str, what: &str, mend: &'static str) {
        self.problems.push(Problem {
            name,
            what: what.into(),
            mend,
        });
    }

    fn optional<T: FromStr>(&mut self, name: &'static str, mend: &'static str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.problem(name, "it cannot be read", mend);
        }
        value
    }

    fn parsed<T: FromStr>(&mut self, name: &'static str, default: T, mend: &'static str) -> T {
        self.optional(name, mend).unwrap_or(default)
    }

    fn foreign_images(&mut self) -> Arc<[String]> {
        let text = self.text("FOREIGN_IMAGES").unwrap_or_default();
        let hosts: Vec<String> = text
            .split(',')
            .map(|host| host.trim().to_ascii_lowercase())
            .filter(|host| !host.is_empty())
            .collect();
        if !hosts.iter().all(|host| is_host(host)) {
            self.problem(
                "FOREIGN_IMAGES",
                "it holds what is no name of a host",
                "Use names with commas between them, for example images.example.com,cdn.example.org.",
            );
        }
        hosts.into()
    }

    fn redis_url(&mut self) -> Option<Secret> {
        let text = self.text("REDIS_URL")?;
        match redis::parse(&text) {
            Ok(_) => Some(Secret(text)),
            Err(what) => {
                self.problem(
                    "REDIS_URL",
                    what,
                    "Use redis://host:6379 or rediss://user:password@host:6379.",
                );
                None
            }
        }
    }

    fn redis_roots(&mut self) -> Option<Vec<u8>> {
        let path = self.text("REDIS_CA_FILE")?;
        let pem = std::fs::read(path)
            .map_err(|_| "the file cannot be read")
            .and_then(|pem| mail::roots(&pem).map(|_| pem));
        pem.map_err(|what| {
            self.problem(
                "REDIS_CA_FILE",
                what,
                "Name a PEM file with the certificate of the authority that signed the Redis server's, or unset it.",
            );
        })
        .ok()
    }

    fn outer_cache(&mut self) -> Option<purge::Settings> {
        let token = self.text("CACHE_PURGE_TOKEN");
        let shape = self.text("CACHE_PURGE_SHAPE");
        let shape = match shape.as_deref().map(purge::Shape::parse) {
            None => purge::Shape::Cloudflare,
            Some(Some(shape)) => shape,
            Some(None) => {
                self.problem(
                    "CACHE_PURGE_SHAPE",
                    "it is neither cloudflare nor varnish",
                    "Set CACHE_PURGE_SHAPE=cloudflare or CACHE_PURGE_SHAPE=varnish.",
                );
                return None;
            }
        };
        let Some(url) = self.text("CACHE_PURGE_URL") else {
            if token.is_some() {
                self.problem(
                    "CACHE_PURGE_TOKEN",
                    "there is no CACHE_PURGE_URL that it is for",
                    "Set both or none.",
                );
            }
            return None;
        };
        if shape == purge::Shape::Cloudflare && token.is_none() {
            self.problem(
                "CACHE_PURGE_TOKEN",
                "Cloudflare needs it",
                "Make an API token with the permission Cache Purge for the zone.",
            );
        }
        match purge::Settings::new(&url, token.as_deref(), shape) {
            Ok(settings) => Some(settings),
            Err(what) => {
                self.problem(
                    "CACHE_PURGE_URL",
                    what,
                    "Use https://api.cloudflare.com/client/v4/zones/ZONE/purge_cache, or where Varnish takes PURGE.",
                );
                None
            }
        }
    }

    fn limits(&mut self, scale: f64) -> Tiers {
        Tiers::read(scale, |tier| {
            let name = match tier {
                Tier::SignIn => "RATE_LIMIT_SIGN_IN",
                Tier::Account => "RATE_LIMIT_ACCOUNT",
                Tier::Contact => "RATE_LIMIT_CONTACT",
                Tier::ProposalViews => "RATE_LIMIT_PROPOSAL_VIEWS",
                Tier::ProposalAnswers => "RATE_LIMIT_PROPOSAL_ANSWERS",
                Tier::Public => "RATE_LIMIT_PUBLIC",
                Tier::SignedIn => "RATE_LIMIT_SIGNED_IN",
                Tier::Admin => "RATE_LIMIT_ADMIN",
                Tier::Ai => "RATE_LIMIT_AI",
            };
            self.optional::<Rate>(
                name,
                "Use a number of times and a number of seconds, for example 10/60; a day is the longest.",
            )
        })
    }

    fn base_url(&mut self, production: bool, port: u16) -> Url {
        const MEND: &str = "Set it to where people reach the product, for example https://office.example.com, without a path.";
        let fallback = format!("http://localhost:{port}/");
        let text = if let Some(text) = self.text("BASE_URL") {
            text
        } else {
            if production {
                self.problem("BASE_URL", "production needs it", MEND);
            }
            fallback.clone()
        };
        match Url::parse(&text) {
            Ok(url)
                if matches!(url.scheme(), "http" | "https")
                    && url.path() == "/"
                    && url.query().is_none()
                    && url.username().is_empty()
                    && url.password().is_none()
                    && url.fragment().is_none() =>
            {
                if production && url.scheme() != "https" && text != fallback {
                    self.problem("BASE_URL", "production needs https", MEND);
                }
                url
            }
            _ => {
                self.problem("BASE_URL", "it is not a plain http(s) address", MEND);
                Url::parse(&fallback).unwrap_or_else(|_| unreachable!("a port makes a valid URL"))
            }
        }
    }

    fn secret_key(&mut self, production: bool) -> Secret {
        const MEND: &str =
            "Make one with `openssl rand -base64 48` and keep it out of the repository.";
        match self.text("SECRET_KEY") {
            Some(key) if key == SAMPLE_SECRET => {
                self.problem("SECRET_KEY", "it is the sample from .env.example", MEND);
            }
            Some(key) if key.len() < 32 => {
                self.problem("SECRET_KEY", "it is shorter than 32 characters", MEND);
            }
            Some(key) if key.bytes().collect::<std::collections::HashSet<_>>().len() < 8 => {
                self.problem(
                    "SECRET_KEY",
                    "it has fewer than 8 different characters",
                    MEND,
                );
            }
            Some(key) => return Secret(key),
            None if production => self.problem("SECRET_KEY", "production needs it", MEND),
            None => {}
        }
        Secret("development only: nothing of value is kept under this key".into())
    }

    /// The mail server, with the certificates and the time that are its own.
    fn smtp(&mut self) -> Option<mail::Server> {
        const MEND: &str = "Use smtp://user:password@host:587 (STARTTLS), smtps://user:password@host:465, or smtp://host:25?tls=none in clear; write @ : / % in a password as %40 %3A %2F %25.";
        let timeout = self.parsed(
            "SMTP_TIMEOUT_SECONDS",
            mail::TIMEOUT.as_secs(),
            "Use a number of seconds from 1 to 10.",
        );
        if !(1..=mail::TIMEOUT.as_secs()).contains(&timeout) {
            self.problem(
                "SMTP_TIMEOUT_SECONDS",
                "it is not from 1 to 10",
                "Use 10 unless you know why.",
            );
        }
        let roots = self.smtp_roots();
        let text = self.text("SMTP_URL")?;
        match mail::Server::parse(&text) {
            Ok(server) => Some(mail::Server {
                roots,
                timeout: Duration::from_secs(timeout),
                ..server
            }),
            Err(what) => {
                self.problem("SMTP_URL", what, MEND);
                None
            }
        }
    }

    fn smtp_roots(&mut self) -> Vec<mail::Root> {
        let Some(path) = self.text("SMTP_CA_FILE") else {
            return Vec::new();
        };
        let roots = std::fs::read(path)
            .map_err(|_| "the file cannot be read")
            .and_then(|pem| mail::roots(&pem));
        roots.unwrap_or_else(|what| {
            self.problem(
                "SMTP_CA_FILE",
                what,
                "Name a PEM file with the certificate of the authority that signed the mail server's, or unset it.",
            );
            Vec::new()
        })
    }

    fn mail_from(&mut self, smtp: bool) -> Option<Email> {
        const MEND: &str =
            "Set it to the sender's address, for example MAIL_FROM=office@example.com.";
        let Some(text) = self.text("MAIL_FROM") else {
            if smtp {
                self.problem("MAIL_FROM", "SMTP_URL needs it", MEND);
            }
            return None;
        };
        let address = Email::parse(&text).ok();
        if address.is_none() {
            self.problem("MAIL_FROM", "it is not an e-mail address", MEND);
        }
        address
    }

    fn contact_to(&mut self) -> Option<Email> {
        let text = self.text("CONTACT_TO")?;
        let address = Email::parse(&text).ok();
        if address.is_none() {
            self.problem(
                "CONTACT_TO",
                "it is not an e-mail address",
                "Use one address, for example CONTACT_TO=hello@example.com, or unset it.",
            );
        }
        address
    }

    fn openai(&mut self) -> OpenAi {
        const DEFAULT: &str = "https://api.openai.com/v1";
        let text = self
            .text("OPENAI_BASE_URL")
            .unwrap_or_else(|| DEFAULT.into());
        let base_url = match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Some(url),
            _ => {
                self.problem(
                    "OPENAI_BASE_URL",
                    "it is not an http(s) URL",
                    "Set it to the server's /v1 address, or unset it.",
                );
                None
            }
        };
        OpenAi {
            api_key: self.text("OPENAI_API_KEY").map(Secret),
            base_url: base_url.unwrap_or_else(|| {
                Url::parse(DEFAULT).unwrap_or_else(|_| unreachable!("a literal URL"))
            }),
            model: self
                .text("OPENAI_MODEL")
                .unwrap_or_else(|| "gpt-4o-mini".into()),
        }
    }

    fn trusted_proxies(&mut self) -> Vec<IpNet> {
        let Some(text) = self.text("TRUSTED_PROXIES") else {
            return Vec::new();
        };
        let mut networks = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            match part
                .parse::<IpNet>()
                .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
            {
                Ok(network) => networks.push(network),
                Err(_) => self.problem(
                    "TRUSTED_PROXIES",
                    "one of its entries is neither an address nor a network",
                    "List addresses or networks with commas between: 10.0.0.0/8, fd00::/8.",
                ),
            }
        }
        networks
    }

    fn log_level(&mut self) -> String {
        let level = self.text("LOG_LEVEL").unwrap_or_else(|| "info".into());
        if telemetry::parse_level(&level).is_err() {
            self.problem(
                "LOG_LEVEL",
                "it is not a level or a filter",
                "Use error, warn, info, debug or trace, or target=level pairs with commas.",
            );
        }
        level
    }
}
