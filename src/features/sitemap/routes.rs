//! URL × verb, then the handlers.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use poem::{
    handler,
    http::Method,
    web::{Data, Path},
};

use super::{
    model::{After, Entry, PAGES, PART, Part, Section},
    queries, views,
};
use crate::{
    app::App,
    cache::SITEMAP,
    error::{Error, Result},
    features::{
        blog::queries::{self as blog, Card, Of, Reader},
        images,
    },
    platform::{
        cache::{Key, Timed, Whose},
        db::Conn,
        i18n::Message,
    },
    types::{Id, Lang},
    web::{
        access::Access,
        cx::Cx,
        public::{Kind, Page},
        request_log::first_segment,
        router::{Lines, Table, page},
        seo::{base_url, in_lang},
    },
};

/// Posts of each language in `llms.txt`.
const LATEST: i64 = 20;

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/sitemap.xml", [page(&[], show_index)])
        .at("/sitemap-:part", [page(&[], show_part)])
        .at("/robots.txt", [page(&[], robots)])
        .at("/llms.txt", [page(&[], llms)])
}

#[handler]
async fn show_index(cx: Cx, Data(lines): Data<&Lines>) -> Result<Page> {
    let parts = parts(&cx.app, lines).await?;
    let body = views::index(base_url(&cx.app), &parts.value)?;
    let newest = parts.value.iter().filter_map(|part| part.changed_at).max();
    Ok(known(Page::of(Kind::Xml, body), newest, parts.until))
}

#[handler]
async fn show_part(cx: Cx, Data(lines): Data<&Lines>, Path(file): Path<String>) -> Result<Page> {
    let number = number_of(&file).ok_or(Error::NotFound)?;
    let parts = parts(&cx.app, lines).await?;
    let part = parts.value.get(number - 1).ok_or(Error::NotFound)?;
    let entries = entries_of(&cx.app, lines, part).await?;
    let body = views::part(base_url(&cx.app), &entries.value)?;
    let page = Page::of(Kind::Xml, body);
    let next_change = sooner(parts.until, entries.until);
    Ok(known(page, part.changed_at, next_change))
}

/// 12 of `12.xml`; each part has one URL.
fn number_of(file: &str) -> Option<usize> {
    let number = file.strip_suffix(".xml")?;
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    number.parse().ok().filter(|_| is_plain)
}

/// The office is nobody's search result. The same in development, so that what is tried out there is what is served.
#[handler]
fn robots(cx: Cx, Data(lines): Data<&Lines>) -> Page {
    let open: BTreeSet<&str> = PAGES.iter().map(|(path, _)| first_segment(path)).collect();
    let hidden: BTreeSet<&str> = lines
        .iter()
        .filter(|line| line.access != Access::Public)
        .map(|line| first_segment(&line.path))
        .filter(|place| !open.contains(place))
        .collect();
    Page::of(Kind::Text, views::robots(base_url(&cx.app), hidden))
}

#[handler]
async fn llms(cx: Cx, Data(lines): Data<&Lines>) -> Result<Page> {
    let app = &cx.app;
    let word = |key| app.translations.message(Lang::En, &Message::new(key));
    let mut text = format!(
        "# {}\n\n> {}\n",
        word("product-name")?,
        word("home-description")?
    );
    let latest = latest(app).await?;
    let mut newest = None;
    for (lang, cards) in &latest.value {
        let at = (base_url(app), *lang);
        views::in_short(&mut text, at, &app.translations, &pages(lines), cards)?;
        let touched = cards.iter().map(|card| card.updated_at.max(card.public_at));
        newest = newest.max(touched.max());
    }
    Ok(known(Page::of(Kind::Text, text), newest, latest.until))
}

/// The newest posts of each language.
async fn latest(app: &App) -> Result<Arc<Timed<Vec<(Lang, Vec<Card>)>>>> {
    let key = Key::new(&SITEMAP, Whose::Public).part("latest");
    let of = app.clone();
    let load = move || async move {
        let now = of.clock.now();
        let mut conn = of.db.read().await?;
        let mut latest = Vec::new();
        for &lang in Lang::ALL {
            let reader = Reader { lang, now };
            let cards = blog::newest(&mut conn, reader, Of::All, LATEST, 0).await?;
            latest.push((lang, cards));
        }
        Ok(Timed {
            value: latest,
            until: blog::next_change_of_any(&mut conn, now).await?,
        })
    };
    app.cache.get_or_set_timed(&key, &SITEMAP, load).await
}

fn known(page: Page, newest: Option<DateTime<Utc>>, next_change: Option<DateTime<Utc>>) -> Page {
    let mut page = page.tags([SITEMAP.name()]);
    if let Some(at) = newest {
        page = page.changed_at(at);
    }
    match next_change {
        Some(at) => page.next_change(at),
        None => page,
    }
}

fn sooner(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    one.into_iter().chain(other).min()
}

/// Those of the known pages that there are.
fn pages(lines: &Lines) -> Vec<(&'static str, &'static str)> {
    let is_there = |path: &str| {
        let open = [Access::Public, Access::Account];
        lines.iter().any(|line| {
            line.path == path && line.method == Method::GET && open.contains(&line.access)
        })
    };
    let pages = PAGES.iter().filter(|(path, _)| is_there(path));
    pages.copied().collect()
}

/// How the map is cut, as long as nothing changes.
async fn parts(app: &App, lines: &Lines) -> Result<Arc<Timed<Vec<Part>>>> {
    let (of, its) = (app.clone(), Arc::clone(lines));
    let load = move || cut(of, its);
    app.cache
        .get_or_set_timed(&key(lines), &SITEMAP, load)
        .await
}

/// The next release may have other pages.
fn key(lines: &Lines) -> Key {
    let paths: Vec<&str> = pages(lines).into_iter().map(|(path, _)| path).collect();
    Key::new(&SITEMAP, Whose::Public).part(&paths.join(" "))
}

/// What stands in a part of this cut.
async fn entries_of(app: &App, lines: &Lines, part: &Part) -> Result<Arc<Timed<Vec<Entry>>>> {
    let name = serde_json::to_string(part).map_err(Error::internal)?;
    let (of, its, part) = (app.clone(), Arc::clone(lines), part.clone());
    let load = move || async move {
        let now = of.clock.now();
        let mut conn = of.db.read().await?;
        Ok(Timed {
            value: entries(&mut conn, &its, &part, now).await?,
            until: blog::next_change_of_any(&mut conn, now).await?,
        })
    };
    let key = key(lines).part(&name);
    app.cache.get_or_set_timed(&key, &SITEMAP, load).await
}

async fn cut(app: App, lines: Lines) -> Result<Timed<Vec<Part>>> {
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let next_change = blog::next_change_of_any(&mut conn, now).await?;
    let mut parts = Vec::new();
    for section in Section::ALL {
        let mut after = After::Nothing;
        loop {
            let mut part = Part {
                section,
                after,
                changed_at: None,
            };
            let entries = entries(&mut conn, &lines, &part, now).await?;
            let Some(last) = entries.last() else { break };
            part.changed_at = entries.iter().filter_map(|entry| entry.changed_at).max();
            after = last.last.clone();
            parts.push(part);
            if i64::try_from(entries.len()).is_ok_and(|found| found < PART) {
                break;
            }
        }
    }
    Ok(Timed {
        value: parts,
        until: next_change,
    })
}

async fn entries(
    conn: &mut Conn,
    lines: &Lines,
    part: &Part,
    now: DateTime<Utc>,
) -> Result<Vec<Entry>> {
    let of = |lang| Reader { lang, now };
    let after = &part.after;
    Ok(match part.section {
        Section::Site => site(conn, lines, now).await?,
        Section::Posts(lang) => {
            let posts = queries::posts(conn, of(lang), after, PART).await?;
            let covers: Vec<_> = posts
                .iter()
                .filter_map(|post| post.cover_id)
                .map(Id::from_uuid)
                .collect();
            let covers = images::queries::pictures(conn, lang, &covers).await?;
            let entry = |post: queries::Post| {
                let cover = post.cover_id.and_then(|id| covers.get(&Id::from_uuid(id)));
                entry_of_post(lang, post, cover.map(|cover| cover.src.clone()))
            };
            posts.into_iter().map(entry).collect()
        }
        Section::Categories(lang) => {
            let found = queries::categories(conn, of(lang), after, PART).await?;
            shelves("category", lang, found)
        }
        Section::Tags(lang) => {
            let found = queries::tags(conn, of(lang), after, PART).await?;
            shelves("tag", lang, found)
        }
        Section::Authors(lang) => {
            let found = queries::authors(conn, of(lang), after, PART).await?;
            shelves("author", lang, found)
        }
    })
}

async fn site(conn: &mut Conn, lines: &Lines, now: DateTime<Utc>) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for &lang in Lang::ALL {
        let newest = queries::newest_at(conn, lang, now).await?;
        for (path, _) in pages(lines) {
            let alternates = Lang::ALL.iter().map(|&lang| (lang, in_lang(path, lang)));
            entries.push(Entry {
                path: in_lang(path, lang),
                changed_at: newest.filter(|_| path == "/blog"),
                alternates: alternates.collect(),
                image: None,
                last: After::Nothing,
            });
        }
    }
    Ok(entries)
}

fn entry_of_post(lang: Lang, post: queries::Post, image: Option<String>) -> Entry {
    let path = |lang, slug: &str| in_lang(&format!("/blog/{slug}"), lang);
    let own = path(lang, &post.slug);
    let alternates = post.other_slug.map_or_else(Vec::new, |slug| {
        let each = |&one: &Lang| {
            (
                one,
                if one == lang {
                    own.clone()
                } else {
                    path(one, &slug)
                },
            )
        };
        Lang::ALL.iter().map(each).collect()
    });
    Entry {
        path: own,
        changed_at: Some(post.updated_at.max(post.public_at)),
        alternates,
        image,
        last: After::Post(post.public_at, post.id),
    }
}

fn shelves(kind: &str, lang: Lang, found: Vec<queries::Shelf>) -> Vec<Entry> {
    let entry = |shelf: queries::Shelf| {
        let path = |lang| in_lang(&format!("/blog/{kind}/{}", shelf.slug), lang);
        let all = if shelf.is_other { Lang::ALL } else { &[] };
        Entry {
            path: path(lang),
            changed_at: Some(shelf.newest_at),
            alternates: all.iter().map(|&lang| (lang, path(lang))).collect(),
            image: None,
            last: After::Slug(shelf.slug),
        }
    };
    found.into_iter().map(entry).collect()
}
