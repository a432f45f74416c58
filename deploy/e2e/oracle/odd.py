"""Telemetry with odd values, the same for the same number: NULLs, NaN, empty texts, negative durations, extremes, other scripts.

One batch is a request of each signal. Batches lie in two hours, so that their files are merged.
"""

import random

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

START = 1_674_982_800_000_000_000  # 2023-01-29 09:00 UTC
TWO_HOURS = 2 * 3_600_000_000_000
I64 = (-(2**63), 2**63 - 1)
SERVICES = ["cart", "pay", "Größe", "订单", "", None, "ts-order-service"]
ROUTES = ["/cart", "/pay/{id}", "/", "", "/größe", None, None]
NAMES = ["GET /cart", "POST /pay", "query", "", "支付失败", "Ärger", "a'b\"c\\d", "line\nbreak", "50% off_now"]
BODIES = [
    "connection reset by peer", "Connection RESET by Peer 10.1.2.3:8080", "peer by reset connection", "order {n} failed: timeout after {n} ms",
    "user_id={n} bought 'three apples' id=8a53-bf9{n}", "订单支付失败 {n}", "Größe ÄRGER {n}", "", "{n}", "GET /cart/{n} 200 in 3.5s", "error error",
    "card refused", "refused: card {n}", "0x{n:x} at 2023-01-29T09:00:00Z", "a.b-c_d",
]
TIERS = ["gold", "tin", "silver", "tin"]


def value(rng, into):
    kind = rng.randrange(9)
    if kind == 0:
        into.int_value = rng.choice([0, 1, -1, *I64, rng.randrange(1000)])
    elif kind == 1:
        into.double_value = rng.choice([0.5, 1.0, 1e21, -2.25, float("nan"), float("inf"), 0.30000000000000004])
    elif kind == 2:
        into.bool_value = rng.random() < 0.5
    elif kind == 3:
        into.bytes_value = bytes([rng.randrange(256) for _ in range(3)])
    elif kind == 4:
        for number in range(rng.randrange(3)):
            into.array_value.values.add().int_value = number
    elif kind == 5:
        into.kvlist_value.values.add(key="x.y").value.double_value = 1.5
    elif kind == 6:
        pass
    else:
        into.string_value = rng.choice(["", "ü", "a\"b", "tab\there", "plain", "七", "12", "Some Words here"])


def attributes(rng, into, n):
    """Promoted keys with values of their type and of others, a dense key, sparse ones."""
    route = rng.choice(ROUTES)
    if route is not None:
        into.add(key="http.route").value.string_value = route
    if rng.random() < 0.4:
        status = into.add(key="http.response.status_code").value
        if rng.random() < 0.9:
            status.int_value = rng.choice([200, 404, 500, 0, I64[0]])
        else:
            status.string_value = "500 as text"
    if rng.random() < 0.8:
        into.add(key="app.tier").value.string_value = TIERS[n % 4]
    if rng.random() < 0.3:
        into.add(key="app.shard").value.int_value = n % 5
    if rng.random() < 0.2:
        value(rng, into.add(key="odd.value").value)
    if rng.random() < 0.1:
        value(rng, into.add(key="$ref").value)
    if rng.random() < 0.1:
        into.add(key="schlüssel").value.string_value = f"wert {n % 3}"


def resource(rng, into):
    service = rng.choice(SERVICES)
    if service is not None:
        into.resource.attributes.add(key="service.name").value.string_value = service
    if rng.random() < 0.5:
        into.resource.attributes.add(key="host.name").value.string_value = rng.choice(["web-1", "web-2", "wéb"])
    if rng.random() < 0.5:
        into.resource.attributes.add(key="team").value.string_value = rng.choice(["checkout", "search"])


def moment(rng):
    return START + rng.randrange(TWO_HOURS)


def trace_ids(n):
    """Traces of a batch; some belong to the batch before as well, so spans come late."""
    return [(1000 * max(n - late, 0) + trace).to_bytes(16, "big") for trace in range(1, 9) for late in (0, 0, 1)]


def spans(n):
    rng = random.Random(f"spans {n}")
    request = ExportTraceServiceRequest()
    number = n * 10_000
    for _ in range(6):
        group = request.resource_spans.add()
        resource(rng, group)
        scope = group.scope_spans.add()
        scope.scope.name = rng.choice(["", "scope", "größe"])
        for _ in range(rng.randrange(4, 18)):
            number += 1
            start = moment(rng)
            duration = rng.choice([0, 1, -1, -5_000_000, rng.randrange(10_000_000), rng.randrange(10**10), 3_600_000_000_000])
            parent = rng.choice([0, n * 10_000 + 1, max(number - 1, n * 10_000 + 1), number + 500_000_000])
            span = scope.spans.add(
                trace_id=rng.choice(trace_ids(n)), span_id=number.to_bytes(8, "big") if number else b"\0" * 7 + b"\1",
                parent_span_id=parent.to_bytes(8, "big") if parent and parent != number else b"", name=rng.choice(NAMES),
                kind=rng.choice([0, 1, 2, 2, 3, 4, 5, 77]), start_time_unix_nano=start, end_time_unix_nano=start + duration,
                flags=rng.choice([0, 1, 0x301, 2**32 - 1]), dropped_attributes_count=rng.choice([0, 0, 3, 2**32 - 1]),
                trace_state=rng.choice(["", "", "a=1"]))
            span.status.code = rng.choice([0, 0, 1, 2, 9])
            span.status.message = rng.choice(["", "", "declined", "ü"])
            attributes(rng, span.attributes, number)
    return request.SerializeToString()


def logs(n):
    rng = random.Random(f"logs {n}")
    request = ExportLogsServiceRequest()
    for _ in range(4):
        group = request.resource_logs.add()
        resource(rng, group)
        scope = group.scope_logs.add()
        for number in range(rng.randrange(8, 30)):
            at = rng.choice([moment(rng), moment(rng), moment(rng), START + 5, 0])
            record = scope.log_records.add(
                time_unix_nano=at, observed_time_unix_nano=moment(rng) if at == 0 or rng.random() < 0.5 else 0,
                severity_number=rng.choice([0, 5, 9, 9, 13, 17, 21, 24]), severity_text=rng.choice(["", "INFO", "ERROR", "warn"]),
                flags=rng.choice([0, 1]), event_name=rng.choice(["", "", "checkout.done"]))
            if rng.random() < 0.7:
                record.trace_id = rng.choice(trace_ids(n))
                record.span_id = (n * 10_000 + rng.randrange(1, 60)).to_bytes(8, "big")
            if rng.random() < 0.85:
                record.body.string_value = rng.choice(BODIES).format(n=number * 37 % 11)
            elif rng.random() < 0.7:
                value(rng, record.body)
            attributes(rng, record.attributes, number)
            if rng.random() < 0.2:
                record.attributes.add(key="exception.type").value.string_value = rng.choice(["CardError", "java.io.IOException"])
    return request.SerializeToString()


def metrics(n):
    rng = random.Random(f"metrics {n}")
    request = ExportMetricsServiceRequest()
    for _ in range(3):
        group = request.resource_metrics.add()
        resource(rng, group)
        scope = group.scope_metrics.add()
        gauge = scope.metrics.add(name=rng.choice(["queue.length", "cpu", "größe"]), unit=rng.choice(["", "1", "By"])).gauge
        for _ in range(rng.randrange(10, 30)):
            point = gauge.data_points.add(time_unix_nano=moment(rng))
            if rng.random() < 0.5:
                point.as_int = rng.choice([0, -7, rng.randrange(1000), *I64])
            else:
                point.as_double = rng.choice([0.5, rng.random() * 100, -1e300, float("nan"), float("inf"), -2.0])
            attributes(rng, point.attributes, rng.randrange(100))
            if rng.random() < 0.05:
                point.flags = 1
        total = scope.metrics.add(name="requests", unit="1").sum
        total.aggregation_temporality = rng.choice([1, 2])
        total.is_monotonic = rng.random() < 0.7
        for _ in range(rng.randrange(5, 15)):
            total.data_points.add(time_unix_nano=moment(rng), start_time_unix_nano=rng.choice([0, START])).as_int = rng.randrange(10**6)
        shape = scope.metrics.add(name="latency", unit="ms").histogram
        shape.aggregation_temporality = 1
        for _ in range(rng.randrange(3, 9)):
            counts = [rng.randrange(50) for _ in range(4)]
            point = shape.data_points.add(
                time_unix_nano=moment(rng), count=sum(counts), sum=rng.random() * 1000, bucket_counts=counts, explicit_bounds=[1, 10, 100])
            if rng.random() < 0.5:
                point.min, point.max = 0.25, rng.random() * 500
    return request.SerializeToString()


SIGNALS = {"traces": spans, "logs": logs, "metrics": metrics}
