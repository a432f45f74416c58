"""What is not stored twice, what is refused, and that the process stays within its memory."""

import concurrent.futures
import gzip
import hashlib
import re
import time

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from server import Server

PROTOBUF = "application/x-protobuf"
STUBS = {"traces": TraceServiceStub, "logs": LogsServiceStub, "metrics": MetricsServiceStub}
LIMITED = "[default]\nitems_per_second = 100\nitems_burst = 100\n"


@pytest.fixture
def bare(tmp_path):
    """A server that the test starts itself."""
    server = Server(tmp_path)
    yield server
    server.kill()


def spans(number, first=0, service=None, wrong=0):
    """So many spans, of which the first few have no id."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    if service:
        resource.resource.attributes.add(key="service.name").value.string_value = service
    scope = resource.scope_spans.add()
    for index in range(first, first + number):
        span = scope.spans.add(name="GET /cart", kind=2, trace_id=index.to_bytes(16, "big"), span_id=index.to_bytes(8, "big"))
        span.trace_id = hashlib.sha256(index.to_bytes(8, "big")).digest()[:16]
        span.span_id = b"" if index < first + wrong else hashlib.sha256(index.to_bytes(8, "big")).digest()[16:24]
        span.start_time_unix_nano = time.time_ns()
        span.end_time_unix_nano = span.start_time_unix_nano + 1_000_000
    return request


def logs(number, with_time=True):
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for index in range(number):
        record = scope.log_records.add()
        record.body.string_value = f"line {index}"
        if with_time:
            record.time_unix_nano = time.time_ns()
    return request


def points(first, number):
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="requests")
    for index in range(first, first + number):
        point = metric.gauge.data_points.add(time_unix_nano=time.time_ns(), as_int=index)
        point.attributes.add(key="number").value.int_value = index
    return request


def items(server, **wanted):
    """The items counted by outcome."""
    text = server.ask("/metrics")[2].decode()
    counts = {}
    for labels, count in re.findall(r"^ingest_otlp_items_total\{(.*)\} (\d+)$", text, re.MULTILINE):
        labels = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if wanted.items() <= labels.items():
            counts[labels["outcome"]] = counts.get(labels["outcome"], 0) + int(count)
    return counts


def export(server, signal, request, timeout=30):
    """Sends over gRPC."""
    with grpc.insecure_channel(server.grpc) as channel:
        return STUBS[signal](channel).Export(request, timeout=timeout)


def test_otlp_034_a_repeat_is_stored_once_over_both_transports_and_after_a_kill(server):
    request = spans(3, wrong=1)
    body = request.SerializeToString()
    first = server.send("traces", body, PROTOBUF)
    assert first[0] == 200 and first[2]
    assert server.send("traces", body, PROTOBUF)[2] == first[2]
    assert server.send("traces", gzip.compress(body), PROTOBUF, content_encoding="gzip")[2] == first[2]
    assert export(server, "traces", request).SerializeToString() == first[2]
    assert items(server, tenant="default", signal="traces") == {"received": 12, "stored": 2, "rejected": 1, "repeated": 9}
    server.kill()
    server.start()
    again = export(server, "traces", request).partial_success
    assert (again.rejected_spans, again.error_message) == (1, "1 of 3 spans were rejected when they first came")
    assert server.counts()["spans"] == 2


def test_logs_without_a_time_are_stored_every_time(server):
    for with_time, stored in ((False, 2), (True, 3)):
        body = logs(1, with_time).SerializeToString()
        for _ in range(2):
            assert server.send("logs", body, PROTOBUF)[0] == 200
        assert server.counts()["logs"] == stored


def test_the_retry_window_can_be_switched_off(bare):
    bare.start("--retry-window-seconds", "0")
    body = spans(1).SerializeToString()
    for _ in range(2):
        assert bare.send("traces", body, PROTOBUF)[0] == 200
    assert bare.counts()["spans"] == 2


def test_sent_is_stored_and_rejected_and_repeated_by_the_item_while_senders_repeat_and_hang_up(server):
    """Four senders send each request up to three times at once, over both transports, and some hang up early."""
    bodies = [(spans(20, first=1_000 * number, wrong=number % 3), number % 3) for number in range(60)]

    def deliver(number):
        request, wrong = bodies[number % 60]
        if number % 7 == 0:
            try:
                export(server, "traces", request, timeout=0.002)
            except grpc.RpcError:
                pass
        if number % 2:
            return export(server, "traces", request).partial_success.rejected_spans == wrong
        status, _, text = server.send("traces", request.SerializeToString(), PROTOBUF)
        return status == 200 and bool(text) == bool(wrong)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(pool.map(deliver, [number // 3 for number in range(180)]))
    # Requests whose senders hung up may still be under way.
    deadline = time.monotonic() + 20
    counts = items(server, tenant="default", signal="traces")
    while counts["received"] != counts["stored"] + counts["rejected"] + counts["repeated"]:
        assert time.monotonic() < deadline, counts
        time.sleep(0.1)
        counts = items(server, tenant="default", signal="traces")
    assert counts["stored"] == server.counts()["spans"] == sum(20 - wrong for _, wrong in bodies)
    assert counts["rejected"] == sum(wrong for _, wrong in bodies)
    assert counts["repeated"] >= 2 * 60 * 20
    assert server.value("SELECT sum(spans) FROM golden_signals") == counts["stored"]


@pytest.mark.alone
def test_over_the_rate_a_sender_is_told_when_to_come_back_and_others_are_not(bare, tmp_path):
    limits = tmp_path / "limits.toml"
    limits.write_text(LIMITED)
    keys = tmp_path / "keys"
    keys.write_text("".join(f"{hashlib.sha256(key.encode()).hexdigest()} {key} admin\n" for key in ("shop", "bank")))
    bare.start("--limits", str(limits), "--keys", str(keys))

    def send(tenant, number):
        return bare.send("traces", spans(number).SerializeToString(), PROTOBUF, authorization=f"Bearer {tenant}")

    # Larger than the burst, and taken all the same.
    assert send("shop", 700)[0] == 200
    status, headers, text = send("shop", 1)
    assert status == 429 and b"tenant shop sends more than 100 items a second" in text
    assert 1 <= int(headers["Retry-After"]) <= 6, "600 items are owed"
    assert send("bank", 100)[0] == 200
    time.sleep(int(headers["Retry-After"]))
    assert send("shop", 1)[0] == 200
    text = bare.ask("/metrics", authorization="Bearer shop")[2].decode()
    assert 'ingest_otlp_limited_requests_total{tenant="shop",signal="traces",limit="items"} 1' in text


@pytest.mark.alone
def test_grpc_holds_its_reply_before_it_refuses_and_tells_both_ways_when_to_come_back(bare, tmp_path):
    limits = tmp_path / "limits.toml"
    limits.write_text(LIMITED)
    bare.start("--limits", str(limits))
    requests = [spans(number) for number in (400, 3_000, 1)]
    export(bare, "traces", requests[0])
    began = time.monotonic()
    export(bare, "traces", requests[1])
    assert 1 < time.monotonic() - began, "300 items were owed"
    began = time.monotonic()
    with pytest.raises(grpc.RpcError) as refused:
        export(bare, "traces", requests[2])
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and time.monotonic() - began > 4.5
    trailers = dict(refused.value.trailing_metadata())
    # RetryInfo: field 1, a Duration of whole seconds: 30 s are owed, of which 5 were waited.
    retry_info = trailers["google.rpc.retryinfo-bin"]
    assert retry_info[:3] == b"\x0a\x02\x08" and 1 <= retry_info[3] <= 25
    assert retry_info in trailers["grpc-status-details-bin"]


def test_the_limits_file_is_read_again_and_a_mistake_keeps_the_former_limits(bare, tmp_path):
    limits = tmp_path / "limits.toml"
    limits.write_text("[default]\n")
    bare.start("--limits", str(limits))

    def answer(status):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if bare.send("traces", spans(1_000).SerializeToString(), PROTOBUF)[0] == status:
                return True
            time.sleep(0.2)
        return False

    assert answer(200)
    limits.write_text(LIMITED)
    assert answer(429)
    limits.write_text("[default]\n\nitems_per_second = 'many'\n")
    deadline = time.monotonic() + 20
    while "line 3" not in bare.log_file.read_text():
        assert time.monotonic() < deadline, "the mistake is told"
        time.sleep(0.2)
    assert answer(429)
    assert "ingest_otlp_limits_file_mistaken 1" in bare.ask("/metrics")[2].decode()
    limits.write_text("[default]\n")
    assert answer(200)
    checked = bare.command("check", limits, check=False)
    assert (checked.returncode, "ok" in checked.stderr) == (0, True)


@pytest.mark.first
def test_r16_many_services_keys_and_series_are_bounded_and_what_is_refused_is_counted(bare, tmp_path):
    limits = tmp_path / "limits.toml"
    limits.write_text("[default]\nservices_per_hour = 1_000\nseries_per_hour = 20_000\n")
    bare.start("--limits", str(limits))
    export(bare, "traces", spans(1, service="warm"))
    before = bare.memory_bytes("VmRSS")
    # 1e5 services: 100 requests of 1,000.
    for batch in range(100):
        request = ExportTraceServiceRequest()
        for number in range(1_000):
            request.resource_spans.append(spans(1, batch * 1_000 + number, f"service-{batch * 1_000 + number}").resource_spans[0])
        assert bare.send("traces", request.SerializeToString(), PROTOBUF)[0] == 200
    # 1e6 series: 200 requests of 5,000.
    for batch in range(200):
        assert bare.send("metrics", points(batch * 5_000, 5_000).SerializeToString(), PROTOBUF)[0] == 200
    # 1e5 attribute keys: nothing is refused for them.
    for batch in range(100):
        request = logs(1_000)
        for number, record in enumerate(request.resource_logs[0].scope_logs[0].log_records):
            record.attributes.add(key=f"key-{batch * 1_000 + number}").value.int_value = number
        answer = ExportLogsServiceResponse.FromString(bare.send("logs", request.SerializeToString(), PROTOBUF)[2])
        assert not answer.HasField("partial_success")
    assert items(bare, signal="traces") == {"received": 100_001, "stored": 1_000, "rejected": 99_001}
    assert items(bare, signal="metrics") == {"received": 1_000_000, "stored": 20_000, "rejected": 980_000}
    assert items(bare, signal="logs") == {"received": 100_000, "stored": 100_000, "rejected": 0}
    assert bare.counts() == {"spans": 1_000, "logs": 100_000, "metrics": 20_000}
    assert bare.memory_bytes("VmHWM") - before < 300 << 20
