use std::collections::BTreeMap;

use ingest_store::StoreError;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;

use super::*;
use crate::config::Config;
use crate::fake::{FakeSink, NOW, deliver};
use crate::receive::Receiver;
use crate::refuse::Refusal;
use crate::request::ExportRequest;
use crate::samples::{TIME, logs, span, traces};

const MINUTE: Duration = Duration::from_mins(1);

fn receiver(sink: &Arc<FakeSink>, window: &Arc<RetryWindow>) -> Receiver {
    sink.receiver(Config::default()).with_retry_window(Arc::clone(window))
}

async fn send(receiver: &Receiver, tenant: &str, request: &ExportRequest) -> Result<Rejected, Refusal> {
    deliver(receiver, tenant, request, Duration::ZERO).await
}

fn print(number: u64) -> Fingerprint {
    Fingerprint::of(&Tenant::default(), Signal::Traces, Encoding::Protobuf, &number.to_le_bytes())
}

fn none_rejected() -> Rejected {
    Rejected::recorded(Signal::Traces, 1, Vec::new())
}

fn recorded(stored: &FakeSink) -> RecordedRequest {
    stored.appended().remove(0).request
}

#[tokio::test]
async fn otlp_034_a_repeat_is_stored_once_and_answered_as_its_first_was() {
    let (sink, window) = (FakeSink::new(None), RetryWindow::new(MINUTE));
    let receiver = receiver(&sink, &window);
    let request = traces(vec![span(1), Span { trace_id: vec![], ..span(2) }]);
    let first = send(&receiver, "shop", &request).await.unwrap();
    assert_eq!((first.items(), first.count(), first.accepted()), (2, 1, 1));
    for _ in 0..3 {
        assert_eq!(send(&receiver, "shop", &request).await.unwrap(), first);
    }
    assert_eq!(sink.appended().len(), 1);
}

#[tokio::test]
async fn another_tenant_or_another_byte_is_no_repeat() {
    let (sink, window) = (FakeSink::new(None), RetryWindow::new(MINUTE));
    let receiver = receiver(&sink, &window);
    send(&receiver, "shop", &traces(vec![span(1)])).await.unwrap();
    send(&receiver, "bank", &traces(vec![span(1)])).await.unwrap();
    send(&receiver, "shop", &traces(vec![span(2)])).await.unwrap();
    assert_eq!(sink.appended().len(), 3);
    let (body, tenant) = (b"same", Tenant::default());
    let all = [Encoding::Protobuf, Encoding::Json]
        .into_iter()
        .flat_map(|encoding| Signal::ALL.map(|signal| Fingerprint::of(&tenant, signal, encoding, body)));
    assert_eq!(all.collect::<std::collections::HashSet<_>>().len(), 6);
}

#[tokio::test]
async fn requests_without_any_time_are_stored_every_time() {
    let (sink, window) = (FakeSink::new(None), RetryWindow::new(MINUTE));
    let receiver = receiver(&sink, &window);
    let timeless = logs(vec![LogRecord { severity_text: "INFO".to_owned(), ..LogRecord::default() }]);
    let observed =
        logs(vec![LogRecord::default(), LogRecord { observed_time_unix_nano: TIME, ..LogRecord::default() }]);
    let without = Span { start_time_unix_nano: 0, end_time_unix_nano: 0, ..span(1) };
    for (request, stored) in [(&timeless, 2), (&observed, 3), (&traces(vec![without]), 5)] {
        send(&receiver, "shop", request).await.unwrap();
        send(&receiver, "shop", request).await.unwrap();
        assert_eq!(sink.appended().len(), stored);
    }
}

#[tokio::test]
async fn what_failed_is_taken_when_it_comes_again() {
    let (broken, sink, window) =
        (FakeSink::new(Some(|| StoreError::QueueFull)), FakeSink::new(None), RetryWindow::new(MINUTE));
    let request = traces(vec![span(1)]);
    let refused = send(&receiver(&broken, &window), "shop", &request).await.unwrap_err();
    assert!(refused.is_retryable());
    send(&receiver(&sink, &window), "shop", &request).await.unwrap();
    assert_eq!(sink.appended().len(), 1);
}

#[tokio::test]
async fn a_repeat_waits_for_its_first_and_takes_its_place_when_that_fails() {
    for fails in [false, true] {
        let fail = fails.then_some((|| StoreError::QueueFull) as fn() -> StoreError);
        let (slow, sink, window) = (FakeSink::new(fail), FakeSink::new(None), RetryWindow::new(MINUTE));
        slow.gate.forget_permits(1_000);
        let (first, second) = (receiver(&slow, &window), receiver(&sink, &window));
        let first = tokio::spawn(async move { send(&first, "shop", &traces(vec![span(1)])).await });
        while window.state().under_way.is_empty() {
            tokio::task::yield_now().await;
        }
        let second = tokio::spawn(async move { send(&second, "shop", &traces(vec![span(1)])).await });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!first.is_finished() && !second.is_finished(), "nothing is answered before it is stored");
        slow.gate.add_permits(1);
        assert_eq!(first.await.unwrap().is_err(), fails);
        second.await.unwrap().unwrap();
        assert_eq!((slow.appended().len(), sink.appended().len()), (usize::from(!fails), usize::from(fails)));
        assert!(window.state().under_way.is_empty());
    }
}

#[tokio::test]
async fn what_recovery_brings_back_is_no_news() {
    let (before, after) = (FakeSink::new(None), FakeSink::new(None));
    let request = traces(vec![span(1), Span { span_id: vec![], ..span(2) }]);
    send(&receiver(&before, &RetryWindow::new(MINUTE)), "shop", &request).await.unwrap();

    let window = RetryWindow::new(MINUTE);
    let rows = Replayer::new(Arc::clone(&window)).rows(&recorded(&before)).unwrap();
    assert_eq!(rows.num_rows(), 1);
    let again = send(&receiver(&after, &window), "shop", &request).await.unwrap();
    assert_eq!((again.items(), again.count()), (2, 1));
    assert_eq!(again.message(), "1 of 2 spans were rejected when they first came");
    assert_eq!(after.appended().len(), 0);
}

#[tokio::test]
async fn an_answer_is_known_for_as_long_as_the_window() {
    let window = RetryWindow::new(MINUTE);
    window.remember(print(1), NOW, none_rejected());
    let later = |seconds: i64| Nanos(NOW.0 + seconds * 1_000_000_000);
    assert!(matches!(window.turn(print(1), later(60)).await, Turn::Repeat(_)));
    assert!(matches!(window.turn(print(1), later(61)).await, Turn::First(_)));
    window.remember(print(2), later(61), none_rejected());
    assert_eq!(window.state().answered.len(), 1, "what is too old is let go of");
}

/// Remembers requests at times, and looks at one of them after each.
fn steps() -> impl Strategy<Value = Vec<(u64, i64, u64)>> {
    let step = (0..40_u64, 0..30_i64, 0..40_u64);
    proptest::collection::vec(step, 1..200)
}

proptest! {
    #[test]
    fn the_newest_answers_are_known_and_never_more_than_fit(steps in steps()) {
        const FIT: usize = 10;
        let window = RetryWindow::with_bytes(MINUTE, FIT * ANSWER_BYTES);
        let (mut now, mut model) = (0, BTreeMap::new());
        for (number, (request, pause, asked)) in steps.into_iter().enumerate() {
            now += pause * 1_000_000_000;
            if let Ok(Turn::First(first)) = window.look(print(request), Nanos(now)) {
                first.answered(Nanos(now), &none_rejected());
                model.insert(request, (now, number));
            }
            let newer = |at: usize| model.values().filter(|(_, other)| *other > at).count();
            let known = window.look(print(asked), Nanos(now)).is_ok_and(|turn| matches!(turn, Turn::Repeat(_)));
            let due = model.get(&asked).is_some_and(|(at, number)| now - at <= 60_000_000_000 && newer(*number) < FIT);
            prop_assert_eq!(known, due);
            let state = window.state();
            prop_assert!(state.answered.len() <= FIT && state.bytes == state.answered.len() * ANSWER_BYTES);
            prop_assert!(state.order.len() <= 200);
        }
    }
}
