//! The Python tests of `deploy/e2e`, in a virtual environment of their own below the target folder.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::workspace::Workspace;
use crate::{install, process};

/// Runs pytest against the release binary.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    process::run(&mut pytest(workspace)?)
}

/// Pytest, with all that it needs.
pub(crate) fn pytest(workspace: &Workspace) -> Result<Command> {
    let tests = workspace.root.join("deploy/e2e");
    let venv = virtual_environment(&workspace.target.join("venv"), &tests.join("requirements.txt"))?;
    if !install::browser_is_here() {
        process::run(Command::new(venv.join("bin/playwright")).args(["install", "--with-deps", "chromium"]))?;
    }
    let mut pytest = Command::new(venv.join("bin/python"));
    pytest.current_dir(&tests).args(["-m", "pytest"]);
    pytest.env("SLOWBURN_BINARY", workspace.binary());
    pytest.env("SLOWBURN_SCREENSHOTS", workspace.target.join("screenshots"));
    Ok(pytest)
}

/// Makes the environment, unless the one that lies there was made from the same requirements by the
/// same Python.
fn virtual_environment(venv: &Path, requirements: &Path) -> Result<PathBuf> {
    let wanted = fingerprint(requirements)?;
    let stamp = venv.join("made-from");
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted) {
        return Ok(venv.to_owned());
    }
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv))?;
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements);
    process::run(&mut pip)?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(venv.to_owned())
}

fn fingerprint(requirements: &Path) -> Result<String> {
    let text = fs::read(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let python = process::answer("python3", &["-VV"]).context("python3 does not start")?;
    let mut made_from = format!("{python}\n");
    for byte in Sha256::digest(text) {
        write!(made_from, "{byte:02x}")?;
    }
    Ok(made_from)
}
