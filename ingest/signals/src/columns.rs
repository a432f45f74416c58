//! The columns of stored spans that golden signals need.

use arrow::array::{Array, AsArray, BinaryViewArray, Int64Array, StringViewArray, TimestampMicrosecondArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;

use crate::failure::Outcome;

/// The columns of a batch of spans.
#[derive(Debug)]
pub(crate) struct Spans<'a> {
    pub(crate) start: &'a TimestampMicrosecondArray,
    /// What is past `start`.
    pub(crate) start_nanos: &'a Int64Array,
    pub(crate) duration: &'a Int64Array,
    pub(crate) trace_id: &'a BinaryViewArray,
    pub(crate) span_id: &'a BinaryViewArray,
    pub(crate) service: &'a StringViewArray,
    pub(crate) name: &'a StringViewArray,
    pub(crate) kind: &'a StringViewArray,
    pub(crate) status: &'a StringViewArray,
    trace_state: &'a StringViewArray,
    error_type: &'a StringViewArray,
    /// The stable key first, the older spelling after it.
    http_status: [&'a Int64Array; 2],
    grpc_status: &'a Int64Array,
}

/// One span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span<'a> {
    pub(crate) start_us: i64,
    pub(crate) duration_ns: i64,
    pub(crate) service: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    pub(crate) trace_state: Option<&'a str>,
    pub(crate) outcome: Outcome<'a>,
}

// === impl Spans ===

impl Spans<'_> {
    /// The names of the columns.
    pub(crate) const COLUMNS: [&'static str; 14] = [
        "start_time",
        "start_time_nanos",
        "duration_ns",
        "trace_id",
        "span_id",
        "service_name",
        "name",
        "kind",
        "status_code",
        "trace_state",
        "attr_error_type",
        "attr_http_response_status_code",
        "attr_http_status_code",
        "attr_rpc_grpc_status_code",
    ];
}

impl<'a> Spans<'a> {
    /// The columns of `batch`; a text naming the one that is missing or of another type.
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self, String> {
        Ok(Self {
            start: find(batch, "start_time", |array| array.as_primitive_opt::<TimestampMicrosecondType>())?,
            start_nanos: int(batch, "start_time_nanos")?,
            duration: int(batch, "duration_ns")?,
            trace_id: find(batch, "trace_id", |array| array.as_binary_view_opt())?,
            span_id: find(batch, "span_id", |array| array.as_binary_view_opt())?,
            service: text(batch, "service_name")?,
            name: text(batch, "name")?,
            kind: text(batch, "kind")?,
            status: text(batch, "status_code")?,
            trace_state: text(batch, "trace_state")?,
            error_type: text(batch, "attr_error_type")?,
            http_status: [int(batch, "attr_http_response_status_code")?, int(batch, "attr_http_status_code")?],
            grpc_status: int(batch, "attr_rpc_grpc_status_code")?,
        })
    }

    /// How many spans there are.
    pub(crate) fn len(&self) -> usize {
        self.start.len()
    }

    pub(crate) fn span(&self, row: usize) -> Span<'a> {
        Span {
            start_us: self.start.value(row),
            duration_ns: int_at(self.duration, row).unwrap_or(0),
            service: text_at(self.service, row),
            name: text_at(self.name, row),
            trace_state: text_at(self.trace_state, row),
            outcome: Outcome {
                status: text_at(self.status, row),
                kind: text_at(self.kind, row),
                error_type: text_at(self.error_type, row),
                http_status: self.http_status.iter().find_map(|column| int_at(column, row)),
                grpc_status: int_at(self.grpc_status, row),
            },
        }
    }
}

fn text<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringViewArray, String> {
    find(batch, name, |array| array.as_string_view_opt())
}

fn int<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Int64Array, String> {
    find(batch, name, |array| array.as_primitive_opt::<Int64Type>())
}

fn find<'a, T>(
    batch: &'a RecordBatch,
    name: &str,
    typed: impl FnOnce(&'a dyn Array) -> Option<&'a T>,
) -> Result<&'a T, String> {
    let column = batch.column_by_name(name).ok_or_else(|| format!("spans have no column {name}"))?;
    typed(column.as_ref()).ok_or_else(|| format!("the column {name} of spans is a {}", column.data_type()))
}

fn text_at(column: &StringViewArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

fn int_at(column: &Int64Array, row: usize) -> Option<i64> {
    column.is_valid(row).then(|| column.value(row))
}
