//! What an SLO promises, and when its budget will be spent, in words.

use query_api::{Budget, Forecast, Objective};

use crate::number::{count, measured};
use crate::text::{CalendarText, ForecastText, SloWords, Words};
use crate::time::{duration, window};

/// The units of a length as the API writes them.
const UNITS: [char; 7] = ['m', 'h', 'd', 'w', 'M', 'Q', 'Y'];

/// Parts of a slice that the API counts where slices count by their shares.
const PARTS: f64 = 1_000_000.0;

/// A period: `30d`, or `1M from 2026-01-01 00:00:00 Europe/Berlin`; as it comes where it is neither.
pub(crate) fn period(words: &SloWords, text: &str, present_minutes: u32) -> String {
    let told = match text.split_once(" from ") {
        Some((length, since)) => read_length(length).map(|(number, unit)| {
            let present = lasting(u64::from(present_minutes) * 60);
            (words.calendar)(&CalendarText { every: (words.every)(number, unit), since: since.to_owned(), present })
        }),
        None => read_length(text).map(|(number, unit)| (words.rolling)(&(words.length)(number, unit))),
    };
    told.unwrap_or_else(|| text.to_owned())
}

/// When something repeats: `1w from 2026-01-04 02:00:00 Europe/Berlin`, for so many minutes each time.
pub(crate) fn repeats(words: &Words, text: &str, lasts_minutes: u32) -> String {
    let told = text.split_once(" from ").and_then(|(length, since)| {
        let (number, unit) = read_length(length)?;
        let every = (words.slo.every)(number, unit);
        Some((words.correction.repeats)(&every, since, &lasting(u64::from(lasts_minutes) * 60)))
    });
    told.unwrap_or_else(|| text.to_owned())
}

/// What a budget is made of: `Occurrences`, `Timeslices 5m 0.95` or `RatioTimeslices 5m`; as it comes otherwise.
pub(crate) fn method(words: &SloWords, text: &str) -> String {
    let slice = |text: &str| read_length(text).map(|(number, unit)| (words.length)(number, unit));
    let told = match text.split(' ').collect::<Vec<_>>().as_slice() {
        ["Occurrences"] => Some(words.occurrences.to_owned()),
        ["Timeslices", length, share] => {
            slice(length).zip(exact_percent(share)).map(|(slice, share)| (words.timeslices)(&slice, &share))
        }
        ["RatioTimeslices", length] => slice(length).map(|slice| (words.ratio_timeslices)(&slice)),
        _ => None,
    };
    told.unwrap_or_else(|| text.to_owned())
}

/// Bad events, or slices, beside all of them and beside those that may be bad.
pub(crate) fn counted(words: &SloWords, method: &str, budget: &Budget) -> String {
    let whole = |number: u64| count(i64::try_from(number).unwrap_or(i64::MAX));
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond i64 is held at its ends")]
    let floor = |number: f64| count(number as i64);
    #[expect(clippy::cast_precision_loss, reason = "shown to three digits")]
    let parts = |number: u64| measured(number as f64 / PARTS);
    if method.starts_with("RatioTimeslices") {
        return (words.slices)(&parts(budget.bad), &parts(budget.total), &measured(budget.allowed / PARTS));
    }
    let tell = if method.starts_with("Timeslices") { words.slices } else { words.events };
    tell(&whole(budget.bad), &whole(budget.total), &floor(budget.allowed))
}

/// When the budget will be spent; `None` where that is not known, or nothing is left of it.
pub(crate) fn forecast(words: &SloWords, objective: &Objective) -> Option<String> {
    let Forecast { earliest_s, expected_s, latest_s } = objective.forecast?;
    if objective.budget.is_some_and(|budget| budget.remaining <= 0.0) || expected_s == Some(0) {
        return None;
    }
    let time = |seconds: Option<u64>| seconds.map(lasting);
    let text = ForecastText { earliest: time(earliest_s), expected: time(expected_s), latest: time(latest_s) };
    Some((words.forecast)(&text))
}

/// So many seconds: a whole unit where there is one, else two.
fn lasting(seconds: u64) -> String {
    if seconds.is_multiple_of(60) && (seconds < 3_600 || seconds.is_multiple_of(3_600)) {
        let text = window(seconds);
        if seconds < 86_400 || seconds.is_multiple_of(86_400) {
            return text;
        }
    }
    duration(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000_000))
}

/// `30d` as 30 and `d`.
fn read_length(text: &str) -> Option<(u32, char)> {
    let unit = text.chars().last().filter(|unit| UNITS.contains(unit))?;
    Some((text.strip_suffix(unit)?.parse().ok()?, unit))
}

/// A share from 0 to 1 such as `0.9995` in percent with every digit: the point two places on.
fn exact_percent(share: &str) -> Option<String> {
    let (whole, rest) = share.split_once('.').unwrap_or((share, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(rest) {
        return None;
    }
    let digits = format!("{rest:0<2}");
    let (moved, rest) = digits.split_at(2);
    let moved = format!("{whole}{moved}");
    let (moved, rest) = (moved.trim_start_matches('0'), rest.trim_end_matches('0'));
    let moved = if moved.is_empty() { "0" } else { moved };
    Some(if rest.is_empty() { format!("{moved} %") } else { format!("{moved}.{rest} %") })
}

#[cfg(test)]
mod tests;
