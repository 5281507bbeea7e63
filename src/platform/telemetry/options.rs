//! What can be set about logs.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For machines: one JSON object a line.
    Json,
    /// For people, in development.
    Pretty,
}

#[derive(Clone, Debug)]
pub struct Options {
    pub format: Format,
    /// What `parse_level` takes: `info`, or `info,sqlx=warn`.
    pub level: String,
    pub service: &'static str,
    /// Lines that may wait for the writer.
    pub queue: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: Format::Json,
            level: "info".to_owned(),
            service: "prosektorweb",
            queue: 16 * 1024,
        }
    }
}

/// Reads a filter as in `info` or `info,sqlx=warn`.
///
/// `EnvFilter` takes a misspelt level for the name of a module and then logs nothing, so a bare word must be a level.
///
/// # Errors
///
/// What is wrong with the text and what to write instead, to follow the variable's name.
pub fn parse_level(text: &str) -> Result<EnvFilter, String> {
    const LEVELS: &str = "off, error, warn, info, debug or trace";
    if text.trim().is_empty() {
        return Err(format!("is empty; use {LEVELS}"));
    }
    for part in text.split(',').map(str::trim) {
        let is_level = !part.is_empty() && part.parse::<LevelFilter>().is_ok();
        if !is_level && !part.contains(['=', '[']) {
            return Err(format!(
                "`{part}` is not a level; use {LEVELS}, or a list such as `info,sqlx=warn`"
            ));
        }
    }
    let compact: String = text.split_whitespace().collect();
    EnvFilter::builder()
        .parse(compact)
        .map_err(|err| format!("`{text}` is not a log filter: {err}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_checked() {
        for good in [
            "info",
            "WARN",
            "off",
            "info,sqlx=warn",
            "warn, prosektorweb=debug",
            "[request]=trace",
        ] {
            assert!(parse_level(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "verbose", "info,debgu", "sqlx=loud", "info,,debug"] {
            assert!(parse_level(bad).is_err(), "{bad}");
        }
        assert!(parse_level("verbose").unwrap_err().contains("`verbose`"));
    }
}
