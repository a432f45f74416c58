//! The standard library for `wasm32-unknown-unknown`, which the page is built with.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The target's name.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's Rust with its sources, from which cargo builds the standard library itself. Its linker
/// `rust-lld` is a link to `lld-22`.
const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];

/// Installs the target: through rustup, or where rustup cannot reach its server, as Debian packages.
pub(super) fn install() -> Result<()> {
    if rustup_has_it() || debian_has_it() {
        return Ok(());
    }
    let added = process::run(Command::new("rustup").args(["target", "add", TARGET]));
    if added.is_ok() && rustup_has_it() {
        return Ok(());
    }
    eprintln!("rustup did not bring the target {TARGET}; trying Debian's packages instead");
    super::apt_install(DEBIAN_PACKAGES)
        .with_context(|| format!("the page is compiled for {TARGET}: `rustup target add {TARGET}`"))
}

/// Whether the toolchain at hand has the target.
pub(crate) fn rustup_has_it() -> bool {
    let folder = process::answer("rustc", &["--print", "target-libdir", "--target", TARGET]);
    folder.is_some_and(|folder| fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()))
}

/// Whether Debian's toolchain is there, with what it takes to build the standard library.
pub(crate) fn debian_has_it() -> bool {
    let files = ["/usr/bin/cargo", "/usr/bin/rust-lld", "/usr/lib/rustlib/src/rust/library/std"];
    files.into_iter().all(|file| Path::new(file).exists())
}
