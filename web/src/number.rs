//! Counts and sizes as people read them.

/// An integer with its thousands apart, such as `328,848`.
pub(crate) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if number < 0 {
        text.push('\u{2212}');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// [`count`] of what is in memory.
pub(crate) fn count_of(number: usize) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A measured value to about three digits that count, without zeros at the end, such as `12.3`.
pub(crate) fn measured(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 || !size.is_finite() => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.001 => 4,
        _ => return format!("{value:.2e}"),
    };
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond i64 is held at its ends")]
    let text = match value.abs() {
        1_000.0..1e15 => count(value.round() as i64),
        _ => format!("{value:.digits$}").replace('-', "\u{2212}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A size in decimal units to one decimal, such as `12.4 MB`.
pub(crate) fn bytes(size_bytes: i64) -> String {
    let size = size_bytes.max(0);
    let (unit, name) = match size {
        0..1_000 => return format!("{size} B"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", size / unit, size % unit * 10 / unit)
}

/// A share in percent to one decimal, such as `2.4 %`; empty when there is no whole.
pub(crate) fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return String::new();
    }
    let tenths = i128::from(part) * 1_000 / i128::from(whole);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (328_848, "328,848"), (-1_234_567, "\u{2212}1,234,567")];
        for (number, text) in cases {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn measured_values_keep_the_digits_that_count() {
        let cases = [
            (0.0, "0"),
            (0.1234, "0.1234"),
            (0.5, "0.5"),
            (3.127, "3.13"),
            (36.0, "36"),
            (-12.34, "\u{2212}12.3"),
            (420.4, "420"),
            (12_345.6, "12,346"),
            (0.000_012, "1.20e-5"),
        ];
        for (value, text) in cases {
            assert_eq!(measured(value), text);
        }
    }

    #[test]
    fn sizes_are_decimal_and_never_round_up_to_a_thousand() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(12_499_999), "12.4 MB");
        assert_eq!(bytes(999_999_999), "999.9 MB");
        assert_eq!(bytes(3_100_000_000), "3.1 GB");
    }

    #[test]
    fn a_share_of_nothing_is_not_shown() {
        assert_eq!(percent(3, 0), "");
        assert_eq!(percent(24, 1_000), "2.4 %");
        assert_eq!(percent(i64::MAX, i64::MAX), "100.0 %");
    }
}
