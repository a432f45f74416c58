"""A real `slowburn serve`, started and stopped by the tests."""

import datetime
import json
import os
import pathlib
import selectors
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

from expected import JSON_COLUMNS, TIME_COLUMNS, Json

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SLOWBURN_BINARY", ROOT / "target/release/slowburn"))
FIXTURES = ROOT / "fixtures"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Server:
    """One data folder and, between `start` and `stop`, one process that serves it."""

    def __init__(self, folder):
        self.data_dir = folder / "data"
        self.log_file = folder / "stderr.log"
        self.process = None

    def launch(self, *arguments):
        """Starts the process and does not wait until it is ready."""
        command = [BINARY, "serve", "--data-dir", self.data_dir]
        for door in ("--http", "--otlp-grpc", "--otlp-http", "--pg", "--flight"):
            if door not in arguments:
                command += [door, "127.0.0.1:0"]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=log)

    def start(self, *arguments):
        self.launch(*arguments)
        return self.wait_until_ready()

    def wait_until_ready(self):
        self.ready = json.loads(self.first_line(timeout_s=60))
        assert self.ready["event"] == "ready"
        self.api = f"http://{self.ready['http']}"
        self.otlp = f"http://{self.ready['otlp_http']}"
        self.grpc = self.ready["otlp_grpc"]
        self.pg = self.ready["pg"]
        return self

    def first_line(self, timeout_s):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(timeout_s), f"not ready after {timeout_s} s: {self.log_file.read_text()[-2000:]}"
        line = self.process.stdout.readline()
        assert line, f"ended before it was ready: {self.log_file.read_text()[-2000:]}"
        return line

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.log_file.read_text()[-2000:]
        self.process.stdout.close()

    def restart(self):
        self.stop()
        return self.start()

    def kill(self):
        """Ends the process if a test left it running."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def is_alive(self):
        return self.process.poll() is None

    def memory_bytes(self, name="VmHWM"):
        """A figure of the kernel: VmRSS now, VmHWM at its highest."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024

    def forget_peak_memory(self):
        """VmHWM starts again at what is held now."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def ask(self, path, body=None, method=None, timeout_s=60, **headers):
        """Status, headers and body of an answer, whatever the status."""
        url = path if path.startswith("http") else self.api + path
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def send(self, signal_name, body, content_type, **headers):
        """Posts an OTLP request."""
        return self.ask(f"{self.otlp}/v1/{signal_name}", body, content_type=content_type, **headers)

    def sql(self, query, **limits):
        """The rows of an answer as dictionaries; times as microseconds, JSON columns as Json."""
        body = json.dumps({"query": query} | limits).encode()
        status, _, text = self.ask("/api/v1/sql", body, content_type="application/json")
        assert status == 200, text
        answer = json.loads(text)
        names = [column["name"] for column in answer["columns"]]
        return [dict(zip(names, map(read, names, row), strict=True)) for row in answer["rows"]]

    def value(self, query):
        """The one value of an answer of one row and one column."""
        (row,) = self.sql(query)
        (value,) = row.values()
        return value

    def counts(self):
        return {table: self.value(f"SELECT count(*) FROM {table}") for table in ("spans", "logs", "metrics")}

    def command(self, *arguments, check=True):
        """Runs another command of the binary."""
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=120, check=check)


def read(name, value):
    if value is None:
        return None
    if name in JSON_COLUMNS:
        return Json(json.loads(value))
    if name in TIME_COLUMNS:
        return (datetime.datetime.fromisoformat(value) - EPOCH) // datetime.timedelta(microseconds=1)
    return value


def browser_path():
    """The browser of the machine; None leaves the choice to Playwright."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
