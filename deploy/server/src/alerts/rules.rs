//! Rule files on disk.

use std::fs;
use std::path::{Path, PathBuf};

use alerting_notify::{Rule, Settings, Source, files_beside};
use anyhow::{Context, Result};

/// What a folder says.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) settings: Settings,
    /// One line each.
    pub(super) mistakes: Vec<String>,
    /// What the files say now, whether it holds or not.
    read: Settings,
}

// === impl Rules ===

impl Default for Rules {
    fn default() -> Self {
        let settings = with_defaults(Settings::default());
        Self { read: settings.clone(), settings, mistakes: Vec::new() }
    }
}

impl Rules {
    /// Reads every `.yaml` and `.yml` of a folder, not of those below it.
    ///
    /// # Errors
    ///
    /// When the folder or a file cannot be read.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let unreadable = || format!("cannot read the rules folder {}", folder.display());
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).with_context(unreadable)? {
            let path = entry.with_context(unreadable)?.path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if matches!(extension, Some("yaml" | "yml")) && path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        Self::of_files(&files)
    }

    /// Reads files together.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    fn of_files(files: &[PathBuf]) -> Result<Self> {
        let (mut settings, mut mistakes) = (Settings::default(), Vec::new());
        for file in files {
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let name = file.display().to_string();
            let source = Source { file: &name, text: &text, other_keys: &[] };
            let folder = file.parent().unwrap_or_else(|| Path::new("."));
            match Settings::read(&source, &files_beside(folder)) {
                Ok(read) => add(&mut settings, read, &name, &mut mistakes),
                Err(found) => mistakes.extend(found.iter().map(ToString::to_string)),
            }
        }
        let settings = with_defaults(settings);
        Ok(Self { read: settings.clone(), settings, mistakes })
    }

    /// Whether the files say something else.
    pub(super) fn differ(&self, other: &Self) -> bool {
        self.read != other.read || self.mistakes != other.mistakes
    }

    /// These rules; those of before where there are mistakes.
    pub(super) fn or_former(self, former: Self) -> Self {
        let settings = if self.mistakes.is_empty() { self.settings } else { former.settings };
        Self { settings, mistakes: self.mistakes, read: self.read }
    }

    /// Tells the log.
    pub(super) fn tell(&self) {
        for mistake in &self.mistakes {
            tracing::error!("rule file: {mistake}");
        }
        let (rules, receivers) = (self.read.rules.len(), self.read.receivers.len());
        tracing::info!(rules, receivers, mistakes = self.mistakes.len(), "read the alert rules");
    }
}

/// Adds what another file says. Names are unique over all files.
fn add(settings: &mut Settings, read: Settings, file: &str, mistakes: &mut Vec<String>) {
    let rules: Vec<&str> = settings.rules.iter().map(|rule| rule.name.as_str()).collect();
    let receivers: Vec<&str> = settings.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
    let twice_rules = read.rules.iter().map(|rule| &rule.name).filter(|name| rules.contains(&name.as_str()));
    let twice_receivers =
        read.receivers.iter().map(|receiver| &receiver.name).filter(|name| receivers.contains(&name.as_str()));
    let twice: Vec<String> = twice_rules
        .map(|name| format!("{file}: the rule {name:?} is in another file too; give each rule a name of its own"))
        .chain(twice_receivers.map(|name| {
            format!("{file}: the receiver {name:?} is in another file too; give each receiver a name of its own")
        }))
        .collect();
    mistakes.extend(twice);
    settings.rules.extend(read.rules);
    settings.receivers.extend(read.receivers);
    settings.routes.extend(read.routes);
}

/// The rules that hold where no file has any.
fn with_defaults(mut settings: Settings) -> Settings {
    if settings.rules.is_empty() {
        settings.rules = Rule::defaults();
    }
    settings
}

/// Every mistake in rule files, read together, one line each.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn mistakes(files: &[&Path]) -> Result<Vec<String>> {
    Ok(Rules::of_files(&files.iter().map(|file| file.to_path_buf()).collect::<Vec<_>>())?.mistakes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_keep_the_former_rules() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a.yaml", "rules: [{name: promises, type: burn}]\n");
        write("b.yaml", "receivers: [{name: hook, type: webhook, url: 'http://127.0.0.1:9/'}]\n");
        let good = Rules::read(folder.path()).unwrap();
        assert_eq!((good.settings.rules.len(), good.settings.receivers.len(), &good.mistakes), (1, 1, &Vec::new()));

        write(
            "b.yaml",
            "receivers: [{name: hook, type: web, url: 'http://127.0.0.1:9/'}]\nrules: [{name: promises, type: burn}]\n",
        );
        let bad = Rules::read(folder.path()).unwrap();
        assert!(bad.differ(&good));
        assert!(bad.mistakes[0].contains("b.yaml:1:32: receivers[0].type is \"web\""), "{:?}", bad.mistakes);
        let held = bad.clone().or_former(good.clone());
        assert_eq!(held.settings, good.settings);
        assert!(!bad.differ(&held), "the same mistakes are not news");

        write("b.yaml", "rules: [{name: promises, type: burn}]\n");
        let twice = Rules::read(folder.path()).unwrap();
        assert!(twice.mistakes[0].contains("the rule \"promises\" is in another file too"), "{:?}", twice.mistakes);
    }
}
