//! What a door holds in memory for its clients, and how much that may be.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pgwire::error::ErrorInfo;

use crate::failure::{self, Code};

/// Bytes of answers that clients have begun to read, all together.
const ANSWERS: usize = 256 << 20;

/// Bytes of answers that are held now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holder(Arc<AtomicUsize>);

/// An answer that is held, until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    bytes: usize,
    holder: Holder,
}

/// Names that a connection has given, of statements or of portals.
#[derive(Debug)]
pub(crate) struct Names {
    what: &'static str,
    most: usize,
    given: Mutex<HashSet<String>>,
}

// === impl Holder ===

impl Holder {
    /// Holds an answer.
    ///
    /// # Errors
    ///
    /// When too much is held already.
    pub(crate) fn hold(&self, bytes: usize) -> Result<Held, Box<ErrorInfo>> {
        let held = Held { bytes, holder: self.clone() };
        if self.0.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= ANSWERS {
            return Ok(held);
        }
        let hint = "read or close answers that were begun, or ask for fewer rows";
        Err(failure::error(Code::OutOfMemory, "answers that are not read yet take too much memory", hint))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.holder.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

// === impl Names ===

impl Names {
    pub(crate) fn new(what: &'static str, most: usize) -> Self {
        Self { what, most, given: Mutex::default() }
    }

    /// Gives a name, or gives it again.
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub(crate) fn give(&self, name: &str) -> Result<(), Box<ErrorInfo>> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.len() >= self.most && !given.contains(name) {
            let message = format!("the connection has {} {} already", self.most, self.what);
            return Err(failure::error(Code::LimitExceeded, message, "close those that are not needed any more"));
        }
        given.insert(name.to_owned());
        Ok(())
    }

    pub(crate) fn forget(&self, name: &str) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Every name; none is given any more.
    pub(crate) fn take(&self) -> HashSet<String> {
        std::mem::take(&mut *self.given.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_bounded_and_given_back() {
        let holder = Holder::default();
        let half = holder.hold(ANSWERS / 2).unwrap();
        let other = holder.hold(ANSWERS / 2).unwrap();
        assert_eq!(holder.hold(1).unwrap_err().code, "53200");
        drop((half, other));
        assert!(holder.hold(ANSWERS).is_ok());
    }

    #[test]
    fn names_are_bounded_and_can_be_given_again() {
        let names = Names::new("portals", 2);
        names.give("a").unwrap();
        names.give("b").unwrap();
        names.give("a").unwrap();
        assert_eq!(names.give("c").unwrap_err().code, "54000");
        names.forget("b");
        names.give("c").unwrap();
    }
}
