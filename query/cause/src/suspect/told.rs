//! What was found of a service, in words and with its traces.

use std::collections::{BTreeMap, BTreeSet};

use super::blame::{Blamed, callers};
use super::change::Scope;
use super::visit::{Names, Sign, Visit, Visits};
use super::{Finding, FindingKind, FirstFailing, Impact, LISTED, Suspect};

/// Traces that a suspect names at most.
const TRACES: usize = 5;

/// Findings this much weaker than the first one count for the traces too.
const ALSO: f64 = 0.5;

/// Characters of a record that are quoted.
const QUOTED: usize = 160;

/// The suspects that visits speak against, by service.
pub(super) fn told<'a>(names: &Names<'a>, during: &Visits, blamed: Vec<Blamed>) -> Vec<(&'a str, Suspect)> {
    let mut of_service: BTreeMap<u32, Vec<Blamed>> = BTreeMap::new();
    for one in blamed {
        of_service.entry(one.service).or_default().push(one);
    }
    let suspect = |(service, found): (u32, Vec<Blamed>)| {
        let name = names.text(service);
        (name, told_of(name, names, during, &most_telling(found)))
    };
    of_service.into_iter().map(suspect).collect()
}

/// The strongest findings; of a sign only in its strongest scope, however many times it was asked for.
fn most_telling(mut found: Vec<Blamed>) -> Vec<Blamed> {
    found.sort_by(|left, right| {
        let order = right.score.total_cmp(&left.score).then(right.change.strength().total_cmp(&left.change.strength()));
        order.then((left.change.scope, left.change.sign).cmp(&(right.change.scope, right.change.sign)))
    });
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert((one.change.scope.service(), one.change.sign.without_times())));
    found.truncate(LISTED);
    found
}

fn told_of(service: &str, names: &Names<'_>, during: &Visits, found: &[Blamed]) -> Suspect {
    let mut suspect = Suspect::unsuspicious(service);
    let best = found.first().map_or(0.0, |one| one.score);
    let places: BTreeSet<usize> =
        found.iter().filter(|one| one.score >= ALSO * best).flat_map(|one| one.visits.iter().copied()).collect();
    let mut visits: Vec<&Visit> = places.iter().filter_map(|place| during.visits.get(*place)).collect();
    visits.sort_by_key(|visit| (visit.first.start_ns, visit.trace, visit.first.span));
    suspect.impact = impact(service, names, during, &visits);
    suspect.first_failing = visits.first().map(|visit| FirstFailing {
        trace: visit.trace,
        span: visit.first.span,
        name: names.text(visit.first.name).to_owned(),
        start_ns: visit.first.start_ns,
    });
    for visit in visits {
        if suspect.trace_ids.len() < TRACES && !suspect.trace_ids.contains(&visit.trace) {
            suspect.trace_ids.push(visit.trace);
        }
    }
    suspect.findings = found.iter().map(|one| finding(names, one)).collect();
    suspect
}

fn impact(service: &str, names: &Names<'_>, during: &Visits, visits: &[&Visit]) -> Impact {
    let traces: BTreeSet<u128> = visits.iter().map(|visit| visit.trace).collect();
    let above = visits.iter().flat_map(|visit| callers(during, visit)).filter_map(|place| during.visits.get(place));
    let callers: BTreeSet<&str> = above.map(|visit| names.text(visit.operation.service)).collect();
    let callers = callers.into_iter().filter(|caller| *caller != service).map(str::to_owned).collect();
    Impact { traces: traces.len(), traces_total: during.traces, callers }
}

fn finding(names: &Names<'_>, one: &Blamed) -> Finding {
    let pooled = &one.change.pooled;
    let operation = match one.change.scope {
        Scope::Operation(operation) => Some(names.text(operation.name).to_owned()),
        Scope::Service(_) => None,
    };
    Finding {
        kind: one.change.sign.kind(),
        words: words(names, one, operation.as_deref()),
        operation,
        fault: pooled.first.0 as f64,
        fault_total: pooled.first.1 as f64,
        baseline: pooled.second.0 as f64,
        baseline_total: pooled.second.1 as f64,
        effect: pooled.effect(),
        deviations: pooled.deviations(),
        q_value: one.change.q_value,
        unexplained: one.unexplained,
        score: one.score,
    }
}

/// `38 of 38 calls of /travels have the record "..."; before, 0 of 35`.
fn words(names: &Names<'_>, one: &Blamed, operation: Option<&str>) -> String {
    let (fault, baseline) = (one.change.pooled.first, one.change.pooled.second);
    let of = operation.map_or_else(String::new, |operation| format!(" of {operation}"));
    let sign = one.change.sign.words(names, one.change.scope.service());
    format!("{} of {} calls{of} {sign}; before, {} of {}", fault.0, fault.1, baseline.0, baseline.1)
}

// === impl Sign ===

impl Sign {
    /// The same, however many times it is asked for.
    const fn without_times(self) -> Self {
        self.at_least(0)
    }

    const fn kind(self) -> FindingKind {
        match self {
            Self::Records { .. } => FindingKind::Records,
            Self::Calls { .. } => FindingKind::Calls,
            Self::Spans { .. } => FindingKind::Spans,
            Self::Failed { .. } => FindingKind::Failures,
            Self::Slow => FindingKind::Slowness,
            Self::Silent => FindingKind::Silence,
            Self::Far { .. } => FindingKind::Ways,
        }
    }

    fn words(self, names: &Names<'_>, service: u32) -> String {
        match self {
            Self::Records { class, wording, times } => {
                let record: String = names.example(service, class, wording).chars().take(QUOTED).collect();
                format!("have {}the record \"{record}\"", at_least(times))
            }
            Self::Calls { callee, times } => {
                let (service, name) = (names.text(callee.service), names.text(callee.name));
                format!("call {}{name} of {service}", at_least(times))
            }
            Self::Spans { name, times } => format!("have {}the span {}", at_least(times), names.text(name)),
            Self::Failed { name } => format!("failed in {}", names.text(name)),
            Self::Slow => "took far longer than usual by themselves".to_owned(),
            Self::Silent => "had no answer".to_owned(),
            Self::Far { from } => {
                format!("took far longer on the way from {} to {} and back", names.text(from), names.text(service))
            }
        }
    }
}

fn at_least(times: u8) -> String {
    if times > 1 { format!("at least {times} times ") } else { String::new() }
}
