//! Small calls trees with a known culprit.

use super::*;

fn series(service: &str, signal: ServiceSignal, usual: f64, noise: f64, now: f64) -> ServiceSeries {
    let wave = |minute: i32| f64::from(minute % 5 - 2) / 2.0 * noise;
    ServiceSeries {
        service: service.to_owned(),
        signal,
        baseline: (0..60).map(|minute| usual + wave(minute)).collect(),
        fault: (0..10).map(|minute| now + wave(minute)).collect(),
    }
}

#[test]
fn the_slow_service_comes_before_its_slower_callers() {
    use ServiceSignal as S;
    let found = services(&[
        series("frontend", S::Latency, 10.0, 0.2, 900.0),
        series("frontend", S::SelfTime, 5.0, 0.2, 5.1),
        series("cart", S::Latency, 5.0, 1.0, 300.0),
        series("cart", S::SelfTime, 4.0, 1.0, 299.0),
        series("mail", S::Latency, 20.0, 2.0, 21.0),
    ]);
    let order: Vec<(&str, Role)> = found.services.iter().map(|one| (one.service.as_str(), one.role)).collect();
    assert_eq!(order, [("cart", Role::Origin), ("frontend", Role::Suffers), ("mail", Role::Normal)]);
    let evidence = found.services[0].evidence[0];
    assert_eq!((evidence.signal, evidence.expected), (S::SelfTime, 4.0));
    assert!(evidence.value > 298.0 && evidence.score > 100.0);
    assert!(found.services[2].evidence.is_empty());
}

#[test]
fn errors_of_ones_own_weigh_more_than_errors_of_children() {
    use ServiceSignal as S;
    let found = services(&[
        series("a-caller", S::Errors, 0.0, 0.0, 1.0),
        series("a-caller", S::OwnErrors, 0.0, 0.0, 0.01),
        series("payment", S::Errors, 0.01, 0.005, 0.2),
        series("payment", S::OwnErrors, 0.01, 0.005, 0.2),
    ]);
    assert_eq!(found.services[0].service, "payment");
    assert_eq!(found.services[1].role, Role::Suffers);
}

#[test]
fn falling_saturation_is_a_sign_and_falling_latency_is_none() {
    use ServiceSignal as S;
    let found = services(&[series("dead", S::Saturation, 0.6, 0.05, 0.0), series("fast", S::Latency, 100.0, 1.0, 1.0)]);
    assert_eq!((found.services[0].service.as_str(), found.services[0].role), ("dead", Role::Origin));
    assert_eq!((found.services[1].role, found.services[1].score), (Role::Normal, 0.0));
}

#[test]
fn a_third_of_a_fault_window_is_enough_and_a_stray_minute_is_not() {
    let mut late = series("late", ServiceSignal::SelfTime, 5.0, 0.2, 5.0);
    late.fault.iter_mut().skip(7).for_each(|value| *value = 50.0);
    let mut stray = series("stray", ServiceSignal::SelfTime, 5.0, 0.2, 5.0);
    stray.fault[3] = 5_000.0;
    let found = services(&[late, stray]);
    let order: Vec<(&str, Role)> = found.services.iter().map(|one| (one.service.as_str(), one.role)).collect();
    assert_eq!(order, [("late", Role::Origin), ("stray", Role::Normal)]);
}

#[test]
fn services_without_both_windows_are_named() {
    let mut new = series("new", ServiceSignal::Latency, 5.0, 1.0, 5.0);
    new.baseline.truncate(LEAST_BASELINE - 1);
    let mut odd = series("odd", ServiceSignal::Latency, 5.0, 1.0, 5.0);
    odd.fault = vec![f64::NAN, f64::INFINITY];
    let found = services(&[odd, new]);
    assert_eq!(found, ServiceCauses { services: Vec::new(), not_compared: vec!["new".into(), "odd".into()] });
}

#[test]
fn equals_are_ordered_by_name_whatever_the_input_is() {
    let of = |name| series(name, ServiceSignal::SelfTime, 5.0, 0.2, 50.0);
    let names = |found: ServiceCauses| found.services.into_iter().map(|one| one.service).collect::<Vec<_>>();
    assert_eq!(names(services(&[of("b"), of("a")])), ["a", "b"]);
    assert_eq!(names(services(&[of("a"), of("b")])), ["a", "b"]);
}

#[test]
fn quartiles_by_hand() {
    let values = [1.0, 2.0, 3.0, 4.0];
    assert_eq!([0.25, 0.5, 0.75].map(|share| quantile(&values, share)), [1.75, 2.5, 3.25]);
}
