//! The dependencies between our crates are those that ARCHITECTURE.md draws, and none that the
//! direction of the data forbids. Cycles need no check: cargo refuses them. Dev-dependencies do not
//! count, because a test may know more than the code it tests.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, Metadata};

use crate::workspace::Workspace;

/// "The first crate needs the second."
type Edge = (String, String);

/// Compares what cargo knows with what is drawn.
///
/// # Errors
///
/// Names every edge that is only drawn, only there, or forbidden.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let file = workspace.root.join("ARCHITECTURE.md");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let mistakes = mistakes(&drawn(&text)?, &actual(&workspace.metadata));
    if !mistakes.is_empty() {
        bail!("the crates do not depend on each other as ARCHITECTURE.md says:\n  {}", mistakes.join("\n  "));
    }
    Ok(())
}

/// Reads the lines `crate -> crate, crate` of the block that opens with "```text graph".
fn drawn(text: &str) -> Result<BTreeSet<Edge>> {
    let mut lines = text.lines().skip_while(|line| line.trim() != "```text graph");
    lines.next().context("ARCHITECTURE.md has no block that opens with ```text graph")?;
    let mut edges = BTreeSet::new();
    for line in lines.take_while(|line| line.trim() != "```").filter(|line| !line.trim().is_empty()) {
        let Some((from, needs)) = line.split_once("->") else {
            bail!("{line:?} in the graph of ARCHITECTURE.md is not `crate -> crate, crate`");
        };
        let needed = needs.split(',').map(str::trim).filter(|name| !name.is_empty());
        edges.extend(needed.map(|to| (from.trim().to_owned(), to.to_owned())));
    }
    Ok(edges)
}

fn actual(metadata: &Metadata) -> BTreeSet<Edge> {
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut edges = BTreeSet::new();
    for package in &metadata.packages {
        let needed = package.dependencies.iter().filter(|needed| needed.kind != DependencyKind::Development);
        let needed = needed.filter(|needed| ours.contains(needed.name.as_str()));
        edges.extend(needed.map(|needed| (package.name.to_string(), needed.name.clone())));
    }
    edges
}

fn mistakes(drawn: &BTreeSet<Edge>, actual: &BTreeSet<Edge>) -> Vec<String> {
    let show = |what: &str, (from, to): &Edge| format!("{from} -> {to} {what}");
    let undrawn = actual.difference(drawn).map(|edge| show("is there, but not drawn", edge));
    let missing = drawn.difference(actual).map(|edge| show("is drawn, but not there", edge));
    let forbidden = actual.iter().filter_map(|edge| Some(show(forbidden(edge)?, edge)));
    undrawn.chain(missing).chain(forbidden).collect()
}

/// Why an edge may not exist, whatever is drawn.
fn forbidden((from, to): &Edge) -> Option<&'static str> {
    if from == "ingest-model" {
        return Some("is forbidden: the words of telemetry need none of our crates");
    }
    if from == "web" && to != "query-api" && to != "ingest-model" {
        return Some("is forbidden: the page knows the contract and the words of telemetry only");
    }
    if from.starts_with("alerting-") && (to == "ingest-store" || to == "query-engine") {
        return Some("is forbidden: alerts ask through the contract");
    }
    if from.starts_with("ingest-") && to.starts_with("query-") {
        return Some("is forbidden: ingest does not know who asks");
    }
    to.starts_with("deploy-").then_some("is forbidden: nothing needs what ships it")
}

#[cfg(test)]
mod tests;
