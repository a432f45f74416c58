//! `cargo xtask test`: everything that CI runs, one step after the other.

use std::time::Instant;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::e2e::Waiting;
use crate::install::{self, Purpose};
use crate::workspace::Workspace;
use crate::{build, conformance, e2e, graph, measure, process, ui};

/// One step of the test run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// The code is formatted
    Fmt,
    /// The crates depend on each other as ARCHITECTURE.md draws them
    Graph,
    /// No file and no function is too long
    Measure,
    /// Every point of OTLP has a test, and the page of them is up to date
    Conformance,
    /// The page builds and stays within its size budget
    Ui,
    /// No lint warns
    Clippy,
    /// No link of the documentation is broken
    Doc,
    /// The release binary builds
    Build,
    /// The Rust tests
    Test,
    /// The Python tests: real exporters, hostile input and a browser against the release binary
    E2e,
}

// === impl Step ===

impl Step {
    /// Runs the step; `waiting` are Python tests that are under way already.
    fn run(self, workspace: &Workspace, waiting: &mut Option<Waiting>) -> Result<()> {
        match self {
            Self::Fmt => process::run(&mut workspace.cargo(&["fmt", "--all", "--check"])),
            Self::Graph => graph::check(workspace),
            Self::Measure => measure::check(workspace),
            Self::Conformance => conformance::check(workspace),
            Self::Ui => ui::build(&workspace.root),
            Self::Clippy => clippy(workspace),
            Self::Doc => doc(workspace),
            Self::Build => build::server(workspace).map(drop),
            Self::Test => rust_tests(workspace),
            Self::E2e => e2e::run(workspace, waiting.take().map_or_else(|| Waiting::start(workspace), Ok)?),
        }
    }
}

/// Runs the chosen steps, or all of them, in order; stops at the first that fails.
pub(crate) fn run(workspace: &Workspace, only: &[Step]) -> Result<()> {
    install::install(Purpose::Test)?;
    let started = Instant::now();
    let is_chosen = |step: &Step| only.is_empty() || only.contains(step);
    let chosen = Step::value_variants().iter().filter(|step| is_chosen(step));
    let mut waiting = None;
    for step in chosen {
        if *step == Step::Test && is_chosen(&Step::E2e) {
            // Its binary is built, and compiling the Rust tests takes longer than these tests wait.
            waiting = Some(Waiting::start(workspace)?);
        }
        let name = step.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let step_started = Instant::now();
        step.run(workspace, &mut waiting)
            .with_context(|| format!("step {name} failed after {} s", seconds(step_started)))?;
        eprintln!("step {name}: ok, {} s", seconds(step_started));
    }
    eprintln!("all steps: ok, {} s", seconds(started));
    Ok(())
}

fn clippy(workspace: &Workspace) -> Result<()> {
    let arguments = ["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
    process::run(&mut workspace.cargo(&arguments))
}

/// Runs after clippy, because both read the same metadata of the dependencies.
fn doc(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo(&["doc", "--release", "--workspace", "--no-deps", "--document-private-items"]);
    process::run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Crates whose tests are built apart. Together with the server, the features they need, such as a clock that can be
/// paused, would change what the server's dependencies are built with, and all of those would be built a second time.
const APART: [&[&str]; 3] = [&["web"], &["deploy-xtask"], &["alerting-notify"]];

fn rust_tests(workspace: &Workspace) -> Result<()> {
    for packages in APART {
        let chosen = packages.iter().flat_map(|package| ["--package", package]);
        process::run(workspace.cargo(&["test", "--release"]).args(chosen))?;
    }
    process::run(workspace.cargo(&["test", "--release", "--workspace"]).args(apart_excluded()))
}

/// Arguments that leave out what is built apart.
pub(crate) fn apart_excluded() -> impl Iterator<Item = &'static str> {
    APART.concat().into_iter().flat_map(|package| ["--exclude", package])
}

fn seconds(since: Instant) -> u64 {
    since.elapsed().as_secs()
}
