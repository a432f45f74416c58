//! Slopes that outliers do not bend.
//!
//! The median of the slopes between all pairs of points: Theil, "A rank-invariant method of linear and polynomial regression analysis",
//! Proc. Kon. Ned. Akad. v. Wetensch. 53, 1950; Sen, JASA 63, 1968. 29 % of the points may be anywhere. Siegel's repeated medians
//! (Biometrika 69, 1982) stand 50 %, but their slope is noisier where the noise is normal.

use super::course::Bin;

/// Points between which slopes are taken, at most; more are averaged in groups.
const POINTS: usize = 64;

/// The median; of an even number the middle of both. `None` of nothing.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    let half = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let even = values.len().is_multiple_of(2);
    let (below, middle, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let middle = *middle;
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| even);
    Some(lower.map_or(middle, |lower| f64::midpoint(lower, middle)))
}

/// The slope of bins per hour; `None` where all are of one time.
pub(super) fn theil_sen(bins: &[Bin]) -> Option<f64> {
    let group = bins.len().div_ceil(POINTS).max(1);
    let mean = |group: &[Bin], figure: fn(&Bin) -> f64| group.iter().map(figure).sum::<f64>() / group.len() as f64;
    let points = bins.chunks(group).map(|group| (mean(group, |bin| bin.at), mean(group, |bin| bin.value)));
    median_slope(&points.collect::<Vec<_>>())
}

/// The median slope between all pairs of points; `None` where all are of one time.
pub(super) fn median_slope(points: &[(f64, f64)]) -> Option<f64> {
    let pairs = |(index, one): (usize, &(f64, f64))| {
        let one = *one;
        points[index + 1..].iter().map(move |other| (other.0 - one.0, other.1 - one.1))
    };
    let slopes = points.iter().enumerate().flat_map(pairs).filter(|(time, _)| *time > 0.0);
    median(&mut slopes.map(|(time, rise)| rise / time).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(values: impl Iterator<Item = f64>) -> Vec<Bin> {
        values.enumerate().map(|(at, value)| Bin { at: at as f64, value, top: value }).collect()
    }

    #[test]
    fn the_median_of_two_is_their_middle() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0]), Some(3.0));
        assert_eq!(median(&mut [5.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [5.0, 1.0, 2.0, 4.0]), Some(3.0));
    }

    #[test]
    fn a_quarter_of_wild_points_does_not_bend_the_slope() {
        let wild = |at: usize| if at % 4 == 1 { 1e9 } else { 2.0 * at as f64 };
        assert_eq!(theil_sen(&bins((0..60).map(wild))), Some(2.0));
        assert_eq!(theil_sen(&bins((0..200).map(|at| 5.0 - 0.5 * at as f64))), Some(-0.5));
        assert_eq!(theil_sen(&bins(std::iter::once(1.0))), None);
    }
}
