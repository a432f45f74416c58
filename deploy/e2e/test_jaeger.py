"""Jaeger's query API: the calls of its UI and of Grafana's data source, and the same traces as the API of our own."""

import json
import time
import urllib.parse

import pytest

JSON = "application/json"
TRACE = "0123456789abcdef0123456789abcdef"
START = 1_700_000_000_000_000_000


def attribute(key, **value):
    return {"key": key, "value": value}


def span(number, name, parent="", **more):
    return {"traceId": TRACE, "spanId": f"{number:016x}", "parentSpanId": parent, "name": name, "kind": 2,
            "startTimeUnixNano": str(START + number * 1_000_000), "endTimeUnixNano": str(START + number * 1_000_000 + 2_500_000)} | more


@pytest.fixture(scope="module")
def shop(shared_server):
    failing = span(2, "pay", f"{1:016x}", kind=3, status={"code": 2, "message": "card refused"}, traceState="a=b",
                   attributes=[attribute("http.response.status_code", intValue="500"), attribute("card's", stringValue="it's"),
                               attribute("share", doubleValue=0.5), attribute("retry", boolValue=True)],
                   events=[{"timeUnixNano": str(START + 3_000_000), "name": "exception",
                            "attributes": [attribute("exception.type", stringValue="Refused")]}],
                   links=[{"traceId": "f" * 32, "spanId": "e" * 16}])
    resource = {"attributes": [attribute("service.name", stringValue="cart"), attribute("host.name", stringValue="web-1")]}
    scope = {"name": "http", "version": "1.2"}
    request = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": [span(1, "GET /"), failing]}]}]}
    assert shared_server.send("traces", json.dumps(request).encode(), JSON)[0] == 200
    return shared_server


def ask(server, path, **parameters):
    query = urllib.parse.urlencode(parameters, doseq=True)
    status, headers, text = server.ask(f"/jaeger/api/{path}?{query}")
    assert headers["content-type"].startswith(JSON)
    return status, json.loads(text)


def data(server, path, **parameters):
    status, answer = ask(server, path, **parameters)
    assert status == 200 and answer["errors"] is None, answer
    return answer["data"]


def test_services_and_operations(shop):
    assert data(shop, "services") == ["cart"]
    assert data(shop, "services/cart/operations") == ["GET /", "pay"]
    kinds = [{"name": "GET /", "spanKind": "server"}, {"name": "pay", "spanKind": "client"}]
    assert data(shop, "operations", service="cart") == kinds
    assert data(shop, "operations", service="cart", spanKind="client") == kinds[1:]
    assert data(shop, "operations", service="it's none") == []


def test_a_trace_in_jaegers_form(shop):
    (trace,) = data(shop, f"traces/{TRACE}")
    assert trace["traceID"] == TRACE and trace["warnings"] is None
    root, pay = trace["spans"]
    assert (root["operationName"], root["startTime"], root["duration"], root["references"]) == (
        "GET /", (START + 1_000_000) // 1000, 2_500, [])
    assert pay["references"] == [
        {"refType": "CHILD_OF", "traceID": TRACE, "spanID": f"{1:016x}"},
        {"refType": "FOLLOWS_FROM", "traceID": "f" * 32, "spanID": "e" * 16}]
    tags = {tag["key"]: (tag["type"], tag["value"]) for tag in pay["tags"]}
    assert tags == {
        "http.response.status_code": ("int64", 500), "card's": ("string", "it's"), "share": ("float64", 0.5), "retry": ("bool", True),
        "span.kind": ("string", "client"), "otel.status_code": ("string", "ERROR"), "error": ("bool", True),
        "otel.status_description": ("string", "card refused"), "w3c.tracestate": ("string", "a=b"),
        "otel.scope.name": ("string", "http"), "otel.scope.version": ("string", "1.2")}
    (log,) = pay["logs"]
    assert log["timestamp"] == (START + 3_000_000) // 1000
    assert {field["key"]: field["value"] for field in log["fields"]} == {"event": "exception", "exception.type": "Refused"}
    process = trace["processes"][pay["processID"]]
    assert process["serviceName"] == "cart"
    assert {tag["key"]: tag["value"] for tag in process["tags"]} == {"host.name": "web-1"}
    assert data(shop, f"traces/{TRACE.lstrip('0')}")[0]["traceID"] == TRACE, "Jaeger shortens ids"


@pytest.mark.parametrize(("search", "found"), [
    ({}, True),
    ({"operation": "pay"}, True),
    ({"operation": "nothing"}, False),
    ({"tags": json.dumps({"error": "true"})}, True),
    ({"tags": json.dumps({"http.response.status_code": "500", "host.name": "web-1"})}, True),
    ({"tags": json.dumps({"card's": "it's"})}, True),
    ({"tags": json.dumps({"card's": "other"})}, False),
    ({"tag": ["retry:true", "span.kind:client"]}, True),
    ({"minDuration": "2ms", "maxDuration": "1s"}, True),
    ({"minDuration": "3ms"}, False),
    ({"start": START // 1000, "end": START // 1000 + 10_000, "lookback": "custom", "limit": 5}, True),
    ({"start": START // 1000 + 10_000_000}, False),
])
def test_a_search_finds_traces_with_such_a_span(shop, search, found):
    traces = data(shop, "traces", service="cart", **search)
    assert [trace["traceID"] for trace in traces] == ([TRACE] if found else [])
    assert all(len(trace["spans"]) == 2 for trace in traces), "the whole trace comes"


def test_dependencies_count_calls(shop):
    now = time.time_ns() // 1_000_000
    assert isinstance(data(shop, "dependencies", endTs=now, lookback=3_600_000), list)


@pytest.mark.parametrize(("path", "parameters", "code", "said"), [
    (f"traces/{'1' * 32}", {}, 404, "trace not found"),
    ("traces/xyz", {}, 400, "hex"),
    ("traces", {}, 400, "'service' is required"),
    ("traces", {"service": "a", "minDuration": "soon"}, 400, "minDuration=soon"),
    ("traces", {"service": "a", "tags": "{"}, 400, "tags"),
    ("operations", {}, 400, "'service' is required"),
])
def test_mistakes_are_told_in_jaegers_form(shop, path, parameters, code, said):
    status, answer = ask(shop, path, **parameters)
    assert status == code and answer["data"] is None
    assert answer["errors"][0]["code"] == code and said in answer["errors"][0]["msg"], answer
