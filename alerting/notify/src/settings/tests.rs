use std::io::{Error, ErrorKind};

use super::*;

fn read(text: &str) -> Result<Settings, Vec<String>> {
    let source = Source { file: "rules.yaml", text, other_keys: &["silences"] };
    let files = |path: &Path| match path.to_str() {
        Some("secret.txt") => Ok("from a file\n".to_owned()),
        Some("url.txt") => Ok("https://oapi.dingtalk.com/robot/send?access_token=hidden\r\n".to_owned()),
        Some("empty.txt") => Ok("\n".to_owned()),
        _ => Err(Error::from(ErrorKind::NotFound)),
    };
    Settings::read(&source, &files).map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect())
}

/// The mistakes without the file's name.
fn mistakes(text: &str) -> Vec<String> {
    let mistakes = read(text).expect_err("mistakes");
    mistakes.iter().map(|mistake| mistake.trim_start_matches("rules.yaml:").to_owned()).collect()
}

#[test]
fn receivers_and_routes_are_read() {
    let settings = read(
        "
silences: []
receivers:
  - {name: hook, type: webhook, url: 'http://127.0.0.1:9/alerts', secret: hush}
---
receivers:
  - name: on-call
    type: dingtalk
    url_file: url.txt
    secret_file: secret.txt
    language: zh
routes:
  - {severity: page, service: shop, receivers: [on-call, hook]}
  - receivers: [hook]
",
    )
    .expect("no mistakes");
    let [hook, on_call] = settings.receivers.as_slice() else { panic!("two receivers") };
    assert_eq!((hook.name.as_str(), hook.kind, hook.language), ("hook", ReceiverKind::Webhook, Language::En));
    assert_eq!(hook.secret.as_ref().map(Secret::reveal), Some("hush"));
    assert_eq!((on_call.kind, on_call.language), (ReceiverKind::Dingtalk, Language::Zh));
    assert_eq!(on_call.url.as_str(), "https://oapi.dingtalk.com/robot/send?access_token=hidden");
    assert_eq!(on_call.secret.as_ref().map(Secret::reveal), Some("from a file"));
    assert_eq!(settings.routes[0].severity, Some(Severity::Page));
    assert_eq!(settings.routes[0].receivers, ["on-call", "hook"]);
    assert_eq!(settings.routes[1], Route { severity: None, service: None, receivers: vec!["hook".to_owned()] });
}

#[test]
fn every_mistake_is_told_with_its_place_and_remedy() {
    let text = "
receivers:
  - name: a b
    type: pigeon
    url: chat.example/hook?token=hidden
    secert: hidden
  - name: two
    type: slack
    url: ftp://chat.example/hidden
    secret: hidden
    language: fr
  - name: two
    type: teams
    url: https://chat.example
    url_file: url.txt
  - {type: feishu}
routes:
  - {severity: critical, receivers: [nobody]}
  - {service: shop}
";
    let found = mistakes(text);
    let expected = [
        "3:11: receivers[0].name is \"a b\"; use 1 to 64 letters, digits, `.`, `-` or `_`",
        "4:11: receivers[0].type is \"pigeon\"; use slack, dingtalk, feishu or webhook",
        "5:10: receivers[0].url is no address: relative URL without a base; \
         use an absolute address, such as https://chat.example/hook",
        "6:5: receivers[0].secert is not known; \
         known keys are name, type, url, url_file, secret, secret_file, language",
        "9:10: receivers[1].url has the scheme \"ftp\"; use http or https",
        "10:13: receivers[1].secret is given, but slack signs nothing; remove it; the url is the secret",
        "11:15: receivers[1].language is \"fr\"; use en or zh",
        "12:11: receivers[2].name is \"two\", which another receiver has; give each receiver a name of its own",
        "13:11: receivers[2].type \"teams\" is not supported yet; use slack, dingtalk, feishu or webhook",
        "15:15: receivers[2].url and receivers[2].url_file are both given; keep one of them",
        "16:5: receivers[3].name is missing; use 1 to 64 letters, digits, `.`, `-` or `_`",
        "16:5: receivers[3].url is missing; use an absolute address, such as https://chat.example/hook",
        "18:16: routes[0].severity is \"critical\"; use page or ticket",
        "18:38: routes[0].receivers[0] is \"nobody\", which no receiver is called; \
         correct the name, or add the receiver",
        "19:5: routes[1].receivers is missing; name the receivers of the route",
    ];
    assert_eq!(found, expected);
    assert!(found.iter().all(|mistake| !mistake.contains("hidden")), "no secret is told");
}

#[test]
fn what_is_no_yaml_or_of_another_shape_is_told_at_its_line() {
    let table = [
        ("receivers: [", "this is no YAML"),
        ("receivers: []\nreceivers: []\n", "this is no YAML"),
        ("receivers: 5\n", "receivers is no list with items"),
        ("receivers: [5]\n", "receivers[0] is no mapping"),
        ("- a\n", "the document is no mapping"),
        ("reciever: []\n", "reciever is not known; known keys are rules, receivers, routes"),
        ("receivers: [{name: 5, type: [], url: , 7: x}]\n", "receivers[0].name is no text; put it in quotes"),
    ];
    for (text, expected) in table {
        assert!(mistakes(text).iter().any(|mistake| mistake.contains(expected)), "{text}: {:?}", mistakes(text));
    }
    assert!(mistakes("a: &a [x, x]\nreceivers: [{url: *b}]\n")[0].starts_with("2:"));
}

#[test]
fn a_file_that_cannot_be_read_is_a_mistake() {
    let one = |file| format!("receivers: [{{name: a, type: feishu, url: 'https://x.example', secret_file: {file}}}]");
    assert!(mistakes(&one("gone.txt"))[0].contains("receivers[0].secret_file: cannot read \"gone.txt\""));
    assert!(mistakes(&one("empty.txt"))[0].contains("\"empty.txt\" is empty"));
    assert!(read(&one("secret.txt")).is_ok());
}

#[test]
fn a_file_without_receivers_has_none() {
    assert_eq!(read(""), Ok(Settings::default()));
    assert_eq!(read("silences: []\n---\n"), Ok(Settings::default()));
}

#[test]
fn files_are_found_beside_the_rule_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("secret.txt"), "hush").expect("written");
    let files = files_beside(folder.path());
    assert_eq!(files(Path::new("secret.txt")).expect("read"), "hush");
    assert!(files(Path::new("gone.txt")).is_err());
}

#[test]
fn secrets_are_not_printed() {
    let settings = read("receivers: [{name: a, type: feishu, url: 'https://x.example/hook/hidden', secret: hidden}]");
    let shown = format!("{:?}", settings.expect("no mistakes"));
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn rules_are_read_with_their_delays() {
    let settings = read(
        "
rules:
  - {name: promises, type: burn, slos: [checkout], keep_firing_for: 2m, repeat_interval: 0s}
  - {name: odd, type: baseline, services: [cart], signals: [error_ratio], severity: page, for: 30s}
",
    );
    let rules = settings.expect("no mistakes").rules;
    assert_eq!(rules[0].kind, RuleKind::Burn { slos: vec!["checkout".to_owned()] });
    assert_eq!(rules[0].timing.keep_firing_for.as_secs(), 120);
    assert_eq!(rules[0].timing.repeat_interval, None);
    let (services, signals) = (vec!["cart".to_owned()], vec!["error_ratio".to_owned()]);
    assert_eq!(rules[1].kind, RuleKind::Baseline { services, signals, severity: Severity::Page });
    assert_eq!(
        (rules[1].timing.pending_for.as_secs(), rules[1].timing.repeat_interval),
        (30, Timing::default().repeat_interval)
    );
}

#[test]
fn every_mistake_of_a_rule_is_told() {
    let found = mistakes(
        "rules:
  - name: a
    type: burns
  - name: a
    type: burn
    severity: page
    for: soon
  - type: baseline
    signals: [errors]
    slos: [x]
",
    );
    assert_eq!(
        found,
        [
            "3:11: rules[0].type is \"burns\"; use burn, baseline or series",
            "4:11: rules[1].name is \"a\", which another rule has; give each rule a name of its own",
            "6:15: rules[1].severity is given, but a rule of type burn has none; remove it",
            "7:10: rules[1].for is \"soon\"; use a number and s, m, h or d, such as 5m; 0s for none",
            "8:5: rules[2].name is missing; give the rule a name",
            "9:15: rules[2].signals[0] is \"errors\"; use one of requests, error_ratio, latency_p50, latency_p95, \
             latency_p99, saturation",
            "10:11: rules[2].slos is given, but a rule of type baseline has none; remove it",
        ]
    );
}
