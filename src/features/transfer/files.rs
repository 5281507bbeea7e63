//! The files that posts name: read within a folder and nowhere else.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Component, Path, PathBuf},
};

use percent_encoding::percent_decode_str;

use crate::{
    features::images::model::{LARGEST, Refusal},
    platform::i18n::Message,
};

/// A folder that came with posts. Names in a post are looked up beside its file, then from the folder itself.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Without links in it.
    root: PathBuf,
    /// Where the post's file lies within it.
    beside: PathBuf,
}

impl Folder {
    pub fn around(file: &Path, root: &Path) -> io::Result<Self> {
        let within = file.strip_prefix(root).unwrap_or(Path::new(""));
        Ok(Self {
            root: root.canonicalize()?,
            beside: within.parent().unwrap_or(Path::new("")).to_owned(),
        })
    }

    /// The bytes of a file that a post names, as it is written or as a URL.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Message> {
        let decoded = percent_decode_str(name).decode_utf8_lossy();
        let mut why = "import-image-outside";
        for below in [&self.beside, Path::new("")] {
            for name in [name, &decoded] {
                let Some(path) = within(below, name) else {
                    continue;
                };
                match self.root.join(path).canonicalize() {
                    // A link may lead anywhere.
                    Ok(path) if !path.starts_with(&self.root) => why = "import-image-outside",
                    Ok(path) => return bytes(&path),
                    Err(_) => why = "import-image-missing",
                }
            }
        }
        Err(Message::new(why))
    }
}

/// `None` where a name is absolute or climbs out.
fn within(below: &Path, name: &str) -> Option<PathBuf> {
    let mut path = below.to_owned();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir if path.pop() => {}
            _ => return None,
        }
    }
    Some(path)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Message> {
    let missing = |_| Message::new("import-image-missing");
    // A pipe would be waited for.
    if !fs::metadata(path).map_err(missing)?.is_file() {
        return Err(Refusal::Kind.message());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(missing)?;
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX) + 1;
    file.take(most).read_to_end(&mut bytes).map_err(missing)?;
    if bytes.len() > LARGEST {
        return Err(Refusal::TooLarge.message());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_its_folder() {
        for (name, path) in [
            ("a.jpg", Some("tr/a.jpg")),
            ("./a/../b.jpg", Some("tr/b.jpg")),
            ("../media/a.jpg", Some("media/a.jpg")),
            ("../../a.jpg", None),
            ("a/../../../b.jpg", None),
            ("/etc/passwd", None),
        ] {
            assert_eq!(
                within(Path::new("tr"), name).as_deref(),
                path.map(Path::new),
                "{name}"
            );
        }
    }
}
