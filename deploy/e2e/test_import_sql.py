"""`slowburn import` and `slowburn sql` against a running server."""

import csv
import io
import json

import pytest

from server import FIXTURES

FOLDER = FIXTURES / "trainticket"
WANTED = {"spans": 199, "logs": 99, "metrics": 144}


@pytest.fixture(scope="module")
def filled(shared_server):
    files = [FOLDER / f"{signal}.jsonl" for signal in ("traces", "logs", "metrics")]
    imported = shared_server.command("import", *files, "--endpoint", shared_server.otlp)
    shared_server.imported = imported.stdout + imported.stderr
    return shared_server


def test_import_stores_every_item_and_tells_how_many(filled):
    assert filled.counts() == WANTED
    for count in WANTED.values():
        assert str(count) in filled.imported


def test_import_takes_compressed_files_and_refuses_what_is_no_telemetry(server, tmp_path):
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes((FOLDER / "logs.jsonl").read_bytes() + b"not json\n")
    imported = server.command("import", broken, "--endpoint", server.otlp, check=False)
    assert imported.returncode != 0
    assert "broken.jsonl" in imported.stderr
    missing = server.command("import", tmp_path / "missing.jsonl", "--endpoint", server.otlp, check=False)
    assert missing.returncode != 0
    assert "missing.jsonl" in missing.stderr


def test_import_into_nothing_fails_and_names_the_endpoint(filled, tmp_path):
    nowhere = filled.command("import", FOLDER / "logs.jsonl", "--endpoint", "http://127.0.0.1:9", check=False)
    assert nowhere.returncode != 0
    assert "127.0.0.1:9" in nowhere.stderr


QUERY = "SELECT service_name, count(*) AS spans FROM spans GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3"


def test_sql_prints_a_table_json_and_csv(filled):
    rows = [list(row.values()) for row in filled.sql(QUERY)]

    def printed(output):
        return filled.command("sql", QUERY, "--endpoint", filled.api, "--format", output).stdout

    table = printed("table")
    assert "service_name" in table
    for service, count in rows:
        assert any(service in line and str(count) in line for line in table.splitlines())
    assert json.loads(printed("json"))["rows"] == rows
    assert list(csv.reader(io.StringIO(printed("csv")))) == [["service_name", "spans"]] + [
        [service, str(count)] for service, count in rows
    ]


def test_sql_tells_a_mistake_on_standard_error_and_fails(filled):
    wrong = filled.command("sql", "SELECT nothing FROM spans", "--endpoint", filled.api, check=False)
    assert wrong.returncode != 0
    assert "nothing" in wrong.stderr
    assert wrong.stdout == ""


def test_answers_come_as_csv_and_as_arrow(filled):
    body = json.dumps({"query": QUERY}).encode()
    status, headers, text = filled.ask("/api/v1/sql", body, content_type="application/json", accept="text/csv")
    assert (status, headers.get_content_type()) == (200, "text/csv")
    assert text.splitlines()[0] == b"service_name,spans"
    arrow = "application/vnd.apache.arrow.stream"
    status, headers, stream = filled.ask("/api/v1/sql", body, content_type="application/json", accept=arrow)
    assert (status, headers.get_content_type()) == (200, arrow)
    assert stream[:4] == b"\xff\xff\xff\xff"


def test_what_is_stored_is_the_same_after_a_restart(filled):
    query = "SELECT service_name, count(*), sum(duration_ns), max(end_time) FROM spans GROUP BY 1 ORDER BY 1"
    before = filled.sql(query)
    filled.restart()
    assert filled.sql(query) == before
    assert filled.counts() == WANTED
