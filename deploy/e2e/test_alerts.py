"""Alerts from rules to receivers: fired, told once whatever happens in between, resolved, kept, explained."""

import collections
import json
import subprocess
import time

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from receiver import Receiver
from server import BINARY, Server

MINUTE = 60_000_000_000
SECRET = "between-us"
BAD_MINUTES = (3, 4)

SLO = """apiVersion: openslo/v1
kind: Service
metadata: {name: shop}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: orders, displayName: Orders go through, annotations: {runbook: "https://runbooks.example/orders"}}
spec:
  service: shop
  timeWindow: [{duration: 30d}]
  budgetingMethod: Occurrences
  indicator:
    spec:
      ratioMetric:
        bad:
          metricSource: {type: slowburn, spec: {where: "status_code = 'ERROR'"}}
        total:
          metricSource: {type: slowburn, spec: {where: "service_name = 'shop' AND kind = 'SERVER'"}}
  objectives:
    - target: 0.99
"""

RULES = """rules:
  - {name: promises, type: burn}
receivers:
  - name: on-call
    type: webhook
    url: URL
    secret: SECRET
"""


def traffic():
    """Six hours of ten orders a minute, and 150 failing ones of one region in two minutes just past.

    Of the newest hour 20 % failed, of all six 4 %: the fast pair of a 99 % target burns above 14.4, the slow one
    below 6.
    """
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    scope = resource.scope_spans.add()
    now = time.time_ns() // MINUTE * MINUTE
    number = 0

    def order(start, region, failed):
        nonlocal number
        number += 1
        span = scope.spans.add(
            trace_id=number.to_bytes(16), span_id=number.to_bytes(8), name="POST /order", kind=2,
            start_time_unix_nano=start, end_time_unix_nano=start + 20_000_000)
        span.attributes.add(key="app.region").value.string_value = region
        span.status.code = 2 if failed else 0

    for minute in range(1, 361):
        for place in range(10):
            order(now - minute * MINUTE + place * 1_000_000, ("eu", "us", "cn")[place % 3], False)
    for minute in BAD_MINUTES:
        for place in range(75):
            order(now - minute * MINUTE + place * 2_000_000, "eu", True)
    return request.SerializeToString()


def ask(server, path):
    status, _, body = server.ask(path)
    assert status == 200, body
    return json.loads(body)


def until(question, timeout_s):
    end = time.monotonic() + timeout_s
    while not (answer := question()):
        assert time.monotonic() < end, f"not within {timeout_s} s"
        time.sleep(0.5)
    return answer


def alerts(server, **wanted):
    found = ask(server, "/api/v1/alerts")["alerts"]
    return [alert for alert in found if all(alert[name] == value for name, value in wanted.items())]


@pytest.fixture
def receiver():
    receiver = Receiver(SECRET)
    yield receiver
    receiver.close()


@pytest.fixture
def folders(tmp_path, receiver):
    slos, rules = tmp_path / "slos", tmp_path / "rules"
    slos.mkdir()
    rules.mkdir()
    (slos / "orders.yaml").write_text(SLO)
    (rules / "rules.yaml").write_text(RULES.replace("URL", receiver.url).replace("SECRET", SECRET))
    return ["--slo-dir", str(slos), "--rules-dir", str(rules)]


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    yield server
    server.kill()


@pytest.mark.first
def test_a_page_survives_a_kill_before_its_delivery_and_resolves(server, receiver, folders):
    receiver.status = 503
    server.start(*folders)
    assert server.send("traces", traffic(), "application/x-protobuf")[0] == 200
    (fired,) = until(lambda: alerts(server, severity="page", state="firing"), 60)
    assert fired["figures"]["kind"] == "burn" and fired["figures"]["long"] > 14.4 < fired["figures"]["short"]
    assert (fired["causes"][0]["key"], fired["causes"][0]["value"]) == ("app.region", "eu")
    assert len(fired["trace_ids"]) == 5
    until(lambda: receiver.messages, 20)
    server.kill()

    receiver.status = 200
    server.start(*folders)
    (told, *_) = until(receiver.delivered, 60)
    assert told["signed"] and told["body"]["status"] == "firing"
    proof = told["body"]["alerts"][0]["slowburn"]["proof"]
    assert proof["trace_ids"] == fired["trace_ids"] and proof["causes"][0]["value"] == "eu"
    assert f"/alerts/{fired['id']}?from=" in told["body"]["externalURL"]
    assert {message["id"] for message in receiver.messages} == {told["id"]}, "every attempt has the same id"

    resolved = until(lambda: alerts(server, id=fired["id"], state="resolved"), 240)
    assert resolved, "the short window is clear"
    until(lambda: [m for m in receiver.delivered() if m["body"]["status"] == "resolved"], 30)
    times = collections.Counter(message["id"] for message in receiver.delivered())
    assert max(times.values()) <= 2, "once, or twice when the kill fell between answer and write"

    # The ticket waited behind the page: one thing, one message at a time.
    (ticket,) = until(lambda: alerts(server, severity="ticket"), 60)
    assert ticket["started_at"] >= resolved[0]["resolved_at"]

    detail = ask(server, f"/api/v1/alerts/{fired['id']}")
    assert [change["to"] for change in detail["history"]] == ["firing", "resolved"]
    assert {delivery["state"] for delivery in detail["deliveries"]} == {"delivered"}
    rows = server.sql(f"SELECT to_state, severity FROM alert_events WHERE alert_id = '{fired['id']}' ORDER BY time")
    assert [tuple(row.values()) for row in rows] == [("firing", "page"), ("resolved", "page")]
    outcomes = server.sql(f"SELECT outcome FROM notifications WHERE alert_id = '{fired['id']}'")
    assert {row["outcome"] for row in outcomes} <= {"retry", "delivered"} and len(outcomes) >= 2
    counted = server.sql("SELECT sum(total) AS total, sum(bad) AS bad FROM slo_slices WHERE slo = 'orders'")
    assert counted == [{"total": 3750, "bad": 150}], "the stored slices are the spans, each once"
    it_happens_again(server, fired)


def it_happens_again(server, fired):
    """Who is suspected is told with the alert of before that had a value in common, and what to do."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    scope, now = resource.scope_spans.add(), time.time_ns()
    for number in range(60):
        start = now - (60 - number) * 500_000_000
        span = scope.spans.add(trace_id=(90_000 + number).to_bytes(16), span_id=(90_000 + number).to_bytes(8), name="POST /order", kind=2,
                               start_time_unix_nano=start, end_time_unix_nano=start + 20_000_000)
        span.attributes.add(key="app.region").value.string_value = "eu"
        span.status.code = 2
    assert server.send("traces", request.SerializeToString(), "application/x-protobuf")[0] == 200
    found = ask(server, f"/api/v1/causes?from={now - 31_000_000_000}&to={now}&slo=orders")
    suspect = found["suspects"][0]
    assert (suspect["service"], suspect["runbook"]) == ("shop", "https://runbooks.example/orders") and suspect["score"] > 0.3, suspect
    assert suspect["incidents"], suspect
    assert suspect["incidents"][0]["alert_id"] == fired["id"] and "app.region=eu" in suspect["incidents"][0]["shared"], suspect


def test_causes_and_edges_are_told_of_a_range(server, folders):
    server.start(*folders)
    assert server.send("traces", traffic(), "application/x-protobuf")[0] == 200
    until(lambda: [slo for slo in ask(server, "/api/v1/slos")["slos"] if slo["objectives"][0]["budget"]], 40)
    now = time.time_ns()
    found = ask(server, f"/api/v1/causes?from={now - 6 * MINUTE}&to={now}&slo=orders")
    first = found["attributes"][0]
    assert (first["key"], first["value"], first["failing"], first["support"]) == ("app.region", "eu", 150, 1.0)
    assert first["lift"] > 2 and first["trace_ids"]
    assert found["services"][0]["service"] == "shop" and found["services"][0]["role"] == "origin"
    status, _, body = server.ask(f"/api/v1/causes?from={now}&to={now}&slo=orders")
    assert status == 400 and b"a window is empty" in body
    status, _, body = server.ask("/api/v1/causes?from=1&to=2&slo=unheard-of")
    assert status == 404 and b"there is no SLO unheard-of" in body


def test_mistakes_in_rules_are_named_and_the_former_rules_kept(server, receiver, folders):
    server.start(*folders)
    rules = folders[-1]
    assert ask(server, "/api/v1/alerts")["mistakes"] == []
    with open(f"{rules}/rules.yaml", "a") as file:
        file.write("  - {name: b, type: carrier-pigeon, url: 'http://127.0.0.1:9'}\nroutes:\n  - receivers: [nobody]\n")
    mistakes = until(lambda: ask(server, "/api/v1/alerts")["mistakes"], 20)
    assert [line.split("rules.yaml:")[1] for line in mistakes] == [
        "8:21: receivers[1].type is \"carrier-pigeon\"; use slack, dingtalk, feishu or webhook",
        "10:17: routes[0].receivers[0] is \"nobody\", which no receiver is called; correct the name, or add the receiver",
    ]
    checked = subprocess.run([BINARY, "check", f"{rules}/rules.yaml"], capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert all(line in checked.stderr for line in mistakes), checked.stderr

    # The rules of before still hold, and so does their receiver.
    assert server.send("traces", traffic(), "application/x-protobuf")[0] == 200
    until(lambda: [m for m in receiver.delivered() if m["body"]["commonLabels"]["alertname"] == "promises"], 60)


def test_an_slo_comes_and_goes_through_the_api(server, tmp_path):
    server.start()
    status, _, body = server.ask("/api/v1/slos/orders", SLO.replace("0.99", "1.5").encode(), "PUT")
    assert status == 400 and b"orders.yaml:20:" in body, body
    assert ask(server, "/api/v1/slos") == {"slos": [], "mistakes": [], "notes": []}, "nothing was changed"
    assert server.ask("/api/v1/slos/..%2forders", SLO.encode(), "PUT")[0] == 400
    assert server.ask("/api/v1/slos/other", SLO.encode(), "PUT")[0] == 400

    assert server.ask("/api/v1/slos/orders", SLO.encode(), "PUT")[0] == 204
    assert [slo["name"] for slo in ask(server, "/api/v1/slos")["slos"]] == ["orders"]
    server.kill()
    server.start()
    assert [slo["name"] for slo in ask(server, "/api/v1/slos")["slos"]] == ["orders"]
    assert server.ask("/api/v1/slos/orders", None, "DELETE")[0] == 204
    assert ask(server, "/api/v1/slos") == {"slos": [], "mistakes": [], "notes": []}
    assert server.ask("/api/v1/slos/orders", None, "DELETE")[0] == 404
