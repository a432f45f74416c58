//! The series at hand: their models at work, and what became of their newest steps.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ingest_model::Nanos;
use query_baseline::series::{Candidate, Choice, Live, SeriesError, SeriesJudgement, SeriesModel, SeriesReason, learn};
use query_engine::{SeriesSamples, StoredSeries, WatchedSeries};

use super::document::Definition;

const HOUR_NS: i64 = 60 * 60 * 1_000_000_000;
const DAY_NS: i64 = 24 * HOUR_NS;

/// With fewer samples than a week of 5 minutes a model is young, and made anew every hour.
const YOUNG: u32 = 2_016;

/// Models that a backtest chooses among: those that cost little.
const CANDIDATES: [Candidate; 5] =
    [Candidate::Ensemble, Candidate::Local, Candidate::Daily, Candidate::Weekly, Candidate::Steps];

/// Normal steps in a row that end an alarm: what is expected follows a new level within three, and nobody is to miss it.
const CALM: u32 = 6;

/// Series of a query whose candidate is chosen at one fit at most: a choice takes as long as some fifty fits.
const CHOICES: usize = 20;

/// A series: service and signal, as in the columns of `baselines`.
pub(super) type Key = (String, String);

/// A model that was fitted, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    pub(super) at: Nanos,
    pub(super) stored: StoredSeries,
}

/// A model there is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) at: Nanos,
    pub(super) model: SeriesModel,
    /// Steps of alarms, which are not learned.
    pub(super) alarmed: Vec<Range<Nanos>>,
}

/// A series whose model has been through its past.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) key: Key,
    pub(super) live: Live,
    pub(super) fitted_at: Nanos,
    /// Steps of alarms, which were not learned.
    alarmed: Vec<Range<Nanos>>,
    /// What is to be stored of it; nothing where it was read back.
    pub(super) fresh: Option<Fitted>,
}

/// A step outside of its band, or with which an alarm begins.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    pub(super) key: Key,
    pub(super) judged: SeriesJudgement,
    pub(super) fitted_at: Nanos,
}

/// One series.
#[derive(Debug)]
pub(super) struct One {
    pub(super) live: Live,
    pub(super) fitted_at: Nanos,
    pub(super) newest: Option<SeriesJudgement>,
    /// When the alarm began that has not ended.
    pub(super) alarmed_since: Option<Nanos>,
    /// Normal steps in a row.
    calm: u32,
    /// Steps of alarms, which are not learned; those that are normal again are.
    alarmed: Vec<Range<Nanos>>,
}

/// All series of a query.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) definition: Arc<Definition>,
    pub(super) series: BTreeMap<Key, One>,
    /// Steps that began before are judged, or too old to be.
    pub(super) judged_to: Nanos,
    /// When models were made last.
    fitted_at: Nanos,
    age: Age,
}

/// How much there was to learn from when the models of a query were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// No sample of any series.
    Empty,
    /// No sample then, but there are some now.
    Begun,
    /// Few samples of some series, or of one that is new.
    Young,
    /// Enough of all of them.
    Grown,
}

/// The series of every query, by its name.
#[derive(Debug, Default)]
pub(super) struct Watched(pub(super) BTreeMap<String, Group>);

/// What is to be done for a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing.
    Nothing,
    /// Its models are to be made of the steps before a moment.
    Learn(Nanos),
    /// Steps from one moment to another are to be judged.
    Judge(Nanos, Nanos),
}

// === impl Watched ===

impl Watched {
    /// What a query needs at a moment; `settle_ns` after its end a step is taken as it is.
    pub(super) fn due(&self, definition: &Definition, now: Nanos, settle_ns: i64) -> Due {
        let until = definition.watched.step_of(now.plus(-settle_ns));
        let Some(group) = self.0.get(&definition.watched.name).filter(|group| *group.definition == *definition) else {
            return Due::Learn(until);
        };
        if until > group.judged_to {
            return Due::Judge(group.judged_to.max(until.plus(-DAY_NS)), until);
        }
        if now.since(group.fitted_at) >= group.age.lifetime_ns() { Due::Learn(until) } else { Due::Nothing }
    }

    /// Takes the models of a query, which have seen the steps before `until`. Series that go on keep the newest judgement.
    pub(super) fn take(&mut self, definition: &Arc<Definition>, ready: Vec<Ready>, age: Age, until: Nanos, now: Nanos) {
        let mut former = self.0.remove(&definition.watched.name).map(|group| group.series).unwrap_or_default();
        let one = |ready: Ready| {
            let before = former.remove(&ready.key);
            let (newest, alarmed_since, calm) =
                before.map_or((None, None, 0), |one| (one.newest, one.alarmed_since, one.calm));
            let Ready { key, live, fitted_at, alarmed, .. } = ready;
            (key, One { live, fitted_at, newest, alarmed_since, calm, alarmed })
        };
        let series = ready.into_iter().map(one).collect();
        let definition = Arc::clone(definition);
        let group = Group { definition, series, judged_to: until, fitted_at: now, age };
        self.0.insert(group.definition.watched.name.clone(), group);
    }

    /// Judges the samples of a query up to `until`; gives back what is to be stored.
    pub(super) fn judge(&mut self, name: &str, found: &[SeriesSamples], until: Nanos) -> Vec<Settled> {
        let Some(group) = self.0.get_mut(name) else { return Vec::new() };
        group.judged_to = until;
        let mut settled = Vec::new();
        for one in found {
            let key = key(&group.definition.watched, &one.labels);
            match group.series.get_mut(&key) {
                Some(series) => settled.extend(series.observe(&key, &one.samples, &group.definition)),
                // It is learned with the others.
                None if matches!(group.age, Age::Empty | Age::Begun) => group.age = Age::Begun,
                None => group.age = Age::Young,
            }
        }
        settled
    }

    /// The models of a query.
    pub(super) fn models(&self, name: &str) -> BTreeMap<Key, Known> {
        let series = self.0.get(name).into_iter().flat_map(|group| &group.series);
        let known = |one: &One| {
            let (model, alarmed) = (one.live.model().clone(), one.alarmed.clone());
            Known { at: one.fitted_at, model, alarmed }
        };
        series.map(|(key, one)| (key.clone(), known(one))).collect()
    }

    /// Forgets queries that are not watched any more.
    pub(super) fn retain(&mut self, names: &[&str]) {
        self.0.retain(|name, _| names.contains(&name.as_str()));
    }

    /// How many series there are beside those of a query.
    pub(super) fn beside(&self, name: &str) -> usize {
        self.0.iter().filter(|(other, _)| *other != name).map(|(_, group)| group.series.len()).sum()
    }
}

// === impl Age ===

impl Age {
    /// How long models hold.
    fn lifetime_ns(self) -> i64 {
        match self {
            Self::Begun => 0,
            Self::Empty | Self::Young => HOUR_NS,
            Self::Grown => DAY_NS,
        }
    }

    /// Of a query with this model beside the others.
    fn with(self, model: &SeriesModel) -> Self {
        if model.samples < YOUNG { Self::Young } else { self }
    }
}

// === impl One ===

impl One {
    fn observe(
        &mut self,
        key: &Key,
        samples: &[query_baseline::series::Sample],
        definition: &Definition,
    ) -> Vec<Settled> {
        let mut settled = Vec::new();
        for sample in samples {
            let judged = self.live.observe(*sample, definition.excludes(sample.at));
            let is_calm = judged.why.reason == SeriesReason::Normal && !judged.outside;
            self.calm = if is_calm { self.calm.saturating_add(1) } else { 0 };
            self.alarmed_since = match (judged.alarm, self.alarmed_since) {
                (true, None) => Some(judged.at),
                (_, since) => since.filter(|_| self.calm < CALM),
            };
            if self.alarmed_since.is_some() && !is_calm {
                self.alarmed.push(judged.at..judged.at.plus(definition.watched.step_ns));
            }
            if judged.alarm || judged.outside {
                settled.push(Settled { key: key.clone(), judged: judged.clone(), fitted_at: self.fitted_at });
            }
            self.newest = Some(judged);
        }
        settled
    }
}

/// What a series is called.
pub(super) fn key(watched: &WatchedSeries, labels: &BTreeMap<String, String>) -> Key {
    (WatchedSeries::service(labels).to_owned(), watched.signal(labels))
}

/// Learns the series of a query from their steps before `until`, the models in `known` that still hold excepted: those go through
/// the steps as they are. Gives them, and how much there was to learn from.
///
/// # Errors
///
/// What is wrong with the settings, or a fault of ours.
pub(super) fn learn_all(
    definition: &Definition,
    found: Vec<SeriesSamples>,
    known: &BTreeMap<Key, Known>,
    until: Nanos,
    now: Nanos,
) -> Result<(Vec<Ready>, Age), SeriesError> {
    let (mut ready, mut choices) = (Vec::new(), CHOICES);
    let mut age = if found.is_empty() { Age::Empty } else { Age::Grown };
    for SeriesSamples { labels, samples } in found {
        let key = key(&definition.watched, &labels);
        let known = known.get(&key);
        let oldest = until.plus(-definition.history_ns);
        let alarmed: Vec<Range<Nanos>> = known
            .iter()
            .flat_map(|known| &known.alarmed)
            .filter(|step| step.end > oldest && !definition.excluded.contains(step))
            .cloned()
            .collect();
        let excluded: Vec<Range<Nanos>> = definition.excluded.iter().chain(&alarmed).cloned().collect();
        let excludes = |at: Nanos| excluded.iter().any(|stretch| stretch.contains(&at));
        if let Some(known) = known.filter(|known| known.holds(definition, now)) {
            age = age.with(&known.model);
            let mut live = Live::new(known.model.clone());
            live.warm(&samples, excludes);
            ready.push(Ready { key, live, fitted_at: known.at, alarmed, fresh: None });
            continue;
        }
        let choice = choice(&key, known, &mut choices, now);
        match learn(&samples, &excluded, until, &definition.settings, &choice) {
            Ok((mut model, _)) => {
                age = age.with(&model);
                if let (Choice::Given(_), Some(known)) = (choice, known) {
                    model.quality.trials.clone_from(&known.model.quality.trials);
                }
                // As a start and `baseline()` do it, so that all of them go on from the same state.
                let mut live = Live::new(model.clone());
                live.warm(&samples, excludes);
                let excluded = excluded.clone();
                let stored = StoredSeries { series: definition.watched.clone(), labels, excluded, model };
                ready.push(Ready { key, live, fitted_at: now, alarmed, fresh: Some(Fitted { at: now, stored }) });
            }
            Err(SeriesError::TooFew { .. }) => age = Age::Young,
            Err(error) => return Err(error),
        }
    }
    Ok((ready, age))
}

/// How the candidate of a series is found: by backtest where that was not done yet and one day a week, for some of the series; else it
/// stays what it was.
fn choice(key: &Key, known: Option<&Known>, left: &mut usize, now: Nanos) -> Choice {
    let weekday = now.0.div_euclid(DAY_NS).unsigned_abs() % 7;
    let is_its_day = key.1.bytes().map(u64::from).sum::<u64>() % 7 == weekday;
    let is_chosen = known.is_some_and(|known| !known.model.quality.trials.is_empty());
    if *left > 0 && (!is_chosen || is_its_day) {
        *left -= 1;
        return Choice::Among(CANDIDATES.to_vec());
    }
    Choice::Given(known.map_or(Candidate::Ensemble, |known| known.model.candidate))
}

// === impl Known ===

impl Known {
    /// Whether the model is of these settings, and not too old.
    fn holds(&self, definition: &Definition, now: Nanos) -> bool {
        let lifetime = if self.model.samples < YOUNG { HOUR_NS } else { DAY_NS };
        self.model.settings == definition.settings && now.since(self.at) < lifetime
    }
}
