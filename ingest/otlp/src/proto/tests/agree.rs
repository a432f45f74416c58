//! The oracle: what is read here, compared field by field with what `prost` decodes.

use ingest_model::Signal;
use ingest_store::Encoding;
use opentelemetry_proto::tonic::common::v1::any_value::Value as SentValue;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, EntityRef as SentEntity, InstrumentationScope, KeyValue as SentEntry,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord as SentRecord;
use opentelemetry_proto::tonic::resource::v1::Resource as SentResource;
use opentelemetry_proto::tonic::trace::v1::Span as SentSpan;
use opentelemetry_proto::tonic::trace::v1::span::{Event as SentEvent, Link as SentLink};

use super::super::{
    EntityRef, Event, KeyValue, Link, Lists, LogRecord, NESTING, OWN_NESTING, Odd, Point, Request, Resource, Scope,
    Span, Value,
};
use crate::request::ExportRequest;

mod points;

use points::{SentPoint, same_metric, same_point};

/// The resources, scopes and items of a request of `prost`'s.
macro_rules! sent {
    ($resources:expr, $scopes:ident, $one:ident => $items:expr) => {
        $resources
            .iter()
            .map(|resource| {
                let scopes =
                    resource.$scopes.iter().map(|$one| ($one.scope.as_ref(), $one.schema_url.as_str(), $items));
                (resource.resource.as_ref(), resource.schema_url.as_str(), scopes.collect())
            })
            .collect()
    };
}

/// What became of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// They are in the plain form.
    Plain,
    /// They are not; encoded anew by `prost` they are.
    Merged,
    /// They are no request.
    Refused,
}

/// What became of the bytes.
///
/// # Panics
///
/// When the two readers do not agree.
pub(crate) fn agree(signal: Signal, bytes: &[u8]) -> Taken {
    let Ok(sent) = ExportRequest::decode(signal, Encoding::Protobuf, bytes) else {
        assert!(is_odd(signal, bytes), "prost refuses {bytes:x?}");
        return Taken::Refused;
    };
    if compare(bytes, NESTING, &sent).is_ok() {
        return Taken::Plain;
    }
    assert_eq!(compare(&sent.encode(), OWN_NESTING, &sent), Ok(()), "an encoding of ours is plain");
    Taken::Merged
}

fn is_odd(signal: Signal, bytes: &[u8]) -> bool {
    match signal {
        Signal::Traces => Request::<Span<'_>>::read(bytes, NESTING).is_err(),
        Signal::Logs => Request::<LogRecord<'_>>::read(bytes, NESTING).is_err(),
        Signal::Metrics => Request::<Point<'_>>::read(bytes, NESTING).is_err(),
    }
}

fn compare(bytes: &[u8], nesting: usize, sent: &ExportRequest) -> Result<(), Odd> {
    match sent {
        ExportRequest::Traces(sent) => {
            let read = Request::read(bytes, nesting)?;
            let all = sent!(sent.resource_spans, scope_spans, one => one.spans.iter().collect());
            same_request(&read, all, |span: &Span<'_>| span.scope, same_span);
        }
        ExportRequest::Logs(sent) => {
            let read = Request::read(bytes, nesting)?;
            let all = sent!(sent.resource_logs, scope_logs, one => one.log_records.iter().collect());
            same_request(&read, all, |record: &LogRecord<'_>| record.scope, same_record);
        }
        ExportRequest::Metrics(sent) => {
            let read: Request<'_, Point<'_>> = Request::read(bytes, nesting)?;
            let scopes = sent.resource_metrics.iter().flat_map(|one| &one.scope_metrics);
            let metrics: Vec<_> = scopes.flat_map(|one| &one.metrics).collect();
            same_all(&read.lists.metrics, &metrics, |metric, sent| same_metric(metric, sent, &read.lists));
            let all = sent!(sent.resource_metrics, scope_metrics, one => one.metrics.iter().flat_map(SentPoint::all).collect());
            same_request(&read, all, |point: &Point<'_>| point.scope, same_point);
        }
    }
    Ok(())
}

/// A request as `prost` has it: resources, under each its scopes, under each its items.
type Sent<'a, T> = Vec<(Option<&'a SentResource>, &'a str, Vec<SentScope<'a, T>>)>;
type SentScope<'a, T> = (Option<&'a InstrumentationScope>, &'a str, Vec<T>);

fn same_request<'a, I, T>(
    read: &Request<'a, I>,
    sent: Sent<'_, T>,
    scope_of: impl Fn(&I) -> u32,
    same: impl Fn(&I, T, &Lists<'a>),
) {
    let (mut scopes, mut items) = (read.scopes.iter().zip(0..), read.items.iter());
    assert_eq!(read.resources.len(), sent.len());
    for ((one, (resource, url, sent_scopes)), at) in read.resources.iter().zip(sent).zip(0..) {
        assert_eq!((one.resource.is_some(), one.schema_url), (resource.is_some(), url));
        if let (Some(read_one), Some(sent)) = (&one.resource, resource) {
            same_resource(read_one, sent, &read.lists);
        }
        for (scope, url, sent_items) in sent_scopes {
            let (one, position) = scopes.next().expect("a scope for each that was sent");
            assert_eq!((one.resource, one.scope.is_some(), one.schema_url), (at, scope.is_some(), url));
            if let (Some(read_one), Some(sent)) = (&one.scope, scope) {
                same_scope(read_one, sent, &read.lists);
            }
            for sent in sent_items {
                let item = items.next().expect("an item for each that was sent");
                assert_eq!(scope_of(item), position);
                same(item, sent, &read.lists);
            }
        }
    }
    assert!(scopes.next().is_none() && items.next().is_none());
}

/// Compares lists element by element.
fn same_all<R, S>(read: &[R], sent: &[S], same: impl Fn(&R, &S)) {
    assert_eq!(read.len(), sent.len());
    read.iter().zip(sent).for_each(|(read, sent)| same(read, sent));
}

fn same_resource(read: &Resource<'_>, sent: &SentResource, lists: &Lists<'_>) {
    same_entries(read.attributes.of(&lists.attributes), &sent.attributes);
    assert_eq!(read.dropped_attributes_count, sent.dropped_attributes_count);
    same_all(&read.entity_refs, &sent.entity_refs, same_entity);
}

fn same_entity(read: &EntityRef<'_>, sent: &SentEntity) {
    assert_eq!((read.schema_url, read.r#type), (sent.schema_url.as_str(), sent.r#type.as_str()));
    assert_eq!(read.id_keys, sent.id_keys);
    assert_eq!(read.description_keys, sent.description_keys);
}

fn same_scope(read: &Scope<'_>, sent: &InstrumentationScope, lists: &Lists<'_>) {
    assert_eq!((read.name, read.version), (sent.name.as_str(), sent.version.as_str()));
    same_entries(read.attributes.of(&lists.attributes), &sent.attributes);
    assert_eq!(read.dropped_attributes_count, sent.dropped_attributes_count);
}

fn same_entries(read: &[KeyValue<'_>], sent: &[SentEntry]) {
    same_all(read, sent, |read, sent| {
        assert_eq!(read.key, sent.key);
        same_value(read.value, sent.value.as_ref());
    });
}

fn same_value(read: Value<'_>, sent: Option<&AnyValue>) {
    match (read, sent.and_then(|sent| sent.value.as_ref())) {
        (Value::Empty, None | Some(SentValue::StringValueStrindex(_))) => {}
        (Value::Text(read), Some(SentValue::StringValue(sent))) => assert_eq!(read, sent),
        (Value::Bool(read), Some(SentValue::BoolValue(sent))) => assert_eq!(read, *sent),
        (Value::Int(read), Some(SentValue::IntValue(sent))) => assert_eq!(read, *sent),
        (Value::Double(read), Some(SentValue::DoubleValue(sent))) => assert_eq!(read.to_bits(), sent.to_bits()),
        (Value::Bytes(read), Some(SentValue::BytesValue(sent))) => assert_eq!(read, sent),
        (Value::Array(read), Some(SentValue::ArrayValue(sent))) => {
            same_all(&read.values().collect::<Vec<_>>(), &sent.values, |read, sent| same_value(*read, Some(sent)));
        }
        (Value::List(read), Some(SentValue::KvlistValue(sent))) => {
            same_entries(&read.entries().collect::<Vec<_>>(), &sent.values);
        }
        (read, sent) => panic!("{read:?} is not {sent:?}"),
    }
}

fn same_span(read: &Span<'_>, sent: &SentSpan, lists: &Lists<'_>) {
    assert_eq!(
        (read.trace_id, read.span_id, read.parent_span_id),
        (&sent.trace_id[..], &sent.span_id[..], &sent.parent_span_id[..])
    );
    assert_eq!((read.trace_state, read.name), (sent.trace_state.as_str(), sent.name.as_str()));
    assert_eq!((read.kind, read.flags), (sent.kind, sent.flags));
    assert_eq!(
        (read.start_time_unix_nano, read.end_time_unix_nano),
        (sent.start_time_unix_nano, sent.end_time_unix_nano)
    );
    same_entries(read.attributes.of(&lists.attributes), &sent.attributes);
    same_all(read.events.of(&lists.events), &sent.events, |read, sent| same_event(read, sent, lists));
    same_all(read.links.of(&lists.links), &sent.links, |read, sent| same_link(read, sent, lists));
    assert_eq!(
        (read.dropped_attributes_count, read.dropped_events_count, read.dropped_links_count),
        (sent.dropped_attributes_count, sent.dropped_events_count, sent.dropped_links_count)
    );
    let status = read.status.as_ref().map(|status| (status.message, status.code));
    assert_eq!(status, sent.status.as_ref().map(|status| (status.message.as_str(), status.code)));
}

fn same_event(read: &Event<'_>, sent: &SentEvent, lists: &Lists<'_>) {
    assert_eq!((read.time_unix_nano, read.name), (sent.time_unix_nano, sent.name.as_str()));
    same_entries(read.attributes.of(&lists.attributes), &sent.attributes);
    assert_eq!(read.dropped_attributes_count, sent.dropped_attributes_count);
}

fn same_link(read: &Link<'_>, sent: &SentLink, lists: &Lists<'_>) {
    assert_eq!((read.trace_id, read.span_id), (&sent.trace_id[..], &sent.span_id[..]));
    assert_eq!((read.trace_state, read.flags), (sent.trace_state.as_str(), sent.flags));
    same_entries(read.attributes.of(&lists.attributes), &sent.attributes);
    assert_eq!(read.dropped_attributes_count, sent.dropped_attributes_count);
}

fn same_record(read: &LogRecord<'_>, sent: &SentRecord, lists: &Lists<'_>) {
    assert_eq!(
        (read.time_unix_nano, read.observed_time_unix_nano),
        (sent.time_unix_nano, sent.observed_time_unix_nano)
    );
    assert_eq!((read.severity_number, read.severity_text), (sent.severity_number, sent.severity_text.as_str()));
    same_value(read.body.unwrap_or(Value::Empty), sent.body.as_ref());
    same_entries(read.attributes.of(&lists.attributes), &sent.attributes);
    assert_eq!((read.dropped_attributes_count, read.flags), (sent.dropped_attributes_count, sent.flags));
    assert_eq!((read.trace_id, read.span_id), (&sent.trace_id[..], &sent.span_id[..]));
    assert_eq!(read.event_name, sent.event_name);
}
