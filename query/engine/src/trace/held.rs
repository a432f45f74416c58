//! The memory of a trace, counted as its question's for as long as it is held.

use datafusion::execution::memory_pool::MemoryReservation;
use query_api::ErrorKind;

use crate::error::QueryError;

/// What is held of a trace, in bytes. Dropping it gives all of it back.
#[derive(Debug)]
pub(super) struct Held {
    memory: MemoryReservation,
    limit: usize,
}

// === impl Held ===

impl Held {
    /// Nothing yet; `limit` is what the question may hold.
    pub(super) const fn new(memory: MemoryReservation, limit: usize) -> Self {
        Self { memory, limit }
    }

    /// As much as there is.
    #[cfg(test)]
    pub(super) fn unlimited() -> Self {
        use std::sync::Arc;

        use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, UnboundedMemoryPool};

        let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        Self::new(MemoryConsumer::new("test").register(&pool), usize::MAX)
    }

    /// So much more is held.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when that is more than the question may hold, or than others leave.
    pub(super) fn take(&self, bytes: usize) -> Result<(), QueryError> {
        self.memory.try_grow(bytes).map_err(|_| self.refused(bytes))
    }

    fn refused(&self, bytes: usize) -> QueryError {
        let (message, hint) = if self.memory.size().saturating_add(bytes) > self.limit {
            let message =
                format!("the trace does not fit into the memory of a question, which is {} bytes", self.limit);
            let hint = "ask for a part of it with SQL, such as SELECT * FROM spans WHERE trace_id = '…' AND \
                        service_name = '…'; question_memory_bytes of the limits file sets the limit";
            (message, hint)
        } else {
            let message = "other questions hold the memory that the trace needs".to_owned();
            (message, "ask again later; the table queries tells which questions run")
        };
        QueryError::new(ErrorKind::ResourceLimit, message, hint)
    }

    /// So much less is held.
    pub(super) fn give_back(&self, bytes: usize) {
        self.memory.shrink(bytes.min(self.memory.size()));
    }
}
