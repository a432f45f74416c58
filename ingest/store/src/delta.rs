//! The Delta log of a table: which files it has, and how far it has committed.
//!
//! Only the log is Delta's; files are written and read by our own code. Every commit carries the
//! write-ahead log position it reaches as an application transaction, so a commit repeated after
//! a crash is recognised. Commits leave checkpoints to the log's own interval and never list old
//! log files; [`DeltaLog::maintain`] does that at its own pace.

mod columns;
mod stats;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use deltalake_core::kernel::transaction::CommitProperties;
use deltalake_core::kernel::transaction::{CommitBuilder, TableReference};
use deltalake_core::kernel::{Action, Add, Remove, StructField, Transaction};
use deltalake_core::logstore::LogStoreRef;
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::checkpoints::cleanup_metadata;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use futures::TryStreamExt;
use ingest_model::Nanos;
use object_store::ObjectStore;
use object_store::path::Path;

use crate::data_file;
use crate::error::StoreError;
use crate::schema::{PARTITION, TableSpec};
use crate::snapshot::DataFile;

/// The application that ingest commits as.
const INGEST: &str = "slowburn-ingest";

/// The application that commits that replace or remove files name. The library lets two commits that remove the same
/// file both through where no data changes; that they both name this application makes one fail.
const MAINTENANCE: &str = "slowburn-maintenance";

/// After this many commits the log is read anew, because the library's state grows with every
/// commit, and old log files are removed.
const COMMITS_BETWEEN_MAINTENANCE: u32 = 50;

/// A file that was written and waits to be committed.
#[derive(Debug, Clone)]
pub(crate) struct NewFile {
    pub(crate) file: DataFile,
    /// The partition, `YYYY-MM-DD`.
    pub(crate) date: String,
    /// When it was written, in milliseconds since 1970.
    pub(crate) written_ms: i64,
}

/// The log of one table.
#[derive(Debug)]
pub(crate) struct DeltaLog {
    spec: &'static TableSpec,
    folder: Path,
    table: DeltaTable,
    commits: u32,
}

// === impl DeltaLog ===

impl DeltaLog {
    /// Opens the log of a table, making the table if it does not exist.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] when the log cannot be read or created.
    pub(crate) async fn open(
        objects: Arc<dyn ObjectStore>,
        folder: Path,
        spec: &'static TableSpec,
    ) -> Result<Self, StoreError> {
        let table = open_table(objects, &folder, spec).await.map_err(|source| error(&folder, source))?;
        let log = Self { spec, folder, table, commits: 0 };
        log.check_columns()?;
        Ok(log)
    }

    /// Rows go to a table only with the columns it has.
    fn check_columns(&self) -> Result<(), StoreError> {
        let schema = self.table.snapshot().map_err(|source| self.error(source))?.schema();
        let expected = columns::columns(self.spec).map_err(|source| self.error(source))?;
        if schema.fields().map(StructField::name).eq(expected.iter().map(StructField::name)) {
            return Ok(());
        }
        let reason = "the table has other columns than this version of slowburn writes: open it with the version that made it, \
                      or begin with another data folder";
        Err(StoreError::Damaged { path: format!("{}/_delta_log", self.folder), reason: reason.to_owned() })
    }

    /// Opens the log of a table; `None` where there is no table.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] when the log cannot be read, [`StoreError::Damaged`] when the table has other columns.
    pub(crate) async fn open_if_there(
        objects: Arc<dyn ObjectStore>,
        folder: Path,
        spec: &'static TableSpec,
    ) -> Result<Option<Self>, StoreError> {
        let found = find_table(objects, &folder).await.map_err(|source| error(&folder, source))?;
        let Ok(table) = found else { return Ok(None) };
        let log = Self { spec, folder, table, commits: 0 };
        log.check_columns()?;
        Ok(Some(log))
    }

    /// The committed files.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] when the log cannot be read or lacks what ingest writes into it.
    pub(crate) async fn files(&self) -> Result<Vec<DataFile>, StoreError> {
        let state = self.table.snapshot().map_err(|source| self.error(source))?;
        let log_store = self.table.log_store();
        let views = state.snapshot().file_views(log_store.as_ref(), None);
        let views: Vec<_> = views.try_collect().await.map_err(|source| self.error(source))?;
        let file = |view: &deltalake_core::kernel::LogicalFileView| {
            let path = Path::from_iter(self.folder.parts().chain(view.object_store_path().parts()));
            let stats = view.stats().unwrap_or_default();
            stats::parse(path, view.size(), &stats, self.spec).ok_or_else(|| StoreError::Damaged {
                path: format!("{}/_delta_log", self.folder),
                reason: format!("the entry of {} has no statistics slowburn can read", view.path()),
            })
        };
        views.iter().map(file).collect()
    }

    /// The position of the write-ahead log up to which the table has everything; 0 at first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] when the log cannot be read.
    pub(crate) async fn watermark(&self) -> Result<u64, StoreError> {
        let state = self.table.snapshot().map_err(|source| self.error(source))?;
        let log_store = self.table.log_store();
        let version = state.transaction_version(log_store.as_ref(), INGEST).await;
        let version = version.map_err(|source| self.error(source))?;
        Ok(version.and_then(|version| u64::try_from(version).ok()).unwrap_or(0))
    }

    /// Adds files, and with them the position they reach.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`]; whether the commit was made is then known only after
    /// [`DeltaLog::reload`].
    pub(crate) async fn append(&mut self, files: &[NewFile], watermark: u64) -> Result<(), StoreError> {
        let actions = files.iter().map(|file| Action::Add(self.add(file, true))).collect();
        let version = i64::try_from(watermark).unwrap_or(i64::MAX);
        self.commit(actions, Transaction::new(INGEST, version), appended()).await
    }

    /// Adds files that were another table's, and no position.
    ///
    /// # Errors
    ///
    /// As [`DeltaLog::append`].
    pub(crate) async fn take_over(&mut self, files: &[NewFile], now: Nanos) -> Result<(), StoreError> {
        let actions = files.iter().map(|file| Action::Add(self.add(file, true))).collect();
        self.commit(actions, Transaction::new(MAINTENANCE, now.0 / 1_000_000), appended()).await
    }

    /// Removes files that are another table's now. Nobody is told that rows are gone.
    ///
    /// # Errors
    ///
    /// As [`DeltaLog::replace`].
    pub(crate) async fn hand_over(&mut self, files: &[DataFile], now: Nanos) -> Result<(), StoreError> {
        self.check_listed(files).await?;
        let now_ms = now.0 / 1_000_000;
        let actions = files.iter().map(|file| Action::Remove(self.remove(file, false, now_ms))).collect();
        let operation = DeltaOperation::Delete { predicate: None };
        self.commit(actions, Transaction::new(MAINTENANCE, now_ms), operation).await
    }

    /// Puts `new` in the place of `old`, which hold the same data; without `new` the rows of `old` are removed. The
    /// watermark stays as it is.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when the log does not list all of `old`, and nothing was committed;
    /// [`StoreError::Table`] as [`DeltaLog::append`].
    pub(crate) async fn replace(&mut self, old: &[DataFile], new: &[NewFile], now: Nanos) -> Result<(), StoreError> {
        self.check_listed(old).await?;
        let now_ms = now.0 / 1_000_000;
        let data_change = new.is_empty();
        let removed = old.iter().map(|file| Action::Remove(self.remove(file, data_change, now_ms)));
        let actions = removed.chain(new.iter().map(|file| Action::Add(self.add(file, false)))).collect();
        let target_size = new.iter().map(|new| new.file.size_bytes).sum::<u64>();
        let target_size = i64::try_from(target_size).unwrap_or(i64::MAX);
        let operation = match data_change {
            true => DeltaOperation::Delete { predicate: None },
            false => DeltaOperation::Optimize { predicate: None, target_size },
        };
        self.commit(actions, Transaction::new(MAINTENANCE, now_ms), operation).await
    }

    async fn check_listed(&self, old: &[DataFile]) -> Result<(), StoreError> {
        let listed: HashSet<Path> = self.files().await?.into_iter().map(|file| file.path).collect();
        match old.iter().find(|file| !listed.contains(&file.path)) {
            None => Ok(()),
            Some(missing) => {
                let reason = "it was to be replaced and the log does not list it".to_owned();
                Err(StoreError::Damaged { path: missing.path.to_string(), reason })
            }
        }
    }

    /// Files that the log remembers as removed, whether they are still there or not.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] when the log cannot be read.
    pub(crate) async fn removed(&self) -> Result<HashSet<Path>, StoreError> {
        let state = self.table.snapshot().map_err(|source| self.error(source))?;
        let log_store = self.table.log_store();
        let removed = state.all_tombstones(log_store.as_ref());
        let path = |removed: deltalake_core::kernel::TombstoneView| {
            let name = Path::from(removed.path().as_ref());
            Path::from_iter(self.folder.parts().chain(name.parts()))
        };
        removed.map_ok(path).try_collect().await.map_err(|source| self.error(source))
    }

    async fn commit(
        &mut self,
        actions: Vec<Action>,
        transaction: Transaction,
        operation: DeltaOperation,
    ) -> Result<(), StoreError> {
        let properties = CommitProperties::default()
            .with_application_transaction(transaction)
            .with_cleanup_expired_logs(Some(false));
        let state = self.table.snapshot().map_err(|source| self.error(source))?.clone();
        let commit = CommitBuilder::from(properties).with_actions(actions);
        let reference: &dyn TableReference = &state;
        let committed = commit.build(Some(reference), self.table.log_store(), operation).await;
        let committed = committed.map_err(|source| self.error(source))?;
        self.table.state = Some(committed.snapshot());
        self.commits += 1;
        self.maintain().await;
        Ok(())
    }

    /// Reads the log anew.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] when it cannot be read.
    pub(crate) async fn reload(&mut self) -> Result<(), StoreError> {
        let mut table = DeltaTable::new(self.table.log_store());
        table.load().await.map_err(|source| self.error(source))?;
        self.table = table;
        Ok(())
    }

    /// Keeps the library's memory and the number of log files bounded. What fails here harms
    /// nobody and is tried again.
    async fn maintain(&mut self) {
        if self.commits < COMMITS_BETWEEN_MAINTENANCE {
            return;
        }
        self.commits = 0;
        let reloaded = self.reload().await;
        let cleaned = cleanup_metadata(&self.table, None).await.map_err(|source| self.error(source));
        if let Err(error) = reloaded.and(cleaned) {
            tracing::warn!(table = %self.folder, %error, "cannot clean up a table's log");
        }
    }

    fn add(&self, new: &NewFile, data_change: bool) -> Add {
        Add {
            path: self.name(&new.file),
            partition_values: HashMap::from([(PARTITION.to_owned(), Some(new.date.clone()))]),
            size: i64::try_from(new.file.size_bytes).unwrap_or(i64::MAX),
            modification_time: new.written_ms,
            data_change,
            stats: Some(stats::to_json(&new.file, self.spec)),
            ..Add::default()
        }
    }

    fn remove(&self, old: &DataFile, data_change: bool, now_ms: i64) -> Remove {
        let date = data_file::partition(&old.path).map(str::to_owned);
        Remove {
            path: self.name(old),
            data_change,
            deletion_timestamp: Some(now_ms),
            extended_file_metadata: Some(true),
            partition_values: Some(HashMap::from([(PARTITION.to_owned(), date)])),
            size: i64::try_from(old.size_bytes).ok(),
            ..Remove::default()
        }
    }

    /// The path of a file below the table's folder, as the log tells it.
    fn name(&self, file: &DataFile) -> String {
        Path::from_iter(file.path.parts().skip(self.folder.parts().count())).to_string()
    }

    fn error(&self, source: DeltaTableError) -> StoreError {
        error(&self.folder, source)
    }
}

fn appended() -> DeltaOperation {
    DeltaOperation::Write { mode: SaveMode::Append, partition_by: Some(vec![PARTITION.to_owned()]), predicate: None }
}

/// The table in a folder, or where to make one.
async fn find_table(
    objects: Arc<dyn ObjectStore>,
    folder: &Path,
) -> Result<Result<DeltaTable, LogStoreRef>, DeltaTableError> {
    // The scheme only selects the library's plain log store; all I/O goes to `objects`.
    let url = url::Url::parse(&format!("memory:///{folder}/"))
        .map_err(|error| DeltaTableError::generic(error.to_string()))?;
    let mut table = DeltaTableBuilder::from_url(url.clone())?.with_storage_backend(objects, url).build()?;
    if table.verify_deltatable_existence().await? {
        table.load().await?;
        return Ok(Ok(table));
    }
    Ok(Err(table.log_store()))
}

async fn open_table(
    objects: Arc<dyn ObjectStore>,
    folder: &Path,
    spec: &TableSpec,
) -> Result<DeltaTable, DeltaTableError> {
    let log_store = match find_table(objects, folder).await? {
        Ok(table) => return Ok(table),
        Err(log_store) => log_store,
    };
    CreateBuilder::new()
        .with_log_store(log_store)
        .with_table_name(spec.name)
        .with_columns(columns::columns(spec)?)
        .with_partition_columns([PARTITION])
        .with_configuration([
            ("delta.checkpointInterval", Some("20")),
            ("delta.logRetentionDuration", Some("interval 1 hours")),
            // Checkpoints list removed files for so long; replaced files go much sooner.
            ("delta.deletedFileRetentionDuration", Some("interval 1 days")),
        ])
        .await
}

fn error(folder: &Path, source: DeltaTableError) -> StoreError {
    StoreError::Table { table: PathBuf::from(folder.as_ref()).display().to_string(), source: Box::new(source) }
}

#[cfg(test)]
mod tests;
