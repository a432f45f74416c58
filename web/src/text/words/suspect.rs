//! What every language must say about suspects and gates.

/// Services to blame.
#[derive(Debug)]
pub(crate) struct SuspectWords {
    /// The title.
    pub(crate) title: &'static str,
    /// How much speaks against a service.
    pub(crate) score: &'static str,
    /// What that says.
    pub(crate) score_help: &'static str,
    /// How many traces show it, of how many.
    pub(crate) traces: fn(&str, &str) -> String,
    /// Who called it.
    pub(crate) callers: fn(&str) -> String,
    /// `records`, `calls`, `spans`, `failures`, `slowness`, `silence`, `ways`, `resource`.
    pub(crate) kinds: [&'static str; 8],
    /// The chance of a finding, adjusted.
    pub(crate) chance: fn(&str) -> String,
    /// So many findings more.
    pub(crate) findings: fn(&str) -> String,
    /// The span in which it is seen first.
    pub(crate) first: &'static str,
    /// Traces that show it.
    pub(crate) exemplars: &'static str,
    /// Earlier alerts.
    pub(crate) earlier: &'static str,
    /// What they have in common with now.
    pub(crate) shared: fn(&str) -> String,
    /// What to do.
    pub(crate) runbook: &'static str,
    /// Nobody is much of a suspect; the highest score.
    pub(crate) nobody: fn(&str) -> String,
    /// Nothing speaks against any service.
    pub(crate) none: &'static str,
    /// So many services more, and their highest score.
    pub(crate) others: fn(&str, &str) -> String,
}

/// A version or environment beside its baseline.
#[derive(Debug)]
pub(crate) struct GateWords {
    /// The title.
    pub(crate) title: &'static str,
    /// What it does; of the requests to a service.
    pub(crate) of_service: &'static str,
    /// What it does; of an SLO.
    pub(crate) of_slo: &'static str,
    /// What is compared.
    pub(crate) by: &'static str,
    /// `service.version`, `deployment.environment.name`.
    pub(crate) attributes: [&'static str; 2],
    /// The one that is judged.
    pub(crate) candidate: &'static str,
    /// What it is compared with.
    pub(crate) against: &'static str,
    /// Everything else.
    pub(crate) all: &'static str,
    /// Compares.
    pub(crate) compare: &'static str,
    /// `pass`, `fail`, `unknown`.
    pub(crate) verdicts: [&'static str; 3],
    /// What was asked.
    pub(crate) question: &'static str,
    /// `errors`, `latency`.
    pub(crate) questions: [&'static str; 2],
    /// The verdict.
    pub(crate) verdict: &'static str,
    /// Why.
    pub(crate) why: &'static str,
    /// The chance of so much harm by chance alone.
    pub(crate) chance: &'static str,
    /// What that says.
    pub(crate) chance_help: &'static str,
    /// What both sides did, and when.
    pub(crate) sides: fn(&GateText) -> String,
    /// Why, of errors.
    pub(crate) errors: fn(&HarmText) -> String,
    /// Why, of latency.
    pub(crate) latency: fn(&HarmText) -> String,
    /// There are too few events.
    pub(crate) few: &'static str,
    /// Nobody can tell yet.
    pub(crate) wait: &'static str,
}

/// What both sides of a gate did, each as text.
#[derive(Debug)]
pub(crate) struct GateText {
    /// The candidate.
    pub(crate) candidate: String,
    /// Its bad events.
    pub(crate) candidate_bad: String,
    /// All of its events.
    pub(crate) candidate_total: String,
    /// The baseline; empty for everything else.
    pub(crate) against: String,
    /// Its bad events.
    pub(crate) baseline_bad: String,
    /// All of its events.
    pub(crate) baseline_total: String,
}

/// A harm that was found, in percentage points as text.
#[derive(Debug)]
pub(crate) struct HarmText {
    /// The harm.
    pub(crate) harm: String,
    /// The least it may be.
    pub(crate) lower: String,
    /// The most it may be.
    pub(crate) upper: String,
    /// What is borne.
    pub(crate) bearable: String,
}
