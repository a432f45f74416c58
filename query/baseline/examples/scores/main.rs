//! Scores of our detector on a folder of the Numenta Anomaly Benchmark, naive floors beside them.
//!
//! `cargo run --release -p query-baseline --example scores -- <folder> [--series]`
//!
//! Every detector sees each series from its first row on, row by row, knowing nothing before. NAB: profile `standard`, the threshold
//! optimised over the corpus, as NAB does it; then one chosen on four fifths of the series and applied to the fifth, every fifth series
//! in turn; then one chosen on all other groups. VUS-PR: mean over the series with windows. Alarms: rows at the threshold outside of windows and
//! probation, by series and week.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

mod corpus;
mod judges;

use std::path::Path;

use anyhow::{Context, Result};
use query_detect::scoring::nab::{Costs, Scored, count_at, optimise, probation, score_at};
use query_detect::scoring::vus;

use corpus::Series;
use judges::{JUDGES, Scores};

/// Seconds of a week.
const WEEK: f64 = 604_800.0;

/// Folds of the cross-validation.
const FOLDS: usize = 5;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().context("usage: scores <folder of nab> [--series]")?;
    let corpus = corpus::read(Path::new(folder))?;
    let windows: usize = corpus.iter().map(|series| series.windows.len()).sum();
    println!("{} series, {windows} windows\n", corpus.len());
    println!("| detector | NAB | NAB, 5 folds | NAB, other groups | windows found | false alarms a week | VUS-PR |");
    println!("|---|---|---|---|---|---|---|");
    for (name, judge) in JUDGES {
        let scores: Vec<Scores> = corpus.iter().map(judge).collect();
        println!("{}", row(name, &corpus, &scores));
        if arguments.iter().any(|argument| argument == "--series") {
            each(&corpus, &scores);
        }
    }
    Ok(())
}

/// A row of the table.
fn row(name: &str, corpus: &[Series], scores: &[Scores]) -> String {
    let all: Vec<usize> = (0..corpus.len()).collect();
    let best = optimise(&scored(corpus, scores, &all), Costs::STANDARD);
    let fold = |index: usize| (index % FOLDS).to_string();
    let group = |index: usize| corpus[index].name.split('/').next().unwrap_or_default().to_owned();
    let counted = count_at(&scored(corpus, scores, &all), best.threshold);
    let surfaces: Vec<f64> = corpus.iter().zip(scores).filter_map(|(series, scores)| surface(series, scores)).collect();
    format!(
        "| {name} | {:.1} | {:.1} | {:.1} | {} of {} | {:.2} | {:.3} |",
        best.score,
        held_out(corpus, scores, fold),
        held_out(corpus, scores, group),
        counted.hit,
        counted.hit + counted.missed,
        counted.false_rows as f64 / weeks(corpus),
        surfaces.iter().sum::<f64>() / surfaces.len().max(1) as f64,
    )
}

/// Some of the series, with their scores.
fn scored<'a>(corpus: &'a [Series], scores: &'a [Scores], which: &[usize]) -> Vec<Scored<'a>> {
    let one = |index: &usize| {
        let series = &corpus[*index];
        Scored { times: &series.times, scores: &scores[*index].alarms, windows: &series.windows }
    };
    which.iter().map(one).collect()
}

/// The score when the threshold of every part is chosen on the other parts.
fn held_out(corpus: &[Series], scores: &[Scores], part: impl Fn(usize) -> String) -> f64 {
    let mut parts: Vec<String> = (0..corpus.len()).map(&part).collect();
    parts.sort();
    parts.dedup();
    let (mut gained, mut windows) = (0.0, 0.0);
    for name in parts {
        let (inside, others): (Vec<usize>, Vec<usize>) = (0..corpus.len()).partition(|index| part(*index) == name);
        let threshold = optimise(&scored(corpus, scores, &others), Costs::STANDARD).threshold;
        let score = score_at(&scored(corpus, scores, &inside), Costs::STANDARD, threshold);
        let count = inside.iter().map(|index| corpus[*index].windows.len()).sum::<usize>() as f64;
        // Without windows the score is raw, and half a point of a window is a percent.
        gained += if count > 0.0 { score * count } else { 50.0 * score };
        windows += count;
    }
    gained / windows
}

/// Weeks of all series after probation.
fn weeks(corpus: &[Series]) -> f64 {
    let one = |series: &Series| {
        let from = series.times.get(probation(series.times.len())).copied().unwrap_or(0);
        (series.times.last().copied().unwrap_or(from) - from) as f64 / WEEK
    };
    corpus.iter().map(one).sum()
}

/// VUS-PR of one series with windows.
fn surface(series: &Series, scores: &Scores) -> Option<f64> {
    let inside = |time: &i64| series.windows.iter().any(|(from, to)| from <= time && time <= to);
    let labels: Vec<bool> = series.times.iter().map(inside).collect();
    vus::vus_pr(&scores.abnormality, &labels, vus::period(&series.values))
}

/// Each series by itself, at the threshold of the corpus.
fn each(corpus: &[Series], scores: &[Scores]) {
    let all: Vec<usize> = (0..corpus.len()).collect();
    let threshold = optimise(&scored(corpus, scores, &all), Costs::STANDARD).threshold;
    for index in all {
        let one = scored(corpus, scores, &[index]);
        let counted = count_at(&one, threshold);
        let surface =
            surface(&corpus[index], &scores[index]).map_or_else(|| "-".to_owned(), |found| format!("{found:.3}"));
        println!(
            "  {:60} NAB {:6.1} found {} of {} false {} VUS-PR {surface}",
            corpus[index].name,
            score_at(&one, Costs::STANDARD, threshold),
            counted.hit,
            counted.hit + counted.missed,
            counted.false_rows,
        );
    }
}
