//! The `slowburn` binary.
//!
//! `serve` is the product in one process: [`app`] puts the store, the OTLP receivers, the query
//! engine, the API and the page together. `demo` adds a sample shop. `import`, `sql` and `check` are clients and tools that
//! need no data folder of their own.

mod alerts;
mod api;
mod app;
mod ask;
mod audit;
mod backtest;
mod baselines;
mod causes;
mod check;
mod cli;
mod compare;
mod cors;
mod demo;
mod doors;
mod edges;
mod engines;
mod entrance;
mod flight;
mod guard;
mod import;
mod judges;
mod keys;
mod limits;
mod objectives;
mod observe;
mod page;
mod postgres;
mod rows;
mod series;
mod settings;
mod signals;
mod spenders;
mod sql;
mod starting;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use tokio::runtime::Runtime;

use crate::cli::{Cli, Command};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            // Nobody may be listening any more; the exit code tells all the same.
            let _ = writeln!(io::stderr(), "slowburn: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    // Two TLS implementations are linked, so the choice has to be made before the first use.
    rustls::crypto::ring::default_provider().install_default().ok();
    match command {
        Command::Serve(options) => {
            let settings = options.settle()?;
            observe::log_to_stderr();
            Runtime::new()?.block_on(app::serve(settings, None)).map(|()| ExitCode::SUCCESS)
        }
        Command::Demo(order) => {
            observe::log_to_stderr();
            Runtime::new()?.block_on(demo::run(order)).map(|()| ExitCode::SUCCESS)
        }
        Command::Import(order) => Runtime::new()?.block_on(import::run(order)),
        Command::Sql(order) => Runtime::new()?.block_on(sql::run(order)),
        Command::Check(order) => check::run(&order),
        Command::Backtest(order) => Runtime::new()?.block_on(backtest::run(order)),
    }
}

/// What came of writing to standard output. Whoever reads may stop before the end, as `head` does;
/// that is no failure.
fn written(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
