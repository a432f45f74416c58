//! The functions of the language, by what they take.

mod calendar;
pub(crate) mod histogram;
pub(crate) mod label;
mod math;
pub(crate) mod over_time;
mod rate;
mod trend;

use crate::error::Notes;
use crate::labels::Labels;
use crate::sample::{Sample, Value};

/// A function.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Function {
    /// Of each number of a vector.
    Math(fn(f64) -> f64),
    /// Of each number of a vector, taken as seconds since 1970; of the moment itself without a vector.
    Calendar(fn(f64) -> f64),
    /// Of the samples of each series in a range.
    Window(Windowed),
    /// What needs more than that.
    Special(Special),
}

/// A function over a range.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Windowed {
    pub(crate) apply: fn(&Window<'_>, &[f64], &mut Notes) -> Option<Value>,
    /// Whether the result is still a value of the metric.
    pub(crate) keeps_name: bool,
}

/// The samples of a series in a range.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'a> {
    pub(crate) labels: &'a Labels,
    /// Not empty; without the ones that end the series.
    pub(crate) samples: &'a [Sample],
    /// Milliseconds since 1970; not part of it.
    pub(crate) start: i64,
    /// Milliseconds since 1970; part of it.
    pub(crate) end: i64,
    /// The moment of the evaluation, before it was shifted.
    pub(crate) at: i64,
}

/// A function that is evaluated by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    Absent,
    AbsentOverTime,
    Clamp,
    ClampMax,
    ClampMin,
    End,
    HistogramAvg,
    HistogramCount,
    HistogramFraction,
    HistogramQuantile,
    HistogramQuantiles,
    HistogramStddev,
    HistogramStdvar,
    HistogramSum,
    LabelJoin,
    LabelReplace,
    Pi,
    Round,
    Scalar,
    Sort,
    SortByLabel,
    SortByLabelDesc,
    SortDesc,
    Start,
    Step,
    Time,
    Timestamp,
    Vector,
}

// === impl Function ===

impl Function {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let window = |apply| Self::Window(Windowed { apply, keeps_name: false });
        math::named(name)
            .map(Self::Math)
            .or_else(|| calendar::named(name).map(Self::Calendar))
            .or_else(|| rate::named(name).or_else(|| trend::named(name)).map(window))
            .or_else(|| over_time::named(name).map(Self::Window))
            .or_else(|| Special::named(name).map(Self::Special))
    }
}

// === impl Special ===

impl Special {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "absent" => Self::Absent,
            "absent_over_time" => Self::AbsentOverTime,
            "clamp" => Self::Clamp,
            "clamp_max" => Self::ClampMax,
            "clamp_min" => Self::ClampMin,
            "end" => Self::End,
            "histogram_avg" => Self::HistogramAvg,
            "histogram_count" => Self::HistogramCount,
            "histogram_fraction" => Self::HistogramFraction,
            "histogram_quantile" => Self::HistogramQuantile,
            "histogram_quantiles" => Self::HistogramQuantiles,
            "histogram_stddev" => Self::HistogramStddev,
            "histogram_stdvar" => Self::HistogramStdvar,
            "histogram_sum" => Self::HistogramSum,
            "label_join" => Self::LabelJoin,
            "label_replace" => Self::LabelReplace,
            "pi" => Self::Pi,
            "round" => Self::Round,
            "scalar" => Self::Scalar,
            "sort" => Self::Sort,
            "sort_by_label" => Self::SortByLabel,
            "sort_by_label_desc" => Self::SortByLabelDesc,
            "sort_desc" => Self::SortDesc,
            "start" => Self::Start,
            "step" => Self::Step,
            "time" => Self::Time,
            "timestamp" => Self::Timestamp,
            "vector" => Self::Vector,
            _ => return None,
        })
    }
}

// === impl Window ===

impl Window<'_> {
    /// The numbers with their times.
    pub(crate) fn floats(&self) -> impl Iterator<Item = (i64, f64)> + Clone {
        self.samples.iter().filter_map(|sample| Some((sample.at, sample.value.float()?)))
    }

    pub(crate) fn has_floats(&self) -> bool {
        self.samples.iter().any(|sample| matches!(sample.value, Value::Float(_)))
    }

    pub(crate) fn has_histograms(&self) -> bool {
        self.samples.iter().any(|sample| matches!(sample.value, Value::Histogram(_)))
    }

    /// The metric's name in quotes, for notes.
    pub(crate) fn name(&self) -> String {
        format!("{:?}", self.labels.name())
    }

    /// Says that histograms were left out, where there are numbers as well.
    pub(crate) fn note_ignored(&self, notes: &mut Notes) {
        if self.has_floats() && self.has_histograms() {
            let name = self.name();
            notes.inform(format!(
                "ignored histograms in a range containing both floats and histograms for metric name {name}"
            ));
        }
    }
}
