//! `metrics`: one row a data point.
//!
//! What belongs to the metric is turned into columns once a metric, as with resources and scopes,
//! and every point shares it. What belongs to the point is read through [`Point`], whatever kind
//! of metric it stands under. A point that says "no recorded value" keeps its place in time and
//! its attributes; all its figures are NULL.

use arrow::array::UInt32Array;
use arrow::datatypes::{Float64Type, Int64Type};
use ingest_model::{Level, Signal};
use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;

use super::attributes::{Attributes, json};
use super::columns::{self, Batch, double, int, list};
use super::origin::{self, filled};
use super::points::write_exemplar;
use super::value::{write_list, write_object};
use super::verdict::{Judge, Reason, Verdict};
use super::{Rows, past_micros, signed};
use crate::error::DecodeError;
use crate::proto::{Buckets, Data, Figures, Lists, Metric, Number, Point, Request};

pub(super) fn rows(request: &Request<'_, Point<'_>>, verdict: Verdict<'_>) -> Result<Rows, DecodeError> {
    let mut judge = Judge::new(Signal::Metrics, verdict);
    let (lists, mut points) = (&request.lists, Vec::with_capacity(request.items.len()));
    for point in &request.items {
        if judge.admits(|| point.storable(), || valid(&lists.metrics[point.metric as usize], point))? {
            points.push(point);
        }
    }
    let mut batch = Batch::new(Signal::Metrics, points.len());
    let metric_of: Vec<_> = points.iter().map(|point| point.metric).collect();
    put_metric(&mut batch, lists, &UInt32Array::from(metric_of))?;
    put_point(&mut batch, &points, lists)?;
    let figures: Vec<_> = points.iter().map(|point| point.recorded()).collect();
    put_figures(&mut batch, &figures)?;
    put_histogram(&mut batch, &figures)?;
    put_exponential(&mut batch, &figures)?;
    put_summary(&mut batch, &figures)?;
    origin::put(&mut batch, request, points.iter().map(|point| point.scope).collect())?;
    Ok(Rows { batch: batch.finish()?, rejected: judge.finish()? })
}

fn valid(metric: &Metric<'_>, point: &Point<'_>) -> Result<(), Reason> {
    match aggregation_temporality(metric) {
        Some(number) if temporality(number).is_none() => Err(Reason::Temporality),
        _ => point.valid(),
    }
}

fn put_metric(batch: &mut Batch, lists: &Lists<'_>, of: &UInt32Array) -> Result<(), DecodeError> {
    let all = || lists.metrics.iter();
    let named = |metric: &Metric<'_>| aggregation_temporality(metric).and_then(temporality);
    batch.put_shared("metric_name", &columns::text(all().map(|metric| Some(metric.name))), of)?;
    batch.put_shared("description", &columns::text(all().map(|metric| filled(metric.description))), of)?;
    batch.put_shared("unit", &columns::text(all().map(|metric| filled(metric.unit))), of)?;
    batch.put_shared("metric_type", &columns::text(all().map(metric_type)), of)?;
    batch.put_shared("temporality", &columns::text(all().map(named)), of)?;
    batch.put_shared("is_monotonic", &columns::boolean(all().map(is_monotonic)), of)?;
    batch.put_shared("metadata", &json(&lists.metrics, |out, metric| write_metadata(out, metric, lists)), of)
}

fn put_point(batch: &mut Batch, points: &[&Point<'_>], lists: &Lists<'_>) -> Result<(), DecodeError> {
    let all = || points.iter().copied();
    batch.put("time", columns::micros(all().map(|point| signed(point.time_unix_nano))))?;
    batch.put("time_nanos", int(all().map(|point| Some(past_micros(signed(point.time_unix_nano))))))?;
    batch.put("start_time_unix_nano", int(all().map(|point| Some(signed(point.start_time_unix_nano)))))?;
    batch.put("flags", int(all().map(|point| Some(point.flags.into()))))?;
    batch.put("exemplars", json(points, |out, point| write_exemplars(out, point, lists)))?;
    let mut attributes = Attributes::new(Level::Point);
    all().for_each(|point| attributes.push(point.attributes.of(&lists.attributes)));
    attributes.put(batch, "attributes_rest")
}

/// The figures that points of several kinds have. A point without a recorded value is `None`.
fn put_figures(batch: &mut Batch, figures: &[Option<Figures<'_>>]) -> Result<(), DecodeError> {
    let all = || figures.iter().copied();
    let number = || all().map(|figures| figures.and_then(Figures::number));
    batch.put("value", double(number().map(|value| value.map(as_double))))?;
    batch.put("value_int", int(number().map(|value| value.and_then(as_int))))?;
    batch.put("count", int(all().map(|figures| figures.and_then(Figures::count).map(signed))))?;
    batch.put("sum", double(all().map(|figures| figures.and_then(Figures::sum))))?;
    batch.put("min", double(all().map(|figures| figures.and_then(Figures::min))))?;
    batch.put("max", double(all().map(|figures| figures.and_then(Figures::max))))
}

fn put_histogram(batch: &mut Batch, figures: &[Option<Figures<'_>>]) -> Result<(), DecodeError> {
    let all = || figures.iter().map(|figures| figures.and_then(Figures::histogram));
    let counts = all().map(|histogram| histogram.map(|one| one.bucket_counts().map(signed)));
    batch.put("bucket_counts", list::<Int64Type, _>(counts))?;
    let bounds = all().map(|histogram| histogram.map(|one| one.explicit_bounds()));
    batch.put("explicit_bounds", list::<Float64Type, _>(bounds))
}

fn put_exponential(batch: &mut Batch, figures: &[Option<Figures<'_>>]) -> Result<(), DecodeError> {
    let all = || figures.iter().map(|figures| figures.and_then(Figures::exponential));
    let positive = || all().map(|histogram| histogram.and_then(|one| one.positive));
    let negative = || all().map(|histogram| histogram.and_then(|one| one.negative));
    let offset = |buckets: Buckets<'_>| i64::from(buckets.offset);
    batch.put("scale", int(all().map(|histogram| histogram.map(|one| one.scale.into()))))?;
    batch.put("zero_count", int(all().map(|histogram| histogram.map(|one| signed(one.zero_count)))))?;
    batch.put("zero_threshold", double(all().map(|histogram| histogram.map(|one| one.zero_threshold))))?;
    batch.put("positive_offset", int(positive().map(|buckets| buckets.map(offset))))?;
    batch.put("positive_bucket_counts", list::<Int64Type, _>(positive().map(|buckets| buckets.map(counts))))?;
    batch.put("negative_offset", int(negative().map(|buckets| buckets.map(offset))))?;
    batch.put("negative_bucket_counts", list::<Int64Type, _>(negative().map(|buckets| buckets.map(counts))))
}

fn put_summary(batch: &mut Batch, figures: &[Option<Figures<'_>>]) -> Result<(), DecodeError> {
    let all = || figures.iter().map(|figures| figures.and_then(Figures::summary));
    let quantiles = all().map(|summary| summary.map(|one| one.quantile_values.values().map(|(quantile, _)| quantile)));
    batch.put("quantiles", list::<Float64Type, _>(quantiles))?;
    let values = all().map(|summary| summary.map(|one| one.quantile_values.values().map(|(_, value)| value)));
    batch.put("quantile_values", list::<Float64Type, _>(values))
}

fn counts(buckets: Buckets<'_>) -> impl Iterator<Item = i64> {
    buckets.bucket_counts().map(signed)
}

/// Doubles hold integers exactly up to 2^53; `value_int` has them whole.
const fn as_double(number: Number) -> f64 {
    match number {
        Number::Double(number) => number,
        Number::Int(number) => number as f64,
    }
}

const fn as_int(number: Number) -> Option<i64> {
    match number {
        Number::Double(_) => None,
        Number::Int(number) => Some(number),
    }
}

fn metric_type(metric: &Metric<'_>) -> Option<&'static str> {
    metric.data.map(|data| match data {
        Data::Gauge => "gauge",
        Data::Sum { .. } => "sum",
        Data::Histogram { .. } => "histogram",
        Data::ExponentialHistogram { .. } => "exponential_histogram",
        Data::Summary => "summary",
    })
}

/// The temporality as sent; `None` for the kinds of metric that have none.
fn aggregation_temporality(metric: &Metric<'_>) -> Option<i32> {
    match metric.data? {
        Data::Sum { aggregation_temporality, .. }
        | Data::Histogram { aggregation_temporality }
        | Data::ExponentialHistogram { aggregation_temporality } => Some(aggregation_temporality),
        Data::Gauge | Data::Summary => None,
    }
}

fn temporality(number: i32) -> Option<&'static str> {
    match AggregationTemporality::try_from(number) {
        Ok(AggregationTemporality::Delta) => Some("DELTA"),
        Ok(AggregationTemporality::Cumulative) => Some("CUMULATIVE"),
        Ok(AggregationTemporality::Unspecified) | Err(_) => None,
    }
}

fn is_monotonic(metric: &Metric<'_>) -> Option<bool> {
    match metric.data? {
        Data::Sum { is_monotonic, .. } => Some(is_monotonic),
        _ => None,
    }
}

fn write_metadata(out: &mut String, metric: &Metric<'_>, lists: &Lists<'_>) {
    let entries = metric.metadata.of(&lists.attributes);
    if !entries.is_empty() {
        write_object(out, entries);
    }
}

fn write_exemplars(out: &mut String, point: &Point<'_>, lists: &Lists<'_>) {
    let exemplars = point.exemplars.of(&lists.exemplars);
    if !exemplars.is_empty() {
        write_list(out, exemplars, |out, exemplar| write_exemplar(out, exemplar, lists));
    }
}
