use crate::openslo::{Documents, Metric, MetricSource, Slo, Source, read, write};

const SLOTH: &str = include_str!("../../../../../fixtures/slo/openslo/good-sloth.yaml");
const PYRRA: &str = include_str!("../../../../../fixtures/slo/openslo/good-pyrra.yaml");

fn documents(text: &str) -> Documents {
    read(&[Source { file: "a", text }])
}

fn slo<'a>(documents: &'a Documents, name: &str) -> &'a Slo {
    documents.slos.iter().find(|slo| slo.name == name).unwrap_or_else(|| panic!("no {name} in {documents:?}"))
}

/// The queries of an SLO's sources, that of all events last.
fn queries(slo: &Slo) -> Vec<&str> {
    let sources = slo.indicator.iter().flat_map(|indicator| indicator.metric.sources());
    sources.filter_map(promql).collect()
}

fn promql(source: &MetricSource) -> Option<&str> {
    match source {
        MetricSource::Promql(query) => Some(query),
        _ => None,
    }
}

#[test]
fn sloths_slos_have_its_names_periods_and_queries() {
    let documents = documents(SLOTH);
    let slo = slo(&documents, "myservice-requests-availability");
    assert_eq!((slo.service.as_str(), slo.window.to_string().as_str()), ("myservice", "30d"));
    assert_eq!(slo.objectives[0].target.to_string(), "99.9 %");
    assert!(slo.indicator.as_ref().is_some_and(|indicator| matches!(indicator.metric, Metric::Bad { .. })));
    let total = r#"sum(rate(http_requests_total{job="myservice"}[{{.window}}]))"#;
    assert_eq!(queries(slo)[1], total);
    assert_eq!(slo.labels["owner"], ["myteam"]);
    assert_eq!(slo.annotations["example.com/tier"], "gold", "no key of a label");
    assert_eq!(slo.annotations["sloth.slok.dev/page.for"], "5m");
    assert_eq!(slo.annotations["sloth.slok.dev/ticket.disable"], "true");
    assert_eq!(documents.services.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["myservice"]);
    let plugged = self::slo(&documents, "myservice-plugged");
    assert!(!plugged.is_ours() && slo.is_ours());
}

#[test]
fn pyrras_selectors_become_queries() {
    let documents = documents(PYRRA);
    let of = |name| queries(slo(&documents, name));
    let bad = r#"sum by (route, method) (increase(requests_total{job="api",code=~"5.."}[{{.window}}]))"#;
    assert_eq!(of("api-errors")[0], bad);
    let offset = r#"sum(increase(request_seconds_count{job="api"}[{{.window}}] offset 5m))"#;
    assert_eq!(of("api-latency")[1], offset);
    let all = r#"sum by (service) (increase(request_seconds{job="api"}[{{.window}}]))"#;
    assert_eq!(of("api-native")[0], format!("histogram_fraction(0, 0.2, {all}) * histogram_count({all})"));
    assert_eq!(of("up")[0], r#"sum(sum_over_time(probe_success{job="probe"}[{{.window}}]))"#);
    let errors = slo(&documents, "api-errors");
    assert_eq!((errors.service.as_str(), errors.window.to_string().as_str()), ("monitoring", "28d"));
    assert_eq!(errors.annotations["app.kubernetes.io/part-of"], "shop");
    assert_eq!(slo(&documents, "api-native").service, "api-native", "no namespace");
}

#[test]
fn names_of_two_tools_may_not_be_the_same() {
    let twice = format!("{SLOTH}---\n{SLOTH}");
    let documents = documents(&twice);
    assert_eq!(documents.mistakes.len(), 3, "{:?}", documents.mistakes);
    assert_eq!(documents.slos.len(), 3, "the first ones stay");
}

#[test]
fn odd_keys_are_kept_under_names_that_can_be_written() {
    let odd = SLOTH.replace("severity: pageteam", &format!("'a b/{}': x", "c".repeat(80)));
    let documents = documents(&odd);
    assert_eq!(documents.mistakes, []);
    assert_eq!(self::documents(&write(&documents)).mistakes, []);
}
