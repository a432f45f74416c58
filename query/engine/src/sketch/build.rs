//! `metric_sketch`: the sketch of a histogram's point, of the columns that `metrics` has for it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use query_promql::Histogram;
use query_promql::otlp::{Figures, Kind, native};

use super::histogram;
use crate::prometheus::figures;
use crate::read::Columns;

/// The columns, in the order of the arguments.
const COLUMNS: [&str; 11] = [
    "count",
    "sum",
    "bucket_counts",
    "explicit_bounds",
    "scale",
    "zero_count",
    "zero_threshold",
    "positive_offset",
    "positive_bucket_counts",
    "negative_offset",
    "negative_bucket_counts",
];

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct MetricSketch {
    signature: Signature,
}

// === impl MetricSketch ===

impl MetricSketch {
    pub(super) fn new() -> Self {
        Self { signature: Signature::any(COLUMNS.len(), Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for MetricSketch {
    fn name(&self) -> &'static str {
        "metric_sketch"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        if given.len() == COLUMNS.len() {
            return Ok(histogram::data_type());
        }
        plan_err!("metric_sketch takes the columns {}", COLUMNS.join(", "))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = args.args.iter().map(|arg| arg.to_array(args.number_rows)).collect::<Result<Vec<ArrayRef>>>()?;
        let field = |(name, column): (&&str, &ArrayRef)| Field::new(*name, column.data_type().clone(), true);
        let schema: Vec<Field> = COLUMNS.iter().zip(&columns).map(field).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(args.number_rows));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(schema)), columns, &options)?;
        let sketches: Vec<Option<Histogram>> = (0..args.number_rows).map(|row| sketch(&batch, row)).collect();
        Ok(ColumnarValue::Array(histogram::column(sketches.iter().map(Option::as_ref))))
    }
}

/// The sketch of a row; `None` for what is no histogram.
fn sketch(batch: &RecordBatch, row: usize) -> Option<Histogram> {
    let has = |name: &str| batch.column_by_name(name).is_some_and(|column| column.is_valid(row));
    let kind = if has("scale") {
        Kind::Exponential
    } else if has("bucket_counts") {
        Kind::Histogram
    } else {
        return None;
    };
    match figures(batch, &Columns::new(batch), kind, row) {
        Figures::Exponential(exponential) => native(&exponential),
        Figures::Histogram { count, sum, bounds, counts } => {
            let sum = sum.unwrap_or(f64::NAN);
            Some(Histogram { count, ..Histogram::of_bounds(&bounds, &counts, sum) })
        }
        Figures::Gone | Figures::Number(_) | Figures::Summary { .. } => None,
    }
}
