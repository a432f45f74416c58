//! Log records (`logs.proto`).

use super::fields::{Fields, Message, Odd};
use super::{Item, Part, Request, Value, once};

/// A log record.
#[derive(Debug, Default)]
pub(crate) struct LogRecord<'a> {
    /// Position of its scope.
    pub(crate) scope: u32,
    pub(crate) time_unix_nano: u64,
    pub(crate) observed_time_unix_nano: u64,
    pub(crate) severity_number: i32,
    pub(crate) severity_text: &'a str,
    pub(crate) body: Option<Value<'a>>,
    pub(crate) attributes: Part,
    pub(crate) dropped_attributes_count: u32,
    pub(crate) flags: u32,
    pub(crate) trace_id: &'a [u8],
    pub(crate) span_id: &'a [u8],
    pub(crate) event_name: &'a str,
}

// === impl LogRecord ===

impl<'a> Item<'a> for LogRecord<'a> {
    fn read(message: Message<'a>, scope: u32, into: &mut Request<'a, Self>) -> Result<(), Odd> {
        let mut record = Self { scope, ..Self::default() };
        let lists = &mut into.lists;
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => record.time_unix_nano = field.fixed64()?,
                2 => record.severity_number = field.int32()?,
                3 => record.severity_text = field.text()?,
                5 => once(&mut record.body, lists.value(field.message()?)?)?,
                6 => lists.attribute(&mut record.attributes, field.message()?)?,
                7 => record.dropped_attributes_count = field.uint32()?,
                8 => record.flags = field.fixed32()?,
                9 => record.trace_id = field.bytes()?,
                10 => record.span_id = field.bytes()?,
                11 => record.observed_time_unix_nano = field.fixed64()?,
                12 => record.event_name = field.text()?,
                _ => {}
            }
        }
        into.items.push(record);
        Ok(())
    }
}
