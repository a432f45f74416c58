//! The floor: what a plain look at metrics finds.

use std::collections::BTreeMap;

use crate::otlp::Reading;
use crate::{BEFORE_NS, rank};

/// The place of the service at fault if services are ranked by the farthest reading of any of their metrics, in
/// interquartile ranges from the median (BARO's score, Pham et al., FSE 2024, a range of 0 taken as 1).
pub(crate) fn rank_by_farthest(readings: &[Reading], from: i64, to: i64, wanted: &str) -> Option<usize> {
    let mut farthest: BTreeMap<&str, f64> = BTreeMap::new();
    for reading in readings {
        let mut before = reading.between(from - BEFORE_NS, from);
        before.sort_by(f64::total_cmp);
        let quarter = |share: usize| before.get((before.len().saturating_sub(1)) * share / 4).copied();
        let (Some(first), Some(median), Some(third)) = (quarter(1), quarter(2), quarter(3)) else { continue };
        let range = if third > first { third - first } else { 1.0 };
        let far = reading.between(from, to).into_iter().map(|value| (value - median).abs() / range);
        let most = farthest.entry(&reading.service).or_default();
        *most = far.fold(*most, f64::max);
    }
    let mut order: Vec<(&str, f64)> = farthest.into_iter().collect();
    order.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(right.0)));
    rank(order.into_iter().map(|(service, _)| service), wanted)
}
