use axum::http::StatusCode;
use proptest::prelude::*;
use tonic::Code;

use super::*;
use crate::config::Config;
use crate::fake::{FakeSink, deliver};
use crate::receive::Receiver;
use crate::rows::Rejected;
use crate::samples::{span, traces};
use ingest_store::StoreError;

const SLOWLY: Rate = Rate { per_second: 10, burst: 20 };

fn items(rate: Rate) -> Limits {
    Limits { default: TenantLimits { items: Some(rate), ..TenantLimits::default() }, tenants: BTreeMap::new() }
}

fn receiver(sink: &Arc<FakeSink>, quotas: &Arc<Quotas>) -> Receiver {
    sink.receiver(Config::default()).with_quotas(Arc::clone(quotas))
}

async fn send(receiver: &Receiver, tenant: &str, spans: u8, patience_ms: u64) -> Result<Rejected, Refusal> {
    let request = traces((1..=spans).map(span).collect());
    deliver(receiver, tenant, &request, Duration::from_millis(patience_ms)).await
}

#[test]
fn a_batch_larger_than_the_burst_gets_in_and_is_paid_for() {
    let start = Instant::now();
    let later = |ms: u64| start + Duration::from_millis(ms);
    let mut bucket = Bucket::full(20, start);
    assert_eq!(bucket.debt(SLOWLY, start), None);
    bucket.spend(1_020);
    assert_eq!(bucket.debt(SLOWLY, start), Some(Duration::from_secs(100)));
    assert_eq!(bucket.debt(SLOWLY, later(60_000)), Some(Duration::from_secs(40)));
    assert_eq!(bucket.debt(SLOWLY, later(100_000)), None);
    bucket.spend(1);
    assert_eq!(bucket.debt(SLOWLY, later(100_000)), Some(Duration::from_millis(100)));
}

proptest! {
    /// Whatever comes when, no more gets in than the rate, the burst and one batch allow; and a sender that comes
    /// back when it was told to is let in.
    #[test]
    fn no_more_gets_in_than_is_allowed(steps in proptest::collection::vec((0..3_000_u64, 1..100_u64), 1..100)) {
        let start = Instant::now();
        let (mut bucket, mut now, mut taken) = (Bucket::full(SLOWLY.burst, start), start, 0);
        for (pause_ms, amount) in steps {
            now += Duration::from_millis(pause_ms);
            if let Some(wait) = bucket.debt(SLOWLY, now) {
                now += wait + Duration::from_millis(1);
                prop_assert_eq!(bucket.debt(SLOWLY, now), None);
            }
            let allowed = (now - start).as_secs_f64().mul_add(10.0, 20.0);
            prop_assert!(taken as f64 <= allowed + 1e-6, "{taken} of {allowed} before the last batch");
            bucket.spend(amount);
            taken += amount;
        }
    }
}

#[tokio::test]
async fn over_the_limit_is_429_with_the_time_to_come_back() {
    let sink = FakeSink::new(None);
    let receiver = receiver(&sink, &Quotas::new(items(SLOWLY)));
    send(&receiver, "shop", 60, 0).await.expect("the first batch gets in whatever its size");
    let refused = send(&receiver, "shop", 1, 0).await.expect_err("40 items are owed");
    assert_eq!((refused.http_status(), refused.grpc_code()), (StatusCode::TOO_MANY_REQUESTS, Code::ResourceExhausted));
    assert!(refused.is_retryable());
    assert_eq!(refused.retry_after(Duration::ZERO), Duration::from_secs(4));
    assert_eq!(refused.to_string(), "tenant shop sends more than 10 items a second; send again in 4 s");
    send(&receiver, "bank", 60, 0).await.expect("another tenant owes nothing");
    assert_eq!(sink.appended().len(), 2);
}

#[tokio::test]
async fn who_has_patience_is_let_in_when_the_debt_is_paid_and_refused_after_its_patience() {
    let (sink, fast) = (FakeSink::new(None), Rate { per_second: 100, burst: 10 });
    let receiver = receiver(&sink, &Quotas::new(items(fast)));
    send(&receiver, "shop", 20, 0).await.expect("the first");
    let started = Instant::now();
    let all = (0..5).map(|_| send(&receiver, "shop", 10, 60_000));
    futures::future::try_join_all(all).await.expect("all have patience");
    // 70 items beyond the burst are due, of which the last batch pays later.
    assert!(started.elapsed() >= Duration::from_millis(400), "{:?}", started.elapsed());
    let started = Instant::now();
    send(&receiver, "shop", 250, 60_000).await.expect("it has patience");
    send(&receiver, "shop", 1, 300).await.expect_err("over two seconds are owed");
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn what_the_store_could_not_take_costs_nothing() {
    let (broken, sink) = (FakeSink::new(Some(|| StoreError::QueueFull)), FakeSink::new(None));
    let bytes = Some(Rate { per_second: 1, burst: 1 });
    let quotas = Quotas::new(Limits {
        default: TenantLimits { items: Some(SLOWLY), bytes, ..TenantLimits::default() },
        ..Limits::default()
    });
    for _ in 0..3 {
        let refused = send(&receiver(&broken, &quotas), "shop", 60, 0).await.expect_err("the store is broken");
        assert_eq!(refused.http_status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    send(&receiver(&sink, &quotas), "shop", 60, 0).await.expect("nothing is owed");
    let refused = send(&receiver(&sink, &quotas), "shop", 1, 0).await.expect_err("thousands of bytes are owed");
    assert!(refused.to_string().starts_with("tenant shop sends more than 1 bytes a second"), "{refused}");
}

#[tokio::test]
async fn limits_change_while_they_are_in_use() {
    let (sink, quotas) = (FakeSink::new(None), Quotas::new(Limits::default()));
    let receiver = receiver(&sink, &quotas);
    for _ in 0..50 {
        send(&receiver, "shop", 60, 0).await.expect("nothing is limited");
    }
    quotas.set(items(SLOWLY));
    send(&receiver, "shop", 60, 0).await.expect("what came before is forgiven");
    send(&receiver, "shop", 1, 0).await.expect_err("now it is limited");
    quotas.set(Limits::default());
    send(&receiver, "shop", 60, 0).await.expect("and now it is not");
}
