//! Parts of a date, in UTC, by the proleptic Gregorian calendar.

const DAY: i64 = 86_400;

pub(super) fn named(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "minute" => |seconds| (whole(seconds).rem_euclid(3_600) / 60) as f64,
        "hour" => |seconds| (whole(seconds).rem_euclid(DAY) / 3_600) as f64,
        "day_of_week" => |seconds| (days(seconds) + 4).rem_euclid(7) as f64,
        "day_of_month" => |seconds| date(seconds).day as f64,
        "day_of_year" => |seconds| {
            let Date { year, .. } = date(seconds);
            (days(seconds) - first_day(year) + 1) as f64
        },
        "days_in_month" => |seconds| {
            let Date { year, month, .. } = date(seconds);
            days_in_month(year, month) as f64
        },
        "month" => |seconds| date(seconds).month as f64,
        "year" => |seconds| date(seconds).year as f64,
        _ => return None,
    })
}

struct Date {
    year: i64,
    month: i64,
    day: i64,
}

fn whole(seconds: f64) -> i64 {
    seconds as i64
}

fn days(seconds: f64) -> i64 {
    whole(seconds).div_euclid(DAY)
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days from 1970 to the first day of a year.
const fn first_day(year: i64) -> i64 {
    let before = year - 1;
    365 * (year - 1970) + (before.div_euclid(4) - 492) - (before.div_euclid(100) - 19) + (before.div_euclid(400) - 4)
}

fn date(seconds: f64) -> Date {
    let days = days(seconds);
    let mut year = 1970 + days.div_euclid(366);
    let guess_more = |year: i64| first_day(year + 1) <= days;
    // A year has 365.2425 days, so the guess is off by far only in far times.
    year = year.max(1970 + (days as f64 / 365.242_5) as i64 - 1);
    while guess_more(year) {
        year += 1;
    }
    while first_day(year) > days {
        year -= 1;
    }
    let mut day = days - first_day(year) + 1;
    let mut month = 1;
    while day > days_in_month(year, month) {
        day -= days_in_month(year, month);
        month += 1;
    }
    Date { year, month, day }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(seconds: f64) -> Vec<f64> {
        let names = ["year", "month", "day_of_month", "day_of_year", "day_of_week", "hour", "minute", "days_in_month"];
        names.iter().map(|name| named(name).expect("a function")(seconds)).collect()
    }

    #[test]
    fn known_dates() {
        assert_eq!(parts(0.0), [1970.0, 1.0, 1.0, 1.0, 4.0, 0.0, 0.0, 31.0]);
        // 2016-02-29 23:59:59, a Monday.
        assert_eq!(parts(1_456_790_399.0), [2016.0, 2.0, 29.0, 60.0, 1.0, 23.0, 59.0, 29.0]);
        // 1969-12-31 23:59:59, a Wednesday.
        assert_eq!(parts(-1.0), [1969.0, 12.0, 31.0, 365.0, 3.0, 23.0, 59.0, 31.0]);
        // 2100-03-01 00:00:00, a Monday: 2100 is no leap year.
        assert_eq!(parts(4_107_542_400.0), [2100.0, 3.0, 1.0, 60.0, 1.0, 0.0, 0.0, 31.0]);
    }
}
