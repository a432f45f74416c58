//! `metric_increase`, `metric_rate` and `metric_sketch_increase`: window functions over the points of a series.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, Volatility, WindowUDFImpl};
use datafusion::scalar::ScalarValue;
use query_promql::Histogram;

use super::{Point, Step, step};
use crate::sketch::histogram;

/// What a function tells of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum What {
    /// What it adds.
    Increase,
    /// What it adds a second.
    Rate,
    /// The sketch of what it adds.
    Sketch,
}

/// A function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Adds {
    what: What,
    signature: Signature,
}

/// Goes through the points of a series.
#[derive(Debug)]
struct Walk(What);

// === impl What ===

impl What {
    pub(crate) const ALL: [Self; 3] = [Self::Increase, Self::Rate, Self::Sketch];

    const fn name(self) -> &'static str {
        match self {
            Self::Increase => "metric_increase",
            Self::Rate => "metric_rate",
            Self::Sketch => "metric_sketch_increase",
        }
    }

    fn given(self) -> DataType {
        if self == Self::Sketch { histogram::data_type() } else { DataType::Float64 }
    }
}

// === impl Adds ===

impl Adds {
    pub(super) fn new(what: What) -> Self {
        Self { what, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl WindowUDFImpl for Adds {
    fn name(&self) -> &'static str {
        self.what.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let (name, own) = (self.name(), self.what.given());
        let first = if self.what == What::Sketch { "sketch" } else { "value" };
        let [value, time, start, temporality] = given else {
            return plan_err!("{name} takes {first}, time_unix_nano, start_time_unix_nano and temporality");
        };
        let fits = if self.what == What::Sketch {
            *value == own || value.is_null()
        } else {
            value.is_numeric() || value.is_null()
        };
        if !fits {
            return plan_err!("{name} takes a {first} first, not a {value}");
        }
        if let Some(other) = [time, start].into_iter().find(|given| !given.is_integer() && !given.is_null()) {
            return plan_err!(
                "{name} takes times in nanoseconds, time_unix_nano and start_time_unix_nano, not a {other}"
            );
        }
        if !temporality.is_string() && !temporality.is_null() {
            return plan_err!("{name} takes a temporality last, DELTA or CUMULATIVE, not a {temporality}");
        }
        Ok(vec![own, DataType::Int64, DataType::Int64, DataType::Utf8View])
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs<'_>) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Walk(self.what)))
    }

    fn field(&self, field_args: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(field_args.name(), self.what.given(), true)))
    }
}

// === impl Walk ===

impl PartitionEvaluator for Walk {
    /// A point and the one before.
    fn get_range(&self, idx: usize, _: usize) -> Result<Range<usize>> {
        Ok(idx.saturating_sub(1)..idx + 1)
    }

    fn is_causal(&self) -> bool {
        true
    }

    fn supports_bounded_execution(&self) -> bool {
        true
    }

    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> Result<ScalarValue> {
        let Some(now) = range.end.checked_sub(1) else { return exec_err!("there is no point") };
        let before = (range.len() > 1).then(|| now - 1);
        let sketch = |row: usize| histogram::value(&values[0], row);
        let point = |row: usize, value: Option<f64>| point(values, row, value);
        if self.0 == What::Sketch {
            let (now_sketch, before_sketch) = (sketch(now), before.and_then(sketch));
            let count = |sketch: &Option<Histogram>| sketch.as_ref().map(|sketch| sketch.count);
            let before = before.map(|before| point(before, count(&before_sketch)));
            let added = match step(before, point(now, count(&now_sketch))) {
                Step::Unknown | Step::Nothing => None,
                Step::Whole { .. } => now_sketch,
                Step::Difference { .. } => {
                    now_sketch.map(|now| before_sketch.and_then(|before| now.since(&before)).unwrap_or(now))
                }
            };
            return histogram::scalar(added.as_ref());
        }
        let own = values[0].as_primitive::<Float64Type>();
        let value = |row: usize| own.is_valid(row).then(|| own.value(row));
        let (current, former) = (value(now).unwrap_or(0.0), before.and_then(value).unwrap_or(0.0));
        let (added, nanos) = match step(before.map(|before| point(before, value(before))), point(now, value(now))) {
            Step::Unknown => (None, None),
            Step::Nothing => (Some(0.0), None),
            Step::Whole { nanos } => (Some(current), nanos),
            Step::Difference { nanos } => (Some(current - former), nanos),
        };
        let rate = || Some(added? * 1e9 / nanos? as f64);
        Ok(ScalarValue::Float64(if self.0 == What::Rate { rate() } else { added }))
    }
}

fn point(values: &[ArrayRef], row: usize, value: Option<f64>) -> Point {
    let (times, starts) = (values[1].as_primitive::<Int64Type>(), values[2].as_primitive::<Int64Type>());
    let temporality = values[3].as_string_view();
    Point {
        value,
        time: times.value(row),
        start: starts.is_valid(row).then(|| starts.value(row)).filter(|start| *start > 0),
        is_delta: temporality.is_valid(row) && temporality.value(row) == "DELTA",
    }
}
