//! Alerts as the API tells them.

use alerting_rules::{Alert, Cause, Delivery, DeliveryState, Figures, Transition};
use query_api::{AlertCause, AlertDelivery, AlertDetail, AlertFigures, AlertTransition, Alerts};

use super::matter;

/// Other episodes of an alert that are told.
const EPISODES: usize = 20;

/// Alerts from the newest on, the open ones first.
pub(super) fn all(newest: &[Alert], mistakes: Vec<String>) -> Alerts {
    let (open, closed): (Vec<&Alert>, Vec<&Alert>) = newest.iter().partition(|alert| alert.state.is_open());
    Alerts { alerts: open.into_iter().chain(closed).map(alert).collect(), mistakes }
}

/// An alert with its history and what became of its notifications.
pub(super) fn one(found: &Alert, history: &[Transition], deliveries: &[Delivery], newest: &[Alert]) -> AlertDetail {
    let others = newest.iter().filter(|other| other.key == found.key && other.id != found.id);
    AlertDetail {
        alert: alert(found),
        history: history.iter().map(transition).collect(),
        deliveries: deliveries.iter().map(delivery).collect(),
        episodes: others.take(EPISODES).map(alert).collect(),
    }
}

fn alert(alert: &Alert) -> query_api::Alert {
    let proof = &alert.proof;
    let judged = alert.resolved_at.unwrap_or(alert.evaluated_at);
    let (from, to) = matter::range(&proof.figures, alert.started_at, judged);
    query_api::Alert {
        id: alert.id.to_string(),
        rule: alert.key.rule.clone(),
        labels: alert.key.labels.clone(),
        state: alert.state.to_string(),
        severity: alert.severity.to_string(),
        subject: proof.subject.clone(),
        service: proof.service.clone(),
        figures: Some(figures(&proof.figures)),
        budget_remaining: proof.budget_remaining,
        exhausted_in_s: proof.exhausted_in.map(|left| left.as_secs()),
        trace_ids: proof.trace_ids.clone(),
        causes: proof.causes.iter().map(cause).collect(),
        started_at: alert.started_at,
        fired_at: alert.fired_at,
        resolved_at: alert.resolved_at,
        evaluated_at: alert.evaluated_at,
        from,
        to,
    }
}

fn figures(figures: &Figures) -> AlertFigures {
    match figures {
        Figures::Burn(burn) => AlertFigures::Burn {
            long: burn.long,
            long_window_s: burn.long_window.as_secs(),
            short: burn.short,
            short_window_s: burn.short_window.as_secs(),
            factor: burn.factor,
        },
        Figures::Band(band) => AlertFigures::Band {
            value: band.value,
            expected: band.expected,
            lower: band.lower,
            upper: band.upper,
            unit: band.unit.clone(),
        },
    }
}

fn cause(cause: &Cause) -> AlertCause {
    AlertCause { key: cause.key.clone(), value: cause.value.clone(), lift: cause.lift }
}

fn transition(transition: &Transition) -> AlertTransition {
    AlertTransition {
        at: transition.at,
        from: transition.from.to_string(),
        to: transition.to.to_string(),
        reason: transition.reason.as_str().to_owned(),
        severity: transition.severity.to_string(),
    }
}

fn delivery(delivery: &Delivery) -> AlertDelivery {
    let state = match delivery.state {
        DeliveryState::Waiting => "waiting",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Failed => "failed",
    };
    AlertDelivery {
        receiver: delivery.receiver.clone(),
        reason: delivery.reason.to_string(),
        state: state.to_owned(),
        attempts: delivery.attempts,
        due_at: delivery.due_at,
        attempted_at: delivery.attempted_at,
        detail: delivery.detail.clone(),
    }
}
