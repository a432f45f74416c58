//! What a question sees and uses that is answered without a plan.

use std::sync::Arc;

use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use ingest_model::Signal;
use ingest_store::schema;
use query_api::SqlStats;

use super::Sessions;
use crate::asked::Asked;
use crate::table::{Files, StoredTable};

/// Stored tables, each as it is when it is asked for, and the memory of the question. A [`super::Session`] has more, and takes
/// longer to open than a small trace to read.
#[derive(Debug)]
pub(crate) struct Unplanned<'a> {
    sessions: &'a Sessions,
    files: Files,
    pool: Arc<dyn MemoryPool>,
}

// === impl Sessions ===

impl Sessions {
    /// Begins to answer without a plan.
    pub(crate) fn unplanned(&self) -> Unplanned<'_> {
        Unplanned { sessions: self, files: self.files(), pool: self.pool() }
    }
}

// === impl Unplanned ===

impl Unplanned<'_> {
    /// The stored table of a signal.
    pub(crate) fn table_of(&self, signal: Signal) -> StoredTable {
        let snapshot = self.sessions.tables.snapshot(signal);
        let table = StoredTable::new(schema::table(signal), snapshot, self.files.clone());
        table.with_indexes(self.sessions.indexes(signal))
    }

    /// Memory of the question, of which nothing is taken yet.
    pub(crate) fn memory(&self, of: &'static str) -> MemoryReservation {
        MemoryConsumer::new(of).register(&self.pool)
    }

    /// The question.
    pub(crate) fn asked(&self) -> &Asked {
        &self.sessions.asked
    }

    /// Damaged files that were left out so far.
    pub(crate) fn left_out(&self) -> Vec<String> {
        self.files.left_out.files()
    }

    /// What was read so far, in so many milliseconds.
    pub(crate) fn stats(&self, elapsed_ms: u64) -> SqlStats {
        self.files.tally.stats(elapsed_ms)
    }
}
