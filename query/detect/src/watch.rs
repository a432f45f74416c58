//! The ensemble: several angles of one series, each asking the same two questions.
//!
//! *How rare is this?* A [`crate::tail::Tail`] turns the surprise of each angle into a chance. *Was it ever so far?* A
//! [`crate::record::Record`] compares the surprise with the farthest of its past. An alarm is a record of any angle, beyond a margin, that
//! is as rare as the stated rate of alarms asks, and not a repeat. The angle that went farthest names the reason.

use serde::{Deserialize, Serialize};

use crate::angle::{Angle, AngleKind, Look};
use crate::calendar::Place;
use crate::record::Record;
use crate::tail::Tail;

/// How an ensemble watches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchSettings {
    /// The angles. Default: [`AngleKind::DEFAULT`].
    pub angles: Vec<AngleKind>,
    /// Points after which the farthest value is forgotten. Default 1500, five days of 5 minutes.
    pub value_memory: u32,
    /// The same of what surprised an angle. Default 6000, three weeks of 5 minutes.
    pub angle_memory: u32,
    /// How much farther than ever before is an alarm, 1 and up. Default 1.06.
    pub margin: f64,
    /// The chance of an alarm at a point of a clean series, which is the stated rate; 1 leaves it to the records. Default 1.
    pub chance: f64,
    /// Points after an alarm in which there is no other. Default 15: long enough for what an alarm is made of to pass.
    pub pause: u32,
}

/// What becomes of a value once it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learning {
    /// It is part of what is usual.
    Usual,
    /// It is not, but how far it went is remembered, so that the same is no news: for stretches that were alarmed.
    Remembered,
    /// Nothing of it stays but the course of the last values: for stretches that were excluded.
    Nothing,
}

/// What an angle thought.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Farthest {
    /// Which one.
    pub angle: AngleKind,
    /// Its surprise, on its own scale.
    pub surprise: f64,
    /// The surprise in distances of the farthest ever: above 1 is a record.
    pub ratio: f64,
}

/// What became of a point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// What the angle that knows the series best expected.
    pub expected: f64,
    /// One standard deviation around it.
    pub spread: f64,
    /// Farthest ratio of all angles: above 1 is a record.
    pub score: f64,
    /// The chance of such a score at a point of this series, 1e-15 to 1.
    pub chance: f64,
    /// Mean powers of ten of the angles' chances over the last points, and what is left of the last record: how abnormal the time is.
    pub abnormality: f64,
    /// Whether to alarm.
    pub alarm: bool,
    /// The angle that went farthest; `None` while all are learning.
    pub farthest: Option<Farthest>,
}

/// An angle with what is known of its surprises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Track {
    angle: Angle,
    smoothed: f64,
    /// Whether its records count.
    records: bool,
    rises: Record,
    /// Of the value itself also the depth counts.
    falls: Option<Record>,
    tail: Tail,
    evidence: f64,
}

/// The state of an ensemble over one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    settings: WatchSettings,
    tracks: Vec<Track>,
    scores: Tail,
    held: f64,
    since_alarm: u32,
}

/// Points over which evidence is averaged.
const EVIDENCE_POINTS: f64 = 150.0;

/// Points after which a third of a record is left.
const HOLD_POINTS: f64 = 150.0;

/// Surprises that a tail remembers.
const TAIL_MEMORY: u32 = 4_000;

/// A tail of fewer surprises is believed in part.
const YOUNG: f64 = 100.0;

// === impl WatchSettings ===

impl Default for WatchSettings {
    fn default() -> Self {
        let angles = AngleKind::DEFAULT.to_vec();
        Self { angles, value_memory: 1_500, angle_memory: 6_000, margin: 1.06, chance: 1.0, pause: 15 }
    }
}

// === impl Track ===

impl Track {
    fn new(angle: Angle, settings: &WatchSettings) -> Self {
        let kind = angle.kind();
        let own = kind == AngleKind::Value;
        let memory = if own { settings.value_memory } else { settings.angle_memory };
        Self {
            angle,
            smoothed: 0.0,
            // The season of the week is known too late for records where there is one of the day.
            records: kind != AngleKind::Week || !settings.angles.contains(&AngleKind::Day),
            rises: Record::new(memory),
            falls: own.then(|| Record::new(memory)),
            tail: Tail::new(TAIL_MEMORY),
            evidence: 0.0,
        }
    }

    /// What the angle thinks of a point; learns it if asked to.
    fn observe(&mut self, place: Place, value: f64, learning: Learning) -> Option<(Look, Farthest)> {
        let look = self.angle.observe(place, value, learning == Learning::Usual)?;
        let surprise = look.opinion.surprise;
        let young = (f64::from(self.tail.seen()) / YOUNG).min(1.0);
        let pace = 2.0 / (EVIDENCE_POINTS + 1.0);
        self.evidence += pace * (self.tail.evidence(surprise) * young - self.evidence);
        let kind = self.angle.kind();
        self.smoothed += kind.pace() * (surprise - self.smoothed);
        let figure = if self.falls.is_some() { value } else { self.smoothed };
        let depth = self.falls.as_ref().map_or(0.0, |falls| falls.ratio(-value));
        let ratio = if self.records { self.rises.ratio(figure).max(depth) } else { 0.0 };
        if learning == Learning::Usual {
            self.tail.add(surprise);
        }
        if learning != Learning::Nothing {
            self.rises.learn(figure);
            if let Some(falls) = &mut self.falls {
                falls.learn(-value);
            }
        }
        Some((look, Farthest { angle: kind, surprise, ratio }))
    }
}

// === impl Watch ===

impl Watch {
    /// An ensemble that knows nothing yet; the day has `slots` parts.
    #[must_use]
    pub fn new(settings: WatchSettings, slots: usize) -> Self {
        let angles: Vec<Angle> = settings.angles.iter().map(|kind| Angle::new(*kind, slots)).collect();
        Self::of(settings, angles)
    }

    /// An ensemble whose angles start from fitted seasons: median and spread of every slot of the day and of the week.
    #[must_use]
    pub fn started(settings: WatchSettings, day: &[(f64, f64)], week: &[(f64, f64)]) -> Self {
        let angles = settings.angles.iter().map(|kind| Angle::started(*kind, day, week)).collect();
        Self::of(settings, angles)
    }

    fn of(settings: WatchSettings, angles: Vec<Angle>) -> Self {
        let tracks = angles.into_iter().map(|angle| Track::new(angle, &settings)).collect();
        let scores = Tail::new(TAIL_MEMORY);
        Self { settings, tracks, scores, held: 0.0, since_alarm: u32::MAX }
    }

    /// How it watches.
    #[must_use]
    pub const fn settings(&self) -> &WatchSettings {
        &self.settings
    }

    /// Sets how much farther than ever before is an alarm.
    pub const fn set_margin(&mut self, margin: f64) {
        self.settings.margin = margin;
    }

    /// Judges a finite value by what came before, then learns of it what `learning` says.
    pub fn observe(&mut self, place: Place, value: f64, learning: Learning) -> Notice {
        let (mut farthest, mut best) = (None::<Farthest>, None::<Look>);
        for track in &mut self.tracks {
            let Some((look, far)) = track.observe(place, value, learning) else { continue };
            if farthest.is_none_or(|other| far.ratio > other.ratio) {
                farthest = Some(far);
            }
            if look.predicts && best.is_none_or(|other| look.opinion.spread < other.opinion.spread) {
                best = Some(look);
            }
        }
        let score = farthest.map_or(0.0, |far| far.ratio);
        let chance = self.scores.chance(score);
        if learning == Learning::Usual {
            self.scores.add(score);
        }
        let alarm = self.alarmed(score, chance);
        let (expected, spread) = best.map_or((value, 0.0), |look| (look.opinion.expected, look.opinion.spread));
        Notice { expected, spread, score, chance, abnormality: self.abnormality(score), alarm, farthest }
    }

    /// Whether this score is an alarm, and no repeat of one.
    fn alarmed(&mut self, score: f64, chance: f64) -> bool {
        let settings = &self.settings;
        let alarm = score >= settings.margin && chance <= settings.chance && self.since_alarm >= settings.pause;
        self.since_alarm = if alarm { 1 } else { self.since_alarm.saturating_add(1) };
        alarm
    }

    /// Evidence of the last points, and what is left of records.
    fn abnormality(&mut self, score: f64) -> f64 {
        let record = if score > 1.0 { 1.0 + score.ln() } else { 0.0 };
        self.held = (self.held * (-1.0 / HOLD_POINTS).exp()).max(record.min(10.0));
        let evidence: f64 = self.tracks.iter().map(|track| track.evidence).sum();
        evidence / self.tracks.len().max(1) as f64 + self.held / 4.0
    }
}

#[cfg(test)]
mod tests;
