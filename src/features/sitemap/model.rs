//! The map's parts and what stands in them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::types::Lang;

/// URLs of one part. With the longest slugs and their translations it is still light enough to be kept ready.
pub const PART: i64 = 400;

/// The pages that are no post and no list of posts, with the word for each. Those that the product does not have yet, or
/// no more, are left out.
pub const PAGES: &[(&str, &str)] = &[
    ("/", "map-home"),
    ("/blog", "map-blog"),
    ("/what-we-do", "map-services"),
    ("/about", "map-about"),
    ("/pricing", "map-pricing"),
    ("/portfolio", "map-portfolio"),
    ("/contact", "map-contact"),
    ("/privacy", "map-privacy"),
    ("/cookies", "map-cookies"),
    ("/terms", "map-terms"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Section {
    /// `PAGES`.
    Site,
    Categories(Lang),
    Tags(Lang),
    Authors(Lang),
    Posts(Lang),
}

impl Section {
    pub const ALL: [Self; 9] = [
        Self::Site,
        Self::Posts(Lang::En),
        Self::Posts(Lang::Tr),
        Self::Categories(Lang::En),
        Self::Categories(Lang::Tr),
        Self::Tags(Lang::En),
        Self::Tags(Lang::Tr),
        Self::Authors(Lang::En),
        Self::Authors(Lang::Tr),
    ];
}

/// After which URL of its section a part begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum After {
    Nothing,
    Slug(String),
    Post(DateTime<Utc>, Uuid),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub section: Section,
    pub after: After,
    /// When the newest of its pages changed; `None` where nobody knows.
    pub changed_at: Option<DateTime<Utc>>,
}

/// A page as the map tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub path: String,
    pub changed_at: Option<DateTime<Utc>>,
    /// The same in each language, this one included; empty where it is in one alone.
    pub alternates: Vec<(Lang, String)>,
    /// The URL of its picture.
    pub image: Option<String>,
    /// Where the part after this one begins.
    pub last: After,
}
