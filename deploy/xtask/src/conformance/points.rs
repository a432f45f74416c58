//! What OTLP asks, as the list of points says it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

use super::named::Test;

/// Points that belong together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) points: Vec<Point>,
}

/// One requirement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) number: u32,
    /// How binding it is: MUST, SHOULD, MAY, or where else it comes from.
    pub(super) level: String,
    pub(super) requirement: String,
    /// How far it is met, where that needs words.
    pub(super) remark: Option<String>,
}

/// Reads lines `number | level | requirement | remark` below headings `## title`.
pub(super) fn parse(text: &str) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(title) = line.strip_prefix("## ") {
            sections.push(Section { title: title.to_owned(), points: Vec::new() });
        } else if !line.is_empty() && !line.starts_with('#') {
            let point = point(line).with_context(|| format!("line {}", index + 1))?;
            sections.last_mut().context("the first point stands before the first title")?.points.push(point);
        }
    }
    let numbers = numbers(&sections);
    ensure!(numbers.iter().copied().eq(1..=numbers.len() as u32), "the points are not numbered from 1 on");
    Ok(sections)
}

fn point(line: &str) -> Result<Point> {
    let mut words = line.split(" | ").map(str::to_owned);
    let number = words.next().unwrap_or_default().parse().context("it does not begin with a number")?;
    let level = words.next().context("it has no level")?;
    let requirement = words.next().context("it has no requirement")?;
    Ok(Point { number, level, requirement, remark: words.next() })
}

fn numbers(sections: &[Section]) -> Vec<u32> {
    sections.iter().flat_map(|section| &section.points).map(|point| point.number).collect()
}

/// Points that no test shows, and tests of points that are not there.
pub(super) fn mistakes(sections: &[Section], tests: &[Test]) -> Vec<String> {
    let asked: BTreeSet<u32> = numbers(sections).into_iter().collect();
    let shown: BTreeSet<u32> = tests.iter().flat_map(|test| &test.points).copied().collect();
    let missing =
        asked.difference(&shown).map(|point| format!("no test shows point {point} of OTLP: otlp_{point:03}_…"));
    let unknown =
        shown.difference(&asked).map(|point| format!("a test shows point {point} of OTLP, which is not listed"));
    missing.chain(unknown).collect()
}
