//! One struct for each template of the blog.

use chrono::{DateTime, Utc};
use serde::Serialize;
use url::form_urlencoded::byte_serialize;

use super::{
    model::Piece,
    queries::{Author, Card, Link, Shelf},
    shown::{self, Head, Hit, Label, Listing, Recent, Results},
};
use crate::{
    error::Result,
    features::posts::{change::drawing, model::drawn},
    platform::{
        i18n::Message,
        markdown::{self, Heading, Picture},
    },
    types::{Lang, date},
    web::{
        cx::Cx,
        seo::{self, Article, Image, Seo},
    },
};

/// A table of contents of fewer headings helps nobody.
const TOC_FROM: usize = 3;

/// The deepest headings that are in it.
const TOC_LEVEL: u8 = 4;

// ---- where things are

/// `/blog` or `/tr/blog`.
pub fn root(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "/blog",
        Lang::Tr => "/tr/blog",
    }
}

pub fn post_path(lang: Lang, slug: &str) -> String {
    format!("{}/{slug}", root(lang))
}

pub fn category_path(lang: Lang, slug: &str) -> String {
    format!("{}/category/{slug}", root(lang))
}

pub fn tag_path(lang: Lang, slug: &str) -> String {
    format!("{}/tag/{slug}", root(lang))
}

fn author_path(lang: Lang, slug: &str) -> String {
    format!("{}/author/{slug}", root(lang))
}

fn search_path(lang: Lang) -> String {
    format!("{}/search", root(lang))
}

/// The first page is the list itself.
fn at_page(path: &str, number: i64) -> String {
    if number == 1 {
        path.to_owned()
    } else {
        format!("{path}?page={number}")
    }
}

fn say(cx: &Cx, message: &Message) -> Result<String> {
    cx.app.translations.message(cx.lang, message)
}

fn word(cx: &Cx, key: &'static str) -> Result<String> {
    say(cx, &Message::new(key))
}

// ---- parts

#[derive(Serialize)]
struct LinkView {
    href: String,
    text: String,
}

impl LinkView {
    fn to_post(link: &Link) -> Self {
        Self {
            href: post_path(link.lang, &link.slug),
            text: link.title.clone(),
        }
    }
}

#[derive(Serialize)]
struct Crumb {
    label: String,
    href: Option<String>,
}

/// The way here: the blog, a step in between, and this page.
fn crumbs(cx: &Cx, between: Option<LinkView>, here: &str) -> Result<Vec<Crumb>> {
    let step = |link: LinkView| Crumb {
        label: link.text,
        href: Some(link.href),
    };
    let blog = LinkView {
        href: root(cx.lang).to_owned(),
        text: word(cx, "blog-title")?,
    };
    let mut crumbs = vec![step(blog)];
    crumbs.extend(between.map(step));
    crumbs.push(Crumb {
        label: here.to_owned(),
        href: None,
    });
    Ok(crumbs)
}

fn with_crumbs(seo: Seo, crumbs: &[Crumb], here: &str) -> Seo {
    let steps = crumbs.iter();
    seo.crumbs(steps.map(|crumb| {
        let path = crumb.href.as_deref().unwrap_or(here);
        (crumb.label.as_str(), path)
    }))
}

#[derive(Serialize)]
struct CardView {
    href: String,
    title: String,
    excerpt: String,
    featured: bool,
    public_at: DateTime<Utc>,
    reading_minutes: i64,
    category: Option<LinkView>,
    author: String,
    author_href: Option<String>,
    picture: Option<Picture>,
}

impl CardView {
    fn of(card: &Card) -> Self {
        Self {
            href: post_path(card.lang, &card.slug),
            title: card.title.clone(),
            excerpt: card.excerpt.clone(),
            featured: card.featured,
            public_at: card.public_at,
            reading_minutes: card.reading_minutes,
            category: category_of(card),
            author: card.author.clone(),
            author_href: author_of(card),
            picture: card.picture.clone(),
        }
    }

    fn all(cards: &[Card]) -> Vec<Self> {
        cards.iter().map(Self::of).collect()
    }
}

fn category_of(card: &Card) -> Option<LinkView> {
    Some(LinkView {
        href: category_path(card.lang, card.category_slug.as_deref()?),
        text: card.category.clone()?,
    })
}

fn author_of(card: &Card) -> Option<String> {
    let slug = card.author_slug.as_deref()?;
    Some(author_path(card.lang, slug))
}

#[derive(Serialize)]
struct ShelfView {
    href: String,
    name: String,
    posts: i64,
    is_current: bool,
}

fn shelves(lang: Lang, shelves: &[Shelf], current: Option<&str>) -> Vec<ShelfView> {
    let view = |shelf: &Shelf| ShelfView {
        href: category_path(lang, &shelf.slug),
        name: shelf.name.clone(),
        posts: shelf.posts,
        is_current: current == Some(shelf.slug.as_str()),
    };
    shelves.iter().map(view).collect()
}

#[derive(Serialize)]
struct Pager {
    number: i64,
    pages: i64,
    /// What is newer, or found before.
    prev: Option<String>,
    next: Option<String>,
}

impl Pager {
    fn of(number: i64, pages: i64, at: impl Fn(i64) -> String) -> Self {
        Self {
            number,
            pages,
            prev: (number > 1).then(|| at(number - 1)),
            next: (number < pages).then(|| at(number + 1)),
        }
    }
}

#[derive(Serialize)]
struct SearchForm {
    action: String,
    q: String,
}

impl SearchForm {
    fn of(lang: Lang, q: &str) -> Self {
        Self {
            action: search_path(lang),
            q: q.to_owned(),
        }
    }
}

// ---- lists

#[derive(Serialize)]
pub struct ListView {
    seo: Seo,
    /// Where the other language is, if this page is not in it.
    elsewhere: &'static str,
    /// Empty on the blog's own page.
    crumbs: Vec<Crumb>,
    heading: String,
    lead: Option<String>,
    featured: Vec<CardView>,
    cards: Vec<CardView>,
    shelves: Vec<ShelfView>,
    all_href: &'static str,
    is_all: bool,
    pager: Pager,
    search: SearchForm,
}

/// What a list is called, what it says of itself, and where else it is.
struct Named {
    heading: String,
    lead: Option<String>,
    description: String,
    path: String,
    in_other: Option<String>,
    /// The title of its own feeds.
    feed: Option<String>,
}

impl Named {
    fn of(cx: &Cx, head: &Head) -> Result<Self> {
        match head {
            Head::All => Self::blog(cx),
            Head::Category(label) => Self::shelf(
                cx,
                label,
                category_path(cx.lang, &label.slug),
                ["blog-category-title", "blog-category-description"],
            ),
            Head::Tag(label) => Self::shelf(
                cx,
                label,
                tag_path(cx.lang, &label.slug),
                ["blog-tag-title", "blog-tag-description"],
            ),
            Head::Author(author, is_in_other) => Self::author(cx, author, *is_in_other),
        }
    }

    fn blog(cx: &Cx) -> Result<Self> {
        Ok(Self {
            heading: word(cx, "blog-heading")?,
            lead: Some(word(cx, "blog-lead")?),
            description: word(cx, "blog-description")?,
            path: root(cx.lang).to_owned(),
            in_other: Some(root(other(cx.lang)).to_owned()),
            feed: None,
        })
    }

    fn shelf(cx: &Cx, label: &Label, path: String, keys: [&'static str; 2]) -> Result<Self> {
        let named = |key| say(cx, &Message::new(key).arg("name", &label.name));
        let [title, description] = keys;
        Ok(Self {
            heading: named(title)?,
            lead: None,
            description: named(description)?,
            path,
            in_other: None,
            feed: Some(named("feed-shelf-title")?),
        })
    }

    fn author(cx: &Cx, author: &Author, is_in_other: bool) -> Result<Self> {
        let named = |key| say(cx, &Message::new(key).arg("name", &author.name));
        let in_other = author_path(other(cx.lang), &author.slug);
        let bio = match cx.lang {
            Lang::En => &author.bio_en,
            Lang::Tr => &author.bio_tr,
        };
        Ok(Self {
            heading: named("blog-author-title")?,
            lead: bio.clone(),
            description: match bio {
                Some(bio) => bio.clone(),
                None => named("blog-author-description")?,
            },
            path: author_path(cx.lang, &author.slug),
            in_other: is_in_other.then_some(in_other),
            feed: None,
        })
    }
}

fn other(lang: Lang) -> Lang {
    match lang {
        Lang::En => Lang::Tr,
        Lang::Tr => Lang::En,
    }
}

pub fn list(cx: &Cx, listing: &Listing) -> Result<ListView> {
    let named = Named::of(cx, &listing.head)?;
    let page = &listing.page;
    let is_all = matches!(listing.head, Head::All);
    let current = match &listing.head {
        Head::Category(label) => Some(label.slug.as_str()),
        _ => None,
    };
    let crumbs = if is_all {
        Vec::new()
    } else {
        crumbs(cx, None, &named.heading)?
    };
    Ok(ListView {
        seo: list_seo(cx, &named, page.number, &crumbs)?,
        elsewhere: root(other(cx.lang)),
        crumbs,
        lead: named.lead.filter(|_| page.number == 1),
        heading: named.heading,
        featured: CardView::all(&listing.featured),
        cards: CardView::all(&page.cards),
        shelves: shelves(cx.lang, &listing.shelves, current),
        all_href: root(cx.lang),
        is_all,
        pager: Pager::of(page.number, page.pages, |number| {
            at_page(&named.path, number)
        }),
        search: SearchForm::of(cx.lang, ""),
    })
}

fn list_seo(cx: &Cx, named: &Named, number: i64, crumbs: &[Crumb]) -> Result<Seo> {
    let title = if number == 1 {
        named.heading.clone()
    } else {
        let message = Message::new("blog-page-title")
            .arg("title", &named.heading)
            .arg("number", number);
        say(cx, &message)?
    };
    let here = at_page(&named.path, number);
    let seo = Seo::of(cx, title, &named.description)?;
    let mut seo = seo.canonical(&here);
    // Another language has other posts on its second page.
    let in_other = named.in_other.as_ref().filter(|_| number == 1);
    let own = in_other.map(|_| (cx.lang, here.clone()));
    let there = in_other.map(|path| (other(cx.lang), path.clone()));
    seo = seo.alternates(own.into_iter().chain(there));
    if let Some(title) = &named.feed {
        seo = seo.feeds(title.clone(), &named.path);
    }
    Ok(if crumbs.is_empty() {
        seo
    } else {
        with_crumbs(seo, crumbs, &here)
    })
}

// ---- a post

#[derive(Serialize)]
pub struct PostView {
    seo: Seo,
    /// Where the other language is, if this page is not in it.
    elsewhere: &'static str,
    crumbs: Vec<Crumb>,
    title: String,
    excerpt: String,
    category: Option<LinkView>,
    author: String,
    author_href: Option<String>,
    public_at: DateTime<Utc>,
    /// Where it was changed on a later day.
    updated_at: Option<DateTime<Utc>>,
    reading_minutes: i64,
    picture: Option<Picture>,
    toc: Vec<Heading>,
    /// Cleaned.
    html: String,
    tags: Vec<LinkView>,
    translations: Vec<TranslationView>,
    related: Vec<CardView>,
    before: Option<LinkView>,
    after: Option<LinkView>,
    share: Share,
}

#[derive(Serialize)]
struct TranslationView {
    lang: Lang,
    href: String,
    title: String,
}

/// Links that tell others of a post: no script, and nothing is loaded from there.
#[derive(Serialize)]
struct Share {
    linkedin: String,
    x: String,
    whatsapp: String,
    mail: String,
}

impl Share {
    fn of(url: &str, title: &str) -> Self {
        // Mail programs take a plus for a plus.
        let encoded = |text: &str| -> String {
            let text: String = byte_serialize(text.as_bytes()).collect();
            text.replace('+', "%20")
        };
        let both = encoded(&format!("{title} {url}"));
        let (url, title) = (encoded(url), encoded(title));
        Self {
            linkedin: format!("https://www.linkedin.com/sharing/share-offsite/?url={url}"),
            x: format!("https://x.com/intent/post?text={title}&url={url}"),
            whatsapp: format!("https://wa.me/?text={both}"),
            mail: format!("mailto:?subject={title}&body={url}"),
        }
    }
}

pub fn post(cx: &Cx, shown: &shown::Article) -> Result<PostView> {
    let card = &shown.card;
    let path = post_path(cx.lang, &card.slug);
    let crumbs = crumbs(cx, category_of(card), &card.title)?;
    let (stored, release) = (shown.body_html.as_deref(), shown.html_release.as_deref());
    let (html, mut toc) = drawn(&shown.body, stored, release, &drawing(&cx.app));
    toc.retain(|heading| heading.level <= TOC_LEVEL);
    if toc.len() < TOC_FROM {
        toc.clear();
    }
    let tag = |tag: &Label| LinkView {
        href: tag_path(cx.lang, &tag.slug),
        text: tag.name.clone(),
    };
    let translation = |link: &Link| TranslationView {
        lang: link.lang,
        href: post_path(link.lang, &link.slug),
        title: link.title.clone(),
    };
    let day = date::istanbul_date;
    Ok(PostView {
        seo: post_seo(cx, shown, &crumbs)?,
        elsewhere: root(other(cx.lang)),
        crumbs,
        title: card.title.clone(),
        excerpt: card.excerpt.clone(),
        category: category_of(card),
        author: card.author.clone(),
        author_href: author_of(card),
        public_at: card.public_at,
        updated_at: Some(card.updated_at).filter(|at| day(*at) > day(card.public_at)),
        reading_minutes: card.reading_minutes,
        picture: card.picture.clone(),
        toc,
        html: markdown::pictured(&html, &shown.pictures),
        tags: shown.tags.iter().map(tag).collect(),
        translations: shown.translations.iter().map(translation).collect(),
        related: CardView::all(&shown.related),
        before: shown.before.as_ref().map(LinkView::to_post),
        after: shown.after.as_ref().map(LinkView::to_post),
        share: Share::of(&format!("{}{path}", seo::base_url(&cx.app)), &card.title),
    })
}

fn post_seo(cx: &Cx, shown: &shown::Article, crumbs: &[Crumb]) -> Result<Seo> {
    let card = &shown.card;
    let title = shown.meta_title.as_ref().unwrap_or(&card.title);
    let description = shown.meta_description.as_ref().unwrap_or(&card.excerpt);
    let path = post_path(cx.lang, &card.slug);
    let others = shown.translations.iter();
    let languages = others
        .map(|link| (link.lang, post_path(link.lang, &link.slug)))
        .chain([(cx.lang, path.clone())]);
    let mut seo = Seo::of(cx, title, description)?
        .canonical(&path)
        .alternates(languages);
    if let Some(picture) = &card.picture {
        seo = seo.image(Image {
            src: picture.src.clone(),
            width: u32::try_from(picture.width).unwrap_or_default(),
            height: u32::try_from(picture.height).unwrap_or_default(),
            alt: picture.alt.clone(),
        });
    }
    let seo = seo.article(Article {
        published_at: card.public_at,
        modified_at: card.updated_at.max(card.public_at),
        author: card.author.clone(),
        author_path: author_of(card),
        section: card.category.clone(),
        tags: shown.tags.iter().map(|tag| tag.name.clone()).collect(),
    });
    Ok(with_crumbs(seo, crumbs, &path))
}

// ---- search

#[derive(Serialize)]
pub struct SearchView {
    seo: Seo,
    /// Where the other language is, if this page is not in it.
    elsewhere: &'static str,
    crumbs: Vec<Crumb>,
    search: SearchForm,
    state: State,
    total: i64,
    /// There may be more than are shown.
    is_cut: bool,
    hits: Vec<HitView>,
    pager: Pager,
    suggested: Vec<CardView>,
    shelves: Vec<ShelfView>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Nothing was asked for.
    Empty,
    /// No word of two letters.
    Short,
    Nothing,
    Found,
}

#[derive(Serialize)]
struct HitView {
    card: CardView,
    title: Vec<Piece>,
    text: Vec<Piece>,
}

/// Before anything is searched for.
pub fn unasked(cx: &Cx, q: &str, recent: &Recent) -> Result<SearchView> {
    let state = if q.is_empty() {
        State::Empty
    } else {
        State::Short
    };
    search_view(cx, q, state, 1, &Results::none(recent))
}

pub fn search(cx: &Cx, q: &str, number: i64, results: &Results) -> Result<SearchView> {
    let state = if results.hits.is_empty() {
        State::Nothing
    } else {
        State::Found
    };
    search_view(cx, q, state, number, results)
}

fn search_view(
    cx: &Cx,
    q: &str,
    state: State,
    number: i64,
    results: &Results,
) -> Result<SearchView> {
    let title = word(cx, "blog-search-title")?;
    let title = if q.is_empty() {
        title
    } else {
        say(cx, &Message::new("blog-search-title-of").arg("q", q))?
    };
    let hit = |hit: &Hit| HitView {
        card: CardView::of(&hit.card),
        title: hit.title.clone(),
        text: hit.text.clone(),
    };
    let encoded: String = byte_serialize(q.as_bytes()).collect();
    let action = search_path(cx.lang);
    let at = |number: i64| match number {
        1 => format!("{action}?q={encoded}"),
        _ => format!("{action}?q={encoded}&page={number}"),
    };
    Ok(SearchView {
        seo: Seo::of(cx, title, word(cx, "blog-search-description")?)?.not_indexed(),
        elsewhere: root(other(cx.lang)),
        crumbs: crumbs(cx, None, &word(cx, "blog-search-title")?)?,
        search: SearchForm::of(cx.lang, q),
        state,
        total: results.total,
        is_cut: results.is_cut,
        hits: results.hits.iter().map(hit).collect(),
        pager: Pager::of(number, results.pages, at),
        suggested: CardView::all(&results.suggested),
        shelves: shelves(cx.lang, &results.shelves, None),
    })
}

// ---- what is gone

#[derive(Serialize)]
pub struct GoneView {
    seo: Seo,
    /// Where the other language is, if this page is not in it.
    elsewhere: &'static str,
    crumbs: Vec<Crumb>,
    search: SearchForm,
    suggested: Vec<CardView>,
    shelves: Vec<ShelfView>,
}

pub fn gone(cx: &Cx, recent: &Recent) -> Result<GoneView> {
    let title = word(cx, "blog-gone-title")?;
    Ok(GoneView {
        crumbs: crumbs(cx, None, &title)?,
        seo: Seo::of(cx, title, word(cx, "blog-gone-text")?)?
            .alternates([])
            .not_indexed(),
        elsewhere: root(other(cx.lang)),
        search: SearchForm::of(cx.lang, ""),
        suggested: CardView::all(&recent.cards),
        shelves: shelves(cx.lang, &recent.shelves, None),
    })
}
