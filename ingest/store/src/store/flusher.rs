//! Decides when hot rows become Parquet, and cuts the log behind them.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{FailStop, Shared};
use crate::error::StoreError;
use crate::table::Table;
use crate::wal;

/// How often ages are looked at, and how soon a failed flush is tried again.
const TICK: Duration = Duration::from_secs(1);

/// Flushes what is due until the store stops.
pub(super) async fn run(shared: Arc<Shared>) {
    let _fail_stop = FailStop("the flusher");
    loop {
        tokio::select! {
            () = shared.stop.notified() => return,
            () = shared.flush_due.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
        let due = due(&shared);
        if flush(&shared, &due).await.is_err() {
            // A full disk does not empty itself faster for being asked more often.
            tokio::time::sleep(TICK).await;
        }
    }
}

/// Flushes every table.
///
/// # Errors
///
/// The first [`StoreError`] of a table.
pub(super) async fn flush_all(shared: &Shared) -> Result<(), StoreError> {
    flush(shared, &shared.tenants.all()).await
}

fn due(shared: &Shared) -> Vec<Arc<Table>> {
    let tables = shared.tenants.all();
    let config = &shared.config;
    let is_due = |table: &Arc<Table>| {
        let old = table.hot_since().is_some_and(|since| since.elapsed() >= config.flush_age);
        old || table.hot_bytes() >= config.flush_bytes
    };
    let mut due: Vec<_> = tables.iter().filter(|table| is_due(table)).cloned().collect();
    if due.is_empty() && shared.budget.over(75) {
        due.extend(tables.into_iter().max_by_key(|table| table.hot_bytes()));
    }
    due
}

/// Flushes some tables and cuts the log: every row that is hot now, part by part.
///
/// # Errors
///
/// The first [`StoreError`] of a table.
pub(super) async fn flush(shared: &Shared, tables: &[Arc<Table>]) -> Result<(), StoreError> {
    let mut outcome = Ok(());
    for table in tables {
        let last = table.last_unflushed();
        while table.first_unflushed().is_some_and(|first| Some(first) <= last) {
            let began = Instant::now();
            match table.flush(&shared.disk, (shared.clock)()).await {
                Ok(freed) => shared.budget.free(freed, began.elapsed()),
                Err(error) => {
                    tracing::error!(table = table.spec.name, %error, "cannot write hot rows to Parquet; they stay in the log");
                    metrics::counter!("ingest_store_flush_errors_total", "table" => table.spec.name).increment(1);
                    outcome = outcome.and(Err(error));
                    break;
                }
            }
        }
    }
    shared.flush_fails.store(outcome.is_err(), Ordering::Relaxed);
    trim(shared).await;
    shared.compaction_due.notify_one();
    outcome
}

/// Removes log segments that every table has committed past.
async fn trim(shared: &Shared) {
    // The position is read first: whatever is published up to it is then either found unflushed
    // below or committed already.
    let published = shared.published.load(Ordering::Acquire);
    let unflushed = shared.tenants.all().iter().filter_map(|table| table.first_unflushed()).min();
    let durable = unflushed.map_or(published, |first| published.min(first - 1));
    let wal = || shared.wal.lock().unwrap_or_else(PoisonError::into_inner);
    let done = wal().take_done(durable);
    if done.is_empty() {
        return;
    }
    let disk = Arc::clone(&shared.disk);
    let left = tokio::task::spawn_blocking(move || wal::remove(disk.as_ref(), done)).await;
    wal().take_back(left.unwrap_or_default());
}
