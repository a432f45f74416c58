//! The golden signals of a service, minute by minute and by operation.

use std::collections::BTreeMap;

use arrow::record_batch::RecordBatch;
use datafusion::scalar::ScalarValue;
use ingest_model::Nanos;
use query_api::{OperationSignals, SignalMinute, Signals, SignalsQuestion};

use crate::error::QueryError;
use crate::failure::{IS_ENTRY, micros};
use crate::logical::golden_signals::GOLDEN_SIGNALS;
use crate::read::{self, Columns};
use crate::session::{Session, Sessions};

/// Minutes an answer has at most: four weeks of them, with and without entries.
const MINUTES: usize = 2 * 28 * 24 * 60;

/// Operations an answer lists at most.
const OPERATIONS: usize = 1_000;

/// How far back a question without a start looks.
const LOOK_BACK_NS: i64 = 3_600 * 1_000_000_000;

const NEWEST: &str = "SELECT max(minute) AS newest FROM golden_signals WHERE service_name = $1";

const QUANTILES: &str = "quantile(merge_latency(latency), 0.5) AS p50_ns,
    quantile(merge_latency(latency), 0.95) AS p95_ns, quantile(merge_latency(latency), 0.99) AS p99_ns";

/// The signals of a service.
///
/// # Errors
///
/// `ResourceLimit` when the range has more minutes than are told at once.
pub(crate) async fn signals(sessions: &Sessions, question: &SignalsQuestion) -> Result<Signals, QueryError> {
    in_session(&sessions.open()?, question).await
}

/// The signals of a service, in a session there is.
///
/// # Errors
///
/// As [`signals`].
pub(crate) async fn in_session(session: &Session, question: &SignalsQuestion) -> Result<Signals, QueryError> {
    session.provide(GOLDEN_SIGNALS.name).await?;
    let (from, to) = range(session, question).await?;
    let values = || vec![ScalarValue::from(question.service.as_str()), micros(from), micros(to)];
    let by_minute = format!(
        "SELECT minute, {IS_ENTRY} AS entry, sum(requests) AS requests, sum(errors) AS errors, {QUANTILES},
                max(saturation) AS saturation
         FROM golden_signals WHERE service_name = $1 AND minute >= $2 AND minute < $3
         GROUP BY 1, 2 ORDER BY 1"
    );
    let batches = read::rows(session, &by_minute, values(), MINUTES).await?;
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| minute(batch, row)));
    let (entries_only, merged) = of_service(rows.collect());
    let by_operation = format!(
        "SELECT operation, kind, sum(requests) AS requests, sum(errors) AS errors, {QUANTILES}
         FROM golden_signals WHERE service_name = $1 AND minute >= $2 AND minute < $3 AND source = 'spans'
         GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT {OPERATIONS}"
    );
    let batches = read::rows(session, &by_operation, values(), OPERATIONS).await?;
    let operations = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| operation(batch, row)));
    let (service, operations) = (question.service.clone(), operations.collect());
    Ok(Signals { service, from, to, entries_only, minutes: merged, operations, bands: Vec::new() })
}

/// The signals of every service from `from` (inclusive) to `to` (exclusive), by service.
///
/// # Errors
///
/// `ResourceLimit` when there are more minutes than are told at once.
pub(crate) async fn of_all(sessions: &Sessions, from: Nanos, to: Nanos) -> Result<Vec<Signals>, QueryError> {
    let session = sessions.open()?;
    session.provide(GOLDEN_SIGNALS.name).await?;
    let micros = |time: Nanos| ScalarValue::TimestampMicrosecond(Some(time.micros()), Some("UTC".into()));
    let query = format!(
        "SELECT service_name, minute, {IS_ENTRY} AS entry, sum(requests) AS requests, sum(errors) AS errors,
                {QUANTILES}, max(saturation) AS saturation
         FROM golden_signals WHERE minute >= $1 AND minute < $2 AND service_name IS NOT NULL
         GROUP BY 1, 2, 3 ORDER BY 1, 2"
    );
    let batches = read::rows(&session, &query, vec![micros(from), micros(to)], MINUTES).await?;
    let mut services: BTreeMap<String, Vec<(bool, SignalMinute)>> = BTreeMap::new();
    for batch in &batches {
        let columns = Columns::new(batch);
        for row in 0..batch.num_rows() {
            services.entry(columns.text("service_name", row)).or_default().push(minute(batch, row));
        }
    }
    let signals = |(service, rows)| {
        let (entries_only, minutes) = of_service(rows);
        Signals { service, from, to, entries_only, minutes, ..Signals::default() }
    };
    Ok(services.into_iter().map(signals).collect())
}

/// What others asked of a service, or all it did where nobody asked anything; with its saturation.
fn of_service(rows: Vec<(bool, SignalMinute)>) -> (bool, Vec<SignalMinute>) {
    let entries_only = rows.iter().any(|(entry, minute)| *entry && minute.requests > 0.0);
    let counts = |(entry, minute): &(bool, SignalMinute)| *entry == entries_only || minute.saturation.is_some();
    let merged = merge(rows.into_iter().filter(counts).map(|(entry, minute)| {
        let other_kind = entry != entries_only;
        if other_kind { SignalMinute { saturation: minute.saturation, ..without_requests(&minute) } } else { minute }
    }));
    (entries_only, merged)
}

/// The range asked for, in whole minutes.
async fn range(session: &Session, question: &SignalsQuestion) -> Result<(Nanos, Nanos), QueryError> {
    let to = match question.to {
        Some(to) => to,
        None => newest(session, &question.service).await?,
    };
    let from = question.from.unwrap_or_else(|| to.plus(-LOOK_BACK_NS));
    Ok((from, to))
}

async fn newest(session: &Session, service: &str) -> Result<Nanos, QueryError> {
    let batches = read::rows(session, NEWEST, vec![ScalarValue::from(service)], 1).await?;
    let micros = batches.first().map_or(0, |batch| Columns::new(batch).micros("newest", 0));
    Ok(Nanos(micros.saturating_mul(Nanos::PER_MICRO)).plus(60 * 1_000_000_000))
}

fn minute(batch: &RecordBatch, row: usize) -> (bool, SignalMinute) {
    let columns = Columns::new(batch);
    let minute = SignalMinute {
        minute_unix_nano: Nanos(columns.micros("minute", row).saturating_mul(Nanos::PER_MICRO)),
        requests: columns.double("requests", row).unwrap_or(0.0),
        errors: columns.double("errors", row).unwrap_or(0.0),
        p50_ns: columns.double("p50_ns", row),
        p95_ns: columns.double("p95_ns", row),
        p99_ns: columns.double("p99_ns", row),
        saturation: columns.double("saturation", row),
    };
    (columns.boolean("entry", row), minute)
}

fn without_requests(minute: &SignalMinute) -> SignalMinute {
    SignalMinute { minute_unix_nano: minute.minute_unix_nano, ..SignalMinute::default() }
}

/// One entry a minute: saturation comes in a row of its own.
fn merge(minutes: impl Iterator<Item = SignalMinute>) -> Vec<SignalMinute> {
    let mut merged: Vec<SignalMinute> = Vec::new();
    for minute in minutes {
        match merged.last_mut().filter(|last| last.minute_unix_nano == minute.minute_unix_nano) {
            Some(last) => {
                let saturation = last.saturation.or(minute.saturation);
                let measured = if minute.requests > 0.0 { minute } else { *last };
                *last = SignalMinute { saturation, ..measured };
            }
            None => merged.push(minute),
        }
    }
    merged
}

fn operation(batch: &RecordBatch, row: usize) -> OperationSignals {
    let columns = Columns::new(batch);
    OperationSignals {
        operation: columns.text("operation", row),
        kind: columns.text("kind", row),
        requests: columns.double("requests", row).unwrap_or(0.0),
        errors: columns.double("errors", row).unwrap_or(0.0),
        p50_ns: columns.double("p50_ns", row),
        p95_ns: columns.double("p95_ns", row),
        p99_ns: columns.double("p99_ns", row),
    }
}
