//! Who sends telemetry, and how fresh it is.

use arrow::array::AsArray;
use arrow::compute::{max, min};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::scalar::ScalarValue;
use ingest_model::{Nanos, Signal};
use ingest_store::{TableSnapshot, schema};
use query_api::{Freshness, Service, Services};

use crate::error::QueryError;
use crate::failure::START_NS;
use crate::read;
use crate::session::Sessions;

/// Services an answer lists at most.
const SERVICES: usize = 10_000;

fn query() -> String {
    format!(
        "
    SELECT service_name, sum(spans), sum(errors), sum(logs), max(last)
    FROM (
        SELECT service_name, count(*) AS spans, count(*) FILTER (WHERE status_code = 'ERROR') AS errors, 0 AS logs,
               max({START_NS}) AS last
        FROM stored.spans
        WHERE start_time >= $1 AND start_time <= $2 AND {START_NS} >= $3 AND {START_NS} < $4
        GROUP BY service_name
        UNION ALL
        SELECT service_name, 0, 0, count(*), CAST(max(time) AS BIGINT) * 1000
        FROM stored.logs
        WHERE time >= $1 AND time < $2
        GROUP BY service_name
    ) AS parts
    GROUP BY service_name
    ORDER BY 2 DESC, 4 DESC, 1"
    )
}

/// The services of a time range; an open end means as far as anything is stored.
pub(crate) async fn services(
    sessions: &Sessions,
    from: Option<Nanos>,
    to: Option<Nanos>,
) -> Result<Services, QueryError> {
    let session = sessions.open()?;
    let freshness = freshness(&session.snapshots)?;
    let (oldest, newest) = extent(&freshness);
    let (from, to) = (from.unwrap_or(oldest), to.unwrap_or(newest));
    let batches = read::rows(&session, &query(), time_range(from, to), SERVICES).await?;
    let mut services = Vec::new();
    for batch in &batches {
        services.extend((0..batch.num_rows()).map(|row| service(batch, row)));
    }
    Ok(Services { from, to, services, freshness })
}

/// The bounds of a time range, as the microseconds that choose files and as the nanoseconds that
/// are exact.
pub(crate) fn time_range(from: Nanos, to: Nanos) -> Vec<ScalarValue> {
    let micros = |time: Nanos| ScalarValue::TimestampMicrosecond(Some(time.micros()), Some("UTC".into()));
    vec![micros(from), micros(to), ScalarValue::Int64(Some(from.0)), ScalarValue::Int64(Some(to.0))]
}

/// From the oldest row to just after the newest. Snapshots know microseconds.
fn extent(freshness: &[Freshness]) -> (Nanos, Nanos) {
    let dated = || freshness.iter().filter(|one| one.signal != Signal::Metrics);
    let oldest = dated().filter_map(|one| one.oldest_unix_nano).min().unwrap_or_default();
    let newest = dated().filter_map(|one| one.newest_unix_nano).max().unwrap_or_default();
    (oldest, newest.plus(Nanos::PER_MICRO))
}

fn service(batch: &RecordBatch, row: usize) -> Service {
    let number = |column: usize| batch.column(column).as_primitive::<Int64Type>().value(row);
    Service {
        service_name: read::text(batch.column(0).as_ref(), row),
        spans: number(1),
        error_spans: number(2),
        logs: number(3),
        last_seen_unix_nano: Nanos(number(4)),
    }
}

/// How much of each signal is stored and how new it is, from what snapshots know without I/O.
///
/// # Errors
///
/// When hot rows are not in their stored schema, which is a bug of the store.
pub(crate) fn freshness(snapshots: &[(Signal, TableSnapshot)]) -> Result<Vec<Freshness>> {
    snapshots.iter().map(|(signal, snapshot)| of_table(*signal, snapshot)).collect()
}

fn of_table(signal: Signal, snapshot: &TableSnapshot) -> Result<Freshness> {
    let files = snapshot.files.as_ref();
    let mut times: Vec<i64> = files.iter().flat_map(|file| [file.min_time_us, file.max_time_us]).collect();
    let mut hot_rows = 0;
    for batch in &snapshot.hot {
        let column = batch.schema_ref().index_of(schema::table(signal).time_column)?;
        let time = batch.column(column).as_primitive::<TimestampMicrosecondType>();
        times.extend(min(time).into_iter().chain(max(time)));
        hot_rows += time.len();
    }
    let nanos = |micros: &i64| Nanos(micros.saturating_mul(Nanos::PER_MICRO));
    let hot_rows = count(hot_rows as u64);
    Ok(Freshness {
        signal,
        rows: count(files.iter().map(|file| file.rows).sum()).saturating_add(hot_rows),
        hot_rows,
        files: count(files.len() as u64),
        file_bytes: count(files.iter().map(|file| file.size_bytes).sum()),
        oldest_unix_nano: times.iter().min().map(nanos),
        newest_unix_nano: times.iter().max().map(nanos),
        last_received_unix_nano: snapshot.last_received,
    })
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
