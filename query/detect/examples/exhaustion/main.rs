//! How well it is forecast when a resource runs out: error, coverage of the interval, false alarms; beside two straight lines.
//!
//! `cargo run --release -p query-detect --example exhaustion -- [first seed, 2001] [seeds, 40]`
//!
//! Series of sixty days of twelve kinds; forecasts at days 6, 10, 14, 20 and 26, as long as the limit was not reached and, where something
//! new happens, from a day after it; horizon 30 days. What is asked for is the first sample at the limit or beyond it, season and noise
//! included. Seeds 1 to 40 were looked at while the method was made, 2001 to 2040 once.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

mod floors;
mod tally;
mod world;

use std::time::{Duration, Instant};

use ingest_model::Nanos;
use query_detect::exhaustion::{Exhaustion, ExhaustionSettings, Limit, Outlook, Sample};

use tally::{Answer, Case, Tally};
use world::{DAY, KINDS, LIMIT, Random, at};

/// Days at whose end a forecast is made.
const ORIGINS: [usize; 5] = [6, 10, 14, 20, 26];

/// Hours ahead that are asked for.
const HORIZON: f64 = 720.0;

/// Nanoseconds of an hour.
const HOUR_NS: f64 = 3.6e12;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|number| number.parse::<u64>().ok());
    let (first, count) = (numbers.next().unwrap_or(2_001), numbers.next().unwrap_or(40));
    let settings = ExhaustionSettings::default();
    println!("seeds {first} to {}, stated coverage {} %\n", first + count - 1, 100.0 * settings.confidence);
    println!("{}", Tally::HEAD);
    let (mut all, mut spent) = (Tally::default(), Duration::ZERO);
    for (kind, name) in KINDS.iter().enumerate() {
        let mut tally = Tally::default();
        for seed in first..first + count {
            let mut random = Random::seeded(seed * 100 + kind as u64);
            let (whole, since) = world::whole(kind, &mut random);
            let measured = world::measured(&whole, &mut random);
            let days = ORIGINS.into_iter().filter(|day| day * DAY >= since + DAY);
            for case in cases(&whole, &measured, days, &settings, &mut spent) {
                tally.add(&case);
                all.add(&case);
            }
        }
        println!("{}", tally.row(name));
    }
    println!("{}", all.row("all"));
    println!("\n{:.2} ms a forecast of one thread", 1e3 * spent.as_secs_f64() / all.cases() as f64);
}

/// Forecasts of a series at every origin before its end.
fn cases(
    whole: &[Sample],
    measured: &[Sample],
    days: impl Iterator<Item = usize>,
    settings: &ExhaustionSettings,
    spent: &mut Duration,
) -> Vec<Case> {
    let case = |day: usize| {
        let now = at(day * DAY);
        let past = &measured[..measured.partition_point(|sample| sample.at <= now)];
        let (before, after) = whole.split_at(day * DAY + 1);
        let reached = |samples: &[Sample]| samples.iter().find(|sample| sample.value >= LIMIT).map(|sample| sample.at);
        if reached(before).is_some() {
            return None;
        }
        let hours = |at: Nanos| at.since(now) as f64 / HOUR_NS;
        let within = |time: Option<f64>| time.filter(|time| *time <= HORIZON);
        let start = Instant::now();
        let ours = Exhaustion::of(past, Limit::Upper(LIMIT), now, settings);
        *spent += start.elapsed();
        let ours = match ours.outlook {
            Outlook::Forecast(forecast) => {
                Answer::Given(forecast.earliest.map(hours), forecast.expected.map(hours), forecast.latest.map(hours))
            }
            _ => Answer::None,
        };
        let floors = [within(floors::last_day(past)), within(floors::last_week(past))];
        Some(Case { truth: within(reached(after).map(hours)), ours, floors })
    };
    days.filter_map(case).collect()
}
