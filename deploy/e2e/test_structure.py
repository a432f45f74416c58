"""`span_tree`, its relations and `trace(id)` on real traces, against the same computed by hand; and the same at every door.

TRAINTICKET names a folder with another `traces.jsonl` or `traces.jsonl.zst`, to ask of more traces.
"""

import collections
import json
import os
import pathlib
import subprocess

import adbc_driver_flightsql.dbapi as flight_sql
import psycopg
import pytest

from server import FIXTURES

FOLDER = pathlib.Path(os.environ.get("TRAINTICKET", FIXTURES / "trainticket"))
Span = collections.namedtuple("Span", "trace id parent start end service name kind")


@pytest.fixture(scope="module")
def filled(shared_server):
    shared_server.command("import", traces_file(), "--endpoint", shared_server.otlp)
    return shared_server


@pytest.fixture(scope="module")
def forest():
    return Forest(spans_of(traces_file()))


def traces_file():
    packed = FOLDER / "traces.jsonl.zst"
    return packed if packed.exists() else FOLDER / "traces.jsonl"


def spans_of(file):
    """Every span once, however often it was sent."""
    if file.suffix == ".zst":
        text = subprocess.run(["zstd", "-dc", file], capture_output=True, check=True).stdout.decode()
    else:
        text = file.read_text()
    found = {}
    for line in text.splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            attributes = {each["key"]: each["value"] for each in resource["resource"]["attributes"]}
            service = attributes["service.name"]["stringValue"]
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
                    key = (span["traceId"], span["spanId"], span.get("parentSpanId") or None, start, end)
                    found.setdefault(key, Span(*key, service, span["name"], span["kind"]))
    return list(found.values())


class Forest:
    """Who is whose child, found by looking for the parent of every span."""

    def __init__(self, spans):
        self.spans = spans
        self.first = {}
        for span in spans:
            known = self.first.get((span.trace, span.id))
            if known is None or span.start < known.start:
                self.first[span.trace, span.id] = span
        self.children = collections.defaultdict(list)
        for span in spans:
            self.children[self.parent(span)].append(span)

    def parent(self, span):
        return self.first.get((span.trace, span.parent)) if span.parent != span.id else None

    def ancestors(self, span):
        above = []
        while span := self.parent(span):
            above.append(span)
        return above

    def self_time(self, span):
        """Of all moments of the span, those that no child covers."""
        alone, known = 0, span.start
        for start, end in sorted((child.start, child.end) for child in self.children[span]):
            alone += max(0, min(start, span.end) - known)
            known = max(known, min(end, span.end))
        return alone + max(0, span.end - known)


def counted(rows, *names):
    return sorted((tuple(row[name] for name in names) for row in rows), key=repr)


def told(counter):
    return sorted(((*key, *value) for key, value in counter.items()), key=repr)


def test_places_are_those_found_by_hand(filled, forest):
    by_hand = collections.defaultdict(lambda: [0] * 6)
    for span in forest.spans:
        above, parent = forest.ancestors(span), forest.parent(span)
        root = above[-1] if above else span
        is_skewed = parent is not None and span.start < parent.start
        one = (1, len(forest.children[span]), forest.self_time(span), span.parent is not None and not above, is_skewed,
               parent is not None and parent.service == span.service)
        of = by_hand[span.service, len(above), root.name]
        of[:] = [sum(pair) for pair in zip(of, one)]
    rows = filled.sql("""
        SELECT service_name, depth, root_name, count(*) AS spans, sum(child_count) AS children, sum(self_time_ns) AS alone,
               count(*) FILTER (WHERE is_orphan) AS orphans, count(*) FILTER (WHERE is_skewed) AS skewed,
               count(*) FILTER (WHERE parent_service_name = service_name) AS own
        FROM span_tree GROUP BY 1, 2, 3""")
    names = ["service_name", "depth", "root_name", "spans", "children", "alone", "orphans", "skewed", "own"]
    assert counted(rows, *names) == told(by_hand)


def test_descendants_are_those_found_by_hand(filled, forest):
    by_hand = collections.Counter((above.service, span.service) for span in forest.spans for above in forest.ancestors(span))
    rows = filled.sql("""
        SELECT a.service_name AS above, d.service_name AS below, count(*) AS pairs
        FROM span_tree AS d JOIN span_tree AS a ON is_descendant(d, a) GROUP BY 1, 2""")
    assert counted(rows, "above", "below", "pairs") == sorted((*key, count) for key, count in by_hand.items())


def test_siblings_and_children_are_those_found_by_hand(filled, forest):
    named = collections.Counter((span.trace, span.parent) for span in forest.spans if span.parent)
    siblings = sum(count * (count - 1) for count in named.values())
    assert filled.value("SELECT count(*) FROM span_tree AS a JOIN span_tree AS b ON is_sibling(a, b)") == siblings
    children = sum(forest.parent(span) is not None for span in forest.spans)
    assert filled.value("SELECT count(*) FROM span_tree AS c JOIN span_tree AS p ON is_child(c, p)") == children


def slow_below(forest, root, limit_ns):
    """Services in which a client span over a limit lies somewhere below a span called `root`."""
    slow = (span for span in forest.spans if span.kind == 3 and span.end - span.start > limit_ns)
    return sorted({span.service for span in slow if any(above.name == root for above in forest.ancestors(span))})


def test_services_with_a_slow_call_below_a_request(filled, forest):
    names = [name for name, _ in collections.Counter(span.name for span in forest.spans if span.kind == 2).most_common(5)]
    found = []
    for name in names:
        for limit_ns in (0, 10_000_000, 200_000_000):
            rows = filled.sql(f"""
                SELECT DISTINCT d.service_name FROM span_tree AS d JOIN span_tree AS a ON is_descendant(d, a)
                WHERE a.name = '{name}' AND d.kind = 'CLIENT' AND d.duration_ns > {limit_ns} ORDER BY 1""")
            found.append([row["service_name"] for row in rows])
            assert found[-1] == slow_below(forest, name, limit_ns), (name, limit_ns)
    assert any(found)


def test_the_critical_path_of_a_trace_is_that_of_the_api(filled, forest):
    for trace in sorted({span.trace for span in forest.spans})[:20]:
        _, _, body = filled.ask(f"/api/v1/traces/{trace}")
        answer = json.loads(body)
        of = collections.Counter()
        for part in answer["critical_path"]:
            span = answer["spans"][part["span"]]["span_id"]
            of[span] += int(part["end_time_unix_nano"]) - int(part["start_time_unix_nano"])
        rows = filled.sql(f"SELECT span_id, critical_time_ns FROM span_tree WHERE trace_id = '{trace}' AND on_critical_path")
        assert {row["span_id"]: row["critical_time_ns"] for row in rows} == {span: time for span, time in of.items() if time}
        marks = {(span["span_id"], span["is_orphan"], span["is_skewed"]) for span in answer["spans"]}
        rows = filled.sql(f"SELECT span_id, is_orphan, is_skewed FROM trace('{trace}') WHERE signal = 'span'")
        assert {(row["span_id"], row["is_orphan"], row["is_skewed"]) for row in rows} == marks


def test_every_door_knows_relations_and_traces(filled, forest):
    trace = forest.spans[0].trace
    questions = [
        f"SELECT count(*) FROM trace('{trace}')",
        f"SELECT count(*) FROM span_tree AS d JOIN span_tree AS a ON is_descendant(d, a) WHERE a.trace_id = '{trace}'",
        "SELECT count(DISTINCT time_bucket('1 second', start_time)) FROM span_tree",
    ]
    host, port = filled.pg.rsplit(":", 1)
    with (psycopg.connect(host=host, port=port, dbname="slowburn", user="anyone", autocommit=True) as postgres,
          flight_sql.connect(f"grpc://{filled.ready['flight']}", autocommit=True) as flight, flight.cursor() as cursor):
        for question in questions:
            value = filled.value(question)
            assert value > 0, question
            assert postgres.execute(question).fetchone() == (value,), question
            cursor.execute(question)
            assert cursor.fetchone() == (value,), question
