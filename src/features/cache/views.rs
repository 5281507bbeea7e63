//! What the templates of the cache see.

use serde::Serialize;

use super::form::PurgeForm;
use crate::{
    platform::cache::stats::FamilyStats,
    types::{Lang, number},
    web::{
        cx::Cx,
        form::{Errors, FormView},
    },
};

#[derive(Debug, Serialize)]
pub struct Index {
    families: Vec<Row>,
    entries: usize,
    kib: usize,
    kib_max: usize,
    /// `none`, `up`, `deaf` (it answers, but changes are not heard by way of it) or `away`.
    redis: &'static str,
    form: FormView,
}

/// A family since this process began.
#[derive(Debug, Serialize)]
struct Row {
    /// `entity:what:`, as it is purged.
    tag: String,
    name: &'static str,
    /// Of what was asked for, what did not have to be loaded for it.
    percent: Option<u64>,
    here: u64,
    shared: u64,
    stale: u64,
    loads: u64,
    /// What a load took on average, in hundredths.
    millis: String,
    saved: u64,
    errors: u64,
    evictions: u64,
    entries: i64,
    kib: i64,
}

impl Index {
    #[must_use]
    pub fn new(cx: &Cx, form: &PurgeForm, errors: Errors) -> Self {
        let stats = cx.app.cache.stats();
        Self {
            families: stats
                .families
                .iter()
                .map(|family| Row::new(family, cx.lang))
                .collect(),
            entries: stats.entries,
            kib: stats.bytes.div_ceil(1024),
            kib_max: stats.bytes_max / 1024,
            redis: match &cx.app.redis {
                None => "none",
                Some(redis) if redis.is_up() && cx.app.cache.is_on_line() => "up",
                Some(redis) if redis.is_up() => "deaf",
                Some(_) => "away",
            },
            form: FormView::new(&["tag"], [("tag", form.tag.clone())]).errors(errors),
        }
    }
}

impl Row {
    fn new(family: &FamilyStats, lang: Lang) -> Self {
        Self {
            tag: format!("{}:", family.name),
            name: family.name,
            percent: family.hit_percent(),
            here: family.hit_l1,
            shared: family.hit_l2,
            stale: family.stale,
            loads: family.miss,
            millis: number::hundredths(family.load.as_secs_f64() * 1000.0, lang),
            saved: family.saved,
            errors: family.errors,
            evictions: family.evictions,
            entries: family.entries,
            kib: (family.bytes + 1023) / 1024,
        }
    }
}
