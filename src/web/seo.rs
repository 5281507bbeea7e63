//! What the head of a public page tells machines: search engines, feed readers, and whoever shows a card of the page.
//!
//! A view holds it as `seo`; the public layout draws it with `components/seo.html`.

use chrono::{DateTime, SecondsFormat, SubsecRound as _, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::{assets, cx::Cx};
use crate::{
    app::App,
    error::Result,
    platform::i18n::{Message, Translations},
    types::Lang,
};

#[derive(Clone, Debug, Serialize)]
pub struct Seo {
    /// Without the site's name.
    title: String,
    description: String,
    lang: Lang,
    /// All URLs in it are absolute.
    canonical: String,
    alternates: Vec<Alternate>,
    /// For readers of any other language.
    x_default: Option<String>,
    /// The path of the page in the other language, `None` where it is in one alone.
    other: Option<String>,
    is_indexed: bool,
    image: Option<Image>,
    article: Option<Article>,
    feeds: Vec<Feed>,
    /// schema.org in JSON-LD, drawn as one graph.
    graph: Vec<Value>,
    #[serde(skip)]
    base: String,
    #[serde(skip)]
    site: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Alternate {
    lang: &'static str,
    href: String,
}

/// What is shown beside a link to the page: JPEG or PNG, because not everybody reads the newer formats.
#[derive(Clone, Debug, Serialize)]
pub struct Image {
    /// A path of ours.
    pub src: String,
    pub width: u32,
    pub height: u32,
    pub alt: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Article {
    pub published_at: DateTime<Utc>,
    pub modified_at: DateTime<Utc>,
    pub author: String,
    /// Where the author's posts are.
    pub author_path: Option<String>,
    pub section: Option<String>,
    pub tags: Vec<String>,
}

/// The three feeds of one list of posts: their URL without the file's name, with a slash.
#[derive(Clone, Debug, Serialize)]
struct Feed {
    title: String,
    folder: String,
}

impl Seo {
    /// Of the page that is asked for: it is its own canonical URL without the query, and there is the same in the other
    /// language. The site's feeds are announced.
    pub fn of(cx: &Cx, title: impl Into<String>, description: impl Into<String>) -> Result<Self> {
        let app = &cx.app;
        let place = (base_url(app), cx.lang, cx.uri.path());
        Self::at(place, &app.translations, title, description)
    }

    /// Of the page of this site, in this language, at this path.
    pub fn at(
        (base, lang, path): (&str, Lang, &str),
        translations: &Translations,
        title: impl Into<String>,
        description: impl Into<String>,
    ) -> Result<Self> {
        let word = |key| translations.message(lang, &Message::new(key));
        let seo = Self {
            title: one_line(&title.into()),
            description: one_line(&description.into()),
            lang,
            canonical: format!("{base}{path}"),
            alternates: Vec::new(),
            x_default: None,
            other: None,
            is_indexed: true,
            image: None,
            article: None,
            feeds: Vec::new(),
            graph: Vec::new(),
            base: base.to_owned(),
            site: word("product-name")?,
        };
        let same = Lang::ALL.iter().map(|&lang| (lang, in_lang(path, lang)));
        Ok(seo
            .alternates(same)
            .feeds(word("feed-title")?, in_lang("/", lang)))
    }

    /// Another URL than the path that was asked for: `/blog?page=2`.
    #[must_use]
    pub fn canonical(mut self, path: &str) -> Self {
        self.canonical = self.absolute(path);
        self
    }

    /// Exactly these languages say the same, this one included.
    #[must_use]
    pub fn alternates(mut self, paths: impl IntoIterator<Item = (Lang, String)>) -> Self {
        self.alternates.clear();
        self.other = None;
        for (lang, path) in paths {
            let href = self.absolute(&path);
            self.alternates.push(Alternate {
                lang: lang.code(),
                href,
            });
            if lang != self.lang {
                self.other = Some(path);
            }
        }
        self.alternates.sort_by_key(|alternate| alternate.lang);
        self.x_default = self.alternates.first().map(|first| first.href.clone());
        self
    }

    /// No search engine is to show it, as what was searched for.
    #[must_use]
    pub fn not_indexed(mut self) -> Self {
        self.is_indexed = false;
        self
    }

    #[must_use]
    pub fn image(mut self, image: Image) -> Self {
        let src = self.absolute(&image.src);
        self.image = Some(Image { src, ..image });
        self
    }

    /// Announces the feeds below a path, `/blog/category/first-aid`, before those of the site.
    #[must_use]
    pub fn feeds(mut self, title: String, path: impl AsRef<str>) -> Self {
        let folder = format!("{}/", path.as_ref().trim_end_matches('/'));
        self.feeds.insert(0, Feed { title, folder });
        self
    }

    // ---- schema.org

    /// The page is a post. To be called after `image`.
    #[must_use]
    pub fn article(mut self, article: Article) -> Self {
        let mut author = json!({"@type": "Person", "name": article.author});
        if let Some(path) = &article.author_path {
            author["url"] = self.absolute(path).into();
        }
        let mut node = json!({
            "@type": "BlogPosting",
            "@id": self.canonical,
            "mainEntityOfPage": self.canonical,
            "headline": self.title,
            "description": self.description,
            "inLanguage": self.lang.code(),
            "datePublished": seconds(article.published_at),
            "dateModified": seconds(article.modified_at),
            "author": author,
            "publisher": self.publisher(),
        });
        if let Some(image) = &self.image {
            node["image"] = json!({
                "@type": "ImageObject",
                "url": image.src,
                "width": image.width,
                "height": image.height,
            });
        }
        if let Some(section) = &article.section {
            node["articleSection"] = section.as_str().into();
        }
        if !article.tags.is_empty() {
            node["keywords"] = json!(article.tags);
        }
        self.graph.push(node);
        self.article = Some(Article {
            published_at: article.published_at.trunc_subsecs(0),
            modified_at: article.modified_at.trunc_subsecs(0),
            ..article
        });
        self
    }

    /// The way from the home page to this one: names and paths, this page last.
    #[must_use]
    pub fn crumbs<'a>(mut self, crumbs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let steps: Vec<Value> = crumbs
            .into_iter()
            .zip(1..)
            .map(|((name, path), position)| {
                let item = self.absolute(path);
                json!({"@type": "ListItem", "position": position, "name": name, "item": item})
            })
            .collect();
        self.graph
            .push(json!({"@type": "BreadcrumbList", "itemListElement": steps}));
        self
    }

    /// The firm behind the site.
    #[must_use]
    pub fn organization(mut self) -> Self {
        let mut node = self.publisher();
        if let Some(logo) = assets::url("img/favicon.svg") {
            node["logo"] = self.absolute(&logo).into();
        }
        self.graph.push(node);
        self
    }

    /// The site in this language, with its search.
    #[must_use]
    pub fn web_site(mut self) -> Self {
        let url = self.absolute(&in_lang("/", self.lang));
        let search = self.absolute(&in_lang("/blog/search", self.lang));
        let node = json!({
            "@type": "WebSite",
            "@id": format!("{url}#website"),
            "url": url,
            "name": self.site,
            "description": self.description,
            "inLanguage": self.lang.code(),
            "publisher": {"@id": self.organization_id()},
            "potentialAction": {
                "@type": "SearchAction",
                "target": {
                    "@type": "EntryPoint",
                    "urlTemplate": format!("{search}?q={{search_term_string}}"),
                },
                "query-input": "required name=search_term_string",
            },
        });
        self.graph.push(node);
        self
    }

    fn publisher(&self) -> Value {
        json!({
            "@type": "Organization",
            "@id": self.organization_id(),
            "name": self.site,
            "url": self.absolute("/"),
        })
    }

    fn organization_id(&self) -> String {
        self.absolute("/#organization")
    }

    fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// `https://example.org`: what is before the path of every URL of ours.
#[must_use]
pub fn base_url(app: &App) -> &str {
    app.config.base_url.as_str().trim_end_matches('/')
}

/// The path of the same page in a language, where only the prefix differs.
#[must_use]
pub fn in_lang(path: &str, lang: Lang) -> String {
    let neutral = match path.strip_prefix("/tr") {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    };
    match lang {
        Lang::En => neutral.to_owned(),
        Lang::Tr if neutral == "/" => "/tr".to_owned(),
        Lang::Tr => format!("/tr{neutral}"),
    }
}

/// A moment as feeds, maps and schema.org write it.
#[must_use]
pub fn seconds(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_one_path_in_each_language() {
        for (path, en, tr) in [
            ("/", "/", "/tr"),
            ("/tr", "/", "/tr"),
            ("/tr/", "/", "/tr"),
            ("/contact", "/contact", "/tr/contact"),
            ("/tr/contact", "/contact", "/tr/contact"),
            ("/trips", "/trips", "/tr/trips"),
        ] {
            assert_eq!(
                (in_lang(path, Lang::En), in_lang(path, Lang::Tr)),
                (en.into(), tr.into())
            );
        }
    }
}
