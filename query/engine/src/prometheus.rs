//! Metrics as PromQL asks for them.
//!
//! First it is read which metrics there are; their names become Prometheus' names, so that what a matcher says of the
//! name tells which metrics to read. Then their points are read, with these names and the time range pushed down to the
//! scan, and become series. Golden signals and calls between services are metrics too (`derived`), and so are the
//! resources metrics come from (`target`). The evaluation itself is `query-promql`'s.

mod derived;
mod exemplars;
mod points;
mod target;

use std::collections::{BTreeMap, BTreeSet};

use datafusion::scalar::ScalarValue;
use ingest_model::{Nanos, Signal};
use query_api::ErrorKind;
use query_promql::otlp::{Kind, Metric, family};
use query_promql::{
    Answer, Labels, Limits, METRIC_NAME, Matcher, Need, PromqlError, Query, Series, Source, Test, Times,
};

use crate::cooperate::Wanted;
use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::{Session, Sessions};
pub(crate) use exemplars::exemplars;
pub use exemplars::{Exemplar, ExemplarsQuestion, SeriesExemplars};
pub(crate) use points::figures;

/// Metrics told at most.
const METRICS: usize = 100_000;

/// Samples of series read at most for one question: about 400 MB of them.
const SAMPLES: usize = 5_000_000;

/// Series whose labels are told at most.
const SERIES: usize = 100_000;

const MILLI: i64 = 1_000_000;

/// A question in PromQL.
#[derive(Debug, Clone)]
pub struct PromqlQuestion {
    /// What is asked.
    pub query: Query,
    /// When it is evaluated; `step` is `None` for the moment `start` alone. Milliseconds since 1970.
    pub start: i64,
    /// The end of a range.
    pub end: i64,
    /// From one moment of a range to the next.
    pub step: Option<i64>,
}

/// Which series' labels are asked for.
#[derive(Debug, Clone)]
pub struct LabelsQuestion {
    /// Series that fit all matchers of any of these lists; every series without a list.
    pub selectors: Vec<Vec<Matcher>>,
    /// Series with points from here on.
    pub from: Nanos,
    /// Series with points before this.
    pub to: Nanos,
}

/// A metric under its name in PromQL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricFamily {
    /// Its name, without the endings of its series.
    pub name: String,
    /// Its series.
    pub series: Vec<String>,
    /// What Prometheus calls its kind.
    pub kind: &'static str,
    /// What it measures, as its sender says.
    pub help: String,
    /// Its unit (UCUM).
    pub unit: String,
}

/// The series of every selector, by its id.
struct Read(Vec<Vec<Series>>);

impl Source for Read {
    fn series(&self, need: &Need) -> &[Series] {
        self.0.get(need.id).map_or(&[], Vec::as_slice)
    }
}

/// Reads the series a question needs and evaluates it.
pub(crate) async fn answer(
    sessions: &Sessions,
    question: &PromqlQuestion,
    wanted: &Wanted,
) -> Result<Result<Answer, PromqlError>, QueryError> {
    answer_in(&sessions.open()?, question, wanted).await
}

/// The same, in a session there is.
pub(crate) async fn answer_in(
    session: &Session,
    question: &PromqlQuestion,
    wanted: &Wanted,
) -> Result<Result<Answer, PromqlError>, QueryError> {
    session.provide(Signal::Metrics.table()).await?;
    let times = Times { start: question.start, end: question.end, step: question.step.unwrap_or(1) };
    let needs = question.query.needs(times);
    let mut read = Read(vec![Vec::new(); question.query.selectors()]);
    let range = needs.iter().map(|need| need.after).min().zip(needs.iter().map(|need| need.until).max());
    if let Some((after, until)) = range {
        let known = metrics(session, instant(after, 1), instant(until, 1)).await?;
        let mut left = SAMPLES;
        for need in &needs {
            let series = series(session, &known, need, left).await?;
            left = left.saturating_sub(series.iter().map(cost).sum());
            read.0[need.id] = series;
        }
    }
    let canceled = || wanted.is_over();
    // It computes and does not wait, so others of the engine's work go to another thread meanwhile.
    Ok(tokio::task::block_in_place(|| match question.step {
        None => question.query.instant(question.start, &read, Limits::default(), &canceled),
        Some(_) => question.query.range(times, &read, Limits::default(), &canceled),
    }))
}

/// The labels of series.
pub(crate) async fn labels(sessions: &Sessions, question: &LabelsQuestion) -> Result<Vec<Labels>, QueryError> {
    let session = sessions.open()?;
    session.provide(Signal::Metrics.table()).await?;
    let known = metrics(&session, question.from, question.to).await?;
    let mut found = BTreeSet::new();
    let all = [Vec::new()];
    let selectors: &[Vec<Matcher>] = if question.selectors.is_empty() { &all } else { &question.selectors };
    for matchers in selectors {
        let (from, to) = (question.from, question.to);
        found.extend(points::labels(&session, &known, matchers, from, to).await?);
        found.extend(derived::labels(&session, &known, matchers, from, to).await?);
        found.extend(target::labels(&session, matchers, from, to).await?);
    }
    Ok(found.into_iter().collect())
}

/// The metrics, by their names in PromQL.
pub(crate) async fn families(sessions: &Sessions, from: Nanos, to: Nanos) -> Result<Vec<MetricFamily>, QueryError> {
    let session = sessions.open()?;
    session.provide(Signal::Metrics.table()).await?;
    let told = |(metric, help): (Metric, String)| MetricFamily {
        name: family(&metric),
        series: metric.series_names(),
        kind: metric.kind.prometheus(),
        help,
        unit: metric.unit,
    };
    let known = metrics(&session, from, to).await?;
    let mut families: BTreeSet<MetricFamily> =
        derived::families(&session, &known, from, to).await?.into_iter().collect();
    if !known.is_empty() {
        families.insert(target::family());
    }
    families.extend(known.into_iter().map(told));
    Ok(families.into_iter().collect())
}

/// The series of a need, sorted by their labels.
async fn series(
    session: &Session,
    known: &BTreeMap<Metric, String>,
    need: &Need,
    most: usize,
) -> Result<Vec<Series>, QueryError> {
    let mut all = points::read(session, known, need, most).await?;
    let left = most.saturating_sub(all.iter().map(cost).sum());
    all.extend(derived::read(session, known, need, left).await?);
    let left = most.saturating_sub(all.iter().map(cost).sum());
    all.extend(target::read(session, need, left).await?);
    all.sort_by(|one, other| one.labels.cmp(&other.labels));
    all.dedup_by(|one, other| one.labels == other.labels);
    Ok(all)
}

fn cost(series: &Series) -> usize {
    series.samples.iter().map(|sample| sample.value.cost()).sum()
}

/// Every metric of a time range and what its sender says of it.
async fn metrics(session: &Session, from: Nanos, to: Nanos) -> Result<BTreeMap<Metric, String>, QueryError> {
    let query = "SELECT metric_name, metric_type, unit, temporality, is_monotonic, max(description) AS description
         FROM metrics WHERE time >= $1 AND time < $2 AND metric_type IS NOT NULL GROUP BY 1, 2, 3, 4, 5";
    let mut metrics = BTreeMap::new();
    for batch in read::rows(session, query, vec![micros(from), micros(to)], METRICS).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            if let Some(metric) = metric(&columns, row) {
                metrics.insert(metric, columns.text("description", row));
            }
        }
    }
    Ok(metrics)
}

/// The metric a row belongs to; `None` for a kind nobody knows.
fn metric(columns: &Columns<'_>, row: usize) -> Option<Metric> {
    let kind = match columns.text("metric_type", row).as_str() {
        "sum" if columns.boolean("is_monotonic", row) => Kind::Counter,
        "gauge" | "sum" => Kind::Gauge,
        "histogram" => Kind::Histogram,
        "exponential_histogram" => Kind::Exponential,
        "summary" => Kind::Summary,
        _ => return None,
    };
    let is_delta = columns.text("temporality", row) == "DELTA";
    Some(Metric { name: columns.text("metric_name", row), unit: columns.text("unit", row), kind, is_delta })
}

/// The names of the metrics that have a series whose name fits.
fn named(known: &BTreeMap<Metric, String>, matchers: &[Matcher]) -> Vec<String> {
    let of_name = |matcher: &&Matcher| matcher.name == METRIC_NAME;
    let fits = |name: &String| matchers.iter().filter(of_name).all(|matcher| matcher.test.fits(name));
    let fitting = known.keys().filter(|metric| metric.series_names().iter().any(fits));
    let names: BTreeSet<String> = fitting.map(|metric| metric.name.clone()).collect();
    names.into_iter().collect()
}

/// The service all series that fit belong to, where a matcher of `job` tells.
fn service(matchers: &[Matcher]) -> Option<&str> {
    let told = matchers.iter().find_map(|matcher| match &matcher.test {
        Test::Equal(job) if matcher.name == "job" && !job.is_empty() => Some(job.as_str()),
        _ => None,
    });
    // With a slash it may be a namespace and a name, and either may hold one.
    told.filter(|job| !job.contains('/'))
}

/// `later` milliseconds after a time in milliseconds.
const fn instant(millis: i64, later: i64) -> Nanos {
    Nanos(millis.saturating_add(later).saturating_mul(MILLI))
}

fn too_many(what: &str, most: usize) -> QueryError {
    let message = format!("the question needs more than {most} {what}");
    QueryError::new(ErrorKind::ResourceLimit, message, "narrow the time range, or select fewer series")
}

fn text(value: &str) -> ScalarValue {
    ScalarValue::Utf8View(Some(value.to_owned()))
}
