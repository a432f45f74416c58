"""kill -9 while all signals arrive over both transports: what was acknowledged is there, once, after the next start.

`SLOWBURN_KILLS` says how many kills, `SLOWBURN_KILL_SEED` when they come; the data folder is a new one after every hundred.
"""

import collections
import itertools
import json
import os
import random
import shutil
import threading
import time

import grpc
import pytest
import requests
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from server import Server

KILLS = int(os.environ.get("SLOWBURN_KILLS", "50"))
KILLS_A_FOLDER = 100
SEED = int(os.environ.get("SLOWBURN_KILL_SEED", "20261120"))
ITEMS = 40
TABLES = {"traces": "spans", "logs": "logs", "metrics": "metrics"}
STUBS = {"traces": TraceServiceStub, "logs": LogsServiceStub, "metrics": MetricsServiceStub}
# Hot rows become Parquet every second, so that kills also hit the writing of files and commits.
FLUSHING = ("--flush-seconds", "1")


def attributes(item, batch, number):
    for key, value in (("batch", batch), ("item", f"{batch}/{number}")):
        item.attributes.add(key=key).value.string_value = value


def traces(batch, salt):
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number in range(ITEMS):
        start = time.time_ns()
        span = scope.spans.add(name="work", start_time_unix_nano=start, end_time_unix_nano=start + 1)
        span.trace_id, span.span_id = salt.randbytes(16), salt.randbytes(8)
        attributes(span, batch, number)
    return request


def logs(batch, _):
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for number in range(ITEMS):
        record = scope.log_records.add(time_unix_nano=time.time_ns())
        record.body.string_value = "a line"
        attributes(record, batch, number)
    return request


def metrics(batch, _):
    request = ExportMetricsServiceRequest()
    gauge = request.resource_metrics.add().scope_metrics.add().metrics.add(name="level").gauge
    for number in range(ITEMS):
        attributes(gauge.data_points.add(time_unix_nano=time.time_ns(), as_int=number), batch, number)
    return request


REQUESTS = {"traces": traces, "logs": logs, "metrics": metrics}


class Load:
    """Six senders, one a signal and transport. Every batch is sent once, whatever the answer."""

    def __init__(self, seed):
        self.salt = random.Random(seed)
        self.numbers = itertools.count()
        self.acknowledged = {signal: set() for signal in TABLES}
        self.sent = {signal: set() for signal in TABLES}
        self.per_transport = {"grpc": 0, "http": 0}

    def run_until_killed(self, server, kill):
        gone = threading.Event()
        senders = [
            threading.Thread(target=self.send, args=(signal, transport, server, gone))
            for signal in TABLES for transport in self.per_transport
        ]
        for sender in senders:
            sender.start()
        kill()
        gone.set()
        for sender in senders:
            sender.join(30)
            assert not sender.is_alive()

    def send(self, signal, transport, server, gone):
        deliver = self.over_grpc(signal, server) if transport == "grpc" else self.over_http(signal, server)
        while not gone.is_set():
            batch = f"{signal}-{transport}-{next(self.numbers)}"
            request = REQUESTS[signal](batch, self.salt)
            self.sent[signal].add(batch)
            if not deliver(request):
                return
            self.acknowledged[signal].add(batch)
            self.per_transport[transport] += 1

    def over_grpc(self, signal, server):
        export = STUBS[signal](grpc.insecure_channel(server.grpc)).Export

        def deliver(request):
            try:
                answer = export(request, timeout=10)
            except grpc.RpcError:
                return False
            assert not answer.HasField("partial_success")
            return True

        return deliver

    def over_http(self, signal, server):
        session = requests.Session()
        headers = {"Content-Type": "application/x-protobuf"}

        def deliver(request):
            try:
                url = f"{server.otlp}/v1/{signal}"
                return session.post(url, request.SerializeToString(), headers=headers, timeout=10).status_code == 200
            except requests.RequestException:
                return False

        return deliver


def check(server, load):
    """Acknowledged batches are whole; others are whole or absent; no item is there twice."""
    query = """SELECT attributes->>'batch' AS batch, count(*) AS rows, count(DISTINCT attributes->>'item') AS items
               FROM {} GROUP BY 1"""
    for signal, table in TABLES.items():
        stored = {row["batch"]: (row["rows"], row["items"]) for row in server.sql(query.format(table))}
        lost = load.acknowledged[signal] - stored.keys()
        assert not lost, f"{len(lost)} acknowledged batches of {signal} are gone, such as {min(lost)}"
        broken = {batch: counts for batch, counts in stored.items() if counts != (ITEMS, ITEMS)}
        assert not broken, f"batches of {signal} that are not whole or not unique: {broken}"
        assert stored.keys() <= load.sent[signal]
    spans = server.sql("SELECT date_trunc('minute', start_time) AS minute, count(*) AS n FROM spans GROUP BY 1")
    signals = server.sql("SELECT minute, sum(requests) AS n FROM golden_signals GROUP BY 1")
    assert {row["minute"]: row["n"] for row in signals} == {row["minute"]: row["n"] for row in spans}


def kill_now(server, salt):
    """Most kills come out of the blue; some while the server puts away what it has."""
    time.sleep(salt.uniform(0.05, 0.7))
    if salt.random() < 0.25:
        server.process.terminate()
        time.sleep(salt.uniform(0, 0.06))
    server.process.kill()
    server.process.wait()
    server.process.stdout.close()


def kill_while_it_starts(server, salt):
    """Replaying the log and writing what it must on the way can be interrupted as well."""
    server.launch(*FLUSHING)
    time.sleep(salt.uniform(0, 0.15))
    server.process.kill()
    server.process.wait()
    server.process.stdout.close()


@pytest.fixture
def doomed(tmp_path):
    server = Server(tmp_path)
    yield server
    server.kill()


@pytest.mark.first
def test_r01_r02_kills_lose_nothing_acknowledged_and_recovery_adds_nothing(tmp_path):
    salt, counts = random.Random(SEED), collections.Counter()
    for first in range(0, KILLS, KILLS_A_FOLDER):
        server = Server(tmp_path / f"from-{first}")
        server.data_dir.parent.mkdir()
        try:
            counts += kills(server, min(KILLS_A_FOLDER, KILLS - first), salt)
        finally:
            server.kill()
        shutil.rmtree(server.data_dir)
    print(json.dumps(counts))
    assert counts["kills"] >= KILLS
    assert min(counts["grpc"], counts["http"]) > KILLS, "both transports were busy"
    assert all(counts[signal] > KILLS * ITEMS for signal in TABLES), "all signals were busy"


def kills(server, count, salt):
    """So many kills under load, some more while the server starts; after each, everything is looked at."""
    load, while_starting = Load(salt.random()), 0
    server.start(*FLUSHING)
    for _ in range(count):
        load.run_until_killed(server, lambda: kill_now(server, salt))
        if salt.random() < 0.2:
            kill_while_it_starts(server, salt)
            while_starting += 1
        server.start(*FLUSHING)
        check(server, load)
    items = {signal: len(batches) * ITEMS for signal, batches in load.acknowledged.items()}
    return collections.Counter({"kills": count + while_starting, **items, **load.per_transport})


def test_a_stop_under_load_ends_with_status_0_and_keeps_what_was_acknowledged(doomed):
    load = Load(seed=8)
    doomed.start()

    def stop():
        time.sleep(1)
        doomed.stop()

    load.run_until_killed(doomed, stop)
    doomed.start()
    check(doomed, load)
    assert doomed.value("SELECT sum(hot_rows) FROM ingest_status") == 0, "a stop leaves nothing to replay"
    doomed.stop()
