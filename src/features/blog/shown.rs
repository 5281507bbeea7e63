//! What the pages of the blog show, through the cache: one value for each page, of data alone.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    model::{self, Piece},
    queries::{self, Author, Body, Card, Found, Full, Link, Of, Reader, Shelf, Term},
};
use crate::{
    app::App,
    cache::{BLOG_LIST, BLOG_POST, BLOG_SEARCH, SEARCH_WORDS},
    error::{Error, Result},
    features::{
        companies::model::LONGEST_WORD,
        images,
        posts::{change::drawing, model::drawn},
    },
    platform::{
        cache::{Key, Timed, Whose},
        db::Conn,
        markdown::{self, Picture},
    },
    types::{Lang, text},
};

/// Of those that are put forward, on the first page.
const FEATURED: i64 = 3;
/// Below a post.
const RELATED: i64 = 3;
/// Where somebody found nothing.
const SUGGESTED: i64 = 3;

/// Of a query; what comes after them is not searched for.
const MOST_WORDS: usize = 8;

/// Which posts a list holds, as its URL says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    All,
    Category(String),
    Tag(String),
    Author(String),
}

impl Place {
    fn key(&self, key: Key) -> Key {
        match self {
            Self::All => key.part("all"),
            Self::Category(slug) => key.part("category").part(slug),
            Self::Tag(slug) => key.part("tag").part(slug),
            Self::Author(slug) => key.part("author").part(slug),
        }
    }
}

/// A name and the slug that leads to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Label {
    pub slug: String,
    pub name: String,
}

/// What a list is of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Head {
    All,
    Category(Label),
    Tag(Label),
    /// And whether there is something of theirs in the other language.
    Author(Author, bool),
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Listing {
    pub head: Head,
    pub page: queries::Page,
    pub featured: Vec<Card>,
    pub shelves: Vec<Shelf>,
}

/// A page of a list. One that is not there is not remembered.
pub async fn listing(
    app: &App,
    lang: Lang,
    place: &Place,
    number: i64,
) -> Result<Arc<Timed<Found<Listing>>>> {
    let key = place.key(Key::new(&BLOG_LIST, Whose::Public).lang(lang));
    let key = key.part(&number.to_string());
    let (of, place) = (app.clone(), place.clone());
    let load = move || {
        let (app, place) = (of.clone(), place.clone());
        async move { load_listing(&app, lang, place, number).await }
    };
    app.cache.get_or_set_timed(&key, &BLOG_LIST, load).await
}

async fn load_listing(
    app: &App,
    lang: Lang,
    place: Place,
    number: i64,
) -> Result<Timed<Found<Listing>>> {
    let mut conn = app.db.read().await?;
    let reader = now(app, lang);
    let (of, head) = match found_at(&mut conn, reader, place).await? {
        Found::Here(found) => found,
        Found::Moved(slug) => return Ok(lasting(Found::Moved(slug))),
        Found::Gone => return Ok(lasting(Found::Gone)),
        Found::Missing => return Err(Error::NotFound),
    };
    let mut page = queries::list(&mut conn, reader, of, number).await?;
    // The name of what only drafts have is not told.
    if page.cards.is_empty() && (number > 1 || of != Of::All) {
        return Err(Error::NotFound);
    }
    let mut featured = if of == Of::All && number == 1 {
        queries::featured(&mut conn, reader, FEATURED).await?
    } else {
        Vec::new()
    };
    let cards = page.cards.iter_mut().chain(&mut featured);
    queries::set_covers(&mut conn, lang, cards).await?;
    let shelves = queries::shelves(&mut conn, reader).await?;
    Ok(Timed {
        value: Found::Here(Listing {
            head,
            page,
            featured,
            shelves,
        }),
        until: queries::next_change_of_any(&mut conn, reader.now).await?,
    })
}

fn sooner(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    one.into_iter().chain(other).min()
}

async fn found_at(conn: &mut Conn, reader: Reader, place: Place) -> Result<Found<(Of, Head)>> {
    Ok(match place {
        Place::All => Found::Here((Of::All, Head::All)),
        Place::Category(slug) => queries::category(conn, reader, &slug).await?.map(|found| {
            (
                Of::Category(found.id),
                Head::Category(label(found.slug, found.name)),
            )
        }),
        Place::Tag(slug) => queries::tag(conn, reader, &slug)
            .await?
            .map(|found| (Of::Tag(found.id), Head::Tag(label(found.slug, found.name)))),
        Place::Author(slug) => {
            let author = queries::author(conn, &slug).await?.ok_or(Error::NotFound)?;
            let of = Of::Author(author.user_id);
            let elsewhere = queries::newest(conn, reader.in_other(), of, 1, 0).await?;
            Found::Here((of, Head::Author(author, !elsewhere.is_empty())))
        }
    })
}

fn label(slug: String, name: String) -> Label {
    Label { slug, name }
}

/// A post and what is around it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Article {
    pub card: Card,
    pub meta_title: Option<String>,
    pub meta_description: Option<String>,
    pub words: i64,
    /// What was typed, where nothing was drawn of it.
    pub body: String,
    pub body_html: Option<String>,
    pub html_release: Option<String>,
    /// In the body, by the hashes in their URLs.
    pub pictures: BTreeMap<String, Picture>,
    pub tags: Vec<Label>,
    pub related: Vec<Card>,
    pub before: Option<Link>,
    pub after: Option<Link>,
    pub translations: Vec<Link>,
}

/// What a slug leads to. A slug that nothing ever had is not remembered.
pub async fn article(app: &App, lang: Lang, slug: &str) -> Result<Arc<Timed<Found<Article>>>> {
    let key = Key::new(&BLOG_POST, Whose::Public).lang(lang).part(slug);
    let (of, slug) = (app.clone(), slug.to_owned());
    let load = move || {
        let (app, slug) = (of.clone(), slug.clone());
        async move { load_article(&app, lang, &slug).await }
    };
    app.cache.get_or_set_timed(&key, &BLOG_POST, load).await
}

async fn load_article(app: &App, lang: Lang, slug: &str) -> Result<Timed<Found<Article>>> {
    let mut conn = app.db.read().await?;
    let reader = now(app, lang);
    let found = queries::post(&mut conn, reader, slug).await?;
    let until = match &found {
        Found::Here(post) => post.next_change,
        Found::Missing => return Err(Error::NotFound),
        _ => queries::next_change_of_any(&mut conn, reader.now).await?,
    };
    let value = match found {
        Found::Here(post) => Found::Here(with_surroundings(app, &mut conn, reader, post).await?),
        Found::Moved(slug) => Found::Moved(slug),
        Found::Gone => Found::Gone,
        Found::Missing => Found::Missing,
    };
    Ok(Timed { value, until })
}

async fn with_surroundings(
    app: &App,
    conn: &mut Conn,
    reader: Reader,
    mut post: Full,
) -> Result<Article> {
    let tags = queries::labels(conn, post.card.id).await?;
    let mut around = queries::around(conn, reader, &post, &tags, RELATED).await?;
    let related = around.related.iter_mut();
    let cards = related.chain([&mut post.card]);
    queries::set_covers(conn, reader.lang, cards).await?;
    let (stored, release) = (post.body_html.as_deref(), post.html_release.as_deref());
    let (html, _) = drawn(&post.body, stored, release, &drawing(app));
    let pictures = images::queries::shown_in(conn, reader.lang, &html).await?;
    Ok(Article {
        body: match post.body_html {
            Some(_) => String::new(),
            None => post.body,
        },
        body_html: post.body_html,
        html_release: post.html_release,
        card: post.card,
        meta_title: post.meta_title,
        meta_description: post.meta_description,
        words: post.words,
        pictures,
        tags: tags
            .into_iter()
            .map(|tag| label(tag.slug, tag.name))
            .collect(),
        related: around.related,
        before: around.before,
        after: around.after,
        translations: around.translations,
    })
}

/// What was found, or else where to look on.
#[derive(Debug, Serialize, Deserialize)]
pub struct Results {
    pub hits: Vec<Hit>,
    pub total: i64,
    /// There may be more.
    pub is_cut: bool,
    pub pages: i64,
    pub suggested: Vec<Card>,
    pub shelves: Vec<Shelf>,
}

impl Results {
    /// Nothing was searched for.
    #[must_use]
    pub fn none(recent: &Recent) -> Self {
        Self {
            hits: Vec::new(),
            total: 0,
            is_cut: false,
            pages: 1,
            suggested: recent.cards.clone(),
            shelves: recent.shelves.clone(),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Hit {
    pub card: Card,
    pub title: Vec<Piece>,
    pub text: Vec<Piece>,
}

/// The words of a query that can be found. Single letters are in no index.
#[must_use]
pub fn wanted(query: &str) -> Vec<String> {
    let cut = |word: String| word.chars().take(LONGEST_WORD).collect::<String>();
    text::words(query)
        .into_iter()
        .filter(|word| word.chars().nth(1).is_some())
        .take(MOST_WORDS)
        .map(cut)
        .collect()
}

/// The posts that have all the words. A page past the last one is not remembered.
pub async fn results(
    app: &App,
    lang: Lang,
    words: &[String],
    number: i64,
) -> Result<Arc<Timed<Results>>> {
    let key = Key::new(&BLOG_SEARCH, Whose::Public).lang(lang);
    // Never in clear, as a single word would be: keys are in the log.
    let asked = format!("q {}", words.join(" "));
    let key = key.part(&asked).part(&number.to_string());
    let (of, words) = (app.clone(), words.to_vec());
    let load = move || {
        let (app, words) = (of.clone(), words.clone());
        async move { load_results(&app, lang, &words, number).await }
    };
    app.cache.get_or_set_timed(&key, &BLOG_SEARCH, load).await
}

async fn load_results(
    app: &App,
    lang: Lang,
    words: &[String],
    number: i64,
) -> Result<Timed<Results>> {
    let mut conn = app.db.read().await?;
    let reader = now(app, lang);
    let mut until = queries::next_change_of_any(&mut conn, reader.now).await?;
    let found = find(app, &mut conn, reader, words, number).await?;
    if number > found.pages {
        return Err(Error::NotFound);
    }
    let mut results = Results {
        hits: marked(app, &mut conn, reader, found.cards, words).await?,
        total: found.total,
        is_cut: found.is_cut,
        pages: found.pages,
        suggested: Vec::new(),
        shelves: Vec::new(),
    };
    drop(conn);
    if results.hits.is_empty() {
        let recent = recent(app, lang).await?;
        results.suggested.clone_from(&recent.value.cards);
        results.shelves.clone_from(&recent.value.shelves);
        until = sooner(until, recent.until);
    }
    Ok(Timed {
        value: results,
        until,
    })
}

/// Which words are frequent is known from earlier searches, and remembered for later ones. Nothing makes that void, so that it
/// may be set by whoever has read it from the database.
async fn find(
    app: &App,
    conn: &mut Conn,
    reader: Reader,
    words: &[String],
    number: i64,
) -> Result<queries::Hits> {
    let is_known = |word: &str| {
        let known = app.cache.get::<bool>(&frequent(reader.lang, word));
        known.is_some()
    };
    let known: Vec<bool> = words.iter().map(|word| is_known(word)).collect();
    let mut terms: Vec<Term> = (words.iter().zip(&known))
        .map(|(word, &is_frequent)| Term {
            word: word.clone(),
            is_frequent,
        })
        .collect();
    let hits = queries::search(conn, reader, &mut terms, number).await?;
    for (term, is_known) in terms.iter().zip(known) {
        if term.is_frequent && !is_known {
            let key = frequent(reader.lang, &term.word);
            app.cache.set(&key, &SEARCH_WORDS, true).await?;
        }
    }
    Ok(hits)
}

/// Of a word that is frequent, and of no other. Never in clear either.
fn frequent(lang: Lang, word: &str) -> Key {
    let key = Key::new(&SEARCH_WORDS, Whose::Public).lang(lang);
    key.part(&format!("q {word}"))
}

/// A body is only looked at where the excerpt has none of the words.
async fn marked(
    app: &App,
    conn: &mut Conn,
    reader: Reader,
    cards: Vec<Card>,
    words: &[String],
) -> Result<Vec<Hit>> {
    let has_word = |card: &Card| model::around(&card.excerpt, words).is_some();
    let others: Vec<_> = cards
        .iter()
        .filter(|card| !has_word(card))
        .map(|card| card.id)
        .collect();
    let bodies = queries::bodies(conn, reader, &others).await?;
    let in_body = |card: &Card| {
        let body = bodies.iter().find(|body| body.id == card.id)?;
        model::around(&text_of(app, body), words)
    };
    Ok(cards
        .into_iter()
        .map(|card| Hit {
            title: model::pieces(&card.title, words),
            text: in_body(&card).unwrap_or_else(|| model::pieces(&card.excerpt, words)),
            card,
        })
        .collect())
}

fn text_of(app: &App, body: &Body) -> String {
    let (stored, release) = (body.body_html.as_deref(), body.html_release.as_deref());
    let (html, _) = drawn(&body.body, stored, release, &drawing(app));
    markdown::plain(&html)
}

/// What there is to read for somebody who came to something that is gone.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recent {
    pub cards: Vec<Card>,
    pub shelves: Vec<Shelf>,
}

pub async fn recent(app: &App, lang: Lang) -> Result<Arc<Timed<Recent>>> {
    let key = Key::new(&BLOG_LIST, Whose::Public)
        .lang(lang)
        .part("recent");
    let of = app.clone();
    let load = move || {
        let app = of.clone();
        async move {
            let mut conn = app.db.read().await?;
            let reader = now(&app, lang);
            Ok(Timed {
                value: Recent {
                    cards: queries::newest(&mut conn, reader, Of::All, SUGGESTED, 0).await?,
                    shelves: queries::shelves(&mut conn, reader).await?,
                },
                until: queries::next_change_of_any(&mut conn, reader.now).await?,
            })
        }
    };
    app.cache.get_or_set_timed(&key, &BLOG_LIST, load).await
}

fn now(app: &App, lang: Lang) -> Reader {
    Reader {
        lang,
        now: app.clock.now(),
    }
}

/// What only a change of the blog ends, which drops it.
fn lasting<T>(value: T) -> Timed<T> {
    Timed { value, until: None }
}
