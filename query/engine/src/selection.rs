//! Which spans are compared: events of an indicator, or what a service was asked.

use datafusion::scalar::ScalarValue;
use ingest_model::Nanos;
use ingest_signals::RELATIVE_ERROR;

use crate::error::QueryError;
use crate::events::{Events, Good, expression};
use crate::failure::{FAILED, IS_ENTRY, SERVICE, START_NS, micros};
use crate::logical::golden_signals::GOLDEN_SIGNALS;
use crate::read::{self, Columns};
use crate::session::Session;
use crate::windows::Windows;
use crate::{fence, question};

/// Which spans are compared, and which of those are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Events of an indicator, good as it says.
    Indicator(Events),
    /// What others asked of this service (`SERVER` and `CONSUMER` spans), or all its spans where
    /// nobody asked it anything. One is bad when it failed, by the rule of golden signals, or took
    /// longer, by more than a sketch errs (2.2 %), than 99 % of the requests of the same operation in
    /// the baseline's window.
    Service(String),
    /// Two groups of spans: those of the second are the good ones. A span of both counts in the second.
    Groups(Group, Group),
}

/// Spans that a predicate holds for, in a time range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// SQL over a row of `spans`.
    pub filter: String,
    /// Start of the range, inclusive.
    pub from: Nanos,
    /// End of the range, exclusive.
    pub to: Nanos,
}

/// A query for the spans of a window: `trace_id` in hex, `span_id`, `start_ns` and `good`. `$1` and
/// `$2` are the window.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) query: String,
    more: Vec<ScalarValue>,
}

/// The spans of both groups; those of the second are the good ones.
fn between(left: &Group, right: &Group) -> Result<Events, QueryError> {
    let (left, right) = (left.condition()?, right.condition()?);
    Ok(Events { among: format!("{left} OR {right}"), good: Good::Holds(right) })
}

// === impl Group ===

impl Group {
    /// The predicate and the range as one.
    fn condition(&self) -> Result<String, QueryError> {
        let filter = expression(&self.filter)?;
        let (from, to) = (self.from.0, self.to.0);
        Ok(format!("(({filter}) AND start_time_unix_nano >= {from} AND start_time_unix_nano < {to})"))
    }
}

// === impl Selected ===

impl Selected {
    /// The query, for which the session then has all tables.
    ///
    /// # Errors
    ///
    /// `BadRequest` for texts that are no SQL over spans.
    pub(crate) async fn of(session: &Session, selection: &Selection, windows: &Windows) -> Result<Self, QueryError> {
        match selection {
            Selection::Indicator(events) => Self::of_events(session, events).await,
            Selection::Groups(left, right) => Self::of_events(session, &between(left, right)?).await,
            Selection::Service(service) => Self::of_service(session, service, windows).await,
        }
    }

    async fn of_events(session: &Session, events: &Events) -> Result<Self, QueryError> {
        let query = events.each()?;
        question::provide_tables(session, &fence::admit(&query)?).await?;
        Ok(Self { query, more: Vec::new() })
    }

    async fn of_service(session: &Session, service: &str, windows: &Windows) -> Result<Self, QueryError> {
        session.provide(GOLDEN_SIGNALS.name).await?;
        let windows = windows.in_minutes();
        let among = if is_asked(session, service, &windows).await? { IS_ENTRY } else { "true" };
        // A quantile may be told too short; what takes as long as ever is not slow.
        let longer = 1.0 + 2.0 * RELATIVE_ERROR;
        let query = format!(
            "SELECT encode(span.trace_id, 'hex') AS trace_id, encode(span.span_id, 'hex') AS span_id, span.start_ns,
                    bool_or(NOT (span.failed OR coalesce(span.duration_ns > {longer} * usual.p99_ns, false))) AS good
             FROM (
                 SELECT trace_id, span_id, {START_NS} AS start_ns, duration_ns, coalesce(name, '') AS operation,
                        coalesce(kind, '') AS kind, {FAILED} AS failed
                 FROM stored.spans
                 WHERE start_time >= $1 AND start_time < $2 AND {SERVICE} = $3 AND {among}
             ) AS span
             LEFT JOIN (
                 SELECT coalesce(operation, '') AS operation, coalesce(kind, '') AS kind,
                        quantile(merge_latency(latency), 0.99) AS p99_ns
                 FROM golden_signals
                 WHERE service_name = $3 AND source = 'spans' AND minute >= $4 AND minute < $5
                 GROUP BY 1, 2
             ) AS usual ON usual.operation = span.operation AND usual.kind = span.kind
             GROUP BY 1, 2, 3"
        );
        let (from, to) = (micros(windows.baseline_from), micros(windows.baseline_to));
        Ok(Self { query, more: vec![ScalarValue::from(service), from, to] })
    }

    /// The values of the query's places.
    pub(crate) fn values(&self, from: Nanos, to: Nanos) -> Vec<ScalarValue> {
        let mut values: Vec<ScalarValue> = [from, to].map(micros).into();
        values.extend(self.more.iter().cloned());
        values
    }
}

/// Whether anybody asked the service anything, in either window.
async fn is_asked(session: &Session, service: &str, windows: &Windows) -> Result<bool, QueryError> {
    let query = format!(
        "SELECT count(*) AS entries FROM golden_signals
         WHERE service_name = $1 AND {IS_ENTRY} AND requests > 0
           AND (minute >= $2 AND minute < $3 OR minute >= $4 AND minute < $5)"
    );
    let times = [windows.from, windows.to, windows.baseline_from, windows.baseline_to].map(micros);
    let values = std::iter::once(ScalarValue::from(service)).chain(times).collect();
    let batches = read::rows(session, &query, values, 1).await?;
    Ok(batches.iter().any(|batch| Columns::new(batch).int("entries", 0) > 0))
}
