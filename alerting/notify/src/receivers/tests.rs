use std::time::Duration;

use url::Url;

use super::*;
use crate::message::Language;
use crate::secret::Secret;

fn of(kind: ReceiverKind) -> Arc<dyn Receiver> {
    let url = Url::parse("http://chat.example/hook?access_token=t").expect("an address");
    let secret = Some(Secret::new("s"));
    receiver(ReceiverSettings { name: "chat".to_owned(), kind, url, secret, language: Language::En })
}

/// `+` delivered, `~` tried again, `!` failed, `10m` held for so long.
fn read(kind: ReceiverKind, status: u16, body: &str) -> String {
    let answer = Answer { status, retry_after: None, body: body.to_owned() };
    match of(kind).outcome(&answer, Nanos(0)) {
        Outcome::Delivered => "+".to_owned(),
        Outcome::Retry { throttled: false, .. } => "~".to_owned(),
        Outcome::Retry { after, .. } => format!("{}m", after.map_or(0, |after| after.as_secs() / 60)),
        Outcome::Failed { .. } => "!".to_owned(),
    }
}

fn table(kind: ReceiverKind, rows: &[(u16, &str, &str)]) {
    for (status, body, expected) in rows {
        assert_eq!(read(kind, *status, body), *expected, "{kind:?}: {status} {body}");
    }
}

#[test]
fn slack_has_a_message_when_it_says_ok_and_only_then() {
    table(
        ReceiverKind::Slack,
        &[
            (200, "ok", "+"),
            (200, "ok\n", "+"),
            (200, "", "!"),
            (200, "invalid_payload", "!"),
            (200, "rate_limited", "0m"),
            (404, "no_service", "!"),
            (410, "channel_is_archived", "!"),
            (429, "rate_limited", "0m"),
            (500, "rollup_error", "~"),
        ],
    );
}

#[test]
fn dingtalk_says_200_to_what_it_refuses() {
    table(
        ReceiverKind::Dingtalk,
        &[
            (200, r#"{"errcode":0,"errmsg":"ok"}"#, "+"),
            (200, r#"{"errcode":310000,"errmsg":"sign not match"}"#, "!"),
            (200, r#"{"errcode":400101,"errmsg":"token is not exist"}"#, "!"),
            (200, r#"{"errcode":-1,"errmsg":"system is busy"}"#, "~"),
            (200, r#"{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#, "10m"),
            (200, r#"{"errcode":410100,"errmsg":"too fast"}"#, "10m"),
            (200, "<html>log in to the network</html>", "~"),
            (200, "{}", "~"),
            (403, r#"{"errcode":0}"#, "!"),
            (502, "", "~"),
            (429, "", "0m"),
        ],
    );
}

#[test]
fn feishu_says_200_to_what_it_refuses() {
    table(
        ReceiverKind::Feishu,
        &[
            (200, r#"{"code":0,"data":{},"msg":"success"}"#, "+"),
            (200, r#"{"StatusCode":0,"StatusMessage":"success","code":0}"#, "+"),
            (200, r#"{"StatusCode":0,"StatusMessage":"success"}"#, "+"),
            (200, r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#, "!"),
            (200, r#"{"StatusCode":19001,"StatusMessage":"param invalid"}"#, "!"),
            (200, r#"{"StatusCode":0,"code":9499,"msg":"Bad Request"}"#, "!"),
            (200, r#"{"code":11232,"msg":"frequency limited"}"#, "0m"),
            (400, r#"{"code":11232,"msg":"frequency limited"}"#, "0m"),
            (400, r#"{"code":9499,"msg":"Bad Request"}"#, "!"),
            (200, "not json", "~"),
            (503, "", "~"),
        ],
    );
}

#[test]
fn a_webhook_is_read_by_its_status() {
    let rows = [(200, "", "+"), (202, "anything", "+"), (204, "", "+"), (400, "", "!"), (410, "", "!")];
    table(ReceiverKind::Webhook, &rows);
    table(ReceiverKind::Webhook, &[(301, "", "!"), (408, "", "~"), (500, "", "~"), (504, "", "~"), (429, "", "0m")]);
}

#[test]
fn a_throttled_answer_says_for_how_long() {
    for kind in [ReceiverKind::Slack, ReceiverKind::Dingtalk, ReceiverKind::Feishu, ReceiverKind::Webhook] {
        let answer = Answer { status: 429, retry_after: Some("30".to_owned()), body: String::new() };
        let after = Some(Duration::from_secs(30));
        let reason = "HTTP 429".to_owned();
        assert_eq!(of(kind).outcome(&answer, Nanos(0)), Outcome::Retry { after, throttled: true, reason });
    }
}

#[test]
fn what_failed_says_what_the_receiver_said_and_no_secret() {
    let answer = Answer { status: 200, retry_after: None, body: r#"{"errcode":310000}"#.to_owned() };
    let outcome = of(ReceiverKind::Dingtalk).outcome(&answer, Nanos(0));
    assert_eq!(outcome, Outcome::Failed { reason: r#"HTTP 200: {"errcode":310000}"#.to_owned() });
    let shown = format!("{:?}", of(ReceiverKind::Dingtalk));
    assert!(!shown.contains("access_token"), "{shown}");
}
