//! Feeds of the blog, of a category and of a tag: Atom, RSS 2.0 and JSON Feed 1.1 of the same entries.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use lol_html::{RewriteStrSettings, element, html_content::Element, rewrite_str};
use poem::{Endpoint, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::queries::{self, Body, Card, Found, Of, Reader};
use crate::{
    app::App,
    cache::BLOG_FEED,
    error::{Error, Result},
    features::posts::{
        change::drawing,
        model::{Post, drawn},
    },
    platform::{
        cache::{Key, Timed, Whose},
        db::Conn,
        i18n::Message,
        telemetry,
        xml::Xml,
    },
    types::{Id, Lang},
    web::{
        cx::Cx,
        public::{Kind, Page},
        router::{Table, page},
        seo::{base_url, in_lang, seconds},
    },
};

const ENTRIES: i64 = 20;

/// Bytes of HTML in one feed. Newer posts go first; what does not fit is told by its excerpt, so that a feed stays light
/// enough to be kept.
const FULL: usize = 192 * 1024;

#[must_use]
pub fn routes() -> Table {
    let mut table = Table::default();
    for lang in Lang::ALL {
        for format in [Format::Atom, Format::Rss, Format::Json] {
            for (path, shelf) in [
                ("", Shelf::All),
                ("/blog/category/:slug", Shelf::Category),
                ("/blog/tag/:slug", Shelf::Tag),
            ] {
                let path = in_lang(&format!("{path}/{}", format.file()), *lang);
                table = table.at(&path, [page(&[], Show { format, shelf })]);
            }
        }
    }
    table
}

#[derive(Clone, Copy)]
enum Format {
    Atom,
    Rss,
    Json,
}

impl Format {
    fn file(self) -> &'static str {
        match self {
            Self::Atom => "feed.xml",
            Self::Rss => "rss.xml",
            Self::Json => "feed.json",
        }
    }
}

#[derive(Clone, Copy)]
enum Shelf {
    All,
    Category,
    Tag,
}

#[derive(Clone, Copy)]
struct Show {
    format: Format,
    shelf: Shelf,
}

impl Endpoint for Show {
    type Output = Page;

    async fn call(&self, request: Request) -> poem::Result<Page> {
        let cx = Cx::of(&request)?;
        let slug = request.raw_path_param("slug").unwrap_or_default();
        Ok(self.answer(&cx, slug).await?)
    }
}

impl Show {
    async fn answer(self, cx: &Cx, slug: &str) -> Result<Page> {
        let found = feed(&cx.app, cx.lang, self.shelf, slug).await?;
        let page = match &found.value {
            Found::Missing => return Err(Error::NotFound),
            Found::Gone => {
                let word = Message::new("feed-gone");
                let text = cx.app.translations.message(cx.lang, &word)?;
                let lang = cx.lang.code();
                let html = format!(
                    "<!DOCTYPE html>\n<html lang=\"{lang}\"><title>{text}</title><p>{text}</p></html>\n"
                );
                Page::gone(html)
            }
            Found::Moved(slug) => {
                let folder = self.shelf.folder(cx.lang, slug);
                Page::moved(format!("{folder}/{}", self.format.file()))
            }
            Found::Here(feed) => {
                let channel = Channel::new(cx, self, slug, feed)?;
                let page = match self.format {
                    Format::Atom => Page::of(Kind::Atom, channel.atom()?),
                    Format::Rss => Page::of(Kind::Rss, channel.rss()?),
                    Format::Json => Page::of(Kind::Json, channel.json()),
                };
                page.changed_at(feed.updated_at)
            }
        };
        let page = page.lang(cx.lang).tags([BLOG_FEED.name()]);
        Ok(match found.until {
            Some(at) => page.next_change(at),
            None => page,
        })
    }
}

impl Shelf {
    /// The path that its files are below.
    fn folder(self, lang: Lang, slug: &str) -> String {
        match self {
            Self::All => in_lang("/", lang).trim_end_matches('/').to_owned(),
            Self::Category => in_lang(&format!("/blog/category/{slug}"), lang),
            Self::Tag => in_lang(&format!("/blog/tag/{slug}"), lang),
        }
    }

    /// The path of the same for people.
    fn page(self, lang: Lang, slug: &str) -> String {
        match self {
            Self::All => in_lang("/blog", lang),
            shelf => shelf.folder(lang, slug),
        }
    }

    async fn find(self, conn: &mut Conn, reader: Reader, slug: &str) -> Result<Found<List>> {
        Ok(match self {
            Self::All => Found::Here(List {
                of: Of::All,
                name: None,
            }),
            Self::Category => queries::category(conn, reader, slug)
                .await?
                .map(|found| List {
                    of: Of::Category(found.id),
                    name: Some(found.name),
                }),
            Self::Tag => queries::tag(conn, reader, slug).await?.map(|found| List {
                of: Of::Tag(found.id),
                name: Some(found.name),
            }),
        })
    }
}

/// What a feed is about.
struct List {
    of: Of,
    /// Of the category or tag.
    name: Option<String>,
}

// ---- the entries

/// The newest of a list, as all three formats tell it.
#[derive(Debug, Serialize, Deserialize)]
struct Feed {
    /// Of the category or tag, as is the name.
    id: Option<Uuid>,
    name: Option<String>,
    entries: Vec<Entry>,
    /// When anything in it has changed last.
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    id: Uuid,
    slug: String,
    title: String,
    excerpt: String,
    /// With absolute URLs; `None` where the excerpt has to do.
    html: Option<String>,
    author: String,
    author_slug: Option<String>,
    category: Option<Term>,
    tags: Vec<Term>,
    published_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Term {
    slug: String,
    name: String,
}

/// What a slug leads to. Links in it are absolute and its HTML is cleaned, so what both go by is in its name.
async fn feed(app: &App, lang: Lang, shelf: Shelf, slug: &str) -> Result<Arc<Timed<Found<Feed>>>> {
    let key = Key::new(&BLOG_FEED, Whose::Public).lang(lang);
    let key = match shelf {
        Shelf::All => key.part("all"),
        Shelf::Category => key.part("category").part(slug),
        Shelf::Tag => key.part("tag").part(slug),
    };
    let key = key.part(&drawing(app).rules()).part(base_url(app));
    let (its, slug) = (app.clone(), slug.to_owned());
    app.cache
        .get_or_set_timed(&key, &BLOG_FEED, move || load(its, lang, shelf, slug))
        .await
}

async fn load(app: App, lang: Lang, shelf: Shelf, slug: String) -> Result<Timed<Found<Feed>>> {
    let reader = Reader {
        lang,
        now: app.clock.now(),
    };
    let mut conn = app.db.read().await?;
    // What was moved or is gone stays so until a change of the blog, which drops it.
    let ends_never = |value| Timed { value, until: None };
    match shelf.find(&mut conn, reader, &slug).await? {
        Found::Here(list) => filled(app, conn, reader, list).await,
        Found::Moved(slug) => Ok(ends_never(Found::Moved(slug))),
        Found::Gone => Ok(ends_never(Found::Gone)),
        Found::Missing => Err(Error::NotFound),
    }
}

async fn filled(
    app: App,
    mut conn: Conn,
    reader: Reader,
    list: List,
) -> Result<Timed<Found<Feed>>> {
    let next_change = queries::next_change(&mut conn, reader).await?;
    let cards = queries::newest(&mut conn, reader, list.of, ENTRIES, 0).await?;
    // The name of what only drafts have is not told.
    if cards.is_empty() && list.of != Of::All {
        return Err(Error::NotFound);
    }
    let ids: Vec<Id<Post>> = cards.iter().map(|card| card.id).collect();
    let bodies = queries::bodies(&mut conn, reader, &ids).await?;
    let tags = queries::tags_of(&mut conn, &ids).await?;
    drop(conn);
    let mut terms: HashMap<Id<Post>, Vec<Term>> = HashMap::new();
    for queries::Tagged {
        post_id,
        slug,
        name,
    } in tags
    {
        terms.entry(post_id).or_default().push(Term { slug, name });
    }
    let updated_at = cards.iter().map(touched).max();
    let entries = telemetry::spawn_blocking(move || entries(&app, cards, bodies, terms));
    let entries = entries.await.map_err(Error::internal)??;
    Ok(Timed {
        value: Found::Here(Feed {
            id: match list.of {
                Of::Category(id) => Some(id.uuid()),
                Of::Tag(id) => Some(id.uuid()),
                Of::All | Of::Author(_) => None,
            },
            name: list.name,
            entries,
            // Nothing has been said yet.
            updated_at: updated_at.unwrap_or(DateTime::UNIX_EPOCH),
        }),
        until: next_change,
    })
}

/// When readers saw it change last: a scheduled post was written before it was public.
fn touched(card: &Card) -> DateTime<Utc> {
    card.updated_at.max(card.public_at)
}

fn entries(
    app: &App,
    cards: Vec<Card>,
    bodies: Vec<Body>,
    mut terms: HashMap<Id<Post>, Vec<Term>>,
) -> Result<Vec<Entry>> {
    let options = drawing(app);
    let mut bodies: HashMap<_, _> = bodies.into_iter().map(|body| (body.id, body)).collect();
    let mut room = FULL;
    let mut entries = Vec::new();
    for card in cards {
        // Deleted since the list was read.
        let Some(body) = bodies.remove(&card.id) else {
            continue;
        };
        let (stored, release) = (body.body_html.as_deref(), body.html_release.as_deref());
        let (html, _) = drawn(&body.body, stored, release, &options);
        let url = format!("{}{}", base_url(app), post_path(card.lang, &card.slug));
        let html = absolute(&html, &url)?;
        let html = (html.len() <= room).then_some(html);
        room -= html.as_ref().map_or(0, String::len);
        entries.push(Entry {
            id: card.id.uuid(),
            updated_at: touched(&card),
            published_at: card.public_at,
            category: card
                .category_slug
                .zip(card.category)
                .map(|(slug, name)| Term { slug, name }),
            tags: terms.remove(&card.id).unwrap_or_default(),
            slug: card.slug,
            title: card.title,
            excerpt: card.excerpt,
            html,
            author: card.author,
            author_slug: card.author_slug,
        });
    }
    Ok(entries)
}

fn post_path(lang: Lang, slug: &str) -> String {
    in_lang(&format!("/blog/{slug}"), lang)
}

/// Cleaned HTML whose links and images are the same wherever it is shown.
fn absolute(html: &str, page: &str) -> Result<String> {
    let page = Url::parse(page).map_err(Error::internal)?;
    let resolve = |element: &mut Element<'_, '_>, name: &str| {
        let written = element.get_attribute(name).unwrap_or_default();
        // An escaped character is as good as itself here: neither means anything in a URL.
        match (Url::parse(&written), page.join(&written)) {
            (Err(_), Ok(url)) => element.set_attribute(name, url.as_str()),
            _ => Ok(()),
        }
    };
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("a[href]", |link| Ok(resolve(link, "href")?)))
        .append_element_content_handler(element!("img[src]", |image| Ok(resolve(image, "src")?)));
    rewrite_str(html, settings).map_err(Error::internal)
}

// ---- the formats

/// A feed in one format, with all that is around its entries.
struct Channel<'a> {
    feed: &'a Feed,
    lang: Lang,
    base: &'a str,
    /// Stays the same whatever becomes of slugs and hosts.
    id: String,
    title: String,
    description: String,
    /// Of this file and of the page for people.
    own_url: String,
    page_url: String,
}

impl<'a> Channel<'a> {
    fn new(cx: &'a Cx, show: Show, slug: &str, feed: &'a Feed) -> Result<Self> {
        let base = base_url(&cx.app);
        let folder = show.shelf.folder(cx.lang, slug);
        let own_url = format!("{base}{folder}/{}", show.format.file());
        let word = |message| cx.app.translations.message(cx.lang, &message);
        let title = match &feed.name {
            Some(name) => Message::new("feed-shelf-title").arg("name", name),
            None => Message::new("feed-title"),
        };
        Ok(Self {
            feed,
            lang: cx.lang,
            base,
            id: feed.id.map_or_else(|| own_url.clone(), urn),
            title: word(title)?,
            description: word(Message::new("feed-description"))?,
            page_url: format!("{base}{}", show.shelf.page(cx.lang, slug)),
            own_url,
        })
    }

    fn url(&self, entry: &Entry) -> String {
        format!("{}{}", self.base, post_path(self.lang, &entry.slug))
    }

    fn author_url(&self, entry: &Entry) -> Option<String> {
        let path = |slug| in_lang(&format!("/blog/author/{slug}"), self.lang);
        let slug = entry.author_slug.as_ref()?;
        Some(format!("{}{}", self.base, path(slug)))
    }

    /// RFC 4287.
    fn atom(&self) -> Result<Vec<u8>> {
        let lang = self.lang.code();
        let mut xml = Xml::new(
            "feed",
            &[("xmlns", "http://www.w3.org/2005/Atom"), ("xml:lang", lang)],
        )?;
        xml.text("id", &self.id)?;
        xml.text("title", &self.title)?;
        xml.text("subtitle", &self.description)?;
        xml.text("updated", &seconds(self.feed.updated_at))?;
        xml.text("generator", "ProSektorWeb")?;
        let own = [
            ("rel", "self"),
            ("type", "application/atom+xml"),
            ("href", &self.own_url),
        ];
        xml.empty("link", &own)?;
        let page = [
            ("rel", "alternate"),
            ("type", "text/html"),
            ("hreflang", lang),
            ("href", &self.page_url),
        ];
        xml.empty("link", &page)?;
        for entry in &self.feed.entries {
            self.atom_entry(&mut xml, entry)?;
        }
        xml.finish("feed")
    }

    fn atom_entry(&self, xml: &mut Xml, entry: &Entry) -> Result<()> {
        xml.begin("entry", &[])?;
        xml.text("id", &urn(entry.id))?;
        xml.text("title", &entry.title)?;
        let url = self.url(entry);
        let link = [("rel", "alternate"), ("type", "text/html"), ("href", &url)];
        xml.empty("link", &link)?;
        xml.text("published", &seconds(entry.published_at))?;
        xml.text("updated", &seconds(entry.updated_at))?;
        xml.begin("author", &[])?;
        xml.text("name", &entry.author)?;
        if let Some(url) = self.author_url(entry) {
            xml.text("uri", &url)?;
        }
        xml.end("author")?;
        for term in entry.terms() {
            xml.empty("category", &[("term", &term.slug), ("label", &term.name)])?;
        }
        xml.text("summary", &entry.excerpt)?;
        if let Some(html) = &entry.html {
            xml.text_with("content", &[("type", "html")], html)?;
        }
        xml.end("entry")
    }

    fn rss(&self) -> Result<Vec<u8>> {
        let mut xml = Xml::new(
            "rss",
            &[
                ("version", "2.0"),
                ("xmlns:atom", "http://www.w3.org/2005/Atom"),
                ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
                ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
            ],
        )?;
        xml.begin("channel", &[])?;
        xml.text("title", &self.title)?;
        xml.text("link", &self.page_url)?;
        xml.text("description", &self.description)?;
        xml.text("language", self.lang.code())?;
        xml.text("lastBuildDate", &self.feed.updated_at.to_rfc2822())?;
        xml.text("generator", "ProSektorWeb")?;
        let own = [
            ("rel", "self"),
            ("type", "application/rss+xml"),
            ("href", &self.own_url),
        ];
        xml.empty("atom:link", &own)?;
        for entry in &self.feed.entries {
            self.rss_item(&mut xml, entry)?;
        }
        xml.end("channel")?;
        xml.finish("rss")
    }

    fn rss_item(&self, xml: &mut Xml, entry: &Entry) -> Result<()> {
        xml.begin("item", &[])?;
        xml.text("title", &entry.title)?;
        xml.text("link", &self.url(entry))?;
        xml.text_with("guid", &[("isPermaLink", "false")], &urn(entry.id))?;
        xml.text("pubDate", &entry.published_at.to_rfc2822())?;
        xml.text("dc:creator", &entry.author)?;
        for term in entry.terms() {
            xml.text("category", &term.name)?;
        }
        // It is HTML, so that a plain text is escaped in it, too.
        let excerpt = quick_xml::escape::escape(entry.excerpt.as_str());
        xml.text("description", &excerpt)?;
        if let Some(html) = &entry.html {
            xml.text("content:encoded", html)?;
        }
        xml.end("item")
    }

    fn json(&self) -> String {
        let items: Vec<Value> = self
            .feed
            .entries
            .iter()
            .map(|entry| self.json_item(entry))
            .collect();
        json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.title,
            "description": self.description,
            "home_page_url": self.page_url,
            "feed_url": self.own_url,
            "language": self.lang.code(),
            "items": items,
        })
        .to_string()
    }

    fn json_item(&self, entry: &Entry) -> Value {
        let mut author = json!({"name": entry.author});
        if let Some(url) = self.author_url(entry) {
            author["url"] = url.into();
        }
        let names: Vec<&str> = entry.terms().map(|term| term.name.as_str()).collect();
        let mut item = json!({
            "id": urn(entry.id),
            "url": self.url(entry),
            "title": entry.title,
            "summary": entry.excerpt,
            "date_published": seconds(entry.published_at),
            "date_modified": seconds(entry.updated_at),
            "authors": [author],
            "tags": names,
            "language": self.lang.code(),
        });
        // One of the two contents must be there.
        match &entry.html {
            Some(html) => item["content_html"] = html.as_str().into(),
            None => item["content_text"] = entry.excerpt.as_str().into(),
        }
        item
    }
}

impl Entry {
    fn terms(&self) -> impl Iterator<Item = &Term> {
        self.category.iter().chain(&self.tags)
    }
}

/// The same for ever, whatever slug, language prefix and host the post has.
fn urn(id: Uuid) -> String {
    format!("urn:uuid:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_images_lead_to_the_same_place_wherever_they_are_read() {
        let page = "https://example.test/tr/blog/ilk-yardim";
        for (written, expected) in [
            ("/media/a.jpg", "https://example.test/media/a.jpg"),
            ("#h-a", "https://example.test/tr/blog/ilk-yardim#h-a"),
            (
                "sonraki?a=1&amp;b=2",
                "https://example.test/tr/blog/sonraki?a=1&amp;b=2",
            ),
            ("//cdn.test/x", "https://cdn.test/x"),
            ("https://other.test/?a&amp;b", "https://other.test/?a&amp;b"),
            ("mailto:a@b.test", "mailto:a@b.test"),
            ("&quot;x", "https://example.test/tr/blog/&quot;x"),
        ] {
            let html = format!(
                "<p><a href=\"{written}\" title=\"/x\">a</a><img src=\"{written}\" alt=\"\">ş &lt;</p>"
            );
            let made = format!(
                "<p><a href=\"{expected}\" title=\"/x\">a</a><img src=\"{expected}\" alt=\"\">ş &lt;</p>"
            );
            assert_eq!(absolute(&html, page).unwrap(), made);
        }
    }
}
