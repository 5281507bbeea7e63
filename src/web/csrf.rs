//! No other site can act in a visitor's name: unsafe methods are checked by Fetch Metadata, then by `Origin`.

use poem::{Request, http::Method};
use url::Url;

use super::secret_urls;
use crate::error::{Error, Result};

/// `Sec-Fetch-Site` decides where there is one; else `Origin` must be our own. A request with neither comes from no
/// browser. (As Go's `CrossOriginProtection` and OWASP's cheat sheet have it.) `Origin: null` is what browsers send from
/// pages with `no-referrer`: it passes where nobody can forge a request without knowing the URL's token.
pub fn check(request: &Request, base_url: &Url) -> Result<()> {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    ) {
        return Ok(());
    }
    decide(
        request.header("sec-fetch-site"),
        request.header("origin"),
        base_url,
        secret_urls::is_secret(request.uri().path()),
    )
}

fn decide(site: Option<&str>, origin: Option<&str>, base_url: &Url, is_secret: bool) -> Result<()> {
    let allowed = match (site, origin) {
        (Some("same-origin" | "none"), _) | (None, None) => true,
        (Some(_), _) => false,
        (None, Some("null")) => is_secret,
        (None, Some(origin)) => {
            Url::parse(origin).is_ok_and(|url| url.origin() == base_url.origin())
        }
    };
    if allowed {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_programs_may_post() {
        let base = Url::parse("https://office.example/").unwrap();
        let table = [
            (Some("same-origin"), Some("https://office.example"), true),
            (Some("none"), None, true),
            (Some("same-origin"), None, true),
            (Some("cross-site"), Some("https://office.example"), false),
            (Some("same-site"), Some("https://www.office.example"), false),
            (Some("cross-site"), None, false),
            (None, Some("https://office.example"), true),
            (None, Some("https://office.example:444"), false),
            (None, Some("http://office.example"), false),
            (None, Some("https://evil.example"), false),
            (None, Some("null"), false),
            (None, None, true),
        ];
        for (site, origin, allowed) in table {
            assert_eq!(
                decide(site, origin, &base, false).is_ok(),
                allowed,
                "{site:?} {origin:?}"
            );
        }
    }

    #[test]
    fn a_page_without_referrer_may_post_to_its_own_secret_url_alone() {
        let base = Url::parse("https://office.example/").unwrap();
        let table = [
            (None, Some("null"), true),
            (Some("same-origin"), Some("null"), true),
            (Some("cross-site"), Some("null"), false),
            (Some("same-site"), Some("null"), false),
            (None, Some("https://evil.example"), false),
        ];
        for (site, origin, allowed) in table {
            assert_eq!(
                decide(site, origin, &base, true).is_ok(),
                allowed,
                "{site:?} {origin:?}"
            );
        }
    }
}
