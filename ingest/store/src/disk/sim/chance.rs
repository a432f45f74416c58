//! Chances from a seed: SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
//! generators, 2014).

/// A source of chances.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

// === impl Chance ===

impl Chance {
    /// The chances of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Self(seed);
        // Seeds that follow each other begin alike.
        chance.next();
        chance
    }

    /// Chances of their own, that follow from these.
    pub(crate) fn fork(&mut self) -> Self {
        Self::new(self.next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is above 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }
}
