use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Nanos {
    let instant: Timestamp = text.parse().expect("an instant");
    Nanos(i64::try_from(instant.as_nanosecond()).expect("within range"))
}

fn calendar(length: &str, start: &str, zone: &str) -> Calendar {
    Calendar::new(start, zone, length.parse().expect("a length")).expect("a calendar")
}

/// The period around `now`, as instants, and its length in minutes.
fn period(calendar: &Calendar, now: &str) -> (String, String, u32) {
    let window = Window::Calendar(calendar.clone());
    let Range { start, end } = window.whole(at(now));
    let text =
        |minute: Minute| Timestamp::from_second(minute.start().0 / 1_000_000_000).expect("an instant").to_string();
    (text(start), text(end), window.period(at(now)).get())
}

/// Every line: length, start, zone, now, then the period expected and its minutes.
#[test]
fn periods_follow_the_calendar_of_their_zone() {
    for line in include_str!("../../../../fixtures/slo/windows.txt").lines() {
        let line = line.split('#').next().unwrap_or_default();
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let [length, start, zone, now, from, to, minutes] = fields.as_slice() else {
            assert!(line.trim().is_empty(), "seven fields, not {line}");
            continue;
        };
        let found = period(&calendar(length, start, zone), now);
        let expected = ((*from).to_owned(), (*to).to_owned(), minutes.parse().expect("minutes"));
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn a_rolling_window_ends_with_the_last_full_minute() {
    let window = Window::Rolling("1h".parse().expect("a duration"));
    let now = at("2026-03-01T12:30:59Z");
    assert_eq!(window.bounds(now), Minute::of(at("2026-03-01T11:30:00Z"))..Minute::of(at("2026-03-01T12:30:00Z")));
    assert_eq!(window.whole(now), window.bounds(now));
}

#[test]
fn a_calendar_window_is_judged_by_its_minutes_so_far() {
    let window = Window::Calendar(calendar("1M", "2026-01-01 00:00:00", "UTC"));
    let now = at("2026-03-01T00:05:30Z");
    assert_eq!(window.bounds(now).start.until(window.bounds(now).end), 5);
    assert_eq!(window.period(now).to_string(), "31d");
    let first = at("2026-03-01T00:00:10Z");
    assert!(window.bounds(first).is_empty(), "nothing of it is over");
}

#[test]
fn what_is_no_start_or_zone_is_refused() {
    let new = |start, zone| Calendar::new(start, zone, "1d".parse().expect("a length"));
    for start in ["2026-01-01", "2026-02-30 00:00:00", "2026-01-01 00:00:30", "1900-01-01 00:00:00", "soon"] {
        assert_eq!(new(start, "UTC"), Err(CalendarError::Start), "{start}");
    }
    for zone in ["", "Mars/Olympus", "+02:00", "../etc/passwd"] {
        assert_eq!(new("2026-01-01 00:00:00", zone), Err(CalendarError::Zone), "{zone}");
    }
}

#[test]
fn lengths_read_back_as_they_were_written() {
    for text in ["5m", "24h", "1d", "4w", "1M", "2Q", "1Y"] {
        assert_eq!(text.parse::<Length>().map(|length| length.to_string()), Ok(text.to_owned()));
    }
    for text in ["0d", "13M", "2Y", "367d", "1D", "M", "99999999999M"] {
        assert!(text.parse::<Length>().is_err(), "{text}");
    }
}

fn any_calendar() -> impl Strategy<Value = Calendar> {
    let zones =
        vec!["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"];
    let units = vec!["90m", "5h", "1d", "3d", "2w", "1M", "5M", "1Q", "1Y"];
    let start = (2015..2030_i16, 1..=12_i8, 1..=28_i8, 0..24_i8, 0..60_i8);
    (prop::sample::select(zones), prop::sample::select(units), start).prop_map(|(zone, unit, (y, m, d, h, min))| {
        calendar(unit, &format!("{y:04}-{m:02}-{d:02} {h:02}:{min:02}:00"), zone)
    })
}

proptest! {
    /// Window algebra: periods tile time. Every minute lies in exactly one, and where one ends the next begins.
    #[test]
    fn periods_leave_no_gap_and_do_not_overlap(calendar in any_calendar(), now in 0..2_000_000_000_i64) {
        let now = Nanos(now * 1_000_000_000);
        let this = calendar.period(now);
        prop_assert!(this.contains(&Minute::of(now)));
        let next = calendar.period(this.end.start());
        prop_assert_eq!(next.start, this.end);
        let last = calendar.period(this.start.start().plus(-1));
        prop_assert_eq!(last.end, this.start);
        // An hour more on the day the clocks go back.
        prop_assert!(this.start.until(this.end) <= calendar.length.longest().get() + 60);
    }

    #[test]
    fn every_minute_of_a_period_is_of_the_same_period(calendar in any_calendar(), now in 0..2_000_000_000_i64, share in 0.0..1.0_f64) {
        let this = calendar.period(Nanos(now * 1_000_000_000));
        let inside = this.start.shifted((f64::from(this.start.until(this.end)) * share) as i64);
        prop_assert_eq!(calendar.period(inside.start()), this);
    }
}

#[test]
fn a_window_is_read_as_it_is_written() {
    for text in ["30d", "4w", "90m", "1M from 2026-01-31 00:00:00 Europe/Berlin", "1Q from 2026-01-01 06:30:00 UTC"] {
        let window: Window = text.parse().expect(text);
        assert_eq!(window.to_string().parse(), Ok(window.clone()), "{text}");
        assert_eq!(matches!(window, Window::Calendar(_)), text.contains("from"));
    }
    for wrong in ["", "1M", "30", "1M from yesterday UTC", "1M from 2026-01-01 00:00:00 Nowhere/Town"] {
        assert!(wrong.parse::<Window>().is_err(), "{wrong}");
    }
}
