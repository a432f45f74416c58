"""What SQL must answer for an OTLP request: one dictionary a row, every column of the table.

Written from docs/formats/tables.md and the protobuf messages alone, so it is a second opinion on the
server's own decoding, not a copy of it.
"""

import base64
import json
import math

KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
STATUS_CODES = ["UNSET", "OK", "ERROR"]
TEMPORALITIES = [None, "DELTA", "CUMULATIVE"]
JSON_COLUMNS = {
    "attributes", "resource_attributes", "scope_attributes", "resource_entity_refs",
    "events", "links", "exemplars", "metadata",
}
TIME_COLUMNS = {"time", "start_time", "end_time"}
METRIC_TYPES = {
    "gauge": "gauge", "sum": "sum", "histogram": "histogram",
    "exponential_histogram": "exponential_histogram", "summary": "summary",
}


class Json:
    """A JSON value that equals another only when every type is the same: 1, 1.0, "1" and true differ."""

    def __init__(self, value):
        self.text = json.dumps(value, sort_keys=True, ensure_ascii=False)

    def __eq__(self, other):
        return isinstance(other, Json) and self.text == other.text

    def __repr__(self):
        return f"Json({self.text})"


def spans(request):
    return [
        {
            "start_time": micros(span.start_time_unix_nano),
            "end_time": micros(span.end_time_unix_nano),
            "start_time_unix_nano": span.start_time_unix_nano,
            "end_time_unix_nano": span.end_time_unix_nano,
            "duration_ns": span.end_time_unix_nano - span.start_time_unix_nano,
            "trace_id": span.trace_id.hex(),
            "span_id": span.span_id.hex(),
            "parent_span_id": span.parent_span_id.hex() or None,
            "name": span.name,
            "kind": KINDS[span.kind],
            "status_code": STATUS_CODES[span.status.code],
            "status_message": span.status.message or None,
            "trace_state": span.trace_state or None,
            "flags": span.flags,
            "attributes": Json(attributes(span.attributes)),
            "dropped_attributes_count": span.dropped_attributes_count,
            "events": list_or_none([event(one) for one in span.events]),
            "dropped_events_count": span.dropped_events_count,
            "links": list_or_none([link(one) for one in span.links]),
            "dropped_links_count": span.dropped_links_count,
        } | origin(resource, scope)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def logs(request):
    return [
        {
            "time": micros(record.time_unix_nano or record.observed_time_unix_nano),
            "time_unix_nano": record.time_unix_nano,
            "observed_time_unix_nano": record.observed_time_unix_nano,
            "trace_id": record.trace_id.hex() or None,
            "span_id": record.span_id.hex() or None,
            "severity_number": record.severity_number,
            "severity_text": record.severity_text or None,
            "body": body(record.body),
            "body_type": (record.body.WhichOneof("value") or "").removesuffix("_value") or None,
            "event_name": record.event_name or None,
            "flags": record.flags,
            "attributes": Json(attributes(record.attributes)),
            "dropped_attributes_count": record.dropped_attributes_count,
        } | origin(resource, scope)
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]


def metrics(request):
    return [
        point_row(metric, point) | origin(resource, scope)
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in getattr(metric, metric.WhichOneof("data")).data_points
    ]


def point_row(metric, point):
    kind = metric.WhichOneof("data")
    data = getattr(metric, kind)
    recorded = point.flags & 1 == 0
    row = {
        "time": micros(point.time_unix_nano),
        "time_unix_nano": point.time_unix_nano,
        "start_time_unix_nano": point.start_time_unix_nano,
        "metric_name": metric.name,
        "description": metric.description or None,
        "unit": metric.unit or None,
        "metric_type": METRIC_TYPES[kind],
        "temporality": TEMPORALITIES[getattr(data, "aggregation_temporality", 0)],
        "is_monotonic": data.is_monotonic if kind == "sum" else None,
        "metadata": Json(attributes(metric.metadata)) if metric.metadata else None,
        "attributes": Json(attributes(point.attributes)),
        "flags": point.flags,
        "exemplars": list_or_none([exemplar(one) for one in getattr(point, "exemplars", [])]),
    }
    return row | dict.fromkeys(FIGURES) | (figures(kind, point) if recorded else {})


FIGURES = [
    "value", "value_int", "count", "sum", "min", "max", "bucket_counts", "explicit_bounds", "scale", "zero_count",
    "zero_threshold", "positive_offset", "positive_bucket_counts", "negative_offset", "negative_bucket_counts",
    "quantiles", "quantile_values",
]


def figures(kind, point):
    if kind in ("gauge", "sum"):
        whole = point.WhichOneof("value") == "as_int"
        value = point.as_int if whole else point.as_double
        return {"value": float(value), "value_int": value if whole else None}
    if kind == "summary":
        return {
            "count": point.count,
            "sum": point.sum,
            "quantiles": [one.quantile for one in point.quantile_values] or None,
            "quantile_values": [one.value for one in point.quantile_values] or None,
        }
    row = {name: optional(point, name) for name in ("sum", "min", "max")} | {"count": point.count}
    if kind == "histogram":
        return row | {
            "bucket_counts": list(point.bucket_counts) or None,
            "explicit_bounds": list(point.explicit_bounds) or None,
        }
    row |= {"scale": point.scale, "zero_count": point.zero_count, "zero_threshold": point.zero_threshold}
    for side in ("positive", "negative"):
        if point.HasField(side):
            buckets = getattr(point, side)
            row[f"{side}_offset"] = buckets.offset
            row[f"{side}_bucket_counts"] = list(buckets.bucket_counts) or None
    return row


def origin(resource, scope):
    attributes_of_resource = attributes(resource.resource.attributes)
    service = attributes_of_resource.get("service.name")
    return {
        "service_name": service if isinstance(service, str) else None,
        "resource_attributes": Json(attributes_of_resource),
        "resource_dropped_attributes_count": resource.resource.dropped_attributes_count,
        "resource_schema_url": resource.schema_url or None,
        "resource_entity_refs": list_or_none([entity_ref(one) for one in resource.resource.entity_refs]),
        "scope_name": scope.scope.name or None,
        "scope_version": scope.scope.version or None,
        "scope_attributes": Json(attributes(scope.scope.attributes)),
        "scope_dropped_attributes_count": scope.scope.dropped_attributes_count,
        "scope_schema_url": scope.schema_url or None,
    }


def event(one):
    return {
        "time_unix_nano": str(one.time_unix_nano),
        "name": one.name,
        "attributes": attributes(one.attributes),
        "dropped_attributes_count": one.dropped_attributes_count,
    }


def link(one):
    return {
        "trace_id": one.trace_id.hex(),
        "span_id": one.span_id.hex(),
        "trace_state": one.trace_state,
        "attributes": attributes(one.attributes),
        "dropped_attributes_count": one.dropped_attributes_count,
        "flags": one.flags,
    }


def exemplar(one):
    return {
        "time_unix_nano": str(one.time_unix_nano),
        "value": getattr(one, one.WhichOneof("value")),
        "trace_id": one.trace_id.hex(),
        "span_id": one.span_id.hex(),
        "filtered_attributes": attributes(one.filtered_attributes),
    }


def entity_ref(one):
    return {
        "schema_url": one.schema_url,
        "type": one.type,
        "id_keys": list(one.id_keys),
        "description_keys": list(one.description_keys),
    }


def attributes(entries):
    return {entry.key: any_value(entry.value) for entry in entries}


def any_value(value):
    match value.WhichOneof("value"):
        case None:
            return None
        case "bytes_value":
            return {"$bytes": base64.b64encode(value.bytes_value).decode()}
        case "array_value":
            return [any_value(one) for one in value.array_value.values]
        case "kvlist_value":
            return attributes(value.kvlist_value.values)
        case "double_value" if not math.isfinite(value.double_value):
            names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
            return {"$double": names[str(value.double_value)]}
        case kind:
            return getattr(value, kind)


def body(value):
    """A text as it is; anything else as JSON text."""
    kind = value.WhichOneof("value")
    if kind is None or kind == "string_value":
        return value.string_value if kind else None
    return Json(any_value(value))


def optional(message, field):
    return getattr(message, field) if message.HasField(field) else None


def list_or_none(values):
    return Json(values) if values else None


def micros(nanos):
    return nanos // 1_000
