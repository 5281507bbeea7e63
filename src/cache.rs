//! Every family of what is cached, one policy each.

use std::time::Duration;

use crate::platform::cache::{Policy, Tag, shapes};

const MINUTE: Duration = Duration::from_mins(1);
/// A word is taken for frequent for so long.
const FREQUENT: Duration = Duration::from_mins(10);

/// How many companies there are, and of what status. It is cheap to ask again after a write.
pub static DASHBOARD_STATS: Policy = dashboard("dashboard:stats");
/// What the subscriptions bring.
pub static DASHBOARD_SERVICES: Policy = dashboard("dashboard:services");

/// All figures of the dashboard.
pub const DASHBOARD: Tag = Tag::of("dashboard:");

/// Public pages as they are sent, each with tags of its own: `web/public` keeps them.
pub static PUBLIC_PAGES: Policy = Policy::versioned_by("public:pages", shapes::version);
/// A page of a list of posts.
pub static BLOG_LIST: Policy = public("blog:list");
/// A post, with what is around it.
pub static BLOG_POST: Policy = public("blog:post");
pub static BLOG_FEED: Policy = public("blog:feed");
/// What was found: people type it, so it is not kept for long.
pub static BLOG_SEARCH: Policy = Policy::versioned_by("blog:search", shapes::version)
    .fresh_for(Duration::from_secs(30))
    .kept_for(Duration::from_secs(30));
/// Which words the search finds in very many places. No change makes it void: of a word that has become rare meanwhile, the best
/// posts are shown without the number of all.
pub static SEARCH_WORDS: Policy = Policy::versioned_by("search:words", shapes::version)
    .fresh_for(FREQUENT)
    .kept_for(FREQUENT)
    .bounded(FREQUENT);
/// One of the pages about the firm.
pub static SITE_PAGE: Policy = public("site:page");
pub static SITEMAP: Policy = public("sitemap:page");

/// All that readers see of the blog.
pub const BLOG: &str = "blog:";
/// The pages about the firm.
pub const SITE: &str = "site:";
/// What search engines are told of all of it.
pub const MAP: &str = "sitemap:";

pub static FAMILIES: [&Policy; 10] = [
    &DASHBOARD_STATS,
    &DASHBOARD_SERVICES,
    &PUBLIC_PAGES,
    &BLOG_LIST,
    &BLOG_POST,
    &BLOG_FEED,
    &BLOG_SEARCH,
    &SEARCH_WORDS,
    &SITE_PAGE,
    &SITEMAP,
];

/// What anybody may read. Each change says so; the lifetimes are for what nobody told.
const fn public(name: &'static str) -> Policy {
    Policy::versioned_by(name, shapes::version)
        .fresh_for(MINUTE)
        .kept_for(MINUTE)
        .shared_for(Duration::from_hours(1))
        .stale_if_error(Duration::from_hours(1))
        .locked()
}

/// Figures of today: a night later they are others.
const fn dashboard(name: &'static str) -> Policy {
    Policy::versioned_by(name, shapes::version)
        .fresh_for(Duration::from_secs(30))
        .kept_for(MINUTE)
        .shared_for(MINUTE)
        .stale_if_error(MINUTE)
}
