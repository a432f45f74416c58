//! The table of scores.

use std::collections::BTreeMap;

/// What became of a fault.
pub(crate) struct Outcome {
    pub(crate) kind: String,
    /// Place of the service at fault, from 1.
    pub(crate) rank: Option<usize>,
    /// The same by the floor.
    pub(crate) floor: Option<usize>,
    /// Services that were ranked.
    pub(crate) candidates: usize,
}

/// Prints how often the service at fault is first, within three and within five.
pub(crate) fn print(outcomes: &[Outcome]) {
    println!("| faults | n | AS@1 | AS@3 | AS@5 | floor: farthest metric AS@1/3/5 | floor: chance AS@1/3/5 |");
    println!("|---|---|---|---|---|---|---|");
    let mut kinds: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        kinds.entry(&outcome.kind).or_default().push(outcome);
    }
    for (kind, outcomes) in kinds {
        line(kind, &outcomes);
    }
    let half = |odd: usize| outcomes.iter().skip(odd).step_by(2).collect::<Vec<_>>();
    line("1st, 3rd, 5th … (developed on)", &half(0));
    line("2nd, 4th, 6th … (held out)", &half(1));
    line("**all**", &outcomes.iter().collect::<Vec<_>>());
    let ranks = outcomes.iter().map(|outcome| outcome.rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string()));
    println!("\nplaces in order of time: {}", ranks.collect::<Vec<_>>().join(" "));
}

fn line(name: &str, outcomes: &[&Outcome]) {
    let within = |rank: Option<usize>, places: usize| rank.is_some_and(|rank| rank <= places);
    let count = |rank: fn(&Outcome) -> Option<usize>, places: usize| {
        outcomes.iter().filter(|outcome| within(rank(outcome), places)).count()
    };
    let own = [1, 3, 5].map(|places| count(|outcome| outcome.rank, places).to_string());
    let floor = [1, 3, 5].map(|places| count(|outcome| outcome.floor, places).to_string());
    let chance = [1, 3, 5].map(|places: usize| {
        let share = |outcome: &&Outcome| (places as f64 / outcome.candidates.max(1) as f64).min(1.0);
        format!("{:.1}", outcomes.iter().map(share).sum::<f64>())
    });
    println!("| {name} | {} | {} | {} | {} |", outcomes.len(), own.join(" | "), floor.join(" / "), chance.join(" / "));
}
