//! DingTalk, by custom robot: markdown, with a signed address.
//!
//! The signature is in the query: `timestamp` in milliseconds, taken within an hour, and `sign`.
//! DingTalk answers 200 to what it refuses; `errcode` tells. A robot that sends more than 20
//! messages a minute is blocked for ten (open.dingtalk.com, custom robot access).

use std::time::Duration;

use alerting_rules::Notification;
use ingest_model::Nanos;
use serde_json::json;
use url::Url;

use crate::escape::{markdown, plain};
use crate::http::{Answer, HttpRequest};
use crate::message::{Message, fitting};
use crate::outcome::{Outcome, said};
use crate::receivers::{Receiver, code};
use crate::settings::ReceiverSettings;
use crate::sign;

/// The largest body in bytes. DingTalk's limit for messages of its other robots; it names none
/// for this one.
const BODY_LIMIT: usize = 15_000;

/// The longest name in the title, in characters; there is room for a line in the list of chats.
const TITLE_NAME_LIMIT: usize = 40;

/// `errcode` of a robot that sends too fast: the present one, and older ones that are still seen.
const THROTTLED: [i64; 3] = [410_100, 130_101, 90_030];

/// `errcode` of "the system is busy".
const BUSY: i64 = -1;

/// For how long a robot is blocked that sent too fast.
const BLOCKED_FOR: Duration = Duration::from_secs(10 * 60);

/// Posts to a DingTalk group.
#[derive(Debug)]
pub(super) struct Dingtalk(pub(super) ReceiverSettings);

// === impl Dingtalk ===

impl Dingtalk {
    /// The address, with timestamp and signature if there is a secret.
    fn url(&self, now: Nanos) -> Url {
        let mut url = self.0.url.clone();
        if let Some(secret) = &self.0.secret {
            let timestamp = now.0.div_euclid(1_000_000);
            let sign = sign::dingtalk(timestamp, secret.reveal());
            url.query_pairs_mut().append_pair("timestamp", &timestamp.to_string()).append_pair("sign", &sign);
        }
        url
    }
}

impl Receiver for Dingtalk {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn request(&self, notification: &Notification, now: Nanos) -> HttpRequest {
        let language = self.0.language;
        // The title is no markdown: it shows in the list of chats.
        let title = Message::new(notification, language, TITLE_NAME_LIMIT, plain).title;
        let body = fitting(notification, language, BODY_LIMIT, markdown, |message| body(&title, message));
        HttpRequest::json(self.url(now), body)
    }

    fn outcome(&self, answer: &Answer, now: Nanos) -> Outcome {
        let by_status = Outcome::of_status(answer, now);
        match (code(&answer.body, &["errcode"]), by_status) {
            (Some(code), _) if THROTTLED.contains(&code) => Outcome::throttled(Some(BLOCKED_FOR), said(answer)),
            (Some(BUSY), _) => Outcome::again(said(answer)),
            (Some(0), Outcome::Delivered) => Outcome::Delivered,
            (Some(_), Outcome::Delivered) => Outcome::failed(said(answer)),
            (None, Outcome::Delivered) => Outcome::again(format!("no answer of DingTalk's: {}", said(answer))),
            (_, other) => other,
        }
    }
}

fn body(title: &str, message: &Message) -> String {
    let mut text = format!("### {}\n\n", message.title);
    for fact in &message.facts {
        match fact.lines.as_slice() {
            [line] => text.push_str(&format!("**{}:** {line}\n\n", fact.label)),
            lines => text.push_str(&format!("**{}:**\n\n- {}\n\n", fact.label, lines.join("\n- "))),
        }
    }
    if let Some(link) = &message.link {
        text.push_str(&format!("[{}]({})", link.label, link.url));
    }
    json!({
        "msgtype": "markdown",
        "markdown": { "title": title, "text": text.trim_end() },
        "at": { "atMobiles": [], "atUserIds": [], "isAtAll": false },
    })
    .to_string()
}
