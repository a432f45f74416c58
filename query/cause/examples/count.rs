//! How fast events are counted by their attributes.
//!
//! ```sh
//! cargo run --release -p query-cause --example count
//! ```
//!
//! Ten million events, two threads, batches of 8192. Each event has 24 dictionary columns (2 to 40 values, one of 5000, one id that
//! never repeats) and three measures; and, timed by itself, eight attributes without columns.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::time::{Duration, Instant};

use query_cause::{AttributeSettings, Population, Tally};

const EVENTS: usize = 10_000_000;
const BATCH: usize = 8_192;
/// Batches that are made; they are counted again and again. Together they are larger than any cache.
const BATCHES: usize = 64;
const KEYS: usize = 24;
const REST: usize = 8;
const THREADS: usize = 2;

/// A column of texts.
struct Column {
    key: String,
    values: Vec<String>,
    codes: Vec<u32>,
}

struct Batch {
    populations: Vec<Population>,
    columns: Vec<Column>,
    measures: Vec<Vec<f64>>,
}

/// What is counted of a batch.
type Count = fn(&mut Tally, &Batch);

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(bits ^ (bits >> 31)) * count as u128) >> 64) as usize
    }
}

fn batch(number: usize, random: &mut Random) -> Batch {
    let columns = (0..KEYS).map(|key| {
        let count = match key {
            0 => BATCH,
            1 => 5_000,
            _ => 2 + key * 38 / KEYS,
        };
        let text =
            |value: usize| if key == 0 { format!("{number}-{value}") } else { format!("value {value} of {key}") };
        let codes = (0..BATCH).map(|event| if key == 0 { event } else { random.below(count) } as u32).collect();
        Column { key: format!("attribute.{key:02}"), values: (0..count).map(text).collect(), codes }
    });
    let columns = columns.collect();
    let failing = |_| if random.below(10) == 0 { Population::Failing } else { Population::Baseline };
    let populations = (0..BATCH).map(failing).collect();
    let mut numbers = || (0..BATCH).map(|_| random.below(1_000_000) as f64 / 7.0).collect();
    let measures = (0..3).map(|_| numbers()).collect();
    Batch { populations, columns, measures }
}

fn columns(tally: &mut Tally, batch: &Batch) {
    for column in &batch.columns {
        tally.dictionary(&column.key, &column.values, &column.codes, &batch.populations);
    }
}

fn measures(tally: &mut Tally, batch: &Batch) {
    for (place, values) in batch.measures.iter().enumerate() {
        tally.measure(["duration", "bytes", "queue"][place], values, &batch.populations);
    }
}

fn rest(tally: &mut Tally, batch: &Batch) {
    for (event, population) in batch.populations.iter().enumerate() {
        for column in batch.columns.iter().rev().take(REST) {
            tally.value(&column.key, &column.values[column.codes[event] as usize], *population);
        }
    }
}

/// Counts all events on two threads; the time it took, and the tally.
fn timed(batches: &[Batch], count: Count) -> (Duration, Tally) {
    let begun = Instant::now();
    let share = |thread: usize| {
        let mut tally = Tally::new(AttributeSettings::default().max_values);
        for number in (thread..EVENTS.div_ceil(BATCH)).step_by(THREADS) {
            let batch = &batches[number % BATCHES];
            tally.events(&batch.populations);
            count(&mut tally, batch);
        }
        tally
    };
    let mut all = Tally::new(AttributeSettings::default().max_values);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || share(thread))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).for_each(|tally| all.merge(tally));
    });
    (begun.elapsed(), all)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut random = Random(7);
    let batches: Vec<Batch> = (0..BATCHES).map(|number| batch(number, &mut random)).collect();
    println!("| {EVENTS} events, {THREADS} threads | seconds |\n|---|---|");
    let parts: [(String, Count); 3] = [
        (format!("{KEYS} dictionary columns"), columns),
        ("3 measures".to_owned(), measures),
        (format!("{REST} attributes without columns"), rest),
    ];
    for (name, count) in parts {
        let (took, tally) = timed(&batches, count);
        println!("| {name} | {:.2} |", took.as_secs_f64());
        let begun = Instant::now();
        let found = tally.causes(&AttributeSettings::default())?;
        println!("| ranking {} values of them | {:.3} |", found.compared, begun.elapsed().as_secs_f64());
    }
    Ok(())
}
