//! The statistics of a file in the Delta log: its rows and the range of its time column.

use jiff::Timestamp;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::schema::TableSpec;
use crate::snapshot::DataFile;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    num_records: u64,
    min_values: Map<String, Value>,
    max_values: Map<String, Value>,
}

/// The statistics as the Delta protocol writes them.
pub(super) fn to_json(file: &DataFile, spec: &TableSpec) -> String {
    let value = |micros: i64| {
        let time = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
        Map::from_iter([(spec.time_column.to_owned(), Value::String(format!("{time:.6}")))])
    };
    let stats =
        Stats { num_records: file.rows, min_values: value(file.min_time_us), max_values: value(file.max_time_us) };
    serde_json::to_string(&stats).unwrap_or_default()
}

/// A file from its entry in the log; `None` when the statistics are not ours.
pub(super) fn parse(path: Path, size: i64, stats: &str, spec: &TableSpec) -> Option<DataFile> {
    let stats: Stats = serde_json::from_str(stats).ok()?;
    let micros = |values: &Map<String, Value>| {
        let time: Timestamp = values.get(spec.time_column)?.as_str()?.parse().ok()?;
        Some(time.as_microsecond())
    };
    Some(DataFile {
        path,
        is_cold: false,
        size_bytes: u64::try_from(size).ok()?,
        rows: stats.num_records,
        min_time_us: micros(&stats.min_values)?,
        max_time_us: micros(&stats.max_values)?,
    })
}
