//! What writers do to images, each in one transaction with its audit row.

use std::{sync::LazyLock, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    jobs::Encode,
    model::{Format, Image, MOST_A_DAY, Refusal, State, Variant, Words, media_url},
    queries,
};
use crate::{
    app::App,
    cache::SITE,
    error::{Error, Result},
    features::posts::change::{Change, Hand},
    platform::{
        audit::{Actor, Changes},
        blobs::{self, BlobHash},
        db::Tx,
        i18n::Message,
        pictures::{self, Encoded},
    },
    types::Id,
    web::{cx::Cx, public},
};

/// For a turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// Each decodes a picture in memory, so one does at a time.
static DECODING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(1));

/// Does what takes long on a thread of its own, one at a time. A decoder that panics has refused the file.
pub async fn in_background<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<Result<T, Refusal>> {
    let turn = tokio::time::timeout(PATIENCE, DECODING.acquire())
        .await
        .map_err(|_| Error::unavailable("too many images at once"))?
        .map_err(Error::internal)?;
    // The thread keeps the turn, also when nobody waits for it any more.
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        run()
    });
    match done.await {
        Ok(done) => Ok(done),
        Err(error) if error.is_panic() => Ok(Err(Refusal::Broken)),
        Err(error) => Err(Error::unavailable(error)),
    }
}

/// What became of a file.
#[derive(Clone, Debug)]
pub enum Stored {
    /// It is an image now, or was one before; what was in the trash is back.
    Image(Box<Image>),
    Refused(Message),
}

/// Looks at a file, makes the size that its URL gives, and keeps both. The other sizes come with a job.
pub async fn upload(cx: &Cx, bytes: Vec<u8>, words: Words) -> Result<Stored> {
    let now = cx.app.clock.now();
    let mut conn = cx.read().await?;
    let since = now - TimeDelta::days(1);
    let today = queries::uploads_since(&mut conn, cx.user()?.id, since).await?;
    drop(conn);
    if today >= MOST_A_DAY {
        let message = Message::new("image-refused-too-many").arg("max", MOST_A_DAY);
        return Ok(Stored::Refused(message));
    }
    upload_by(&cx.app, cx.actor(), bytes, words).await
}

/// A file that is an image, without what it told of its maker, and the size of it that its URL gives.
#[derive(Debug)]
pub struct Picked {
    pub hash: BlobHash,
    bytes: Vec<u8>,
    format: Format,
    width: u32,
    height: u32,
    plain: Encoded,
}

impl Picked {
    pub fn of(bytes: Vec<u8>) -> Result<Self, Refusal> {
        let bytes = pictures::bare(&bytes)?;
        let upright = pictures::read(&bytes)?;
        Ok(Self {
            plain: upright.plain()?,
            hash: BlobHash::of(&bytes),
            bytes,
            format: upright.format,
            width: upright.width,
            height: upright.height,
        })
    }

    /// What texts call it once it is kept.
    #[must_use]
    pub fn url(&self) -> String {
        media_url(&BlobHash::of(&self.plain.bytes), self.plain.format)
    }

    /// Bytes that it takes in memory and in the database.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len() + self.plain.bytes.len()
    }
}

/// The same for whoever has no request.
pub async fn upload_by(app: &App, actor: Actor, bytes: Vec<u8>, words: Words) -> Result<Stored> {
    let begin = || Change::by(app, actor.clone());
    let hash = BlobHash::of(&bytes);
    let mut conn = app.db.read().await?;
    let known = queries::find_by_hash(&mut conn, &hash).await?;
    drop(conn);
    if let Some(known) = known {
        return again(begin().await?, known, &words).await;
    }
    let picked = match in_background(move || Picked::of(bytes)).await? {
        Ok(picked) => picked,
        Err(refusal) => return Ok(Stored::Refused(refusal.message())),
    };
    let mut change = begin().await?;
    match add(&mut change.hand(), &picked, &words).await {
        Ok(image) => {
            change.commit().await?;
            Ok(Stored::Image(Box::new(image)))
        }
        // It was here already, or somebody else has brought it meanwhile.
        Err(Error::Taken(_)) => {
            drop(change);
            let mut conn = app.db.read().await?;
            let known = queries::find_by_hash(&mut conn, &picked.hash).await?;
            drop(conn);
            let known = known.ok_or_else(|| Error::unavailable("an image that came and went"))?;
            again(begin().await?, known, &words).await
        }
        Err(other) => Err(other),
    }
}

/// A new image with the size that its URL gives, and the promise of the others. `Taken` if it is here already.
pub async fn add(hand: &mut Hand<'_>, picked: &Picked, words: &Words) -> Result<Image> {
    let image = Image {
        id: hand.new_id(),
        hash: blobs::put(hand.tx, hand.now, &picked.bytes).await?,
        name: words.name.clone(),
        alt_en: words.alt_en.clone(),
        alt_tr: words.alt_tr.clone(),
        width: picked.width.into(),
        height: picked.height.into(),
        format: picked.format,
        state: State::New,
        reason: None,
        uploaded_by: hand.actor.user_id.map(Id::from_uuid),
        version: 1,
        created_at: hand.now,
        updated_at: hand.now,
        deleted_at: None,
    };
    queries::insert(hand.tx, &image, words).await?;
    keep_variant(hand.tx, image.id, &picked.plain, hand.now).await?;
    let encode = Encode {
        image: image.id.uuid(),
    };
    hand.app.jobs.enqueue(hand.tx, &encode).await?;
    let changes = fields(&Words::default(), words);
    hand.note("images.create", image.id.uuid(), &changes)
        .await?;
    Ok(image)
}

async fn again(mut change: Change, known: Image, words: &Words) -> Result<Stored> {
    let is_settled = known.deleted_at.is_none() && !brings_words(&known, words);
    let image = settle(&mut change.hand(), known, words).await?;
    if !is_settled {
        change.commit().await?;
    }
    Ok(Stored::Image(Box::new(image)))
}

fn brings_words(known: &Image, words: &Words) -> bool {
    !known.is_described() && (!words.alt_en.is_empty() || !words.alt_tr.is_empty())
}

/// An image that is here already: back from the trash if it was there, and described if nobody had done so.
pub async fn settle(hand: &mut Hand<'_>, known: Image, words: &Words) -> Result<Image> {
    let is_news = brings_words(&known, words);
    if known.deleted_at.is_none() && !is_news {
        return Ok(known);
    }
    let mut image = queries::find_to_change(hand.tx, known.id).await?;
    if image.deleted_at.is_some() {
        bring_back(hand, &image).await?;
        image.version += 1;
        image.deleted_at = None;
    }
    if is_news {
        let before = words_of(&image);
        let after = Words {
            name: image.name.clone(),
            ..words.clone()
        };
        queries::update(hand.tx, image.id, image.version, &after, hand.now).await?;
        hand.note("images.update", image.id.uuid(), &fields(&before, &after))
            .await?;
        image.version += 1;
        image.alt_en = after.alt_en;
        image.alt_tr = after.alt_tr;
    }
    Ok(image)
}

/// Keeps the bytes and what they are.
pub async fn keep_variant(
    tx: &mut Tx,
    image: Id<Image>,
    made: &Encoded,
    now: DateTime<Utc>,
) -> Result<()> {
    let variant = Variant {
        image_id: image,
        width: made.width.into(),
        height: made.height.into(),
        format: made.format,
        hash: blobs::put(tx, now, &made.bytes).await?,
        size: i64::try_from(made.bytes.len()).map_err(Error::internal)?,
    };
    queries::insert_variant(tx, &variant, now).await
}

fn words_of(image: &Image) -> Words {
    Words {
        name: image.name.clone(),
        alt_en: image.alt_en.clone(),
        alt_tr: image.alt_tr.clone(),
    }
}

fn fields(before: &Words, after: &Words) -> Changes {
    let side = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    [
        ("name", &before.name, &after.name),
        ("alt_en", &before.alt_en, &after.alt_en),
        ("alt_tr", &before.alt_tr, &after.alt_tr),
    ]
    .into_iter()
    .fold(Changes::new(), |changes, (name, before, after)| {
        changes.field(name, side(before).as_deref(), side(after).as_deref())
    })
}

/// `Conflict` if somebody else was quicker.
pub async fn update(cx: &Cx, id: Id<Image>, version: i64, words: &Words) -> Result<()> {
    let mut change = Change::of(cx).await?;
    let hand = &mut change.hand();
    let image = queries::find_to_change(hand.tx, id).await?;
    if image.deleted_at.is_some() {
        return Err(Error::NotFound);
    }
    queries::update(hand.tx, id, version, words, hand.now).await?;
    let changes = fields(&words_of(&image), words);
    hand.note("images.update", id.uuid(), &changes).await?;
    finish(cx, change).await
}

pub async fn trash(cx: &Cx, id: Id<Image>, version: i64) -> Result<Image> {
    let mut change = Change::of(cx).await?;
    let hand = &mut change.hand();
    let image = queries::find_to_change(hand.tx, id).await?;
    if image.deleted_at.is_some() {
        return Err(Error::NotFound);
    }
    queries::set_trashed(hand.tx, id, version, true, hand.now).await?;
    hand.note("images.trash", id.uuid(), &Changes::new())
        .await?;
    finish(cx, change).await?;
    Ok(image)
}

pub async fn restore(cx: &Cx, id: Id<Image>, version: i64) -> Result<Image> {
    let mut change = Change::of(cx).await?;
    let hand = &mut change.hand();
    let image = queries::find_to_change(hand.tx, id).await?;
    if image.deleted_at.is_none() {
        return Err(Error::NotFound);
    }
    if image.version != version {
        return Err(Error::Conflict);
    }
    bring_back(hand, &image).await?;
    change.commit().await?;
    Ok(image)
}

/// With its sizes, if the job came while it was away.
async fn bring_back(hand: &mut Hand<'_>, image: &Image) -> Result<()> {
    queries::set_trashed(hand.tx, image.id, image.version, false, hand.now).await?;
    if image.state == State::New {
        let encode = Encode {
            image: image.id.uuid(),
        };
        hand.app.jobs.enqueue(hand.tx, &encode).await?;
    }
    public::changed(hand.app, hand.tx, [SITE]).await?;
    hand.note("images.restore", image.id.uuid(), &Changes::new())
        .await
}

/// Tries again what could not be made into sizes.
pub async fn encode_again(cx: &Cx, id: Id<Image>) -> Result<()> {
    let mut change = Change::of(cx).await?;
    let hand = &mut change.hand();
    queries::find(hand.tx, id).await?;
    queries::set_state(hand.tx, id, State::New, None, hand.now).await?;
    hand.app
        .jobs
        .enqueue(hand.tx, &Encode { image: id.uuid() })
        .await?;
    hand.note("images.encode", id.uuid(), &Changes::new())
        .await?;
    change.commit().await
}

/// Pages about the firm may show it too.
async fn finish(cx: &Cx, mut change: Change) -> Result<()> {
    public::changed(&cx.app, &mut change.tx, [SITE]).await?;
    change.commit().await
}

/// Deletes it for good if it is still in the trash.
pub async fn purge(app: &App, id: Id<Image>, before: DateTime<Utc>) -> Result<()> {
    let mut change = Change::by(app, Actor::default()).await?;
    let hand = &mut change.hand();
    if queries::delete(hand.tx, id, before).await? {
        let record: Uuid = id.uuid();
        hand.note("images.purge", record, &Changes::new()).await?;
    }
    change.commit().await
}
