//! Markdown that people write → HTML that any page may hold: drawn, cleaned by an allow-list, outlined and counted.

mod clean;
mod cost;
mod pictures;
mod scan;
mod sources;
mod text;

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use pulldown_cmark::{CowStr, Event, Options as Dialect, Parser, Tag, TagEnd};
use sha2::{Digest as _, Sha256};

use self::clean::tidy;
pub use self::{
    pictures::{Picture, SIZES, Source, has_wordless_image, hashes, pictured},
    sources::{Shown, images, images_of_html, with_sources},
    text::{excerpt, plain},
};
use super::embedded;

/// Bytes of Markdown, or of HTML to clean.
pub const LONGEST: usize = 256 * 1024;

/// So many Markdown blocks may stand within each other, and twice as many elements.
pub const DEEPEST: usize = 64;

/// No page of ours is longer than this, however little was typed for it.
const LONGEST_HTML: usize = 4 * LONGEST;

const WORDS_PER_MINUTE: usize = 200;

/// What is written refers to things outside of itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Our own host: links to it are not marked as leading elsewhere.
    pub host: Option<String>,
    /// Other hosts whose images are shown. Ours are below `/media/`.
    pub foreign_images: Arc<[String]>,
}

impl Options {
    /// What HTML that was cleaned so is told by, in 12 hexadecimal digits: the cleaner of this build and these options.
    #[must_use]
    pub fn rules(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(embedded::CLEANER);
        let hosts = self.foreign_images.iter().map(String::as_str);
        for part in [self.host.as_deref().unwrap_or_default()]
            .into_iter()
            .chain(hosts)
        {
            hash.update(part);
            hash.update([0]);
        }
        let digest = hash.finalize();
        let mut rules = String::with_capacity(12);
        for byte in &digest[..6] {
            let _ = write!(rules, "{byte:02x}");
        }
        rules
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    pub html: String,
    pub toc: Vec<Heading>,
    pub words: usize,
    /// `Options::rules` of what it was cleaned with.
    pub rules: String,
}

/// An entry of the table of contents.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Heading {
    /// 2 to 6.
    pub level: u8,
    /// `h-…`, unique in the text.
    pub id: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("longer than {LONGEST} bytes")]
    TooLong,
    #[error("nested deeper than {DEEPEST}")]
    TooDeep,
}

impl Rendered {
    /// At least one.
    #[must_use]
    pub fn reading_minutes(&self) -> usize {
        self.words.div_ceil(WORDS_PER_MINUTE).max(1)
    }
}

/// Draws Markdown (`CommonMark` with tables, footnotes, strikethrough and task lists) and cleans what came of it, the HTML in
/// it included.
pub fn render(markdown: &str, options: &Options) -> Result<Rendered, Refused> {
    if markdown.len() > LONGEST {
        return Err(Refused::TooLong);
    }
    cleaned(&draw(markdown)?, options)
}

/// Cleans HTML: what was imported, or what an older release has drawn.
pub fn clean(html: &str, options: &Options) -> Result<Rendered, Refused> {
    if html.len() > LONGEST_HTML {
        return Err(Refused::TooLong);
    }
    cleaned(html, options)
}

/// The headings of HTML that was cleaned by this release.
#[must_use]
pub fn outline(html: &str) -> Vec<Heading> {
    clean::headings(html)
}

/// HTML as a body of Markdown: one block, so that nothing in it is taken for Markdown.
#[must_use]
pub fn embed(html: &str, options: &Options) -> String {
    scan::one_block(&clean::allowed(html, options))
}

fn cleaned(html: &str, options: &Options) -> Result<Rendered, Refused> {
    if html.len() > LONGEST_HTML {
        return Err(Refused::TooLong);
    }
    cost::check(html)?;
    let (html, toc) = tidy(&clean::allowed(html, options), options);
    let words = text::count(&html);
    Ok(Rendered {
        html,
        toc,
        words,
        rules: options.rules(),
    })
}

/// Whether an image from there is shown in a text.
#[must_use]
pub fn is_shown(src: &str, options: &Options) -> bool {
    clean::is_shown(src, options)
}

fn dialect() -> Dialect {
    Dialect::ENABLE_TABLES
        | Dialect::ENABLE_FOOTNOTES
        | Dialect::ENABLE_STRIKETHROUGH
        | Dialect::ENABLE_TASKLISTS
}

fn draw(markdown: &str) -> Result<String, Refused> {
    let mut events = Vec::new();
    let mut notes = Notes::default();
    let mut depth = 0_usize;
    for event in Parser::new_ext(markdown, dialect()) {
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Refused::TooDeep);
        }
        events.push(notes.own(event));
    }
    let mut html = String::with_capacity(markdown.len() * 3 / 2);
    pulldown_cmark::html::push_html(&mut html, events.into_iter());
    // Attributes of style do not outlive the cleaning. In code that is shown a tag's `<` is escaped.
    for side in ["left", "center", "right"] {
        for cell in ["th", "td"] {
            html = html.replace(
                &format!("<{cell} style=\"text-align: {side}\">"),
                &format!("<{cell} class=\"{side}\">"),
            );
        }
    }
    Ok(html)
}

/// Footnotes under names of ours: what somebody calls one would be an id of the page.
#[derive(Default)]
struct Notes<'a> {
    numbers: HashMap<CowStr<'a>, usize>,
    referred: HashMap<usize, usize>,
}

impl<'a> Notes<'a> {
    fn number(&mut self, name: CowStr<'a>) -> usize {
        let next = self.numbers.len() + 1;
        *self.numbers.entry(name).or_insert(next)
    }

    fn own(&mut self, event: Event<'a>) -> Event<'a> {
        match event {
            Event::FootnoteReference(name) => {
                let number = self.number(name);
                let times = self.referred.entry(number).or_insert(0);
                *times += 1;
                let id = if *times == 1 {
                    format!(" id=\"fnref-{number}\"")
                } else {
                    String::new()
                };
                Event::InlineHtml(
                    format!(
                        "<sup{id} class=\"footnote\"><a href=\"#fn-{number}\">{number}</a></sup>"
                    )
                    .into(),
                )
            }
            Event::Start(Tag::FootnoteDefinition(name)) => {
                let number = self.number(name);
                Event::Html(
                    format!("<div class=\"footnote\" id=\"fn-{number}\"><a href=\"#fnref-{number}\">{number}.</a>\n").into(),
                )
            }
            Event::End(TagEnd::FootnoteDefinition) => Event::Html("</div>\n".into()),
            Event::TaskListMarker(true) => Event::Text("☑ ".into()),
            Event::TaskListMarker(false) => Event::Text("☐ ".into()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
