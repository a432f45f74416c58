//! Receivers: one file each, all of them pure.

use std::fmt;
use std::sync::Arc;

use alerting_rules::Notification;
use ingest_model::Nanos;

use crate::http::{Answer, HttpRequest};
use crate::outcome::Outcome;
use crate::settings::{ReceiverKind, ReceiverSettings};

mod dingtalk;
mod feishu;
mod slack;
mod webhook;

/// Says what a notification looks like for somebody, and what the answer means.
///
/// The same notification at the same time gives the same request. An answer is read without
/// knowing the request.
pub trait Receiver: fmt::Debug + Send + Sync + 'static {
    /// The receiver's name in the settings and in the outbox.
    fn name(&self) -> &str;

    /// The request that delivers a notification, signed for the time `now`.
    fn request(&self, notification: &Notification, now: Nanos) -> HttpRequest;

    /// What the answer that came at `now` means.
    fn outcome(&self, answer: &Answer, now: Nanos) -> Outcome;
}

/// The receiver of a name and kind.
#[must_use]
pub fn receiver(settings: ReceiverSettings) -> Arc<dyn Receiver> {
    match settings.kind {
        ReceiverKind::Dingtalk => Arc::new(dingtalk::Dingtalk(settings)),
        ReceiverKind::Feishu => Arc::new(feishu::Feishu(settings)),
        ReceiverKind::Slack => Arc::new(slack::Slack(settings)),
        ReceiverKind::Webhook => Arc::new(webhook::Webhook(settings)),
    }
}

/// Whole seconds since 1970.
fn seconds(at: Nanos) -> i64 {
    at.0.div_euclid(1_000_000_000)
}

/// The first number other than 0 that a JSON object has under one of `keys`, or 0 if they are all 0.
///
/// Chat services answer `200 OK` with such a code; 0 is success. `None` if there is none.
fn code(body: &str, keys: &[&str]) -> Option<i64> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let codes: Vec<i64> = keys.iter().filter_map(|key| body.get(key)?.as_i64()).collect();
    codes.iter().copied().find(|code| *code != 0).or_else(|| codes.first().copied())
}

#[cfg(test)]
mod tests;
