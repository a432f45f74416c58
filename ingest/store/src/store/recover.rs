//! What a start does with the log of the process before.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::{Shared, flusher};
use crate::append::{Decode, Record};
use crate::disk::{TEMPORARY, Target, write_file};
use crate::error::{ErrorKind, StoreError};
use crate::own_rows;
use crate::table::Table;

/// Brings every request back that its table had not committed. The same memory limit holds as
/// when requests are taken: what does not fit is flushed on the way.
///
/// # Errors
///
/// Any [`StoreError`]: a start that cannot read its log must not look like one with an empty log.
pub(super) async fn recover(shared: &Shared, decode: &dyn Decode) -> Result<(), StoreError> {
    sweep(shared);
    let segments = wal(shared, |wal| wal.segments());
    let mut replayed = 0_u64;
    for segment in &segments {
        for (seq, record) in wal(shared, |wal| wal.replay(segment))? {
            match replay(shared, decode, seq, &record).await? {
                Replayed::Published => replayed += 1,
                Replayed::Known | Replayed::SetAside => {}
                Replayed::Stuck => wal(shared, |wal| wal.keep(segment)),
            }
            shared.published.store(seq, Ordering::Release);
            if shared.budget.over(75) {
                flush(shared, &shared.tenants.all()).await?;
            }
        }
    }
    for table in shared.tenants.all() {
        flush_apart(shared, &table, u64::MAX).await?;
    }
    wal(shared, |wal| wal.continue_after(shared.tenants.highest_watermark()));
    if !segments.is_empty() {
        tracing::info!(segments = segments.len(), requests = replayed, "replayed the log");
    }
    Ok(())
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replayed {
    /// Its rows can be queried.
    Published,
    /// Its table has it already.
    Known,
    /// It cannot be decoded; the quarantine folder has its bytes.
    SetAside,
    /// It cannot be decoded, nor written to the quarantine folder.
    Stuck,
}

async fn replay(shared: &Shared, decode: &dyn Decode, seq: u64, record: &Record) -> Result<Replayed, StoreError> {
    let tables = shared.tenants.get_or_open(record.tenant()).await?;
    let (table, watermark) = tables.of(record);
    if seq <= *watermark {
        return Ok(Replayed::Known);
    }
    flush_apart(shared, table, seq).await?;
    let rows = match record {
        Record::Request(request) => decode.rows(request),
        Record::Rows(rows) => own_rows::decode(&rows.body),
    };
    match rows {
        Ok(rows) => {
            let grown = table.publish(seq, rows, record.received());
            shared.budget.take(grown);
            Ok(Replayed::Published)
        }
        Err(reason) => Ok(set_aside(shared, seq, record, &reason)),
    }
}

/// Flushes replayed rows whose share a derived table has already, apart from those that follow.
async fn flush_apart(shared: &Shared, table: &Arc<Table>, next: u64) -> Result<(), StoreError> {
    if table.must_flush_before(next) { flush(shared, std::slice::from_ref(table)).await } else { Ok(()) }
}

/// Flushes on the way. A full disk must not keep the process from starting: rows that cannot be
/// written stay hot, apart from those that follow. They fitted into the memory of the process before,
/// whose flushes failed as well.
async fn flush(shared: &Shared, tables: &[Arc<Table>]) -> Result<(), StoreError> {
    match flusher::flush(shared, tables).await {
        Err(error) if error.kind() != ErrorKind::Retry => Err(error),
        _ => Ok(()),
    }
}

/// A request that was acknowledged and cannot be decoded any more is a bug of ours; its bytes are
/// kept for whoever mends it.
fn set_aside(shared: &Shared, seq: u64, record: &Record, reason: &str) -> Replayed {
    let path = Path::new("wal/quarantine").join(format!("{seq:020}-{}.request", record.table()));
    tracing::error!(seq, reason, quarantine = %path.display(), "an acknowledged request cannot be decoded; it was set aside");
    metrics::counter!("ingest_store_replay_errors_total").increment(1);
    match write_file(shared.disk.as_ref(), &path, std::slice::from_ref(record.body()), Target::Replace) {
        Ok(()) => Replayed::SetAside,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "cannot write to quarantine; the segment stays");
            Replayed::Stuck
        }
    }
}

/// Removes files the process before was still writing.
fn sweep(shared: &Shared) {
    for entry in shared.disk.list(Path::new(TEMPORARY)).unwrap_or_default() {
        if let Err(error) = shared.disk.remove(&entry.path) {
            tracing::warn!(path = %entry.path.display(), %error, "cannot remove an unfinished file");
        }
    }
}

fn wal<T>(shared: &Shared, use_it: impl FnOnce(&mut crate::wal::Wal) -> T) -> T {
    use_it(&mut shared.wal.lock().unwrap_or_else(PoisonError::into_inner))
}
