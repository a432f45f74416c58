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
