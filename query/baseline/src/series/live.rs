//! A model at work: one sample after the other.

use ingest_model::Nanos;
use query_detect::calendar::Calendar;
use query_detect::watch::{Learning, Notice, Watch, WatchSettings};

use super::Sample;
use super::judgement::{SeriesJudgement, SeriesReason, SeriesWhy};
use super::model::{Candidate, Quality, SeriesModel};
use super::settings::SeriesSettings;
use crate::model::Band;

/// Points inside the band that end an alarmed stretch.
const CALM: u32 = 3;

/// The state of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    model: SeriesModel,
    watch: Watch,
    calendar: Calendar,
    /// Points since an alarm began that has not ended, and calm ones at its end.
    stretch: Option<(u32, u32)>,
}

// === impl Live ===

impl Live {
    /// A model that has not seen a value yet. Give it the last weeks with [`Live::warm`] before it judges.
    #[must_use]
    pub fn new(model: SeriesModel) -> Self {
        let (watch, calendar) = (model.watch(), Calendar::new(model.settings.zone.clone()));
        Self { model, watch, calendar, stretch: None }
    }

    /// A series of which nothing is known: it learns as it goes, with the ensemble and its default margin.
    #[must_use]
    pub fn fresh(settings: SeriesSettings, from: Nanos) -> Self {
        let quality = Quality { covered: 0.0, trend_per_day: 0.0, trials: Vec::new() };
        let margin = WatchSettings::default().margin;
        Self::new(SeriesModel {
            version: SeriesModel::VERSION,
            settings,
            candidate: Candidate::Ensemble,
            step_ns: 0,
            trained_from: from,
            trained_to: from,
            samples: 0,
            day: Vec::new(),
            week: Vec::new(),
            margin,
            quality,
        })
    }

    /// The model.
    #[must_use]
    pub const fn model(&self) -> &SeriesModel {
        &self.model
    }

    /// Goes on with what a new fit of the same series found.
    #[must_use]
    pub fn with_model(mut self, model: SeriesModel) -> Self {
        self.watch.set_margin(model.margin);
        Self { model, ..self }
    }

    /// Learns samples of the past, in order of time, without those for which `excluded` is true.
    pub fn warm<'a>(&mut self, samples: impl IntoIterator<Item = &'a Sample>, excluded: impl Fn(Nanos) -> bool) {
        for sample in samples {
            self.observe(*sample, excluded(sample.at));
        }
    }

    /// Judges the next sample by those before it, then learns it unless it is `excluded` or part of an alarmed stretch.
    /// Samples come in order of time; missing ones are skipped.
    pub fn observe(&mut self, sample: Sample, excluded: bool) -> SeriesJudgement {
        if !sample.value.is_finite() {
            return self.unusable(sample);
        }
        let place = self.calendar.place(sample.at);
        let alarmed = self.stretch.is_some_and(|(points, _)| points < self.model.settings.follow_points);
        let learning = match (excluded, alarmed) {
            (true, _) => Learning::Nothing,
            (_, true) => Learning::Remembered,
            _ => Learning::Usual,
        };
        let notice = self.watch.observe(place, sample.value, learning);
        let band = self.band(&notice);
        let outside = sample.value < band.lower || sample.value > band.upper;
        let counts = self.counts(sample.value, &notice);
        let alarm = notice.alarm && counts && !excluded;
        let far = notice.score >= self.model.margin;
        self.stretch = match self.stretch {
            _ if alarm => Some((0, 0)),
            Some((points, calm)) if calm < CALM => {
                Some((points.saturating_add(1), if outside || far { 0 } else { calm + 1 }))
            }
            _ => None,
        };
        let reason = match (alarm, far && notice.alarm, counts) {
            (true, ..) => SeriesReason::Farther,
            (_, true, false) => SeriesReason::TooLittle,
            _ if far => SeriesReason::Repeated,
            _ => SeriesReason::Normal,
        };
        self.judgement(sample, &notice, band, outside, alarm, reason)
    }

    /// The band around what was expected.
    fn band(&self, notice: &Notice) -> Band {
        let half = self.model.settings.width * notice.spread;
        let half = half.max(self.least(notice.expected));
        Band { expected: notice.expected, lower: notice.expected - half, upper: notice.expected + half }
    }

    /// The least deviation that matters.
    fn least(&self, expected: f64) -> f64 {
        self.model.settings.min_absolute.max(self.model.settings.min_relative * expected.abs())
    }

    /// Whether the value lies on a side that counts, far enough.
    fn counts(&self, value: f64, notice: &Notice) -> bool {
        let direction = self.model.settings.direction;
        let side = if value >= notice.expected { direction.above() } else { direction.below() };
        side && (value - notice.expected).abs() >= self.least(notice.expected)
    }

    fn judgement(
        &self,
        sample: Sample,
        notice: &Notice,
        band: Band,
        outside: bool,
        alarm: bool,
        reason: SeriesReason,
    ) -> SeriesJudgement {
        let model = &self.model;
        let why = SeriesWhy {
            reason,
            angle: notice.farthest.map(|far| far.angle),
            surprise: notice.farthest.map_or(0.0, |far| far.surprise),
            margin: model.margin,
            alarms_per_week: model.settings.alarms_per_week,
            candidate: model.candidate,
            version: model.version,
            trained_from: model.trained_from,
            trained_to: model.trained_to,
            samples: model.samples,
        };
        let (score, chance, abnormality) = (notice.score, notice.chance, notice.abnormality);
        SeriesJudgement { at: sample.at, value: sample.value, band, score, chance, abnormality, outside, alarm, why }
    }

    fn unusable(&self, sample: Sample) -> SeriesJudgement {
        let notice = Notice {
            expected: 0.0,
            spread: 0.0,
            score: 0.0,
            chance: 1.0,
            abnormality: 0.0,
            alarm: false,
            farthest: None,
        };
        let band = Band { expected: 0.0, lower: 0.0, upper: 0.0 };
        let sample = Sample { value: 0.0, ..sample };
        self.judgement(sample, &notice, band, false, false, SeriesReason::Unusable)
    }
}
