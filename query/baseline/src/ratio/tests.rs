//! Worked figures and the promises of the bound.

use proptest::prelude::*;

use super::*;

#[test]
fn worked_figures_of_a_quiet_minute() {
    // 2 * 3 * (1/3 ln(33.33) + 2/3 ln(0.6734)) = 5.43
    assert!((deviance(1.0 / 3.0, 0.01, 3.0) - 2.330).abs() < 0.001);
    assert!((deviance(1.0, 0.01, 3.0) - 5.257).abs() < 0.001);
    assert!((deviance(0.0, 0.5, 1.0) + 1.177).abs() < 0.001);
}

#[test]
fn one_error_is_never_beyond_four_deviations() {
    for requests in 1..10_000 {
        let requests = f64::from(requests);
        assert!(deviance(1.0 / requests, 0.0, requests) < 3.72, "{requests} requests");
    }
}

/// Exact tail of the binomial distribution: the chance of `least` or more.
fn tail(least: u32, requests: u32, p: f64) -> f64 {
    let mut chance = (1.0 - p).powi(requests.cast_signed());
    let mut below = 0.0;
    for k in 0..least {
        below += chance;
        chance *= f64::from(requests - k) / f64::from(k + 1) * p / (1.0 - p);
    }
    1.0 - below
}

proptest! {
    #[test]
    fn the_exact_chance_of_leaving_the_band_is_below_chernoffs_bound(
        requests in 1_u32..400, p in 0.001_f64..0.6, width in 1.0_f64..4.0,
    ) {
        let most = upper(p, f64::from(requests), width) * f64::from(requests);
        let least = most.floor() as u32 + 1;
        if least <= requests {
            prop_assert!(tail(least, requests, p) <= (-width * width / 2.0).exp() + 1e-9);
        }
    }

    #[test]
    fn bounds_enclose_the_expected_ratio_and_narrow_with_requests(
        p in 0.001_f64..0.999, requests in 1.0_f64..1e7, width in 0.1_f64..10.0,
    ) {
        let (low, high) = (lower(p, requests, width), upper(p, requests, width));
        prop_assert!((0.0..=p).contains(&low) && (p..=1.0).contains(&high));
        prop_assert!(upper(p, requests * 2.0, width) <= high);
        prop_assert!(lower(p, requests * 2.0, width) >= low);
    }
}
