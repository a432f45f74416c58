//! How long learning and judging take, and whether the stated rate of false alarms holds on clean weeks that were not learned.
//!
//! `cargo run --release -p query-baseline --example refit -- [series, 350] [series judged, 100000]`
//!
//! Learns four weeks of 5-minute points of clean series of seven kinds, then judges the next four weeks of each. Times are of one thread.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

mod world;

use std::time::{Duration, Instant};

use anyhow::Result;
use query_baseline::series::{Candidate, Choice, Live, Sample, SeriesSettings, learn};

use world::{KINDS, POINTS, Random, at, series};

/// Series whose candidate is chosen by backtest.
const CHOSEN: usize = 14;

/// Series that are kept to be judged.
const KEPT: usize = 350;

fn main() -> Result<()> {
    let mut counts = std::env::args().skip(1).map(|count| count.parse::<usize>());
    let (learned, judged) = (counts.next().transpose()?.unwrap_or(350), counts.next().transpose()?.unwrap_or(100_000));
    let settings = SeriesSettings::default();
    let mut lives = Vec::new();
    let mut spent = Duration::ZERO;
    for index in 0..learned {
        let all = series(index % KINDS.len(), &mut Random::seeded(index as u64));
        let start = Instant::now();
        let (_, live) = learn(&all[..POINTS], &[], at(POINTS), &settings, &Choice::Given(Candidate::Ensemble))?;
        spent += start.elapsed();
        if lives.len() < KEPT {
            lives.push((live, all));
        }
    }
    let each = spent.as_secs_f64() / learned as f64;
    println!("refit: {learned} series of {POINTS} points in {:.2} s of one thread", spent.as_secs_f64());
    println!("       10,000 series: {:.0} s of one thread, {:.0} s of two", 1e4 * each, 5e3 * each);
    choices(&settings)?;
    next_points(&lives, judged);
    clean(&mut lives, &settings);
    Ok(())
}

/// Learns with a backtest of every candidate.
fn choices(settings: &SeriesSettings) -> Result<()> {
    let start = Instant::now();
    let mut chosen = Vec::new();
    for index in 0..CHOSEN {
        let all = series(index % KINDS.len(), &mut Random::seeded(index as u64));
        let among = Choice::Among(Candidate::ALL.to_vec());
        let (model, _) = learn(&all[..POINTS], &[], at(POINTS), settings, &among)?;
        chosen.push(format!("{}: {}", KINDS[index % KINDS.len()], model.candidate.name()));
    }
    println!("choice among {}: {:.2} s a series", Candidate::ALL.len(), start.elapsed().as_secs_f64() / CHOSEN as f64);
    println!("       {}", chosen[..KINDS.len()].join(", "));
    let model = learn(
        &series(3, &mut Random::seeded(1))[..POINTS],
        &[],
        at(POINTS),
        settings,
        &Choice::Given(Candidate::Ensemble),
    )?
    .0;
    println!("       a stored model takes {} bytes of JSON", serde_json::to_string(&model)?.len());
    Ok(())
}

/// Judges the next point of many series, copies of those learned.
fn next_points(lives: &[(Live, Vec<Sample>)], judged: usize) {
    let mut spent = Duration::ZERO;
    let mut alarms = 0;
    for _ in 0..judged.div_ceil(lives.len()) {
        let mut copies: Vec<(Live, Sample)> = lives.iter().map(|(live, all)| (live.clone(), all[POINTS])).collect();
        let start = Instant::now();
        alarms += copies.iter_mut().map(|(live, sample)| u32::from(live.observe(*sample, false).alarm)).sum::<u32>();
        spent += start.elapsed();
    }
    println!(
        "judge: the next point of {judged} series in {:.3} s of one thread ({alarms} alarms)",
        spent.as_secs_f64()
    );
}

/// False alarms of clean weeks that were not learned.
fn clean(lives: &mut [(Live, Vec<Sample>)], settings: &SeriesSettings) {
    println!(
        "\n| clean series | false alarms a week, stated {} | inside the band |\n|---|---|---|",
        settings.alarms_per_week
    );
    for (kind, name) in KINDS.iter().enumerate() {
        let (mut alarms, mut inside, mut weeks, mut points) = (0, 0, 0, 0);
        for (live, all) in lives.iter_mut().skip(kind).step_by(KINDS.len()) {
            for sample in &all[POINTS..] {
                let judgement = live.observe(*sample, false);
                alarms += u32::from(judgement.alarm);
                inside += u32::from(!judgement.outside);
                points += 1;
            }
            weeks += 4;
        }
        println!(
            "| {name} | {:.2} | {:.2} % |",
            f64::from(alarms) / f64::from(weeks.max(1)),
            100.0 * f64::from(inside) / f64::from(points.max(1))
        );
    }
}
