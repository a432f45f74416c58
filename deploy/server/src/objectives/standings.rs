//! Where budgets stand, remembered for as long as nothing changes it.
//!
//! Alerts look every few seconds, pages whenever somebody does. What they ask about changes when a minute is over, and when late events
//! change one that was.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ingest_model::Nanos;
use query_slo::{Group, Minute, Promise, Slices, Standing};

/// What was judged last of each group of an objective, and of the whole as the group without values.
#[derive(Debug, Default)]
pub(super) struct Standings(Mutex<BTreeMap<Group, Remembered>>);

/// A judgement and what it was made of.
#[derive(Debug, Clone)]
struct Remembered {
    minute: Minute,
    changes: u64,
    standing: Arc<Standing>,
}

// === impl Standings ===

impl Standings {
    /// Where a budget stands. The promise has to be the same every time; where it is another, this begins anew.
    pub(super) fn of(&self, promise: &Promise, slices: &Slices, group: &[Option<String>], now: Nanos) -> Arc<Standing> {
        let (minute, changes) = (Minute::of(now), slices.changes());
        if let Some(known) = self.lock().get(group)
            && (known.minute, known.changes) == (minute, changes)
        {
            return Arc::clone(&known.standing);
        }
        let standing = Arc::new(promise.stand(slices, now));
        let remembered = Remembered { minute, changes, standing: Arc::clone(&standing) };
        self.lock().insert(group.to_vec(), remembered);
        standing
    }

    /// Forgets groups that are gone.
    pub(super) fn retain(&self, is_there: impl Fn(&Group) -> bool) {
        self.lock().retain(|group, _| group.is_empty() || is_there(group));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Group, Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use query_slo::{Counts, Minutes, Window};

    use super::*;

    const MINUTE_NS: i64 = 60_000_000_000;

    #[test]
    fn a_judgement_is_made_again_when_a_minute_is_over_or_changes() {
        let period = Minutes::new(60).unwrap();
        let promise = Promise::new("0.9".parse().unwrap(), Window::Rolling(period));
        let (mut slices, standings) = (Slices::new(period), Standings::default());
        let at = |minute: i64, second: i64| Nanos(minute * MINUTE_NS + second * 1_000_000_000);
        let mut count = |minute: i64, good: u64, now: Nanos| {
            slices.put(Minute::of(at(minute, 0)), 1, Counts::of_good(good, 100).unwrap(), now);
            let standing = standings.of(&promise, &slices, &[], now);
            assert_eq!(*standing, promise.stand(&slices, now), "as if judged now");
            standing
        };
        let first = count(10, 90, at(11, 1));
        let same = count(11, 100, at(11, 30));
        assert!(Arc::ptr_eq(&first, &same), "the running minute does not count yet");
        let late = count(10, 80, at(11, 40));
        assert!(!Arc::ptr_eq(&first, &late), "a minute that was over changed");
        assert!(!Arc::ptr_eq(&late, &count(11, 100, at(12, 1))), "a minute is over");
    }
}
