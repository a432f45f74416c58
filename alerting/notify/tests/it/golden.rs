//! The requests of every receiver, compared with files that a human has looked at.
//!
//! `UPDATE_GOLDEN=1` writes the files anew.

use std::fmt::Write;
use std::path::PathBuf;

use alerting_notify::{HttpRequest, Language, ReceiverKind};
use alerting_rules::Verdict;
use serde_json::Value;

use crate::samples::{START, band, burn, chat, fired, hostile, long, notification, resolved};

const KINDS: [(ReceiverKind, &str); 4] = [
    (ReceiverKind::Webhook, "webhook"),
    (ReceiverKind::Slack, "slack"),
    (ReceiverKind::Dingtalk, "dingtalk"),
    (ReceiverKind::Feishu, "feishu"),
];

fn request(kind: ReceiverKind, language: Language, verdict: &Verdict, over: bool) -> HttpRequest {
    let mut step = fired(verdict);
    if over {
        step = resolved(&step.alert, verdict.clone());
    }
    chat(kind, language, "https://chat.example/hook?access_token=t").request(&notification(&step), START)
}

/// Address, headers and body, the body with its keys sorted.
fn shown(request: &HttpRequest) -> String {
    let mut text = format!("POST {}\n", request.url);
    for (name, value) in &request.headers {
        // The signature depends on the order of keys in the body, which a build may choose.
        let value = if *name == "x-slowburn-signature" { "sha256=…" } else { value };
        writeln!(text, "{name}: {value}").expect("a String takes everything");
    }
    let mut body: Value = serde_json::from_str(&request.body).expect("a JSON body");
    body.sort_all_objects();
    format!("{text}\n{body:#}\n")
}

fn compare(name: &str, shown: &str) {
    let path = PathBuf::from("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, shown).expect("written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == shown, "{name} differs; it is now:\n{shown}");
}

#[test]
fn requests_are_those_of_the_golden_files() {
    for (kind, name) in KINDS {
        for (language, code) in [(Language::En, "en"), (Language::Zh, "zh")] {
            compare(&format!("{name}-firing-{code}.txt"), &shown(&request(kind, language, &burn(), false)));
            compare(&format!("{name}-resolved-{code}.txt"), &shown(&request(kind, language, &burn(), true)));
        }
        compare(&format!("{name}-band-en.txt"), &shown(&request(kind, Language::En, &band(), false)));
        compare(&format!("{name}-hostile-en.txt"), &shown(&request(kind, Language::En, &hostile(), false)));
        if kind == ReceiverKind::Webhook {
            continue;
        }
        compare(&format!("{name}-long-zh.txt"), &shown(&request(kind, Language::Zh, &long(), false)));
    }
}

/// Every text in a body, with the `type` or `tag` of the object it stands in.
fn texts(value: &Value, of: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((of.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, of, found)),
        Value::Object(fields) => {
            let of = fields.get("type").or_else(|| fields.get("tag")).and_then(Value::as_str).unwrap_or(of);
            fields.values().for_each(|field| texts(field, of, found));
        }
        _ => {}
    }
}

fn body(kind: ReceiverKind, verdict: &Verdict) -> (Value, Vec<(String, String)>) {
    let body: Value = serde_json::from_str(&request(kind, Language::En, verdict, false).body).expect("JSON");
    let mut found = Vec::new();
    texts(&body, "", &mut found);
    (body, found)
}

#[test]
fn slack_cannot_be_told_to_ping_or_format() {
    let (body, found) = body(ReceiverKind::Slack, &hostile());
    assert_eq!(body["mrkdwn"], false, "the fallback text is not formatted");
    for (of, text) in found {
        let ours = of == "mrkdwn" && text.starts_with("<https://slowburn.example/");
        assert!(ours || !text.contains(['<', '>']), "{text}");
        assert!(of != "mrkdwn" || ours || text == "mrkdwn", "no name stands where Slack formats: {text}");
        assert_eq!(text.matches('|').count(), usize::from(ours || text.contains("evil.example|here")), "{text}");
    }
}

#[test]
fn feishu_cannot_be_told_to_mention_or_format() {
    let (_, found) = body(ReceiverKind::Feishu, &hostile());
    assert!(found.iter().any(|(of, text)| of == "plain_text" && text.contains("<at id=all></at>")), "shown as it is");
    assert!(found.iter().all(|(of, text)| of == "plain_text" || !text.contains("<at")));
    assert!(found.iter().all(|(of, _)| of != "lark_md"));
}

#[test]
fn dingtalk_cannot_be_told_to_ping_or_format() {
    let (body, _) = body(ReceiverKind::Dingtalk, &hostile());
    let text = body["markdown"]["text"].as_str().expect("a text");
    assert_eq!(body["at"]["isAtAll"], false);
    assert!(!text.contains("](https://evil"), "{text}");
    assert!(!text.contains("![") && !text.contains("*x*") && !text.contains("<at") && !text.contains("\n# "), "{text}");
    assert!(text.contains(r"\*x\*"), "{text}");
    assert_eq!(text.matches("](").count(), 1, "the only link is ours: {text}");
}

#[test]
fn limits_hold_whatever_the_names() {
    for verdict in [long(), hostile(), burn()] {
        for language in [Language::En, Language::Zh] {
            let size = |kind| request(kind, language, &verdict, false).body.len();
            assert!(size(ReceiverKind::Feishu) <= 20_000, "{}", size(ReceiverKind::Feishu));
            assert!(size(ReceiverKind::Dingtalk) <= 15_000, "{}", size(ReceiverKind::Dingtalk));
        }
        let (body, _) = body(ReceiverKind::Slack, &verdict);
        let blocks = body["blocks"].as_array().expect("blocks");
        let length = |text: &Value| text["text"].as_str().map_or(0, |text| text.chars().count());
        assert!(length(&blocks[0]["text"]) <= 150);
        assert!(blocks.len() <= 50 && length(&body) <= 3_000);
        for block in &blocks[1..] {
            assert!(length(&block["text"]) <= 3_000);
            let fields = block["fields"].as_array().map_or(&[][..], Vec::as_slice);
            assert!(fields.len() <= 10 && fields.iter().all(|field| length(field) <= 2_000));
        }
    }
}

#[test]
fn a_message_says_how_fast_what_is_left_why_and_where() {
    for (kind, name) in KINDS {
        for (language, words) in [
            (Language::En, ["20x over 1 h, 22.5x over 5 min", "61.2 %", "22 h", "8.1x"]),
            (Language::Zh, ["1 小时内 20 倍", "61.2 %", "22 小时", "8.1 倍"]),
        ] {
            let body = request(kind, language, &burn(), false).body;
            let plain = body.replace('\\', "");
            for word in words {
                assert!(plain.contains(word), "{name}: {word} in {plain}");
            }
            assert!(plain.contains("https://slowburn.example/slos/shop-availability?from=1699996400000000000"));
            let traces = (1..=9).filter(|byte| plain.contains(&format!("{byte:02x}").repeat(16))).count();
            assert_eq!(traces, 5, "{name}: five traces of nine");
        }
    }
}

#[test]
fn signatures_are_those_of_the_vectors() {
    let dingtalk = request(ReceiverKind::Dingtalk, Language::En, &burn(), false);
    assert_eq!(
        dingtalk.url.as_str(),
        "https://chat.example/hook?access_token=t&timestamp=1700000000000\
         &sign=YNOUEo1bWBWru5w784F9YVdTh2QW8%2FmJCi6XHuNWeaU%3D"
    );
    let feishu: Value =
        serde_json::from_str(&request(ReceiverKind::Feishu, Language::En, &burn(), false).body).expect("JSON");
    assert_eq!(feishu["timestamp"], "1700000000");
    assert_eq!(feishu["sign"], "AOc8oJ7//5OlQlfWC3nRL0R+IkuzcD1FKcAyibRK9Q8=");
}

#[test]
fn a_webhook_is_signed_over_its_time_and_body_and_keeps_its_id() {
    use hmac::Mac;
    let receiver = chat(ReceiverKind::Webhook, Language::En, "https://hook.example/");
    let notification = notification(&fired(&burn()));
    let header = |request: &HttpRequest, name: &str| {
        request.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.clone()).expect("a header")
    };
    let first = receiver.request(&notification, START);
    let again = receiver.request(&notification, START.plus(60_000_000_000));
    assert_eq!(header(&first, "x-slowburn-id"), header(&again, "x-slowburn-id"));
    assert_eq!(header(&again, "x-slowburn-timestamp"), "1700000060");

    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"testsecret").expect("a key");
    mac.update(format!("1700000000.{}", first.body).as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    assert_eq!(header(&first, "x-slowburn-signature"), signature);
    assert_ne!(header(&again, "x-slowburn-signature"), signature);
}

#[test]
fn a_link_that_is_not_absolute_is_left_out() {
    let mut verdict = burn();
    for link in ["", "/slos/x", "javascript:alert(1)"] {
        verdict.proof.link = link.to_owned();
        for (kind, _) in KINDS.iter().filter(|(kind, _)| *kind != ReceiverKind::Webhook) {
            let body = request(*kind, Language::En, &verdict, false).body;
            assert!(!body.contains("Open in slowburn") && !body.contains("javascript"), "{body}");
        }
    }
}
