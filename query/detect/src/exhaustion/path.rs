//! The way from now on: trend, season, what sticks out, and how far it may be off.
//!
//! Where there are a line and a curve, the better one is expected, and the interval holds those of both: which of them goes on is not known.

use ingest_model::Nanos;

use super::course::Bin;
use super::past::{Way, ways};
use super::regime::Regime;
use super::season::Season;
use super::slope::median;
use super::student;
use super::trend::Shape;
use super::wander::Wander;
use super::{Forecast, HOUR_NS, LEAST, Rate, moment};

/// Moments of the future that are looked at, closer together at first.
const MOMENTS: usize = 1_440;

/// Nanoseconds of a day.
const DAY_NS: i64 = 86_400_000_000_000;

/// Degrees of freedom of the error: about what a backtest and its prior amount to.
const FREEDOM: f64 = 6.0;

/// Stretches whose highest values are compared, where the course is shorter than so many days.
const STRETCHES: f64 = 8.0;

/// What comes.
#[derive(Debug)]
pub(super) struct Path {
    /// What is expected.
    best: Way,
    /// What may come as well.
    other: Option<Way>,
    wander: Wander,
    season: Option<Season>,
    /// The hour of the day now.
    hour: f64,
    /// How far above the level a stretch's highest value lies.
    crest: f64,
    /// Half width of the interval, in deviations.
    width: f64,
    limit: f64,
}

// === impl Path ===

impl Path {
    /// `None` of too few samples.
    pub(super) fn of(regime: &Regime<'_>, limit: f64, now: Nanos, confidence: f64) -> Option<Self> {
        if regime.points.len() < LEAST {
            return None;
        }
        let hour = now.0.rem_euclid(DAY_NS) as f64 / HOUR_NS;
        let season = if regime.teeth > 0 { None } else { Season::of(&regime.bins, hour) };
        let usual = |bin: &Bin| season.as_ref().map_or(0.0, |season| season.at((hour + bin.at).rem_euclid(24.0)));
        let less = |bin: &Bin| Bin { value: bin.value - usual(bin), top: bin.top - usual(bin), at: bin.at };
        let bins: Vec<Bin> = regime.bins.iter().map(less).collect();
        let wander = Wander::of(&bins)?;
        let mut ways = ways(&bins, &wander).into_iter();
        let (best, other) = (ways.next()?, ways.next());
        let width = student::quantile(f64::midpoint(1.0, confidence), FREEDOM);
        Some(Self { best, other, season, hour, crest: crest(&bins, &wander), wander, width, limit })
    }

    /// The level now.
    pub(super) fn level(&self) -> f64 {
        self.best.trend.after(-self.best.trend.at)
    }

    /// Growth in an hour.
    pub(super) fn rate(&self) -> Rate {
        let (rate, variance) = (self.best.trend.rate, self.best.trend.of_rate(&self.wander));
        let reach = self.width * self.best.factor * variance.sqrt();
        Rate { lower: rate - reach, expected: rate, upper: rate + reach }
    }

    /// Whether growth can be told from none.
    pub(super) fn grows(&self) -> bool {
        self.rate().lower > 0.0
    }

    pub(super) const fn has_season(&self) -> bool {
        self.season.is_some()
    }

    pub(super) fn is_curved(&self) -> bool {
        self.best.shape == Shape::Curve
    }

    /// When the limit is reached, within `ahead` hours.
    pub(super) fn forecast(&self, now: Nanos, ahead: f64) -> Forecast {
        let ways = || std::iter::once(&self.best).chain(&self.other);
        let reached = |way: &Way, side: f64| self.reached(way, side, ahead).unwrap_or(f64::INFINITY);
        let earliest = ways().map(|way| reached(way, 1.0)).fold(f64::INFINITY, f64::min);
        let latest = ways().map(|way| reached(way, -1.0)).fold(0.0, f64::max);
        let [earliest, expected, latest] = [earliest, reached(&self.best, 0.0), latest]
            .map(|hours| Some(hours).filter(|hours| hours.is_finite()).map(|hours| moment(now, hours)));
        Forecast { earliest, expected, latest }
    }

    /// Hours until the limit is reached by the middle (0) of what may come, its upper end (1) or its lower end (-1).
    fn reached(&self, way: &Way, side: f64, ahead: f64) -> Option<f64> {
        let mut before = (0.0, self.highest(way, side, 0.0));
        for number in 0..=MOMENTS {
            let hours = ahead * (number as f64 / MOMENTS as f64).powi(2);
            let value = self.highest(way, side, hours);
            if value >= self.limit {
                let part = (self.limit - before.1) / (value - before.1).max(f64::MIN_POSITIVE);
                return Some(before.0 + (hours - before.0) * part.clamp(0.0, 1.0));
            }
            before = (hours, value);
        }
        None
    }

    /// The highest value around a moment.
    fn highest(&self, way: &Way, side: f64, hours: f64) -> f64 {
        let season = self.season.as_ref().map_or(0.0, |season| season.at((self.hour + hours).rem_euclid(24.0)));
        let ahead = hours - way.trend.at;
        let off = way.factor * way.trend.of_level(ahead, &self.wander).sqrt();
        way.trend.after(ahead) + season + self.crest + side * self.width * off
    }
}

/// How far the highest value of a day, or of an eighth of the course, lies above the level around it: the median of those.
fn crest(bins: &[Bin], wander: &Wander) -> f64 {
    let (Some(first), Some(last)) = (bins.first(), bins.last()) else { return 0.0 };
    let stretch = ((last.at - first.at) / STRETCHES).clamp(f64::MIN_POSITIVE, 24.0);
    let number = |bin: &Bin| ((last.at - bin.at) / stretch) as usize;
    let reach = wander.memory().max(4) / 2;
    let above = |index: usize| {
        let around = &bins[index.saturating_sub(reach)..(index + reach + 1).min(bins.len())];
        let level = median(&mut around.iter().map(|bin| bin.value).collect::<Vec<_>>()).unwrap_or_default();
        (number(&bins[index]), bins[index].top - level)
    };
    let above: Vec<(usize, f64)> = (0..bins.len()).map(above).collect();
    let highest = above.chunk_by(|one, next| one.0 == next.0);
    let highest = highest.map(|chunk| chunk.iter().map(|(_, above)| *above).fold(f64::MIN, f64::max));
    median(&mut highest.collect::<Vec<_>>()).unwrap_or_default().max(0.0)
}
