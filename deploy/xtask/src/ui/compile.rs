//! From Rust to WebAssembly and the JavaScript that loads it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;
use wasm_bindgen_cli_support::Bindgen;

use crate::install::wasm::{TARGET, debian_has_it, rustup_has_it};
use crate::process;

/// The page as a browser loads it.
#[derive(Debug)]
pub(super) struct Bound {
    /// The JavaScript module that loads the WebAssembly.
    pub(super) module: String,
    /// The WebAssembly.
    pub(super) wasm: Vec<u8>,
}

/// Compiles the crate `web`; answers the file.
pub(super) fn web(root: &Path) -> Result<PathBuf> {
    let metadata = MetadataCommand::new().no_deps().current_dir(root).exec().context("cargo metadata failed")?;
    // A target folder of its own: two compilers in one would build everything again in turn.
    let target = metadata.target_directory.as_std_path().join("wasm");
    let mut cargo = cargo()?;
    cargo.current_dir(root).env("CARGO_TARGET_DIR", &target);
    cargo.args(["--package", "web", "--target", TARGET, "--profile", "wasm-release"]);
    process::run(&mut cargo)?;
    Ok(target.join(TARGET).join("wasm-release/web.wasm"))
}

/// `cargo build` of the toolchain at hand, or of Debian's, which builds the standard library too.
fn cargo() -> Result<Command> {
    if rustup_has_it() {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.arg("build");
        return Ok(cargo);
    }
    let debian = Path::new("/usr/bin");
    if !debian_has_it() {
        bail!("the target {TARGET} is missing; `cargo xtask install` adds it");
    }
    let mut cargo = Command::new(debian.join("cargo"));
    cargo.args(["build", "-Zbuild-std=std,panic_abort"]);
    // Debian's compiler calls itself stable, and building the standard library is not.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", debian.join("rustc"));
    // What the rustup toolchain that runs this tool has set would lead back to it.
    for name in ["RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        cargo.env_remove(name);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(debian.to_owned()).chain(env::split_paths(&path));
    cargo.env("PATH", env::join_paths(folders).context("PATH has an entry that cannot be joined")?);
    Ok(cargo)
}

/// Writes the JavaScript to the WebAssembly.
///
/// `wasm-opt` is left out: it saves 1 kB of 330 after compression, and up to version 108, which
/// Debian 12 has, it exports the table of functions in the place of the table of objects.
pub(super) fn bind(wasm: &Path) -> Result<Bound> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).typescript(false).omit_default_module_path(true);
    bindgen.remove_name_section(true).remove_producers_section(true);
    let mut output = bindgen.web(true)?.generate_output()?;
    let foreign = output.snippets().iter().filter(|(_, scripts)| !scripts.is_empty()).map(|(name, _)| name);
    let foreign: Vec<&String> = foreign.chain(output.local_modules().keys()).collect();
    if !foreign.is_empty() {
        bail!("dependencies of the page bring JavaScript of their own, which this build does not place: {foreign:?}");
    }
    Ok(Bound { module: output.js().to_owned(), wasm: output.wasm_mut().emit_wasm() })
}
