//! `quantile`: the value that a share of what a sketch holds does not pass, of latencies and of histograms.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Float64Builder};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::histogram;
use crate::latency;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Quantile {
    signature: Signature,
}

// === impl Quantile ===

impl Quantile {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Quantile {
    fn name(&self) -> &'static str {
        "quantile"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [sketch, share] if *sketch == histogram::data_type() => {
                if !share.is_numeric() && !share.is_null() {
                    return plan_err!("quantile takes a share from 0 to 1, not a {share}");
                }
                Ok(vec![sketch.clone(), DataType::Float64])
            }
            _ => latency::quantile().coerce_types(given),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if args.args.first().is_none_or(|sketch| sketch.data_type() != histogram::data_type()) {
            return latency::quantile().invoke_with_args(args);
        }
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (column, shares) = (&arrays[0], arrays[1].as_primitive::<Float64Type>());
        let mut out = Float64Builder::with_capacity(column.len());
        for row in 0..column.len() {
            let share = shares.is_valid(row).then(|| shares.value(row));
            let sketch = histogram::value(column, row);
            out.append_option(sketch.zip(share).and_then(|(sketch, share)| sketch.at_share(share)));
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }
}
