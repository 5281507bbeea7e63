//! Embeds views, locales, migrations and assets: the binary needs no file beside it.
//!
//! Assets get a name with a hash of their bytes, so that they can be cached for ever, and are compressed here, once.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A path as a Rust string literal.
fn literal(path: &Path) -> String {
    format!("{:?}", path.to_string_lossy())
}

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo speaks to build scripts through the environment"
)]
fn main() -> Result<()> {
    for watched in [
        "views",
        "assets",
        "migrations",
        "seeds",
        "package-lock.json",
        "Cargo.lock",
        "src/platform/markdown",
    ] {
        println!("cargo:rerun-if-changed={watched}");
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut code = String::new();

    let views = files_below(&root.join("views"), "html")?
        .into_iter()
        .chain(files_below(&root.join("views"), "txt")?);
    text_table(&mut code, "VIEWS", &root.join("views"), views)?;
    let locales = files_below(&root.join("views/locales"), "ftl")?;
    text_table(&mut code, "LOCALES", &root.join("views/locales"), locales)?;
    for driver in ["sqlite", "mysql"] {
        let dir = root.join("migrations").join(driver);
        let name = format!("{}_MIGRATIONS", driver.to_uppercase());
        text_table(&mut code, &name, &dir, files_below(&dir, "sql")?)?;
    }
    let posts = root.join("seeds/posts");
    text_table(&mut code, "DEMO_POSTS", &posts, files_below(&posts, "md")?)?;
    let pages = root.join("seeds/pages");
    text_table(&mut code, "SITE_PAGES", &pages, files_below(&pages, "md")?)?;
    assets(&mut code, &root, &out)?;
    writeln!(
        code,
        "/// What texts are cleaned by: the rules, and the crates that keep them.\npub const CLEANER: &str = {:?};",
        cleaner(&root)?
    )?;
    fs::write(out.join("embedded.rs"), code)?;
    Ok(())
}

fn cleaner(root: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    for file in files_below(&root.join("src/platform/markdown"), "rs")? {
        if !file.ends_with("tests.rs") {
            hash.update(fs::read(file)?);
        }
    }
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    for package in lock.split("[[package]]") {
        let is_one = |name: &&str| package.contains(&format!("name = \"{name}\"\n"));
        if ["ammonia", "html5ever", "pulldown-cmark"]
            .iter()
            .any(is_one)
        {
            hash.update(package);
        }
    }
    Ok(hex(&hash.finalize(), 12))
}

/// A constant slice of (path below `dir`, content), sorted by path.
fn text_table(
    code: &mut String,
    name: &str,
    dir: &Path,
    files: impl IntoIterator<Item = PathBuf>,
) -> Result<()> {
    writeln!(code, "pub const {name}: &[(&str, &str)] = &[")?;
    for file in files {
        let key = file
            .strip_prefix(dir)?
            .to_str()
            .ok_or("file name is not UTF-8")?;
        writeln!(code, "    ({key:?}, include_str!({})),", literal(&file))?;
    }
    writeln!(code, "];")?;
    Ok(())
}

fn assets(code: &mut String, root: &Path, out: &Path) -> Result<()> {
    let css = root.join("assets/css");
    let mut styles: Vec<PathBuf> = ["tokens", "base", "layout"]
        .iter()
        .map(|name| css.join(format!("{name}.css")))
        .collect();
    styles.extend(files_below(&css.join("components"), "css")?);
    styles.push(css.join("print.css"));

    let mut entries = vec![
        ("app.css".to_owned(), joined(&styles)?),
        (
            "app.js".to_owned(),
            joined(&files_below(&root.join("assets/js"), "js")?)?,
        ),
        ("htmx.js".to_owned(), htmx(root)?),
    ];
    for file in files_below(&root.join("assets/img"), "")? {
        let name = file.strip_prefix(root.join("assets/img"))?;
        let name = name.to_str().ok_or("file name is not UTF-8")?;
        let key = if name == "icons.svg" {
            name.to_owned()
        } else {
            format!("img/{name}")
        };
        entries.push((key, fs::read(&file)?));
    }

    writeln!(code, "pub const ASSETS: &[Asset] = &[")?;
    for (name, bytes) in entries {
        let digest = Sha256::digest(&bytes);
        let (stem, extension) = name.rsplit_once('.').ok_or("an asset needs an extension")?;
        let hashed = format!(
            "{}-{}.{extension}",
            stem.replace('/', "-"),
            hex(&digest, 12)
        );
        let file = out.join(&hashed);
        fs::write(&file, &bytes)?;
        let compressible = matches!(extension, "css" | "js" | "svg" | "txt" | "json");
        let variant = |suffix: &str, packed: Vec<u8>| -> Result<String> {
            // A variant that saves nothing is not worth a `Vary`.
            if !compressible || packed.len() + 64 > bytes.len() {
                return Ok("None".to_owned());
            }
            let file = out.join(format!("{hashed}.{suffix}"));
            fs::write(&file, packed)?;
            Ok(format!("Some(include_bytes!({}))", literal(&file)))
        };
        let br = variant("br", brotli(&bytes)?)?;
        let gzip = variant("gz", gzip(&bytes)?)?;
        let kind = match extension {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "webp" => "image/webp",
            "ico" => "image/x-icon",
            "txt" => "text/plain; charset=utf-8",
            other => return Err(format!("{name}: no content type is known for .{other}").into()),
        };
        let plain = literal(&file);
        writeln!(
            code,
            "    Asset {{ name: {name:?}, file: {hashed:?}, content_type: {kind:?}, plain: include_bytes!({plain}), br: {br}, gzip: {gzip} }},"
        )?;
    }
    writeln!(code, "];")?;
    Ok(())
}

/// htmx as npm delivers it; installed on the first build.
fn htmx(root: &Path) -> Result<Vec<u8>> {
    let file = root.join("node_modules/htmx.org/dist/htmx.min.js");
    if !file.exists() {
        let status = Command::new("npm")
            .args([
                "ci",
                "--omit=dev",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ])
            .current_dir(root)
            .status()
            .map_err(|error| {
                format!("npm is needed to install htmx (Node.js 20 or newer): {error}")
            })?;
        if !status.success() {
            return Err("`npm ci` failed: see its output above".into());
        }
    }
    Ok(fs::read(&file)?)
}

fn joined(files: &[PathBuf]) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for file in files {
        let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        all.extend(bytes);
        all.push(b'\n');
    }
    Ok(all)
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// All files below a folder with that extension ("" for any), sorted, so that builds repeat.
fn files_below(dir: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_below(&path, extension)?);
        } else if extension.is_empty() || path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn hex(bytes: &[u8], length: usize) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.take(length).collect()
}
