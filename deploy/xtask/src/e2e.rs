//! The Python tests of `deploy/e2e`, in a virtual environment of their own below the target folder.
//!
//! They wait more than they compute, so several run side by side. Those with the mark `waits` take minutes and little of
//! the machine: they run beside the Rust tests. Those with the mark `alone` run one by one when nothing else does.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::workspace::Workspace;
use crate::{install, process};

/// Tests that run at the same time. More than two cores serve, because most of the time most of them wait.
const SIDE_BY_SIDE: &str = "4";

/// Runs pytest against the release binary; `waiting` are the tests that began before.
pub(crate) fn run(workspace: &Workspace, waiting: Waiting) -> Result<()> {
    process::run(side_by_side(&mut pytest(workspace)?).args(["-m", "not waits and not alone"]))?;
    waiting.finish()?;
    process::run(pytest(workspace)?.args(["-m", "alone"]))
}

/// Several tests at a time; those that share a server stay together (`deploy/e2e/conftest.py`).
pub(crate) fn side_by_side(pytest: &mut Command) -> &mut Command {
    pytest.args(["-n", SIDE_BY_SIDE, "--dist", "loadscope", "--no-loadscope-reorder"])
}

/// The tests that wait for minutes, under way. Ended early when it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    tests: Child,
    log: PathBuf,
}

impl Waiting {
    /// Starts them; what they print goes to a file meanwhile.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let log = workspace.target.join("e2e-waits.log");
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut pytest = pytest(workspace)?;
        // In one process: workers would not hear that they are to end.
        pytest.args(["-m", "waits"]).stdin(Stdio::null()).stderr(file.try_clone()?).stdout(file);
        let tests = pytest.spawn().context("pytest does not start")?;
        eprintln!("the tests that wait for minutes run beside what follows; they print to {}", log.display());
        Ok(Self { tests, log })
    }

    /// Waits for their end and shows what they printed.
    fn finish(mut self) -> Result<()> {
        let status = self.tests.wait().context("pytest is gone")?;
        eprintln!("the tests that wait for minutes printed:\n{}", fs::read_to_string(&self.log)?);
        if !status.success() {
            bail!("the tests that wait for minutes failed ({status})");
        }
        Ok(())
    }
}

impl Drop for Waiting {
    /// Pytest ends the servers it started (`deploy/e2e/conftest.py`).
    fn drop(&mut self) {
        if let Ok(None) = self.tests.try_wait() {
            process::succeeds("kill", &["-TERM", &self.tests.id().to_string()]);
            self.tests.wait().ok();
        }
    }
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
