//! The version of what is in Redis, so that no release reads a shape that another one has written.
//!
//! It is made of the sources and not counted by hand, because that was forgotten: what changes a shape changes one of these
//! files. So do other things, which costs one load of each value after a release; a number that nobody has to remember is worth
//! that, and a comparison of bytes would see no two fields that have changed places.

use std::sync::LazyLock;

const SOURCES: &[(&str, &[u8])] = &[
    (
        "features/activities/model.rs",
        include_bytes!("../../features/activities/model.rs"),
    ),
    (
        "features/audit/model.rs",
        include_bytes!("../../features/audit/model.rs"),
    ),
    (
        "features/blog/feeds.rs",
        include_bytes!("../../features/blog/feeds.rs"),
    ),
    (
        "features/blog/model.rs",
        include_bytes!("../../features/blog/model.rs"),
    ),
    (
        "features/blog/queries.rs",
        include_bytes!("../../features/blog/queries.rs"),
    ),
    (
        "features/blog/shown.rs",
        include_bytes!("../../features/blog/shown.rs"),
    ),
    (
        "features/companies/model.rs",
        include_bytes!("../../features/companies/model.rs"),
    ),
    (
        "features/dashboard/queries.rs",
        include_bytes!("../../features/dashboard/queries.rs"),
    ),
    (
        "features/images/model.rs",
        include_bytes!("../../features/images/model.rs"),
    ),
    (
        "features/imports/model.rs",
        include_bytes!("../../features/imports/model.rs"),
    ),
    (
        "features/links/model.rs",
        include_bytes!("../../features/links/model.rs"),
    ),
    (
        "features/mails/model.rs",
        include_bytes!("../../features/mails/model.rs"),
    ),
    (
        "features/messages/model.rs",
        include_bytes!("../../features/messages/model.rs"),
    ),
    (
        "features/posts/form.rs",
        include_bytes!("../../features/posts/form.rs"),
    ),
    (
        "features/posts/model.rs",
        include_bytes!("../../features/posts/model.rs"),
    ),
    (
        "features/services/form.rs",
        include_bytes!("../../features/services/form.rs"),
    ),
    (
        "features/services/model.rs",
        include_bytes!("../../features/services/model.rs"),
    ),
    (
        "features/sessions/routes.rs",
        include_bytes!("../../features/sessions/routes.rs"),
    ),
    (
        "features/site_pages/model.rs",
        include_bytes!("../../features/site_pages/model.rs"),
    ),
    (
        "features/site_pages/shown.rs",
        include_bytes!("../../features/site_pages/shown.rs"),
    ),
    (
        "features/sitemap/model.rs",
        include_bytes!("../../features/sitemap/model.rs"),
    ),
    (
        "features/transfer/form.rs",
        include_bytes!("../../features/transfer/form.rs"),
    ),
    (
        "features/transfer/model.rs",
        include_bytes!("../../features/transfer/model.rs"),
    ),
    (
        "features/users/model.rs",
        include_bytes!("../../features/users/model.rs"),
    ),
    (
        "platform/audit/mod.rs",
        include_bytes!("../../platform/audit/mod.rs"),
    ),
    (
        "platform/cache/encoding.rs",
        include_bytes!("../../platform/cache/encoding.rs"),
    ),
    (
        "platform/cache/timed.rs",
        include_bytes!("../../platform/cache/timed.rs"),
    ),
    (
        "platform/db/arg.rs",
        include_bytes!("../../platform/db/arg.rs"),
    ),
    ("platform/i18n.rs", include_bytes!("../../platform/i18n.rs")),
    (
        "platform/jobs/store.rs",
        include_bytes!("../../platform/jobs/store.rs"),
    ),
    (
        "platform/mail/mod.rs",
        include_bytes!("../../platform/mail/mod.rs"),
    ),
    (
        "platform/mail/server.rs",
        include_bytes!("../../platform/mail/server.rs"),
    ),
    (
        "platform/markdown/pictures.rs",
        include_bytes!("../../platform/markdown/pictures.rs"),
    ),
    (
        "platform/pictures/mod.rs",
        include_bytes!("../../platform/pictures/mod.rs"),
    ),
    ("types/choice.rs", include_bytes!("../../types/choice.rs")),
    ("types/id.rs", include_bytes!("../../types/id.rs")),
    ("types/lang.rs", include_bytes!("../../types/lang.rs")),
    ("types/money.rs", include_bytes!("../../types/money.rs")),
    ("web/access.rs", include_bytes!("../../web/access.rs")),
    ("web/form.rs", include_bytes!("../../web/form.rs")),
    (
        "web/public/mod.rs",
        include_bytes!("../../web/public/mod.rs"),
    ),
    (
        "web/public/purge.rs",
        include_bytes!("../../web/public/purge.rs"),
    ),
    ("web/render.rs", include_bytes!("../../web/render.rs")),
    ("web/session.rs", include_bytes!("../../web/session.rs")),
    ("../Cargo.lock", include_bytes!("../../../Cargo.lock")),
];

static VERSION: LazyLock<u32> = LazyLock::new(|| fingerprint(SOURCES));

#[must_use]
pub fn version() -> u32 {
    *VERSION
}

fn fingerprint(sources: &[(&str, &[u8])]) -> u32 {
    let start = 0xcbf2_9ce4_8422_2325;
    let hash = sources.iter().fold(start, |hash, (_, source)| {
        let (words, rest) = source.as_chunks();
        let words = words.iter().map(|eight| u64::from_le_bytes(*eight));
        let rest = rest.iter().map(|byte| u64::from(*byte));
        // Where one file ends and the next begins.
        let hash = mixed(hash, source.len() as u64);
        words.chain(rest).fold(hash, mixed)
    });
    let [.., a, b, c, d] = hash.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn mixed(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }

    /// A type of which values can be written and read again.
    fn has_shape(code: &str) -> bool {
        let has = |word| {
            code.split(|char: char| !char.is_alphanumeric())
                .any(|it| it == word)
        };
        has("Serialize") && has("Deserialize") || code.contains("choice!")
    }

    #[test]
    fn every_file_that_gives_a_value_its_shape_is_part_of_the_version() {
        let mut found = Vec::new();
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut found,
        );
        // What a job carries is in no cache.
        let is_other =
            |name: &str| name.ends_with("/jobs.rs") || name == "platform/cache/shapes.rs";
        for (name, code) in found {
            let is_known = SOURCES.iter().any(|(known, _)| *known == name);
            assert!(
                is_known || is_other(&name) || name.contains("/tests") || !has_shape(&code),
                "{name} is missing in src/platform/cache/shapes.rs"
            );
        }
    }

    #[test]
    fn each_byte_of_each_file_counts() {
        let of = |one: &[u8], other: &[u8]| fingerprint(&[("one", one), ("other", other)]);
        let all = [
            of(b"a: String, b: String", b"x"),
            of(b"b: String, a: String", b"x"),
            of(b"a: String, b: String", b"y"),
            of(b"a: String, b: String", b""),
            of(b"a: String, b: String ", b"x"),
            of(b"a: String, b: Strin", b"gx"),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "{at}");
        }
    }
}
