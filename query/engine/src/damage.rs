//! Files that cannot be read: found, told and left out, so that one bad file does not cost the
//! answers of all others.
//!
//! Nobody looks for damage while questions are answered well. When one fails, the files that were
//! read since it began are read whole, by themselves. What fails then, or is missing, is left out for
//! a while, and the question is asked again; its answer says that it is incomplete. A file that was
//! brought back is found sound when the while is over.
//!
//! While the bucket of older files cannot be reached, its files are left out all together: nobody waits for each.

mod watched;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ingest_store::{DataFile, Outage, Tables, is_cold};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;

use watched::Watched;

/// How long a verdict about a file holds.
const HOLDS: Duration = Duration::from_mins(5);

/// Reads that are remembered; a question that reads more files is not helped.
const REMEMBERED: usize = 100_000;

/// Parts of the location of a cold table: `cold`, the tenant, the table.
const TABLE_PARTS: usize = 3;

/// What is known of the files of one tenant.
pub(crate) struct Damage {
    objects: Arc<dyn ObjectStore>,
    /// Of the bucket, if there is one.
    outage: Option<Arc<Outage>>,
    /// When each file was read last.
    read: Mutex<HashMap<Path, Instant>>,
    verdicts: Mutex<HashMap<Path, Verdict>>,
    /// Held while files are read to be judged, one after the other.
    judging: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone, Copy)]
struct Verdict {
    sound: bool,
    since: Instant,
}

/// What one session leaves out.
#[derive(Debug)]
pub(crate) struct LeftOut {
    damage: Arc<Damage>,
    files: Mutex<BTreeSet<String>>,
}

// === impl Damage ===

impl Damage {
    pub(crate) fn new(tables: &dyn Tables) -> Self {
        let (read, verdicts) = (Mutex::default(), Mutex::default());
        let (objects, outage) = (tables.objects(), tables.outage());
        Self { objects, outage, read, verdicts, judging: tokio::sync::Mutex::default() }
    }

    /// The files, remembering which were read when.
    pub(crate) fn watched(self: &Arc<Self>) -> Arc<dyn ObjectStore> {
        Arc::new(Watched(Arc::clone(self)))
    }

    /// Judges the files read since `began`; whether one is newly found to be damaged, or the bucket to be away.
    pub(crate) async fn find(&self, began: Instant) -> bool {
        let _judging = self.judging.lock().await;
        let mut found = false;
        for file in self.read_since(began) {
            if self.is_away(&file) {
                continue;
            }
            if let Some(verdict) = self.verdict(&file) {
                // Another question found it while this one waited.
                found |= !verdict.sound && verdict.since >= began;
                continue;
            }
            let judged = self.judge(&file).await;
            if self.is_away(&file) {
                // It says nothing of the file.
                continue;
            }
            if let Err(reason) = &judged {
                tracing::error!(%file, reason, "a file cannot be read; answers go on without it and say so");
                metrics::counter!("query_engine_damaged_files_total").increment(1);
                found = true;
            }
            let verdict = Verdict { sound: judged.is_ok(), since: Instant::now() };
            lock(&self.verdicts).insert(file, verdict);
        }
        found || self.outage.as_ref().is_some_and(|outage| outage.began_since(began))
    }

    /// Whether a file is in the bucket, and that cannot be reached.
    fn is_away(&self, location: &Path) -> bool {
        self.outage.as_ref().is_some_and(|outage| outage.lasts()) && is_cold(location)
    }

    async fn judge(&self, file: &Path) -> Result<(), String> {
        let read = async { self.objects.get(file).await?.bytes().await };
        let bytes = read.await.map_err(|error| error.to_string())?;
        let judged = tokio::task::spawn_blocking(move || catch_unwind(AssertUnwindSafe(|| read_whole(bytes))));
        match judged.await {
            Ok(Ok(read)) => read.map_err(|error| error.to_string()),
            _ => Err("reading it panics".to_owned()),
        }
    }

    fn remember(&self, file: &Path) {
        let mut read = lock(&self.read);
        if read.len() >= REMEMBERED {
            read.retain(|_, at| at.elapsed() < HOLDS);
        }
        if read.len() < REMEMBERED {
            read.insert(file.clone(), Instant::now());
        }
    }

    fn read_since(&self, began: Instant) -> Vec<Path> {
        lock(&self.read).iter().filter(|(_, at)| **at >= began).map(|(file, _)| file.clone()).collect()
    }

    fn verdict(&self, file: &Path) -> Option<Verdict> {
        let mut verdicts = lock(&self.verdicts);
        verdicts.retain(|_, verdict| verdict.since.elapsed() < HOLDS);
        verdicts.get(file).copied()
    }

    fn is_damaged(&self, file: &Path) -> bool {
        let known = !lock(&self.verdicts).is_empty();
        known && self.verdict(file).is_some_and(|verdict| !verdict.sound)
    }
}

impl fmt::Debug for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Damage").field("verdicts", &self.verdicts).finish_non_exhaustive()
    }
}

/// Everything a question may read of a file.
fn read_whole(bytes: Bytes) -> Result<(), ParquetError> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options)?;
    for (group, metadata) in builder.metadata().row_groups().iter().enumerate() {
        for column in 0..metadata.num_columns() {
            builder.get_row_group_column_bloom_filter(group, column)?;
        }
    }
    let rows = builder.metadata().file_metadata().num_rows();
    let mut read = 0;
    for batch in builder.build()? {
        read += i64::try_from(batch?.num_rows()).unwrap_or(i64::MAX);
    }
    if read == rows { Ok(()) } else { Err(ParquetError::General(format!("it has {read} of {rows} rows"))) }
}

// === impl LeftOut ===

impl LeftOut {
    /// Nothing yet.
    pub(crate) fn new(damage: &Arc<Damage>) -> Arc<Self> {
        Arc::new(Self { damage: Arc::clone(damage), files: Mutex::default() })
    }

    /// The files that are not known to be damaged or away; the others are remembered as left out.
    pub(crate) fn sound<'f>(&self, mut files: Vec<&'f DataFile>) -> Vec<&'f DataFile> {
        files.retain(|file| {
            let location = file.location();
            if self.damage.is_away(&location) {
                // One word for all files of the table: there may be very many.
                self.add(&Path::from_iter(location.parts().take(TABLE_PARTS)));
                return false;
            }
            let damaged = self.damage.is_damaged(&location);
            if damaged {
                self.add(&location);
            }
            !damaged
        });
        files
    }

    /// Remembers that something is left out.
    pub(crate) fn add(&self, location: &Path) {
        lock(&self.files).insert(location.to_string());
    }

    /// The files that were left out.
    pub(crate) fn files(&self) -> Vec<String> {
        lock(&self.files).iter().cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
