//! Files stay under 500 lines, functions under 80, and modules are `name.rs` beside `name/`.
//!
//! The code is formatted (the step before), so a function ends at the first closing brace that
//! stands as far in as its `fn` line; no parser is needed.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 80;

/// Measures every Rust file that git knows.
///
/// # Errors
///
/// Names every file and function that is too long, and every `mod.rs`.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let root = workspace.root.to_str().context("the path of the checkout is not UTF-8")?;
    let files = process::answer("git", &["-C", root, "ls-files", "*.rs"]).context("git ls-files failed")?;
    let mut complaints = Vec::new();
    for name in files.lines() {
        // A file may be deleted and the deletion not yet committed.
        let Ok(text) = fs::read_to_string(workspace.root.join(name)) else {
            continue;
        };
        complaints.extend(complaints_of(name, &text));
    }
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n"));
    }
    Ok(())
}

fn complaints_of(name: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if name.ends_with("/mod.rs") {
        complaints.push(format!("{name}: call it after its folder and put it beside it"));
    }
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() > FILE_LINES {
        complaints.push(format!("{name}: {} lines, at most {FILE_LINES} are allowed: split it", lines.len()));
    }
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| opens_function(line)) {
        let length = function_length(&lines[index..]);
        if length > FUNCTION_LINES {
            let place = format!("{name}:{}", index + 1);
            let start = line.trim();
            complaints.push(format!("{place}: {length} lines, at most {FUNCTION_LINES} are allowed: `{start}`"));
        }
    }
    complaints
}

fn opens_function(line: &str) -> bool {
    let words = line.split_whitespace();
    let mut words = words.skip_while(|word| {
        word.starts_with("pub") || ["default", "const", "async", "unsafe", "extern", "\"C\""].contains(word)
    });
    words.next() == Some("fn")
}

/// Lines from the `fn` line to the brace that closes it; 1 where there is no body.
fn function_length(lines: &[&str]) -> usize {
    let indent = lines[0].len() - lines[0].trim_start().len();
    let end = lines.iter().position(|line| {
        let depth = line.len() - line.trim_start().len();
        depth == indent && (line.trim_start().starts_with('}') || line.ends_with(';'))
    });
    end.map_or(1, |end| end + 1)
}

#[cfg(test)]
mod tests;
