//! How much memory the hot rows take, and waiting until there is room.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A count of bytes with a limit.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    /// Below zero for a moment when rows are given back before they were counted.
    used: Mutex<isize>,
    freed: Condvar,
}

// === impl Budget ===

impl Budget {
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, used: Mutex::new(0), freed: Condvar::new() }
    }

    /// Counts bytes taken, or given back when negative.
    pub(super) fn take(&self, bytes: isize) {
        let mut used = self.used();
        *used = used.saturating_add(bytes);
        metrics::gauge!("ingest_store_hot_bytes").set(*used as f64);
    }

    /// Counts bytes given back.
    pub(super) fn free(&self, bytes: usize) {
        let mut used = self.used();
        *used = used.saturating_sub_unsigned(bytes);
        metrics::gauge!("ingest_store_hot_bytes").set(*used as f64);
        self.freed.notify_all();
    }

    /// Whether more than `percent` of the limit is taken.
    pub(super) fn over(&self, percent: usize) -> bool {
        *self.used() > (self.limit / 100 * percent).cast_signed()
    }

    /// Blocks until there is room; `false` when there is none after `patience`.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        let full = |used: &mut isize| *used > self.limit.cast_signed();
        let waited = self.freed.wait_timeout_while(self.used(), patience, full);
        let (_used, result) = waited.unwrap_or_else(PoisonError::into_inner);
        !result.timed_out()
    }

    fn used(&self) -> MutexGuard<'_, isize> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
