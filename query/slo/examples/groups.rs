//! How long it takes to judge the groups of an SLO, and how much memory their minutes take.
//!
//! ```sh
//! cargo run --release -p query-slo --example groups
//! ```
//!
//! Ten thousand groups over 28 days. Each has events in one minute of `every`, which is how most groups are: many are called
//! now and then, few all the time. All of them are judged at once, as every minute does.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::time::Instant;

use ingest_model::Nanos;
use query_slo::{Counts, Floor, Groups, Minute, Minutes, Promise, Window};

const GROUPS: usize = 10_000;
const DAYS: i64 = 28;
const DAY: i64 = 24 * 60;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{:>14} {:>12} {:>14} {:>14} {:>10}", "minutes each", "MiB", "judged in s", "of a core", "burning");
    for every in [1_440, 240, 60, 15] {
        measure(every)?;
    }
    Ok(())
}

/// Judges all groups once, where each has events in one minute of `every`.
fn measure(every: i64) -> Result<(), Box<dyn std::error::Error>> {
    let window: Window = "28d".parse()?;
    let period = window.longest();
    let mut promise = Promise::new("99.9 %".parse()?, window);
    promise.floor = Floor::LOW_TRAFFIC;
    let now = Minute::EPOCH.shifted(DAYS * DAY).start();
    let before = resident()?;
    let groups = groups(every, period, now)?;
    let taken = resident()?.saturating_sub(before);
    let began = Instant::now();
    let burning = groups.iter().filter(|(_, slices)| {
        let standing = promise.stand(slices, now);
        standing.pairs.iter().any(|pair| pair.breaches() == Some(true))
    });
    let burning = burning.count();
    let took = began.elapsed().as_secs_f64();
    let share = took / 60.0 * 100.0;
    println!("{:>14} {:>12} {took:>14.3} {share:>12.1} % {burning:>10}", DAYS * DAY / every, taken >> 20);
    Ok(())
}

fn groups(every: i64, period: Minutes, now: Nanos) -> Result<Groups, query_slo::CountsError> {
    let mut groups = Groups::new(period, GROUPS);
    for group in 0..GROUPS {
        let name = vec![Some(format!("/route/{group}"))];
        for minute in (group as i64 % every..DAYS * DAY).step_by(usize::try_from(every).unwrap_or(1)) {
            let bad = u64::from((minute * 7_919 + group as i64) % 997 == 0);
            groups.put(&name, Minute::EPOCH.shifted(minute), 0, Counts::of_bad(bad, 20)?, now);
        }
    }
    Ok(groups)
}

/// Bytes of memory this process holds.
fn resident() -> Result<usize, Box<dyn std::error::Error>> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = pages.split(' ').nth(1).ok_or("no resident pages")?.parse()?;
    Ok(pages * 4_096)
}
