//! Which items become rows.
//!
//! When a request is received, every item is judged and the refused ones are recorded by their
//! ordinal: their position in the request, whatever resource or scope they stand under. When the
//! request is replayed, the record decides and nothing is judged again, so rules may change
//! between the two without changing the rows.

use std::collections::BTreeMap;

use ingest_model::Signal;

use crate::error::DecodeError;

/// How to tell the items that become rows from those that do not.
#[derive(Debug, Clone, Copy)]
pub enum Verdict<'a> {
    /// Judge every item now.
    Decide,
    /// Leave out exactly these ordinals, which ascend.
    Recorded(&'a [u32]),
}

/// Why an item was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Reason {
    /// OTLP wants 16 bytes that are not all zero.
    #[error("trace_id is not 16 bytes, or all zero")]
    TraceId,
    /// OTLP wants 8 bytes that are not all zero.
    #[error("span_id is not 8 bytes, or all zero")]
    SpanId,
    /// OTLP wants 8 bytes, or none for a root.
    #[error("parent_span_id is neither empty nor 8 bytes")]
    ParentSpanId,
    /// Stored times are 64-bit signed nanoseconds.
    #[error("a time is later than 2262-04-11")]
    TimeRange,
    /// OTLP calls such a point invalid.
    #[error("time_unix_nano is 0")]
    TimeMissing,
    /// A point without a value and without the flag that says so.
    #[error("it has no value")]
    ValueMissing,
    /// OTLP forbids the unspecified temporality; unknown ones cannot be added up.
    #[error("aggregation_temporality is neither delta nor cumulative")]
    Temporality,
    /// A histogram wants one bucket more than bounds, or neither.
    #[error("the numbers of bucket_counts and explicit_bounds do not fit each other")]
    BucketNumber,
    /// The buckets of a histogram hold `count` values together.
    #[error("bucket_counts do not add up to count")]
    BucketSum,
    /// Bounds of a histogram rise strictly and are numbers.
    #[error("explicit_bounds do not rise")]
    Bounds,
    /// The bounds of an exponential bucket do not fit a double.
    #[error("a bucket lies beyond the range of doubles")]
    ExponentialRange,
    /// Quantiles lie between 0 and 1.
    #[error("a quantile lies outside 0 to 1")]
    Quantile,
    /// Stored counts are 64-bit signed.
    #[error("a count is larger than 9223372036854775807")]
    CountRange,
    /// The tenant may send spans, records and points of so many services.
    #[error("its service.name is new and the limit is {0} services in an hour")]
    Services(u64),
    /// The tenant may send points of so many series.
    #[error("its series is new and the limit is {0} series in an hour")]
    Series(u64),
}

/// The items of a request that were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    signal: Signal,
    items: u32,
    ordinals: Vec<u32>,
    reasons: BTreeMap<Reason, u32>,
}

/// Applies a verdict to one item after the other.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    verdict: Verdict<'a>,
    rejected: Rejected,
}

// === impl Rejected ===

impl Rejected {
    /// What a record of the log says of a request of so many items. It does not say why.
    pub(crate) const fn recorded(signal: Signal, items: u32, ordinals: Vec<u32>) -> Self {
        Self { signal, items, ordinals, reasons: BTreeMap::new() }
    }

    /// These, and of the items that became rows those that have a reason here.
    pub(crate) fn with_rows(mut self, refused: &[Option<Reason>]) -> Self {
        let former = std::mem::take(&mut self.ordinals);
        let (mut former, mut rows) = (former.into_iter().peekable(), refused.iter());
        for ordinal in 0..self.items {
            if former.next_if_eq(&ordinal).is_some() {
                self.ordinals.push(ordinal);
            } else if let Some(Some(reason)) = rows.next() {
                self.ordinals.push(ordinal);
                *self.reasons.entry(*reason).or_default() += 1;
            }
        }
        self
    }

    /// How many items the request had.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.items.into()
    }

    /// Their positions in the request, ascending.
    #[must_use]
    pub fn ordinals(&self) -> &[u32] {
        &self.ordinals
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.ordinals.len() as u64
    }

    /// How many items became rows.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        u64::from(self.items) - self.count()
    }

    /// What to tell the sender: how many of how many, and why. Empty when none was refused.
    #[must_use]
    pub fn message(&self) -> String {
        if self.ordinals.is_empty() {
            return String::new();
        }
        let reasons: Vec<_> = self.reasons.iter().map(|(reason, count)| format!("{count}: {reason}")).collect();
        let (count, items, noun) = (self.count(), self.items, self.signal.items());
        if reasons.is_empty() {
            return format!("{count} of {items} {noun} were rejected when they first came");
        }
        format!("{count} of {items} {noun} were rejected ({})", reasons.join("; "))
    }
}

// === impl Judge ===

impl<'a> Judge<'a> {
    pub(super) const fn new(signal: Signal, verdict: Verdict<'a>) -> Self {
        let rejected = Rejected { signal, items: 0, ordinals: Vec::new(), reasons: BTreeMap::new() };
        Self { verdict, rejected }
    }

    /// Whether the next item becomes a row. `storable` says whether it can be stored at all,
    /// `valid` whether it should be.
    ///
    /// # Errors
    ///
    /// When the record lets pass an item that cannot be stored, or the request has more items
    /// than ordinals can count.
    pub(super) fn admits(
        &mut self,
        storable: impl FnOnce() -> Result<(), Reason>,
        valid: impl FnOnce() -> Result<(), Reason>,
    ) -> Result<bool, DecodeError> {
        let ordinal = self.rejected.items;
        self.rejected.items = ordinal.checked_add(1).ok_or(DecodeError::Items)?;
        match &mut self.verdict {
            Verdict::Decide => {
                let Err(reason) = storable().and_then(|()| valid()) else {
                    return Ok(true);
                };
                self.rejected.ordinals.push(ordinal);
                *self.rejected.reasons.entry(reason).or_default() += 1;
                Ok(false)
            }
            Verdict::Recorded([first, rest @ ..]) if *first == ordinal => {
                self.rejected.ordinals.push(ordinal);
                self.verdict = Verdict::Recorded(rest);
                Ok(false)
            }
            Verdict::Recorded(_) => {
                storable().map(|()| true).map_err(|reason| DecodeError::Unstorable { ordinal, reason })
            }
        }
    }

    /// What was refused.
    ///
    /// # Errors
    ///
    /// When the record names an item the request does not have.
    pub(super) fn finish(self) -> Result<Rejected, DecodeError> {
        match self.verdict {
            Verdict::Recorded([ordinal, ..]) => Err(DecodeError::Ordinal { ordinal: *ordinal }),
            _ => Ok(self.rejected),
        }
    }
}
