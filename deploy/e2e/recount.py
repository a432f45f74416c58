"""Golden signals counted again from raw spans, to compare with what the server keeps.

As a program it compares them on a running server: python recount.py http://127.0.0.1:7077
"""

import json
import sys
import urllib.request

# Half of the distance between two bucket bounds, as the user guide states it.
RELATIVE_ERROR = 0.01084
QUANTILES = (0.5, 0.95, 0.99)

IS_ERROR = """status_code = 'ERROR' OR (status_code <> 'OK' AND (
    attributes->>'error.type' IS NOT NULL
    OR CAST(coalesce(attributes->>'http.response.status_code', attributes->>'http.status_code') AS BIGINT)
       BETWEEN CASE WHEN kind = 'SERVER' THEN 500 ELSE 400 END AND 599))"""

KEY = "minute, service_name, operation, kind"

RAW = f"""
WITH once AS (
    SELECT DISTINCT trace_id, span_id, start_time, start_time_unix_nano, duration_ns, coalesce(service_name,
           'unknown_service') AS service_name, name AS operation, kind, status_code, ({IS_ERROR}) AS is_error
    FROM spans
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY {KEY} ORDER BY duration_ns) AS rank,
           count(*) OVER (PARTITION BY {KEY}) AS n
    FROM (SELECT *, date_trunc('minute', start_time) AS minute FROM once) AS dated
)
SELECT {KEY}, count(*) AS requests, count(*) FILTER (WHERE is_error) AS errors, sum(duration_ns) AS duration_sum_ns,
       max(duration_ns) AS duration_max_ns,
       max(duration_ns) FILTER (WHERE rank = ceil(0.5 * n)) AS p50_ns,
       max(duration_ns) FILTER (WHERE rank = ceil(0.95 * n)) AS p95_ns,
       max(duration_ns) FILTER (WHERE rank = ceil(0.99 * n)) AS p99_ns
FROM ranked GROUP BY {KEY}"""

KEPT = f"""SELECT {KEY}, requests, errors, duration_sum_ns, duration_max_ns, p50_ns, p95_ns, p99_ns
FROM golden_signals WHERE source = 'spans'"""


def compare(rows):
    """Checks every minute, service, operation and kind; how many there are, and the worst error of a quantile.

    `rows` answers a query with a list of dictionaries.
    """
    raw, kept = ({tuple(row.values())[:4]: tuple(row.values())[4:] for row in rows(query)} for query in (RAW, KEPT))
    assert raw.keys() == kept.keys(), f"minutes of one side only: {list(raw.keys() ^ kept.keys())[:3]}"
    worst = 0.0
    for key, (*counts, p50, p95, p99) in raw.items():
        *kept_counts, kept_p50, kept_p95, kept_p99 = kept[key]
        assert counts == kept_counts, f"{key}: {counts} by the spans, {kept_counts} by the signals"
        for exact, estimate in ((p50, kept_p50), (p95, kept_p95), (p99, kept_p99)):
            error = abs(estimate - exact) / max(exact, 1)
            assert error <= RELATIVE_ERROR, f"{key}: {estimate} ns for {exact} ns"
            worst = max(worst, error)
    return len(raw), worst


def main(endpoint):
    def rows(query):
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(f"{endpoint}/api/v1/sql", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            answer = json.load(answer)
        assert not answer["truncated"], "too many rows to compare at once"
        names = [column["name"] for column in answer["columns"]]
        return [dict(zip(names, row, strict=True)) for row in answer["rows"]]

    count, worst = compare(rows)
    print(f"{count} rows are equal; quantiles are off by at most {worst:.4%}")


if __name__ == "__main__":
    main(*sys.argv[1:])
