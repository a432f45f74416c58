//! What a notification says, before any receiver's format.
//!
//! A title, facts with a label each, and a link. Texts are on one line, and names in them are cut,
//! and escaped as the receiver says; words of ours are left as they are.

use std::time::Duration;

use alerting_rules::{Band, Burn, Figures, Notification, Proof, Severity};
use url::Url;

use crate::escape::{self, Escape};

mod amounts;
mod words;

pub use words::Language;

/// Causes that a message names at most; more are behind the link.
const MAX_CAUSES: usize = 5;

/// How many characters a name may have, at first and where a message has to become shorter.
const NAME_LIMITS: [usize; 4] = [200, 80, 30, 10];

/// A message in a language.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) title: String,
    pub(crate) tone: Tone,
    pub(crate) facts: Vec<Fact>,
    pub(crate) link: Option<Link>,
}

/// How a message looks where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Page,
    Ticket,
    Resolved,
}

/// A labelled fact; several lines where it is a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) lines: Vec<String>,
}

/// Where to look.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Link {
    pub(crate) label: &'static str,
    pub(crate) url: String,
}

/// The message in the form `render` gives it, with names as long as fit into `limit` bytes.
pub(crate) fn fitting(
    notification: &Notification,
    language: Language,
    limit: usize,
    escape: Escape,
    render: impl Fn(&Message) -> String,
) -> String {
    let mut rendered = String::new();
    for name_limit in NAME_LIMITS {
        rendered = render(&Message::new(notification, language, name_limit, escape));
        if rendered.len() <= limit {
            break;
        }
    }
    rendered
}

// === impl Message ===

impl Message {
    /// The message with names of at most `name_limit` characters before they are escaped.
    pub(crate) fn new(notification: &Notification, language: Language, name_limit: usize, escape: Escape) -> Self {
        let writer = Writer { notification, language, name_limit, escape };
        Self { title: writer.title(), tone: writer.tone(), facts: writer.facts(), link: writer.link() }
    }

    /// The facts as plain text, one line for each line.
    pub(crate) fn plain(&self) -> String {
        let mut text = String::new();
        for fact in &self.facts {
            text.push_str(&format!("{}: {}\n", fact.label, fact.lines.join("; ")));
        }
        text.trim_end().to_owned()
    }
}

/// Writes the parts of one message.
struct Writer<'a> {
    notification: &'a Notification,
    language: Language,
    name_limit: usize,
    escape: Escape,
}

// === impl Writer ===

impl Writer<'_> {
    fn proof(&self) -> &Proof {
        &self.notification.alert.proof
    }

    fn name(&self, name: &str) -> String {
        escape::name(name, self.name_limit, self.escape)
    }

    fn tone(&self) -> Tone {
        match self.notification.alert.severity {
            _ if self.notification.is_resolved() => Tone::Resolved,
            Severity::Page => Tone::Page,
            Severity::Ticket => Tone::Ticket,
        }
    }

    fn title(&self) -> String {
        let proof = self.proof();
        let head = self.language.head(self.notification);
        let what = self.language.what(&self.name(&proof.subject), &proof.figures, self.notification.is_resolved());
        self.language.title(head, &self.name(&proof.service), &what)
    }

    fn facts(&self) -> Vec<Fact> {
        let resolved = self.notification.is_resolved();
        let labels = self.language.labels();
        let mut facts = vec![Fact::new(labels.service, self.name(&self.proof().service))];
        match &self.proof().figures {
            Figures::Burn(burn) => self.burn(burn, &mut facts),
            Figures::Band(band) => self.band(band, &mut facts),
        }
        self.budget(resolved, &mut facts);
        self.times(&mut facts);
        if !resolved {
            self.examples(&mut facts);
        }
        facts
    }

    fn burn(&self, burn: &Burn, facts: &mut Vec<Fact>) {
        facts.push(Fact::new(self.language.labels().burn_rate, self.language.burn(burn)));
    }

    fn band(&self, band: &Band, facts: &mut Vec<Fact>) {
        let unit = self.name(&band.unit);
        facts.push(Fact::new(self.language.labels().value, self.language.band(band, &unit)));
    }

    fn budget(&self, resolved: bool, facts: &mut Vec<Fact>) {
        let labels = self.language.labels();
        let Some(remaining) = self.proof().budget_remaining else { return };
        facts.push(Fact::new(labels.budget_left, amounts::percent(remaining)));
        if resolved {
            return;
        }
        if remaining <= 0.0 {
            facts.push(Fact::new(labels.exhausted_in, labels.exhausted.to_owned()));
        } else if let Some(left) = self.proof().exhausted_in {
            facts.push(Fact::new(labels.exhausted_in, self.language.duration(left)));
        }
    }

    fn times(&self, facts: &mut Vec<Fact>) {
        let (alert, labels) = (&self.notification.alert, self.language.labels());
        facts.push(Fact::new(labels.started, amounts::time(alert.started_at)));
        if let Some(resolved_at) = alert.resolved_at {
            let lasted = u64::try_from(resolved_at.since(alert.started_at)).unwrap_or_default();
            facts.push(Fact::new(labels.resolved, amounts::time(resolved_at)));
            facts.push(Fact::new(labels.lasted, self.language.duration(Duration::from_nanos(lasted))));
        }
    }

    /// What explains the alert: causes, then traces to open.
    fn examples(&self, facts: &mut Vec<Fact>) {
        let (proof, labels) = (self.proof(), self.language.labels());
        let cause = |cause: &alerting_rules::Cause| {
            self.language.cause(&self.name(&cause.key), &self.name(&cause.value), cause.lift)
        };
        let causes: Vec<String> = proof.causes.iter().take(MAX_CAUSES).map(cause).collect();
        let traces = proof.trace_ids.iter().take(alerting_rules::MAX_TRACE_IDS);
        let traces: Vec<String> = traces.map(ToString::to_string).collect();
        let lists = [(labels.causes, causes), (labels.traces, traces)];
        let listed = lists.into_iter().filter(|(_, lines)| !lines.is_empty());
        facts.extend(listed.map(|(label, lines)| Fact { label, lines }));
    }

    /// The link, if it is an absolute one. What could end a link in a format is percent-encoded.
    fn link(&self) -> Option<Link> {
        let url = Url::parse(&self.proof().link).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let mut text = String::new();
        for character in url.as_str().chars() {
            match character {
                '|' => text.push_str("%7C"),
                '(' => text.push_str("%28"),
                ')' => text.push_str("%29"),
                '<' => text.push_str("%3C"),
                '>' => text.push_str("%3E"),
                other => text.push(other),
            }
        }
        (text.len() <= MAX_LINK_BYTES).then(|| Link { label: self.language.labels().open, url: text })
    }
}

/// A longer link is left out rather than cut: half a link leads nowhere.
const MAX_LINK_BYTES: usize = 2_000;

// === impl Fact ===

impl Fact {
    fn new(label: &'static str, line: String) -> Self {
        Self { label, lines: vec![line] }
    }
}
