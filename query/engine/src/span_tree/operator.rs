//! The operator that adds places to spans, trace by trace.
//!
//! It asks for the rows of a trace in one partition and one after the other; the engine puts a repartition and a sort
//! below it, which spills. It holds the rows of the traces it is at, and asks the memory pool for them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{
    EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::coop::make_cooperative;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet, RecordOutput};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties, InputDistributionRequirements,
    PlanProperties,
};
use futures::{StreamExt, TryStreamExt};

use super::columns::TRACE_ID;
use super::place::with_places;

/// What finding the places takes a row, in bytes, beside the rows: ids, children, places and their order.
const PLACE_BYTES: usize = 500;

/// Adds places.
#[derive(Debug)]
pub(super) struct SpanTreeExec {
    input: Arc<dyn ExecutionPlan>,
    /// `trace_id` of the input.
    trace_id: Arc<dyn PhysicalExpr>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

// === impl SpanTreeExec ===

impl SpanTreeExec {
    /// Columns of `schema` for the spans of `input`, which has those they follow from.
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, schema: SchemaRef) -> Result<Self> {
        let trace_id = Arc::new(Column::new_with_schema(TRACE_ID, &input.schema())?);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            datafusion::physical_plan::Partitioning::UnknownPartitioning(input.output_partitioning().partition_count()),
            input.pipeline_behavior(),
            input.boundedness(),
        );
        Ok(Self { input, trace_id, properties: Arc::new(properties), metrics: ExecutionPlanMetricsSet::new() })
    }
}

impl DisplayAs for SpanTreeExec {
    fn fmt_as(&self, _: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.schema();
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        write!(out, "SpanTreeExec: columns=[{}]", names.join(", "))
    }
}

impl ExecutionPlan for SpanTreeExec {
    fn name(&self) -> &'static str {
        "SpanTreeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::KeyPartitioned(vec![Arc::clone(&self.trace_id)])])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let by_trace = PhysicalSortExpr::new_default(Arc::clone(&self.trace_id));
        vec![LexOrdering::new([by_trace]).map(OrderingRequirements::from)]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        each: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        each(&self.trace_id)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(Self::new(input, self.schema())?)),
            _ => internal_err!("SpanTreeExec has one child"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let traces = Traces {
            input: self.input.execute(partition, Arc::clone(&context))?,
            schema: self.schema(),
            held: Vec::new(),
            ready: VecDeque::new(),
            rows: context.session_config().batch_size(),
            memory: MemoryConsumer::new("span_tree").register(context.memory_pool()),
            metrics: BaselineMetrics::new(&self.metrics, partition),
        };
        let batches = futures::stream::try_unfold(traces, |mut traces| async move {
            Ok(traces.next().await?.map(|batch| (batch, traces)))
        });
        let stream = RecordBatchStreamAdapter::new(self.schema(), batches.boxed());
        Ok(make_cooperative(Box::pin(stream)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// A partition while it is read.
struct Traces {
    input: SendableRecordBatchStream,
    schema: SchemaRef,
    /// Rows whose trace may go on.
    held: Vec<RecordBatch>,
    /// Rows with places, in parts of at most `rows`.
    ready: VecDeque<RecordBatch>,
    rows: usize,
    memory: MemoryReservation,
    metrics: BaselineMetrics,
}

// === impl Traces ===

impl Traces {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch.record_output(&self.metrics)));
            }
            self.memory.try_resize(needed(&self.held))?;
            match self.input.try_next().await? {
                Some(batch) => self.take(&batch)?,
                None if self.held.is_empty() => return Ok(None),
                None => {
                    let whole = std::mem::take(&mut self.held);
                    self.place(&whole)?;
                }
            }
        }
    }

    /// Takes rows; all traces but the last are whole then.
    fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let goes_on = last_trace(batch)?;
        let begins = goes_on == 0 && self.held.last().is_some_and(|held| !is_one_trace(held, batch));
        let mut whole = Vec::new();
        if goes_on > 0 {
            whole = std::mem::take(&mut self.held);
            whole.push(batch.slice(0, goes_on));
        } else if begins {
            whole = std::mem::take(&mut self.held);
        }
        self.held.push(batch.slice(goes_on, batch.num_rows() - goes_on));
        self.memory.try_resize(needed(&self.held).saturating_add(needed(&whole)))?;
        if whole.is_empty() { Ok(()) } else { self.place(&whole) }
    }

    fn place(&mut self, whole: &[RecordBatch]) -> Result<()> {
        let Some(first) = whole.first() else { return Ok(()) };
        let timer = self.metrics.elapsed_compute().clone();
        let _timed = timer.timer();
        let rows = concat_batches(first.schema_ref(), whole)?;
        let placed = with_places(&rows, &self.schema)?;
        let parts = (0..placed.num_rows()).step_by(self.rows.max(1));
        self.ready.extend(parts.map(|start| placed.slice(start, self.rows.min(placed.num_rows() - start))));
        Ok(())
    }
}

/// Where the rows of the last trace begin.
fn last_trace(batch: &RecordBatch) -> Result<usize> {
    let Some(ids) = batch.column_by_name(TRACE_ID).and_then(|ids| ids.as_binary_view_opt()) else {
        return internal_err!("spans are read without their trace ids");
    };
    let Some(last) = ids.len().checked_sub(1) else { return Ok(0) };
    let goes_on = (0..=last).rev().take_while(|row| ids.value(*row) == ids.value(last)).count();
    Ok(ids.len() - goes_on)
}

/// Whether the end of one batch and the beginning of another are of one trace.
fn is_one_trace(before: &RecordBatch, after: &RecordBatch) -> bool {
    let id = |batch: &RecordBatch, row: usize| {
        let ids = batch.column_by_name(TRACE_ID)?.as_binary_view_opt()?;
        (row < ids.len()).then(|| ids.value(row).to_vec())
    };
    id(before, before.num_rows().saturating_sub(1)) == id(after, 0)
}

/// The memory that rows take while their places are found: they are read, put together, and told.
fn needed(batches: &[RecordBatch]) -> usize {
    batches.iter().map(|batch| batch.num_rows() * PLACE_BYTES + 2 * bytes(batch)).sum()
}

/// The bytes of what is in the rows. Buffers that rows share with others count by what of them is used.
fn bytes(batch: &RecordBatch) -> usize {
    let of = |column: &Arc<dyn Array>| {
        let fixed = column.data_type().primitive_width().unwrap_or(16) * column.len();
        let views = column.as_string_view_opt().map(|texts| texts.total_buffer_bytes_used());
        let ids = column.as_binary_view_opt().map(|ids| ids.total_buffer_bytes_used());
        fixed + views.or(ids).unwrap_or(0)
    };
    batch.columns().iter().map(of).sum()
}
