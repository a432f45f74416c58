//! What is kept for how long: ages, bytes, and holds that keep files whatever these say.
//!
//! Files go whole, the oldest data first. A file's age is that of its newest row, by the table's time column, so data that
//! is old when it comes is as old as it says. Nothing goes by age unless a number of days was set.

use std::collections::BTreeMap;
use std::path::Path;

use ingest_model::{Judgement, Nanos, Signal};
use jiff::Timestamp;
use serde::Deserialize;

use crate::disk::Disk;
use crate::snapshot::DataFile;

/// The document of holds, below the data folder.
pub const HOLDS: &str = "holds.toml";

/// A day in microseconds.
const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// What may be removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    /// Days that rows are kept, for tables not named in `days`. `audit` is never meant.
    pub default_days: Option<u32>,
    /// Days that rows of a table are kept, by its name.
    pub days: BTreeMap<String, u32>,
    /// Bytes that the local files of all tables may take; above, the oldest of what was sent (spans, logs, metrics) go.
    pub bytes: Option<u64>,
}

/// A hold: files that may hold such rows stay.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// What people call it.
    pub name: String,
    /// The tenant; every one where it is missing.
    #[serde(default)]
    pub tenant: Option<String>,
    /// The table; every one where it is missing.
    #[serde(default)]
    pub table: Option<String>,
    /// The first moment, RFC 3339; the beginning of time where it is missing.
    #[serde(default, deserialize_with = "moment")]
    pub from: Option<Timestamp>,
    /// The last moment, RFC 3339; the end of time where it is missing.
    #[serde(default, deserialize_with = "moment")]
    pub to: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    hold: Vec<Hold>,
}

/// The holds of a data folder; none where there is no document.
///
/// # Errors
///
/// A text saying why the document cannot be read. Then nothing may be removed.
pub(crate) fn holds(disk: &dyn Disk) -> Result<Vec<Hold>, String> {
    let bytes = match disk.read(Path::new(HOLDS), None) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| error.to_string())?;
    let document: Document = toml::from_str(text).map_err(|error| error.to_string())?;
    match document.hold.iter().find(|hold| hold.table.as_ref().is_some_and(|table| !Retention::knows(table))) {
        Some(hold) => Err(format!("hold {:?} names a table that there is not", hold.name)),
        None => Ok(document.hold),
    }
}

fn moment<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(value)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// A file that may be removed.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// Which of the tables it is of, as its owner counts them.
    pub(crate) of: usize,
    pub(crate) tenant: String,
    pub(crate) table: &'static str,
    pub(crate) file: DataFile,
}

/// What is to be removed, and why.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Older than their table keeps rows.
    pub(crate) aged: Vec<Candidate>,
    /// The oldest of what is too much.
    pub(crate) too_much: Vec<Candidate>,
    /// Files that only a hold keeps.
    pub(crate) held: Vec<Candidate>,
}

// === impl Candidate ===

impl Candidate {
    fn local_bytes(&self) -> u64 {
        if self.file.is_cold { 0 } else { self.file.size_bytes }
    }
}

// === impl Hold ===

impl Hold {
    fn keeps(&self, file: &Candidate) -> bool {
        let micros = |time: &Timestamp| time.as_microsecond();
        self.tenant.as_ref().is_none_or(|tenant| *tenant == file.tenant)
            && self.table.as_ref().is_none_or(|table| table == file.table)
            && self.from.as_ref().is_none_or(|from| file.file.max_time_us >= micros(from))
            && self.to.as_ref().is_none_or(|to| file.file.min_time_us <= micros(to))
    }
}

// === impl Retention ===

impl Retention {
    /// Whether there is a table of that name.
    #[must_use]
    pub fn knows(table: &str) -> bool {
        Signal::ALL.iter().any(|signal| signal.table() == table)
            || Judgement::ALL.iter().any(|kind| kind.table() == table)
            || crate::schema::golden_signals().name == table
    }

    /// Whether anything may ever be removed.
    pub(crate) fn is_off(&self) -> bool {
        self.default_days.is_none() && self.days.is_empty() && self.bytes.is_none()
    }

    /// Divides files into those that go and those that stay.
    pub(crate) fn judge(&self, files: Vec<Candidate>, holds: &[Hold], now: Nanos) -> Verdict {
        let mut verdict = Verdict::default();
        // The limit is that of the disk: what moved to the bucket goes by age alone.
        let mut total: u64 = files.iter().map(Candidate::local_bytes).sum();
        let (aged, mut left): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| self.is_aged(file, now));
        for file in aged {
            if holds.iter().any(|hold| hold.keeps(&file)) {
                verdict.held.push(file);
            } else {
                total -= file.local_bytes();
                verdict.aged.push(file);
            }
        }
        let limit = self.bytes.unwrap_or(u64::MAX);
        left.sort_by_key(|file| file.file.max_time_us);
        for file in left {
            if total <= limit {
                break;
            }
            if file.file.is_cold || !Signal::ALL.iter().any(|signal| signal.table() == file.table) {
                continue;
            }
            if holds.iter().any(|hold| hold.keeps(&file)) {
                verdict.held.push(file);
            } else {
                total -= file.local_bytes();
                verdict.too_much.push(file);
            }
        }
        verdict
    }

    fn is_aged(&self, file: &Candidate, now: Nanos) -> bool {
        let default = self.default_days.filter(|_| file.table != Judgement::Audit.table());
        let days = self.days.get(file.table).copied().or(default);
        days.is_some_and(|days| file.file.max_time_us < now.micros().saturating_sub(i64::from(days) * DAY_US))
    }
}

#[cfg(test)]
mod tests;
