//! `logs`: one row a log record.
//!
//! No record is refused: OTLP calls none invalid. A time beyond 2262-04-11 is as good as none, and
//! its 64 bits can be told from the nanosecond column as a signed number.

use std::borrow::Cow;

use ingest_model::{Level, Nanos, Signal, SpanId, TraceId};

use super::attributes::Attributes;
use super::columns::{self, Batch};
use super::origin::{self, filled};
use super::value::write_value;
use super::verdict::{Judge, Verdict};
use super::{Rows, past_micros};
use crate::error::DecodeError;
use crate::proto::{Lists, LogRecord, Request, Value};

pub(super) fn rows(
    request: &Request<'_, LogRecord<'_>>,
    received: Nanos,
    verdict: Verdict<'_>,
) -> Result<Rows, DecodeError> {
    let mut judge = Judge::new(Signal::Logs, verdict);
    let mut records = Vec::with_capacity(request.items.len());
    for record in &request.items {
        if judge.admits(|| Ok(()), || Ok(()))? {
            records.push(record);
        }
    }
    let mut batch = Batch::new(Signal::Logs, records.len());
    put_record(&mut batch, &records, received)?;
    put_body(&mut batch, &records)?;
    put_attributes(&mut batch, &records, &request.lists)?;
    origin::put(&mut batch, request, records.iter().map(|record| record.scope).collect())?;
    Ok(Rows { batch: batch.finish()?, rejected: judge.finish()? })
}

fn put_record(batch: &mut Batch, records: &[&LogRecord<'_>], received: Nanos) -> Result<(), DecodeError> {
    let all = || records.iter().copied();
    batch.put("time", columns::micros(all().map(|record| time(record, received))))?;
    batch.put("time_nanos", columns::int(all().map(|record| time_nanos(record, received))))?;
    batch.put("observed_delay_ns", columns::int(all().map(|record| observed_delay_ns(record, received))))?;
    batch.put("trace_id", columns::id(all().map(trace_id)))?;
    batch.put("span_id", columns::id(all().map(span_id)))?;
    batch.put("severity_number", columns::int(all().map(|record| Some(record.severity_number.into()))))?;
    batch.put("severity_text", columns::text(all().map(|record| filled(record.severity_text))))?;
    batch.put("event_name", columns::text(all().map(|record| filled(record.event_name))))?;
    batch.put("flags", columns::int(all().map(|record| Some(record.flags.into()))))
}

fn put_body(batch: &mut Batch, records: &[&LogRecord<'_>]) -> Result<(), DecodeError> {
    batch.put("body_type", columns::text(records.iter().map(|record| body_type(record))))?;
    let written: Vec<_> = records.iter().map(|record| body_text(record)).collect();
    batch.put("body", columns::text(written.iter().map(Option::as_deref)))
}

fn put_attributes(batch: &mut Batch, records: &[&LogRecord<'_>], lists: &Lists<'_>) -> Result<(), DecodeError> {
    let mut attributes = Attributes::new(Level::Log);
    records.iter().for_each(|record| attributes.push(record.attributes.of(&lists.attributes)));
    attributes.put(batch, "attributes_rest")?;
    let dropped = records.iter().map(|record| Some(record.dropped_attributes_count.into()));
    batch.put("dropped_attributes_count", columns::int(dropped))
}

/// When it happened; else when it was observed; else when it was received.
fn time(record: &LogRecord<'_>, received: Nanos) -> i64 {
    let known = |nanos: u64| i64::try_from(nanos).ok().filter(|nanos| *nanos != 0);
    known(record.time_unix_nano).or_else(|| known(record.observed_time_unix_nano)).unwrap_or(received.0)
}

/// What the sender gave as the time, less `time`: up to 999 ns, but where another time had to be taken. The sum wraps around.
fn time_nanos(record: &LogRecord<'_>, received: Nanos) -> Option<i64> {
    given(record.time_unix_nano).map(|given| given.wrapping_sub(whole_micros(time(record, received))))
}

/// How long after the time that was given, or else after `time`, it was observed. The sum wraps around.
fn observed_delay_ns(record: &LogRecord<'_>, received: Nanos) -> Option<i64> {
    let happened = given(record.time_unix_nano).unwrap_or_else(|| whole_micros(time(record, received)));
    given(record.observed_time_unix_nano).map(|observed| observed.wrapping_sub(happened))
}

/// The 64 bits of a time as a signed number; `None` for the 0 of a sender that gives none.
fn given(nanos: u64) -> Option<i64> {
    (nanos != 0).then_some(nanos.cast_signed())
}

fn whole_micros(nanos: i64) -> i64 {
    nanos.wrapping_sub(past_micros(nanos))
}

/// OTLP: an invalid id says that the record belongs to no trace, not that it is invalid itself.
fn trace_id<'a>(record: &LogRecord<'a>) -> Option<&'a [u8]> {
    TraceId::from_bytes(record.trace_id).map(|_| record.trace_id)
}

fn span_id<'a>(record: &LogRecord<'a>) -> Option<&'a [u8]> {
    SpanId::from_bytes(record.span_id).map(|_| record.span_id)
}

fn body_text<'a>(record: &LogRecord<'a>) -> Option<Cow<'a, str>> {
    match record.body? {
        Value::Empty => None,
        Value::Text(text) => Some(Cow::Borrowed(text)),
        body => {
            let mut json = String::new();
            write_value(&mut json, body);
            Some(Cow::Owned(json))
        }
    }
}

fn body_type(record: &LogRecord<'_>) -> Option<&'static str> {
    match record.body? {
        Value::Empty => None,
        Value::Text(_) => Some("string"),
        Value::Bool(_) => Some("bool"),
        Value::Int(_) => Some("int"),
        Value::Double(_) => Some("double"),
        Value::Bytes(_) => Some("bytes"),
        Value::Array(_) => Some("array"),
        Value::List(_) => Some("kvlist"),
    }
}
