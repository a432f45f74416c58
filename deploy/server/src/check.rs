//! `slowburn check`: finds mistakes before a server does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::settings::Options;

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Files of settings (.toml)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Tells every mistake on standard error; fails when there is one.
///
/// # Errors
///
/// Never; mistakes are told.
pub(crate) fn run(order: &Order) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for file in &order.files {
        match check(file) {
            Ok(()) => eprintln!("{}: ok", file.display()),
            Err(mistake) => {
                eprintln!("{mistake:#}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

fn check(file: &Path) -> Result<()> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => Options::read(file)?.settle().map(drop),
        _ => bail!("{}: this version checks files of settings only, which end in .toml", file.display()),
    }
}
