"""Others read the tables while they are written and merged, and count what our SQL counts."""

import hashlib
import json
import threading
import time

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import lake
from server import FIXTURES

PROTOBUF = "application/x-protobuf"
START = 1_700_000_000_000_000_000
TABLES = ("spans", "logs", "metrics")
ROWS = 40


def spans(n):
    request = ExportTraceServiceRequest()
    for service in ("cart", "pay"):
        resource = request.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = service
        scope = resource.scope_spans.add()
        for row in range(ROWS // 2):
            number = n * ROWS + row
            start = START + number * 1_000_000
            span = scope.spans.add(
                trace_id=number.to_bytes(15) + service.encode()[:1], span_id=(number + 1).to_bytes(8), name=f"work {row}",
                kind=2, start_time_unix_nano=start, end_time_unix_nano=start + 5_000_000)
            span.attributes.add(key="app.tier").value.string_value = ("gold", "tin")[row % 2]
    return request.SerializeToString(), PROTOBUF


def of_services(inner):
    resource = [{"key": "service.name", "value": {"stringValue": "cart"}}]
    return {"resource": {"attributes": resource}} | inner


def logs(n):
    shard = [[{"key": "app.shard", "value": {"intValue": str(shard)}}] for shard in range(4)]
    records = [{"timeUnixNano": str(START + (n * ROWS + row) * 1_000_000), "body": {"stringValue": f"line {n} {row}"},
                "attributes": shard[row % 4]} for row in range(ROWS)]
    body = {"resourceLogs": [of_services({"scopeLogs": [{"logRecords": records}]})]}
    return json.dumps(body).encode(), "application/json"


def metrics(n):
    points = [{"timeUnixNano": str(START + (n * ROWS + row) * 1_000_000), "asInt": str(row)} for row in range(ROWS)]
    metric = {"name": "queue.length", "gauge": {"dataPoints": points}}
    body = {"resourceMetrics": [of_services({"scopeMetrics": [{"metrics": [metric]}]})]}
    return json.dumps(body).encode(), "application/json"


# Keys of many rows have columns in merged files.
DENSE = {"spans": {"attributes_rest:app.tier"}, "logs": {"attributes_rest:app.shard"}, "metrics": set()}
SIGNALS = {"spans": ("traces", spans), "logs": ("logs", logs), "metrics": ("metrics", metrics)}


class Load:
    """Sends to every table until it is told to stop; counts rows before they are sent and after they are kept."""

    def __init__(self, server):
        self.server = server
        self.sent = dict.fromkeys(TABLES, 0)
        self.kept = dict.fromkeys(TABLES, 0)
        self.failures = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.send, args=(table,)) for table in TABLES]

    def send(self, table):
        signal, body = SIGNALS[table]
        n = 0
        while not self.stopping.is_set():
            self.sent[table] += ROWS
            status, _, text = self.server.send(signal, *body(n))
            if status != 200:
                self.failures.append((table, status, text))
                return
            self.kept[table] += ROWS
            n += 1
            time.sleep(0.02)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def until(holds, timeout_s=120):
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, f"not within {timeout_s} s"
        time.sleep(0.2)


def all_flushed(server):
    return all(row["hot_rows"] == 0 for row in server.sql("SELECT hot_rows FROM ingest_status"))


def by_sql(server, table):
    time_column = lake.TIME[table]
    (row,) = server.sql(
        f"SELECT count(*) AS n, count(DISTINCT coalesce(service_name, '')) AS services, "
        f"CAST(min({time_column}) AS BIGINT) AS first_us, CAST(max({time_column}) AS BIGINT) AS last_us FROM {table}")
    return tuple(row.values())


def folder(server, table):
    return server.data_dir / "default" / table


@pytest.mark.first
def test_others_count_what_sql_counts_during_load_and_compaction(server):
    server.stop()
    server.start("--flush-seconds", "1")
    seen = dict.fromkeys(TABLES, 0)
    rounds = 0

    def look(load):
        """Every reader counts the same at the newest version; never more than was sent, never less than before."""
        for table in TABLES:
            path = folder(server, table)
            at = lake.version(path)
            counts = {name: read(path, at, table) for name, read in lake.READERS.items()}
            assert len(set(counts.values())) == 1, (table, at, counts)
            rows = counts["deltalake"][0]
            assert seen[table] <= rows <= load.sent[table], (table, at)
            seen[table] = rows

    with Load(server) as load:
        # 16 files of an hour are merged into one.
        while not all(lake.operations(folder(server, table)).get("OPTIMIZE") for table in TABLES):
            assert rounds < 300 and not load.failures, load.failures
            look(load)
            rounds += 1
        look(load)
    assert not load.failures
    until(lambda: all_flushed(server))
    for table in TABLES:
        path = folder(server, table)
        at = lake.version(path)
        expected = by_sql(server, table)
        assert expected[0] == load.kept[table]
        assert {name: read(path, at, table) for name, read in lake.READERS.items()} == dict.fromkeys(lake.READERS, expected)
        assert len(lake.files(path, at)) < 40, "files are merged"
        # Columns that no Delta log names keep nobody from reading all that it names.
        assert set(lake.whole(path, at).values()) == {expected[0]}
        assert lake.dense(path, at) == DENSE[table]
    (tiers,) = server.sql("SELECT count(*) AS n FROM spans WHERE attributes ->> 'app.tier' = 'tin'")
    assert tiers["n"] * 2 == load.kept["spans"]
    print(f"{rounds} rounds during load, {load.kept} rows")


@pytest.mark.first
def test_a_version_that_was_read_before_a_compaction_can_still_be_read_after_it(server):
    server.stop()
    server.start("--flush-seconds", "1")
    path = folder(server, "logs")
    counts = {}
    n = 0
    while not lake.operations(path).get("OPTIMIZE"):
        assert n < 40
        assert server.send("logs", *logs(n))[0] == 200
        n += 1
        until(lambda: all_flushed(server))
        at = lake.version(path)
        counts[at] = lake.by_deltalake(path, at, "logs")
    # Versions between two looks were not counted by anybody; those that were tell what they told.
    for at, expected in counts.items():
        assert {name: read(path, at, "logs") for name, read in lake.READERS.items()} == dict.fromkeys(lake.READERS, expected)
    assert counts[max(counts)][0] == n * ROWS


@pytest.mark.parametrize("table", TABLES)
def test_every_type_of_every_column_can_be_read(server, table):
    for file in (FIXTURES / "trainticket").glob("*.jsonl"):
        server.command("import", file, "--endpoint", server.otlp)
    server.stop()
    path = folder(server, table)
    at = lake.version(path)
    columns = lake.columns(path, at)
    assert len({tuple(names) for names in columns.values()}) == 1, columns
    whole = lake.whole(path, at)
    assert len(set(whole.values())) == 1 and whole["duckdb"] > 0, whole
    server.start()


KEY = "letmein"
ADMIN = f"{hashlib.sha256(KEY.encode()).hexdigest()} default admin\n"


def audit(server, condition, **headers):
    query = f"SELECT actor, source_address, object, outcome, compliance_domain, details FROM audit WHERE {condition} ORDER BY time"
    status, _, text = server.ask(
        "/api/v1/sql", json.dumps({"query": query}).encode(), content_type="application/json", **headers)
    assert status == 200, text
    return json.loads(text)["rows"]


def test_what_is_done_is_told_in_the_audit_table_and_survives_a_kill(server, tmp_path):
    server.stop()
    keys = tmp_path / "keys"
    keys.write_text(ADMIN)
    server.start("--keys", str(keys))
    known = {"authorization": f"Bearer {KEY}"}
    for _ in range(3):
        assert server.send("logs", *logs(0), authorization="Bearer wrong")[0] == 401
    assert server.ask("/api/v1/slos/nothing", method="DELETE", **known)[0] == 404
    until(lambda: audit(server, "action = 'key.refuse'", **known))
    server.kill()
    server.start("--keys", str(keys))
    ((actor, address, door, outcome, domain, details),) = audit(server, "action = 'key.refuse'", **known)
    assert address == "127.0.0.1"
    assert (door, outcome, domain) == ("otlp-http", "refused", "access")
    assert json.loads(details)["requests"] == 3 and json.loads(details)["why"] == "no known key"
    assert actor == hashlib.sha256(b"wrong").hexdigest()[:8]
    ((actor, *_, outcome, domain, _),) = audit(server, "action = 'slo.delete'", **known)
    assert (actor, outcome, domain) == (hashlib.sha256(KEY.encode()).hexdigest()[:8], "failed", "configuration")
    assert len(audit(server, "action = 'process.start'", **known)) == 3
    assert len(audit(server, "action = 'process.stop'", **known)) == 1, "a kill tells nothing"
    everything = server.data_dir.rglob("*")
    assert not any(KEY.encode() in file.read_bytes() for file in everything if file.is_file()), "keys are kept nowhere"


def test_old_data_goes_when_days_are_set_and_a_hold_keeps_it(server):
    for table in TABLES:
        assert server.send(SIGNALS[table][0], *SIGNALS[table][1](0))[0] == 200
    server.stop()
    hold = server.data_dir / "holds.toml"
    hold.write_text('[[hold]]\nname = "case-17"\ntable = "logs"\nto = "2023-12-31T00:00:00Z"\n')
    server.start("--retention-days", "30,metrics=36500")
    until(lambda: server.counts() == {"spans": 0, "logs": ROWS, "metrics": ROWS})
    ((_, _, thing, outcome, domain, details),) = audit(server, "action = 'files.remove' AND object = 'default/spans'")
    assert (outcome, domain, json.loads(details)["rows"]) == ("done", "retention", ROWS)
    until(lambda: lake.by_deltalake(folder(server, "spans"), lake.version(folder(server, "spans")), "spans")[0] == 0)
    text = server.ask("/metrics")[2].decode()
    assert 'ingest_store_files{tenant="default",table="logs"} 1' in text, text
    assert "ingest_store_held_files 1" in text
    hold.unlink()
    server.stop()
    server.start("--retention-days", "30,metrics=36500")
    until(lambda: server.counts() == {"spans": 0, "logs": 0, "metrics": ROWS})
