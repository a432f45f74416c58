"""The OpenTelemetry Python SDK, over gRPC and over HTTP: what an application records reads back equal."""

import pytest
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpanExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, LogRecordExportResult, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import AlwaysOnExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

import expected
from expected import Json

RESOURCE = Resource.create(
    {"service.name": "sdk", "service.version": "7.1", "host.name": "here", "cores": 2, "load": 1.0},
    schema_url="https://opentelemetry.io/schemas/1.40.0",
)
SCOPE_SCHEMA = "https://opentelemetry.io/schemas/1.41.0"
SCOPE_ATTRIBUTES = {"module": "cart", "level": 2}
ATTRIBUTES = {
    "text": "grüße 你好", "digit": "1", "whole": 1, "real": 1.0, "yes": True, "no": False, "negative": -(2**63),
    "texts": ["a", "b"], "wholes": [1, 2], "reals": [1.0, 2.5], "truths": [True, False],
    "http.route": "/cart/{id}", "http.response.status_code": 503,
}


@pytest.fixture(params=["grpc", "http"])
def exporters(request, server):
    """One exporter a signal, by transport; HTTP is compressed, gRPC is not."""
    if request.param == "grpc":
        to = {"endpoint": server.grpc, "insecure": True}
        return GrpcSpanExporter(**to), GrpcLogExporter(**to), GrpcMetricExporter(**to)

    def to(path):
        return {"endpoint": f"{server.otlp}/v1/{path}", "compression": Compression.Gzip}

    return HttpSpanExporter(**to("traces")), HttpLogExporter(**to("logs")), HttpMetricExporter(**to("metrics"))


def check_before_and_after_flush(server, query, wanted):
    for _ in range(2):
        rows = server.sql(query)
        assert len(rows) == len(wanted)
        for row, wanted_row in zip(rows, wanted, strict=True):
            assert row == wanted_row
        server.restart()


def test_otlp_001_002_061_spans_of_the_sdk_read_back_equal(server, exporters):
    recorded = InMemorySpanExporter()
    limits = SpanLimits(max_span_attributes=20, max_events=3, max_links=1, max_event_attributes=1)
    provider = TracerProvider(resource=RESOURCE, span_limits=limits)
    provider.add_span_processor(SimpleSpanProcessor(recorded))
    tracer = provider.get_tracer("shop.checkout", "0.9.1", schema_url=SCOPE_SCHEMA, attributes=SCOPE_ATTRIBUTES)
    record_spans(tracer)
    spans = recorded.get_finished_spans()
    assert exporters[0].export(spans) is SpanExportResult.SUCCESS

    wanted = sorted(expected.spans(encode_spans(spans)), key=lambda row: row["start_time_unix_nano"])
    check_before_and_after_flush(server, "SELECT * FROM spans ORDER BY start_time_unix_nano", wanted)
    (row,) = server.sql("SELECT * FROM spans WHERE name = 'checkout'")
    assert row["attributes"] == Json(ATTRIBUTES)
    assert row["scope_attributes"] == Json(SCOPE_ATTRIBUTES)
    assert (row["scope_name"], row["scope_version"], row["scope_schema_url"]) == ("shop.checkout", "0.9.1", SCOPE_SCHEMA)
    assert (row["kind"], row["status_code"], row["status_message"]) == ("SERVER", "ERROR", "too slow")
    assert (row["trace_state"], row["resource_schema_url"]) == ("rojo=1,ot=th:8", RESOURCE.schema_url)
    assert row["resource_attributes"] == Json(dict(RESOURCE.attributes))
    dropped = server.sql("SELECT * FROM spans WHERE name = 'too much'")[0]
    assert (dropped["dropped_attributes_count"], dropped["dropped_events_count"], dropped["dropped_links_count"]) == (5, 2, 1)


def record_spans(tracer):
    caller = SpanContext(0x5B8EFFF798038103D269B633813FC60C, 0xEEE19B7EC3C1B173, True, TraceFlags(1),
                         TraceState([("rojo", "1"), ("ot", "th:8")]))
    remote = trace.set_span_in_context(trace.NonRecordingSpan(caller))
    link = Link(SpanContext(1, 2, False, TraceFlags(0)), {"why": "queued"})
    with tracer.start_as_current_span("checkout", remote, SpanKind.SERVER, ATTRIBUTES, [link]) as span:
        span.add_event("retry", {"number": 1})
        span.set_status(Status(StatusCode.ERROR, "too slow"))
        for kind in SpanKind:
            tracer.start_span(kind.name, kind=kind).end()
    with tracer.start_as_current_span("fine", links=[link, link]) as span:
        span.set_status(Status(StatusCode.OK))
    with tracer.start_as_current_span("too much", links=[link, link]) as span:
        span.set_attributes({f"key{number}": number for number in range(25)})
        for number in range(5):
            span.add_event(f"event{number}", {"kept": True, "dropped": True})
    try:
        with tracer.start_as_current_span("failing"):
            raise ValueError("no such cart")
    except ValueError:
        pass


def test_otlp_001_002_068_logs_of_the_sdk_read_back_equal(server, exporters):
    recorded = InMemoryLogRecordExporter()
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(recorded))
    logger = provider.get_logger("shop.log", "2.0", schema_url=SCOPE_SCHEMA, attributes=SCOPE_ATTRIBUTES)
    bodies = ["text", "", 1, 1.0, True, b"\x00\xff", ["a", 2, [3.5]], {"order": 7, "lines": [{"sku": "x"}]}, None]
    span = trace.NonRecordingSpan(SpanContext(0xA1, 0xB2, False, TraceFlags(1)))
    for number, body in enumerate(bodies):
        logger.emit(LogRecord(
            timestamp=1_767_225_600_000_000_001 + number, observed_timestamp=1_767_225_600_500_000_000 + number,
            context=trace.set_span_in_context(span) if number % 2 else None,
            severity_number=list(SeverityNumber)[number * 3 % 25], severity_text=f"word {number}" if number else None,
            body=body, attributes=ATTRIBUTES, event_name="order.placed" if number == 7 else None,
        ))
    records = recorded.get_finished_logs()
    assert len(records) == len(bodies)
    assert exporters[1].export(records) is LogRecordExportResult.SUCCESS

    query = "SELECT * FROM logs ORDER BY time_unix_nano"
    wanted = expected.logs(encode_logs(records))
    for _ in range(2):
        rows = server.sql(query)
        for row, wanted_row in zip(rows, wanted, strict=True):
            assert as_text(row) == as_text(wanted_row)
            assert row["attributes"] == Json(ATTRIBUTES)
        server.restart()
    assert [row["body_type"] for row in rows] == [
        "string", "string", "int", "double", "bool", "bytes", "array", "kvlist", None,
    ]
    assert server.value("SELECT json_get_int(body, 'order') FROM logs WHERE event_name = 'order.placed'") == 7


def as_text(row):
    """A body that is no string is stored as JSON text; how that is spaced is left open."""
    if row["body_type"] in (None, "string"):
        return row
    body = row["body"]
    return row | {"body": body if isinstance(body, Json) else Json(expected.json.loads(body))}


def test_otlp_001_002_072_079_every_metric_instrument_of_the_sdk_reads_back_equal(server, exporters):
    reader = InMemoryMetricReader()
    views = [View(instrument_name="exponential", aggregation=ExponentialBucketHistogramAggregation())]
    provider = MeterProvider([reader], RESOURCE, AlwaysOnExemplarFilter(), views=views)
    record_metrics(provider.get_meter("shop.meter", "3.0", SCOPE_SCHEMA, SCOPE_ATTRIBUTES))
    recorded = reader.get_metrics_data()
    assert exporters[2].export(recorded) is MetricExportResult.SUCCESS

    wanted = sorted(expected.metrics(encode_metrics(recorded)), key=lambda row: (row["metric_name"], row["value"] or 0))
    query = "SELECT * FROM metrics ORDER BY metric_name, coalesce(value, 0)"
    check_before_and_after_flush(server, query, wanted)
    kinds = {row["metric_name"]: (row["metric_type"], row["temporality"], row["is_monotonic"]) for row in server.sql(query)}
    assert kinds == {
        "counter": ("sum", "CUMULATIVE", True),
        "counter.real": ("sum", "CUMULATIVE", True),
        "updown": ("sum", "CUMULATIVE", False),
        "histogram": ("histogram", "CUMULATIVE", None),
        "exponential": ("exponential_histogram", "CUMULATIVE", None),
        "gauge": ("gauge", None, None),
        "observed.counter": ("sum", "CUMULATIVE", True),
        "observed.updown": ("sum", "CUMULATIVE", False),
        "observed.gauge": ("gauge", None, None),
    }
    assert any(row["exemplars"] for row in wanted), "the SDK sent no exemplar: nothing was shown about them"


def record_metrics(meter):
    span = trace.NonRecordingSpan(SpanContext(0xA1, 0xB2, False, TraceFlags(1)))
    within = trace.set_span_in_context(span)
    keys = {"http.route": "/cart/{id}", "http.response.status_code": 200, "cold": False}
    counter = meter.create_counter("counter", "{request}", "requests served")
    counter.add(2, keys, within)
    counter.add(3, {"http.route": "/"}, within)
    meter.create_counter("counter.real", "s").add(0.5, keys)
    meter.create_up_down_counter("updown", "{cart}").add(-4, keys)
    for name in ("histogram", "exponential"):
        histogram = meter.create_histogram(name, "s", f"{name} of seconds")
        for value in (0.0, 0.25, 3.5, 800.0):
            histogram.record(value, keys, within)
    meter.create_gauge("gauge", "Cel").set(21.5, keys)
    meter.create_observable_counter("observed.counter", [lambda _: [Observation(2**53 + 1, keys)]])
    meter.create_observable_up_down_counter("observed.updown", [lambda _: [Observation(-1.5, keys)]])
    meter.create_observable_gauge("observed.gauge", [lambda _: [Observation(7, keys)]])
