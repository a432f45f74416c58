use query_slo::openslo::{self, Source};

use super::*;

const NOW: Nanos = Nanos(1_700_000_000_000_000_000);
const HOUR_NS: i64 = 60 * MINUTE_NS;

fn documents(target: &str, mistake: bool) -> Documents {
    let source = |sql: &str| format!("{{metricSource: {{type: slowburn, spec: {{where: \"{sql}\"}}}}}}");
    let text = format!(
        "apiVersion: openslo/v1\nkind: Service\nmetadata: {{name: cart}}\n---\n\
         apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: cart}}\n\
         spec:\n  service: cart\n  budgetingMethod: Occurrences\n  timeWindow: [{{duration: 1d}}]\n  \
         indicator: {{spec: {{ratioMetric: {{good: {}, total: {}}}}}}}\n  objectives: [{{target: {target}}}]\n",
        source("status_code <> 'ERROR'"),
        source("kind = 'SERVER'")
    );
    let read = openslo::read(&[Source { file: "slo.yaml", text: &text }]);
    assert_eq!(read.mistakes, []);
    let mistakes = if mistake { vec!["slo.yaml:1:1: wrong; mend it".to_owned()] } else { Vec::new() };
    Documents { slos: if mistake { Vec::new() } else { read.slos }, mistakes, notes: Vec::new() }
}

fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.take(documents("0.9", false));
    ledger
}

fn minute(before_ns: i64, total: u64, good: u64) -> EventMinute {
    EventMinute { group: Vec::new(), minute: NOW.plus(-before_ns), total, good }
}

fn sum(ledger: &Ledger) -> u64 {
    let slices = &ledger.entries()[0].objectives[0].counted.slices;
    slices.sum(slices.period(), NOW).total()
}

#[test]
fn the_period_is_counted_from_its_newest_part_to_its_oldest() {
    let mut ledger = ledger();
    let mut ends = Vec::new();
    for tick in 0..10 {
        for task in ledger.tasks(tick, NOW) {
            ends.push((NOW.since(task.to) / HOUR_NS, NOW.since(task.from) / HOUR_NS));
            ledger.enter(&task, tick, Ok(vec![minute(NOW.since(task.from), 1, 1)]), NOW);
        }
    }
    let older: Vec<_> = ends.iter().filter(|(to, _)| *to > 0).collect();
    assert_eq!(ends[0], (0, 6), "the newest hours come first");
    assert_eq!(older, [&(6, 12), &(12, 18), &(18, 24)]);
    let counted_from = ledger.entries()[0].objectives[0].counted_from;
    assert!(counted_from.is_some_and(|from| NOW.since(from) >= 24 * HOUR_NS));
}

#[test]
fn a_minute_that_is_counted_again_counts_once() {
    let mut ledger = ledger();
    let task = ledger.tasks(0, NOW).remove(0);
    ledger.enter(&task, 0, Ok(vec![minute(HOUR_NS, 10, 9)]), NOW);
    ledger.enter(&task, 1, Ok(vec![minute(HOUR_NS, 12, 9)]), NOW);
    assert_eq!(sum(&ledger), 12);
}

#[test]
fn a_failure_is_told_until_the_next_success_and_counts_nothing() {
    let mut ledger = ledger();
    let task = ledger.tasks(0, NOW).remove(0);
    ledger.enter(&task, 0, Err("too slow".to_owned()), NOW);
    let tracked = |ledger: &Ledger| {
        let tracked = &ledger.entries()[0].objectives[0];
        (tracked.failure.clone(), tracked.counted_from.is_some())
    };
    assert_eq!(tracked(&ledger), (Some("too slow".to_owned()), false));
    ledger.enter(&task, 1, Ok(Vec::new()), NOW);
    assert_eq!(tracked(&ledger), (None, true));
}

#[test]
fn a_mistake_keeps_the_former_slo_and_its_counts() {
    let mut ledger = ledger();
    let task = ledger.tasks(0, NOW).remove(0);
    ledger.enter(&task, 0, Ok(vec![minute(HOUR_NS, 10, 9)]), NOW);
    ledger.take(documents("0.9", true));
    assert_eq!((ledger.entries().len(), sum(&ledger)), (1, 10));
    ledger.take(documents("0.9", false));
    assert_eq!(sum(&ledger), 10, "nothing that matters changed");
    ledger.take(documents("0.95", false));
    assert_eq!(sum(&ledger), 0, "another target is another objective");
    ledger.take(Documents::default());
    assert!(ledger.entries().is_empty());
}

#[test]
fn what_was_counted_for_another_definition_is_not_entered() {
    let mut ledger = ledger();
    let mut task = ledger.tasks(0, NOW).remove(0);
    let Indicator::Rows(rows) = &mut task.indicator else { panic!("rows") };
    rows.among = "true".to_owned();
    ledger.enter(&task, 0, Ok(vec![minute(HOUR_NS, 10, 9)]), NOW);
    assert_eq!(sum(&ledger), 0);
}

#[test]
fn only_whole_minutes_are_counted() {
    let mut ledger = ledger();
    for tick in [0, 1, 6, 360] {
        let tasks = ledger.tasks(tick, NOW);
        assert!(!tasks.is_empty());
        for task in &tasks {
            assert_eq!((task.from.0 % MINUTE_NS, task.to.0 % MINUTE_NS), (0, 0), "{task:?}");
            assert!(task.from < task.to);
        }
        let newest = tasks.iter().map(|task| task.to).max();
        assert!(newest > Some(NOW), "the running minute too");
        ledger.enter(&tasks[0], tick, Ok(Vec::new()), NOW);
    }
}

#[test]
fn each_group_is_counted_and_stored_by_itself_and_all_make_the_whole() {
    let mut ledger = ledger();
    let task = ledger.tasks(0, NOW).remove(0);
    let of = |route: &str, total: u64, good: u64| EventMinute {
        group: vec![Some(route.to_owned())],
        ..minute(HOUR_NS, total, good)
    };
    ledger.enter(&task, 0, Ok(vec![of("/a", 10, 9), of("/b", 5, 0)]), NOW);
    assert_eq!(sum(&ledger), 15);
    let stored = |ledger: &mut Ledger| {
        let (_, settled) = ledger.settle(&task, NOW).expect("it is there");
        settled.into_iter().map(|slice| (slice.group, slice.counts.bad())).collect::<Vec<_>>()
    };
    let group = |route: &str| vec![Some(route.to_owned())];
    assert_eq!(stored(&mut ledger), [(group("/a"), 1), (group("/b"), 5)]);
    assert_eq!(stored(&mut ledger), [], "once");
    ledger.enter(&task, 1, Ok(vec![of("/a", 10, 8), of("/b", 5, 0)]), NOW);
    assert_eq!(stored(&mut ledger), [(group("/a"), 2)], "what a late event changed");
}
