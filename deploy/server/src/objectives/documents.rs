//! OpenSLO documents on disk.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use query_slo::openslo::{self, Objective, Slo, Source};

use super::indicator::indicator;

/// What a folder says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Documents {
    pub(super) slos: Vec<Slo>,
    /// One line each.
    pub(super) mistakes: Vec<String>,
    /// What is right and has no effect here; one line each.
    pub(super) notes: Vec<String>,
}

// === impl Documents ===

impl Documents {
    /// Reads every `.yaml`, `.yml` and `.json` of some folders, not of those below them.
    ///
    /// # Errors
    ///
    /// When a folder or a file cannot be read.
    pub(super) fn read<'a>(folders: impl Iterator<Item = &'a Path>) -> Result<Self> {
        Self::of_files(Self::files(folders)?)
    }

    /// Reads folders as they would be if `file` held `text`.
    ///
    /// # Errors
    ///
    /// As [`Documents::read`].
    pub(super) fn with<'a>(folders: impl Iterator<Item = &'a Path>, file: &Path, text: &str) -> Result<Self> {
        let mut files = Self::files(folders)?;
        files.retain(|other| other != file);
        let mut texts = Self::texts(files)?;
        texts.push((file.display().to_string(), text.to_owned()));
        Ok(Self::of_texts(&texts))
    }

    fn files<'a>(folders: impl Iterator<Item = &'a Path>) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for folder in folders {
            files.extend(Self::files_of(folder)?);
        }
        Ok(files)
    }

    fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
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
        Ok(files)
    }

    /// Reads files together.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub(super) fn of_files(files: Vec<PathBuf>) -> Result<Self> {
        Ok(Self::of_texts(&Self::texts(files)?))
    }

    /// Reads one text, told as `file`.
    pub(super) fn of_text(file: &str, text: &str) -> Self {
        Self::of_texts(&[(file.to_owned(), text.to_owned())])
    }

    fn texts(files: Vec<PathBuf>) -> Result<Vec<(String, String)>> {
        let text = |file: PathBuf| {
            let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            Ok((file.display().to_string(), text))
        };
        files.into_iter().map(text).collect()
    }

    fn of_texts(texts: &[(String, String)]) -> Self {
        let sources: Vec<_> = texts.iter().map(|(file, text)| Source { file, text }).collect();
        let read = openslo::read(&sources);
        let (slos, others): (Vec<Slo>, Vec<Slo>) = read.slos.into_iter().partition(|slo| uncounted(slo).is_none());
        let mut mistakes: Vec<String> = read.mistakes.iter().map(ToString::to_string).collect();
        let told = |slo: &Slo| uncounted(slo).map(|what| format!("{}: the SLO {} {what}", slo.position, slo.name));
        mistakes.extend(others.iter().filter_map(told));
        Self { slos, mistakes, notes: read.notes.iter().map(ToString::to_string).collect() }
    }

    /// Tells the log.
    pub(super) fn tell(&self) {
        for mistake in &self.mistakes {
            tracing::error!("SLO document: {mistake}");
        }
        for note in &self.notes {
            tracing::warn!("SLO document: {note}");
        }
        tracing::info!(slos = self.slos.len(), mistakes = self.mistakes.len(), "read the SLO documents");
    }
}

/// Why an SLO is read and not counted, if it is not, and what to do.
fn uncounted(slo: &Slo) -> Option<&'static str> {
    let is_counted = |objective: &Objective| indicator(slo, objective).is_some();
    if slo.objectives.iter().all(is_counted) {
        return None;
    }
    Some("has an indicator of another system, which is not counted here; write `type: slowburn`")
}
