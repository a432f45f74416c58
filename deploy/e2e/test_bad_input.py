"""Bad input gets a clear answer, harms nobody else's data, and neither stops nor bloats the server."""

import gzip
import http.client
import io
import json
import time

import grpc
import pytest
from google.rpc import status_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from server import FIXTURES

MIB = 1 << 20
LIMIT = 64 * MIB
PROTOBUF, JSON = "application/x-protobuf", "application/json"
GOOD = (FIXTURES / "otlp/traces.json").read_bytes()


@pytest.fixture(scope="module", autouse=True)
def earlier(shared_server):
    """Data that was there before anything bad came."""
    assert shared_server.send("traces", GOOD, JSON)[0] == 200


@pytest.fixture(autouse=True)
def unharmed(shared_server):
    """After every test the server lives, still holds exactly what was there, and takes more."""
    before = shared_server.counts()
    yield
    assert shared_server.is_alive()
    assert shared_server.counts() == before
    assert shared_server.ask("/healthz")[0] == 200


MALFORMED = {
    "a field that ends early": ("traces", PROTOBUF, b"\x0a\xff"),
    "a wire type that does not exist": ("traces", PROTOBUF, b"\x0f\x00"),
    "a varint without end": ("logs", PROTOBUF, b"\xff" * 20),
    "a length beyond the body": ("metrics", PROTOBUF, b"\x0a\xff\xff\xff\xff\x0f"),
    "invalid UTF-8 in a protobuf text": ("traces", PROTOBUF, b"\x0a\x04\x1a\x02\xff\xfe"),
    "JSON sent as protobuf": ("traces", PROTOBUF, GOOD),
    "protobuf sent as JSON": ("traces", JSON, b"\x0a\x00"),
    "JSON that ends early": ("traces", JSON, GOOD[:-20]),
    "JSON that is a list": ("logs", JSON, b"[]"),
    "a text where a list belongs": ("traces", JSON, b'{"resourceSpans":"many"}'),
    "a word where a number belongs": ("traces", JSON, GOOD.replace(b'"1767225600000000001"', b'"soon"')),
    "an id that is not hex": ("traces", JSON, GOOD.replace(b"eee19b7ec3c1b174", b"zzzz9b7ec3c1b174")),
    "invalid UTF-8 in JSON": ("logs", JSON, b'{"resourceLogs":[{"schemaUrl":"\xff"}]}'),
    "nested a thousand deep": ("logs", JSON, b'{"resourceLogs":' + b"[" * 1000 + b"]" * 1000 + b"}"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_otlp_025_026_a_malformed_request_is_refused_with_400_and_a_reason(shared_server, case):
    signal, content_type, body = MALFORMED[case]
    status, headers, answer = shared_server.send(signal, body, content_type)
    assert status == 400
    assert headers["content-type"] == content_type
    assert len(reason(content_type, answer)) > 10


def reason(content_type, answer):
    """The message of a google.rpc.Status, in the encoding of the request."""
    if content_type == JSON:
        return json.loads(answer)["message"]
    return status_pb2.Status.FromString(answer).message


@pytest.mark.parametrize("method, path, content_type, wanted", [
    ("POST", "/v1/profiles", PROTOBUF, 404),
    ("POST", "/v1/trace", PROTOBUF, 404),
    ("POST", "/", PROTOBUF, 404),
    ("GET", "/v1/traces", PROTOBUF, 405),
    ("PUT", "/v1/logs", PROTOBUF, 405),
    ("POST", "/v1/traces", "text/plain", 415),
    ("POST", "/v1/metrics", "application/xml", 415),
])
def test_otlp_019_wrong_paths_methods_and_types_are_told_apart(shared_server, method, path, content_type, wanted):
    body = None if method == "GET" else b""
    status, _, _ = shared_server.ask(shared_server.otlp + path, body, method, content_type=content_type)
    assert status == wanted


def test_otlp_004_an_unknown_encoding_is_refused_and_says_which_are_known(shared_server):
    status, _, answer = shared_server.send("traces", b"", PROTOBUF, content_encoding="br")
    assert status in (400, 415)
    assert "gzip" in reason(PROTOBUF, answer)


def test_otlp_004_026_a_body_that_is_not_the_gzip_it_claims_to_be_is_refused(shared_server):
    for body in (b"plain", gzip.compress(GOOD)[:-10]):
        status, _, answer = shared_server.send("traces", body, JSON, content_encoding="gzip")
        assert status == 400
        assert reason(JSON, answer)


def test_otlp_014_015_a_body_of_65_mib_is_refused_with_413(shared_server):
    shared_server.forget_peak_memory()
    before = shared_server.memory_bytes()
    body = b"\x0a" + b"\x00" * (65 * MIB)
    assert oversized(shared_server, body, {}) == 413
    assert shared_server.memory_bytes() - before < 160 * MIB


def test_otlp_012_014_015_a_chunked_body_of_65_mib_is_refused_with_413(shared_server):
    chunks = (b"\x00" * MIB for _ in range(65))
    assert oversized(shared_server, chunks, {"Transfer-Encoding": "chunked"}) == 413


def oversized(server, body, headers):
    """The status of an answer that may come before the body was taken whole."""
    connection = http.client.HTTPConnection(server.ready["otlp_http"], timeout=60)
    try:
        connection.request("POST", "/v1/traces", body, {"Content-Type": PROTOBUF} | headers, encode_chunked=True)
    except (BrokenPipeError, ConnectionResetError):
        pass  # The server need not read what it refuses; its answer is there all the same.
    try:
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("unpacked", [65 * MIB, 1024 * MIB])
def test_otlp_014_a_gzip_bomb_is_refused_with_413_and_takes_little_memory(shared_server, unpacked):
    bomb = compressed_zeros(unpacked)
    assert len(bomb) < unpacked // 900
    shared_server.forget_peak_memory()
    before = shared_server.memory_bytes()
    started = time.monotonic()
    status, _, answer = shared_server.send("traces", bomb, PROTOBUF, content_encoding="gzip")
    assert status == 413
    assert str(LIMIT) in reason(PROTOBUF, answer), "the limit is named"
    assert time.monotonic() - started < 10
    assert shared_server.memory_bytes() - before < LIMIT + 96 * MIB


def test_otlp_014_a_body_of_empty_spans_is_refused_before_it_takes_gigabytes(shared_server):
    spans = b"\x12\x00" * (30 * MIB)
    body = nested(0x0A, nested(0x12, spans))
    text = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * (20 * MIB) + b"{}]}]}]}"
    shared_server.forget_peak_memory()
    before = shared_server.memory_bytes()
    for content, content_type, wanted in ((body, PROTOBUF, 413), (text, JSON, 400)):
        status, _, answer = shared_server.send("traces", content, content_type)
        assert status == wanted
        assert "smaller batches" in reason(content_type, answer)
    assert shared_server.memory_bytes() - before < 1024 * MIB


def nested(tag, content):
    """A protobuf field that holds a message."""
    length, size = bytearray(), len(content)
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([tag, *length, size]) + content


def compressed_zeros(length):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9) as packed:
        for _ in range(length // MIB):
            packed.write(b"\x00" * MIB)
    return out.getvalue()


def test_otlp_015_a_grpc_message_over_the_limit_is_refused_for_good(shared_server):
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(shared_server.grpc, options) as channel:
        export = channel.unary_unary(
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            request_serializer=bytes, response_deserializer=bytes,
        )
        for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
            with pytest.raises(grpc.RpcError) as refused:
                export(b"\x0a" + b"\x00" * (65 * MIB), compression=compression, timeout=60)
            assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            trailers = dict(refused.value.trailing_metadata() or ())
            assert not any("retryinfo" in name for name in trailers), "it can never pass, so it is not to be retried"


def test_otlp_027_a_malformed_grpc_message_is_refused_for_good(shared_server):
    with grpc.insecure_channel(shared_server.grpc) as channel:
        export = channel.unary_unary(
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            request_serializer=bytes, response_deserializer=bytes,
        )
        with pytest.raises(grpc.RpcError) as refused:
            export(b"\x0a\xff", timeout=10)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_otlp_022_what_is_invalid_is_counted_and_the_rest_is_kept(server):
    document = json.loads(GOOD)
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans[1]["traceId"] = "00" * 16
    spans[2]["spanId"] = "abcd"
    status, _, answer = server.send("traces", json.dumps(document).encode(), JSON)
    partial = json.loads(answer)["partialSuccess"]
    assert (status, int(partial["rejectedSpans"])) == (200, 2)
    assert partial["errorMessage"]
    assert server.counts()["spans"] == 1


def test_otlp_021_an_empty_request_is_a_success(shared_server):
    assert shared_server.send("traces", b"", PROTOBUF)[0] == 200
    assert shared_server.send("logs", b"{}", JSON)[0] == 200
    with grpc.insecure_channel(shared_server.grpc) as channel:
        TraceServiceStub(channel).Export(ExportTraceServiceRequest(), timeout=10)


HOSTILE_SQL = [
    "COPY spans TO '/tmp/slowburn-stolen.parquet'",
    "COPY (SELECT 1) TO 'file:///tmp/slowburn-stolen.csv'",
    "CREATE EXTERNAL TABLE passwd STORED AS CSV LOCATION '/etc/passwd'",
    "CREATE TABLE mine AS SELECT * FROM spans",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE FUNCTION f() RETURNS INT RETURN 1",
    "CREATE DATABASE mine",
    "CREATE SCHEMA mine",
    "DROP TABLE spans",
    "ALTER TABLE spans ADD COLUMN mine INT",
    "TRUNCATE TABLE spans",
    "INSERT INTO spans SELECT * FROM spans",
    "UPDATE spans SET name = 'x'",
    "DELETE FROM spans",
    "SET datafusion.execution.batch_size = 1",
    "RESET datafusion.execution.batch_size",
    "PREPARE p AS SELECT 1",
    "BEGIN",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'file:///etc/passwd'",
    "SELECT * FROM \"/etc/passwd\"",
    "SELECT * FROM '/etc/passwd.csv'",
    "SELECT * FROM \"http://127.0.0.1:1/x.parquet\"",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('/etc/passwd')",
    "SELECT * FROM parquet_metadata('/etc/passwd')",
    "EXPLAIN COPY spans TO '/tmp/slowburn-stolen.parquet'",
    "EXPLAIN ANALYZE DELETE FROM spans",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE spans",
    "WITH x AS (DELETE FROM spans RETURNING *) SELECT * FROM x",
    "SELECT * FROM information_schema.df_settings; SET x = 1",
    "SELECT * FROM nowhere",
    "SELECT nothing FROM spans",
    "SELECT",
    "",
    "'); DROP TABLE spans; --",
    "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
    "SELECT 1" + " + 1" * 50_000,
]


@pytest.mark.parametrize("query", HOSTILE_SQL, ids=lambda query: query[:60] or "nothing")
def test_hostile_sql_is_refused_with_a_reason(shared_server, query):
    started = time.monotonic()
    status, error = ask_sql(shared_server, query)
    assert status in (400, 403, 413, 422), error
    assert error["kind"] in ("bad_request", "forbidden", "too_large", "resource_limit")
    assert error["message"]
    assert "panicked" not in error["message"]
    assert time.monotonic() - started < 10


MANY = """WITH ten AS (SELECT unnest([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) AS x),
    many AS (SELECT a.x + 10 * b.x + 100 * c.x + 1000 * d.x + 10000 * e.x AS x FROM ten a, ten b, ten c, ten d, ten e) """
ENDLESS_SQL = {
    "a cross join": MANY + "SELECT count(*) FROM many a, many b, many c WHERE a.x + b.x + c.x = -1",
    "an endless recursion": "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
    "a sort of everything": MANY + "SELECT a.x FROM many a, many b ORDER BY md5(concat(a.x, b.x)) DESC",
    "a group for every row": MANY + "SELECT a.x, b.x, count(*) FROM many a, many b GROUP BY 1, 2 HAVING count(*) > 1",
}


@pytest.mark.parametrize("case", ENDLESS_SQL)
def test_a_query_without_end_is_ended_by_a_limit(shared_server, case):
    shared_server.forget_peak_memory()
    before = shared_server.memory_bytes()
    started = time.monotonic()
    status, error = ask_sql(shared_server, ENDLESS_SQL[case], timeout_ms=3_000)
    assert status in (408, 422), error
    assert error["kind"] in ("timeout", "resource_limit")
    assert time.monotonic() - started < 10
    assert shared_server.memory_bytes() - before < 1024 * MIB


def test_an_answer_of_too_many_rows_is_cut_and_says_so(shared_server):
    body = json.dumps({"query": MANY + "SELECT x FROM many", "max_rows": 10}).encode()
    status, _, text = shared_server.ask("/api/v1/sql", body, content_type=JSON)
    answer = json.loads(text)
    assert (status, len(answer["rows"]), answer["truncated"]) == (200, 10, True)


@pytest.mark.parametrize("body", [b"", b"SELECT 1", b"[]", b"{}", b'{"query": 1}', b'{"query":"SELECT 1","mode":"fast"}'])
def test_a_malformed_question_is_refused_with_a_reason(shared_server, body):
    status, _, answer = shared_server.ask("/api/v1/sql", body, content_type=JSON)
    assert status == 400
    assert json.loads(answer)["error"]["message"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path, told", [
    ("/v1/traces", "--otlp-http"), ("/v1/logs", "--otlp-http"), ("/v1/metrics", "--otlp-http"),
    ("/api", "/api/v1/sql"), ("/api/", "/api/v1/sql"), ("/API/v1/sql", "/api/v1/sql"),
])
def test_what_programs_ask_at_the_wrong_door_is_never_the_page(shared_server, method, path, told):
    body = None if method == "GET" else b""
    status, headers, answer = shared_server.ask(path, body, method, content_type=PROTOBUF)
    assert (status, headers.get_content_type()) == (404, JSON)
    error = json.loads(answer)["error"]
    assert (error["kind"], error["message"]) == ("not_found", f"there is nothing at {path}")
    assert told in error["hint"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_is_only_read(shared_server, method):
    status, headers, answer = shared_server.ask("/traces", b"", method, content_type=JSON)
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert "/traces" in json.loads(answer)["error"]["message"]


@pytest.mark.parametrize("signal, sent_to", [("logs", "traces"), ("traces", "metrics"), ("metrics", "logs")])
def test_json_of_another_signal_is_refused_and_shown_the_way(shared_server, signal, sent_to):
    body = (FIXTURES / f"otlp/{signal}.json").read_bytes()
    status, _, answer = shared_server.send(sent_to, body, JSON)
    assert status == 400
    assert f"this is a request for {signal}; send it to /v1/{signal}" in reason(JSON, answer)


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc%2fpasswd"])
def test_no_path_leads_out_of_the_page(shared_server, path):
    _, _, body = shared_server.ask(path)
    assert b"root:" not in body


def ask_sql(server, query, **limits):
    body = json.dumps({"query": query} | limits).encode()
    status, _, answer = server.ask("/api/v1/sql", body, content_type=JSON)
    return status, json.loads(answer).get("error", answer)


def test_all_that_was_acknowledged_is_there_after_a_restart(shared_server):
    before = shared_server.counts()
    shared_server.restart()
    assert shared_server.counts() == before
