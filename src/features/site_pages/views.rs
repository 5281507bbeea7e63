//! What the templates of the firm's pages see.

use serde::Serialize;

use super::{
    actions::label,
    form::{PageForm, refusal},
    model::{Kind, Revision, SitePage, Text, brought},
    queries::Listed,
    shown::Shown,
};
use crate::{
    error::Result,
    features::{
        companies::views::{Conflict, ConflictField},
        posts::{change::drawing, views::PATH as POSTS},
    },
    platform::{i18n::Message, markdown},
    types::Lang,
    web::{
        cx::Cx,
        form::{Errors, FormView},
        seo::{Seo, base_url},
    },
};

pub const PATH: &str = "/site-pages";
/// What search engines show of a title and of a description.
const META_TITLE: usize = 60;
const META_DESCRIPTION: usize = 160;

// ---- what readers see

#[derive(Serialize)]
pub struct Show<'a> {
    seo: Seo,
    page: &'a Shown,
    /// Where the contact form is, if the page is to lead there.
    contact_href: Option<String>,
}

impl<'a> Show<'a> {
    pub fn new(cx: &Cx, kind: Kind, page: &'a Shown) -> Result<Self> {
        let seo = page.seo(cx)?;
        Ok(Self {
            seo: match kind {
                Kind::About => seo.organization(),
                _ => seo,
            },
            page,
            contact_href: kind.sells().then(|| Kind::Contact.path(cx.lang)),
        })
    }
}

// ---- the list

#[derive(Serialize)]
pub struct Index {
    langs: Vec<Group>,
    posts_href: &'static str,
}

#[derive(Serialize)]
struct Group {
    lang: Lang,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    kind: Kind,
    title: String,
    href: String,
    public_href: String,
    /// `None` for what the product brings along.
    updated_at: Option<String>,
    author: Option<String>,
}

impl Index {
    #[must_use]
    pub fn new(saved: &[Listed]) -> Self {
        let row = |kind: Kind, lang: Lang| {
            let known = saved
                .iter()
                .find(|page| (page.kind, page.lang) == (kind, lang));
            Row {
                kind,
                title: known.map_or_else(|| brought(kind, lang).title, |page| page.title.clone()),
                href: href(kind, lang),
                public_href: kind.path(lang),
                updated_at: known.map(|page| page.updated_at.to_rfc3339()),
                author: known.and_then(|page| page.author.clone()),
            }
        };
        let group = |&lang: &Lang| Group {
            lang,
            rows: Kind::ALL.iter().map(|&kind| row(kind, lang)).collect(),
        };
        Self {
            langs: Lang::ALL.iter().map(group).collect(),
            posts_href: POSTS,
        }
    }
}

#[must_use]
pub fn href(kind: Kind, lang: Lang) -> String {
    format!("{PATH}/{}", label(kind, lang))
}

// ---- the editor

#[derive(Serialize)]
struct Head {
    kind: Kind,
    lang: Lang,
    href: String,
    public_href: String,
    revisions_href: String,
}

impl Head {
    fn new(kind: Kind, lang: Lang) -> Self {
        let href = href(kind, lang);
        Self {
            kind,
            lang,
            public_href: kind.path(lang),
            revisions_href: format!("{href}/revisions"),
            href,
        }
    }
}

#[derive(Serialize)]
pub struct Edit {
    page: Head,
    form: FormView,
    preview: Preview,
    conflict: Option<Conflict>,
}

impl Edit {
    #[must_use]
    pub fn new(cx: &Cx, (kind, lang): (Kind, Lang), form: &PageForm) -> Self {
        Self {
            page: Head::new(kind, lang),
            form: form.view(),
            preview: Preview::of(cx, (kind, lang), form),
            conflict: None,
        }
    }

    #[must_use]
    pub fn errors(mut self, errors: Errors) -> Self {
        self.form = self.form.errors(errors);
        self
    }

    /// Somebody else saved first: saving again takes the newest version as its base.
    #[must_use]
    pub fn conflict(mut self, theirs: &SitePage, by: Option<String>, mine: &Text) -> Self {
        self.form
            .values
            .insert("version", theirs.version.to_string());
        let mut fields = ConflictField::between("page", &theirs.text.fields(), &mine.fields());
        fields.extend(ConflictField::between(
            "page",
            &[("body", Some(&theirs.text.body))],
            &[("body", Some(&mine.body))],
        ));
        self.conflict = Some(Conflict {
            by,
            at: theirs.updated_at.to_rfc3339(),
            fields,
            edit_href: self.page.href.clone(),
        });
        self
    }
}

/// The page as readers and search engines would see it.
#[derive(Serialize)]
struct Preview {
    title: String,
    lead: String,
    html: String,
    error: Option<Message>,
    url: String,
    headline: String,
    description: String,
    title_length: usize,
    title_max: usize,
    description_length: usize,
    description_max: usize,
}

impl Preview {
    fn of(cx: &Cx, (kind, lang): (Kind, Lang), form: &PageForm) -> Self {
        let rendered = markdown::render(&form.body, &drawing(&cx.app));
        let or = |text: &str, other: &str| {
            let text = text.trim();
            if text.is_empty() { other.trim() } else { text }.to_owned()
        };
        let headline = or(&form.meta_title, &form.title);
        let description = or(&form.meta_description, &form.lead);
        Self {
            title: form.title.clone(),
            lead: form.lead.clone(),
            error: rendered
                .as_ref()
                .err()
                .map(|refused| Message::new(refusal(*refused))),
            html: rendered.unwrap_or_default().html,
            url: format!("{}{}", base_url(&cx.app), kind.path(lang)),
            title_length: headline.chars().count(),
            title_max: META_TITLE,
            description_length: description.chars().count(),
            description_max: META_DESCRIPTION,
            headline,
            description,
        }
    }
}

// ---- what it said before

#[derive(Serialize)]
pub struct Revisions {
    page: Head,
    rows: Vec<RevisionRow>,
}

#[derive(Serialize)]
struct RevisionRow {
    number: i64,
    title: String,
    href: String,
    author: Option<String>,
    /// `None` for what the product brings along.
    at: Option<String>,
    is_current: bool,
}

impl Revisions {
    /// The newest first; the last one is what the product brings along.
    #[must_use]
    pub fn new((kind, lang): (Kind, Lang), known: &[Revision], version: i64) -> Self {
        let page = Head::new(kind, lang);
        let to = |number: i64| format!("{}/{number}", page.revisions_href);
        let mut rows: Vec<RevisionRow> = known
            .iter()
            .map(|revision| RevisionRow {
                number: revision.number,
                title: text_of(&revision.fields).title,
                href: to(revision.number),
                author: revision.author.clone(),
                at: Some(revision.created_at.to_rfc3339()),
                is_current: revision.number == version,
            })
            .collect();
        rows.push(RevisionRow {
            number: 0,
            title: brought(kind, lang).title,
            href: to(0),
            author: None,
            at: None,
            is_current: version == 0,
        });
        Self { page, rows }
    }
}

fn text_of(fields: &str) -> Text {
    serde_json::from_str(fields).unwrap_or_default()
}

#[derive(Serialize)]
pub struct ShowRevision {
    page: Head,
    number: i64,
    title: String,
    lead: String,
    html: String,
    is_current: bool,
    /// Of the page, to which a restored revision is the next one.
    version: i64,
    restore_action: String,
}

impl ShowRevision {
    #[must_use]
    pub fn new(cx: &Cx, (kind, lang): (Kind, Lang), number: i64, text: Text, version: i64) -> Self {
        let page = Head::new(kind, lang);
        Self {
            number,
            html: markdown::render(&text.body, &drawing(&cx.app))
                .unwrap_or_default()
                .html,
            title: text.title,
            lead: text.lead,
            is_current: number == version,
            version,
            restore_action: format!("{}/restore", page.href),
            page,
        }
    }
}
