"""The PostgreSQL door: psql and psycopg, the queries of Grafana, pgJDBC and Metabase, and what must not come through."""

import datetime
import hashlib
import json
import os
import re
import socket
import struct
import subprocess
import threading
import time

import psycopg
import pytest
import trustme
from psycopg import sql

from server import FIXTURES, Server

FOLDER = FIXTURES / "trainticket"
TABLES = ["alert_events", "anomalies", "audit", "baselines", "exemplars", "golden_signals", "ingest_status", "logs",
          "metric_increases", "metrics", "notifications", "queries", "service_edges", "services", "slo_corrections", "slo_slices", "span_tree",
          "spans"]
KEYS = {"shop-in": "shop ingest", "shop-out": "shop read", "bank-all": "bank admin"}


@pytest.fixture(scope="module")
def filled(shared_server):
    files = [FOLDER / f"{signal}.jsonl" for signal in ("traces", "logs", "metrics")]
    shared_server.command("import", *files, "--endpoint", shared_server.otlp)
    return shared_server


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locked")
    lines = [f"{hashlib.sha256(key.encode()).hexdigest()} {holder}\n" for key, holder in KEYS.items()]
    (folder / "keys").write_text("".join(lines))
    server = Server(folder)
    server.start("--keys", str(folder / "keys"))
    body = (FIXTURES / "otlp/traces.json").read_bytes()
    assert server.send("traces", body, "application/json", authorization="Bearer shop-in")[0] == 200
    yield server
    server.kill()


def place(server):
    host, port = server.pg.rsplit(":", 1)
    return {"host": host, "port": port, "user": "me", "dbname": "slowburn"}


def connect(server, **more):
    return psycopg.connect(**(place(server) | {"autocommit": True, "connect_timeout": 20} | more))


def psql(server, *commands, check=True, **environment):
    where = [word for name, value in place(server).items() for word in (f"--{name.replace('user', 'username')}", value)]
    lines = [word for command in commands for word in ("-c", command)]
    command = ["psql", "--no-psqlrc", "--no-password", "-v", "ON_ERROR_STOP=1", *where, *lines]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                          env=os.environ | {"PGCONNECT_TIMEOUT": "20"} | environment)
    assert not check or told.returncode == 0, told.stderr
    return told


def queries(client):
    """The queries of a file of fixtures, by what they are for."""
    parts = re.split(r"^-- query: (.*)\n", (FIXTURES / "postgres" / f"{client}.sql").read_text(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def every_query():
    return [pytest.param(client, name, id=f"{client}: {name}")
            for client in ("grafana", "jdbc", "metabase") for name in queries(client)]


# What drivers are told.


def test_psql_lists_describes_and_asks(filled):
    assert [line.split("|")[1].strip() for line in psql(filled, "\\dt").stdout.splitlines()[3:-2]] == TABLES
    described = psql(filled, "\\d spans").stdout
    for column, kind in (("trace_id", "text"), ("start_time", "timestamp with time zone"), ("duration_ns", "bigint")):
        assert re.search(rf"^ {column} +\| {kind} ", described, flags=re.M), described
    assert "slowburn" in psql(filled, "\\l").stdout
    assert "You are connected to database \"slowburn\"" in psql(filled, "\\conninfo").stdout
    assert psql(filled, "\\d").returncode == 0
    assert psql(filled, "SELECT count(*) FROM spans", "SELECT count(*) FROM logs").stdout.split()[2::5][:1] == ["199"]


def test_psql_gets_errors_with_code_and_hint(filled):
    told = psql(filled, "\\set VERBOSITY verbose", "DROP TABLE spans", check=False)
    assert told.returncode != 0
    assert "ERROR:  42501: DROP is refused: SQL here only reads" in told.stderr
    assert "HINT:  ask with one SELECT, WITH or EXPLAIN" in told.stderr


@pytest.mark.parametrize("binary", [False, True])
def test_answers_are_those_of_http_in_text_and_binary(filled, binary):
    for query in (
        "SELECT trace_id, span_id, parent_span_id, name, duration_ns, status_code FROM spans ORDER BY span_id, duration_ns",
        "SELECT service_name, count(*) AS n, avg(duration_ns) AS mean, bool_or(kind = 'SERVER') AS any FROM spans GROUP BY 1 ORDER BY 1",
        "SELECT attributes ->> 'http.method' AS m, attributes, resource_attributes FROM spans ORDER BY span_id, duration_ns",
        "SELECT metric_name, value, count, sum FROM metrics ORDER BY time, metric_name, value, service_name",
        "SELECT body, severity_text, severity_number FROM logs ORDER BY time, body",
    ):
        body = json.dumps({"query": query}).encode()
        wanted = json.loads(filled.ask("/api/v1/sql", body, content_type="application/json")[2])
        with connect(filled) as connection:
            answer = connection.execute(query, binary=binary)
            assert [column.name for column in answer.description] == [column["name"] for column in wanted["columns"]]
            assert [list(row) for row in answer] == wanted["rows"]


@pytest.mark.parametrize("binary", [False, True])
def test_values_have_the_types_of_postgresql(filled, binary):
    query = ("SELECT to_timestamp(1.5) AS t, 1::bigint AS i, 0.5::double AS d, 'x' AS s, true AS b, NULL::text AS n,"
             " make_array(1.5, 2.5) AS a, make_array('x', NULL) AS w, min(start_time) AS first FROM spans")
    with connect(filled) as connection:
        answer = connection.execute(query, binary=binary)
        assert [column.type_code for column in answer.description] == [1114, 20, 701, 25, 16, 25, 1022, 1009, 1184]
        (row,) = answer
    assert row[0] == datetime.datetime(1970, 1, 1, 0, 0, 1, 500000)
    assert row[1:8] == (1, 0.5, "x", True, None, [1.5, 2.5], ["x", None])
    assert row[8].tzinfo is not None and row[8].timestamp() > 1e9


@pytest.mark.parametrize("binary", [False, True])
def test_parameters_are_bound_in_every_type(filled, binary):
    place_holder = "%b" if binary else "%s"
    with connect(filled) as connection:
        def ask(query, *values):
            return connection.execute(query.replace("?", place_holder), values).fetchall()

        name = ask("SELECT name FROM spans ORDER BY name LIMIT ?", 1)[0][0]
        (one,) = ask("SELECT count(*), min(start_time), max(duration_ns) FROM spans WHERE name = ?", name)
        assert one[0] > 0
        assert ask("SELECT count(*) FROM spans WHERE name = ? AND start_time >= ? AND duration_ns <= ?", name, one[1], one[2]) == [(one[0],)]
        assert ask("SELECT count(*) FROM spans WHERE duration_ns > ?", 10**18) == [(0,)]
        assert ask("SELECT count(*) FROM spans WHERE duration_ns < ?", 1e30) == [(199,)]
        assert ask("SELECT count(*) FROM spans WHERE (kind = 'SERVER') = ? OR true", True) == [(199,)]
        assert ask("SELECT count(*) FROM spans WHERE name = ?", None) == [(0,)]
        if binary:
            # As text, psycopg leaves the type of a list of texts open, and an array needs one.
            assert ask("SELECT count(*) FROM spans WHERE name = ANY(?)", [name, "no such name"]) == [(one[0],)]
        assert ask("SELECT count(*) FROM spans WHERE name = ?", "x' OR '1' = '1") == [(0,)]


def test_a_prepared_statement_is_run_again_and_forgotten(filled):
    with connect(filled, prepare_threshold=0) as connection:
        for limit in (1, 2, 3):
            assert len(connection.execute("SELECT span_id FROM spans LIMIT %s", (limit,)).fetchall()) == limit
        connection.execute("DEALLOCATE ALL")
    with connect(filled) as connection, pytest.raises(psycopg.errors.SyntaxError):
        connection.execute("SELECT 1; SELECT %s", (1,))


def test_what_drivers_say_beside_their_questions_is_accepted(filled):
    with connect(filled, autocommit=False) as connection:
        assert connection.execute("SELECT count(*) FROM spans").fetchone() == (199,)
        connection.commit()
        connection.execute("SET extra_float_digits = 3")
        connection.execute("SAVEPOINT a")
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM nothing")
        connection.execute("ROLLBACK TO SAVEPOINT a")
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
        connection.rollback()
        assert connection.info.parameter_status("server_encoding") == "UTF8"
        assert connection.info.server_version == 160006
    with connect(filled) as connection:
        for statement in ("DISCARD ALL", "RESET ALL", "CLOSE ALL", "UNLISTEN *", "START TRANSACTION READ ONLY", "END", ";"):
            connection.execute(statement)
        assert connection.execute("SELECT version()").fetchone()[0].startswith("PostgreSQL 16.")


@pytest.mark.parametrize(("client", "name"), every_query())
def test_clients_get_answers_to_what_they_send(filled, client, name):
    query = queries(client)[name]
    with connect(filled) as connection:
        # As psql and Grafana send it, and as pgJDBC and Metabase do.
        whole = connection.pgconn.exec_(query.encode())
        assert whole.error_message == b"", query
        prepared = connection.pgconn.exec_params(query.encode(), None)
        assert prepared.error_message == b"", query
        assert (prepared.ntuples, prepared.nfields) == (whole.ntuples, whole.nfields)
        types = [[result.ftype(column) for column in range(result.nfields)] for result in (whole, prepared)]
        assert types[0] == types[1]


def test_the_catalogue_shows_the_tables_of_the_tenant_and_nothing_else(filled):
    with connect(filled) as connection:
        def first(query):
            return [row[0] for row in connection.execute(query)]

        grafana, metabase, jdbc = queries("grafana"), queries("metabase"), queries("jdbc")
        assert first(grafana["tables of a schema"]) == TABLES
        assert first(grafana["tables, those of the search path first"]) == TABLES
        assert first(grafana["columns of a table"]) == first(grafana["columns of a table with its schema"])
        assert "trace_id" in first(grafana["columns of a table"])
        assert first(grafana["which version is it"]) == [1600]
        assert [row[1] for row in connection.execute(metabase["the tables to show"])] == TABLES
        columns = {(row[4], row[0]): row[1] for row in connection.execute(metabase["the columns of the tables"])}
        assert columns["spans", "start_time"] == "timestamptz" and columns["metrics", "value"] == "float8"
        assert [row[2] for row in connection.execute(jdbc["getTables"])] == ["span_tree", "spans"]
        assert "duration_ns" in [row[3] for row in connection.execute(jdbc["getColumns"])]
        schemas = first("SELECT DISTINCT schemaname FROM pg_tables")
        assert "stored" not in schemas and "public" in schemas
        counts = connection.execute(grafana["__timeGroupAlias and __timeFilter"]).fetchall()
        assert sum(row[2] for row in counts) == 199


# What must not come through.


# What every door refuses is asked of this one in test_s03_hostile_sql.py.


@pytest.mark.parametrize("query", [
    "SELECT * FROM stored.spans", "SELECT * FROM slowburn.stored.spans", "SELECT * FROM other.public.spans",
    "SELECT * FROM pg_catalog.pg_class JOIN stored.logs ON true", "SELECT * FROM information_schema.df_settings",
    "SELECT pg_read_file('/etc/passwd')", "SELECT * FROM pg_ls_dir('/')", "SELECT lo_import('/etc/passwd')",
    "WITH t AS (SELECT * FROM stored.spans) SELECT * FROM pg_class, t", "TABLE stored.spans", "SELECT repeat('x', 1000000000)",
    "COPY (SELECT 1) TO PROGRAM 'id'", "SELECT * FROM pg_class WHERE relname = (SELECT body FROM stored.logs)",
])
def test_nothing_but_the_catalogue_is_reached_through_it(filled, query):
    with connect(filled) as connection, pytest.raises(psycopg.errors.DatabaseError) as refused:
        connection.execute(query)
    assert refused.value.sqlstate[:2] in ("42", "0A"), (refused.value.sqlstate, str(refused.value))


def test_a_question_beyond_its_limits_is_an_error(filled):
    with connect(filled) as connection:
        with pytest.raises(psycopg.errors.ProgramLimitExceeded) as refused:
            connection.execute("SELECT a.span_id FROM spans a, spans b, spans c")
        assert "more than 100000 rows" in str(refused.value) and "LIMIT" in refused.value.diag.message_hint
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_passwords_are_keys_of_a_role_that_may_read(locked):
    for password, code in ((None, None), ("wrong", "28P01"), ("shop-in", "28000")):
        with pytest.raises(psycopg.OperationalError) as refused:
            connect(locked, password=password)
        if code:
            assert "a known key is needed" in str(refused.value) or "for other doors" in str(refused.value)
    for password, spans in (("shop-out", 3), ("bank-all", 0)):
        with connect(locked, password=password) as connection:
            assert connection.execute("SELECT count(*) FROM spans").fetchone() == (spans,)
    assert psql(locked, "SELECT 1", PGPASSWORD="shop-out").returncode == 0


def test_nothing_is_answered_before_a_client_has_come_in(locked):
    host, port = locked.pg.rsplit(":", 1)
    startup = struct.pack("!ii", 0, 196608) + b"user\0me\0\0"
    startup = struct.pack("!i", len(startup)) + startup[4:]
    query = b"Q" + struct.pack("!i", 4 + 9) + b"SELECT 1\0"
    wrong = b"p" + struct.pack("!i", 4 + 6) + b"wrong\0"
    for sent in (startup + query, startup + wrong + query, query, b"\0" * 9, struct.pack("!i", 2**30) + b"x" * 100):
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(sent)
            answered = b""
            try:
                while chunk := connection.recv(65536):
                    answered += chunk
                    if answered.startswith(b"R") and sent == startup:
                        break
            except ConnectionResetError:
                pass
        assert b"SELECT 1" not in answered and b"Z\0\0\0\5I" not in answered, answered


# Leaving, cancelling, stopping.

LONG = "SELECT count(*) FROM spans a, spans b, spans c, spans d WHERE a.duration_ns + b.duration_ns + c.duration_ns + d.duration_ns < 0"


def test_a_question_is_cancelled_on_request(filled):
    with connect(filled) as connection:
        # The request is repeated, because it may come before the question.
        stop = threading.Event()

        def cancel():
            while not stop.wait(0.5):
                connection.cancel()

        asking = threading.Thread(target=cancel)
        asking.start()
        try:
            with pytest.raises(psycopg.errors.QueryCanceled) as cancelled:
                connection.execute(LONG)
        finally:
            stop.set()
            asking.join()
        assert "user request" in str(cancelled.value)
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_question_ends_when_its_client_leaves(filled):
    leaving = [connect(filled) for _ in range(4)]
    for connection in leaving:
        connection.pgconn.send_query(LONG.encode())
    time.sleep(1)
    for connection in leaving:
        os.close(os.dup(connection.pgconn.socket))
        connection.close()
    # All slots are free again long before the questions' own limit of 30 s.
    begun = time.monotonic()
    with connect(filled) as connection:
        assert connection.execute("SELECT count(*) FROM spans").fetchone() == (199,)
    assert time.monotonic() - begun < 25


def test_rows_are_fetched_in_parts(filled):
    """As pgJDBC does with a fetch size: a portal is run again and again."""
    host, port = filled.pg.rsplit(":", 1)

    def message(kind, body):
        return kind + struct.pack("!i", 4 + len(body)) + body

    query = b"SELECT span_id FROM spans ORDER BY span_id LIMIT 5\0"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(struct.pack("!ii", 17, 196608) + b"user\0me\0\0")
        connection.sendall(message(b"P", b"s\0" + query + struct.pack("!h", 0)) + message(b"B", b"p\0s\0" + struct.pack("!hhh", 0, 0, 0)))
        for _ in range(3):
            connection.sendall(message(b"E", b"p\0" + struct.pack("!i", 2)))
        connection.sendall(message(b"S", b"") + message(b"X", b""))
        answered = b""
        while chunk := connection.recv(65536):
            answered += chunk
    kinds, rest = "", answered
    while rest:
        length = struct.unpack("!i", rest[1:5])[0]
        kinds += rest[:1].decode()
        rest = rest[1 + length:]
    assert kinds.split("Z", 1)[1] == "12DDsDDsDCZ"


def test_the_door_closes_when_the_process_stops(tmp_path):
    server = Server(tmp_path).start()
    idle = connect(server)
    server.stop()
    with pytest.raises(psycopg.OperationalError):
        idle.execute("SELECT 1")


def test_names_are_quoted_as_in_postgresql(filled):
    with connect(filled) as connection:
        query = sql.SQL("SELECT {}.{} FROM {} LIMIT 1").format(*map(sql.Identifier, ("spans", "name", "spans")))
        assert connection.execute(query).fetchone()[0]
        assert connection.execute('SELECT s."name" AS "Name of it" FROM "slowburn"."public"."spans" s LIMIT 1').description[0].name == "Name of it"


def test_with_a_certificate_nobody_comes_in_without_tls(tmp_path):
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    files = {name: str(tmp_path / f"{name}.pem") for name in ("ca", "cert", "key")}
    authority.cert_pem.write_to_path(files["ca"])
    issued.private_key_pem.write_to_path(files["key"])
    for number, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(files["cert"], append=number > 0)
    server = Server(tmp_path)
    try:
        server.start("--tls-cert", files["cert"], "--tls-key", files["key"])
        with connect(server, sslmode="verify-full", sslrootcert=files["ca"]) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert connection.pgconn.ssl_in_use
        with pytest.raises(psycopg.OperationalError) as refused:
            connect(server, sslmode="disable")
        assert "this door speaks TLS only" in str(refused.value)
    finally:
        server.kill()
