//! What the templates of categories see; those of tags are the same.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    form::{Column, LabelForm, ListQuery},
    model::{Counted, Label},
};
use crate::{
    error::Result,
    features::companies::views::{Chip, Conflict, ConflictField, PageView, SortLink, sort_link},
    types::{Id, Lang, text},
    web::form::{Choice, Errors, FormView, choices},
};

/// Which of the two: they differ in their URLs and a few words alone.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Shelf {
    /// Begins the keys of its fields' labels.
    pub kind: &'static str,
    pub path: &'static str,
    /// Where readers see one, in front of its slug.
    public: &'static str,
}

pub const CATEGORIES: Shelf = Shelf {
    kind: "category",
    path: "/posts/categories",
    public: "/blog/category/",
};

pub const TAGS: Shelf = Shelf {
    kind: "tag",
    path: "/posts/tags",
    public: "/blog/tag/",
};

impl Shelf {
    /// What readers ask for.
    fn public_path(self, lang: Lang, slug: &str) -> String {
        let prefix = match lang {
            Lang::En => "",
            Lang::Tr => "/tr",
        };
        format!("{prefix}{}{slug}", self.public)
    }

    /// The list of one language.
    #[must_use]
    pub fn list(self, lang: Lang) -> String {
        format!("{}?lang={lang}", self.path)
    }
}

/// One of them, as every page about it names it.
#[derive(Debug, Serialize)]
pub struct Named {
    pub id: String,
    name: String,
    lang: Lang,
    public_path: String,
    href: String,
    version: i64,
    posts: i64,
}

impl Named {
    #[must_use]
    pub fn new<T>(shelf: Shelf, counted: &Counted<T>) -> Self {
        Self {
            id: counted.id.to_string(),
            name: counted.name.clone(),
            lang: counted.lang,
            public_path: shelf.public_path(counted.lang, &counted.slug),
            href: format!("{}/{}", shelf.path, counted.id),
            version: counted.version,
            posts: counted.posts,
        }
    }
}

// ---- the list

/// Rows of a page.
const ROWS: usize = 50;

#[derive(Serialize)]
pub struct Index {
    shelf: Shelf,
    filter: FilterView,
    langs: Vec<LangTab>,
    chips: Vec<Chip>,
    clear_href: String,
    new_href: String,
    sorts: BTreeMap<&'static str, SortLink>,
    rows: Vec<Named>,
    page: PageView,
    empty: Option<&'static str>,
}

#[derive(Serialize)]
struct FilterView {
    lang: Lang,
    q: String,
    sort: String,
}

#[derive(Serialize)]
struct LangTab {
    lang: Lang,
    href: String,
    current: bool,
}

impl Index {
    /// `all` are those of the language, by name. They are searched and sorted here: a firm has few.
    pub fn new<T>(
        shelf: Shelf,
        query: &ListQuery,
        lang: Lang,
        mut all: Vec<Counted<T>>,
    ) -> Result<Self> {
        let (column, descending) = query.sort()?;
        let sought = text::fold(query.q.trim());
        all.retain(|one| text::fold(&one.name).contains(&sought));
        // Stable, so that equal numbers are in the order of the names.
        match (column, descending) {
            (Column::Name, false) => {}
            (Column::Name, true) => all.reverse(),
            (Column::Posts, false) => all.sort_by_key(|one| one.posts),
            (Column::Posts, true) => all.sort_by_key(|one| -one.posts),
        }
        let total = all.len();
        let last = total.div_ceil(ROWS).max(1);
        let number = query.page()?.min(last);
        let begin = (number - 1) * ROWS;
        let shown: Vec<&Counted<T>> = all.iter().skip(begin).take(ROWS).collect();
        let at = |number: usize| {
            let page = if number == 1 {
                String::new()
            } else {
                number.to_string()
            };
            query.with(|query| query.page = page).href(shelf.path)
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let page = PageView {
            from: count(if total == 0 { 0 } else { begin + 1 }),
            to: count(begin + shown.len()),
            total: count(total),
            capped: false,
            prev: (number > 1).then(|| at(number - 1)),
            next: (number < last).then(|| at(number + 1)),
        };
        let href = |change: &dyn Fn(&mut ListQuery)| query.with(change).href(shelf.path);
        let sort = |column: &'static str| {
            let link = |sort: String| href(&|query| query.sort.clone_from(&sort));
            (
                column,
                sort_link(&query.sort, column, "name", column == "posts", link),
            )
        };
        let clear_href = href(&|query| query.q.clear());
        let is_filtered = !query.q.trim().is_empty();
        Ok(Self {
            shelf,
            filter: FilterView {
                lang,
                q: query.q.clone(),
                sort: query.sort.clone(),
            },
            langs: Lang::ALL
                .iter()
                .map(|one| LangTab {
                    lang: *one,
                    href: shelf.list(*one),
                    current: *one == lang,
                })
                .collect(),
            chips: is_filtered
                .then(|| Chip::new("chip-q", query.q.trim(), None, clear_href.clone()))
                .into_iter()
                .collect(),
            clear_href,
            new_href: format!("{}/new?lang={lang}", shelf.path),
            sorts: ["name", "posts"].map(sort).into(),
            empty: shown.is_empty().then_some(if is_filtered {
                "nothing_matches"
            } else {
                "none"
            }),
            rows: shown
                .into_iter()
                .map(|one| Named::new(shelf, one))
                .collect(),
            page,
        })
    }
}

// ---- the form

#[derive(Serialize)]
pub struct Edit {
    shelf: Shelf,
    form: FormView,
    lang_options: Vec<Choice>,
    record: Option<Named>,
    action: String,
    list_href: String,
    conflict: Option<Conflict>,
}

impl Edit {
    #[must_use]
    pub fn create(shelf: Shelf, form: &LabelForm, errors: Errors) -> Self {
        let view = form.view().errors(errors);
        let codes = Lang::ALL.iter().map(|lang| lang.code());
        Self {
            shelf,
            lang_options: choices(codes, &form.lang),
            record: None,
            action: shelf.path.to_owned(),
            list_href: match Lang::parse(&form.lang) {
                Ok(lang) => shelf.list(lang),
                Err(_) => shelf.path.to_owned(),
            },
            form: view,
            conflict: None,
        }
    }

    #[must_use]
    pub fn change<T>(shelf: Shelf, form: &LabelForm, saved: &Counted<T>) -> Self {
        let record = Named::new(shelf, saved);
        Self {
            shelf,
            form: form.view(),
            lang_options: Vec::new(),
            action: record.href.clone(),
            list_href: shelf.list(saved.lang),
            record: Some(record),
            conflict: None,
        }
    }

    #[must_use]
    pub fn errors(mut self, errors: Errors) -> Self {
        self.form = self.form.errors(errors);
        self
    }

    /// Someone else saved first: both versions are shown, and saving again takes the newest version as its base.
    #[must_use]
    pub fn conflict<T>(
        mut self,
        theirs: &Counted<T>,
        mine: &Label,
        (by, at): (Option<String>, String),
    ) -> Self {
        self.form
            .values
            .insert("version", theirs.version.to_string());
        let saved = [
            ("name", Some(theirs.name.as_str())),
            ("slug", Some(theirs.slug.as_str())),
        ];
        let typed = [
            ("name", Some(mine.name.as_str())),
            ("slug", Some(mine.slug.as_str())),
        ];
        self.conflict = Some(Conflict {
            by,
            at,
            fields: ConflictField::between(self.shelf.kind, &saved, &typed),
            edit_href: format!("{}/edit", self.action),
        });
        self
    }

    #[must_use]
    pub fn is_new(&self) -> bool {
        self.record.is_none()
    }
}

// ---- merging and deleting

/// The others that could take over its posts, and the one that was chosen.
#[derive(Serialize)]
pub struct Merge {
    shelf: Shelf,
    record: Named,
    others: Vec<Other>,
    into: Option<Named>,
    form: FormView,
    list_href: String,
}

#[derive(Serialize)]
struct Other {
    value: String,
    label: String,
    selected: bool,
}

impl Merge {
    #[must_use]
    pub fn new<T>(
        shelf: Shelf,
        own: &Counted<T>,
        all: &[Counted<T>],
        chosen: Option<Id<T>>,
        errors: Errors,
    ) -> Self {
        let others = || all.iter().filter(|one| one.id != own.id);
        let into = others().find(|one| Some(one.id) == chosen);
        Self {
            others: others()
                .map(|one| Other {
                    value: one.id.to_string(),
                    label: one.name.clone(),
                    selected: Some(one.id) == chosen,
                })
                .collect(),
            into: into.map(|one| Named::new(shelf, one)),
            record: Named::new(shelf, own),
            form: FormView::new(&["into"], []).errors(errors),
            list_href: shelf.list(own.lang),
            shelf,
        }
    }
}

#[derive(Serialize)]
pub struct Delete {
    shelf: Shelf,
    record: Named,
    list_href: String,
}

impl Delete {
    #[must_use]
    pub fn new<T>(shelf: Shelf, own: &Counted<T>) -> Self {
        Self {
            record: Named::new(shelf, own),
            list_href: shelf.list(own.lang),
            shelf,
        }
    }
}
