//! Installing what a command needs and the machine lacks.
//!
//! On Debian and Ubuntu the packages come from `apt-get`, as root or through `sudo -n`; elsewhere,
//! and without those rights, the missing pieces are named. What is there is left alone.

pub(crate) mod wasm;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::process;

/// What an installation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// Building and running: a C compiler, the WebAssembly target.
    Build,
    /// Everything that CI runs: the above, rustfmt, clippy, Python, a browser and Chinese glyphs.
    Test,
}

/// Something that must be there, and the packages that bring it.
struct Need {
    what: &'static str,
    packages: &'static [&'static str],
    is_here: fn() -> bool,
}

const BUILD: &[Need] = &[Need {
    what: "a C compiler and make",
    packages: &["build-essential"],
    is_here: || ["cc", "c++", "make"].into_iter().all(on_path),
}];

const TEST: &[Need] = &[
    Need {
        what: "Python with venv",
        packages: &["python3", "python3-venv"],
        is_here: || process::succeeds("python3", &["-c", "import ensurepip, venv"]),
    },
    Need { what: "psql", packages: &["postgresql-client"], is_here: || on_path("psql") },
    Need { what: "Chromium", packages: &["chromium"], is_here: || browser_is_here() || !has_chromium_package() },
    Need {
        what: "Chinese glyphs",
        packages: &["fonts-noto-cjk"],
        is_here: || fs::exists("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").unwrap_or(false),
    },
];

/// Installs whatever `purpose` needs and is not there.
///
/// # Errors
///
/// When something is missing and cannot be installed; the message says how to.
pub(crate) fn install(purpose: Purpose) -> Result<()> {
    let mut needs: Vec<&Need> = BUILD.iter().collect();
    if purpose == Purpose::Test {
        needs.extend(TEST);
    }
    needs.retain(|need| !(need.is_here)());
    install_packages(&needs)?;
    wasm::install()?;
    if purpose == Purpose::Test {
        install_components()?;
    }
    Ok(())
}

/// The browser for the browser tests, if a name of Chromium is in `PATH`.
pub(crate) fn browser_is_here() -> bool {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().any(on_path)
}

fn on_path(program: &str) -> bool {
    process::find_program(program).is_some()
}

/// Ubuntu's `chromium` is a snap, which neither containers nor headless tests can use; there the
/// browser tests fetch Playwright's own.
fn has_chromium_package() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=debian"))
}

fn install_packages(needs: &[&Need]) -> Result<()> {
    if needs.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = needs.iter().map(|need| need.what).collect();
    let packages: Vec<&str> = needs.iter().flat_map(|need| need.packages).copied().collect();
    eprintln!("missing: {}", missing.join(", "));
    apt_install(&packages)
}

/// Installs Debian packages. Nothing is removed to make room: a conflict is an error instead.
fn apt_install(packages: &[&str]) -> Result<()> {
    let advice = || format!("install it yourself: apt-get install {}", packages.join(" "));
    if !on_path("apt-get") {
        bail!("this machine has no apt-get; the packages Debian calls {} are needed", packages.join(", "));
    }
    process::run(apt_get()?.args(["update", "-qq"])).with_context(advice)?;
    let options = ["install", "-qq", "-y", "--no-install-recommends", "--no-remove"];
    process::run(apt_get()?.args(options).args(packages)).with_context(advice)
}

fn apt_get() -> Result<Command> {
    let quiet = "DEBIAN_FRONTEND=noninteractive";
    if process::answer("id", &["-u"]).as_deref() == Some("0") {
        let mut command = Command::new("env");
        command.args([quiet, "apt-get"]);
        return Ok(command);
    }
    if process::succeeds("sudo", &["-n", "true"]) {
        let mut command = Command::new("sudo");
        command.args(["-n", "env", quiet, "apt-get"]);
        return Ok(command);
    }
    bail!("packages can only be installed as root; run `sudo -v` first, or `cargo xtask install` as root")
}

fn install_components() -> Result<()> {
    let here = |command| process::succeeds("cargo", &[command, "--version"]);
    if here("fmt") && here("clippy") {
        return Ok(());
    }
    process::run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))
        .context("rustfmt and clippy are needed; install them with the Rust toolchain")
}
