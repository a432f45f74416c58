//! Protobuf requests read where they lie: numbers, and texts that point into the bytes.
//!
//! Nothing is copied. A whole request is a few vectors, whatever it holds: its items one after the
//! other, and behind them the attributes, events and so on that they point to by position.
//!
//! Only the **plain form** is read, which is what senders write. Whatever else there is - a mistake,
//! a message in two parts that are to be merged, a list in two places - is [`Odd`], and `prost`
//! shall say what it means: it refuses the request, or decodes it, and its own encoding of the
//! request has the plain form again. So this reader never has to know more than `prost`, it has to
//! agree with it on what it takes; `proto/tests.rs` compares the two field by field.

mod common;
mod fields;
mod logs;
mod metrics;
mod traces;

pub(crate) use common::{EntityRef, KeyValue, Resource, Scope, Value};
pub(crate) use fields::Odd;
pub(crate) use logs::LogRecord;
pub(crate) use metrics::{Buckets, Data, Exemplar, Exponential, Figures, Histogram, Metric, Number, Point, Summary};
pub(crate) use traces::{Event, Link, Span};

use fields::{Fields, Message};

/// How deep values of a body may be nested. `prost` allows 100 messages in all; what lies between
/// is its business.
pub(crate) const NESTING: usize = 80;

/// How deep values may be nested that `prost` or the reader of JSON let pass and that were then encoded here.
pub(crate) const OWN_NESTING: usize = 160;

/// An export request with items of one kind.
#[derive(Debug)]
pub(crate) struct Request<'a, I> {
    pub(crate) resources: Vec<ResourceItems<'a>>,
    pub(crate) scopes: Vec<ScopeItems<'a>>,
    /// The items in the order of the request.
    pub(crate) items: Vec<I>,
    pub(crate) lists: Lists<'a>,
}

/// A resource. What came from it says so.
#[derive(Debug, Default)]
pub(crate) struct ResourceItems<'a> {
    pub(crate) resource: Option<Resource<'a>>,
    pub(crate) schema_url: &'a str,
}

/// A scope. What came from it says so.
#[derive(Debug, Default)]
pub(crate) struct ScopeItems<'a> {
    /// Position of its resource.
    pub(crate) resource: u32,
    pub(crate) scope: Option<Scope<'a>>,
    pub(crate) schema_url: &'a str,
}

/// What items point to.
#[derive(Debug, Default)]
pub(crate) struct Lists<'a> {
    /// How deep values may be nested.
    nesting: usize,
    pub(crate) attributes: Vec<KeyValue<'a>>,
    pub(crate) events: Vec<Event<'a>>,
    pub(crate) links: Vec<Link<'a>>,
    pub(crate) metrics: Vec<Metric<'a>>,
    pub(crate) exemplars: Vec<Exemplar<'a>>,
}

/// A list that is a part of one of [`Lists`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part {
    from: usize,
    to: usize,
}

/// A span, a log record, or a metric with its points.
pub(crate) trait Item<'a>: Sized {
    /// Reads the item, or the items in it, that stand under the scope at position `scope`.
    ///
    /// # Errors
    ///
    /// When it has not the plain form.
    fn read(message: Message<'a>, scope: u32, into: &mut Request<'a, Self>) -> Result<(), Odd>;
}

// === impl Request ===

impl<'a, I: Item<'a>> Request<'a, I> {
    /// Reads a request with values nested up to `nesting`.
    ///
    /// # Errors
    ///
    /// When it has not the plain form.
    pub(crate) fn read(bytes: &'a [u8], nesting: usize) -> Result<Self, Odd> {
        let lists = Lists { nesting, ..Lists::default() };
        let mut request = Self { resources: Vec::new(), scopes: Vec::new(), items: Vec::new(), lists };
        for field in Fields::new(Message(bytes)) {
            let field = field?;
            if field.number == 1 {
                request.resource(field.message()?)?;
            }
        }
        Ok(request)
    }

    /// `ResourceSpans`, `ResourceLogs` and `ResourceMetrics` have the same fields.
    fn resource(&mut self, message: Message<'a>) -> Result<(), Odd> {
        let position = self.resources.len();
        self.resources.push(ResourceItems::default());
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => {
                    let resource = Resource::read(field.message()?, &mut self.lists)?;
                    once(&mut self.resources[position].resource, resource)?;
                }
                2 => self.scope(field.message()?, index(position)?)?,
                3 => self.resources[position].schema_url = field.text()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// `ScopeSpans`, `ScopeLogs` and `ScopeMetrics` have the same fields.
    fn scope(&mut self, message: Message<'a>, resource: u32) -> Result<(), Odd> {
        let position = self.scopes.len();
        self.scopes.push(ScopeItems { resource, ..ScopeItems::default() });
        let scope_index = index(position)?;
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => {
                    let scope = Scope::read(field.message()?, &mut self.lists)?;
                    once(&mut self.scopes[position].scope, scope)?;
                }
                2 => I::read(field.message()?, scope_index, self)?,
                3 => self.scopes[position].schema_url = field.text()?,
                _ => {}
            }
        }
        Ok(())
    }
}

// === impl Part ===

impl Part {
    pub(crate) const EMPTY: Self = Self { from: 0, to: 0 };

    pub(crate) fn of<T>(self, list: &[T]) -> &[T] {
        &list[self.from..self.to]
    }

    /// Adds an element to the list, which must not be in two places.
    fn push<T>(&mut self, list: &mut Vec<T>, element: T) -> Result<(), Odd> {
        if self.from == self.to {
            self.from = list.len();
        } else if self.to != list.len() {
            return Err(Odd);
        }
        list.push(element);
        self.to = list.len();
        Ok(())
    }
}

/// Sets what may be there once; two would have to be merged.
fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Odd> {
    if place.is_some() {
        return Err(Odd);
    }
    *place = Some(value);
    Ok(())
}

fn index(position: usize) -> Result<u32, Odd> {
    u32::try_from(position).map_err(|_| Odd)
}

#[cfg(test)]
pub(crate) mod tests;
