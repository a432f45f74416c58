//! The season of the day of a course, where one day tells something of another.
//!
//! The mean of the day around each bin is taken away (Brockwell and Davis, "Introduction to Time Series and Forecasting", 1.5.2), the
//! median of what is left is the figure of each hour of the day. It is kept if the figures of the even days bring the odd days closer to nothing, and the other way
//! around: what does not repeat is no season.

use super::course::Bin;
use super::slope::median;

/// Slots of a day.
const SLOTS: usize = 24;

/// Days that a season is learned from at least.
const DAYS: f64 = 3.0;

/// The share of the distance from the day's mean that must go.
const HELPS: f64 = 0.2;

/// How far each hour of the day lies above or below its day.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Season([f64; SLOTS]);

/// What is left of a bin, and when that was: the hour of the day, and the day.
#[derive(Debug, Clone, Copy)]
struct Rest {
    hour: f64,
    day: i64,
    value: f64,
}

// === impl Season ===

impl Season {
    /// The season of a course; `now` is the hour of the day from which bins count back. `None` if there is none.
    pub(super) fn of(bins: &[Bin], now: f64) -> Option<Self> {
        let length = bins.first().zip(bins.last()).map_or(0.0, |(first, last)| last.at - first.at);
        if length < DAYS * 24.0 {
            return None;
        }
        let rests = rests(bins, now);
        let half = |odd: i64| rests.iter().copied().filter(|rest| rest.day.rem_euclid(2) == odd).collect::<Vec<_>>();
        let (even, odd) = (half(0), half(1));
        let left = Self::learned(&even)?.left(&odd) + Self::learned(&odd)?.left(&even);
        let all: f64 = rests.iter().map(|rest| rest.value.abs()).sum();
        (left < (1.0 - HELPS) * all).then(|| Self::learned(&rests))?
    }

    /// How far an hour of the day lies above its day, mixed linearly between the middles of hours.
    pub(super) fn at(&self, hour: f64) -> f64 {
        let place = (hour - 0.5).rem_euclid(SLOTS as f64);
        let left = place as usize % SLOTS;
        let (one, next) = (self.0[left], self.0[(left + 1) % SLOTS]);
        one + (next - one) * (place - place.floor())
    }

    /// Medians of hours; `None` if an hour has nothing.
    fn learned(rests: &[Rest]) -> Option<Self> {
        let mut slots = [0.0; SLOTS];
        for (number, slot) in slots.iter_mut().enumerate() {
            let here = rests.iter().filter(|rest| rest.hour as usize == number);
            *slot = median(&mut here.map(|rest| rest.value).collect::<Vec<_>>())?;
        }
        let mean = slots.iter().sum::<f64>() / SLOTS as f64;
        slots.iter_mut().for_each(|slot| *slot -= mean);
        Some(Self(slots))
    }

    /// What it leaves of other days.
    fn left(&self, rests: &[Rest]) -> f64 {
        rests.iter().map(|rest| (rest.value - self.at(rest.hour)).abs()).sum()
    }
}

/// Bins less the mean of the day around them, where that day is whole.
fn rests(bins: &[Bin], now: f64) -> Vec<Rest> {
    let (Some(first), Some(last)) = (bins.first(), bins.last()) else { return Vec::new() };
    let usual = 24.0 * bins.len() as f64 / (last.at - first.at).max(f64::MIN_POSITIVE);
    let rest = |bin: &Bin| {
        let from = bins.partition_point(|other| other.at < bin.at - 12.0);
        let until = bins.partition_point(|other| other.at < bin.at + 12.0);
        let whole = bin.at - 12.0 >= first.at && bin.at + 12.0 <= last.at && (until - from) as f64 > 0.7 * usual;
        let mean = bins[from..until].iter().map(|other| other.value).sum::<f64>() / (until - from).max(1) as f64;
        let time = now + bin.at;
        whole.then(|| Rest { hour: time.rem_euclid(24.0), day: time.div_euclid(24.0) as i64, value: bin.value - mean })
    };
    bins.iter().filter_map(rest).collect()
}
