//! Slack, by incoming webhook: blocks.
//!
//! Everything that holds a name is `plain_text`, which Slack does not format, with Slack's three control
//! characters escaped, which keeps it from pinging. Limits (docs.slack.dev, Block Kit): header
//! 150 characters, section 3,000, field 2,000, 10 fields in a section.

use alerting_rules::Notification;
use ingest_model::Nanos;
use serde_json::{Value, json};

use crate::escape::{self, slack as escaped, within};
use crate::http::{Answer, HttpRequest};
use crate::message::{Fact, Message};
use crate::outcome::{Outcome, said};
use crate::receivers::Receiver;
use crate::settings::ReceiverSettings;

/// The longest name, in characters.
const NAME_LIMIT: usize = 200;
const HEADER_LIMIT: usize = 150;
const SECTION_LIMIT: usize = 3_000;
const FIELD_LIMIT: usize = 2_000;
const FIELDS_LIMIT: usize = 10;

/// Posts to a Slack channel.
#[derive(Debug)]
pub(super) struct Slack(pub(super) ReceiverSettings);

// === impl Slack ===

impl Receiver for Slack {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn request(&self, notification: &Notification, _now: Nanos) -> HttpRequest {
        let message = Message::new(notification, self.0.language, NAME_LIMIT, escape::plain);
        HttpRequest::json(self.0.url.clone(), body(&message).to_string())
    }

    /// Slack says `ok` when it has the message; any other text is an error, with whatever status.
    fn outcome(&self, answer: &Answer, now: Nanos) -> Outcome {
        match Outcome::of_status(answer, now) {
            Outcome::Delivered => match answer.body.trim() {
                "ok" => Outcome::Delivered,
                "rate_limited" | "ratelimited" => Outcome::throttled(None, said(answer)),
                _ => Outcome::failed(said(answer)),
            },
            other => other,
        }
    }
}

fn body(message: &Message) -> Value {
    let (short, long): (Vec<&Fact>, Vec<&Fact>) = message.facts.iter().partition(|fact| fact.lines.len() == 1);
    let mut blocks = vec![json!({ "type": "header", "text": plain(&message.title, HEADER_LIMIT) })];
    for facts in short.chunks(FIELDS_LIMIT) {
        let fields: Vec<Value> = facts.iter().map(|fact| plain(&lines(fact), FIELD_LIMIT)).collect();
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    for fact in long {
        blocks.push(json!({ "type": "section", "text": plain(&lines(fact), SECTION_LIMIT) }));
    }
    if let Some(link) = &message.link {
        let text = format!("<{}|{}>", link.url.replace('&', "&amp;"), link.label);
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } }));
    }
    // The text is what shows in a desktop notification; it is not to be formatted either.
    json!({ "text": within(&message.title, SECTION_LIMIT, escaped), "mrkdwn": false, "blocks": blocks })
}

fn plain(text: &str, limit: usize) -> Value {
    json!({ "type": "plain_text", "text": within(text, limit, escaped), "emoji": false })
}

fn lines(fact: &Fact) -> String {
    format!("{}\n{}", fact.label, fact.lines.join("\n"))
}
