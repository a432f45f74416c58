//! Exemplars of PromQL's series: measurements that were sampled with the points of metrics, and the slowest spans behind
//! the durations of golden signals.

use std::collections::BTreeMap;

use ingest_model::Nanos;
use query_promql::otlp::{self, Kind, Metric, family};
use query_promql::{Labels, METRIC_NAME, Matcher, Query, Test, Times, number};

use super::points::{IDENTITY, Seen, doubles, filter, plain};
use super::{derived, instant, metric, text, too_many};
use crate::error::QueryError;
use crate::failure::{SERVICE, START_NS, micros};
use crate::read::{self, Columns};
use crate::session::{Session, Sessions};

/// Exemplars told at most.
const MOST: usize = 10_000;

/// How much later than an exemplar its point may come, in milliseconds.
const LATE: i64 = 15 * 60_000;

/// Spans that are told of an operation at most, spread evenly over the time asked for.
const SPREAD: i64 = 60;

const MINUTE: i64 = 60_000;

/// Which exemplars are asked for.
#[derive(Debug, Clone)]
pub struct ExemplarsQuestion {
    /// A question whose selectors say of which series.
    pub query: Query,
    /// Measured at this time or later; milliseconds since 1970.
    pub start: i64,
    /// Measured at this time or before.
    pub end: i64,
}

/// The exemplars of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesExemplars {
    /// Which series.
    pub series: Labels,
    /// By time.
    pub exemplars: Vec<Exemplar>,
}

/// A measurement that was sampled.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub struct Exemplar {
    /// When it was measured; milliseconds since 1970.
    pub at: i64,
    /// What was measured.
    pub value: f64,
    /// `trace_id`, `span_id` and what its point left out.
    pub labels: Labels,
}

/// What was found: exemplars by series, time and labels, each once.
#[derive(Debug, Default)]
struct Found {
    series: BTreeMap<Labels, BTreeMap<(i64, Labels), f64>>,
    count: usize,
}

/// The exemplars of every selector of a question, by series.
///
/// # Errors
///
/// `ResourceLimit` when there are more than are told at once.
pub(crate) async fn exemplars(
    sessions: &Sessions,
    question: &ExemplarsQuestion,
) -> Result<Vec<SeriesExemplars>, QueryError> {
    let session = sessions.open()?;
    session.provide("metrics").await?;
    let times = Times { start: question.start, end: question.end, step: 1 };
    let (from, to) = (instant(question.start, 0), instant(question.end, LATE + 1));
    let known = super::metrics(&session, from, to).await?;
    let mut found = Found::default();
    for need in question.query.needs(times) {
        sent(&session, &known, &need.matchers, question, &mut found).await?;
        if let Some((unit_nanos, names)) = derived::durations(&known, &need.matchers) {
            spans(&session, &need.matchers, (unit_nanos, &names), question, &mut found).await?;
        }
    }
    Ok(found.into_series())
}

/// Those that were sent with points.
async fn sent(
    session: &Session,
    known: &BTreeMap<Metric, String>,
    matchers: &[Matcher],
    question: &ExemplarsQuestion,
    found: &mut Found,
) -> Result<(), QueryError> {
    let (from, to) = (instant(question.start, 0), instant(question.end, LATE + 1));
    let Some((filter, values)) = filter(known, matchers, from, to) else { return Ok(()) };
    let query =
        format!("SELECT {IDENTITY}, explicit_bounds, exemplars FROM metrics WHERE {filter} AND exemplars IS NOT NULL");
    let mut seen = Seen::default();
    read::each(session, &query, values, |batch| {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let Some(metric) = metric(&columns, row) else { continue };
            let labels = seen.labels(&columns, row);
            let bounds = doubles(&batch, "explicit_bounds", row);
            for exemplar in parsed(&columns.text("exemplars", row)) {
                let Some(series) = series(&metric, &labels, &bounds, exemplar.value) else { continue };
                let is_asked = (question.start..=question.end).contains(&exemplar.at);
                if is_asked && matchers.iter().all(|matcher| matcher.fits(&series)) {
                    found.add(series, exemplar)?;
                }
            }
        }
        Ok(())
    })
    .await
}

/// The series that an exemplar of a point belongs to: of a histogram that of its bucket.
fn series(metric: &Metric, labels: &Labels, bounds: &[f64], value: f64) -> Option<Labels> {
    let name = family(metric);
    match metric.kind {
        Kind::Gauge | Kind::Counter | Kind::Exponential => Some(labels.with(METRIC_NAME, &name)),
        Kind::Histogram => {
            let bound = bounds.iter().find(|bound| value <= **bound).copied().unwrap_or(f64::INFINITY);
            Some(labels.with(METRIC_NAME, &format!("{name}_bucket")).with("le", &number(bound)))
        }
        Kind::Summary => None,
    }
}

/// The exemplars of a point that have a value.
fn parsed(json: &str) -> Vec<Exemplar> {
    let listed: Vec<serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    let exemplar = |one: &serde_json::Value| {
        let nanos: i64 = one.get("time_unix_nano")?.as_str()?.parse().ok()?;
        let filtered = one.get("filtered_attributes").and_then(serde_json::Value::as_object);
        let attributes = filtered.into_iter().flatten().map(|(name, value)| (name.as_str(), plain(value)));
        let labels = otlp::labels(attributes, |_| None);
        let id = |name: &str| one.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let labels = labels.with("trace_id", id("trace_id")).with("span_id", id("span_id"));
        let value = one.get("value")?;
        // What JSON has no number for is a text.
        let value = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
        Some(Exemplar { at: nanos.div_euclid(1_000_000), value, labels })
    };
    listed.iter().filter_map(exemplar).collect()
}

/// The slowest span of every operation and stretch of time.
async fn spans(
    session: &Session,
    matchers: &[Matcher],
    (unit_nanos, names): (f64, &[String]),
    question: &ExemplarsQuestion,
    found: &mut Found,
) -> Result<(), QueryError> {
    let length = question.end.saturating_sub(question.start).div_euclid(SPREAD).max(MINUTE).div_euclid(1_000);
    let mut values = vec![micros(instant(question.start, 0)), micros(instant(question.end, 1))];
    let mut filter = "start_time >= $1 AND start_time < $2".to_owned();
    for (label, column) in [("service_name", SERVICE), ("span_name", "name")] {
        let told = matchers.iter().find_map(|matcher| match &matcher.test {
            Test::Equal(value) if matcher.name == label && !value.is_empty() => Some(value),
            _ => None,
        });
        if let Some(value) = told {
            values.push(text(value));
            filter.push_str(&format!(" AND {column} = ${}", values.len()));
        }
    }
    let query = format!(
        "SELECT service, operation, kind, max(duration) AS duration,
                first_value(trace_id ORDER BY duration DESC, trace_id, span_id) AS trace_id,
                first_value(span_id ORDER BY duration DESC, trace_id, span_id) AS span_id,
                first_value(start_ns ORDER BY duration DESC, trace_id, span_id) AS start_ns
         FROM (
             SELECT {SERVICE} AS service, name AS operation, kind, greatest(duration_ns, 0) AS duration,
                    encode(trace_id, 'hex') AS trace_id, encode(span_id, 'hex') AS span_id, {START_NS} AS start_ns,
                    date_bin(INTERVAL '{length} seconds', start_time) AS stretch
             FROM stored.spans WHERE {filter}
         ) AS spans GROUP BY service, operation, kind, stretch"
    );
    read::each(session, &query, values, |batch| {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let nanos = columns.int("duration", row) as f64;
            let ids = ["trace_id", "span_id"].map(|name| (name, columns.text(name, row)));
            let exemplar = Exemplar {
                at: Nanos(columns.int("start_ns", row)).0.div_euclid(1_000_000),
                value: nanos / unit_nanos,
                labels: Labels::new(ids),
            };
            let told = ["service", "operation", "kind"].map(|name| columns.text(name, row));
            for series in derived::of_operation(told, names, nanos) {
                if matchers.iter().all(|matcher| matcher.fits(&series)) {
                    found.add(series, exemplar.clone())?;
                }
            }
        }
        Ok(())
    })
    .await
}

// === impl Found ===

impl Found {
    fn add(&mut self, series: Labels, exemplar: Exemplar) -> Result<(), QueryError> {
        let of_series = self.series.entry(series).or_default();
        if of_series.insert((exemplar.at, exemplar.labels), exemplar.value).is_none() {
            self.count += 1;
        }
        if self.count > MOST { Err(too_many("exemplars", MOST)) } else { Ok(()) }
    }

    fn into_series(self) -> Vec<SeriesExemplars> {
        let exemplar = |((at, labels), value)| Exemplar { at, value, labels };
        let series = |(series, exemplars): (_, BTreeMap<_, _>)| SeriesExemplars {
            series,
            exemplars: exemplars.into_iter().map(exemplar).collect(),
        };
        self.series.into_iter().map(series).collect()
    }
}
