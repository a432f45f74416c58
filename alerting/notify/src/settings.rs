//! Rules, receivers and routes, as people write them in a rule file.
//!
//! ```yaml
//! rules:
//!   - name: slo-burn
//!     type: burn
//!     keep_firing_for: 2m
//! receivers:
//!   - name: on-call
//!     type: dingtalk
//!     url_file: dingtalk.url
//!     secret_file: dingtalk.secret
//!     language: zh
//! routes:
//!   - severity: page
//!     receivers: [on-call]
//! ```
//!
//! Every mistake of a file is told at once, each with its line and a remedy. The pages are
//! `docs/formats/rules.md` and `docs/formats/receivers.md`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use alerting_rules::{Alert, Severity, Timing};
use url::Url;

use crate::message::Language;
use crate::mistake::Mistake;
use crate::secret::Secret;

mod receivers;
mod routes;
mod rules;
mod yaml;

/// The keys of a document that are read here.
const OWN_KEYS: [&str; 3] = ["rules", "receivers", "routes"];

/// What a file says about alerts and notifications.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// The receivers, in the order of the file.
    pub receivers: Vec<ReceiverSettings>,
    /// The routes, in the order of the file.
    pub routes: Vec<Route>,
}

/// What alerts are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name; Alertmanager's `alertname`.
    pub name: String,
    /// What it looks at.
    pub kind: RuleKind,
    /// How long it waits before it says something.
    pub timing: Timing,
}

/// What a rule looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKind {
    /// Error budgets that burn too fast: the pairs of windows of the SRE Workbook, chapter 5.
    Burn {
        /// The SLOs, by `metadata.name`; all where there is none.
        slos: Vec<String>,
    },
    /// Golden signals that left their band.
    Baseline {
        /// The services; all where there is none.
        services: Vec<String>,
        /// The signals; those of [`RuleKind::ALERTING_SIGNALS`] where there is none.
        signals: Vec<String>,
        /// How soon a human has to act.
        severity: Severity,
    },
    /// Watched series that went farther than ever before.
    Series {
        /// The queries they come from, by name; all of the file of watched series where there is none.
        series: Vec<String>,
        /// The services; all where there is none.
        services: Vec<String>,
        /// How soon a human has to act.
        severity: Severity,
    },
}

/// One receiver. Its `Debug` form shows neither address nor secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiverSettings {
    /// Its name: 1 to 64 of letters, digits, `.`, `-` and `_`.
    pub name: String,
    /// Whose format it takes.
    pub kind: ReceiverKind,
    /// Where to; `http` or `https`. For chat services the address is a secret: it is never logged.
    pub url: Url,
    /// What requests are signed with. `None`: they are not signed.
    pub secret: Option<Secret>,
    /// The language of its messages. Default English.
    pub language: Language,
}

/// Whose format a receiver takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiverKind {
    /// A DingTalk custom robot.
    Dingtalk,
    /// A Feishu or Lark custom bot.
    Feishu,
    /// A Slack incoming webhook.
    Slack,
    /// Anything that reads Alertmanager's webhook JSON.
    Webhook,
}

/// Which alerts go where. The first route that matches decides, as in Alertmanager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Only alerts of this severity.
    pub severity: Option<Severity>,
    /// Only alerts of this service.
    pub service: Option<String>,
    /// The names of the receivers.
    pub receivers: Vec<String>,
}

/// A file to read settings from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its name, for mistakes.
    pub file: &'a str,
    /// What is in it.
    pub text: &'a str,
    /// Keys of its documents that somebody else reads; every other one is a mistake.
    pub other_keys: &'a [&'a str],
}

// === impl Settings ===

impl Settings {
    /// Reads a file of one or several YAML documents. `read_file` reads what `secret_file` and
    /// `url_file` name; see [`files_beside`].
    ///
    /// # Errors
    ///
    /// Every mistake of the file, in the order of its lines.
    pub fn read(source: &Source<'_>, read_file: &dyn Fn(&Path) -> io::Result<String>) -> Result<Self, Vec<Mistake>> {
        let mut reader = yaml::Reader::new(source.file);
        let mut settings = Self::default();
        let known: Vec<&str> = OWN_KEYS.iter().chain(source.other_keys).copied().collect();
        let documents = reader.documents(source.text);
        let mut places = receivers::Places::default();
        let mut named = Vec::new();
        for document in documents.iter().filter(|document| !yaml::is_empty(document)) {
            let Some(fields) = reader.fields(document, "", &known) else { continue };
            if let Some(node) = fields.get("rules") {
                rules::read(&mut reader, node, &mut settings.rules);
            }
            if let Some(node) = fields.get("receivers") {
                receivers::read(&mut reader, node, read_file, &mut places, &mut settings.receivers);
            }
            if let Some(node) = fields.get("routes") {
                named.extend(routes::read(&mut reader, node, &mut settings.routes));
            }
        }
        routes::check_names(&mut reader, &named, &places);
        reader.finish(settings)
    }

    /// The receivers of an alert: those of the first route that matches, or all of them if none
    /// does, so that no page is lost to a forgotten route.
    #[must_use]
    pub fn receivers_for(&self, alert: &Alert) -> Vec<&str> {
        match self.routes.iter().find(|route| route.matches(alert)) {
            Some(route) => route.receivers.iter().map(String::as_str).collect(),
            None => self.receivers.iter().map(|receiver| receiver.name.as_str()).collect(),
        }
    }
}

// === impl Rule ===

impl Rule {
    /// The rules that hold where no file has any: every SLO, every service, and every series of the file of watched series.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let burn = RuleKind::Burn { slos: Vec::new() };
        let baseline = RuleKind::Baseline { services: Vec::new(), signals: Vec::new(), severity: Severity::Ticket };
        let rule = |name: &str, kind| Self { name: name.to_owned(), kind, timing: Timing::default() };
        let series = RuleKind::Series { series: Vec::new(), services: Vec::new(), severity: Severity::Ticket };
        vec![rule("slo-burn", burn), rule("baseline", baseline), rule("series", series)]
    }
}

// === impl RuleKind ===

impl RuleKind {
    /// The signals a baseline rule looks at unless it says otherwise. One quantile of the latency is enough to tell
    /// of it; the others would only say the same again.
    pub const ALERTING_SIGNALS: [&str; 4] = ["requests", "error_ratio", "latency_p95", "saturation"];
}

// === impl ReceiverSettings ===

impl fmt::Debug for ReceiverSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ReceiverSettings")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// Reads files by a path relative to `folder`, or an absolute one.
pub fn files_beside(folder: impl Into<PathBuf>) -> impl Fn(&Path) -> io::Result<String> {
    let folder = folder.into();
    move |path| std::fs::read_to_string(folder.join(path))
}

// === impl Route ===

impl Route {
    fn matches(&self, alert: &Alert) -> bool {
        self.severity.is_none_or(|severity| severity == alert.severity)
            && self.service.as_ref().is_none_or(|service| *service == alert.proof.service)
    }
}

#[cfg(test)]
mod tests;
