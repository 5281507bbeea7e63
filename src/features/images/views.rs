//! What the templates of images see.

use serde::Serialize;

use super::{
    form::{ChoiceQuery, ImageForm, ListQuery},
    model::{Image, Picture, State, Use, pictures},
    queries::{self, Filter},
    upload::Uploaded,
};
use crate::{
    error::Result,
    features::companies::views::PageView,
    platform::{db::Conn, i18n::Message},
    types::{Id, Lang, text},
    web::form::{Errors, FormView},
};

/// Images on a page of the library.
const PER_PAGE: i64 = 24;

/// Images that a form offers at a time.
const CHOICES: i64 = 12;

/// An image in the library.
#[derive(Debug, Serialize)]
pub struct ImageView {
    id: Id<Image>,
    href: String,
    name: String,
    alt: String,
    alt_en: String,
    alt_tr: String,
    is_described: bool,
    width: i64,
    height: i64,
    format: &'static str,
    state: State,
    reason: Option<Message>,
    version: i64,
    created_at: String,
    is_trashed: bool,
    picture: Option<Picture>,
    /// As it is written in a text.
    markdown: Option<String>,
}

impl ImageView {
    fn new(image: Image, lang: Lang, picture: Option<Picture>) -> Self {
        let alt = image.alt(lang).to_owned();
        Self {
            id: image.id,
            href: format!("/images/{}", image.id),
            is_described: image.is_described(),
            markdown: picture.as_ref().map(|picture| markdown(&alt, &picture.src)),
            alt,
            name: image.name,
            alt_en: image.alt_en,
            alt_tr: image.alt_tr,
            width: image.width,
            height: image.height,
            format: image.format.as_str(),
            state: image.state,
            reason: image.reason.map(super::model::Refusal::message),
            version: image.version,
            created_at: image.created_at.to_rfc3339(),
            is_trashed: image.deleted_at.is_some(),
            picture,
        }
    }
}

/// An image in a text, its words escaped.
#[must_use]
pub fn markdown(alt: &str, src: &str) -> String {
    let mut words = String::with_capacity(alt.len());
    for letter in alt.chars() {
        if matches!(letter, '[' | ']' | '\\' | '<' | '`' | '*' | '_' | '!' | '&') {
            words.push('\\');
        }
        words.push(letter);
    }
    format!("![{words}]({src})")
}

/// In the order of the images; those in the trash are shown too.
async fn shown(conn: &mut Conn, lang: Lang, images: Vec<Image>) -> Result<Vec<ImageView>> {
    let ids: Vec<Id<Image>> = images.iter().map(|image| image.id).collect();
    let variants = queries::variants(conn, &ids).await?;
    let mut known = pictures(&images, &variants, lang);
    Ok(images
        .into_iter()
        .map(|image| {
            let picture = known.remove(&image.id);
            ImageView::new(image, lang, picture)
        })
        .collect())
}

// ---- the library

#[derive(Serialize)]
pub struct Index {
    filter: FilterView,
    rows: Vec<ImageView>,
    page: PageView,
    all_href: String,
    trash_href: String,
    undescribed_href: String,
    upload: UploadView,
    may_write: bool,
}

#[derive(Serialize)]
struct FilterView {
    q: String,
    show: String,
}

/// What became of the last upload, if the page answers one.
#[derive(Serialize, Default)]
struct UploadView {
    form: Option<FormView>,
    refused: Vec<RefusedView>,
    undescribed: Vec<Describe>,
}

#[derive(Serialize)]
struct RefusedView {
    name: String,
    reason: Message,
}

/// A form for the words of an image that was just stored.
#[derive(Serialize)]
struct Describe {
    image: ImageView,
    form: FormView,
}

impl Index {
    pub async fn load(
        conn: &mut Conn,
        lang: Lang,
        query: &ListQuery,
        may_write: bool,
    ) -> Result<Self> {
        let filter = query.filter()?;
        let cursor = query.cursor()?;
        let listing = queries::list(conn, &filter, cursor.as_ref(), PER_PAGE).await?;
        let count = u32::try_from(listing.rows.len()).unwrap_or(u32::MAX);
        let to = |cursor: &crate::types::page::Cursor| query.href(&cursor.encode());
        let page = PageView {
            from: listing.position + u32::from(count > 0),
            to: listing.position + count,
            total: listing.total.n,
            capped: listing.total.capped,
            prev: listing.previous.as_ref().map(to),
            next: listing.next.as_ref().map(to),
        };
        let part = |show: &str| {
            let query = ListQuery {
                show: show.into(),
                ..query.clone()
            };
            query.href("")
        };
        Ok(Self {
            filter: FilterView {
                q: query.q.clone(),
                show: query.show.clone(),
            },
            rows: shown(conn, lang, listing.rows).await?,
            page,
            all_href: part(""),
            trash_href: part("trash"),
            undescribed_href: part("undescribed"),
            upload: UploadView::default(),
            may_write,
        })
    }

    /// With what became of an upload: what is wrong, and what still needs words.
    pub async fn after(mut self, conn: &mut Conn, lang: Lang, uploaded: Uploaded) -> Result<Self> {
        let typed = FormView::new(
            &["file", "alt_en", "alt_tr"],
            [
                ("alt_en", uploaded.typed.alt_en),
                ("alt_tr", uploaded.typed.alt_tr),
            ],
        );
        let undescribed: Vec<Image> = uploaded
            .images
            .into_iter()
            .filter(|image| !image.is_described())
            .collect();
        let forms: Vec<FormView> = undescribed
            .iter()
            .map(|image| {
                ImageForm::of(image)
                    .view()
                    .errors(super::form::undescribed())
            })
            .collect();
        self.upload = UploadView {
            form: Some(typed.errors(uploaded.errors)),
            refused: uploaded
                .refused
                .into_iter()
                .map(|(name, reason)| RefusedView { name, reason })
                .collect(),
            undescribed: shown(conn, lang, undescribed)
                .await?
                .into_iter()
                .zip(forms)
                .map(|(image, form)| Describe { image, form })
                .collect(),
        };
        Ok(self)
    }
}

// ---- one image

#[derive(Serialize)]
pub struct Show {
    image: ImageView,
    form: FormView,
    uses: Vec<Use>,
    is_trashed: bool,
    may_write: bool,
    /// What somebody else has saved meanwhile.
    theirs: Option<ImageView>,
}

impl Show {
    pub async fn load(
        conn: &mut Conn,
        lang: Lang,
        image: Image,
        form: &ImageForm,
        errors: Errors,
        may_write: bool,
    ) -> Result<Self> {
        let uses = queries::uses(conn, image.id).await?;
        let is_trashed = image.deleted_at.is_some();
        let mut views = shown(conn, lang, vec![image]).await?;
        Ok(Self {
            image: views.remove(0),
            form: form.view().errors(errors),
            uses,
            is_trashed,
            may_write,
            theirs: None,
        })
    }

    pub async fn conflict(mut self, conn: &mut Conn, lang: Lang, theirs: Image) -> Result<Self> {
        self.form
            .values
            .insert("version", theirs.version.to_string());
        self.theirs = shown(conn, lang, vec![theirs]).await?.pop();
        Ok(self)
    }
}

/// Asks before an image goes to the trash.
#[derive(Serialize)]
pub struct TrashPage {
    image: ImageView,
    uses: Vec<Use>,
}

impl TrashPage {
    pub async fn load(conn: &mut Conn, lang: Lang, image: Image) -> Result<Self> {
        let uses = queries::uses(conn, image.id).await?;
        let mut views = shown(conn, lang, vec![image]).await?;
        Ok(Self {
            image: views.remove(0),
            uses,
        })
    }
}

// ---- choosing one in a form

/// A field that holds an image's id: what `views/components/image_field.html` draws.
#[derive(Debug, Serialize)]
pub struct ImageField {
    pub name: String,
    pub value: String,
    pub q: String,
    /// The chosen one first, even from the trash; then the newest ones that are described.
    pub choices: Vec<ImageView>,
}

impl ImageField {
    /// `value` is the field's text, whatever it is; `q` is what its choices are narrowed to.
    pub async fn load(
        conn: &mut Conn,
        lang: Lang,
        name: &str,
        value: &str,
        q: &str,
    ) -> Result<Self> {
        let query = ChoiceQuery {
            q: q.into(),
            field: name.into(),
            value: value.into(),
        };
        Self::found(conn, lang, &query).await
    }

    pub async fn found(conn: &mut Conn, lang: Lang, query: &ChoiceQuery) -> Result<Self> {
        let filter = Filter {
            words: text::words(&query.q).into_iter().take(8).collect(),
            ..Filter::default()
        };
        let chosen = match query.value.parse::<Id<Image>>() {
            Ok(id) => queries::find_any(conn, id).await?,
            Err(_) => None,
        };
        let newest = queries::list(conn, &filter, None, CHOICES).await?.rows;
        let value = chosen.as_ref().map(|image| image.id.to_string());
        let chosen_id = chosen.as_ref().map(|image| image.id);
        let others = newest
            .into_iter()
            .filter(|image| Some(image.id) != chosen_id);
        let images: Vec<Image> = chosen.into_iter().chain(others).collect();
        Ok(Self {
            name: query.field.clone(),
            value: value.unwrap_or_default(),
            q: query.q.clone(),
            choices: shown(conn, lang, images).await?,
        })
    }
}

// ---- for scripts

/// What the editor's script is told of an upload.
#[derive(Serialize)]
pub struct Answer {
    images: Vec<AnswerImage>,
    /// In words of the reader's language.
    errors: Vec<String>,
}

#[derive(Serialize)]
struct AnswerImage {
    id: Id<Image>,
    name: String,
    alt: String,
    src: String,
}

impl Answer {
    pub async fn new(
        conn: &mut Conn,
        lang: Lang,
        images: Vec<Image>,
        errors: Vec<String>,
    ) -> Result<Self> {
        let images = shown(conn, lang, images).await?;
        Ok(Self {
            images: images
                .into_iter()
                .filter_map(|image| {
                    Some(AnswerImage {
                        id: image.id,
                        name: image.name,
                        alt: image.alt,
                        src: image.picture?.src,
                    })
                })
                .collect(),
            errors,
        })
    }
}
