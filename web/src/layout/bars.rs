//! Where things lie on the time axis, in percent of the stretch of time on screen.

use ingest_model::Nanos;

/// The stretch of time on screen; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    start: Nanos,
    length_ns: i64,
}

/// A bar, in percent of the width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bar {
    /// Its left edge, 0 to 100.
    pub(crate) left: f64,
    /// Its width; left and width together are at most 100.
    pub(crate) width: f64,
}

// === impl Range ===

impl Range {
    /// From `start` to `end`, stretched to a nanosecond where that is not later.
    pub(crate) fn new(start: Nanos, end: Nanos) -> Self {
        Self { start, length_ns: end.since(start).max(1) }
    }

    /// Its start.
    pub(crate) fn start(self) -> Nanos {
        self.start
    }

    /// Where a point in time lies, in percent; below 0 or above 100 when it is outside.
    #[expect(clippy::cast_precision_loss, reason = "a share of the screen needs no more than a double holds")]
    pub(crate) fn percent(self, at: Nanos) -> f64 {
        at.since(self.start) as f64 / self.length_ns as f64 * 100.0
    }

    /// The part of `from..to` that is on screen; `None` when nothing is. A stretch that runs
    /// backwards is drawn as its start only.
    pub(crate) fn bar(self, from: Nanos, to: Nanos) -> Option<Bar> {
        let (left, right) = (self.percent(from), self.percent(to.max(from)));
        if right < 0.0 || left > 100.0 {
            return None;
        }
        let left = left.clamp(0.0, 100.0);
        Some(Bar { left, width: right.clamp(0.0, 100.0) - left })
    }
}

/// Round offsets from the start for about `wanted` marks on the axis, each with its place in percent.
pub(crate) fn ticks(range: Range, wanted: i64) -> Vec<(i64, f64)> {
    let step = round_up(range.length_ns / wanted.max(1));
    let offsets = std::iter::successors(Some(0_i64), |offset| offset.checked_add(step));
    let inside = offsets.take_while(|offset| *offset < range.length_ns);
    inside.map(|offset| (offset, range.percent(range.start.plus(offset)))).collect()
}

/// The next of 1, 2, 5, 10, 20, 50, … that is not smaller.
fn round_up(step: i64) -> i64 {
    let mut power: i64 = 1;
    loop {
        let round = [1, 2, 5].into_iter().map(|digit| power.saturating_mul(digit)).find(|round| *round >= step);
        match round {
            Some(round) => return round,
            None => power = power.saturating_mul(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: i64, end: i64) -> Range {
        Range::new(Nanos(start), Nanos(end))
    }

    #[test]
    fn a_bar_is_cut_at_the_edges_of_the_screen() {
        let bar = range(100, 200).bar(Nanos(50), Nanos(150));
        assert_eq!(bar, Some(Bar { left: 0.0, width: 50.0 }));
        assert_eq!(range(100, 200).bar(Nanos(10), Nanos(90)), None);
        assert_eq!(range(100, 200).bar(Nanos(201), Nanos(202)), None);
    }

    #[test]
    fn a_trace_without_length_and_a_span_that_runs_backwards_still_have_a_place() {
        assert_eq!(range(5, 5).bar(Nanos(5), Nanos(5)), Some(Bar { left: 0.0, width: 0.0 }));
        assert_eq!(range(0, 100).bar(Nanos(40), Nanos(20)), Some(Bar { left: 40.0, width: 0.0 }));
        assert_eq!(Range::new(Nanos(i64::MIN), Nanos(i64::MAX)).length_ns, i64::MAX);
    }

    #[test]
    fn marks_stand_at_round_offsets() {
        let offsets = |length| ticks(range(7, 7 + length), 5).into_iter().map(|(offset, _)| offset).collect::<Vec<_>>();
        assert_eq!(offsets(100), [0, 20, 40, 60, 80]);
        assert_eq!(offsets(28_160_439), [0, 10_000_000, 20_000_000]);
        assert_eq!(offsets(1), [0]);
        assert!(offsets(i64::MAX - 7).len() <= 10);
    }
}
