"""PromQL over metrics that were sent, through the API of Prometheus."""

import hashlib
import json
import math
import random
import time
import urllib.parse

PREFIX = "/prometheus/api/v1/"


def asked(server, route, *, post=False, status=200, **parameters):
    """The body of an answer; a parameter with a list as its value comes more than once."""
    named = {name.replace("match", "match[]"): value for name, value in parameters.items()}
    text = urllib.parse.urlencode(named, doseq=True)
    if post:
        form = "application/x-www-form-urlencoded"
        found, headers, body = server.ask(PREFIX + route, text.encode(), content_type=form)
    else:
        found, headers, body = server.ask(f"{PREFIX}{route}?{text}")
    assert found == status, body
    assert headers["content-type"].startswith("application/json")
    return json.loads(body)


def until(holds, timeout_s=120):
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.5)


def data(server, route, **parameters):
    answer = asked(server, route, **parameters)
    assert answer["status"] == "success"
    return answer["data"]


def attribute(key, value):
    return {"key": key, "value": {"stringValue": value}}


def send(server, now, **headers):
    """Ten minutes of a counter and a histogram, a point a minute up to `now` (seconds)."""
    counter, histogram = [], []
    for minute in range(11):
        at = {"timeUnixNano": str((now - 600 + minute * 60) * 10**9), "startTimeUnixNano": str((now - 600) * 10**9)}
        counter.append(at | {"asInt": str(minute * 120), "attributes": [attribute("http.route", "/cart")]})
        counts = [minute * 5, minute * 5, 0]
        histogram.append(at | {"count": str(sum(counts)), "sum": 1.0 * minute, "explicitBounds": [0.5, 1.0],
                               "bucketCounts": [str(count) for count in counts]})
    metrics = [
        {"name": "http.server.requests", "unit": "{request}", "description": "Requests.",
         "sum": {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": counter}},
        {"name": "http.duration", "unit": "s", "histogram": {"aggregationTemporality": 2, "dataPoints": histogram}},
    ]
    resource = {"attributes": [attribute("service.name", "shop"), attribute("service.instance.id", "a-1")]}
    body = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": metrics}]}]}
    status, _, answer = server.send("metrics", json.dumps(body).encode(), "application/json", **headers)
    assert status == 200, answer


def test_otlp_085_promql_answers_over_metrics_in_memory_and_in_files(server):
    now = int(time.time())
    send(server, now)
    for _ in range(2):
        assert_answers(server, now)
        server.restart()
    assert server.value("SELECT sum(hot_rows) FROM ingest_status") == 0, "after a stop all rows are in Parquet"


def assert_answers(server, now):
    rate = "sum by (job, instance, http_route) (rate(http_server_requests_total[5m]))"
    for post in (False, True):
        answer = data(server, "query", query=rate, time=now, post=post)
        assert answer == {"resultType": "vector", "result": [
            {"metric": {"job": "shop", "instance": "a-1", "http_route": "/cart"}, "value": [now, "2"]}
        ]}
    quantile = "histogram_quantile(0.75, rate(http_duration_seconds_bucket[5m]))"
    answer = data(server, "query_range", query=quantile, start=now - 60, end=now, step="30s")
    (series,) = answer["result"]
    assert (answer["resultType"], series["metric"]) == ("matrix", {"job": "shop", "instance": "a-1"})
    assert series["values"] == [[now - 60, "0.75"], [now - 30, "0.75"], [now, "0.75"]]

    bounds = data(server, "label/le/values", match="http_duration_seconds_bucket")
    assert bounds == ["+Inf", "0.5", "1"]
    names = data(server, "label/__name__/values")
    assert {"http_server_requests_total", "http_duration_seconds_bucket", "http_duration_seconds_sum"} <= set(names)
    assert data(server, "labels", match=["http_server_requests_total"]) == ["__name__", "http_route", "instance", "job"]
    found = data(server, "series", match=["http_server_requests_total", "{__name__='http_duration_seconds_count'}"])
    assert [series["__name__"] for series in found] == ["http_duration_seconds_count", "http_server_requests_total"]
    found = data(server, "series", match=["{__name__=~'http_duration_.*'}"])
    assert sorted({series["__name__"] for series in found}) == [
        "http_duration_seconds_bucket", "http_duration_seconds_count", "http_duration_seconds_sum"]
    assert len(found) == 5
    metadata = data(server, "metadata", metric="http_server_requests_total")
    told = [{"type": "counter", "help": "Requests.", "unit": "{request}"}]
    assert metadata == {"http_server_requests_total": told}


def test_prometheus_errors_have_its_own_form(shared_server):
    def refused(status, error_type, route, **parameters):
        answer = asked(shared_server, route, status=status, **parameters)
        assert (answer["status"], answer["errorType"]) == ("error", error_type), answer
        return answer["error"]

    assert refused(400, "bad_data", "query", query="sum(") != ""
    refused(400, "bad_data", "query")
    refused(400, "bad_data", "query", query="1", time="soon")
    refused(400, "bad_data", "query_range", query="1", start=0, end=10, step=0)
    refused(400, "bad_data", "series")
    refused(404, "not_found", "rules")
    assert "not supported" in refused(422, "execution", "query", query="limit_ratio(0.5, up)")
    assert "11000" in refused(422, "execution", "query_range", query="1", start=0, end=20_000, step=1)


def test_prometheus_answers_what_clients_ask_first(shared_server):
    assert data(shared_server, "status/buildinfo")["version"].startswith("3.")
    assert data(shared_server, "query", query="1 + 1", time=1)["result"] == [1, "2"]
    assert data(shared_server, "query", query="up", time=1) == {"resultType": "vector", "result": []}


def test_prometheus_asks_for_a_key_and_answers_of_its_tenant_alone(server, tmp_path):
    server.stop()
    holders = {"in": "shop ingest", "out": "shop read", "other": "bank admin"}
    lines = [f"{hashlib.sha256(key.encode()).hexdigest()} {holder}\n" for key, holder in holders.items()]
    (tmp_path / "keys").write_text("".join(lines))
    server.start("--keys", str(tmp_path / "keys"))
    now = int(time.time())
    send(server, now, authorization="Bearer in")
    assert server.ask(f"{PREFIX}query?query=1")[0] == 401
    assert server.ask(f"{PREFIX}query?query=1", authorization="Bearer in")[0] == 403
    for key, found in (("out", 1), ("other", 0)):
        query = f"{PREFIX}query?query=http_server_requests_total&time={now}"
        status, _, body = server.ask(query, authorization=f"Bearer {key}")
        assert (status, len(json.loads(body)["data"]["result"])) == (200, found)


def spans_of_a_shop(now):
    """Eight whole minutes of calls of `cart` by `web`, the last of them over at `now`; and what they were, by minute."""
    chance = random.Random(5)
    spans, calls = {"web": [], "cart": []}, {}
    for minute in range(now - 480, now, 60):
        calls[minute] = []
        for number in range(chance.randrange(40, 80)):
            start = minute * 10**9 + chance.randrange(59 * 10**9)
            took = int(chance.lognormvariate(17, 1.0))
            failed = chance.random() < 0.1
            trace, client, served = chance.randbytes(16).hex(), chance.randbytes(8).hex(), chance.randbytes(8).hex()
            spans["web"].append({"traceId": trace, "spanId": client, "name": "call", "kind": 3,
                                 "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + took)})
            spans["cart"].append({"traceId": trace, "spanId": served, "parentSpanId": client, "name": "GET /cart", "kind": 2,
                                  "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + took),
                                  "status": {"code": 2 if failed else 0}})
            calls[minute].append((took, failed, trace))
    resources = [{"resource": {"attributes": [attribute("service.name", service)]}, "scopeSpans": [{"spans": listed}]}
                 for service, listed in spans.items()]
    return json.dumps({"resourceSpans": resources}).encode(), calls


def nearest_rank(values, share):
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def number(server, query, at):
    (found,) = data(server, "query", query=query, time=at)["result"]
    return float(found["value"][1])


def test_golden_signals_and_edges_in_promql_are_what_was_sent(server):
    now = int(time.time()) // 60 * 60
    body, calls = spans_of_a_shop(now)
    assert server.send("traces", body, "application/json")[0] == 200
    # A start pairs what the table of edges lacks.
    server.restart()
    until(lambda: server.value("SELECT sum(requests) FROM service_edges") == sum(map(len, calls.values())))
    # Five minutes have the samples of five minutes' ends, and so the requests of four minutes, stretched to five.
    four = [call for minute in range(now - 240, now, 60) for call in calls[minute]]
    wanted = len(four) / 240
    cart = 'service_name="cart", span_name="GET /cart", span_kind="SPAN_KIND_SERVER"'
    assert math.isclose(number(server, f"sum(rate(traces_span_metrics_calls_total{{{cart}}}[5m]))", now), wanted)
    failed = f'sum(rate(traces_span_metrics_calls_total{{{cart}, status_code="STATUS_CODE_ERROR"}}[5m]))'
    assert math.isclose(number(server, failed, now), sum(failed for _, failed, _ in four) / 240)
    edge = "sum by (client, server) (rate(traces_service_graph_request_{}[5m]))"
    assert math.isclose(number(server, edge.format("total"), now), wanted)
    assert math.isclose(number(server, edge.format("failed_total"), now), sum(failed for _, failed, _ in four) / 240)
    took = [took for took, _, _ in four]
    for name, unit in (("span_metrics_duration_milliseconds", 1e6), ("service_graph_request_client_seconds", 1e9)):
        name = f"traces_{name}{{{cart}}}" if "span" in name else f"traces_{name}"
        for share in (0.5, 0.95, 0.99):
            found = number(server, f"histogram_quantile({share}, sum(rate({name}[5m])))", now) * unit
            assert abs(found / nearest_rank(took, share) - 1) < 0.05, (name, share)
        sums = [number(server, f"sum(rate({name.replace('{', end + '{') if '{' in name else name + end}[5m]))", now)
                for end in ("_sum", "_count")]
        assert math.isclose(sums[0] / sums[1] * unit, sum(took) / len(took), rel_tol=1e-9)

    everything = [took for minute in calls.values() for took, _, _ in minute]
    answer = json.loads(server.ask(f"/api/v1/service-map?from={(now - 3600) * 10**9}&to={now * 10**9}")[2])
    (found,) = answer["edges"]
    for share in (50, 95, 99):
        assert abs(found[f"p{share}_ns"] / nearest_rank(everything, share / 100) - 1) < 0.0109
    assert found["errors"] == sum(failed for minute in calls.values() for _, failed, _ in minute)

    slowest = max(calls[now - 60])
    asked_for = dict(query=f"traces_span_metrics_duration_milliseconds{{{cart}}}", start=now - 60, end=now)
    (series,) = data(server, "query_exemplars", **asked_for)
    (exemplar,) = series["exemplars"]
    assert exemplar["labels"]["trace_id"] == slowest[2]
    assert math.isclose(float(exemplar["value"]), slowest[0] / 1e6)


def test_otlp_086_exemplars_and_resources_are_answered(server):
    now = int(time.time())
    exemplar = {"timeUnixNano": str((now - 1) * 10**9), "asDouble": 0.7, "traceId": "0a" * 16, "spanId": "0b" * 8,
                "filteredAttributes": [attribute("user.id", "u1")]}
    point = {"timeUnixNano": str(now * 10**9), "startTimeUnixNano": str((now - 60) * 10**9), "count": "1", "sum": 0.7,
             "explicitBounds": [0.5, 1.0], "bucketCounts": ["0", "1", "0"], "exemplars": [exemplar]}
    metric = {"name": "latency", "unit": "s", "histogram": {"aggregationTemporality": 2, "dataPoints": [point]}}
    resource = {"attributes": [attribute("service.name", "shop"), attribute("host.name", "h1")]}
    body = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}
    assert server.send("metrics", json.dumps(body).encode(), "application/json")[0] == 200
    span = {"traceId": "0a" * 16, "spanId": "0b" * 8, "name": "GET /", "kind": 2,
            "startTimeUnixNano": str((now - 2) * 10**9), "endTimeUnixNano": str(now * 10**9)}
    spans = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}
    assert server.send("traces", json.dumps(spans).encode(), "application/json")[0] == 200
    query = "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))"
    found = data(server, "query_exemplars", query=query, start=now - 60, end=now)
    labels = {"__name__": "latency_seconds_bucket", "job": "shop", "le": "1"}
    traced = {"trace_id": "0a" * 16, "span_id": "0b" * 8, "user_id": "u1"}
    assert found == [{"seriesLabels": labels, "exemplars": [
        {"labels": traced, "value": "0.7", "timestamp": now - 1}]}]
    rows = server.sql("SELECT s.name, e.value FROM exemplars e JOIN spans s ON s.trace_id = e.trace_id AND s.span_id = e.span_id")
    assert rows == [{"name": "GET /", "value": 0.7}]
    (info,) = data(server, "query", query="target_info", time=now)["result"]
    assert info["metric"] == {"__name__": "target_info", "job": "shop", "host_name": "h1"}


def test_increases_in_sql_are_those_of_promql_without_its_stretching(server):
    now = int(time.time()) // 60 * 60
    send(server, now)
    rows = server.sql("SELECT metric_name, sum(increase) AS added FROM metric_increases GROUP BY 1 ORDER BY 1")
    assert rows == [{"metric_name": "http.duration", "added": 100.0}, {"metric_name": "http.server.requests", "added": 1200.0}]
    (row,) = server.sql(f"""SELECT sum(increase) / 300 AS rate, max(rate) AS most FROM metric_increases
        WHERE metric_name = 'http.server.requests' AND time > to_timestamp({now - 300}) AND time <= to_timestamp({now})""")
    assert row == {"rate": 2.0, "most": 2.0}
    assert number(server, "sum(rate(http_server_requests_total[5m]))", now) == 2.0
    quantile = "SELECT quantile(merge(sketch), 0.75) FROM metric_increases WHERE metric_name = 'http.duration'"
    assert server.value(quantile) == 0.75


def test_burn_in_sql_is_what_the_api_tells(server):
    now = int(time.time()) // 60 * 60
    body, calls = spans_of_a_shop(now)
    assert server.send("traces", body, "application/json")[0] == 200
    document = """
apiVersion: openslo/v1
kind: Service
metadata: {name: cart}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: cart}
spec:
  service: cart
  timeWindow: [{duration: 30d}]
  budgetingMethod: Occurrences
  indicator:
    spec:
      ratioMetric:
        bad:
          metricSource: {type: slowburn, spec: {where: "status_code = 'ERROR'"}}
        total:
          metricSource: {type: slowburn, spec: {where: "service_name = 'cart' AND kind = 'SERVER'"}}
  objectives: [{target: 0.99}]
"""
    status, _, answer = server.ask("/api/v1/slos/cart", document.encode(), "PUT", content_type="application/yaml")
    assert status == 204, answer
    bad = sum(failed for minute in calls.values() for _, failed, _ in minute)
    until(lambda: server.value("SELECT coalesce(sum(bad), 0) FROM slo_slices") == bad)

    def both():
        told = next(slo for slo in json.loads(server.ask("/api/v1/slos")[2])["slos"] if slo["name"] == "cart")["objectives"][0]
        rows = server.sql("SELECT * FROM burn('cart') ORDER BY factor DESC")
        listed = sorted(told["pairs"], key=lambda pair: -pair["factor"])
        own = [(row["long_window"], row["short_window"], row["long_burn"], row["short_burn"], row["breaches"]) for row in rows]
        api = [(pair["long"], pair["short"], pair["long_burn"], pair["short_burn"], pair["breaches"]) for pair in listed]
        assert (rows[0]["total"], rows[0]["bad"]) == (sum(map(len, calls.values())), bad)
        return own == api and rows[0]["budget_remaining"] == told["budget"]["remaining"]

    # A minute may end between both questions.
    until(both)
