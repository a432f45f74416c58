//! A year of an SLO, stored and told.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use ingest_otlp::Decoder;
use ingest_store::{Meaning, StoreConfig};
use query_slo::{Counts, Group, Minute};

use super::*;

/// 2023-11-14 22:00 UTC, an hour's start.
const NOW: Nanos = Nanos(1_699_999_200_000_000_000);
const DAYS: i64 = 330;
const DAY_NS: i64 = 24 * HOUR_NS;

static CLOCK: AtomicI64 = AtomicI64::new(NOW.0);

fn clock() -> Nanos {
    Nanos(CLOCK.load(Ordering::SeqCst))
}

const SLO: &str = "apiVersion: openslo/v1
kind: Service
metadata: {name: shop}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: orders}
spec:
  service: shop
  timeWindow: [{duration: 28d}]
  budgetingMethod: Occurrences
  indicator:
    metadata: {name: orders}
    spec:
      ratioMetric:
        bad: {metricSource: {type: slowburn, spec: {where: \"status_code = 'ERROR'\"}}}
        total: {metricSource: {type: slowburn, spec: {where: \"kind = 'SERVER'\"}}}
  objectives: [{target: 0.99}]
";

/// Every minute of a day before the period: 100 events, one of them bad.
fn day(end: Nanos) -> Vec<ledger::Settled> {
    let first = Minute::of(end.plus(-DAY_NS));
    let counts = Counts::of_good(99, 100).unwrap();
    (0..24 * 60).map(|minute| ledger::Settled { minute: first.shifted(minute), group: Group::new(), counts }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_hours_is_read_once_and_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let slos = folder.path().join("documents");
    std::fs::create_dir(&slos).unwrap();
    std::fs::write(slos.join("orders.yaml"), SLO).unwrap();
    let meaning = Meaning { decode: &Decoder, derivations: |_| Vec::new(), clock };
    let store = Arc::new(Store::open(folder.path(), StoreConfig::default(), meaning).await.unwrap());
    let engines = Arc::new(Engines::new(Arc::clone(&store), folder.path().join("spill"), clock, 1).unwrap());
    let objectives = Objectives::read(Some(slos), folder.path(), engines, Arc::clone(&store), clock).unwrap();
    assert_eq!(objectives.all().mistakes, [] as [String; 0]);
    objectives.count(0).await;
    let (definition, range) = objectives.ledger.read().unwrap().unread(NOW).pop().unwrap();
    let all = || objectives.history("orders", (None, None), SloStep::Hour).unwrap().objectives.remove(0);
    assert!(!all().complete && all().steps.is_empty(), "nothing was counted, and nothing read");

    for number in 0..DAYS {
        let rows = slices::rows(&definition, &day(range.end.plus(-number * DAY_NS)), NOW).unwrap();
        store.record(&Tenant::default(), Judgement::SloSlices, rows).await.unwrap();
    }
    let began = Instant::now();
    objectives.count(1).await;
    let read = began.elapsed();
    let began = Instant::now();
    let told = all();
    let took = began.elapsed();
    println!("{} hours read in {read:?}, told in {took:?}", told.steps.len());
    assert!(told.complete);
    assert_eq!(told.steps.len() as i64, DAYS * 24, "of the year before now");
    assert!(told.steps.iter().all(|step| (step.total, step.bad, step.burn) == (6_000, 60, 1.0)));
    let days = objectives.history("orders", (Some(NOW.plus(-60 * DAY_NS)), None), SloStep::Day).unwrap();
    let days = &days.objectives[0].steps;
    assert_eq!(days.iter().map(|day| day.total).max(), Some(144_000));
    assert_eq!(days.last().map(|day| day.time_unix_nano < range.end), Some(true), "none of the period");
    assert!(objectives.ledger.read().unwrap().unread(NOW).is_empty(), "it is read once");
}
