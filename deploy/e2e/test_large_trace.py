"""A trace of 100,000 spans: whole, in bounded memory, also for clients that stall or leave; its late spans join, its orphans
are told."""

import contextlib
import json
import socket
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PROTOBUF = "application/x-protobuf"
TRACE = bytes.fromhex("5c" * 16)
SPANS = 100_000
PER_REQUEST = 1_000
NOT_SENT = 4_999
# What the answer may take beside the server's own (docs/memory.md): rows as they are stored, some 450 bytes each, 43 MiB;
# what is found about them, 512 bytes a row at the most, 49 MiB; pieces on their way, 4 MiB. The body alone has 64 MiB.
GROWTH = 96 << 20
# What a client that does not read keeps of that, by the same figures.
KEPT = 64 << 20


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


def send_trace(server, began):
    for first in range(1, SPANS + 1, PER_REQUEST):
        ids = [id for id in range(first, first + PER_REQUEST) if id != NOT_SENT]
        assert server.send("traces", request(ids, began), PROTOBUF)[0] == 200


def whole(server):
    status, _, body = server.ask(f"/api/v1/traces/{TRACE.hex()}", timeout_s=120)
    assert status == 200, body[:300]
    return json.loads(body), len(body)


def begin(server, read_bytes):
    """A connection that asked for the trace and has read so much of it."""
    host, port = server.api.removeprefix("http://").split(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
    connection.settimeout(120)
    connection.connect((host, int(port)))
    connection.sendall(f"GET /api/v1/traces/{TRACE.hex()} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head, left = connection.recv(100), read_bytes
    assert head.startswith(b"HTTP/1.1 200"), head
    while left > 0:
        left -= len(connection.recv(min(left, 64 << 10)))
    return connection


def states(server):
    """Of every time the trace was asked for."""
    return [row["state"] for row in server.sql("SELECT state FROM queries WHERE kind = 'trace' ORDER BY id")]


def wait_for(server, expected, timeout_s):
    until = time.monotonic() + timeout_s
    while (now := states(server)) != expected:
        assert time.monotonic() < until, now
        time.sleep(0.2)


def test_a_trace_of_100_000_spans_is_told_whole_in_bounded_memory(server):
    began = time.time_ns()
    send_trace(server, began)
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


def test_clients_that_leave_or_stall_hold_nothing_for_long(server):
    send_trace(server, time.time_ns())
    whole(server)
    server.forget_peak_memory()
    before = server.memory_bytes("VmRSS")
    leaves = begin(server, 1 << 20)
    assert states(server) == ["answered", "running"]
    leaves.close()
    wait_for(server, ["answered", "cancelled"], timeout_s=10)
    # One that stalls keeps the rows of the trace, and no slot, until its question has run out of time, which is 30 s.
    stalls = [begin(server, 1 << 20) for _ in range(5)]
    assert states(server)[2:] == ["running"] * 5
    assert len(whole(server)[0]["spans"]) == SPANS - 1
    grown = server.memory_bytes("VmHWM") - before
    print(f"five clients that stall, and one that reads: {grown >> 20} MiB more memory")
    assert grown < GROWTH + 5 * KEPT, grown >> 20
    wait_for(server, ["answered", "cancelled"] + ["failed"] * 5 + ["answered"], timeout_s=60)
    for connection in stalls:
        # What it gets is no whole answer: the last chunk is missing.
        end = b""
        with contextlib.suppress(ConnectionResetError):
            while got := connection.recv(1 << 20):
                end = got[-16:]
        assert not end.endswith(b"\r\n0\r\n\r\n")
        connection.close()
    assert len(whole(server)[0]["spans"]) == SPANS - 1
