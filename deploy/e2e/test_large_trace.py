"""A trace of 100,000 spans: whole, in bounded memory, also beside ingest; its late spans join, its orphans are told."""

import json
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PROTOBUF = "application/x-protobuf"
TRACE = bytes.fromhex("5c" * 16)
SPANS = 100_000
PER_REQUEST = 1_000
NOT_SENT = 4_999
# What the answer may take beside the server's own: rows, spans of them and the text (docs/memory.md).
GROWTH = 512 << 20


def request(ids, began):
    """Spans of a binary tree; span 1 is the root."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "batch"
    scope = resource.scope_spans.add()
    for id in ids:
        parent = (id // 2).to_bytes(8, "big") if id > 1 else b""
        span = scope.spans.add(name=f"step {id % 50}", kind=1, trace_id=TRACE, span_id=id.to_bytes(8, "big"), parent_span_id=parent)
        span.start_time_unix_nano = began + id * 1_000
        span.end_time_unix_nano = began + 200_000_000 + id * 1_000
        for key in ("app.step", "app.user", "db.query.text"):
            span.attributes.add(key=key).value.string_value = f"{key} of a span, which takes its place {id}"
    return request.SerializeToString()


def whole(server):
    status, _, body = server.ask(f"/api/v1/traces/{TRACE.hex()}", timeout_s=120)
    assert status == 200, body[:300]
    return json.loads(body), len(body)


def test_a_trace_of_100_000_spans_is_told_whole_in_bounded_memory(server):
    began = time.time_ns()
    for first in range(1, SPANS + 1, PER_REQUEST):
        ids = [id for id in range(first, first + PER_REQUEST) if id != NOT_SENT]
        assert server.send("traces", request(ids, began), PROTOBUF)[0] == 200
    server.forget_peak_memory()
    before, asked = server.memory_bytes("VmRSS"), time.monotonic()
    trace, size = whole(server)
    took, grown = time.monotonic() - asked, server.memory_bytes("VmHWM") - before
    print(f"{len(trace['spans'])} spans in {size >> 20} MiB of JSON: {took:.1f} s, {grown >> 20} MiB more memory")
    assert len(trace["spans"]) == SPANS - 1
    # The children of the one that was not sent have no parent here.
    orphans = [span["span_id"] for span in trace["spans"] if span["is_orphan"]]
    assert orphans == [id.to_bytes(8, "big").hex() for id in (2 * NOT_SENT, 2 * NOT_SENT + 1)]
    assert grown < GROWTH, grown >> 20
    # It comes late, and joins.
    assert server.send("traces", request([NOT_SENT], began), PROTOBUF)[0] == 200
    trace, _ = whole(server)
    assert len(trace["spans"]) == SPANS and not any(span["is_orphan"] for span in trace["spans"])
    assert server.value(f"SELECT count(*) FROM trace('{TRACE.hex()}')") == SPANS
    assert server.value(f"SELECT max(depth) FROM span_tree WHERE trace_id = '{TRACE.hex()}'") == 16
