//! What is counted of forecasts.

/// What was answered, in hours.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// Earliest, expected and latest time; none is not within the horizon.
    Given(Option<f64>, Option<f64>, Option<f64>),
    /// No forecast.
    None,
}

/// A forecast and what came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// Hours until the limit was reached, within the horizon.
    pub(crate) truth: Option<f64>,
    pub(crate) ours: Answer,
    /// What two straight lines said.
    pub(crate) floors: [Option<f64>; 2],
}

/// Forecasts of one kind.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    cases: Vec<Case>,
}

// === impl Tally ===

impl Tally {
    /// Two lines of a table.
    pub(crate) const HEAD: &str = "| kind | forecasts: fills, does not | median error: ours, day, week | missed: ours, day, week | covered | width | false alarms: ours, day, week |\n|---|---|---|---|---|---|---|";

    pub(crate) fn add(&mut self, case: &Case) {
        self.cases.push(*case);
    }

    pub(crate) fn cases(&self) -> usize {
        self.cases.len()
    }

    /// A line of the table.
    pub(crate) fn row(&self, name: &str) -> String {
        let fills: Vec<&Case> = self.cases.iter().filter(|case| case.truth.is_some()).collect();
        let others: Vec<&Case> = self.cases.iter().filter(|case| case.truth.is_none()).collect();
        let methods: [fn(&Case) -> Option<f64>; 3] = [Case::expected, |case| case.floors[0], |case| case.floors[1]];
        let errors = methods.map(|method| percent(median(fills.iter().map(|case| case.error(method(case))).collect())));
        let missed = methods.map(|method| share(&fills, |case| method(case).is_none()));
        let alarms = methods.map(|method| share(&others, |case| method(case).is_some()));
        let given: Vec<&Case> = self.cases.iter().filter(|case| matches!(case.ours, Answer::Given(..))).collect();
        let covered = share(&given, |case| case.covered());
        let width = percent(median(fills.iter().filter_map(|case| case.width()).collect()));
        format!(
            "| {name} | {}, {} | {} | {} | {covered} of {} | {width} | {} |",
            fills.len(),
            others.len(),
            errors.join(", "),
            missed.join(", "),
            given.len(),
            alarms.join(", ")
        )
    }
}

// === impl Case ===

impl Case {
    fn expected(&self) -> Option<f64> {
        match self.ours {
            Answer::Given(_, expected, _) => expected,
            Answer::None => None,
        }
    }

    /// The error of a time as a share of the true one; a miss counts as all of it.
    fn error(&self, time: Option<f64>) -> f64 {
        self.truth.zip(time).map_or(1.0, |(truth, time)| (time - truth).abs() / truth)
    }

    fn covered(&self) -> bool {
        let Answer::Given(earliest, _, latest) = self.ours else { return false };
        let truth = self.truth.unwrap_or(f64::INFINITY);
        earliest.unwrap_or(f64::INFINITY) <= truth && truth <= latest.unwrap_or(f64::INFINITY)
    }

    /// From the earliest to the latest time, as a share of the true one; the latest no later than the horizon.
    fn width(&self) -> Option<f64> {
        let Answer::Given(Some(earliest), _, latest) = self.ours else { return None };
        Some((latest.unwrap_or(crate::HORIZON) - earliest) / self.truth?)
    }
}

fn share(cases: &[&Case], holds: impl Fn(&Case) -> bool) -> String {
    let count = cases.iter().filter(|case| holds(case)).count();
    if cases.is_empty() { "-".to_owned() } else { format!("{:.0} %", 100.0 * count as f64 / cases.len() as f64) }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", 100.0 * share))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
