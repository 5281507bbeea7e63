//! The map in XML (sitemaps.org, with Google's image extension), robots.txt (RFC 9309) and llms.txt.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::model::{Entry, Part};
use crate::{
    error::Result,
    features::blog::queries::Card,
    platform::{
        i18n::{Message, Translations},
        markdown::excerpt,
        xml::Xml,
    },
    types::Lang,
    web::seo::{in_lang, seconds},
};

const SITEMAPS: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// Characters of what is said of a post.
const IN_SHORT: usize = 160;

pub fn index(base: &str, parts: &[Part]) -> Result<Vec<u8>> {
    let mut xml = Xml::new("sitemapindex", &[("xmlns", SITEMAPS)])?;
    for (part, number) in parts.iter().zip(1..) {
        xml.begin("sitemap", &[])?;
        xml.text("loc", &format!("{base}/sitemap-{number}.xml"))?;
        changed(&mut xml, part.changed_at)?;
        xml.end("sitemap")?;
    }
    xml.finish("sitemapindex")
}

pub fn part(base: &str, entries: &[Entry]) -> Result<Vec<u8>> {
    let mut xml = Xml::new(
        "urlset",
        &[
            ("xmlns", SITEMAPS),
            ("xmlns:xhtml", "http://www.w3.org/1999/xhtml"),
            (
                "xmlns:image",
                "http://www.google.com/schemas/sitemap-image/1.1",
            ),
        ],
    )?;
    for entry in entries {
        xml.begin("url", &[])?;
        xml.text("loc", &format!("{base}{}", entry.path))?;
        changed(&mut xml, entry.changed_at)?;
        let english = entry.alternates.iter().find(|(lang, _)| *lang == Lang::En);
        let named = entry
            .alternates
            .iter()
            .map(|(lang, path)| (lang.code(), path));
        let fallback = english.map(|(_, path)| ("x-default", path));
        for (lang, path) in named.chain(fallback) {
            let href = format!("{base}{path}");
            let link = [("rel", "alternate"), ("hreflang", lang), ("href", &href)];
            xml.empty("xhtml:link", &link)?;
        }
        if let Some(path) = &entry.image {
            xml.begin("image:image", &[])?;
            xml.text("image:loc", &format!("{base}{path}"))?;
            xml.end("image:image")?;
        }
        xml.end("url")?;
    }
    xml.finish("urlset")
}

fn changed(xml: &mut Xml, at: Option<DateTime<Utc>>) -> Result<()> {
    match at {
        Some(at) => xml.text("lastmod", &seconds(at)),
        None => Ok(()),
    }
}

/// `hidden` are the beginnings of paths where there is nothing for the public.
pub fn robots<'a>(base: &str, hidden: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = "User-agent: *\n".to_owned();
    for place in hidden {
        let _ = writeln!(text, "Disallow: /{place}");
    }
    let _ = write!(text, "\nSitemap: {base}/sitemap.xml\n");
    text
}

/// One language of llms.txt: its pages and its latest posts.
pub fn in_short(
    text: &mut String,
    (base, lang): (&str, Lang),
    translations: &Translations,
    pages: &[(&str, &'static str)],
    cards: &[Card],
) -> Result<()> {
    let word = |key| translations.message(lang, &Message::new(key));
    let _ = write!(text, "\n## {}\n\n", word("map-pages")?);
    for (path, key) in pages {
        let url = format!("{base}{}", in_lang(path, lang));
        let _ = writeln!(text, "- [{}]({url})", word(key)?);
    }
    if !cards.is_empty() {
        let _ = write!(text, "\n## {}\n\n", word("map-posts")?);
    }
    for card in cards {
        let url = format!("{base}{}", in_lang(&format!("/blog/{}", card.slug), lang));
        let said = excerpt(&one_line(&card.excerpt), IN_SHORT);
        let _ = write!(text, "- [{}]({url})", one_line(&card.title));
        if !said.is_empty() {
            let _ = write!(text, ": {said}");
        }
        text.push('\n');
    }
    let _ = write!(text, "\n## {}\n\n", word("map-feeds")?);
    for (name, file) in [
        ("Atom", "feed.xml"),
        ("RSS", "rss.xml"),
        ("JSON", "feed.json"),
    ] {
        let path = in_lang(&format!("/{file}"), lang);
        let _ = writeln!(text, "- [{name}]({base}{path})");
    }
    Ok(())
}

/// Text within a line of Markdown, none of which is taken for Markdown.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
    {
        if matches!(char, '\\' | '[' | ']' | '<' | '*' | '_' | '`') {
            line.push('\\');
        }
        line.push(char);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::sitemap::model::After;

    #[test]
    fn a_page_is_told_with_its_languages_and_its_picture() {
        let entry = Entry {
            path: "/tr/blog/a".into(),
            changed_at: Some(DateTime::UNIX_EPOCH),
            alternates: vec![
                (Lang::En, "/blog/b".into()),
                (Lang::Tr, "/tr/blog/a".into()),
            ],
            image: Some("/media/a.jpg?a&b".into()),
            last: After::Nothing,
        };
        let alone = Entry {
            alternates: Vec::new(),
            image: None,
            changed_at: None,
            ..entry.clone()
        };
        let xml = String::from_utf8(part("https://x.test", &[entry, alone]).unwrap()).unwrap();
        let told = "<loc>https://x.test/tr/blog/a</loc><lastmod>1970-01-01T00:00:00Z</lastmod>\
            <xhtml:link rel=\"alternate\" hreflang=\"en\" href=\"https://x.test/blog/b\"/>\
            <xhtml:link rel=\"alternate\" hreflang=\"tr\" href=\"https://x.test/tr/blog/a\"/>\
            <xhtml:link rel=\"alternate\" hreflang=\"x-default\" href=\"https://x.test/blog/b\"/>\n\
            <image:image><image:loc>https://x.test/media/a.jpg?a&amp;b</image:loc></image:image></url>";
        assert!(xml.contains(told), "{xml}");
        assert!(
            xml.contains("<url><loc>https://x.test/tr/blog/a</loc></url>"),
            "{xml}"
        );
    }

    #[test]
    fn nothing_in_a_title_is_taken_for_markdown() {
        assert_eq!(
            one_line("a](x)\n## b [c] `d` <e> *f* \\"),
            "a\\](x) ## b \\[c\\] \\`d\\` \\<e> \\*f\\* \\\\"
        );
    }
}
