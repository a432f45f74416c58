//! The rows of a partition: added up run by run, as long as they come in runs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{EmptyRecordBatchStream, ExecutionPlan};
use futures::{StreamExt, TryStreamExt, stream};

use super::sums::Sums;

/// Rows a run has at least, on average of a batch, to be worth it.
const LONG: usize = 4;

/// Batches of short runs after which groups are looked up instead.
const PATIENCE: usize = 8;

/// What is left of a partition.
pub(super) enum Rows {
    Runs(Box<Runs>),
    /// The engine's own step is at them.
    Grouped(SendableRecordBatchStream),
}

pub(super) struct Runs {
    input: SendableRecordBatchStream,
    step: Arc<AggregateExec>,
    sums: Sums,
    task: Arc<TaskContext>,
    /// Batches of short runs so far.
    short: usize,
}

// === impl Rows ===

impl Rows {
    pub(super) fn new(
        input: SendableRecordBatchStream,
        step: Arc<AggregateExec>,
        sums: Sums,
        task: Arc<TaskContext>,
    ) -> Self {
        Self::Runs(Box::new(Runs { input, step, sums, task, short: 0 }))
    }

    /// The next batch of partial sums, and what is left then.
    pub(super) async fn next(mut self) -> Result<Option<(RecordBatch, Self)>> {
        loop {
            match self {
                Self::Grouped(mut sums) => return Ok(sums.try_next().await?.map(|batch| (batch, Self::Grouped(sums)))),
                Self::Runs(mut runs) => {
                    let Some(batch) = runs.input.try_next().await? else { return Ok(None) };
                    let sums = runs.sums.add_up(&batch)?;
                    if sums.num_rows() * LONG > batch.num_rows() {
                        runs.short += 1;
                    }
                    if runs.short <= PATIENCE {
                        return Ok(Some((sums, Self::Runs(runs))));
                    }
                    self = Self::Grouped(runs.grouped(batch)?);
                }
            }
        }
    }
}

// === impl Runs ===

impl Runs {
    /// The engine's own step, over `batch` and what comes after it.
    fn grouped(self, batch: RecordBatch) -> Result<SendableRecordBatchStream> {
        let schema = self.input.schema();
        let rows = stream::once(async { Ok(batch) }).chain(self.input);
        let rows = RecordBatchStreamAdapter::new(Arc::clone(&schema), rows);
        let rest = Rest { schema: Arc::clone(&schema), rows: Mutex::new(Some(Box::pin(rows))) };
        let rest = StreamingTableExec::try_new(schema, vec![Arc::new(rest)], None, [], false, None)?;
        let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        self.step.replace_children(vec![Arc::new(rest)], options)?.execute(0, self.task)
    }
}

/// What is left of a partition, as a partition of its own; read once.
struct Rest {
    schema: SchemaRef,
    rows: Mutex<Option<SendableRecordBatchStream>>,
}

// === impl Rest ===

impl PartitionStream for Rest {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
        rows.unwrap_or_else(|| Box::pin(EmptyRecordBatchStream::new(Arc::clone(&self.schema))))
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Rest").finish_non_exhaustive()
    }
}
