"""`POST /api/v1/compare`: two traces, and two groups of spans, with differences that were planted."""

import json

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

START = 1_700_000_000_000_000_000
MS = 1_000_000
MINUTE = 60_000 * MS
LEFT, RIGHT = (number.to_bytes(16, "big") for number in (0xA, 0xB))
PER_GROUP = 40


def add(request, service, trace, number, parent, name, start_ms, duration_ms, error=False, at=START, **attributes):
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = service
    start = at + start_ms * MS
    span = group.scope_spans.add().spans.add(
        trace_id=trace, span_id=number.to_bytes(8, "big"), parent_span_id=parent.to_bytes(8, "big") if parent else b"", name=name,
        kind=2, start_time_unix_nano=start, end_time_unix_nano=start + duration_ms * MS)
    span.status.code = 2 if error else 0
    for key, value in attributes.items():
        span.attributes.add(key=key.replace("_", ".")).value.string_value = value


def two_traces(request):
    """The right one waits for the ledger, asks the cart as well, and no longer asks the stock."""
    add(request, "shop", LEFT, 1, 0, "POST /pay", 0, 100)
    add(request, "pay", LEFT, 2, 1, "UPDATE ledger", 10, 10)
    add(request, "stock", LEFT, 3, 1, "GET /stock", 30, 20)
    add(request, "shop", RIGHT, 1, 0, "POST /pay", 0, 190)
    add(request, "pay", RIGHT, 2, 1, "UPDATE ledger", 10, 80, error=True)
    add(request, "cart", RIGHT, 3, 1, "GET /items", 80, 20)


def two_groups(request):
    """In the second ten minutes nine of ten payments come from version 1.8; regions are as they were."""
    for number in range(2 * PER_GROUP):
        is_right = number >= PER_GROUP
        version = "1.8" if is_right and number % 10 else "1.7"
        add(request, "billing", (1000 + number).to_bytes(16, "big"), number + 1, 0, "charge", number, 5, at=START + (60 + 10 * is_right) * MINUTE,
            app_version=version, app_region=("north", "south")[number % 2], order_id=f"order {number}")


@pytest.fixture(scope="module")
def filled(shared_server):
    request = ExportTraceServiceRequest()
    two_traces(request)
    two_groups(request)
    assert shared_server.send("traces", request.SerializeToString(), "application/x-protobuf")[0] == 200
    return shared_server


def compare(server, question):
    status, _, body = server.ask("/api/v1/compare", json.dumps(question).encode())
    return status, json.loads(body)


def group(first_minute, last_minute, **more):
    return {"from": str(START + first_minute * MINUTE), "to": str(START + last_minute * MINUTE)} | more


def test_two_traces_differ_in_what_was_planted(filled):
    status, answer = compare(filled, {"traces": {"left": LEFT.hex(), "right": RIGHT.hex()}})
    assert status == 200, answer
    traces = answer["traces"]
    assert traces["sides"]["left"] == {"trace_id": LEFT.hex(), "duration_ns": 100 * MS, "spans": 3, "errors": 0}
    assert traces["sides"]["right"] == {"trace_id": RIGHT.hex(), "duration_ns": 190 * MS, "spans": 3, "errors": 1}
    spent = {(one["service_name"], one["name"]): (one["left"], one["right"]) for one in traces["operations"]}
    figures = lambda errors, duration, own: {"spans": 1, "errors": errors, "duration_ns": duration * MS, "self_time_ns": own * MS}
    assert spent == {
        ("pay", "UPDATE ledger"): (figures(0, 10, 10), figures(1, 80, 80)),
        # The ledger and the cart overlap by 10 ms.
        ("shop", "POST /pay"): (figures(0, 100, 70), figures(0, 190, 100)),
        ("cart", "GET /items"): (None, figures(0, 20, 20)),
        ("stock", "GET /stock"): (figures(0, 20, 20), None),
    }
    assert traces["operations"][0]["name"] == "UPDATE ledger", "the largest difference comes first"


def test_two_groups_differ_in_the_value_that_was_planted(filled):
    groups = {"left": group(60, 70, filter="service_name = 'billing'"), "right": group(70, 80, filter="service_name = 'billing'")}
    status, answer = compare(filled, {"groups": groups})
    assert status == 200, answer
    compared = answer["groups"]
    whole = {"spans": PER_GROUP, "compared": PER_GROUP}
    assert compared["sides"] == {"left": whole, "right": whole}
    found = {(one["key"], one["value"]): one for one in compared["attributes"]}
    assert set(found) == {("app.version", "1.8"), ("app.version", "1.7")}, "regions are alike, orders are ids"
    new = found["app.version", "1.8"]
    assert (new["left"], new["right"], new["left_share"], new["right_share"]) == (0, 36, 0.0, 0.9)
    assert new["effect"] > 2 and found["app.version", "1.7"]["effect"] < -2
    assert new["q_value"] < 1e-9
    assert compared["left_out"] == ["order.id"]


def test_groups_may_share_a_time_and_differ_by_their_filters(filled):
    filters = ("attributes ->> 'app.region' = 'north'", "attributes ->> 'app.region' = 'south'")
    left, right = (group(60, 80, filter=text) for text in filters)
    status, answer = compare(filled, {"groups": {"left": left, "right": right}})
    assert status == 200, answer
    assert answer["groups"]["sides"]["left"]["spans"] == PER_GROUP == answer["groups"]["sides"]["right"]["spans"]
    assert {one["key"] for one in answer["groups"]["attributes"]} == {"app.region"}


def test_a_group_without_spans_differs_in_nothing(filled):
    status, answer = compare(filled, {"groups": {"left": group(200, 210), "right": group(70, 80)}})
    assert status == 200, answer
    assert answer["groups"]["sides"]["left"]["spans"] == 0 and answer["groups"]["attributes"] == []


@pytest.mark.parametrize(("question", "status", "told"), [
    ({"traces": {"left": LEFT.hex(), "right": "f" * 32}}, 404, "f" * 32),
    ({"traces": {"left": "x", "right": "y"}}, 400, "no question"),
    ({"groups": {"left": group(1, 1), "right": group(0, 1)}}, 400, "empty"),
    ({"groups": {"left": group(0, 1, filter="true) OR (true"), "right": group(0, 1)}}, 400, "no SQL expression"),
    ({"groups": {"left": group(0, 1, filter="nothing = 1"), "right": group(0, 1)}}, 400, "nothing"),
    ({"both": {}}, 400, "unknown variant"),
])
def test_mistakes_are_told(filled, question, status, told):
    got, answer = compare(filled, question)
    assert got == status, answer
    assert told in answer["error"]["message"]
