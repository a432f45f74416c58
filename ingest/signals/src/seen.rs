//! Which spans were counted before.
//!
//! An exporter that did not hear our answer sends a request again, and its spans are stored twice;
//! the signals count them once. Spans are told by a 64-bit fingerprint of their ids, time,
//! duration, service, name, kind and status. The last [`GENERATION`] to twice as many counted spans
//! of a tenant are remembered, so a repeat that comes later counts again. Two different spans
//! have the same fingerprint once in some 10^13.

use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash, Hasher};

use ahash::{AHashMap, RandomState};

use crate::columns::Span;

/// Spans after which the older half is forgotten. Both halves together take some 40 MiB.
pub(crate) const GENERATION: usize = 1 << 20;

/// Fingerprints of counted spans, each with the log position of the flush that counted it.
#[derive(Debug)]
pub(crate) struct Seen {
    generation: usize,
    newer: AHashMap<u64, u64>,
    older: AHashMap<u64, u64>,
}

/// Makes fingerprints. They hold for one process: a start remembers from what is stored.
#[derive(Debug, Clone)]
pub(crate) struct Fingerprints(RandomState);

// === impl Fingerprints ===

impl Fingerprints {
    pub(crate) fn new() -> Self {
        Self(RandomState::new())
    }

    pub(crate) fn of(&self, span: &Span<'_>) -> u64 {
        let mut hasher = self.0.build_hasher();
        (span.trace_id, span.span_id, span.start_ns, span.duration_ns).hash(&mut hasher);
        (span.service, span.name, span.outcome.kind, span.outcome.status).hash(&mut hasher);
        hasher.finish()
    }
}

// === impl Seen ===

impl Seen {
    pub(crate) fn new(generation: usize) -> Self {
        Self { generation, newer: AHashMap::default(), older: AHashMap::default() }
    }

    /// Whether a flush that reached `position` or less counted the span.
    pub(crate) fn by(&self, position: u64, fingerprint: u64) -> bool {
        let counted = |map: &AHashMap<u64, u64>| map.get(&fingerprint).is_some_and(|at| *at <= position);
        counted(&self.newer) || counted(&self.older)
    }

    /// Remembers a span that the flush reaching `position` counted. The first time stays.
    pub(crate) fn insert(&mut self, position: u64, fingerprint: u64) {
        if self.older.contains_key(&fingerprint) {
            return;
        }
        if let Entry::Vacant(entry) = self.newer.entry(fingerprint) {
            entry.insert(position);
        }
        if self.newer.len() >= self.generation {
            self.older = std::mem::take(&mut self.newer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_counts_as_seen_from_the_flush_on_that_counted_it() {
        let mut seen = Seen::new(10);
        seen.insert(7, 1);
        seen.insert(9, 1);
        assert!(!seen.by(6, 1), "a reader of an older moment still has to count it");
        assert!(seen.by(7, 1) && seen.by(9, 1) && !seen.by(9, 2));
    }

    #[test]
    fn the_oldest_are_forgotten_and_the_newest_never() {
        let mut seen = Seen::new(100);
        for fingerprint in 0..1_000 {
            seen.insert(1, fingerprint);
            let oldest = fingerprint.saturating_sub(99);
            assert!((oldest..=fingerprint).all(|recent| seen.by(1, recent)));
            assert!(seen.newer.len() + seen.older.len() <= 200);
        }
    }
}
