//! Arrays, within the memory a text may take.
//!
//! `[{},{},…]` takes three bytes an element and hundreds once it is read, so every element is
//! paid for from a budget before it is kept.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};

thread_local! {
    /// Bytes the text that this thread reads may still take.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Reads with a budget. Readings do not nest.
pub(super) fn within<T>(budget_bytes: usize, read: impl FnOnce() -> T) -> T {
    LEFT.set(budget_bytes);
    read()
}

/// Reads an array of `E` as a list of `T`; `null` is an empty one, and `null` in it a default
/// element.
pub(super) struct List<E, F> {
    pub(super) of: F,
    pub(super) element: PhantomData<fn() -> E>,
}

// === impl List ===

impl<'de, E: Deserialize<'de>, T: Default, F: Fn(E) -> T> DeserializeSeed<'de> for List<E, F> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<T>, D::Error> {
        from.deserialize_option(self)
    }
}

impl<'de, E: Deserialize<'de>, T: Default, F: Fn(E) -> T> Visitor<'de> for List<E, F> {
    type Value = Vec<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array")
    }

    fn visit_unit<R>(self) -> Result<Vec<T>, R> {
        Ok(Vec::new())
    }

    fn visit_none<R>(self) -> Result<Vec<T>, R> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Vec<T>, D::Error> {
        from.deserialize_seq(self)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut elements: S) -> Result<Vec<T>, S::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element::<Option<E>>()? {
            let Some(left) = LEFT.get().checked_sub(size_of::<T>()) else {
                return Err(S::Error::custom("the request has too many elements for its size; send smaller batches"));
            };
            LEFT.set(left);
            list.push(element.map_or_else(T::default, &self.of));
        }
        Ok(list)
    }
}
