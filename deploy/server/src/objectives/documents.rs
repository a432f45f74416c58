//! OpenSLO documents on disk.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use query_slo::openslo::{self, Slo, Source};

/// What a folder says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Documents {
    pub(super) slos: Vec<Slo>,
    /// One line each.
    pub(super) mistakes: Vec<String>,
}

// === impl Documents ===

impl Documents {
    /// Reads every `.yaml`, `.yml` and `.json` of a folder, not of those below it.
    ///
    /// # Errors
    ///
    /// When the folder or a file cannot be read.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let unreadable = || format!("cannot read the SLO folder {}", folder.display());
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).with_context(unreadable)? {
            let path = entry.with_context(unreadable)?.path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if matches!(extension, Some("yaml" | "yml" | "json")) && path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        Self::of_files(files)
    }

    /// Reads files together.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub(super) fn of_files(files: Vec<PathBuf>) -> Result<Self> {
        let text = |file: PathBuf| {
            let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            Ok((file.display().to_string(), text))
        };
        let texts = files.into_iter().map(text).collect::<Result<Vec<_>>>()?;
        let sources: Vec<_> = texts.iter().map(|(file, text)| Source { file, text }).collect();
        let read = openslo::read(&sources);
        Ok(Self { slos: read.slos, mistakes: read.mistakes.iter().map(ToString::to_string).collect() })
    }

    /// Tells the log.
    pub(super) fn tell(&self) {
        for mistake in &self.mistakes {
            tracing::error!("SLO document: {mistake}");
        }
        tracing::info!(slos = self.slos.len(), mistakes = self.mistakes.len(), "read the SLO documents");
    }
}
