"""A question from a seed and a number."""

import random
from typing import NamedTuple

from .dialect import Sql
from .expressions import TABLES
from .families import FAMILIES, Chance

# Values of a column that questions ask for.
MOST = 60


class Question(NamedTuple):
    name: str
    family: str
    sql: Sql


def question(seed, number, pools):
    """The same for the same seed, number and values."""
    rng = random.Random(f"{seed}:{number}")
    (family,) = rng.choices(list(FAMILIES), FAMILIES.values())
    return Question(f"{seed}:{number}", family.__name__, family(Chance(rng, pools)))


def pools(ask):
    """Values to ask for, of every column; `ask` answers rows."""
    of_tables = {}
    for table, kinds in TABLES.items():
        columns = of_tables[table] = {}
        for kind, names in kinds.items():
            for name in names:
                columns[name] = values(ask, table, kind, name)
    return of_tables


def values(ask, table, kind, name):
    """Some from all over the column, always the same ones."""
    source = f"(SELECT * FROM {table} WHERE source = 'spans') AS t" if table == "golden_signals" else table
    order = f"md5(CAST(v AS VARCHAR)), v LIMIT {MOST}"
    rows = ask(f'SELECT v FROM (SELECT DISTINCT "{name}" AS v FROM {source}) AS all_values ORDER BY {order}')
    return sorted((value for (value,) in rows if value is not None), key=lambda value: (str(type(value)), value))
