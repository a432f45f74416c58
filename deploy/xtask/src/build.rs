//! The page, the release binary, and starting it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::{self, Purpose};
use crate::workspace::Workspace;
use crate::{process, ui};

/// Installs what is missing, builds the page and the server; answers the binary's path.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    install::install(Purpose::Build)?;
    ui::build(&workspace.root)?;
    server(workspace)
}

/// Builds the server with the page that lies in `web/dist`; answers the binary's path.
pub(crate) fn server(workspace: &Workspace) -> Result<PathBuf> {
    process::run(&mut workspace.cargo(&["build", "--release", "--package", "deploy-server"]))?;
    let binary = workspace.binary();
    place(&workspace.target.join("release/slowburn"), &binary)?;
    Ok(binary)
}

/// Builds, then turns this process into `slowburn <command> <arguments>`, so that signals reach it.
pub(crate) fn build_and_become(workspace: &Workspace, command: &str, arguments: &[OsString]) -> Result<()> {
    let binary = build(workspace)?;
    let mut slowburn = Command::new(&binary);
    slowburn.arg(command).args(arguments);
    Err(slowburn.exec()).with_context(|| format!("cannot start {}", binary.display()))
}

/// Puts the built binary where it is expected. The name is switched in one step, because a running
/// binary cannot be written to.
fn place(built: &Path, wanted: &Path) -> Result<()> {
    if built == wanted {
        return Ok(());
    }
    let folder = wanted.parent().context("the binary's path has no folder")?;
    let fresh = wanted.with_extension("new");
    let placed =
        fs::create_dir_all(folder).and_then(|()| fs::copy(built, &fresh)).and_then(|_| fs::rename(&fresh, wanted));
    placed.with_context(|| format!("cannot copy {} to {}", built.display(), wanted.display()))
}
