//! Feishu and Lark, by custom bot: an interactive card, with a signed body.
//!
//! Everything that holds a name is `plain_text`, in which Feishu neither formats nor mentions. The
//! signature is in the body: `timestamp` in seconds, taken within an hour, and `sign`. Feishu
//! answers 200 to what it refuses; `code` tells, `StatusCode` in its older form. A body may have
//! 20 KB; a bot may send 100 messages a minute and 5 a second (open.feishu.cn, custom bot).

use alerting_rules::Notification;
use ingest_model::Nanos;
use serde_json::{Value, json};

use crate::escape;
use crate::http::{Answer, HttpRequest};
use crate::message::{Fact, Message, Tone, fitting};
use crate::outcome::{Outcome, said};
use crate::receivers::{Receiver, code, seconds};
use crate::settings::ReceiverSettings;
use crate::sign;

/// The largest body in bytes: 20 KB, less what timestamp and signature take.
const CARD_LIMIT: usize = 20_000 - 200;

/// `code` of a bot that sends too fast, of a crowded chat, and of the gateway.
const THROTTLED: [i64; 3] = [11_232, 230_020, 99_991_400];

/// Posts to a Feishu or Lark group.
#[derive(Debug)]
pub(super) struct Feishu(pub(super) ReceiverSettings);

// === impl Feishu ===

impl Receiver for Feishu {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn request(&self, notification: &Notification, now: Nanos) -> HttpRequest {
        let card =
            fitting(notification, self.0.language, CARD_LIMIT, escape::plain, |message| card(message).to_string());
        let mut body = String::from("{");
        if let Some(secret) = &self.0.secret {
            let timestamp = seconds(now);
            let sign = sign::feishu(timestamp, secret.reveal());
            body.push_str(&format!(r#""timestamp":"{timestamp}","sign":"{sign}","#));
        }
        body.push_str(&format!(r#""msg_type":"interactive","card":{card}}}"#));
        HttpRequest::json(self.0.url.clone(), body)
    }

    fn outcome(&self, answer: &Answer, now: Nanos) -> Outcome {
        let by_status = Outcome::of_status(answer, now);
        match (code(&answer.body, &["code", "StatusCode"]), by_status) {
            (Some(code), Outcome::Delivered | Outcome::Failed { .. }) if THROTTLED.contains(&code) => {
                Outcome::throttled(None, said(answer))
            }
            (Some(0), Outcome::Delivered) => Outcome::Delivered,
            (Some(_), Outcome::Delivered) => Outcome::failed(said(answer)),
            (None, Outcome::Delivered) => Outcome::again(format!("no answer of Feishu's: {}", said(answer))),
            (_, other) => other,
        }
    }
}

fn card(message: &Message) -> Value {
    let template = match message.tone {
        Tone::Page => "red",
        Tone::Ticket => "orange",
        Tone::Resolved => "green",
    };
    let (short, long): (Vec<&Fact>, Vec<&Fact>) = message.facts.iter().partition(|fact| fact.lines.len() == 1);
    let field = |fact: &&Fact| json!({ "is_short": true, "text": plain(&lines(fact)) });
    let mut elements = vec![json!({ "tag": "div", "fields": short.iter().map(field).collect::<Vec<_>>() })];
    elements.extend(long.into_iter().map(|fact| json!({ "tag": "div", "text": plain(&lines(fact)) })));
    if let Some(link) = &message.link {
        let button = json!({ "tag": "button", "text": plain(link.label), "type": "primary", "url": link.url });
        elements.push(json!({ "tag": "action", "actions": [button] }));
    }
    json!({
        "config": { "wide_screen_mode": true },
        "header": { "title": plain(&message.title), "template": template },
        "elements": elements,
    })
}

fn plain(text: &str) -> Value {
    json!({ "tag": "plain_text", "content": text })
}

fn lines(fact: &Fact) -> String {
    format!("{}\n{}", fact.label, fact.lines.join("\n"))
}
