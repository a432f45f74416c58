"""A piece of SQL as slowburn and as DuckDB want it."""

import datetime
from typing import NamedTuple

EPOCH = datetime.datetime(1970, 1, 1)


class Sql(NamedTuple):
    ours: str
    duck: str


def sql(template, *parts, duck=None):
    """Fills both dialects' templates; a part is a piece in both, or a text that is the same in both."""
    pieces = [part if isinstance(part, Sql) else Sql(str(part), str(part)) for part in parts]
    return Sql(
        template.format(*(piece.ours for piece in pieces)), (duck or template).format(*(piece.duck for piece in pieces)))


def joined(separator, parts):
    parts = list(parts)
    return Sql(separator.join(part.ours for part in parts), separator.join(part.duck for part in parts))


def text(value):
    if value is None:
        return sql("NULL")
    quoted = "'" + value.replace("'", "''") + "'"
    return Sql(quoted, quoted)


def number(value):
    return sql("{}", f"({value})" if value < 0 else value)


def moment(micros):
    """A time from microseconds since 1970. Ours have a zone, DuckDB's views have none and are in UTC."""
    at = EPOCH + datetime.timedelta(microseconds=micros)
    return Sql(f"TIMESTAMP '{at.isoformat()}Z'", f"TIMESTAMP '{at.isoformat(' ')}'")


def access(json, key):
    """`->>` of a key as it stands. DuckDB takes one that begins with $ for a path."""
    path = f'$."{key}"' if key.startswith("$") else key
    return sql("({} ->> {})", json, Sql(text(key).ours, text(path).duck))


def json_of(json, key):
    path = f'$."{key}"' if key.startswith("$") else key
    return sql("({} -> {})", json, Sql(text(key).ours, text(path).duck), duck="CAST({} -> {} AS VARCHAR)")
