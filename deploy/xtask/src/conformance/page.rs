//! The page: a table a section, one line a point.

use std::collections::BTreeSet;
use std::fmt::{Display, Formatter, Result};

use super::named::Test;
use super::points::{Point, Section};
use super::results::{Outcome, Results};

const HEAD: &str = "\
# OTLP conformance

What the OTLP specification asks of a receiver, which tests show it, and how they went when they ran last.
`cargo xtask conformance` writes this page from `fixtures/otlp/points.txt`, the names of the tests and a run of them;
do not edit it. `cargo xtask check` fails when a point has no test, or when this page does not name the tests there are.
";

/// What the page tells.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) sections: &'a [Section],
    pub(super) tests: &'a [Test],
    pub(super) results: &'a Results,
}

// === impl Page ===

impl Page<'_> {
    fn tests_of(&self, point: &Point) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| test.points.contains(&point.number))
    }

    /// As good as its worst test.
    fn outcome(&self, point: &Point) -> Outcome {
        self.tests_of(point).map(|test| self.results.of(&test.name)).max().unwrap_or(Outcome::NotRun)
    }

    /// The tests that did not pass.
    pub(super) fn failures(&self) -> Vec<String> {
        let failed = self.tests.iter().filter(|test| self.results.of(&test.name) != Outcome::Passed);
        failed.map(|test| format!("{}: {} {}", test.file, test.name, word(self.results.of(&test.name)))).collect()
    }

    fn line(&self, point: &Point) -> String {
        let Point { number, level, requirement, remark } = point;
        let remark = remark.as_ref().map(|remark| format!(" ({remark})")).unwrap_or_default();
        let tests: Vec<String> = self.tests_of(point).map(|test| format!("`{}`", test.name)).collect();
        let outcome = word(self.outcome(point));
        format!("| {number} | {requirement}{remark} | {level} | {} | {outcome} |", tests.join("<br>"))
    }
}

impl Display for Page<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        let points: Vec<&Point> = self.sections.iter().flat_map(|section| &section.points).collect();
        let passed = points.iter().filter(|point| self.outcome(point) == Outcome::Passed).count();
        writeln!(to, "{HEAD}\n**{passed} of {} points passed**, shown by {} tests.", points.len(), self.tests.len())?;
        for Section { title, points } in self.sections {
            writeln!(to, "\n## {title}\n\n| # | requirement | level | tests | result |\n|---|---|---|---|---|")?;
            for point in points {
                writeln!(to, "{}", self.line(point))?;
            }
        }
        Ok(())
    }
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::NotRun => "not run",
        Outcome::Failed => "failed",
    }
}

/// What a written page says that is not so, or does not say.
pub(super) fn mistakes(written: &str, tests: &[Test]) -> Vec<String> {
    let there: BTreeSet<&str> = tests.iter().map(|test| test.name.as_str()).collect();
    let told = written.split('`').filter(|word| word.starts_with("otlp_") || word.starts_with("test_otlp_"));
    let told: BTreeSet<&str> = told.collect();
    let remedy = "run cargo xtask conformance";
    let gone = told.difference(&there).map(|name| format!("docs/otlp-conformance.md: {name} is gone; {remedy}"));
    let new = there.difference(&told).map(|name| format!("docs/otlp-conformance.md: {name} is missing; {remedy}"));
    gone.chain(new).collect()
}
