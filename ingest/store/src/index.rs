//! Indexes: where in a table's files something is, so that a question opens those files alone.
//!
//! An index is a few *runs*. A run covers some files: it lists the hashes of all keys in them (trace ids, or words of log
//! records), each with the places where the key is: the file, or the row group of it. Entries are sorted by hash, in
//! blocks of some 4 KiB. A lookup reads one block a run. New files make a new run; runs of about the same size become one,
//! so that there are never many: their number grows with the logarithm of what is stored, and the number of files a
//! lookup opens does not grow at all. `docs/formats/indexes.md` gives the format.
//!
//! **An index is never needed.** It is made from committed files, by a task of its own, off the path of requests. It lies
//! beside the files, in a folder whose name starts with `_`, which every reader of a Delta table leaves alone. A file
//! that no run covers is asked directly, so an index that is missing, behind or damaged costs time, never rows.
//!
//! A run that was written is never changed, and no file of a table is. Entries of files that are gone are not looked at,
//! and are left out when their run is merged; a run all of whose files are gone is removed. That two runs cover the same
//! file is no harm: a kill between the writing of a merged run and the removal of its parts leaves just that.

mod columns;
mod hash;
mod keys;
mod layout;
mod merge;
mod run;
mod texts;
mod upkeep;
mod varint;
pub mod words;
mod write;

pub use layout::Layout;
pub use texts::{OwnId, own_id, text_columns};

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use object_store::path::Path;

use crate::disk::Disk;
use crate::schema::TableSpec;
use crate::snapshot::DataFile;

use run::{Run, RunError};
use upkeep::Upkeep;

/// What an index lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexKind {
    /// Trace ids, by file.
    Traces,
    /// Words of log records in lower case ([`words`]), by block of some thousand rows.
    Words,
}

/// One index of one table.
#[derive(Debug)]
pub struct Index {
    kind: IndexKind,
    disk: Arc<dyn Disk>,
    /// The table's folder.
    table: Path,
    /// The table's name, for metrics.
    name: &'static str,
    shown: RwLock<Arc<Shown>>,
    upkeep: Mutex<Upkeep>,
}

/// What a lookup sees.
#[derive(Debug, Default)]
struct Shown {
    runs: Vec<Arc<Run>>,
    /// The files the runs cover together.
    covered: HashSet<Path>,
}

/// What a lookup found, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// One of each file that was asked about, in their order.
    pub held: Vec<Held>,
    /// Blocks of the index that were read.
    pub reads: u64,
    /// Bytes of the index that were read.
    pub bytes: u64,
}

/// What a lookup has read so far.
#[derive(Debug, Default)]
struct Cost {
    reads: u64,
    bytes: u64,
}

/// The parts of files a key is listed for, among the parts each file has.
type Listed<'a> = HashMap<&'a Path, (Vec<u32>, &'a Layout)>;

/// Where in a file a key may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Anywhere: the file is not covered.
    Unknown,
    /// Nowhere.
    Nowhere,
    /// In these of its parts, in order. An index by file has one part a file.
    Parts {
        /// The numbers of the parts.
        parts: Vec<u32>,
        /// The parts the file has.
        of: Layout,
    },
}

// === impl IndexKind ===

impl IndexKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Traces, Self::Words];

    /// What it is called in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Words => "words",
        }
    }

    /// The folder of its runs, below the table's.
    const fn folder(self) -> &'static str {
        match self {
            Self::Traces => "_trace_index",
            Self::Words => "_word_index",
        }
    }

    /// The column without which a table has no such index.
    const fn column(self) -> &'static str {
        match self {
            Self::Traces => "trace_id",
            Self::Words => texts::BODY,
        }
    }
}

// === impl Index ===

impl Index {
    /// The index of the table in `table`, the folder of `spec` below a tenant's; `None` when its rows have no such keys.
    /// Nothing is read until [`Index::keep_up`].
    #[must_use]
    pub fn new(kind: IndexKind, disk: Arc<dyn Disk>, table: Path, spec: &TableSpec) -> Option<Self> {
        spec.schema.column_with_name(kind.column())?;
        let (shown, upkeep) = (RwLock::default(), Mutex::default());
        Some(Self { kind, disk, table, name: spec.name, shown, upkeep })
    }

    /// What it lists.
    #[must_use]
    pub const fn kind(&self) -> IndexKind {
        self.kind
    }

    /// Where in `files` a row with one of the keys may be: trace ids as stored, or words in lower case. Blocks for one small read a run and key.
    #[must_use]
    pub fn find(&self, keys: &[&[u8]], files: &[&DataFile]) -> Found {
        let hashes: HashSet<u64> = keys.iter().map(|key| hash::hash(key)).collect();
        let mut cost = Cost::default();
        loop {
            let shown = self.shown();
            match shown.look_up(self.disk.as_ref(), &hashes, &mut cost) {
                // The files of the run are uncovered now; the next round asks the runs that are left.
                Err((run, error)) => self.give_up(run, &error),
                Ok(listed) => {
                    let held = |file: &&DataFile| held(listed.get(&file.path), shown.covered.contains(&file.path));
                    return Found { held: files.iter().map(held).collect(), reads: cost.reads, bytes: cost.bytes };
                }
            }
        }
    }

    /// Whether a file is covered.
    pub(crate) fn covers(&self, file: &Path) -> bool {
        self.shown().covered.contains(file)
    }

    /// How many files are covered, by how many runs.
    #[must_use]
    pub fn covered(&self) -> (usize, usize) {
        let shown = self.shown();
        (shown.covered.len(), shown.runs.len())
    }

    fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows the runs that `change` makes of those there are.
    fn show(&self, change: impl FnOnce(&mut Vec<Arc<Run>>)) {
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        let mut runs = shown.runs.clone();
        change(&mut runs);
        let covered = runs.iter().flat_map(|run| run.files().iter().cloned()).collect();
        *shown = Arc::new(Shown { runs, covered });
    }

    /// Uses a run no more that cannot be read, so that its files are covered anew.
    fn give_up(&self, run: &Arc<Run>, error: &RunError) {
        self.damaged(run.path(), error);
        self.show(|runs| runs.retain(|kept| kept.path() != run.path()));
        self.remove(run.path());
    }

    fn damaged(&self, path: &std::path::Path, error: &RunError) {
        let labels = [("table", self.name), ("index", self.kind.name())];
        metrics::counter!("ingest_store_index_damaged_total", &labels).increment(1);
        tracing::warn!(path = %path.display(), %error, "a part of an index cannot be read; it is made anew");
    }

    fn remove(&self, path: &std::path::Path) {
        match self.disk.remove(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), %error, "cannot remove a part of an index; the next start tries again");
            }
            _ => {}
        }
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from(self.table.as_ref()).join(self.kind.folder())
    }
}

// === impl Shown ===

impl Shown {
    /// Where the hashes are listed; or the run that cannot be read.
    fn look_up<'a>(
        &'a self,
        disk: &dyn Disk,
        hashes: &HashSet<u64>,
        cost: &mut Cost,
    ) -> Result<Listed<'a>, (&'a Arc<Run>, RunError)> {
        let mut listed = Listed::new();
        for run in &self.runs {
            for hash in hashes {
                let read = run.find(disk, *hash, |file, part, of| {
                    listed.entry(file).or_insert((Vec::new(), of)).0.push(part);
                });
                cost.bytes += read.map_err(|error| (run, error))?;
                cost.reads += 1;
            }
        }
        Ok(listed)
    }
}

fn held(listed: Option<&(Vec<u32>, &Layout)>, covered: bool) -> Held {
    match listed {
        _ if !covered => Held::Unknown,
        None => Held::Nowhere,
        Some((parts, of)) => {
            let mut parts = parts.clone();
            parts.sort_unstable();
            parts.dedup();
            Held::Parts { parts, of: (*of).clone() }
        }
    }
}

#[cfg(test)]
mod tests;
