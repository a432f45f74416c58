//! Angles: what of a series is looked at. Each is a detector with its parameters.

use serde::{Deserialize, Serialize};

use crate::calendar::Place;
use crate::detector::Opinion;
use crate::detector::poly::Poly;
use crate::detector::profile::Profile;
use crate::detector::season::Season;
use crate::detector::shift::Shift;
use crate::detector::spectral::Spectral;
use crate::noise::Noise;

/// Which angle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AngleKind {
    /// The value itself: never so high, never so low.
    Value,
    /// Distance from what is usual at this time of the day.
    Day,
    /// Distance from what is usual at this time of the week.
    Week,
    /// The mean of the last dozen values, less the day's season.
    Shift,
    /// The mean of the last four dozen values, less the day's season.
    LongShift,
    /// Distance from the mean of the last three values.
    Jump,
    /// Distance from the line through the last eight values.
    Line,
    /// The size of steps.
    Steps,
    /// How unlike any earlier one the last stretch of twelve values is.
    Shape,
    /// The spectral residual.
    Spectral,
}

/// What an angle says of a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Its opinion.
    pub opinion: Opinion,
    /// Whether what it expects is the next value, not a mean of some.
    pub predicts: bool,
}

/// An angle and its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Angle {
    kind: AngleKind,
    state: State,
}

/// The detector behind an angle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Noise(Noise),
    Season(Season),
    Shift(Season, Shift),
    Steps(Shift),
    Poly(Poly),
    Shape(Profile),
    Spectral(Spectral),
}

/// Values that a slot of a season remembers.
const SLOT_MEMORY: u32 = 60;

/// Values that noise is measured over.
const NOISE: u32 = 2_000;

/// Slots of a day, half hours.
pub const DAY_SLOTS: usize = 48;

/// Slots of a week, hours.
pub const WEEK_SLOTS: usize = 168;

// === impl AngleKind ===

impl AngleKind {
    /// The angles of an ensemble.
    pub const DEFAULT: [Self; 6] = [Self::Value, Self::Day, Self::Week, Self::Shift, Self::LongShift, Self::Jump];

    /// Every angle.
    pub const ALL: [Self; 10] = [
        Self::Value,
        Self::Day,
        Self::Week,
        Self::Shift,
        Self::LongShift,
        Self::Jump,
        Self::Line,
        Self::Steps,
        Self::Shape,
        Self::Spectral,
    ];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Day => "day",
            Self::Week => "week",
            Self::Shift => "shift",
            Self::LongShift => "long_shift",
            Self::Jump => "jump",
            Self::Line => "line",
            Self::Steps => "steps",
            Self::Shape => "shape",
            Self::Spectral => "spectral",
        }
    }

    /// What a record of this angle means, to follow "the value" in a sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Value => "was never so far from usual",
            Self::Day => "was never so far, for so long, from what is usual at this time of the day",
            Self::Week => "was never so far, for so long, from what is usual at this time of the week",
            Self::Shift | Self::LongShift => "has moved to another level",
            Self::Jump => "never jumped so far",
            Self::Line => "never left its line so far",
            Self::Steps => "never moved so much, or so little, from one point to the next",
            Self::Shape => "takes a course unlike any before",
            Self::Spectral => "stands out from its rhythm as never before",
        }
    }

    /// How fast the surprise that is compared with its record follows; 1 is at once. Angles of single values are averaged over twenty, so
    /// that one stray value does not hide a stretch of them.
    pub(crate) const fn pace(self) -> f64 {
        match self {
            Self::Day | Self::Week | Self::Shape => 2.0 / 21.0,
            _ => 1.0,
        }
    }
}

// === impl Angle ===

impl Angle {
    /// An angle that knows nothing yet; the day has `slots` parts.
    #[must_use]
    pub fn new(kind: AngleKind, slots: usize) -> Self {
        let week = Season::new(WEEK_SLOTS, SLOT_MEMORY / 2, None, NOISE);
        Self::with(kind, Season::new(slots, SLOT_MEMORY, None, NOISE), week)
    }

    /// An angle that starts from the median and spread of every slot of the day and of the week; an empty season is learned.
    #[must_use]
    pub fn started(kind: AngleKind, day: &[(f64, f64)], week: &[(f64, f64)]) -> Self {
        let season = |fitted: &[(f64, f64)], slots: usize, memory: u32| match fitted {
            [] => Season::new(slots, memory, None, NOISE),
            fitted => Season::started(fitted, memory, None, NOISE),
        };
        Self::with(kind, season(day, DAY_SLOTS, SLOT_MEMORY), season(week, WEEK_SLOTS, SLOT_MEMORY / 2))
    }

    fn with(kind: AngleKind, day: Season, week: Season) -> Self {
        let state = match kind {
            AngleKind::Value => State::Noise(Noise::new(3_000)),
            AngleKind::Day => State::Season(day),
            AngleKind::Week => State::Season(week),
            AngleKind::Shift => State::Shift(day, Shift::of_level(12, 3_000)),
            AngleKind::LongShift => State::Shift(day, Shift::of_level(48, 3_000)),
            AngleKind::Jump => State::Poly(Poly::new(3, false, 1_000)),
            AngleKind::Line => State::Poly(Poly::new(8, true, 1_000)),
            AngleKind::Steps => State::Steps(Shift::of_variance(24, NOISE)),
            AngleKind::Shape => State::Shape(Profile::new(12, 4_000)),
            AngleKind::Spectral => State::Spectral(Spectral::default()),
        };
        Self { kind, state }
    }

    /// Which angle.
    #[must_use]
    pub const fn kind(&self) -> AngleKind {
        self.kind
    }

    /// Compares a finite value with what came before, then learns it if asked to. The shape of the last values is remembered in any case.
    pub(crate) fn observe(&mut self, place: Place, value: f64, learn: bool) -> Option<Look> {
        let period = if self.kind == AngleKind::Week { place.week } else { place.day };
        let (opinion, predicts) = match &mut self.state {
            State::Noise(noise) => (noise.observe(value, learn), true),
            State::Season(season) => (season.observe(period, value, learn), true),
            State::Shift(season, shift) => {
                let usual = season.observe(period, value, learn)?.expected;
                let moved = shift.observe(value - usual, learn);
                (moved.map(|moved| Opinion { expected: moved.expected + usual, ..moved }), false)
            }
            State::Steps(shift) => (shift.observe(value, learn), false),
            State::Poly(poly) => (poly.observe(value, learn), true),
            State::Shape(profile) => (profile.observe(value), false),
            State::Spectral(spectral) => (spectral.observe(value), false),
        };
        Some(Look { opinion: opinion?, predicts })
    }
}
