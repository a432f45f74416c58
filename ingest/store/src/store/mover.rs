//! Moves older files to the bucket, by policy. It runs in the task that merges and removes files, so that nobody else changes
//! which files there are meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ingest_model::Nanos;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Shared;
use crate::cold::{self, Cold};
use crate::error::StoreError;
use crate::index::Index;
use crate::snapshot::DataFile;
use crate::table::{Movable, Pace, Table};

/// Files and bytes that are moved in one pair of commits at most.
const FILES: usize = 32;
const BYTES: u64 = 256 << 20;

/// How long other work on the tables waits for moves.
const PATIENCE: Duration = Duration::from_secs(20);

/// A table with its indexes and what may be moved of it.
struct Source {
    table: Arc<Table>,
    movable: Movable,
}

/// Moves what is due, for some seconds at the most; whether there is more.
pub(super) async fn pass(shared: &Shared, stop: &watch::Receiver<bool>) -> bool {
    let Some(cold) = &shared.cold else { return false };
    if cold.bucket.outage().lasts() || *stop.borrow() {
        return false;
    }
    let sources: Vec<Source> = sources(shared, cold);
    let batches = batches(&sources, cold, local_bytes(shared), (shared.clock)());
    if batches.is_empty() {
        return false;
    }
    if let Err(error) = cold::remember(shared.disk.as_ref(), cold.bucket.url()) {
        tell("write", "all tables", &error);
        return false;
    }
    let started = Instant::now();
    let mut failed: Vec<usize> = Vec::new();
    for (of, files) in batches {
        if *stop.borrow() || started.elapsed() >= PATIENCE {
            return true;
        }
        if !failed.contains(&of) && move_batch(shared, &sources[of].table, files, stop).await.is_err() {
            failed.push(of);
        }
    }
    false
}

fn sources(shared: &Shared, cold: &Cold) -> Vec<Source> {
    let config = &shared.config;
    let pace = Pace { least: config.compact_files, settle_after: config.settle_after, now: (shared.clock)() };
    let calm = config.settle_after.min(cold.after);
    let source = |(table, indexes): (Arc<Table>, Vec<Arc<Index>>)| {
        let movable = table.movable(pace, calm, &|file| indexes.iter().all(|index| index.covers(&file.path)));
        Source { table, movable }
    };
    shared.tenants.with_cold().into_iter().map(source).collect()
}

/// Bytes of all local files.
fn local_bytes(shared: &Shared) -> u64 {
    let parts = shared.tenants.all().into_iter().flat_map(|table| table.parts());
    parts.map(|(_, _, files)| files.iter().filter(|file| !file.is_cold).map(|file| file.size_bytes).sum::<u64>()).sum()
}

/// What is moved together, each of one table: what was begun, then what is old, then what is too much.
fn batches(sources: &[Source], cold: &Cold, mut local: u64, now: Nanos) -> Vec<(usize, Vec<DataFile>)> {
    let (mut batches, mut files) = (Vec::new(), Vec::new());
    for (of, source) in sources.iter().enumerate() {
        match &source.movable {
            Movable::Unfinished(unfinished) if unfinished.is_empty() => {}
            Movable::Unfinished(unfinished) => batches.push((of, unfinished.clone())),
            Movable::Files(movable) => files.extend(movable.iter().map(|file| (of, file.clone()))),
        }
    }
    let age_us = i64::try_from(cold.after.as_micros()).unwrap_or(i64::MAX);
    let old_us = now.micros().saturating_sub(age_us);
    files.sort_by_key(|(_, file)| file.max_time_us);
    let mut of_table: BTreeMap<usize, Vec<DataFile>> = BTreeMap::new();
    for (of, file) in files {
        if file.max_time_us > old_us && cold.local_bytes.is_none_or(|limit| local <= limit) {
            break;
        }
        local = local.saturating_sub(file.size_bytes);
        of_table.entry(of).or_default().push(file);
    }
    batches.extend(of_table.into_iter().flat_map(|(of, files)| split(files).into_iter().map(move |files| (of, files))));
    batches
}

fn split(files: Vec<DataFile>) -> Vec<Vec<DataFile>> {
    let mut batches: Vec<(u64, Vec<DataFile>)> = Vec::new();
    for file in files {
        match batches.last_mut() {
            Some((bytes, batch)) if batch.len() < FILES && *bytes + file.size_bytes <= BYTES => {
                *bytes += file.size_bytes;
                batch.push(file);
            }
            _ => batches.push((file.size_bytes, vec![file])),
        }
    }
    batches.into_iter().map(|(_, batch)| batch).collect()
}

async fn move_batch(
    shared: &Shared,
    table: &Table,
    files: Vec<DataFile>,
    stop: &watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let stopping = || *stop.borrow();
    match table.move_files(&shared.disk, files, (shared.clock)(), &stopping).await {
        Ok((files, bytes)) => {
            tracing::debug!(tenant = %table.tenant, table = table.spec.name, files, bytes, "moved files to the bucket");
            let labels = [("tenant", table.tenant.to_string()), ("table", table.spec.name.to_owned())];
            metrics::counter!("ingest_store_cold_moved_files_total", &labels).increment(files as u64);
            metrics::counter!("ingest_store_cold_moved_bytes_total", &labels).increment(bytes);
            Ok(())
        }
        Err(error) => {
            if !matches!(error, StoreError::Closed) {
                tell("move", table.spec.name, &error);
            }
            Err(error)
        }
    }
}

/// Tells that something could not be done that is tried again.
pub(super) fn tell(action: &'static str, table: &str, error: &StoreError) {
    tracing::warn!(table, action, %error, "cannot work on the cold table; it is tried again");
    metrics::counter!("ingest_store_cold_errors_total", "action" => action).increment(1);
}

#[cfg(test)]
mod tests {
    use object_store::path::Path;

    use super::*;

    fn file(name: usize, size_bytes: u64) -> DataFile {
        let path = Path::from(format!("default/logs/date=2023-01-29/{name}.parquet"));
        DataFile { path, is_cold: false, size_bytes, rows: 1, min_time_us: 0, max_time_us: 0 }
    }

    #[test]
    fn a_batch_is_bounded_by_files_and_by_bytes() {
        let sizes = |files: Vec<DataFile>| split(files).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes((0..70).map(|name| file(name, 1)).collect()), [32, 32, 6]);
        assert_eq!(sizes((0..3).map(|name| file(name, 200 << 20)).collect()), [1, 1, 1]);
        assert_eq!(sizes(vec![file(0, 300 << 20), file(1, 1)]), [1, 1]);
        assert!(sizes(Vec::new()).is_empty());
    }
}
