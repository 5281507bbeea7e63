//! What the templates of posts see.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Europe::Istanbul;
use serde::Serialize;
use uuid::Uuid;

use super::{
    actions::Kept,
    change::drawing,
    form::{ListQuery, PostForm},
    model::{Draft, Post, Status, drawn, excerpt_of},
    queries::{self, Filter, Listed, Listing, Sort, Translation, Trashed, Unsaved},
};
use crate::{
    error::{Error, Result},
    features::{
        categories::{self, form::slug, model::Category},
        companies::{
            form::search_words,
            model::Field,
            views::{Chip, Conflict, ConflictField, PageView, SortLink},
        },
        images::{self, views::ImageField},
        tags,
    },
    platform::{db::Conn, i18n::Message, markdown},
    types::{Id, Lang, page::Cursor},
    web::{
        cx::Cx,
        form::{Choice, Errors, FormView, choices},
    },
};

pub const PATH: &str = "/posts";
/// What search engines show of a title and of a description.
const META_TITLE: usize = 60;
const META_DESCRIPTION: usize = 160;
/// Posts of the other language that one may be linked to.
const LINKABLE: i64 = 200;

/// Where a post stands for its readers now: a scheduled one whose moment has come is public whatever its row says.
fn standing(status: Status, at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Status {
    match status {
        Status::Scheduled if at.is_some_and(|at| at <= now) => Status::Published,
        status => status,
    }
}

/// Where readers find a post.
#[must_use]
pub fn public_path(lang: Lang, slug: &str) -> String {
    match lang {
        Lang::En => format!("/blog/{slug}"),
        Lang::Tr => format!("/tr/blog/{slug}"),
    }
}

// ---- the list

#[derive(Serialize)]
pub struct Index {
    filter: FilterView,
    status_options: Vec<Choice>,
    lang_options: Vec<Choice>,
    category_options: Vec<CategoryOption>,
    chips: Vec<Chip>,
    clear_href: String,
    sorts: BTreeMap<&'static str, SortLink>,
    rows: Vec<Row>,
    page: PageView,
    /// Of this list, to come back to.
    href: String,
    empty: Option<&'static str>,
}

#[derive(Serialize)]
struct FilterView {
    q: String,
    sort: String,
}

#[derive(Serialize)]
struct CategoryOption {
    value: String,
    label: String,
    lang: Lang,
    selected: bool,
}

#[derive(Serialize)]
struct Row {
    id: Id<Post>,
    href: String,
    title: String,
    lang: Lang,
    status: Status,
    featured: bool,
    published_at: Option<String>,
    category: Option<String>,
    author: String,
    updated_at: String,
}

impl Row {
    fn new(post: Listed, now: DateTime<Utc>) -> Self {
        Self {
            id: post.id,
            href: format!("{PATH}/{}", post.id),
            title: post.title,
            lang: post.lang,
            status: standing(post.status, post.published_at, now),
            featured: post.featured,
            published_at: post.published_at.map(|at| at.to_rfc3339()),
            category: post.category,
            author: post.author,
            updated_at: post.updated_at.to_rfc3339(),
        }
    }
}

impl Index {
    #[must_use]
    pub fn new(
        query: &ListQuery,
        listing: Listing,
        categories: Vec<categories::model::Counted<Category>>,
        now: DateTime<Utc>,
    ) -> Self {
        let count = u32::try_from(listing.rows.len()).unwrap_or(u32::MAX);
        let category_options: Vec<CategoryOption> = categories
            .into_iter()
            .map(|category| CategoryOption {
                selected: category.id.to_string() == query.category,
                value: category.id.to_string(),
                label: category.name,
                lang: category.lang,
            })
            .collect();
        let chosen = category_options.iter().find(|option| option.selected);
        let chips = query.chips(chosen.map(|option| option.label.as_str()));
        let at = |cursor: Option<Cursor>| {
            cursor.map(|cursor| {
                let mut on = query.clone();
                on.after = cursor.encode();
                on.href(PATH)
            })
        };
        Self {
            filter: FilterView {
                q: query.q.clone(),
                sort: query.sort.clone(),
            },
            status_options: choices(Status::ALL.iter().map(|one| one.as_str()), &query.status),
            lang_options: choices(Lang::ALL.iter().map(|one| one.as_str()), &query.lang),
            category_options,
            clear_href: ListQuery {
                sort: query.sort.clone(),
                ..ListQuery::default()
            }
            .href(PATH),
            sorts: ["title", "updated_at"]
                .into_iter()
                .map(|column| (column, query.sort_link(column)))
                .collect(),
            empty: (count == 0).then_some(if chips.is_empty() {
                "none"
            } else {
                "nothing_matches"
            }),
            chips,
            page: PageView {
                from: if count == 0 { 0 } else { listing.position + 1 },
                to: listing.position + count,
                total: listing.total.n,
                capped: listing.total.capped,
                prev: at(listing.previous),
                next: at(listing.next),
            },
            href: query.href(PATH),
            rows: listing
                .rows
                .into_iter()
                .map(|post| Row::new(post, now))
                .collect(),
        }
    }
}

// ---- one post

#[derive(Clone, Serialize)]
pub struct Link {
    pub id: Id<Post>,
    pub title: String,
    pub href: String,
    pub lang: Lang,
}

impl Link {
    fn to(post: &Post) -> Self {
        Self {
            id: post.id,
            title: post.title.clone(),
            href: format!("{PATH}/{}", post.id),
            lang: post.lang,
        }
    }
}

#[derive(Serialize)]
pub struct Show {
    post: Link,
    slug: String,
    status: Status,
    published_at: Option<String>,
    /// As a `datetime-local` input takes it, in Istanbul time.
    scheduled_for: String,
    /// Where readers see it.
    public_href: Option<String>,
    excerpt: String,
    html: String,
    category: Option<String>,
    tags: Vec<String>,
    author: String,
    featured: bool,
    words: i64,
    reading_minutes: i64,
    updated_at: String,
    version: i64,
    translations: Vec<TranslationRow>,
    /// Posts in the other language that it may be linked to, those that are looked for or the first ones.
    others: Vec<Link>,
    others_q: String,
    others_max: i64,
    is_more: bool,
    form: FormView,
}

#[derive(Serialize)]
struct TranslationRow {
    href: String,
    title: String,
    lang: Lang,
    status: Status,
}

impl Show {
    /// `q` is what the posts are narrowed to that it may be linked to.
    pub async fn load(cx: &Cx, conn: &mut Conn, id: Id<Post>, q: &str) -> Result<Self> {
        let now = cx.app.clock.now();
        let post = queries::find(conn, id).await?;
        let tags = tags::queries::of_post(conn, id).await?;
        let category = match post.category_id {
            Some(id) => Some(categories::queries::find(conn, id).await?.name),
            None => None,
        };
        let translations = queries::translations(conn, post.translation_id).await?;
        let (others, is_more) = if translations.len() > 1 {
            (Vec::new(), false)
        } else {
            linkable(conn, post.lang, q, now).await?
        };
        let (html, _) = drawn(
            &post.body,
            post.body_html.as_deref(),
            post.html_release.as_deref(),
            &drawing(&cx.app),
        );
        let is_public = post.is_public(now);
        Ok(Self {
            slug: post.slug.clone(),
            status: standing(post.status, post.published_at, now),
            published_at: post.published_at.map(|at| at.to_rfc3339()),
            scheduled_for: post
                .published_at
                .filter(|at| *at > now)
                .map(|at| {
                    at.with_timezone(&Istanbul)
                        .format("%Y-%m-%dT%H:%M")
                        .to_string()
                })
                .unwrap_or_default(),
            public_href: is_public.then(|| public_path(post.lang, &post.slug)),
            excerpt: post.excerpt.clone(),
            html,
            category,
            tags: tags.into_iter().map(|tag| tag.name).collect(),
            author: queries::author_name(conn, post.author_id).await?,
            featured: post.featured,
            words: post.words,
            reading_minutes: post.reading_minutes,
            updated_at: post.updated_at.to_rfc3339(),
            version: post.version,
            translations: translations
                .into_iter()
                .filter(|other| other.id != id)
                .map(|other: Translation| TranslationRow {
                    href: format!("{PATH}/{}", other.id),
                    status: standing(other.status, other.published_at, now),
                    title: other.title,
                    lang: other.lang,
                })
                .collect(),
            others,
            others_q: q.to_owned(),
            others_max: LINKABLE,
            is_more,
            form: FormView::new(
                &["body", "published_at", "translates", "slug"],
                [("published_at", String::new())],
            ),
            post: Link::to(&post),
        })
    }

    #[must_use]
    pub fn errors(mut self, errors: Errors, scheduled_for: Option<&str>) -> Self {
        self.form = self.form.errors(errors);
        if let Some(typed) = scheduled_for {
            typed.clone_into(&mut self.scheduled_for);
        }
        self
    }
}

/// The first ones by title that have no translation in this language yet, and whether there are more.
async fn linkable(
    conn: &mut Conn,
    lang: Lang,
    q: &str,
    now: DateTime<Utc>,
) -> Result<(Vec<Link>, bool)> {
    let other = match lang {
        Lang::En => Lang::Tr,
        Lang::Tr => Lang::En,
    };
    let filter = Filter {
        words: search_words(q)?,
        lang: Some(other),
        untranslated: Some(lang),
        ..Filter::default()
    };
    let sort = Sort {
        column: queries::Column::Title,
        descending: false,
    };
    let listing = queries::list(conn, &filter, sort, None, now, LINKABLE).await?;
    let is_more = listing.next.is_some();
    let link = |post: Listed| Link {
        id: post.id,
        href: format!("{PATH}/{}", post.id),
        title: post.title,
        lang: post.lang,
    };
    Ok((listing.rows.into_iter().map(link).collect(), is_more))
}

#[derive(Serialize)]
pub struct Confirm {
    post: Link,
    version: i64,
    is_public: bool,
}

impl Confirm {
    #[must_use]
    pub fn new(post: &Post, now: DateTime<Utc>) -> Self {
        Self {
            version: post.version,
            is_public: post.is_public(now),
            post: Link::to(post),
        }
    }
}

/// The same of several.
#[derive(Serialize)]
pub struct ConfirmSeveral {
    posts: Vec<Link>,
    /// How many of them readers see.
    public: usize,
    back: String,
}

impl ConfirmSeveral {
    #[must_use]
    pub fn new(posts: &[Post], back: String, now: DateTime<Utc>) -> Self {
        Self {
            posts: posts.iter().map(Link::to).collect(),
            public: posts.iter().filter(|post| post.is_public(now)).count(),
            back,
        }
    }
}

// ---- the editor

#[derive(Serialize)]
pub struct Edit {
    form: FormView,
    lang: Lang,
    post: Option<Link>,
    /// What the new post translates.
    original: Option<Link>,
    action: String,
    /// Where what is typed is kept until it is saved.
    autosave: String,
    preview_action: String,
    cancel_href: String,
    categories: Vec<CategoryOption>,
    /// Of all tags in this language, for the browser to propose.
    tag_names: Vec<String>,
    cover: ImageField,
    /// What was typed into other forms.
    unsaved: Vec<UnsavedView>,
    preview: Option<Preview>,
    conflict: Option<Conflict>,
}

/// What was typed and never saved.
#[derive(Serialize)]
pub struct UnsavedView {
    title: String,
    at: String,
    href: String,
    discard: String,
    key: Uuid,
    /// Somebody has saved the post since.
    is_behind: bool,
}

impl UnsavedView {
    #[must_use]
    pub fn of(post: &Post, unsaved: &Unsaved) -> Self {
        let href = format!("{PATH}/{}", post.id);
        Self {
            title: title_in(unsaved),
            at: unsaved.updated_at.to_rfc3339(),
            discard: format!("{href}/discard"),
            href: format!("{href}/edit?unsaved={}", unsaved.form_key),
            key: unsaved.form_key,
            is_behind: unsaved.base_version != post.version,
        }
    }

    #[must_use]
    pub fn new_post(unsaved: &Unsaved) -> Self {
        Self {
            title: title_in(unsaved),
            at: unsaved.updated_at.to_rfc3339(),
            discard: format!("{PATH}/discard"),
            href: format!("{PATH}/new?unsaved={}", unsaved.form_key),
            key: unsaved.form_key,
            is_behind: false,
        }
    }
}

fn title_in(unsaved: &Unsaved) -> String {
    serde_json::from_str::<PostForm>(&unsaved.fields)
        .map(|form| form.title)
        .unwrap_or_default()
}

/// What an editor offers beside the fields.
pub struct Offers {
    categories: Vec<CategoryOption>,
    tag_names: Vec<String>,
    cover: ImageField,
}

impl Offers {
    pub async fn load(conn: &mut Conn, lang: Lang, form: &PostForm) -> Result<Self> {
        let categories = categories::queries::list(conn, Some(lang)).await?;
        let tags = tags::queries::list(conn, Some(lang)).await?;
        Ok(Self {
            categories: categories
                .into_iter()
                .map(|category| CategoryOption {
                    selected: category.id.to_string() == form.category,
                    value: category.id.to_string(),
                    label: category.name,
                    lang: category.lang,
                })
                .collect(),
            tag_names: tags.into_iter().map(|tag| tag.name).collect(),
            cover: ImageField::load(conn, lang, "cover", &form.cover, &form.cover_q).await?,
        })
    }
}

impl Edit {
    #[must_use]
    pub fn create(form: &PostForm, lang: Lang, original: Option<&Post>, offers: Offers) -> Self {
        Self {
            lang,
            post: None,
            original: original.map(Link::to),
            action: PATH.into(),
            autosave: format!("{PATH}/autosave"),
            preview_action: format!("{PATH}/preview"),
            cancel_href: original.map_or_else(
                || PATH.to_owned(),
                |original| format!("{PATH}/{}", original.id),
            ),
            categories: offers.categories,
            tag_names: offers.tag_names,
            cover: offers.cover,
            unsaved: Vec::new(),
            preview: None,
            conflict: None,
            form: form.view(),
        }
    }

    #[must_use]
    pub fn change(form: &PostForm, post: &Post, offers: Offers) -> Self {
        let href = format!("{PATH}/{}", post.id);
        Self {
            action: href.clone(),
            autosave: format!("{href}/autosave"),
            preview_action: format!("{href}/preview"),
            cancel_href: href,
            post: Some(Link::to(post)),
            ..Self::create(form, post.lang, None, offers)
        }
    }

    #[must_use]
    pub fn is_new(&self) -> bool {
        self.post.is_none()
    }

    #[must_use]
    pub fn errors(mut self, errors: Errors) -> Self {
        self.form = self.form.errors(errors);
        self
    }

    #[must_use]
    pub fn unsaved(mut self, unsaved: Vec<UnsavedView>) -> Self {
        self.unsaved = unsaved;
        self
    }

    #[must_use]
    pub fn preview(mut self, preview: Preview) -> Self {
        self.preview = Some(preview);
        self
    }

    /// Someone else saved first: both versions are shown, and saving again takes the newest version as its base.
    #[must_use]
    pub fn conflict(
        mut self,
        (theirs, mine): (&Post, &Draft),
        beside: &Beside,
        (by, at): (Option<String>, String),
    ) -> Self {
        self.form
            .values
            .insert("version", theirs.version.to_string());
        let mut fields = ConflictField::between("post", &theirs.fields(), &mine.fields());
        let [of_theirs, of_mine] = [&beside.theirs, &beside.mine].map(Names::fields);
        fields.extend(ConflictField::between("post", &of_theirs, &of_mine));
        if theirs.body != mine.body {
            fields.extend(ConflictField::between(
                "post",
                &[("body", Some(&theirs.body))],
                &[("body", Some(&mine.body))],
            ));
        }
        self.conflict = Some(Conflict {
            by,
            at,
            fields,
            edit_href: format!("{PATH}/{}/edit", theirs.id),
        });
        self
    }
}

/// What two versions of a post have beside their texts.
pub struct Beside {
    theirs: Names,
    mine: Names,
}

#[derive(Default)]
struct Names {
    category: Option<String>,
    tags: Option<String>,
    cover: Option<String>,
}

impl Beside {
    pub async fn load(conn: &mut Conn, theirs: &Post, mine: &Draft) -> Result<Self> {
        let tags = tags::queries::of_post(conn, theirs.id).await?;
        let tags: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
        let typed: Vec<&str> = mine.tags.iter().map(String::as_str).collect();
        Ok(Self {
            theirs: Names::load(conn, theirs.category_id, tags, theirs.cover_id).await?,
            mine: Names::load(conn, mine.category_id, typed, mine.cover_id).await?,
        })
    }
}

impl Names {
    async fn load(
        conn: &mut Conn,
        category: Option<Id<Category>>,
        mut tags: Vec<&str>,
        cover: Option<Uuid>,
    ) -> Result<Self> {
        tags.sort_unstable();
        // What one of the versions has may be gone for good by now.
        let category = match category {
            Some(id) => found(categories::queries::find(conn, id).await)?,
            None => None,
        };
        let cover = match cover {
            Some(id) => images::queries::find_any(conn, Id::from_uuid(id)).await?,
            None => None,
        };
        Ok(Self {
            category: category.map(|category| category.name),
            tags: Some(tags.join(", ")).filter(|tags| !tags.is_empty()),
            cover: cover.map(|image| image.name),
        })
    }

    fn fields(&self) -> [Field<'_>; 3] {
        [
            ("category", self.category.as_deref()),
            ("tags", self.tags.as_deref()),
            ("cover", self.cover.as_deref()),
        ]
    }
}

fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

/// What readers and search engines would see of what is typed.
#[derive(Serialize)]
pub struct Preview {
    title: String,
    html: String,
    words: usize,
    reading_minutes: usize,
    /// Too long or nested too deeply to be drawn.
    error: Option<Message>,
    search: SearchResult,
}

/// As a search engine would show it.
#[derive(Serialize)]
struct SearchResult {
    title: String,
    url: String,
    description: String,
    title_length: usize,
    title_max: usize,
    description_length: usize,
    description_max: usize,
}

impl Preview {
    #[must_use]
    pub fn of(cx: &Cx, form: &PostForm, lang: Lang) -> Self {
        let drawn = markdown::render(&form.body, &drawing(&cx.app));
        let error = match &drawn {
            Ok(_) => None,
            Err(markdown::Refused::TooLong) => Some(Message::new("error-body-too-long")),
            Err(markdown::Refused::TooDeep) => Some(Message::new("error-body-too-deep")),
        };
        let drawn = drawn.unwrap_or_default();
        let or = |typed: &str, else_: &str| {
            let typed = typed.trim();
            if typed.is_empty() {
                else_.trim()
            } else {
                typed
            }
            .to_owned()
        };
        let excerpt = or(&form.excerpt, &excerpt_of(&drawn.html));
        let title = or(&form.meta_title, &form.title);
        let description = or(&form.meta_description, &excerpt);
        let is_named = !or(&form.slug, &form.title).is_empty();
        let address = slug(&mut Errors::default(), &form.slug, &form.title)
            .filter(|_| is_named)
            .unwrap_or_default();
        let base = cx.app.config.base_url.as_str().trim_end_matches('/');
        Self {
            title: form.title.trim().to_owned(),
            words: drawn.words,
            reading_minutes: drawn.reading_minutes(),
            error,
            search: SearchResult {
                url: format!("{base}{}", public_path(lang, &address)),
                title_length: title.chars().count(),
                title_max: META_TITLE,
                description_length: description.chars().count(),
                description_max: META_DESCRIPTION,
                title,
                description,
            },
            html: drawn.html,
        }
    }
}

/// What is told of a text that is not saved yet.
#[derive(Serialize)]
pub struct KeptView {
    /// When it was kept, if it was.
    at: Option<String>,
}

impl KeptView {
    #[must_use]
    pub fn new(kept: Kept) -> Self {
        Self {
            at: match kept {
                Kept::Now(at) => Some(at.to_rfc3339()),
                Kept::Saved => None,
            },
        }
    }
}

// ---- the trash

#[derive(Serialize)]
pub struct TrashList {
    rows: Vec<TrashedRow>,
    form: FormView,
    /// The post that is to come back under another slug.
    asked: Option<Id<Post>>,
}

#[derive(Serialize)]
struct TrashedRow {
    id: Id<Post>,
    title: String,
    lang: Lang,
    trashed_at: String,
    restore_action: String,
    version: i64,
}

impl TrashList {
    #[must_use]
    pub fn new(rows: Vec<Trashed>) -> Self {
        Self {
            form: FormView::new(&["slug"], []),
            asked: None,
            rows: rows
                .into_iter()
                .map(|post| TrashedRow {
                    id: post.id,
                    restore_action: format!("{PATH}/{}/restore", post.id),
                    title: post.title,
                    lang: post.lang,
                    trashed_at: post.deleted_at.to_rfc3339(),
                    version: post.version,
                })
                .collect(),
        }
    }

    /// The slug that it had is another post's by now, or the typed one is none.
    #[must_use]
    pub fn asks(mut self, id: Id<Post>, typed: &str, errors: Errors) -> Self {
        self.asked = Some(id);
        self.form = FormView::new(&["slug"], [("slug", typed.to_owned())]).errors(errors);
        self
    }
}
