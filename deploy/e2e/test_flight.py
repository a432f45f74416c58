"""Flight SQL, asked by the ADBC driver and by pyarrow: the same questions, limits and keys as over HTTP."""

import hashlib

import adbc_driver_flightsql
import adbc_driver_flightsql.dbapi as flight_sql
import pyarrow
import pytest
import trustme

from server import FIXTURES, Server

KEYS = {"shop-in": "shop ingest", "shop-out": "shop read", "bank-all": "bank admin"}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("flight"))
    server.start()
    for file in (FIXTURES / "trainticket").glob("*.jsonl"):
        server.command("import", file, "--endpoint", server.otlp)
    yield server
    server.kill()


def connect(server, scheme="grpc", **options):
    return flight_sql.connect(f"{scheme}://{server.ready['flight']}", db_kwargs=options, autocommit=True)


def ask(connection, query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetch_arrow_table()


QUESTIONS = [
    "SELECT count(*) AS n FROM spans",
    "SELECT service_name, count(*) AS n, max(duration_ns) AS longest FROM spans GROUP BY service_name ORDER BY service_name",
    "SELECT trace_id, name, status_code, attributes ->> 'http.route' AS route FROM spans ORDER BY span_id LIMIT 50",
    "SELECT body, severity_number FROM logs ORDER BY body, severity_number LIMIT 20",
    "SELECT metric_name, avg(value) AS mean FROM metrics GROUP BY metric_name ORDER BY metric_name LIMIT 20",
    "SELECT 1 AS one, NULL AS nothing, 1.5 AS number, 'text' AS text, true AS yes",
    "SELECT name FROM spans WHERE name = 'no such span'",
]


@pytest.mark.parametrize("query", QUESTIONS)
def test_adbc_answers_what_http_answers(stored, query):
    with connect(stored) as connection:
        table = ask(connection, query)
    assert table.to_pylist() == [dict(row) for row in stored.sql(query)]


def test_times_come_as_arrow_timestamps(stored):
    with connect(stored) as connection:
        table = ask(connection, "SELECT start_time, duration_ns FROM spans ORDER BY start_time LIMIT 1")
    assert table.schema.field("start_time").type == pyarrow.timestamp("us", tz="UTC")
    (first,) = stored.sql("SELECT start_time FROM spans ORDER BY start_time LIMIT 1")
    assert table.column("start_time").cast("int64")[0].as_py() == first["start_time"]


def test_a_statement_is_prepared_once_and_asked_again(stored):
    with connect(stored) as connection, connection.cursor() as cursor:
        cursor.adbc_prepare("SELECT count(*) AS n FROM logs")
        expected = [tuple(row.values()) for row in stored.sql("SELECT count(*) AS n FROM logs")]
        for _ in range(3):
            cursor.execute("SELECT count(*) AS n FROM logs")
            assert cursor.fetchall() == expected
        with pytest.raises(adbc_error(), match="parameters are not supported"):
            cursor.execute("SELECT count(*) FROM logs WHERE severity_number = $1", (9,))


def adbc_error():
    import adbc_driver_manager

    return adbc_driver_manager.Error


def test_tables_and_columns_are_listed(stored):
    with connect(stored) as connection:
        objects = connection.adbc_get_objects(depth="all").read_all().to_pylist()
        info = connection.adbc_get_info()
        schema = connection.adbc_get_table_schema("spans")
        assert connection.adbc_get_table_types() == ["TABLE"]
    assert info["vendor_name"] == "slowburn"
    (catalog,) = objects
    (of_schema,) = catalog["catalog_db_schemas"]
    assert (catalog["catalog_name"], of_schema["db_schema_name"]) == ("slowburn", "public")
    tables = {table["table_name"]: [column["column_name"] for column in table["table_columns"]]
              for table in of_schema["db_schema_tables"]}
    assert {"spans", "logs", "metrics", "golden_signals", "audit"} <= set(tables)
    assert {"trace_id", "start_time", "attributes"} <= set(tables["spans"])
    assert schema.names == tables["spans"]


@pytest.mark.parametrize(("query", "said"), [
    ("SELECT nam FROM spans", "Did you mean"),
    ("SELECT", "no SQL"),
    ("DROP TABLE spans", "SELECT"),
    ("INSERT INTO spans VALUES (1)", "SELECT"),
    ("COPY spans TO '/tmp/x'", "SELECT"),
    ("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'", "SELECT"),
    ("SELECT * FROM '/etc/passwd'", "passwd"),
    ("SELECT * FROM stored.spans", "stored"),
    ("SELECT 1; SELECT 2", "one"),
])
def test_what_is_refused_over_http_is_refused_here(stored, query, said):
    with connect(stored) as connection, pytest.raises(adbc_error()) as refused:
        ask(connection, query)
    assert said in str(refused.value)
    assert stored.is_alive()


def test_an_answer_of_too_many_rows_is_an_error_and_not_a_part(stored):
    query = "SELECT a.span_id FROM spans a CROSS JOIN spans b CROSS JOIN spans c"
    with connect(stored) as connection, pytest.raises(adbc_error(), match="more than 100000 rows"):
        ask(connection, query)


def test_keys_of_every_form_open_the_door_to_their_own_tenant(tmp_path):
    lines = [f"{hashlib.sha256(key.encode()).hexdigest()} {holder}\n" for key, holder in KEYS.items()]
    (tmp_path / "keys").write_text("".join(lines))
    server = Server(tmp_path)
    server.start("--keys", str(tmp_path / "keys"))
    body = (FIXTURES / "otlp/traces.json").read_bytes()
    assert server.send("traces", body, "application/json", authorization="Bearer shop-in")[0] == 200
    header = adbc_driver_flightsql.DatabaseOptions.AUTHORIZATION_HEADER.value
    count = "SELECT count(*) AS n FROM spans"
    try:
        with connect(server, **{header: "Bearer shop-out"}) as connection:
            rows = ask(connection, count).to_pylist()[0]["n"]
        assert rows > 0
        with connect(server, username="anybody", password="shop-out") as connection:
            assert ask(connection, count).to_pylist() == [{"n": rows}]
        with connect(server, **{header: "Bearer bank-all"}) as connection:
            assert ask(connection, count).to_pylist() == [{"n": 0}]
        for options in ({}, {header: "Bearer wrong"}, {header: "Bearer shop-in"}, {"username": "shop-out", "password": "x"}):
            with pytest.raises(adbc_error(), match="(?i)unauthenticated|permission|unauthorized|forbidden"):
                with connect(server, **options) as connection:
                    ask(connection, count)
    finally:
        server.kill()


def test_the_door_speaks_tls_where_the_others_do(tmp_path):
    authority = trustme.CA()
    paper = authority.issue_cert("127.0.0.1", "localhost")
    paper.private_key_pem.write_to_path(tmp_path / "key.pem")
    paper.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    server = Server(tmp_path)
    server.start("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    roots = adbc_driver_flightsql.DatabaseOptions.TLS_ROOT_CERTS.value
    try:
        with connect(server, "grpc+tls", **{roots: authority.cert_pem.bytes().decode()}) as connection:
            assert ask(connection, "SELECT 1 AS one").to_pylist() == [{"one": 1}]
    finally:
        server.kill()
