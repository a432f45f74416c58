use proptest::prelude::*;

use super::*;

fn sketch(durations: &[u64]) -> Sketch {
    let mut sketch = Sketch::default();
    durations.iter().for_each(|duration| sketch.record(*duration, 1.0));
    sketch
}

/// The nearest-rank quantile.
fn exact(durations: &[u64], q: f64) -> u64 {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let rank = (q * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank - 1].max(1)
}

#[test]
fn upper_bounds_belong_to_their_bucket() {
    assert_eq!((bucket(0), bucket(1), bucket(2), bucket(3)), (-1, -1, 31, 50));
    assert_eq!((bucket(1_024), bucket(1_025)), (10 * 32 - 1, 10 * 32));
    assert_eq!(bucket(u64::MAX), 2_047);
}

#[test]
fn the_stated_error_is_that_of_the_base() {
    let base = 2_f64.powf(1.0 / 32.0);
    assert!(((base - 1.0) / (base + 1.0) - RELATIVE_ERROR).abs() < 1e-6);
}

#[test]
fn without_requests_there_is_no_quantile() {
    assert_eq!(Sketch::default().quantile(0.5), None);
    assert_eq!(sketch(&[5]).quantile(1.5), None);
    assert_eq!(sketch(&[5]).quantile(f64::NAN), None);
}

#[test]
fn a_weighted_request_counts_as_many() {
    let mut one = Sketch::default();
    one.record(1_000_000, 99.0);
    one.record(1_000_000_000, 1.0);
    assert!(one.quantile(0.99).unwrap() < 1_020_000.0);
    assert!(one.quantile(0.995).unwrap() > 980_000_000.0);
}

#[test]
fn counts_beyond_all_buckets_are_no_sketch() {
    let mut one = sketch(&[7]);
    assert_eq!(one.merge(i64::MIN, &[1.0]), Err(SketchError));
    assert_eq!(one.merge(i64::MAX, &[1.0, 1.0]), Err(SketchError));
    assert_eq!(one.merge(2_047, &[1.0, 1.0]), Err(SketchError));
    assert_eq!(one, sketch(&[7]), "what is refused changes nothing");
    assert_eq!(one.merge(i64::MAX, &[]), Ok(()));
}

proptest! {
    #[test]
    fn quantiles_are_within_the_stated_error(
        durations in prop::collection::vec(prop_oneof![0..10_u64, 1_000..10_000_000_000_u64, any::<u64>()], 1..300),
        q in 0.0..=1.0_f64,
    ) {
        let (estimate, exact) = (sketch(&durations).quantile(q).unwrap(), exact(&durations, q) as f64);
        prop_assert!((estimate - exact).abs() <= exact * (RELATIVE_ERROR + 1e-9), "{estimate} for {exact}");
    }

    #[test]
    fn merging_is_recording_everything_in_one(
        durations in prop::collection::vec(any::<u64>(), 0..100),
        cut in 0..100_usize,
    ) {
        let (left, right) = durations.split_at(cut.min(durations.len()));
        let (mut left, right) = (sketch(left), sketch(right));
        left.merge(right.offset(), right.counts()).unwrap();
        prop_assert_eq!(left, sketch(&durations));
    }
}
