//! Histograms as people and `count_values` read them.

use std::fmt;

use super::Histogram;
use crate::number::number;

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{count:{}, sum:{}", number(self.count), number(self.sum))?;
        for bucket in self.buckets().filter(|bucket| bucket.count != 0.0) {
            let (open, close) =
                (if bucket.lower_inclusive { '[' } else { '(' }, if bucket.upper_inclusive { ']' } else { ')' });
            let (lower, upper) = (number(bucket.lower), number(bucket.upper));
            write!(f, ", {open}{lower},{upper}{close}:{}", number(bucket.count))?;
        }
        f.write_str("}")
    }
}
