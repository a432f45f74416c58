//! Events that queries in PromQL tell of.
//!
//! How many events there were is asked as an increase, which needs several points, and metrics have one a minute or fewer. So
//! events are counted by windows of [`WINDOW_MINUTES`] whose ends lie on the clock, when they are over, and spread evenly over
//! the minutes of their window. Ratios and values are of a moment and asked of every minute.

use std::collections::BTreeMap;

use ingest_model::Nanos;
use query_promql::{Data, Query, Series, Value};

use super::sums::{self, Place, Sums};
use super::{EventMinute, Measure};
use crate::cooperate::Wanted;
use crate::error::QueryError;
use crate::prometheus::{self, PromqlQuestion};
use crate::session::Sessions;

const NANOS: i64 = 1_000_000;
const MINUTE_MS: i64 = 60_000;

/// What is counted at once, and as PromQL writes it.
const WINDOW_MINUTES: u64 = 5;
const WINDOW: &str = "5m";

/// What stands for it; Sloth writes the first.
const PLACES: [&str; 2] = ["{{.window}}", "{{ .window }}"];

/// The moments that are asked for, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Moments {
    start: i64,
    end: i64,
    step: i64,
}

pub(super) async fn count(
    sessions: &Sessions,
    measure: &Measure,
    range: (Nanos, Nanos),
    wanted: &Wanted,
) -> Result<Vec<EventMinute>, QueryError> {
    let (total, part) = sums::queries(measure);
    let (moments, fits) = (Moments::of(range, part.is_some()), fits(measure)?);
    let total = asked(sessions, total, &fits, moments, wanted).await?;
    let Some(part) = part else { return Ok(sums::minutes(measure, total, &BTreeMap::new())) };
    let part = asked(sessions, part, &fits, moments, wanted).await?;
    Ok(sums::minutes(measure, total, &part).iter().flat_map(spread).collect())
}

// === impl Moments ===

impl Moments {
    /// The ends of minutes, or of windows, that lie after the start of a range and not after its end.
    fn of((from, to): (Nanos, Nanos), by_window: bool) -> Self {
        let step = if by_window { WINDOW_MINUTES as i64 * MINUTE_MS } else { MINUTE_MS };
        let below = |time: Nanos| time.0.div_euclid(NANOS).div_euclid(step).saturating_mul(step);
        Self { start: below(from).saturating_add(step), end: below(to), step }
    }
}

/// The events of a window that begins with its minute, minute by minute: as many in each, good ones in proportion.
fn spread(window: &EventMinute) -> Vec<EventMinute> {
    // Sums from the start of the window on; each minute has what is more at its end than at its start.
    let total = |minutes: u64| window.total * minutes / WINDOW_MINUTES;
    let good = |minutes: u64| {
        let good = u128::from(window.good) * u128::from(total(minutes)) / u128::from(window.total.max(1));
        u64::try_from(good).unwrap_or(window.good)
    };
    let minute = |minute: u64| EventMinute {
        group: window.group.clone(),
        minute: window.minute.plus((minute as i64) * MINUTE_MS * NANOS),
        total: total(minute + 1) - total(minute),
        good: good(minute + 1) - good(minute),
    };
    (0..WINDOW_MINUTES).map(minute).filter(|minute| minute.total > 0).collect()
}

type Fits = Box<dyn Fn(f64) -> bool + Send + Sync>;

/// Whether a value compares as it should.
fn fits(measure: &Measure) -> Result<Fits, QueryError> {
    let Measure::Compares { op, with, .. } = measure else { return Ok(Box::new(|_| false)) };
    let number: f64 = with.parse().map_err(|_| QueryError::bad(format!("{with:?} is no number"), ""))?;
    Ok(match *op {
        "<" => Box::new(move |value| value < number),
        "<=" => Box::new(move |value| value <= number),
        ">" => Box::new(move |value| value > number),
        _ => Box::new(move |value| value >= number),
    })
}

/// What a query gives at some moments, by labels and by where what it tells of begins.
async fn asked(
    sessions: &Sessions,
    text: &str,
    fits: &Fits,
    Moments { start, end, step }: Moments,
    wanted: &Wanted,
) -> Result<BTreeMap<Place, Sums>, QueryError> {
    let text = PLACES.iter().fold(text.to_owned(), |text, place| text.replace(place, WINDOW));
    let wrong = |error: query_promql::PromqlError| QueryError::bad(format!("{text:?}: {error}"), "correct the query");
    let query = Query::parse(&text).map_err(wrong)?;
    let mut sums: BTreeMap<Place, Sums> = BTreeMap::new();
    if start > end {
        return Ok(sums);
    }
    let question = PromqlQuestion { query, start, end, step: Some(step) };
    let answer = prometheus::answer(sessions, &question, wanted).await?.map_err(wrong)?;
    let Data::Matrix(series) = answer.data else { return Ok(sums) };
    for one in series {
        let group = group(&one);
        for sample in &one.samples {
            let Value::Float(value) = sample.value else { continue };
            // What is said at the end of a minute or window is about that minute or window.
            let begin = Nanos(sample.at.saturating_sub(step).saturating_mul(NANOS));
            sums.entry((group.clone(), begin)).or_default().add(value, fits(value));
        }
    }
    Ok(sums)
}

/// The labels as one text, as PromQL writes them; nothing where there are none.
fn group(series: &Series) -> Vec<Option<String>> {
    let labels = series.labels.unnamed();
    let labelled = labels.iter().next().is_some();
    if labelled { vec![Some(labels.to_string())] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_window_is_spread_over_its_minutes_and_nothing_is_lost(total in 0..1_000_000_u64, bad in 0..1_000_000_u64) {
            let good = total.saturating_sub(bad);
            let window = EventMinute { group: Vec::new(), minute: Nanos(0), total, good };
            let minutes = spread(&window);
            prop_assert_eq!(minutes.iter().map(|minute| minute.total).sum::<u64>(), total);
            prop_assert_eq!(minutes.iter().map(|minute| minute.good).sum::<u64>(), good);
            prop_assert!(minutes.iter().all(|minute| minute.good <= minute.total));
        }
    }

    #[test]
    fn windows_end_on_the_clock_and_only_when_they_are_over() {
        let at = |minute: i64| Nanos(minute * MINUTE_MS * NANOS);
        let ends = |from, to, by_window| {
            let Moments { start, end, step } = Moments::of((at(from), at(to)), by_window);
            (start..=end).step_by(step as usize).map(|end| end / MINUTE_MS).collect::<Vec<_>>()
        };
        assert_eq!(ends(3, 6, false), [4, 5, 6]);
        assert_eq!(ends(3, 16, true), [5, 10, 15]);
        assert_eq!(ends(5, 9, true), [0_i64; 0]);
        assert_eq!(ends(-7, 0, true), [-5, 0]);
    }
}
