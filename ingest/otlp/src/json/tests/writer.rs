//! Writes OTLP/JSON as a careful exporter would, from the messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint, exemplar,
    number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Value, json};

use crate::request::ExportRequest;

pub(crate) fn request(request: &ExportRequest) -> Value {
    match request {
        ExportRequest::Traces(request) => {
            let resource = |one: &_| resource_spans(one);
            json!({ "resourceSpans": all(&request.resource_spans, resource) })
        }
        ExportRequest::Logs(request) => json!({
            "resourceLogs": all(&request.resource_logs, |one| json!({
                "resource": resource(one.resource.as_ref()),
                "scopeLogs": all(&one.scope_logs, |one| json!({
                    "scope": scope(one.scope.as_ref()),
                    "logRecords": all(&one.log_records, log_record),
                    "schemaUrl": one.schema_url,
                })),
                "schemaUrl": one.schema_url,
            }))
        }),
        ExportRequest::Metrics(request) => json!({
            "resourceMetrics": all(&request.resource_metrics, |one| json!({
                "resource": resource(one.resource.as_ref()),
                "scopeMetrics": all(&one.scope_metrics, |one| json!({
                    "scope": scope(one.scope.as_ref()),
                    "metrics": all(&one.metrics, metric),
                    "schemaUrl": one.schema_url,
                })),
                "schemaUrl": one.schema_url,
            }))
        }),
    }
}

fn resource_spans(one: &opentelemetry_proto::tonic::trace::v1::ResourceSpans) -> Value {
    json!({
        "resource": resource(one.resource.as_ref()),
        "scopeSpans": all(&one.scope_spans, |one| json!({
            "scope": scope(one.scope.as_ref()),
            "spans": all(&one.spans, span),
            "schemaUrl": one.schema_url,
        })),
        "schemaUrl": one.schema_url,
    })
}

fn all<T>(elements: &[T], write: impl Fn(&T) -> Value) -> Value {
    elements.iter().map(write).collect()
}

fn double(number: f64) -> Value {
    match number {
        number if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        number => number.into(),
    }
}

fn resource(resource: Option<&Resource>) -> Value {
    resource.map_or(Value::Null, |one| {
        json!({
            "attributes": attributes(&one.attributes),
            "droppedAttributesCount": one.dropped_attributes_count,
            "entityRefs": all(&one.entity_refs, |one| json!({
                "schemaUrl": one.schema_url,
                "type": one.r#type,
                "idKeys": one.id_keys,
                "descriptionKeys": one.description_keys,
            })),
        })
    })
}

fn scope(scope: Option<&InstrumentationScope>) -> Value {
    scope.map_or(Value::Null, |one| {
        json!({
            "name": one.name,
            "version": one.version,
            "attributes": attributes(&one.attributes),
            "droppedAttributesCount": one.dropped_attributes_count,
        })
    })
}

fn attributes(entries: &[KeyValue]) -> Value {
    all(entries, |entry| json!({ "key": entry.key, "value": entry.value.as_ref().map(any_value) }))
}

fn any_value(value: &AnyValue) -> Value {
    match &value.value {
        None => json!({}),
        Some(Any::StringValue(text)) => json!({ "stringValue": text }),
        Some(Any::BoolValue(truth)) => json!({ "boolValue": truth }),
        Some(Any::IntValue(number)) => json!({ "intValue": number.to_string() }),
        Some(Any::DoubleValue(number)) => json!({ "doubleValue": double(*number) }),
        Some(Any::ArrayValue(array)) => json!({ "arrayValue": { "values": all(&array.values, any_value) } }),
        Some(Any::KvlistValue(list)) => json!({ "kvlistValue": { "values": attributes(&list.values) } }),
        Some(Any::BytesValue(bytes)) => json!({ "bytesValue": STANDARD.encode(bytes) }),
        Some(Any::StringValueStrindex(index)) => json!({ "stringValueStrindex": index }),
    }
}

fn span(span: &Span) -> Value {
    json!({
        "traceId": hex::encode(&span.trace_id),
        "spanId": hex::encode(&span.span_id),
        "traceState": span.trace_state,
        "parentSpanId": hex::encode_upper(&span.parent_span_id),
        "flags": span.flags,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": span.start_time_unix_nano.to_string(),
        "endTimeUnixNano": span.end_time_unix_nano,
        "attributes": attributes(&span.attributes),
        "droppedAttributesCount": span.dropped_attributes_count,
        "events": all(&span.events, |event| json!({
            "timeUnixNano": event.time_unix_nano.to_string(),
            "name": event.name,
            "attributes": attributes(&event.attributes),
            "droppedAttributesCount": event.dropped_attributes_count,
        })),
        "droppedEventsCount": span.dropped_events_count,
        "links": all(&span.links, |link| json!({
            "traceId": hex::encode(&link.trace_id),
            "spanId": hex::encode(&link.span_id),
            "traceState": link.trace_state,
            "attributes": attributes(&link.attributes),
            "droppedAttributesCount": link.dropped_attributes_count,
            "flags": link.flags,
        })),
        "droppedLinksCount": span.dropped_links_count.to_string(),
        "status": span.status.as_ref().map(|status| json!({ "message": status.message, "code": status.code })),
    })
}

fn log_record(record: &LogRecord) -> Value {
    json!({
        "timeUnixNano": record.time_unix_nano.to_string(),
        "observedTimeUnixNano": record.observed_time_unix_nano.to_string(),
        "severityNumber": record.severity_number,
        "severityText": record.severity_text,
        "body": record.body.as_ref().map(any_value),
        "attributes": attributes(&record.attributes),
        "droppedAttributesCount": record.dropped_attributes_count,
        "flags": record.flags,
        "traceId": hex::encode(&record.trace_id),
        "spanId": hex::encode(&record.span_id),
        "eventName": record.event_name,
    })
}

fn metric(metric: &Metric) -> Value {
    let mut written = json!({
        "name": metric.name,
        "description": metric.description,
        "unit": metric.unit,
        "metadata": attributes(&metric.metadata),
    });
    let (kind, data) = match &metric.data {
        None => return written,
        Some(Data::Gauge(one)) => ("gauge", json!({ "dataPoints": all(&one.data_points, number) })),
        Some(Data::Sum(one)) => (
            "sum",
            json!({
                "dataPoints": all(&one.data_points, number),
                "aggregationTemporality": one.aggregation_temporality,
                "isMonotonic": one.is_monotonic,
            }),
        ),
        Some(Data::Histogram(one)) => (
            "histogram",
            json!({
                "dataPoints": all(&one.data_points, histogram),
                "aggregationTemporality": one.aggregation_temporality,
            }),
        ),
        Some(Data::ExponentialHistogram(one)) => (
            "exponentialHistogram",
            json!({
                "dataPoints": all(&one.data_points, exponential),
                "aggregationTemporality": one.aggregation_temporality,
            }),
        ),
        Some(Data::Summary(one)) => ("summary", json!({ "dataPoints": all(&one.data_points, summary) })),
    };
    written[kind] = data;
    written
}

fn exemplars(exemplars: &[Exemplar]) -> Value {
    all(exemplars, |one| {
        let mut written = json!({
            "filteredAttributes": attributes(&one.filtered_attributes),
            "timeUnixNano": one.time_unix_nano.to_string(),
            "spanId": hex::encode(&one.span_id),
            "traceId": hex::encode(&one.trace_id),
        });
        match one.value {
            None => {}
            Some(exemplar::Value::AsDouble(value)) => written["asDouble"] = double(value),
            Some(exemplar::Value::AsInt(value)) => written["asInt"] = value.to_string().into(),
        }
        written
    })
}

fn number(point: &NumberDataPoint) -> Value {
    let mut written = json!({
        "attributes": attributes(&point.attributes),
        "startTimeUnixNano": point.start_time_unix_nano.to_string(),
        "timeUnixNano": point.time_unix_nano.to_string(),
        "exemplars": exemplars(&point.exemplars),
        "flags": point.flags,
    });
    match point.value {
        None => written["asDouble"] = Value::Null,
        Some(number_data_point::Value::AsDouble(value)) => written["asDouble"] = double(value),
        Some(number_data_point::Value::AsInt(value)) => written["asInt"] = value.to_string().into(),
    }
    written
}

fn histogram(point: &HistogramDataPoint) -> Value {
    json!({
        "attributes": attributes(&point.attributes),
        "startTimeUnixNano": point.start_time_unix_nano.to_string(),
        "timeUnixNano": point.time_unix_nano.to_string(),
        "count": point.count.to_string(),
        "sum": point.sum.map(double),
        "bucketCounts": all(&point.bucket_counts, |count| count.to_string().into()),
        "explicitBounds": all(&point.explicit_bounds, |bound| double(*bound)),
        "exemplars": exemplars(&point.exemplars),
        "flags": point.flags,
        "min": point.min.map(double),
        "max": point.max.map(double),
    })
}

fn exponential(point: &ExponentialHistogramDataPoint) -> Value {
    let buckets = |one: &Buckets| json!({ "offset": one.offset, "bucketCounts": one.bucket_counts });
    json!({
        "attributes": attributes(&point.attributes),
        "startTimeUnixNano": point.start_time_unix_nano.to_string(),
        "timeUnixNano": point.time_unix_nano.to_string(),
        "count": point.count.to_string(),
        "sum": point.sum.map(double),
        "scale": point.scale.to_string(),
        "zeroCount": point.zero_count.to_string(),
        "positive": point.positive.as_ref().map(buckets),
        "negative": point.negative.as_ref().map(buckets),
        "flags": point.flags,
        "exemplars": exemplars(&point.exemplars),
        "min": point.min.map(double),
        "max": point.max.map(double),
        "zeroThreshold": double(point.zero_threshold),
    })
}

fn summary(point: &SummaryDataPoint) -> Value {
    json!({
        "attributes": attributes(&point.attributes),
        "startTimeUnixNano": point.start_time_unix_nano.to_string(),
        "timeUnixNano": point.time_unix_nano.to_string(),
        "count": point.count,
        "sum": double(point.sum),
        "quantileValues": all(&point.quantile_values, |one| json!({
            "quantile": double(one.quantile),
            "value": double(one.value),
        })),
        "flags": point.flags,
    })
}
