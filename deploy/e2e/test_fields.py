"""Every field of the OTLP data model is stored, however the request is written, and survives the way to Parquet."""

import base64
import json

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import expected
from server import FIXTURES

SIGNALS = {
    "traces": (ExportTraceServiceRequest, "spans", expected.spans, "start_time_unix_nano"),
    "logs": (ExportLogsServiceRequest, "logs", expected.logs, "observed_time_unix_nano + time_unix_nano"),
    "metrics": (ExportMetricsServiceRequest, "metrics", expected.metrics, "metric_name"),
}
IDS = {"traceId", "spanId", "parentSpanId"}


def base64_ids(value):
    """OTLP/JSON writes ids in hex; protobuf's own JSON reader wants base64 there too."""
    if isinstance(value, list):
        return [base64_ids(one) for one in value]
    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(one)).decode() if key in IDS else base64_ids(one)
            for key, one in value.items()
        }
    return value


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("content_type", ["application/json", "application/x-protobuf"])
def test_otlp_049_every_field_reads_back_equal_from_memory_and_from_parquet(server, signal, content_type):
    message, table, rows_of, order = SIGNALS[signal]
    text = (FIXTURES / "otlp" / f"{signal}.json").read_bytes()
    request = json_format.ParseDict(base64_ids(json.loads(text)), message())
    body = text if content_type == "application/json" else request.SerializeToString()

    status, headers, answer = server.send(signal, body, content_type)
    assert (status, headers["content-type"]) == (200, content_type)
    assert answer == (b"{}" if content_type == "application/json" else b"")

    query = f"SELECT * FROM {table} ORDER BY {order}"
    wanted = sort_rows(rows_of(request), order)
    assert_rows(server.sql(query), wanted)
    server.restart()
    assert server.value("SELECT sum(hot_rows) FROM ingest_status") == 0, "after a stop all rows are in Parquet"
    assert_rows(server.sql(query), wanted)


def sort_rows(rows, order):
    return sorted(rows, key=lambda row: sum_or_text([row[column] for column in order.split(" + ")]))


def sum_or_text(values):
    return values[0] if isinstance(values[0], str) else sum(values)


def assert_rows(rows, wanted):
    assert len(rows) == len(wanted)
    for row, wanted_row in zip(rows, wanted, strict=True):
        row = {name: like(value, wanted_row.get(name)) for name, value in row.items()}
        assert row == wanted_row


def like(value, wanted):
    """A body that is no text is wanted as JSON; it is stored as its text."""
    return expected.Json(json.loads(value)) if isinstance(wanted, expected.Json) and isinstance(value, str) else value


def test_otlp_047_the_types_of_attribute_values_stay_apart(server):
    server.send("traces", (FIXTURES / "otlp/traces.json").read_bytes(), "application/json")
    query = """SELECT attributes->>'digit text' AS text, attributes->'whole' AS whole, attributes->'real' AS real,
        attributes->'yes' AS yes, attributes->>'http.route' AS promoted, attributes->'db.system.name' AS odd
        FROM spans WHERE name = 'checkout'"""
    (row,) = server.sql(query)
    assert row["text"] == "1"
    assert row["promoted"] == "/cart/{id}/checkout"
    found = server.value("SELECT count(*) FROM spans WHERE attributes->>'http.route' = '/cart/{id}/checkout'")
    assert found == 1


def test_a_trace_is_found_by_its_id_with_its_logs_and_its_repeats_folded(server):
    folder = FIXTURES / "trainticket"
    for signal in ("traces", "logs"):
        for line in (folder / f"{signal}.jsonl").read_bytes().splitlines():
            assert server.send(signal, line, "application/json")[0] == 200
    for _ in range(2):
        status, _, body = server.ask("/api/v1/traces/1654d71cd62e762bfa6db427f917ab9a")
        assert status == 200
        trace = json.loads(body)
        assert (len(trace["spans"]), trace["repeated_spans"]) == (33, 33)
        assert (len(trace["logs"]), trace["repeated_logs"]) == (12, 12)
        assert {span["service_name"] for span in trace["spans"]} > {"ts-food-service"}
        assert all(span["repeats"] == 1 for span in trace["spans"])
        server.restart()


def test_a_trace_that_is_not_there_is_not_found(server):
    status, _, body = server.ask("/api/v1/traces/00000000000000000000000000000001")
    assert (status, json.loads(body)["error"]["kind"]) == (404, "not_found")
    status, _, body = server.ask("/api/v1/traces/xyz")
    assert (status, json.loads(body)["error"]["kind"]) == (400, "bad_request")
