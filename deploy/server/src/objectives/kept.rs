//! OpenSLO documents that came through the API: one file each in the data folder.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folder in the data folder.
const FOLDER: &str = "slos";

/// Why a document was not taken or given up.
#[derive(Debug)]
pub(crate) enum Refused {
    /// What is wrong with it, one line each.
    Mistakes(Vec<String>),
    /// There is no such thing, as this says.
    Unknown(String),
    /// The disk did not do it.
    Io(anyhow::Error),
}

/// The documents.
#[derive(Debug)]
pub(super) struct Kept {
    folder: PathBuf,
}

// === impl Kept ===

impl Kept {
    /// The documents of a data folder.
    ///
    /// # Errors
    ///
    /// When their folder cannot be made.
    pub(super) fn open(data_dir: &Path) -> Result<Self> {
        let folder = data_dir.join(FOLDER);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Where they lie.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of an SLO. `name` must be one that OpenSLO allows, which no path can be made of.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.yaml"))
    }

    /// Writes a document; it is there whole or as it was before.
    ///
    /// # Errors
    ///
    /// When the disk does not take it.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(self.file(name))?;
        fs::File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    /// Removes a document.
    ///
    /// # Errors
    ///
    /// When the disk does not do it.
    pub(super) fn remove(&self, name: &str) -> Result<()> {
        fs::remove_file(self.file(name))?;
        fs::File::open(&self.folder)?.sync_all()?;
        Ok(())
    }
}

/// Whether a text is a name as OpenSLO wants it: a DNS label of RFC 1123.
pub(super) fn is_name(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends = !text.starts_with('-') && !text.ends_with('-');
    (1..=63).contains(&text.len()) && ends && text.bytes().all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        assert!(is_name("checkout-availability") && is_name("a") && is_name("0"));
        for wrong in ["", "..", "a/b", "a.b", "-a", "a-", "A", "a\0", "ä", &"a".repeat(64)] {
            assert!(!is_name(wrong), "{wrong:?}");
        }
    }
}
