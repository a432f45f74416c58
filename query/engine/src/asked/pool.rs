//! The memory of one question: its own limit within that of its tenant.

use std::fmt;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

use super::Asked;

/// What sorts, joins, aggregates and built texts of a question hold. What can spill gets a fair share of it.
#[derive(Debug)]
pub(crate) struct QuestionPool {
    own: FairSpillPool,
    tenant: Arc<dyn MemoryPool>,
    asked: Arc<Asked>,
}

// === impl QuestionPool ===

impl QuestionPool {
    /// The pool of a question in that of its tenant, which must not care who takes from it.
    pub(crate) fn new(tenant: Arc<dyn MemoryPool>, asked: Arc<Asked>) -> Self {
        Self { own: FairSpillPool::new(asked.limits().memory_bytes), tenant, asked }
    }
}

impl fmt::Display for QuestionPool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.own.fmt(out)
    }
}

impl MemoryPool for QuestionPool {
    fn name(&self) -> &'static str {
        "question"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.tenant.grow(reservation, additional);
        self.asked.took_memory(additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.tenant.shrink(reservation, shrink);
        self.asked.gave_memory_back(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.own.try_grow(reservation, additional)?;
        if let Err(error) = self.tenant.try_grow(reservation, additional) {
            self.own.shrink(reservation, additional);
            return Err(error);
        }
        self.asked.took_memory(additional);
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.own.memory_limit()
    }
}
