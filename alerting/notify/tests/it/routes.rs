//! Which receivers an alert goes to.

use std::io::{Error, ErrorKind};
use std::path::Path;

use alerting_notify::{Settings, Source};

use crate::samples::{band, burn, fired};

fn settings(routes: &str) -> Settings {
    let receiver = |name| format!("- {{name: {name}, type: slack, url: 'https://{name}.example'}}\n");
    let text = format!("receivers:\n{}{}{routes}", receiver("a"), receiver("b"));
    let no_files = |_: &Path| Err(Error::from(ErrorKind::NotFound));
    Settings::read(&Source { file: "rules.yaml", text: &text, other_keys: &[] }, &no_files).expect("no mistakes")
}

#[test]
fn the_first_route_that_matches_decides() {
    let settings = settings("routes:\n- {severity: page, receivers: [a]}\n- {service: checkout, receivers: [b]}\n");
    assert_eq!(settings.receivers_for(&fired(&burn()).alert), ["a"]);
    assert_eq!(settings.receivers_for(&fired(&band()).alert), ["b"]);
}

#[test]
fn an_alert_that_no_route_matches_goes_to_everybody() {
    let page = fired(&burn()).alert;
    assert_eq!(settings("").receivers_for(&page), ["a", "b"]);
    assert_eq!(settings("routes: [{severity: ticket, receivers: [a]}]\n").receivers_for(&page), ["a", "b"]);
    assert_eq!(
        settings("routes: [{severity: page, service: other, receivers: [a]}]\n").receivers_for(&page),
        ["a", "b"]
    );
}
