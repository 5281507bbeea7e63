//! URLs that are secrets themselves: whoever has one may do what it is for, so it is written down nowhere.

use std::borrow::Cow;

/// Places whose next segment is the token.
const PLACES: [&str; 6] = [
    "/account/address/",
    "/invite/",
    "/p/",
    "/preview/",
    "/reset/",
    "/tr/preview/",
];

fn place(path: &str) -> Option<&'static str> {
    let has_token = |place: &&str| {
        path.strip_prefix(place)
            .is_some_and(|token| !token.is_empty())
    };
    PLACES.into_iter().find(has_token)
}

#[must_use]
pub fn is_secret(path: &str) -> bool {
    place(path).is_some()
}

/// The path as logs may hold it.
#[must_use]
pub fn without_token(path: &str) -> Cow<'_, str> {
    place(path).map_or(Cow::Borrowed(path), |place| format!("{place}…").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_left_in_a_path() {
        for (path, told) in [
            ("/invite/abc", "/invite/…"),
            ("/reset/abc/more", "/reset/…"),
            ("/p/abc", "/p/…"),
            ("/preview/abc", "/preview/…"),
            ("/tr/preview/abc", "/tr/preview/…"),
            ("/account/address/abc", "/account/address/…"),
            ("/invite/", "/invite/"),
            ("/reset", "/reset"),
            ("/preferences", "/preferences"),
            ("/companies/invite/abc", "/companies/invite/abc"),
        ] {
            assert_eq!(without_token(path), told);
            assert_eq!(is_secret(path), path != told, "{path}");
        }
    }
}
