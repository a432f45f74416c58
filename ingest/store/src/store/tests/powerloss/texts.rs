//! Requests for these tests: a body is texts, comma separated, each of which becomes a row.

use arrow::array::{ArrayRef, AsArray, Int64Array, StringViewArray, TimestampMicrosecondArray, new_null_array};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use ingest_model::{Nanos, Signal, Tenant};

use super::super::NOW;
use crate::append::{Append, Decode, Encoding, RecordedRequest};
use crate::schema;

/// Makes rows of texts.
#[derive(Debug)]
pub(super) struct Texts;

/// The column that holds the text.
pub(super) const fn text_column(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "name",
        Signal::Logs => "body",
        Signal::Metrics => "metric_name",
    }
}

/// The texts of a batch of rows.
pub(super) fn texts(signal: Signal, batch: &RecordBatch) -> Vec<String> {
    let column = batch.column_by_name(text_column(signal)).unwrap();
    column.as_string_view().iter().flatten().map(str::to_owned).collect()
}

impl Decode for Texts {
    fn rows(&self, request: &RecordedRequest) -> Result<RecordBatch, String> {
        let text = std::str::from_utf8(&request.body).map_err(|error| error.to_string())?;
        let texts: Vec<&str> = text.split(',').collect();
        let spec = schema::table(request.signal);
        // Rows lie in several hours of two days.
        let hour = |text: &&str| text.bytes().map(i64::from).sum::<i64>() % 4 * 9;
        let times: Vec<i64> = texts.iter().map(|text| NOW.0 + hour(text) * 3_600 * 1_000_000_000).collect();
        let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
            let micros = times.iter().map(|nanos| Nanos(*nanos).micros()).collect::<Vec<_>>();
            match field.name().as_str() {
                name if name == spec.time_column => {
                    Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"))
                }
                "time_nanos" => Arc::new(Int64Array::from(times.clone())),
                name if name == text_column(request.signal) => Arc::new(StringViewArray::from_iter_values(&texts)),
                _ => new_null_array(field.data_type(), texts.len()),
            }
        };
        let columns = spec.schema.fields().iter().map(column).collect();
        RecordBatch::try_new(Arc::clone(&spec.schema), columns).map_err(|error| error.to_string())
    }
}

/// A request that is ready to be made durable.
pub(super) fn append(tenant: &Tenant, signal: Signal, texts: &[String]) -> Append {
    let request = RecordedRequest {
        tenant: tenant.clone(),
        signal,
        encoding: Encoding::Protobuf,
        received: NOW,
        rejected: Vec::new(),
        body: Bytes::from(texts.join(",")),
    };
    let rows = Texts.rows(&request).unwrap();
    Append { request, rows }
}

use std::sync::Arc;
