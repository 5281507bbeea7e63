//! What may stay of HTML that somebody wrote, and what is made of what stays.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::{
    Heading, Options,
    scan::{Token, Tokens, attribute, name},
    text::decoded,
};
use crate::types::text::slug;

const TAGS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "var",
];

const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href", "title"]),
    ("abbr", &["title"]),
    ("code", &["class"]),
    ("div", &["class", "id"]),
    ("img", &["src", "alt", "title", "width", "height"]),
    ("ol", &["start"]),
    ("sup", &["class", "id"]),
    ("td", &["class", "colspan", "rowspan"]),
    ("th", &["class", "colspan", "rowspan", "scope"]),
];

/// Gone with all that is in them.
const EMPTIED: &[&str] = &[
    "script", "style", "title", "textarea", "noscript", "template", "iframe", "object", "svg",
    "math", "select",
];

/// More have neither an id nor a line in the table of contents, nor have those that are an image.
const MOST_HEADINGS: usize = 500;

/// Only to find out where a link without a host leads.
static HERE: LazyLock<Url> =
    LazyLock::new(|| Url::parse("https://here.invalid/blog/").expect("it is a URL"));

/// Where a link leads.
enum Leads {
    Here,
    Elsewhere,
    Nowhere,
}

fn leads(href: &str, host: Option<&str>) -> Leads {
    let Ok(url) = Url::options().base_url(Some(&HERE)).parse(href) else {
        return Leads::Nowhere;
    };
    match url.scheme() {
        "mailto" | "tel" => Leads::Here,
        "http" | "https" => match url.host_str() {
            Some(found) if Some(found) == HERE.host_str() || Some(found) == host => Leads::Here,
            Some(_) => Leads::Elsewhere,
            None => Leads::Nowhere,
        },
        _ => Leads::Nowhere,
    }
}

pub fn is_shown(src: &str, options: &Options) -> bool {
    let Ok(url) = Url::options().base_url(Some(&HERE)).parse(src) else {
        return false;
    };
    if url.host_str() == HERE.host_str() {
        return url.path().starts_with("/media/");
    }
    url.scheme() == "https"
        && url.host_str().is_some_and(|host| {
            let known = &options.foreign_images;
            known.iter().any(|known| known == host)
        })
}

/// HTML with nothing in it but what is listed above. `h1` to `h6` have no attributes at all.
pub fn allowed(html: &str, options: &Options) -> String {
    let options = options.clone();
    Builder::empty()
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(EMPTIED.iter().copied().collect())
        .tag_attributes(
            ATTRIBUTES
                .iter()
                .map(|(tag, names)| (*tag, names.iter().copied().collect::<HashSet<_>>()))
                .collect::<HashMap<_, _>>(),
        )
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .attribute_filter(move |tag, attribute, value| kept(tag, attribute, value, &options))
        .clean(html)
        .to_string()
        // A parser takes a mark at the beginning for no text: what is cleaned stays as it is.
        .trim_start_matches('\u{feff}')
        .to_owned()
}

fn kept<'v>(tag: &str, attribute: &str, value: &'v str, options: &Options) -> Option<Cow<'v, str>> {
    let keeps = match (tag, attribute) {
        ("a", "href") => !matches!(leads(value, options.host.as_deref()), Leads::Nowhere),
        ("img", "src") => is_shown(value, options),
        ("img", "width" | "height") | ("ol", "start") | (_, "colspan" | "rowspan") => {
            (1..=5).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
        }
        (_, "id") => is_note(value),
        ("code", "class") => is_language(value),
        ("td" | "th", "class") => matches!(value, "left" | "center" | "right"),
        (_, "class") => value == "footnote",
        (_, "scope") => matches!(value, "row" | "col" | "rowgroup" | "colgroup"),
        _ => true,
    };
    keeps.then(|| value.into())
}

/// `fn-1` or `fnref-1`.
fn is_note(id: &str) -> bool {
    let number = id.strip_prefix("fnref-").or(id.strip_prefix("fn-"));
    number.is_some_and(|number| {
        (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_language(class: &str) -> bool {
    class.strip_prefix("language-").is_some_and(|name| {
        (1..=30).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+#-_.".contains(&byte))
    })
}

/// Gives headings their ids and no first level, links and images what they need, and lists the headings.
pub fn tidy(html: &str, options: &Options) -> (String, Vec<Heading>) {
    let mut tidied = Tidied {
        html: String::with_capacity(html.len() + html.len() / 8),
        options,
        toc: Vec::new(),
        ids: HashMap::new(),
        notes: HashSet::new(),
        heading: None,
    };
    for token in Tokens(html) {
        match token {
            Token::Text(text) => tidied.text(text),
            Token::Tag(tag) => tidied.tag(tag),
        }
    }
    (tidied.html, tidied.toc)
}

/// The headings that `tidy` has given ids.
pub fn headings(html: &str) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    let mut open = false;
    for token in Tokens(html) {
        match token {
            Token::Text(text) => {
                if let Some(heading) = headings.last_mut().filter(|_| open) {
                    heading.text.push_str(&decoded(text));
                }
            }
            Token::Tag(tag) => {
                let (name, ends) = name(tag);
                let level = name.strip_prefix('h').and_then(|level| level.parse().ok());
                match (level, attribute(tag, "id")) {
                    (Some(level), Some(id)) if !ends => {
                        open = true;
                        headings.push(Heading {
                            level,
                            id: id.to_owned(),
                            text: String::new(),
                        });
                    }
                    (Some(_), _) => open = false,
                    _ => {}
                }
            }
        }
    }
    for heading in &mut headings {
        heading.text = one_line(&heading.text);
    }
    headings
}

/// Of a heading's level.
fn digit(level: u8) -> &'static str {
    ["2", "3", "4", "5", "6"][usize::from(level.clamp(2, 6) - 2)]
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Tidied<'a> {
    html: String,
    options: &'a Options,
    toc: Vec<Heading>,
    /// How often an id was asked for.
    ids: HashMap<String, usize>,
    notes: HashSet<String>,
    heading: Option<Open>,
}

/// A heading that has not ended.
struct Open {
    level: u8,
    /// Where its tag begins in the HTML.
    at: usize,
    text: String,
    has_image: bool,
}

impl Tidied<'_> {
    fn text(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(&decoded(text));
        }
        self.html.push_str(text);
    }

    fn tag(&mut self, tag: &str) {
        let (name, ends) = name(tag);
        match (name.as_str(), ends) {
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", ends) => {
                let level = name.as_bytes()[1] - b'0';
                self.heading(level.max(2), ends);
            }
            ("a", false) => self.link(tag),
            ("img", false) => self.image(tag),
            (_, false) => self.once(tag),
            _ => self.html.push_str(tag),
        }
    }

    fn heading(&mut self, level: u8, ends: bool) {
        if !ends {
            self.heading = Some(Open {
                level,
                at: self.html.len(),
                text: String::new(),
                has_image: false,
            });
            return;
        }
        let Some(open) = self.heading.take() else {
            return;
        };
        let text = one_line(&open.text);
        let level = open.level;
        if text.is_empty() && !open.has_image {
            // Nothing to be seen, nor to be jumped to.
            self.html.truncate(open.at);
            return;
        }
        if text.is_empty() || self.toc.len() >= MOST_HEADINGS {
            self.html.insert_str(open.at, &format!("<h{level}>"));
            self.html.extend(["</h", digit(level), ">"]);
            return;
        }
        let id = self.id(&text);
        self.html
            .insert_str(open.at, &format!("<h{level} id=\"{id}\">"));
        self.html.extend(["</h", digit(level), ">"]);
        self.toc.push(Heading { level, id, text });
    }

    fn id(&mut self, text: &str) -> String {
        let mut slug = slug(text);
        slug.truncate(80);
        let slug = slug.trim_end_matches('-');
        let base = if slug.is_empty() { "h" } else { slug };
        // A number that was tried is not tried again, or a thousand equal headings would try a million.
        let mut times = self.ids.get(base).copied().unwrap_or(0);
        loop {
            times += 1;
            let id = if times == 1 {
                base.to_owned()
            } else {
                format!("{base}-{times}")
            };
            if times == 1 || !self.ids.contains_key(&id) {
                self.ids.insert(base.to_owned(), times);
                self.ids.entry(id.clone()).or_insert(1);
                return format!("h-{id}");
            }
        }
    }

    fn link(&mut self, tag: &str) {
        let href = attribute(tag, "href").map(decoded);
        let host = self.options.host.as_deref();
        let is_outside = href.is_some_and(|href| matches!(leads(&href, host), Leads::Elsewhere));
        if is_outside {
            self.html.push_str(tag.trim_end_matches('>'));
            self.html.push_str(" rel=\"nofollow noopener\">");
        } else {
            self.html.push_str(tag);
        }
    }

    /// One that may not be shown leaves its words.
    fn image(&mut self, tag: &str) {
        let alt = attribute(tag, "alt").unwrap_or_default();
        if attribute(tag, "src").is_none() {
            self.text(alt);
            return;
        }
        if let Some(heading) = &mut self.heading {
            heading.has_image = true;
        }
        let tag = tag.trim_end_matches(['>', '/']).trim_end();
        self.html.push_str(tag);
        if attribute(tag, "alt").is_none() {
            self.html.push_str(" alt=\"\"");
        }
        self.html.push_str(" loading=\"lazy\" decoding=\"async\">");
    }

    /// A footnote's id is the first one's who has it.
    fn once(&mut self, tag: &str) {
        match attribute(tag, "id") {
            Some(id) if !self.notes.insert(id.to_owned()) => {
                self.html
                    .push_str(&tag.replace(&format!(" id=\"{id}\""), ""));
            }
            _ => self.html.push_str(tag),
        }
    }
}

#[cfg(test)]
pub mod tests {
    pub const TAGS_KEPT: &[&str] = super::TAGS;
}
