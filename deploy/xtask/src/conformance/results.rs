//! How the tests went, from what `cargo test` and `pytest -v` print.

use std::collections::BTreeMap;

/// How a test went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Passed,
    /// It is not among what was printed.
    NotRun,
    Failed,
}

/// The outcomes by the names of the tests.
#[derive(Debug, Default)]
pub(super) struct Results(BTreeMap<String, Outcome>);

// === impl Results ===

impl Results {
    /// Reads lines `test path::name ... ok`, `file.py::name[case] PASSED` and, of tests that ran side by side,
    /// `[gw0] [ 9%] PASSED file.py::name[case]`. A test of several cases passed when all of them did.
    pub(super) fn read(printed: &str) -> Self {
        let mut outcomes = BTreeMap::new();
        for (name, outcome) in printed.lines().filter_map(|line| rust(line).or_else(|| python(line))) {
            let known = outcomes.entry(name).or_insert(outcome);
            *known = outcome.max(*known);
        }
        Self(outcomes)
    }

    pub(super) fn of(&self, name: &str) -> Outcome {
        self.0.get(name).copied().unwrap_or(Outcome::NotRun)
    }
}

fn rust(line: &str) -> Option<(String, Outcome)> {
    let (path, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let path = path.split(" - ").next()?;
    let outcome = match outcome.trim() {
        "ok" => Outcome::Passed,
        "FAILED" => Outcome::Failed,
        _ => return None,
    };
    Some((path.rsplit("::").next()?.to_owned(), outcome))
}

fn python(line: &str) -> Option<(String, Outcome)> {
    let (before, rest) = line.split_once(".py::")?;
    let name = rest.split(['[', ' ']).next()?;
    let told = |word: &str| rest.contains(&format!(" {word}")) || before.contains(&format!("{word} "));
    if told("FAILED") || told("ERROR") {
        return Some((name.to_owned(), Outcome::Failed));
    }
    told("PASSED").then(|| (name.to_owned(), Outcome::Passed))
}
