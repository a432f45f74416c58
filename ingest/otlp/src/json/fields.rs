//! How the kinds of fields are written in JSON.
//!
//! A [`Message`] says which of its fields a key names; a [`Value`] then reads what follows the
//! key. Every reading gives `None` for `null`, which means "not there"; in an array it stands for
//! a default element.

use std::fmt;
use std::marker::PhantomData;

use ingest_model::Signal;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::list::List;
use super::scalars::{Base64, Double, Hex, Int, Integer, Key};

/// A protobuf message that can be read from a JSON object.
pub(crate) trait Message: Default {
    /// Reads the value of the key `name` into the field it names.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error>;
}

/// A message that is a request of its own.
pub(crate) trait Request: Message + PartialEq {
    /// What it carries.
    const SIGNAL: Signal;
}

/// The value that follows a key.
#[derive(Debug)]
pub(crate) struct Value<'a, A>(&'a mut A);

/// A message as it stands in a text.
#[derive(Debug)]
pub(super) struct Object<M>(pub(super) M);

// === impl Value ===

impl<'de, A: MapAccess<'de>> Value<'_, A> {
    pub(super) fn text(self) -> Result<Option<String>, A::Error> {
        self.0.next_value()
    }

    pub(super) fn texts(self) -> Result<Vec<String>, A::Error> {
        self.list(|text: String| text)
    }

    pub(super) fn hex(self) -> Result<Vec<u8>, A::Error> {
        self.0.next_value::<Option<Hex>>().map(|hex| hex.map_or_else(Vec::new, |Hex(bytes)| bytes))
    }

    pub(super) fn base64(self) -> Result<Option<Vec<u8>>, A::Error> {
        self.0.next_value::<Option<Base64>>().map(|base64| base64.map(|Base64(bytes)| bytes))
    }

    pub(super) fn boolean(self) -> Result<Option<bool>, A::Error> {
        self.0.next_value()
    }

    pub(super) fn int<N: Integer>(self) -> Result<Option<N>, A::Error> {
        self.0.next_value::<Option<Int<N>>>().map(|int| int.map(|Int(number)| number))
    }

    pub(super) fn ints<N: Integer + Default>(self) -> Result<Vec<N>, A::Error> {
        self.list(|Int(number)| number)
    }

    pub(super) fn double(self) -> Result<Option<f64>, A::Error> {
        self.0.next_value::<Option<Double>>().map(|double| double.map(|Double(number)| number))
    }

    pub(super) fn doubles(self) -> Result<Vec<f64>, A::Error> {
        self.list(|Double(number)| number)
    }

    pub(super) fn message<M: Message>(self) -> Result<Option<M>, A::Error> {
        self.0.next_value::<Option<Object<M>>>().map(|object| object.map(|Object(message)| message))
    }

    pub(super) fn messages<M: Message>(self) -> Result<Vec<M>, A::Error> {
        self.list(|Object(message)| message)
    }

    pub(super) fn ignore(self) -> Result<(), A::Error> {
        self.0.next_value::<IgnoredAny>().map(drop)
    }

    fn list<E: Deserialize<'de>, T: Default>(self, of: impl Fn(E) -> T) -> Result<Vec<T>, A::Error> {
        self.0.next_value_seed(List { of, element: PhantomData })
    }
}

// === impl Object ===

impl<'de, M: Message> Deserialize<'de> for Object<M> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Fields(PhantomData))
    }
}

struct Fields<M>(PhantomData<fn() -> M>);

impl<'de, M: Message> Visitor<'de> for Fields<M> {
    type Value = Object<M>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<M>, A::Error> {
        let mut message = M::default();
        while let Some(Key(key)) = map.next_key()? {
            message.read(&key, Value(&mut map))?;
        }
        Ok(Object(message))
    }
}
