//! The season: what is usual at this time of the day, as it drifts.
//!
//! Each slot of the day keeps a median and a spread that follow their series ([`crate::quantile`]); between the middles of two slots they
//! are mixed linearly. A level apart from the slots takes up trend and shifts: the median of what the slots leave, over the last hours.

use serde::{Deserialize, Serialize};

use super::Opinion;
use crate::noise::Noise;
use crate::quantile::Quantile;

/// Slots of a period, each with its usual value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Season {
    slots: Vec<Quantile>,
    level: Option<Noise>,
    noise: Noise,
}

// === impl Season ===

impl Season {
    /// `slots` of a period, of which each remembers about `memory` values; the level is that of the last `hold` values
    /// (none: the season alone), noise that of the last `noise`.
    #[must_use]
    pub fn new(slots: usize, memory: u32, hold: Option<u32>, noise: u32) -> Self {
        Self {
            slots: vec![Quantile::new(0.5, memory); slots.max(1)],
            level: hold.map(Noise::new),
            noise: Noise::new(noise),
        }
    }

    /// Starts from fitted middles and spreads, one for each slot.
    #[must_use]
    pub fn started(fitted: &[(f64, f64)], memory: u32, hold: Option<u32>, noise: u32) -> Self {
        let slot = |(middle, spread): &(f64, f64)| Quantile::started(0.5, memory, *middle, *spread);
        Self { slots: fitted.iter().map(slot).collect(), ..Self::new(fitted.len(), memory, hold, noise) }
    }

    /// What is usual at a place of the period, 0 to 1; `None` where the period was never seen.
    #[must_use]
    pub fn usual(&self, place: f64) -> Option<f64> {
        let count = self.slots.len();
        let at = place.rem_euclid(1.0) * count as f64 - 0.5;
        let part = at - at.floor();
        let left = (at.floor() as i64).rem_euclid(count as i64) as usize;
        let right = (left + 1) % count;
        match (self.known(left), self.known(right)) {
            (Some(left), Some(right)) => Some(left + (right - left) * part),
            (one, other) => one.or(other),
        }
    }

    /// Compares a finite value with its slot, then learns it if asked to.
    pub fn observe(&mut self, place: f64, value: f64, learn: bool) -> Option<Opinion> {
        let usual = self.usual(place);
        let opinion = usual.and_then(|usual| {
            let rest = value - usual;
            let level =
                self.level.as_mut().and_then(|level| level.observe(rest, learn)).map_or(0.0, |level| level.expected);
            let noise = self.noise.observe(rest - level, learn)?;
            Some(Opinion { expected: usual + level + noise.expected, ..noise })
        });
        let slot = (place.rem_euclid(1.0) * self.slots.len() as f64) as usize;
        if let Some(slot) = self.slots.get_mut(slot).filter(|_| learn) {
            slot.add(value);
        }
        opinion
    }

    fn known(&self, slot: usize) -> Option<f64> {
        self.slots.get(slot).filter(|slot| slot.seen() > 0).map(Quantile::value)
    }
}
