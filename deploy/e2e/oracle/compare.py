"""Whether two answers are the same: exactly, but for doubles."""

import datetime
import decimal
import math

EPOCH = datetime.datetime(1970, 1, 1)
# Sums of doubles depend on the order of adding; so does the variance computed from them.
RELATIVE = 1e-9


def plain(value):
    """A value without the type its engine gave it: times as microseconds, decimals of whole numbers as integers."""
    if isinstance(value, datetime.datetime):
        return ("time", (value.replace(tzinfo=None) - EPOCH) // datetime.timedelta(microseconds=1))
    if isinstance(value, datetime.date):
        return ("date", value.toordinal())
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def same(ours, duck):
    if isinstance(ours, bool) != isinstance(duck, bool):
        return False
    if isinstance(ours, (int, float)) and isinstance(duck, (int, float)):
        if isinstance(ours, int) and isinstance(duck, int):
            return ours == duck
        return (math.isnan(ours) and math.isnan(duck)) or ours == duck or math.isclose(ours, duck, rel_tol=RELATIVE, abs_tol=1e-9)
    if isinstance(ours, list) and isinstance(duck, list):
        return len(ours) == len(duck) and all(map(same, ours, duck))
    return type(ours) is type(duck) and ours == duck


def difference(ours, duck):
    """The first thing in which two answers differ, in words; None where they are the same."""
    for place, (left, right) in enumerate(zip(ours, duck)):
        if len(left) != len(right):
            return f"row {place} has {len(left)} columns, DuckDB's {len(right)}"
        for column, (one, other) in enumerate(zip(left, right), 1):
            if not same(one, other):
                return f"row {place}, c{column}: {one!r}, DuckDB says {other!r}\n  {left!r}\n  {right!r}"
    if len(ours) != len(duck):
        return f"{len(ours)} rows, DuckDB has {len(duck)}"
    return None


def rows(columns):
    """Rows of columns."""
    return [tuple(plain(value) for value in row) for row in zip(*columns)] if columns else []
