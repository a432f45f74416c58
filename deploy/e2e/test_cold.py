"""Older files move to a bucket of an S3 server; questions span both, and others read both tables."""

import json
import random
import time

import polars
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import lake
from bucket import URL, Bucket, storage_options
from server import Server

HOUR = 3_600_000_000_000
# 2023-11-14T22:00:00Z.
START = 1_699_999_200_000_000_000
HOURS, ROWS = 24, 20
TABLES = ("spans", "logs")
MOVES = ("--flush-seconds", "1", "--cold-url", URL, "--cold-after-hours", "0")


@pytest.fixture
def bucket(monkeypatch, tmp_path):
    bucket = Bucket(tmp_path / "s3.log")
    for name, value in bucket.environment().items():
        monkeypatch.setenv(name, value)
    yield bucket
    bucket.stop()


@pytest.fixture
def server(tmp_path):
    """Not started: each test has flags of its own."""
    server = Server(tmp_path)
    yield server
    server.kill()


def trace_id(hour, row):
    return (1 + hour * ROWS + row).to_bytes(16)


def spans(first=START, hours=HOURS):
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "cart"
    scope = resource.scope_spans.add()
    for hour in range(hours):
        for row in range(ROWS):
            start = first + hour * HOUR + row * 1_000_000
            scope.spans.add(trace_id=trace_id(hour, row), span_id=(1 + row).to_bytes(8), name=f"work {row}", kind=2,
                            start_time_unix_nano=start, end_time_unix_nano=start + 5_000_000)
    return request.SerializeToString(), "application/x-protobuf"


def logs(first=START, hours=HOURS):
    records = [
        {"timeUnixNano": str(first + hour * HOUR + row * 1_000_000), "traceId": trace_id(hour, row).hex(),
         "body": {"stringValue": f"order h{hour}r{row} was paid"}}
        for hour in range(hours) for row in range(ROWS)]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}).encode(), "application/json"


def send(server, **what):
    assert server.send("traces", *spans(**what))[0] == 200
    assert server.send("logs", *logs(**what))[0] == 200


def until(holds, timeout_s=90):
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, f"not within {timeout_s} s"
        time.sleep(0.2)


def ask(server, query):
    body = json.dumps({"query": query}).encode()
    status, headers, text = server.ask("/api/v1/sql", body, content_type="application/json")
    assert status == 200, text
    return json.loads(text), headers


def by_hour(server):
    """What is stored of every hour; an answer that is whole."""
    answers = []
    for table, column in lake.TIME.items():
        query = (f"SELECT date_trunc('hour', {column}) AS h, count(*) AS n, count(DISTINCT service_name) AS s "
                 f"FROM {table} GROUP BY 1 ORDER BY 1")
        answer, headers = ask(server, query)
        assert answer["damaged_files"] == [] and headers["slowburn-damaged-files"] == "0", answer["damaged_files"]
        answers.append(answer["rows"])
    return answers


def moved(server):
    """Rows of the cold tables, by their own logs."""
    counts = []
    for table in TABLES:
        try:
            cold = DeltaTable(f"{URL}/default/{table}", storage_options=storage_options())
            counts.append(cold.to_pyarrow_dataset().count_rows())
        except TableNotFoundError:
            counts.append(0)
    return counts


def moving(server):
    """Whether each table is in the middle of a move: from its first upload until its files have left the local log."""
    return tuple((server.data_dir / "default" / table / "_cold/moving.json").exists() for table in TABLES)


def all_moved(server):
    """Both ends of every move are done: the cold tables hold all rows before the local ones let go of them."""
    return moved(server) == [HOURS * ROWS] * 2 and not any(moving(server))


def local_rows(server, table):
    return DeltaTable(str(server.data_dir / "default" / table)).to_pyarrow_dataset().count_rows()


def test_what_moved_is_asked_as_before_and_read_by_others(server, bucket):
    server.start(*MOVES)
    send(server)
    before = by_hour(server)
    until(lambda: all_moved(server))
    send(server, first=time.time_ns(), hours=1)
    until(lambda: all(row["hot_rows"] == 0 for row in server.sql("SELECT hot_rows FROM ingest_status")))
    after = by_hour(server)
    assert [rows[:len(rows) - 1] for rows in after[:2]] == before[:2] and len(before[0]) == HOURS
    assert bucket.data_files() == 2 * HOURS

    # A trace and a word that lie in the bucket: the indexes know the one file of each table.
    trace = f"/api/v1/traces/{trace_id(7, 3).hex()}"
    until(lambda: json.loads(server.ask(trace)[2])["stats"]["files_read"] == 2)
    status, _, text = server.ask(trace)
    found = json.loads(text)
    assert status == 200 and (len(found["spans"]), len(found["logs"]), found["damaged_files"]) == (1, 1, [])
    assert (found["stats"]["files_read"], found["stats"]["cold_files_read"]) == (2, 2), found["stats"]
    answer, _ = ask(server, "SELECT body FROM logs WHERE has_word(body, 'h11r4')")
    assert answer["rows"] == [["order h11r4 was paid"]]
    assert (answer["stats"]["files_read"], answer["stats"]["cold_files_read"]) == (1, 1), answer["stats"]
    assert answer["stats"]["cold_bytes_read"] > 0
    # One question that reads files of both places.
    answer, _ = ask(server, "SELECT count(*) FROM spans WHERE name = 'work 3'")
    assert answer["rows"] == [[HOURS + 1]] and answer["stats"]["cold_files_read"] == HOURS
    assert answer["stats"]["files_read"] > HOURS

    # Each table is whole by itself; together they are everything.
    for table in TABLES:
        cold = f"{URL}/default/{table}"
        in_polars = polars.scan_delta(cold, storage_options=storage_options()).select(polars.len()).collect().item()
        assert (in_polars, local_rows(server, table)) == (HOURS * ROWS, ROWS), table
        assert server.value(f"SELECT count(*) FROM {table}") == HOURS * ROWS + ROWS
        times = polars.scan_delta(cold, storage_options=storage_options())
        days = times.select(polars.col("date").unique().sort().cast(polars.String)).collect().to_series().to_list()
        assert days == ["2023-11-14", "2023-11-15"]
    text = server.ask("/metrics")[2].decode()
    assert f'ingest_store_cold_moved_files_total{{tenant="default",table="spans"}} {HOURS}' in text
    server.stop()
    server.start(*MOVES)
    assert by_hour(server) == after


def test_kills_in_the_middle_of_moving_lose_nothing_and_show_nothing_twice(server, bucket):
    chances = random.Random(7)
    server.start("--flush-seconds", "1")
    send(server)
    before = by_hour(server)
    # Only files that are indexed move.
    trace = f"/api/v1/traces/{trace_id(7, 3).hex()}"
    until(lambda: json.loads(server.ask(trace)[2])["stats"]["files_read"] == 2)
    server.stop()
    # Every piece that passes takes a while, so that the kills meet different steps.
    bucket.gate.delay_s = 0.01
    met = set()
    for _ in range(8):
        server.start(*MOVES)
        assert by_hour(server) == before
        # The first look is after five seconds.
        time.sleep(5 + chances.random() * 4)
        server.process.kill()
        server.process.wait()
        server.process.stdout.close()
        met.add(moving(server))
        if all_moved(server):
            break
    bucket.gate.delay_s = 0.0
    server.start(*MOVES)
    until(lambda: all_moved(server))
    assert by_hour(server) == before
    assert [local_rows(server, table) for table in TABLES] == [0, 0]
    assert len(met) > 1, f"kills met {met}"
    print(f"kills met these states of moving (spans, logs): {sorted(met)}")


def test_while_the_bucket_is_away_answers_say_so_and_ingest_goes_on(server, bucket):
    server.start(*MOVES)
    send(server)
    whole = by_hour(server)
    until(lambda: all_moved(server))
    bucket.gate.shut()
    cold = "cold/default/spans"
    answer, headers = ask(server, "SELECT count(DISTINCT name) FROM spans")
    assert (answer["rows"], answer["damaged_files"]) == ([[0]], [cold])
    assert headers["slowburn-damaged-files"] == "1"
    status, _, text = server.ask(f"/api/v1/traces/{trace_id(7, 3).hex()}")
    assert status == 503 and json.loads(text)["error"]["kind"] == "unavailable", text
    begun = time.monotonic()
    send(server, first=time.time_ns(), hours=1)
    assert time.monotonic() - begun < 10
    answer, _ = ask(server, "SELECT count(*) FROM spans")
    assert (answer["rows"], answer["damaged_files"]) == ([[ROWS]], [cold])
    until(lambda: "ingest_store_cold_reachable 0" in server.ask("/metrics")[2].decode())
    # A start without the bucket.
    server.stop()
    server.start(*MOVES)
    answer, _ = ask(server, "SELECT count(*) FROM spans")
    assert (answer["rows"], answer["damaged_files"]) == ([[ROWS]], [cold])
    send(server, first=time.time_ns(), hours=1)
    assert ask(server, "SELECT count(*) FROM spans")[0]["rows"] == [[2 * ROWS]]
    bucket.gate.open()
    until(lambda: not ask(server, "SELECT count(*) FROM spans")[0]["damaged_files"])
    after = by_hour(server)
    assert [rows[:HOURS] for rows in after[:2]] == whole[:2]
    assert server.counts()["spans"] == HOURS * ROWS + 2 * ROWS


def test_cold_files_go_by_age_as_local_ones(server, bucket):
    server.start(*MOVES)
    send(server)
    until(lambda: all_moved(server))
    server.stop()
    server.start(*MOVES, "--retention-days", "30")
    until(lambda: server.counts()["spans"] == server.counts()["logs"] == 0)
    until(lambda: moved(server) == [0, 0])
    rows = server.sql("SELECT object, details FROM audit WHERE action = 'files.remove' ORDER BY object")
    details = [(row["object"], json.loads(row["details"])) for row in rows]
    told = {(name, detail["place"], detail["files"], detail["rows"]) for name, detail in details if name != "default/golden_signals"}
    assert told == {(f"default/{table}", "cold", HOURS, HOURS * ROWS) for table in TABLES}


@pytest.mark.parametrize(("flags", "variables", "told"), [
    (["--cold-url", "lake"], {}, "s3://BUCKET"),
    (["--cold-url", "s3://nowhere/a"], {}, "there is no such bucket"),
    (["--cold-url", URL], {"AWS_SECRET_ACCESS_KEY": None}, "AWS_"),
    (["--cold-url", URL], {"AWS_ALLOW_HTTP": "false"}, "AWS_ALLOW_HTTP=true"),
    (["--cold-after-hours", "1"], {}, "--cold-url"),
    (["--cold-url", URL, "--cold-after-hours", "soon"], {}, "number of hours"),
])
def test_a_mistake_stops_the_start_and_is_told(server, bucket, monkeypatch, flags, variables, told):
    for name, value in variables.items():
        monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
    server.launch(*flags)
    assert server.process.wait(60) != 0
    text = server.log_file.read_text()
    assert told in text and "hush-hush" not in text, text


def test_a_folder_knows_which_bucket_its_older_files_went_to(server, bucket):
    server.start(*MOVES)
    send(server)
    until(lambda: all_moved(server))
    server.stop()
    server.start()
    answer, _ = ask(server, "SELECT count(*) FROM spans")
    assert (answer["rows"], answer["damaged_files"]) == ([[0]], ["cold/default/spans"])
    server.stop()
    server.launch("--cold-url", "s3://lake/elsewhere")
    assert server.process.wait(60) != 0
    assert URL in server.log_file.read_text()
