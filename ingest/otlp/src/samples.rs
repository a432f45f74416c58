//! Requests for tests: small ones by hand, and any at all by proptest.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics, metric};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::request::ExportRequest;

mod points;

/// 2026-01-01 00:00:00 UTC.
pub(crate) const TIME: u64 = 1_767_225_600_000_000_000;

pub(crate) fn attribute(key: &str, number: i64) -> KeyValue {
    with(key, Value::IntValue(number))
}

pub(crate) fn text_attribute(key: &str, text: &str) -> KeyValue {
    with(key, Value::StringValue(text.to_owned()))
}

pub(crate) fn with(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

pub(crate) fn resource() -> Option<Resource> {
    let attributes = vec![text_attribute("service.name", "shop"), attribute("host.name", 7)];
    Some(Resource { attributes, dropped_attributes_count: 1, entity_refs: Vec::new() })
}

pub(crate) fn scope() -> Option<InstrumentationScope> {
    let (name, version) = ("tracer".to_owned(), "1.2".to_owned());
    Some(InstrumentationScope { name, version, attributes: vec![attribute("a", 1)], dropped_attributes_count: 2 })
}

pub(crate) fn span(id: u8) -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![id; 8],
        name: "GET /cart".to_owned(),
        kind: 2,
        start_time_unix_nano: TIME,
        end_time_unix_nano: TIME + 1_500,
        ..Span::default()
    }
}

pub(crate) fn traces(spans: Vec<Span>) -> ExportRequest {
    let scope_spans = vec![ScopeSpans { scope: scope(), spans, schema_url: String::new() }];
    let resource_spans =
        vec![ResourceSpans { resource: resource(), scope_spans, schema_url: "https://s/1".to_owned() }];
    ExportRequest::Traces(ExportTraceServiceRequest { resource_spans })
}

pub(crate) fn logs(log_records: Vec<LogRecord>) -> ExportRequest {
    let scope_logs = vec![ScopeLogs { scope: scope(), log_records, schema_url: String::new() }];
    let resource_logs = vec![ResourceLogs { resource: resource(), scope_logs, schema_url: String::new() }];
    ExportRequest::Logs(ExportLogsServiceRequest { resource_logs })
}

pub(crate) fn metrics(data: Vec<metric::Data>) -> ExportRequest {
    let metric =
        |data| Metric { name: "requests".to_owned(), unit: "1".to_owned(), data: Some(data), ..Metric::default() };
    let metrics = data.into_iter().map(metric).collect();
    let scope_metrics = vec![ScopeMetrics { scope: scope(), metrics, schema_url: String::new() }];
    let resource_metrics = vec![ResourceMetrics { resource: resource(), scope_metrics, schema_url: String::new() }];
    ExportRequest::Metrics(ExportMetricsServiceRequest { resource_metrics })
}

/// A request of any signal, valid or not.
pub(crate) fn any_request() -> impl Strategy<Value = ExportRequest> {
    prop_oneof![any_traces(), any_logs(), any_metrics()]
}

pub(crate) fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(None),
        ".{0,20}".prop_map(|text| Some(Value::StringValue(text))),
        any::<bool>().prop_map(|truth| Some(Value::BoolValue(truth))),
        any::<i64>().prop_map(|number| Some(Value::IntValue(number))),
        any_double().prop_map(|number| Some(Value::DoubleValue(number))),
        vec(any::<u8>(), 0..9).prop_map(|bytes| Some(Value::BytesValue(bytes))),
        any::<i32>().prop_map(|index| Some(Value::StringValueStrindex(index))),
    ];
    let leaf = leaf.prop_map(|value| AnyValue { value });
    leaf.prop_recursive(3, 12, 3, |inner| {
        let entry = ("[a-c$]{0,2}", option::of(inner.clone()));
        let entry = entry.prop_map(|(key, value)| KeyValue { key, value, key_strindex: 0 });
        prop_oneof![
            vec(inner, 0..3).prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            vec(entry, 0..3).prop_map(|values| Value::KvlistValue(KeyValueList { values })),
        ]
        .prop_map(|value| AnyValue { value: Some(value) })
    })
}

fn any_double() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{ANY, NORMAL};
    prop_oneof![ANY, NORMAL, Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(0.0)].prop_map(|number| {
        // Every NaN is the same in JSON.
        if number.is_nan() { f64::NAN } else { number }
    })
}

fn any_attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let key = prop_oneof!["[a-c$]{0,2}", Just("http.route".to_owned()), Just("service.name".to_owned())];
    vec((key, option::of(any_value())).prop_map(|(key, value)| KeyValue { key, value, key_strindex: 0 }), 0..4)
}

/// Mostly ids of the right length.
fn any_id(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => vec(any::<u8>(), length), 1 => vec(Just(0), length), 1 => vec(any::<u8>(), 0..20)]
}

fn any_time() -> impl Strategy<Value = u64> {
    prop_oneof![4 => TIME..TIME * 2, 1 => Just(0), 1 => any::<u64>()]
}

fn any_resource() -> impl Strategy<Value = Option<Resource>> {
    let entity = (".{0,3}", ".{0,3}", vec(".{0,3}", 0..2), vec(".{0,3}", 0..2));
    let entity = entity.prop_map(|(schema_url, r#type, id_keys, description_keys)| EntityRef {
        schema_url,
        r#type,
        id_keys,
        description_keys,
    });
    option::of((any_attributes(), any::<u32>(), vec(entity, 0..2)).prop_map(
        |(attributes, dropped_attributes_count, entity_refs)| Resource {
            attributes,
            dropped_attributes_count,
            entity_refs,
        },
    ))
}

fn any_scope() -> impl Strategy<Value = Option<InstrumentationScope>> {
    option::of((".{0,3}", ".{0,3}", any_attributes(), any::<u32>()).prop_map(
        |(name, version, attributes, dropped_attributes_count)| InstrumentationScope {
            name,
            version,
            attributes,
            dropped_attributes_count,
        },
    ))
}

fn any_span() -> impl Strategy<Value = Span> {
    let event = (any_time(), ".{0,3}", any_attributes(), any::<u32>()).prop_map(
        |(time_unix_nano, name, attributes, dropped_attributes_count)| Event {
            time_unix_nano,
            name,
            attributes,
            dropped_attributes_count,
        },
    );
    let link = (any_id(16), any_id(8), ".{0,3}", any_attributes(), any::<u32>(), any::<u32>()).prop_map(
        |(trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags)| Link {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped_attributes_count,
            flags,
        },
    );
    let status = option::of((".{0,3}", -1..4).prop_map(|(message, code)| Status { message, code }));
    let ids = (any_id(16), any_id(8), any_id(8));
    let own = (".{0,3}", ".{0,20}", -1..8, any::<u32>(), any_time(), any_time());
    let lists = (any_attributes(), vec(event, 0..3), vec(link, 0..3), status, any::<[u32; 3]>());
    (ids, own, lists).prop_map(|(ids, own, lists)| Span {
        trace_id: ids.0,
        span_id: ids.1,
        parent_span_id: ids.2,
        trace_state: own.0,
        name: own.1,
        kind: own.2,
        flags: own.3,
        start_time_unix_nano: own.4,
        end_time_unix_nano: own.5,
        attributes: lists.0,
        events: lists.1,
        links: lists.2,
        status: lists.3,
        dropped_attributes_count: lists.4[0],
        dropped_events_count: lists.4[1],
        dropped_links_count: lists.4[2],
    })
}

fn any_record() -> impl Strategy<Value = LogRecord> {
    let own = (any_time(), any_time(), any::<i32>(), ".{0,3}", ".{0,3}");
    let rest = (option::of(any_value()), any_attributes(), any::<u32>(), any::<u32>(), any_id(16), any_id(8));
    (own, rest).prop_map(|(own, rest)| LogRecord {
        time_unix_nano: own.0,
        observed_time_unix_nano: own.1,
        severity_number: own.2,
        severity_text: own.3,
        event_name: own.4,
        body: rest.0,
        attributes: rest.1,
        dropped_attributes_count: rest.2,
        flags: rest.3,
        trace_id: rest.4,
        span_id: rest.5,
    })
}

fn any_traces() -> impl Strategy<Value = ExportRequest> {
    let scope = (any_scope(), vec(any_span(), 0..4), ".{0,3}");
    let scope = scope.prop_map(|(scope, spans, schema_url)| ScopeSpans { scope, spans, schema_url });
    let resource = (any_resource(), vec(scope, 0..3), ".{0,3}")
        .prop_map(|(resource, scope_spans, schema_url)| ResourceSpans { resource, scope_spans, schema_url });
    vec(resource, 0..3).prop_map(|resource_spans| ExportRequest::Traces(ExportTraceServiceRequest { resource_spans }))
}

fn any_logs() -> impl Strategy<Value = ExportRequest> {
    let scope = (any_scope(), vec(any_record(), 0..4), ".{0,3}");
    let scope = scope.prop_map(|(scope, log_records, schema_url)| ScopeLogs { scope, log_records, schema_url });
    let resource = (any_resource(), vec(scope, 0..3), ".{0,3}")
        .prop_map(|(resource, scope_logs, schema_url)| ResourceLogs { resource, scope_logs, schema_url });
    vec(resource, 0..3).prop_map(|resource_logs| ExportRequest::Logs(ExportLogsServiceRequest { resource_logs }))
}

fn any_metrics() -> impl Strategy<Value = ExportRequest> {
    let metric = (".{0,20}", ".{0,3}", ".{0,3}", any_attributes(), option::of(points::any_data()))
        .prop_map(|(name, description, unit, metadata, data)| Metric { name, description, unit, metadata, data });
    let scope = (any_scope(), vec(metric, 0..4), ".{0,3}");
    let scope = scope.prop_map(|(scope, metrics, schema_url)| ScopeMetrics { scope, metrics, schema_url });
    let resource = (any_resource(), vec(scope, 0..3), ".{0,3}")
        .prop_map(|(resource, scope_metrics, schema_url)| ResourceMetrics { resource, scope_metrics, schema_url });
    vec(resource, 0..3)
        .prop_map(|resource_metrics| ExportRequest::Metrics(ExportMetricsServiceRequest { resource_metrics }))
}
