//! The trend at a moment: a line over the longest window that shorter ones do not contradict, or a curve.
//!
//! Windows of a line are an eighth, a quarter, half and all of the course. Each has a slope and an interval; from the shortest on they are
//! taken as long as all intervals so far have a slope in common (intersection of confidence intervals: Goldenshluger and Nemirovski,
//! Math. Methods of Statistics 6, 1997; Katkovnik, IEEE Trans. Signal Processing 47, 1999). So a steady series is averaged over all of
//! its past, and one that began to grow yesterday over what came since.
//!
//! A curve is a line whose growth grows or abates by the same share in every hour (the exponential trend of Pegels, Management Science 15,
//! 1969, and the damped one of Gardner and McKenzie, Management Science 31, 1985). There is one where growth from block to block rises or
//! falls throughout (Mann, Econometrica 13, 1945; Kendall, "Rank Correlation Methods", 1955).

use super::course::Bin;
use super::slope::{median, median_slope, theil_sen};
use super::wander::{Wander, Window, blocks};

/// Windows of a line, as shares of the course.
const WINDOWS: [f64; 4] = [0.125, 0.25, 0.5, 1.0];

/// Fewer bins have no slope of their own, fewer blocks no curve.
const LEAST: usize = 8;

/// Half widths of the intervals that are compared, in standard deviations.
const AGREE: f64 = 2.0;

/// How many standard deviations of Kendall's statistic growth must rise or fall.
const BENT: f64 = 2.5;

/// The share of blocks that must grow for a curve.
const GROWS: f64 = 0.7;

/// The window of a line whose slope is as uncertain as that of a curve at its end, as a share of the course: 1.2 / 4, since the end of a
/// regression varies four times as much as its middle.
const OF_CURVE: f64 = 0.3;

/// For how long growth goes on growing, as a share of the course.
const GOES_ON: f64 = 1.0;

/// What a trend looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Growth stays as it is.
    Line,
    /// Growth goes on growing for as long as was looked back on, or abating for ever.
    Curve,
}

/// Level and growth at the newest bin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trend {
    /// When that is, in hours from now.
    pub(super) at: f64,
    pub(super) level: f64,
    /// Growth in an hour.
    pub(super) rate: f64,
    /// By which share growth grows in an hour, and for how many hours.
    bend: f64,
    bends_for: f64,
    /// What the growth was told from.
    window: Window,
}

// === impl Trend ===

impl Trend {
    /// The trend at the last of `bins`; `None` of too few, or of a curve that is none.
    pub(super) fn of(bins: &[Bin], wander: &Wander, shape: Shape) -> Option<Self> {
        let trend = match shape {
            Shape::Line => Self::line(bins, wander)?,
            Shape::Curve => Self::curve(bins)?,
        };
        let rest = |bin: &Bin| bin.value - trend.rise(bin.at - trend.at);
        let newest = &bins[bins.len().saturating_sub(wander.memory())..];
        let level = median(&mut newest.iter().map(rest).collect::<Vec<_>>())?;
        Some(Self { level, ..trend })
    }

    /// The level so many hours after it.
    pub(super) fn after(&self, hours: f64) -> f64 {
        self.level + self.rise(hours)
    }

    /// The variance of its growth.
    pub(super) fn of_rate(&self, wander: &Wander) -> f64 {
        wander.of_rate(self.rate, self.window)
    }

    /// The variance of the level so many hours after it. That of a curve is amplified as its growth is.
    pub(super) fn of_level(&self, hours: f64, wander: &Wander) -> f64 {
        let mean = if hours > 0.0 { self.rise(hours) / hours } else { self.rate };
        wander.of_level(hours, mean, self.window)
    }

    /// By how much the level rises in so many hours.
    fn rise(&self, hours: f64) -> f64 {
        if self.bend == 0.0 {
            return self.rate * hours;
        }
        let bends = hours.clamp(-self.window.length, self.bends_for);
        self.rate * ((self.bend * bends).exp_m1() / self.bend + (self.bend * bends).exp() * (hours - bends))
    }

    fn line(bins: &[Bin], wander: &Wander) -> Option<Self> {
        let (first, last) = (bins.first()?, bins.last()?);
        let mut chosen: Option<Self> = None;
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        for share in WINDOWS {
            let from = last.at - share * (last.at - first.at);
            let recent = &bins[bins.partition_point(|bin| bin.at < from)..];
            let length = last.at - recent.first()?.at;
            if recent.len() < LEAST.min(bins.len()) || length <= 0.0 {
                continue;
            }
            let Some(rate) = theil_sen(recent) else { continue };
            let window = Window { length, points: recent.len() };
            let reach = AGREE * wander.of_rate(0.0, window).sqrt();
            (low, high) = (low.max(rate - reach), high.min(rate + reach));
            if low > high && chosen.is_some() {
                break;
            }
            chosen = Some(Self { at: last.at, level: 0.0, rate, bend: 0.0, bends_for: 0.0, window });
        }
        chosen
    }

    fn curve(bins: &[Bin]) -> Option<Self> {
        let (first, last) = (bins.first()?, bins.last()?);
        let rates = rates(bins);
        let logarithm = |(at, rate): &(f64, f64)| (*rate > 0.0).then(|| (*at, rate.ln()));
        let logarithms: Vec<(f64, f64)> = rates.iter().filter_map(logarithm).collect();
        if kendall(&rates).abs() < BENT || (logarithms.len() as f64) < GROWS * rates.len() as f64 {
            return None;
        }
        let bend = median_slope(&logarithms)?;
        let at_end = |(at, rate): &(f64, f64)| rate * (bend * (last.at - at)).exp();
        let rate = median(&mut rates.iter().map(at_end).collect::<Vec<_>>())?;
        let length = last.at - first.at;
        let bends_for = if bend > 0.0 { GOES_ON * length } else { f64::INFINITY };
        let window = Window { length: OF_CURVE * length, points: (OF_CURVE * bins.len() as f64) as usize };
        Some(Self { at: last.at, level: 0.0, rate, bend, bends_for, window })
    }
}

/// Growth in an hour from block to block, and when.
fn rates(bins: &[Bin]) -> Vec<(f64, f64)> {
    let rate = |pair: &[Option<(f64, f64)>]| {
        let ((from, one), (until, next)) = (pair[0]?, pair[1]?);
        Some((f64::midpoint(from, until), (next - one) / (until - from)))
    };
    blocks(bins).windows(2).filter_map(rate).collect()
}

/// Kendall's statistic of rates over time, in its standard deviations; 0 of few.
fn kendall(rates: &[(f64, f64)]) -> f64 {
    let count = rates.len() as f64;
    let sign = |(one, next): (f64, f64)| f64::from(i8::from(next > one) - i8::from(next < one));
    let pairs = |index: usize| rates[index + 1..].iter().map(move |next| (rates[index].1, next.1));
    let sum: f64 = (0..rates.len()).flat_map(pairs).map(sign).sum();
    let variance = count * (count - 1.0) * (2.0 * count + 5.0) / 18.0;
    if rates.len() < LEAST { 0.0 } else { sum / variance.sqrt() }
}
