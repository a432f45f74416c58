"""Golden signals are what a recount of the stored spans says, however often they were flushed, stopped and sent."""

import random
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recount import compare
from server import FIXTURES

PROTOBUF = "application/x-protobuf"
# Every second to files; and repeats are stored, so that counting has to tell them.
FLUSHING = ("--flush-seconds", "1", "--retry-window-seconds", "0")
START = 1_700_000_000_000_000_000
KINDS = {"SERVER": 2, "CLIENT": 3}


def traffic(seed, spans=400):
    """Requests of three services over some ten minutes; some fail, by status or by the code of HTTP alone."""
    chance = random.Random(seed)
    request = ExportTraceServiceRequest()
    for service in ("cart", "pay", None):
        resource = request.resource_spans.add()
        if service:
            resource.resource.attributes.add(key="service.name").value.string_value = service
        scope = resource.scope_spans.add()
        for _ in range(spans):
            start = START + chance.randrange(600_000_000_000)
            duration = int(chance.lognormvariate(16, 1.5))
            span = scope.spans.add(
                trace_id=chance.randbytes(16), span_id=chance.randbytes(8), name=chance.choice(("GET /a", "POST /b")),
                kind=chance.choice(list(KINDS.values())), start_time_unix_nano=start, end_time_unix_nano=start + duration)
            span.status.code = chance.choice((0, 0, 0, 1, 2))
            span.attributes.add(key="http.response.status_code").value.int_value = chance.choice((200, 404, 503))
    return request.SerializeToString()


def test_signals_of_real_traces_are_those_of_a_recount(server):
    server.command("import", FIXTURES / "trainticket" / "traces.jsonl", "--endpoint", server.otlp)
    hot = compare(server.sql)
    assert hot[0] > 10
    server.restart()
    assert compare(server.sql) == hot


def test_signals_do_not_change_by_flushes_repeats_and_kills(server):
    server.stop()
    server.start(*FLUSHING)
    first = traffic(1)
    for body in (first, traffic(2), first):
        assert server.send("traces", body, PROTOBUF)[0] == 200
    before = compare(server.sql)
    server.kill()
    server.start(*FLUSHING)
    assert compare(server.sql) == before, "a kill changes nothing"
    server.restart()
    assert compare(server.sql) == before, "neither does a flush"
    assert server.send("traces", first, PROTOBUF)[0] == 200
    assert compare(server.sql) == before, "nor spans that were counted by a process before"
    stored = server.value("SELECT count(*) FROM spans")
    assert (stored, server.value("SELECT sum(spans) FROM golden_signals")) == (4 * 1_200, 2 * 1_200)


def test_signals_do_not_change_by_compaction(server):
    server.stop()
    server.start(*FLUSHING)
    log = server.data_dir / "default" / "golden_signals" / "_delta_log"

    def commits(operation):
        return sum(f'"operation":"{operation}"' in entry.read_text() for entry in log.glob("*.json"))

    bodies = [traffic(seed, spans=100) for seed in range(9)]
    for flushed, body in enumerate(bodies, start=1):
        assert server.send("traces", body, PROTOBUF)[0] == 200
        until(lambda: commits("WRITE") >= flushed)
    before = compare(server.sql)
    until(lambda: commits("OPTIMIZE") >= 1)
    assert compare(server.sql) == before, "merging files changes nothing"
    server.kill()
    server.start(*FLUSHING)
    assert compare(server.sql) == before, "nor does a kill after it"
    assert server.send("traces", bodies[0], PROTOBUF)[0] == 200
    assert compare(server.sql) == before, "and what was counted in a merged file is not counted again"


def until(holds, timeout_s=30):
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, f"not within {timeout_s} s"
        time.sleep(0.1)


def test_a_sampled_span_stands_for_several_requests(server):
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(
        trace_id=b"t" * 16, span_id=b"s" * 8, name="work", start_time_unix_nano=START, end_time_unix_nano=START + 1_000,
        trace_state="ot=th:c")
    span.status.code = 2
    assert server.send("traces", request.SerializeToString(), PROTOBUF)[0] == 200
    (row,) = server.sql("SELECT requests, errors, spans FROM golden_signals")
    assert row == {"requests": 4, "errors": 4, "spans": 1}


def test_saturation_comes_from_utilization_gauges(server):
    body = b"""{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},
        "scopeMetrics":[{"metrics":[{"name":"process.cpu.utilization","unit":"1","gauge":{"dataPoints":[
            {"timeUnixNano":"1700000000000000000","asDouble":0.25},{"timeUnixNano":"1700000001000000000","asDouble":0.75}]}},
            {"name":"queue.length","gauge":{"dataPoints":[{"timeUnixNano":"1700000000000000000","asDouble":9}]}}]}]}]}"""
    assert server.send("metrics", body, "application/json")[0] == 200
    (row,) = server.sql("SELECT service_name, source, saturation, requests FROM golden_signals")
    assert row == {"service_name": "cart", "source": "metrics", "saturation": 0.75, "requests": None}
