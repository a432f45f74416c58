//! The generic webhook: Alertmanager's JSON, version 4, signed.
//!
//! The fields are those of Alertmanager's `webhook_config` (docs/configuration.md), so what reads
//! Alertmanager's webhooks reads ours; `alerts[].slowburn` holds the whole proof beside them.
//! One request tells of one alert. Headers:
//!
//! * `X-Slowburn-Id`: the same for every attempt of a notification;
//! * `X-Slowburn-Timestamp`: seconds since 1970, when this attempt was signed;
//! * `X-Slowburn-Signature`: `sha256=` and the hex HMAC-SHA-256 of `timestamp.body` under the secret.

use std::collections::BTreeMap;

use alerting_rules::{Alert, Notification};
use ingest_model::Nanos;
use serde_json::{Value, json};

use crate::escape::plain;
use crate::http::{Answer, HttpRequest};
use crate::message::Message;
use crate::outcome::Outcome;
use crate::receivers::{Receiver, seconds};
use crate::settings::ReceiverSettings;
use crate::sign;

/// Alertmanager's `endsAt` of an alert that fires: the zero time of Go.
const NO_END: &str = "0001-01-01T00:00:00Z";

/// The longest name in annotations, in characters.
const NAME_LIMIT: usize = 200;

/// Posts to anything that reads Alertmanager's webhooks.
#[derive(Debug)]
pub(super) struct Webhook(pub(super) ReceiverSettings);

// === impl Webhook ===

impl Receiver for Webhook {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn request(&self, notification: &Notification, now: Nanos) -> HttpRequest {
        let message = Message::new(notification, self.0.language, NAME_LIMIT, plain);
        let timestamp = seconds(now);
        let mut request = HttpRequest::json(self.0.url.clone(), body(notification, &message).to_string());
        if let Some(secret) = &self.0.secret {
            let signature = sign::webhook(timestamp, &request.body, secret.reveal());
            request.headers.push(("x-slowburn-signature", format!("sha256={signature}")));
        }
        request.headers.push(("x-slowburn-timestamp", timestamp.to_string()));
        request.headers.push(("x-slowburn-id", notification.id.to_string()));
        request
    }

    fn outcome(&self, answer: &Answer, now: Nanos) -> Outcome {
        Outcome::of_status(answer, now)
    }
}

fn body(notification: &Notification, message: &Message) -> Value {
    let alert = &notification.alert;
    let status = if notification.is_resolved() { "resolved" } else { "firing" };
    let (labels, annotations) = (labels(alert), annotations(message));
    let link = message.link.as_ref().map_or("", |link| link.url.as_str());
    json!({
        "version": "4",
        "groupKey": format!("slowburn:{}", alert.key.fingerprint()),
        "truncatedAlerts": 0,
        "status": status,
        "receiver": notification.receiver,
        "groupLabels": { "alertname": alert.key.rule },
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "routeLabels": {},
        "externalURL": link,
        "notification_reason": notification.reason.as_str(),
        "alerts": [{
            "status": status,
            "labels": labels,
            "annotations": annotations,
            "startsAt": alert.started_at.rfc3339(),
            "endsAt": alert.resolved_at.map_or_else(|| NO_END.to_owned(), Nanos::rfc3339),
            "generatorURL": link,
            "fingerprint": alert.key.fingerprint(),
            "slowburn": { "alert_id": alert.id, "severity": alert.severity, "proof": alert.proof },
        }],
    })
}

/// The key's labels, and those that routing is done by. The latter win: they are ours.
fn labels(alert: &Alert) -> BTreeMap<&str, &str> {
    let mut labels: BTreeMap<&str, &str> =
        alert.key.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    labels.insert("alertname", &alert.key.rule);
    labels.insert("service", &alert.proof.service);
    labels.insert("severity", alert.severity.as_str());
    labels.insert("tenant", alert.key.tenant.as_str());
    labels
}

fn annotations(message: &Message) -> Value {
    json!({ "summary": message.title, "description": message.plain() })
}
