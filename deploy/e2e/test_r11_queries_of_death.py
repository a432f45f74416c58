"""R11: questions that ask for everything, at every door, while ingest goes on: each is ended by a limit and told which one,
the process stays small, and no sender notices. The figures are printed (pytest -s)."""

import json
import os
import socket
import threading
import time
import urllib.parse

import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import psycopg
import pytest

from server import Server
from test_limits import logs, points, spans

PROTOBUF = "application/x-protobuf"
# What a question may take; 30 of them take theirs.
SECONDS = int(os.environ.get("SLOWBURN_QUESTION_SECONDS", "2"))
# What a question may hold, and what its rows take on their way: a batch of each thread in each operator.
GROWTH = 768 << 20
LIMITS = f"[default]\nquestion_seconds = {SECONDS}\n"
JSON = "application/json"


def nested(inner, times, wrap):
    for _ in range(times):
        inner = wrap.format(inner)
    return inner


LONG = "y" * 60_000
ALL = "spans a, spans b, spans c"
# Each is ended by its time or its memory.
ENDED = {
    "cross join": f"SELECT count(*) FROM {ALL} WHERE a.duration_ns + b.duration_ns + c.duration_ns > 0",
    "cross join, sorted": f"SELECT a.span_id, b.span_id, c.span_id FROM {ALL} ORDER BY a.attributes || b.span_id || c.span_id",
    "cross join, grouped": f"SELECT a.span_id || b.span_id || c.span_id, count(*) FROM {ALL} GROUP BY 1",
    "cross join of thirty": "SELECT count(*) FROM " + ", ".join(f"spans s{index}" for index in range(30)) + " WHERE s0.duration_ns + s29.duration_ns > 0",
    "self join without equality": "SELECT count(*) FROM spans a JOIN spans b ON a.attributes || '1' <> b.attributes JOIN spans c ON a.name < c.name || b.name",
    "series": "SELECT count(*) FROM generate_series(9876543210)",
    "series times series": "SELECT count(*) FROM generate_series(1, 9876543210) a(x), generate_series(1, 9876543210) b(y) WHERE x + y = 7",
    "1e9 groups": "SELECT max(n) FROM (SELECT x, count(*) AS n FROM generate_series(1, 1000000000) t(x) GROUP BY x)",
    "1e9 distinct": "SELECT count(DISTINCT x || 'abcdefghijklmnop') FROM generate_series(1, 1000000000) t(x)",
    "sort of all": "SELECT x FROM generate_series(1, 1000000000) t(x) ORDER BY x % 1000, x DESC LIMIT 50 OFFSET 100000000",
    "array of all": "SELECT array_agg(value) FROM generate_series(1, 9876543210)",
    "text of all": "SELECT string_agg(attributes, ',') FROM spans a, generate_series(1, 100000)",
    "recursion without end": "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
    "recursion that doubles": "WITH RECURSIVE t AS (SELECT 'x' AS s UNION ALL SELECT s || s FROM t) SELECT max(length(s)) FROM t",
    "recursion that multiplies": "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT a.n FROM t a, generate_series(1, 10)) SELECT count(*) FROM t",
    "window over everything": "SELECT sum(w) FROM (SELECT row_number() OVER (ORDER BY a.attributes || b.span_id) AS w FROM spans a, spans b)",
    "window that keeps texts": "SELECT max(w) FROM (SELECT first_value(a.attributes || b.name) OVER (ORDER BY a.span_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS w FROM spans a, spans b)",
    "regex over everything": f"SELECT count(*) FROM {ALL} WHERE a.attributes || b.attributes || c.attributes ~ '(a|aa|aaa)*b(.*)c(.*)d'",
    "doubled thirty times": "WITH t0 AS (SELECT attributes AS s FROM spans), "
    + ", ".join(f"t{step} AS (SELECT s || s AS s FROM t{step - 1})" for step in range(1, 31))
    + " SELECT max(length(s)) FROM t30",
    "replaced by much": f"SELECT max(length(replace(a.attributes || b.attributes, 'a', '{LONG}'))) FROM spans a, spans b",
    "concatenated 400 times": f"SELECT max(length(concat({', '.join(['a.attributes'] * 400)}))) FROM {ALL}",
    "format of a time": f"SELECT max(to_char(a.start_time, '{'%c' * 30_000}') || b.name || c.name) FROM {ALL}",
    "encoded again and again": f"SELECT max({nested('a.attributes', 24, 'encode({}, {{}})').replace('{}', chr(39) + 'hex' + chr(39))}) FROM spans a",
    "a text of all beside every row": "SELECT max(length(s || a.name || b.name)) FROM (SELECT string_agg(attributes, ',') AS s FROM spans), spans a, spans b",
    "a list of all beside every row": "SELECT count(*) FROM (SELECT unnest(l) FROM (SELECT array_agg(span_id || attributes) AS l FROM spans), spans a, spans b)",
    "texts taken apart": f"SELECT count(u) FROM (SELECT unnest(string_to_array(a.attributes || b.attributes || c.attributes, NULL)) AS u FROM {ALL})",
    "a huge union": "SELECT sum(n) FROM (" + " UNION ALL ".join([f"SELECT count(*) AS n FROM {ALL} WHERE a.name || b.name <> c.name"] * 100) + ")",
    "an answer of everything": f"SELECT a.*, b.*, c.* FROM {ALL} WHERE a.name <> b.name || c.name",
}
# Each is refused before it runs.
REFUSED = {
    "10,000 ANDs": "SELECT count(*) FROM spans WHERE name = 'a'" + " AND name = 'a'" * 10_000,
    "deep nesting": nested("SELECT * FROM spans", 5_000, "SELECT * FROM ({}) AS t"),
    "deep parentheses": "SELECT " + "(" * 10_000 + "1" + ")" * 10_000,
    "5,000 unions": "SELECT 1" + " UNION ALL SELECT 1" * 5_000,
    "5,000 tables": "SELECT count(*) FROM spans" + ", spans" * 5_000,
    "an IN of 60,000": "SELECT count(*) FROM spans WHERE name IN (" + ", ".join(["'x'"] * 60_000) + ")",
    "repeat": "SELECT repeat('x', 1000000000)",
    "lpad": "SELECT lpad('x', 1000000000)",
    "array_repeat": "SELECT array_repeat('x', 1000000000)",
    "a list for every row": "SELECT array_agg(name) OVER (ORDER BY start_time) FROM spans",
}
# Each may be answered, if it is quick enough.
BEARABLE = {
    "an IN of 10,000": "SELECT count(*) FROM spans WHERE attributes IN (" + ", ".join(f"'{index}'" for index in range(10_000)) + ")",
    "sort of every span": "SELECT * FROM spans ORDER BY attributes, span_id DESC LIMIT 10",
    "480 operators": "SELECT max(duration_ns" + " + 1" * 480 + ") FROM spans",
}
PROMQL = {
    "a subquery of subqueries": "max_over_time(count_over_time({__name__=~\".+\"}[1d:1s])[1d:1s])",
    "every series times every series": "count({__name__=~\".+\"} * on() group_left() {__name__=~\".+\"})",
    "a regex over every series": "count({__name__=~\"(.*)(.*)(.*)(.*)x\"})",
}


class Sender(threading.Thread):
    """Sends spans, one request after the other, and notes how long each answer takes."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.stopping, self.phase = server, threading.Event(), "alone"
        self.took, self.refused, self.sent = {"alone": [], "beside": []}, [], 0

    def run(self):
        while not self.stopping.is_set():
            body = spans(200, first=10_000_000 + self.sent).SerializeToString()
            phase, began = self.phase, time.monotonic()
            status, _, text = self.server.send("traces", body, PROTOBUF)
            self.took[phase].append(time.monotonic() - began)
            if status == 200:
                self.sent += 200
            else:
                self.refused.append((status, text))
            time.sleep(0.02)

    def p99(self, phase):
        took = sorted(self.took[phase])
        return took[len(took) * 99 // 100]


@pytest.fixture
def filled(tmp_path):
    (tmp_path / "limits.toml").write_text(LIMITS)
    server = Server(tmp_path)
    server.start("--limits", str(tmp_path / "limits.toml"), "--slow-query-ms", "1000", "--flush-seconds", "5")
    for batch in range(20):
        request = spans(1_000, first=batch * 1_000, service=f"service-{batch}")
        for span in request.resource_spans[0].scope_spans[0].spans:
            span.attributes.add(key="text").value.string_value = "abc" * 60
        assert server.send("traces", request.SerializeToString(), PROTOBUF)[0] == 200
        assert server.send("logs", logs(1_000).SerializeToString(), PROTOBUF)[0] == 200
        assert server.send("metrics", points(batch * 500, 500).SerializeToString(), PROTOBUF)[0] == 200
    yield server
    server.kill()


def over_http(server, query):
    body = json.dumps({"query": query}).encode()
    status, _, text = server.ask("/api/v1/sql", body, content_type=JSON, timeout_s=120)
    told = json.loads(text).get("error", {})
    return status, (told.get("kind"), told.get("message"), told.get("hint"))


def promql(server, query):
    now = time.time()
    words = urllib.parse.urlencode({"query": query, "start": now - 86_400, "end": now, "step": 10})
    status, _, text = server.ask(f"/prometheus/api/v1/query_range?{words}", timeout_s=120)
    answer = json.loads(text)
    return status, (answer.get("errorType"), answer.get("error"), "")


def watched(server, name, ask, query):
    """How a question ended, how long that took, and by how much the process grew meanwhile."""
    server.forget_peak_memory()
    before, began = server.memory_bytes("VmRSS"), time.monotonic()
    status, told = ask(server, query)
    took, grown = time.monotonic() - began, server.memory_bytes("VmHWM") - before
    print(f"{name}: {status} {told[1]!s:.100} | {took:.1f} s, {grown >> 20} MiB")
    assert server.is_alive(), name
    assert grown < GROWTH, (name, grown >> 20)
    return status, told


@pytest.mark.alone
@pytest.mark.first
def test_r11_queries_of_death_end_by_a_limit_while_ingest_goes_on(filled):
    sender = Sender(filled)
    sender.start()
    time.sleep(5)
    sender.phase = "beside"
    for name, query in ENDED.items():
        status, (kind, message, hint) = watched(filled, name, over_http, query)
        assert (status, kind) in {(408, "timeout"), (422, "resource_limit")}, (name, status, message)
        assert "limit" in message and hint, (name, message, hint)
    for name, query in REFUSED.items():
        status, (kind, message, hint) = watched(filled, name, over_http, query)
        assert (status, kind) == (400, "bad_request") and message, (name, status, message)
    for name, query in BEARABLE.items():
        status, (_, message, _) = watched(filled, name, over_http, query)
        assert status in (200, 408, 422), (name, message)
    for name, query in PROMQL.items():
        status, (_, message, _) = watched(filled, name, promql, query)
        assert status in (200, 400, 422, 503), (name, message)
    sender.stopping.set()
    sender.join()
    alone, beside = sender.p99("alone"), sender.p99("beside")
    print(f"acknowledged in (p99): alone {alone * 1_000:.1f} ms, beside {beside * 1_000:.1f} ms, {beside / alone:.1f} times; "
          f"{sender.sent} spans sent, {len(sender.refused)} requests refused")
    assert not sender.refused
    assert filled.value("SELECT count(*) FROM spans") == 20_000 + sender.sent
    # Whoever looks sees what they cost.
    ended = filled.value("SELECT count(*) FROM queries WHERE state = 'failed' AND duration_ms > 1000 AND error LIKE '%limit%'")
    assert ended >= 5
    assert "a slow question" in filled.log_file.read_text()


@pytest.mark.alone
def test_r11_the_other_doors_end_them_too(filled):
    host, port = filled.pg.rsplit(":", 1)
    for name in ("cross join", "array of all", "doubled thirty times", "a text of all beside every row"):
        with psycopg.connect(host=host, port=port, user="me", dbname="slowburn", autocommit=True) as connection:
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(ENDED[name])
        assert refused.value.sqlstate in ("57014", "53200", "54000"), (name, refused.value)
        with flight_sql.connect(f"grpc://{filled.ready['flight']}", autocommit=True) as connection, connection.cursor() as cursor:
            with pytest.raises(adbc_driver_manager.Error) as refused:
                cursor.execute(ENDED[name])
                cursor.fetch_arrow_table()
        assert "limit" in str(refused.value), name
    assert filled.memory_bytes("VmHWM") < 2 << 30


def running(server, door):
    return server.value(f"SELECT count(*) FROM queries WHERE door = '{door}' AND state = 'running' AND query LIKE 'SELECT count(*) FROM spans a,%'")


def wait(check):
    deadline = time.monotonic() + 60
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_question_ends_when_its_asker_leaves_whatever_the_door(server):
    for batch in range(5):
        assert server.send("traces", spans(1_000, first=batch * 1_000).SerializeToString(), PROTOBUF)[0] == 200
    query = ENDED["cross join"]
    body = json.dumps({"query": query}).encode()
    # HTTP: the connection is closed before the answer.
    host, port = server.ready["http"].rsplit(":", 1)
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /api/v1/sql HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        wait(lambda: running(server, "http") == 1)
    wait(lambda: running(server, "http") == 0)
    # PostgreSQL: likewise.
    host, port = server.pg.rsplit(":", 1)
    pg = psycopg.connect(host=host, port=port, user="me", dbname="slowburn", autocommit=True)
    pg.pgconn.send_query(query.encode())
    wait(lambda: running(server, "postgresql") == 1)
    pg.close()
    wait(lambda: running(server, "postgresql") == 0)
    # Flight SQL: the call is cancelled.
    connection = flight_sql.connect(f"grpc://{server.ready['flight']}", autocommit=True)
    cursor = connection.cursor()

    def ask():
        with pytest.raises(Exception):
            cursor.execute(query)
            cursor.fetch_arrow_table()

    asking = threading.Thread(target=ask)
    asking.start()
    wait(lambda: running(server, "flight") == 1)
    cursor.adbc_cancel()
    asking.join(60)
    wait(lambda: running(server, "flight") == 0)
    told = server.sql("SELECT door, state FROM queries WHERE state = 'cancelled' ORDER BY door")
    assert [(row["door"], row["state"]) for row in told] == [(door, "cancelled") for door in ("flight", "http", "postgresql")]
