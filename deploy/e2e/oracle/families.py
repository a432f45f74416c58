"""Kinds of questions. Each takes a source of chance and gives a piece of SQL whose rows come in one order only.

Every question orders by all exact columns of its answer, so that ties are rows that are equal; questions of one row need no order.
"""

from .dialect import access, joined, moment, sql, text
from .expressions import KEYS, TABLES, Scope

SIGNALS = ["spans", "spans", "logs", "logs", "metrics"]


class Chance:
    """Random choices and the values to ask for."""

    def __init__(self, rng, pools):
        self.rng, self.pools = rng, pools

    def scope(self, table=None, alias="t"):
        return Scope(self.rng, self.pools, table or self.rng.choice([*SIGNALS, "golden_signals"]), alias)

    def where(self, scope, chance=0.85, depth=2):
        if self.rng.random() > chance:
            return sql("")
        return sql(" WHERE {}", scope.condition(depth))

    def order(self, count):
        ways = ["ASC NULLS FIRST", "DESC NULLS LAST", "ASC NULLS LAST", "DESC NULLS FIRST"]
        columns = list(range(1, count + 1))
        self.rng.shuffle(columns)
        return " ORDER BY " + ", ".join(f"c{column} {self.rng.choice(ways)}" for column in columns)

    def limit(self, most=60):
        offset = f" OFFSET {self.rng.randrange(20)}" if self.rng.random() < 0.2 else ""
        return f" LIMIT {self.rng.randrange(1, most)}{offset}"


def named(expressions, start=1):
    return joined(", ", (sql("{} AS c{}", expression, number) for number, expression in enumerate(expressions, start)))


def aggregate(scope, rng):
    """A sum of any kind; those of doubles differ by the order they are added in."""
    an_int, condition = scope.an_int(1), scope.condition(0)
    made = [
        lambda: sql("count(*)"),
        lambda: sql("count({})", scope.any_expression(1)),
        lambda: sql("count(*) FILTER (WHERE {})", condition),
        lambda: sql("count(DISTINCT {})", scope.expression(rng.choice(["text", "int", "time"]), 1)),
        lambda: sql("sum({} % 100000)", an_int),
        lambda: sql("sum(CASE WHEN {} THEN 1 ELSE 0 END)", condition),
        lambda: sql("min({})", scope.any_of("text", "time", "int")),
        lambda: sql("max({})", scope.any_of("text", "time", "int")),
        lambda: sql("avg(CAST({} AS DOUBLE))", scope.at(scope.pick("int"))),
        lambda: sql("sum(CAST({} AS DOUBLE)) FILTER (WHERE {})", scope.at(scope.pick("int")), condition),
        lambda: sql("bool_and({})", condition),
        lambda: sql("bool_or({})", condition),
        lambda: sql("median(CAST({} AS DOUBLE))", scope.at(scope.pick("int"))),
        lambda: sql("percentile_cont({}) WITHIN GROUP (ORDER BY CAST({} AS DOUBLE))", rng.choice([0, 0.25, 0.75, 1]), scope.at(scope.pick("int")),
                    duck="quantile_cont(CAST({1} AS DOUBLE), {0})"),
        lambda: sql("stddev_samp(CAST({} % 1000 AS DOUBLE))", scope.at(scope.pick("int"))),
        lambda: sql("var_pop(CAST({} % 1000 AS DOUBLE))", scope.at(scope.pick("int"))),
        lambda: sql("bit_xor({})", an_int),
        # One column for all of a question, because their orders must agree.
        lambda: sql("string_agg({0}, ',' ORDER BY {0})", scope.at(scope.names("text")[0])) if rng.random() < 0.3 else sql("count(*)"),
    ]
    if scope.has("float"):
        column = scope.at(scope.pick("float"))
        made += [lambda: sql("{}({})", rng.choice(["sum", "avg", "min", "max", "min", "max"]), column)] * 4
    return rng.choice(made)()


def a_list(chance):
    rng, scope = chance.rng, chance.scope()
    columns = [scope.any_expression() for _ in range(rng.randrange(1, 6))]
    return sql("SELECT {} FROM {}{}{}{}", named(columns), scope.source(), chance.where(scope), chance.order(len(columns)), chance.limit())


def distinct(chance):
    rng, scope = chance.rng, chance.scope()
    columns = [scope.expression(rng.choice(["text", "text", "time", "bool", "int"]), 1) for _ in range(rng.randrange(1, 3))]
    return sql("SELECT DISTINCT {} FROM {}{}{}{}", named(columns), scope.source(), chance.where(scope), chance.order(len(columns)),
               chance.limit())


def grouped(chance):
    rng, scope = chance.rng, chance.scope()
    keys = [scope.expression(rng.choice(["text", "text", "text", "time", "bool", "int"]), rng.randrange(3)) for _ in range(rng.randrange(1, 4))]
    sums = [aggregate(scope, rng) for _ in range(rng.randrange(1, 5))]
    having = f" HAVING count(*) {rng.choice(['>', '<', '>=', '='])} {rng.randrange(1, 40)}" if rng.random() < 0.35 else ""
    places = ", ".join(str(place) for place in range(1, len(keys) + 1))
    return sql("SELECT {} FROM {}{} GROUP BY {}{}{}{}", named(keys + sums), scope.source(), chance.where(scope, 0.6), places, having,
               chance.order(len(keys)), chance.limit(100))


def summed(chance):
    """One row; without a condition much of it can be told from statistics."""
    rng, scope = chance.rng, chance.scope()
    sums = [aggregate(scope, rng) for _ in range(rng.randrange(1, 6))]
    return sql("SELECT {} FROM {}{}", named(sums), scope.source(), chance.where(scope, 0.7))


def from_statistics(chance):
    rng, scope = chance.rng, chance.scope(chance.rng.choice(["spans", "logs", "metrics"]))
    time = scope.at(scope.names("time")[0])
    sums = rng.sample(["count(*)", "min({})", "max({})", "count({})", "count(DISTINCT {})"], rng.randrange(1, 4))
    condition = sql(" WHERE {}", scope.of_time()) if rng.random() < 0.6 else ""
    return sql("SELECT {} FROM {}{}", named(sql(one, time) for one in sums), scope.source(), condition)


def least_of_both(chance):
    """MIN(column) beside MIN(expression): apache/datafusion issue 24816."""
    rng, scope = chance.rng, chance.scope(chance.rng.choice(["spans", "logs", "metrics"]))
    kind = rng.choice(["int", "time", "text"])
    column = scope.at(scope.pick(kind))
    made = {
        "int": lambda: sql("({} {} {})", column, rng.choice(["+", "-", "%"]), rng.randrange(1, 1000)),
        "time": lambda: sql("({} + INTERVAL '{} minutes')", scope.at(scope.pick("time")), rng.randrange(1, 90)),
        "text": lambda: sql("substr({}, 2, 5)", column),
    }[kind]
    least, other = rng.choice([("min", "min"), ("max", "max"), ("min", "max"), ("max", "min")])
    sums = [sql("{}({})", least, column), sql("{}({})", other, made()), sql("{}({})", least, made())]
    rng.shuffle(sums)
    return sql("SELECT {} FROM {}{}", named(sums[: rng.randrange(2, 4)]), scope.source(), chance.where(scope, 0.8))


def newest(chance):
    """The first rows in an order, where a filter is looked for row by row: apache/datafusion issue 24352."""
    rng, scope = chance.rng, chance.scope(chance.rng.choice(["spans", "logs", "logs"]))
    name = rng.choice(scope.names("time", "int", "big") + scope.names("time") * 4)
    needle = rng.choice([
        lambda: sql("{} = {}", scope.at("trace_id"), text(scope.known("trace_id") or "00")),
        lambda: sql("{} IN ({})", scope.at("trace_id"), joined(", ", (text(scope.known("trace_id") or "00") for _ in range(rng.randrange(2, 30))))),
        lambda: sql("{} IN ({})", scope.at("span_id"), joined(", ", (text(scope.known("span_id") or "00") for _ in range(rng.randrange(1, 25))))),
        scope.of_words,
        scope.of_words,
        scope.of_key,
        scope.condition,
    ])()
    more = sql(" AND {}", scope.condition(1)) if rng.random() < 0.5 else ""
    way = rng.choice(["DESC NULLS LAST", "DESC NULLS FIRST", "ASC NULLS LAST", "ASC NULLS FIRST"])
    return sql("SELECT {} AS c1 FROM {} WHERE {}{} ORDER BY c1 {} LIMIT {}", scope.at(name), scope.source(), needle, more, way, rng.randrange(1, 50))


def limited(chance):
    """Which rows a LIMIT leaves is open; how many is not."""
    scope = chance.scope()
    column = scope.at(scope.pick("text"))
    return sql("SELECT count(*) AS c1, count(*) AS c2 FROM (SELECT {} FROM {}{}{}) AS first_rows", column, scope.source(), chance.where(scope),
               chance.limit(5000))


def spans_and_logs(chance):
    rng = chance.rng
    spans, logs = chance.scope("spans", "s"), chance.scope("logs", "l")
    how = rng.choice(["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
    on = rng.choice([
        "s.trace_id = l.trace_id AND s.span_id = l.span_id", "s.trace_id = l.trace_id AND s.span_id = l.span_id",
        "s.span_id = l.span_id AND l.severity_number >= 9", "s.trace_id = l.trace_id AND s.service_name = l.service_name AND s.span_id = l.span_id",
    ])
    where = sql(" WHERE {} AND {}", spans.condition(1), logs.condition(1)) if rng.random() < 0.7 else chance.where(rng.choice([spans, logs]))
    return of_pair(chance, spans, logs, sql("spans AS s {} logs AS l ON {}{}", how, on, where))


def of_pair(chance, left, right, pair):
    """Rows of a join, or sums of them."""
    rng = chance.rng
    if rng.random() < 0.5:
        columns = [rng.choice([left, right]).any_expression(1) for _ in range(rng.randrange(1, 5))]
        return sql("SELECT {} FROM {}{}{}", named(columns), pair, chance.order(len(columns)), chance.limit())
    keys = [rng.choice([left, right]).expression(rng.choice(["text", "time"]), 1)]
    sums = [aggregate(rng.choice([left, right]), rng) for _ in range(rng.randrange(1, 4))]
    return sql("SELECT {} FROM {} GROUP BY 1{}{}", named(keys + sums), pair, chance.order(1), chance.limit())


def parents_and_children(chance):
    rng = chance.rng
    child, parent = chance.scope("spans", "c"), chance.scope("spans", "p")
    how = rng.choice(["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN"])
    more = rng.choice(["", " AND c.service_name <> p.service_name", " AND c.duration_ns > p.duration_ns", " AND p.kind = 'SERVER'"])
    where = chance.where(rng.choice([child, parent]) if how == "JOIN" else parent if how == "RIGHT JOIN" else child, 0.7)
    pair = sql("spans AS c {} spans AS p ON c.trace_id = p.trace_id AND c.parent_span_id = p.span_id{}{}", how, more, where)
    return of_pair(chance, child, parent, pair)


def with_subquery(chance):
    rng = chance.rng
    outer = chance.scope(rng.choice(["spans", "logs"]))
    inner = chance.scope("logs" if outer.table == "spans" else "spans", "u")
    key = rng.choice(["trace_id", "trace_id", "span_id", "service_name"])
    condition = inner.condition(1)
    not_null = sql(" AND {} IS NOT NULL", inner.at(key)) if rng.random() < 0.7 else ""
    time, inner_time = outer.at(outer.names("time")[0]), inner.at(inner.names("time")[0])
    test = rng.choice([
        lambda: sql("{} IN (SELECT {} FROM {} WHERE {})", outer.at(key), inner.at(key), inner.source(), condition),
        lambda: sql("{} NOT IN (SELECT {} FROM {} WHERE {}{})", outer.at(key), inner.at(key), inner.source(), condition, not_null),
        lambda: sql("EXISTS (SELECT 1 FROM {} WHERE {} = {} AND {})", inner.source(), inner.at(key), outer.at(key), condition),
        lambda: sql("NOT EXISTS (SELECT 1 FROM {} WHERE {} = {} AND {})", inner.source(), inner.at(key), outer.at(key), condition),
        lambda: sql("{} > (SELECT min({}) FROM {} WHERE {})", time, inner_time, inner.source(), condition),
        lambda: sql("{} >= (SELECT avg(CAST({} AS DOUBLE)) FROM {})", outer.at(outer.pick("int")), inner.at(inner.pick("int")), inner.source()),
        lambda: sql("{} = (SELECT max({}) FROM {} WHERE {} = {})", time, inner_time, inner.source(), inner.at("trace_id"), outer.at("trace_id")),
    ])()
    more = sql(" AND {}", outer.condition(1)) if rng.random() < 0.5 else ""
    if rng.random() < 0.5:
        return sql("SELECT {} FROM {} WHERE {}{}", named([sql("count(*)"), aggregate(outer, rng)]), outer.source(), test, more)
    columns = [outer.any_expression(1) for _ in range(rng.randrange(1, 4))]
    return sql("SELECT {} FROM {} WHERE {}{}{}{}", named(columns), outer.source(), test, more, chance.order(len(columns)), chance.limit())


def scalars(chance):
    """Subqueries among the columns, one of them about the row."""
    rng = chance.rng
    outer, inner = chance.scope("services", "t"), chance.scope(rng.choice(["spans", "logs", "metrics"]), "u")
    about = sql("(SELECT {} FROM {} WHERE {} = {} AND {})", rng.choice([sql("count(*)"), sql("max({})", inner.at(inner.names("time")[0]))]),
                inner.source(), inner.at("service_name"), outer.at("service_name"), inner.condition(1))
    alone = sql("(SELECT count(*) FROM {}{})", inner.source(), chance.where(inner))
    return sql("SELECT {} FROM {}{}{}", named([outer.at("service_name"), about, alone]), outer.source(), chance.order(3), chance.limit())


def sets(chance):
    rng = chance.rng
    kinds = [rng.choice(["text", "text", "int", "time", "bool"]) for _ in range(rng.randrange(1, 4))]

    def side():
        scope = chance.scope()
        return sql("SELECT {} FROM {}{}", named(scope.expression(kind, 1) for kind in kinds), scope.source(), chance.where(scope))

    how = rng.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "UNION"])
    return sql("SELECT * FROM ({} {} {}) AS both_sides{}{}", side(), how, side(), chance.order(len(kinds)), chance.limit())


def steps(chance):
    """WITH: sums by group, then sums of the sums."""
    rng, scope = chance.rng, chance.scope()
    keys = [scope.expression(rng.choice(["text", "time"]), 1) for _ in range(2)]
    first = sql("SELECT {} FROM {}{} GROUP BY 1, 2", named([*keys, sql("count(*)"), sql("max({})", scope.at(scope.names("time")[0]))]),
                scope.source(), chance.where(scope))
    second = rng.choice([
        "SELECT c1, sum(c3) AS c2, max(c4) AS c3, count(*) AS c4 FROM by_two GROUP BY c1",
        "SELECT a.c1 AS c1, b.c2 AS c2, a.c3 AS c3 FROM by_two AS a JOIN by_two AS b ON a.c1 = b.c1 AND a.c3 > b.c3",
        "SELECT c1, c2, c3, c3 * 100 / (SELECT sum(c3) FROM by_two) AS c4 FROM by_two WHERE c3 >= (SELECT avg(c3) FROM by_two)",
        "SELECT c1, c2, c3 FROM by_two AS a WHERE c3 = (SELECT max(b.c3) FROM by_two AS b WHERE b.c1 = a.c1)",
    ])
    width = 4 if "c4 FROM" in second or "AS c4 FROM" in second else 3
    return sql("WITH by_two AS ({}) SELECT * FROM ({}) AS last_step{}{}", first, sql(second, duck=second.replace(" / ", " // ")),
               chance.order(width), chance.limit())


def windows(chance):
    """Over rows that are told apart by all that orders them."""
    rng, scope = chance.rng, chance.scope()
    outer = Scope(rng, chance.pools, scope.table, "w")
    ordering = [outer.names("time")[0], outer.pick("int"), outer.pick("text")]
    order = [outer.at(name) for name in ordering]
    # What parts rows is not what orders them.
    apart = [outer.at(name) for name in outer.names("text") if name not in ordering]
    part = rng.choice([sql("w.part"), rng.choice(apart)])
    computed = sql("{} IS NULL", scope.at(scope.pick("text"))) if rng.random() < 0.3 else sql("concat({}, '')", scope.a_text(1))
    source = sql("(SELECT {} AS part, t.* FROM {}{}) AS w", computed, scope.source(), chance.where(scope))
    way = rng.choice(["ASC NULLS FIRST", "DESC NULLS LAST"])
    over = sql("OVER (PARTITION BY {} ORDER BY {})", part, joined(", ", (sql("{} {}", one, way) for one in order)))
    framed = sql("OVER (PARTITION BY {} ORDER BY {} ROWS BETWEEN {} PRECEDING AND {})", part, joined(", ", (sql("{} {}", one, way) for one in order)),
                 rng.choice(["UNBOUNDED", 1, 3]), rng.choice(["CURRENT ROW", "1 FOLLOWING"]))
    value = rng.choice(order[:2])
    made = [
        sql("row_number() {}", over), sql("rank() {}", over), sql("dense_rank() {}", over), sql("lag({}, {}) {}", value, rng.choice([1, 2]), over),
        sql("lead({}) {}", value, over), sql("first_value({}) {}", value, over), sql("last_value({}) {}", value, framed),
        sql("sum({} % 1000) {}", order[1], framed), sql("count(*) {}", framed), sql("max({}) {}", order[0], framed), sql("ntile(4) {}", over),
        sql("nth_value({}, 2) {}", value, framed), sql("sum({} % 1000) OVER (PARTITION BY {})", order[1], part),
        sql("percent_rank() {}", over), sql("min({}) {}", order[2], framed),
    ]
    columns = [part, *order, *rng.sample(made, rng.randrange(1, 3))]
    inner = sql("SELECT {} FROM {}", named(columns), source)
    keep = rng.choice(["", "", " WHERE c5 IS NOT NULL"])
    return sql("SELECT * FROM ({}) AS windowed{}{}{}", inner, keep, chance.order(len(columns)), chance.limit())


def subtotals(chance):
    rng, scope = chance.rng, chance.scope()
    names = rng.sample(scope.names("text"), 2)
    keys = [scope.at(name) for name in names]
    how = rng.choice(["ROLLUP ({}, {})", "CUBE ({}, {})", "GROUPING SETS (({0}, {1}), ({1}), ())"])
    sums = [sql("count(*)"), aggregate(scope, rng)]
    grouping = [sql("grouping({})", key) for key in keys]
    columns = named([*keys, *grouping, *sums])
    where = sql(" WHERE {}", rng.choice([scope.of_time, scope.of_number])()) if rng.random() < 0.7 else ""
    return sql("SELECT {} FROM {}{} GROUP BY {} ORDER BY c1 NULLS FIRST, c2 NULLS FIRST, c3, c4{}", columns, scope.source(), where,
               sql(how, *keys), chance.limit(200))


def by_attribute(chance):
    """Attributes that are columns of some files and stand in the rest of others."""
    rng, scope = chance.rng, chance.scope(chance.rng.choice(["spans", "logs", "metrics"]))
    json = rng.choice(scope.names("json"))
    keys = [access(scope.at(json), key) for key in rng.sample(KEYS[json], rng.randrange(1, 3))]
    sums = [sql("count(*)"), sql("max({})", scope.at(scope.names("time")[0])), aggregate(scope, rng)]
    condition = sql(" WHERE {}{}", scope.of_key(), sql(" AND {}", scope.condition(1)) if rng.random() < 0.5 else "")
    places = ", ".join(str(place) for place in range(1, len(keys) + 1))
    return sql("SELECT {} FROM {}{} GROUP BY {}{}{}", named(keys + sums), scope.source(), condition if rng.random() < 0.7 else "", places,
               chance.order(len(keys)), chance.limit())


WHOLE = {
    "spans": "start_time end_time trace_id span_id parent_span_id service_name name kind duration_ns status_code status_message attributes "
             "dropped_attributes_count events dropped_events_count links dropped_links_count trace_state flags start_time_unix_nano end_time_unix_nano",
    "logs": "time severity_text severity_number service_name body trace_id span_id event_name body_type attributes dropped_attributes_count flags "
            "time_unix_nano observed_time_unix_nano",
    "metrics": "time metric_name metric_type unit service_name value value_int count sum min max scale zero_count zero_threshold positive_offset "
               "negative_offset attributes temporality is_monotonic description metadata exemplars flags time_unix_nano start_time_unix_nano",
}
ORIGIN = ("resource_attributes resource_dropped_attributes_count resource_schema_url resource_entity_refs scope_name scope_version "
          "scope_attributes scope_dropped_attributes_count scope_schema_url")


def whole_rows(chance):
    """Every column of a few rows."""
    scope = chance.scope(chance.rng.choice(list(WHOLE)))
    columns = [scope.at(name) for name in f"{WHOLE[scope.table]} {ORIGIN}".split()]
    return sql("SELECT {} FROM {}{}{}{}", named(columns), scope.source(), chance.where(scope), chance.order(len(columns)), chance.limit(20))


def by_time(chance):
    rng, scope = chance.rng, chance.scope()
    bucket = scope.a_time(1)
    first, last = sorted(scope.some_moment(scope.names("time")[0]) for _ in range(2))
    time = scope.at(scope.names("time")[0])
    sums = [sql("count(*)"), aggregate(scope, rng)]
    return sql("SELECT {} FROM {} WHERE {} >= {} AND {} < {} GROUP BY 1{}{}", named([bucket, *sums]), scope.source(), time, moment(first), time,
               moment(last), chance.order(1), chance.limit(100))


def services(chance):
    scope = chance.scope("services")
    columns = [scope.at(name) for kind in ("text", "int", "time") for name in TABLES["services"][kind]]
    return sql("SELECT {} FROM {}{}{}{}", named(columns), scope.source(), chance.where(scope), chance.order(len(columns)), chance.limit())


FAMILIES = {
    a_list: 12, grouped: 14, summed: 8, distinct: 5, from_statistics: 4, least_of_both: 5, newest: 9, limited: 2, spans_and_logs: 7,
    parents_and_children: 6, with_subquery: 8, scalars: 3, sets: 5, steps: 5, windows: 7, subtotals: 4, by_attribute: 8, whole_rows: 4, by_time: 5,
    services: 1,
}
