//! Which spans were counted before.
//!
//! An exporter that did not hear our answer sends a request again, and its spans are stored twice;
//! the signals count them once. Spans are told by their fingerprint. The last [`GENERATION`] to
//! twice as many counted spans of a tenant are remembered, so a repeat that comes later counts again.

use crate::fingerprint::FingerprintMap;

/// Spans after which the older half is forgotten. Both halves together take 68 MiB:
/// each 2^21 places of a fingerprint, a position and a byte.
pub(crate) const GENERATION: usize = 1 << 20;

/// Fingerprints of counted spans, each with the log position of the flush that counted it.
#[derive(Debug)]
pub(crate) struct Seen {
    generation: usize,
    newer: FingerprintMap,
    older: FingerprintMap,
}

// === impl Seen ===

impl Seen {
    pub(crate) fn new(generation: usize) -> Self {
        Self { generation, newer: FingerprintMap::default(), older: FingerprintMap::default() }
    }

    /// Whether a flush that reached `position` or less counted the span.
    pub(crate) fn by(&self, position: u64, fingerprint: u64) -> bool {
        let counted = |map: &FingerprintMap| map.get(&fingerprint).is_some_and(|at| *at <= position);
        counted(&self.newer) || counted(&self.older)
    }

    /// Remembers a span that the flush reaching `position` counted. The first time stays.
    pub(crate) fn insert(&mut self, position: u64, fingerprint: u64) {
        if self.older.contains_key(&fingerprint) {
            return;
        }
        self.newer.entry(fingerprint).or_insert(position);
        if self.newer.len() >= self.generation {
            // The memory of those that are forgotten is used again: it need not grow anew.
            std::mem::swap(&mut self.newer, &mut self.older);
            self.newer.clear();
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
