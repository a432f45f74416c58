//! The page: from `web` to `web/dist`, which the server embeds.
//!
//! Everything needed besides the compiler is a cargo dependency of this tool.

mod bundle;
mod compile;
mod inputs;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use self::bundle::Asset;

/// What a browser loads first may weigh, compressed with brotli.
const FIRST_LOAD_BUDGET_BYTES: usize = 600_000;
/// The stylesheets, in the order they are joined.
const STYLES: &[&str] = &["tokens", "frame", "parts", "start", "service", "trace", "details", "sql"];
/// Holds what the files in `web/dist` were made from.
const STAMP: &str = ".inputs";

/// Builds the page. Does nothing when it was built from the same sources before.
///
/// # Errors
///
/// When the WebAssembly target is missing, something does not compile, or the page weighs more
/// than its budget.
pub(crate) fn build(root: &Path) -> Result<()> {
    let dist = root.join("web/dist");
    let inputs = inputs::fingerprint(root)?;
    if fs::read_to_string(dist.join(STAMP)).is_ok_and(|built| built == inputs) {
        eprintln!("the page in web/dist is up to date");
        return Ok(());
    }
    let wasm = compile::web(root)?;
    let bound = compile::bind(&wasm)?;
    let assets = assets(root, bound)?;
    bundle::write(&dist, &assets)?;
    bundle::check_budget(&assets, FIRST_LOAD_BUDGET_BYTES)?;
    fs::write(dist.join(STAMP), inputs).context("cannot write web/dist/.inputs")
}

/// Every file of the page; `index.html` names the others.
fn assets(root: &Path, bound: compile::Bound) -> Result<Vec<Asset>> {
    let read = |name: &str| {
        let path = root.join("web").join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let styles: Vec<String> = STYLES.iter().map(|name| read(&format!("style/{name}.css"))).collect::<Result<_>>()?;
    let style = Asset::hashed("page", "css", styles.concat().into_bytes());
    let boot = Asset::hashed("boot", "js", read("boot.js")?.into_bytes());
    let module = Asset::hashed("web", "js", bound.module.into_bytes());
    let wasm = Asset::hashed("web", "wasm", bound.wasm);
    let names = [("style", &style), ("boot", &boot), ("module", &module), ("wasm", &wasm)];
    let index = bundle::fill(&read("index.html")?, &names.map(|(key, asset)| (key, asset.name.as_str())))?;
    Ok(vec![Asset { name: "index.html".to_owned(), content: index.into_bytes() }, style, boot, module, wasm])
}
