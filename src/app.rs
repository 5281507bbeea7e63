//! What every request needs, built once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    cache,
    config::Config,
    error::Result,
    platform::{
        cache::{Bounds, Cache},
        clock::Clock,
        db::Db,
        i18n::Translations,
        jobs::Queue,
        keys::Keys,
        limits::Limits,
        mail::Mailer,
        metrics::Metrics,
        passwords::Passwords,
        purge::OuterCache,
        redis::Redis,
    },
    web::{public::Pages, templates::Templates},
};

/// Cheap to clone: one pointer.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub config: Config,
    pub db: Db,
    pub cache: Cache,
    pub clock: Clock,
    pub jobs: Queue,
    pub keys: Keys,
    pub limits: Limits,
    pub mailer: Mailer,
    pub metrics: Metrics,
    /// What is told of changed pages, if it listens.
    pub outer_cache: Option<OuterCache>,
    /// Public pages that were rendered already.
    pub pages: Arc<Pages>,
    pub passwords: Passwords,
    /// Nothing is kept in it that cannot be done without.
    pub redis: Option<Redis>,
    pub templates: Arc<Templates>,
    pub translations: Arc<Translations>,
    pub state: State,
}

/// Where the process is in its life, as `/readyz` tells it.
#[derive(Debug, Default)]
pub struct State {
    ready: AtomicBool,
    draining: AtomicBool,
}

impl State {
    pub fn set_ready(&self) {
        self.ready.store(true, Ordering::Relaxed);
    }

    pub fn set_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

impl App {
    pub async fn build(config: Config, clock: Clock) -> Result<Self> {
        let keys = Keys::new(config.secret_key.expose());
        let db = Db::open(&config.database).await?.signing_with(&keys);
        let redis = match &config.redis_url {
            Some(url) => Some(Redis::open(url.expose(), config.redis_roots.clone())?),
            None => None,
        };
        let metrics = Metrics::default();
        let translations = Arc::new(Translations::load()?);
        let templates = Arc::new(Templates::load(&translations, &clock)?);
        let outer_cache = config
            .outer_cache
            .clone()
            .map(OuterCache::new)
            .transpose()?;
        let pages = Arc::new(Pages::new(
            &config,
            clock.clone(),
            Arc::clone(&templates),
            &metrics,
        ));
        let cache = Cache::new(&cache::FAMILIES, Bounds::default(), &clock, &metrics).on(
            &db,
            redis.as_ref(),
            Arc::clone(&pages) as _,
        );
        Ok(Self(Arc::new(Parts {
            pages,
            templates,
            outer_cache,
            translations,
            passwords: Passwords::new()?,
            cache,
            jobs: Queue::new(clock.clone()),
            keys,
            limits: Limits::new(config.limits, clock.clone(), redis.clone()),
            mailer: Mailer::new(config.mail())?,
            metrics,
            redis,
            db,
            clock,
            config,
            state: State::default(),
        })))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
