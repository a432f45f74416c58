//! A chart of minutes as paths in a box of [`WIDTH`] by [`HEIGHT`], which the browser stretches.

use ingest_model::Nanos;

/// Width of the box.
pub(crate) const WIDTH: f64 = 1_000.0;
/// Height of the box.
pub(crate) const HEIGHT: f64 = 100.0;

const MINUTE_NS: i64 = 60_000_000_000;

/// What a chart spans: whole minutes from left to right, values from 0 at the bottom to `top`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    from: Nanos,
    minutes: i64,
    top: f64,
}

// === impl Frame ===

impl Frame {
    /// From the minute `from` is in to the one before `to`, high enough for `highest`.
    pub(crate) fn new(from: Nanos, to: Nanos, highest: f64) -> Self {
        let from = Nanos(from.0.div_euclid(MINUTE_NS) * MINUTE_NS);
        let minutes = (to.since(from).saturating_add(MINUTE_NS - 1) / MINUTE_NS).max(1);
        Self { from, minutes, top: round_up(highest) }
    }

    /// The value at the top edge.
    pub(crate) fn top(self) -> f64 {
        self.top
    }

    /// The start of the minute at a share of the width, 0 to 1.
    pub(crate) fn minute_at(self, share: f64) -> Nanos {
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "held within the minutes")]
        let minute = (share * self.minutes as f64).floor().clamp(0.0, (self.minutes - 1) as f64) as i64;
        self.from.plus(minute * MINUTE_NS)
    }

    /// The minute `steps` after `minute`, held within the chart.
    pub(crate) fn step(self, minute: Nanos, steps: i64) -> Nanos {
        let number = (minute.since(self.from) / MINUTE_NS).saturating_add(steps).clamp(0, self.minutes - 1);
        self.from.plus(number * MINUTE_NS)
    }

    /// Where a minute begins and ends, as shares of the width; `None` outside.
    pub(crate) fn place(self, minute: Nanos) -> Option<(f64, f64)> {
        let left = self.x(minute);
        let inside = (0.0..WIDTH).contains(&left);
        inside.then(|| (left / WIDTH, self.x(minute.plus(MINUTE_NS)).min(WIDTH) / WIDTH))
    }

    /// A line that is level within each minute and broken where minutes are missing.
    pub(crate) fn line(self, points: impl Iterator<Item = (Nanos, f64)>) -> String {
        let mut path = String::new();
        let mut end = None;
        for (minute, value) in points.filter(|(minute, _)| self.place(*minute).is_some()) {
            let next = minute.plus(MINUTE_NS);
            let start = if end == Some(minute) { String::new() } else { format!("M{:.2} ", self.x(minute)) };
            let y = self.y(value);
            let joint = if start.is_empty() { format!("V{y:.2}") } else { format!("{start}{y:.2}") };
            path.push_str(&format!("{joint}H{:.2}", self.x(next)));
            end = Some(next);
        }
        path
    }

    /// A bar a minute.
    pub(crate) fn bars(self, points: impl Iterator<Item = (Nanos, f64)>) -> String {
        let seen = points.filter(|(minute, value)| *value > 0.0 && self.place(*minute).is_some());
        let bar = |(minute, value): (Nanos, f64)| {
            let (left, right) = (self.x(minute), self.x(minute.plus(MINUTE_NS)));
            format!("M{left:.2} {HEIGHT}V{:.2}H{right:.2}V{HEIGHT}Z", self.y(value))
        };
        seen.map(bar).collect()
    }

    /// The area between a lower and an upper value, level within each minute; apart where minutes are missing.
    pub(crate) fn area(self, points: impl Iterator<Item = (Nanos, f64, f64)>) -> String {
        let mut path = String::new();
        // The way back along the lower edge of the stretch that is being drawn.
        let mut back = String::new();
        let mut end = None;
        for (minute, lower, upper) in points.filter(|(minute, ..)| self.place(*minute).is_some()) {
            let next = minute.plus(MINUTE_NS);
            let (left, right) = (self.x(minute), self.x(next));
            if end != Some(minute) {
                path.push_str(&close(&mut back));
                path.push_str(&format!("M{left:.2} {:.2}", self.y(lower)));
            }
            path.push_str(&format!("V{:.2}H{right:.2}", self.y(upper)));
            back.insert_str(0, &format!("V{:.2}H{left:.2}", self.y(lower)));
            end = Some(next);
        }
        path.push_str(&close(&mut back));
        path
    }

    /// Minutes as columns of the full height; those that touch are one.
    pub(crate) fn columns(self, minutes: impl Iterator<Item = Nanos>) -> String {
        let mut columns: Vec<(Nanos, Nanos)> = Vec::new();
        for minute in minutes.filter(|minute| self.place(*minute).is_some()) {
            let next = minute.plus(MINUTE_NS);
            match columns.last_mut() {
                Some((_, end)) if *end == minute => *end = next,
                _ => columns.push((minute, next)),
            }
        }
        let column = |(from, to): (Nanos, Nanos)| {
            let (left, right) = (self.x(from), self.x(to));
            format!("M{left:.2} 0V{HEIGHT}H{right:.2}V0Z")
        };
        columns.into_iter().map(column).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "a place on the screen needs no more than a double holds")]
    fn x(self, time: Nanos) -> f64 {
        time.since(self.from) as f64 / (self.minutes * MINUTE_NS) as f64 * WIDTH
    }

    fn y(self, value: f64) -> f64 {
        HEIGHT - (value / self.top).clamp(0.0, 1.0) * HEIGHT
    }
}

/// The way back along the lower edge, which closes a stretch; nothing where none was begun.
fn close(back: &mut String) -> String {
    if back.is_empty() { String::new() } else { std::mem::take(back) + "Z" }
}

/// The next of 1, 2, 5, 10, 20, 50, … and their parts that is not smaller; 1 for nothing.
fn round_up(highest: f64) -> f64 {
    if !highest.is_finite() || highest <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(highest.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|round| *round >= highest).unwrap_or(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: i64 = MINUTE_NS;

    fn frame(minutes: i64, highest: f64) -> Frame {
        Frame::new(Nanos(10 * M + 5), Nanos((10 + minutes) * M), highest)
    }

    #[test]
    fn the_top_is_the_next_round_number() {
        let tops = [0.0, 0.3, 1.0, 1.01, 7.0, 4_321.0, f64::NAN].map(round_up);
        assert_eq!(tops[0], 1.0);
        assert!((tops[1] - 0.5).abs() < 1e-12);
        assert_eq!(tops[2..], [1.0, 2.0, 10.0, 5_000.0, 1.0]);
    }

    #[test]
    fn a_line_is_broken_where_minutes_are_missing() {
        let line = frame(4, 2.0)
            .line([(10, 2.0), (11, 1.0), (13, 0.0), (99, 1.0)].map(|(m, v)| (Nanos(m * M), v)).into_iter());
        assert_eq!(line, "M0.00 0.00H250.00V50.00H500.00M750.00 100.00H1000.00");
    }

    #[test]
    fn bars_stand_on_the_bottom_and_nothing_is_no_bar() {
        let bars = frame(2, 1.0).bars([(10, 0.0), (11, 0.5), (9, 1.0)].map(|(m, v)| (Nanos(m * M), v)).into_iter());
        assert_eq!(bars, "M500.00 100V50.00H1000.00V100Z");
    }

    #[test]
    fn an_area_goes_forth_above_and_back_below_and_ends_where_minutes_are_missing() {
        let points = [(10, 0.5, 1.0), (11, 0.0, 0.5), (13, 0.0, 1.0), (99, 0.0, 1.0)];
        let area = frame(4, 1.0).area(points.map(|(m, lower, upper)| (Nanos(m * M), lower, upper)).into_iter());
        let first = "M0.00 50.00V0.00H250.00V50.00H500.00V100.00H250.00V50.00H0.00Z";
        assert_eq!(area, format!("{first}M750.00 100.00V0.00H1000.00V100.00H750.00Z"));
        assert_eq!(frame(4, 1.0).area(std::iter::empty()), "");
    }

    #[test]
    fn columns_that_touch_are_one() {
        let columns = frame(4, 1.0).columns([9, 10, 11, 13].map(|m| Nanos(m * M)).into_iter());
        assert_eq!(columns, "M0.00 0V100H500.00V0ZM750.00 0V100H1000.00V0Z");
    }

    #[test]
    fn the_pointer_finds_the_minute_and_keys_stay_within() {
        let frame = frame(4, 1.0);
        let number = |time: Nanos| time.0 / M;
        assert_eq!([-1.0, 0.0, 0.25, 0.99, 2.0].map(|share| number(frame.minute_at(share))), [10, 10, 11, 13, 13]);
        assert_eq!(number(frame.step(Nanos(12 * M), 5)), 13);
        assert_eq!(number(frame.step(Nanos(12 * M), -9)), 10);
        assert_eq!(frame.place(Nanos(11 * M)), Some((0.25, 0.5)));
        assert_eq!(frame.place(Nanos(14 * M)), None);
    }

    #[test]
    fn an_empty_range_is_one_minute() {
        let frame = Frame::new(Nanos(5), Nanos(5), 0.0);
        assert_eq!(frame.minute_at(0.7), Nanos(0));
        assert_eq!(frame.top(), 1.0);
    }
}
