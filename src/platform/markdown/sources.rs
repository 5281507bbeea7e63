//! Images in a text as somebody wrote it: where the source of each stands, so that it can become another one.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, OffsetIter, Parser, Tag, TagEnd};

use super::{
    LONGEST, dialect,
    scan::{Token, Tokens, name},
    text::decoded,
};

/// An image in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Where its source stands in the text. Images that refer to one definition have one place.
    pub at: Range<usize>,
    pub src: String,
    pub alt: String,
}

/// The images of Markdown and of the HTML in it. A text that is too long to be drawn has none.
#[must_use]
pub fn images(markdown: &str) -> Vec<Shown> {
    if markdown.len() > LONGEST {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut open: Option<Open> = None;
    let mut events = Parser::new_ext(markdown, dialect()).into_offset_iter();
    while let Some((event, range)) = events.next() {
        match (&mut open, event) {
            (
                None,
                Event::Start(Tag::Image {
                    link_type,
                    dest_url,
                    id,
                    ..
                }),
            ) => {
                open = Some(Open {
                    end: range.start + 2,
                    kind: link_type,
                    src: dest_url.into_string(),
                    id: id.into_string(),
                    depth: 0,
                    alt: String::new(),
                });
            }
            (None, Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_)) => {
                let moved = images_of_html(&markdown[range.clone()]).into_iter();
                found.extend(moved.map(|shown| shown.after(range.start)));
            }
            (Some(image), Event::End(TagEnd::Image)) if image.depth == 0 => {
                if let Some(at) = image.source(markdown, &events) {
                    let (src, alt) = (image.src.clone(), image.alt.clone());
                    found.push(Shown { at, src, alt });
                }
                open = None;
            }
            (Some(image), event) => image.hold(&event, &range),
            (None, _) => {}
        }
    }
    found
}

/// An image whose words are being read.
struct Open {
    kind: LinkType,
    src: String,
    id: String,
    alt: String,
    /// Images within its words.
    depth: usize,
    /// Where its words end.
    end: usize,
}

impl Open {
    fn hold(&mut self, event: &Event, range: &Range<usize>) {
        match event {
            Event::Start(Tag::Image { .. }) => self.depth += 1,
            Event::End(TagEnd::Image) => self.depth -= 1,
            Event::Text(text) | Event::Code(text) => self.alt.push_str(text),
            Event::SoftBreak | Event::HardBreak => self.alt.push(' '),
            _ => {}
        }
        self.end = self.end.max(range.end);
    }

    fn source(&self, markdown: &str, events: &OffsetIter) -> Option<Range<usize>> {
        let from = if self.kind == LinkType::Inline {
            self.end + markdown.get(self.end..)?.find("](")? + 2
        } else {
            let definition = events.reference_definitions().get(&self.id)?;
            let span = definition.span.clone();
            span.start + label_end(&markdown[span])?
        };
        let at = destination(markdown, from);
        let raw = &markdown[at.clone()];
        // A quote's mark on a new line is no source.
        (raw == self.src || raw.contains(['\\', '&'])).then_some(at)
    }
}

/// Just after `[label]:`.
fn label_end(definition: &str) -> Option<usize> {
    let mut ends = definition.match_indices("]:");
    let (at, _) = ends.find(|(at, _)| !definition[..*at].ends_with('\\'))?;
    Some(at + 2)
}

/// The source that begins there, after blanks: `<a b.jpg>` without its brackets, or up to a blank or the last bracket.
fn destination(markdown: &str, from: usize) -> Range<usize> {
    let rest = markdown[from..].trim_start();
    let (rest, is_bracketed) = match rest.strip_prefix('<') {
        Some(inner) => (inner, true),
        None => (rest, false),
    };
    let start = markdown.len() - markdown[from..].trim_start().len() + usize::from(is_bracketed);
    let mut depth = 0_usize;
    let mut is_escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '>' if is_bracketed => return start..start + at,
            _ if is_bracketed => {}
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ')' => return start..start + at,
            c if c.is_ascii_whitespace() => return start..start + at,
            _ => {}
        }
    }
    start..markdown.len()
}

/// The images of HTML, cleaned or not.
#[must_use]
pub fn images_of_html(html: &str) -> Vec<Shown> {
    let mut found = Vec::new();
    let mut start = 0;
    for token in Tokens(html) {
        let (Token::Text(text) | Token::Tag(text)) = token;
        let is_image = matches!(token, Token::Tag(_)) && name(text) == ("img".to_owned(), false);
        if is_image {
            found.extend(image(text).map(|shown| shown.after(start)));
        }
        start += text.len();
    }
    found
}

fn image(tag: &str) -> Option<Shown> {
    let attributes = attributes(tag);
    let value = |name: &str| {
        let mut all = attributes.iter();
        let (_, at) = all.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some((decoded(&tag[at.clone()]), at.clone()))
    };
    let (src, at) = value("src")?;
    let alt = value("alt").map(|(alt, _)| alt).unwrap_or_default();
    Some(Shown { at, src, alt })
}

/// The names of a tag's attributes and where their values stand, quoted in any way.
fn attributes(tag: &str) -> Vec<(&str, Range<usize>)> {
    let bytes = tag.as_bytes();
    let up_to = |from: usize, ends: &dyn Fn(u8) -> bool| {
        let rest = bytes.get(from..).unwrap_or_default();
        let length = rest.iter().position(|byte| ends(*byte));
        length.map_or(bytes.len(), |length| from + length)
    };
    let over_blanks = |from| up_to(from, &|byte| !byte.is_ascii_whitespace());
    let mut found = Vec::new();
    let mut at = up_to(1, &|byte| !byte.is_ascii_alphanumeric());
    loop {
        let start = up_to(at, &|byte| !byte.is_ascii_whitespace() && byte != b'/');
        if start >= bytes.len() || bytes[start] == b'>' {
            return found;
        }
        let end = up_to(start + 1, &|byte| {
            byte.is_ascii_whitespace() || matches!(byte, b'=' | b'>' | b'/')
        });
        at = over_blanks(end);
        if bytes.get(at) != Some(&b'=') {
            continue;
        }
        at = over_blanks(at + 1);
        let value = match bytes.get(at) {
            Some(quote @ (b'"' | b'\'')) => at + 1..up_to(at + 1, &|byte| byte == *quote),
            _ => at..up_to(at, &|byte| byte.is_ascii_whitespace() || byte == b'>'),
        };
        let is_quoted = value.start > at;
        at = value.end + usize::from(is_quoted);
        if tag.is_char_boundary(start) && tag.is_char_boundary(end) {
            found.push((&tag[start..end], value));
        }
    }
}

impl Shown {
    fn after(self, start: usize) -> Self {
        let at = self.at.start + start..self.at.end + start;
        Self { at, ..self }
    }
}

/// The text with other sources at these places.
#[must_use]
pub fn with_sources(text: &str, mut sources: Vec<(Range<usize>, String)>) -> String {
    sources.sort_by_key(|(at, _)| at.start);
    let mut changed = String::with_capacity(text.len());
    let mut from = 0;
    for (at, source) in sources {
        // One place may be that of several images.
        if let Some(between) = text.get(from..at.start) {
            changed.push_str(between);
            changed.push_str(&source);
            from = at.end;
        }
    }
    changed.push_str(&text[from..]);
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, found: Vec<Shown>) -> Vec<(String, String)> {
        for shown in &found {
            assert!(text.is_char_boundary(shown.at.start) && text.is_char_boundary(shown.at.end));
        }
        found
            .into_iter()
            .map(|shown| (shown.src, shown.alt))
            .collect()
    }

    #[test]
    fn every_way_to_write_an_image_is_found_and_its_source_alone_is_changed() {
        for (text, src, alt, changed) in [
            ("a ![b](c.jpg) d", "c.jpg", "b", "a ![b](NEW) d"),
            (
                "![ş *ğ*  ]( c.jpg 'ü' )",
                "c.jpg",
                "ş ğ  ",
                "![ş *ğ*  ]( NEW 'ü' )",
            ),
            ("![b](<c d.jpg> \"e\")", "c d.jpg", "b", "![b](<NEW> \"e\")"),
            ("![b](c\\_(d).jpg)", "c_(d).jpg", "b", "![b](NEW)"),
            ("![b](c&amp;d.jpg)", "c&d.jpg", "b", "![b](NEW)"),
            ("![](c.jpg)", "c.jpg", "", "![](NEW)"),
            ("[![b](c.jpg)](d)", "c.jpg", "b", "[![b](NEW)](d)"),
            (
                "![a\\](x) b](c.jpg)",
                "c.jpg",
                "a](x) b",
                "![a\\](x) b](NEW)",
            ),
            (
                "| a |\n|---|\n| ![b](c.jpg) |",
                "c.jpg",
                "b",
                "| a |\n|---|\n| ![b](NEW) |",
            ),
            (
                "![b][r]\n\n[r]: c.jpg \"t\"",
                "c.jpg",
                "b",
                "![b][r]\n\n[r]: NEW \"t\"",
            ),
            (
                "![r][]\n\n[r]: <c.jpg>",
                "c.jpg",
                "r",
                "![r][]\n\n[r]: <NEW>",
            ),
            (
                "<p><img alt='b' SRC=c.jpg></p>",
                "c.jpg",
                "b",
                "<p><img alt='b' SRC=NEW></p>",
            ),
            (
                "a <img src=\"c.jpg\" alt=\"b &amp; b\"> d",
                "c.jpg",
                "b & b",
                "a <img src=\"NEW\" alt=\"b &amp; b\"> d",
            ),
            ("> ![b](c.jpg)", "c.jpg", "b", "> ![b](NEW)"),
        ] {
            let found = images(text);
            let sources = found.iter().map(|shown| (shown.at.clone(), "NEW".into()));
            assert_eq!(with_sources(text, sources.collect()), changed);
            assert_eq!(told(text, found), [(src.into(), alt.into())], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_an_image_is_none() {
        for text in [
            "`![b](c.jpg)`",
            "    ![b](c.jpg)",
            "```\n<img src=\"c.jpg\">\n```",
            "\\![b](c.jpg)",
            "<!-- <img src=\"c.jpg\"> -->",
            "[b](c.jpg)",
            "![b][r]",
            "<img alt=\"b\">",
            "<imgage src=\"c.jpg\">",
        ] {
            assert_eq!(images(text), [], "{text}");
        }
    }

    #[test]
    fn two_that_refer_to_one_definition_change_it_once() {
        let text = "![a][r] ![b][r]\n\n[r]: c.jpg";
        let sources: Vec<_> = images(text)
            .into_iter()
            .map(|shown| (shown.at, "d.jpg".to_owned()))
            .collect();
        assert_eq!(sources.len(), 2);
        assert_eq!(with_sources(text, sources), "![a][r] ![b][r]\n\n[r]: d.jpg");
    }

    #[test]
    fn torn_tags_are_read_to_their_end_and_no_further() {
        for html in [
            "<img",
            "<img src",
            "<img src=",
            "<img src=\"",
            "<img src='a",
            "<img =a>",
            "<img /",
            "<img ş=ş src=ş>",
            "<img src=\"a\"ş>",
            "<img\u{a0}src=a>",
        ] {
            told(html, images_of_html(html));
        }
        assert_eq!(
            told("<img src=a/b.jpg>", images_of_html("<img src=a/b.jpg>")),
            [("a/b.jpg".into(), String::new())]
        );
    }
}
