//! `metrics`: one row a data point.
//!
//! What belongs to the metric is turned into columns once a metric, as with resources and scopes,
//! and every point shares it. What belongs to the point is read through [`Point`], whatever kind
//! of metric it stands under. A point that says "no recorded value" keeps its place in time and
//! its attributes; all its figures are NULL.

use arrow::array::UInt32Array;
use arrow::datatypes::{Float64Type, Int64Type};
use ingest_model::{Level, Signal};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric, ResourceMetrics};

use super::attributes::{Attributes, json};
use super::columns::{self, Batch, double, int, list};
use super::origin::{Origin, filled};
use super::points::{Point, write_exemplar};
use super::value::{write_list, write_object};
use super::verdict::{Judge, Reason, Verdict};
use super::{Rows, signed};
use crate::error::DecodeError;

pub(super) fn rows(request: &[ResourceMetrics], verdict: Verdict<'_>) -> Result<Rows, DecodeError> {
    let mut judge = Judge::new(Signal::Metrics, verdict);
    let mut origin = Origin::default();
    let (mut metrics, mut metric_of, mut points) = (Vec::new(), Vec::new(), Vec::new());
    for resource in request {
        origin.resource(resource.resource.as_ref(), &resource.schema_url);
        for scope in &resource.scope_metrics {
            origin.scope(scope.scope.as_ref(), &scope.schema_url);
            for metric in &scope.metrics {
                let index = u32::try_from(metrics.len()).map_err(|_| DecodeError::Items)?;
                metrics.push(metric);
                for point in Point::all(metric) {
                    if judge.admits(|| point.storable(), || valid(metric, point))? {
                        origin.row();
                        metric_of.push(index);
                        points.push(point);
                    }
                }
            }
        }
    }
    let mut batch = Batch::new(Signal::Metrics, points.len());
    put_metric(&mut batch, &metrics, &UInt32Array::from(metric_of))?;
    put_point(&mut batch, &points)?;
    let points: Vec<_> = points.into_iter().map(Point::recorded).collect();
    put_figures(&mut batch, &points)?;
    put_histogram(&mut batch, &points)?;
    put_exponential(&mut batch, &points)?;
    put_summary(&mut batch, &points)?;
    origin.put(&mut batch)?;
    Ok(Rows { batch: batch.finish()?, rejected: judge.finish()? })
}

fn valid(metric: &Metric, point: Point<'_>) -> Result<(), Reason> {
    match aggregation_temporality(metric) {
        Some(number) if temporality(number).is_none() => Err(Reason::Temporality),
        _ => point.valid(),
    }
}

fn put_metric(batch: &mut Batch, metrics: &[&Metric], of: &UInt32Array) -> Result<(), DecodeError> {
    let all = || metrics.iter().copied();
    let named = |metric: &Metric| aggregation_temporality(metric).and_then(temporality);
    batch.put_shared("metric_name", &columns::text(all().map(|metric| Some(metric.name.as_str()))), of)?;
    batch.put_shared("description", &columns::text(all().map(|metric| filled(&metric.description))), of)?;
    batch.put_shared("unit", &columns::text(all().map(|metric| filled(&metric.unit))), of)?;
    batch.put_shared("metric_type", &columns::text(all().map(metric_type)), of)?;
    batch.put_shared("temporality", &columns::text(all().map(named)), of)?;
    batch.put_shared("is_monotonic", &columns::boolean(all().map(is_monotonic)), of)?;
    batch.put_shared("metadata", &json(metrics, |out, metric| write_metadata(out, metric)), of)
}

fn put_point(batch: &mut Batch, points: &[Point<'_>]) -> Result<(), DecodeError> {
    let all = || points.iter().copied();
    batch.put("time", columns::micros(all().map(|point| signed(point.time_unix_nano()))))?;
    batch.put("time_unix_nano", int(all().map(|point| Some(signed(point.time_unix_nano())))))?;
    batch.put("start_time_unix_nano", int(all().map(|point| Some(signed(point.start_time_unix_nano())))))?;
    batch.put("flags", int(all().map(|point| Some(point.flags().into()))))?;
    batch.put("exemplars", json(points, |out, point| write_exemplars(out, *point)))?;
    let mut attributes = Attributes::new(Level::Point);
    all().for_each(|point| attributes.push(point.attributes()));
    attributes.put(batch, "attributes_rest")
}

/// The figures that points of several kinds have. A point without a recorded value is `None`.
fn put_figures(batch: &mut Batch, points: &[Option<Point<'_>>]) -> Result<(), DecodeError> {
    let all = || points.iter().copied();
    let number = || all().map(|point| point.and_then(Point::number));
    batch.put("value", double(number().map(|value| value.map(as_double))))?;
    batch.put("value_int", int(number().map(|value| value.and_then(as_int))))?;
    batch.put("count", int(all().map(|point| point.and_then(Point::count).map(signed))))?;
    batch.put("sum", double(all().map(|point| point.and_then(Point::sum))))?;
    batch.put("min", double(all().map(|point| point.and_then(Point::min))))?;
    batch.put("max", double(all().map(|point| point.and_then(Point::max))))
}

fn put_histogram(batch: &mut Batch, points: &[Option<Point<'_>>]) -> Result<(), DecodeError> {
    let all = || points.iter().map(|point| point.and_then(Point::histogram));
    let counts = all().map(|point| point.map(|one| one.bucket_counts.iter().copied().map(signed)));
    batch.put("bucket_counts", list::<Int64Type, _>(counts))?;
    let bounds = all().map(|point| point.map(|one| one.explicit_bounds.iter().copied()));
    batch.put("explicit_bounds", list::<Float64Type, _>(bounds))
}

fn put_exponential(batch: &mut Batch, points: &[Option<Point<'_>>]) -> Result<(), DecodeError> {
    let all = || points.iter().map(|point| point.and_then(Point::exponential));
    let positive = || all().map(|point| point.and_then(|one| one.positive.as_ref()));
    let negative = || all().map(|point| point.and_then(|one| one.negative.as_ref()));
    let offset = |buckets: &Buckets| i64::from(buckets.offset);
    batch.put("scale", int(all().map(|point| point.map(|one| one.scale.into()))))?;
    batch.put("zero_count", int(all().map(|point| point.map(|one| signed(one.zero_count)))))?;
    batch.put("zero_threshold", double(all().map(|point| point.map(|one| one.zero_threshold))))?;
    batch.put("positive_offset", int(positive().map(|buckets| buckets.map(offset))))?;
    batch.put("positive_bucket_counts", list::<Int64Type, _>(positive().map(|buckets| buckets.map(counts))))?;
    batch.put("negative_offset", int(negative().map(|buckets| buckets.map(offset))))?;
    batch.put("negative_bucket_counts", list::<Int64Type, _>(negative().map(|buckets| buckets.map(counts))))
}

fn put_summary(batch: &mut Batch, points: &[Option<Point<'_>>]) -> Result<(), DecodeError> {
    let all = || points.iter().map(|point| point.and_then(Point::summary));
    let quantiles = all().map(|point| point.map(|one| one.quantile_values.iter().map(|value| value.quantile)));
    batch.put("quantiles", list::<Float64Type, _>(quantiles))?;
    let values = all().map(|point| point.map(|one| one.quantile_values.iter().map(|value| value.value)));
    batch.put("quantile_values", list::<Float64Type, _>(values))
}

fn counts(buckets: &Buckets) -> impl Iterator<Item = i64> + '_ {
    buckets.bucket_counts.iter().copied().map(signed)
}

/// Doubles hold integers exactly up to 2^53; `value_int` has them whole.
const fn as_double(value: Value) -> f64 {
    match value {
        Value::AsDouble(number) => number,
        Value::AsInt(number) => number as f64,
    }
}

const fn as_int(value: Value) -> Option<i64> {
    match value {
        Value::AsDouble(_) => None,
        Value::AsInt(number) => Some(number),
    }
}

fn metric_type(metric: &Metric) -> Option<&'static str> {
    metric.data.as_ref().map(|data| match data {
        Data::Gauge(_) => "gauge",
        Data::Sum(_) => "sum",
        Data::Histogram(_) => "histogram",
        Data::ExponentialHistogram(_) => "exponential_histogram",
        Data::Summary(_) => "summary",
    })
}

/// The temporality as sent; `None` for the kinds of metric that have none.
fn aggregation_temporality(metric: &Metric) -> Option<i32> {
    match metric.data.as_ref()? {
        Data::Sum(sum) => Some(sum.aggregation_temporality),
        Data::Histogram(histogram) => Some(histogram.aggregation_temporality),
        Data::ExponentialHistogram(histogram) => Some(histogram.aggregation_temporality),
        Data::Gauge(_) | Data::Summary(_) => None,
    }
}

fn temporality(number: i32) -> Option<&'static str> {
    match AggregationTemporality::try_from(number) {
        Ok(AggregationTemporality::Delta) => Some("DELTA"),
        Ok(AggregationTemporality::Cumulative) => Some("CUMULATIVE"),
        Ok(AggregationTemporality::Unspecified) | Err(_) => None,
    }
}

fn is_monotonic(metric: &Metric) -> Option<bool> {
    match metric.data.as_ref()? {
        Data::Sum(sum) => Some(sum.is_monotonic),
        _ => None,
    }
}

fn write_metadata(out: &mut String, metric: &Metric) {
    if !metric.metadata.is_empty() {
        write_object(out, &metric.metadata);
    }
}

fn write_exemplars(out: &mut String, point: Point<'_>) {
    if !point.exemplars().is_empty() {
        write_list(out, point.exemplars(), write_exemplar);
    }
}
