//! The shop's traffic, sent as any exporter would: OTLP over HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fixtures_shop::{Batch, Incident, Shop};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use ingest_model::Nanos;
use prost::Message;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;

use super::story::{Story, second};
use crate::app;

/// Seconds of history in one batch.
const STRIDE_S: usize = 30;

/// Batches of history on their way at once.
const AT_ONCE: usize = 2;

/// How long after it is over a second is sent.
const DELAY: Duration = Duration::from_millis(200);

/// Sends to the OTLP door.
pub(super) struct Sender {
    client: Client,
    base: String,
}

// === impl Sender ===

impl Sender {
    /// Sends to this address.
    pub(super) fn new(otlp_http: SocketAddr) -> Self {
        Self { client: Client::new(), base: format!("http://{otlp_http}") }
    }

    /// Sends the history, if there is one to be told.
    ///
    /// # Errors
    ///
    /// When the server does not take it.
    pub(super) async fn history(&self, story: &Story) -> Result<()> {
        let Some(history) = story.history() else { return Ok(()) };
        tracing::info!("sending {} h of history", (history.end - history.start) / 3_600);
        let send = |from| self.send(story.shop(), from..from + STRIDE_S as u64, None);
        stream::iter(history.step_by(STRIDE_S)).map(send).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Sends every second as it passes.
    ///
    /// # Errors
    ///
    /// When the server does not take it.
    pub(super) async fn live(&self, story: &Story, page: SocketAddr) -> Result<()> {
        let (shop, incident) = (story.shop(), story.incident());
        let begin = Nanos(i64::try_from(incident.seconds.start).unwrap_or_default() * 1_000_000_000);
        let (service, key, value) = (incident.service.name(), incident.property.key(), incident.value);
        let begin = begin.rfc3339();
        tracing::info!("the shop is open at http://{page}; {service} for {key} = {value} will fail from {begin} on");
        let mut next = story.live_from(app::now());
        loop {
            let over = second(app::now());
            if next < over {
                // What is behind, as after the history, is sent in larger pieces.
                let to = over.min(next + STRIDE_S as u64);
                self.send(shop, next..to, Some(&incident)).await?;
                next = to;
            } else {
                let left = 1_000_000_000 - app::now().0.rem_euclid(1_000_000_000).unsigned_abs();
                tokio::time::sleep(Duration::from_nanos(left) + DELAY).await;
            }
        }
    }

    async fn send(&self, shop: Shop, seconds: std::ops::Range<u64>, incident: Option<&Incident>) -> Result<()> {
        let incident = incident.cloned();
        let drawn = tokio::task::spawn_blocking(move || shop.traffic(seconds, incident.as_ref()));
        let Batch { traces, logs, metrics } = drawn.await?;
        self.post("traces", &traces).await?;
        self.post("logs", &logs).await?;
        self.post("metrics", &metrics).await
    }

    async fn post(&self, signal: &str, requests: &[impl Message]) -> Result<()> {
        for request in requests {
            let post = self.client.post(format!("{}/v1/{signal}", self.base));
            let post = post.header(CONTENT_TYPE, "application/x-protobuf").body(request.encode_to_vec());
            let answer = post.send().await.with_context(|| format!("cannot send {signal}"))?;
            if !answer.status().is_success() {
                bail!("{signal} were refused with {}", answer.status());
            }
        }
        Ok(())
    }
}
