use arrow::array::{AsArray, BinaryViewArray, new_null_array};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use ingest_model::Signal;
use proptest::prelude::*;

use super::*;

/// A span that a test says little about.
#[derive(Debug, Clone)]
struct Made {
    id: u8,
    second: i64,
    duration_ns: i64,
    service: Option<&'static str>,
    status: &'static str,
    trace_state: Option<&'static str>,
}

const SPAN: Made =
    Made { id: 1, second: 0, duration_ns: 1_000_000, service: Some("cart"), status: "UNSET", trace_state: None };

fn spans(made: &[Made]) -> RecordBatch {
    let spec = schema::table(Signal::Traces);
    let texts = |text: fn(&Made) -> Option<&'static str>| -> ArrayRef {
        Arc::new(made.iter().map(text).collect::<StringViewArray>())
    };
    let ints = |int: fn(&Made) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(made.iter().map(int))) };
    let ids = |length: usize| -> ArrayRef {
        Arc::new(BinaryViewArray::from_iter_values(made.iter().map(|span| vec![span.id; length])))
    };
    let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
        match field.name().as_str() {
            "start_time" => {
                let times = made.iter().map(|span| span.second * 1_000_000);
                Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
            }
            "start_time_nanos" => ints(|_| 0),
            "duration_ns" => ints(|span| span.duration_ns),
            "trace_id" => ids(16),
            "span_id" => ids(8),
            "service_name" => texts(|span| span.service),
            "name" => texts(|_| Some("GET /cart")),
            "kind" => texts(|_| Some("SERVER")),
            "status_code" => texts(|span| Some(span.status)),
            "trace_state" => texts(|span| span.trace_state),
            _ => new_null_array(field.data_type(), made.len()),
        }
    };
    RecordBatch::try_new(Arc::clone(&spec.schema), spec.schema.fields().iter().map(column).collect()).unwrap()
}

/// Minute, service, requests, errors, spans and duration sum of each row.
fn rows(batch: &RecordBatch) -> Vec<(i64, String, f64, f64, i64, i64)> {
    let double = |name: &str, row| batch[name].as_primitive::<Float64Type>().value(row);
    let int = |name: &str, row| batch[name].as_primitive::<Int64Type>().value(row);
    let row = |row| {
        let minute = batch["minute"].as_primitive::<TimestampMicrosecondType>().value(row) / MINUTE_US;
        let service = batch["service_name"].as_string_view().value(row).to_owned();
        (
            minute,
            service,
            double("requests", row),
            double("errors", row),
            int("spans", row),
            int("duration_sum_ns", row),
        )
    };
    (0..batch.num_rows()).map(row).collect()
}

fn signals(source: &[RecordBatch]) -> Vec<(i64, String, f64, f64, i64, i64)> {
    rows(&GoldenSignals::new().rows(source, 0).unwrap())
}

#[test]
fn requests_and_errors_are_counted_by_minute_and_service() {
    let source = spans(&[
        SPAN,
        Made { id: 2, second: 59, status: "ERROR", ..SPAN },
        Made { id: 3, second: 60, ..SPAN },
        Made { id: 4, service: Some("auth"), ..SPAN },
    ]);
    let million = 1_000_000;
    assert_eq!(
        signals(&[source]),
        [
            (0, "auth".to_owned(), 1.0, 0.0, 1, million),
            (0, "cart".to_owned(), 2.0, 1.0, 2, 2 * million),
            (1, "cart".to_owned(), 1.0, 0.0, 1, million),
        ]
    );
}

#[test]
fn a_span_that_was_sent_twice_counts_once() {
    let (first, again) = (spans(&[SPAN, SPAN]), spans(&[SPAN, Made { id: 2, ..SPAN }]));
    let golden = GoldenSignals::new();
    assert_eq!(rows(&golden.rows(std::slice::from_ref(&first), 0).unwrap())[0].2, 1.0);
    golden.committed(&golden.fingerprints(&[first]).unwrap(), 7);
    let both = std::slice::from_ref(&again);
    assert_eq!(rows(&golden.rows(both, 7).unwrap())[0].2, 1.0, "one of the two was counted by the flush before");
    assert_eq!(rows(&golden.rows(both, 6).unwrap())[0].2, 2.0, "a reader of the moment before sees both");
}

#[test]
fn the_same_ids_at_another_time_are_another_span() {
    assert_eq!(signals(&[spans(&[SPAN, Made { second: 1, ..SPAN }])])[0].2, 2.0);
}

#[test]
fn spans_without_a_service_are_one_group() {
    let nameless = [None, Some(""), Some("unknown_service"), Some("unknown_service:java"), Some("unknown_services")];
    let made = |(id, service): (usize, &Option<&'static str>)| Made { id: id as u8, service: *service, ..SPAN };
    let source = spans(&nameless.iter().enumerate().map(made).collect::<Vec<_>>());
    let counts: Vec<_> = signals(&[source]).into_iter().map(|row| (row.1, row.2)).collect();
    assert_eq!(counts, [("unknown_service".to_owned(), 4.0), ("unknown_services".to_owned(), 1.0)]);
}

#[test]
fn a_sampled_span_stands_for_more_requests() {
    let sampled = Made { trace_state: Some("ot=th:c"), status: "ERROR", ..SPAN };
    let row = signals(&[spans(&[sampled])]).remove(0);
    assert_eq!((row.2, row.3, row.4), (4.0, 4.0, 1));
}

#[test]
fn times_before_1970_and_durations_below_zero_do_no_harm() {
    let row = signals(&[spans(&[Made { second: -1, duration_ns: -5, ..SPAN }])]).remove(0);
    assert_eq!((row.0, row.5), (-1, 0));
}

#[test]
fn nothing_amounts_to_nothing() {
    assert_eq!(GoldenSignals::new().rows(&[], 0).unwrap().num_rows(), 0);
    let broken = spans(&[SPAN]).project(&[0]).unwrap();
    assert_eq!(GoldenSignals::new().rows(&[broken], 0).unwrap_err(), "spans have no column start_time_nanos");
}

fn any_span() -> impl Strategy<Value = Made> {
    let services = prop::sample::select(vec![Some("a"), Some("b"), None]);
    let states = prop::sample::select(vec![None, Some("ot=th:5"), Some("ot=th:8")]);
    let statuses = prop::sample::select(vec!["UNSET", "ERROR"]);
    (0..20_u8, 0..180_i64, 0..1_000_000_000_i64, services, statuses, states).prop_map(
        |(id, second, duration_ns, service, status, trace_state)| Made {
            id,
            second,
            duration_ns,
            service,
            status,
            trace_state,
        },
    )
}

proptest! {
    #[test]
    fn signals_do_not_depend_on_how_spans_were_cut_into_flushes(
        made in prop::collection::vec(any_span(), 1..60),
        cuts in prop::collection::vec(0..60_usize, 0..4),
    ) {
        let whole = signals(&[spans(&made)]);
        let golden = GoldenSignals::new();
        let mut sums: std::collections::BTreeMap<(i64, String), (f64, f64, i64, i64)> = Default::default();
        let mut bounds: Vec<usize> = cuts.into_iter().map(|cut| cut.min(made.len())).chain([0, made.len()]).collect();
        bounds.sort_unstable();
        for (position, bounds) in bounds.windows(2).enumerate() {
            let part = [spans(&made[bounds[0]..bounds[1]])];
            let share = golden.share(&part, position as u64).unwrap();
            for (minute, service, requests, errors, spans, duration) in rows(&share.rows) {
                let sum = sums.entry((minute, service)).or_default();
                *sum = (sum.0 + requests, sum.1 + errors, sum.2 + spans, sum.3 + duration);
            }
            golden.committed(&share.counted, position as u64);
        }
        let sums: Vec<_> = sums.into_iter().map(|((minute, service), sum)| (minute, service, sum.0, sum.1, sum.2, sum.3)).collect();
        prop_assert_eq!(sums, whole);
    }
}
