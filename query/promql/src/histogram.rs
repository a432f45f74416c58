//! Native histograms: counts in buckets whose bounds follow from a schema, or are told.

mod arithmetic;
mod bounds;
pub(crate) mod classic;
mod quantile;
mod reset;
mod sketch;
mod text;

use std::sync::Arc;

pub use self::bounds::Bucket;
pub(crate) use self::quantile::Spread;

/// The schema of histograms whose bounds are told.
pub const CUSTOM_BOUNDS: i32 = -53;

/// Whether a histogram may be less than the one before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ResetHint {
    /// Nobody knows; counts tell.
    #[default]
    Unknown,
    /// It was reset since the one before.
    Reset,
    /// It was not reset since the one before.
    NotReset,
    /// It may go up and down.
    Gauge,
}

/// A native histogram with counts as numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Base of the bounds is `2^(2^-schema)`, from -4 to 8; or [`CUSTOM_BOUNDS`].
    pub schema: i32,
    /// Observations that are at most this far from zero are in the zero bucket.
    pub zero_threshold: f64,
    /// Observations in the zero bucket.
    pub zero_count: f64,
    /// Observations.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// Index and count of buckets above zero, sorted by index. Bucket `i` reaches from above bound `i - 1` to bound `i`.
    pub positive: Vec<(i32, f64)>,
    /// The same below zero, mirrored.
    pub negative: Vec<(i32, f64)>,
    /// Upper bounds, rising, with [`CUSTOM_BOUNDS`]; the last bucket is without bound.
    pub custom_bounds: Arc<[f64]>,
    /// Whether it may be less than the one before.
    pub hint: ResetHint,
}

/// Two histograms cannot be added: one has bounds by schema, the other its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Incompatible;

// === impl Histogram ===

impl Histogram {
    /// One without observations.
    #[must_use]
    pub fn empty(schema: i32) -> Self {
        Self {
            schema,
            zero_threshold: 0.0,
            zero_count: 0.0,
            count: 0.0,
            sum: 0.0,
            positive: Vec::new(),
            negative: Vec::new(),
            custom_bounds: Arc::from([]),
            hint: ResetHint::Unknown,
        }
    }

    /// Whether its bounds are told.
    #[must_use]
    pub const fn has_custom_bounds(&self) -> bool {
        self.schema == CUSTOM_BOUNDS
    }

    /// A copy without empty buckets and hint: what makes two of them the same observations.
    pub(crate) fn clone_compact(&self) -> Self {
        Self { hint: ResetHint::Unknown, ..self.clone() }.compact()
    }

    /// Without the buckets that hold nothing.
    #[must_use]
    pub fn compact(mut self) -> Self {
        self.positive.retain(|(_, count)| *count != 0.0);
        self.negative.retain(|(_, count)| *count != 0.0);
        self
    }
}
