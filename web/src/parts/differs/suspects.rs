//! The services to blame, with what speaks against each.

use leptos::prelude::*;
use query_api::{Finding, FirstFailing, Incident, Suspect};

use crate::api::encoded;
use crate::number::count_of;
use crate::parts::{Moment, TraceLinks, followed};
use crate::selection::{Selection, with_selection};
use crate::settings::{telling, use_settings};
use crate::text::{SuspectWords, worded};
use crate::time::Precision;

/// The words of the API for what sort of change a finding is.
const KINDS: [&str; 8] = ["records", "calls", "spans", "failures", "slowness", "silence", "ways", "resource"];

/// The score below which nobody is much of a suspect.
const SUSPICIOUS: f64 = 0.3;

/// Suspects that are shown whole, findings of each that are in view, and traces.
const WHOLE: usize = 5;
const FINDINGS: usize = 3;
const TRACES: usize = 5;

/// The list, most suspicious first; those of whom little is to be said are folded away.
#[component]
pub(super) fn Suspects(suspects: Vec<Suspect>, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let (whole, rest) = split(suspects);
    let highest = rest.first().map(|suspect| suspect.score);
    let nobody = whole.is_empty().then(|| {
        let told = telling(move || told_nobody(&settings.words().suspect, highest));
        view! { <p class="note" data-testid="no-suspects">{told}</p> }
    });
    let whole = whole.into_iter().map(|suspect| view! { <One suspect selection /> }).collect_view();
    let others = highest.map(|highest| {
        let count = rest.len();
        let told = telling(move || (settings.words().suspect.others)(&count_of(count), &score(highest)));
        let rest = rest.into_iter().map(|suspect| view! { <One suspect selection /> }).collect_view();
        view! { <details class="as-table" data-testid="other-suspects"><summary>{told}</summary><ol class="suspects">{rest}</ol></details> }
    });
    view! {
        <h2>{settings.word(|words| words.suspect.title)}</h2>
        {nobody}
        <ol class="suspects">{whole}</ol>
        {others}
    }
}

/// Those that are shown whole, and the others that have a finding.
fn split(suspects: Vec<Suspect>) -> (Vec<Suspect>, Vec<Suspect>) {
    let named = suspects.into_iter().filter(|suspect| !suspect.findings.is_empty());
    let mut whole: Vec<Suspect> = named.collect();
    let shown = whole.iter().take(WHOLE).take_while(|suspect| suspect.score >= SUSPICIOUS).count();
    let rest = whole.split_off(shown);
    (whole, rest)
}

fn told_nobody(words: &SuspectWords, highest: Option<f64>) -> String {
    highest.map_or_else(|| words.none.to_owned(), |highest| (words.nobody)(&score(highest)))
}

fn score(score: f64) -> String {
    format!("{score:.2}")
}

#[component]
fn One(suspect: Suspect, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&SuspectWords) -> &'static str| settings.word_of(|words| &words.suspect, choose);
    let link = with_selection(&format!("/services/{}", encoded(&suspect.service)), selection);
    let (traces, all) = (suspect.traces, suspect.traces_total);
    let shown = telling(move || (settings.words().suspect.traces)(&count_of(traces), &count_of(all)));
    let callers = suspect.callers.join(", ");
    let callers = (!callers.is_empty())
        .then(|| view! { <span>{telling(move || (settings.words().suspect.callers)(&callers))}</span> });
    let trace_ids: Vec<_> = suspect.trace_ids.into_iter().take(TRACES).collect();
    let exemplars = (!trace_ids.is_empty()).then(|| {
        view! { <span>{word(|words| words.exemplars)} " " <TraceLinks trace_ids selection /></span> }
    });
    let mark = suspect.service.clone();
    view! {
        <li class="suspect" data-testid="suspect" data-service=mark>
            <header>
                <a href=link><b>{suspect.service}</b></a>
                <span class="badge" title=word(|words| words.score_help)>{word(|words| words.score)} " " {score(suspect.score)}</span>
                {(traces > 0).then(|| view! { <span>{shown}</span> })}
                {callers}
            </header>
            <Findings findings=suspect.findings />
            <footer>
                {suspect.first_failing.map(|first| view! { <First first selection /> })}
                {exemplars}
                {suspect.runbook.map(|runbook| view! { <Runbook runbook /> })}
            </footer>
            <Earlier incidents=suspect.incidents />
        </li>
    }
}

/// The findings in words, the telling ones in view.
#[component]
fn Findings(findings: Vec<Finding>) -> impl IntoView {
    let settings = use_settings();
    let line = move |finding: Finding| {
        let kind = telling(move || worded(&KINDS, &settings.words().suspect.kinds, &finding.kind));
        let chance = format!("{:.1e}", finding.q_value);
        let chance = telling(move || (settings.words().suspect.chance)(&chance));
        view! { <li data-testid="finding"><span class="badge">{kind}</span> " " <span title=chance>{finding.words}</span></li> }
    };
    let mut findings = findings;
    let rest = findings.split_off(FINDINGS.min(findings.len()));
    let count = rest.len();
    let more = (count > 0).then(|| {
        let told = telling(move || (settings.words().suspect.findings)(&count_of(count)));
        view! { <details class="as-table"><summary>{told}</summary><ul>{rest.into_iter().map(line).collect_view()}</ul></details> }
    });
    view! { <ul>{findings.into_iter().map(line).collect_view()}</ul> {more} }
}

/// The span in which it is seen first.
#[component]
fn First(first: FirstFailing, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let link = with_selection(&format!("/traces/{}?span={}", first.trace_id, first.span_id), selection);
    view! {
        <span>
            {settings.word(|words| words.suspect.first)} " "
            <a data-testid="first-failing" href=link>{first.name}</a> " "
            <Moment time=first.start_time_unix_nano />
        </span>
    }
}

/// What to do: a link where it is one.
#[component]
fn Runbook(runbook: String) -> impl IntoView {
    let settings = use_settings();
    let name = settings.word(|words| words.suspect.runbook);
    match followed(&runbook).map(str::to_owned) {
        Some(link) => {
            view! { <span><a data-testid="runbook" href=link title=runbook rel="noreferrer">{name}</a></span> }
                .into_any()
        }
        None => view! { <span data-testid="runbook">{name} ": " {runbook}</span> }.into_any(),
    }
}

/// Earlier alerts about it, newest first.
#[component]
fn Earlier(incidents: Vec<Incident>) -> impl IntoView {
    let settings = use_settings();
    let line = move |incident: Incident| {
        let link = format!("/alerts/{}", encoded(&incident.alert_id));
        let shared = incident.shared.join(", ");
        let shared = (!shared.is_empty())
            .then(|| view! { <span>{telling(move || (settings.words().suspect.shared)(&shared))}</span> });
        view! {
            <li data-testid="incident">
                <Moment time=incident.fired_at precision=Precision::Seconds /> " "
                <a href=link>{incident.subject}</a> " " {shared}
            </li>
        }
    };
    (!incidents.is_empty()).then(|| {
        view! {
            <div class="earlier">
                <h3>{settings.word(|words| words.suspect.earlier)}</h3>
                <ul>{incidents.into_iter().map(line).collect_view()}</ul>
            </div>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    fn suspect(service: &str, score: f64) -> Suspect {
        Suspect { service: service.to_owned(), score, findings: vec![Finding::default()], ..Suspect::default() }
    }

    #[test]
    fn whoever_is_suspicious_is_shown_whole_and_whoever_has_no_finding_not_at_all() {
        let silent = Suspect { findings: Vec::new(), ..suspect("silent", 0.0) };
        let (whole, rest) = split(vec![suspect("stock", 0.9), suspect("shop", 0.3), suspect("cart", 0.29), silent]);
        let names = |suspects: &[Suspect]| suspects.iter().map(|one| one.service.clone()).collect::<Vec<_>>();
        assert_eq!(
            (names(&whole), names(&rest)),
            (vec!["stock".to_owned(), "shop".to_owned()], vec!["cart".to_owned()])
        );
        let many = (0..9).map(|number| suspect(&number.to_string(), 0.8)).collect();
        assert_eq!(split(many).0.len(), WHOLE);
    }

    #[test]
    fn that_nobody_is_to_blame_is_told_with_the_highest_score() {
        for lang in [Lang::En, Lang::Zh] {
            let words = &lang.words().suspect;
            assert!(told_nobody(words, Some(0.124)).contains("0.12"));
            assert_eq!(told_nobody(words, None), words.none);
        }
    }
}
