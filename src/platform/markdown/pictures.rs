//! Images in cleaned HTML: which of ours it shows, and what they become on a page.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::Serialize;

use super::{
    scan::{Token, Tokens, attribute, name},
    text::decoded,
};

/// How wide a picture is among text: the whole screen, or the column.
pub const SIZES: &str = "(min-width: 48rem) 44rem, 100vw";

/// An image as pages show it. The URLs are made of hashes and formats only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Picture {
    /// In a format that every browser shows.
    pub src: String,
    pub width: i64,
    pub height: i64,
    pub alt: String,
    /// The best first.
    pub sources: Vec<Source>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Source {
    /// The MIME type.
    pub kind: String,
    pub srcset: String,
}

/// The hashes in the URLs of our images, as they are written there.
#[must_use]
pub fn hashes(html: &str) -> BTreeSet<String> {
    Tokens(html)
        .filter_map(|token| match token {
            Token::Tag(tag) => hash(tag).map(str::to_owned),
            Token::Text(_) => None,
        })
        .collect()
}

/// Whether an image has no words for those who do not see it.
#[must_use]
pub fn has_wordless_image(html: &str) -> bool {
    Tokens(html).any(|token| match token {
        Token::Tag(tag) if is_image(tag) => {
            attribute(tag, "alt").is_none_or(|alt| decoded(alt).trim().is_empty())
        }
        _ => false,
    })
}

/// Cleaned HTML with each of our images in all its sizes. One that is not among `pictures` leaves its words. A paragraph
/// that is an image with a title becomes a figure with a caption.
#[must_use]
pub fn pictured(html: &str, pictures: &BTreeMap<String, Picture>) -> String {
    let mut drawn = String::with_capacity(html.len() * 2);
    let tokens: Vec<Token> = Tokens(html).collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let [Token::Tag("<p>"), Token::Tag(tag), Token::Tag("</p>"), ..] = tokens[at..]
            && let Some(picture) = hash(tag).and_then(|hash| pictures.get(hash))
            && let Some(title) = attribute(tag, "title").filter(|title| !title.trim().is_empty())
        {
            drawn.push_str("<figure>");
            push_picture(&mut drawn, tag, picture, false);
            drawn.extend(["<figcaption>", title, "</figcaption></figure>"]);
            at += 3;
            continue;
        }
        match token {
            Token::Tag(tag) => match hash(tag) {
                Some(hash) => match pictures.get(hash) {
                    Some(picture) => push_picture(&mut drawn, tag, picture, true),
                    None => drawn.push_str(attribute(tag, "alt").unwrap_or_default()),
                },
                None => drawn.push_str(tag),
            },
            Token::Text(text) => drawn.push_str(text),
        }
        at += 1;
    }
    drawn
}

/// What the tag brings is escaped already, what the picture brings needs no escaping.
fn push_picture(drawn: &mut String, tag: &str, picture: &Picture, with_title: bool) {
    drawn.push_str("<picture>");
    for Source { kind, srcset } in &picture.sources {
        drawn.extend([
            "<source type=\"",
            kind,
            "\" srcset=\"",
            srcset,
            "\" sizes=\"",
            SIZES,
            "\">",
        ]);
    }
    let alt = attribute(tag, "alt").unwrap_or_default();
    drawn.extend(["<img src=\"", &picture.src, "\" alt=\"", alt, "\""]);
    if let Some(title) = attribute(tag, "title").filter(|_| with_title) {
        drawn.extend([" title=\"", title, "\""]);
    }
    // Nothing can fail that writes to a text.
    let _ = write!(
        drawn,
        " width=\"{}\" height=\"{}\" loading=\"lazy\" decoding=\"async\"></picture>",
        picture.width, picture.height
    );
}

fn is_image(tag: &str) -> bool {
    let (name, ends) = name(tag);
    name == "img" && !ends
}

/// The hash in an image's URL, if it is one of ours: `/media/{64 digits}.{ending}`.
fn hash(tag: &str) -> Option<&str> {
    if !is_image(tag) {
        return None;
    }
    let rest = attribute(tag, "src")?.strip_prefix("/media/")?;
    let (hash, ending) = rest.split_once('.')?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_ending = !ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_hash && is_ending).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::markdown::{Options, render};

    fn drawn(markdown: &str) -> String {
        let hash = "a".repeat(64);
        let picture = Picture {
            src: format!("/media/{hash}.jpg"),
            width: 1440,
            height: 960,
            alt: "of the library".into(),
            sources: vec![Source {
                kind: "image/webp".into(),
                srcset: "/media/w.webp 480w".into(),
            }],
        };
        let markdown = markdown.replace("HASH", &hash);
        let html = render(&markdown, &Options::default()).unwrap().html;
        pictured(&html, &[(hash, picture)].into())
    }

    #[test]
    fn an_image_becomes_a_picture_with_its_sizes_and_the_words_of_the_text() {
        let html = drawn("![Baret](/media/HASH.jpg)");
        let hash = "a".repeat(64);
        assert_eq!(
            html,
            format!(
                "<p><picture><source type=\"image/webp\" srcset=\"/media/w.webp 480w\" sizes=\"{SIZES}\"><img src=\"/media/{hash}.jpg\" alt=\"Baret\" width=\"1440\" height=\"960\" loading=\"lazy\" decoding=\"async\"></picture></p>\n"
            )
        );
    }

    #[test]
    fn a_paragraph_of_an_image_with_a_title_is_a_figure_and_one_among_text_is_not() {
        let html = drawn("![Baret](/media/HASH.jpg \"Sarı <baret> & 'ip'\")");
        assert!(html.starts_with("<figure><picture>"), "{html}");
        assert!(
            html.contains("<figcaption>Sarı &lt;baret&gt; &amp; 'ip'</figcaption></figure>"),
            "{html}"
        );
        assert!(!html.contains("title="), "{html}");
        let html = drawn("Burada ![Baret](/media/HASH.jpg \"Sarı\") var");
        assert!(
            html.contains(" title=\"Sarı\"") && !html.contains("figure"),
            "{html}"
        );
    }

    #[test]
    fn words_with_quotes_and_tags_stay_words() {
        let html = drawn(
            "![a \"b\" onerror=alert(1) <script> '>](/media/HASH.jpg \"x\\\" onload=\\\"y\")",
        );
        let page = scraper::Html::parse_fragment(&html);
        let image = scraper::Selector::parse("img").unwrap();
        let image = page.select(&image).next().unwrap();
        assert_eq!(
            image.attr("alt"),
            Some("a \"b\" onerror=alert(1) <script> '>")
        );
        assert_eq!(image.attr("onload"), None);
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn an_image_that_is_not_known_leaves_its_words_and_others_stay_as_they_are() {
        let unknown = "b".repeat(64);
        let html = drawn(&format!("a ![Baret](/media/{unknown}.jpg) b"));
        assert_eq!(html, "<p>a Baret b</p>\n");
        let html = drawn("![Baret](/media/old.jpg)");
        assert!(html.contains("<img src=\"/media/old.jpg\""), "{html}");
    }

    #[test]
    fn hashes_are_found_once_and_images_without_words_are_noticed() {
        let hash = "0123456789abcdef".repeat(4);
        let text = format!("![a](/media/{hash}.jpg) ![b](/media/{hash}.webp) ![c](/media/x.jpg)");
        let html = render(&text, &Options::default()).unwrap().html;
        assert_eq!(
            hashes(&html).into_iter().collect::<Vec<_>>(),
            std::slice::from_ref(&hash)
        );
        assert!(!has_wordless_image(&html));
        for text in [
            format!("![](/media/{hash}.jpg)"),
            format!("![ &nbsp; ](/media/{hash}.jpg)"),
            format!("<img src=\"/media/{hash}.jpg\">"),
        ] {
            let html = render(&text, &Options::default()).unwrap().html;
            assert!(has_wordless_image(&html), "{html}");
        }
    }
}
