"""R5: a disk that is full and has room again, on a small tmpfs. `SLOWBURN_CYCLES` says how often.

Mounting needs root; without it the test fails and says so.
"""

import contextlib
import json
import os
import random
import subprocess
import time

import grpc
import pytest
import requests

from server import Server
from test_kill import REQUESTS, STUBS, Load, check

CYCLES = int(os.environ.get("SLOWBURN_CYCLES", "2"))
DISK_MIB = 64
FLUSHING = ("--flush-seconds", "1")
REFUSED_S = 1
# Refusals over gRPC are held back for a while, because some exporters do not retry them.
REFUSED_GRPC_S = 7
RESUMED_S = 10
RETRY_INFO = {"google.rpc.retryinfo-bin", "grpc-status-details-bin"}


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(ballast):
    """Takes every byte that is left."""
    with open(ballast, "ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(b"." * size):
                    pass


class Sender:
    """Sends batches of all signals over both transports and knows which were acknowledged."""

    def __init__(self, server, load):
        self.server, self.load = server, load
        self.session = requests.Session()
        self.channel = grpc.insecure_channel(server.grpc)

    def http(self, signal):
        """Seconds until a batch was refused; None when it was taken."""
        batch, request = self.batch(signal, "http")
        began = time.monotonic()
        headers = {"Content-Type": "application/x-protobuf"}
        url = f"{self.server.otlp}/v1/{signal}"
        answer = self.session.post(url, request.SerializeToString(), headers=headers, timeout=30)
        if answer.status_code == 200:
            self.load.acknowledged[signal].add(batch)
            return None
        assert answer.status_code == 503, answer.content
        assert int(answer.headers["Retry-After"]) >= 1
        return time.monotonic() - began

    def grpc(self, signal):
        batch, request = self.batch(signal, "grpc")
        began = time.monotonic()
        try:
            STUBS[signal](self.channel).Export(request, timeout=30)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAVAILABLE, error
            assert RETRY_INFO & {key for key, _ in error.trailing_metadata()}, error.trailing_metadata()
            return time.monotonic() - began
        self.load.acknowledged[signal].add(batch)
        return None

    def batch(self, signal, transport):
        batch = f"{signal}-{transport}-{next(self.load.numbers)}"
        self.load.sent[signal].add(batch)
        return batch, REQUESTS[signal](batch, self.load.salt)

    def until_refused(self, way):
        """How long the refusals took that came after all that still fitted in."""
        took = []
        while len(took) < 3:
            refused = [way(signal) for signal in STUBS]
            took += [seconds for seconds in refused if seconds is not None]
        return max(took)

    def until_taken(self):
        """How long it takes until every signal is taken again over both transports."""
        began = time.monotonic()
        for signal in STUBS:
            for way in (self.http, self.grpc):
                while way(signal) is not None:
                    assert time.monotonic() - began < 60, "it does not resume"
                    time.sleep(0.1)
        return time.monotonic() - began


@pytest.mark.alone
def test_r05_a_full_disk_is_refused_and_survived(tmp_path, disk):
    server, load = Server(tmp_path), Load(seed=5)
    server.data_dir = disk / "data"
    salt, worst = random.Random(5), {"http_s": 0, "grpc_s": 0, "start_s": 0, "resume_s": 0}
    server.start(*FLUSHING)
    try:
        for _ in range(CYCLES):
            for signal, worse in cycle(server, load, disk / "ballast", salt).items():
                worst[signal] = max(worst[signal], worse)
    finally:
        server.kill()
    acknowledged = {signal: len(batches) for signal, batches in load.acknowledged.items()}
    print(json.dumps({"cycles": CYCLES, "batches": acknowledged} | {key: round(s, 2) for key, s in worst.items()}))


def cycle(server, load, ballast, salt):
    sender, took = Sender(server, load), {}
    for _ in range(salt.randrange(1, 5)):
        assert [way(signal) for signal in STUBS for way in (sender.http, sender.grpc)] == [None] * 6
    if salt.random() < 0.5:
        # Flushes meet the full disk as well.
        time.sleep(salt.uniform(0, 1.5))
    fill(ballast)
    took["http_s"] = sender.until_refused(sender.http)
    took["grpc_s"] = sender.until_refused(sender.grpc)
    assert took["http_s"] <= REFUSED_S and took["grpc_s"] <= REFUSED_GRPC_S, took
    assert server.is_alive()
    check(server, load)
    time.sleep(salt.uniform(0, 2.5))
    check(server, load)

    # It starts on the full disk, after a kill too.
    server.kill()
    began = time.monotonic()
    server.start(*FLUSHING)
    took["start_s"] = time.monotonic() - began
    sender = Sender(server, load)
    check(server, load)
    sender.until_refused(sender.http)
    assert server.is_alive()

    ballast.unlink()
    took["resume_s"] = sender.until_taken()
    assert took["resume_s"] <= RESUMED_S, took
    check(server, load)
    return took
