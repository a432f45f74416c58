"""R8: clocks that are wrong: every item is stored or counted as rejected, and there is one odd partition at most."""

import re
import time

import requests
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

HOUR = 3_600 * 10**9
NOW = time.time_ns()
TIMES = [
    0, 1, 10**9, 86_400 * 10**9, NOW, NOW - HOUR, NOW + HOUR, NOW + 10 * 365 * 24 * HOUR, 2**62, 2**63 - 1, 2**63, 2**64 - 1,
    # Seconds, milliseconds and microseconds where nanoseconds belong.
    NOW // 10**9, NOW // 10**6, NOW // 10**3,
    *(day * 86_400 * 10**9 for day in range(2, 60)),
]
ODD = "date=1970-01-01"


def spans():
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    pairs = [(start, end) for start in TIMES for end in (start, 0, NOW, 2**64 - 1)]
    for number, (start, end) in enumerate(pairs, 1):
        span = scope.spans.add(name="work", start_time_unix_nano=start, end_time_unix_nano=end)
        span.trace_id, span.span_id = number.to_bytes(16), number.to_bytes(8)
    return request, len(pairs)


def logs():
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    pairs = [(time, observed) for time in TIMES for observed in TIMES[:12]]
    for at, observed in pairs:
        scope.log_records.add(time_unix_nano=at, observed_time_unix_nano=observed)
    return request, len(pairs)


def metrics():
    request = ExportMetricsServiceRequest()
    gauge = request.resource_metrics.add().scope_metrics.add().metrics.add(name="level").gauge
    for number, at in enumerate(TIMES):
        gauge.data_points.add(time_unix_nano=at, start_time_unix_nano=TIMES[-number - 1], as_int=number)
    return request, len(TIMES)


def test_r08_wrong_clocks_are_stored_or_counted_and_make_one_odd_partition(server):
    kinds = {
        "traces": (spans, ExportTraceServiceResponse, "rejected_spans", "spans"),
        "logs": (logs, ExportLogsServiceResponse, "rejected_log_records", "logs"),
        "metrics": (metrics, ExportMetricsServiceResponse, "rejected_data_points", "metrics"),
    }
    for signal, (make, answer_of, rejected_field, table) in kinds.items():
        request, sent = make()
        headers = {"Content-Type": "application/x-protobuf"}
        reply = requests.post(f"{server.otlp}/v1/{signal}", request.SerializeToString(), headers=headers, timeout=30)
        assert reply.status_code == 200, reply.content
        rejected = getattr(answer_of.FromString(reply.content).partial_success, rejected_field)
        stored = server.value(f"SELECT count(*) FROM {table}")
        print(f"{table}: sent {sent}, stored {stored}, rejected {rejected}")
        assert sent == stored + rejected
        assert stored > 0
    server.restart()
    plausible = {time.strftime("date=%Y-%m-%d", time.gmtime(at / 10**9)) for at in TIMES if 631_152_000 * 10**9 <= at < 2**62}
    for _, (make, _, _, table) in kinds.items():
        names = {folder.name for folder in (server.data_dir / "default" / table).iterdir()}
        partitions = {name for name in names if re.fullmatch(r"date=.*", name)}
        assert partitions <= plausible | {ODD} | today(), f"odd partitions of {table}: {partitions - plausible}"


def today():
    """The time of receipt stands in where a log record has no time."""
    return {time.strftime("date=%Y-%m-%d", time.gmtime(at / 10**9)) for at in (NOW, time.time_ns())}
