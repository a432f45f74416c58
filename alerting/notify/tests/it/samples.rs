//! Alerts and receivers for tests.

use std::sync::Arc;
use std::time::Duration;

use alerting_notify::{Language, Receiver, ReceiverKind, ReceiverSettings, Secret, receiver};
use alerting_rules::{
    Alert, AlertKey, Band, Burn, Cause, Condition, Figures, Notification, NotificationReason, OpenAlerts, Proof,
    Severity, Step, Timing, Verdict,
};
use ingest_model::{Nanos, Tenant, TraceId};
use url::Url;

/// 2023-11-14 22:13:20 UTC, the time of the signature vectors.
pub(crate) const START: Nanos = Nanos(1_700_000_000_000_000_000);

pub(crate) const fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

pub(crate) fn minute(number: i64) -> Nanos {
    START.plus(number * 60_000_000_000)
}

/// A fast burn of the shop, 2 % failures of 0.1 % allowed.
pub(crate) fn burn() -> Verdict {
    let figures = Burn { long: 20.0, long_window: minutes(60), short: 22.5, short_window: minutes(5), factor: 14.4 };
    let proof = Proof {
        subject: "shop-availability".to_owned(),
        service: "shop".to_owned(),
        figures: Figures::Burn(figures),
        budget_remaining: Some(0.612_34),
        exhausted_in: Some(minutes(22 * 60)),
        trace_ids: (1..=9).filter_map(|byte| TraceId::from_bytes(&[byte; 16])).collect(),
        causes: vec![
            Cause { key: "http.route".to_owned(), value: "/pay".to_owned(), lift: 8.14 },
            Cause { key: "deployment.version".to_owned(), value: "2.0.1".to_owned(), lift: 5.0 },
        ],
        link: "https://slowburn.example/slos/shop-availability?from=1699996400000000000&to=1700000000000000000"
            .to_owned(),
    };
    verdict("burn", Severity::Page, proof)
}

/// A latency outside its band.
pub(crate) fn band() -> Verdict {
    let figures = Band { value: 912.4, expected: 210.0, lower: 150.0, upper: 320.0, unit: "ms".to_owned() };
    let proof = Proof {
        subject: "latency p95".to_owned(),
        service: "checkout".to_owned(),
        figures: Figures::Band(figures),
        budget_remaining: None,
        exhausted_in: None,
        trace_ids: Vec::new(),
        causes: Vec::new(),
        link: "https://slowburn.example/services/checkout".to_owned(),
    };
    verdict("band", Severity::Ticket, proof)
}

/// Names that would ping, format, link, tear and reorder if they could.
pub(crate) fn hostile() -> Verdict {
    let mut verdict = burn();
    verdict.proof.service = "<!channel> *x* _y_ `z` @all <at id=all></at>".to_owned();
    verdict.proof.subject = "[free](https://evil.example) ![i](https://evil.example/i.png)\n# big\u{202e}".to_owned();
    verdict.proof.causes[0].key = "</card>\"}]".to_owned();
    verdict.proof.causes[0].value = "a & b <https://evil.example|here>".to_owned();
    verdict.proof.link = "https://slowburn.example/?q=<!here>|x)".to_owned();
    verdict
}

/// Names far beyond every limit, of characters that take four bytes or grow when escaped.
pub(crate) fn long() -> Verdict {
    let mut verdict = burn();
    verdict.proof.service = "𝕊".repeat(9_000);
    verdict.proof.subject = "<".repeat(9_000);
    verdict.proof.causes = vec![Cause { key: "&".repeat(9_000), value: "\"*".repeat(9_000), lift: f64::INFINITY }; 50];
    verdict
}

fn verdict(rule: &str, severity: Severity, proof: Proof) -> Verdict {
    let key = AlertKey::new(Tenant::default(), rule, [("service", proof.service.as_str())]);
    Verdict { key, severity, condition: Condition::Holds, proof, at: START }
}

/// The step in which a verdict makes an alert fire.
pub(crate) fn fired(verdict: &Verdict) -> Step {
    OpenAlerts::default().evaluate(verdict, &Timing::default()).expect("it fires")
}

/// The step in which an alert resolves, 12 minutes later.
pub(crate) fn resolved(alert: &Alert, mut verdict: Verdict) -> Step {
    verdict.condition = Condition::Clear;
    verdict.at = minute(12);
    if let Figures::Burn(burn) = &mut verdict.proof.figures {
        (burn.long, burn.short) = (3.1, 0.04);
    }
    OpenAlerts::new([alert.clone()]).evaluate(&verdict, &Timing::default()).expect("it resolves")
}

pub(crate) fn notification(step: &Step) -> Notification {
    let reason = step.notification.unwrap_or(NotificationReason::Repeat);
    Notification::new("chat", reason, step.alert.evaluated_at, &step.alert)
}

/// A receiver called `chat` that signs as the vectors do.
pub(crate) fn chat(kind: ReceiverKind, language: Language, url: &str) -> Arc<dyn Receiver> {
    let secret = match kind {
        ReceiverKind::Dingtalk => Some("SEC000testsecret"),
        ReceiverKind::Feishu | ReceiverKind::Webhook => Some("testsecret"),
        ReceiverKind::Slack => None,
    };
    let url = Url::parse(url).expect("an address");
    receiver(ReceiverSettings { name: "chat".to_owned(), kind, url, secret: secret.map(Secret::new), language })
}
