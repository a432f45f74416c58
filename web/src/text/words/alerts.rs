//! What every language must say about alerts, causes, bands and the messages of the demo.

/// Alerts.
#[derive(Debug)]
pub(crate) struct AlertWords {
    /// Those that are pending or firing.
    pub(crate) open: &'static str,
    /// There has been none.
    pub(crate) none: &'static str,
    /// What makes one.
    pub(crate) how: &'static str,
    /// Rule files have mistakes.
    pub(crate) mistakes: &'static str,
    /// The state.
    pub(crate) state: &'static str,
    /// `pending`, `firing`, `resolved`, `inactive`.
    pub(crate) states: [&'static str; 4],
    /// How urgent it is.
    pub(crate) severity: &'static str,
    /// `page`, `ticket`.
    pub(crate) severities: [&'static str; 2],
    /// What it is about.
    pub(crate) subject: &'static str,
    /// `requests`, `error_ratio`, `latency_p50`, `latency_p95`, `latency_p99`, `saturation`.
    pub(crate) signals: [&'static str; 6],
    /// A signal of a service.
    pub(crate) of: fn(&str, &str) -> String,
    /// What was compared.
    pub(crate) figures: &'static str,
    /// When it began.
    pub(crate) since: &'static str,
    /// When it ended.
    pub(crate) until: &'static str,
    /// How long it lasted.
    pub(crate) lasted: &'static str,
    /// The rule.
    pub(crate) rule: &'static str,
    /// The figures of a burn rate in a phrase.
    pub(crate) burn: fn(&BurnText) -> String,
    /// The figures of a band in a phrase.
    pub(crate) band: fn(&BandText) -> String,
    /// What fires and why, of a burn rate; the first text is the subject.
    pub(crate) burn_sentence: fn(&str, &BurnText) -> String,
    /// What fires and why, of a band; the first text is the subject.
    pub(crate) band_sentence: fn(&str, &BandText) -> String,
    /// Without figures; the text is the subject.
    pub(crate) bare_sentence: fn(&str) -> String,
    /// Value and threshold.
    pub(crate) compared: &'static str,
    /// The burn rate over a window.
    pub(crate) over: fn(&str) -> String,
    /// The threshold.
    pub(crate) threshold: &'static str,
    /// The value.
    pub(crate) value: &'static str,
    /// The value expected.
    pub(crate) expected: &'static str,
    /// The range that is normal.
    pub(crate) normal: &'static str,
    /// No budget belongs to it.
    pub(crate) no_budget: &'static str,
    /// Its changes.
    pub(crate) history: &'static str,
    /// When.
    pub(crate) at: &'static str,
    /// Why.
    pub(crate) reason: &'static str,
    /// `started`, `held`, `ceased`, `data_missing`, `severity_raised`, `cleared`, `retired`.
    pub(crate) reasons: [&'static str; 7],
    /// Traces that show it.
    pub(crate) exemplars: &'static str,
    /// What a click on one leads to.
    pub(crate) exemplars_lead: &'static str,
    /// Who is told.
    pub(crate) deliveries: &'static str,
    /// Nobody is.
    pub(crate) no_deliveries: &'static str,
    /// The receiver.
    pub(crate) receiver: &'static str,
    /// Why it is sent: `firing`, `repeat`, `severity_raised`, `resolved`.
    pub(crate) occasions: [&'static str; 4],
    /// `waiting`, `delivered`, `failed`.
    pub(crate) outcomes: [&'static str; 3],
    /// How often it was tried.
    pub(crate) attempts: &'static str,
    /// When it was tried last.
    pub(crate) attempted: &'static str,
    /// When it is tried next.
    pub(crate) due: &'static str,
    /// What the last answer was.
    pub(crate) answer: &'static str,
    /// Other episodes.
    pub(crate) episodes: &'static str,
    /// Leads to the SLO.
    pub(crate) to_slo: &'static str,
    /// Leads to the service.
    pub(crate) to_service: &'static str,
    /// Leads to the traces of the range.
    pub(crate) to_traces: &'static str,
}

/// What differs.
#[derive(Debug)]
pub(crate) struct CauseWords {
    /// The title.
    pub(crate) title: &'static str,
    /// What was compared with what: events and range of the selection, then of the baseline.
    pub(crate) compared: fn(&ComparedText) -> String,
    /// An attribute.
    pub(crate) attribute: &'static str,
    /// The share of bad events that have it.
    pub(crate) support: &'static str,
    /// What that says.
    pub(crate) support_help: &'static str,
    /// How many times as common it is.
    pub(crate) lift: &'static str,
    /// What that says.
    pub(crate) lift_help: &'static str,
    /// Cohen's h.
    pub(crate) effect: &'static str,
    /// What that says.
    pub(crate) effect_help: &'static str,
    /// Traces.
    pub(crate) traces: &'static str,
    /// No attribute differs.
    pub(crate) no_attributes: &'static str,
    /// The services.
    pub(crate) services: &'static str,
    /// What a service has to do with it.
    pub(crate) role: &'static str,
    /// `origin`, `suffers`, `normal`.
    pub(crate) roles: [&'static str; 3],
    /// How much speaks for it.
    pub(crate) score: &'static str,
    /// What deviates.
    pub(crate) evidence: &'static str,
    /// `self_time`, `own_errors`, `saturation`, `latency`, `errors`.
    pub(crate) signals: [&'static str; 5],
    /// A signal, its value and what it was before.
    pub(crate) instead_of: fn(&str, &str, &str) -> String,
    /// No service deviates.
    pub(crate) no_services: &'static str,
    /// Keys that were not compared.
    pub(crate) left_out: fn(&str) -> String,
    /// Leads to everything that differs.
    pub(crate) everything: &'static str,
    /// Alerts of the SLO.
    pub(crate) alerts: &'static str,
}

/// Bands in charts.
#[derive(Debug)]
pub(crate) struct BandWords {
    /// What the marks of a chart mean.
    pub(crate) legend: &'static str,
    /// What was learned and from what.
    pub(crate) why: fn(&WhyText) -> String,
    /// `trailing`, `hour_of_day`, `hour_of_week`.
    pub(crate) models: [&'static str; 3],
    /// A chart as a table.
    pub(crate) table: &'static str,
    /// A minute.
    pub(crate) minute: &'static str,
    /// The value expected.
    pub(crate) expected: &'static str,
    /// The normal range.
    pub(crate) normal: &'static str,
    /// The minute is breached.
    pub(crate) breached: &'static str,
    /// Only the newest minutes are in the table.
    pub(crate) newest: fn(&str) -> String,
    /// A value and its normal range, for a screen reader.
    pub(crate) said: fn(&str, &str, &str) -> String,
}

/// Messages the demo's receiver caught.
#[derive(Debug)]
pub(crate) struct CatcherWords {
    /// The title.
    pub(crate) title: &'static str,
    /// What this is.
    pub(crate) lead: &'static str,
    /// Nothing came yet.
    pub(crate) none: &'static str,
    /// There is no catcher.
    pub(crate) not_running: &'static str,
    /// Leads to all messages.
    pub(crate) all: &'static str,
    /// The signature is right.
    pub(crate) signed: &'static str,
    /// The signature is missing or wrong.
    pub(crate) unsigned: &'static str,
    /// Follows the link of a message.
    pub(crate) open: &'static str,
}

/// The selection.
#[derive(Debug)]
pub(crate) struct SelectionWords {
    /// Names it.
    pub(crate) selection: &'static str,
    /// Drops it.
    pub(crate) clear: &'static str,
}

/// The figures of a burn rate, each as text.
#[derive(Debug)]
pub(crate) struct BurnText {
    /// The burn rate over the long window.
    pub(crate) long: String,
    /// The long window.
    pub(crate) long_window: String,
    /// The burn rate over the short window.
    pub(crate) short: String,
    /// The short window.
    pub(crate) short_window: String,
    /// The burn rate that both have to exceed.
    pub(crate) factor: String,
    /// Whether both do.
    pub(crate) both: bool,
}

/// The figures of a band, each as text with its unit.
#[derive(Debug)]
pub(crate) struct BandText {
    /// The value.
    pub(crate) value: String,
    /// The value expected.
    pub(crate) expected: String,
    /// The lower end of the band.
    pub(crate) lower: String,
    /// The upper end of the band.
    pub(crate) upper: String,
    /// Whether the value is below (less), within (equal) or above (greater).
    pub(crate) side: std::cmp::Ordering,
}

/// What was compared with what, each as text.
#[derive(Debug)]
pub(crate) struct ComparedText {
    /// Failing or slow events of the selection.
    pub(crate) failing: String,
    /// Start of the selection.
    pub(crate) from: String,
    /// End of the selection.
    pub(crate) to: String,
    /// Events of the baseline.
    pub(crate) baseline: String,
    /// Start of the baseline.
    pub(crate) baseline_from: String,
    /// End of the baseline.
    pub(crate) baseline_to: String,
}

/// What was learned and from what, each as text.
#[derive(Debug)]
pub(crate) struct WhyText {
    /// The signals; empty where the chart shows one.
    pub(crate) signals: String,
    /// How minutes of the past were grouped.
    pub(crate) model: String,
    /// Minutes it was learned from.
    pub(crate) samples: String,
    /// Start of the first.
    pub(crate) from: String,
    /// End of the last.
    pub(crate) to: String,
    /// Which rules made the model.
    pub(crate) version: u32,
}
