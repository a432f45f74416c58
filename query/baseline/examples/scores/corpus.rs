//! A folder of the Numenta Anomaly Benchmark: `<group>/<series>.csv` and `windows.json`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A series, and the windows that people marked.
#[derive(Debug)]
pub(crate) struct Series {
    /// `<group>/<series>.csv`.
    pub(crate) name: String,
    /// Seconds since 1970.
    pub(crate) times: Vec<i64>,
    pub(crate) values: Vec<f64>,
    pub(crate) windows: Vec<(i64, i64)>,
}

/// Reads every series that `windows.json` (or NAB's `labels/combined_windows.json`) names and that lies in the folder.
pub(crate) fn read(folder: &Path) -> Result<Vec<Series>> {
    let labels = ["windows.json", "combined_windows.json", "labels/combined_windows.json"];
    let labels = labels.iter().map(|name| folder.join(name)).find(|path| path.exists());
    let labels = labels.context("the folder has no windows.json")?;
    let windows: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&std::fs::read_to_string(labels)?)?;
    let mut all = Vec::new();
    for (name, windows) in windows {
        let path = [folder.join(&name), folder.join("data").join(&name)].into_iter().find(|path| path.exists());
        let Some(path) = path else { continue };
        all.push(series(&path, name, &windows)?);
    }
    Ok(all)
}

fn series(path: &Path, name: String, windows: &[(String, String)]) -> Result<Series> {
    let (mut times, mut values) = (Vec::new(), Vec::new());
    for line in std::fs::read_to_string(path)?.lines().skip(1) {
        let (time, value) = line.split_once(',').with_context(|| format!("{name} has a line without a comma"))?;
        times.push(seconds(time)?);
        values.push(value.trim().parse()?);
    }
    let windows = windows.iter().map(|(from, to)| Ok((seconds(from)?, seconds(to)?))).collect::<Result<_>>()?;
    Ok(Series { name, times, values, windows })
}

fn seconds(text: &str) -> Result<i64> {
    let time: DateTime = text.trim().parse()?;
    Ok(time.to_zoned(TimeZone::UTC)?.timestamp().as_second())
}
