use proptest::prelude::*;

use super::*;

const CHECKOUT: &str = include_str!("../../../../fixtures/slo/openslo/good-checkout.yaml");
const LATENCY: &str = include_str!("../../../../fixtures/slo/openslo/good-latency.yaml");
const JSON: &str = include_str!("../../../../fixtures/slo/openslo/good-json.yaml");

const SERVICE: &str = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: shop}\n";
const SLI: &str = "apiVersion: openslo/v1
kind: SLI
metadata: {name: works}
spec:
  ratioMetric:
    good: {metricSource: {type: slowburn, spec: {where: status_code = 'OK'}}}
    total: {metricSource: {type: slowburn, spec: {where: 'true'}}}
";
const SLO: &str = "apiVersion: openslo/v1
kind: SLO
metadata: {name: shop-works}
spec:
  service: shop
  indicatorRef: works
  timeWindow: [{duration: 30d}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.9}]
";

/// Reads texts as files a, b, c and so on.
fn files(texts: &[&str]) -> Documents {
    let names = ["a", "b", "c", "d"];
    let sources: Vec<Source<'_>> = names.iter().zip(texts).map(|(file, text)| Source { file, text }).collect();
    read(&sources)
}

fn spans(events: &str) -> MetricSource {
    let events = events.to_owned();
    MetricSource::Rows(Rows { table: Table::Spans, events, value: None, count: None, group_by: Vec::new() })
}

fn metric(slo: &Slo) -> &Metric {
    &slo.indicator.as_ref().expect("it has an indicator").metric
}

fn names(documents: &Documents) -> Vec<&str> {
    documents.slos.iter().map(|slo| slo.name.as_str()).collect()
}

fn told(documents: &Documents) -> Vec<String> {
    documents.mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn an_slo_is_given_whole_with_its_indicator() {
    let documents = files(&[CHECKOUT]);
    let [slo] = documents.slos.as_slice() else { panic!("one SLO, not {documents:?}") };
    assert_eq!(slo.display_name.as_deref(), Some("Checkout works"));
    assert_eq!(slo.service, "checkout");
    assert_eq!(slo.description.as_deref(), Some("Orders go through."));
    assert_eq!(slo.labels["tags"], ["frontend", "2024"]);
    assert_eq!(slo.annotations["owner"], "payments@example.com");
    assert_eq!(slo.window.to_string(), "30d");
    assert_eq!(slo.alert_policies, [Given::Named("wake-somebody".to_owned())]);
    assert_eq!(slo.position.to_string(), "a:2:1");
    let indicator = slo.indicator.as_ref().expect("it has one");
    assert_eq!(indicator.name.as_deref(), Some("checkout-good-requests"));
    assert_eq!(indicator.counter, Some(true));
    assert_eq!(
        indicator.metric,
        Metric::Good {
            good: spans("status_code <> 'ERROR'"),
            total: spans("service_name = 'checkout' AND kind = 'SERVER'"),
        }
    );
    let targets: Vec<String> = slo.objectives.iter().map(|objective| objective.target.to_string()).collect();
    assert_eq!(targets, ["99.5 %", "99.9 %"]);
    assert_eq!(documents.services[0].description.as_deref(), Some("Takes orders."));
}

#[test]
fn each_objective_of_a_threshold_metric_has_its_own_threshold() {
    let documents = files(&[LATENCY]);
    let slo = &documents.slos[0];
    assert!(metric(slo).has_threshold());
    let thresholds: Vec<String> =
        slo.objectives.iter().filter_map(|objective| objective.threshold).map(|it| it.to_string()).collect();
    assert_eq!(thresholds, ["<= 250", "< 1500"]);
}

#[test]
fn json_is_read_too() {
    let documents = files(&[JSON]);
    let slo = &documents.slos[0];
    assert_eq!(slo.labels["tier"], ["1", "eu"]);
    assert!(matches!(metric(slo), Metric::Bad { bad, .. } if *bad == spans("status_code = 'ERROR'")));
}

#[test]
fn references_are_followed_across_files_in_any_order() {
    let documents = files(&[SLO, SERVICE, SLI]);
    assert_eq!((names(&documents), told(&documents)), (vec!["shop-works"], vec![]));
    let documents = files(&[SLO, SERVICE]);
    assert_eq!(names(&documents), [""; 0]);
    assert!(told(&documents)[0].starts_with("a:6:17: `spec.indicatorRef` is \"works\": no SLI"));
}

#[test]
fn of_two_documents_with_one_name_the_first_stays_and_the_second_is_told() {
    let documents = files(&[SLO, SERVICE, SLI, SLO]);
    assert_eq!(documents.slos[0].position.file, "a");
    assert_eq!(names(&documents).len(), 1);
    assert!(told(&documents)[0].starts_with("d:3:18:") && told(&documents)[0].contains("at a:3:18"));
}

#[test]
fn an_slo_is_withheld_when_what_it_refers_to_has_a_mistake_that_is_told_once() {
    for (good, bad) in [("good:", "god:"), ("spec:\n", "spec:\n  extra: 1\n"), ("'OK'", "&tag 'OK', where: b")] {
        let sli = SLI.replacen(good, bad, 1);
        let documents = files(&[SLO, SERVICE, &sli]);
        assert_eq!(names(&documents), [""; 0], "{sli}");
        assert!(told(&documents).iter().all(|mistake| mistake.starts_with("c:")), "{:?}", told(&documents));
    }
    let documents = files(&[SLO, &SERVICE.replace("kind: S", "extra: 1\nkind: S"), SLI]);
    assert_eq!((names(&documents).len(), documents.services.len(), told(&documents).len()), (0, 0, 1));
}

#[test]
fn a_mistake_does_not_withhold_the_other_documents_of_its_file() {
    let broken = SLO.replace("shop-works", "other").replace("0.9", "9");
    let documents = files(&[&[SERVICE, SLI, &broken, SLO].join("---\n")]);
    assert_eq!(names(&documents), ["shop-works"]);
    assert_eq!(told(&documents).len(), 1);
    let documents = files(&[&[SERVICE, SLI, SLO, "a: [\n"].join("---\n")]);
    assert_eq!(names(&documents), ["shop-works"], "what cannot be parsed comes after it");
}

#[test]
fn a_file_that_cannot_be_read_does_not_withhold_the_documents_of_another() {
    for text in ["@", &"#".repeat(1_100_000), "]"] {
        let documents = files(&[SERVICE, SLI, SLO, text]);
        assert_eq!((names(&documents), documents.mistakes.len()), (vec!["shop-works"], 1));
        assert_eq!(documents.mistakes[0].file, "d");
    }
}

#[test]
fn predicates_are_bounded() {
    let long = |length: usize| SLI.replace("'true'", &format!("'{}'", "x".repeat(length)));
    assert_eq!(told(&files(&[&long(4_096)])), [""; 0]);
    assert!(told(&files(&[&long(4_097)]))[0].contains("has 4097 characters; at most 4096 are allowed"));
}

#[test]
fn a_mistake_repeats_only_the_beginning_of_what_was_given() {
    let long = "x".repeat(1_000);
    let text = SLO.replace("shop\n", &format!("{long}\n  {long}: 1\n")).replace("0.9", &"9".repeat(1_000));
    let documents = files(&[&text]);
    assert_eq!(documents.mistakes.len(), 4, "{:?}", told(&documents));
    assert!(told(&documents).iter().all(|mistake| mistake.len() < 400), "{:?}", told(&documents));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let text = format!("\u{feff}{}", CHECKOUT.replace('\n', "\r\n"));
    let (documents, plain) = (files(&[&text]), files(&[CHECKOUT]));
    assert_eq!(told(&documents), [""; 0]);
    assert_eq!(documents.slos[0].indicator, plain.slos[0].indicator);
}

proptest! {
    /// Lines of good documents are left out, doubled, moved in and exchanged.
    #[test]
    fn every_slo_is_given_out_or_there_is_a_mistake(
        changes in prop::collection::vec((0..3_u8, 0..80_usize, 0..80_usize), 0..4)
    ) {
        let text = [LATENCY, &CHECKOUT.replace("---\n", "---\n\n"), JSON].join("---\n");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (change, at, other) in changes {
            let (at, other) = (at % lines.len(), other % lines.len());
            match change {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[other].clone()),
                _ => lines.swap(at, other),
            }
        }
        let documents = files(&[&lines.join("\n")]);
        let slos = lines.iter().filter(|line| line.contains("SLO") && line.contains("kind")).count();
        prop_assert!(documents.slos.len() <= slos);
        prop_assert!(documents.slos.len() == slos || !documents.mistakes.is_empty());
        for slo in documents.slos {
            prop_assert!(!slo.objectives.is_empty() && !slo.name.is_empty());
            let threshold = metric(&slo).has_threshold();
            prop_assert!(slo.objectives.iter().all(|objective| objective.threshold.is_some() == threshold));
        }
    }
}
