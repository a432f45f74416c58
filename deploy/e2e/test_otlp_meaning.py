"""What OTLP's items mean is kept and can be asked in SQL, whatever the order and the request they came in."""

import json

import pytest

JSON = "application/json"
TIME = 1_767_225_600_000_000_000
SECOND = 1_000_000_000
DAY = 86_400 * SECOND
TRACE = "5B8EFFF798038103D269B633813FC60C"


@pytest.fixture
def kept(server):
    """Sends documents, and asks before and after they were written to Parquet."""
    return Kept(server)


class Kept:
    def __init__(self, server):
        self.server = server

    def send(self, signal, *documents):
        for document in documents:
            status, _, answer = self.server.send(signal, json.dumps(document).encode(), JSON)
            assert (status, answer) == (200, b"{}")

    def answers(self, query, wanted):
        for _ in range(2):
            assert [tuple(row.values()) for row in self.server.sql(query)] == wanted
            self.server.restart()


def text(key, value):
    return {"key": key, "value": {"stringValue": value}}


def within(plural, items, service="shop", scope=None):
    """A request of one resource and one scope."""
    resource = {"attributes": [text("service.name", service)]}
    scopes = {"spans": "scopeSpans", "logRecords": "scopeLogs", "metrics": "scopeMetrics"}
    resources = {"spans": "resourceSpans", "logRecords": "resourceLogs", "metrics": "resourceMetrics"}
    return {resources[plural]: [{"resource": resource, scopes[plural]: [{"scope": scope or {}, plural: items}]}]}


def span(number, **fields):
    start = TIME + number * SECOND
    return {"traceId": TRACE, "spanId": f"{number:016x}", "name": f"span {number}", "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(start + SECOND)} | fields


def spans(*items):
    return within("spans", list(items))


def logs(*items):
    return within("logRecords", list(items))


def metrics(*items, **of):
    return within("metrics", list(items), **of)


def point(second, value, start=None, **fields):
    fields |= {} if start is None else {"startTimeUnixNano": str(TIME + start * SECOND)}
    return {"timeUnixNano": str(TIME + second * SECOND), "asInt": str(value)} | fields


def counter(*points, temporality=2, name="requests", **fields):
    return {"name": name, "sum": {"aggregationTemporality": temporality, "isMonotonic": True, "dataPoints": points}} | fields


def test_otlp_036_040_046_the_shapes_of_the_official_examples_load(kept):
    scope = {"name": "my.library", "version": "1.0.0", "attributes": [text("my.scope.attribute", "some value")]}
    whole = {"traceId": TRACE, "spanId": "EEE19B7EC3C1B174", "parentSpanId": "EEE19B7EC3C1B173", "name": "I'm a server span",
             "startTimeUnixNano": TIME, "endTimeUnixNano": TIME + SECOND, "kind": 2, "attributes": [text("my.span.attr", "some value")]}
    kept.send("traces", within("spans", [whole], "my.service", scope))
    values = [{"boolValue": True}, {"intValue": 10}, {"doubleValue": 637.704}, {"arrayValue": {"values": [{"stringValue": "many"}]}},
              {"kvlistValue": {"values": [text("some.map.key", "some value")]}}]
    record = {"timeUnixNano": TIME, "observedTimeUnixNano": TIME, "severityNumber": 10, "severityText": "Information",
              "traceId": TRACE, "spanId": "EEE19B7EC3C1B174", "body": {"stringValue": "Example log record"},
              "attributes": [{"key": f"key {number}", "value": value} for number, value in enumerate(values)]}
    event = {"timeUnixNano": str(TIME + 1), "severityNumber": 9, "eventName": "browser.page_view",
             "body": {"kvlistValue": {"values": [{"key": "type", "value": {"intValue": "0"}}, text("url", "https://example.com/")]}}}
    kept.send("logs", within("logRecords", [record, event], "my.service", scope))
    at = {"startTimeUnixNano": TIME, "timeUnixNano": TIME + SECOND, "attributes": [text("my.attr", "some value")]}
    kept.send("metrics", within("metrics", [
        {"name": "my.counter", "unit": "1", "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [at | {"asDouble": 5}]}},
        {"name": "my.gauge", "unit": "1", "gauge": {"dataPoints": [at | {"asDouble": 10}]}},
        {"name": "my.histogram", "unit": "1", "histogram": {"aggregationTemporality": 1, "dataPoints": [
            at | {"count": 2, "sum": 2, "bucketCounts": [1, 1], "explicitBounds": [1], "min": 0, "max": 2}]}},
        {"name": "my.exponential", "unit": "1", "exponentialHistogram": {"aggregationTemporality": 1, "dataPoints": [
            at | {"count": 3, "sum": 10, "scale": 0, "zeroCount": 1, "positive": {"offset": 1, "bucketCounts": [0, 2]}, "min": 0, "max": 5}]}},
    ], "my.service", scope))
    kept.answers("SELECT trace_id, kind, attributes->>'my.span.attr' FROM spans WHERE service_name = 'my.service'",
                 [(TRACE.lower(), "SERVER", "some value")])
    kept.answers("SELECT event_name, body_type FROM logs ORDER BY time_unix_nano", [(None, "string"), ("browser.page_view", "kvlist")])
    kept.answers("SELECT metric_name, value, count FROM metrics ORDER BY metric_name",
                 [("my.counter", 5.0, None), ("my.exponential", None, 3), ("my.gauge", 10.0, None), ("my.histogram", None, 2)])


def test_otlp_057_trace_state_is_verbatim_and_a_sampled_span_counts_as_many(kept):
    state = "rojo=00f067aa0ba902b7,ot=th:c;rv:9b8233f7e3a151,congo=t61rcWkgMzE"
    kept.send("traces", spans(span(1, traceState=state, kind=2), span(2, kind=2)))
    kept.answers("SELECT trace_state FROM spans ORDER BY name", [(state,), (None,)])
    # A threshold of 0xc of 0x10 lets one of four pass.
    kept.answers("SELECT sum(requests), sum(spans) FROM golden_signals", [(5.0, 2)])


def test_otlp_058_070_flags_keep_every_bit_and_the_lowest_eight_are_the_trace_flags(kept):
    flags = [0, 1, 0x101, 0x301, 0xFFFFFFFF]
    kept.send("traces", spans(*(span(number, flags=value) for number, value in enumerate(flags, 1))))
    kept.send("logs", logs(*({"timeUnixNano": str(TIME + number), "flags": value} for number, value in enumerate(flags))))
    wanted = [(value, value & 0xFF, bool(value & 0x100), bool(value & 0x200)) for value in flags]
    bits = "flags, flags & 255, (flags & 256) <> 0, (flags & 512) <> 0"
    kept.answers(f"SELECT {bits} FROM spans ORDER BY start_time_unix_nano", wanted)
    kept.answers(f"SELECT {bits} FROM logs ORDER BY time_unix_nano", wanted)


def test_otlp_062_a_status_is_unset_ok_or_error_with_its_message(kept):
    statuses = [None, {}, {"code": 0}, {"code": 1}, {"code": 2, "message": "too slow"}]
    kept.send("traces", spans(*(span(number, status=status) for number, status in enumerate(statuses, 1))))
    kept.answers("SELECT status_code, status_message FROM spans ORDER BY start_time_unix_nano",
                 [("UNSET", None)] * 3 + [("OK", None), ("ERROR", "too slow")])


def test_otlp_063_a_trace_of_10008_spans_is_whole(kept):
    items = [span(number, parentSpanId=f"{1:016x}" if number > 1 else "") for number in range(1, 10_009)]
    kept.send("traces", *(spans(*items[at:at + 1_000]) for at in range(0, len(items), 1_000)))
    kept.answers(f"SELECT count(*), count(DISTINCT span_id) FROM spans WHERE trace_id = '{TRACE.lower()}'", [(10_008, 10_008)])


def test_otlp_064_late_spans_of_many_requests_and_days_are_one_trace(kept):
    seconds = [0, 86_400, 10, 3 * 86_400, 40 * 86_400]
    for number, second in enumerate(seconds, 1):
        kept.send("traces", spans(span(number, startTimeUnixNano=str(TIME + second * SECOND),
                                       endTimeUnixNano=str(TIME + second * SECOND + 5), parentSpanId=f"{1:016x}" if number > 1 else "")))
        if number == 3:
            kept.server.restart()
    for _ in range(2):
        status, _, body = kept.server.ask(f"/api/v1/traces/{TRACE.lower()}")
        assert (status, len(json.loads(body)["spans"])) == (200, 5)
        kept.server.restart()


def test_otlp_066_severity_number_and_text_are_both_kept(kept):
    kept.send("logs", logs(*({"timeUnixNano": str(TIME + number), "severityNumber": number, "severityText": f"level {number}" if number % 2 else ""}
                             for number in range(25))))
    kept.answers("SELECT severity_number, severity_text FROM logs ORDER BY time_unix_nano",
                 [(number, f"level {number}" if number % 2 else None) for number in range(25)])


def test_otlp_067_bodies_of_any_kind_can_be_searched(kept):
    bodies = [{"stringValue": "payment refused"}, {"kvlistValue": {"values": [text("order", "A-7")]}}, {"intValue": "42"},
              {"arrayValue": {"values": [{"stringValue": "payment"}, {"doubleValue": 1.5}]}}]
    kept.send("logs", logs(*({"timeUnixNano": str(TIME + number), "body": body} for number, body in enumerate(bodies))))
    kept.answers("SELECT body_type FROM logs WHERE body LIKE '%payment%' ORDER BY time_unix_nano", [("string",), ("array",)])
    kept.answers("SELECT body->>'order' FROM logs WHERE body_type = 'kvlist'", [("A-7",)])
    kept.answers("SELECT count(*) FROM logs WHERE body = '42' AND body_type = 'int'", [(1,)])


def test_otlp_080_what_identifies_a_series_tells_rows_apart_and_the_order_of_attributes_does_not(kept):
    attributes = [text("a", "1"), text("b", "2")]
    plain = point(1, 1, attributes=attributes)
    same = point(2, 2, attributes=attributes[::-1])
    documents = [
        metrics(counter(plain, same)),
        metrics(counter(plain), service="bank"),
        metrics(counter(plain), scope={"name": "library"}),
        metrics(counter(plain), scope={"name": "library", "version": "2"}),
        metrics(counter(plain), scope={"name": "library", "attributes": attributes}),
        metrics(counter(plain, name="errors")),
        metrics(counter(plain, unit="s")),
        metrics(counter(plain, temporality=1)),
        metrics({"name": "requests", "sum": {"aggregationTemporality": 2, "dataPoints": [plain]}}),
        metrics({"name": "requests", "gauge": {"dataPoints": [plain]}}),
        metrics(counter(point(1, 1, attributes=attributes[:1]))),
    ]
    kept.send("metrics", *documents)
    identity = """service_name, scope_name, scope_version, scope_attributes, metric_name, unit, metric_type, temporality, is_monotonic,
        attributes->>'a', attributes->>'b'"""
    kept.answers(f"SELECT count(*) FROM (SELECT DISTINCT {identity} FROM metrics)", [(len(documents),)])
    kept.answers(f"SELECT max(points) FROM (SELECT count(*) AS points FROM metrics GROUP BY {identity})", [(2,)])


RESETS = """
    SELECT CAST(sum(CASE
        WHEN before IS NULL THEN CASE WHEN start_time_unix_nano = time_unix_nano THEN 0 ELSE value_int END
        WHEN start_time_unix_nano <> start_before THEN CASE WHEN start_time_unix_nano = time_unix_nano THEN 0 ELSE value_int END
        ELSE value_int - before END) AS BIGINT) AS increase
    FROM (SELECT *, lag(value_int) OVER (ORDER BY time_unix_nano) AS before,
                 lag(start_time_unix_nano) OVER (ORDER BY time_unix_nano) AS start_before FROM metrics)"""


def test_otlp_081_start_times_tell_resets_from_unknown_starts(kept):
    # 10 and 15 since second 0; a restart at 25 with 4; then a start that is not known, whose first point adds nothing.
    kept.send("metrics", metrics(counter(point(10, 10, 0), point(20, 15, 0), point(30, 4, 25), point(40, 100, 40), point(50, 103, 40))))
    kept.answers(RESETS, [(15 + 4 + 0 + 3,)])


STREAM = """
    SELECT metric_name, CAST(sum(value_int) AS BIGINT), CAST(sum(CASE WHEN start_time_unix_nano > before THEN 1 ELSE 0 END) AS BIGINT) AS gaps,
           CAST(sum(CASE WHEN start_time_unix_nano < before THEN 1 ELSE 0 END) AS BIGINT) AS overlaps
    FROM (SELECT *, lag(time_unix_nano) OVER (PARTITION BY metric_name ORDER BY time_unix_nano) AS before FROM metrics)
    GROUP BY metric_name ORDER BY metric_name"""


def test_otlp_082_delta_streams_add_up_and_their_gaps_and_overlaps_are_told(kept):
    kept.send("metrics", metrics(
        counter(point(10, 1, 0), point(20, 2, 10), point(30, 3, 20), temporality=1, name="whole"),
        counter(point(10, 1, 0), point(30, 3, 20), temporality=1, name="with a gap"),
        counter(point(10, 1, 0), point(20, 3, 5), temporality=1, name="overlapping"),
    ))
    kept.answers(STREAM, [("overlapping", 4, 0, 1), ("whole", 6, 0, 0), ("with a gap", 4, 1, 0)])


def test_otlp_083_overlapping_writers_are_both_kept_and_told(kept):
    kept.send("metrics", metrics(counter(point(10, 5, 0), point(20, 6, 0))), metrics(counter(point(15, 100, 0), point(25, 101, 0))))
    kept.answers("SELECT count(*) FROM metrics", [(4,)])
    # Of one start, a counter never falls; where it does, there are two writers.
    kept.answers("""SELECT count(*) FROM (SELECT value_int, start_time_unix_nano AS start,
        lag(value_int) OVER (ORDER BY time_unix_nano) AS before, lag(start_time_unix_nano) OVER (ORDER BY time_unix_nano) AS start_before
        FROM metrics) WHERE value_int < before AND start = start_before""", [(1,)])


def test_otlp_084_metadata_is_kept_and_tells_no_series_apart(kept):
    kept.send("metrics", metrics(counter(point(1, 1), metadata=[text("prometheus.type", "counter")])), metrics(counter(point(2, 2))))
    kept.answers("SELECT metadata->>'prometheus.type' FROM metrics ORDER BY time_unix_nano", [("counter",), (None,)])
    kept.answers("SELECT count(DISTINCT metric_name) FROM metrics", [(1,)])


def test_otlp_085_names_and_units_are_stored_as_sent_and_names_of_prometheus_are_made_for_promql_alone(kept):
    kept.send("metrics", metrics(counter(point(1, 1), name="http.server.日本 requests", unit="{request}/s")))
    kept.answers("SELECT metric_name, unit FROM metrics", [("http.server.日本 requests", "{request}/s")])
    for path in ("/api/v1/query?query=up", "/api/v1/write", "/api/v1/query_range"):
        assert kept.server.ask(path)[0] == 404
    second = TIME // 10**9
    _, _, body = kept.server.ask(f"/prometheus/api/v1/label/__name__/values?start={second}&end={second + 1}")
    assert json.loads(body)["data"] == ["http_server_requests_per_second_total", "target_info"]


def test_otlp_086_summaries_keep_quantiles_count_and_sum(kept):
    quantiles = [{"quantile": 0, "value": 0.5}, {"quantile": 0.5, "value": 1.5}, {"quantile": 1, "value": "Infinity"}]
    kept.send("metrics", metrics({"name": "latency", "summary": {"dataPoints": [
        {"timeUnixNano": str(TIME), "startTimeUnixNano": str(TIME - 1), "count": "7", "sum": 12.5, "quantileValues": quantiles}]}}))
    kept.answers("SELECT metric_type, count, sum, quantiles[2], quantile_values[2] FROM metrics", [("summary", 7, 12.5, 0.5, 1.5)])


@pytest.mark.parametrize("again", ["", "traceId"])
def test_otlp_034_what_is_sent_again_is_kept_at_most_as_often_and_recovery_adds_nothing(server, again):
    documents = [json.dumps(spans(span(1), span(2))).encode()] * 2
    if again:
        documents[1] = documents[1].replace(TRACE.encode(), TRACE.lower().encode())
    for document in documents:
        assert server.send("traces", document, JSON)[0] == 200
    before = server.counts()["spans"]
    assert before in (2, 4)
    for _ in range(3):
        server.kill()
        server.start()
        assert server.counts()["spans"] == before
