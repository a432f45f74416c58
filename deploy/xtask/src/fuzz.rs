//! `cargo xtask fuzz`: gives the decoders of `ingest-otlp` as many mutated requests as one likes. The fuzzer itself
//! is tests of that crate (`ingest/otlp/src/fuzz.rs`), which take a few thousand inputs in every test run.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::process;
use crate::workspace::Workspace;

/// How long to fuzz what.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Inputs for each target
    #[arg(long, default_value_t = 1_000_000)]
    inputs: u64,
    /// The same seed makes the same inputs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this target
    #[arg(long)]
    target: Option<Target>,
}

/// A decoder.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    TracesProtobuf,
    LogsProtobuf,
    MetricsProtobuf,
    TracesJson,
    LogsJson,
    MetricsJson,
}

/// Builds the tests and runs the targets; prints what became of the inputs.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let name = options.target.and_then(|target| target.to_possible_value());
    let filter = name.map_or_else(String::new, |name| name.get_name().replace('-', "_"));
    // Together with the server, so that dependencies are built with the features they have everywhere else.
    let build = ["test", "--release", "--package", "deploy-server", "--package", "ingest-otlp", "--lib", "--"];
    let mut cargo = workspace.cargo(&build);
    cargo.arg(format!("fuzz::{filter}")).arg("--nocapture");
    cargo.env("SLOWBURN_FUZZ_INPUTS", options.inputs.to_string());
    process::run(cargo.env("SLOWBURN_FUZZ_SEED", options.seed.to_string()))
}
