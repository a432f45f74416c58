//! The watched series as the API tells them.

use std::cmp::Reverse;

use query_api::{SeriesModelStatus, SeriesQuestion, SeriesStatus, SeriesStep, SeriesTrial, WatchedSeriesList};
use query_baseline::series::SeriesJudgement;

use super::WatchedQueries;
use super::document::Definition;
use super::watched::{Key, One};

/// Series of an answer at most.
const LISTED: usize = 1_000;

const SECOND_NS: i64 = 1_000_000_000;

/// The newest judged step of a series.
#[derive(Debug, Clone)]
pub(crate) struct NewestStep {
    /// What its query is called.
    pub(crate) name: String,
    /// Whether somebody wrote the query.
    pub(crate) declared: bool,
    /// From one step to the next.
    pub(crate) step_ns: i64,
    /// Whose it is.
    pub(crate) service: String,
    /// What it is called.
    pub(crate) signal: String,
    /// What became of it.
    pub(crate) judged: SeriesJudgement,
    /// Whether an alarm began that has not ended.
    pub(crate) alarmed: bool,
}

// === impl WatchedQueries ===

impl WatchedQueries {
    /// The series that are asked for, the alarmed ones first.
    pub(crate) fn list(&self, question: &SeriesQuestion) -> WatchedSeriesList {
        let state = self.read();
        let all = state.watched.0.values().flat_map(|group| {
            let step_ns = group.definition.watched.step_ns;
            group.series.iter().map(move |(key, one)| (key, one, step_ns))
        });
        let wanted = |(key, one, _): &(&Key, &One, i64)| {
            question.service.as_ref().is_none_or(|service| *service == key.0)
                && question.alarmed.is_none_or(|alarmed| alarmed == one.alarmed_since.is_some())
        };
        let mut found: Vec<_> = all.filter(wanted).collect();
        let total = found.len() as u64;
        found.sort_by_key(|(key, one, _)| (Reverse(one.alarmed_since), *key));
        found.truncate(LISTED);
        let failed = state.failed.iter().map(|(name, (mistake, _))| format!("the series {name}: {mistake}"));
        WatchedSeriesList {
            series: found.into_iter().map(|(key, one, step_ns)| status(key, one, step_ns)).collect(),
            total,
            left_out: state.left_out.values().sum::<usize>() as u64,
            mistakes: state.mistake.iter().cloned().chain(failed).collect(),
        }
    }

    /// Whether a query is watched, or nobody knows yet.
    pub(crate) fn may_watch(&self, name: &str) -> bool {
        let state = self.read();
        let mut all = state.definitions.series.iter().chain(state.metrics.iter().map(AsRef::as_ref));
        state.looked_at.is_none() || all.any(|definition| definition.watched.name == name)
    }

    /// The newest judgement of every series there is one of, for rules.
    pub(crate) fn newest(&self) -> Vec<NewestStep> {
        let state = self.read();
        let of_group = |group: &super::watched::Group| {
            let Definition { watched, declared, .. } = group.definition.as_ref();
            let (name, declared, step_ns) = (watched.name.clone(), *declared, watched.step_ns);
            let of_one = move |(key, one): (&Key, &One)| {
                let judged = one.newest.clone()?;
                let (service, signal) = key.clone();
                let alarmed = one.alarmed_since.is_some();
                Some(NewestStep { name: name.clone(), declared, step_ns, service, signal, judged, alarmed })
            };
            group.series.iter().filter_map(of_one).collect::<Vec<_>>()
        };
        state.watched.0.values().flat_map(of_group).collect()
    }
}

fn status((service, signal): &Key, one: &One, step_ns: i64) -> SeriesStatus {
    SeriesStatus {
        service: service.clone(),
        signal: signal.clone(),
        step_seconds: (step_ns / SECOND_NS).unsigned_abs(),
        newest: one.newest.as_ref().map(step),
        alarmed_since: one.alarmed_since,
        model: model(one),
    }
}

fn step(judged: &SeriesJudgement) -> SeriesStep {
    SeriesStep {
        time_unix_nano: judged.at,
        value: judged.value,
        expected: judged.band.expected,
        lower: judged.band.lower,
        upper: judged.band.upper,
        score: judged.score,
        why: judged.to_string(),
    }
}

fn model(one: &One) -> SeriesModelStatus {
    let model = one.live.model();
    let trial = |trial: &query_baseline::series::Trial| SeriesTrial {
        name: trial.candidate.name().to_owned(),
        loss: trial.loss,
        alarms_per_week: trial.alarms_per_week,
        found: trial.found,
    };
    SeriesModelStatus {
        name: model.candidate.name().to_owned(),
        version: model.version,
        fitted_at: one.fitted_at,
        trained_from: model.trained_from,
        trained_to: model.trained_to,
        samples: model.samples,
        margin: model.margin,
        alarms_per_week: model.settings.alarms_per_week,
        covered: model.quality.covered,
        trend_per_day: model.quality.trend_per_day,
        trials: model.quality.trials.iter().map(trial).collect(),
    }
}
