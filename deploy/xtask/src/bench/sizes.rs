//! What can be measured without running anything: sizes, and the machine they belong to.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

use super::Row;
use crate::workspace::Workspace;

/// The binary, and what a browser loads first.
pub(super) fn rows(workspace: &Workspace) -> Result<Vec<Row>> {
    let binary = fs::metadata(workspace.binary())?.len();
    let page = brotli_bytes(&workspace.root.join("web/dist"))?;
    Ok(vec![
        ("first load of the page, brotli".to_owned(), format!("{:.0} kB", page as f64 / 1e3)),
        ("binary".to_owned(), format!("{:.1} MB", binary as f64 / 1e6)),
    ])
}

/// Processor, cores, memory and system, on one line.
pub(super) fn machine() -> String {
    let file = |name| fs::read_to_string(name).unwrap_or_default();
    let value = |text: &str, key: &str, separator: char| {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
        line.split_once(separator).map(|(_, value)| value.trim().trim_matches('"').to_owned()).unwrap_or_default()
    };
    let processor = value(&file("/proc/cpuinfo"), "model name", ':');
    let memory = value(&file("/proc/meminfo"), "MemTotal", ':');
    let kibibytes: f64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let system = value(&file("/etc/os-release"), "PRETTY_NAME", '=');
    format!("{processor}, {cores} cores, {:.0} GiB memory, {system}", kibibytes / f64::from(1 << 20))
}

/// Bytes of every file below the folder, but of those that are removed meanwhile.
pub(super) fn folder_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let about = match entry.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            about => about?,
        };
        bytes += if about.is_dir() { folder_bytes(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}

fn brotli_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "br") {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}
