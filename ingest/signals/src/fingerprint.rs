//! By what spans are told: 64-bit fingerprints of their ids, time, duration, service, name, kind and
//! status. Two different spans have the same fingerprint once in some 10^13.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use ahash::RandomState;
use arrow::array::{Array, GenericByteViewArray, Int64Array};
use arrow::datatypes::ByteViewType;

use crate::columns::Spans;

/// Values up to this length lie in the view itself, padded with zeros (Arrow columnar format,
/// "Variable-size Binary View Layout").
const INLINE: u32 = 12;

/// What stands for NULL: no view, because no value within a view is that long.
const NULL: u128 = u128::MAX;

/// A set of fingerprints.
pub(crate) type FingerprintSet = HashSet<u64, BuildHasherDefault<Itself>>;

/// A position by fingerprint.
pub(crate) type FingerprintMap = HashMap<u64, u64, BuildHasherDefault<Itself>>;

/// Makes fingerprints. They hold for one process: a start remembers from what is stored.
#[derive(Debug, Clone)]
pub(crate) struct Fingerprints(RandomState);

/// The hash of a fingerprint: itself, because it is one already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Itself(u64);

// === impl Fingerprints ===

impl Fingerprints {
    pub(crate) fn new() -> Self {
        Self(RandomState::new())
    }

    /// The fingerprint of every span, in order.
    pub(crate) fn of_all(&self, batches: &[Spans<'_>]) -> Vec<u64> {
        let mut all = Vec::with_capacity(batches.iter().map(Spans::len).sum());
        for spans in batches {
            all.extend((0..spans.len()).map(|row| self.of(spans, row)));
        }
        all
    }

    fn of(&self, spans: &Spans<'_>, row: usize) -> u64 {
        let mut hasher = self.0.build_hasher();
        view(spans.trace_id, row, &mut hasher);
        view(spans.span_id, row, &mut hasher);
        hasher.write_i64(spans.start.value(row));
        int(spans.start_nanos, row, &mut hasher);
        int(spans.duration, row, &mut hasher);
        for text in [spans.service, spans.name, spans.kind, spans.status] {
            view(text, row, &mut hasher);
        }
        hasher.finish()
    }
}

// === impl Itself ===

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }
}

/// A short value is hashed as its view, which is the same wherever the value is; a long one by its
/// length and bytes.
fn view<T: ByteViewType + ?Sized>(column: &GenericByteViewArray<T>, row: usize, hasher: &mut impl Hasher) {
    if column.is_null(row) {
        return hasher.write_u128(NULL);
    }
    let view = column.views()[row];
    // The lowest 32 bits of a view are the length of its value.
    let length = (view & u128::from(u32::MAX)) as u32;
    if length <= INLINE {
        return hasher.write_u128(view);
    }
    hasher.write_u32(length);
    hasher.write(column.value(row).as_ref());
}

fn int(column: &Int64Array, row: usize, hasher: &mut impl Hasher) {
    hasher.write_i64(if column.is_null(row) { 0 } else { column.value(row) });
}

#[cfg(test)]
mod tests;
