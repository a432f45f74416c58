//! `docs/otlp-conformance.md`: which test shows which point of OTLP, and how it went.
//!
//! The points are those of `fixtures/otlp/points.txt`. A test shows the points whose numbers stand in
//! its name: `otlp_014_015_…` in Rust, `test_otlp_014_…` in Python. The page says what the last run
//! said; [`check`] sees to it that every point has a test and that the page names the tests there are.

mod named;
mod page;
mod points;
mod results;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::install::{self, Purpose};
use crate::workspace::Workspace;
use crate::{e2e, process, steps};
use page::Page;
use points::Section;
use results::Results;

const POINTS: &str = "fixtures/otlp/points.txt";
const PAGE: &str = "docs/otlp-conformance.md";

/// What every numbered test has in its name.
const FILTER: &str = "otlp_";

/// Where the results come from.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Read what cargo test and pytest -v printed instead of running the tests
    #[arg(long, value_name = "FILE")]
    results: Vec<PathBuf>,
}

/// Runs the numbered tests, or reads what they printed, and writes the page.
///
/// # Errors
///
/// When a point has no test, or a test did not pass; the page is written all the same then.
pub(crate) fn write(workspace: &Workspace, options: &Options) -> Result<()> {
    let sections = sections(workspace)?;
    let tests = named::find(workspace)?;
    complain(&points::mistakes(&sections, &tests))?;
    let printed = if options.results.is_empty() { run_tests(workspace)? } else { read(&options.results)? };
    let page = Page { sections: &sections, tests: &tests, results: &Results::read(&printed) };
    let file = workspace.root.join(PAGE);
    fs::write(&file, page.to_string()).with_context(|| format!("cannot write {}", file.display()))?;
    complain(&page.failures())
}

/// Whether every point has a test and the page is up to date.
///
/// # Errors
///
/// Names the points without a test, the tests of unknown points, and what the page lacks.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let sections = sections(workspace)?;
    let tests = named::find(workspace)?;
    let written = fs::read_to_string(workspace.root.join(PAGE)).unwrap_or_default();
    let mut mistakes = points::mistakes(&sections, &tests);
    mistakes.extend(page::mistakes(&written, &tests));
    complain(&mistakes)
}

fn sections(workspace: &Workspace) -> Result<Vec<Section>> {
    let text = fs::read_to_string(workspace.root.join(POINTS)).with_context(|| format!("cannot read {POINTS}"))?;
    points::parse(&text).with_context(|| format!("{POINTS} has a mistake"))
}

fn complain(mistakes: &[String]) -> Result<()> {
    if !mistakes.is_empty() {
        bail!("{}", mistakes.join("\n"));
    }
    Ok(())
}

/// A test that fails is told on the page, so both runs go on to their ends.
fn run_tests(workspace: &Workspace) -> Result<String> {
    install::install(Purpose::Test)?;
    let mut cargo = workspace.cargo(&["test", "--release", "--workspace", "--no-fail-fast"]);
    cargo.args(steps::apart_excluded()).args(["--", FILTER]);
    let rust = process::printed(&mut cargo)?;
    let python = process::printed(e2e::side_by_side(&mut e2e::pytest(workspace)?).args(["-v", "-k", FILTER]))?;
    Ok(rust + &python)
}

fn read(files: &[PathBuf]) -> Result<String> {
    let read = |file: &PathBuf| fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()));
    files.iter().map(read).collect()
}

#[cfg(test)]
mod tests;
