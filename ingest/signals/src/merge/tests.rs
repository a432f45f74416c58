use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A partial row, as a flush writes it.
#[derive(Debug, Clone, PartialEq)]
struct Partial {
    minute: i64,
    service: &'static str,
    operation: Option<&'static str>,
    source: &'static str,
    requests: f64,
    errors: f64,
    durations: (i64, i64),
    offset: i64,
    counts: Vec<f64>,
}

const MINUTE_US: i64 = 60_000_000;

fn partial(requests: f64, offset: i64, counts: &[f64]) -> Partial {
    Partial {
        minute: 0,
        service: "cart",
        operation: Some("GET /cart"),
        source: "spans",
        requests,
        errors: 0.0,
        durations: (0, 0),
        offset,
        counts: counts.to_vec(),
    }
}

fn rows(partials: &[Partial]) -> RecordBatch {
    let ints =
        |int: fn(&Partial) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(partials.iter().map(int))) };
    let doubles = |double: fn(&Partial) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(partials.iter().map(double)))
    };
    let texts = |text: fn(&Partial) -> Option<&'static str>| -> ArrayRef {
        Arc::new(partials.iter().map(text).collect::<StringViewArray>())
    };
    let minutes = TimestampMicrosecondArray::from_iter_values(partials.iter().map(|row| row.minute * MINUTE_US));
    let mut counts = ListBuilder::new(Float64Builder::new()).with_field(element_field(DataType::Float64));
    for row in partials {
        counts.values().append_slice(&row.counts);
        counts.append(true);
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(minutes.with_timezone("UTC")),
        texts(|row| Some(row.service)),
        texts(|row| row.operation),
        texts(|_| Some("SERVER")),
        texts(|row| Some(row.source)),
        doubles(|row| row.requests),
        doubles(|row| row.errors),
        ints(|row| row.counts.len() as i64),
        ints(|row| row.durations.0),
        ints(|row| row.durations.1),
        ints(|row| row.offset),
        Arc::new(counts.finish()),
    ];
    RecordBatch::try_new(Arc::clone(&schema::golden_signals().schema), columns).unwrap()
}

#[test]
fn rows_of_a_minute_add_up() {
    let first = Partial { errors: 1.0, durations: (700, 500), ..partial(3.0, 100, &[1.0, 2.0]) };
    let second = Partial { errors: 0.5, durations: (40, 40), ..partial(4.5, 98, &[4.5, 0.0, 0.0]) };
    let third = Partial { durations: (900, 900), ..partial(1.0, 103, &[1.0]) };
    let merged = merge(&[rows(&[first, second]), rows(&[third])]).unwrap();
    assert_eq!(merged.num_rows(), 1);
    let double = |name: &str| merged[name].as_primitive::<Float64Type>().value(0);
    let int = |name: &str| merged[name].as_primitive::<Int64Type>().value(0);
    assert_eq!((double("requests"), double("errors")), (8.5, 1.5));
    assert_eq!((int("spans"), int("duration_sum_ns"), int("duration_max_ns")), (6, 1_640, 900));
    // Buckets 98 to 103: 4.5 of the second, 1 and 2 of the first, 1 of the third.
    assert_eq!(int("latency_offset"), 98);
    let counts = merged["latency_counts"].as_list::<i32>().value(0);
    assert_eq!(counts.as_primitive::<Float64Type>().values(), &[4.5, 0.0, 1.0, 2.0, 0.0, 1.0]);
}

#[test]
fn rows_about_something_else_stay_apart() {
    let one = partial(1.0, 7, &[1.0]);
    let others = [
        Partial { minute: 1, ..one.clone() },
        Partial { service: "auth", ..one.clone() },
        Partial { operation: None, ..one.clone() },
        Partial { operation: Some(""), ..one.clone() },
        Partial { source: "metrics", ..one.clone() },
        one,
    ];
    let merged = merge(&[rows(&others), rows(&others)]).unwrap();
    assert_eq!(merged.num_rows(), others.len());
    assert_eq!(merged["requests"].as_primitive::<Float64Type>().values(), &[2.0; 6]);
    assert_eq!(merged["operation"].null_count(), 1);
}

#[test]
fn nothing_merges_to_nothing_and_what_is_no_signal_is_refused() {
    assert_eq!(merge(&[]).unwrap().num_rows(), 0);
    let broken = rows(&[partial(1.0, i64::MAX, &[1.0])]);
    assert_eq!(merge(&[broken]).unwrap_err(), "the buckets of a latency sketch are out of range");
    let narrow = rows(&[partial(1.0, 1, &[1.0])]).project(&[11]).unwrap();
    assert_eq!(merge(&[narrow]).unwrap_err(), "golden signals have no column minute");
}

fn any_partial() -> impl Strategy<Value = Partial> {
    let services = prop::sample::select(vec!["a", "b"]);
    let operations = prop::sample::select(vec![Some("x"), None]);
    // Multiples of 1/1024, as weights are.
    let counts = prop::collection::vec((0..4_096_u32).prop_map(|count| f64::from(count) / 1_024.0), 0..6);
    (0..3_i64, services, operations, counts, -1..2_000_i64, 0..1_000_i64).prop_map(
        |(minute, service, operation, counts, offset, longest)| Partial {
            minute,
            service,
            operation,
            errors: counts.first().copied().unwrap_or(0.0),
            durations: (2 * longest, longest),
            ..partial(counts.iter().sum(), offset, &counts)
        },
    )
}

proptest! {
    #[test]
    fn merging_parts_and_then_the_parts_is_merging_the_whole(
        partials in prop::collection::vec(any_partial(), 0..60),
        cuts in prop::collection::vec(0..60_usize, 0..4),
    ) {
        let whole = merge(&[rows(&partials)]).unwrap();
        let mut bounds: Vec<usize> = cuts.iter().map(|cut| *cut.min(&partials.len())).chain([0, partials.len()]).collect();
        bounds.sort_unstable();
        let parts = bounds.windows(2).map(|bounds| merge(&[rows(&partials[bounds[0]..bounds[1]])]).unwrap());
        let mut parts: Vec<_> = parts.collect();
        prop_assert_eq!(&merge(&parts).unwrap(), &whole);
        parts.reverse();
        prop_assert_eq!(merge(&parts).unwrap(), whole);
    }

    #[test]
    fn latencies_are_those_of_adding_sketch_after_sketch(partials in prop::collection::vec(any_partial(), 1..40)) {
        let mut sketches: BTreeMap<(i64, Option<&str>, Option<&str>), Sketch> = BTreeMap::new();
        for row in &partials {
            let sketch = sketches.entry((row.minute, Some(row.service), row.operation)).or_default();
            sketch.merge(row.offset, &row.counts).unwrap();
        }
        let merged = merge(&[rows(&partials)]).unwrap();
        let columns = Columns::of(&merged).unwrap();
        prop_assert_eq!(merged.num_rows(), sketches.len());
        for row in 0..merged.num_rows() {
            let (minute, [service, operation, ..]) = columns.key(row);
            let sketch = &sketches[&(minute / MINUTE_US, service, operation)];
            prop_assert_eq!((columns.offset.value(row), columns.counts(row)), (sketch.offset(), sketch.counts()));
        }
    }
}
