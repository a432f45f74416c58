//! Rows on their way into an operator that makes many of few, or keeps them all without saying so.
//!
//! A join copies a row into every row that it fits, a batch at once: one text of a megabyte becomes eight gigabytes. Unnesting
//! copies a row for each element of its list. A window keeps all rows it is given, and the engine does not count them. So
//! their rows are weighed: what is too heavy ends the question, what is kept is reserved.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, resources_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{StreamExt, TryStreamExt, stream};

use crate::error::HEAVY;

/// Bytes that the rows of one batch of a join may take, where each is as heavy as the heaviest.
const BATCH_BYTES: usize = 256 << 20;

/// Rows that unnesting may make of what it is given at once.
const UNNESTED_ROWS: usize = 64 << 10;

/// What becomes of the rows.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// A join copies them.
    Joined,
    /// Their lists are unnested.
    Unnested,
    /// A window keeps all until the last has come, and may give every row the largest value of one of these.
    Kept(Vec<Arc<dyn PhysicalExpr>>),
}

/// The operator: it gives what it gets.
#[derive(Debug)]
pub(super) struct WeighedExec {
    input: Arc<dyn ExecutionPlan>,
    fate: Fate,
}

/// What weighs the rows of one partition.
struct Scales {
    fate: Fate,
    /// Rows of a batch.
    batch: usize,
    kept: MemoryReservation,
    rows: usize,
    /// The largest value a window may give each row, and what is reserved for that.
    largest: usize,
    given: MemoryReservation,
}

// === impl WeighedExec ===

impl WeighedExec {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, fate: Fate) -> Self {
        Self { input, fate }
    }
}

impl DisplayAs for WeighedExec {
    fn fmt_as(&self, _: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "WeighedExec")
    }
}

impl ExecutionPlan for WeighedExec {
    fn name(&self) -> &'static str {
        "WeighedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match children.pop() {
            Some(input) => Ok(Arc::new(Self::new(input, self.fate.clone()))),
            None => Ok(self),
        }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let reservation = || MemoryConsumer::new("rows of a window").register(task.memory_pool());
        let (kept, given) = (reservation(), reservation());
        let (fate, batch) = (self.fate.clone(), task.session_config().batch_size());
        let mut scales = Scales { fate, batch, kept, rows: 0, largest: 0, given };
        let rows = self.input.execute(partition, task)?;
        let schema = rows.schema();
        let weighed =
            rows.map(move |batch| scales.weigh(batch?)).map_ok(|batches| stream::iter(batches).map(Ok)).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, weighed)))
    }
}

// === impl Scales ===

impl Scales {
    /// The batch, in as many parts as it must be taken in.
    fn weigh(&mut self, batch: RecordBatch) -> Result<Vec<RecordBatch>> {
        match &self.fate {
            Fate::Joined => {
                self.bear(&batch)?;
                Ok(vec![batch])
            }
            Fate::Unnested => part(&batch),
            Fate::Kept(values) => {
                for value in values {
                    let value = value.evaluate(&batch)?.into_array(batch.num_rows())?;
                    self.largest = self.largest.max(longest(&value));
                }
                // Once as it is, once more in the batch all become.
                self.kept.try_grow(batch.get_array_memory_size().saturating_mul(2))?;
                self.rows += batch.num_rows();
                self.given.try_resize(self.rows.saturating_mul(self.largest))?;
                Ok(vec![batch])
            }
        }
    }

    /// Fails where a batch full of the heaviest row would be too large.
    fn bear(&self, batch: &RecordBatch) -> Result<()> {
        let most = BATCH_BYTES / self.batch.max(1);
        if batch.get_array_memory_size() <= most {
            return Ok(());
        }
        let heaviest: usize = batch.columns().iter().map(heaviest).sum();
        if heaviest > most {
            return resources_err!("{HEAVY} {heaviest} bytes goes into a join, and the limit is {most}");
        }
        Ok(())
    }
}

/// Parts of which unnesting makes few rows each; one row at the least.
fn part(batch: &RecordBatch) -> Result<Vec<RecordBatch>> {
    let lists: Vec<&ArrayRef> = batch.columns().iter().filter(|column| is_list(column.data_type())).collect();
    let others: usize = batch.columns().iter().filter(|column| !is_list(column.data_type())).map(heaviest).sum();
    let elements = |row: usize| lists.iter().map(|list| elements(list, row)).max().unwrap_or(1).max(1);
    let (mut parts, mut from, mut made) = (Vec::new(), 0, 0_usize);
    for row in 0..batch.num_rows() {
        let makes = elements(row);
        if makes.saturating_mul(others) > BATCH_BYTES {
            return resources_err!(
                "{HEAVY} {others} bytes is copied for {makes} elements, and the limit of both is {BATCH_BYTES}"
            );
        }
        if made + makes > UNNESTED_ROWS && row > from {
            parts.push(batch.slice(from, row - from));
            (from, made) = (row, 0);
        }
        made += makes;
    }
    parts.push(batch.slice(from, batch.num_rows() - from));
    Ok(parts)
}

const fn is_list(kind: &DataType) -> bool {
    matches!(kind, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

fn elements(list: &ArrayRef, row: usize) -> usize {
    match list.data_type() {
        DataType::List(_) => usize::try_from(list.as_list::<i32>().value_length(row)).unwrap_or(0),
        DataType::LargeList(_) => usize::try_from(list.as_list::<i64>().value_length(row)).unwrap_or(0),
        DataType::FixedSizeList(_, length) => usize::try_from(*length).unwrap_or(0),
        _ => 1,
    }
}

/// Bytes of the longest text, or of the heaviest value, of a column.
fn longest(column: &ArrayRef) -> usize {
    let views = match column.data_type() {
        DataType::Utf8View => column.as_string_view().lengths().max(),
        DataType::BinaryView => column.as_binary_view().lengths().max(),
        _ => return heaviest(column),
    };
    views.map_or(0, |length| length as usize)
}

/// Bytes of the heaviest value of a column where values are copied.
fn heaviest(column: &ArrayRef) -> usize {
    let widest = |offsets: &mut dyn Iterator<Item = usize>| offsets.max().unwrap_or(0);
    match column.data_type() {
        DataType::Utf8 => widest(&mut column.as_string::<i32>().offsets().lengths()),
        DataType::LargeUtf8 => widest(&mut column.as_string::<i64>().offsets().lengths()),
        DataType::Binary => widest(&mut column.as_binary::<i32>().offsets().lengths()),
        DataType::LargeBinary => widest(&mut column.as_binary::<i64>().offsets().lengths()),
        // A view is copied, the text behind it is shared.
        DataType::Utf8View | DataType::BinaryView => 16,
        DataType::List(_) => of_lists(column.as_list::<i32>().values(), column.as_list::<i32>().offsets().lengths()),
        DataType::LargeList(_) => {
            of_lists(column.as_list::<i64>().values(), column.as_list::<i64>().offsets().lengths())
        }
        _ => column.data_type().primitive_width().unwrap_or(16),
    }
}

/// The longest list, each element of which is as heavy as the heaviest.
fn of_lists(values: &ArrayRef, lengths: impl Iterator<Item = usize>) -> usize {
    lengths.max().unwrap_or(0).saturating_mul(heaviest(values))
}
