//! Views, locales, migrations and assets as `build.rs` put them into the binary.

/// A file that browsers load, under a name that changes with its bytes.
#[derive(Debug)]
pub struct Asset {
    /// As templates name it: `app.css`.
    pub name: &'static str,
    /// As it is served below `/assets/`: `app-1f2e….css`.
    pub file: &'static str,
    pub content_type: &'static str,
    pub plain: &'static [u8],
    pub br: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
