//! Views over state: `services` and `ingest_status`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::common::Result;
use ingest_model::{Nanos, Signal};
use query_api::Freshness;

use super::Described;

/// `services`.
pub(crate) const SERVICES: Described =
    Described { name: "services", help: "One row a service: what it sent, and when it was first and last seen." };

/// `ingest_status`.
pub(crate) const INGEST_STATUS: Described =
    Described { name: "ingest_status", help: "One row a table: how much is stored, and how new it is." };

/// How `services` is computed, over the stored tables.
pub(crate) const SERVICES_QUERY: &str = "
    SELECT service_name, sum(spans) AS spans, sum(error_spans) AS error_spans, sum(logs) AS logs,
           sum(points) AS metric_points, min(first) AS first_seen, max(last) AS last_seen
    FROM (
        SELECT service_name, count(*) AS spans, count(*) FILTER (WHERE status_code = 'ERROR') AS error_spans,
               0 AS logs, 0 AS points, min(start_time) AS first, max(start_time) AS last
        FROM stored.spans GROUP BY service_name
        UNION ALL
        SELECT service_name, 0, 0, count(*), 0, min(time), max(time) FROM stored.logs GROUP BY service_name
        UNION ALL
        SELECT service_name, 0, 0, 0, count(*), min(time), max(time) FROM stored.metrics GROUP BY service_name
    ) AS parts
    GROUP BY service_name";

/// One line a column of `services`.
const SERVICES_LINES: [(&str, &str); 7] = [
    ("service_name", "service.name of the resource; NULL where there is none."),
    ("spans", "Spans stored."),
    ("error_spans", "Those of them with status ERROR."),
    ("logs", "Log records stored."),
    ("metric_points", "Metric data points stored."),
    ("first_seen", "Time of its oldest row (UTC)."),
    ("last_seen", "Time of its newest row (UTC)."),
];

/// One line a column of `ingest_status`.
const INGEST_STATUS_LINES: [(&str, &str); 9] = [
    ("signal", "traces, logs or metrics."),
    ("table", "The table that holds the signal."),
    ("rows", "Rows stored, hot rows included."),
    ("hot_rows", "Rows that are in the write-ahead log and in memory, not yet in Parquet."),
    ("files", "Parquet files."),
    ("file_bytes", "Bytes of those files."),
    ("oldest", "Time of the oldest row (UTC); NULL when the table is empty."),
    ("newest", "Time of the newest row (UTC); NULL when the table is empty."),
    ("last_received", "When the last request was acknowledged by this process (UTC)."),
];

/// `ingest_status` of what is known about each signal.
///
/// # Errors
///
/// When the rows do not fit their own schema, which is a bug.
pub(crate) fn ingest_status(signals: &[Freshness]) -> Result<Arc<dyn TableProvider>> {
    let texts = |text: fn(Signal) -> &'static str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(signals.iter().map(|one| text(one.signal))))
    };
    let numbers = |number: fn(&Freshness) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(signals.iter().map(number)))
    };
    let times = |time: fn(&Freshness) -> Option<Nanos>| -> ArrayRef {
        let micros = signals.iter().map(|one| time(one).map(Nanos::micros));
        Arc::new(TimestampMicrosecondArray::from_iter(micros).with_timezone("UTC"))
    };
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("signal", texts(Signal::as_str), false),
        ("table", texts(Signal::table), false),
        ("rows", numbers(|one| one.rows), false),
        ("hot_rows", numbers(|one| one.hot_rows), false),
        ("files", numbers(|one| one.files), false),
        ("file_bytes", numbers(|one| one.file_bytes), false),
        ("oldest", times(|one| one.oldest_unix_nano), true),
        ("newest", times(|one| one.newest_unix_nano), true),
        ("last_received", times(|one| one.last_received_unix_nano), true),
    ])?;
    Ok(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?))
}

/// One line a column of a view.
pub(crate) fn lines(view: &str) -> &'static [(&'static str, &'static str)] {
    if view == SERVICES.name { &SERVICES_LINES } else { &INGEST_STATUS_LINES }
}
