//! Order statistics, which a few wild values do not move.

/// Interquartile range to standard deviation, for normal noise: 2 Phi^-1(3/4).
pub(crate) const IQR_TO_SIGMA: f64 = 1.349;

/// The finite values, ascending.
pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// A quantile by linear interpolation (Hyndman and Fan 1996, type 7); 0 of nothing.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let at = |index: f64| sorted.get(index as usize).copied().unwrap_or_default();
    at(place.floor()) + (at(place.ceil()) - at(place.floor())) * place.fract()
}
