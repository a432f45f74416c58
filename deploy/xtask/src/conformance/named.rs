//! Finds the tests by their names in the sources.

use std::fs;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// A test that shows points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Test {
    pub(super) name: String,
    /// Its file, from the root of the checkout.
    pub(super) file: String,
    pub(super) points: Vec<u32>,
}

/// Every numbered test in the files that git knows or would add.
pub(super) fn find(workspace: &Workspace) -> Result<Vec<Test>> {
    let root = workspace.root.to_str().context("the path of the checkout is not UTF-8")?;
    let listed = ["-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "*.rs", "deploy/e2e/*.py"];
    let files = process::answer("git", &listed).context("git ls-files failed")?;
    let mut tests = Vec::new();
    for file in files.lines() {
        // A file may be deleted and the deletion not yet committed.
        if let Ok(text) = fs::read_to_string(workspace.root.join(file)) {
            tests.extend(in_text(file, &text));
        }
    }
    tests.sort();
    tests.dedup();
    Ok(tests)
}

/// The numbered tests of one source file.
pub(super) fn in_text(file: &str, text: &str) -> Vec<Test> {
    let start = if file.ends_with(".py") { "def test_otlp_" } else { "fn otlp_" };
    // Where a line does not begin with them, the words stand in a text.
    let begins = text.lines().map(str::trim_start).map(|line| line.strip_prefix("async ").unwrap_or(line));
    let names = begins.filter_map(|line| line.strip_prefix(start));
    let test = |rest: &str| {
        let rest = rest.split('(').next().unwrap_or_default();
        let name = format!("{}otlp_{rest}", if file.ends_with(".py") { "test_" } else { "" });
        Test { points: points_of(rest), name, file: file.to_owned() }
    };
    names.map(test).filter(|test| !test.points.is_empty()).collect()
}

/// The numbers of three digits that a name begins with.
fn points_of(rest: &str) -> Vec<u32> {
    let is_number = |word: &&str| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    rest.split('_').take_while(is_number).filter_map(|word| word.parse().ok()).collect()
}
