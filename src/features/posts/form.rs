//! What is typed into the editor and the list's filters, and what it means.

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Europe::Istanbul;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    model::{Draft, Post, RESERVED, Slug, Status, excerpt_of},
    queries::{Column, Filter, Sort, Unsaved},
    views::PATH,
};
use crate::{
    error::{self, Error},
    features::{
        categories::{form::slug, model::LONGEST_NAME},
        companies::{
            form::{choice, cursor, search_words},
            views::{Chip, SortLink, sort_link},
        },
        tags::model::MOST,
    },
    platform::{
        i18n::Message,
        markdown::{self, Refused, Rendered},
    },
    types::{Id, Invalid, Lang, page::Cursor, text},
    web::form::{Errors, FormView},
};

pub const ORDER: &[&str] = &[
    "title",
    "slug",
    "lang",
    "excerpt",
    "body",
    "category",
    "tags",
    "cover",
    "cover_alt",
    "meta_title",
    "meta_description",
    "featured",
    "translates",
    "version",
];

/// The editor's fields as text; a revision and what was not saved yet are kept in this form too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PostForm {
    pub lang: String,
    pub title: String,
    /// Made of the title where it is left empty.
    pub slug: String,
    /// Made of the body where it is left empty.
    pub excerpt: String,
    pub body: String,
    pub category: String,
    /// Names with commas between them.
    pub tags: String,
    pub cover: String,
    pub cover_alt: String,
    /// What the images are narrowed to that may be the cover.
    #[serde(skip_serializing)]
    pub cover_q: String,
    pub meta_title: String,
    pub meta_description: String,
    pub featured: String,
    /// The post that a new one translates.
    pub translates: String,
    #[serde(skip_serializing)]
    pub version: String,
    /// Of this form alone: what is kept of it before it is saved is known by it.
    #[serde(skip_serializing)]
    pub form_key: String,
    /// When the text of another form that this goes on from was kept; empty where it goes on from none.
    #[serde(skip_serializing)]
    pub kept_at: String,
}

impl PostForm {
    #[must_use]
    pub fn of(post: &Post, tags: &[&str]) -> Self {
        let is_made = post
            .body_html
            .as_deref()
            .is_some_and(|html| excerpt_of(html) == post.excerpt);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            lang: post.lang.code().into(),
            title: post.title.clone(),
            slug: post.slug.clone(),
            excerpt: if is_made {
                String::new()
            } else {
                post.excerpt.clone()
            },
            body: post.body.clone(),
            category: post
                .category_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
            tags: tags.join(", "),
            cover: post.cover_id.map(|id| id.to_string()).unwrap_or_default(),
            cover_alt: text(&post.cover_alt),
            cover_q: String::new(),
            meta_title: text(&post.meta_title),
            meta_description: text(&post.meta_description),
            featured: if post.featured { "on" } else { "" }.into(),
            translates: String::new(),
            version: post.version.to_string(),
            form_key: String::new(),
            kept_at: String::new(),
        }
    }

    /// A new form that begins with what another one kept.
    pub fn on_from(unsaved: &Unsaved, form_key: String) -> error::Result<Self> {
        let typed: Self = serde_json::from_str(&unsaved.fields).map_err(Error::internal)?;
        Ok(Self {
            // Made from there: if somebody has saved since, both will be shown.
            version: unsaved.base_version.to_string(),
            kept_at: unsaved.updated_at.to_rfc3339(),
            form_key,
            ..typed
        })
    }

    /// A post that is there keeps its language: `lang` is of `saved` then.
    pub fn check(&self, saved: Option<Lang>, options: &markdown::Options) -> Result<Draft, Errors> {
        let mut errors = Errors::default();
        let lang = match saved {
            Some(lang) => Some(lang),
            None => errors.check("lang", Lang::parse(&self.lang)),
        };
        let title = errors.line("title", &self.title, 1, 200);
        let slug = self.slug(&mut errors);
        let excerpt = errors.line("excerpt", &self.excerpt.replace(['\r', '\n'], " "), 0, 500);
        let body = errors.check("body", text::clean_text(&self.body));
        let rendered = body
            .as_deref()
            .and_then(|body| rendered(&mut errors, body, options));
        let category_id = errors.optional("category", &self.category, id);
        let tags = self.tags(&mut errors);
        let cover_id = errors
            .optional("cover", &self.cover, id::<()>)
            .map(Id::uuid);
        let cover_alt = errors.optional_line("cover_alt", &self.cover_alt, 200);
        if cover_id.is_some() && cover_alt.is_none() {
            errors.check::<()>("cover_alt", Err(Invalid::Required));
        }
        let meta_title = errors.optional_line("meta_title", &self.meta_title, 60);
        let meta_description =
            errors.optional_line("meta_description", &self.meta_description, 160);
        let translates = errors.optional("translates", &self.translates, id);
        match (lang, title, slug, excerpt, body, rendered) {
            (Some(lang), Some(title), Some(slug), Some(excerpt), Some(body), Some(rendered))
                if errors.is_empty() =>
            {
                let excerpt = if excerpt.is_empty() {
                    excerpt_of(&rendered.html)
                } else {
                    excerpt
                };
                Ok(Draft {
                    lang,
                    title,
                    slug,
                    excerpt,
                    body,
                    rendered,
                    cover_id,
                    cover_alt,
                    category_id,
                    tags,
                    meta_title,
                    meta_description,
                    featured: matches!(self.featured.as_str(), "on" | "true" | "1"),
                    translates,
                })
            }
            _ => Err(errors),
        }
    }

    fn slug(&self, errors: &mut Errors) -> Option<Slug> {
        let slug = slug(errors, &self.slug, &self.title)?;
        let is_reserved = RESERVED.contains(&slug.as_str());
        if self.slug.trim().is_empty() {
            let slug = if is_reserved {
                format!("{slug}-2")
            } else {
                slug
            };
            return Some(Slug::Made(slug));
        }
        if is_reserved {
            errors.add("slug", Message::new("error-slug-reserved"));
            return None;
        }
        Some(Slug::Typed(slug))
    }

    fn tags(&self, errors: &mut Errors) -> Vec<String> {
        let mut tags: Vec<String> = Vec::new();
        for typed in self.tags.split([',', ';', '\n']) {
            let Some(name) = errors.line("tags", typed, 0, LONGEST_NAME) else {
                continue;
            };
            let is_known = tags.iter().any(|tag| text::fold(tag) == text::fold(&name));
            if !name.is_empty() && !is_known {
                tags.push(name);
            }
        }
        if tags.len() > MOST {
            errors.add("tags", Message::new("error-too-many-tags").arg("max", MOST));
        }
        tags
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            ORDER,
            [
                ("title", self.title.clone()),
                ("slug", self.slug.clone()),
                ("lang", self.lang.clone()),
                ("excerpt", self.excerpt.clone()),
                ("body", self.body.clone()),
                ("category", self.category.clone()),
                ("tags", self.tags.clone()),
                ("cover", self.cover.clone()),
                ("cover_alt", self.cover_alt.clone()),
                ("meta_title", self.meta_title.clone()),
                ("meta_description", self.meta_description.clone()),
                ("featured", self.featured.clone()),
                ("translates", self.translates.clone()),
                ("version", self.version.clone()),
                ("kept_at", self.kept_at.clone()),
            ],
        )
        .key(&self.form_key)
    }
}

/// One that is typed where the post's own is taken; `None` where nothing is.
pub fn typed_slug(typed: &str) -> Result<Option<String>, Errors> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let form = PostForm {
        slug: typed.to_owned(),
        ..PostForm::default()
    };
    let mut errors = Errors::default();
    match form.slug(&mut errors) {
        Some(slug) => Ok(Some(slug.text().to_owned())),
        None => Err(errors),
    }
}

fn id<T>(text: &str) -> Result<Id<T>, Invalid> {
    text.parse::<Uuid>()
        .map(Id::from_uuid)
        .map_err(|_| Invalid::Choice)
}

fn rendered(errors: &mut Errors, body: &str, options: &markdown::Options) -> Option<Rendered> {
    let message = match markdown::render(body, options) {
        Ok(rendered) if markdown::has_wordless_image(&rendered.html) => {
            Message::new("error-image-alt")
        }
        Ok(rendered) => return Some(rendered),
        Err(refused) => too_much(refused),
    };
    errors.add("body", message);
    None
}

/// Why a body is not drawn.
#[must_use]
pub fn too_much(refused: Refused) -> Message {
    Message::new(match refused {
        Refused::TooLong => "error-body-too-long",
        Refused::TooDeep => "error-body-too-deep",
    })
}

/// A moment as `datetime-local` inputs send it, in Istanbul: `2026-11-25T10:00`.
pub fn istanbul_moment(typed: &str) -> Result<DateTime<Utc>, Invalid> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Invalid::Required);
    }
    [
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d %H:%M:%S",
    ]
    .iter()
    .find_map(|format| NaiveDateTime::parse_from_str(typed, format).ok())
    .filter(|local| (1900..2200).contains(&chrono::Datelike::year(local)))
    .and_then(|local| Istanbul.from_local_datetime(&local).earliest())
    .map(|moment| moment.to_utc())
    .ok_or(Invalid::Date)
}

/// The list's whole state, as its URL holds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub q: String,
    pub status: String,
    pub lang: String,
    pub category: String,
    pub sort: String,
    pub after: String,
}

impl ListQuery {
    /// An unknown value is a `BadRequest`: leaving it out would show rows that were not asked for.
    pub fn filter(&self) -> error::Result<Filter> {
        Ok(Filter {
            words: search_words(&self.q)?,
            status: choice(&self.status, "status", Status::parse)?,
            lang: choice(&self.lang, "lang", Lang::parse)?,
            category: choice(&self.category, "category", |text| {
                text.parse::<Uuid>()
                    .map(Id::from_uuid)
                    .map_err(|_| Invalid::Choice)
            })?,
            untranslated: None,
        })
    }

    /// The newest change first, where nothing else is asked for.
    pub fn sort(&self) -> error::Result<Sort> {
        let (name, descending) = match self.sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (self.sort.as_str(), false),
        };
        let column = match name {
            "" | "updated_at" => Column::UpdatedAt,
            "title" => Column::Title,
            _ => return Err(Error::BadRequest("an unknown sort".into())),
        };
        let descending = descending || self.sort.is_empty();
        Ok(Sort { column, descending })
    }

    pub fn cursor(&self, sort: Sort) -> error::Result<Option<Cursor>> {
        cursor(&self.after, sort.column == Column::UpdatedAt)
    }

    #[must_use]
    pub fn href(&self, path: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("q", &self.q),
            ("status", &self.status),
            ("lang", &self.lang),
            ("category", &self.category),
            ("sort", &self.sort),
            ("after", &self.after),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        }
    }

    /// The same list from its first row.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = Self {
            after: String::new(),
            ..self.clone()
        };
        change(&mut changed);
        changed
    }

    #[must_use]
    pub fn sort_link(&self, column: &'static str) -> SortLink {
        let sort = if self.sort.is_empty() {
            "-updated_at"
        } else {
            &self.sort
        };
        sort_link(sort, column, "", column == "updated_at", |sort| {
            self.with(|query| query.sort = sort).href(PATH)
        })
    }

    /// What the list is narrowed to; `category` is the name of the one that is chosen.
    #[must_use]
    pub fn chips(&self, category: Option<&str>) -> Vec<Chip> {
        type Clear = fn(&mut ListQuery);
        let set: [(&'static str, &str, Option<&str>, Clear); 4] = [
            ("chip-q", &self.q, None, |query| query.q.clear()),
            ("post-status", &self.status, Some("post-status-"), |query| {
                query.status.clear();
            }),
            ("post-lang", &self.lang, Some("language-"), |query| {
                query.lang.clear();
            }),
            (
                "post-category",
                if self.category.is_empty() {
                    ""
                } else {
                    category.unwrap_or("?")
                },
                None,
                |query| query.category.clear(),
            ),
        ];
        set.into_iter()
            .filter(|(_, value, ..)| !value.is_empty())
            .map(|(label, value, prefix, clear)| {
                Chip::new(label, value, prefix, self.with(clear).href(PATH))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(change: impl FnOnce(&mut PostForm)) -> PostForm {
        let mut form = PostForm {
            lang: "tr".into(),
            title: "İş Güvenliği Rehberi".into(),
            body: "Merhaba **dünya**".into(),
            ..PostForm::default()
        };
        change(&mut form);
        form
    }

    fn checked(form: &PostForm) -> Result<Draft, Vec<&'static str>> {
        form.check(None, &markdown::Options::default())
            .map_err(|errors| form.view().errors(errors).errors.into_keys().collect())
    }

    #[test]
    fn slug_and_excerpt_follow_from_what_was_typed() {
        let draft = checked(&form(|_| {})).unwrap();
        assert_eq!(draft.slug, Slug::Made("is-guvenligi-rehberi".into()));
        assert_eq!(draft.excerpt, "Merhaba dünya");
        let draft = checked(&form(|form| form.slug = "Çok ŞIK".into())).unwrap();
        assert_eq!(draft.slug, Slug::Typed("cok-sik".into()));
    }

    #[test]
    fn a_slug_that_is_another_page_is_refused_and_never_made() {
        assert_eq!(
            checked(&form(|form| form.slug = "search".into())),
            Err(vec!["slug"])
        );
        assert_eq!(
            checked(&form(|form| form.slug = "🎉".into())),
            Err(vec!["slug"])
        );
        let draft = checked(&form(|form| form.title = "Category".into())).unwrap();
        assert_eq!(draft.slug.text(), "category-2");
    }

    #[test]
    fn tags_are_names_with_commas_each_once() {
        let draft = checked(&form(|form| form.tags = " SEO, kvkk ,,seo; İSG".into())).unwrap();
        assert_eq!(draft.tags, ["SEO", "kvkk", "İSG"]);
        let many: Vec<String> = (0..=MOST).map(|n| n.to_string()).collect();
        assert_eq!(
            checked(&form(|form| form.tags = many.join(","))),
            Err(vec!["tags"])
        );
    }

    #[test]
    fn every_error_is_at_its_field() {
        let errors = checked(&form(|form| {
            form.lang = "de".into();
            form.title = " ".into();
            form.body = ">".repeat(1000);
            form.category = "x".into();
            form.meta_title = "x".repeat(61);
            form.meta_description = "x".repeat(161);
            form.cover = Uuid::nil().to_string();
        }));
        let fields = [
            "body",
            "category",
            "cover_alt",
            "lang",
            "meta_description",
            "meta_title",
            "title",
        ];
        assert_eq!(errors, Err(fields.to_vec()));
    }

    #[test]
    fn what_is_kept_as_json_comes_back() {
        let form = form(|form| form.tags = "a, b".into());
        let json = serde_json::to_string(&form).unwrap();
        assert_eq!(serde_json::from_str::<PostForm>(&json).unwrap(), form);
    }

    #[test]
    fn a_schedule_is_typed_in_istanbul_time() {
        let moment = |text: &str| istanbul_moment(text).map(|moment| moment.to_rfc3339());
        assert_eq!(
            moment("2026-11-25T10:00"),
            Ok("2026-11-25T07:00:00+00:00".into())
        );
        assert_eq!(
            moment("2015-01-15 10:00"),
            Ok("2015-01-15T08:00:00+00:00".into())
        );
        assert_eq!(moment(""), Err(Invalid::Required));
        for odd in [
            "2026-11-25",
            "25.11.2026 10:00",
            "0026-11-25T10:00",
            "2026-02-30T10:00",
        ] {
            assert_eq!(moment(odd), Err(Invalid::Date), "{odd}");
        }
    }
}
