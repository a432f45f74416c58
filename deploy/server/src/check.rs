//! `slowburn check`: finds mistakes before a server does.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::keys::Keys;
use crate::limits;
use crate::settings::Options;
use crate::{alerts, objectives, series};

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Files of settings, of limits and of watched series (.toml), OpenSLO documents (.yaml, .yml, .json) and alert rules (.yaml, .yml)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Tells every mistake on standard error; fails when there is one.
///
/// # Errors
///
/// Never; mistakes are told.
pub(crate) fn run(order: &Order) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let (documents, others): (Vec<&PathBuf>, Vec<&PathBuf>) = order.files.iter().partition(|file| is_document(file));
    for line in verdicts(&documents) {
        code = ExitCode::FAILURE;
        // Nobody may be listening any more; the exit code tells all the same.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    if code == ExitCode::SUCCESS {
        for file in documents {
            let _ = writeln!(std::io::stderr(), "{}: ok", file.display());
        }
    }
    for file in others {
        let verdict = match check(file) {
            Ok(()) => format!("{}: ok", file.display()),
            Err(mistake) => {
                code = ExitCode::FAILURE;
                format!("{mistake:#}")
            }
        };
        let _ = writeln!(std::io::stderr(), "{verdict}");
    }
    Ok(code)
}

fn is_document(file: &Path) -> bool {
    matches!(file.extension().and_then(|extension| extension.to_str()), Some("yaml" | "yml" | "json"))
}

/// What is wrong with OpenSLO documents and rule files; tells what is right and has no effect. Each sort is read together, as
/// a server reads a folder.
fn verdicts(files: &[&PathBuf]) -> Vec<String> {
    let paths = files.iter().map(|file| file.as_path());
    let (rules, documents): (Vec<&Path>, Vec<&Path>) = paths.partition(|file| is_rules(file));
    let told = objectives::told(&documents);
    for note in told.iter().flat_map(|told| &told.notes) {
        let _ = writeln!(std::io::stderr(), "note: {note}");
    }
    let found = [told.map(|told| told.mistakes), alerts::mistakes(&rules)];
    found.into_iter().flat_map(|found| found.unwrap_or_else(|error| vec![format!("{error:#}")])).collect()
}

/// Whether a file is one of alert rules: those have no `apiVersion`, and a line that begins with one of their keys.
fn is_rules(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let has = |keys: &[&str]| text.lines().any(|line| keys.iter().any(|key| line.trim_start().starts_with(key)));
    !has(&["apiVersion:", "\"apiVersion\""]) && has(&["rules:", "receivers:", "routes:"])
}

/// Whether a file is one of limits: those have tables, settings have none.
fn is_limits(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().any(|line| ["[default]", "[tenant."].iter().any(|table| line.trim_start().starts_with(table)))
}

/// Whether a file is one of watched series.
fn is_series(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().any(|line| ["[[series]]", "[metrics]"].iter().any(|table| line.trim_start().starts_with(table)))
}

fn check(file: &Path) -> Result<()> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("toml") if is_series(file) => series::check(file),
        Some("toml") if is_limits(file) => limits::read(file).map(drop),
        Some("toml") => {
            let settings = Options::read(file)?.settle().with_context(|| file.display().to_string())?;
            // Mistakes in it stop a server as well.
            let keys = settings.keys.as_deref().map(Keys::read).transpose();
            keys.map(drop).with_context(|| file.display().to_string())?;
            let limits = settings.limits.as_deref().map(limits::read).transpose();
            limits.map(drop).with_context(|| file.display().to_string())
        }
        _ => {
            bail!(
                "{}: this version checks settings, limits and watched series (.toml), OpenSLO documents (.yaml, .yml, .json) and alert rules (.yaml, .yml)",
                file.display()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_file_is_checked_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let (settings, keys) = (folder.path().join("slowburn.toml"), folder.path().join("keys"));
        fs::write(&settings, format!("keys = '{}'\n", keys.display())).unwrap();
        let mistake = || format!("{:#}", check(&settings).unwrap_err());
        assert!(mistake().contains("slowburn.toml: cannot read the keys file"), "{}", mistake());
        fs::write(&keys, "abc shop read\n").unwrap();
        assert!(mistake().contains("line 1: the first word is no SHA-256"), "{}", mistake());
    }

    #[test]
    fn the_limits_file_is_checked_by_itself_and_where_settings_name_it() {
        let folder = tempfile::tempdir().unwrap();
        let (settings, limits) = (folder.path().join("slowburn.toml"), folder.path().join("limits.toml"));
        fs::write(&settings, format!("limits = '{}'\n", limits.display())).unwrap();
        fs::write(&limits, "[default]\nitems_per_second = 5\n").unwrap();
        assert!(check(&settings).is_ok() && check(&limits).is_ok());
        fs::write(&limits, "[default]\nitems_per_second = 'many'\n").unwrap();
        for file in [&settings, &limits] {
            let mistake = format!("{:#}", check(file).unwrap_err());
            assert!(mistake.contains("limits.toml") && mistake.contains("line 2"), "{mistake}");
        }
    }
}
