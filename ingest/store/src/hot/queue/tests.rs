use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use super::*;

/// Rows that take an eighth of a part and a little.
fn rows(first: i64) -> RecordBatch {
    let count = i64::try_from(PART_BYTES / 8 / 8).unwrap();
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(first..first + count));
    RecordBatch::try_from_iter([("number", column)]).unwrap()
}

fn queue(requests: u64) -> HotQueue {
    let mut queue = HotQueue::default();
    for seq in 1..=requests {
        queue.push(seq, rows(seq.cast_signed()), Instant::now());
    }
    queue
}

#[test]
fn rows_are_written_part_by_part_in_the_order_they_came() {
    let mut queue = queue(20);
    let sizes: Vec<_> = queue.parts().map(|part| part.batches().len()).collect();
    assert_eq!(sizes, [8, 8, 4]);
    assert_eq!((queue.first_seq(), queue.last_seq()), (Some(1), Some(20)));
    let before = queue.size_bytes();
    let (batches, reached) = queue.seal().unwrap();
    assert_eq!((batches.len(), reached), (8, 8));
    assert_eq!(queue.size_bytes(), before, "what is being written can still be read");
    assert_eq!(queue.seal().unwrap().1, 8, "a flush that failed is tried again with the same rows");
    let freed = queue.let_go();
    assert!(freed >= PART_BYTES && queue.size_bytes() == before - freed);
    assert_eq!((queue.first_seq(), queue.parts().count()), (Some(9), 2));
    for reached in [16, 20] {
        assert_eq!(queue.seal().unwrap().1, reached);
        queue.let_go();
    }
    assert!(queue.seal().is_none() && queue.first_seq().is_none() && queue.since().is_none());
}

#[test]
fn rows_that_come_during_a_flush_are_a_part_of_their_own() {
    let mut queue = queue(2);
    assert_eq!(queue.seal().unwrap().1, 2);
    queue.push(3, rows(3), Instant::now());
    assert_eq!(queue.parts().map(Hot::last_seq).collect::<Vec<_>>(), [2, 3]);
    queue.let_go();
    assert_eq!((queue.first_seq(), queue.last_seq()), (Some(3), Some(3)));
}
