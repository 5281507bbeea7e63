//! Posts as files: JSON, or Markdown with front matter; what was taken away comes back the same.

mod export;
mod files;
mod form;
mod import;
mod model;
mod pictures;

pub use self::{
    export::{export, items, items_after},
    form::{Entry, Item, Named, Tags, from_json, from_markdown, read},
    import::{Import, import, import_by, import_within},
    model::{Outcome, Remark, Row},
};
