//! `quantile`: the latency below or at which a share of requests lies.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Float64Builder};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use ingest_signals::Sketch;

use super::{NO_SKETCH, Sketches, check_type};

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

    fn coerce_types(&self, args: &[DataType]) -> Result<Vec<DataType>> {
        let [sketch, q] = args else {
            return plan_err!("quantile takes two arguments, the column latency and a share from 0 to 1");
        };
        check_type("quantile", sketch)?;
        if !q.is_numeric() && !q.is_null() {
            return plan_err!("quantile takes a share from 0 to 1, not a {q}");
        }
        Ok(vec![sketch.clone(), DataType::Float64])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (column, shares) = (&arrays[0], arrays[1].as_primitive::<Float64Type>());
        let sketches = Sketches::of(column);
        let mut out = Float64Builder::with_capacity(column.len());
        for row in 0..column.len() {
            let sketch = sketches.as_ref().and_then(|sketches| sketches.get(row));
            let share = shares.is_valid(row).then(|| shares.value(row));
            out.append_option(match (sketch, share) {
                (Some((offset, counts)), Some(share)) => quantile(offset, counts, share)?,
                _ => None,
            });
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }
}

fn quantile(offset: i64, counts: &[f64], share: f64) -> Result<Option<f64>> {
    if Sketch::check(offset, counts.len()).is_err() {
        return exec_err!("{NO_SKETCH}");
    }
    Ok(Sketch::quantile_of(offset, counts, share))
}
