//! A receiver of webhooks that keeps what it gets, for a demo.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use alerting_notify::verify_webhook;
use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use ingest_model::Nanos;
use query_api::{CaughtMessage, CaughtMessages};
use serde_json::Value;

/// What the demo's webhook is signed with. It guards nothing: the catcher listens on loopback and shows everything.
const SECRET: &str = "the-demo-signs-its-webhooks";

/// Messages that are told.
const TOLD: usize = 100;

/// What was caught, in memory and in a file, so that a demo that goes on still has it.
#[derive(Debug)]
pub(crate) struct Catcher {
    path: PathBuf,
    clock: fn() -> Nanos,
    caught: Mutex<Vec<CaughtMessage>>,
}

// === impl Catcher ===

impl Catcher {
    /// The messages of a file, and room for more.
    ///
    /// # Errors
    ///
    /// When the file is there and cannot be read.
    pub(super) fn open(path: PathBuf, clock: fn() -> Nanos) -> Result<Self> {
        let text = if path.exists() {
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?
        } else {
            String::new()
        };
        // A line that a kill cut short is left out.
        let caught = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ok(Self { path, clock, caught: Mutex::new(caught) })
    }

    /// The rule file that sends every alert here.
    pub(super) fn rules(address: SocketAddr) -> String {
        format!(
            "# Written by slowburn demo at every start.\n\
             receivers:\n  - name: catcher\n    type: webhook\n    url: http://{address}/\n    secret: {SECRET}\n"
        )
    }

    /// Takes webhooks at `/`.
    pub(super) fn router(self: &Arc<Self>) -> Router {
        Router::new().route("/", post(take)).with_state(Arc::clone(self))
    }

    /// What was caught, the latest first; a message that came twice is told once.
    pub(crate) fn messages(&self) -> CaughtMessages {
        let caught = self.caught.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = BTreeSet::new();
        let first = caught.iter().filter(|message| seen.insert(message.notification_id.clone()));
        let mut messages: Vec<CaughtMessage> = first.cloned().collect();
        messages.reverse();
        messages.truncate(TOLD);
        CaughtMessages { running: true, messages }
    }

    fn keep(&self, message: CaughtMessage) -> Result<()> {
        let mut line = serde_json::to_string(&message)?;
        line.push('\n');
        let mut caught = self.caught.lock().unwrap_or_else(PoisonError::into_inner);
        OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(line.as_bytes())?;
        caught.push(message);
        Ok(())
    }
}

async fn take(State(catcher): State<Arc<Catcher>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let Ok(read) = serde_json::from_slice::<Value>(&body) else {
        return (StatusCode::BAD_REQUEST, "the body is no JSON\n".to_owned());
    };
    match catcher.keep(message(&headers, &body, &read, (catcher.clock)())) {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("cannot keep it: {error:#}\n")),
    }
}

fn message(headers: &HeaderMap, body: &Bytes, read: &Value, now: Nanos) -> CaughtMessage {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = |pointer: &str| read.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    CaughtMessage {
        received_at: now,
        notification_id: header("x-slowburn-id").to_owned(),
        status: text("/status"),
        severity: text("/commonLabels/severity"),
        title: text("/commonAnnotations/summary"),
        text: text("/commonAnnotations/description"),
        link: text("/externalURL"),
        signed: verify_webhook(SECRET, header("x-slowburn-timestamp"), header("x-slowburn-signature"), body),
    }
}
