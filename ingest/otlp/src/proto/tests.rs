use opentelemetry_proto::tonic::logs::v1::LogRecord as SentRecord;
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::request::ExportRequest;
use crate::samples::{any_request, attribute, logs, span, text_attribute, traces};

pub(crate) mod agree;

use agree::{Taken, agree};

/// A field with a length, as it stands on the wire.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    prost::encoding::encode_varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

/// A request for logs whose only record is `record`.
fn record(record: &[u8]) -> Vec<u8> {
    field(1, &field(2, &field(2, record)))
}

/// `AnyValue.array_value` of `ArrayValue.values`, so many times.
fn nested(times: usize) -> Vec<u8> {
    (0..times).fold(Vec::new(), |inner, _| field(5, &field(1, &inner)))
}

fn taken(bytes: &[u8]) -> Taken {
    agree(ingest_model::Signal::Logs, bytes)
}

#[test]
fn what_senders_write_is_read_where_it_lies() {
    let mut whole = span(1);
    whole.attributes = vec![text_attribute("a", "b"), attribute("c", 1)];
    for request in [traces(vec![whole, span(2)]), logs(vec![SentRecord::default(); 3])] {
        assert_eq!(agree(request.signal(), &request.encode()), Taken::Plain);
    }
    assert_eq!(taken(b""), Taken::Plain);
}

#[test]
fn otlp_035_fields_that_nobody_knows_are_passed_over() {
    // Field 99 as varint, fixed64, bytes and fixed32 in a record.
    let unknown = [0x98, 6, 7, 0x99, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0x9a, 6, 2, 0xff, 0xff, 0x9d, 6, 1, 2, 3, 4];
    let both = [&unknown[..], &field(3, b"INFO"), &unknown].concat();
    assert_eq!(taken(&record(&both)), Taken::Plain);
}

#[test]
fn of_a_number_or_text_sent_twice_the_last_wins() {
    assert_eq!(taken(&record(&[field(3, b"INFO"), field(3, b"WARN")].concat())), Taken::Plain);
    let other_kind = [field(1, b"text"), vec![0x10, 1]].concat();
    assert_eq!(taken(&record(&field(5, &other_kind))), Taken::Plain);
}

#[test]
fn a_message_sent_in_two_parts_is_merged() {
    let value = |text: &[u8]| field(5, &field(1, &field(1, text)));
    let parts = [
        record(&[field(5, &value(b"a")), field(5, &value(b"b"))].concat()),
        record(&field(5, &[value(b"a"), value(b"b")].concat())),
        record(&[field(6, &field(1, b"k")), field(5, &value(b"b")), field(6, &field(1, b"l"))].concat()),
    ];
    assert_eq!(parts.map(|bytes| taken(&bytes)), [Taken::Merged, Taken::Merged, Taken::Plain]);
}

#[test]
fn numbers_of_a_list_one_by_one_are_one_list() {
    // Metric.histogram of HistogramDataPoint with bucket_counts 1 and 2, each in a field of its own.
    let counts: Vec<u8> = [1_u64, 2].iter().flat_map(|count| [&[0x31][..], &count.to_le_bytes()].concat()).collect();
    let bytes = field(1, &field(2, &field(2, &field(9, &field(1, &counts)))));
    assert_eq!(agree(ingest_model::Signal::Metrics, &bytes), Taken::Merged);
}

#[test]
fn otlp_044_what_prost_refuses_is_refused() {
    let deep = |times| record(&field(5, &nested(times)));
    // 4 messages around the value, 2 for each level.
    assert_eq!(
        [deep(20), deep(45), deep(48), deep(49)].map(|bytes| taken(&bytes)),
        [Taken::Plain, Taken::Merged, Taken::Merged, Taken::Refused]
    );
    let wrong = [
        record(&field(3, b"\xff")),
        record(&[0x18, 1]),
        record(&[0x0b]),
        record(&[0x1a, 9, 1]),
        record(&[0x00, 0]),
        record(&[0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]),
        vec![0xff; 11],
    ];
    for bytes in wrong {
        assert_eq!(taken(&bytes), Taken::Refused, "{bytes:x?}");
    }
}

#[test]
fn a_long_way_down_is_walked_level_by_level() {
    // Each level is read again when it is written, without all that is below it.
    let wide = field(5, &field(1, &b"\x0a\x00".repeat(1 << 18)));
    let value = (0..30).fold(wide, |inner, _| field(5, &field(1, &inner)));
    let bytes = record(&field(5, &value));
    let read = Request::<LogRecord<'_>>::read(&bytes, NESTING).unwrap();
    let Some(mut value) = read.items[0].body else { unreachable!("it has a body") };
    let mut levels = 0;
    while let Value::Array(array) = value {
        value = array.values().next().unwrap_or(Value::Empty);
        levels += 1;
    }
    assert_eq!(levels, 31);
}

impl<I> Request<'_, I> {
    /// Bytes that it holds beside the body it points into.
    pub(crate) fn held_bytes(&self) -> usize {
        fn of<T>(list: &Vec<T>) -> usize {
            list.capacity() * size_of::<T>()
        }
        let lists = &self.lists;
        let items = of(&self.resources) + of(&self.scopes) + of(&self.items) + of(&lists.attributes);
        let entities = self.resources.iter().filter_map(|one| one.resource.as_ref()).map(|resource| {
            let keys = |one: &EntityRef<'_>| of(&one.id_keys) + of(&one.description_keys);
            of(&resource.entity_refs) + resource.entity_refs.iter().map(keys).sum::<usize>()
        });
        items
            + entities.sum::<usize>()
            + of(&lists.events)
            + of(&lists.links)
            + of(&lists.metrics)
            + of(&lists.exemplars)
    }
}

proptest! {
    #[test]
    fn requests_are_read_as_prost_reads_them(request in any_request()) {
        prop_assert_eq!(agree(request.signal(), &request.encode()), Taken::Plain);
    }

    #[test]
    fn requests_changed_anywhere_are_read_as_prost_reads_them(
        request in any_request(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = request.encode().to_vec();
        for (at, byte) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        agree(request.signal(), &bytes);
    }

    #[test]
    fn requests_put_together_are_read_as_prost_reads_them(one in any_request(), other in any_request(), at: prop::sample::Index) {
        let (one_bytes, other) = (one.encode(), other.encode());
        let at = at.index(one_bytes.len() + 1);
        agree(one.signal(), &[&one_bytes[..at], &other, &one_bytes[at..]].concat());
        agree(one.signal(), &[&one_bytes[..], &other].concat());
    }

    #[test]
    fn any_bytes_are_read_as_prost_reads_them(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        for signal in ingest_model::Signal::ALL {
            agree(signal, &bytes);
        }
        agree(ingest_model::Signal::Logs, &record(&bytes));
    }
}

#[test]
fn an_encoding_of_ours_is_plain() {
    let request = ExportRequest::decode(
        ingest_model::Signal::Logs,
        ingest_store::Encoding::Protobuf,
        &record(&field(5, &nested(48))),
    );
    let own = request.map(|request| request.encode()).unwrap();
    assert!(Request::<LogRecord<'_>>::read(&own, OWN_NESTING).is_ok());
    assert!(SentRecord::decode(&field(5, &nested(48))[..]).is_ok());
}
