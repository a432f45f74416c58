//! The calls between services, minute by minute, paired from stored spans and kept in `service_edges`.
//!
//! The newest minutes are paired again, because the other side of a call may come late. A start goes on where the
//! table ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ingest_model::{Judgement, Nanos, Tenant};
use ingest_store::Store;
use query_api::{ServiceEdge, ServiceMap};
use query_engine::{EdgeMinute, Engine};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::ask;
use crate::engines::Engines;
use crate::rows::{batch, ints, lists, texts, times};

/// How often the newest minutes are paired.
const TICK: Duration = Duration::from_secs(60);

const MINUTE_NS: i64 = 60 * 1_000_000_000;
const HOUR_NS: i64 = 60 * MINUTE_NS;

/// How long after its end a minute is paired first.
const SETTLED_NS: i64 = 15 * 1_000_000_000;

/// How far back each tick pairs again.
const AGAIN_NS: i64 = 5 * MINUTE_NS;

/// How far back a start pairs what the table lacks, and how much of it at once.
const BACKLOG_NS: i64 = 24 * HOUR_NS;
const CHUNK_NS: i64 = 5 * MINUTE_NS;

/// Keeps `service_edges` in step with the spans.
#[derive(Debug)]
pub(crate) struct Edges {
    engines: Arc<Engines>,
    store: Arc<Store>,
    clock: fn() -> Nanos,
    known: Known,
}

/// Minute, client, server and connection type.
type Key = (Nanos, String, String, String);

/// What was stored of the newest minutes.
#[derive(Debug, Default)]
struct Known(BTreeMap<Key, EdgeMinute>);

// === impl Edges ===

impl Edges {
    /// Nothing was paired yet.
    pub(crate) fn new(engines: Arc<Engines>, store: Arc<Store>, clock: fn() -> Nanos) -> Self {
        Self { engines, store, clock, known: Known::default() }
    }

    /// Pairs until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut from = None;
        loop {
            tokio::select! {
                paired = self.tick(from) => match paired {
                    Ok(next) => from = Some(next),
                    Err(error) => tracing::warn!("cannot pair the calls between services: {error:#}"),
                },
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Pairs the minutes from `from`, or from where the table ends; says where the next tick begins.
    async fn tick(&mut self, from: Option<Nanos>) -> Result<Nanos> {
        let now = (self.clock)();
        let engine = self.engines.of(&Tenant::default()).await?;
        let from = match from {
            Some(from) => from,
            None => newest(&engine).await?.unwrap_or_default().plus(-AGAIN_NS).max(minute(now.plus(-BACKLOG_NS))),
        };
        let end = minute(now.plus(-SETTLED_NS));
        for from in chunks(&engine, from, end).await? {
            self.pair(&engine, from, from.plus(CHUNK_NS).min(end), now).await?;
        }
        let next = end.plus(-AGAIN_NS);
        self.known.forget(next);
        Ok(next)
    }

    /// Pairs the minutes from `from` until before `to`.
    async fn pair(&mut self, engine: &Engine, from: Nanos, to: Nanos, now: Nanos) -> Result<()> {
        match engine.edges(from, to).await {
            Ok(edges) => {
                let rows = rows(&self.known.changed(edges.minutes, from), now)?;
                self.store.record(&Tenant::default(), Judgement::ServiceEdges, rows).await?;
            }
            // Asked again, it would fail again; the newest minutes are paired once more anyway.
            Err(error) => tracing::warn!(%error, from = from.rfc3339(), "calls between services are not paired"),
        }
        Ok(())
    }
}

// === impl Known ===

impl Known {
    /// The edges that differ from what was stored. One that is no more, because the other side came, counts nothing.
    fn changed(&mut self, edges: Vec<EdgeMinute>, from: Nanos) -> Vec<EdgeMinute> {
        let found: BTreeMap<Key, EdgeMinute> = edges.into_iter().map(|edge| (key(&edge), edge)).collect();
        let last = found.keys().next_back().map_or(from, |key| key.0);
        let gone = self.0.iter().filter(|(key, _)| (from..=last).contains(&key.0) && !found.contains_key(key));
        let gone = gone.map(|(_, edge)| EdgeMinute {
            requests: 0,
            errors: 0,
            duration_sum_ns: 0,
            duration_max_ns: 0,
            latency_counts: Vec::new(),
            ..edge.clone()
        });
        let gone: Vec<EdgeMinute> = gone.collect();
        let fresh = found.values().filter(|edge| self.0.get(&key(edge)) != Some(edge)).cloned();
        let changed: Vec<EdgeMinute> = fresh.chain(gone.clone()).collect();
        self.0.extend(found);
        gone.iter().for_each(|edge| drop(self.0.remove(&key(edge))));
        changed
    }

    fn forget(&mut self, before: Nanos) {
        self.0 = self.0.split_off(&(before, String::new(), String::new(), String::new()));
    }
}

fn key(edge: &EdgeMinute) -> Key {
    (edge.minute, edge.client.clone(), edge.server.clone(), edge.connection_type.clone())
}

fn minute(time: Nanos) -> Nanos {
    Nanos(time.0 - time.0.rem_euclid(MINUTE_NS))
}

/// Rows of `service_edges`, paired at `now`, which is their revision.
fn rows(edges: &[EdgeMinute], now: Nanos) -> Result<RecordBatch, ArrowError> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    batch(
        Judgement::ServiceEdges,
        vec![
            times(edges.iter().map(|edge| edge.minute)),
            texts(edges.iter().map(|edge| &edge.client)),
            texts(edges.iter().map(|edge| &edge.server)),
            texts(edges.iter().map(|edge| &edge.connection_type)),
            ints(edges.iter().map(|edge| count(edge.requests))),
            ints(edges.iter().map(|edge| count(edge.errors))),
            ints(edges.iter().map(|edge| edge.duration_sum_ns)),
            ints(edges.iter().map(|edge| edge.duration_max_ns)),
            ints(edges.iter().map(|edge| edge.latency_offset)),
            lists(edges.iter().map(|edge| edge.latency_counts.as_slice())),
            ints(edges.iter().map(|_| now.0)),
        ],
    )
}

/// Where the chunks between `from` and `end` begin, those without spans left out: their golden signals tell, which are few.
async fn chunks(engine: &Engine, from: Nanos, end: Nanos) -> Result<Vec<Nanos>> {
    let minutes = format!(
        "SELECT DISTINCT CAST(to_unixtime(minute) AS BIGINT) FROM golden_signals WHERE minute >= '{}' AND minute < '{}'",
        from.rfc3339(),
        end.rfc3339(),
    );
    let rows = ask::rows(engine, minutes).await?;
    let seconds = rows.iter().filter_map(|row| row.first()?.as_i64());
    let begin = |second: i64| from.0 + (second.saturating_mul(1_000_000_000) - from.0).div_euclid(CHUNK_NS) * CHUNK_NS;
    let chunks: BTreeSet<Nanos> = seconds.map(|second| Nanos(begin(second))).collect();
    Ok(chunks.into_iter().collect())
}

/// The newest minute in the table.
async fn newest(engine: &Engine) -> Result<Option<Nanos>> {
    let rows =
        ask::rows(engine, "SELECT CAST(to_unixtime(max(minute)) AS BIGINT) FROM service_edges".to_owned()).await?;
    let second = rows.first().and_then(|row| row.first()?.as_i64());
    Ok(second.map(|second| Nanos(second.saturating_mul(1_000_000_000))))
}

/// The calls between services from `from` (inclusive) to `to` (exclusive), as the table has them.
///
/// # Errors
///
/// When the table cannot be read.
pub(crate) async fn map(engine: &Engine, from: Nanos, to: Nanos) -> Result<ServiceMap> {
    let query = format!(
        "SELECT client, server, connection_type, requests, errors, duration_sum_ns, duration_max_ns,
                quantile(latency, 0.5), quantile(latency, 0.95), quantile(latency, 0.99)
         FROM (
             SELECT client, server, connection_type, sum(requests) AS requests, sum(errors) AS errors,
                    sum(duration_sum_ns) AS duration_sum_ns, max(duration_max_ns) AS duration_max_ns,
                    merge_latency(latency) AS latency
             FROM service_edges WHERE minute >= '{}' AND minute < '{}'
             GROUP BY 1, 2, 3 HAVING sum(requests) > 0
         ) AS edges ORDER BY 1, 2, 3",
        from.rfc3339(),
        to.rfc3339()
    );
    let text = |row: &[Value], place: usize| row.get(place).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |row: &[Value], place: usize| row.get(place).and_then(Value::as_i64).unwrap_or_default();
    let double = |row: &[Value], place: usize| row.get(place).and_then(Value::as_f64);
    let edge = |row: Vec<Value>| ServiceEdge {
        client: text(&row, 0),
        server: text(&row, 1),
        connection_type: text(&row, 2),
        requests: number(&row, 3).unsigned_abs(),
        errors: number(&row, 4).unsigned_abs(),
        duration_sum_ns: number(&row, 5),
        duration_max_ns: number(&row, 6),
        p50_ns: double(&row, 7),
        p95_ns: double(&row, 8),
        p99_ns: double(&row, 9),
    };
    Ok(ServiceMap { from, to, edges: ask::rows(engine, query).await?.into_iter().map(edge).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(minute: i64, connection_type: &str, requests: u64) -> EdgeMinute {
        let (client, server) = ("cart".to_owned(), "payment".to_owned());
        let (errors, duration_sum_ns, duration_max_ns) = (0, 5, 5);
        let (minute, connection_type) = (Nanos(minute * MINUTE_NS), connection_type.to_owned());
        let (latency_offset, latency_counts) = (74, vec![requests as f64]);
        EdgeMinute {
            minute,
            client,
            server,
            connection_type,
            requests,
            errors,
            duration_sum_ns,
            duration_max_ns,
            latency_offset,
            latency_counts,
        }
    }

    #[test]
    fn a_peer_that_turns_out_to_send_spans_counts_once() {
        let mut known = Known::default();
        let first = known.changed(vec![edge(1, "virtual_node", 3)], Nanos(MINUTE_NS));
        assert_eq!(first.len(), 1);
        assert_eq!(known.changed(vec![edge(1, "virtual_node", 3)], Nanos(MINUTE_NS)), []);
        let then = known.changed(vec![edge(1, "", 3)], Nanos(MINUTE_NS));
        let counts: Vec<(&str, u64)> = then.iter().map(|edge| (edge.connection_type.as_str(), edge.requests)).collect();
        assert_eq!(counts, [("", 3), ("virtual_node", 0)]);
        assert_eq!(known.changed(vec![edge(1, "", 3)], Nanos(MINUTE_NS)), []);
    }
}
