"""R12: SIGTERM under load: it ends within 10 s, loses nothing, and clients hear of nothing but 503 and UNAVAILABLE."""

import time

import grpc
import pytest
import requests

from server import Server
from test_kill import STUBS, Load, check

LIMIT_S = 10


class Listening(Load):
    """The same load, which also keeps what it is answered, and goes on until nobody answers."""

    def __init__(self, seed):
        super().__init__(seed)
        self.heard = {}

    def hear(self, answer):
        self.heard[answer] = self.heard.get(answer, 0) + 1

    def over_grpc(self, signal, server):
        export = STUBS[signal](grpc.insecure_channel(server.grpc)).Export

        def deliver(request):
            try:
                export(request, timeout=10)
            except grpc.RpcError as error:
                self.hear(error.code().name)
                return False
            return True

        return deliver

    def over_http(self, signal, server):
        session = requests.Session()

        def deliver(request):
            headers = {"Content-Type": "application/x-protobuf"}
            try:
                url = f"{server.otlp}/v1/{signal}"
                answer = session.post(url, request.SerializeToString(), headers=headers, timeout=10)
            except requests.ConnectionError:
                self.hear("no connection")
                return False
            if answer.status_code != 200:
                self.hear(answer.status_code)
            return answer.status_code == 200

        return deliver


@pytest.mark.alone
def test_r12_a_stop_under_load_is_quick_and_honest(tmp_path):
    server = Server(tmp_path)
    try:
        for round in range(5):
            server.start()
            load, took = Listening(seed=round), []

            def stop(server=server, took=took):
                time.sleep(0.7)
                began = time.monotonic()
                server.stop()
                took.append(time.monotonic() - began)

            load.run_until_killed(server, stop)
            print(f"{took[0]:.2f} s, {load.heard}")
            assert took[0] <= LIMIT_S
            assert set(load.heard) <= {"UNAVAILABLE", 503, "no connection"}, load.heard
            server.start()
            check(server, load)
            assert server.value("SELECT sum(hot_rows) FROM ingest_status") == 0, "a stop leaves nothing to replay"
            server.stop()
            server = Server(tmp_path / str(round))
            server.data_dir.parent.mkdir()
    finally:
        server.kill()
