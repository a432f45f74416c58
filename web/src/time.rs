//! Durations and points in time as people read them, in integer arithmetic throughout.

use ingest_model::Nanos;

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000 * MICRO;
const SECOND: u64 = 1_000 * MILLI;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How much of a point in time is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    /// To the second.
    Seconds,
    /// To the millisecond.
    Millis,
    /// All nine digits.
    Nanos,
}

/// How long ago something was, in the largest unit that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// Less than a second, or in the future because clocks differ.
    Now,
    /// Whole seconds.
    Seconds(i64),
    /// Whole minutes.
    Minutes(i64),
    /// Whole hours.
    Hours(i64),
    /// Whole days.
    Days(i64),
}

// === impl Age ===

impl Age {
    /// The age at `now` of what happened at `then`.
    pub(crate) fn between(then: Nanos, now: Nanos) -> Self {
        let seconds = now.since(then) / 1_000_000_000;
        match seconds {
            ..=0 => Self::Now,
            1..=119 => Self::Seconds(seconds),
            120..=7_199 => Self::Minutes(seconds / 60),
            7_200..=172_799 => Self::Hours(seconds / 3_600),
            _ => Self::Days(seconds / 86_400),
        }
    }
}

/// A duration to three significant digits, such as `28.2 ms` or `2 min 05 s`.
pub(crate) fn duration(duration_ns: i64) -> String {
    let sign = if duration_ns < 0 { "\u{2212}" } else { "" };
    let nanos = duration_ns.unsigned_abs();
    // The limits are where three digits would round up to 1,000 of the smaller unit.
    let text = match nanos {
        0..MICRO => format!("{nanos} ns"),
        MICRO..999_500 => scaled(nanos, MICRO, "µs"),
        999_500..999_500_000 => scaled(nanos, MILLI, "ms"),
        999_500_000..59_950_000_000 => scaled(nanos, SECOND, "s"),
        _ => long(nanos),
    };
    format!("{sign}{text}")
}

fn scaled(nanos: u64, unit: u64, name: &str) -> String {
    let decimals: u32 = match nanos / unit {
        0..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    let steps = 10_u64.pow(decimals);
    let rounded = (nanos * steps + unit / 2) / unit;
    match decimals {
        0 => format!("{rounded} {name}"),
        _ => format!("{}.{:0width$} {name}", rounded / steps, rounded % steps, width = decimals as usize),
    }
}

fn long(nanos: u64) -> String {
    let seconds = (nanos + SECOND / 2) / SECOND;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, nanos / DAY);
    match nanos {
        0..HOUR if minutes < 60 => format!("{minutes} min {:02} s", seconds % 60),
        0..DAY => format!("{hours} h {:02} min", minutes % 60),
        _ => format!("{days} d {:02} h", nanos % DAY / HOUR),
    }
}

/// The length of a window in its largest whole unit, such as `5 min` or `3 d`.
pub(crate) fn window(seconds: u64) -> String {
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min")].map(|(nanos, name)| (nanos / SECOND, name));
    let whole = units.into_iter().find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{seconds} s"), |(unit, name)| format!("{} {name}", seconds / unit))
}

/// A duration with every digit, such as `28,160,439 ns`.
pub(crate) fn duration_exact(duration_ns: i64) -> String {
    format!("{} ns", crate::number::count(duration_ns))
}

/// A point in time as the clock on a wall `offset_minutes` east of Greenwich shows it, such as
/// `2023-01-29 16:49:19.219`.
pub(crate) fn wall_clock(time: Nanos, offset_minutes: i32, precision: Precision) -> String {
    let shifted = time.plus(i64::from(offset_minutes) * 60 * 1_000_000_000);
    let text = shifted.rfc3339().replace('T', " ");
    let length = match precision {
        Precision::Seconds => 19,
        Precision::Millis => 23,
        Precision::Nanos => 29,
    };
    text.chars().take(length).collect()
}

/// The name of a zone by its offset, such as `UTC+08:00`.
pub(crate) fn zone_name(offset_minutes: i32) -> String {
    let sign = if offset_minutes < 0 { '\u{2212}' } else { '+' };
    match offset_minutes.unsigned_abs() {
        0 => "UTC".to_owned(),
        minutes => format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests;
