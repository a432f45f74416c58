//! Services and freshness.

use ingest_model::{Nanos, Signal};

use crate::fixture::{NOW, Outcome, Shelf, at};
use crate::shop::shop;

#[tokio::test]
async fn services_of_everything_stored_are_most_spans_first() -> Outcome {
    let services = shop().await?.engine.services(None, None).await?;
    let lines: Vec<_> = services
        .services
        .iter()
        .map(|one| (one.service_name.as_str(), one.spans, one.error_spans, one.logs, one.last_seen_unix_nano))
        .collect();
    assert_eq!(lines, [("shop", 3, 1, 2, Nanos(at(6_000))), ("cart", 2, 0, 1, Nanos(at(7_000)))]);
    assert_eq!((services.from, services.to), (NOW, Nanos(at(7_001))));
    Ok(())
}

#[tokio::test]
async fn a_range_of_services_is_half_open() -> Outcome {
    let shop = shop().await?;
    let services = shop.engine.services(Some(Nanos(at(5_000))), Some(Nanos(at(7_000)))).await?;
    let lines: Vec<_> = services.services.iter().map(|one| (one.service_name.as_str(), one.spans, one.logs)).collect();
    assert_eq!(lines, [("shop", 1, 1)]);
    assert!(shop.engine.services(Some(Nanos(at(5_001))), Some(Nanos(at(6_000)))).await?.services.is_empty());
    Ok(())
}

#[tokio::test]
async fn freshness_counts_files_and_hot_rows() -> Outcome {
    let freshness = shop().await?.engine.services(None, None).await?.freshness;
    let traces = &freshness[0];
    assert_eq!((traces.signal, traces.rows, traces.hot_rows, traces.files), (Signal::Traces, 5, 1, 2));
    assert!(traces.file_bytes > 0);
    assert_eq!((traces.oldest_unix_nano, traces.newest_unix_nano), (Some(NOW), Some(Nanos(at(5_000)))));
    assert_eq!(traces.last_received_unix_nano, Some(NOW));
    let empty = Shelf::default().asked(|_| {})?.engine.services(None, None).await?;
    assert!(empty.services.is_empty());
    assert_eq!(empty.freshness[2].oldest_unix_nano, None);
    Ok(())
}
