"""SQL answers what DuckDB answers over the same Parquet files.

`SLOWBURN_ORACLE_QUERIES=5000` asks so many questions, `SLOWBURN_ORACLE_SEED=8` others, `SLOWBURN_ORACLE_ONLY=7:123` one;
`SLOWBURN_ORACLE_DATA=FOLDER` adds a folder of OTLP/JSON lines to what is asked about. docs/oracle.md tells more.
"""

import collections
import json
import os
import pathlib
import time

import pyarrow.ipc
import pytest

import lake
from oracle import compare, generate, odd, views
from server import FIXTURES

QUERIES = int(os.environ.get("SLOWBURN_ORACLE_QUERIES", "500"))
SEED = os.environ.get("SLOWBURN_ORACLE_SEED", "7")
ONLY = os.environ.get("SLOWBURN_ORACLE_ONLY")
DATA = os.environ.get("SLOWBURN_ORACLE_DATA")
ARROW = "application/vnd.apache.arrow.stream"
# Batches that are flushed one by one, so that they are merged, and those that are hot when half of the questions are asked.
FLUSHED, HOT = 18, 4
TOLD = 20


def ask(server, query):
    """Rows of an answer, or what was wrong."""
    status, headers, body = server.ask("/api/v1/sql", json.dumps({"query": query}).encode(), accept=ARROW)
    if status != 200:
        return f"{status}: {body.decode()}"
    assert headers["slowburn-truncated"] == "false", query
    table = pyarrow.ipc.open_stream(body).read_all()
    return compare.rows([column.to_pylist() for column in table.columns])


def send(server, number):
    for signal, body in odd.SIGNALS.items():
        status, _, text = server.send(signal, body(number), "application/x-protobuf")
        assert status == 200, text


def until(holds, timeout_s=120):
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, f"not within {timeout_s} s"
        time.sleep(0.1)


def is_flushed(server):
    return all(row["hot_rows"] == 0 for row in server.sql("SELECT hot_rows FROM ingest_status"))


def fill(server):
    """Files just flushed, files merged with columns of dense attributes, and indexes of both."""
    server.stop()
    server.start("--flush-seconds", "1")
    folder = pathlib.Path(DATA) if DATA else FIXTURES / "trainticket"
    files = sorted(folder.glob("*.jsonl*"))
    assert files, f"no OTLP/JSON lines in {folder}"
    server.command("import", *files, "--endpoint", server.otlp)
    for number in range(FLUSHED):
        send(server, number)
        until(lambda: is_flushed(server))
    tables = server.data_dir / "default"
    until(lambda: all(lake.operations(tables / table).get("OPTIMIZE") for table in ("spans", "logs", "metrics")))
    assert lake.dense(tables / "spans", lake.version(tables / "spans"))
    until(lambda: list((tables / "logs/_word_index").glob("*.run")) and list((tables / "spans/_trace_index").glob("*.run")))
    server.stop()
    server.start("--flush-seconds", "3600")
    for number in range(FLUSHED, FLUSHED + HOT):
        send(server, number)


def known_values(server):
    """Values to ask for; times as microseconds."""
    def values(query):
        rows = ask(server, query)
        assert not isinstance(rows, str), rows
        return [(row[0][1] if isinstance(row[0], tuple) else row[0],) for row in rows]

    return generate.pools(values)


@pytest.mark.first
def test_sql_answers_what_duckdb_answers_over_the_same_files(server):
    fill(server)
    pools = known_values(server)
    names = [ONLY.split(":")] if ONLY else [(SEED, number) for number in range(QUERIES)]
    questions = [generate.question(seed, number, pools) for seed, number in names]
    hot = {question.name: ask(server, question.sql.ours) for question in questions[::2]}
    assert not is_flushed(server), "half of the questions are asked while rows are hot"
    server.restart()
    assert is_flushed(server)
    answers = hot | {question.name: ask(server, question.sql.ours) for question in questions[1::2]}
    server.stop()
    duck = views.open_lake(server.data_dir)
    failures, told = judge(questions, answers, duck)
    print(told)
    assert not failures, f"{len(failures)} of {len(questions)} differ\n\n" + "\n\n".join(failures[:TOLD])


def judge(questions, answers, duck):
    """What differs, and how many questions of each family there were and how many rows they answered."""
    failures, counts = [], collections.defaultdict(lambda: [0, 0, 0])
    for question in questions:
        ours = answers[question.name]
        expected = compare.rows(list(zip(*duck.execute(question.sql.duck).fetchall())))
        different = ours if isinstance(ours, str) else compare.difference(ours, expected)
        family = counts[question.family]
        family[0] += 1
        family[1] += len(expected)
        family[2] += bool(expected)
        if different:
            failures.append(f"{question.name} {question.family}: {different}\nours: {question.sql.ours}\nduck: {question.sql.duck}")
    told = "\n".join(f"{family}: {asked} questions, {full} with rows, {rows} rows" for family, (asked, rows, full) in sorted(counts.items()))
    return failures, told
