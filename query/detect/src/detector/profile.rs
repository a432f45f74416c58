//! Left matrix profile: how unlike anything before the last stretch of values was.
//!
//! The distance of the newest stretch of `length` values to the nearest earlier one (Yeh et al., "Matrix Profile I", ICDM 2016; only
//! what lies to the left is known live: DAMP, Lu et al., KDD 2022). Distances are between stretches less their own means, divided by the
//! series' spread: the usual division by each stretch's own deviation would make patterns of noise as loud as events (De Paepe et al., 2020).
//!
//! Products are kept from one value to the next as in STOMPI (Matrix Profile II, ICDM 2016):
//! `q(i, j) = q(i-1, j-1) - x(i-1) x(j-1) + x(i+m-1) x(j+m-1)`, so that a value costs one pass over the memory, and the memory is
//! `room` values and as many products. They are computed anew each time the memory has passed, so that rounding does not gather.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Opinion;
use crate::noise::Noise;

/// A memory of values, and products of its stretches with the newest one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    length: usize,
    room: usize,
    values: VecDeque<f64>,
    /// Of each stretch with the newest, oldest first.
    products: Vec<f64>,
    /// Sum and sum of squares of each stretch.
    sums: Vec<(f64, f64)>,
    until_anew: usize,
    scale: Noise,
}

// === impl Profile ===

impl Profile {
    /// Stretches of `length` values, at least 4, in a memory of `room`, at least four of them.
    #[must_use]
    pub fn new(length: usize, room: usize) -> Self {
        let length = length.max(4);
        let room = room.max(4 * length);
        let (values, products, sums) = (VecDeque::new(), Vec::new(), Vec::new());
        Self { length, room, values, products, sums, until_anew: 0, scale: Noise::new(512) }
    }

    /// Learns a finite value; `None` until there are stretches that do not touch the newest. Expected is what followed the nearest
    /// stretch, moved to the level of the newest.
    pub fn observe(&mut self, value: f64) -> Option<Opinion> {
        let spread = self.scale.observe(value, true).map_or(0.0, |opinion| opinion.spread);
        self.push(value);
        let apart = self.length;
        let newest = self.sums.len().checked_sub(1)?;
        let candidates = newest.checked_sub(apart)?;
        let own = self.sums[newest];
        let m = self.length as f64;
        let energy = |(sum, squares): (f64, f64)| squares - sum * sum / m;
        let distance = |index: usize| {
            let other = self.sums[index];
            energy(own) + energy(other) - 2.0 * (self.products[index] - own.0 * other.0 / m)
        };
        let mut nearest = (f64::INFINITY, 0);
        for index in 0..=candidates {
            let far = distance(index);
            if far < nearest.0 {
                nearest = (far, index);
            }
        }
        let last = self.values[nearest.1 + apart - 1] + (own.0 - self.sums[nearest.1].0) / m;
        let root = (nearest.0.max(0.0) / m).sqrt();
        let opinion = Opinion::of(root, 0.0, spread, 0.0);
        Some(Opinion { expected: last, spread, above: value > last, ..opinion })
    }

    /// Takes a value in and brings products and sums up to date.
    fn push(&mut self, value: f64) {
        let full = self.values.len() == self.room;
        let left = if full { self.values.pop_front() } else { None };
        self.values.push_back(value);
        let Some(newest) = self.values.len().checked_sub(self.length) else { return };
        if left.is_some() {
            self.sums.remove(0);
        }
        let stretch = self.values.range(newest..);
        self.sums.push(stretch.fold((0.0, 0.0), |(sum, squares), value| (sum + value, squares + value * value)));
        if self.until_anew == 0 {
            self.until_anew = self.room;
            self.products = (0..=newest).map(|index| self.product(index, newest)).collect();
            return;
        }
        self.until_anew -= 1;
        let before = if newest > 0 { Some(self.values[newest - 1]) } else { left };
        self.step(newest, before.unwrap_or(0.0), left.is_some());
    }

    /// Products with the newest stretch from those with the one before; `left`: the oldest value has gone, places moved by one.
    fn step(&mut self, newest: usize, before: f64, left: bool) {
        let m = self.length;
        let last = self.values[newest + m - 1];
        let old = std::mem::take(&mut self.products);
        let mut products = Vec::with_capacity(newest + 1);
        products.push(self.product(0, newest));
        // The product of stretch i - 1 with the one before the newest stood at i - 1, or at i before the oldest value went.
        let moved = usize::from(left);
        let earlier = old.iter().skip(moved);
        let gone = self.values.iter();
        let come = self.values.iter().skip(m);
        products.extend(
            earlier.zip(gone).zip(come).take(newest).map(|((old, gone), come)| old - before * gone + last * come),
        );
        self.products = products;
    }

    fn product(&self, one: usize, other: usize) -> f64 {
        let m = self.length;
        self.values.range(one..one + m).zip(self.values.range(other..other + m)).map(|(one, other)| one * other).sum()
    }
}

#[cfg(test)]
mod tests;
