"""Expressions of a type over the columns of a table, and conditions, made at random.

What the two engines mean differently is not made here: docs/oracle.md lists it.
"""

from .dialect import access, joined, json_of, moment, number, sql, text
from .words import has_phrase, has_word

TABLES = {
    "spans": {
        "time": ["start_time", "end_time"],
        "text": ["service_name", "name", "kind", "status_code", "status_message", "trace_state", "scope_name", "events"],
        "id": ["trace_id", "span_id", "parent_span_id"],
        "int": ["duration_ns", "flags", "dropped_attributes_count"],
        "big": ["start_time_unix_nano", "end_time_unix_nano"],
        "json": ["attributes", "resource_attributes"],
    },
    "logs": {
        "time": ["time"],
        "text": ["severity_text", "service_name", "body", "event_name", "body_type", "scope_name"],
        "id": ["trace_id", "span_id"],
        "int": ["severity_number", "flags", "dropped_attributes_count"],
        "big": ["time_unix_nano", "observed_time_unix_nano"],
        "json": ["attributes", "resource_attributes"],
    },
    "metrics": {
        "time": ["time"],
        "text": ["metric_name", "metric_type", "unit", "service_name", "temporality"],
        "int": ["count", "flags"],
        "big": ["value_int", "time_unix_nano", "start_time_unix_nano"],
        "float": ["value", "sum", "min", "max"],
        "bool": ["is_monotonic"],
        "json": ["attributes", "resource_attributes"],
    },
    "golden_signals": {
        "time": ["minute"],
        "text": ["service_name", "operation", "kind"],
        "int": ["spans", "duration_max_ns"],
        "float": ["requests", "errors"],
    },
    "services": {
        "time": ["first_seen", "last_seen"],
        "text": ["service_name"],
        "int": ["spans", "error_spans", "logs", "metric_points"],
    },
}
KEYS = {
    "attributes": ["http.route", "http.response.status_code", "app.tier", "app.shard", "odd.value", "$$ref", "schlüssel",
                   "http.request.method", "error.type", "exception.type", "code.location", "no such key"],
    "resource_attributes": ["service.name", "host.name", "team", "k8s.pod.name", "k8s.node.name"],
}
# Columns whose capitals both engines know alike.
PLAIN = {"kind", "status_code", "severity_text", "body_type", "metric_type", "trace_id", "span_id", "temporality"}
LIKE = ["%e%", "%/%", "GET%", "%r", "%_re%", "_a%", "%支付%", "%ö%", "%", "", r"%50\%%", "%a'b%", "INFO", "%reset by%"]
PATTERNS = ["^[A-Z]+$", "[0-9]{2,}", "e.*r", "^$", "(cart|pay)", r"\.", "ö"]
WORDS = ["connection", "Reset PEER", "refused", "ERROR", "cart 200", "größe", "支付", "失", "付支", "-", "", "user id", "card", "info", "8a53",
         "order 3 failed", "tickets", "gettickets"]
PHRASES = ["connection reset by peer", "RESET by", "by-peer", "order 3", "timeout after 3 ms", "支付失败", "失败 3", "付支", "größe ärger", "refused card", "card",
           "three apples", "spanid", "info t s", " ", "trainticketfooditem", "error error", "time at"]
UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"]
PARTS = ["year", "month", "day", "hour", "minute", "second", "week", "doy", "dow", "quarter"]


class Scope:
    """A table under an alias, and the values that may be asked of it."""

    def __init__(self, rng, pools, table, alias):
        self.rng, self.pools, self.table, self.alias = rng, pools, table, alias

    def names(self, *kinds):
        return [name for kind in kinds for name in TABLES[self.table].get(kind, [])]

    def at(self, name):
        return sql('{}."{}"', self.alias, name)

    def source(self):
        """What stands in FROM. Golden signals of metrics are not stored, so they are left out."""
        if self.table == "golden_signals":
            return sql("(SELECT * FROM golden_signals WHERE source = 'spans') AS {}", self.alias)
        return sql("{} AS {}", self.table, self.alias)

    def pick(self, *kinds):
        return self.rng.choice(self.names(*kinds))

    def has(self, *kinds):
        return bool(self.names(*kinds))

    def known(self, name):
        """A value the column has, or nearly."""
        values = self.pools[self.table].get(name) or [None]
        return self.rng.choice(values)

    # === Conditions ===

    def condition(self, depth=2):
        rng = self.rng
        if depth and rng.random() < 0.45:
            left, right = self.condition(depth - 1), self.condition(depth - 1)
            return sql(rng.choice(["({} AND {})", "({} AND {})", "({} OR {})", "NOT ({} AND {})", "NOT ({} OR {})"]), left, right)
        made = [self.of_text, self.of_text, self.of_time, self.of_number]
        if self.has("id"):
            made.append(self.of_id)
        if self.has("json"):
            made += [self.of_key, self.of_key]
        if self.has("float"):
            made.append(self.of_float)
        if self.has("bool"):
            made.append(lambda: sql(rng.choice(["{}", "NOT {}", "{} IS NOT TRUE", "{} IS NULL"]), self.at(self.pick("bool"))))
        if self.table in ("spans", "logs"):
            made.append(self.of_words)
        return rng.choice(made)()

    def of_text(self, column=None):
        rng = self.rng
        name = column or self.pick("text")
        left = self.at(name)
        return rng.choice([
            lambda: sql("{} = {}", left, text(self.known(name) or "")),
            lambda: sql("{} <> {}", left, text(self.known(name) or "x")),
            lambda: sql("{} IN ({})", left, joined(", ", (text(self.known(name)) for _ in range(rng.randrange(1, 5))))),
            lambda: sql("{} NOT IN ({})", left, joined(", ", (text(self.known(name) or "") for _ in range(rng.randrange(1, 4))))),
            lambda: sql("{} LIKE {}", left, text(rng.choice(LIKE)), duck=r"{} LIKE {} ESCAPE '\'"),
            lambda: sql("{} NOT LIKE {}", left, text(rng.choice(LIKE)), duck=r"{} NOT LIKE {} ESCAPE '\'"),
            lambda: sql("{} ILIKE {}", left, text(rng.choice(["%get%", "%ERR%", "pay%", "%E"]))),
            lambda: sql("{} IS {}NULL", left, rng.choice(["", "NOT "])),
            lambda: sql("({} IS {}DISTINCT FROM {})", left, rng.choice(["", "NOT "]), text(self.known(name))),
            lambda: sql("{} > {}", left, text(self.known(name) or "m")),
            lambda: sql("{} BETWEEN {} AND {}", left, text("A"), text(self.known(name) or "p")),
            lambda: self.matches(left),
            lambda: sql("starts_with({}, {})", left, text((self.known(name) or "")[:3])),
            lambda: sql("length({}) {} {}", left, rng.choice(["<", ">=", "="]), rng.randrange(20)),
        ])()

    def matches(self, left):
        return sql("{} ~ {}", left, text(self.rng.choice(PATTERNS)), duck="regexp_matches({}, {})")

    def of_id(self):
        rng = self.rng
        name = self.pick("id")
        left = self.at(name)
        value = text(self.known(name) or "00")
        return rng.choice([
            lambda: sql("{} = {}", left, value),
            lambda: sql("{} = {}", value, left),
            lambda: sql("{} <> {}", left, value),
            lambda: sql("{} = upper({})", left, value),
            lambda: sql("{} = 'nonsense'", left),
            lambda: sql("{} IN ({}, {}, 'zz')", left, value, text(self.known(name) or "00")),
            lambda: sql("{} NOT IN ({}, {})", left, value, text(self.known(name) or "00")),
            lambda: sql("{} LIKE '%{}'", left, rng.choice("0123456789abcdef")),
            lambda: sql("{} IS {}NULL", left, rng.choice(["", "NOT "])),
            lambda: sql("substr({}, 31, 2) < {}", left, text(f"{rng.randrange(256):02x}")),
        ])()

    def of_time(self):
        rng = self.rng
        name = self.pick("time")
        left = self.at(name)
        first, last = sorted((self.some_moment(name), self.some_moment(name)))
        return rng.choice([
            lambda: sql("{} >= {}", left, moment(first)),
            lambda: sql("{} < {}", left, moment(last)),
            lambda: sql("{} = {}", left, moment(first)),
            lambda: sql("({} >= {} AND {} < {})", left, moment(first), left, moment(last)),
            lambda: sql("{} BETWEEN {} AND {}", left, moment(first), moment(last)),
            lambda: sql("{} NOT BETWEEN {} AND {}", left, moment(first), moment(last)),
            lambda: sql("date_part('minute', {}) {} {}", left, rng.choice(["<", "="]), rng.randrange(60)),
            lambda: sql("{} - INTERVAL '{} minutes' > {}", left, rng.randrange(90), moment(first)),
            lambda: sql("date_trunc('minute', {}) = date_trunc('minute', {})", left, moment(first)),
        ])()

    def some_moment(self, name):
        known = self.known(name) or 0
        return known if self.rng.random() < 0.6 else known + self.rng.randrange(-(10**9), 10**9)

    def of_number(self):
        rng = self.rng
        name = self.pick("int", "big") if self.has("big") else self.pick("int")
        left = self.at(name)
        value = number(self.known(name) or 0)
        return rng.choice([
            lambda: sql("{} {} {}", left, rng.choice(["=", "<>", "<", ">=", "<=", ">"]), value),
            lambda: sql("{} IN ({}, {}, 0)", left, value, number(self.known(name) or 1)),
            lambda: sql("{} BETWEEN {} AND {}", left, number(0), value),
            lambda: sql("{} % {} = {}", left, rng.choice([2, 3, 7, 1000]), rng.choice([0, 1, -1])),
            lambda: sql("{} IS NULL", left),
            lambda: sql("coalesce({}, 0) > {}", left, value),
        ])()

    def of_float(self):
        rng = self.rng
        name = self.pick("float")
        return rng.choice([
            lambda: sql("{} {} {}", self.at(name), rng.choice(["<", ">=", "<=", ">"]), rng.choice([0, 0.5, 10, 1e6, "(-2.5)"])),
            lambda: sql("{} IS NULL", self.at(name)),
            lambda: sql("{} = CAST('NaN' AS DOUBLE)", self.at(name)),
            lambda: sql("{} > CAST({} AS DOUBLE)", self.at(name), self.at(self.pick("int"))),
        ])()

    def of_key(self):
        rng = self.rng
        json = self.pick("json")
        key = rng.choice(KEYS[json])
        left = access(self.at(json), key)
        values = ["gold", "tin", "1", "200", "/cart", "500 as text", "ü", "true", "", "web-1", "checkout", "server"]
        return rng.choice([
            lambda: sql("{} = {}", left, text(rng.choice(values))),
            lambda: sql("{} = {}", left, text(rng.choice(values))),
            lambda: sql("{} <> {}", left, text(rng.choice(values))),
            lambda: sql("{} IN ({}, {})", left, text(rng.choice(values)), text(rng.choice(values))),
            lambda: sql("{} IS {}NULL", left, rng.choice(["", "NOT "])),
            lambda: sql("{} LIKE {}", left, text(rng.choice(["%a%", "/%", "%0", "ts-%"]))),
            lambda: sql("coalesce({}, 'none') < {}", left, text(rng.choice(values))),
            lambda: sql("json_contains({}, {})", self.at(json), text("app.tier"), duck="json_exists({}, {})"),
        ])()

    def of_words(self):
        rng = self.rng
        asked = rng.choice(WORDS)
        if self.table == "spans":
            return rng.choice([has_word, has_phrase])(self.at("name"), asked)
        return rng.choice([
            lambda: has_word(self.at("body"), asked),
            lambda: has_phrase(self.at("body"), rng.choice(PHRASES)),
            lambda: has_phrase(self.at("body"), rng.choice(PHRASES)),
            lambda: sql("NOT {}", has_word(self.at("body"), asked)),
            lambda: has_word(access(self.at("attributes"), rng.choice(KEYS["attributes"])), asked),
        ])()

    # === Expressions ===

    def expression(self, kind, depth=2):
        return {"text": self.a_text, "int": self.an_int, "float": self.a_float, "time": self.a_time, "bool": self.a_bool}[kind](depth)

    def any_expression(self, depth=2):
        return self.expression(self.rng.choice(["text", "text", "int", "float", "time", "bool"]), depth)

    def a_text(self, depth=2):
        rng = self.rng
        if depth == 0 or rng.random() < 0.3:
            if self.has("json") and rng.random() < 0.4:
                json = self.pick("json")
                return rng.choice([access, access, json_of])(self.at(json), rng.choice(KEYS[json]))
            return self.at(self.pick("text", "id") if rng.random() < 0.8 else self.pick("text"))
        inner = self.a_text(depth - 1)
        plain = [name for name in self.names("text", "id") if name in PLAIN] or None
        return rng.choice([
            lambda: sql("lower({})", inner),
            lambda: sql("upper({})", self.at(rng.choice(plain))) if plain else inner,
            lambda: sql("substr({}, {}, {})", inner, rng.randrange(1, 8), rng.randrange(0, 9)),
            lambda: sql("left({}, {})", inner, rng.randrange(0, 9)),
            lambda: sql("right({}, {})", inner, rng.randrange(0, 9)),
            lambda: sql("replace({}, {}, {})", inner, text(rng.choice(["e", "/", "ö", "GET"])), text(rng.choice(["", "E", "支"]))),
            lambda: sql("({} || {})", inner, self.a_text(depth - 1)),
            lambda: sql("concat({}, '-', {})", inner, self.a_text(depth - 1)),
            lambda: sql("concat_ws('/', {}, {})", inner, self.a_text(depth - 1)),
            lambda: sql("coalesce({}, {})", inner, text("none")),
            lambda: sql("nullif({}, {})", inner, text(rng.choice(["", "OK", "tin"]))),
            lambda: sql("CASE WHEN {} THEN {} ELSE {} END", self.condition(0), inner, text("else")),
            lambda: sql("CASE {} WHEN {} THEN {} END", inner, text("tin"), self.a_text(depth - 1)),
            lambda: sql("split_part({}, {}, {})", inner, text(rng.choice(["/", "-", " "])), rng.randrange(1, 4)),
            lambda: sql("trim({})", inner),
            lambda: sql("reverse({})", inner),
            lambda: sql("md5({})", inner),
            lambda: sql("regexp_replace({}, '[0-9]+', '#', 'g')", inner),
            lambda: sql("concat(CAST({} AS VARCHAR), '')", self.an_int(depth - 1)),
            lambda: sql("to_char({}, '%Y-%m-%d %H:%M')", self.a_time(0), duck="strftime({}, '%Y-%m-%d %H:%M')"),
        ])()

    def an_int(self, depth=2):
        rng = self.rng
        if depth == 0 or rng.random() < 0.3:
            return self.at(self.pick("int"))
        inner = self.an_int(depth - 1)
        return rng.choice([
            lambda: sql("length({})", self.a_text(depth - 1)),
            lambda: sql("strpos({}, {})", self.a_text(depth - 1), text(rng.choice(["e", "/", "ö"]))),
            lambda: sql("({} + {})", inner, rng.randrange(1000)),
            lambda: sql("({} - {})", inner, self.at(self.pick("int"))),
            lambda: sql("({} % 1000 * {})", inner, rng.randrange(-3, 9)),
            lambda: sql("({} / {})", inner, rng.choice([2, 7, 1000, 1000000]), duck="({} // {})"),
            lambda: sql("({} % {})", inner, rng.choice([2, 7, 1000])),
            lambda: sql("abs({})", inner),
            lambda: sql("coalesce({}, -1)", inner),
            lambda: sql("nullif({}, 0)", inner),
            lambda: sql("CASE WHEN {} THEN {} ELSE 0 END", self.condition(0), inner),
            lambda: sql("CAST({} AS INTEGER)", self.condition(0)),
            lambda: sql("date_part('{}', {})", rng.choice(PARTS), self.a_time(0)),
            lambda: sql("greatest({}, {})", inner, self.at(self.pick("int"))),
            lambda: sql("least({}, {})", inner, rng.randrange(100)),
            lambda: sql("json_get_int({}, 'http.response.status_code')", self.at("attributes"),
                        duck="TRY_CAST({} ->> 'http.response.status_code' AS BIGINT)") if self.has("json") else inner,
            lambda: sql("({} & 255)", inner),
        ])()

    def a_float(self, depth=2):
        rng = self.rng
        made = [
            lambda: sql("(CAST({} AS DOUBLE) / 1e6)", self.an_int(depth - 1 if depth else 0)),
            lambda: sql("floor(CAST({} AS DOUBLE) / 7e0)", self.at(self.pick("int"))),
            lambda: sql("sqrt(abs(CAST({} AS DOUBLE)))", self.at(self.pick("int"))),
        ]
        if self.has("float"):
            made += [lambda: self.at(self.pick("float"))] * 3 + [lambda: sql("abs({})", self.at(self.pick("float")))]
        return rng.choice(made)()

    def a_time(self, depth=2):
        rng = self.rng
        column = self.at(self.pick("time"))
        if depth == 0:
            return column
        return rng.choice([
            lambda: column,
            lambda: sql("date_trunc('{}', {})", rng.choice(UNITS), column),
            lambda: sql("date_bin(INTERVAL '{0} minutes', {1})", rng.choice([1, 5, 15, 60, 1440]), column,
                        duck="time_bucket(INTERVAL '{0} minutes', {1}, TIMESTAMP '1970-01-01')"),
            lambda: sql("({} + INTERVAL '{} {}')", column, rng.randrange(50), rng.choice(["seconds", "minutes", "hours", "days"])),
            lambda: sql("CASE WHEN {} THEN {} END", self.condition(0), column),
        ])()

    def a_bool(self, depth=2):
        return sql("({})", self.condition(max(depth - 1, 0)))

    def any_of(self, *kinds):
        """A column of a kind the table has, or an expression of it."""
        kind = self.rng.choice([kind for kind in kinds if self.has(kind)])
        return self.expression(kind, 1)
