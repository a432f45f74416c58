//! `merge`: the sketch of everything the sketches of a group hold, of latencies and of histograms.

use std::mem::size_of;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility};
use datafusion::scalar::ScalarValue;
use query_promql::Histogram;

use super::histogram;
use crate::latency;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Merge {
    signature: Signature,
}

/// The sketches of all groups.
#[derive(Debug, Default)]
struct Groups {
    sketches: Vec<Option<Histogram>>,
    bytes: usize,
}

// === impl Merge ===

impl Merge {
    pub(super) fn new() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

fn is_latency(given: &DataType) -> bool {
    *given == latency::sketch_type()
}

impl AggregateUDFImpl for Merge {
    fn name(&self) -> &'static str {
        "merge"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        match given {
            [given] if is_latency(given) || *given == histogram::data_type() => Ok(given.clone()),
            [DataType::Null] => Ok(histogram::data_type()),
            _ => plan_err!("merge takes a sketch: the column latency of golden_signals, or sketch of metric_increases"),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if is_latency(args.return_field.data_type()) {
            return latency::merge_latency().accumulator(args);
        }
        Ok(Box::new(Groups::default()))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        if is_latency(args.return_field.data_type()) {
            return latency::merge_latency().state_fields(args);
        }
        let own = args.return_field.data_type().clone();
        Ok(vec![Arc::new(Field::new(format!("{}[sketch]", args.name), own, true))])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        if is_latency(args.return_field.data_type()) {
            return latency::merge_latency().create_groups_accumulator(args);
        }
        Ok(Box::new(Groups::default()))
    }
}

// === impl Groups ===

impl Groups {
    fn add(&mut self, values: &ArrayRef, group: impl Fn(usize) -> Option<usize>) -> Result<()> {
        for row in 0..values.len() {
            let Some(group) = group(row) else { continue };
            let Some(more) = histogram::value(values, row) else { continue };
            let sum = &mut self.sketches[group];
            let before = sum.as_ref().map_or(0, bytes);
            let both = match sum.take() {
                None => Some(more),
                Some(sum) => sum.added(&more),
            };
            let Some(both) = both else {
                return exec_err!(
                    "an exponential histogram and one with told bounds have no sketch in common: \
                     group by metric_name and metric_type"
                );
            };
            self.bytes = (self.bytes + bytes(&both)).saturating_sub(before);
            *sum = Some(both);
        }
        Ok(())
    }

    fn total(&mut self, groups: usize) {
        self.sketches.resize_with(groups.max(self.sketches.len()), || None);
    }
}

fn bytes(sketch: &Histogram) -> usize {
    (sketch.positive.capacity() + sketch.negative.capacity()) * size_of::<(i32, f64)>()
        + sketch.custom_bounds.len() * size_of::<f64>()
}

fn kept(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.total(total_num_groups);
        self.add(&values[0], |row| kept(opt_filter, row).then(|| group_indices[row]))
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let emitted = emit_to.take_needed(&mut self.sketches);
        let gone: usize = emitted.iter().flatten().map(bytes).sum();
        self.bytes = self.bytes.saturating_sub(gone);
        Ok(histogram::column(emitted.iter().map(Option::as_ref)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![GroupsAccumulator::evaluate(self, emit_to)?])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.total(total_num_groups);
        self.add(&values[0], |row| Some(group_indices[row]))
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let each: Vec<Option<Histogram>> = (0..values[0].len())
            .map(|row| kept(opt_filter, row).then(|| histogram::value(&values[0], row)).flatten())
            .collect();
        Ok(vec![histogram::column(each.iter().map(Option::as_ref))])
    }

    fn size(&self) -> usize {
        self.sketches.capacity() * size_of::<Option<Histogram>>() + self.bytes
    }
}

impl Accumulator for Groups {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.total(1);
        self.add(&values[0], |_| Some(0))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        histogram::scalar(self.sketches.first().and_then(Option::as_ref))
    }

    fn size(&self) -> usize {
        GroupsAccumulator::size(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![Accumulator::evaluate(self)?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        Accumulator::update_batch(self, states)
    }
}
