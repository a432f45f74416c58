//! What services did, minute by minute, in two windows.

use ingest_model::{Nanos, Signal};
use query_engine::{SeriesSignal, ServiceSeries, Windows};
use serde_json::{Value, json};

use crate::fixture::{Asked, NOW, Outcome, Shelf, point, span, span_id};

/// [`NOW`] lies 20 s after the start of its minute.
const MINUTE: Nanos = Nanos(NOW.0 - 20_000_000_000);
const MINUTE_US: i64 = 60_000_000;

/// One minute of baseline, and the minute after it.
const WINDOWS: Windows = Windows {
    from: Nanos(MINUTE.0 + 60_000_000_000),
    to: Nanos(MINUTE.0 + 120_000_000_000),
    baseline_from: MINUTE,
    baseline_to: Nanos(MINUTE.0 + 60_000_000_000),
};

fn of(service: &str, kind: &str, parent: u64, status: &str) -> Value {
    let parent = (parent > 0).then(|| span_id(parent));
    json!({ "service_name": service, "kind": kind, "parent_span_id": parent, "status_code": status })
}

async fn series(
    asked: &Asked,
    service: &str,
    signal: SeriesSignal,
) -> Result<Option<ServiceSeries>, Box<dyn std::error::Error>> {
    let series = asked.engine.service_series(&WINDOWS).await?;
    Ok(series.into_iter().find(|one| one.service == service && one.signal == signal))
}

async fn values(
    asked: &Asked,
    service: &str,
    signal: SeriesSignal,
) -> Result<[Vec<f64>; 2], Box<dyn std::error::Error>> {
    let found = series(asked, service, signal).await?;
    Ok(found.map_or_else(|| [Vec::new(), Vec::new()], |one| [one.baseline, one.fault]))
}

/// A request of `web` that calls `cart`, which is asked after `wire_us` and works `work_us`.
fn request(trace: u64, start_us: i64, work_us: i64, status: &str) -> Vec<Value> {
    let span = |id, offset: i64, duration: i64, more| span(trace, id, start_us + offset, duration, more);
    vec![
        span(1, 0, work_us + 1_000, of("web", "SERVER", 0, status)),
        span(2, 100, work_us + 600, of("web", "CLIENT", 1, status)),
        span(3, 300, work_us, of("cart", "SERVER", 2, status)),
    ]
}

#[tokio::test]
async fn self_time_and_own_errors_are_where_the_fault_is() -> Outcome {
    let shelf = Shelf::default();
    shelf.hot(Signal::Traces, &request(1, 0, 500, "UNSET"))?;
    let (slow, well) = (request(2, MINUTE_US, 9_000, "ERROR"), request(3, MINUTE_US, 500, "UNSET"));
    shelf.hot(Signal::Traces, &slow)?;
    shelf.hot(Signal::Traces, &slow)?;
    shelf.hot(Signal::Traces, &well)?;
    let asked = shelf.asked(|_| {})?;
    // 1,000 + work less the client's span of 600 + work: 400 us; the wire counts for neither.
    assert_eq!(values(&asked, "web", SeriesSignal::SelfTime).await?, [[400_000.0], [400_000.0]]);
    assert_eq!(values(&asked, "cart", SeriesSignal::SelfTime).await?, [[500_000.0], [4_750_000.0]]);
    assert_eq!(values(&asked, "web", SeriesSignal::OwnErrors).await?, [[0.0], [0.0]]);
    assert_eq!(values(&asked, "cart", SeriesSignal::OwnErrors).await?, [[0.0], [0.5]]);
    assert_eq!(values(&asked, "web", SeriesSignal::Errors).await?, [[0.0], [0.5]]);
    assert_eq!(values(&asked, "web", SeriesSignal::Latency).await?, [[1_500_000.0], [5_750_000.0]]);
    Ok(())
}

#[tokio::test]
async fn children_cover_the_union_of_their_times_cut_to_the_parent() -> Outcome {
    let shelf = Shelf::default();
    let inner = || of("shop", "INTERNAL", 1, "UNSET");
    shelf.hot(
        Signal::Traces,
        &[
            span(1, 1, 0, 1_000, of("shop", "SERVER", 0, "UNSET")),
            // 100 to 500 holds 200 to 300; 450 to 600 overlaps; 900 to 1,200 reaches beyond: 600 of 1,000.
            span(1, 2, 100, 400, inner()),
            span(1, 3, 200, 100, inner()),
            span(1, 4, 450, 150, inner()),
            span(1, 5, 900, 300, inner()),
            // After the parent's end, before its start, and with a negative duration: nothing.
            span(1, 6, 2_000, 100, inner()),
            span(1, 7, -500, 100, inner()),
            span(1, 8, 700, -50, inner()),
        ],
    )?;
    let asked = shelf.asked(|_| {})?;
    // 400 of the parent and all of the children, who have none: 400 + 100 + 150 + 300 + 100 + 100.
    let expected = 400.0 + 400.0 + 100.0 + 150.0 + 300.0 + 100.0 + 100.0;
    let [baseline, fault] = values(&asked, "shop", SeriesSignal::SelfTime).await?;
    assert_eq!((baseline, fault), (vec![expected * 1_000.0], vec![]));
    Ok(())
}

#[tokio::test]
async fn a_service_nobody_asks_is_measured_by_all_its_spans() -> Outcome {
    let shelf = Shelf::default();
    let client = json!({ "service_name": "batch", "kind": "CLIENT", "attr_rpc_grpc_status_code": 5 });
    shelf.hot(
        Signal::Traces,
        &[span(1, 1, 0, 1_000, of("batch", "INTERNAL", 0, "UNSET")), span(2, 1, 0, 3_000, client)],
    )?;
    let asked = shelf.asked(|_| {})?;
    for (signal, expected) in [
        (SeriesSignal::SelfTime, 2_000_000.0),
        (SeriesSignal::OwnErrors, 0.5),
        (SeriesSignal::Latency, 2_000_000.0),
        (SeriesSignal::Errors, 0.5),
    ] {
        assert_eq!(values(&asked, "batch", signal).await?, [vec![expected], vec![]], "{signal:?}");
    }
    assert_eq!(series(&asked, "batch", SeriesSignal::Saturation).await?, None);
    Ok(())
}

#[tokio::test]
async fn saturation_comes_from_gauges() -> Outcome {
    let shelf = Shelf::default();
    let of_pay = json!({ "service_name": "pay" });
    let points = [
        point(0, "process.cpu.utilization", 0.25, of_pay.clone()),
        point(MINUTE_US, "process.cpu.utilization", 0.5, of_pay.clone()),
        point(MINUTE_US, "process.memory.utilization", 0.75, of_pay),
    ];
    shelf.hot(Signal::Metrics, &points)?;
    let asked = shelf.asked(|_| {})?;
    assert_eq!(values(&asked, "pay", SeriesSignal::Saturation).await?, [[0.25], [0.75]]);
    assert_eq!(series(&asked, "pay", SeriesSignal::Latency).await?, None);
    Ok(())
}

/// Own errors of spans without children are all errors: both must follow one rule.
#[tokio::test]
async fn what_failed_is_what_golden_signals_say() -> Outcome {
    let shelf = Shelf::default();
    let mut number = 0;
    for kind in ["SERVER", "CLIENT", "INTERNAL"] {
        for status in ["UNSET", "OK", "ERROR", "7"] {
            for more in [
                json!({}),
                json!({ "attr_error_type": "timeout" }),
                json!({ "attr_http_status_code": 404 }),
                json!({ "attr_http_status_code": 500, "attr_http_response_status_code": 200 }),
                json!({ "attr_http_response_status_code": 599 }),
                json!({ "attr_http_response_status_code": 600 }),
                json!({ "attr_rpc_grpc_status_code": 0 }),
                json!({ "attr_rpc_grpc_status_code": 5 }),
                json!({ "attr_rpc_grpc_status_code": 14 }),
            ] {
                number += 1;
                let mut row = span(number, 1, 0, 10, of(&format!("s{number}"), kind, 0, status));
                if let (Value::Object(row), Value::Object(more)) = (&mut row, more) {
                    row.extend(more);
                }
                shelf.hot(Signal::Traces, &[row])?;
            }
        }
    }
    let found = shelf.asked(|_| {})?.engine.service_series(&WINDOWS).await?;
    let of = |signal| {
        let of_signal = found.iter().filter(move |one| one.signal == signal);
        of_signal.map(|one| (one.service.clone(), one.baseline.clone())).collect::<Vec<_>>()
    };
    let errors = of(SeriesSignal::Errors);
    assert_eq!(errors.len(), 108);
    assert_eq!(errors, of(SeriesSignal::OwnErrors));
    Ok(())
}
