//! Data points as samples, and the labels they have.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use arrow::array::AsArray;
use arrow::datatypes::{Float64Type, Int64Type};
use arrow::record_batch::RecordBatch;
use datafusion::scalar::ScalarValue;
use ingest_model::Nanos;
use query_promql::otlp::{self, Exponential, Figures, Kind, Metric, Points};
use query_promql::{Labels, Matcher, Need, Series};
use serde_json::{Map, Value};

use super::{SERIES, instant, metric, named, service, text, too_many};
use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::Session;

/// OTLP's flag of a point that says that its series ended.
const NO_RECORDED_VALUE: i64 = 1;

/// Metrics that a scan is told to look for, at most.
const NAMES: usize = 1_000;

/// What a series is told by.
pub(super) const IDENTITY: &str =
    "metric_name, metric_type, unit, temporality, is_monotonic, attributes, resource_attributes";

const FIGURES: &str =
    "time, flags, value, count, sum, bucket_counts, explicit_bounds, scale, zero_count, zero_threshold,
    positive_offset, positive_bucket_counts, negative_offset, negative_bucket_counts, quantiles, quantile_values";

/// The series of a need.
///
/// # Errors
///
/// `ResourceLimit` when they have more than `most` samples.
pub(super) async fn read(
    session: &Session,
    known: &BTreeMap<Metric, String>,
    need: &Need,
    most: usize,
) -> Result<Vec<Series>, QueryError> {
    let Some((filter, values)) = filter(known, &need.matchers, instant(need.after, 1), instant(need.until, 1)) else {
        return Ok(Vec::new());
    };
    let query = format!("SELECT {IDENTITY}, {FIGURES} FROM metrics WHERE {filter}");
    let (mut points, mut seen) = (Points::default(), Seen::default());
    let take = |batch: RecordBatch| {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let Some(metric) = metric(&columns, row) else { continue };
            let labels = seen.labels(&columns, row);
            let at = columns.micros("time", row).div_euclid(1_000);
            points.add(&metric, &labels, at, figures(&batch, &columns, metric.kind, row));
        }
        if points.samples() > most { Err(too_many("samples", most)) } else { Ok(()) }
    };
    read::each(session, &query, values, take).await?;
    let mut series = points.into_series();
    series.retain(|series| need.matchers.iter().all(|matcher| matcher.fits(&series.labels)));
    Ok(series)
}

/// The labels of the series that fit, from `from` (inclusive) to `to` (exclusive).
///
/// # Errors
///
/// `ResourceLimit` when there are more than are told at once.
pub(super) async fn labels(
    session: &Session,
    known: &BTreeMap<Metric, String>,
    matchers: &[Matcher],
    from: Nanos,
    to: Nanos,
) -> Result<Vec<Labels>, QueryError> {
    let Some((filter, values)) = filter(known, matchers, from, to) else { return Ok(Vec::new()) };
    let query = format!(
        "SELECT {IDENTITY}, explicit_bounds, quantiles, max(sum) AS sum FROM metrics WHERE {filter}
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
    );
    let (mut points, mut seen) = (Points::default(), Seen::default());
    let take = |batch: RecordBatch| {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let Some(metric) = metric(&columns, row) else { continue };
            let labels = seen.labels(&columns, row);
            points.add(&metric, &labels, 0, figures(&batch, &columns, metric.kind, row));
        }
        if points.samples() > SERIES { Err(too_many("series", SERIES)) } else { Ok(()) }
    };
    read::each(session, &query, values, take).await?;
    let labels = points.into_series().into_iter().map(|series| series.labels);
    Ok(labels.filter(|labels| matchers.iter().all(|matcher| matcher.fits(labels))).collect())
}

/// The condition for rows that may fit, and its values. `None` when there are none.
pub(super) fn filter(
    known: &BTreeMap<Metric, String>,
    matchers: &[Matcher],
    from: Nanos,
    to: Nanos,
) -> Option<(String, Vec<ScalarValue>)> {
    let names = named(known, matchers);
    if names.is_empty() {
        return None;
    }
    let mut values = vec![micros(from), micros(to)];
    let mut filter = "time >= $1 AND time < $2".to_owned();
    // A long list would only say what every row says.
    if names.len() <= NAMES {
        let places: Vec<String> = (0..names.len()).map(|name| format!("${}", name + 3)).collect();
        let _written = write!(filter, " AND metric_name IN ({})", places.join(", "));
        values.extend(names.iter().map(|name| text(name)));
    }
    if let Some(service) = service(matchers) {
        values.push(text(service));
        let _written = write!(filter, " AND service_name = ${}", values.len());
    }
    Some((filter, values))
}

/// Labels by the attributes they were made from: rows of a series share them.
#[derive(Debug, Default)]
pub(super) struct Seen(HashMap<(String, String), Labels>);

// === impl Seen ===

impl Seen {
    pub(super) fn labels(&mut self, columns: &Columns<'_>, row: usize) -> Labels {
        let key = (columns.text("attributes", row), columns.text("resource_attributes", row));
        if let Some(labels) = self.0.get(&key) {
            return labels.clone();
        }
        let (own, resource) = (object(&key.0), object(&key.1));
        let attributes = own.iter().map(|(name, value)| (name.as_str(), plain(value)));
        let labels = otlp::labels(attributes, |name| resource.get(name).map(plain));
        self.0.insert(key, labels.clone());
        labels
    }
}

pub(super) fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a point measured.
pub(crate) fn figures(batch: &RecordBatch, columns: &Columns<'_>, kind: Kind, row: usize) -> Figures {
    if columns.int("flags", row) & NO_RECORDED_VALUE != 0 {
        return Figures::Gone;
    }
    let (count, sum) = (columns.int("count", row) as f64, columns.double("sum", row));
    match kind {
        Kind::Gauge | Kind::Counter => Figures::Number(columns.double("value", row).unwrap_or(f64::NAN)),
        Kind::Histogram => {
            let (bounds, mut counts) = (doubles(batch, "explicit_bounds", row), ints(batch, "bucket_counts", row));
            counts.resize(bounds.len() + 1, 0.0);
            Figures::Histogram { count, sum, bounds, counts }
        }
        Kind::Exponential => Figures::Exponential(Exponential {
            scale: small(columns.int("scale", row)),
            count,
            sum: sum.unwrap_or(f64::NAN),
            zero_count: columns.int("zero_count", row) as f64,
            zero_threshold: columns.double("zero_threshold", row).unwrap_or(0.0),
            positive: (small(columns.int("positive_offset", row)), ints(batch, "positive_bucket_counts", row)),
            negative: (small(columns.int("negative_offset", row)), ints(batch, "negative_bucket_counts", row)),
        }),
        Kind::Summary => {
            let quantiles = doubles(batch, "quantiles", row);
            let mut values = doubles(batch, "quantile_values", row);
            values.resize(quantiles.len(), f64::NAN);
            Figures::Summary { count, sum: sum.unwrap_or(0.0), quantiles: quantiles.into_iter().zip(values).collect() }
        }
    }
}

fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MIN)
}

pub(super) fn doubles(batch: &RecordBatch, name: &str, row: usize) -> Vec<f64> {
    let Some(values) = list(batch, name, row) else { return Vec::new() };
    values.as_primitive_opt::<Float64Type>().map_or_else(Vec::new, |values| values.values().to_vec())
}

fn ints(batch: &RecordBatch, name: &str, row: usize) -> Vec<f64> {
    let Some(values) = list(batch, name, row) else { return Vec::new() };
    let values = values.as_primitive_opt::<Int64Type>();
    values.map_or_else(Vec::new, |values| values.values().iter().map(|value| *value as f64).collect())
}

/// The list in a row; `None` where it is null or the column is not there.
fn list(batch: &RecordBatch, name: &str, row: usize) -> Option<arrow::array::ArrayRef> {
    let lists = batch.column_by_name(name)?.as_list_opt::<i32>()?;
    arrow::array::Array::is_valid(lists, row).then(|| lists.value(row))
}
