//! Where the checkout lies and where cargo builds it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand};

/// The checkout this xtask was built from.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever `CARGO_TARGET_DIR` puts it.
    pub(crate) target: PathBuf,
    /// What cargo knows of the members; dependencies are not resolved.
    pub(crate) metadata: Metadata,
}

// === impl Workspace ===

impl Workspace {
    /// Asks cargo, so it works from any folder of the checkout.
    pub(crate) fn find() -> Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cargo metadata failed")?;
        Ok(Self {
            root: metadata.workspace_root.clone().into(),
            target: metadata.target_directory.clone().into(),
            metadata,
        })
    }

    /// Cargo, in the root of the checkout, as if it were started by hand.
    ///
    /// `cargo xtask` itself runs under cargo, which describes this package in the environment. Build scripts that
    /// watch these variables would run again, and all that stands on them, whenever one builds by hand and by xtask
    /// in turn.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root).args(arguments);
        let of_this_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        for (name, _) in std::env::vars_os() {
            if of_this_package.iter().any(|start| name.to_string_lossy().starts_with(start)) {
                cargo.env_remove(name);
            }
        }
        cargo
    }

    /// Where the release binary is found, whatever the target folder: `target/release/slowburn`.
    pub(crate) fn binary(&self) -> PathBuf {
        self.root.join("target/release/slowburn")
    }
}
