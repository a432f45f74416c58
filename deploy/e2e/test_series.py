"""Watched series of a live server: a queue that runs full is told with figures, by API, SQL and an alert."""

import json
import math
import time

import pytest

from server import Server

STEP_S = 10
SECOND = 1_000_000_000
FILE = """
[metrics]
step_seconds = 10

[[series]]
name = "depth"
promql = "max by (job, queue) (queue_depth)"
step_seconds = 10
direction = "above"
"""


@pytest.fixture
def server(tmp_path):
    file = tmp_path / "series.toml"
    file.write_text(FILE)
    server = Server(tmp_path)
    server.start("--series", file)
    yield server
    server.kill()


def points(times, value):
    return [{"timeUnixNano": str(at * SECOND), "asDouble": value(at), "attributes": [{"key": "queue", "value": {"stringValue": "eu"}}]}
            for at in times]


def send(server, times, value):
    service = {"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]}
    metrics = [{"name": "queue.depth", "gauge": {"dataPoints": points(times, value)}}]
    body = {"resourceMetrics": [{"resource": service, "scopeMetrics": [{"metrics": metrics}]}]}
    assert server.send("metrics", json.dumps(body).encode(), "application/json")[0] == 200


def usual(at):
    return 50 + 5 * math.sin(at / 97) + (at * 2_654_435_761 % 1_000) / 500


def told(server, path):
    status, _, text = server.ask(path)
    assert status == 200, text
    return json.loads(text)


def until(found, timeout_s=150):
    end = time.monotonic() + timeout_s
    while not (answer := found()):
        assert time.monotonic() < end, f"not within {timeout_s} s"
        time.sleep(1)
    return answer


@pytest.mark.waits
def test_a_queue_that_runs_full_is_alarmed_explained_and_alerted(server):
    now = int(time.time()) // STEP_S * STEP_S
    send(server, range(now - 3 * 3_600, now, STEP_S), usual)
    watched = until(lambda: (answer := told(server, "/api/v1/series"))["total"] >= 2 and answer)
    assert watched["mistakes"] == []
    assert {(one["service"], one["signal"]) for one in watched["series"]} == {("cart", 'depth{queue="eu"}'), ("cart", 'queue.depth{queue="eu"}')}
    assert all(one["model"]["samples"] > 1_000 and len(one["model"]["trials"]) == 5 for one in watched["series"])

    begin = int(time.time()) // STEP_S * STEP_S
    send(server, range(now, begin, STEP_S), usual)
    send(server, range(begin, begin + 30, STEP_S), lambda at: 900.0)
    alarmed = until(lambda: (answer := told(server, "/api/v1/series?alarmed=true&service=cart"))["total"] == 2 and answer)["series"]
    # What is expected follows the new level within some steps; where the alarm began it did not.
    assert all(int(one["alarmed_since"]) // SECOND in range(begin - STEP_S, begin + 30) for one in alarmed), alarmed
    rows = server.sql("SELECT signal, value, expected, upper, why ->> 'words' AS words FROM anomalies WHERE breached AND service_name = 'cart' ORDER BY signal")
    assert [row["signal"] for row in rows] == ['depth{queue="eu"}', 'queue.depth{queue="eu"}']
    assert all(row["value"] == 900 and 40 < row["expected"] < row["upper"] < 100 and row["words"].startswith("900.000000 is an alarm: expected ") for row in rows), rows
    # The query makes a ticket, the metric does not.
    alerts = until(lambda: told(server, "/api/v1/alerts")["alerts"])
    assert [(alert["state"], alert["severity"], alert["labels"]) for alert in alerts] == [
        ("firing", "ticket", {"service": "cart", "series": "depth", "signal": 'depth{queue="eu"}'})]
    assert alerts[0]["figures"]["value"] == 900

    # A start goes on with the models there are, whose times are stored in microseconds.
    fitted = {one["signal"]: int(one["model"]["fitted_at"]) // 1_000 for one in alarmed}
    server.process.kill()
    server.process.wait()
    server.process.stdout.close()
    server.start("--series", server.data_dir.parent / "series.toml")
    again = until(lambda: (answer := told(server, "/api/v1/series"))["total"] == 2 and answer)
    assert {one["signal"]: int(one["model"]["fitted_at"]) // 1_000 for one in again["series"]} == fitted


def test_mistakes_are_told_and_nothing_is_lost(server):
    file = server.data_dir.parent / "series.toml"
    file.write_text("[[series]]\nname = 'a'\n")
    mistakes = until(lambda: told(server, "/api/v1/series")["mistakes"], timeout_s=30)
    assert len(mistakes) == 1 and "the series \"a\" needs either sql or promql" in mistakes[0], mistakes
    ended = server.command("check", file, check=False)
    assert ended.returncode == 1 and "needs either sql or promql" in ended.stderr
    file.write_text("[[series]]\nname = 'odd'\nsql = 'SELECT time FROM metrics'\n")
    mistakes = until(lambda: [one for one in told(server, "/api/v1/series")["mistakes"] if "odd" in one], timeout_s=30)
    assert mistakes == ["the series odd: the query has no column value"]
    assert server.ask("/api/v1/series?alarms=1")[0] == 400
