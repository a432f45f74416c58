//! Tells the table `audit` what is done to this process and by whom.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use ingest_model::{Judgement, Tenant};
use ingest_store::{AuditAction, AuditEvent, Clock, HOLDS, Store, audit_rows};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Refused requests are told together, one event for those alike in so long, so that whoever knocks often does not
/// fill the table.
const GATHER: Duration = Duration::from_secs(10);

/// How often it is looked whether the holds have changed.
const LOOK: Duration = Duration::from_secs(10);

/// Refused requests that wait to be gathered, and kinds of them told at once; what is more is only counted.
const WAITING: usize = 4_096;
const KINDS: usize = 100;

/// Who sends a request, as the guard knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    /// The id of the key, or `anonymous`.
    pub(crate) id: String,
    /// The address the request came from, where it is known.
    pub(crate) address: Option<String>,
}

/// Where events are told.
#[derive(Debug, Clone)]
pub(crate) struct Audit {
    store: Arc<Store>,
    clock: Clock,
    refused: mpsc::Sender<Refused>,
}

/// A request that was refused: at which door, why, and who sent it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Refused {
    door: &'static str,
    why: &'static str,
    actor: String,
    address: Option<String>,
}

// === impl Actor ===

impl Actor {
    /// Whoever sends a request with that key, if any.
    pub(crate) fn of(request: &Request, key: Option<&str>) -> Self {
        let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string());
        Self { id: id(key), address }
    }

    /// Whoever connects from an address with that key, if any.
    pub(crate) fn at(peer: SocketAddr, key: Option<&str>) -> Self {
        Self { id: id(key), address: Some(peer.ip().to_string()) }
    }
}

/// The id of a key: enough to tell keys apart, and nothing to come in with.
pub(crate) fn id(key: Option<&str>) -> String {
    key.map_or_else(|| "anonymous".to_owned(), |key| hex::encode(&Sha256::digest(key)[..4]))
}

// === impl Audit ===

impl Audit {
    /// Tells of the start, and from then on what is done, until `stopping`.
    pub(crate) async fn open(store: &Arc<Store>, data_dir: &Path, clock: Clock, stopping: &CancellationToken) -> Self {
        let (refused, waiting) = mpsc::channel(WAITING);
        let audit = Self { store: Arc::clone(store), clock, refused };
        tokio::spawn(gather(audit.clone(), waiting, stopping.clone()));
        tokio::spawn(watch_holds(audit.clone(), data_dir.join(HOLDS), stopping.clone()));
        let version = json!({ "version": env!("CARGO_PKG_VERSION") });
        audit.tell_of_itself(AuditAction::Start, "process", version).await;
        audit
    }

    /// Tells an event; returns once it is on disk. Where it cannot be kept, that is logged and counted.
    pub(crate) async fn tell(
        &self,
        actor: &Actor,
        action: AuditAction,
        object: &str,
        outcome: &'static str,
        details: Value,
    ) {
        let event = AuditEvent {
            time: (self.clock)(),
            actor: actor.id.clone(),
            action,
            object: object.to_owned(),
            outcome,
            source_address: actor.address.clone(),
            details,
        };
        self.keep(&[event]).await;
    }

    /// Tells what the process itself does.
    pub(crate) async fn tell_of_itself(&self, action: AuditAction, object: &str, details: Value) {
        let actor = Actor { id: "slowburn".to_owned(), address: None };
        self.tell(&actor, action, object, "done", details).await;
    }

    /// Tells of a refused request, soon.
    pub(crate) fn refuse(&self, door: &'static str, why: &'static str, actor: Actor) {
        let refused = Refused { door, why, actor: actor.id, address: actor.address };
        if self.refused.try_send(refused).is_err() {
            metrics::counter!("audit_refusals_not_told_total").increment(1);
        }
    }

    async fn keep(&self, events: &[AuditEvent]) {
        let kept = match audit_rows(events) {
            Ok(rows) => {
                self.store.record(&Tenant::default(), Judgement::Audit, rows).await.map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = kept {
            tracing::error!(error, events = events.len(), "events could not be kept in the audit table");
            metrics::counter!("audit_events_lost_total").increment(events.len() as u64);
        }
    }
}

async fn gather(audit: Audit, mut waiting: mpsc::Receiver<Refused>, stopping: CancellationToken) {
    let mut ticks = tokio::time::interval(GATHER);
    let mut counts: BTreeMap<Refused, u64> = BTreeMap::new();
    loop {
        tokio::select! {
            refused = waiting.recv() => {
                let Some(refused) = refused else { return };
                if counts.len() < KINDS || counts.contains_key(&refused) {
                    *counts.entry(refused).or_default() += 1;
                } else {
                    metrics::counter!("audit_refusals_not_told_total").increment(1);
                }
                continue;
            }
            _ = ticks.tick() => {}
            () = stopping.cancelled() => {}
        }
        let events: Vec<AuditEvent> = std::mem::take(&mut counts).into_iter().map(|one| refusal(&audit, one)).collect();
        if !events.is_empty() {
            audit.keep(&events).await;
        }
        if stopping.is_cancelled() {
            return;
        }
    }
}

fn refusal(audit: &Audit, (refused, count): (Refused, u64)) -> AuditEvent {
    AuditEvent {
        time: (audit.clock)(),
        actor: refused.actor,
        action: AuditAction::RefuseKey,
        object: refused.door.to_owned(),
        outcome: "refused",
        source_address: refused.address,
        details: json!({ "why": refused.why, "requests": count }),
    }
}

/// Tells when the document of holds is another than before.
async fn watch_holds(audit: Audit, path: PathBuf, stopping: CancellationToken) {
    let mut known = tokio::fs::read(&path).await.ok();
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = tokio::fs::read(&path).await.ok();
        if now != known {
            let text = now.as_deref().map(String::from_utf8_lossy);
            audit.tell_of_itself(AuditAction::ChangeHolds, HOLDS, json!({ "document": text })).await;
            known = now;
        }
    }
}
