//! Tails of known distributions.

use super::*;

/// Evenly spread shares in an order without runs (multiples of the golden section, Weyl 1916).
fn shares() -> impl Iterator<Item = f64> {
    (1..8_000u32).map(|step| (f64::from(step) * 0.618_033_988_749_894_9).fract())
}

fn learned(of: impl Fn(f64) -> f64) -> Tail {
    let mut tail = Tail::new(4_000);
    shares().for_each(|share| tail.add(of(share)));
    tail
}

#[test]
fn an_exponential_tail_is_found() {
    let tail = learned(|share| -(1.0 - share).ln());
    for far in [4.0_f64, 6.0, 8.0] {
        let ratio = tail.chance(far) / (-far).exp();
        assert!((0.5..2.0).contains(&ratio), "chance of {far} is {ratio} times what it is");
    }
}

#[test]
fn a_heavy_tail_is_not_taken_for_a_light_one() {
    // Pareto with index 4: P(> z) = z^-4, shape 1/4.
    let tail = learned(|share| (1.0 - share).powf(-0.25));
    let ratio = tail.chance(6.0) * 6.0_f64.powi(4);
    assert!((0.3..3.0).contains(&ratio), "{ratio}");
    assert!((tail.pareto().0 - 0.25).abs() < 0.15, "{:?}", tail.pareto());
}

#[test]
fn chances_fall_and_surprises_are_their_inverse() {
    let tail = learned(|share| share * share);
    let chances: Vec<f64> = (0..60).map(|step| tail.chance(f64::from(step) / 25.0)).collect();
    assert!(chances.windows(2).all(|two| two[1] <= two[0]));
    let far = tail.surprise(1e-4);
    assert!((tail.evidence(far) - 4.0).abs() < 1e-6);
}

#[test]
fn a_series_that_never_surprised_has_certain_evidence_of_the_first_time() {
    let tail = learned(|_| 0.0);
    assert_eq!(tail.evidence(0.0), 0.0);
    assert_eq!(tail.evidence(1.0), MOST);
}
