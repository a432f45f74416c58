//! What services did, minute by minute, in the window of a matter and in the one before it.
//!
//! *Self time* and *own errors* tell a service that is at fault from one that waits for another.
//! Self time is the time in the spans of a service that no child covers: the union of the children's
//! intervals, cut to their parent, is taken off each span, exactly. What a client's span waits
//! for outside the server's span it caused (the wire, a queue) counts for neither side. It is told
//! for each request the service was asked; of a service nobody asks, for each of its spans. A span
//! is an own error when it failed and no direct child of it did.

mod measured;

use ingest_model::Nanos;

use crate::error::QueryError;
use crate::failure::{FAILED, IS_ENTRY, SERVICE, START_NS, micros};
use crate::logical::golden_signals::GOLDEN_SIGNALS;
use crate::read::{self, Columns};
use crate::session::{Session, Sessions};
use crate::windows::Windows;
use measured::{Part, Services};

/// Minutes of services that are read at most, of each window and source.
const ROWS: usize = 1_000_000;

/// How far outside a window children of its spans start at most.
const APART_NS: i64 = 10_000_000_000;

/// What is measured of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeriesSignal {
    /// Nanoseconds in its spans that no child covers, for each request it was asked.
    SelfTime,
    /// Share of its spans that failed although no child of theirs did, 0 to 1.
    OwnErrors,
    /// Share of its scarcest resource in use, 0 to 1, as golden signals tell it.
    Saturation,
    /// Mean duration of the requests it was asked, in nanoseconds.
    Latency,
    /// Share of the requests it was asked that failed, 0 to 1.
    Errors,
}

/// One signal of one service in both windows: a value a minute, of minutes that have one.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceSeries {
    /// Name of the service.
    pub service: String,
    /// What was measured.
    pub signal: SeriesSignal,
    /// Before the matter.
    pub baseline: Vec<f64>,
    /// During the matter.
    pub fault: Vec<f64>,
}

/// Minutes of spans that are joined at once: parents meet their children in memory.
const CHUNK_NS: i64 = 5 * 60 * 1_000_000_000;

/// Self times and own errors. `$1` and `$2` are the window, `$3` and `$4` the widened one.
fn inner_query() -> String {
    format!(
        "WITH span AS (
             SELECT DISTINCT trace_id, span_id, parent_span_id, start_time, {START_NS} AS start_ns,
                    {START_NS} + greatest(duration_ns, 0) AS end_ns,
                    {SERVICE} AS service, kind, {IS_ENTRY} AS entry, {FAILED} AS failed
             FROM stored.spans WHERE start_time >= $3 AND start_time < $4
         ), child AS (
             SELECT parent.trace_id, parent.span_id, parent.start_ns AS parent_ns, parent.kind AS parent_kind,
                    greatest(child.start_ns, parent.start_ns) AS start_ns, least(child.end_ns, parent.end_ns) AS end_ns,
                    child.failed, child.entry
             FROM span AS parent
             JOIN span AS child ON child.trace_id = parent.trace_id AND child.parent_span_id = parent.span_id
             WHERE parent.start_time >= $1 AND parent.start_time < $2
         ), reached AS (
             SELECT *, max(end_ns) OVER (
                 PARTITION BY trace_id, span_id, parent_ns, parent_kind ORDER BY start_ns, end_ns
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached_ns
             FROM child
         ), children AS (
             SELECT trace_id, span_id, parent_ns, parent_kind, bool_or(failed) AS failed, bool_or(entry) AS answered,
                    sum(greatest(end_ns - greatest(start_ns, coalesce(reached_ns, start_ns)), 0)) AS covered_ns
             FROM reached GROUP BY 1, 2, 3, 4
         )
         SELECT date_bin(INTERVAL '1 minute', span.start_time) AS minute, span.service,
                count(*) AS spans, count(*) FILTER (WHERE span.entry) AS entries,
                sum(CASE WHEN span.kind IN ('CLIENT', 'PRODUCER') AND coalesce(children.answered, false) THEN 0
                         ELSE span.end_ns - span.start_ns - coalesce(children.covered_ns, 0) END) AS self_ns,
                count(*) FILTER (WHERE span.failed AND NOT coalesce(children.failed, false)) AS own_errors
         FROM span LEFT JOIN children
           ON children.trace_id = span.trace_id AND children.span_id = span.span_id
              AND children.parent_ns = span.start_ns AND children.parent_kind = span.kind
         WHERE span.start_time >= $1 AND span.start_time < $2
         GROUP BY 1, 2"
    )
}

/// What users feel, of the window from `$1` to `$2`.
fn outer_query() -> String {
    format!(
        "SELECT minute, service_name AS service, {IS_ENTRY} AS entry, sum(requests) AS requests, sum(errors) AS errors,
                CAST(sum(spans) AS DOUBLE) AS spans, CAST(sum(duration_sum_ns) AS DOUBLE) AS duration_ns,
                max(saturation) AS saturation
         FROM golden_signals WHERE minute >= $1 AND minute < $2 GROUP BY 1, 2, 3"
    )
}

/// What spans tell of whole minutes.
async fn measure_spans(session: &Session, from: Nanos, to: Nanos, services: &mut Services) -> Result<(), QueryError> {
    let values = [from, to, from.plus(-APART_NS), to.plus(APART_NS)].map(micros);
    for batch in read::rows(session, &inner_query(), values.to_vec(), ROWS).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let count = |name: &str| columns.int(name, row) as f64;
            let minute = services.at(columns.text("service", row), columns.nanos("minute", row));
            minute.spans = count("spans");
            minute.entries = count("entries");
            minute.self_ns = count("self_ns");
            minute.own_errors = count("own_errors");
        }
    }
    Ok(())
}

/// The series of every service, by service and signal. Starts and the baseline's end are rounded
/// down to minutes, the end of the matter up, so that windows that meet share no minute.
///
/// # Errors
///
/// `ResourceLimit` when there are more minutes and services than are compared at once.
pub(crate) async fn service_series(sessions: &Sessions, windows: &Windows) -> Result<Vec<ServiceSeries>, QueryError> {
    let session = sessions.open()?;
    session.provide(GOLDEN_SIGNALS.name).await?;
    let Windows { from, to, baseline_from, baseline_to } = windows.in_minutes();
    let baseline = measure(&session, baseline_from, baseline_to).await?;
    let fault = measure(&session, from, to).await?;
    Ok(measured::series(&baseline, &fault))
}

async fn measure(session: &Session, from: Nanos, to: Nanos) -> Result<Services, QueryError> {
    let mut services = Services::default();
    let starts = std::iter::successors(Some(from), |start| Some(start.plus(CHUNK_NS)));
    for start in starts.take_while(|start| *start < to) {
        measure_spans(session, start, to.min(start.plus(CHUNK_NS)), &mut services).await?;
    }
    for batch in read::rows(session, &outer_query(), [from, to].map(micros).to_vec(), ROWS).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let number = |name: &str| columns.double(name, row).unwrap_or(0.0);
            let minute = services.at(columns.text("service", row), columns.nanos("minute", row));
            let part = Part {
                requests: number("requests"),
                errors: number("errors"),
                spans: number("spans"),
                duration_ns: number("duration_ns"),
            };
            minute.saturation = minute.saturation.or_else(|| columns.double("saturation", row));
            *(if columns.boolean("entry", row) { &mut minute.entry } else { &mut minute.other }) = part;
        }
    }
    Ok(services)
}
