//! Changes of alerts and attempts to notify, as rows of their tables.

use std::collections::BTreeSet;

use alerting_rules::{Alert, Attempt, AttemptOutcome, Entry, Transition};
use anyhow::Result;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ingest_model::Judgement;
use query_engine::Engine;

use crate::ask;
use crate::rows::{batch, ints, texts, times};

/// The row of a change. The proof is that of the alert as it is now.
///
/// # Errors
///
/// When it is not of the table's schema, which is a bug.
pub(super) fn event(alert: &Alert, transition: &Transition) -> Result<RecordBatch, ArrowError> {
    let json = |value: serde_json::Result<String>| value.unwrap_or_default();
    batch(
        Judgement::AlertEvents,
        vec![
            times([transition.at]),
            texts([alert.id.as_str()]),
            texts([alert.key.rule.as_str()]),
            texts([json(serde_json::to_string(&alert.key.labels))]),
            texts([alert.proof.service.as_str()]),
            texts([alert.proof.subject.as_str()]),
            texts([transition.from.as_str()]),
            texts([transition.to.as_str()]),
            texts([transition.reason.as_str()]),
            texts([transition.severity.as_str()]),
            texts([json(serde_json::to_string(&alert.proof))]),
        ],
    )
}

/// The row of an attempt.
///
/// # Errors
///
/// As [`event`].
pub(super) fn notification(entry: &Entry, attempt: &Attempt) -> Result<RecordBatch, ArrowError> {
    let notification = &entry.notification;
    let outcome = match attempt.outcome {
        AttemptOutcome::Delivered => "delivered",
        AttemptOutcome::Retry { .. } => "retry",
        AttemptOutcome::Failed => "failed",
    };
    batch(
        Judgement::Notifications,
        vec![
            times([attempt.at]),
            texts([notification.alert.id.as_str()]),
            texts([notification.id.as_str()]),
            texts([notification.receiver.as_str()]),
            texts([notification.reason.as_str()]),
            ints([i64::from(entry.attempts) + 1]),
            texts([outcome]),
            texts([attempt.detail.as_str()]),
        ],
    )
}

/// The rows of those changes of alerts that the table lacks.
///
/// # Errors
///
/// When the table cannot be read.
pub(super) async fn missing(engine: &Engine, histories: &[(Vec<Transition>, Alert)]) -> Result<Vec<RecordBatch>> {
    let query = "SELECT DISTINCT alert_id, to_state, reason FROM alert_events".to_owned();
    let answer = ask::rows(engine, query).await?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let stored: BTreeSet<Vec<String>> = answer.iter().map(|row| row.iter().map(text).collect()).collect();
    let mut rows = Vec::new();
    for (history, alert) in histories {
        for transition in history {
            let key = [alert.id.as_str(), transition.to.as_str(), transition.reason.as_str()].map(str::to_owned);
            if !stored.contains(key.as_slice()) {
                rows.push(event(alert, transition)?);
            }
        }
    }
    Ok(rows)
}
