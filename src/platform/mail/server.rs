//! Which mail server, and how it is spoken to: `SMTP_URL` as typed values.

use std::{fmt, time::Duration};

use percent_encoding::percent_decode_str;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};
use url::Url;

use crate::types::choice;

/// The certificate of an authority.
pub type Root = CertificateDer<'static>;

#[derive(Clone, Debug)]
pub struct Server {
    /// A name or an address, IPv6 without brackets.
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub login: Option<Login>,
    /// Believed in addition to the system's.
    pub roots: Vec<Root>,
    /// The whole of an attempt, connecting included.
    pub timeout: Duration,
}

choice! {
    pub enum Tls {
        /// From the first byte.
        Implicit = "TLS",
        /// In clear up to STARTTLS, without which nothing is sent.
        StartTls = "STARTTLS",
        Off = "in clear",
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Longer than this nobody waits for a server.
pub const TIMEOUT: Duration = Duration::from_secs(10);

impl Server {
    /// Of `smtp://user:password@host:587`, `smtps://…:465` or `smtp://host:25?tls=none`, or what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "it is not a URL")?;
        let (tls, port) = match (url.scheme(), url.query()) {
            ("smtp", None) => (Tls::StartTls, 587),
            ("smtp", Some("tls=none")) => (Tls::Off, 587),
            ("smtps", None) => (Tls::Implicit, 465),
            ("smtp" | "smtps", Some(_)) => return Err("what follows its ? is not known"),
            _ => return Err("its scheme is neither smtp nor smtps"),
        };
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host_byte) {
            return Err("it names no host");
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("it has a path");
        }
        if url.port() == Some(0) {
            return Err("its port is 0");
        }
        Ok(Self {
            host: host.to_ascii_lowercase(),
            port: url.port().unwrap_or(port),
            tls,
            login: login(&url)?,
            roots: Vec::new(),
            timeout: TIMEOUT,
        })
    }

    /// As one connects to it.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

fn login(url: &Url) -> Result<Option<Login>, &'static str> {
    let decoded = |part: &str| {
        let text = percent_decode_str(part).decode_utf8();
        text.ok()
            .filter(|text| !text.chars().any(char::is_control))
            .map(std::borrow::Cow::into_owned)
            .ok_or("its user or password is not text")
    };
    match (url.username(), url.password()) {
        ("", None | Some("")) => Ok(None),
        ("", Some(_)) => Err("it has a password without a user"),
        (_, None | Some("")) => Err("it has a user without a password"),
        (user, Some(password)) => Ok(Some(Login {
            user: decoded(user)?,
            password: decoded(password)?,
        })),
    }
}

/// The certificates in a PEM file; none is as wrong as a broken one.
pub fn roots(pem: &[u8]) -> Result<Vec<Root>, &'static str> {
    let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match roots {
        Ok(roots) if !roots.is_empty() => Ok(roots),
        _ => Err("it holds no certificate"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_speak_has_its_url() {
        for (url, host, port, tls) in [
            ("smtp://mail.example", "mail.example", 587, Tls::StartTls),
            ("smtp://mail.example:25/", "mail.example", 25, Tls::StartTls),
            ("smtps://Mail.Example", "mail.example", 465, Tls::Implicit),
            ("smtps://10.0.0.1:4650", "10.0.0.1", 4650, Tls::Implicit),
            ("smtp://localhost:25?tls=none", "localhost", 25, Tls::Off),
            ("smtp://[::1]:25?tls=none", "::1", 25, Tls::Off),
        ] {
            let server = Server::parse(url).unwrap();
            assert_eq!(
                (server.host.as_str(), server.port, server.tls),
                (host, port, tls),
                "{url}"
            );
            assert_eq!(server.login, None);
            assert_eq!(server.timeout, TIMEOUT);
        }
        let local = Server::parse("smtp://[::1]:25?tls=none").unwrap();
        assert_eq!(local.address(), "[::1]:25");
    }

    #[test]
    fn user_and_password_are_decoded_and_never_shown() {
        let server = Server::parse("smtps://a%40b.tr:can%3Aary%2F%C4%9F@h").unwrap();
        let login = server.login.clone().unwrap();
        assert_eq!(login.user, "a@b.tr");
        assert_eq!(login.password, "can:ary/ğ");
        assert!(!format!("{server:?}").contains("ary"));
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for url in [
            "",
            "mail.example",
            "http://mail.example",
            "smtp:mail.example",
            "smtp://",
            "smtp://:25",
            "smtp://h/path",
            "smtp://h#x",
            "smtp://h:0",
            "smtp://h:99999",
            "smtp://h?tls=off",
            "smtps://h?tls=none",
            "smtp://user@h",
            "smtp://:password@h",
            "smtp://u:%ff@h",
            "smtp://u:a%0d%0ab@h",
            "smtp://ma il.example",
            "smtp://örnek.example",
        ] {
            assert!(Server::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_file_without_a_certificate_is_refused() {
        assert!(roots(b"").is_err());
        assert!(roots(b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n").is_err());
    }
}
