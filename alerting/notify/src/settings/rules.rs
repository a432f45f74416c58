//! The list `rules`.

use std::collections::BTreeSet;
use std::time::Duration;

use alerting_rules::{Severity, Timing};
use saphyr::MarkedYaml;

use crate::settings::yaml::{Fields, Reader};
use crate::settings::{Rule, RuleKind};

const KEYS: [&str; 10] =
    ["name", "type", "slos", "services", "signals", "series", "severity", "for", "keep_firing_for", "repeat_interval"];

/// The golden signals a rule can name.
const SIGNALS: [&str; 6] = ["requests", "error_ratio", "latency_p50", "latency_p95", "latency_p99", "saturation"];

/// Keys that a type does not take.
const NOT_OF_BURN: [&str; 4] = ["services", "signals", "series", "severity"];
const NOT_OF_BASELINE: [&str; 2] = ["slos", "series"];
const NOT_OF_SERIES: [&str; 2] = ["slos", "signals"];

/// Reads the list, and adds what is right to `rules`.
pub(super) fn read(reader: &mut Reader<'_>, node: &MarkedYaml<'_>, rules: &mut Vec<Rule>) {
    let mut names = BTreeSet::new();
    for (index, item) in reader.items(node, "rules").iter().enumerate() {
        let path = format!("rules[{index}]");
        let Some(fields) = reader.fields(item, &path, &KEYS) else { continue };
        let mut one = One { reader, item, path, fields };
        let name = one.name(&mut names);
        let kind = one.kind();
        let timing = one.timing();
        if let (Some(name), Some(kind), Some(timing)) = (name, kind, timing) {
            rules.push(Rule { name, kind, timing });
        }
    }
}

/// A rule that is being read. Each method reads one setting; `None` after a mistake.
struct One<'r, 's, 'n> {
    reader: &'r mut Reader<'s>,
    item: &'n MarkedYaml<'n>,
    path: String,
    fields: Fields<'n>,
}

// === impl One ===

impl<'n> One<'_, '_, 'n> {
    fn field(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    fn mistake<T>(&mut self, node: &MarkedYaml<'_>, message: String, remedy: &str) -> Option<T> {
        self.reader.mistake(node, message, remedy);
        None
    }

    /// A text that must be there.
    fn text(&mut self, name: &str, remedy: &str) -> Option<(&'n MarkedYaml<'n>, &'n str)> {
        let path = self.field(name);
        match self.fields.get(name) {
            Some(node) => self.reader.text(node, &path).map(|text| (node, text)),
            None => self.mistake(self.item, format!("{path} is missing"), remedy),
        }
    }

    fn name(&mut self, names: &mut BTreeSet<String>) -> Option<String> {
        let (node, name) = self.text("name", "give the rule a name")?;
        if !names.insert(name.to_owned()) {
            let message = format!("{} is {name:?}, which another rule has", self.field("name"));
            return self.mistake(node, message, "give each rule a name of its own");
        }
        Some(name.to_owned())
    }

    fn kind(&mut self) -> Option<RuleKind> {
        const REMEDY: &str = "use burn, baseline or series";
        let (node, kind) = self.text("type", REMEDY)?;
        match kind {
            "burn" => {
                let fine = self.without(&NOT_OF_BURN, kind);
                let slos = self.names("slos", None);
                fine.and(slos).map(|slos| RuleKind::Burn { slos })
            }
            "baseline" => {
                let fine = self.without(&NOT_OF_BASELINE, kind);
                let (services, signals) = (self.names("services", None), self.names("signals", Some(&SIGNALS)));
                let severity = self.severity();
                fine?;
                Some(RuleKind::Baseline { services: services?, signals: signals?, severity: severity? })
            }
            "series" => {
                let fine = self.without(&NOT_OF_SERIES, kind);
                let (series, services) = (self.names("series", None), self.names("services", None));
                let severity = self.severity();
                fine?;
                Some(RuleKind::Series { series: series?, services: services?, severity: severity? })
            }
            other => self.mistake(node, format!("{} is {other:?}", self.field("type")), REMEDY),
        }
    }

    /// Keys of another type are mistakes.
    fn without(&mut self, keys: &[&str], kind: &str) -> Option<()> {
        let mut fine = Some(());
        for key in keys {
            if let Some(node) = self.fields.get(key) {
                let message = format!("{} is given, but a rule of type {kind} has none", self.field(key));
                fine = self.mistake(node, message, "remove it");
            }
        }
        fine
    }

    /// A list of names; empty where it is left out, which means all.
    fn names(&mut self, name: &str, known: Option<&[&str]>) -> Option<Vec<String>> {
        let Some(node) = self.fields.get(name) else { return Some(Vec::new()) };
        let path = self.field(name);
        let mut names = Some(Vec::new());
        for (index, item) in self.reader.items(node, &path).iter().enumerate() {
            let field = format!("{path}[{index}]");
            match self.reader.text(item, &field) {
                Some(text) if known.is_some_and(|known| !known.contains(&text)) => {
                    let remedy = format!("use one of {}", known.unwrap_or_default().join(", "));
                    names = self.mistake(item, format!("{field} is {text:?}"), &remedy);
                }
                Some(text) => names.iter_mut().for_each(|names| names.push(text.to_owned())),
                None => names = None,
            }
        }
        names
    }

    fn severity(&mut self) -> Option<Severity> {
        let Some(node) = self.fields.get("severity") else { return Some(Severity::Ticket) };
        let field = self.field("severity");
        match self.reader.text(node, &field)? {
            "page" => Some(Severity::Page),
            "ticket" => Some(Severity::Ticket),
            other => self.mistake(node, format!("{field} is {other:?}"), "use page or ticket"),
        }
    }

    fn timing(&mut self) -> Option<Timing> {
        let default = Timing::default();
        let pending_for = self.duration("for", default.pending_for);
        let keep_firing_for = self.duration("keep_firing_for", default.keep_firing_for);
        let repeat = self.duration("repeat_interval", default.repeat_interval.unwrap_or_default());
        let repeat_interval = repeat.map(|repeat| (!repeat.is_zero()).then_some(repeat));
        Some(Timing { pending_for: pending_for?, keep_firing_for: keep_firing_for?, repeat_interval: repeat_interval? })
    }

    fn duration(&mut self, name: &str, default: Duration) -> Option<Duration> {
        let Some(node) = self.fields.get(name) else { return Some(default) };
        let field = self.field(name);
        let text = self.reader.text(node, &field)?;
        match parse(text) {
            Some(duration) => Some(duration),
            None => self.mistake(
                node,
                format!("{field} is {text:?}"),
                "use a number and s, m, h or d, such as 5m; 0s for none",
            ),
        }
    }
}

/// A duration as Prometheus writes those of one unit: `30s`, `5m`, `4h`, `1d`. At most a year.
fn parse(text: &str) -> Option<Duration> {
    const YEAR_S: u64 = 365 * 86_400;
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    number.checked_mul(seconds).filter(|seconds| *seconds <= YEAR_S).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        let seconds = |text| parse(text).map(|duration| duration.as_secs());
        assert_eq!(["30s", "5m", "4h", "1d", "0s"].map(seconds), [30, 300, 14_400, 86_400, 0].map(Some));
        assert_eq!(["", "5", "m", "-5m", "5 m", "1.5h", "366d", "99999999999999999999d", "5é"].map(seconds), [None; 9]);
    }
}
