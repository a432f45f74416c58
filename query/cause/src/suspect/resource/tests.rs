use super::*;

fn series(service: &str, name: &str, baseline: &[f64], fault: &[f64]) -> ResourceSeries {
    ResourceSeries {
        service: service.to_owned(),
        instance: String::new(),
        name: name.to_owned(),
        is_share: name.ends_with("utilization"),
        baseline: baseline.to_vec(),
        fault: fault.to_vec(),
    }
}

#[test]
fn a_share_counts_by_how_much_of_the_whole_is_taken() {
    let calm = [0.1, 0.11, 0.1, 0.09, 0.1];
    let all = [
        series("cart", "cpu_utilization", &calm, &[0.1, 0.9, 0.95]),
        series("shop", "cpu_utilization", &calm, &[0.1, 0.2, 0.25]),
    ];
    let found = findings(&all);
    let [("cart", cart), ("shop", shop)] = &found[..] else { panic!("both rose: {found:?}") };
    assert!((cart.effect - 0.8).abs() < 1e-9 && (shop.effect - 0.1).abs() < 1e-9);
    assert!(cart.score > 0.7 && shop.score < 0.1, "{} {}", cart.score, shop.score);
    assert_eq!(cart.words, "cpu_utilization at 90.0 %, usually 10.0 %");
}

#[test]
fn one_high_reading_is_none() {
    let found = [series("cart", "cpu_utilization", &[0.1, 0.1, 0.1], &[0.1, 0.9, 0.1])];
    assert!(findings(&found).is_empty());
    let all = crate::suspects(&crate::Seen::default(), &crate::Seen::default(), &found);
    assert_eq!((all.services[0].service.as_str(), all.services[0].score), ("cart", 0.0));
}

#[test]
fn an_amount_counts_beyond_what_the_busiest_service_uses() {
    let all = [
        series("cart", "cpu", &[0.01, 0.01, 0.01], &[0.5, 0.5]),
        series("mail", "cpu", &[0.01, 0.01, 0.01], &[0.04, 0.04]),
        series("shop", "cpu", &[0.1, 0.1, 0.1], &[0.1, 0.1]),
    ];
    let found = findings(&all);
    let [("cart", cart)] = &found[..] else { panic!("only cart uses more than shop ever did: {found:?}") };
    assert!((cart.effect - 0.8).abs() < 1e-9, "{}", cart.effect);
}

#[test]
fn readings_that_are_missing_or_no_numbers_tell_nothing() {
    let all = [
        series("cart", "cpu", &[0.1], &[0.5]),
        series("mail", "cpu", &[0.1, 0.1], &[]),
        series("shop", "cpu", &[f64::NAN, 0.1, 0.1], &[f64::INFINITY, f64::NAN]),
        series("till", "cpu", &[0.0, 0.0], &[0.0, 0.0]),
    ];
    assert!(findings(&all).is_empty());
}
