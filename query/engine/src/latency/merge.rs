//! `merge_latency`: the sketch of everything the sketches of a group hold.

use std::mem::size_of;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility};
use datafusion::scalar::ScalarValue;
use ingest_signals::Sketch;

use super::{Sketches, check_type, column, sketch_type};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct MergeLatency {
    signature: Signature,
}

/// The sketches of all groups.
#[derive(Debug, Default)]
struct Groups {
    sketches: Vec<Sketch>,
    buckets: usize,
}

/// The sketch of one group.
#[derive(Debug, Default)]
struct One(Sketch);

// === impl MergeLatency ===

impl MergeLatency {
    pub(super) fn new() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for MergeLatency {
    fn name(&self) -> &'static str {
        "merge_latency"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, args: &[DataType]) -> Result<DataType> {
        args.iter().try_for_each(|given| check_type("merge_latency", given))?;
        Ok(sketch_type())
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(One::default()))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[sketch]", args.name), sketch_type(), true))])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups::default()))
    }
}

// === impl Groups ===

impl Groups {
    fn add(&mut self, values: &ArrayRef, groups: &[usize], filter: Option<&BooleanArray>, total: usize) -> Result<()> {
        self.sketches.resize_with(total, Sketch::default);
        let Some(sketches) = Sketches::of(values) else { return Ok(()) };
        for (row, group) in groups.iter().enumerate() {
            if filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row)) {
                let sum = &mut self.sketches[*group];
                let before = sum.counts().len();
                sketches.add(row, sum)?;
                self.buckets += sum.counts().len() - before;
            }
        }
        Ok(())
    }
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.add(&values[0], group_indices, opt_filter, total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let emitted = emit_to.take_needed(&mut self.sketches);
        self.buckets -= emitted.iter().map(|sketch| sketch.counts().len()).sum::<usize>();
        Ok(column(&emitted))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.add(&values[0], group_indices, None, total_num_groups)
    }

    /// A sketch is its own state; of rows that are filtered out, nothing is left.
    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let mut each = Self::default();
        each.add(&values[0], &(0..rows).collect::<Vec<_>>(), opt_filter, rows)?;
        Ok(vec![column(&each.sketches)])
    }

    fn size(&self) -> usize {
        // Vectors grow by doubling.
        self.sketches.capacity() * size_of::<Sketch>() + 2 * self.buckets * size_of::<f64>()
    }
}

// === impl One ===

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let Some(sketches) = Sketches::of(&values[0]) else { return Ok(()) };
        (0..values[0].len()).try_for_each(|row| sketches.add(row, &mut self.0))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match column(std::slice::from_ref(&self.0)).as_struct_opt() {
            Some(sketch) => Ok(ScalarValue::Struct(Arc::new(sketch.clone()))),
            None => internal_err!("a column of sketches is no struct"),
        }
    }

    fn size(&self) -> usize {
        size_of::<Self>() + 2 * self.0.counts().len() * size_of::<f64>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
}
