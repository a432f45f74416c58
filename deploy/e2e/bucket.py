"""An S3 server of the tests' own, and a gate before it that can be shut."""

import os
import re
import selectors
import socket
import subprocess
import sys
import threading
import time
import urllib.request

BUCKET = "lake"
URL = f"s3://{BUCKET}/telemetry"


class Bucket:
    """moto's server with one bucket, in a process of its own. What it holds is gone when it ends."""

    def __init__(self, log):
        """What the server says goes to the file `log`, and its port is read from there: the system chooses it when it
        is bound, so that no other process can have it in between."""
        self.log = log
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        with open(log, "wb") as told:
            self.process = subprocess.Popen(command, stdout=told, stderr=told)
        self.port = self.wait_for_port()
        self.ask(f"/{BUCKET}", "PUT")
        self.gate = Gate(self.port)

    def wait_for_port(self):
        end = time.monotonic() + 60
        while not (told := re.search(rb"Running on http://127\.0\.0\.1:(\d+)", self.log.read_bytes())):
            assert time.monotonic() < end and self.alive(), f"the S3 server does not start:\n{self.said()}"
            time.sleep(0.1)
        return int(told[1])

    def alive(self):
        return self.process.poll() is None

    def said(self):
        return self.log.read_text()[-2_000:]

    def ask(self, path, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def data_files(self):
        """How many data files there are in the bucket."""
        return self.ask(f"/{BUCKET}?list-type=2&max-keys=1000").count(".parquet</Key>")

    def environment(self):
        """How others find it: the variables that AWS's own tools read."""
        return {
            "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "hush-hush",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.gate.port}",
            "AWS_ALLOW_HTTP": "true",
        }

    def stop(self):
        self.gate.shut()
        if self.gate.failed or not self.alive():
            print(f"the S3 server failed: {self.gate.failed}\n{self.said()}")
        self.process.kill()
        self.process.wait()


class Gate:
    """A port that passes everything on to another while it is open. Shut, nobody answers there."""

    def __init__(self, target):
        self.target = target
        self.port = 0
        # Seconds that every piece waits, to have time to do something in between.
        self.delay_s = 0.0
        # Connections that the server behind did not take.
        self.failed = []
        self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.connections = set()
        self.waker, self.woken = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def shut(self):
        self.waker.close()
        self.thread.join()

    def run(self):
        pairs = {}
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            selector.register(self.woken, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.woken:
                        for end in [*pairs, self.listener, self.woken]:
                            end.close()
                        return
                    if key.fileobj is self.listener:
                        for end, other in self.passage():
                            pairs[end] = other
                            selector.register(end, selectors.EVENT_READ)
                    elif key.fileobj in pairs and not self.passes(key.fileobj, pairs[key.fileobj]):
                        for end in (key.fileobj, pairs.pop(key.fileobj)):
                            pairs.pop(end, None)
                            selector.unregister(end)
                            end.close()

    def passage(self):
        """Both ends of what came in; nothing when the server behind does not answer."""
        near, _ = self.listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self.target))
        except OSError as error:
            self.failed.append(f"{time.time():.3f}: {error}")
            near.close()
            return []
        return [(near, far), (far, near)]

    def passes(self, source, target):
        try:
            piece = source.recv(1 << 16)
            time.sleep(self.delay_s)
            target.sendall(piece)
        except OSError:
            return False
        return bool(piece)


def storage_options():
    """The same for readers in this process."""
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
