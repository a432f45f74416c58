use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn buckets_are_in_order(left in prop::num::f64::NORMAL | prop::num::f64::ZERO, right in prop::num::f64::NORMAL) {
        let (lesser, greater) = if left < right { (left, right) } else { (right, left) };
        prop_assert!(place(lesser) <= place(greater));
    }

    #[test]
    fn a_bucket_begins_at_most_an_eighth_below_its_numbers(value in 1e-300..1e300_f64) {
        let end = lower_end(place(value).expect("it is a number"));
        prop_assert!(end <= value && value < end * 1.125 + f64::MIN_POSITIVE, "{end}");
        let mirrored = lower_end(place(-value).expect("it is a number"));
        prop_assert!(mirrored < -value && -value <= mirrored / 1.125, "{mirrored}");
    }
}

#[test]
fn what_is_no_number_has_no_bucket() {
    assert_eq!(place(f64::NAN), None);
    assert_eq!(place(-0.0), place(0.0));
    assert!(place(f64::INFINITY) > place(f64::MAX));
}
