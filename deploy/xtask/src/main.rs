//! `cargo xtask`: the one tool a newcomer needs. It installs what the machine lacks, builds the page
//! and the server, runs them, and runs every check that CI runs.
//!
//! Every command installs first what it needs itself, so that it works on a fresh Debian or Ubuntu
//! machine with a Rust toolchain; where nothing is missing that takes milliseconds.

mod bench;
mod build;
mod e2e;
mod fuzz;
mod graph;
mod install;
mod measure;
mod process;
mod steps;
mod ui;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::install::Purpose;
use crate::steps::Step;
use crate::workspace::Workspace;

/// Builds, runs and checks slowburn.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build the page and the server, then start `slowburn serve` with the given arguments
    Run {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Build the page and the server, then start `slowburn demo` with the given arguments
    Demo {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Build the page and the release binary target/release/slowburn
    Build,
    /// Build the page only, into web/dist
    Ui,
    /// Run everything that CI runs
    Test {
        /// Run only these steps, in their usual order
        #[arg(long, value_delimiter = ',')]
        only: Vec<Step>,
    },
    /// Run the steps of `test` that need no release build: fmt, graph, measure, clippy
    Check,
    /// Check the length of files and functions
    Measure,
    /// Measure a release build: import, load, trace by id, sizes; prints a Markdown table
    Bench(bench::Options),
    /// Give the decoders mutated requests and compare them with prost
    Fuzz(fuzz::Options),
    /// Install what the other commands need
    Install {
        /// For which of them
        #[arg(long = "for", value_enum, default_value_t = Purpose::Test)]
        purpose: Purpose,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    match arguments.command {
        Task::Run { arguments } => build::build_and_become(&workspace, "serve", &arguments),
        Task::Demo { arguments } => build::build_and_become(&workspace, "demo", &arguments),
        Task::Build => build::build(&workspace).map(drop),
        Task::Ui => {
            install::install(Purpose::Build)?;
            ui::build(&workspace.root)
        }
        Task::Test { only } => steps::run(&workspace, &only),
        Task::Check => steps::run(&workspace, &[Step::Fmt, Step::Graph, Step::Measure, Step::Clippy]),
        Task::Measure => measure::check(&workspace),
        Task::Bench(options) => bench::run(&workspace, &options),
        Task::Fuzz(options) => fuzz::run(&workspace, &options),
        Task::Install { purpose } => install::install(purpose),
    }
}
