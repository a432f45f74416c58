//! `queries`: what was asked of the tenant's data.

use super::Described;

/// `queries`.
pub(crate) const QUERIES: Described = Described {
    name: "queries",
    help: "One row a question that runs, and one each of the last 500 that ended since this process started.",
};

/// One line a column.
pub(super) const LINES: [(&str, &str); 15] = [
    ("id", "Its number since this process started."),
    ("started", "When it came (UTC)."),
    (
        "door",
        "http, postgresql, flight, prometheus or jaeger; slowburn for the process itself, whose questions are kept while they run and where they fail or are slow.",
    ),
    ("who", "The id of the key, never the key; NULL where no key is asked for."),
    ("kind", "sql, promql, trace, traces, services, signals and so on."),
    ("query", "Its text, at most 2,000 characters."),
    ("state", "waiting, running, answered, failed or cancelled."),
    ("duration_ms", "Milliseconds it took, or has taken so far, waiting included."),
    ("rows", "Rows of its answer, where it is SQL."),
    ("bytes_read", "Bytes read of files, footers included where they were not known."),
    ("files_read", "Files they were read of."),
    ("memory_peak_bytes", "The most it held in sorts, joins, aggregates and texts it built."),
    ("spilled_bytes", "Bytes it wrote to disk because they did not fit into memory."),
    ("cached", "Whether its answer was taken from the cache."),
    ("error", "Why it failed; NULL otherwise."),
];
