//! When an error budget will be spent, with an interval.
//!
//! Dividing what is left by the burn rate assumes that nothing comes back. In a rolling period it
//! does: every hour the oldest hour leaves the period, with its bad events. So the period is moved
//! on hour by hour; what leaves it is known, and what comes is assumed to be like the hours that
//! were looked back on. Their mean share of bad events is uncertain, because there were few events
//! or because the hours differ; the wider of both intervals gives the earliest and latest time.

use std::ops::Range;
use std::time::Duration;

use ingest_model::Nanos;

use crate::burn::Exhaustion;
use crate::counts::Counts;
use crate::interval::{Confidence, Interval};
use crate::method::Method;
use crate::minutes::Minutes;
use crate::slices::{Minute, Slices};
use crate::standing::{Measured, Promise};
use crate::window::Window;

/// When nothing will be left of an error budget. [`Exhaustion::Never`] is: not within one period
/// from now, or not before a calendar's period ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// If things go on as badly as they may do.
    pub earliest: Exhaustion,
    /// If they go on as they did.
    pub expected: Exhaustion,
    /// If they go on as well as they may do.
    pub latest: Exhaustion,
}

/// Hours like those that were looked back on.
#[derive(Debug, Clone, Copy)]
struct Hours {
    /// Events, or slices, an hour.
    total: f64,
    /// The share of them that is bad, and what else it may be.
    bad: f64,
    interval: Interval,
}

impl Promise {
    /// Forecasts from the last `back` before `now`, of which whole hours are taken and at least
    /// one; `confidence` is that of the interval, half of its error on each side. `None` if nothing
    /// was measured in them.
    #[must_use]
    pub fn forecast(&self, slices: &Slices, back: Minutes, confidence: Confidence, now: Nanos) -> Option<Forecast> {
        let measured = self.measured(slices, now);
        let hours = Hours::of(&measured, self.method, back, confidence.two_sided(), now)?;
        let path = Path::of(self, &measured, now);
        let at = |bad: f64| path.exhausted(hours.total, bad);
        Some(Forecast { earliest: at(hours.interval.upper), expected: at(hours.bad), latest: at(hours.interval.lower) })
    }
}

// === impl Hours ===

impl Hours {
    /// Those of the time `back`, counted back from `now`.
    fn of(measured: &Measured<'_>, method: Method, back: Minutes, each: Confidence, now: Nanos) -> Option<Self> {
        // An hour, or as many slices as have one.
        let length = method.slice().map_or(60, |slice| slice.get() * 60_u32.div_ceil(slice.get()));
        let count = (back.get() / length).max(1);
        let end = Minute::of(now);
        let before = |number: u32| end.shifted(-i64::from(length) * i64::from(number));
        let hour = |number: u32| measured.sum(before(number + 1)..before(number), end);
        let hours: Vec<Counts> = (0..count).map(hour).collect();
        let sum: Counts = hours.iter().copied().sum();
        let (bad, total) = (sum.bad() as f64, sum.total() as f64);
        let unit = method.unit();
        let few = Counts::held(sum.good() / unit, sum.total() / unit);
        let interval = Interval::of_bad(few, each);
        let spread = each.deviations() * deviation(&hours, bad / total);
        let lower = interval.lower.min(bad / total - spread).max(0.0);
        let upper = interval.upper.max(bad / total + spread).min(1.0);
        let interval = Interval { lower, upper };
        (sum.total() > 0).then(|| Self { total: total * 60.0 / f64::from(count * length), bad: bad / total, interval })
    }
}

/// The standard error of the share of bad events among hours that differ: that of a ratio of sums
/// (Cochran, "Sampling Techniques", 1977, formula 6.13).
fn deviation(hours: &[Counts], share: f64) -> f64 {
    let count = hours.len() as f64;
    let total: f64 = hours.iter().map(|hour| hour.total() as f64).sum();
    let off = |hour: &Counts| hour.bad() as f64 - share * hour.total() as f64;
    let squares: f64 = hours.iter().map(|hour| off(hour).powi(2)).sum();
    if hours.len() < 2 { 0.0 } else { (squares * count / (count - 1.0)).sqrt() / total }
}

/// The period as it moves on.
#[derive(Debug)]
struct Path {
    /// What is in the period after so many hours of what is in it now.
    left: Vec<Counts>,
    /// Hours until a calendar's period ends.
    end: Option<f64>,
    /// What the budget is a share of, if that is known.
    base: Option<u64>,
    allowed: f64,
}

// === impl Path ===

impl Path {
    fn of(promise: &Promise, measured: &Measured<'_>, now: Nanos) -> Self {
        let Range { start, end } = promise.window.bounds(now);
        let origin = promise.window.origin(now);
        let whole = promise.window.whole(now);
        let hours = promise.window.period(now).get().div_ceil(60);
        let step = match &promise.window {
            Window::Rolling(_) => 60,
            Window::Calendar(_) => 0,
        };
        let from = |hour: u32| start.shifted(step * i64::from(hour)).min(end);
        // From the last hour to all of them, so that every minute is added once.
        let mut left: Vec<Counts> = Vec::new();
        let mut after = end;
        let mut sum = Counts::default();
        for hour in (0..=hours).rev() {
            let begin = from(hour);
            sum = sum.merge(measured.sum(promise.method.bounds(begin..after, origin), origin));
            after = begin;
            left.push(sum);
        }
        left.reverse();
        let to_come = matches!(promise.window, Window::Calendar(_)).then(|| f64::from(end.until(whole.end)) / 60.0);
        let base = promise.base(whole);
        Self { left, end: to_come, base, allowed: promise.target.error_budget().to_f64() }
    }

    /// When the budget is spent if every hour has `total` events, of which the share `bad` is bad.
    fn exhausted(&self, total: f64, bad: f64) -> Exhaustion {
        let consumed = |(hour, left): (usize, &Counts)| {
            let (come, hour) = (total * hour as f64, hour as f64);
            let base = self.base.map_or_else(|| left.total() as f64 + come, |base| base as f64);
            (hour, (left.bad() as f64 + come * bad) / (base * self.allowed))
        };
        let mut before = 0.0;
        for (hour, consumed) in self.left.iter().enumerate().map(consumed) {
            if self.end.is_some_and(|end| hour > end + 1.0) {
                return Exhaustion::Never;
            }
            // Not less than nothing where a whole is a rounding away.
            if consumed >= 1.0 - 1e-12 {
                return if hour == 0.0 { Exhaustion::Already } else { self.between(hour, before, consumed) };
            }
            before = consumed;
        }
        Exhaustion::Never
    }

    /// Within the hour that ends with nothing left, as if it were spent evenly.
    fn between(&self, hour: f64, before: f64, consumed: f64) -> Exhaustion {
        let at = hour - 1.0 + (1.0 - before) / (consumed - before).max(f64::MIN_POSITIVE);
        let at = at.clamp(hour - 1.0, hour);
        if self.end.is_some_and(|end| at > end) {
            return Exhaustion::Never;
        }
        Exhaustion::In(Duration::from_secs_f64((at * 3_600.0).round()))
    }
}

#[cfg(test)]
mod tests;
