//! Spans (`trace.proto`).

use super::fields::{Fields, Message, Odd};
use super::{Item, Lists, Part, Request, once};

/// A span.
#[derive(Debug, Default)]
pub(crate) struct Span<'a> {
    /// Position of its scope.
    pub(crate) scope: u32,
    pub(crate) trace_id: &'a [u8],
    pub(crate) span_id: &'a [u8],
    pub(crate) parent_span_id: &'a [u8],
    pub(crate) trace_state: &'a str,
    pub(crate) name: &'a str,
    pub(crate) kind: i32,
    pub(crate) flags: u32,
    pub(crate) start_time_unix_nano: u64,
    pub(crate) end_time_unix_nano: u64,
    pub(crate) attributes: Part,
    pub(crate) dropped_attributes_count: u32,
    pub(crate) events: Part,
    pub(crate) dropped_events_count: u32,
    pub(crate) links: Part,
    pub(crate) dropped_links_count: u32,
    pub(crate) status: Option<Status<'a>>,
}

/// How a span ended.
#[derive(Debug, Default)]
pub(crate) struct Status<'a> {
    pub(crate) message: &'a str,
    pub(crate) code: i32,
}

/// Something that happened during a span.
#[derive(Debug, Default)]
pub(crate) struct Event<'a> {
    pub(crate) time_unix_nano: u64,
    pub(crate) name: &'a str,
    pub(crate) attributes: Part,
    pub(crate) dropped_attributes_count: u32,
}

/// Another span that a span has to do with.
#[derive(Debug, Default)]
pub(crate) struct Link<'a> {
    pub(crate) trace_id: &'a [u8],
    pub(crate) span_id: &'a [u8],
    pub(crate) trace_state: &'a str,
    pub(crate) attributes: Part,
    pub(crate) dropped_attributes_count: u32,
    pub(crate) flags: u32,
}

// === impl Span ===

impl<'a> Item<'a> for Span<'a> {
    fn read(message: Message<'a>, scope: u32, into: &mut Request<'a, Self>) -> Result<(), Odd> {
        let mut span = Self { scope, ..Self::default() };
        let lists = &mut into.lists;
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => span.trace_id = field.bytes()?,
                2 => span.span_id = field.bytes()?,
                3 => span.trace_state = field.text()?,
                4 => span.parent_span_id = field.bytes()?,
                5 => span.name = field.text()?,
                6 => span.kind = field.int32()?,
                7 => span.start_time_unix_nano = field.fixed64()?,
                8 => span.end_time_unix_nano = field.fixed64()?,
                9 => lists.attribute(&mut span.attributes, field.message()?)?,
                10 => span.dropped_attributes_count = field.uint32()?,
                11 => {
                    let event = Event::read(field.message()?, lists)?;
                    span.events.push(&mut lists.events, event)?;
                }
                12 => span.dropped_events_count = field.uint32()?,
                13 => {
                    let link = Link::read(field.message()?, lists)?;
                    span.links.push(&mut lists.links, link)?;
                }
                14 => span.dropped_links_count = field.uint32()?,
                15 => once(&mut span.status, Status::read(field.message()?)?)?,
                16 => span.flags = field.fixed32()?,
                _ => {}
            }
        }
        into.items.push(span);
        Ok(())
    }
}

// === impl Status ===

impl<'a> Status<'a> {
    fn read(message: Message<'a>) -> Result<Self, Odd> {
        let mut status = Self::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                2 => status.message = field.text()?,
                3 => status.code = field.int32()?,
                _ => {}
            }
        }
        Ok(status)
    }
}

// === impl Event ===

impl<'a> Event<'a> {
    fn read(message: Message<'a>, lists: &mut Lists<'a>) -> Result<Self, Odd> {
        let mut event = Self::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => event.time_unix_nano = field.fixed64()?,
                2 => event.name = field.text()?,
                3 => lists.attribute(&mut event.attributes, field.message()?)?,
                4 => event.dropped_attributes_count = field.uint32()?,
                _ => {}
            }
        }
        Ok(event)
    }
}

// === impl Link ===

impl<'a> Link<'a> {
    fn read(message: Message<'a>, lists: &mut Lists<'a>) -> Result<Self, Odd> {
        let mut link = Self::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => link.trace_id = field.bytes()?,
                2 => link.span_id = field.bytes()?,
                3 => link.trace_state = field.text()?,
                4 => lists.attribute(&mut link.attributes, field.message()?)?,
                5 => link.dropped_attributes_count = field.uint32()?,
                6 => link.flags = field.fixed32()?,
                _ => {}
            }
        }
        Ok(link)
    }
}
