//! Posts on their way out, with the images that they show.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::{
    form::{Item, Named, Tags},
    pictures::mark,
};
use crate::{
    app::App,
    error::{Error, Result},
    features::{
        categories,
        images::{self, model::Image},
        posts::{change::Change, form::PostForm, model::Post, queries},
        tags,
    },
    platform::{
        audit::{Actor, Changes},
        blobs::{self, BlobHash},
        markdown,
    },
    types::{Id, Lang, text},
};

/// As many posts are read at a time.
const PAGE: i64 = 200;

/// All live posts with their Markdown, in the order of their making.
pub async fn items(app: &App) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let (more, last) = items_after(app, after).await?;
        items.extend(more);
        if last.is_none() {
            return Ok(items);
        }
        after = last;
    }
}

/// The next of them after one, and the last of these if there may be more. Images are called by their URLs here.
pub async fn items_after(
    app: &App,
    after: Option<Id<Post>>,
) -> Result<(Vec<Item>, Option<Id<Post>>)> {
    let mut conn = app.db.read().await?;
    let categories = categories::queries::list(&mut conn, None).await?;
    let categories: HashMap<_, _> = categories.into_iter().map(|it| (it.id, it)).collect();
    let mut items = Vec::new();
    let posts = queries::all(&mut conn, after, PAGE).await?;
    let covers: Vec<Id<Image>> = posts
        .iter()
        .filter_map(|post| post.cover_id.map(Id::from_uuid))
        .collect();
    let covers = images::queries::pictures(&mut conn, Lang::En, &covers).await?;
    let ids: Vec<Id<Post>> = posts.iter().map(|post| post.id).collect();
    let mut tags_of = tags::queries::of_posts(&mut conn, &ids).await?;
    let authors = queries::author_emails(&mut conn, &ids).await?;
    for post in &posts {
        let tags = tags_of.remove(&post.id).unwrap_or_default();
        let form = PostForm::of(post, &[]);
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        let named = |name: &String, slug: &String| Named::Full {
            name: name.clone(),
            slug: Some(slug.clone()),
        };
        let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        items.push(Item {
            lang: Some(form.lang),
            slug: Some(form.slug),
            title: Some(form.title),
            excerpt: text(form.excerpt),
            category: post
                .category_id
                .and_then(|id| categories.get(&id))
                .map(|it| named(&it.name, &it.slug)),
            tags: Some(Tags::List(
                tags.iter().map(|tag| named(&tag.name, &tag.slug)).collect(),
            )),
            author: authors.get(&post.author_id).cloned(),
            status: Some(post.status.to_string()),
            published_at: post.published_at.map(stamp),
            created_at: Some(stamp(post.created_at)),
            updated_at: Some(stamp(post.updated_at)),
            featured: Some(post.featured).filter(|is| *is),
            meta_title: text(form.meta_title),
            meta_description: text(form.meta_description),
            cover: post
                .cover_id
                .and_then(|id| covers.get(&Id::from_uuid(id)))
                .map(|picture| picture.src.clone()),
            cover_alt: text(form.cover_alt),
            translation: Some(post.translation_id.to_string()),
            markdown: Some(form.body),
            ..Item::default()
        });
    }
    let is_last = i64::try_from(posts.len()).is_ok_and(|found| found < PAGE);
    let last = posts.last().map(|post| post.id).filter(|_| !is_last);
    Ok((items, last))
}

/// Into a file that ends with `.json` and a folder beside it, `posts-media`, or into a folder with one file of Markdown for
/// each post, `tr/slug.md`, and `media`. Says how many.
pub async fn export(app: &App, path: &Path) -> Result<usize> {
    let mut items = items(app).await?;
    // Posts of one second come in the same order from every database.
    let key = |item: &Item| {
        (
            item.created_at.clone(),
            item.lang.clone(),
            item.slug.clone(),
        )
    };
    items.sort_by_cached_key(key);
    let count = items.len();
    let is_json = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_json {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{name}-media");
        let mut copies = Copies::new(app, path.with_file_name(&name));
        let below = format!("{}/", utf8_percent_encode(&name, UNQUOTED));
        for item in &mut items {
            copies.take(item, &below).await?;
        }
        let text = serde_json::to_string_pretty(&items).map_err(Error::internal)?;
        put(path, &(text + "\n"))?;
    } else {
        let mut copies = Copies::new(app, path.join("media"));
        for mut item in items {
            copies.take(&mut item, "../media/").await?;
            let lang = item.lang.clone().unwrap_or_default();
            let file = format!("{}.md", item.slug.clone().unwrap_or_default());
            put(&path.join(lang).join(file), to_markdown(item)?)?;
        }
    }
    note(app, count).await?;
    Ok(count)
}

async fn note(app: &App, count: usize) -> Result<()> {
    let mut change = Change::by(app, Actor::default()).await?;
    let noted = Changes::new().field("count", None, Some(&count.to_string()));
    change
        .hand()
        .note("posts.export", Uuid::nil(), &noted)
        .await?;
    change.commit_unseen().await
}

/// With the folders that it lies in.
fn put(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, bytes));
    written.map_err(|error| {
        Error::BadRequest(format!("{} cannot be written: {error}", path.display()))
    })
}

/// What a path may hold in a link of Markdown without quotes.
const UNQUOTED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The images that posts show, as they were uploaded, each once in a folder.
struct Copies<'a> {
    app: &'a App,
    folder: PathBuf,
    /// Files by the images' hashes.
    names: HashMap<BlobHash, String>,
}

impl<'a> Copies<'a> {
    fn new(app: &'a App, folder: PathBuf) -> Self {
        Self {
            app,
            folder,
            names: HashMap::new(),
        }
    }

    /// Writes what a post shows, and calls it by its path. What is not here any more keeps its URL.
    async fn take(&mut self, item: &mut Item, below: &str) -> Result<()> {
        let body = item.markdown.take().unwrap_or_default();
        let shown = markdown::images(&body);
        let cover = item.cover.as_deref().and_then(hash).map(str::to_owned);
        let hashes: BTreeSet<String> = shown
            .iter()
            .filter_map(|shown| hash(&shown.src).map(str::to_owned))
            .chain(cover.clone())
            .collect();
        let mut conn = self.app.db.read().await?;
        let images = images::queries::shown_as(&mut conn, hashes).await?;
        drop(conn);
        let mut paths = HashMap::new();
        for (hash, image) in &images {
            if let Some(name) = self.copy(image).await? {
                paths.insert(hash.as_str(), format!("{below}{name}"));
            }
        }
        if let Some(path) = cover.and_then(|cover| paths.get(cover.as_str())) {
            item.cover = Some(path.clone());
        }
        let sources = shown.iter().filter_map(|shown| {
            let path = paths.get(hash(&shown.src)?)?;
            Some((shown.at.clone(), path.clone()))
        });
        item.markdown = Some(markdown::with_sources(&body, sources.collect()));
        Ok(())
    }

    async fn copy(&mut self, image: &Image) -> Result<Option<String>> {
        if let Some(name) = self.names.get(&image.hash) {
            return Ok(Some(name.clone()));
        }
        let mut conn = self.app.db.read().await?;
        let bytes = match blobs::read(&mut conn, &image.hash).await {
            Ok(bytes) => bytes,
            Err(Error::NotFound) => return Ok(None),
            Err(other) => return Err(other),
        };
        drop(conn);
        let name = file_name(image);
        put(&self.folder.join(&name), bytes)?;
        self.names.insert(image.hash.clone(), name.clone());
        Ok(Some(name))
    }
}

/// Of our own images' URLs.
fn hash(url: &str) -> Option<&str> {
    let (hash, _) = url.strip_prefix("/media/")?.split_once('.')?;
    Some(hash)
}

fn file_name(image: &Image) -> String {
    let mut slug = text::slug(&image.name);
    slug.truncate(60);
    let slug = slug.trim_matches('-');
    let name = if slug.is_empty() { "image" } else { slug };
    format!("{name}{}.{}", mark(&image.hash), image.format.extension())
}

fn to_markdown(mut item: Item) -> Result<String> {
    let body = item.markdown.take().unwrap_or_default();
    let front = serde_saphyr::to_string(&item).map_err(Error::internal)?;
    Ok(format!("---\n{}\n---\n\n{body}\n", front.trim_end()))
}
