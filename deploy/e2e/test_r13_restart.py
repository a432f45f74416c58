"""R13: a start with a large log. `SLOWBURN_LOG_MIB` says how large.

One data point that is not flushed holds back the whole log, as a quiet table does in earnest: what came after it
is in Parquet already, and a start must read the log all the same.
"""

import json
import os
import threading
import time

import pytest
import requests
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from server import Server
from test_kill import Load, REQUESTS

LOG_MIB = int(os.environ.get("SLOWBURN_LOG_MIB", "200"))
READY_S = 30
RECORDS = 2_000


def logs(number):
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for record in range(RECORDS):
        log = scope.log_records.add(time_unix_nano=time.time_ns())
        log.body.string_value = f"{number}/{record} " + "a line as long as lines are in earnest " * 12
    return request.SerializeToString()


def log_bytes(server):
    return sum(segment.stat().st_size for segment in (server.data_dir / "wal").glob("*.wal"))


@pytest.mark.alone
def test_r13_a_start_with_a_large_log_is_quick_and_says_when_it_is_ready(tmp_path):
    server = Server(tmp_path)
    try:
        server.start("--flush-seconds", "86400")
        point = REQUESTS["metrics"]("the quiet one", Load(1).salt).SerializeToString()
        headers = {"Content-Type": "application/x-protobuf"}
        assert requests.post(f"{server.otlp}/v1/metrics", point, headers=headers, timeout=30).status_code == 200
        sent = 0
        while log_bytes(server) < LOG_MIB << 20:
            body = logs(sent)
            while requests.post(f"{server.otlp}/v1/logs", body, headers=headers, timeout=60).status_code == 503:
                time.sleep(0.2)
            sent += 1
        size = log_bytes(server)
        server.process.kill()
        server.process.wait()
        server.process.stdout.close()

        began = time.monotonic()
        # The former address, to ask it from the first moment.
        address = server.ready["http"]
        answers = watch(address)
        server.start("--flush-seconds", "86400", "--http", address)
        took = time.monotonic() - began
        seen = answers.stop()
        print(json.dumps({"log_mib": size >> 20, "ready_s": round(took, 2), "readyz": seen}))
        assert took <= READY_S
        # Nobody listens, then it starts, then it is ready.
        order = [answer for answer in seen if answer not in ("nobody",)]
        assert order in ([503, 200], [200]), seen
        assert server.value("SELECT count(*) FROM logs") == sent * RECORDS
        assert server.value("SELECT count(*) FROM metrics") == 40
    finally:
        server.kill()


class watch:
    """Asks `/readyz` all the time; what it answered, without repeats."""

    def __init__(self, address):
        self.url, self.seen, self.done = f"http://{address}/readyz", [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.done.is_set():
            try:
                answer = requests.get(self.url, timeout=5).status_code
            except requests.RequestException:
                answer = "nobody"
            if self.seen[-1:] != [answer]:
                self.seen.append(answer)
            time.sleep(0.005)

    def stop(self):
        while self.seen[-1:] != [200]:
            time.sleep(0.01)
        self.done.set()
        self.thread.join(10)
        return self.seen
