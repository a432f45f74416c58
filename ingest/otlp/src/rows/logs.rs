//! `logs`: one row a log record.
//!
//! No record is refused: OTLP calls none invalid. A time beyond 2262-04-11 is as good as none, and
//! its 64 bits stand in the nanosecond column as a signed number.

use std::borrow::Cow;

use ingest_model::{Level, Nanos, Signal, SpanId, TraceId};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs};

use super::Rows;
use super::attributes::Attributes;
use super::columns::{self, Batch};
use super::origin::{Origin, filled};
use super::value::write_value;
use super::verdict::{Judge, Verdict};
use crate::error::DecodeError;

pub(super) fn rows(request: &[ResourceLogs], received: Nanos, verdict: Verdict<'_>) -> Result<Rows, DecodeError> {
    let mut judge = Judge::new(Signal::Logs, verdict);
    let mut origin = Origin::default();
    let mut records = Vec::new();
    for resource in request {
        origin.resource(resource.resource.as_ref(), &resource.schema_url);
        for scope in &resource.scope_logs {
            origin.scope(scope.scope.as_ref(), &scope.schema_url);
            for record in &scope.log_records {
                if judge.admits(|| Ok(()), || Ok(()))? {
                    origin.row();
                    records.push(record);
                }
            }
        }
    }
    let mut batch = Batch::new(Signal::Logs, records.len());
    put_record(&mut batch, &records, received)?;
    put_body(&mut batch, &records)?;
    put_attributes(&mut batch, &records)?;
    origin.put(&mut batch)?;
    Ok(Rows { batch: batch.finish()?, rejected: judge.finish()? })
}

fn put_record(batch: &mut Batch, records: &[&LogRecord], received: Nanos) -> Result<(), DecodeError> {
    let all = || records.iter().copied();
    let observed = |record: &LogRecord| Some(record.observed_time_unix_nano.cast_signed());
    batch.put("time", columns::micros(all().map(|record| time(record, received))))?;
    batch.put("time_unix_nano", columns::int(all().map(|record| Some(record.time_unix_nano.cast_signed()))))?;
    batch.put("observed_time_unix_nano", columns::int(all().map(observed)))?;
    batch.put("trace_id", columns::id(all().map(trace_id)))?;
    batch.put("span_id", columns::id(all().map(span_id)))?;
    batch.put("severity_number", columns::int(all().map(|record| Some(record.severity_number.into()))))?;
    batch.put("severity_text", columns::text(all().map(|record| filled(&record.severity_text))))?;
    batch.put("event_name", columns::text(all().map(|record| filled(&record.event_name))))?;
    batch.put("flags", columns::int(all().map(|record| Some(record.flags.into()))))
}

fn put_body(batch: &mut Batch, records: &[&LogRecord]) -> Result<(), DecodeError> {
    batch.put("body_type", columns::text(records.iter().map(|record| body(record).map(body_type))))?;
    let written: Vec<_> = records.iter().map(|record| body(record).map(body_text)).collect();
    batch.put("body", columns::text(written.iter().map(Option::as_deref)))
}

fn put_attributes(batch: &mut Batch, records: &[&LogRecord]) -> Result<(), DecodeError> {
    let mut attributes = Attributes::new(Level::Log);
    records.iter().for_each(|record| attributes.push(&record.attributes));
    attributes.put(batch, "attributes_rest")?;
    let dropped = records.iter().map(|record| Some(record.dropped_attributes_count.into()));
    batch.put("dropped_attributes_count", columns::int(dropped))
}

/// When it happened; else when it was observed; else when it was received.
fn time(record: &LogRecord, received: Nanos) -> i64 {
    let known = |nanos: u64| i64::try_from(nanos).ok().filter(|nanos| *nanos != 0);
    known(record.time_unix_nano).or_else(|| known(record.observed_time_unix_nano)).unwrap_or(received.0)
}

/// OTLP: an invalid id says that the record belongs to no trace, not that it is invalid itself.
fn trace_id(record: &LogRecord) -> Option<&[u8]> {
    TraceId::from_bytes(&record.trace_id).map(|_| record.trace_id.as_slice())
}

fn span_id(record: &LogRecord) -> Option<&[u8]> {
    SpanId::from_bytes(&record.span_id).map(|_| record.span_id.as_slice())
}

fn body(record: &LogRecord) -> Option<&Value> {
    let value = record.body.as_ref().and_then(|body| body.value.as_ref());
    value.filter(|value| !matches!(value, Value::StringValueStrindex(_)))
}

fn body_text(body: &Value) -> Cow<'_, str> {
    if let Value::StringValue(text) = body {
        return Cow::Borrowed(text);
    }
    let mut json = String::new();
    write_value(&mut json, Some(body));
    Cow::Owned(json)
}

const fn body_type(body: &Value) -> &'static str {
    match body {
        Value::StringValue(_) | Value::StringValueStrindex(_) => "string",
        Value::BoolValue(_) => "bool",
        Value::IntValue(_) => "int",
        Value::DoubleValue(_) => "double",
        Value::BytesValue(_) => "bytes",
        Value::ArrayValue(_) => "array",
        Value::KvlistValue(_) => "kvlist",
    }
}
