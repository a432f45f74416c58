//! Figures of `query-slo` as the API tells them.

use query_api::{Budget, Correction, Forecast, PairBurn};
use query_slo::{Evidence, Exhaustion, Ratio, Spend, Standing, Weighed, When};

pub(super) fn budget(standing: &Standing) -> Option<Budget> {
    let budget = standing.budget?;
    let burn = standing.pairs.first().and_then(|pair| pair.burn.long);
    Some(Budget {
        total: budget.counts().total(),
        bad: budget.counts().bad(),
        allowed: budget.allowed().to_f64(),
        consumed: budget.consumed().to_f64(),
        remaining: budget.remaining().to_f64(),
        exhausted_in_s: burn.and_then(|burn| seconds(budget.exhausted_in(burn))).filter(|left| *left > 0),
    })
}

pub(super) fn pair(weighed: &Weighed) -> PairBurn {
    let spend = |share: fn(&Spend) -> Ratio| weighed.spend.as_ref().map(share).map(Ratio::to_f64);
    PairBurn {
        breaches: weighed.breaches(),
        doubt: doubt(weighed.evidence),
        spent_by_events: spend(|spend| spend.by_events),
        spent_by_rate: spend(|spend| spend.by_rate),
        ..burn(&weighed.burn)
    }
}

pub(super) fn burn(burn: &query_slo::PairBurn) -> PairBurn {
    PairBurn {
        severity: burn.pair.pair.severity.to_string(),
        long: burn.pair.pair.long.to_string(),
        short: burn.pair.pair.short.to_string(),
        factor: burn.pair.factor.to_f64(),
        long_burn: burn.long.map(Ratio::to_f64),
        short_burn: burn.short.map(Ratio::to_f64),
        breaches: burn.breaches(),
        ..PairBurn::default()
    }
}

/// Why bad events are too few to wake somebody.
fn doubt(evidence: Evidence) -> Option<String> {
    match evidence {
        Evidence::Enough => None,
        Evidence::Few { bad, needed } => Some(format!("{bad} bad events, {needed} are needed")),
        Evidence::Unsure { burn } => Some(format!("so few events that the burn rate may be as low as {burn:.2}")),
    }
}

pub(super) fn forecast(forecast: &query_slo::Forecast) -> Forecast {
    Forecast {
        earliest_s: seconds(forecast.earliest),
        expected_s: seconds(forecast.expected),
        latest_s: seconds(forecast.latest),
    }
}

/// 0 where nothing is left, `None` where it lasts.
fn seconds(exhaustion: Exhaustion) -> Option<u64> {
    match exhaustion {
        Exhaustion::Already => Some(0),
        Exhaustion::In(left) => Some(left.as_secs()),
        Exhaustion::Never => None,
    }
}

pub(super) fn correction(correction: &query_slo::Correction) -> Correction {
    let (starts_at, ends_at, repeats, lasts_minutes) = match &correction.when {
        When::Once(times) => (times.start, Some(times.end), None, times.start.until(times.end)),
        When::Every { calendar, lasts, until } => (calendar.start(), *until, Some(calendar.to_string()), lasts.get()),
    };
    Correction {
        name: correction.name.clone(),
        effect: correction.effect.to_string(),
        starts_at: starts_at.start(),
        ends_at: ends_at.map(query_slo::Minute::start),
        repeats,
        lasts_minutes,
        reason: correction.reason.clone(),
        changed_by: correction.by.clone(),
        changed_at: correction.at,
    }
}
