"""PromQL over metrics that were sent, through the API of Prometheus."""

import hashlib
import json
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
