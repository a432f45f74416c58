//! Spectral residual: what sticks out once the usual spectrum is taken away.
//!
//! Ren et al., "Time-Series Anomaly Detection Service at Microsoft", KDD 2019, after Hou and Zhang, CVPR 2007. Of the last
//! 64 values: amplitude `A` of the Fourier transform, residual `R = ln A - mean of ln A over 3`, saliency map
//! `S = |inverse(e^(R + i phase))|`. The last point has too little after it, so five more are guessed by the mean slope to earlier
//! points (eq. 10 and 11 there). The surprise is `(S - mean S) / mean S` at the newest value.

use std::collections::VecDeque;
use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::Opinion;

/// Length of the transform, a power of two.
const LENGTH: usize = 64;

/// Points that are guessed after the newest.
const GUESSED: usize = 5;

/// Neighbours the log spectrum is averaged over.
const SMOOTHED: usize = 3;

/// Amplitudes are taken as at least this, relative to the largest.
const FAINT: f64 = 1e-8;

/// The last values.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Spectral {
    last: VecDeque<f64>,
}

/// A complex number.
#[derive(Debug, Clone, Copy, Default)]
struct Complex {
    re: f64,
    im: f64,
}

// === impl Spectral ===

impl Spectral {
    /// Learns a finite value and says how much it sticks out; `None` until 59 values are known. What is expected is the value before.
    pub fn observe(&mut self, value: f64) -> Option<Opinion> {
        let before = self.last.back().copied().unwrap_or(value);
        self.last.push_back(value);
        if self.last.len() > LENGTH - GUESSED {
            self.last.pop_front();
        }
        if self.last.len() < LENGTH - GUESSED {
            return None;
        }
        let map = saliency(&self.continued(value));
        let mean = map.iter().sum::<f64>() / map.len() as f64;
        let own = map[LENGTH - GUESSED - 1];
        let surprise = if mean > 0.0 { ((own - mean) / mean).max(0.0) } else { 0.0 };
        Some(Opinion {
            expected: before,
            spread: (value - before).abs() / surprise.max(1.0),
            surprise,
            above: value > before,
        })
    }

    /// The values, and five more on the mean slope from earlier points to the newest.
    fn continued(&self, value: f64) -> Vec<f64> {
        let earlier = self.last.iter().rev().skip(1).take(GUESSED).enumerate();
        let slope = earlier.map(|(age, other)| (value - other) / (age + 1) as f64).sum::<f64>() / GUESSED as f64;
        let from = self.last.iter().rev().nth(GUESSED - 1).copied().unwrap_or(value);
        let guess = from + slope * GUESSED as f64;
        self.last.iter().copied().chain(std::iter::repeat_n(guess, GUESSED)).collect()
    }
}

/// The saliency map of `LENGTH` values.
fn saliency(values: &[f64]) -> Vec<f64> {
    let mut waves: Vec<Complex> = values.iter().map(|value| Complex { re: *value, im: 0.0 }).collect();
    transform(&mut waves, -1.0);
    let sizes: Vec<f64> = waves.iter().map(|wave| wave.re.hypot(wave.im)).collect();
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 {
        return vec![0.0; values.len()];
    }
    let logs: Vec<f64> = sizes.iter().map(|size| (size / largest).max(FAINT).ln()).collect();
    for (place, wave) in waves.iter_mut().enumerate() {
        let near = (0..SMOOTHED).map(|step| logs[(place + LENGTH + step - SMOOTHED / 2) % LENGTH]);
        let residual = (logs[place] - near.sum::<f64>() / SMOOTHED as f64).exp();
        let size = sizes[place].max(FAINT * largest);
        *wave = Complex { re: wave.re / size * residual, im: wave.im / size * residual };
    }
    transform(&mut waves, 1.0);
    waves.iter().map(|wave| wave.re.hypot(wave.im) / LENGTH as f64).collect()
}

/// Fourier transform in place (Cooley and Tukey, Math. Comp. 19, 1965); `sign` -1 forward, 1 back without the division.
fn transform(waves: &mut [Complex], sign: f64) {
    let bits = LENGTH.trailing_zeros();
    for place in 0..LENGTH {
        let other = place.reverse_bits() >> (usize::BITS - bits);
        if other > place {
            waves.swap(place, other);
        }
    }
    let mut half = 1;
    while half < LENGTH {
        for place in (0..LENGTH).filter(|place| place & half == 0) {
            let angle = sign * TAU * (place % half) as f64 / (2 * half) as f64;
            let (sin, cos) = angle.sin_cos();
            let (left, right) = (waves[place], waves[place + half]);
            let turned = Complex { re: right.re * cos - right.im * sin, im: right.re * sin + right.im * cos };
            waves[place] = Complex { re: left.re + turned.re, im: left.im + turned.im };
            waves[place + half] = Complex { re: left.re - turned.re, im: left.im - turned.im };
        }
        half *= 2;
    }
}
