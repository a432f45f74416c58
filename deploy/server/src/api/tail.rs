//! `GET /api/v1/tail`: rows as they come, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, stream};
use ingest_model::{Signal, Tenant};
use ingest_store::Follower;
use query_api::ErrorKind;
use query_engine::Engine;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::questions::{Outcome, bad_parameters};
use super::{Api, Failure};

/// Streams at the same time, all tenants together. What waits for each is bounded by the store.
pub(super) const STREAMS: usize = 32;

/// Rows of one event.
const ROWS: usize = 1_000;

/// How long rows are gathered before they are filtered and sent.
const GATHER: Duration = Duration::from_millis(100);

/// How often a sign of life is sent where no row comes.
const ALIVE: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TailQuestion {
    signal: Signal,
    #[serde(default)]
    filter: String,
}

/// One stream.
struct Tail {
    engine: Arc<Engine>,
    follower: Follower,
    question: TailQuestion,
    stopping: CancellationToken,
    /// An event that follows the one just sent.
    next: Option<Event>,
    _stream: OwnedSemaphorePermit,
}

/// Begins a stream: an event `columns`, then `rows` and, where some were left out, `skipped`.
pub(super) async fn tail(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    question: Result<Query<TailQuestion>, QueryRejection>,
) -> Outcome<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let Query(question) = question.map_err(|error| bad_parameters(&error))?;
    let stream = Arc::clone(&api.tails).try_acquire_owned().map_err(|_| full())?;
    let engine = api.engines.of(&tenant).await?;
    let follower = engine.follow(question.signal).ok_or_else(Failure::bug)?;
    let (columns, _) = engine.filtered(question.signal, &question.filter, Vec::new(), 0).await?;
    let columns: Value = serde_json::from_slice(&columns.body).map_err(anyhow::Error::from)?;
    let first = Event::default().event("columns").data(columns["columns"].to_string());
    let stopping = api.stopping.clone();
    let tail = Tail { engine, follower, question, stopping, next: Some(first), _stream: stream };
    let events = stream::unfold(tail, |tail| async { tail.event().await.map(|(event, tail)| (Ok(event), tail)) });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)))
}

/// The streams there may be.
pub(crate) fn streams() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(STREAMS))
}

fn full() -> Failure {
    let message = format!("{STREAMS} streams are open");
    Failure::new(ErrorKind::Unavailable, message, "close one, or ask again later")
}

// === impl Tail ===

impl Tail {
    /// The next event; `None` when the process stops.
    async fn event(mut self) -> Option<(Event, Self)> {
        if let Some(event) = self.next.take() {
            return Some((event, self));
        }
        loop {
            let came = self.stopping.clone().run_until_cancelled_owned(self.follower_next()).await?;
            let (rows, skipped) = match came {
                Ok(came) => came,
                Err(failure) => {
                    self.stopping = CancellationToken::new();
                    self.stopping.cancel();
                    return Some((Event::default().event("error").data(failure), self));
                }
            };
            let skipped =
                (skipped > 0).then(|| Event::default().event("skipped").data(json!({ "rows": skipped }).to_string()));
            match (rows, skipped) {
                (Some(rows), skipped) => {
                    self.next = skipped;
                    return Some((rows, self));
                }
                (None, Some(skipped)) => return Some((skipped, self)),
                (None, None) => {}
            }
        }
    }

    /// Waits for rows, gathers for a moment, and filters them: an event if some are kept, and how many were left out.
    async fn follower_next(&self) -> Result<(Option<Event>, u64), String> {
        let first = self.follower.next().await;
        tokio::time::sleep(GATHER).await;
        let (mut batches, mut skipped) = (first.batches, first.skipped);
        if let Some(more) = futures::FutureExt::now_or_never(self.follower.next()) {
            batches.extend(more.batches);
            skipped += more.skipped;
        }
        let filtered = self.engine.filtered(self.question.signal, &self.question.filter, batches, ROWS).await;
        let (answer, left_out) = filtered.map_err(|error| error.to_string())?;
        let body: Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        skipped += left_out as u64;
        let rows = (answer.rows > 0).then(|| Event::default().event("rows").data(body["rows"].to_string()));
        Ok((rows, skipped))
    }
}
