//! Random numbers that are the same everywhere and for ever: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).

/// A generator; the same seed gives the same numbers.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Seeds that differ by one give unrelated numbers.
    pub(crate) fn seeded(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0xD134_2543_DE82_EF95));
        random.bits();
        random
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Uniform from 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A count with this mean: products of uniforms (Knuth, TAOCP 3.4.1), in pieces so that none underflows.
    pub(crate) fn poisson(&mut self, mean: f64) -> u64 {
        let (mut left, mut count) = (mean, 0);
        while left > 0.0 {
            let piece = left.min(30.0);
            left -= piece;
            let (limit, mut product) = ((-piece).exp(), self.unit());
            while product > limit {
                product *= self.unit();
                count += 1;
            }
        }
        count
    }

    /// How many of so many tries succeed.
    pub(crate) fn binomial(&mut self, tries: u64, p: f64) -> u64 {
        (0..tries).map(|_| u64::from(self.unit() < p)).sum()
    }

    /// Gamma with this shape, 1 or more, and scale 1 (Marsaglia and Tsang, ACM TOMS 26, 2000).
    fn gamma(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
                return d * v;
            }
        }
    }

    /// Quantile `q` of so many standard normal numbers, without drawing them: the uniform one of rank `k` of `n` is
    /// Beta(k, n - k + 1) (David and Nagaraja, "Order Statistics", 2.1).
    pub(crate) fn normal_quantile_of(&mut self, count: u64, q: f64) -> f64 {
        let rank = (q * count as f64).ceil().max(1.0);
        let (low, high) = (self.gamma(rank), self.gamma(count as f64 - rank + 1.0));
        normal_at(low / (low + high))
    }
}

/// The standard normal number below which a share lies, by halving.
fn normal_at(share: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..30 {
        let middle = f64::midpoint(low, high);
        *(if below(middle) < share { &mut low } else { &mut high }) = middle;
    }
    low
}

/// Share of a standard normal below `x` (Abramowitz and Stegun 26.2.17).
fn below(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let sum = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530]
        .into_iter()
        .fold(0.0, |sum, constant| (sum + constant) * t);
    let above = (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt() * sum;
    if x < 0.0 { above } else { 1.0 - above }
}
