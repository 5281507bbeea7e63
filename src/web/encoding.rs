//! Which encoding of a body a client takes (RFC 9110, section 12.5.3).

use poem::http::{HeaderMap, HeaderValue, header};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// As `Content-Encoding` spells it, if it has to be said.
    #[must_use]
    pub fn header(self) -> Option<HeaderValue> {
        match self {
            Self::Brotli => Some(HeaderValue::from_static("br")),
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            Self::Identity => None,
        }
    }
}

/// How much a client wants each encoding, in thousandths; 0 is a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    brotli: u16,
    gzip: u16,
    identity: u16,
}

impl Accepted {
    /// Without the header anything may be sent, but only plain bytes are sure to be understood.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let (mut brotli, mut gzip, mut identity, mut rest) = (None, None, None, None);
        let values = headers
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok());
        for part in values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')) {
            let mut parameters = part.split(|byte| *byte == b';');
            let coding = parameters.next().unwrap_or_default().trim_ascii();
            let place = if coding.eq_ignore_ascii_case(b"br") {
                &mut brotli
            } else if coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip")
            {
                &mut gzip
            } else if coding.eq_ignore_ascii_case(b"identity") {
                &mut identity
            } else if coding == b"*" {
                &mut rest
            } else {
                continue;
            };
            *place = Some(weight(parameters));
        }
        Self {
            brotli: brotli.or(rest).unwrap_or(0),
            gzip: gzip.or(rest).unwrap_or(0),
            // Whoever does not speak of it takes it, but wants everything that was named more.
            identity: identity.or(rest.filter(|rest| *rest == 0)).unwrap_or(1),
        }
    }

    #[must_use]
    pub fn gzip(self) -> bool {
        self.gzip > 0
    }

    /// The best of what there is. Plain bytes are always there, and go also to whoever refuses everything.
    #[must_use]
    pub fn best(self, has: impl Fn(Encoding) -> bool) -> Encoding {
        let mut best = (Encoding::Identity, self.identity);
        for (encoding, weight) in [(Encoding::Gzip, self.gzip), (Encoding::Brotli, self.brotli)] {
            if weight > 0 && weight >= best.1 && has(encoding) {
                best = (encoding, weight);
            }
        }
        best.0
    }
}

/// `q=0.5` as 500. What cannot be read is no wish.
fn weight<'a>(mut parameters: impl Iterator<Item = &'a [u8]>) -> u16 {
    let q = parameters.find_map(|parameter| {
        let (name, value) = str::from_utf8(parameter).ok()?.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("q")
            .then_some(value.trim())
    });
    let Some(q) = q else { return 1000 };
    let (whole, fraction) = q.split_once('.').unwrap_or((q, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if fraction.len() > 3 || !is_digits(fraction) {
        return 0;
    }
    match whole {
        "1" => 1000,
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(accept: &str, there: &[Encoding]) -> Encoding {
        let mut headers = HeaderMap::new();
        if !accept.is_empty() {
            headers.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
        }
        Accepted::of(&headers).best(|encoding| there.contains(&encoding))
    }

    #[test]
    fn what_is_wanted_most_is_sent_and_nothing_that_is_refused() {
        use Encoding::{Brotli, Gzip, Identity};
        let both = [Brotli, Gzip];
        for (accept, expected) in [
            ("", Identity),
            ("gzip, deflate, br, zstd", Brotli),
            ("br;q=0, GZIP", Gzip),
            ("gzip;q=0.5", Gzip),
            ("gzip ; Q=1.000 , br ; q=0.999", Gzip),
            ("gzip;q=0.5, br;q=0.001", Gzip),
            ("identity, gzip;q=0.5", Identity),
            ("identity;q=0.5, gzip", Gzip),
            ("identity", Identity),
            ("identity;q=0", Identity),
            ("identity;q=0, *", Brotli),
            ("*", Brotli),
            ("*;q=0", Identity),
            ("*;q=0, gzip", Gzip),
            ("br;q=0, *", Gzip),
            ("br;q=0.0, gzip;q=0.000", Identity),
            ("br;q=2, gzip;q=x", Identity),
            ("br;q=0.1234, gzip;q=-1", Identity),
            ("deflate, compress;q=1", Identity),
            (";;;,,,=;q", Identity),
            ("brotli, gzipped", Identity),
        ] {
            assert_eq!(best(accept, &both), expected, "{accept}");
            assert_eq!(best(accept, &[]), Identity, "{accept}");
        }
        assert_eq!(best("br, gzip", &[Gzip]), Gzip);
        // What is no text is no wish.
        for odd in [&b"br, \xff"[..], b"br;q=\xff", b"\xff"] {
            let value = HeaderValue::from_bytes(odd).unwrap();
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]);
            assert_eq!(Accepted::of(&headers).best(|_| true), Identity, "{odd:?}");
        }
    }
}
