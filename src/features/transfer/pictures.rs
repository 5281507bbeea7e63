//! The images that a post of a file brings: found, looked at, and called by the URLs that they have here.

use std::{collections::HashMap, sync::Arc};

use url::Url;
use uuid::Uuid;

use super::{
    files::Folder,
    form::{Item, begins_with_tag},
    model::Remark,
};
use crate::{
    app::App,
    error::{Error, Result},
    features::{
        images::{
            actions::{self, Picked},
            model::{Image, LONGEST_ALT, Refusal, Words, name_of},
            queries,
        },
        posts::change::{Hand, drawing},
    },
    platform::{
        blobs::BlobHash,
        i18n::Message,
        markdown::{self, Shown},
    },
    types::{Id, Lang, text},
};

/// Letters of an image's source in a note.
const LONGEST_NAMED: usize = 200;

/// What a post brings.
#[derive(Default)]
pub struct Pictures {
    files: Vec<Brought>,
    cover: Option<Cover>,
}

/// A file that is an image.
struct Brought {
    hash: BlobHash,
    /// If it was not here when it was looked at.
    picked: Option<Arc<Picked>>,
    words: Words,
}

enum Cover {
    Here(Id<Image>),
    /// One of the files.
    File(BlobHash),
}

/// What was looked at for the posts that are written next.
#[derive(Default)]
pub struct Gallery {
    picked: HashMap<BlobHash, Arc<Picked>>,
}

/// Where a post says that an image is.
enum Source {
    Id(Id<Image>),
    /// A hash as our URLs have it.
    Here(Option<String>),
    Elsewhere,
    File,
}

impl Source {
    fn of(name: &str) -> Self {
        if let Some(file) = name.strip_prefix("/media/") {
            let hash = file.split_once('.').map(|(hash, _)| hash.to_owned());
            Self::Here(hash)
        } else if let Ok(id) = name.parse::<Uuid>() {
            Self::Id(Id::from_uuid(id))
        } else if name.starts_with("//") || Url::parse(name).is_ok() {
            Self::Elsewhere
        } else {
            Self::File
        }
    }
}

impl Gallery {
    /// Bytes of new images, which are in memory until they are written.
    pub fn size(&self) -> usize {
        self.picked.values().map(|picked| picked.size()).sum()
    }

    /// Looks at each image that a post names. Files get the URLs that they will have; what is not taken stays as it is
    /// written, and is noted.
    pub async fn look(
        &mut self,
        app: &App,
        item: &mut Item,
        folder: Option<&Folder>,
        lang: Lang,
        notes: &mut Vec<Remark>,
    ) -> Result<Pictures> {
        let mut look = Look {
            app,
            gallery: self,
            folder,
            lang,
            notes,
            pictures: Pictures::default(),
        };
        look.cover(item).await?;
        if let Some(text) = &mut item.markdown {
            look.text(text, markdown::images).await?;
        }
        if let Some(text) = &mut item.html {
            look.text(text, markdown::images_of_html).await?;
        }
        if let Some(text) = &mut item.content {
            let is_html = begins_with_tag(text);
            let images = if is_html {
                markdown::images_of_html
            } else {
                markdown::images
            };
            look.text(text, images).await?;
        }
        Ok(look.pictures)
    }
}

struct Look<'a> {
    app: &'a App,
    gallery: &'a mut Gallery,
    folder: Option<&'a Folder>,
    lang: Lang,
    notes: &'a mut Vec<Remark>,
    pictures: Pictures,
}

impl Look<'_> {
    fn note(&mut self, about: &str, why: Message) {
        // An image can be written out in its own URL.
        let about = match about.char_indices().nth(LONGEST_NAMED) {
            Some((end, _)) => format!("{}…", &about[..end]),
            None => about.to_owned(),
        };
        let remark = Remark::about(about, why);
        if !self.notes.contains(&remark) {
            self.notes.push(remark);
        }
    }

    async fn cover(&mut self, item: &Item) -> Result<()> {
        let Some(name) = item.cover.as_deref().filter(|name| !name.is_empty()) else {
            return Ok(());
        };
        let found = match Source::of(name) {
            Source::Elsewhere => Err(Message::new("import-image-foreign")),
            Source::File => {
                let alt = item.cover_alt.as_deref().unwrap_or_default();
                let file = self.file(name, alt).await?;
                file.map(|(hash, _)| Cover::File(hash))
            }
            Source::Id(id) => {
                let is_here = queries::exists(&mut self.app.db.read().await?, id).await?;
                here(is_here.then_some(id)).map(Cover::Here)
            }
            Source::Here(hash) => here(self.shown_as(hash).await?).map(Cover::Here),
        };
        match found {
            Ok(cover) => self.pictures.cover = Some(cover),
            Err(why) => self.note(&format!("cover {name}"), why),
        }
        Ok(())
    }

    async fn shown_as(&self, hash: Option<String>) -> Result<Option<Id<Image>>> {
        let mut conn = self.app.db.read().await?;
        let found = queries::shown_as(&mut conn, hash).await?;
        Ok(found.into_values().next().map(|image| image.id))
    }

    async fn text(&mut self, text: &mut String, images: fn(&str) -> Vec<Shown>) -> Result<()> {
        let mut sources = Vec::new();
        for Shown { at, src, alt } in images(text) {
            let why = match Source::of(&src) {
                Source::Here(hash) => here(self.shown_as(hash).await?).err(),
                Source::Elsewhere if markdown::is_shown(&src, &drawing(self.app)) => None,
                Source::Elsewhere => Some(Message::new("import-image-foreign")),
                Source::Id(_) | Source::File if alt.trim().is_empty() => {
                    Some(Message::new("import-image-wordless"))
                }
                Source::Id(_) | Source::File => match self.file(&src, &alt).await? {
                    Ok((_, url)) => {
                        sources.push((at, url));
                        None
                    }
                    Err(why) => Some(why),
                },
            };
            if let Some(why) = why {
                self.note(&src, why);
            }
        }
        if !sources.is_empty() {
            *text = markdown::with_sources(text, sources);
        }
        Ok(())
    }

    /// The hash of a file that is an image, and the URL that texts call it by.
    async fn file(
        &mut self,
        name: &str,
        alt: &str,
    ) -> Result<std::result::Result<(BlobHash, String), Message>> {
        let Some(folder) = self.folder else {
            return Ok(Err(Message::new("import-image-no-files")));
        };
        let bytes = match folder.read(name) {
            Ok(bytes) => bytes,
            Err(why) => return Ok(Err(why)),
        };
        let hash = BlobHash::of(&bytes);
        let (picked, url) = match self.known_or_picked(&hash, bytes).await? {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal.message())),
        };
        let words = words(name, &hash, alt, self.lang);
        // It is kept without what it told of its maker.
        let hash = picked.as_ref().map_or(hash, |picked| picked.hash.clone());
        self.pictures.files.push(Brought {
            hash: hash.clone(),
            picked,
            words,
        });
        Ok(Ok((hash, url)))
    }

    async fn known_or_picked(
        &mut self,
        hash: &BlobHash,
        bytes: Vec<u8>,
    ) -> Result<std::result::Result<(Option<Arc<Picked>>, String), Refusal>> {
        if let Some(picked) = self.gallery.picked.get(hash) {
            return Ok(Ok((Some(Arc::clone(picked)), picked.url())));
        }
        let mut conn = self.app.db.read().await?;
        if let Some(known) = queries::find_by_hash(&mut conn, hash).await? {
            let url = queries::url(&mut conn, known.id).await?;
            return Ok(url.map(|url| (None, url)).ok_or(Refusal::Broken));
        }
        drop(conn);
        let picked = match actions::in_background(move || Picked::of(bytes)).await? {
            Ok(picked) => Arc::new(picked),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let url = picked.url();
        self.gallery
            .picked
            .insert(hash.clone(), Arc::clone(&picked));
        Ok(Ok((Some(picked), url)))
    }
}

fn here(found: Option<Id<Image>>) -> std::result::Result<Id<Image>, Message> {
    found.ok_or_else(|| Message::new("import-image-unknown"))
}

/// A file that was taken away from here has the beginning of its hash in its name, which the image does not need.
fn words(file: &str, hash: &BlobHash, alt: &str, lang: Lang) -> Words {
    let file = percent_encoding::percent_decode_str(file).decode_utf8_lossy();
    let mut name = name_of(&file);
    if let Some(own) = name.strip_suffix(&mark(hash)) {
        name = own.to_owned();
    }
    let alt = text::clean_line(&alt.split_whitespace().collect::<Vec<_>>().join(" "));
    let alt = markdown::excerpt(&alt.unwrap_or_default(), LONGEST_ALT as usize);
    let (alt_en, alt_tr) = match lang {
        Lang::En => (alt, String::new()),
        Lang::Tr => (String::new(), alt),
    };
    Words {
        name,
        alt_en,
        alt_tr,
    }
}

/// What the name of an image's file ends with, before its ending.
pub fn mark(hash: &BlobHash) -> String {
    let digits: String = hash.to_string().chars().take(12).collect();
    format!("-{digits}")
}

impl Pictures {
    /// Keeps the files within a post's transaction. The cover, if the post brings one.
    pub async fn keep(&self, hand: &mut Hand<'_>) -> Result<Option<Image>> {
        let mut kept: HashMap<&BlobHash, Image> = HashMap::new();
        for file in &self.files {
            let image = match queries::find_by_hash(hand.tx, &file.hash).await? {
                Some(known) => actions::settle(hand, known, &file.words).await?,
                None => match &file.picked {
                    Some(picked) => actions::add(hand, picked, &file.words).await?,
                    // It was deleted for good meanwhile.
                    None => return Err(Error::Conflict),
                },
            };
            kept.insert(&file.hash, image);
        }
        match &self.cover {
            None => Ok(None),
            Some(Cover::File(hash)) => Ok(kept.remove(hash)),
            Some(Cover::Here(id)) => Ok(Some(queries::find(hand.tx, *id).await?)),
        }
    }
}
