"""Ten million spans with 26 attributes each through a server, and how long it takes to tell what failing ones have in common.

    SLOWBURN_BINARY=… python deploy/e2e/attributes.py [millions of spans, 10]

A million spans are made and sent so many times. Of each: six attributes with columns of their own, twelve that become columns of merged
files, eight of many values, an id and two numbers among them. Three of four spans of one version in one region fail, and one of a hundred others."""

import concurrent.futures
import json
import pathlib
import random
import sys
import tempfile
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from server import Server

START = 1_699_999_200_000_000_000
REQUEST, REQUESTS = 5_000, 200
DENSE, VALUES = 12, 6
RUNS = 5


def attribute(span, key, value):
    added = span.attributes.add(key=key)
    if isinstance(value, int):
        added.value.int_value = value
    else:
        added.value.string_value = value


def request(number, chances):
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    version = f"1.{number % 20}"
    for key, value in (("service.name", f"shop-{number % 40}"), ("service.version", version), ("host.name", f"host-{number % 80}")):
        attribute(resource.resource, key, value)
    scope = resource.scope_spans.add()
    for row in range(REQUEST):
        place = number * REQUEST + row
        region = chances.randrange(12)
        failing = chances.random() < (0.75 if version == "1.7" and region == 3 else 0.01)
        start = START + place * 3_000_000
        span = scope.spans.add(trace_id=(1 + place // 10).to_bytes(16), span_id=(1 + place).to_bytes(8), name=f"work {row % 30}", kind=2,
                               start_time_unix_nano=start, end_time_unix_nano=start + chances.randrange(50_000_000))
        span.status.code = 2 if failing else 1
        for key, value in (("http.route", f"/route/{row % 50}"), ("http.request.method", "GET"), ("http.response.status_code", 500 if failing else 200)):
            attribute(span, key, value)
        attribute(span, "app.region", f"region-{region}")
        for key in range(1, DENSE):
            attribute(span, f"app.k{key}", f"value {chances.randrange(2 + 3 * key)}")
        for key in range(VALUES - 1):
            attribute(span, f"app.v{key}", f"customer {chances.randrange(2_000)}")
        attribute(span, "app.id", f"{place:016x}")
        attribute(span, "app.bytes", chances.randrange(100_000))
        attribute(span, "app.items", chances.randrange(100))
    return message.SerializeToString()


def ask(server, query):
    status, _, text = server.ask("/api/v1/sql", json.dumps({"query": query}).encode(), content_type="application/json")
    assert status == 200, text
    return json.loads(text)


def main():
    copies = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    chances = random.Random(1)
    bodies = [request(number, chances) for number in range(REQUESTS)]
    print(f"{REQUEST * REQUESTS:,} spans in {sum(map(len, bodies)) >> 20} MiB, sent {copies} times", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(pathlib.Path(folder))
        server.start("--retry-window-seconds", "0")
        try:
            measure(server, bodies, copies)
        finally:
            server.kill()


def measure(server, bodies, copies):
    def send(body):
        while (status := server.send("traces", body, "application/x-protobuf")[0]) == 503:
            time.sleep(0.2)
        assert status == 200, status

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(4) as senders:
        for _ in range(copies):
            list(senders.map(send, bodies))
    print(f"sent in {time.monotonic() - began:.0f} s", flush=True)
    files = lambda: ask(server, "SELECT files, hot_rows FROM ingest_status WHERE signal = 'traces'")["rows"][0]
    known = None
    while (found := files()) != known or found[1] > 0:
        known = found
        time.sleep(15)
    print(f"settled after {time.monotonic() - began:.0f} s: {known[0]} files", flush=True)
    failing = "status_code = ''ERROR''"
    for attributes in ("columns", "all"):
        query = ("SELECT place, key, value, failing, failing_total, baseline_total "
                 f"FROM differences('true', '{failing}', '{attributes}') ORDER BY place")
        times = []
        for run in range(RUNS):
            # Another text each time, so that none is answered as before.
            began = time.monotonic()
            answer = ask(server, f"{query} LIMIT {100 + run}")
            times.append(time.monotonic() - began)
        print(f"differences over {attributes}: {' '.join(f'{took:.2f}' for took in times)} s; "
              f"{server.memory_bytes('VmHWM') >> 20} MiB at the most")
        for row in answer["rows"][:5]:
            print(row)


if __name__ == "__main__":
    main()
