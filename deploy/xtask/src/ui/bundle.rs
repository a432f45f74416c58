//! The files of the page: names, compression, weight.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// Git keeps the folder by this file.
const KEPT: &str = ".gitkeep";
/// Brotli's best.
const BROTLI_QUALITY: u32 = 11;
/// Brotli's usual window, 4 MiB.
const BROTLI_WINDOW: u32 = 22;

/// A file of the page.
#[derive(Debug)]
pub(super) struct Asset {
    /// Its name in `web/dist`.
    pub(super) name: String,
    /// Its bytes.
    pub(super) content: Vec<u8>,
}

// === impl Asset ===

impl Asset {
    /// A file whose name tells its content, so that browsers may keep it for ever.
    pub(super) fn hashed(stem: &str, extension: &str, content: Vec<u8>) -> Self {
        let hash = format!("{:x}", Sha256::digest(&content));
        Self { name: format!("{stem}-{}.{extension}", &hash[..16]), content }
    }
}

/// Puts values in the place of `{{key}}`.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut text = template.to_owned();
    for (key, value) in values {
        let place = format!("{{{{{key}}}}}");
        if !text.contains(&place) {
            bail!("web/index.html has no place {place}");
        }
        text = text.replace(&place, value);
    }
    match text.find("{{") {
        Some(at) => bail!("web/index.html has a place nobody fills: {}", text[at..].lines().next().unwrap_or_default()),
        None => Ok(text),
    }
}

/// Makes the folder hold exactly these files, each also compressed.
pub(super) fn write(dist: &Path, assets: &[Asset]) -> Result<()> {
    fs::create_dir_all(dist).with_context(|| format!("cannot create {}", dist.display()))?;
    for entry in fs::read_dir(dist)? {
        let entry = entry?;
        if entry.file_name() != KEPT {
            fs::remove_file(entry.path()).with_context(|| format!("cannot remove {}", entry.path().display()))?;
        }
    }
    for asset in assets {
        let put = |suffix: &str, content: &[u8]| {
            let path = dist.join(format!("{}{suffix}", asset.name));
            fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
        };
        put("", &asset.content)?;
        put(".br", &brotli(&asset.content)?)?;
        put(".gz", &gzip(&asset.content)?)?;
    }
    Ok(())
}

/// Tells what the page weighs.
///
/// # Errors
///
/// When all files together, each compressed with brotli, are over the budget.
pub(super) fn check_budget(assets: &[Asset], budget_bytes: usize) -> Result<()> {
    let mut total = 0;
    for asset in assets {
        let size = brotli(&asset.content)?.len();
        eprintln!("{:>9} bytes raw {size:>9} bytes brotli  {}", asset.content.len(), asset.name);
        total += size;
    }
    eprintln!("first load: {total} bytes brotli, of {budget_bytes}");
    if total > budget_bytes {
        bail!("the first load of the page weighs {total} bytes, over its budget of {budget_bytes}");
    }
    Ok(())
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 1 << 16, BROTLI_QUALITY, BROTLI_WINDOW);
    writer.write_all(content)?;
    drop(writer);
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(content)?;
    Ok(writer.finish()?)
}
