"""SLOs from OpenSLO documents: exact counts, states, mistakes, pages."""

import json
import subprocess
import time

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from server import BINARY

MINUTE = 60_000_000_000

DOCUMENT = """apiVersion: openslo/v1
kind: Service
metadata: {{name: shop}}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: shop-availability
  displayName: Orders go through
spec:
  service: shop
  timeWindow: [{{duration: 30d}}]
  budgetingMethod: Occurrences
  indicator:
    spec:
      ratioMetric:
        bad:
          metricSource: {{type: slowburn, spec: {{where: "status_code = 'ERROR'"}}}}
        total:
          metricSource: {{type: slowburn, spec: {{where: "service_name = 'shop' AND kind = 'SERVER'"}}}}
  objectives:
    - target: {target}
---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: shop-latency}}
spec:
  service: shop
  timeWindow: [{{duration: 1d}}]
  budgetingMethod: Occurrences
  indicator:
    spec:
      thresholdMetric:
        metricSource: {{type: slowburn, spec: {{where: "service_name = 'shop'", value: duration_ns / 1e6}}}}
  objectives:
    - {{displayName: fast, op: lte, value: 100, target: 0.95}}
"""


def traffic(per_minute, failed, slow):
    """Requests of the last 40 minutes, the same in every minute, and one span that is sent twice."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    scope = resource.scope_spans.add()
    now = time.time_ns() // MINUTE * MINUTE
    number = 0
    for minute in range(1, 41):
        for place in range(per_minute):
            number += 1
            start = now - minute * MINUTE + place * 1_000_000
            span = scope.spans.add(
                trace_id=number.to_bytes(16), span_id=number.to_bytes(8), name="POST /order", kind=2,
                start_time_unix_nano=start, end_time_unix_nano=start + (500 if place < slow else 20) * 1_000_000)
            span.status.code = 2 if place < failed else 0
    scope.spans.add().CopyFrom(scope.spans[0])
    return request.SerializeToString()


def slos(server, name=""):
    status, _, body = server.ask(f"/api/v1/slos{name}")
    assert status == 200, body
    return json.loads(body)


def until(question, timeout_s=40):
    end = time.monotonic() + timeout_s
    while not (answer := question()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.2)
    return answer


def objective(server, name):
    found = next((slo for slo in slos(server)["slos"] if slo["name"] == name), None)
    return found and found["objectives"][0]


@pytest.fixture
def shop(server, tmp_path):
    """A server with traffic, and the folder of its SLOs."""
    assert server.send("traces", traffic(50, failed=1, slow=10), "application/x-protobuf")[0] == 200
    server.stop()
    folder = tmp_path / "slos"
    folder.mkdir()
    (folder / "shop.yaml").write_text(DOCUMENT.format(target=0.9))
    server.start("--slo-dir", folder)
    until(lambda: (objective(server, "shop-latency") or {}).get("budget"))
    return server, folder


def test_budgets_and_burn_rates_are_exact(shop):
    server, _ = shop
    availability, latency = objective(server, "shop-availability"), objective(server, "shop-latency")
    assert (availability["target"], availability["state"]) == ("90 %", "OK")
    budget = availability["budget"]
    assert (budget["total"], budget["bad"], budget["allowed"]) == (2_000, 40, 200.0), "each span counts once"
    assert (budget["consumed"], budget["remaining"]) == (0.2, 0.8)
    assert {pair["long_burn"] for pair in availability["pairs"]} == {0.2}
    assert (latency["threshold"], latency["state"]) == ("<= 100", "Exhausted")
    assert (latency["budget"]["bad"], latency["budget"]["consumed"]) == (400, 4.0)
    minutes = slos(server, "/shop-availability")["minutes"][0]
    assert sum(minute["total"] for minute in minutes) == 2_000
    assert [slo["name"] for slo in slos(server)["slos"]] == ["shop-latency", "shop-availability"], "worst first"
    assert server.ask("/api/v1/slos/nothing")[0] == 404


@pytest.mark.first
def test_late_spans_are_counted_and_a_mistake_keeps_the_former_slo(shop):
    server, folder = shop
    late = ExportTraceServiceRequest.FromString(traffic(1, failed=1, slow=0))
    for number, span in enumerate(late.resource_spans[0].scope_spans[0].spans):
        span.span_id = (1_000_000 + number).to_bytes(8)
    assert server.send("traces", late.SerializeToString(), "application/x-protobuf")[0] == 200
    document = folder / "shop.yaml"
    document.write_text(DOCUMENT.format(target="1.5"))
    mistakes = until(lambda: slos(server)["mistakes"])
    assert len(mistakes) == 1 and "shop.yaml:22:" in mistakes[0] and "1.5" in mistakes[0]
    assert {slo["name"] for slo in slos(server)["slos"]} == {"shop-availability", "shop-latency"}
    checked = subprocess.run([BINARY, "check", document], capture_output=True, text=True, check=False)
    assert checked.returncode == 1 and "shop.yaml:22:" in checked.stderr
    document.write_text(DOCUMENT.format(target=0.99))
    until(lambda: (objective(server, "shop-availability") or {}).get("target") == "99 %")
    counted = until(lambda: (budget := objective(server, "shop-availability")["budget"]) and budget["bad"] > 40 and budget)
    assert (counted["total"], counted["bad"]) == (2_041, 81)
    assert objective(server, "shop-availability")["state"] == "Exhausted"
    assert subprocess.run([BINARY, "check", document], capture_output=True, check=False).returncode == 0


def test_a_predicate_that_is_no_sql_is_told_and_harms_nobody(server, tmp_path):
    server.stop()
    (tmp_path / "bad.yaml").write_text(DOCUMENT.format(target=0.9).replace("status_code = 'ERROR'", "true) OR (true"))
    server.start("--slo-dir", tmp_path)
    failure = until(lambda: objective(server, "shop-availability")["failure"])
    assert "true) OR (true" in failure
    assert server.value("SELECT 1") == 1
    missing = subprocess.run([BINARY, "serve", "--data-dir", tmp_path / "x", "--slo-dir", tmp_path / "none", "--http",
                              "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0",
                              "--pg", "127.0.0.1:0", "--flight", "127.0.0.1:0"],
                             capture_output=True, text=True, check=False, timeout=60)
    assert missing.returncode == 1 and "none" in missing.stderr


@pytest.mark.parametrize(("language", "state"), [("en", "Exhausted"), ("zh-CN", "已耗尽")])
def test_the_pages_show_slos_worst_first_and_lead_to_the_failing_span(shop, chromium, language, state):
    server, _ = shop
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server.api}/slos?lang={language}")
    rows = page.get_by_test_id("slo-row")
    rows.first.wait_for()
    assert rows.first.get_by_test_id("slo-state").inner_text() == state
    rows.nth(1).get_by_role("link").click()
    page.get_by_test_id("slo-page").wait_for()
    page.get_by_test_id("budget-left").wait_for()
    assert page.get_by_test_id("budget-left").inner_text() == "80.0 %"
    assert page.get_by_test_id("pair-row").count() == 3
    assert page.get_by_text("cannot exceed 14.4").is_visible(), "a burn rate of 14.4 is impossible with a target of 90 %"
    page.locator('main a[href^="/services/"]').first.click()
    page.get_by_test_id("service-page").wait_for()
    chart = page.get_by_test_id("chart").nth(1).locator(".plot")
    chart.focus()
    for _ in range(3):
        chart.press("ArrowLeft")
    chart.press("Enter")
    first = page.get_by_test_id("minute-span").first
    first.wait_for()
    assert "ERROR" in first.inner_text()
    assert "minute=" in page.url
    first.get_by_role("link").click()
    page.get_by_test_id("span-details").wait_for()
    page.go_back()
    page.get_by_test_id("minute-span").first.wait_for()
    assert errors == []
    page.close()
