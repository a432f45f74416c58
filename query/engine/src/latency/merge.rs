//! `merge_latency` and `latency_sketch`: the sketch of everything that the sketches, or the durations, of a group are.

use std::mem::size_of;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility};
use datafusion::scalar::ScalarValue;
use ingest_signals::Sketch;

use super::sparse::Sparse;
use super::{Sketches, check_type, column, sketch_type, state};

/// The functions.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct AddUp {
    signature: Signature,
    of: Of,
}

/// What is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Of {
    Sketches,
    /// Durations in nanoseconds, each of one request; what is below 0 counts as 0.
    Durations,
}

/// The sketches of all groups.
#[derive(Debug)]
struct Groups {
    of: Of,
    sketches: Vec<Sparse>,
    buckets: usize,
}

/// The sketch of one group.
#[derive(Debug)]
struct One {
    of: Of,
    sketch: Sparse,
}

// === impl AddUp ===

impl AddUp {
    pub(super) fn sketches() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable), of: Of::Sketches }
    }

    pub(super) fn durations() -> Self {
        Self { signature: Signature::exact(vec![DataType::Int64], Volatility::Immutable), of: Of::Durations }
    }
}

impl AggregateUDFImpl for AddUp {
    fn name(&self) -> &'static str {
        match self.of {
            Of::Sketches => "merge_latency",
            Of::Durations => "latency_sketch",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, args: &[DataType]) -> Result<DataType> {
        if self.of == Of::Sketches {
            args.iter().try_for_each(|given| check_type(self.name(), given))?;
        }
        Ok(sketch_type())
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(One { of: self.of, sketch: Sparse::default() }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(state::fields(args.name))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups::new(self.of)))
    }
}

// === impl Of ===

impl Of {
    /// Adds each row's value to the sketch that `into` names for the row, if it names one; how many buckets there are more.
    fn add(self, values: &ArrayRef, sketches: &mut [Sparse], into: impl Fn(usize) -> Option<usize>) -> Result<usize> {
        let mut more = 0;
        let rows = (0..values.len()).filter_map(|row| Some((row, into(row)?)));
        match self {
            Self::Sketches => {
                let Some(given) = Sketches::of(values) else { return Ok(0) };
                for (row, group) in rows {
                    more += given.add(row, &mut sketches[group])?;
                }
            }
            Self::Durations => {
                let Some(durations) = values.as_primitive_opt::<Int64Type>() else { return Ok(0) };
                for (row, group) in rows.filter(|(row, _)| durations.is_valid(*row)) {
                    let duration = u64::try_from(durations.value(row)).unwrap_or(0);
                    more += sketches[group].add(Sketch::bucket(duration) as i32, 1.0);
                }
            }
        }
        Ok(more)
    }
}

// === impl Groups ===

impl Groups {
    fn new(of: Of) -> Self {
        Self { of, sketches: Vec::new(), buckets: 0 }
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<Sparse> {
        let emitted = emit_to.take_needed(&mut self.sketches);
        self.buckets -= emitted.iter().map(|sketch| sketch.buckets().len()).sum::<usize>();
        emitted
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
        self.sketches.resize_with(total_num_groups, Sparse::default);
        let kept = |row: usize| opt_filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        self.buckets += self.of.add(&values[0], &mut self.sketches, |row| kept(row).then(|| group_indices[row]))?;
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(column(&self.take(emit_to)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(state::columns(&self.take(emit_to)))
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.sketches.resize_with(total_num_groups, Sparse::default);
        let (sketches, buckets) = (&mut self.sketches, &mut self.buckets);
        state::add(values, |row, each, counts| {
            *buckets += sketches[group_indices[row]].add_all(each.iter().copied().zip(counts));
        })
    }

    /// A value is its own state; of rows that are filtered out, nothing is left.
    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let mut each = Self::new(self.of);
        each.update_batch(values, &(0..rows).collect::<Vec<_>>(), opt_filter, rows)?;
        Ok(state::columns(&each.sketches))
    }

    fn size(&self) -> usize {
        // Vectors grow by doubling.
        self.sketches.capacity() * size_of::<Sparse>() + 2 * self.buckets * size_of::<(i32, f64)>()
    }
}

// === impl One ===

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.of.add(&values[0], std::slice::from_mut(&mut self.sketch), |_| Some(0)).map(drop)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match column(std::slice::from_ref(&self.sketch)).as_struct_opt() {
            Some(sketch) => Ok(ScalarValue::Struct(Arc::new(sketch.clone()))),
            None => internal_err!("a column of sketches is no struct"),
        }
    }

    fn size(&self) -> usize {
        size_of::<Self>() + 2 * self.sketch.buckets().len() * size_of::<(i32, f64)>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let columns = state::columns(std::slice::from_ref(&self.sketch));
        columns.iter().map(|column| ScalarValue::try_from_array(column, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let sum = &mut self.sketch;
        state::add(states, |_, buckets, counts| {
            sum.add_all(buckets.iter().copied().zip(counts));
        })
    }
}
