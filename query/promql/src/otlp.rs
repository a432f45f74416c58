//! OTLP metrics as Prometheus has them: names, labels, series.
//!
//! The rules are those of OpenTelemetry's specification (compatibility/prometheus_and_openmetrics) and of Prometheus' own
//! translation: units and `_total` end a name, what no name may hold becomes `_`, `service.name` is `job` and
//! `service.instance.id` is `instance`. A histogram is `_bucket{le}`, `_sum` and `_count`; an exponential one is native.

mod names;
mod series;

pub use names::{family, label, labels};
pub use series::{Exponential, Figures, Points, ZERO_THRESHOLD, native};

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A value that goes up and down; also a sum that may fall.
    Gauge,
    /// A sum that only grows.
    Counter,
    /// Counts between told bounds.
    Histogram,
    /// Counts between bounds that follow from a scale.
    Exponential,
    /// Quantiles that the sender computed.
    Summary,
}

/// A metric as its sender describes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its unit (UCUM); empty when none was told.
    pub unit: String,
    /// What it is.
    pub kind: Kind,
    /// Whether its points count since the point before, rather than since the start.
    pub is_delta: bool,
}

// === impl Kind ===

impl Kind {
    /// What Prometheus calls it.
    #[must_use]
    pub const fn prometheus(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram | Self::Exponential => "histogram",
            Self::Summary => "summary",
        }
    }
}

// === impl Metric ===

impl Metric {
    /// The names of the series it has.
    #[must_use]
    pub fn series_names(&self) -> Vec<String> {
        let family = family(self);
        match self.kind {
            Kind::Gauge | Kind::Counter | Kind::Exponential => vec![family],
            Kind::Histogram => ["_bucket", "_sum", "_count"].iter().map(|end| format!("{family}{end}")).collect(),
            Kind::Summary => ["", "_sum", "_count"].iter().map(|end| format!("{family}{end}")).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
