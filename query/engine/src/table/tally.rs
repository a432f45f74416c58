//! What a question did not have to read, and what it read to know that.

use std::sync::atomic::{AtomicU64, Ordering};

use query_api::SqlStats;

use crate::answer::Scanned;

/// Counts over all scans of one session.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    files_read: AtomicU64,
    bytes_read: AtomicU64,
    cold_files_read: AtomicU64,
    cold_bytes_read: AtomicU64,
    files_skipped: AtomicU64,
    index_reads: AtomicU64,
    index_bytes: AtomicU64,
}

// === impl Tally ===

impl Tally {
    /// A plan has run and read that.
    pub(crate) fn add_read(&self, read: Scanned) {
        self.files_read.fetch_add(read.files, Ordering::Relaxed);
        self.bytes_read.fetch_add(read.bytes, Ordering::Relaxed);
        self.cold_files_read.fetch_add(read.cold_files, Ordering::Relaxed);
        self.cold_bytes_read.fetch_add(read.cold_bytes, Ordering::Relaxed);
    }

    /// A scan leaves out so many files.
    pub(super) fn add_skipped(&self, files: usize) {
        self.files_skipped.fetch_add(files as u64, Ordering::Relaxed);
    }

    /// An index was asked.
    pub(super) fn add_index(&self, reads: u64, bytes: u64) {
        self.index_reads.fetch_add(reads, Ordering::Relaxed);
        self.index_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The counts so far.
    pub(crate) fn stats(&self, elapsed_ms: u64) -> SqlStats {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SqlStats {
            elapsed_ms,
            files_read: count(&self.files_read),
            bytes_read: count(&self.bytes_read),
            cold_files_read: count(&self.cold_files_read),
            cold_bytes_read: count(&self.cold_bytes_read),
            files_skipped: count(&self.files_skipped),
            index_reads: count(&self.index_reads),
            index_bytes: count(&self.index_bytes),
            cached: false,
        }
    }
}
