"""SLOs of the tests: documents, the traffic they are about, and questions until they are counted."""

import json
import time

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MINUTE = 60_000_000_000
PROTOBUF = "application/x-protobuf"
MINUTES = 20
# What `send` sends, and how much of it fails.
ALL, BAD_A, BAD_B = 15 * MINUTES, MINUTES, 25


def rows(where, more=""):
    return f"{{metricSource: {{type: slowburn, spec: {{where: \"{where}\"{more}}}}}}}"


def query(language, text):
    return f"{{metricSource: {{type: slowburn, spec: {{{language}: {json.dumps(text)}}}}}}}"


def ratio(bad, total):
    return f"{{spec: {{ratioMetric: {{bad: {bad}, total: {total}}}}}}}"


REQUESTS = "service_name = 'shop' AND kind = 'SERVER'"
FAILED = "status_code = 'ERROR'"


def document(name, indicator="", objectives="[{target: 0.9}]", window="{duration: 30d}", method="Occurrences", metadata=""):
    indicator = f"\n  indicator: {indicator}" if indicator else ""
    return f"""apiVersion: openslo/v1
kind: Service
metadata: {{name: {name}}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}{metadata}}}
spec:
  service: {name}
  timeWindow: [{window}]
  budgetingMethod: {method}
  objectives: {objectives}{indicator}
"""


def send(server):
    """Of each of the last minutes: 10 requests on /a of which one fails, 5 on /b which all fail in the last five minutes;
    as many log records."""
    spans, records = ExportTraceServiceRequest(), ExportLogsServiceRequest()
    span_resource, log_resource = spans.resource_spans.add(), records.resource_logs.add()
    for resource in (span_resource.resource, log_resource.resource):
        resource.attributes.add(key="service.name").value.string_value = "shop"
    scope, log_scope = span_resource.scope_spans.add(), log_resource.scope_logs.add()
    now, number = time.time_ns() // MINUTE * MINUTE, 0
    for minute in range(1, MINUTES + 1):
        for index in range(15):
            number += 1
            start = now - minute * MINUTE + index * 1_000_000_000
            route, failed = ("/a", index == 0) if index < 10 else ("/b", minute <= 5)
            span = scope.spans.add(name=f"GET {route}", kind=2, trace_id=number.to_bytes(16), span_id=number.to_bytes(8),
                                   start_time_unix_nano=start, end_time_unix_nano=start + 5_000_000)
            span.attributes.add(key="http.route").value.string_value = route
            span.status.code = 2 if failed else 0
            record = log_scope.log_records.add(time_unix_nano=start, severity_number=17 if failed else 9)
            record.body.string_value = f"answered {number}"
    assert server.send("traces", spans.SerializeToString(), PROTOBUF)[0] == 200
    assert server.send("logs", records.SerializeToString(), PROTOBUF)[0] == 200


def call(server, method, path, body=None, content_type="application/json"):
    status, _, text = server.ask(path, body, content_type=content_type, method=method)
    return status, text


def put(server, name, text):
    status, answer = call(server, "PUT", f"/api/v1/slos/{name}", text.encode(), "application/yaml")
    assert status == 204, answer


def slo(server, name):
    status, text = call(server, "GET", f"/api/v1/slos/{name}")
    assert status == 200, text
    return json.loads(text)["slo"]


def until(holds, timeout_s=60):
    end, last = time.monotonic() + timeout_s, None
    while time.monotonic() < end:
        last = holds()
        if last:
            return last
        time.sleep(0.5)
    raise AssertionError(f"not within {timeout_s} s: {last}")


def counted(server, name, total):
    """The SLO once its first objective has counted so many events."""
    def holds():
        found = slo(server, name)
        budget = found["objectives"][0]["budget"]
        return found if budget and budget["total"] == total else None
    return until(holds)


def send_versions(server):
    """Requests to a cart of three versions: 1.8 fails, 1.9 is slow."""
    request = ExportTraceServiceRequest()
    now, number = time.time_ns(), 0
    for version, failed, slow in (("1.7", 10, 1), ("1.8", 300, 1), ("1.9", 10, 3)):
        resource = request.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = "cart"
        resource.resource.attributes.add(key="service.version").value.string_value = version
        scope = resource.scope_spans.add()
        for index in range(2_000):
            number += 1
            start = now - 60_000_000_000 + number * 1_000
            span = scope.spans.add(name="GET", kind=2, trace_id=(1_000_000 + number).to_bytes(16), span_id=number.to_bytes(8),
                                   start_time_unix_nano=start, end_time_unix_nano=start + slow * (1_000_000 + index * 1_000))
            span.status.code = 2 if index % 2_000 < failed else 0
    assert server.send("traces", request.SerializeToString(), PROTOBUF)[0] == 200


def send_fault(server):
    """Half an hour of orders and what they ask of the stock, which fails in the last two minutes; answers that window."""
    request = ExportTraceServiceRequest()
    now = time.time_ns() // MINUTE * MINUTE
    for name in ("desk", "stock"):
        resource = request.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = name
        scope = resource.scope_spans.add()
        for index in range(600):
            start = now - 30 * MINUTE + index * 3_000_000_000
            failed = index >= 560
            trace = (2_000_000 + index).to_bytes(16)
            if name == "desk":
                span = scope.spans.add(name="POST /order", kind=2, trace_id=trace, span_id=(1 + index).to_bytes(8),
                                       start_time_unix_nano=start, end_time_unix_nano=start + 50_000_000)
            else:
                span = scope.spans.add(name="GET /stock", kind=2, trace_id=trace, span_id=(10_001 + index).to_bytes(8),
                                       parent_span_id=(1 + index).to_bytes(8), start_time_unix_nano=start + 1_000_000,
                                       end_time_unix_nano=start + 40_000_000)
            span.status.code = 2 if failed else 0
    assert server.send("traces", request.SerializeToString(), PROTOBUF)[0] == 200
    return now - 2 * MINUTE, now
