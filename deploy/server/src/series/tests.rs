//! Watched series in simulated time.

use std::sync::atomic::{AtomicI64, Ordering};

use ingest_model::Signal;
use ingest_otlp::Decoder;
use ingest_store::{Append, Decode as _, Encoding, Meaning, RecordedRequest, Sink as _, StoreConfig};
use query_api::{SeriesQuestion, SeriesStatus, WatchedSeriesList};
use serde_json::json;

use super::*;
use crate::ask;

/// 2023-11-13, a Monday.
const BEGIN_S: i64 = 1_699_833_600;
const STEP_S: i64 = 300;
const HOUR_S: i64 = 3_600;

/// The second it is in each test.
static NOW_S: [AtomicI64; 2] = [AtomicI64::new(BEGIN_S), AtomicI64::new(BEGIN_S)];

fn clock<const TEST: usize>() -> Nanos {
    Nanos(NOW_S[TEST].load(Ordering::SeqCst) * SECOND_NS)
}

struct World<const TEST: usize> {
    store: Arc<Store>,
    engines: Arc<Engines>,
    folder: tempfile::TempDir,
}

impl<const TEST: usize> World<TEST> {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let meaning = Meaning { decode: &Decoder, derivations: |_| Vec::new(), clock: clock::<TEST> };
        let store = Arc::new(Store::open(folder.path(), StoreConfig::default(), meaning).await.unwrap());
        let engines =
            Arc::new(Engines::new(Arc::clone(&store), folder.path().join("spill"), clock::<TEST>, 1).unwrap());
        Self { store, engines, folder }
    }

    fn queries(&self, file: &str) -> WatchedQueries {
        let path = self.folder.path().join("series.toml");
        std::fs::write(&path, file).unwrap();
        WatchedQueries::open(Arc::clone(&self.engines), Arc::clone(&self.store), Some(path), clock::<TEST>).unwrap()
    }

    /// Sends the depth of two queues, every five minutes from one second to another; the first by `depth`.
    async fn send(&self, from: i64, to: i64, depth: impl Fn(i64) -> f64) {
        let point = |at: i64, queue: &str, value: f64| {
            json!({"timeUnixNano": (at * SECOND_NS).to_string(), "asDouble": value,
                   "attributes": [{"key": "queue", "value": {"stringValue": queue}}]})
        };
        let times = || (from..to).step_by(STEP_S as usize);
        let points: Vec<_> =
            times().flat_map(|at| [point(at, "a", depth(at)), point(at, "b", usual(at) / 2.0)]).collect();
        let service = json!({"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]});
        let metrics = json!([{"name": "queue.depth", "gauge": {"dataPoints": points}}]);
        let body = json!({"resourceMetrics": [{"resource": service, "scopeMetrics": [{"metrics": metrics}]}]});
        NOW_S[TEST].store(to, Ordering::SeqCst);
        let request = RecordedRequest {
            tenant: Tenant::default(),
            signal: Signal::Metrics,
            encoding: Encoding::Json,
            received: clock::<TEST>(),
            rejected: Vec::new(),
            body: body.to_string().into_bytes().into(),
        };
        let rows = Decoder.rows(&request).unwrap();
        self.store.append(Append { request, rows }).await.unwrap();
    }

    async fn tick(&self, queries: &WatchedQueries, now: i64) -> WatchedSeriesList {
        NOW_S[TEST].store(now, Ordering::SeqCst);
        queries.tick().await.unwrap();
        queries.list(&SeriesQuestion::default())
    }

    async fn rows(&self, query: &str) -> Vec<Vec<serde_json::Value>> {
        let engine = self.engines.of(&Tenant::default()).await.unwrap();
        ask::rows(&engine, query.to_owned()).await.unwrap()
    }

    async fn is_explained(&self) {
        // Why it was abnormal is answered from what is stored.
        let stored =
            format!("SELECT value, expected, why ->> 'words' FROM anomalies WHERE breached AND signal = '{A}'");
        let stored = self.rows(&stored).await;
        assert_eq!(stored.len(), 1);
        assert!(stored[0][2].as_str().unwrap().contains("400.000000 is an alarm: expected"), "{stored:?}");
        // What was judged live is what the function judges again.
        let again = format!(
            "SELECT value, expected, breached, count(*) OVER () FROM baseline('cart', '{A}') ORDER BY minute DESC LIMIT 1"
        );
        let again = self.rows(&again).await;
        assert_eq!((&again[0][0], &again[0][2]), (&stored[0][0], &json!(true)));
        let near = |one: &serde_json::Value, other: &serde_json::Value| {
            (one.as_f64().unwrap() - other.as_f64().unwrap()).abs() < 1e-9
        };
        assert!(near(&again[0][1], &stored[0][1]), "{again:?} {stored:?}");
        assert_eq!(again[0][3], json!(287), "the whole steps of a day");
    }

    async fn tells_mistakes(&self, end: i64) {
        // What is wrong with a query is told, and the others go on.
        let queries = self.queries("[[series]]\nname = 'odd'\nsql = 'SELECT time FROM metrics'\n[metrics]\nmost = 1\n");
        let list = self.tick(&queries, end + 150).await;
        assert_eq!(list.mistakes, ["the series odd: the query has no column value"]);
        assert_eq!((list.series.len(), list.left_out), (1, 1));
        let queries = self.queries("[metrics]\nwatch = false\n");
        assert_eq!(self.tick(&queries, end + 160).await.total, 0);
    }
}

/// The season of a day, and noise that repeats nowhere near.
fn usual(at: i64) -> f64 {
    let of_day = at.rem_euclid(24 * HOUR_S) as f64 / (24 * HOUR_S) as f64;
    let noise = (at / STEP_S).wrapping_mul(2_654_435_761).rem_euclid(1_000) as f64 / 1_000.0;
    50.0 + 20.0 * (of_day * std::f64::consts::TAU).sin() + 6.0 * noise
}

fn called<'a>(list: &'a [SeriesStatus], signal: &str) -> &'a SeriesStatus {
    list.iter().find(|one| one.signal == signal).unwrap()
}

const A: &str = r#"queue.depth{queue="a"}"#;
const P: &str = r#"depth{queue="a"}"#;

/// Every metric without being named, and a query in PromQL.
const FILE: &str = "[[series]]\nname = 'depth'\npromql = 'max by (queue) (queue_depth)'\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_metric_and_a_query_are_learned_judged_explained_and_read_back() {
    let world = World::<0>::new().await;
    let (learned, end) = (BEGIN_S + 5 * 24 * HOUR_S, BEGIN_S + 5 * 24 * HOUR_S + 2 * HOUR_S);
    world.send(BEGIN_S, learned, usual).await;
    let queries = world.queries(FILE);
    let list = world.tick(&queries, learned + 60).await;
    assert_eq!(list.mistakes, [] as [String; 0]);
    let names: Vec<&str> = list.series.iter().map(|one| one.signal.as_str()).collect();
    assert_eq!(names, [P, r#"depth{queue="b"}"#, A, r#"queue.depth{queue="b"}"#]);
    assert!(list.series.iter().all(|one| one.model.samples == 5 * 288 && one.newest.is_none()), "{list:?}");
    assert_eq!(called(&list.series, A).service, "cart");
    assert_eq!(called(&list.series, A).model.trials.len(), 5, "the candidates were compared");

    // Two hours as usual, but for the queue `a` in the last step.
    let spike = end - STEP_S;
    world.send(learned, end, |at| if at == spike { 400.0 } else { usual(at) }).await;
    let list = world.tick(&queries, end + 60).await;
    // PromQL's instants look back: what is measured at the end of a step is of that step.
    for (signal, at) in [(A, spike), (P, spike - STEP_S)] {
        let one = called(&list.series, signal);
        assert_eq!(one.alarmed_since, Some(Nanos(at * SECOND_NS)), "{one:?}");
        let newest = one.newest.clone().unwrap();
        assert!((newest.value - 400.0).abs() < 1e-9 && newest.upper < 150.0, "{newest:?}");
        assert!(newest.why.contains("alarm"), "{}", newest.why);
    }
    assert_eq!(list.series.iter().filter(|one| one.alarmed_since.is_some()).count(), 2);
    let alarmed = queries.list(&SeriesQuestion { alarmed: Some(true), service: Some("cart".to_owned()) });
    assert_eq!(alarmed.series.len(), 1);

    world.is_explained().await;

    // A young model is made anew after an hour; the step of the alarm is not learned.
    let list = world.tick(&queries, end + 120).await;
    let before = called(&list.series, A).model.clone();
    assert!(before.samples == 5 * 288 + 23 && before.margin < 4.0, "{before:?}");
    // A start goes on with the models there are.
    drop(queries);
    let queries = world.queries(FILE);
    let list = world.tick(&queries, end + 130).await;
    assert_eq!(called(&list.series, A).model, before);
    assert_eq!(list.series.len(), 4);

    world.tells_mistakes(end).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_begins_after_the_start_is_learned_at_the_next_look() {
    let world = World::<1>::new().await;
    let end = BEGIN_S + 24 * HOUR_S;
    let queries = world.queries("metrics.step_seconds = 10\n[[series]]\nname = 'depth'\nsql = 'SELECT time, value FROM metrics'\nstep_seconds = 10\n");
    assert_eq!(world.tick(&queries, end - 10).await.total, 0, "there is nothing yet");

    world.send(BEGIN_S, end + 1, usual).await;
    // A step is over at every look: judging does not keep the others waiting.
    assert_eq!(world.tick(&queries, end + 70).await.total, 3);
}
