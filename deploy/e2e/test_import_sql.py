"""`slowburn import` and `slowburn sql` against a running server."""

import csv
import io
import json
import os
import subprocess

import pytest

from server import BINARY, FIXTURES

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
    assert "the rest was not sent" in nowhere.stdout
    assert "without an answer" not in nowhere.stdout


def test_import_goes_on_after_a_file_that_breaks(server, tmp_path):
    broken = tmp_path / "broken.jsonl.zst"
    broken.write_bytes(b"this is not packed")
    imported = server.command("import", broken, FOLDER / "logs.jsonl", "--endpoint", server.otlp, check=False)
    assert imported.returncode == 1
    assert "broken.jsonl.zst:1" in imported.stderr
    assert server.counts()["logs"] == WANTED["logs"]


def test_import_tells_a_byte_order_mark_and_files_without_lines(filled, tmp_path):
    marked = tmp_path / "marked.jsonl"
    marked.write_bytes(b'\xef\xbb\xbf{"resourceLogs":[]}\n')
    imported = filled.command("import", marked, "--endpoint", filled.otlp, check=False)
    assert imported.returncode == 1
    assert "marked.jsonl:1" in imported.stderr and "byte order mark" in imported.stderr
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"\n\n")
    assert filled.command("import", empty, "--endpoint", filled.otlp).stdout == "no lines\n"


@pytest.mark.parametrize("scheme", ["ftp://127.0.0.1:4318", "localhost:4318"])
def test_import_refuses_an_endpoint_that_is_not_http(filled, scheme):
    refused = filled.command("import", FOLDER / "logs.jsonl", "--endpoint", scheme, check=False)
    assert refused.returncode == 1
    assert "http://" in refused.stderr and scheme in refused.stderr


def test_import_to_the_page_is_told_where_otlp_is(filled, tmp_path):
    small = tmp_path / "small.jsonl"
    small.write_bytes(b'{"resourceLogs":[]}\n')
    wrong = filled.command("import", small, "--endpoint", filled.api, check=False)
    assert wrong.returncode == 1
    assert "there is nothing at /v1/logs" in wrong.stderr and "--otlp-http" in wrong.stderr


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


def test_sql_writes_control_characters_out(filled):
    printed = filled.command("sql", "SELECT chr(27) || '[2J' AS c", "--endpoint", filled.api).stdout
    assert "\\u{1b}[2J" in printed and "\x1b" not in printed


def test_sql_does_not_mind_a_reader_that_stops(filled):
    command = [BINARY, "sql", "SELECT 1", "--endpoint", filled.api]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        assert subprocess.run(command, stdout=gone, stderr=gone, timeout=60).returncode == 0


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
