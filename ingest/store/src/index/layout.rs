//! How the rows of a file are parted into the places of an index.

use std::ops::Range;
use std::sync::Arc;

/// Rows of a block, the smallest part of a file that an index of words tells from others. A page of long texts has about as many, and no
/// fewer rows of them can be read.
pub(super) const BLOCK_ROWS: u32 = 2 * 1024;

/// The parts of a file: one for all of it, or blocks of 2,048 rows of each row group, whose last one may have fewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The rows of each row group; none where all of the file is one part.
    groups: Arc<[u32]>,
}

// === impl Layout ===

impl Layout {
    /// All of a file is one part.
    pub(super) fn whole() -> Self {
        Self { groups: Arc::default() }
    }

    /// Blocks of row groups with so many rows each.
    pub(super) fn of_groups(rows: Vec<u32>) -> Self {
        Self { groups: rows.into() }
    }

    /// The rows of each row group; none where all of the file is one part.
    #[must_use]
    pub fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// How many parts there are, unless they are too many; a file without rows has one, so that every file has a place.
    #[must_use]
    pub fn parts(&self) -> Option<u32> {
        let parts = self.groups.iter().try_fold(0_u32, |parts, rows| parts.checked_add(rows.div_ceil(BLOCK_ROWS)))?;
        Some(parts.max(1))
    }

    /// The rows of each row group that lie in some of the parts, which are in order: ranges that neither touch nor overlap.
    #[must_use]
    pub fn rows(&self, parts: &[u32]) -> Vec<Vec<Range<u32>>> {
        let (mut parts, mut first) = (parts.iter().copied().peekable(), 0);
        let of_group = |rows: &u32| {
            let blocks = first..first + rows.div_ceil(BLOCK_ROWS);
            let mut found: Vec<Range<u32>> = Vec::new();
            while let Some(part) = parts.next_if(|part| blocks.contains(part)) {
                let from = (part - blocks.start) * BLOCK_ROWS;
                let to = (from + BLOCK_ROWS).min(*rows);
                match found.last_mut().filter(|last| last.end == from) {
                    Some(last) => last.end = to,
                    None => found.push(from..to),
                }
            }
            first = blocks.end;
            found
        };
        self.groups.iter().map(of_group).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_counted_through_all_row_groups() {
        let layout = Layout::of_groups(vec![BLOCK_ROWS * 2 + 1, 10, BLOCK_ROWS]);
        assert_eq!(layout.parts(), Some(5));
        let rows = |parts: &[u32]| -> Vec<Vec<(u32, u32)>> {
            let bounds = |ranges: Vec<Range<u32>>| ranges.into_iter().map(|rows| (rows.start, rows.end)).collect();
            layout.rows(parts).into_iter().map(bounds).collect()
        };
        let two = 2 * BLOCK_ROWS;
        assert_eq!(rows(&[]), [vec![], vec![], vec![]]);
        assert_eq!(rows(&[0, 1, 4]), [vec![(0, two)], vec![], vec![(0, BLOCK_ROWS)]]);
        assert_eq!(rows(&[0, 2, 3]), [vec![(0, BLOCK_ROWS), (two, two + 1)], vec![(0, 10)], vec![]]);
        assert_eq!(Layout::whole().parts(), Some(1));
        assert_eq!(Layout::of_groups(vec![0]).parts(), Some(1));
        assert_eq!(Layout::of_groups(vec![u32::MAX; 5_000]).parts(), None);
    }
}
