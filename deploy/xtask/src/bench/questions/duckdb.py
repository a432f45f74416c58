"""Asks DuckDB over the files of a tenant's tables: questions as JSON on standard input, rows of a table as JSON back."""

import json
import statistics
import sys
import time

import deltalake
import duckdb

asked = json.load(sys.stdin)
database = duckdb.connect()
database.execute("SET threads = 2")
# It would be drawn between the figures, on standard output.
database.execute("SET enable_progress_bar = false")
tables = []
for table in ("spans", "logs"):
    files = deltalake.DeltaTable(f"{asked['tenant']}/{table}").file_uris()
    # A bench of one corpus leaves the other table empty.
    if not files:
        continue
    tables.append(table)
    database.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet({files!r}, union_by_name = true)")


def ask(query, values=None):
    started = time.perf_counter()
    database.execute(query, values).to_arrow_table()
    return (time.perf_counter() - started) * 1e3


def p50_p99(times):
    times.sort()
    return f"{times[len(times) // 2]:.1f} ms / {times[len(times) * 99 // 100]:.1f} ms"


rows = []
for what, query in asked["questions"]:
    if not any(f"FROM {table}" in query for table in tables):
        continue
    rows.append((what, f"{statistics.median(ask(query) for _ in range(asked['times'])):.1f} ms"))
for what, table in (("trace by id", "spans"), ("logs by trace id", "logs")):
    if table not in tables:
        continue
    query = f"SELECT * FROM {table} WHERE trace_id = ?"
    times = [ask(query, [bytes.fromhex(trace)]) for trace in asked["traces"][:20]]
    rows.append((f"{what}, {len(times)} traces, p50 / p99", p50_p99(times)))
json.dump(rows, sys.stdout)
