//! URL × verb, then the handlers.

use chrono::{DateTime, Utc};
use poem::{handler, web::Path};
use serde::Deserialize;

use super::{
    queries::{Card, Found, LAST_PAGE},
    shown::{self, Place},
    views,
};
use crate::{
    error::{Error, Result},
    features::categories::model::LONGEST_SLUG,
    platform::cache::Timed,
    types::Lang,
    web::{
        cx::Cx,
        extract::Query,
        public::Page,
        render,
        router::{Table, page},
    },
};

const LIST: &str = "blog:list";
const POST: &str = "blog:post";
const SEARCH: &str = "blog:search";

/// Characters of a query; no more of it is read.
const LONGEST_QUERY: usize = 200;

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/blog", [page(&["page"], index)])
        .at("/blog/category/:slug", [page(&["page"], category)])
        .at("/blog/tag/:slug", [page(&["page"], tag)])
        .at("/blog/author/:slug", [page(&["page"], author)])
        .at("/blog/:slug", [page(&[], show)])
        .at("/blog/search", [page(&["q", "page"], search)])
        .at("/tr/blog", [page(&["page"], index)])
        .at("/tr/blog/category/:slug", [page(&["page"], category)])
        .at("/tr/blog/tag/:slug", [page(&["page"], tag)])
        .at("/tr/blog/author/:slug", [page(&["page"], author)])
        .at("/tr/blog/:slug", [page(&[], show)])
        .at("/tr/blog/search", [page(&["q", "page"], search)])
}

#[derive(Deserialize)]
struct Asked {
    page: Option<String>,
}

#[derive(Deserialize)]
struct Searched {
    #[serde(default)]
    q: String,
    page: Option<String>,
}

#[handler]
async fn index(cx: Cx, Query(asked): Query<Asked>) -> Result<Page> {
    list(&cx, Place::All, asked).await
}

#[handler]
async fn category(cx: Cx, Path(slug): Path<String>, Query(asked): Query<Asked>) -> Result<Page> {
    list(&cx, Place::Category(known(slug)?), asked).await
}

#[handler]
async fn tag(cx: Cx, Path(slug): Path<String>, Query(asked): Query<Asked>) -> Result<Page> {
    list(&cx, Place::Tag(known(slug)?), asked).await
}

#[handler]
async fn author(cx: Cx, Path(slug): Path<String>, Query(asked): Query<Asked>) -> Result<Page> {
    list(&cx, Place::Author(known(slug)?), asked).await
}

async fn list(cx: &Cx, place: Place, asked: Asked) -> Result<Page> {
    let number = number(asked.page.as_deref())?;
    let found = shown::listing(&cx.app, cx.lang, &place, number).await?;
    let listing = match &found.value {
        Found::Here(listing) => listing,
        Found::Moved(slug) => {
            let to = moved_list(cx.lang, &place, slug);
            return Ok(timed(Page::moved(to), &found).tags([LIST]));
        }
        Found::Gone => return gone(cx, LIST, found.until).await,
        Found::Missing => return Err(Error::NotFound),
    };
    let html = render::public_page(cx, "blog/index.html", &views::list(cx, listing)?)?;
    let page = timed(Page::new(html), &found).lang(cx.lang).tags([LIST]);
    let cards = listing.page.cards.iter().chain(&listing.featured);
    Ok(changed(page, cards))
}

fn moved_list(lang: Lang, place: &Place, slug: &str) -> String {
    match place {
        Place::Tag(_) => views::tag_path(lang, slug),
        _ => views::category_path(lang, slug),
    }
}

#[handler]
async fn show(cx: Cx, Path(slug): Path<String>) -> Result<Page> {
    let found = shown::article(&cx.app, cx.lang, &known(slug)?).await?;
    let article = match &found.value {
        Found::Here(article) => article,
        Found::Moved(slug) => {
            let to = views::post_path(cx.lang, slug);
            return Ok(timed(Page::moved(to), &found).tags([POST]));
        }
        Found::Gone => return gone(&cx, POST, found.until).await,
        Found::Missing => return Err(Error::NotFound),
    };
    let html = render::public_page(&cx, "blog/show.html", &views::post(&cx, article)?)?;
    let page = timed(Page::new(html), &found).lang(cx.lang).tags([POST]);
    Ok(changed(page, article.related.iter().chain([&article.card])))
}

#[handler]
async fn search(cx: Cx, Query(asked): Query<Searched>) -> Result<Page> {
    let number = number(asked.page.as_deref())?;
    let q = typed(&asked.q);
    let words = shown::wanted(&q);
    let (html, next_change) = if words.is_empty() {
        if number > 1 {
            return Err(Error::NotFound);
        }
        let recent = shown::recent(&cx.app, cx.lang).await?;
        let view = views::unasked(&cx, &q, &recent.value)?;
        (
            render::public_page(&cx, "blog/search.html", &view)?,
            recent.until,
        )
    } else {
        let results = shown::results(&cx.app, cx.lang, &words, number).await?;
        let view = views::search(&cx, &q, number, &results.value)?;
        (
            render::public_page(&cx, "blog/search.html", &view)?,
            results.until,
        )
    };
    let page = Page::new(html).lang(cx.lang).tags([SEARCH]).unkept();
    Ok(until(page, next_change))
}

/// A page that helps on, under the status of what is gone.
async fn gone(cx: &Cx, family: &str, next_change: Option<DateTime<Utc>>) -> Result<Page> {
    let recent = shown::recent(&cx.app, cx.lang).await?;
    let view = views::gone(cx, &recent.value)?;
    let html = render::public_page(cx, "blog/gone.html", &view)?;
    let page = timed(Page::gone(html), &recent).lang(cx.lang);
    Ok(until(page, next_change).tags([family]))
}

fn timed<T>(page: Page, value: &Timed<T>) -> Page {
    until(page, value.until)
}

fn until(page: Page, next_change: Option<DateTime<Utc>>) -> Page {
    match next_change {
        Some(at) => page.next_change(at),
        None => page,
    }
}

/// A post is new to a list when it becomes public, however old the text is.
fn changed<'a>(page: Page, cards: impl Iterator<Item = &'a Card>) -> Page {
    cards.fold(page, |page, card| {
        page.changed_at(card.updated_at.max(card.public_at))
    })
}

/// Nothing else was ever a slug.
fn known(slug: String) -> Result<String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if slug.len() > LONGEST_SLUG || !slug.bytes().all(is_plain) {
        return Err(Error::NotFound);
    }
    Ok(slug)
}

/// The page that is asked for, in one spelling.
fn number(typed: Option<&str>) -> Result<i64> {
    let Some(typed) = typed else {
        return Ok(1);
    };
    let number: i64 = typed.parse().map_err(|_| Error::NotFound)?;
    if (1..=LAST_PAGE).contains(&number) && number.to_string() == typed {
        Ok(number)
    } else {
        Err(Error::NotFound)
    }
}

/// The query as it is shown again: one line, not too long.
fn typed(q: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let q: String = q.chars().take(LONGEST_QUERY).map(plain).collect();
    q.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_number() {
        assert_eq!(number(None).unwrap(), 1);
        assert_eq!(number(Some("1")).unwrap(), 1);
        assert_eq!(number(Some("1000")).unwrap(), 1000);
        for odd in [
            "",
            "0",
            "01",
            "+1",
            "-1",
            "1001",
            "1.0",
            "abc",
            " 1",
            "٢",
            "99999999999999999999",
        ] {
            assert!(number(Some(odd)).is_err(), "{odd}");
        }
    }

    #[test]
    fn only_what_may_be_a_slug_is_looked_up() {
        assert!(known("ilk-yardim-2".into()).is_ok());
        for odd in ["A", "a.b", "a_b", "~", &"a".repeat(121)] {
            assert!(known(odd.to_owned()).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_query_is_one_short_line() {
        assert_eq!(typed("  a\0b\r\nc\u{85} "), "a b  c");
        assert_eq!(typed(&"ş".repeat(5000)).chars().count(), LONGEST_QUERY);
    }
}
