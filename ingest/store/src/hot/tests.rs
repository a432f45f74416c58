use arrow::array::{AsArray, Int64Array, StringViewArray};
use arrow::datatypes::Int64Type;

use super::*;

fn rows(from: i64, count: i64) -> RecordBatch {
    let numbers = Int64Array::from_iter_values(from..from + count);
    let texts = StringViewArray::from_iter_values((0..count).map(|_| "a text that is longer than a view holds itself"));
    RecordBatch::try_from_iter([("n", std::sync::Arc::new(numbers) as _), ("s", std::sync::Arc::new(texts) as _)])
        .unwrap()
}

fn numbers(hot: &Hot) -> Vec<i64> {
    hot.batches().iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

#[tokio::test]
async fn rows_keep_their_order_and_small_batches_are_merged() {
    let mut hot = Hot::default();
    let mut expected = 0;
    for seq in 1..=1_000_u64 {
        let count = if seq % 100 == 0 { 2_000 } else { 3 };
        hot.push(seq, rows(expected, count), Instant::now());
        expected += count;
    }
    assert_eq!(numbers(&hot), (0..expected).collect::<Vec<_>>());
    assert!(hot.batches().len() < 100, "{} batches", hot.batches().len());
    assert_eq!((hot.first_seq(), hot.last_seq()), (Some(1), 1_000));
}

#[tokio::test]
async fn the_size_told_is_the_size_held() {
    let mut hot = Hot::default();
    let told: isize = (1..200).map(|seq| hot.push(seq, rows(0, 5), Instant::now())).sum();
    assert_eq!(told, hot.size_bytes().cast_signed());
    let held: usize = hot.batches().iter().map(RecordBatch::get_array_memory_size).sum();
    assert_eq!(held, hot.size_bytes());
    assert!(held < 200_000, "{held} bytes for 995 short rows");
}
