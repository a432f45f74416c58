//! `time_bucket(width, time [, origin])`: the start of the bucket a time is in, as TimescaleDB has it.
//!
//! It is `date_bin`, whose buckets are counted from 1970, a Thursday. Here they are counted from Monday, 3 January 2000, so
//! that weeks begin on Mondays; buckets of months from 1 January 2000.

use std::sync::Arc;

use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::functions::datetime::date_bin;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

/// Monday, 3 January 2000, in nanoseconds since 1970.
const MONDAY_NS: i64 = 946_857_600_000_000_000;

/// Saturday, 1 January 2000.
const FIRST_OF_MONTH_NS: i64 = 946_684_800_000_000_000;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TimeBucket {
    signature: Signature,
    bin: Arc<ScalarUDF>,
}

// === impl TimeBucket ===

impl ScalarUDFImpl for TimeBucket {
    fn name(&self) -> &'static str {
        "time_bucket"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The bucket has the type of the time, where `date_bin` gives nanoseconds.
    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let ([width, time] | [width, time, _]) = types else {
            return plan_err!("time_bucket takes a width, a time, and maybe an origin");
        };
        if !matches!(width, DataType::Interval(_) | DataType::Null) && !width.is_string() {
            return plan_err!("the width of time_bucket is an interval, such as '5 minutes'");
        }
        let time = match time {
            DataType::Timestamp(..) => time.clone(),
            other if other.is_temporal() || other.is_string() || other.is_null() => utc(TimeUnit::Microsecond),
            _ => return plan_err!("the second argument of time_bucket is a time"),
        };
        let all = [DataType::Interval(IntervalUnit::MonthDayNano), time, utc(TimeUnit::Nanosecond)];
        Ok(all.into_iter().take(types.len()).collect())
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.bin.return_type(arguments)
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if let [width, _] = args.args.as_slice() {
            let origin = if is_of_months(width) { FIRST_OF_MONTH_NS } else { MONDAY_NS };
            let origin = ScalarValue::TimestampNanosecond(Some(origin), Some("UTC".into()));
            args.args.push(ColumnarValue::Scalar(origin));
        }
        self.bin.inner().invoke_with_args(args)
    }

    fn output_ordering(&self, input: &[ExprProperties]) -> Result<SortProperties> {
        self.bin.inner().output_ordering(input)
    }
}

fn utc(unit: TimeUnit) -> DataType {
    DataType::Timestamp(unit, Some("UTC".into()))
}

fn is_of_months(width: &ColumnarValue) -> bool {
    matches!(width, ColumnarValue::Scalar(ScalarValue::IntervalMonthDayNano(Some(width))) if width.months != 0)
}

/// The function, for SQL.
pub(crate) fn time_bucket() -> Arc<ScalarUDF> {
    let signature = Signature::user_defined(Volatility::Immutable);
    Arc::new(ScalarUDF::new_from_impl(TimeBucket { signature, bin: date_bin() }))
}
