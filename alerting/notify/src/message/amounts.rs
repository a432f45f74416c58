//! Numbers and times as people read them; the same in every language.

use ingest_model::Nanos;

/// A share as percent with one digit, such as `61.2 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", decimal(share * 100.0, 1))
}

/// A multiple, such as `14.4`; without digits from 100 on, where they say nothing.
pub(super) fn multiple(times: f64) -> String {
    let digits = if times.abs() >= 100.0 {
        0
    } else if times.abs() >= 1.0 {
        1
    } else {
        2
    };
    decimal(times, digits)
}

/// A measured value with about three digits that count.
pub(super) fn measured(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.01 => 4,
        _ => return format!("{value:.2e}"),
    };
    decimal(value, digits)
}

/// Rounded to `digits`, without zeros at the end.
fn decimal(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A time to the second, in UTC.
pub(super) fn time(at: Nanos) -> String {
    let text = at.rfc3339();
    let seconds = text.split('.').next().unwrap_or(&text);
    format!("{} UTC", seconds.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_that_count() {
        assert_eq!([0.612_34, 1.0, -0.123, 0.0].map(percent), ["61.2 %", "100 %", "-12.3 %", "0 %"]);
        assert_eq!(
            [14.4, 6.0, 1000.4, 0.25, 5.600_000_000_000_000_5].map(multiple),
            ["14.4", "6", "1000", "0.25", "5.6"]
        );
        assert_eq!([912.4, 21.04, 1.5, 0.0123, 0.0].map(measured), ["912", "21", "1.5", "0.0123", "0"]);
        assert_eq!([0.000_123, f64::INFINITY].map(measured), ["1.23e-4", "inf"]);
        assert_eq!(percent(-0.000_01), "0 %");
        assert_eq!(time(Nanos(1_700_000_000_123_456_789)), "2023-11-14 22:13:20 UTC");
    }
}
