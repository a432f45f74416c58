//! What all signals share: values, attributes, resources, scopes (`common.proto`, `resource.proto`).

use super::fields::{Fields, Message, Odd};
use super::{Lists, Part};

/// An attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyValue<'a> {
    pub(crate) key: &'a str,
    pub(crate) value: Value<'a>,
}

/// A value of any type.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    /// None, or a reference into a string table, which profiles have only.
    Empty,
    Text(&'a str),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(&'a [u8]),
    Array(Array<'a>),
    List(Entries<'a>),
}

/// An array of values that was read once and found plain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Array<'a>(Message<'a>);

/// A list of keys and values that was read once and found plain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entries<'a>(Message<'a>);

/// Who sent it.
#[derive(Debug, Default)]
pub(crate) struct Resource<'a> {
    pub(crate) attributes: Part,
    pub(crate) dropped_attributes_count: u32,
    pub(crate) entity_refs: Vec<EntityRef<'a>>,
}

/// An entity that a resource belongs to.
#[derive(Debug, Default)]
pub(crate) struct EntityRef<'a> {
    pub(crate) schema_url: &'a str,
    pub(crate) r#type: &'a str,
    pub(crate) id_keys: Vec<&'a str>,
    pub(crate) description_keys: Vec<&'a str>,
}

/// The library that made it.
#[derive(Debug, Default)]
pub(crate) struct Scope<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) attributes: Part,
    pub(crate) dropped_attributes_count: u32,
}

// === impl KeyValue ===

impl<'a> KeyValue<'a> {
    /// Reads what is nested in the value as well, up to `nesting` messages deep; `None` if that was read before.
    #[inline]
    fn read(message: Message<'a>, nesting: Option<usize>) -> Result<Self, Odd> {
        let (mut key, mut value) = ("", None);
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => key = field.text()?,
                2 if value.is_none() => value = Some(Value::read(field.message()?, nesting)?),
                2 => return Err(Odd),
                3 => {
                    field.int32()?;
                }
                _ => {}
            }
        }
        Ok(Self { key, value: value.unwrap_or(Value::Empty) })
    }
}

// === impl Value ===

impl<'a> Value<'a> {
    #[inline]
    fn read(message: Message<'a>, nesting: Option<usize>) -> Result<Self, Odd> {
        let mut value = Self::Empty;
        for field in Fields::new(message) {
            let field = field?;
            value = match field.number {
                1 => Self::Text(field.text()?),
                2 => Self::Bool(field.varint()? != 0),
                3 => Self::Int(field.varint()?.cast_signed()),
                4 => Self::Double(field.double()?),
                5 if !matches!(value, Self::Array(_)) => Self::Array(Array::read(field.message()?, nesting)?),
                6 if !matches!(value, Self::List(_)) => Self::List(Entries::read(field.message()?, nesting)?),
                5 | 6 => return Err(Odd),
                7 => Self::Bytes(field.bytes()?),
                8 => {
                    field.int32()?;
                    Self::Empty
                }
                _ => value,
            };
        }
        Ok(value)
    }
}

// === impl Array ===

impl<'a> Array<'a> {
    fn read(message: Message<'a>, nesting: Option<usize>) -> Result<Self, Odd> {
        check(message, nesting, 2, Value::read)?;
        Ok(Self(message))
    }

    /// The values in order.
    pub(crate) fn values(self) -> impl Iterator<Item = Value<'a>> {
        elements(self.0).map_while(|value| Value::read(value.ok()?, None).ok())
    }
}

// === impl Entries ===

impl<'a> Entries<'a> {
    fn read(message: Message<'a>, nesting: Option<usize>) -> Result<Self, Odd> {
        check(message, nesting, 3, KeyValue::read)?;
        Ok(Self(message))
    }

    /// The entries in order.
    pub(crate) fn entries(self) -> impl Iterator<Item = KeyValue<'a>> {
        elements(self.0).map_while(|entry| KeyValue::read(entry.ok()?, None).ok())
    }
}

/// Reads the elements of a list `levels` further down.
fn check<'a, T>(
    list: Message<'a>,
    nesting: Option<usize>,
    levels: usize,
    read: impl Fn(Message<'a>, Option<usize>) -> Result<T, Odd>,
) -> Result<(), Odd> {
    let Some(nesting) = nesting else {
        return Ok(());
    };
    let within = nesting.checked_sub(levels).ok_or(Odd)?;
    elements(list).try_for_each(|element| read(element?, Some(within)).map(drop))
}

/// The elements of a list: its field 1.
fn elements(list: Message<'_>) -> impl Iterator<Item = Result<Message<'_>, Odd>> {
    Fields::new(list).filter_map(|field| match field {
        Ok(field) => (field.number == 1).then(|| field.message()),
        Err(odd) => Some(Err(odd)),
    })
}

// === impl Resource ===

impl<'a> Resource<'a> {
    pub(super) fn read(message: Message<'a>, lists: &mut Lists<'a>) -> Result<Self, Odd> {
        let mut resource = Self::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => lists.attribute(&mut resource.attributes, field.message()?)?,
                2 => resource.dropped_attributes_count = field.uint32()?,
                3 => resource.entity_refs.push(EntityRef::read(field.message()?)?),
                _ => {}
            }
        }
        Ok(resource)
    }
}

// === impl EntityRef ===

impl<'a> EntityRef<'a> {
    fn read(message: Message<'a>) -> Result<Self, Odd> {
        let mut entity = Self::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => entity.schema_url = field.text()?,
                2 => entity.r#type = field.text()?,
                3 => entity.id_keys.push(field.text()?),
                4 => entity.description_keys.push(field.text()?),
                _ => {}
            }
        }
        Ok(entity)
    }
}

// === impl Scope ===

impl<'a> Scope<'a> {
    pub(super) fn read(message: Message<'a>, lists: &mut Lists<'a>) -> Result<Self, Odd> {
        let mut scope = Self::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => scope.name = field.text()?,
                2 => scope.version = field.text()?,
                3 => lists.attribute(&mut scope.attributes, field.message()?)?,
                4 => scope.dropped_attributes_count = field.uint32()?,
                _ => {}
            }
        }
        Ok(scope)
    }
}

// === impl Lists ===

impl<'a> Lists<'a> {
    /// Reads an attribute of the list at `part`.
    #[inline]
    pub(super) fn attribute(&mut self, part: &mut Part, message: Message<'a>) -> Result<(), Odd> {
        part.push(&mut self.attributes, KeyValue::read(message, Some(self.nesting))?)
    }

    /// Reads a value.
    pub(super) fn value(&self, message: Message<'a>) -> Result<Value<'a>, Odd> {
        Value::read(message, Some(self.nesting))
    }
}
