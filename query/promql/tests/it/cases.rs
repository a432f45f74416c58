//! Every evaluation of `tests/promql/*.test`. Those that fail are listed, with the reason, in `expected-failures.txt`: one
//! that fails and is not listed is a regression, one that is listed and passes is news.
//!
//! `PROMQL_TESTS=<folder> cargo test … -- share --ignored --nocapture` counts the ones of another folder, such as a checkout of
//! Prometheus has in `promql/promqltest/testdata`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::compare::check;
use crate::notation::{Command, When, commands};
use crate::world::World;

/// The failures of a file by line, and how many evaluations it has.
struct Outcome {
    evaluations: usize,
    failures: BTreeMap<usize, String>,
}

fn outcome(text: &str) -> Outcome {
    let mut world = World::default();
    let mut outcome = Outcome { evaluations: 0, failures: BTreeMap::new() };
    for command in commands(text) {
        match command {
            Command::Clear => world = World::default(),
            Command::Load { step, lines } => {
                for line in lines {
                    let labels = line.labels.expect("a series has labels");
                    for (moment, value) in (0..).zip(line.values) {
                        if let Some(value) = value {
                            world.add(labels.clone(), moment * step, value);
                        }
                    }
                }
            }
            Command::Eval { line, when, query, expected } => {
                outcome.evaluations += 1;
                let answer = match &when {
                    When::At(at) => world.instant(&query, *at),
                    When::Range(times) => world.range(&query, *times),
                };
                if let Err(reason) = check(&expected, &when, answer) {
                    outcome.failures.insert(line, format!("{query}: {reason}"));
                }
            }
        }
    }
    outcome
}

fn outcomes(folder: &Path) -> BTreeMap<String, Outcome> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("a file").file_name().into_string().expect("a plain name"));
    let files = names.filter(|name| name.ends_with(".test"));
    let read = |name: String| {
        let text = fs::read_to_string(folder.join(&name)).expect("the file is text");
        (name, outcome(&text))
    };
    files.map(read).collect()
}

fn table(outcomes: &BTreeMap<String, Outcome>) -> String {
    let mut table = String::from("| file | evaluations | passed |\n|---|---:|---:|\n");
    let (mut all, mut passed) = (0, 0);
    for (name, outcome) in outcomes {
        let good = outcome.evaluations - outcome.failures.len();
        table += &format!("| {name} | {} | {good} |\n", outcome.evaluations);
        all += outcome.evaluations;
        passed += good;
    }
    table + &format!("| all | {all} | {passed} |\n")
}

#[test]
fn every_evaluation_passes_or_is_listed() {
    let folder = Path::new("tests/promql");
    let outcomes = outcomes(folder);
    println!("{}", table(&outcomes));
    let listed = fs::read_to_string(folder.join("expected-failures.txt")).expect("the list is there");
    let listed: Vec<&str> = listed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut surprises = Vec::new();
    for (name, outcome) in &outcomes {
        assert!(outcome.evaluations > 0, "{name} evaluates nothing");
        for (line, reason) in &outcome.failures {
            if !listed.contains(&format!("{name}:{line}").as_str()) {
                surprises.push(format!("{name}:{line} {reason}"));
            }
        }
    }
    for place in listed {
        let (name, line) = place.split_once(':').expect("file:line");
        let line: usize = line.parse().expect("a line");
        if !outcomes.get(name).is_some_and(|outcome| outcome.failures.contains_key(&line)) {
            surprises.push(format!("{place} is listed and passes"));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

#[test]
#[ignore = "needs PROMQL_TESTS, a folder of files in the notation"]
fn share_of_another_folder() {
    let folder = std::env::var_os("PROMQL_TESTS").expect("PROMQL_TESTS names a folder");
    let outcomes = outcomes(Path::new(&folder));
    for (name, outcome) in &outcomes {
        outcome.failures.iter().for_each(|(line, reason)| println!("{name}:{line} {reason}"));
    }
    println!("{}", table(&outcomes));
    assert!(!outcomes.is_empty(), "no file to read");
}
