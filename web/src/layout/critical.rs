//! The critical path, span by span.

use std::collections::HashMap;

use query_api::{PathSegment, Trace};

use super::{Bar, Range};

/// Stretches closer than this, in percent of the screen, are drawn as one: a pixel shows no more.
const TOUCHING: f64 = 0.15;

/// Which stretches of which span are on the critical path.
#[derive(Debug, Clone, Default)]
pub(crate) struct CriticalPath {
    of_span: HashMap<usize, Vec<PathSegment>>,
}

// === impl CriticalPath ===

impl CriticalPath {
    /// Sorts the path of a trace by span.
    pub(crate) fn new(trace: &Trace) -> Self {
        let mut of_span: HashMap<usize, Vec<PathSegment>> = HashMap::new();
        for segment in &trace.critical_path {
            of_span.entry(segment.span).or_default().push(*segment);
        }
        Self { of_span }
    }

    /// How long a span was on the path, in nanoseconds.
    pub(crate) fn time_ns(&self, span: usize) -> i64 {
        let lengths = self.of_span.get(&span).into_iter().flatten();
        lengths.map(|segment| segment.end_time_unix_nano.since(segment.start_time_unix_nano)).sum()
    }

    /// Where a span's stretches lie on screen; those that touch are joined.
    pub(crate) fn bars(&self, span: usize, range: Range) -> Vec<Bar> {
        let segments = self.of_span.get(&span).into_iter().flatten();
        let mut bars: Vec<Bar> = Vec::new();
        for bar in segments.filter_map(|part| range.bar(part.start_time_unix_nano, part.end_time_unix_nano)) {
            match bars.last_mut() {
                Some(last) if bar.left - (last.left + last.width) < TOUCHING => {
                    last.width = (bar.left + bar.width - last.left).max(last.width);
                }
                _ => bars.push(bar),
            }
        }
        bars
    }
}

#[cfg(test)]
mod tests {
    use ingest_model::Nanos;

    use super::*;
    use crate::layout::sample::trace_of_services;

    fn segment(span: usize, start: i64, end: i64) -> PathSegment {
        PathSegment { span, start_time_unix_nano: Nanos(start), end_time_unix_nano: Nanos(end) }
    }

    #[test]
    fn the_time_of_a_span_is_the_sum_of_its_stretches() {
        let mut trace = trace_of_services(&["a".to_owned(), "b".to_owned()]);
        trace.critical_path = vec![segment(0, 0, 10), segment(1, 10, 70), segment(0, 70, 100)];
        let path = CriticalPath::new(&trace);
        assert_eq!((path.time_ns(0), path.time_ns(1), path.time_ns(9)), (40, 60, 0));
        assert_eq!(path.bars(0, Range::new(Nanos(0), Nanos(100))).len(), 2);
    }

    #[test]
    fn stretches_that_share_a_pixel_are_drawn_as_one() {
        let mut trace = trace_of_services(&["a".to_owned()]);
        trace.critical_path = (0..1_000).map(|at| segment(0, at * 10, at * 10 + 9)).collect();
        let bars = CriticalPath::new(&trace).bars(0, Range::new(Nanos(0), Nanos(10_000)));
        assert_eq!(bars.len(), 1);
        assert!((bars[0].width - 99.99).abs() < 0.001);
    }
}
