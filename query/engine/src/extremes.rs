//! `min` and `max`, right for doubles that are no number.
//!
//! In groups the 55.2 line compares doubles so that NaN takes the place of any value and any value takes its place: the
//! answer depends on the order of rows, and a group of infinities answers the greatest number there is
//! (apache/datafusion issue 24432). Without groups it compares as it sorts, NaN after all others; so these functions
//! are those of the engine, but for doubles one at a time in each group.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, SetMonotonicity, Signature,
    StatisticsArgs,
};

/// `min` or `max`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Extreme {
    of_engine: Arc<AggregateUDF>,
}

// === impl Extreme ===

impl AggregateUDFImpl for Extreme {
    fn name(&self) -> &str {
        self.of_engine.name()
    }

    fn signature(&self) -> &Signature {
        self.of_engine.signature()
    }

    fn return_type(&self, args: &[DataType]) -> Result<DataType> {
        self.of_engine.return_type(args)
    }

    fn coerce_types(&self, args: &[DataType]) -> Result<Vec<DataType>> {
        self.of_engine.coerce_types(args)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.of_engine.accumulator(args)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.of_engine.state_fields(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.return_field.data_type().is_floating() && self.of_engine.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        self.of_engine.create_groups_accumulator(args)
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.of_engine.create_sliding_accumulator(args)
    }

    fn is_descending(&self) -> Option<bool> {
        self.of_engine.is_descending()
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.of_engine.order_sensitivity()
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn value_from_stats(&self, statistics: &StatisticsArgs<'_>) -> Option<ScalarValue> {
        self.of_engine.value_from_stats(statistics)
    }

    fn set_monotonicity(&self, data_type: &DataType) -> SetMonotonicity {
        self.of_engine.inner().set_monotonicity(data_type)
    }
}

/// Both functions, to be registered in place of the engine's.
pub(crate) fn extremes() -> [Arc<AggregateUDF>; 2] {
    [min_udaf(), max_udaf()].map(|of_engine| Arc::new(AggregateUDF::new_from_impl(Extreme { of_engine })))
}
