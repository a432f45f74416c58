//! `spans`: one row a span.

use std::borrow::Cow;

use ingest_model::{Level, Signal, SpanId, TraceId};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use super::attributes::{Attributes, json};
use super::columns::{self, Batch};
use super::origin::{self, filled};
use super::value::{write_hex, write_int, write_list, write_object, write_text};
use super::verdict::{Judge, Reason, Verdict};
use super::{Rows, fits, past_micros, signed};
use crate::error::DecodeError;
use crate::proto::{Event, Link, Lists, Request, Span};

pub(super) fn rows(request: &Request<'_, Span<'_>>, verdict: Verdict<'_>) -> Result<Rows, DecodeError> {
    let mut judge = Judge::new(Signal::Traces, verdict);
    let mut spans = Vec::with_capacity(request.items.len());
    for span in &request.items {
        if judge.admits(|| storable(span), || valid(span))? {
            spans.push(span);
        }
    }
    let mut batch = Batch::new(Signal::Traces, spans.len());
    put_span(&mut batch, &spans)?;
    put_happenings(&mut batch, &spans, &request.lists)?;
    put_attributes(&mut batch, &spans, &request.lists)?;
    origin::put(&mut batch, request, spans.iter().map(|span| span.scope).collect())?;
    Ok(Rows { batch: batch.finish()?, rejected: judge.finish()? })
}

fn storable(span: &Span<'_>) -> Result<(), Reason> {
    fits(span.start_time_unix_nano, Reason::TimeRange)?;
    fits(span.end_time_unix_nano, Reason::TimeRange)
}

fn valid(span: &Span<'_>) -> Result<(), Reason> {
    TraceId::from_bytes(span.trace_id).ok_or(Reason::TraceId)?;
    SpanId::from_bytes(span.span_id).ok_or(Reason::SpanId)?;
    if matches!(span.parent_span_id.len(), 0 | 8) { Ok(()) } else { Err(Reason::ParentSpanId) }
}

fn put_span(batch: &mut Batch, spans: &[&Span<'_>]) -> Result<(), DecodeError> {
    let all = || spans.iter().copied();
    batch.put("start_time", columns::micros(all().map(|span| signed(span.start_time_unix_nano))))?;
    batch.put(
        "start_time_nanos",
        columns::int(all().map(|span| Some(past_micros(signed(span.start_time_unix_nano))))),
    )?;
    batch.put("duration_ns", columns::int(all().map(|span| Some(duration_ns(span)))))?;
    batch.put("trace_id", columns::id(all().map(|span| Some(span.trace_id))))?;
    batch.put("span_id", columns::id(all().map(|span| Some(span.span_id))))?;
    batch.put("parent_span_id", columns::id(all().map(parent_span_id)))?;
    batch.put("name", columns::text(all().map(|span| Some(span.name))))?;
    let kinds: Vec<_> = all().map(|span| kind(span.kind)).collect();
    batch.put("kind", columns::text(kinds.iter().map(|kind| Some(kind.as_ref()))))?;
    let codes: Vec<_> = all().map(|span| status_code(span.status.as_ref().map_or(0, |status| status.code))).collect();
    batch.put("status_code", columns::text(codes.iter().map(|code| Some(code.as_ref()))))?;
    batch.put("status_message", columns::text(all().map(status_message)))?;
    batch.put("trace_state", columns::text(all().map(|span| filled(span.trace_state))))?;
    batch.put("flags", columns::int(all().map(|span| Some(span.flags.into()))))
}

fn put_happenings(batch: &mut Batch, spans: &[&Span<'_>], lists: &Lists<'_>) -> Result<(), DecodeError> {
    let write = |out: &mut String, event: &_| write_event(out, event, lists);
    batch.put("events", json(spans, |out, span| write_all(out, span.events.of(&lists.events), write)))?;
    batch.put("dropped_events_count", columns::int(spans.iter().map(|span| Some(span.dropped_events_count.into()))))?;
    let write = |out: &mut String, link: &_| write_link(out, link, lists);
    batch.put("links", json(spans, |out, span| write_all(out, span.links.of(&lists.links), write)))?;
    batch.put("dropped_links_count", columns::int(spans.iter().map(|span| Some(span.dropped_links_count.into()))))
}

fn put_attributes(batch: &mut Batch, spans: &[&Span<'_>], lists: &Lists<'_>) -> Result<(), DecodeError> {
    let mut attributes = Attributes::new(Level::Span);
    spans.iter().for_each(|span| attributes.push(span.attributes.of(&lists.attributes)));
    attributes.put(batch, "attributes_rest")?;
    let dropped = spans.iter().map(|span| Some(span.dropped_attributes_count.into()));
    batch.put("dropped_attributes_count", columns::int(dropped))
}

/// Negative when a span ends before it starts. Both ends fit 63 bits, so the difference fits.
fn duration_ns(span: &Span<'_>) -> i64 {
    signed(span.end_time_unix_nano) - signed(span.start_time_unix_nano)
}

fn status_message<'a>(span: &Span<'a>) -> Option<&'a str> {
    span.status.as_ref().and_then(|status| filled(status.message))
}

/// A root has no parent; one of zeros is a root as well.
fn parent_span_id<'a>(span: &Span<'a>) -> Option<&'a [u8]> {
    span.parent_span_id.iter().any(|byte| *byte != 0).then_some(span.parent_span_id)
}

fn kind(number: i32) -> Cow<'static, str> {
    Cow::Borrowed(match SpanKind::try_from(number) {
        Ok(SpanKind::Unspecified) => "UNSPECIFIED",
        Ok(SpanKind::Internal) => "INTERNAL",
        Ok(SpanKind::Server) => "SERVER",
        Ok(SpanKind::Client) => "CLIENT",
        Ok(SpanKind::Producer) => "PRODUCER",
        Ok(SpanKind::Consumer) => "CONSUMER",
        Err(_) => return Cow::Owned(number.to_string()),
    })
}

fn status_code(number: i32) -> Cow<'static, str> {
    Cow::Borrowed(match StatusCode::try_from(number) {
        Ok(StatusCode::Unset) => "UNSET",
        Ok(StatusCode::Ok) => "OK",
        Ok(StatusCode::Error) => "ERROR",
        Err(_) => return Cow::Owned(number.to_string()),
    })
}

fn write_all<'a, T>(out: &mut String, elements: &'a [T], write: impl Fn(&mut String, &'a T)) {
    if !elements.is_empty() {
        write_list(out, elements, write);
    }
}

fn write_event(out: &mut String, event: &Event<'_>, lists: &Lists<'_>) {
    out.push_str(r#"{"time_unix_nano":""#);
    write_int(out, event.time_unix_nano);
    out.push_str(r#"","name":"#);
    write_text(out, event.name);
    out.push_str(r#","attributes":"#);
    write_object(out, event.attributes.of(&lists.attributes));
    out.push_str(r#","dropped_attributes_count":"#);
    write_int(out, event.dropped_attributes_count);
    out.push('}');
}

fn write_link(out: &mut String, link: &Link<'_>, lists: &Lists<'_>) {
    out.push_str(r#"{"trace_id":"#);
    write_hex(out, link.trace_id);
    out.push_str(r#","span_id":"#);
    write_hex(out, link.span_id);
    out.push_str(r#","trace_state":"#);
    write_text(out, link.trace_state);
    out.push_str(r#","attributes":"#);
    write_object(out, link.attributes.of(&lists.attributes));
    out.push_str(r#","dropped_attributes_count":"#);
    write_int(out, link.dropped_attributes_count);
    out.push_str(r#","flags":"#);
    write_int(out, link.flags);
    out.push('}');
}
