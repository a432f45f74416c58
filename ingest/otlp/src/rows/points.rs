//! A data point of any kind of metric: what it says, and whether it may be believed.

use opentelemetry_proto::tonic::metrics::v1::DataPointFlags;

use super::fits;
use super::value::{write_double, write_hex, write_int, write_object};
use super::verdict::Reason;
use crate::proto::{Buckets, Exemplar, Exponential, Figures, Histogram, Lists, Number, Point, Summary};

/// The exponents of two that bound the doubles, subnormal ones among them.
const DOUBLE_EXPONENTS: std::ops::RangeInclusive<f64> = -1074.0..=1024.0;

// === impl Point ===

impl<'a> Point<'a> {
    /// Its figures, unless it says that nothing was recorded.
    pub(super) fn recorded(&self) -> Option<Figures<'a>> {
        let nothing = DataPointFlags::NoRecordedValueMask as u32;
        (self.flags & nothing == 0).then_some(self.figures)
    }

    /// Whether every number fits its column.
    pub(super) fn storable(&self) -> Result<(), Reason> {
        fits(self.time_unix_nano, Reason::TimeRange)?;
        fits(self.start_time_unix_nano, Reason::TimeRange)?;
        let Some(figures) = self.recorded() else {
            return Ok(());
        };
        fits(figures.count().unwrap_or(0), Reason::CountRange)?;
        match figures {
            Figures::Number(_) | Figures::Summary(_) => Ok(()),
            Figures::Histogram(one) => all_fit(one.bucket_counts()),
            Figures::Exponential(one) => {
                fits(one.zero_count, Reason::CountRange)?;
                let mut sides = [one.positive, one.negative].into_iter().flatten();
                sides.try_for_each(|buckets| all_fit(buckets.bucket_counts()))
            }
        }
    }

    /// Whether OTLP allows it.
    pub(super) fn valid(&self) -> Result<(), Reason> {
        ensure(self.time_unix_nano != 0, Reason::TimeMissing)?;
        match self.recorded() {
            None => Ok(()),
            Some(Figures::Number(number)) => ensure(number.is_some(), Reason::ValueMissing),
            Some(Figures::Histogram(one)) => valid_histogram(&one),
            Some(Figures::Exponential(one)) => {
                let mut sides = [one.positive, one.negative].into_iter().flatten();
                ensure(sides.all(|buckets| in_range(buckets, one.scale)), Reason::ExponentialRange)
            }
            Some(Figures::Summary(one)) => {
                let mut quantiles = one.quantile_values.values().map(|(quantile, _)| quantile);
                ensure(quantiles.all(|quantile| (0.0..=1.0).contains(&quantile)), Reason::Quantile)
            }
        }
    }
}

// === impl Figures ===

impl<'a> Figures<'a> {
    pub(super) const fn number(self) -> Option<Number> {
        match self {
            Self::Number(number) => number,
            _ => None,
        }
    }

    pub(super) const fn histogram(self) -> Option<Histogram<'a>> {
        match self {
            Self::Histogram(one) => Some(one),
            _ => None,
        }
    }

    pub(super) const fn exponential(self) -> Option<Exponential<'a>> {
        match self {
            Self::Exponential(one) => Some(one),
            _ => None,
        }
    }

    pub(super) const fn summary(self) -> Option<Summary<'a>> {
        match self {
            Self::Summary(one) => Some(one),
            _ => None,
        }
    }

    pub(super) const fn count(self) -> Option<u64> {
        match self {
            Self::Number(_) => None,
            Self::Histogram(one) => Some(one.count),
            Self::Exponential(one) => Some(one.count),
            Self::Summary(one) => Some(one.count),
        }
    }

    pub(super) const fn sum(self) -> Option<f64> {
        match self {
            Self::Number(_) => None,
            Self::Histogram(one) => one.sum,
            Self::Exponential(one) => one.sum,
            Self::Summary(one) => Some(one.sum),
        }
    }

    pub(super) const fn min(self) -> Option<f64> {
        match self {
            Self::Histogram(one) => one.min,
            Self::Exponential(one) => one.min,
            Self::Number(_) | Self::Summary(_) => None,
        }
    }

    pub(super) const fn max(self) -> Option<f64> {
        match self {
            Self::Histogram(one) => one.max,
            Self::Exponential(one) => one.max,
            Self::Number(_) | Self::Summary(_) => None,
        }
    }
}

fn ensure(holds: bool, otherwise: Reason) -> Result<(), Reason> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn all_fit(mut counts: impl Iterator<Item = u64>) -> Result<(), Reason> {
    counts.try_for_each(|count| fits(count, Reason::CountRange))
}

/// HistogramDataPoint in `metrics.proto`: one bucket more than bounds, or none of either; the
/// buckets hold `count` values together; the bounds rise.
fn valid_histogram(point: &Histogram<'_>) -> Result<(), Reason> {
    let (mut buckets, bounds) = (point.bucket_counts(), point.explicit_bounds());
    let none = buckets.len() == 0 && bounds.len() == 0;
    ensure(none || buckets.len() == bounds.len() + 1, Reason::BucketNumber)?;
    let sum = buckets.try_fold(0_u64, u64::checked_add);
    ensure(none || sum == Some(point.count), Reason::BucketSum)?;
    let rise = bounds.clone().zip(bounds.clone().skip(1)).all(|(lower, upper)| lower < upper);
    ensure(rise && !bounds.into_iter().any(f64::is_nan), Reason::Bounds)
}

/// Bucket `i` holds (base^i, base^(i+1)] with base = 2^(2^-scale); both ends of every bucket that
/// holds something must be doubles (metrics data model, "ExponentialHistogram: Consumer
/// Recommendations").
fn in_range(buckets: Buckets<'_>, scale: i32) -> bool {
    let mut filled = buckets.bucket_counts().enumerate().filter(|(_, count)| *count > 0).map(|(index, _)| index);
    let Some(first) = filled.next() else {
        return true;
    };
    let last = filled.last().unwrap_or(first);
    let width = 2_f64.powi(scale.saturating_neg());
    let end =
        |index: usize| (f64::from(buckets.offset) + u32::try_from(index).map_or(f64::INFINITY, f64::from)) * width;
    // The lowest bucket may begin below the smallest double: rounding up to it is exact enough.
    DOUBLE_EXPONENTS.contains(&end(first + 1)) && DOUBLE_EXPONENTS.contains(&end(last + 1))
}

/// Writes an exemplar. One without a value is invalid by itself and does not harm its point.
pub(super) fn write_exemplar(out: &mut String, exemplar: &Exemplar<'_>, lists: &Lists<'_>) {
    out.push_str(r#"{"time_unix_nano":""#);
    write_int(out, exemplar.time_unix_nano);
    out.push_str(r#"","value":"#);
    match exemplar.value {
        None => out.push_str("null"),
        Some(Number::Int(number)) => write_int(out, number),
        Some(Number::Double(number)) => write_double(out, number),
    }
    out.push_str(r#","trace_id":"#);
    write_hex(out, exemplar.trace_id);
    out.push_str(r#","span_id":"#);
    write_hex(out, exemplar.span_id);
    out.push_str(r#","filtered_attributes":"#);
    write_object(out, exemplar.filtered_attributes.of(&lists.attributes));
    out.push('}');
}
