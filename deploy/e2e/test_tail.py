"""Rows as they come, over server-sent events."""

import json
import threading
import time
import urllib.parse
import urllib.request

import pytest

JSON = "application/json"


def body(texts, service="cart", severity=9):
    now = time.time_ns()
    records = [{"timeUnixNano": str(now), "severityNumber": severity, "body": {"stringValue": text}} for text in texts]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}).encode()


class Watcher:
    """Reads a stream on a thread of its own, noting when each event came."""

    def __init__(self, server, signal="logs", filter_text="", **headers):
        query = urllib.parse.urlencode({"signal": signal, "filter": filter_text})
        request = urllib.request.Request(f"{server.api}/api/v1/tail?{query}", headers=headers)
        self.answer = urllib.request.urlopen(request, timeout=60)
        self.events, self.came = [], threading.Condition()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        self.columns = [column["name"] for column in self.wait(lambda events: events and events[0][1])]

    def read(self):
        event = None
        try:
            for line in self.answer:
                line = line.decode().rstrip("\n")
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    with self.came:
                        self.events.append((event, json.loads(line.removeprefix("data: ")), time.time()))
                        self.came.notify_all()
        except (OSError, ValueError, AttributeError):
            # Closed while it was read.
            pass

    def wait(self, found, timeout_s=30):
        with self.came:
            assert self.came.wait_for(lambda: found(self.events), timeout_s), self.events[-3:]
            return found(self.events)

    def rows(self, events=None):
        events = self.events if events is None else events
        return [dict(zip(self.columns, row, strict=True)) for name, rows, _ in events if name == "rows" for row in rows]

    def skipped(self):
        return sum(data["rows"] for name, data, _ in self.events if name == "skipped")

    def close(self):
        self.answer.close()


def test_rows_come_as_sql_shows_them_and_only_those_the_filter_keeps(server):
    server.send("logs", body(["before"]), JSON)
    watcher = Watcher(server, filter_text="severity_number >= 17 AND service_name = 'pay'")
    server.send("logs", body(["quiet"], "pay", 9), JSON)
    server.send("logs", body(["other"], "cart", 17), JSON)
    server.send("logs", body(["card refused", "card stolen"], "pay", 17), JSON)
    watcher.wait(lambda events: len(watcher.rows(events)) >= 2)
    assert [row["body"] for row in watcher.rows()] == ["card refused", "card stolen"]
    assert watcher.skipped() == 0
    watcher.close()


def test_a_row_is_seen_within_half_a_second_of_its_answer_at_a_thousand_rows_a_second(server):
    watcher = Watcher(server)
    answered = {}
    for n in range(100):
        texts = [f"{n} {row}" for row in range(100)]
        server.send("logs", body(texts), JSON)
        answered.update(dict.fromkeys(texts, time.time()))
        time.sleep(0.1)
    watcher.wait(lambda events: len(watcher.rows(events)) == 10_000)
    assert watcher.skipped() == 0
    at = watcher.columns.index("body")
    late = sorted(came - answered[row[at]] for name, rows, came in watcher.events if name == "rows" for row in rows)
    print(f"10,000 rows at 1,000 a second: p50 {late[5_000] * 1e3:.0f} ms, p95 {late[9_500] * 1e3:.0f} ms")
    watcher.close()


def test_what_is_too_much_is_counted_and_nothing_is_lost_by_it(server):
    watcher = Watcher(server)
    sent = 0
    for n in range(20):
        assert server.send("logs", body([f"{n} {row} {'x' * 200}" for row in range(5_000)]), JSON)[0] == 200
        sent += 5_000
    watcher.wait(lambda _: len(watcher.rows()) + watcher.skipped() == sent)
    assert watcher.skipped() > 0
    assert server.value("SELECT count(*) FROM logs") == sent
    watcher.close()


@pytest.mark.parametrize(("query", "said"), [
    ("signal=logs&filter=nam%20=%201", "nam"),
    ("signal=logs&filter=body%20IN%20(SELECT%20name%20FROM%20spans)", "cannot ask spans"),
    ("signal=logs&filter=true);DROP%20TABLE%20logs", "no SQL"),
    ("signal=cats", "cats"),
    ("filter=true", "signal"),
])
def test_mistakes_are_told_before_the_stream_begins(server, query, said):
    status, _, text = server.ask(f"/api/v1/tail?{query}")
    assert status == 400 and said in json.loads(text)["error"]["message"], text


def test_a_stream_ends_when_the_server_stops_and_streams_are_bounded(server):
    watchers = [Watcher(server) for _ in range(32)]
    status, _, text = server.ask("/api/v1/tail?signal=logs")
    assert status == 503 and "32 streams" in json.loads(text)["error"]["message"]
    watchers.pop().close()
    begun = time.monotonic()
    server.stop()
    assert time.monotonic() - begun < 20
    for watcher in watchers:
        watcher.thread.join(10)
        assert not watcher.thread.is_alive()
