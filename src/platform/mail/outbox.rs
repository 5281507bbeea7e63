//! Mail in development: a file each, for people to read instead of whoever it is addressed to.

use std::{io, path::PathBuf};

use tokio::fs;
use uuid::Uuid;

pub struct Outbox {
    folder: PathBuf,
}

const EXTENSION: &str = ".eml";

impl Outbox {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}{EXTENSION}"))
    }

    /// Written beside its place and moved there, so that nobody reads half of it. Once more is the same file.
    pub(super) async fn put(&self, id: Uuid, message: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder).await?;
        let unfinished = self.folder.join(format!("{id}.part"));
        fs::write(&unfinished, message).await?;
        fs::rename(&unfinished, self.path(id)).await
    }

    /// The newest first: their ids hold their time.
    pub async fn newest(&self, limit: usize) -> io::Result<Vec<Uuid>> {
        let mut found = Vec::new();
        let mut entries = match fs::read_dir(&self.folder).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(error),
        };
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(EXTENSION));
            found.extend(id.and_then(|id| id.parse::<Uuid>().ok()));
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(limit);
        Ok(found)
    }

    /// The mail as it would have gone out.
    pub async fn read(&self, id: Uuid) -> io::Result<Option<String>> {
        match fs::read(self.path(id)).await {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
