//! Streamed distances are those computed from scratch.

use super::*;

/// The smallest distance of the last stretch to one that does not touch it, by the definition.
fn by_definition(values: &[f64], length: usize, room: usize) -> Option<f64> {
    let values = &values[values.len().saturating_sub(room)..];
    let newest = values.len().checked_sub(length)?;
    let far = |index: usize| {
        let (one, other) = (&values[index..index + length], &values[newest..]);
        let mean = |part: &[f64]| part.iter().sum::<f64>() / length as f64;
        let (left, right) = (mean(one), mean(other));
        one.iter().zip(other).map(|(one, other)| (one - left - other + right).powi(2)).sum::<f64>()
    };
    (0..=newest.checked_sub(length)?).map(far).min_by(f64::total_cmp).map(|far| (far / length as f64).sqrt())
}

#[test]
fn streamed_distances_are_those_by_definition() {
    let noise = |step: u32| (f64::from(step * step % 101) / 50.0 - 1.0) + (f64::from(step) / 7.0).sin();
    let values: Vec<f64> = (0..300).map(noise).collect();
    let mut profile = Profile::new(8, 64);
    let mut compared = 0;
    for (step, value) in values.iter().enumerate() {
        let opinion = profile.observe(*value);
        let wanted = by_definition(&values[..=step], 8, 64);
        assert_eq!(opinion.is_some(), wanted.is_some(), "at {step}");
        if let (Some(opinion), Some(wanted)) = (opinion, wanted) {
            let found = opinion.surprise * opinion.spread;
            assert!((found - wanted).abs() < 1e-6, "{found} is not {wanted} at {step}");
            compared += 1;
        }
    }
    assert!(compared > 250);
}

#[test]
fn a_shape_never_seen_surprises_more_than_one_seen() {
    let mut profile = Profile::new(12, 400);
    let wave = |step: u32| (std::f64::consts::TAU * f64::from(step) / 24.0).sin();
    let usual = (0..300).filter_map(|step| profile.observe(wave(step))).last().expect("full").surprise;
    let flat = (0..12).filter_map(|_| profile.observe(0.0)).last().expect("full").surprise;
    assert!(usual < 0.01 && flat > 0.3, "{usual} {flat}");
}
