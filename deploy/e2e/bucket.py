"""An S3 server of the tests' own, and a gate before it that can be shut."""

import os
import selectors
import socket
import subprocess
import sys
import threading
import time
import urllib.request

BUCKET = "lake"
URL = f"s3://{BUCKET}/telemetry"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Bucket:
    """moto's server with one bucket, in a process of its own. What it holds is gone when it ends."""

    def __init__(self):
        self.port = free_port()
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while True:
            try:
                self.ask(f"/{BUCKET}", "PUT")
                break
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, "the S3 server does not start"
                time.sleep(0.1)
        self.gate = Gate(self.port)

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
        self.process.kill()
        self.process.wait()


class Gate:
    """A port that passes everything on to another while it is open. Shut, nobody answers there."""

    def __init__(self, target):
        self.target = target
        self.port = 0
        # Seconds that every piece waits, to have time to do something in between.
        self.delay_s = 0.0
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
                        near, _ = self.listener.accept()
                        far = socket.create_connection(("127.0.0.1", self.target))
                        pairs[near], pairs[far] = far, near
                        selector.register(near, selectors.EVENT_READ)
                        selector.register(far, selectors.EVENT_READ)
                    elif key.fileobj in pairs and not self.passes(key.fileobj, pairs[key.fileobj]):
                        for end in (key.fileobj, pairs.pop(key.fileobj)):
                            pairs.pop(end, None)
                            selector.unregister(end)
                            end.close()

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
