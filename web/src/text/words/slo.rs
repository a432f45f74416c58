//! What every language must say about SLOs: budgets, groups, corrections, who spent them.

/// SLOs.
#[derive(Debug)]
pub(crate) struct SloWords {
    /// An SLO.
    pub(crate) slo: &'static str,
    /// How it does, in a word.
    pub(crate) state: &'static str,
    /// The words for how it does, in the order of `STATES`.
    pub(crate) states: [&'static str; 5],
    /// There is too little to tell.
    pub(crate) unknown: &'static str,
    /// The target.
    pub(crate) target: &'static str,
    /// The share of the error budget that is left.
    pub(crate) budget_left: &'static str,
    /// The burn rate.
    pub(crate) burn: &'static str,
    /// When the budget is spent.
    pub(crate) exhausted_in: &'static str,
    /// It is spent.
    pub(crate) exhausted: &'static str,
    /// It will not be at this rate.
    pub(crate) never: &'static str,
    /// No SLO yet.
    pub(crate) none: &'static str,
    /// How to make one.
    pub(crate) how: &'static str,
    /// Documents have mistakes.
    pub(crate) mistakes: &'static str,
    /// Good and total over the period.
    pub(crate) events: fn(&str, &str, &str) -> String,
    /// The windows.
    pub(crate) windows: &'static str,
    /// What a pair does when it breaches.
    pub(crate) severity: &'static str,
    /// The long window.
    pub(crate) long: &'static str,
    /// The short window.
    pub(crate) short: &'static str,
    /// The factor.
    pub(crate) factor: &'static str,
    /// Both windows are above the factor.
    pub(crate) breaches: &'static str,
    /// Events a minute.
    pub(crate) total: &'static str,
    /// The share of bad events.
    pub(crate) bad_share: &'static str,
    /// Counting has not reached the start of the period yet.
    pub(crate) counting: &'static str,
    /// Leads to the service.
    pub(crate) service: &'static str,
    /// Where the document stands.
    pub(crate) document: &'static str,
    /// The same of slices of time.
    pub(crate) slices: fn(&str, &str, &str) -> String,
    /// The share of the budget that the long window took.
    pub(crate) took: &'static str,
    /// What that says; the text is what it would be had the whole period its traffic.
    pub(crate) took_help: fn(&str) -> String,
    /// Both windows are above the factor and nobody is told: the windows, and why.
    pub(crate) doubt: fn(&str, &str, &str) -> String,
    /// Nothing is measured, in a word.
    pub(crate) frozen: &'static str,
    /// What that means.
    pub(crate) frozen_help: &'static str,
    /// When the budget will be spent.
    pub(crate) forecast: fn(&ForecastText) -> String,
    /// What in the documents has no effect.
    pub(crate) notes: &'static str,
    /// How much an objective burns the budget of a composite.
    pub(crate) weight: fn(&str) -> String,
    /// The one budget of so many objectives.
    pub(crate) composite: fn(&str) -> String,
    /// What that means; the text is the highest burn rate there can be.
    pub(crate) composite_help: fn(&str) -> String,
    /// Events of groups beyond those that are told apart.
    pub(crate) left_out: fn(&str) -> String,
    /// A length of time by its count and unit: `m`, `h`, `d`, `w`, `M`, `Q` or `Y`.
    pub(crate) length: fn(u32, char) -> String,
    /// Each such length, one after the other.
    pub(crate) every: fn(u32, char) -> String,
    /// A period that ends now.
    pub(crate) rolling: fn(&str) -> String,
    /// A period of the calendar.
    pub(crate) calendar: fn(&CalendarText) -> String,
    /// A budget of events.
    pub(crate) occurrences: &'static str,
    /// A budget of slices, good or bad as a whole: how long, and the share that has to be good.
    pub(crate) timeslices: fn(&str, &str) -> String,
    /// A budget of slices by their shares: how long.
    pub(crate) ratio_timeslices: fn(&str) -> String,
}

/// The groups of an objective.
#[derive(Debug)]
pub(crate) struct GroupWords {
    /// Groups.
    pub(crate) title: &'static str,
    /// What a group is here.
    pub(crate) lead: &'static str,
    /// A group.
    pub(crate) group: &'static str,
    /// How many there are, and the worst.
    pub(crate) some: fn(&str, &str) -> String,
    /// Back to all of them.
    pub(crate) all: &'static str,
    /// How many of how many are listed.
    pub(crate) shown: fn(&str, &str) -> String,
    /// The group of the address is not listed.
    pub(crate) missing: fn(&str) -> String,
    /// What is not told by group.
    pub(crate) rest: &'static str,
    /// Events, and bad ones.
    pub(crate) events: &'static str,
}

/// Times that are not judged as they were counted.
#[derive(Debug)]
pub(crate) struct CorrectionWords {
    /// Corrections.
    pub(crate) title: &'static str,
    /// A correction.
    pub(crate) correction: &'static str,
    /// What it does.
    pub(crate) effect: &'static str,
    /// `good`, `excluded`.
    pub(crate) effects: [&'static str; 2],
    /// When it holds.
    pub(crate) when: &'static str,
    /// Again and again: every length, from when, for how long.
    pub(crate) repeats: fn(&str, &str, &str) -> String,
    /// Until when.
    pub(crate) until: &'static str,
    /// Who put it.
    pub(crate) by: &'static str,
}

/// Who spent a budget.
#[derive(Debug)]
pub(crate) struct SpenderWords {
    /// The title.
    pub(crate) title: &'static str,
    /// The choice of the range.
    pub(crate) choice: &'static str,
    /// Of the range of the page.
    pub(crate) range: &'static str,
    /// Of the whole period.
    pub(crate) period: &'static str,
    /// How many bad events there are.
    pub(crate) lead: fn(&SpentText) -> String,
    /// There is none: from, to.
    pub(crate) none: fn(&str, &str) -> String,
    /// Bad events.
    pub(crate) bad: &'static str,
    /// Their share.
    pub(crate) share: &'static str,
    /// What that says.
    pub(crate) share_help: &'static str,
    /// The share of the good events.
    pub(crate) of_good: &'static str,
    /// What that says.
    pub(crate) of_good_help: &'static str,
    /// The share of the budget.
    pub(crate) budget: &'static str,
    /// How many values of an attribute are listed, of how many.
    pub(crate) values: fn(&str, &str) -> String,
    /// Lists every attribute; how many there are.
    pub(crate) more: fn(&str) -> String,
    /// Lists the first ones.
    pub(crate) fewer: &'static str,
}

/// When a budget will be spent, each as text; `None` where it lasts for the period.
#[derive(Debug)]
pub(crate) struct ForecastText {
    /// At the worst.
    pub(crate) earliest: Option<String>,
    /// If things go on as they did.
    pub(crate) expected: Option<String>,
    /// At the best.
    pub(crate) latest: Option<String>,
}

/// A period of the calendar, each as text.
#[derive(Debug)]
pub(crate) struct CalendarText {
    /// Every such length.
    pub(crate) every: String,
    /// Since when, with the zone.
    pub(crate) since: String,
    /// How long the present one is.
    pub(crate) present: String,
}

/// What was spent in a range, each as text.
#[derive(Debug)]
pub(crate) struct SpentText {
    /// Bad events.
    pub(crate) bad: String,
    /// Start of the range.
    pub(crate) from: String,
    /// End of the range.
    pub(crate) to: String,
    /// The share of the period's budget; `None` where that is unknown.
    pub(crate) budget: Option<String>,
}
