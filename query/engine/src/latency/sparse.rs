//! A sketch while it is added up: the buckets that have counts, and no others.
//!
//! Sketches of a minute reach over hundreds of buckets and fill some ten of them.

use ingest_signals::{Sketch, SketchError};

/// Counts by bucket, in the order of buckets.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sparse(Vec<(i32, f64)>);

// === impl Sparse ===

impl Sparse {
    /// Adds to the count of a bucket; how many buckets there are more.
    pub(super) fn add(&mut self, bucket: i32, count: f64) -> usize {
        let at = self.0.partition_point(|(own, _)| *own < bucket);
        match self.0.get_mut(at) {
            Some((own, sum)) if *own == bucket => {
                *sum += count;
                0
            }
            _ => {
                self.0.insert(at, (bucket, count));
                1
            }
        }
    }

    /// Adds to the counts of buckets; how many buckets there are more.
    pub(super) fn add_all<'a>(&mut self, counts: impl Iterator<Item = (i32, &'a f64)>) -> usize {
        counts.map(|(bucket, count)| self.add(bucket, *count)).sum()
    }

    /// Adds the counts of a sketch, the first of which is of the bucket `offset`; how many buckets there are more.
    ///
    /// # Errors
    ///
    /// [`SketchError`] when they reach beyond the buckets a sketch has.
    pub(super) fn merge(&mut self, offset: i64, counts: &[f64]) -> Result<usize, SketchError> {
        Sketch::check(offset, counts.len())?;
        let first = i32::try_from(offset).map_err(|_| SketchError)?;
        Ok(self.add_all((first..).zip(counts).filter(|(_, count)| **count != 0.0)))
    }

    /// Buckets that have counts.
    pub(super) fn buckets(&self) -> &[(i32, f64)] {
        &self.0
    }

    /// The bucket of the first count; 0 without any.
    pub(super) fn offset(&self) -> i64 {
        self.0.first().map_or(0, |(bucket, _)| i64::from(*bucket))
    }

    /// How many buckets there are from the first to the last that have counts.
    pub(super) fn reach(&self) -> usize {
        let ends = self.0.first().zip(self.0.last());
        ends.map_or(0, |((first, _), (last, _))| usize::try_from(last - first + 1).unwrap_or(0))
    }

    /// Appends the counts of all those buckets.
    pub(super) fn append_counts(&self, counts: &mut Vec<f64>) {
        let (start, first) = (counts.len(), self.0.first().map_or(0, |(bucket, _)| *bucket));
        counts.resize(start + self.reach(), 0.0);
        for (bucket, count) in &self.0 {
            counts[start + usize::try_from(bucket - first).unwrap_or(0)] = *count;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is added up bucket by bucket is what sketches amount to.
        #[test]
        fn equals_the_sketch_of_the_same_counts(
            sketches in prop::collection::vec((-1_i64..60, prop::collection::vec(0_u8..3, 0..40)), 0..8),
        ) {
            let (mut sparse, mut dense) = (Sparse::default(), [0.0; 128]);
            for (offset, counts) in &sketches {
                let counts: Vec<f64> = counts.iter().map(|count| f64::from(*count)).collect();
                sparse.merge(*offset, &counts).unwrap();
                counts.iter().enumerate().for_each(|(at, count)| dense[*offset as usize + 1 + at] += count);
            }
            let mut told = [0.0; 128];
            let mut counts = Vec::new();
            sparse.append_counts(&mut counts);
            let first = (sparse.offset() + 1) as usize;
            told[first..first + counts.len()].copy_from_slice(&counts);
            prop_assert_eq!(told, dense);
        }
    }

    #[test]
    fn buckets_no_sketch_has_are_refused() {
        let mut sparse = Sparse::default();
        assert_eq!(sparse.merge(-2, &[1.0]), Err(SketchError));
        assert_eq!(sparse.merge(2_047, &[1.0, 1.0]), Err(SketchError));
        assert_eq!(sparse.merge(i64::MAX, &[1.0, 1.0]), Err(SketchError));
        assert_eq!(sparse, Sparse::default());
    }
}
