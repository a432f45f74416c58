//! What SLOs would have said of what is stored: documents that nobody has to put for it, judged moment by moment.

use std::ops::Range;
use std::sync::PoisonError;

use ingest_model::{Nanos, Tenant};
use query_api::{Backtest, BacktestEpisode, BacktestMoment, BacktestObjective};
use query_engine::Indicator;
use query_slo::{Episode, Minute, Minutes, Moment, Promise, Ratio, Slices};

use super::burns::group_text;
use super::counted::Counted;
use super::documents::Documents;
use super::ledger::Entry;
use super::{CHUNK_NS, Objectives, Refused};

/// Moments of an objective that are judged at most, and groups of it, those with most bad events.
const MOMENTS: u32 = 3_000;
const GROUPS: usize = 20;

/// How documents are called that came in a request.
const DOCUMENT: &str = "document";

impl Objectives {
    /// Judges the SLOs of a document over `range` as they would have been judged then, corrections of SLOs of these names
    /// included. Nothing is kept.
    ///
    /// # Errors
    ///
    /// [`Refused`] for mistakes in the document, for a range that is empty or too long, and when nothing can be counted.
    pub(crate) async fn backtest(&self, text: &str, range: Range<Nanos>) -> Result<Backtest, Refused> {
        let documents = Documents::of_text(DOCUMENT, text);
        if !documents.mistakes.is_empty() {
            return Err(Refused::Mistakes(documents.mistakes));
        }
        let judged = Minute::of(range.start)..Minute::of(range.end);
        if judged.is_empty() || documents.slos.is_empty() {
            let wrong = if judged.is_empty() { "the range has no whole minute" } else { "the document defines no SLO" };
            return Err(Refused::Mistakes(vec![wrong.to_owned()]));
        }
        let step = Minutes::new(judged.start.until(judged.end).div_ceil(MOMENTS).max(1)).unwrap_or(Minutes::MAX);
        let mut answer = Backtest { notes: documents.notes, step_minutes: step.get(), ..Backtest::default() };
        (answer.from, answer.to) = (judged.start.start(), judged.end.start());
        for slo in documents.slos {
            let corrections = self.ledger.read().unwrap_or_else(PoisonError::into_inner).corrections(&slo.name);
            let entry = Entry::new(slo);
            for (number, tracked) in entry.objectives.iter().enumerate() {
                let promise = Promise { corrections: corrections.clone(), ..tracked.promise.clone() };
                let counted = self.count_all(&tracked.indicator, &promise, &judged).await?;
                let (slo, range) = (entry.slo.name.clone(), judged.clone());
                // It computes for a while, and others wait for this thread.
                let replays = move || replays((&slo, number), &promise, &counted, &range, step);
                let replays = tokio::task::spawn_blocking(replays).await.map_err(|error| Refused::Io(error.into()))?;
                answer.objectives.extend(replays);
            }
        }
        Ok(answer)
    }

    /// What there was to count from a whole period before the range on.
    async fn count_all(
        &self,
        indicator: &Indicator,
        promise: &Promise,
        judged: &Range<Minute>,
    ) -> Result<Counted, Refused> {
        let longest = promise.window.longest();
        let first = judged.start.minus(longest);
        let too_long = || {
            let most = Minutes::MAX;
            Refused::Mistakes(vec![format!(
                "the range and the period before it are longer than {most}; write a shorter range"
            )])
        };
        let mut counted = Counted::new(Minutes::new(first.until(judged.end)).ok_or_else(too_long)?);
        let engine = self.engines.of(&Tenant::default()).await.map_err(Refused::Io)?;
        let mut from = first.start();
        while from < judged.end.start() {
            let to = from.plus(CHUNK_NS).min(judged.end.start());
            let minutes = engine.count_events(indicator, from, to).await;
            let wrong = |error: query_engine::QueryError| Refused::Mistakes(vec![error.to_string()]);
            counted.enter(minutes.map_err(wrong)?, 0, judged.end.start());
            from = to;
        }
        Ok(counted)
    }
}

/// An objective, and after it those of its groups that had most bad events.
fn replays(
    (slo, objective): (&str, usize),
    promise: &Promise,
    counted: &Counted,
    judged: &Range<Minute>,
    step: Minutes,
) -> Vec<BacktestObjective> {
    let of = |group: Option<String>, slices: &Slices| {
        let slo = slo.to_owned();
        BacktestObjective { slo, objective, group, ..replayed(promise, slices, judged, step) }
    };
    let bad = |slices: &Slices| slices.range(judged.clone()).map(|(_, counts)| counts.bad()).sum::<u64>();
    let mut groups: Vec<_> = counted.groups.iter().collect();
    groups.sort_by_cached_key(|(_, slices)| std::cmp::Reverse(bad(slices)));
    let groups = groups.into_iter().take(GROUPS).map(|(group, slices)| of(Some(group_text(group)), slices));
    std::iter::once(of(None, &counted.slices)).chain(groups).collect()
}

fn replayed(promise: &Promise, slices: &Slices, judged: &Range<Minute>, step: Minutes) -> BacktestObjective {
    let replay = promise.replay(slices, judged.clone(), step);
    let counts: query_slo::Counts = slices.range(judged.clone()).map(|(_, counts)| counts).sum();
    BacktestObjective {
        target: promise.target.to_string(),
        total: counts.total(),
        bad: counts.bad(),
        episodes: replay.episodes.iter().map(episode).collect(),
        moments: replay.moments.iter().map(moment).collect(),
        ..BacktestObjective::default()
    }
}

fn episode(episode: &Episode) -> BacktestEpisode {
    BacktestEpisode {
        severity: episode.severity.to_string(),
        from: episode.from.start(),
        to: episode.to.map(Minute::start),
        long: episode.pair.pair.long.to_string(),
        short: episode.pair.pair.short.to_string(),
        factor: episode.pair.factor.to_f64(),
        peak: episode.peak.to_f64(),
    }
}

fn moment(moment: &Moment) -> BacktestMoment {
    BacktestMoment {
        at: moment.at.start(),
        state: moment.state.map(|state| state.as_str().to_owned()),
        remaining: moment.remaining.map(Ratio::to_f64),
    }
}
