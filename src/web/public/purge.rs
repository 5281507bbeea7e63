//! A change of what public pages are made of: dropped here after the commit, and told to the outer cache by a job.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Tag;
use crate::{
    app::App,
    cache::{BLOG, MAP, PUBLIC_PAGES, SITE},
    error::Result,
    platform::{
        cache,
        db::Tx,
        jobs::{Done, Failure, Job, Policy, Work},
    },
};

/// Every instance has dropped the old page by then, so that the outer cache does not fetch it again from one that has
/// not heard of the change yet.
const SETTLED: Duration = Duration::from_secs(2);

/// Makes what is cached of this void, the pages that are made of it included, on every instance before `commit` answers.
pub async fn changed<T: Into<Tag>>(
    app: &App,
    tx: &mut Tx,
    tags: impl IntoIterator<Item = T>,
) -> Result<()> {
    let mut tags: Vec<Tag> = tags.into_iter().map(Into::into).collect();
    tags.sort();
    tags.dedup();
    if tags.is_empty() {
        return Ok(());
    }
    let void = tags
        .iter()
        .map(|tag| cache::Tag::new(tag.as_str().to_owned()));
    app.cache.drops(tx, void);
    if app.outer_cache.is_some() {
        app.jobs.enqueue(tx, &Purge { tags }).await?;
    }
    Ok(())
}

/// The same for whatever an administrator has named, down to a single key of the cache: the outer cache knows no keys, only
/// the families that pages are made of.
pub async fn purged(app: &App, tx: &mut Tx, void: cache::Tag) -> Result<()> {
    let tags = outer_tags(void.as_str());
    app.cache.drops(tx, [void]);
    if app.outer_cache.is_some() && !tags.is_empty() {
        app.jobs.enqueue(tx, &Purge { tags }).await?;
    }
    Ok(())
}

/// The tags of all public pages that show something of it.
fn outer_tags(void: &str) -> Vec<Tag> {
    if void == PUBLIC_PAGES.group() || void.starts_with(PUBLIC_PAGES.name()) {
        return [BLOG, SITE, MAP].map(Tag::from).into();
    }
    if ![BLOG, SITE, MAP]
        .iter()
        .any(|group| void.starts_with(group))
    {
        return Vec::new();
    }
    // A group, or a family with or without what follows.
    let mut words = void.splitn(3, ':');
    let family = words
        .next()
        .zip(words.next().filter(|what| !what.is_empty()));
    vec![family.map_or_else(|| void.into(), |(of, what)| format!("{of}:{what}").into())]
}

/// While one waits, another one for the same tags is not added: what it will do covers both.
#[derive(Debug, Serialize, Deserialize)]
pub struct Purge {
    tags: Vec<Tag>,
}

impl Job for Purge {
    type App = App;
    const KIND: &'static str = "public.purge";
    /// Ten attempts take about as long as the outer cache keeps a page anyway.
    const POLICY: Policy = Policy {
        at_once: 2,
        timeout: Duration::from_mins(2),
        ..Policy::DEFAULT
    };

    fn unique_key(&self) -> Option<String> {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        use sha2::{Digest as _, Sha256};
        let mut digest = Sha256::new();
        for tag in &self.tags {
            digest.update(tag.as_str());
            digest.update(b",");
        }
        let digest = URL_SAFE_NO_PAD.encode(digest.finalize());
        Some(format!("{}:{digest}", Self::KIND))
    }

    async fn run(self, app: App, work: Work) -> std::result::Result<Done, Failure> {
        let Some(outer) = &app.outer_cache else {
            return Err(Failure::Dead(
                "no outer cache is configured any more".into(),
            ));
        };
        // Here and not before the job is taken: whatever changes from now on promises a run of its own.
        tokio::time::sleep(SETTLED).await;
        let tags: Vec<&str> = self.tags.iter().map(Tag::as_str).collect();
        outer
            .purge(&tags)
            .await
            .map_err(|trouble| Failure::Retry(trouble.to_string()))?;
        tracing::info!(tags = tags.len(), "outer_cache_purged");
        Ok(work.done())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outer_cache_is_told_of_what_its_pages_are_made_of() {
        for (void, expected) in [
            ("blog:", &["blog:"][..]),
            ("blog:list:", &["blog:list"]),
            ("blog:list:public:tr:1", &["blog:list"]),
            ("site:page:public:en:about", &["site:page"]),
            ("public:pages:", &["blog:", "site:", "sitemap:"]),
            ("public:", &["blog:", "site:", "sitemap:"]),
            ("dashboard:stats:", &[]),
        ] {
            let tags = outer_tags(void);
            let tags: Vec<&str> = tags.iter().map(Tag::as_str).collect();
            assert_eq!(tags, expected, "{void}");
        }
    }
}
