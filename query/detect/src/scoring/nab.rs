//! The score of the Numenta Anomaly Benchmark: Lavin and Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms",
//! ICMLA 2015, sections III and IV, and the files `sweeper.py` and `optimizer.py` of numenta/NAB, whose behaviour is
//! followed to the row.
//!
//! Every row above the threshold is a detection. Of a window only the best one counts, and the earlier the better:
//! `sigma(y) = 2 / (1 + e^5y) - 1`, with `y` from -1 at the window's first row to just under 0 at its last, divided by
//! `sigma(-1)`. Outside of windows every row costs `fp * sigma(y)`, `y` being its distance from the window before in
//! widths of it, and -1 from three widths on or before the first window. A window without a detection costs `miss`.
//! The first 15 % of the rows, at most 750, are not scored. The sum over all series is scaled so that 0 is
//! a detector that never speaks and 100 one that is right at the first row of each window.

/// What rows are worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// Of the earliest detection of a window.
    pub hit: f64,
    /// Of a detection far from windows; it is taken away.
    pub false_alarm: f64,
    /// Of a window without a detection; it is taken away.
    pub miss: f64,
}

/// A series with its scores and the windows that people marked.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    /// Time of every row, in any unit; rows may repeat or go back.
    pub times: &'a [i64],
    /// Score of every row.
    pub scores: &'a [f64],
    /// First and last time of every window, both inside, in order of time.
    pub windows: &'a [(i64, i64)],
}

/// A threshold, and what the corpus scores with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Swept {
    /// Rows from this score on are detections.
    pub threshold: f64,
    /// Normalised: 0 for silence, 100 at best.
    pub score: f64,
}

/// Detections at a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Windows with a detection.
    pub hit: usize,
    /// Windows without.
    pub missed: usize,
    /// Rows outside of windows that were detections.
    pub false_rows: usize,
}

/// A row that is scored.
#[derive(Debug, Clone, Copy)]
struct Row {
    score: f64,
    worth: f64,
    /// Number of the window in the corpus.
    window: Option<usize>,
}

/// The worth gathered so far, while the threshold sinks.
#[derive(Debug)]
struct Tally {
    false_alarms: f64,
    best: Vec<f64>,
    hits: f64,
}

// === impl Costs ===

impl Costs {
    /// NAB's profile `standard`.
    pub const STANDARD: Self = Self { hit: 1.0, false_alarm: 0.11, miss: 1.0 };
}

// === impl Tally ===

impl Tally {
    fn new(windows: usize, costs: Costs) -> Self {
        Self { false_alarms: 0.0, best: vec![-costs.miss; windows], hits: -costs.miss * windows as f64 }
    }

    fn add(&mut self, row: &Row) {
        match row.window.and_then(|window| self.best.get_mut(window)) {
            Some(best) if row.worth > *best => {
                self.hits += row.worth - *best;
                *best = row.worth;
            }
            Some(_) => {}
            None => self.false_alarms += row.worth,
        }
    }

    fn normalised(&self, costs: Costs) -> f64 {
        let windows = self.best.len() as f64;
        let (silence, perfect) = (-costs.miss * windows, costs.hit * windows);
        let raw = self.hits + self.false_alarms;
        if windows == 0.0 { raw } else { 100.0 * (raw - silence) / (perfect - silence) }
    }
}

/// The rows at the beginning that are not scored.
#[must_use]
pub fn probation(rows: usize) -> usize {
    (rows * 15 / 100).min(750)
}

/// The best threshold for all series together, as NAB chooses it, and the score with it.
///
/// Without any window the score is the raw one, at most 0.
#[must_use]
pub fn optimise(corpus: &[Scored<'_>], costs: Costs) -> Swept {
    let (mut rows, windows) = rows(corpus, costs);
    rows.sort_by(|left, right| right.score.total_cmp(&left.score));
    let mut tally = Tally::new(windows, costs);
    let mut best = Swept { threshold: f64::INFINITY, score: tally.normalised(costs) };
    for (index, row) in rows.iter().enumerate() {
        tally.add(row);
        if rows.get(index + 1).is_some_and(|next| next.score == row.score) {
            continue;
        }
        let score = tally.normalised(costs);
        if score > best.score {
            best = Swept { threshold: row.score, score };
        }
    }
    best
}

/// The score of all series together with a given threshold.
#[must_use]
pub fn score_at(corpus: &[Scored<'_>], costs: Costs, threshold: f64) -> f64 {
    let (rows, windows) = rows(corpus, costs);
    let mut tally = Tally::new(windows, costs);
    rows.iter().filter(|row| row.score >= threshold).for_each(|row| tally.add(row));
    tally.normalised(costs)
}

/// Windows hit and missed, and rows of false alarms.
#[must_use]
pub fn count_at(corpus: &[Scored<'_>], threshold: f64) -> Counted {
    let (rows, windows) = rows(corpus, Costs::STANDARD);
    let mut hit = vec![false; windows];
    let mut counted = Counted::default();
    for row in rows.iter().filter(|row| row.score >= threshold) {
        match row.window.and_then(|window| hit.get_mut(window)) {
            Some(hit) => *hit = true,
            None => counted.false_rows += 1,
        }
    }
    counted.hit = hit.iter().filter(|hit| **hit).count();
    counted.missed = windows - counted.hit;
    counted
}

/// `2 / (1 + e^5y) - 1`, and -1 from 3 on.
fn sigma(position: f64) -> f64 {
    if position >= 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * position).exp()) - 1.0 }
}

/// The rows of all series that are scored, and how many windows there are.
fn rows(corpus: &[Scored<'_>], costs: Costs) -> (Vec<Row>, usize) {
    let mut all = Vec::new();
    let mut windows = 0;
    for series in corpus {
        let probation = probation(series.times.len());
        let rows = worths(series, costs).into_iter().zip(series.scores);
        all.extend(rows.skip(probation).map(|((worth, window), score)| Row {
            score: *score,
            worth,
            window: window.map(|window| windows + window),
        }));
        windows += series.windows.len();
    }
    (all, windows)
}

/// What a detection at each row is worth, and in which window of the series it lies.
fn worths(series: &Scored<'_>, costs: Costs) -> Vec<(f64, Option<usize>)> {
    let row_of = |time: i64| series.times.iter().position(|other| *other == time);
    let spans: Vec<Option<(usize, usize)>> =
        series.windows.iter().map(|(from, to)| Some((row_of(*from)?, row_of(*to)?))).collect();
    let mut worths = Vec::with_capacity(series.times.len());
    let (mut next, mut inside, mut before) = (0, None, None::<(usize, f64)>);
    for row in 0..series.times.len() {
        if inside.is_none() && spans.get(next).is_some_and(|span| span.is_some_and(|(from, _)| from == row)) {
            inside = Some(next);
            next += 1;
        }
        let span = inside.and_then(|window| spans.get(window).copied().flatten());
        worths.push(match (inside, span) {
            (Some(window), Some((from, to))) => {
                let width = (to - from + 1) as f64;
                let position = -((to + 1).saturating_sub(row) as f64) / width;
                (sigma(position) * costs.hit / sigma(-1.0), Some(window))
            }
            _ => {
                let position = before.map_or(3.0, |(end, width)| (row - end) as f64 / (width - 1.0));
                (sigma(position) * costs.false_alarm, None)
            }
        });
        if let Some((from, to)) = span.filter(|(_, to)| row >= *to) {
            before = Some((to, (to - from + 1) as f64));
            inside = None;
        }
    }
    worths
}

#[cfg(test)]
mod tests;
