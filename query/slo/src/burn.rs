//! How fast an error budget is spent.
//!
//! Source of all formulas: "The Site Reliability Workbook" (Google), chapter 5, "Alerting on SLOs".

use std::time::Duration;

use crate::counts::Counts;
use crate::minutes::Minutes;
use crate::ratio::Ratio;
use crate::target::Target;

/// Share of bad events over the share that may be bad: at 1 the budget lasts exactly its period
/// (section "4: Alert on Burn Rate"). `None` without events, because nothing is known then.
#[must_use]
pub fn burn_rate(counts: Counts, target: Target) -> Option<Ratio> {
    let allowed = i128::from(counts.total()) * i128::from(target.bad_parts());
    let bad = i128::from(counts.bad()) * i128::from(Target::PARTS);
    (allowed > 0).then(|| Ratio::reduced(bad, allowed))
}

/// The burn rate when every event is bad, 1 / (1 - target): none can be higher.
#[must_use]
pub fn max_burn_rate(target: Target) -> Ratio {
    Ratio::reduced(i128::from(Target::PARTS), i128::from(target.bad_parts()))
}

/// Whether a burn rate can ever exceed the factor. An alert on a factor that none can would stay
/// silent in a total outage.
#[must_use]
pub fn can_fire(factor: Ratio, target: Target) -> bool {
    factor < max_burn_rate(target)
}

/// How long errors must go on, after a time without any, until the burn rate of `window` exceeds
/// `factor`: `window * factor / burn_rate` (section "4: Alert on Burn Rate", detection time),
/// rounded to the millisecond. `None` when `burn_rate` is not above the factor: it never does.
#[must_use]
pub fn time_to_fire(window: Minutes, factor: Ratio, burn_rate: Ratio) -> Option<Duration> {
    (burn_rate > factor).then(|| time(window, (factor.to_f64() / burn_rate.to_f64()).max(0.0)))
}

/// How long `window` stays above `factor` after errors that went on for at least
/// [`time_to_fire`] have stopped: the rest of the window, rounded to the millisecond. `None` when
/// `burn_rate` is not above the factor.
#[must_use]
pub fn reset_time(window: Minutes, factor: Ratio, burn_rate: Ratio) -> Option<Duration> {
    time_to_fire(window, factor, burn_rate).map(|to_fire| window.duration().saturating_sub(to_fire))
}

/// When nothing is left of an error budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhaustion {
    /// Nothing is left now.
    Already,
    /// So long from now, if the burn rate stays as it is; rounded to the millisecond.
    In(Duration),
    /// Not while nothing is spent.
    Never,
}

/// When the share `remaining` of the budget of `period` is spent: `period * remaining / burn_rate`
/// (table 5-4, where all of it remains).
#[must_use]
pub fn exhausted_in(period: Minutes, remaining: Ratio, burn_rate: Ratio) -> Exhaustion {
    if !remaining.is_positive() {
        Exhaustion::Already
    } else if burn_rate.is_positive() {
        Exhaustion::In(time(period, remaining.to_f64() / burn_rate.to_f64()))
    } else {
        Exhaustion::Never
    }
}

/// `share` of `whole`; held at the longest duration there is.
fn time(whole: Minutes, share: f64) -> Duration {
    let millis = (whole.duration().as_secs_f64() * share * 1_000.0).round();
    Duration::try_from_secs_f64(millis / 1_000.0).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests;
