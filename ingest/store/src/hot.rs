//! Rows that are durable in the log and not in Parquet yet.
//!
//! A request of a busy gateway has a thousand rows, one of a small service has three. Small
//! batches are merged as they come, so that neither the number of batches a query meets nor the
//! memory their buffers take grows with the number of requests.

mod merge;
mod queue;

use arrow::record_batch::RecordBatch;
use tokio::time::Instant;

use crate::nulls::memory_bytes;

pub(crate) use queue::HotQueue;

/// Batches below this many rows are merged with their neighbours. The batch processors of SDKs send 512 rows at most, those of
/// collectors thousands (OpenTelemetry specification, "Batching processor"): what these send is large enough as it is.
const SMALL_ROWS: usize = 512;

/// Small batches wait until there are this many rows or batches of them.
const MERGE_ROWS: usize = 8192;
const MERGE_BATCHES: usize = 64;

/// The hot rows of a table, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Hot {
    batches: Vec<RecordBatch>,
    /// How many of the last batches are small and wait to be merged.
    small_batches: usize,
    small_rows: usize,
    size_bytes: usize,
    first_seq: Option<u64>,
    last_seq: u64,
    since: Option<Instant>,
}

// === impl Hot ===

impl Hot {
    /// Adds the rows of the request numbered `seq`, and says by how much the size changed.
    pub(crate) fn push(&mut self, seq: u64, rows: RecordBatch, now: Instant) -> isize {
        let before = self.size_bytes;
        self.first_seq.get_or_insert(seq);
        self.since.get_or_insert(now);
        self.last_seq = seq;
        self.size_bytes += memory_bytes(&rows);
        let num_rows = rows.num_rows();
        if num_rows >= SMALL_ROWS {
            self.merge_small();
            self.batches.push(rows);
        } else {
            self.batches.push(rows);
            self.small_batches += 1;
            self.small_rows += num_rows;
            if self.small_batches >= MERGE_BATCHES || self.small_rows >= MERGE_ROWS {
                self.merge_small();
            }
        }
        self.size_bytes.cast_signed() - before.cast_signed()
    }

    /// The batches, oldest first.
    pub(crate) fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// Memory of the rows, in bytes.
    pub(crate) const fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Number of the oldest request in here.
    pub(crate) const fn first_seq(&self) -> Option<u64> {
        self.first_seq
    }

    /// Number of the newest request in here.
    pub(crate) const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// When the oldest row came; `None` when there are no rows.
    pub(crate) const fn since(&self) -> Option<Instant> {
        self.since
    }

    fn merge_small(&mut self) {
        let (waiting, count) = (std::mem::take(&mut self.small_batches), self.batches.len());
        self.small_rows = 0;
        if waiting < 2 {
            return;
        }
        let small = &self.batches[count - waiting..];
        // Unmerged batches are correct too, only larger, so a failure is no reason to lose them.
        let Ok(merged) = merge::merge(small) else { return };
        let freed: usize = small.iter().map(memory_bytes).sum();
        self.size_bytes = (self.size_bytes + memory_bytes(&merged)).saturating_sub(freed);
        self.batches.truncate(count - waiting);
        self.batches.push(merged);
    }
}

#[cfg(test)]
mod tests;
